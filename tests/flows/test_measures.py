"""Alerts, random control, stops and pilots: each changes what is decided, and is gone after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.measures import RandomControl, Where
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.store import approvals, journal
from tests.support.restrained import (
    AUDITOR,
    FIRST,
    OLGA,
    OTHER,
    PAVEL,
    decide,
    declared,
    listing,
    officer,
    reason_of,
    why,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World

T = TypeVar("T")
HOUR = timedelta(hours=1)
DRAWN, AGAIN = 10_000, 1_000


class Desk:
    """Acts on Mongolia's measures, each at a moment of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._write = world.mn.database.write

    async def alert(self, *, by: Actor = OLGA, **changes: Any) -> str:
        values: dict[str, Any] = {
            "tin": None,
            "chapters": (),
            "where": Where(),
            "from_at": None,
            "until_at": None,
            "reason": "told by the police",
            **changes,
        }
        controller = self.world.mn.controller
        return await self._done(lambda c: controller.put_out(c, **values, by=by).id)

    async def end_alert(self, id_: str, *, by: Actor = OLGA) -> None:
        controller = self.world.mn.controller
        await self._done(lambda c: controller.end_alert(c, id_, reason="over", by=by))

    async def control(
        self, rate: float, arrangement: ArrangementId | None = None, *, by: Actor = OLGA
    ) -> RandomControl:
        controller = self.world.mn.controller
        return await self._done(
            lambda c: controller.set_rate(c, rate, arrangement=arrangement, by=by)
        )

    async def end_control(self, arrangement: ArrangementId | None = None) -> None:
        controller = self.world.mn.controller
        await self._done(lambda c: controller.end_control(c, arrangement=arrangement, by=OLGA))

    async def stop(
        self, *, by: Actor = OLGA, partner: Territory | None = None, **changes: Any
    ) -> str:
        values: dict[str, Any] = {"until_at": None, "reason": "their list leaked", **changes}
        pauser = self.world.mn.pauser
        return await self._done(
            lambda c: pauser.stop(c, CN_MN, partner=partner, by=by, **values).id
        )

    async def ask_to_resume(self, named: str, *, by: Actor = OLGA) -> str:
        pauser = self.world.mn.pauser
        return await self._done(lambda c: pauser.request_resumption(c, named, reason="ok", by=by))

    async def ask_for_pilot(self, *, by: Actor = OLGA, **changes: Any) -> str:
        values: dict[str, Any] = {
            "operators": ALL,
            "offices": ALL,
            "from_at": None,
            "until_at": None,
            "reason": "a start",
            **changes,
        }
        pauser = self.world.mn.pauser
        return await self._done(lambda c: pauser.request_pilot(c, CN_MN, by=by, **values))

    async def ask_to_end_pilot(self, id_: str) -> str:
        pauser = self.world.mn.pauser
        return await self._done(lambda c: pauser.request_end_of_pilot(c, id_, reason="ok", by=OLGA))

    async def approve(self, request: str, *, by: Actor = PAVEL) -> None:
        approver = self.world.mn.approver
        await self._done(lambda c: approver.approve(c, request, by=by))

    async def pilot(self, **changes: Any) -> str:
        request = await self.ask_for_pilot(**changes)
        await self.approve(request)
        return request

    async def _done(self, work: Callable[[Connection], T]) -> T:
        done = await self._write(work)
        self.world.move()
        return done


@pytest.fixture
async def world(a_world: AWorld) -> World:
    return await listing(a_world)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


async def reason(work: Awaitable[Any]) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


async def whys(world: World, *declarations: Any) -> list[str]:
    return [await why(world, one) for one in declarations]


# --- alerts


async def test_an_alert_takes_precedence_and_is_gone_when_ended(world: World, desk: Desk) -> None:
    alert = await desk.alert(tin=Tin(FIRST))
    assert await whys(world, declared(), declared(OTHER)) == ["TARGETED_ALERT", "OK"]
    await desk.end_alert(alert[:8])
    assert await whys(world, declared(), declared(OTHER)) == ["OK", "OK"]
    assert await reason(desk.end_alert(alert)) is Reason.STATE_NOT_SUITABLE
    assert await world.mn.database.read(world.mn.controller.alerts) == []


async def test_an_authorisation_number_that_reads_as_a_tin_is_not_taken_for_one(
    world: World, desk: Desk
) -> None:
    authorisation = Tin(f"AEO{FIRST}")
    assert await reason(desk.alert(tin=authorisation)) is Reason.IDENTIFIER_INVALID
    asked = desk.ask_for_pilot(operators=(Tin(OTHER), authorisation))
    assert await reason(asked) is Reason.IDENTIFIER_INVALID
    await desk.alert(tin=Tin("CN3302499999"))  # nobody has told us of it yet
    assert await why(world) == "OK"


@pytest.mark.parametrize(
    ("alert", "met", "missed"),
    [
        ({"chapters": ("87",)}, {"chapters": ("01", "87")}, {"chapters": ("01",)}),
        ({"where": Where(offices=("ZU",))}, {"office": "ZU"}, {"office": "UB"}),
        ({"where": Where(through=(Territory("KZ"),))}, {"through": ("KZ",)}, {"through": ("RU",)}),
    ],
)
async def test_an_alert_meets_what_it_names_and_what_is_not_declared(
    world: World, desk: Desk, alert: Any, met: Any, missed: Any
) -> None:
    await desk.alert(**alert)
    found = await whys(world, declared(**met), declared(), declared(OTHER, **missed))
    assert found == ["TARGETED_ALERT", "TARGETED_ALERT", "OK"]


async def test_only_aeo_and_risk_officers_put_out_alerts_and_set_controls(
    world: World, desk: Desk
) -> None:
    for by in (AUDITOR, officer("leo", OfficerRole.LEGAL, OfficerRole.SECURITY)):
        assert await reason(desk.alert(by=by)) is Reason.NOT_PERMITTED
        assert await reason(desk.control(1.0, by=by)) is Reason.NOT_PERMITTED
    assert await reason(desk.alert(chapters=("8",))) is Reason.REQUEST_INVALID
    assert await why(world) == "OK"
    await desk.alert(by=PAVEL)
    assert await why(world) == "TARGETED_ALERT"


# --- random control


async def test_a_random_control_draws_its_share_and_always_the_same(
    world: World, desk: Desk
) -> None:
    await desk.control(0.1)
    declarations = [declared(reference=f"MN-2026-{number:06d}") for number in range(DRAWN)]

    async def drawn(count: int) -> set[str]:
        made = await world.mn.decider.decide(declarations[:count], requested_by="test")
        reasons = {one.reference: reason_of(one) for one in made}
        assert set(reasons.values()) == {"OK", "RANDOM_CONTROL"}
        return {reference for reference, why in reasons.items() if why != "OK"}

    first = await drawn(DRAWN)
    # five standard deviations of a binomial: nobody waits for the sixth
    assert abs(len(first) - DRAWN * 0.1) < 5 * (DRAWN * 0.1 * 0.9) ** 0.5
    again = first & {one.reference for one in declarations[:AGAIN]}
    await world.restart(MN)
    assert await drawn(AGAIN) == again
    await desk.control(0.1)
    assert await drawn(AGAIN) != again, "another seed draws others"
    await desk.end_control()
    made = await world.mn.decider.decide(declarations[:100], requested_by="test")
    assert {reason_of(one) for one in made} == {"OK"}


async def test_a_share_replaces_the_one_of_its_extent_and_no_other(
    world: World, desk: Desk
) -> None:
    await desk.control(0.0)
    await desk.control(1.0, CN_MN)
    assert await why(world) == "RANDOM_CONTROL"
    await desk.control(0.0, CN_MN)
    assert await why(world) == "OK"
    await desk.control(1.0)
    assert await why(world) == "RANDOM_CONTROL"
    await desk.end_control()
    assert await why(world) == "OK"
    assert await reason(desk.end_control()) is Reason.NOT_FOUND
    assert await reason(desk.control(1.1)) is Reason.REQUEST_INVALID
    assert await reason(desk.control(0.1, ArrangementId("XX-YY-2020"))) is Reason.NOT_FOUND


async def test_a_seed_is_in_no_journal_and_no_result(world: World, desk: Desk) -> None:
    control = await desk.control(1.0)
    assert len(control.seed) >= 32
    result = await decide(world)
    entries = await world.mn.database.read(lambda c: journal.latest(c, limit=999))
    for shown in (repr(control), result.model_dump_json(), repr(entries)):
        assert control.seed not in shown


# --- a whole arrangement


async def test_a_stop_is_one_officers_and_resuming_two(world: World, desk: Desk) -> None:
    stop = await desk.stop()
    assert await whys(world, declared(), declared(OTHER)) == ["ARRANGEMENT_STOPPED"] * 2
    request = await desk.ask_to_resume(stop[:8])
    assert await reason(desk.approve(request, by=OLGA)) is Reason.SECOND_OFFICER_REQUIRED
    assert await reason(desk.ask_to_resume(CN_MN)) is Reason.ALREADY_EXISTS
    assert await why(world) == "ARRANGEMENT_STOPPED"
    during = declared(accepted_at=world.clock.now())
    world.move()
    await desk.approve(request)
    assert await whys(world, declared(), during) == ["OK", "ARRANGEMENT_STOPPED"]
    assert await reason(desk.ask_to_resume(stop)) is Reason.STATE_NOT_SUITABLE


async def test_who_may_stop_may_not_by_that_resume(world: World, desk: Desk) -> None:
    on_duty = officer("duty", OfficerRole.RISK)
    await desk.stop(by=on_duty, partner=CN)
    assert await why(world) == "ARRANGEMENT_STOPPED"
    assert await reason(desk.ask_to_resume(CN_MN, by=on_duty)) is Reason.NOT_PERMITTED
    assert await reason(desk.stop(by=AUDITOR)) is Reason.NOT_PERMITTED
    assert await reason(desk.stop(partner=Territory("KZ"))) is Reason.NOT_A_PARTY
    await desk.approve(await desk.ask_to_resume(CN_MN))
    assert await why(world) == "OK"


async def test_a_stop_with_an_end_ends_then(world: World, desk: Desk) -> None:
    until = world.clock.now() + HOUR
    await desk.stop(until_at=until)
    before, after = declared(accepted_at=until - timedelta(seconds=1)), declared(accepted_at=until)
    assert await whys(world, before, after) == ["ARRANGEMENT_STOPPED", "OK"]


# --- pilots


async def test_a_pilot_lets_in_who_is_named_once_two_have_agreed(world: World, desk: Desk) -> None:
    request = await desk.ask_for_pilot(operators=(Tin(FIRST),))
    assert await whys(world, declared(), declared(OTHER)) == ["OK", "OK"]
    assert await reason(desk.approve(request, by=OLGA)) is Reason.SECOND_OFFICER_REQUIRED
    await desk.approve(request)
    assert await whys(world, declared(), declared(OTHER)) == ["OK", "NOT_IN_PILOT"]
    end = await desk.ask_to_end_pilot(request[:8])
    assert await why(world, declared(OTHER)) == "NOT_IN_PILOT"
    assert await reason(desk.approve(end, by=OLGA)) is Reason.SECOND_OFFICER_REQUIRED
    await desk.approve(end)
    assert await whys(world, declared(), declared(OTHER)) == ["OK", "OK"]


async def test_a_pilot_at_named_posts_needs_the_post_declared(world: World, desk: Desk) -> None:
    await desk.pilot(offices=("ZU",))
    found = await whys(world, declared(office="ZU"), declared(office="UB"), declared())
    assert found == ["OK", "NOT_IN_PILOT", "NOT_IN_PILOT"]
    await desk.pilot(offices=("UB",))
    found = await whys(world, declared(office="ZU"), declared(office="UB"), declared())
    assert found == ["OK", "OK", "NOT_IN_PILOT"]


async def test_a_pilot_has_its_dates_and_never_begins_before_it_was_approved(
    world: World, desk: Desk
) -> None:
    now = world.clock.now()
    pilot: dict[str, Any] = {
        "operators": (Tin(FIRST),),
        "from_at": now - HOUR,
        "until_at": now + HOUR,
    }
    await desk.pilot(**pilot)
    moments = [now - timedelta(minutes=5), now + timedelta(minutes=5), now + HOUR]
    seen = await whys(world, *(declared(OTHER, accepted_at=at) for at in moments))
    assert seen == ["OK", "NOT_IN_PILOT", "OK"]
    world.move(2 * HOUR)
    late = await desk.ask_for_pilot(
        **{**pilot, "until_at": world.clock.now() + timedelta(seconds=1)}
    )
    world.move()
    assert await reason(desk.approve(late)) is Reason.STATE_NOT_SUITABLE
    assert await reason(desk.ask_for_pilot()) is Reason.REQUEST_INVALID
    waiting = await world.mn.database.read(approvals.listed)
    assert [one.id for one in waiting] == [late]


# --- all of them


async def test_every_result_is_computed_again_alike_whatever_was_ordered_since(
    world: World, desk: Desk
) -> None:
    given: list[RecognitionResult] = []

    async def look() -> str:
        given.append(await decide(world, declared(OTHER, chapters=("87",))))
        return reason_of(given[-1])

    assert await look() == "OK"
    alert = await desk.alert(chapters=("87",))
    assert await look() == "TARGETED_ALERT"
    await desk.end_alert(alert)
    await desk.control(1.0)
    assert await look() == "RANDOM_CONTROL"
    await desk.control(0.0)
    assert await look() == "OK"
    await desk.stop()
    assert await look() == "ARRANGEMENT_STOPPED"
    await desk.approve(await desk.ask_to_resume(CN_MN))
    assert await look() == "OK"
    pilot = await desk.pilot(operators=(Tin(FIRST),))
    assert await look() == "NOT_IN_PILOT"
    await desk.approve(await desk.ask_to_end_pilot(pilot))
    assert await look() == "OK"
    await world.restart(MN)
    for one in given:
        again = await world.mn.decider.compute_again(one.id)
        assert again is not None
        assert again == await world.mn.decider.find_given(one.id)
