"""Notices between two gateways: benefits stopped and given again, trade disrupted and resumed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.reopen import reopen
from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import OfficerName, Tin
from mra_gateway.model.measures import (
    BenefitSuspension,
    Disruption,
    DisruptionCause,
    MeasureId,
    SuspensionReason,
    Where,
)
from mra_gateway.model.messages import (
    Capabilities,
    DisruptionAct,
    DisruptionNotice,
    MessageKind,
    Notice,
    SuspensionAct,
    SuspensionNotice,
)
from mra_gateway.model.officers import Actor, ApprovalKind, OfficerRole
from mra_gateway.store import approvals, capabilities, journal, notices, outbox
from tests.support.messages import a_disruption, a_message, a_suspension, a_uuid
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, a_row, put

OLGA, PAVEL = (
    Actor(name=OfficerName(name), display_name=name, roles=frozenset(OfficerRole))
    for name in ("olga", "pavel")
)
AUDITOR = OLGA.model_copy(update={"roles": frozenset({OfficerRole.AUDITOR})})
SECRET = "an informer said so"
OURS = "CN3302400001"


def an_order(**changes: Any) -> SuspensionOrder:
    values = {
        "operator": OURS,
        "arrangement": CN_MN,
        "reason_class": SuspensionReason.SECURITY_RISK,
        "reason": SECRET,
        **changes,
    }
    return SuspensionOrder(**values)


async def with_an_operator(world: World) -> World:
    """China has told Mongolia of one operator."""
    await put(world.cn, a_row(1))
    await world.settle()
    return world


async def order(gateway: Gateway, **changes: Any) -> BenefitSuspension:
    return await gateway.database.write(
        lambda c: gateway.suspender.order(c, an_order(**changes), by=OLGA)
    )


async def restore(gateway: Gateway, suspension: BenefitSuspension) -> None:
    def work(connection: Connection) -> None:
        request = gateway.suspender.request_restoration(
            connection, suspension.id, reason="cleared", by=OLGA
        )
        gateway.approver.approve(connection, request, by=PAVEL)

    await gateway.database.write(work)


async def confirm(gateway: Gateway) -> None:
    def work(connection: Connection) -> None:
        (asked,) = [
            one.id
            for one in approvals.listed(connection)
            if one.kind is ApprovalKind.CONFIRM_SUSPENSION
        ]
        gateway.approver.approve(connection, asked, by=PAVEL)

    await gateway.database.write(work)


async def disrupt(gateway: Gateway) -> Disruption:
    return await gateway.database.write(
        lambda c: gateway.disruptions.announce(
            c,
            DisruptionCause.ROAD,
            where=Where(offices=("MNZUU",)),
            text="A bridge is down",
            announced_by=None,
            from_at=None,
            by=OLGA,
        )
    )


async def recorded(gateway: Gateway, direction: notices.Direction) -> list[notices.Recorded]:
    """What a gateway told or heard, oldest first."""
    found = await gateway.database.read(lambda c: notices.listed(c, direction=direction, limit=100))
    return found[::-1]


async def heard(gateway: Gateway) -> list[Notice]:
    return [one.notice for one in await recorded(gateway, "in")]


async def measures(gateway: Gateway) -> list[Disruption]:
    return await gateway.database.read(lambda c: gateway.disruptions.listed(c, every=True))


async def test_a_suspension_and_its_end_are_told_without_the_reason_in_words(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    suspension = await order(world.mn, where=Where(offices=("MNZUU",)))
    await world.settle()
    world.move()
    await restore(world.mn, suspension)
    await world.settle()

    stopped, given_again = await heard(world.cn)
    assert isinstance(stopped, SuspensionNotice)
    assert (stopped.act, stopped.tin) == (SuspensionAct.SUSPENDED, OURS)
    assert stopped.reason_class is SuspensionReason.SECURITY_RISK
    assert stopped.codes == ("all",)
    assert stopped.place is not None
    assert stopped.place.offices == ("MNZUU",)
    assert stopped.effective_from == suspension.from_at
    assert isinstance(given_again, SuspensionNotice)
    assert (given_again.act, given_again.suspension_id) == (
        SuspensionAct.RESUMED,
        stopped.suspension_id,
    )
    sent = await world.mn.database.read(outbox.all_outgoing)
    carrying = [one.content for one in sent if one.kind is MessageKind.BENEFIT_SUSPENSION]
    assert len(carrying) == 2
    assert all(word not in content for content in carrying for word in (SECRET.encode(), b"olga"))


async def test_a_confirmation_tells_nothing_new(a_world: AWorld) -> None:
    world = await with_an_operator(await a_world())
    await order(world.mn)
    await world.settle()
    await confirm(world.mn)
    await world.settle()
    assert len(await recorded(world.mn, "out")) == len(await heard(world.cn)) == 1


async def test_what_could_not_be_told_when_ordered_is_told_when_confirmed(a_world: AWorld) -> None:
    world = await with_an_operator(await a_world())
    without = Capabilities(
        kinds=(MessageKind.PING,), versions=("1.0",), max_bytes=1000, max_records=10
    )

    def say(connection: Connection, takes: Capabilities) -> None:
        capabilities.put(connection, CN, takes, at=world.clock.now())

    await world.mn.database.write(lambda c: say(c, without))
    await order(world.mn)
    (untold,) = await recorded(world.mn, "out")
    assert untold.untold == Reason.KIND_NOT_ACCEPTED
    await world.settle()
    assert await heard(world.cn) == []

    everything = without.model_copy(update={"kinds": tuple(MessageKind)})
    await world.mn.database.write(lambda c: say(c, everything))
    await confirm(world.mn)
    await world.settle()
    assert [one.act for one in await heard(world.cn)] == [SuspensionAct.SUSPENDED]


async def test_a_ping_finds_out_what_the_partner_takes(a_world: AWorld) -> None:
    world = await a_world()
    assert await world.mn.database.read(lambda c: capabilities.find(c, CN)) is None
    await world.mn.enquirer.ping(CN)
    await world.settle()
    takes = await world.mn.database.read(lambda c: capabilities.find(c, CN))
    assert takes is not None
    assert set(takes.kinds) == set(MessageKind)


async def test_a_suspension_under_every_arrangement_is_told_under_those_in_force(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    await order(world.mn, arrangement=None)
    await world.settle()
    assert [one.arrangement for one in await recorded(world.cn, "in")] == [CN_MN]


async def test_a_disruption_told_by_a_partner_stands_as_a_measure_until_its_end(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    ours = await disrupt(world.mn)
    await world.settle()
    (stands,) = await measures(world.cn)
    assert (stands.announced_by, stands.cause, stands.text) == (MN, ours.cause, ours.text)
    assert stands.where == ours.where
    assert stands.id != ours.id, "an id of their own"

    world.move()
    mn = world.mn
    resumed = await mn.database.write(
        lambda c: mn.disruptions.resume(c, ours.id, resumed_at=None, by=OLGA)
    )
    await world.settle()
    (moves,) = await measures(world.cn)
    assert (moves.id, moves.resumed_at) == (stands.id, resumed.resumed_at)

    world.move()
    at = world.clock.now()
    await mn.database.write(lambda c: mn.disruptions.end(c, ours.id, by=OLGA))
    await world.settle()
    (over,) = await measures(world.cn)
    assert (over.id, over.until_at) == (stands.id, at)
    acts = [one.act for one in await heard(world.cn)]
    assert acts == [DisruptionAct.BEGINS, DisruptionAct.RESUMES, DisruptionAct.ENDS]


async def test_what_a_partner_told_is_not_passed_on(a_world: AWorld) -> None:
    world = await with_an_operator(await a_world())
    await disrupt(world.mn)
    await world.settle()
    (stands,) = await measures(world.cn)
    cn = world.cn
    await cn.database.write(lambda c: cn.disruptions.end(c, stands.id, by=OLGA))
    await world.settle()
    assert await recorded(world.cn, "out") == []


async def test_what_an_officer_has_ended_is_not_made_longer_by_the_partners_end(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    ours = await disrupt(world.mn)
    await world.settle()
    (stands,) = await measures(world.cn)
    world.move()
    at, cn, mn = world.clock.now(), world.cn, world.mn
    await cn.database.write(lambda c: cn.disruptions.end(c, stands.id, by=OLGA))
    world.move()
    await mn.database.write(lambda c: mn.disruptions.end(c, ours.id, by=OLGA))
    await world.settle()
    assert [one.until_at for one in await measures(world.cn)] == [at]


async def test_a_notice_overtakes_what_waits_and_is_delivered_over_a_road_that_fails(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    world.wire.down = True
    for number in range(2, 6):
        await put(world.cn, a_row(number))
    suspension = await order(world.mn)
    await world.work(MN)
    await restore(world.mn, suspension)
    world.wire.down = False
    await world.settle()
    acts = [one.act for one in await heard(world.cn)]
    assert acts == [SuspensionAct.SUSPENDED, SuspensionAct.RESUMED]


async def test_a_notice_not_settled_follows_on_the_lane_of_the_next_epoch(a_world: AWorld) -> None:
    world = await with_an_operator(await a_world())
    world.wire.down = True
    await order(world.mn)
    await world.work(MN)
    mn = world.mn
    await reopen(
        database=mn.database, book=mn.book, announcer=mn.announcer, clock=mn.clock, by=OLGA
    )
    world.wire.down = False
    await world.settle()
    assert [one.act for one in await heard(world.cn)] == [SuspensionAct.SUSPENDED]


async def test_a_message_withdrawn_has_told_nothing(a_world: AWorld) -> None:
    world = await with_an_operator(await a_world())
    world.wire.down = True
    suspension = await order(world.mn)
    await world.work(MN)
    (sent,) = [
        one
        for one in await world.mn.database.read(outbox.all_outgoing)
        if one.kind is MessageKind.BENEFIT_SUSPENSION
    ]
    await world.mn.intervener.void(sent.message_id, by=OLGA, why="not to be told")
    world.wire.down = False
    await world.settle()
    await restore(world.mn, suspension)
    await world.settle()
    assert await heard(world.cn) == []
    assert len(await recorded(world.mn, "out")) == 1


async def test_a_suspension_abroad_is_an_alert_until_an_officer_has_seen_it(
    a_world: AWorld,
) -> None:
    world = await with_an_operator(await a_world())
    await order(world.mn)
    await world.settle()
    cn = world.cn
    assert await cn.database.read(notices.count_unseen) == 1
    world.move(timedelta(minutes=2))
    await world.work(CN)
    raised = await cn.database.read(lambda c: journal.latest(c, limit=50))
    assert "overdue: notice unseen" in {entry.act for entry in raised}

    (one,) = await recorded(cn, "in")
    for refused, by, number in (
        (Reason.NOT_PERMITTED, AUDITOR, one.id),
        (Reason.NOT_FOUND, OLGA, one.id + 1),
    ):
        with pytest.raises(RequestRefused) as no:
            await _see(cn, number, by=by)
        assert no.value.reason is refused
    assert (await _see(cn, one.id, by=OLGA)).seen_by == "olga"
    with pytest.raises(RequestRefused) as again:
        await _see(cn, one.id, by=PAVEL)
    assert again.value.reason is Reason.STATE_NOT_SUITABLE
    assert await cn.database.read(notices.count_unseen) == 0


async def _see(gateway: Gateway, number: int, *, by: Actor) -> notices.Recorded:
    return await gateway.database.write(lambda c: gateway.listener.see(c, number, by=by))


@pytest.mark.parametrize("what", ["suspension", "disruption"])
async def test_a_notice_repeated_is_heard_once(a_world: AWorld, what: str) -> None:
    world = await a_world()
    body = a_suspension() if what == "suspension" else a_disruption()
    message = a_message(body, created_at=world.clock.now())
    for _ in range(3):
        receipt = await world.post(message)
        assert (receipt.outcome, receipt.reason) == ("accepted", Reason.OK)
    assert await heard(world.mn) == [body]
    assert len(await measures(world.mn)) == (what == "disruption")


async def test_what_was_told_is_replaced_until_it_ends(a_world: AWorld) -> None:
    world = await a_world()
    id_ = MeasureId(a_uuid())
    at = world.clock.now()

    async def say(number: int, act: DisruptionAct, **fields: Any) -> tuple[str, str]:
        body = a_disruption(disruption_id=id_, act=act, effective_at=at, **fields)
        receipt = await world.post(a_message(body, sequence=number, created_at=at))
        return receipt.outcome, receipt.reason

    assert await say(1, DisruptionAct.BEGINS) == ("accepted", "OK")
    assert await say(2, DisruptionAct.BEGINS, text="Worse than thought") == ("accepted", "OK")
    assert [one.text for one in await measures(world.mn)] == ["Worse than thought"]
    assert await say(3, DisruptionAct.ENDS) == ("accepted", "OK")
    assert await measures(world.mn) == [], "it ended before it began to count"
    assert await say(4, DisruptionAct.ENDS) == ("superseded", "SUPERSEDED")
    assert await say(5, DisruptionAct.BEGINS) == ("refused", "NOTICE_ENDED")


async def test_a_suspension_of_nobody_we_know_is_kept_for_our_officers(a_world: AWorld) -> None:
    """The answer does not tell a partner who is in our register."""
    world = await a_world()
    body = a_suspension(tin=Tin("MN9999999"))
    receipt = await world.post(a_message(body, created_at=world.clock.now()))
    assert receipt.outcome == "accepted"
    (kept,) = await recorded(world.mn, "in")
    assert kept.notice == body
    assert not isinstance(kept.notice, DisruptionNotice)
