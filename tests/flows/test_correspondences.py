"""Correspondences: a confirmed code or name counts at once, until it is withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.confirm_correspondence import Asked, confirmed
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.measures import CorrespondenceKind
from mra_gateway.model.officers import OfficerRole
from mra_gateway.model.recognition import RecognitionReason, RecognitionResult
from mra_gateway.store import journal
from tests.support.decided import (
    CODE,
    GRANTS,
    OLGA,
    PAVEL,
    TIN,
    decide,
    deciding_world,
    declared,
    granted,
    officer,
    stays,
)
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.simulation import CN, AWorld, World

CODE_KIND, NAME_KIND = CorrespondenceKind.IDENTIFIER, CorrespondenceKind.NAME
MID = "CNNINTRA33NIN"
OTHER = {
    "tin": "CN3302400001",
    "authorisation": "AEOCN3302400001",
    "legal_name": "Qingdao Haihua Machinery Co., Ltd.",
    "names": (),
}
OURS = {"legal_name": "Ningbo Golden Dragon Trading Co., Ltd.", "names": ()}


def asked(text: str = MID, *, kind: CorrespondenceKind = CODE_KIND, **changes: Any) -> Asked:
    return Asked(kind, text, Tin(changes.pop("tin", TIN)), "letter of 1 March", **changes)


async def confirm(world: World, what: Asked | None = None, *, by: Any = OLGA) -> int:
    number = await world.mn.correspondent.confirm(what or asked(), by=by)
    world.move()
    return number


async def reason(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


def identity(result: RecognitionResult) -> tuple[bool, RecognitionReason]:
    (party,) = result.results
    return party.recognised, next(one.reason for one in party.steps if one.number == 3)


async def test_a_confirmed_code_counts_at_once_until_it_is_withdrawn(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    before = await decide(world, declared(MID))
    assert identity(before) == (False, RecognitionReason.IDENTIFIER_NOT_FOUND)
    number = await confirm(world, asked(MID, list="US-MID", site="plant 2"))
    meanwhile = await decide(world, declared("cn-nintra 33nin"))
    assert granted(meanwhile) == set(GRANTS)
    assert meanwhile.results[0].read_by == f"confirmed correspondence {number}"
    ended = await world.mn.correspondent.withdraw(number, why="a slip", by=PAVEL)
    assert (ended.tin, ended.confirmed_by) == (TIN, "olga")
    world.move()
    after = await decide(world, declared(MID))
    assert identity(after) == identity(before)
    assert await stays(world, before, meanwhile, after)
    withdraw = world.mn.correspondent.withdraw(number, why="again", by=PAVEL)
    assert await reason(withdraw) is Reason.STATE_NOT_SUITABLE


async def test_a_code_that_is_somebody_elses_is_refused(a_world: AWorld) -> None:
    world = await deciding_world(a_world, OURS, OTHER)
    for genuine in ("AEOCN3302400001", "aeo-cn 3302400001", "CN3302400001", "3302400001"):
        refused = confirm(world, asked(genuine))
        assert await reason(refused) is Reason.CORRESPONDENCE_AMBIGUOUS, genuine
    assert await confirm(world, asked(MID))
    assert await reason(confirm(world)) is Reason.ALREADY_EXISTS
    other = confirm(world, asked(MID.lower(), tin=OTHER["tin"]))
    assert await reason(other) is Reason.CORRESPONDENCE_AMBIGUOUS


async def test_a_form_that_loses_a_part_is_settled_by_an_officer(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    lossy = declared("3302462345")
    assert identity(await decide(world, lossy)) == (False, RecognitionReason.IDENTIFIER_LOSSY)
    await confirm(world, asked("3302462345"))
    assert granted(await decide(world, lossy)) == set(GRANTS)
    # an operator told of later, which the same form may be, and the confirmation settles no more
    twin = a_record(tin="CN3302462345X", authorisation="3302462345", **OURS)
    part = a_list_part(
        a_listed_operator(operator=a_record()), a_listed_operator(operator=twin), sequence=2
    )
    body = part.body.model_copy(update={"as_of": world.clock.now()})
    await world.post(part.model_copy(update={"body": body}))
    found = await decide(world, lossy)
    assert found.results[0].tin == "CN3302462345X", "its number as issued"


async def test_a_confirmed_name_counts_where_no_identifier_is_declared(a_world: AWorld) -> None:
    world = await deciding_world(a_world, OURS, OTHER)
    nameless = declared(None, name="Golden-Dragon Intl (Ningbo) Limited")
    assert identity(await decide(world, nameless)) == (
        False,
        RecognitionReason.IDENTIFIER_NOT_DECLARED,
    )
    number = await confirm(world, asked("GOLDEN DRAGON Intl Ningbo Ltd", kind=NAME_KIND))
    found = await decide(world, nameless)
    assert granted(found) == set(GRANTS)
    (step,) = [one for one in found.results[0].steps if one.number == 3]
    assert f"name (confirmed correspondence {number})" in step.text
    wrong = declared("AEOCN9999999999", name="Golden Dragon Intl Ningbo Ltd")
    assert identity(await decide(world, wrong)) == (False, RecognitionReason.IDENTIFIER_NOT_FOUND)
    other = declared(None, name="Golden Dragon Intl Ningbo 2 Ltd")
    assert identity(await decide(world, other))[0] is False
    await world.mn.correspondent.withdraw(number, why="a slip", by=OLGA)
    world.move()
    assert identity(await decide(world, nameless))[0] is False
    assert await stays(world, found)


async def test_a_name_that_fits_another_operator_is_refused_with_both_named(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world, OURS, OTHER)
    with pytest.raises(RequestRefused) as refused:
        await confirm(world, asked("Qingdao Haihua Machinery", kind=NAME_KIND))
    assert refused.value.reason is Reason.CORRESPONDENCE_AMBIGUOUS
    assert {TIN, OTHER["tin"]} <= set(refused.value.text.replace(",", " ").split())
    own = asked("Qingdao Haihua Machinery", kind=NAME_KIND, tin=OTHER["tin"])
    assert await confirm(world, own)


async def test_a_proposal_is_picked_unless_another_fits_as_well(a_world: AWorld) -> None:
    twin = {**OTHER, "legal_name": "Golden Dragon Trading (Ningbo)"}
    world = await deciding_world(a_world, OURS, OTHER)
    pick = world.mn.correspondent.pick_match
    picked = await pick("Golden Dragon Trading, Ningbo", number=1)
    assert picked.proposal.key == TIN
    assert await reason(pick("Golden Dragon Trading, Ningbo", number=9)) is Reason.NOT_FOUND
    twins = await deciding_world(a_world, OURS, twin)
    with pytest.raises(RequestRefused) as refused:
        await twins.mn.correspondent.pick_match("Golden Dragon Trading, Ningbo", number=1)
    assert refused.value.reason is Reason.CORRESPONDENCE_AMBIGUOUS
    assert {TIN, OTHER["tin"]} <= set(refused.value.text.replace(",", " ").split())


async def test_only_an_operator_of_a_partner_and_only_by_an_aeo_officer(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    legal = officer("rita", OfficerRole.LEGAL)
    assert await reason(confirm(world, by=legal)) is Reason.NOT_PERMITTED
    unknown = confirm(world, asked(tin="CN0000000000"))
    assert await reason(unknown) is Reason.NOT_FOUND
    elsewhere = confirm(world, asked(partner=Territory("KZ")))
    assert await reason(elsewhere) is Reason.NOT_FOUND
    number = await confirm(world, asked(partner=CN))
    (kept,) = await world.mn.database.read(confirmed)
    said = kept.correspondence
    assert (kept.ground.id, said.partner, said.why) == (number, CN, "letter of 1 March")
    (entry,) = await world.mn.database.read(
        lambda c: journal.latest(c, limit=5, act="correspondence confirmed")
    )
    assert (entry.actor, entry.subject, entry.detail["text"]) == ("olga", TIN, MID)
    withdraw = world.mn.correspondent.withdraw(number, why="x", by=legal)
    assert await reason(withdraw) is Reason.NOT_PERMITTED
    gone = world.mn.correspondent.withdraw(number + 1, why="x", by=OLGA)
    assert await reason(gone) is Reason.NOT_FOUND


async def test_an_identifier_as_issued_wins_over_what_was_confirmed(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    await confirm(world, asked(MID))
    later = a_record(tin="CN3302400001", authorisation=MID)
    part = a_list_part(
        a_listed_operator(operator=a_record()), a_listed_operator(operator=later), sequence=2
    )
    body = part.body.model_copy(update={"as_of": world.clock.now()})
    await world.post(part.model_copy(update={"body": body}))
    assert (await decide(world, declared(MID))).results[0].tin == "CN3302400001"
    assert (await decide(world, declared(CODE))).results[0].tin == TIN
