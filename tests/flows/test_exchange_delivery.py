"""Delivery over a road that fails: back-off, parking, voids, renewed signatures, lost receivers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import MessageId, OfficerName
from mra_gateway.model.messages import MessageKind
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.settings import DeliverySettings
from mra_gateway.store import ages, facts, journal, message_log, outbox, properties
from mra_gateway.store.database import Database
from mra_gateway.store.exchange_tables import evidence
from mra_gateway.store.exchange_tables import lanes as lanes_table
from mra_gateway.store.exchange_tables import messages as messages_table
from mra_gateway.store.register_tables import facts as facts_table
from mra_gateway.transport.carrier import Carried
from mra_gateway.trust.signer import FileSigner
from tests.support import pki
from tests.support.messages import a_change, a_notification, a_ping, a_record
from tests.support.simulation import CN, CN_MN, MN, AWorld, Wire, World, a_row, put, status_at

ACTOR = Actor(name=OfficerName("olga"), display_name="Olga", roles=frozenset({OfficerRole.AEO}))
AUDITOR = Actor(name=OfficerName("ada"), display_name="Ada", roles=frozenset({OfficerRole.AUDITOR}))


async def sent(world: World, kind: MessageKind | None = None) -> list[outbox.OutMessage]:
    """Outgoing messages of China, oldest first."""

    def read(connection: Connection) -> list[outbox.OutMessage]:
        rows = reversed(message_log.newest(connection, limit=200))
        ids = [MessageId.trusted(row.message_id) for row in rows if row.direction == "out"]
        found = [outbox.find(connection, message_id) for message_id in ids]
        return [one for one in found if one is not None and kind in {None, one.kind}]

    return await world.cn.database.read(read)


async def one(world: World) -> outbox.OutMessage:
    """The first notification; a new day may bring a full list beside it."""
    return (await sent(world, MessageKind.STATUS_NOTIFICATION))[0]


async def held(world: World, number: int = 1) -> str | None:
    return await status_at(world.mn, a_row(number).tin)


# --- back-off


async def test_waits_double_up_to_four_hours_and_start_anew_after_a_success(
    a_world: AWorld,
) -> None:
    world = await a_world()
    world.wire.down = True
    await put(world.cn, a_row(1))
    waits = []
    for attempt in range(1, 14):
        await world.work(CN)
        message = await one(world)
        assert message.attempts == attempt
        assert message.state == outbox.WAITING
        assert message.last_error == "lost"
        assert message.next_attempt_at is not None
        waits.append((message.next_attempt_at - world.clock.now()).total_seconds())
        await world.work(CN)
        assert (await one(world)).attempts == attempt, "not before its time"
        world.clock.move_to(message.next_attempt_at)
    for number, wait in enumerate(waits):
        expected = min(14_400, 60 * 2**number)
        assert 0.75 * expected <= wait <= min(14_400, 1.25 * expected)
    world.wire.down = False
    await world.work(CN)
    assert (await one(world)).state == outbox.SETTLED
    assert await held(world) == Status.VALID
    world.wire.down = True
    await put(world.cn, a_row(2))
    await world.work(CN)
    latest = (await sent(world, MessageKind.STATUS_NOTIFICATION))[-1]
    assert latest.attempts == 1
    assert latest.next_attempt_at is not None
    assert latest.next_attempt_at - world.clock.now() <= timedelta(seconds=75)


async def test_an_officer_tries_now(a_world: AWorld) -> None:
    world = await a_world()
    world.wire.down = True
    await put(world.cn, a_row(1))
    for _ in range(6):
        await world.work(CN)
        world.move(timedelta(hours=5))
    await world.work(CN)
    world.wire.down = False
    await world.work(CN)
    assert (await one(world)).state == outbox.WAITING
    with pytest.raises(RequestRefused) as refused:
        await world.cn.intervener.try_now(by=AUDITOR)
    assert refused.value.reason is Reason.NOT_PERMITTED
    assert await world.cn.intervener.try_now(by=ACTOR) >= 1
    await world.work(CN)
    assert (await one(world)).state == outbox.SETTLED


async def test_a_lost_receipt_is_asked_for_again_and_nothing_is_doubled(a_world: AWorld) -> None:
    world = await a_world(wire=Wire(lose_reply=1.0))
    await put(world.cn, a_row(1))
    for _ in range(3):
        await world.work(CN)
        world.move(timedelta(hours=5))
    assert await held(world) == Status.VALID
    assert (await one(world)).state == outbox.WAITING
    world.wire.lose_reply = 0.0
    await world.settle()
    assert (await one(world)).state == outbox.SETTLED
    register = facts.Register(CN, CN_MN)
    history = await world.mn.database.read(lambda c: facts.history(c, register, a_row(1).tin))
    assert [fact.cause for fact in history] == ["granted"]


class Liar:
    """A road on which somebody answers with a receipt of his own making."""

    def __init__(self, world: World, answer: bytes) -> None:
        self._world = world
        self._answer = answer

    async def carry(self, partner: Any, content: bytes) -> Carried:
        return Carried(self._answer, self._world.sides[partner].peer)

    async def close(self) -> None:
        return None


@pytest.mark.parametrize("forged", ["another's", "ours"])
async def test_a_forged_receipt_settles_nothing_and_is_kept(a_world: AWorld, forged: str) -> None:
    world = await a_world()
    await put(world.cn, a_row(2))
    await world.settle()
    genuine = (await one(world)).receipt
    assert genuine is not None
    await put(world.cn, a_row(1))
    answer = genuine if forged == "another's" else world.sign(a_notification(), sender=MN)
    if forged == "ours":
        answer = genuine.replace(b"accepted", b"acceptee")
    courier = world.cn.courier
    road, courier._carrier = courier._carrier, Liar(world, answer)
    await world.work(CN)
    message = (await sent(world))[-1]
    assert message.state == outbox.WAITING
    assert message.attempts == 1
    if forged == "ours":
        kept = await world.cn.database.read(
            lambda c: list(c.execute(select(evidence.c.reason)).scalars())
        )
        assert kept == [message.reason]
    courier._carrier = road
    await world.settle()
    assert (await sent(world))[-1].state == outbox.SETTLED


async def test_a_receipt_that_comes_later_as_a_message_settles(a_world: AWorld) -> None:
    world = await a_world(wire=Wire(lose_reply=1.0))
    await put(world.cn, a_row(1))
    await world.work(CN)
    message = await one(world)
    assert message.state == outbox.WAITING
    receipt = await world.hand_over(CN, MN, message.content)
    assert receipt is not None
    assert await world.hand_over(MN, CN, receipt) is None
    assert (await one(world)).state == outbox.SETTLED
    assert await world.hand_over(MN, CN, receipt) is None, "twice does no harm"


async def test_a_signature_that_outlived_its_certificate_is_made_again_under_the_same_id(
    a_world: AWorld,
) -> None:
    world = await a_world()
    side = world.sides[CN]
    brief = FileSigner(side.signing_key, certificate=side.issue(until_days=10))
    world.cn.composer._signer = brief
    world.wire.down = True
    await put(world.cn, a_row(1))
    await world.work(CN)
    before = await one(world)
    world.move(timedelta(days=11))
    world.cn.composer._signer = side.signer
    world.wire.down = False
    await world.work(CN)
    after = await one(world)
    assert (after.message_id, after.digest, after.state) == (
        before.message_id,
        before.digest,
        outbox.SETTLED,
    )
    assert after.content != before.content
    assert await held(world) == Status.VALID


async def lease(world: World, span: timedelta) -> None:
    """Another process has taken every lane for a time."""
    await world.cn.database.write(
        lambda c: c.execute(
            update(lanes_table)
            .where(lanes_table.c.direction == "out")
            .values(lease_holder="other", lease_until=world.clock.now() + span)
        )
    )


async def test_nobody_sends_on_a_lane_another_process_delivers_on(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await lease(world, timedelta(seconds=60))
    await world.work(CN)
    assert world.wire.seen == []
    world.move(timedelta(seconds=61))
    await world.work(CN)
    assert (await one(world)).state == outbox.SETTLED


async def test_a_lane_does_not_wait_for_a_lease_taken_by_a_clock_that_was_ahead(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await lease(world, timedelta(hours=1))
    await world.work(CN)
    assert (await one(world)).state == outbox.SETTLED


# --- officers: park, retry, void


async def test_a_stopped_message_stops_its_lane_until_it_is_retried(a_world: AWorld) -> None:
    world = await a_world()
    world.wire.down = True
    await put(world.cn, a_row(1))
    await world.work(CN)
    message = await one(world)
    await world.cn.intervener.park(message.message_id, by=ACTOR)
    world.wire.down = False
    await put(world.cn, a_row(2))
    world.move(timedelta(hours=5))
    await world.work(CN)
    assert [one.state for one in await sent(world)] == [outbox.STOPPED]
    assert await held(world, 2) is None
    await world.cn.intervener.retry(message.message_id, by=ACTOR)
    await world.settle()
    assert (await held(world, 1), await held(world, 2)) == (Status.VALID, Status.VALID)


async def test_a_void_lets_the_lane_go_on_and_a_full_list_says_what_it_carried(
    a_world: AWorld,
) -> None:
    world = await a_world()
    world.wire.down = True
    await put(world.cn, a_row(1))
    await world.work(CN)
    message = await one(world)
    with pytest.raises(RequestRefused) as refused:
        await world.cn.intervener.void(message.message_id, by=AUDITOR, why="no")
    assert refused.value.reason is Reason.NOT_PERMITTED
    await world.cn.intervener.void(message.message_id, by=ACTOR, why="The file was wrong")
    world.wire.down = False
    await world.settle()
    kinds = [(one.kind, one.sequence, one.state) for one in await sent(world)]
    assert kinds == [
        (MessageKind.STATUS_NOTIFICATION, 1, outbox.VOIDED),
        (MessageKind.VOID, 1, outbox.SETTLED),
        (MessageKind.STATUS_LIST, 2, outbox.SETTLED),
    ]
    assert await held(world) == Status.VALID


async def test_a_void_that_comes_too_late_brings_back_the_message_it_replaced(
    a_world: AWorld,
) -> None:
    world = await a_world(wire=Wire(lose_reply=1.0))
    await put(world.cn, a_row(1))
    await world.work(CN)
    message = await one(world)
    assert await held(world) == Status.VALID
    await world.cn.intervener.void(message.message_id, by=ACTOR, why="Too late")
    world.wire.lose_reply = 0.0
    await world.settle()
    by_kind = {one.kind: one for one in await sent(world)}
    assert by_kind[MessageKind.STATUS_NOTIFICATION].state == outbox.SETTLED
    assert by_kind[MessageKind.STATUS_NOTIFICATION].outcome == "accepted"
    assert by_kind[MessageKind.VOID].state == outbox.SETTLED
    assert by_kind[MessageKind.VOID].reason == Reason.VOID_TOO_LATE
    assert await held(world) == Status.VALID


async def test_a_settled_message_cannot_be_voided(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    message = await one(world)
    with pytest.raises(RequestRefused) as refused:
        await world.cn.intervener.void(message.message_id, by=ACTOR, why="no")
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE
    unknown = MessageId("00000000-0000-4000-8000-000000000000")
    with pytest.raises(RequestRefused) as refused:
        await world.cn.intervener.retry(unknown, by=ACTOR)
    assert refused.value.reason is Reason.NOT_FOUND


# --- a partner that lost what it took, a new life of our own database


async def test_a_partner_that_lost_what_it_took_gets_it_again(a_world: AWorld) -> None:
    world = await a_world()
    for number in (1, 2, 3):
        await put(world.cn, a_row(number))
        await world.settle()

    def lose(connection: Connection) -> None:
        connection.execute(delete(facts_table))
        connection.execute(delete(messages_table).where(messages_table.c.direction == "in"))
        connection.execute(
            update(lanes_table)
            .where(lanes_table.c.direction == "in")
            .values(next_sequence=1, last_change=0)
        )

    await world.mn.database.write(lose)
    await put(world.cn, a_row(4))
    await world.settle()
    assert [await held(world, number) for number in (1, 2, 3, 4)] == [Status.VALID] * 4
    (entry,) = await world.cn.database.read(
        lambda c: journal.latest(c, limit=1, act="messages sent again")
    )
    assert entry.detail["messages"] == 3


async def test_a_stored_message_that_cannot_be_signed_again_is_postponed_with_its_reason(
    a_world: AWorld,
) -> None:
    world = await a_world(wire=Wire(down=True))
    await put(world.cn, a_row(1))
    await world.cn.dispatcher.run_once()

    def damage(connection: Connection) -> None:
        connection.execute(
            update(messages_table)
            .where(messages_table.c.direction == "out")
            .values(content=b"<damaged", signer_until=world.clock.now())
        )

    await world.cn.database.write(damage)
    world.wire.down = False
    world.move(timedelta(hours=5))
    await world.cn.dispatcher.run_once()
    waiting = await one(world)
    assert (waiting.state, waiting.reason) == (outbox.WAITING, Reason.NOT_WELL_FORMED)
    assert waiting.attempts == 2
    assert await held(world) is None


async def test_a_new_epoch_begins_a_lane_anew(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    await world.cn.database.write(properties.open_next_epoch)
    await world.cn.database.write(
        lambda c: world.cn.announcer.announce_list(c, CN_MN, partner=MN, at=world.clock.now())
    )
    await put(world.cn, a_row(2))
    await world.settle()
    assert [(one.epoch, one.sequence) for one in await sent(world)][:2] == [(1, 1), (2, 1)]
    assert (await held(world, 1), await held(world, 2)) == (Status.VALID, Status.VALID)


async def test_each_change_goes_alone_when_merging_is_off(a_world: AWorld) -> None:
    world = await a_world(delivery=DeliverySettings(merge=False))
    await put(world.cn, *(a_row(number) for number in range(1, 4)))
    await world.settle()
    assert [one.sequence for one in await sent(world)] == [1, 2, 3]
    merged = await a_world()
    await put(merged.cn, *(a_row(number) for number in range(1, 4)))
    await merged.settle()
    assert [one.sequence for one in await sent(merged)] == [1]


# --- alerts


async def overdue(world: World) -> list[tuple[str, str]]:
    rows = await world.cn.database.read(lambda c: journal.latest(c, limit=100))
    return [(row.act, row.subject) for row in rows if row.act.startswith("overdue: ")]


async def test_what_waits_too_long_raises_one_alert(a_world: AWorld) -> None:
    world = await a_world()
    world.wire.down = True
    await put(world.cn, a_row(1))
    await world.work(CN)
    world.move(timedelta(minutes=59))
    await world.work(CN)
    assert await overdue(world) == []
    world.move(timedelta(minutes=2))
    for _ in range(3):
        await world.work(CN)
        world.move(timedelta(minutes=2))
    message = await one(world)
    assert await overdue(world) == [("overdue: message waiting", message.message_id)]
    late = await world.cn.database.read(lambda c: ages.older_than(c, world.clock.now()))
    assert [age.what for age in late] == ["message waiting"]
    world.wire.down = False
    await world.settle()
    assert await world.cn.database.read(lambda c: ages.older_than(c, world.clock.now())) == []


# --- two processes, one database


async def test_two_processes_given_one_message_apply_it_once(
    a_world: AWorld, two_databases: list[Database]
) -> None:
    world = await a_world(databases=two_databases)
    twin = world._build(MN)
    await twin.book.refresh(twin.database)
    for sequence in range(1, 6):
        operator = a_record(tin=f"CN33024{sequence:05d}", authorisation=f"AEO{sequence}")
        content = world.sign(
            a_notification(a_change(change_number=sequence, operator=operator), sequence=sequence)
        )
        raw = pki.raw(content, peer=world.sides[CN].peer, at=world.clock.now())
        replies = await asyncio.gather(
            *(gateway.receiver.receive(raw) for gateway in (world.mn, twin, world.mn, twin))
        )
        assert {reply.outcome for reply in replies} == {"accepted"}
        assert len({reply.receipt for reply in replies}) == 1, "one stored receipt for all"
    known = await world.mn.database.read(
        lambda c: facts.count_authorisations(c, facts.Register(CN, CN_MN))
    )
    rows = await world.mn.database.read(lambda c: c.execute(select(facts_table.c.id)).all())
    assert (known, len(rows)) == (5, 5)


async def test_two_processes_given_one_message_outside_the_lanes_keep_it_once(
    a_world: AWorld, two_databases: list[Database]
) -> None:
    world = await a_world(databases=two_databases)
    twin = world._build(MN)
    await twin.book.refresh(twin.database)
    for _ in range(5):
        content = world.sign(a_ping())
        raw = pki.raw(content, peer=world.sides[CN].peer, at=world.clock.now())
        replies = await asyncio.gather(
            *(gateway.receiver.receive(raw) for gateway in (world.mn, twin, world.mn, twin))
        )
        assert {reply.outcome for reply in replies} == {"accepted"}
        assert len({reply.receipt for reply in replies}) == 1, "one stored receipt for all"


async def test_two_processes_deliver_a_lane_in_its_order(
    a_world: AWorld, two_databases: list[Database]
) -> None:
    world = await a_world(databases=two_databases, delivery=DeliverySettings(merge=False))
    twin = world._build(CN)
    await twin.book.refresh(twin.database)
    await put(world.cn, *(a_row(number) for number in range(1, 13)))
    for _ in range(8):
        await asyncio.gather(world.cn.dispatcher.run_once(), twin.dispatcher.run_once())
        world.move(timedelta(minutes=2))
    messages = await sent(world)
    assert [message.sequence for message in messages] == list(range(1, 13))
    assert {message.state for message in messages} == {outbox.SETTLED}
    assert [await held(world, number) for number in range(1, 13)] == [Status.VALID] * 12
    assert len(world.wire.seen) == 12


async def test_two_imports_at_once_take_turns(
    a_world: AWorld, two_databases: list[Database]
) -> None:
    world = await a_world(databases=two_databases)
    twin = world._build(CN)
    await twin.book.refresh(twin.database)
    rows = [a_row(number) for number in range(1, 21)]
    reports = await asyncio.gather(put(world.cn, *rows), put(twin, *rows))
    assert sorted(report.plan.unchanged for report in reports) == [0, 20]
    await world.settle()
    rows_held = await world.cn.database.read(lambda c: c.execute(select(facts_table.c.id)).all())
    assert len(rows_held) == 20
