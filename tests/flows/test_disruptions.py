"""Disruptions, and who goes first when trade resumes."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.prioritise import Prioritised, name_our_own, prioritise
from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.facts import Flow
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.measures import Disruption, DisruptionCause, Where
from mra_gateway.model.officers import Actor
from tests.support.messages import a_change, a_notification, a_record
from tests.support.restrained import AUDITOR, FIRST, OLGA, OTHER, an_order, listing, why
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, a_row, put

OURS, OURS_TOO = "MN9900001", "MN9900002"
FROM_CHINA = Where(dispatched_from=(CN,), modes=("3",))


async def announce(
    world: World, where: Where = FROM_CHINA, *, by: Actor = OLGA, **changes: Any
) -> Disruption:
    values: dict[str, Any] = {"announced_by": None, "from_at": None, "text": "a flood", **changes}
    done = await world.mn.database.write(
        lambda c: world.mn.disruptions.announce(
            c, DisruptionCause.NATURAL_DISASTER, where=where, by=by, **values
        )
    )
    world.move()
    return done


async def first(world: World, disruption: Disruption) -> list[Prioritised]:
    held = await world.mn.database.read(lambda c: world.mn.disruptions.get(c, disruption.id))
    return prioritise(await world.mn.follower.current(), held, at=world.clock.now())


async def tins(world: World, disruption: Disruption) -> list[str]:
    return [one.tin for one in await first(world, disruption)]


@pytest.fixture
async def world(a_world: AWorld) -> World:
    """Two operators of China, one of our own in good standing and one suspended."""
    world = await listing(a_world)
    values: dict[str, Any] = {"programme": "MN-AEO", "tier": None}
    await put(
        world.mn,
        a_row(1, tin=OURS, authorisation="MN-AEO-1", **values),
        a_row(2, tin=OURS_TOO, authorisation="MN-AEO-2", **{**values, "status": Status.SUSPENDED}),
    )
    world.move()
    return world


async def reason(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


async def test_a_disruption_is_announced_resumed_and_over(world: World) -> None:
    found = await announce(world)
    assert (found.announced_by, found.cause) == (MN, "natural_disaster")
    resumed = await world.mn.database.write(
        lambda c: world.mn.disruptions.resume(c, found.id[:8], resumed_at=None, by=OLGA)
    )
    assert (resumed.id, resumed.resumed_at) == (found.id, world.clock.now())
    world.move()
    await world.mn.database.write(lambda c: world.mn.disruptions.end(c, found.id, by=OLGA))
    world.move()
    assert await world.mn.database.read(world.mn.disruptions.listed) == []
    (past,) = await world.mn.database.read(lambda c: world.mn.disruptions.listed(c, every=True))
    assert past.resumed_at == resumed.resumed_at
    again = world.mn.database.write(
        lambda c: world.mn.disruptions.resume(c, found.id, resumed_at=None, by=OLGA)
    )
    assert await reason(again) is Reason.STATE_NOT_SUITABLE
    assert await reason(announce(world, Where())) is Reason.REQUEST_INVALID
    assert await reason(announce(world, by=AUDITOR)) is Reason.NOT_PERMITTED
    assert await why(world) == "OK", "a disruption stops no benefit"


async def test_our_own_go_first_then_those_we_recognise(world: World) -> None:
    listed = await first(world, await announce(world))
    assert [one.tin for one in listed] == [OURS, OTHER, FIRST]
    assert [one.arrangement for one in listed] == [None, CN_MN, CN_MN]
    assert listed[1].flows == (Flow.IMPORT,), "as the arrangement grants it"
    assert {one.condition for one in listed} == {None}
    at = world.clock.now()
    named = await world.mn.database.read(lambda c: name_our_own(c, listed, at=at))
    assert [one.tin for one in named] == [OURS, OTHER, FIRST]
    assert named[0].name == a_row(1).legal_name
    assert named[1:] == listed[1:]


async def test_the_places_choose_the_arrangements_and_flows(world: World) -> None:
    for where, expected in (
        (Where(dispatched_from=(CN,)), [OURS, OTHER, FIRST]),
        (Where(destined_to=(MN,)), [OURS, OTHER, FIRST]),
        (Where(offices=("ZU", "UB")), [OURS, OTHER, FIRST]),
        (Where(dispatched_from=(Territory("KZ"),)), [OURS]),
        (Where(dispatched_from=(CN,), flows=(Flow.EXPORT,)), [OURS]),
    ):
        assert await tins(world, await announce(world, where)) == expected, where


async def test_who_gets_no_benefit_there_is_not_on_the_list(world: World) -> None:
    disruption = await announce(world, Where(dispatched_from=(CN,), offices=("ZU",)))
    elsewhere = SuspensionOrder(**an_order(FIRST, where=Where(offices=("UB",))))
    await world.mn.database.write(lambda c: world.mn.suspender.order(c, elsewhere, by=OLGA))
    world.move()
    assert await tins(world, disruption) == [OURS, OTHER, FIRST]
    there = SuspensionOrder(**an_order(FIRST, where=Where(offices=("ZU",))))
    await world.mn.database.write(lambda c: world.mn.suspender.order(c, there, by=OLGA))
    world.move()
    assert await tins(world, disruption) == [OURS, OTHER]
    revoked = a_change(
        kind=ChangeKind.REVOKED,
        change_number=1,
        effective_from=world.clock.now(),
        operator=a_record(tin=OTHER, authorisation=f"AEO{OTHER}", legal_name=OTHER),
    )
    await world.post(a_notification(revoked, sequence=2))
    world.move()
    assert await tins(world, disruption) == [OURS]


async def test_draws_and_alerts_on_goods_leave_the_list_and_one_on_an_operator_does_not(
    world: World,
) -> None:
    disruption = await announce(world)
    controller = world.mn.controller
    terms: dict[str, Any] = {"where": Where(), "from_at": None, "until_at": None, "reason": "x"}
    await world.mn.database.write(lambda c: controller.set_rate(c, 1.0, arrangement=None, by=OLGA))
    await world.mn.database.write(
        lambda c: controller.put_out(c, tin=None, chapters=("87",), by=OLGA, **terms)
    )
    world.move()
    assert await why(world) == "TARGETED_ALERT"
    assert await tins(world, disruption) == [OURS, OTHER, FIRST]
    await world.mn.database.write(
        lambda c: controller.put_out(c, tin=Tin(FIRST), chapters=(), by=OLGA, **terms)
    )
    world.move()
    assert await tins(world, disruption) == [OURS, OTHER]


async def test_nobody_of_a_stopped_arrangement_goes_first(world: World) -> None:
    disruption = await announce(world)
    await world.mn.database.write(
        lambda c: world.mn.pauser.stop(
            c, CN_MN, partner=None, until_at=None, reason="leak", by=OLGA
        )
    )
    world.move()
    assert await tins(world, disruption) == [OURS]


async def test_a_list_that_cannot_be_confirmed_names_nobody(world: World) -> None:
    disruption = await announce(world)
    recogniser = await world.mn.follower.current()
    at = world.clock.now()
    assert prioritise(recogniser, disruption, at=at)
    assert prioritise(recogniser.not_current(), disruption, at=at) == []
