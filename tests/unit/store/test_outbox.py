"""What goes out: changes until they are packed, messages until they are settled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mra_gateway.model.changes import StatusChange
from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import inbox, lanes, outbox, unsent
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.lanes import Lane
from mra_gateway.store.outbox import OutMessage
from tests.support.messages import AT, MN, a_change, a_uuid
from tests.support.stored import a_lane, an_incoming, an_outgoing, on_day

MINUTE = timedelta(minutes=1)


def queue(connection: Connection, lane: Lane, numbers: Sequence[int]) -> list[StatusChange]:
    changes = [a_change(change_number=number) for number in numbers]
    unsent.queue_changes(connection, lane.id, changes, at=AT)
    return changes


def send(connection: Connection, lane: Lane, sequence: int = 1) -> int:
    return outbox.add_message(connection, an_outgoing(lane, sequence=sequence), at=AT)


def settle(connection: Connection, row: int, *, state: str = outbox.SETTLED) -> bool:
    return outbox.settle(
        connection,
        row,
        state=state,
        outcome="accepted",
        reason="OK",
        receipt=b"<receipt/>",
        at=on_day(1),
        next_attempt_at=on_day(2) if state == outbox.HELD else None,
    )


async def test_changes_wait_in_the_order_they_were_made(database: Database) -> None:
    def work(connection: Connection) -> tuple[list[StatusChange], list[str], list[int]]:
        lane = a_lane(connection)
        made = queue(connection, lane, [1, 2, 3])
        queue(connection, a_lane(connection, partner=Territory("BY")), [1])
        waiting = unsent.oldest_changes(connection, lane.id, limit=2)
        return made, [row.payload for row in waiting], outbox.lanes_with_work(connection, at=AT)

    made, waiting, busy = await database.write(work)

    assert [StatusChange.model_validate_json(payload) for payload in waiting] == made[:2]
    assert len(busy) == 2


async def test_packed_changes_wait_no_more(database: Database) -> None:
    def work(connection: Connection) -> tuple[bool, list[int], dict[str, int]]:
        lane = a_lane(connection)
        queue(connection, lane, range(1, 4))
        rows = [row.id for row in unsent.oldest_changes(connection, lane.id, limit=2)]
        taken = unsent.assign_changes(connection, rows, message_row=send(connection, lane))
        left = unsent.oldest_changes(connection, lane.id, limit=9)
        return taken, [row.id - rows[0] for row in left], unsent.count_changes(connection)

    assert await database.write(work) == (True, [2], {"MN": 1})


async def test_a_message_takes_more_changes_than_one_statement_does(database: Database) -> None:
    def work(connection: Connection) -> tuple[bool, list[unsent.WaitingChange]]:
        lane = a_lane(connection)
        queue(connection, lane, range(1, 2 * CHUNK + 1))
        rows = [row.id for row in unsent.oldest_changes(connection, lane.id, limit=2 * CHUNK)]
        taken = unsent.assign_changes(connection, rows, message_row=send(connection, lane))
        return taken, unsent.oldest_changes(connection, lane.id, limit=1)

    assert await database.write(work) == (True, [])


async def test_a_number_is_taken_once_and_only_while_nothing_is_in_flight(
    database: Database,
) -> None:
    def work(connection: Connection) -> list[bool]:
        lane = a_lane(connection)
        taken = [outbox.take_number(connection, lane.id, sequence=number) for number in (1, 1, 3)]
        row = send(connection, lane, sequence=1)
        taken.append(outbox.take_number(connection, lane.id, sequence=2))
        settle(connection, row)
        taken.append(outbox.take_number(connection, lane.id, sequence=2))
        stopped = send(connection, lane, sequence=2)
        outbox.set_state(connection, stopped, state=outbox.STOPPED, only_from=(outbox.WAITING,))
        taken.append(outbox.take_number(connection, lane.id, sequence=3))
        return taken

    assert await database.write(work) == [True, False, False, False, True, False]


async def test_of_two_packers_that_saw_the_same_changes_one_gets_them(database_url: str) -> None:
    """Without the lane's lock, which packers take: the rows themselves refuse the second."""
    databases = [open_database(database_url) for _ in range(2)]

    def prepare(connection: Connection) -> tuple[Lane, list[int]]:
        lane = a_lane(connection)
        queue(connection, lane, range(1, 101))
        return lane, [row.id for row in unsent.oldest_changes(connection, lane.id, limit=100)]

    lane, rows = await databases[0].write(prepare)

    def pack(connection: Connection) -> bool:
        return unsent.assign_changes(connection, rows, message_row=send(connection, lane))

    taken = await asyncio.gather(*(each.write(pack) for each in databases))
    for each in databases:
        await each.close()

    assert sorted(taken) == [False, True]


async def test_a_change_was_told_once_it_was_queued_even_after_it_was_packed(
    database: Database,
) -> None:
    def work(connection: Connection) -> list[bool]:
        lane, other = a_lane(connection), a_lane(connection, partner=Territory("BY"))
        (made,) = queue(connection, lane, [1])
        (waiting,) = unsent.oldest_changes(connection, lane.id, limit=1)
        unsent.assign_changes(connection, [waiting.id], message_row=send(connection, lane))
        return [
            unsent.was_told(connection, lane.id, made.change_id),
            unsent.was_told(connection, other.id, made.change_id),
            unsent.was_told(connection, lane.id, a_uuid()),
        ]

    assert await database.write(work) == [True, False, False]


async def test_the_lowest_number_of_a_lane_is_in_flight_until_it_is_settled(
    database: Database,
) -> None:
    def prepare(connection: Connection) -> tuple[Lane, int, int]:
        lane = a_lane(connection)
        second, first = send(connection, lane, 2), send(connection, lane, 1)
        return lane, first, second

    lane, first, second = await database.write(prepare)

    async def in_flight() -> int | None:
        found = await database.read(lambda c: outbox.in_flight(c, lane.id))
        return None if found is None else found.id

    assert await in_flight() == first
    assert await database.write(lambda c: settle(c, first))
    assert await in_flight() == second
    assert await database.write(lambda c: settle(c, second, state=outbox.PARKED))
    assert await in_flight() is None


async def test_a_message_comes_back_with_its_exact_bytes(database: Database) -> None:
    content = bytes(range(256)) * 40
    new = an_outgoing(content=content)
    await database.write(lambda c: outbox.add_message(c, new, at=AT))

    found = await database.read(lambda c: outbox.find(c, new.message_id))

    assert found is not None
    assert found.content == content
    assert (found.state, found.attempts, found.next_attempt_at) == (outbox.WAITING, 0, AT)
    assert await database.read(lambda c: outbox.find(c, MessageId(a_uuid()))) is None


async def test_a_message_is_settled_once(database: Database) -> None:
    new = an_outgoing()
    row = await database.write(lambda c: outbox.add_message(c, new, at=AT))

    assert await database.write(lambda c: settle(c, row))
    assert not await database.write(lambda c: settle(c, row, state=outbox.PARKED))

    found = await database.read(lambda c: outbox.find(c, new.message_id))
    assert found is not None
    assert (found.state, found.receipt, found.settled_at) == (
        outbox.SETTLED,
        b"<receipt/>",
        on_day(1),
    )


async def test_of_two_receipts_at_the_same_moment_one_settles(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(2)]
    row = await databases[0].write(lambda c: outbox.add_message(c, an_outgoing(), at=AT))

    settled = await asyncio.gather(
        *(databases[n % 2].write(lambda c: settle(c, row)) for n in range(6))
    )
    for each in databases:
        await each.close()

    assert settled.count(True) == 1


async def test_a_held_message_leaves_the_lane_and_is_asked_for_again(database: Database) -> None:
    def prepare(connection: Connection) -> tuple[Lane, int]:
        lane = a_lane(connection)
        return lane, send(connection, lane)

    lane, row = await database.write(prepare)
    await database.write(lambda c: settle(c, row, state=outbox.HELD))

    assert await database.read(lambda c: outbox.in_flight(c, lane.id)) is None
    assert await database.read(lambda c: outbox.due(c, at=on_day(1), limit=9)) == []
    (asked,) = await database.read(lambda c: outbox.due(c, at=on_day(2), limit=9))
    assert (asked.id, asked.settled_at) == (row, None)
    assert await database.write(lambda c: settle(c, row))


async def test_what_is_due_outside_lanes_comes_oldest_first_and_in_lanes_by_lane(
    database: Database,
) -> None:
    def prepare(connection: Connection) -> tuple[Lane, list[int]]:
        lane = a_lane(connection)
        send(connection, lane)
        loose = [outbox.add_message(connection, an_outgoing(), at=AT) for _ in range(3)]
        for row, minute in zip(loose, (3, 1, 2), strict=True):
            outbox.postpone(
                connection, row, until=AT + minute * MINUTE, error="no answer", reason="x"
            )
        return lane, loose

    lane, loose = await database.write(prepare)

    async def due(minute: int, limit: int = 9) -> list[int]:
        at = AT + minute * MINUTE
        return [m.id for m in await database.read(lambda c: outbox.due(c, at=at, limit=limit))]

    assert await due(0) == []
    assert await due(2) == [loose[1], loose[2]]
    assert await due(3, limit=2) == [loose[1], loose[2]]
    assert await database.read(lambda c: outbox.lanes_with_work(c, at=AT)) == [lane.id]


async def test_a_postponed_message_blocks_its_lane_until_it_is_due_again(
    database: Database,
) -> None:
    def prepare(connection: Connection) -> Lane:
        lane = a_lane(connection)
        row = send(connection, lane)
        queue(connection, lane, [1])
        outbox.postpone(connection, row, until=AT + MINUTE, error="refused", reason="PARTNER_TLS")
        return lane

    lane = await database.write(prepare)

    assert await database.read(lambda c: outbox.lanes_with_work(c, at=AT)) == []
    assert await database.read(lambda c: outbox.lanes_with_work(c, at=AT + MINUTE)) == [lane.id]
    found = await database.read(lambda c: outbox.in_flight(c, lane.id))
    assert found is not None
    assert (found.attempts, found.last_error, found.reason) == (1, "refused", "PARTNER_TLS")


async def test_a_settled_message_is_not_postponed(database: Database) -> None:
    new = an_outgoing()
    row = await database.write(lambda c: outbox.add_message(c, new, at=AT))
    await database.write(lambda c: settle(c, row))
    await database.write(
        lambda c: outbox.postpone(c, row, until=on_day(9), error="late", reason="x")
    )

    found = await database.read(lambda c: outbox.find(c, new.message_id))

    assert found is not None
    assert (found.attempts, found.next_attempt_at, found.last_error) == (1, None, None)


@pytest.mark.parametrize(("partner", "made_due"), [(None, 2), (MN, 1), (Territory("BY"), 1)])
async def test_try_now_makes_waiting_messages_due(
    database: Database, partner: Territory | None, made_due: int
) -> None:
    def prepare(connection: Connection) -> None:
        rows = [
            outbox.add_message(connection, an_outgoing(partner=to), at=AT)
            for to in (MN, Territory("BY"), MN)
        ]
        for row in rows[:2]:
            outbox.postpone(connection, row, until=on_day(5), error="no answer", reason="x")
        settle(connection, rows[2])

    await database.write(prepare)

    assert await database.write(lambda c: outbox.make_due(c, at=on_day(1), partner=partner)) == (
        made_due
    )
    due = await database.read(lambda c: outbox.due(c, at=on_day(1), limit=9))
    assert len(due) == made_due


async def test_an_officer_moves_a_message_only_from_the_states_named(database: Database) -> None:
    new = an_outgoing()
    row = await database.write(lambda c: outbox.add_message(c, new, at=AT))

    def void(connection: Connection) -> bool:
        return outbox.set_state(
            connection, row, state=outbox.VOIDED, only_from=(outbox.WAITING, outbox.PARKED)
        )

    assert await database.write(void)
    assert not await database.write(void)


async def test_a_void_leads_to_the_message_whose_number_it_took(database: Database) -> None:
    def work(connection: Connection) -> tuple[OutMessage | None, OutMessage | None, int]:
        lane = a_lane(connection)
        voided = send(connection, lane, 4)
        outbox.set_state(connection, voided, state=outbox.VOIDED, only_from=(outbox.WAITING,))
        void = an_outgoing(lane, sequence=4, kind=MessageKind.VOID)
        outbox.add_message(connection, void, at=AT)
        unrelated = outbox.find_replaced(connection, MessageId(a_uuid()))
        return outbox.find_replaced(connection, void.message_id), unrelated, voided

    replaced, unrelated, voided = await database.write(work)

    assert replaced is not None
    assert (replaced.id, unrelated) == (voided, None)


async def test_a_message_signed_again_keeps_its_id(database: Database) -> None:
    new = an_outgoing()
    row = await database.write(lambda c: outbox.add_message(c, new, at=AT))
    await database.write(
        lambda c: outbox.replace_content(c, row, content=b"<again/>", signer_until=on_day(900))
    )

    found = await database.read(lambda c: outbox.find(c, new.message_id))

    assert found is not None
    assert (found.content, found.signer_until, found.digest) == (
        b"<again/>",
        on_day(900),
        new.digest,
    )


async def test_the_oldest_unsettled_is_the_older_of_message_and_change(
    database: Database,
) -> None:
    assert await database.read(outbox.oldest_unsettled) is None

    def prepare(connection: Connection) -> int:
        lane = a_lane(connection)
        row = outbox.add_message(connection, an_outgoing(lane), at=on_day(2))
        unsent.queue_changes(connection, lane.id, [a_change()], at=on_day(3))
        return row

    row = await database.write(prepare)
    assert await database.read(outbox.oldest_unsettled) == on_day(2)
    await database.write(lambda c: settle(c, row))
    assert await database.read(outbox.oldest_unsettled) == on_day(3)


async def test_messages_are_counted_by_partner_and_state(database: Database) -> None:
    def prepare(connection: Connection) -> None:
        rows = [outbox.add_message(connection, an_outgoing(), at=AT) for _ in range(3)]
        settle(connection, rows[0])
        inbox.add(connection, an_incoming(), at=AT)

    await database.write(prepare)

    assert await database.read(outbox.count_by_state) == {
        ("MN", outbox.WAITING): 2,
        ("MN", outbox.SETTLED): 1,
    }


async def test_two_lanes_advance_side_by_side(database_url: str) -> None:
    """A lane locked in one transaction does not hold up another lane on PostgreSQL, nor lose."""
    database = open_database(database_url)
    partners = [Territory("MN"), Territory("BY"), Territory("UZ")]

    def announce(connection: Connection, partner: Territory) -> None:
        lane = a_lane(connection, partner=partner)
        change = a_change(change_number=lane.last_change + 1)
        unsent.queue_changes(connection, lane.id, [change], at=AT)
        lanes.advance(connection, lane, last_change=lane.last_change + 1)

    await asyncio.gather(
        *(database.write(lambda c, to=partners[n % 3]: announce(c, to)) for n in range(30))  # type: ignore[misc]
    )
    counted = await database.read(unsent.count_changes)
    await database.close()

    assert counted == {"MN": 10, "BY": 10, "UZ": 10}
