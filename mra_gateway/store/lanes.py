"""Lanes: (sender, recipient, arrangement, epoch), their numbers, their lock and their lease.

The lane's row is its lock: `lock` takes it for the rest of the transaction (on SQLite the one
writer holds everything anyway). The lease says which gateway process delivers on a lane, so that
one message is in flight however many processes share a database.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Row, bindparam, exists, func, or_, select, update

from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.store.exchange_tables import lanes, lists
from mra_gateway.store.inserts import insert_into

Direction = Literal["in", "out"]

# The statements of the hot path are built once: building one costs as much as running it.
_LOCK = (
    select(lanes)
    .where(lanes.c.direction == bindparam("direction"))
    .where(lanes.c.partner == bindparam("partner"))
    .where(lanes.c.arrangement == bindparam("arrangement"))
    .where(lanes.c.epoch == bindparam("epoch"))
    .with_for_update()
)
_OF_ID = select(lanes).where(lanes.c.id == bindparam("lane_id"))
_LOCK_BY_ID = _OF_ID.with_for_update()
_STANDING = select(
    select(func.max(lanes.c.epoch))
    .where(lanes.c.direction == bindparam("direction"))
    .where(lanes.c.partner == bindparam("partner"))
    .where(lanes.c.arrangement == bindparam("arrangement"))
    .scalar_subquery(),
    exists().where(
        lists.c.lane_id == bindparam("lane_id"),
        (lists.c.state == "open") | (lists.c.state == "held"),
    ),
)
_ADVANCE = (
    update(lanes)
    .where(lanes.c.id == bindparam("lane_id"))
    .values({name: bindparam(name) for name in ("next_sequence", "last_change", "list_cut")})
)


class Lane(NamedTuple):
    """One lane as stored.

    Attributes:
        next_sequence: The next number to mint (out) or to take (in).
        last_change: The last change number given (out) or applied (in).
        list_cut: The cut of the last full list that took effect; -1 before the first.
    """

    id: int
    direction: Direction
    partner: Territory
    arrangement: ArrangementId
    epoch: int
    next_sequence: int
    last_change: int
    list_cut: int


class Standing(NamedTuple):
    """How a lane stands besides its numbers.

    Attributes:
        latest_epoch: The latest epoch seen between the same two under the same arrangement.
        list_waits: A full list is under way on the lane, or waits for a second officer.
    """

    latest_epoch: int
    list_waits: bool


def lock(
    connection: Connection,
    direction: Direction,
    *,
    partner: Territory,
    arrangement: ArrangementId,
    epoch: int,
) -> Lane:
    """Returns a lane, opened when it is new, locked until the transaction ends."""
    wanted = {
        "direction": direction,
        "partner": partner,
        "arrangement": arrangement,
        "epoch": epoch,
    }
    row = connection.execute(_LOCK, wanted).one_or_none()
    if row is None:
        new = {**wanted, "next_sequence": 1, "last_change": 0, "list_cut": -1}
        connection.execute(insert_into(connection, lanes).on_conflict_do_nothing(), new)
        row = connection.execute(_LOCK, wanted).one()
    return _lane(row)


def ensure(
    connection: Connection, *, partner: Territory, arrangement: ArrangementId, epoch: int
) -> None:
    """Opens an outgoing lane when it is new, without locking one that is there."""
    new = {"direction": "out", "partner": partner, "arrangement": arrangement, "epoch": epoch}
    connection.execute(
        insert_into(connection, lanes).on_conflict_do_nothing(),
        {**new, "next_sequence": 1, "last_change": 0, "list_cut": -1},
    )


def lock_by_id(connection: Connection, lane_id: int) -> Lane:
    """Returns a known lane, locked until the transaction ends."""
    return _lane(connection.execute(_LOCK_BY_ID, {"lane_id": lane_id}).one())


def get(connection: Connection, lane_id: int) -> Lane:
    """Returns a known lane, unlocked."""
    return _lane(connection.execute(_OF_ID, {"lane_id": lane_id}).one())


def standing(connection: Connection, lane: Lane) -> Standing:
    """Returns how a known lane stands."""
    wanted = {
        "direction": lane.direction,
        "partner": lane.partner,
        "arrangement": lane.arrangement,
        "lane_id": lane.id,
    }
    return Standing(*connection.execute(_STANDING, wanted).one())


def all_lanes(connection: Connection, direction: Direction) -> list[Lane]:
    """Returns every lane of one direction."""
    query = select(lanes).where(lanes.c.direction == direction).order_by(lanes.c.id)
    return [_lane(row) for row in connection.execute(query)]


def advance(
    connection: Connection,
    lane: Lane,
    *,
    sequence: int | None = None,
    last_change: int | None = None,
    list_cut: int | None = None,
) -> Lane:
    """Moves a locked lane on: past a message, to a change number, to a list's cut."""
    moved = lane._replace(
        next_sequence=lane.next_sequence if sequence is None else sequence + 1,
        last_change=lane.last_change if last_change is None else last_change,
        list_cut=lane.list_cut if list_cut is None else list_cut,
    )
    connection.execute(
        _ADVANCE,
        {
            "lane_id": lane.id,
            "next_sequence": moved.next_sequence,
            "last_change": moved.last_change,
            "list_cut": moved.list_cut,
        },
    )
    return moved


def take_lease(
    connection: Connection, lane_id: int, *, holder: str, at: datetime, until: datetime
) -> bool:
    """Takes or renews the right to deliver on a lane; False while another process holds it.

    A lease that lasts longer than any is taken for was taken by a clock that was wrong: were it
    waited for, the lane would stand still for as long as that clock was ahead.
    """
    free = or_(
        lanes.c.lease_holder.is_(None),
        lanes.c.lease_holder == holder,
        lanes.c.lease_until < at,
        lanes.c.lease_until > until + (until - at),
    )
    taken = connection.execute(
        update(lanes)
        .where(lanes.c.id == lane_id, free)
        .values(lease_holder=holder, lease_until=until)
    )
    return taken.rowcount == 1


def release_leases(connection: Connection, *, holder: str) -> None:
    """Gives back every lease of a process that stops."""
    connection.execute(
        update(lanes)
        .where(lanes.c.lease_holder == holder)
        .values(lease_holder=None, lease_until=None)
    )


def _lane(row: Row[tuple[object, ...]]) -> Lane:
    return Lane(
        row.id,
        row.direction,
        Territory.trusted(row.partner),
        ArrangementId.trusted(row.arrangement),
        row.epoch,
        row.next_sequence,
        row.last_change,
        row.list_cut,
    )
