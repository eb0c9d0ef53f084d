"""What went in and out, as people and metrics see it: without the bytes, newest first."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection

from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import inbox, message_log, outbox, unsent
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.database import Database
from tests.support.messages import AT, CN, MN, a_change, a_uuid
from tests.support.stored import a_lane, an_incoming, an_outgoing, on_day


def settle(connection: Connection, row: int, *, state: str = outbox.SETTLED) -> None:
    outbox.settle(
        connection,
        row,
        state=state,
        outcome="refused" if state == outbox.PARKED else "accepted",
        reason="NOT_A_PARTY" if state == outbox.PARKED else "OK",
        receipt=b"<receipt/>",
        at=on_day(1),
    )


async def test_messages_are_listed_newest_first_without_their_bytes(database: Database) -> None:
    sent, came = an_outgoing(content=b"x" * 1234), an_incoming()

    def store(connection: Connection) -> None:
        settle(connection, outbox.add_message(connection, sent, at=AT))
        inbox.add(connection, came, at=on_day(1))

    await database.write(store)
    newest = await database.read(lambda c: message_log.newest(c, limit=9))

    assert [each.message_id for each in newest] == [came.message_id, sent.message_id]
    assert (newest[1].size, newest[1].has_receipt, newest[0].has_receipt) == (1234, True, False)
    assert (newest[1].settled_at, newest[1].stored_at) == (on_day(1), AT)


async def test_a_listing_is_narrowed_and_paged(database: Database) -> None:
    def store(connection: Connection) -> None:
        for partner in (MN, MN, Territory("BY")):
            outbox.add_message(connection, an_outgoing(partner=partner), at=AT)
        inbox.add(connection, an_incoming(), at=AT, state=inbox.HELD)

    await database.write(store)

    def count(connection: Connection) -> list[int]:
        listed = message_log.newest
        return [
            len(listed(connection, limit=9)),
            len(listed(connection, limit=2)),
            len(listed(connection, limit=9, direction="out")),
            len(listed(connection, limit=9, partner=MN)),
            len(listed(connection, limit=9, state=inbox.HELD)),
        ]

    assert await database.read(count) == [4, 2, 3, 2, 1]
    first = await database.read(lambda c: message_log.newest(c, limit=2))
    second = await database.read(lambda c: message_log.newest(c, limit=2, before=first[-1].number))
    numbers = [each.number for each in [*first, *second]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 4


async def test_a_message_is_found_with_its_bytes_and_receipt(database: Database) -> None:
    same = MessageId(a_uuid())

    def store(connection: Connection) -> None:
        inbox.add(connection, an_incoming(message_id=same, content=b"<theirs/>"), at=AT)
        row = outbox.add_message(
            connection, an_outgoing(message_id=same, content=b"<ours/>"), at=AT
        )
        settle(connection, row)

    await database.write(store)

    def look(connection: Connection) -> tuple[object, ...]:
        ours = message_log.find(connection, same)
        theirs = message_log.find(connection, same, direction="in", partner=CN)
        assert ours is not None
        assert theirs is not None
        return (
            message_log.content_of(connection, ours.number),
            message_log.receipt_of(connection, ours.number),
            message_log.content_of(connection, theirs.number),
            message_log.receipt_of(connection, theirs.number),
            message_log.find(connection, same, direction="in", partner=MN),
        )

    assert await database.read(look) == (b"<ours/>", b"<receipt/>", b"<theirs/>", None, None)


async def test_only_the_partner_asked_can_answer(database: Database) -> None:
    asked = MessageId(a_uuid())
    stranger = an_incoming(kind=MessageKind.STATUS_ANSWER, answers=asked, partner=Territory("BY"))
    answer = an_incoming(kind=MessageKind.STATUS_ANSWER, answers=asked)
    await database.write(lambda c: inbox.add(c, stranger, at=AT))

    assert await database.read(lambda c: message_log.find_answer(c, asked, partner=CN)) is None
    await database.write(lambda c: inbox.add(c, answer, at=AT))
    found = await database.read(lambda c: message_log.find_answer(c, asked, partner=CN))
    assert found is not None
    assert found.message_id == answer.message_id


async def test_what_is_not_at_rest_is_counted(database: Database) -> None:
    def store(connection: Connection) -> None:
        lane = a_lane(connection)
        unsent.queue_changes(connection, lane.id, [a_change()], at=on_day(2))
        rows = [outbox.add_message(connection, an_outgoing(), at=on_day(1)) for _ in range(3)]
        settle(connection, rows[0])
        settle(connection, rows[1], state=outbox.PARKED)
        inbox.add(connection, an_incoming(), at=AT, state=inbox.HELD)

    await database.write(store)

    waiting = await database.read(message_log.waiting)

    assert waiting.changes == {"MN": 1}
    assert waiting.messages == {
        ("out", "MN", outbox.WAITING): 1,
        ("out", "MN", outbox.PARKED): 1,
        ("in", "CN", inbox.HELD): 1,
    }
    assert waiting.oldest == on_day(1)


async def test_a_tally_counts_each_outcome_and_each_attempt_once(database: Database) -> None:
    """More messages under way than one query takes, settled between two looks."""
    tally = message_log.Tally()
    before = await database.write(lambda c: outbox.add_message(c, an_outgoing(), at=AT))
    await database.write(lambda c: settle(c, before))
    first = await database.read(tally.look)
    assert (first.outcomes, first.attempts) == (Counter(), Counter())

    count = CHUNK + 5
    rows = await database.write(
        lambda c: [outbox.add_message(c, an_outgoing(), at=AT) for _ in range(count)]
    )
    assert (await database.read(tally.look)).outcomes == Counter()

    def work(connection: Connection) -> None:
        outbox.postpone(connection, rows[0], until=on_day(1), error="no answer", reason="x")
        for row in rows[1:]:
            settle(connection, row)

    await database.write(work)
    looks = [await database.read(tally.look) for _ in range(2)]

    kind = str(MessageKind.PING)
    assert looks[0].outcomes == Counter({("MN", kind, "accepted", "OK"): count - 1})
    assert looks[0].attempts == Counter({"MN": count})
    assert (looks[1].outcomes, looks[1].attempts) == (Counter(), Counter())
