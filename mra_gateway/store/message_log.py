"""Reading only: what went in and out, for people, national systems and metrics.

Messages are listed without their bytes, newest first. `Tally` counts what was settled and tried
since it last looked, reading only messages that are new or were not at rest then, so that asking
every few seconds costs the same after a million messages.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, func, select

from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.store import inbox, outbox, unsent
from mra_gateway.store.chunks import chunked
from mra_gateway.store.exchange_tables import messages

Direction = Literal["in", "out"]
OUT_UNREST = (outbox.WAITING, outbox.HELD, outbox.PARKED, outbox.STOPPED)
"""States in which something still happens to an outgoing message."""


class Logged(NamedTuple):
    """A message without its bytes.

    Attributes:
        number: Grows in the order messages were stored; a cursor for paging.
    """

    number: int
    direction: Direction
    partner: str
    message_id: str
    kind: str
    arrangement: str | None
    epoch: int
    sequence: int | None
    digest: str
    records: int
    size: int
    state: str
    outcome: str | None
    reason: str | None
    created_at: datetime
    stored_at: datetime
    settled_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    has_receipt: bool
    answers: str | None


class Waiting(NamedTuple):
    """What is not at rest.

    Attributes:
        changes: Changes no packer has taken, by partner.
        messages: How many, by direction, partner and state.
        oldest: Since when the oldest outgoing message or change waits.
    """

    changes: dict[str, int]
    messages: dict[tuple[str, str, str], int]
    oldest: datetime | None


class Sent(NamedTuple):
    """What happened to outgoing messages since the last look.

    Attributes:
        outcomes: What receipts said, by partner, kind, outcome and reason.
        attempts: By partner.
    """

    outcomes: Counter[tuple[str, str, str, str]]
    attempts: Counter[str]


_COLUMNS = (
    messages.c.id,
    messages.c.direction,
    messages.c.partner,
    messages.c.message_id,
    messages.c.kind,
    messages.c.arrangement,
    messages.c.epoch,
    messages.c.sequence,
    messages.c.digest,
    messages.c.records,
    func.length(messages.c.content).label("size"),
    messages.c.state,
    messages.c.outcome,
    messages.c.reason,
    messages.c.created_at,
    messages.c.stored_at,
    messages.c.settled_at,
    messages.c.attempts,
    messages.c.next_attempt_at,
    messages.c.receipt.is_not(None).label("has_receipt"),
    messages.c.answers,
)


def newest(
    connection: Connection,
    *,
    limit: int,
    direction: Direction | None = None,
    state: str | None = None,
    partner: Territory | None = None,
    before: int | None = None,
) -> list[Logged]:
    """Returns messages, the newest first.

    Args:
        connection: The transaction.
        limit: At most so many.
        direction: Only those in or out.
        state: Only those in this state.
        partner: Only those from or to this partner.
        before: Only those stored before the message of this number.
    """
    query = select(*_COLUMNS).order_by(messages.c.id.desc()).limit(limit)
    wanted = {
        messages.c.direction: direction,
        messages.c.state: state,
        messages.c.partner: partner,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(messages.c.id < before)
    return [_logged(row) for row in connection.execute(query)]


def find(
    connection: Connection,
    message_id: MessageId,
    *,
    direction: Direction | None = None,
    partner: Territory | None = None,
) -> Logged | None:
    """Returns a message by its id, or None; ours before a partner's of the same id."""
    row = connection.execute(
        _of(select(*_COLUMNS), message_id, direction=direction, partner=partner)
    ).first()
    return None if row is None else _logged(row)


def content_of(connection: Connection, number: int) -> bytes:
    """Returns the exact bytes of a message."""
    query = select(messages.c.content).where(messages.c.id == number)
    return bytes(connection.execute(query).scalar_one())


def receipt_of(connection: Connection, number: int) -> bytes | None:
    """Returns the exact bytes of a message's signed receipt, or None so far."""
    query = select(messages.c.receipt).where(messages.c.id == number)
    receipt = connection.execute(query).scalar_one()
    return None if receipt is None else bytes(receipt)


def find_answer(
    connection: Connection, enquiry: MessageId, *, partner: Territory
) -> inbox.InMessage | None:
    """Returns the answer of the partner we asked, or None so far.

    Another's word is no answer, nor is one that was refused.
    """
    query = select(messages.c.message_id).where(
        messages.c.direction == "in",
        messages.c.answers == enquiry,
        messages.c.state == inbox.DONE,
        messages.c.outcome.is_distinct_from(ReceiptOutcome.REFUSED),
        messages.c.partner == partner,
    )
    found = connection.execute(query.order_by(messages.c.id).limit(1)).scalar_one_or_none()
    return None if found is None else inbox.find(connection, partner, MessageId.trusted(found))


def waiting(connection: Connection) -> Waiting:
    """Returns what is not at rest."""
    query = (
        select(messages.c.direction, messages.c.partner, messages.c.state, func.count())
        .where(messages.c.direction == "out", messages.c.state.in_(OUT_UNREST))
        .group_by(messages.c.direction, messages.c.partner, messages.c.state)
    )
    counted = {(row[0], row[1], row[2]): int(row[3]) for row in connection.execute(query)}
    for partner, number in inbox.count_held(connection).items():
        counted["in", partner, inbox.HELD] = number
    return Waiting(unsent.count_changes(connection), counted, outbox.oldest_unsettled(connection))


class Tally:
    """Counts what becomes of outgoing messages: each outcome once, each attempt once."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._open: dict[int, tuple[int, str | None]] = {}

    def look(self, connection: Connection) -> Sent:
        """Returns what happened since the last look; the first look only takes its bearings."""
        sent = Sent(Counter(), Counter())
        first = self._seen is None
        last = connection.scalar(select(func.max(messages.c.id))) or 0
        for row in self._rows(connection):
            attempts, outcome = self._open.pop(row.id, (0, None))
            if not first and row.attempts > attempts:
                sent.attempts[row.partner] += row.attempts - attempts
            if not first and row.outcome not in {None, outcome}:
                sent.outcomes[row.partner, row.kind, row.outcome, row.reason or "OK"] += 1
            if row.state in OUT_UNREST:
                self._open[row.id] = (row.attempts, row.outcome)
        self._seen = last
        return sent

    def _rows(self, connection: Connection) -> list[Any]:
        query = select(
            messages.c.id,
            messages.c.partner,
            messages.c.kind,
            messages.c.state,
            messages.c.outcome,
            messages.c.reason,
            messages.c.attempts,
        ).where(messages.c.direction == "out")
        if self._seen is None:
            return list(connection.execute(query.where(messages.c.state.in_(OUT_UNREST))))
        rows = list(connection.execute(query.where(messages.c.id > self._seen)))
        for chunk in chunked(sorted(self._open)):
            rows += connection.execute(query.where(messages.c.id.in_(chunk)))
        return rows


def _of(
    query: Select[Any],
    message_id: MessageId,
    *,
    direction: Direction | None,
    partner: Territory | None,
) -> Select[Any]:
    query = query.where(messages.c.message_id == message_id)
    if direction is not None:
        query = query.where(messages.c.direction == direction)
    if partner is not None:
        query = query.where(messages.c.partner == partner)
    return query.order_by(messages.c.direction.desc(), messages.c.partner).limit(1)


def _logged(row: Any) -> Logged:
    return Logged(*row)  # the columns stand in the order of the fields
