"""What came in: verified messages, the receipts they got, and evidence of what was refused."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from sqlalchemy import Connection, select

from mra_gateway.errors import Reason, StoreError
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import inbox, outbox
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.exchange_tables import evidence
from tests.support.messages import AT, CN
from tests.support.stored import a_lane, an_incoming, an_outgoing, on_day


def answer(connection: Connection, row: int, *, unsigned: bytes = b"<unsigned/>") -> None:
    inbox.answer(
        connection,
        row,
        state=inbox.DONE,
        outcome="accepted",
        reason="OK",
        receipt_unsigned=unsigned,
    )


async def test_a_message_comes_back_with_its_exact_bytes(database: Database) -> None:
    new = an_incoming(content=bytes(range(256)) * 40)
    row = await database.write(lambda c: inbox.add(c, new, at=on_day(1)))

    found = await database.read(lambda c: inbox.find(c, CN, new.message_id))

    assert found is not None
    assert (found.id, found.content, found.stored_at) == (row, new.content, on_day(1))
    assert (found.state, found.receipt, found.receipt_unsigned) == (inbox.DONE, None, None)


async def test_an_id_belongs_to_the_partner_that_sent_it(database: Database) -> None:
    new = an_incoming()
    await database.write(lambda c: inbox.add(c, new, at=AT))

    assert await database.read(lambda c: inbox.find(c, Territory("BY"), new.message_id)) is None
    # the same id from another partner, or sent by ourselves, is another message
    await database.write(lambda c: inbox.add(c, new._replace(partner=Territory("BY")), at=AT))
    own = an_outgoing(partner=CN, message_id=new.message_id)
    await database.write(lambda c: outbox.add_message(c, own, at=AT))


async def test_the_same_message_cannot_be_stored_twice(database: Database) -> None:
    new = an_incoming()
    await database.write(lambda c: inbox.add(c, new, at=AT))

    with pytest.raises(StoreError) as refused:
        await database.write(lambda c: inbox.add(c, new, at=AT))

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT


async def test_the_first_signed_receipt_stays_and_every_replay_gets_it(
    database: Database,
) -> None:
    row = await database.write(lambda c: inbox.add(c, an_incoming(), at=AT))
    await database.write(lambda c: answer(c, row))

    def store(connection: Connection, signed: bytes) -> bytes:
        return inbox.store_receipt(connection, row, unsigned=b"<unsigned/>", signed=signed)

    assert await database.write(lambda c: store(c, b"<first/>")) == b"<first/>"
    assert await database.write(lambda c: store(c, b"<second/>")) == b"<first/>"


async def test_of_two_signers_at_the_same_moment_one_receipt_stays(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(2)]
    row = await databases[0].write(lambda c: inbox.add(c, an_incoming(), at=AT))
    await databases[0].write(lambda c: answer(c, row))

    replies = await asyncio.gather(
        *(
            databases[n % 2].write(
                lambda c, n=n: inbox.store_receipt(  # type: ignore[misc]
                    c, row, unsigned=b"<unsigned/>", signed=b"<signed by %d/>" % n
                )
            )
            for n in range(6)
        )
    )
    for each in databases:
        await each.close()

    assert len(set(replies)) == 1


async def test_a_receipt_signed_for_an_answer_that_has_changed_is_not_stored(
    database: Database,
) -> None:
    """Held, and while that was being signed an officer let it take effect."""
    new = an_incoming()
    row = await database.write(lambda c: inbox.add(c, new, at=AT, state=inbox.HELD))
    await database.write(lambda c: answer(c, row, unsigned=b"<held/>"))
    await database.write(lambda c: answer(c, row, unsigned=b"<accepted/>"))

    late = await database.write(
        lambda c: inbox.store_receipt(c, row, unsigned=b"<held/>", signed=b"<held signed/>")
    )

    assert late == b"<held signed/>", "its requester gets what was true when it asked"
    stored = await database.read(lambda c: inbox.find(c, CN, new.message_id))
    assert stored is not None
    assert (stored.receipt, stored.receipt_unsigned) == (None, b"<accepted/>")


async def test_a_later_answer_takes_the_signed_receipt_of_the_earlier_away(
    database: Database,
) -> None:
    new = an_incoming()

    def work(connection: Connection) -> inbox.InMessage | None:
        row = inbox.add(connection, new, at=AT, state=inbox.HELD)
        answer(connection, row, unsigned=b"<held/>")
        inbox.store_receipt(connection, row, unsigned=b"<held/>", signed=b"<held signed/>")
        answer(connection, row, unsigned=b"<accepted/>")
        return inbox.find(connection, CN, new.message_id)

    found = await database.write(work)

    assert found is not None
    assert found.receipt is None


async def test_a_number_once_given_stays_when_an_answer_names_none(database: Database) -> None:
    new = an_incoming()

    def work(connection: Connection) -> inbox.InMessage | None:
        lane = a_lane(connection, "in")
        row = inbox.add(connection, new, at=AT, state=inbox.HELD)
        inbox.answer(
            connection,
            row,
            state=inbox.HELD,
            outcome="held",
            reason="MASS_CHANGE_HELD",
            receipt_unsigned=b"<held/>",
            lane_id=lane.id,
            sequence=7,
        )
        answer(connection, row)
        return inbox.at_sequence(connection, lane.id, 7)

    found = await database.write(work)

    assert found is not None
    assert (found.message_id, found.outcome, found.reason) == (new.message_id, "accepted", "OK")


async def test_a_held_message_has_not_taken_its_number_yet(database: Database) -> None:
    def work(connection: Connection) -> tuple[object, object, dict[str, int]]:
        lane = a_lane(connection, "in")
        held = an_incoming(lane_id=lane.id, sequence=1)
        row = inbox.add(connection, held, at=AT, state=inbox.HELD)
        counted = inbox.count_held(connection)
        before = inbox.at_sequence(connection, lane.id, 1)
        inbox.drop_held(connection, row)
        after = inbox.find(connection, CN, held.message_id)
        assert after is not None
        return before, after.state, counted

    assert await database.write(work) == (None, inbox.DONE, {"CN": 1})


async def test_dropping_does_not_touch_what_was_done(database: Database) -> None:
    new = an_incoming()
    row = await database.write(lambda c: inbox.add(c, new, at=AT, outcome="accepted", reason="OK"))
    await database.write(lambda c: inbox.drop_held(c, row))

    found = await database.read(lambda c: inbox.find(c, CN, new.message_id))

    assert found is not None
    assert (found.outcome, found.reason) == ("accepted", "OK")


async def test_an_enquiry_waits_until_its_answer_is_stored(database: Database) -> None:
    taken = an_incoming(kind=MessageKind.STATUS_ENQUIRY)
    refused = an_incoming(kind=MessageKind.STATUS_ENQUIRY)

    def receive(connection: Connection) -> None:
        inbox.add(connection, taken, at=AT, outcome="accepted", reason="OK")
        inbox.add(connection, refused, at=AT, outcome="refused", reason="NOT_A_PARTY")
        inbox.add(connection, an_incoming(), at=AT, outcome="accepted", reason="OK")

    await database.write(receive)
    (waiting,) = await database.read(inbox.unanswered_enquiries)
    assert waiting.message_id == taken.message_id

    # the answer to another partner's enquiry of the same id does not count
    stranger = an_outgoing(answers=taken.message_id, partner=Territory("BY"))
    await database.write(lambda c: outbox.add_message(c, stranger, at=AT))
    assert len(await database.read(inbox.unanswered_enquiries)) == 1
    reply = an_outgoing(answers=taken.message_id, partner=CN, kind=MessageKind.STATUS_ANSWER)
    await database.write(lambda c: outbox.add_message(c, reply, at=AT))
    assert await database.read(inbox.unanswered_enquiries) == []


@pytest.mark.parametrize("size", [10, inbox.EVIDENCE_LIMIT, inbox.EVIDENCE_LIMIT + 1])
async def test_evidence_is_cut_at_the_limit_but_its_digest_is_of_the_whole(
    database: Database, size: int
) -> None:
    content = b"\x00\xff" * (size // 2) + b"x" * (size % 2)
    await database.write(
        lambda c: inbox.keep_evidence(
            c,
            content,
            at=AT,
            reason=Reason.NOT_WELL_FORMED,
            claimed_sender="CN",
            peer_fingerprint="f" * 64,
        )
    )

    kept = await database.read(lambda c: c.execute(select(evidence)).one())

    assert kept.content == content[: inbox.EVIDENCE_LIMIT]
    assert kept.digest == hashlib.sha256(content).hexdigest()
    assert (kept.size, kept.reason, kept.received_at) == (size, "NOT_WELL_FORMED", AT)
