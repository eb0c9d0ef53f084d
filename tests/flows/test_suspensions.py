"""Suspension of benefits: one officer stops, a second confirms or is missed, two restore."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.flows.watch import overdue
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.measures import (
    BenefitSuspension,
    Correspondence,
    CorrespondenceKind,
    GroundKind,
    Where,
)
from mra_gateway.model.officers import Actor
from mra_gateway.model.recognition import FlagKind
from mra_gateway.settings import GuardSettings
from mra_gateway.store import approvals, grounds, journal
from mra_gateway.store.ages import Age
from tests.support.messages import a_change, a_notification, a_record
from tests.support.restrained import (
    AUDITOR,
    FIRST,
    GRANTS,
    OLGA,
    OTHER,
    PAVEL,
    an_order,
    decide,
    declared,
    listing,
    reason_of,
    why,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World

STOPPED = "BENEFITS_SUSPENDED"


async def order(world: World, *, by: Actor = OLGA, **changes: Any) -> BenefitSuspension:
    wanted = SuspensionOrder(**an_order(**changes))
    done = await world.mn.database.write(lambda c: world.mn.suspender.order(c, wanted, by=by))
    world.move()
    return done


async def approve(world: World, request: str, *, by: Actor = PAVEL) -> None:
    await world.mn.database.write(lambda c: world.mn.approver.approve(c, request, by=by))
    world.move()


async def ask_to_restore(world: World, id_: str, *, by: Actor = OLGA) -> str:
    return await world.mn.database.write(
        lambda c: world.mn.suspender.request_restoration(c, id_, reason="cleared up", by=by)
    )


async def standing(world: World, *, every: bool = False) -> list[BenefitSuspension]:
    return await world.mn.database.read(lambda c: world.mn.suspender.listed(c, every=every))


async def waiting(world: World) -> list[approvals.Approval]:
    return await world.mn.database.read(approvals.listed)


async def reason(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


async def journalled(world: World, act: str) -> list[journal.Entry]:
    return await world.mn.database.read(lambda c: journal.latest(c, limit=99, act=act))


async def test_one_officer_stops_benefits_at_once_and_of_one_operator_only(
    a_world: AWorld,
) -> None:
    world = await listing(a_world)
    before = [await why(world, declared(tin)) for tin in (FIRST, OTHER)]
    suspension = await order(world)
    after = [await why(world, declared(tin)) for tin in (FIRST, OTHER)]
    assert (before, after) == (["OK", "OK"], [STOPPED, "OK"])
    result = await decide(world)
    assert result.recognised, "the status is untouched"
    assert not any(one.granted for one in result.results[0].benefits)
    (entry,) = await journalled(world, "benefits suspended")
    assert (entry.actor, entry.subject) == ("olga", suspension.id)
    assert (suspension.partner, suspension.tin) == (CN, FIRST)


async def test_the_operator_is_named_by_any_number_it_is_known_by(a_world: AWorld) -> None:
    world = await listing(a_world)
    assert (await order(world, operator=f"AEO{OTHER}")).tin == OTHER
    assert (await order(world, operator="cn 3302-462345")).tin == FIRST
    for unknown in ("CN9999999999", "AEOCN9999999999"):
        assert await reason(order(world, operator=unknown)) is Reason.NOT_FOUND
    assert len(await standing(world)) == 2


async def test_who_may_not_is_refused_and_changes_nothing(a_world: AWorld) -> None:
    world = await listing(a_world)
    assert await reason(order(world, by=AUDITOR)) is Reason.NOT_PERMITTED
    for wrong in (
        {"codes": ("no_such",)},
        {"arrangement": "XX-YY-2020"},
        {"substitutes": ("X",)},
        {"authorisation": f"AEO{OTHER}"},
    ):
        assert await reason(order(world, **wrong)) is Reason.NOT_FOUND
    assert (await standing(world), await waiting(world)) == ([], [])
    assert await why(world) == "OK"


@pytest.mark.parametrize(
    ("restricted", "met", "missed"),
    [
        ({"offices": ("ZU",)}, {"office": "ZU"}, {"office": "UB"}),
        ({"dispatched_from": ("CN",)}, {"dispatched_from": "CN"}, {"dispatched_from": "KZ"}),
        ({"destined_to": ("MN",)}, {"destined_to": "MN"}, {"destined_to": "RU"}),
        ({"through": ("KZ",)}, {"through": ("RU", "KZ")}, {"through": ("RU",)}),
        ({"modes": ("3",)}, {"mode": "3"}, {"mode": "2"}),
        ({"flows": ("import",)}, {"type": "import"}, None),
    ],
)
async def test_a_route_restricts_and_what_is_not_declared_counts_as_concerned(
    a_world: AWorld, restricted: Any, met: Any, missed: Any
) -> None:
    world = await listing(a_world)
    await order(world, where=Where(**restricted))
    (confirmation,) = await waiting(world)
    assert next(iter(restricted.values()))[0] in confirmation.summary, "the second officer reads it"
    assert await why(world, declared(**met)) == STOPPED
    assert await why(world, declared()) == STOPPED, "nothing is declared"
    if missed is not None:
        assert await why(world, declared(**missed)) == "OK"


async def test_a_suspension_may_be_about_some_benefits_one_authorisation_or_arrangement(
    a_world: AWorld,
) -> None:
    world = await listing(a_world)
    await order(world, codes=(GRANTS[0],))
    assert await why(world) == STOPPED
    assert await why(world, code=GRANTS[1]) == "OK"
    second = a_record(tin=OTHER, authorisation="AEOCN0000000000", episode="2")
    await world.post(a_notification(a_change(operator=second), sequence=2))
    await order(world, operator=OTHER, authorisation=second.authorisation)
    assert await why(world, declared(OTHER, identifier=second.authorisation)) == STOPPED
    assert await why(world, declared(OTHER, identifier=f"AEO{OTHER}")) == "OK"
    await order(world, operator=OTHER, arrangement=CN_MN)
    assert await why(world, declared(OTHER, identifier=f"AEO{OTHER}")) == STOPPED


async def test_a_site_is_told_by_the_code_confirmed_for_it(a_world: AWorld) -> None:
    world = await listing(a_world)
    for code, site in (("MID-1", "Plant 1"), ("MID-2", "Plant 2")):
        known = Correspondence(
            kind=CorrespondenceKind.IDENTIFIER,
            text=code,
            partner=CN,
            tin=Tin(FIRST),
            site=site,
            confirmed_by="olga",
            confirmed_at=world.clock.now(),
            why="letter",
        )
        await world.mn.database.write(
            partial(
                grounds.add,
                kind=GroundKind.CORRESPONDENCE,
                subject=known.text,
                content=known.model_dump_json(),
                at=world.clock.now(),
                by="olga",
            )
        )
    await order(world, site="Plant 1")
    reasons = [await why(world, declared(identifier=one)) for one in ("MID-1", "MID-2", FIRST)]
    assert reasons == [STOPPED, "OK", STOPPED]


async def test_a_period_begins_and_ends_by_the_moment_of_acceptance(a_world: AWorld) -> None:
    world = await listing(a_world)
    now = world.clock.now()
    await order(world, from_at=now + timedelta(hours=1), until_at=now + timedelta(hours=2))
    seen = [
        await why(world, declared(accepted_at=now + timedelta(minutes=minutes)))
        for minutes in (59, 60, 119, 120)
    ]
    assert seen == ["OK", STOPPED, STOPPED, "OK"]
    backwards: dict[str, Any] = {
        "from_at": now + timedelta(hours=2),
        "until_at": now + timedelta(hours=1),
    }
    assert await reason(order(world, **backwards)) is Reason.REQUEST_INVALID


# --- the second officer


async def test_another_officer_confirms_and_nobody_confirms_twice(a_world: AWorld) -> None:
    world = await listing(a_world)
    suspension = await order(world)
    (request,) = await waiting(world)
    assert request.id == suspension.id, "one id is read over the telephone"
    assert await reason(approve(world, suspension.id[:8], by=OLGA)) is (
        Reason.SECOND_OFFICER_REQUIRED
    )
    assert await reason(approve(world, suspension.id, by=AUDITOR)) is Reason.NOT_PERMITTED
    await approve(world, suspension.id[:8])
    (confirmed,) = await standing(world)
    assert (confirmed.id, confirmed.confirmed_by) == (suspension.id, "pavel")
    assert await why(world) == STOPPED
    assert await waiting(world) == []
    assert await reason(approve(world, suspension.id)) is Reason.APPROVAL_ALREADY_DECIDED


async def test_a_suspension_nobody_confirms_stands_and_is_escalated_once(a_world: AWorld) -> None:
    world = await listing(a_world, guard=GuardSettings(confirm_suspension_hours=4))
    suspension = await order(world)

    async def flagged() -> bool:
        (party,) = (await decide(world)).results
        return FlagKind.UNCONFIRMED_SUSPENSION in {one.kind for one in party.flags}

    async def late() -> list[Age]:
        at = world.clock.now()
        return await world.mn.database.read(
            lambda c: overdue(c, at=at, alert_after=timedelta(hours=1))
        )

    await world.work(MN)
    assert (await late(), await flagged()) == ([], False)
    for _ in range(3):
        world.move(timedelta(hours=4))
        await world.work(MN)
        assert await why(world) == STOPPED
        assert await flagged()
        assert [(age.what, age.subject, age.partner) for age in await late()] == [
            ("suspension unconfirmed", suspension.id, CN)
        ]
    await world.restart(MN)
    world.move(timedelta(hours=1))
    await world.work(MN)
    assert len(await journalled(world, "overdue: suspension unconfirmed")) == 1
    (request,) = await waiting(world)
    assert request.is_overdue(world.clock.now())
    # late is better than never
    await approve(world, suspension.id)
    assert (await late(), await flagged(), await why(world)) == ([], False, STOPPED)


async def test_rejecting_a_confirmation_lifts_nothing(a_world: AWorld) -> None:
    world = await listing(a_world)
    suspension = await order(world)
    for by in (OLGA, PAVEL):
        refused = world.mn.database.write(
            partial(world.mn.approver.reject, request=suspension.id, by=by)
        )
        assert await reason(refused) is Reason.STATE_NOT_SUITABLE
    assert await why(world) == STOPPED
    assert [one.id for one in await waiting(world)] == [suspension.id]


@pytest.mark.parametrize("confirmed", [False, True])
async def test_restoring_takes_two_and_is_gone_after(a_world: AWorld, *, confirmed: bool) -> None:
    world = await listing(a_world)
    suspension = await order(world)
    if confirmed:
        await approve(world, suspension.id)
    request = await ask_to_restore(world, suspension.id[:8])
    world.move()
    assert await why(world) == STOPPED, "asked for is not approved"
    assert await reason(approve(world, request, by=OLGA)) is Reason.SECOND_OFFICER_REQUIRED
    assert await reason(ask_to_restore(world, suspension.id)) is Reason.ALREADY_EXISTS
    during = declared(accepted_at=world.clock.now())
    world.move()
    await approve(world, request)
    assert await why(world) == "OK"
    # accepted while it stood, decided after
    assert await why(world, during) == STOPPED
    assert (await standing(world), await waiting(world)) == ([], [])
    (past,) = await standing(world, every=True)
    assert past.restored_by == ("olga", "pavel")
    assert await reason(ask_to_restore(world, suspension.id)) is Reason.STATE_NOT_SUITABLE
    at = world.clock.now() + timedelta(days=9)
    late = await world.mn.database.read(lambda c: overdue(c, at=at, alert_after=at - at))
    assert [one.what for one in late if one.what != "notice unsent"] == []


async def test_a_suspension_still_to_begin_that_is_restored_never_was(a_world: AWorld) -> None:
    world = await listing(a_world)
    tomorrow = world.clock.now() + timedelta(days=1)
    suspension = await order(world, from_at=tomorrow)
    await approve(world, await ask_to_restore(world, suspension.id))
    assert await why(world, declared(accepted_at=tomorrow + timedelta(hours=1))) == "OK"
    assert await standing(world, every=True) == []


async def test_substitutes_are_operators_partners_have_told_us_of(a_world: AWorld) -> None:
    world = await listing(a_world)
    assert (await order(world, substitutes=(f"AEO{OTHER}",))).substitutes == (OTHER,)
    assert await reason(order(world, substitutes=(FIRST,))) is Reason.REQUEST_INVALID
    assert await why(world, declared(OTHER)) == "OK"


async def test_every_result_is_computed_again_alike_before_and_after(a_world: AWorld) -> None:
    world = await listing(a_world, guard=GuardSettings(confirm_suspension_hours=1))
    given = [await decide(world)]
    suspension = await order(world)
    given.append(await decide(world))
    world.move(timedelta(hours=2))
    given.append(await decide(world))
    await approve(world, suspension.id)
    given.append(await decide(world))
    await approve(world, await ask_to_restore(world, suspension.id))
    given += [await decide(world), await decide(world, declared(accepted_at=given[1].accepted_at))]
    assert [reason_of(one) for one in given] == ["OK", STOPPED, STOPPED, STOPPED, "OK", STOPPED]
    await world.restart(MN)
    for one in given:
        again = await world.mn.decider.compute_again(one.id)
        assert again is not None
        assert again == await world.mn.decider.find_given(one.id)
