"""Confirmed correspondences told to the operator's administration, and what it makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.adopt_correspondence import Adopted
from mra_gateway.flows.confirm_correspondence import Asked
from mra_gateway.gateway import Gateway
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.measures import CorrespondenceKind
from mra_gateway.model.messages import (
    Capabilities,
    CorrespondenceAct,
    CorrespondenceNotice,
    MessageKind,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.operators import DataElement, OperatorRecord
from mra_gateway.registry.load import Registry
from mra_gateway.store import capabilities, facts, notices, outbox
from tests.support.decided import OLGA, PAVEL, officer
from tests.support.messages import a_correspondence, a_message
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, a_row, completed_registry, put

OURS = Tin("CN3302400001")
MID = "CNNINTRA33NIN"
CODE, NAME = CorrespondenceKind.IDENTIFIER, CorrespondenceKind.NAME


def travelling(*elements: DataElement) -> Registry:
    """Facts under which these elements travel, beside what recognition needs."""
    base = completed_registry(consent="not_required")
    known = base.get_arrangement(CN_MN)
    agreed: Fact[tuple[DataElement, ...]] = known.exchange.data_elements.model_copy(
        update={"value": (DataElement.TIER, DataElement.ROLES, *elements)}
    )
    exchange = known.exchange.model_copy(update={"data_elements": agreed})
    changed = known.model_copy(update={"exchange": exchange})
    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, CN_MN: changed},
        benefits=base.benefits,
        files=base.files,
    )


async def told_world(a_world: AWorld, *, registry: Registry | None = None) -> World:
    """China has told Mongolia of one operator, and said what it takes."""
    registry = registry or completed_registry(consent="not_required")
    world = await a_world(registries={CN: registry, MN: registry})
    await put(world.cn, a_row(1))
    await world.mn.enquirer.ping(CN)
    await world.settle()
    return world


async def confirm(world: World, text: str = MID, **fields: Any) -> int:
    values: dict[str, Any] = {"kind": CODE, "tin": OURS, "why": "letter of 1 March", **fields}
    number = await world.mn.correspondent.confirm(Asked(text=text, **values), by=OLGA)
    world.move()
    return number


async def tell(world: World, number: int, *, by: Actor = OLGA) -> None:
    await world.mn.correspondent.tell(number, by=by)
    await world.settle()
    world.move()


async def refusal(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


async def recorded(gateway: Gateway, direction: notices.Direction) -> list[notices.Recorded]:
    found = await gateway.database.read(lambda c: notices.listed(c, direction=direction, limit=50))
    return found[::-1]


async def heard(world: World) -> list[CorrespondenceNotice]:
    found = [one.notice for one in await recorded(world.cn, "in")]
    assert all(isinstance(one, CorrespondenceNotice) for one in found)
    return found  # type: ignore[return-value]


async def adopt(world: World, number: int, *, by: Actor = PAVEL, **how: Any) -> Adopted:
    cn = world.cn
    done = await cn.database.write(lambda c: cn.adopter.adopt(c, number, by=by, **how))
    world.move()
    return done


async def record_in(gateway: Gateway, register: facts.Register) -> OperatorRecord:
    """The operator's record as held now."""
    held = await gateway.database.read(lambda c: facts.believed(c, register, [OURS]))
    (of_key,) = held.values()
    return of_key[-1].record


async def test_what_was_confirmed_is_told_once_and_without_the_officers_words(
    a_world: AWorld,
) -> None:
    world = await told_world(a_world)
    number = await confirm(world, list="US-MID", site="Plant 2")
    assert await heard(world) == [], "nobody asked for it to be told"
    await tell(world, number)
    await tell(world, number)
    (notice,) = await heard(world)
    assert (notice.act, notice.matter, notice.text) == (CorrespondenceAct.CONFIRMED, CODE, MID)
    assert (notice.list, notice.tin, notice.site) == ("US-MID", OURS, "Plant 2")
    sent = await world.mn.database.read(outbox.all_outgoing)
    (carrying,) = [one for one in sent if one.kind is MessageKind.CORRESPONDENCE_NOTICE]
    assert carrying.sequence is not None
    assert all(word not in carrying.content for word in (b"letter of 1 March", b"olga"))


async def test_a_withdrawal_is_told_to_who_was_told(a_world: AWorld) -> None:
    world = await told_world(a_world)
    told, kept = await confirm(world), await confirm(world, "CNNINTRA34NIN")
    await tell(world, told)
    for number in (told, kept):
        await world.mn.correspondent.withdraw(number, why="a slip", by=PAVEL)
    await world.settle()
    first, last = await heard(world)
    assert (first.act, last.act) == (CorrespondenceAct.CONFIRMED, CorrespondenceAct.WITHDRAWN)
    assert last.correspondence_id == first.correspondence_id
    assert last.effective_at > first.effective_at
    again = world.mn.correspondent.tell(told, by=OLGA)
    assert await refusal(again) is Reason.STATE_NOT_SUITABLE


@pytest.mark.parametrize(
    ("agreed", "kind", "expected"),
    [
        ((DataElement.NAMES,), CODE, Reason.DATA_ELEMENT_NOT_AGREED),
        ((DataElement.PARTNER_IDENTIFIERS,), CODE, None),
        ((DataElement.PARTNER_IDENTIFIERS,), NAME, Reason.DATA_ELEMENT_NOT_AGREED),
        ((DataElement.PARTNER_IDENTIFIERS, DataElement.NAMES), NAME, None),
    ],
    ids=["no-codes", "codes", "codes-no-names", "codes-and-names"],
)
async def test_only_what_the_arrangement_lets_travel_is_told(
    a_world: AWorld,
    agreed: tuple[DataElement, ...],
    kind: CorrespondenceKind,
    expected: Reason | None,
) -> None:
    world = await told_world(a_world, registry=travelling(*agreed))
    number = await confirm(world, "Golden Dragon Ningbo" if kind is NAME else MID, kind=kind)
    if expected is None:
        await tell(world, number)
        assert [one.matter for one in await heard(world)] == [kind]
    else:
        assert await refusal(world.mn.correspondent.tell(number, by=OLGA)) is expected
        assert await recorded(world.mn, "out") == []


async def test_a_partner_that_has_not_said_that_it_takes_the_kind_is_told_nothing(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    number = await confirm(world)

    async def send() -> Any:
        return await world.mn.correspondent.tell(number, by=OLGA)

    assert await refusal(send()) is Reason.KIND_NOT_ACCEPTED
    takes = Capabilities(
        kinds=(MessageKind.BENEFIT_SUSPENSION,), versions=("1.0",), max_bytes=10**6, max_records=10
    )
    await world.mn.database.write(lambda c: capabilities.put(c, CN, takes, at=world.clock.now()))
    assert await refusal(send()) is Reason.KIND_NOT_ACCEPTED
    assert await recorded(world.mn, "out") == []
    await world.mn.enquirer.ping(CN)
    await world.settle()
    assert (await send()).reason is Reason.OK


async def test_only_an_aeo_officer_tells_and_only_of_what_stands(a_world: AWorld) -> None:
    world = await told_world(a_world)
    number = await confirm(world)
    tell_ = world.mn.correspondent.tell
    legal = officer("rita", OfficerRole.LEGAL)
    assert await refusal(tell_(number, by=legal)) is Reason.NOT_PERMITTED
    assert await refusal(tell_(number + 1, by=OLGA)) is Reason.NOT_FOUND
    await tell(world, number)


async def test_an_officer_takes_a_code_into_the_register_and_the_withdrawal_out_of_it(
    a_world: AWorld,
) -> None:
    world = await told_world(a_world)
    own, told = facts.Register(CN, facts.OWN), facts.Register(CN, CN_MN)
    before = await record_in(world.cn, own)
    number = await confirm(world, list="MN-SUPPLIER", site="Plant 2")
    await tell(world, number)
    assert await record_in(world.cn, own) == before, "hearing of it changes nothing"

    (notice,) = await recorded(world.cn, "in")
    done = await adopt(world, notice.id)
    assert done.authorisations == (before.authorisation,)
    (new,) = set((await record_in(world.cn, own)).partner_identifiers)
    assert (new.kind, new.value) == ("MN-SUPPLIER", MID)
    assert new.site is not None
    assert new.site.lines == ("Plant 2",)
    await world.settle()
    assert new in (await record_in(world.mn, told)).partner_identifiers, "announced as amended"
    assert await world.cn.database.read(notices.count_unseen) == 0

    await world.mn.correspondent.withdraw(number, why="a slip", by=PAVEL)
    await world.settle()
    world.move()
    last = (await recorded(world.cn, "in"))[-1]
    await adopt(world, last.id)
    after = await record_in(world.cn, own)
    assert after.partner_identifiers == before.partner_identifiers
    assert after.record_version == before.record_version + 2


async def test_a_name_is_taken_in_as_a_further_name(a_world: AWorld) -> None:
    world = await told_world(a_world)
    number = await confirm(world, "Golden Dragon Intl Ningbo", kind=NAME)
    await tell(world, number)
    (notice,) = await recorded(world.cn, "in")
    await adopt(world, notice.id)
    record = await record_in(world.cn, facts.Register(CN, facts.OWN))
    assert "Golden Dragon Intl Ningbo" in {one.text for one in record.names}


async def test_what_cannot_be_taken_into_the_register_is_refused_with_its_reason(
    a_world: AWorld,
) -> None:
    world = await told_world(a_world)
    first, second = await confirm(world), await confirm(world, "CNNINTRA34NIN", list="US-MID")
    for number in (first, second):
        await tell(world, number)
    bare, listed = await recorded(world.cn, "in")
    risk = officer("rita", OfficerRole.RISK)
    assert await refusal(adopt(world, listed.id, by=risk)) is Reason.NOT_PERMITTED
    assert await refusal(adopt(world, listed.id + 9)) is Reason.NOT_FOUND
    assert await refusal(adopt(world, bare.id)) is Reason.REQUEST_INVALID, "of which list?"
    await adopt(world, bare.id, list_of="US-MID")
    assert await refusal(adopt(world, bare.id)) is Reason.STATE_NOT_SUITABLE, "once"
    await world.mn.correspondent.withdraw(second, why="a slip", by=PAVEL)
    await world.settle()
    assert await refusal(adopt(world, listed.id)) is Reason.NOTICE_ENDED


async def test_a_code_of_an_operator_nobody_knows_is_heard_and_cannot_be_taken_in(
    a_world: AWorld,
) -> None:
    """The answer does not tell a partner who is in our register."""
    world = await a_world()
    body = a_correspondence(tin=Tin("MN9999999"))
    receipt = await world.post(a_message(body, created_at=world.clock.now()))
    assert receipt.outcome == "accepted"
    (kept,) = await recorded(world.mn, "in")
    assert kept.notice == body
    mn = world.mn
    with pytest.raises(RequestRefused) as refused:
        await mn.database.write(lambda c: mn.adopter.adopt(c, kept.id, by=PAVEL))
    assert refused.value.reason is Reason.NOT_FOUND
