"""Changes that wait for a packer, one row for each recipient; packed, a row names its message.

The messages themselves are in `outbox.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from mra_gateway.model.changes import StatusChange
from mra_gateway.store.chunks import chunked
from mra_gateway.store.exchange_tables import changes, lanes

# The statements of the hot path are built once: building one costs as much as running it.
_QUEUE = insert(changes)
_WAITING_CHANGES = (
    select(changes.c.id, changes.c.payload)
    .where(changes.c.lane_id == bindparam("lane_id"), changes.c.message_row.is_(None))
    .order_by(changes.c.change_number)
    .limit(bindparam("at_most"))
)
_ASSIGN = (
    update(changes)
    .where(changes.c.id.in_(bindparam("rows", expanding=True)), changes.c.message_row.is_(None))
    .values(message_row=bindparam("message"))
)


class WaitingChange(NamedTuple):
    """A change row no packer has taken yet."""

    id: int
    payload: str


def queue_changes(
    connection: Connection, lane_id: int, new: Sequence[StatusChange], *, at: datetime
) -> None:
    """Stores changes for one recipient; the lane's row carries their last number."""
    if new:
        connection.execute(
            _QUEUE,
            [
                {
                    "lane_id": lane_id,
                    "change_number": change.change_number,
                    "change_id": change.change_id,
                    "payload": change.model_dump_json(exclude_defaults=True),
                    "created_at": at,
                }
                for change in new
            ],
        )


def oldest_changes(connection: Connection, lane_id: int, *, limit: int) -> list[WaitingChange]:
    """Returns the oldest changes no packer has taken, in the order they were made."""
    rows = connection.execute(_WAITING_CHANGES, {"lane_id": lane_id, "at_most": limit})
    return [WaitingChange(row.id, row.payload) for row in rows]


def was_told(connection: Connection, lane_id: int, change_id: str) -> bool:
    """Says whether a change was ever queued for a recipient."""
    query = select(changes.c.id).where(
        changes.c.lane_id == lane_id, changes.c.change_id == change_id
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def told_of(connection: Connection, lane_id: int, change_ids: Sequence[str]) -> set[str]:
    """Returns which of some changes were ever queued for a recipient."""
    found: set[str] = set()
    for chunk in chunked(change_ids):
        query = select(changes.c.change_id).where(
            changes.c.change_id.in_(chunk), changes.c.lane_id == lane_id
        )
        found.update(connection.scalars(query))
    return found


def assign_changes(connection: Connection, change_rows: Sequence[int], *, message_row: int) -> bool:
    """Marks changes as part of a message; False when another packer had some, or they are gone.

    After False the caller rolls back: the others are marked.
    """
    taken = 0
    for chunk in chunked(change_rows):
        taken += connection.execute(_ASSIGN, {"rows": chunk, "message": message_row}).rowcount
    return taken == len(change_rows)


def count_changes(connection: Connection) -> dict[str, int]:
    """Returns how many changes wait for a packer, by partner."""
    query = (
        select(lanes.c.partner, func.count())
        .join(lanes, lanes.c.id == changes.c.lane_id)
        .where(changes.c.message_row.is_(None))
        .group_by(lanes.c.partner)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
