"""What goes out: messages with their exact bytes, and their fate. Their changes: `unsent.py`.

States of an outgoing message:
`waiting` → (delivered) → `settled` | `parked` (signed refusal, an officer decides) | `held` (the
partner consumed its number and decides later). An officer may have it `stopped` (its lane waits) or
`voided` (another message takes its number).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store.exchange_tables import TO_TELL, changes, lanes, lists, messages, notices
from mra_gateway.store.tables import properties

WAITING = "waiting"
SETTLED = "settled"
PARKED = "parked"
HELD = "held"
STOPPED = "stopped"
VOIDED = "voided"

# The statements of the hot path are built once: building one costs as much as running it.
_ADD = insert(messages).returning(messages.c.id)
_ENQUIRY_ANSWERED = (
    update(messages)
    .where(messages.c.message_id == bindparam("enquiry"), messages.c.direction == "in")
    .where(messages.c.partner == bindparam("of_partner"))
    .values(settled_at=bindparam("at"))
)
_IN_FLIGHT = (
    select(messages)
    .where(messages.c.lane_id == bindparam("lane_id"))
    .where(messages.c.state.in_((WAITING, STOPPED)))
    .order_by(messages.c.sequence)
    .limit(1)
)
_TAKE_NUMBER = (
    update(lanes)
    .where(lanes.c.id == bindparam("of_lane"), lanes.c.next_sequence == bindparam("sequence"))
    .where(
        ~exists().where(
            messages.c.lane_id == lanes.c.id,
            (messages.c.state == WAITING) | (messages.c.state == STOPPED),
        )
    )
    .values(next_sequence=lanes.c.next_sequence + 1)
)
_FIND = select(messages).where(
    messages.c.message_id == bindparam("of_message"), messages.c.direction == "out"
)
_IN_FLIGHT_ON = exists().where(messages.c.lane_id == lanes.c.id, messages.c.state == WAITING)
_EPOCH = select(cast(properties.c.value, Integer)).where(properties.c.name == "epoch")
# a notice belongs to no lane yet: it goes on the one of the present epoch
_NOTICE_FOR = exists().where(
    TO_TELL,
    notices.c.partner == lanes.c.partner,
    notices.c.arrangement == lanes.c.arrangement,
    lanes.c.epoch == _EPOCH.scalar_subquery(),
)
# asked lane by lane: however many changes wait, one of each lane is enough
_LANES_WITH_WORK = (
    select(lanes.c.id)
    .where(lanes.c.direction == "out")
    .where(
        exists().where(changes.c.lane_id == lanes.c.id, changes.c.message_row.is_(None))
        | exists().where(lists.c.lane_id == lanes.c.id, lists.c.state == "open")
        | _NOTICE_FOR
        | _IN_FLIGHT_ON.where(messages.c.next_attempt_at <= bindparam("at"))
    )
    .where(~_IN_FLIGHT_ON.where(messages.c.next_attempt_at > bindparam("at")))
    .order_by(lanes.c.id)
)
_DUE = (
    select(messages)
    .where(messages.c.direction == "out", messages.c.state.in_((WAITING, HELD)))
    .where(messages.c.lane_id.is_(None) | (messages.c.state == HELD))
    .where(messages.c.next_attempt_at <= bindparam("at"))
    .order_by(messages.c.next_attempt_at)
    .limit(bindparam("at_most"))
)
_UNSETTLED = (
    update(messages)
    .where(messages.c.id == bindparam("message_row"))
    # not IN: SQLAlchemy writes the values of one out anew with every execution
    .where((messages.c.state == WAITING) | (messages.c.state == HELD))
    .values(attempts=messages.c.attempts + 1)
)
_SETTLE = _UNSETTLED.values(
    {
        name: bindparam(name)
        for name in ("state", "outcome", "reason", "receipt", "settled_at", "next_attempt_at")
    }
).values(last_error=None)
_POSTPONE = _UNSETTLED.values(
    {name: bindparam(name) for name in ("next_attempt_at", "last_error", "reason")}
)


class NewMessage(NamedTuple):
    """A signed message to be stored for delivery."""

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
    records: int
    signer_until: datetime
    answers: MessageId | None = None


class OutMessage(NamedTuple):
    """A message on its way."""

    id: int
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
    state: str
    outcome: str | None
    reason: str | None
    signer_until: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    settled_at: datetime | None
    receipt: bytes | None


def add_message(connection: Connection, new: NewMessage, *, at: datetime) -> int:
    """Stores a signed message, due at once, and returns its row; an enquiry it answers is done."""
    result = connection.execute(
        _ADD,
        {
            **new._asdict(),
            "direction": "out",
            "stored_at": at,
            "state": WAITING,
            "next_attempt_at": at,
        },
    )
    if new.answers is not None:
        connection.execute(
            _ENQUIRY_ANSWERED, {"enquiry": new.answers, "of_partner": new.partner, "at": at}
        )
    return int(result.scalar_one())


def as_stored(new: NewMessage, *, row: int, at: datetime) -> OutMessage:
    """Returns a message as `add_message` has just stored it, without reading its bytes back."""
    values = new._asdict()
    del values["records"], values["answers"]
    return OutMessage(
        id=row,
        **values,
        state=WAITING,
        outcome=None,
        reason=None,
        attempts=0,
        next_attempt_at=at,
        last_error=None,
        settled_at=None,
        receipt=None,
    )


def in_flight(connection: Connection, lane_id: int) -> OutMessage | None:
    """Returns the lane's message that must settle before the next may go, or None.

    One an officer stopped is in flight too: its lane waits.
    """
    row = connection.execute(_IN_FLIGHT, {"lane_id": lane_id}).one_or_none()
    return None if row is None else as_message(row)


def take_number(connection: Connection, lane_id: int, *, sequence: int) -> bool:
    """Locks a lane and takes its next number for a message.

    False where the number is another one by now, or a message is in flight.
    """
    taken = connection.execute(_TAKE_NUMBER, {"of_lane": lane_id, "sequence": sequence})
    return taken.rowcount == 1


def due(connection: Connection, *, at: datetime, limit: int) -> list[OutMessage]:
    """Returns what is due outside lane order: unsequenced messages, and held ones to ask for."""
    return [as_message(row) for row in connection.execute(_DUE, {"at": at, "at_most": limit})]


def lanes_with_work(connection: Connection, *, at: datetime) -> list[int]:
    """Returns the lanes with something to pack, or a message in flight that is due.

    Not one whose message in flight waits for its next attempt.
    """
    return list(connection.scalars(_LANES_WITH_WORK, {"at": at}))


def find(connection: Connection, message_id: MessageId) -> OutMessage | None:
    """Returns an outgoing message by its id, or None."""
    row = connection.execute(_FIND, {"of_message": message_id}).one_or_none()
    return None if row is None else as_message(row)


def find_replaced(connection: Connection, void_id: MessageId) -> OutMessage | None:
    """Returns the message a Void took the number of, or None."""
    void = select(messages.c.lane_id, messages.c.sequence).where(
        messages.c.direction == "out", messages.c.message_id == void_id
    )
    place = connection.execute(void).one_or_none()
    if place is None:
        return None
    query = select(messages).where(
        messages.c.lane_id == place.lane_id,
        messages.c.sequence == place.sequence,
        messages.c.state == VOIDED,
    )
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else as_message(row)


def settle(
    connection: Connection,
    message_row: int,
    *,
    state: str,
    outcome: str,
    reason: str,
    receipt: bytes,
    at: datetime,
    next_attempt_at: datetime | None = None,
) -> bool:
    """Writes a verified receipt's outcome; False when the message had been settled before."""
    done = connection.execute(
        _SETTLE,
        {
            "message_row": message_row,
            "state": state,
            "outcome": outcome,
            "reason": reason,
            "receipt": receipt,
            "settled_at": at if state in {SETTLED, PARKED} else None,
            "next_attempt_at": next_attempt_at,
        },
    )
    return done.rowcount == 1


def postpone(
    connection: Connection, message_row: int, *, until: datetime, error: str, reason: str
) -> None:
    """Writes a failed attempt and when the next is due."""
    connection.execute(
        _POSTPONE,
        {
            "message_row": message_row,
            "next_attempt_at": until,
            "last_error": error,
            "reason": reason,
        },
    )


def set_state(
    connection: Connection,
    message_row: int,
    *,
    state: str,
    only_from: Sequence[str],
    due_at: datetime | None = None,
) -> bool:
    """Moves a message to a state on an officer's word; False when it was not in `only_from`."""
    done = connection.execute(
        update(messages)
        .where(messages.c.id == message_row, messages.c.state.in_(only_from))
        .values(state=state, next_attempt_at=due_at)
    )
    return done.rowcount == 1


def send_again(
    connection: Connection, lane_id: int, *, first: int, before: int, at: datetime
) -> int:
    """Makes messages of a lane that were settled wait again, and returns how many.

    A recipient that says it expects an earlier number has lost what it took.
    """
    done = connection.execute(
        update(messages)
        .where(messages.c.direction == "out", messages.c.lane_id == lane_id)
        .where(messages.c.sequence >= first, messages.c.sequence < before)
        .where(messages.c.state.in_((SETTLED, PARKED, HELD)))
        .values(state=WAITING, next_attempt_at=at, settled_at=None)
    )
    return done.rowcount


def ask_again_about_last(
    connection: Connection, partner: Territory, arrangement: ArrangementId, *, at: datetime
) -> bool:
    """Makes the last message of our newest lane to a partner wait again, if nothing waits there.

    A partner that has it gives the receipt it gave; one that lost it says which number it expects.
    """
    newest = (
        select(lanes.c.id)
        .where(lanes.c.direction == "out", lanes.c.partner == partner)
        .where(lanes.c.arrangement == arrangement)
        .order_by(lanes.c.epoch.desc())
        .limit(1)
    )
    lane_id = connection.scalar(newest)
    if lane_id is None or in_flight(connection, lane_id) is not None:
        return False
    last = (
        connection.scalar(
            select(func.max(messages.c.sequence)).where(
                messages.c.lane_id == lane_id, messages.c.direction == "out"
            )
        )
        or 0
    )
    return bool(send_again(connection, lane_id, first=last, before=last + 1, at=at))


def end_lane(connection: Connection, lane_id: int) -> int:
    """Withdraws everything a lane has not settled, for its epoch is over; returns how much.

    Changes are said anew by the next epoch's list; a notice waits for its lane.
    """
    unsettled_here = (
        select(messages.c.id)
        .where(messages.c.lane_id == lane_id, messages.c.direction == "out")
        .where(messages.c.state.in_((WAITING, STOPPED, HELD)))
    )
    connection.execute(
        update(notices).where(notices.c.message_row.in_(unsettled_here)).values(message_row=None)
    )
    unpacked = connection.execute(
        delete(changes).where(changes.c.lane_id == lane_id, changes.c.message_row.is_(None))
    )
    unsettled = connection.execute(
        update(messages)
        .where(messages.c.lane_id == lane_id, messages.c.direction == "out")
        .where(messages.c.state.in_((WAITING, STOPPED, HELD, PARKED)))
        .values(state=VOIDED, next_attempt_at=None)
    )
    return unpacked.rowcount + unsettled.rowcount


def make_due(connection: Connection, *, at: datetime, partner: Territory | None = None) -> int:
    """Makes waiting messages due now ("try now") and returns how many."""
    statement = (
        update(messages)
        .where(messages.c.direction == "out", messages.c.state.in_((WAITING, HELD)))
        .where(messages.c.next_attempt_at > at)
        .values(next_attempt_at=at)
    )
    if partner is not None:
        statement = statement.where(messages.c.partner == partner)
    return connection.execute(statement).rowcount


def replace_content(
    connection: Connection, message_row: int, *, content: bytes, signer_until: datetime
) -> None:
    """Stores a message signed again under the same id, after its signer expired undelivered."""
    connection.execute(
        update(messages)
        .where(messages.c.id == message_row)
        .values(content=content, signer_until=signer_until)
    )


def oldest_unsettled(connection: Connection) -> datetime | None:
    """Returns since when the oldest unsettled message, change, notice or list waits, or None."""
    moments = [
        connection.scalar(
            select(func.min(lists.c.opened_at))
            .join(lanes, lanes.c.id == lists.c.lane_id)
            .where(lists.c.state == "open", lanes.c.direction == "out")
        ),
        connection.scalar(
            select(func.min(messages.c.stored_at)).where(
                messages.c.direction == "out", messages.c.state.in_((WAITING, HELD))
            )
        ),
        connection.scalar(
            select(func.min(changes.c.created_at)).where(changes.c.message_row.is_(None))
        ),
        connection.scalar(select(func.min(notices.c.recorded_at)).where(TO_TELL)),
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def count_by_state(connection: Connection) -> dict[tuple[str, str], int]:
    """Returns how many outgoing messages there are, by partner and state."""
    query = (
        select(messages.c.partner, messages.c.state, func.count())
        .where(messages.c.direction == "out")
        .group_by(messages.c.partner, messages.c.state)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def all_outgoing(connection: Connection) -> list[OutMessage]:
    """Returns every message we made, oldest first, with its exact bytes."""
    query = select(messages).where(messages.c.direction == "out").order_by(messages.c.id)
    return [as_message(row) for row in connection.execute(query)]


def as_message(row: Row[tuple[object, ...]]) -> OutMessage:
    """Returns a row of the table as a message on its way."""
    return OutMessage(
        row.id,
        Territory.trusted(row.partner),
        MessageId.trusted(row.message_id),
        MessageKind(row.kind),
        None if row.arrangement is None else ArrangementId.trusted(row.arrangement),
        row.epoch,
        row.lane_id,
        row.sequence,
        Digest.trusted(row.digest),
        row.content,
        row.created_at,
        row.state,
        row.outcome,
        row.reason,
        row.signer_until,
        row.attempts,
        row.next_attempt_at,
        row.last_error,
        row.settled_at,
        row.receipt,
    )
