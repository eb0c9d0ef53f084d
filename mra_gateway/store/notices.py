"""Notices: what we tell partners of our own acts, and what they tell us of theirs.

Every notice is a row of its own, told or heard; what stands is the last row under its id. One that
waits to be sent belongs to no lane yet, only to a partner and an arrangement: whoever queues one
takes no lane's lock, and a new epoch finds it on the new lane.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory
from mra_gateway.model.measures import MeasureId
from mra_gateway.model.messages import (
    CorrespondenceNotice,
    DisruptionNotice,
    Notice,
    SuspensionNotice,
)
from mra_gateway.store.exchange_tables import TO_TELL, UNSEEN, messages, notices

Direction = Literal["in", "out"]

_READ: TypeAdapter[Notice] = TypeAdapter(Notice)

# The statement of the hot path is built once: building one costs as much as running it.
_NEXT = (
    select(notices.c.id, notices.c.content)
    .where(TO_TELL, notices.c.direction == "out")
    .where(notices.c.partner == bindparam("to_partner"))
    .where(notices.c.arrangement == bindparam("under"))
    .order_by(notices.c.id)
    .limit(1)
)


class ToTell(NamedTuple):
    """A notice no packer has taken yet."""

    id: int
    notice: Notice


class Recorded(NamedTuple):
    """A notice as told or heard.

    Attributes:
        recorded_at: When it was queued, or heard.
        untold: Why it was not queued for the partner.
        measure_id: The measure of ours that a disruption heard of stands as.
        seen_by: The officer who has seen what was heard.
        message_id: The message that brought or carries it; None while it waits for a packer.
        state: Of that message.
        outcome: What its receipt says.
        reason: The code it gives.
        ground_id: The correspondence of ours it tells of.
        adopted_by: The officer who took a correspondence heard of into our own register, or out.
    """

    id: int
    direction: Direction
    partner: Territory
    arrangement: ArrangementId
    notice: Notice
    recorded_at: datetime
    untold: str | None
    measure_id: MeasureId | None
    seen_at: datetime | None
    seen_by: str | None
    message_id: MessageId | None
    state: str | None
    outcome: str | None
    reason: str | None
    ground_id: int | None = None
    adopted_at: datetime | None = None
    adopted_by: str | None = None


_RECORDED = (
    select(
        notices,
        messages.c.message_id,
        messages.c.state,
        messages.c.outcome,
        messages.c.reason,
    )
    .select_from(notices)
    .outerjoin(messages, messages.c.id == notices.c.message_row)
)


def queue(
    connection: Connection,
    notice: Notice,
    *,
    partner: Territory,
    arrangement: ArrangementId,
    at: datetime,
    untold: str | None = None,
    ground_id: int | None = None,
) -> int:
    """Stores a notice for a partner, or (with a reason) that it is not told; returns its row."""
    return _add(
        connection,
        notice,
        direction="out",
        partner=partner,
        arrangement=arrangement,
        recorded_at=at,
        untold=untold,
        ground_id=ground_id,
    )


def hear(
    connection: Connection,
    notice: Notice,
    *,
    partner: Territory,
    arrangement: ArrangementId,
    at: datetime,
    message_row: int,
    measure_id: MeasureId | None,
) -> int:
    """Stores what a partner told us, and returns its row."""
    return _add(
        connection,
        notice,
        direction="in",
        partner=partner,
        arrangement=arrangement,
        recorded_at=at,
        message_row=message_row,
        measure_id=measure_id,
    )


def next_to_tell(
    connection: Connection, partner: Territory, arrangement: ArrangementId
) -> ToTell | None:
    """Returns the oldest notice for a partner that no packer has taken, or None."""
    row = connection.execute(_NEXT, {"to_partner": partner, "under": arrangement}).one_or_none()
    return None if row is None else ToTell(row.id, _READ.validate_json(row.content))


def waiting_for(connection: Connection) -> list[tuple[Territory, ArrangementId]]:
    """Returns for which partners, under which arrangements, a notice waits for a packer."""
    query = select(notices.c.partner, notices.c.arrangement).where(TO_TELL).distinct()
    return [
        (Territory.trusted(row.partner), ArrangementId.trusted(row.arrangement))
        for row in connection.execute(query)
    ]


def assign(connection: Connection, notice_row: int, *, message_row: int) -> bool:
    """Marks a notice as carried by a message; False when another packer had it."""
    done = connection.execute(
        update(notices)
        .where(notices.c.id == notice_row, notices.c.message_row.is_(None))
        .values(message_row=message_row)
    )
    return done.rowcount == 1


def history(
    connection: Connection, notice_id: MeasureId, *, direction: Direction
) -> list[Recorded]:
    """Returns everything told or heard under an id, by all partners, oldest first."""
    query = _RECORDED.where(notices.c.notice_id == notice_id, notices.c.direction == direction)
    return _read(connection, query.order_by(notices.c.id))


def last_heard(
    connection: Connection,
    notice_id: MeasureId,
    *,
    partner: Territory,
    arrangement: ArrangementId,
) -> Recorded | None:
    """Returns the last a partner said under an id and an arrangement, or None."""
    query = (
        _RECORDED.where(notices.c.notice_id == notice_id, notices.c.direction == "in")
        .where(notices.c.partner == partner, notices.c.arrangement == arrangement)
        .order_by(notices.c.id.desc())
        .limit(1)
    )
    found = _read(connection, query)
    return found[0] if found else None


def listed(
    connection: Connection,
    *,
    direction: Direction | None = None,
    partner: Territory | None = None,
    unseen: bool = False,
    limit: int,
) -> list[Recorded]:
    """Returns notices, the newest first.

    Args:
        connection: The transaction.
        direction: Only those told or heard.
        partner: Only those to or from this partner.
        unseen: Only those heard that no officer has seen.
        limit: At most so many.
    """
    query = _RECORDED.order_by(notices.c.id.desc()).limit(limit)
    if direction is not None:
        query = query.where(notices.c.direction == direction)
    if partner is not None:
        query = query.where(notices.c.partner == partner)
    if unseen:
        query = query.where(notices.c.direction == "in", notices.c.seen_at.is_(None))
    return _read(connection, query)


def find(connection: Connection, notice_row: int) -> Recorded | None:
    """Returns a notice by its row, or None."""
    found = _read(connection, _RECORDED.where(notices.c.id == notice_row))
    return found[0] if found else None


def see(connection: Connection, notice_row: int, *, at: datetime, by: str) -> bool:
    """Writes down who has seen a notice that was heard; False where somebody had before."""
    done = connection.execute(
        update(notices)
        .where(notices.c.id == notice_row, notices.c.direction == "in")
        .where(notices.c.seen_at.is_(None))
        .values(seen_at=at, seen_by=by)
    )
    return done.rowcount == 1


def adopt(connection: Connection, notice_row: int, *, at: datetime, by: str) -> bool:
    """Writes down who took a correspondence into the register; False where it was before."""
    done = connection.execute(
        update(notices)
        .where(notices.c.id == notice_row, notices.c.direction == "in")
        .where(notices.c.adopted_at.is_(None))
        .values(adopted_at=at, adopted_by=by)
    )
    return done.rowcount == 1


def find_told(connection: Connection, ground_id: int) -> MeasureId | None:
    """Returns the id a correspondence of ours was told under, or None."""
    found = connection.scalar(
        select(notices.c.notice_id)
        .where(notices.c.ground_id == ground_id, notices.c.direction == "out")
        .order_by(notices.c.id)
        .limit(1)
    )
    return None if found is None else MeasureId.trusted(found)


def count_unseen(connection: Connection) -> int:
    """Returns how many notices were heard that no officer has seen."""
    query = select(func.count()).select_from(notices).where(UNSEEN)
    return int(connection.execute(query).scalar_one())


def _add(connection: Connection, notice: Notice, **values: Any) -> int:
    added = connection.execute(
        insert(notices).returning(notices.c.id),
        {
            **values,
            "kind": notice.kind,
            "notice_id": id_of(notice),
            "act": notice.act,
            "tin": None if isinstance(notice, DisruptionNotice) else notice.tin,
            "content": notice.model_dump_json(exclude_none=True),
        },
    )
    return int(added.scalar_one())


def id_of(notice: Notice) -> MeasureId:
    """Returns the id a notice is told under."""
    if isinstance(notice, SuspensionNotice):
        return notice.suspension_id
    if isinstance(notice, CorrespondenceNotice):
        return notice.correspondence_id
    return notice.disruption_id


def _read(connection: Connection, query: Select[Any]) -> list[Recorded]:
    return [_recorded(row) for row in connection.execute(query)]


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        row.id,
        row.direction,
        Territory.trusted(row.partner),
        ArrangementId.trusted(row.arrangement),
        _READ.validate_json(row.content),
        row.recorded_at,
        row.untold,
        None if row.measure_id is None else MeasureId.trusted(row.measure_id),
        row.seen_at,
        row.seen_by,
        None if row.message_id is None else MessageId.trusted(row.message_id),
        row.state,
        row.outcome,
        row.reason,
        row.ground_id,
        row.adopted_at,
        row.adopted_by,
    )
