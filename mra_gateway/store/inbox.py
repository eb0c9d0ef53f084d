"""What came in: verified messages with their bytes and receipts, and refused bytes as evidence.

States of an incoming message: `held` (genuine, may not take effect yet) → `done`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, insert, select, text, update

from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store.exchange_tables import UNANSWERED, evidence, messages

HELD = "held"
DONE = "done"

EVIDENCE_LIMIT = 200_000
"""Bytes kept of what was refused; the digest is of the whole."""

# The statements of the hot path are built once: building one costs as much as running it.
_FIND = select(messages).where(
    messages.c.message_id == bindparam("of_message"),
    messages.c.direction == "in",
    messages.c.partner == bindparam("of_partner"),
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:of_message, 0))")
_ADD = insert(messages).returning(messages.c.id)
_ANSWER = (
    update(messages)
    .where(messages.c.id == bindparam("message_row"))
    .values(
        {
            name: bindparam(name)
            for name in ("state", "outcome", "reason", "receipt_unsigned", "settled_at")
        }
    )
    .values(receipt=None)
)
_ANSWER_IN_LANE = _ANSWER.values(lane_id=bindparam("lane_id"), sequence=bindparam("sequence"))
_STORE_RECEIPT = (
    update(messages)
    .where(messages.c.id == bindparam("message_row"), messages.c.receipt.is_(None))
    .where(messages.c.receipt_unsigned == bindparam("unsigned"))
    .values(receipt=bindparam("signed"))
)
_UNANSWERED = select(messages).where(UNANSWERED).order_by(messages.c.id)
_RECEIPT = select(messages.c.receipt).where(messages.c.id == bindparam("message_row"))


class Incoming(NamedTuple):
    """A verified message to be stored."""

    partner: Territory
    message_id: MessageId
    kind: MessageKind
    arrangement: ArrangementId | None
    epoch: int
    lane_id: int | None
    sequence: int | None
    digest: Digest
    content: bytes
    created_at: datetime
    records: int = 0
    answers: MessageId | None = None


class InMessage(NamedTuple):
    """A message that came in, as stored."""

    id: int
    partner: Territory
    message_id: MessageId
    kind: MessageKind
    lane_id: int | None
    sequence: int | None
    digest: Digest
    state: str
    outcome: str | None
    reason: str | None
    receipt_unsigned: bytes | None
    receipt: bytes | None
    content: bytes
    stored_at: datetime


def lock(connection: Connection, partner: Territory, message_id: MessageId) -> None:
    """Lets one transaction at a time take a message that no lane orders; SQLite's writers queue.

    Twins of one message, brought by two processes at once, would else both find it unknown.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"of_message": f"{partner} {message_id}"})


def find(connection: Connection, partner: Territory, message_id: MessageId) -> InMessage | None:
    """Returns the message a partner sent under an id, or None."""
    row = connection.execute(_FIND, {"of_partner": partner, "of_message": message_id}).one_or_none()
    return None if row is None else _message(row)


def get(connection: Connection, message_row: int) -> InMessage:
    """Returns a message that came in, by its row."""
    return _message(connection.execute(select(messages).where(messages.c.id == message_row)).one())


def add(
    connection: Connection,
    incoming: Incoming,
    *,
    at: datetime,
    state: str = DONE,
    outcome: str | None = None,
    reason: str | None = None,
) -> int:
    """Stores a message and returns its row."""
    is_settled = (
        state == DONE and outcome is not None and incoming.kind is not MessageKind.STATUS_ENQUIRY
    )
    result = connection.execute(
        _ADD,
        {
            **incoming._asdict(),
            "direction": "in",
            "stored_at": at,
            "state": state,
            "outcome": outcome,
            "reason": reason,
            "settled_at": at if is_settled else None,
        },
    )
    return int(result.scalar_one())


def answer(
    connection: Connection,
    message_row: int,
    *,
    state: str,
    outcome: str,
    reason: str,
    receipt_unsigned: bytes,
    lane_id: int | None = None,
    sequence: int | None = None,
    settled_at: datetime | None = None,
) -> None:
    """Writes what became of a message and freezes the receipt that says so, still unsigned.

    A lane and number it was given before stay when none are given now.

    Args:
        connection: The transaction.
        message_row: The message.
        state: `DONE`, or `HELD` where its effect waits for an officer.
        outcome: As the receipt says.
        reason: As the receipt says.
        receipt_unsigned: The receipt.
        lane_id: The lane whose number it took.
        sequence: The number.
        settled_at: When it took effect; None while it waits, and for an enquiry not answered yet.
    """
    told = {
        "message_row": message_row,
        "state": state,
        "outcome": outcome,
        "reason": reason,
        "receipt_unsigned": receipt_unsigned,
        "settled_at": settled_at,
    }
    if lane_id is None:
        connection.execute(_ANSWER, told)
    else:
        connection.execute(_ANSWER_IN_LANE, {**told, "lane_id": lane_id, "sequence": sequence})


def store_receipt(
    connection: Connection, message_row: int, *, unsigned: bytes, signed: bytes
) -> bytes:
    """Stores the signed receipt once and returns the one that is stored (compare-and-set)."""
    done = connection.execute(
        _STORE_RECEIPT, {"message_row": message_row, "unsigned": unsigned, "signed": signed}
    )
    if done.rowcount == 1:
        return signed
    stored = connection.execute(_RECEIPT, {"message_row": message_row}).scalar_one()
    return signed if stored is None else bytes(stored)


def drop_held(connection: Connection, message_row: int) -> None:
    """Ends the wait of a held message its sender has withdrawn."""
    connection.execute(
        update(messages)
        .where(messages.c.id == message_row, messages.c.state == HELD)
        .values(state=DONE, outcome="conflict", reason="SEQUENCE_ALREADY_USED")
    )


def at_sequence(connection: Connection, lane_id: int, sequence: int) -> InMessage | None:
    """Returns the message that took a number of a lane, or None.

    Of several the first: a Void that came too late names a number that was taken.
    """
    query = select(messages).where(
        messages.c.direction == "in",
        messages.c.lane_id == lane_id,
        messages.c.sequence == sequence,
        messages.c.state.in_((DONE, HELD)),
        # held with its receipt frozen: the number is taken, an officer decides on the effect
        (messages.c.state == DONE) | messages.c.receipt_unsigned.is_not(None),
    )
    row = connection.execute(query.order_by(messages.c.id).limit(1)).one_or_none()
    return None if row is None else _message(row)


def unanswered_enquiries(connection: Connection) -> list[InMessage]:
    """Returns the enquiries taken that no answer of ours names yet, oldest first.

    Storing the answer (`outbox.add_message`) ends that.
    """
    return [_message(row) for row in connection.execute(_UNANSWERED)]


def claim_enquiry(
    connection: Connection, partner: Territory, message_id: MessageId, *, at: datetime
) -> bool:
    """Ends the wait of an enquiry; False when another process has answered it."""
    done = connection.execute(
        update(messages)
        .where(messages.c.direction == "in", messages.c.partner == partner)
        .where(messages.c.message_id == message_id, messages.c.settled_at.is_(None))
        .values(settled_at=at)
    )
    return done.rowcount == 1


def keep_evidence(
    connection: Connection,
    content: bytes,
    *,
    at: datetime,
    reason: str,
    claimed_sender: str | None = None,
    claimed_message_id: str | None = None,
    peer_fingerprint: str | None = None,
    verdict: str | None = None,
) -> None:
    """Keeps bytes that were refused or disputed, with the verdict on them."""
    connection.execute(
        insert(evidence).values(
            received_at=at,
            claimed_sender=claimed_sender,
            claimed_message_id=claimed_message_id,
            peer_fingerprint=peer_fingerprint,
            reason=reason,
            verdict=verdict,
            digest=hashlib.sha256(content).hexdigest(),
            size=len(content),
            content=content[:EVIDENCE_LIMIT],
        )
    )


def count_held(connection: Connection) -> dict[str, int]:
    """Returns how many incoming messages are held, by partner."""
    query = (
        select(messages.c.partner, func.count())
        .where(messages.c.direction == "in", messages.c.state == HELD)
        .group_by(messages.c.partner)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _message(row: Row[tuple[object, ...]]) -> InMessage:
    return InMessage(
        row.id,
        Territory.trusted(row.partner),
        MessageId.trusted(row.message_id),
        MessageKind(row.kind),
        row.lane_id,
        row.sequence,
        Digest.trusted(row.digest),
        row.state,
        row.outcome,
        row.reason,
        row.receipt_unsigned,
        row.receipt,
        row.content,
        row.stored_at,
    )
