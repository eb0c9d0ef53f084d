"""What decisions rest on besides statuses: measures, accepted tables, correspondences, scores.

Each ground is a noun of `model/measures.py` kept as JSON under its kind. Like facts, grounds are
bitemporal by position: nothing is overwritten, a ground ends, and the grounds as they stood at any
position can be read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, union, update

from mra_gateway.store import feed
from mra_gateway.store.recognition_tables import grounds


class Ground(NamedTuple):
    """A ground as kept.

    Attributes:
        subject: What it is about, by which it is found: a TIN, an arrangement, a declared text.
        content: JSON of its noun.
    """

    id: int
    kind: str
    subject: str
    content: str
    recorded_at: datetime
    recorded_by: str
    position: int
    ended_at: datetime | None
    ended_by: str | None
    ended_position: int | None


_STANDING = select(grounds).where(grounds.c.ended_position.is_(None)).order_by(grounds.c.id)
_AS_OF = (
    select(grounds)
    .where(grounds.c.position <= bindparam("as_of"))
    .where(or_(grounds.c.ended_position.is_(None), grounds.c.ended_position > bindparam("as_of")))
    .order_by(grounds.c.id)
)


def add(
    connection: Connection, kind: str, *, subject: str, content: str, at: datetime, by: str
) -> int:
    """Adds a ground and returns its id."""
    added = connection.execute(
        insert(grounds).values(
            kind=kind,
            subject=subject,
            content=content,
            recorded_at=at,
            recorded_by=by[:80],
            position=feed.advance(connection, at=at),
        )
    )
    assert added.inserted_primary_key is not None
    return int(added.inserted_primary_key[0])


def end(connection: Connection, ids: Iterable[int], *, at: datetime, by: str) -> int:
    """Ends grounds that stand, and returns how many did."""
    wanted = list(ids)
    if not wanted:
        return 0
    return connection.execute(
        update(grounds)
        .where(grounds.c.id.in_(wanted), grounds.c.ended_position.is_(None))
        .values(ended_at=at, ended_by=by[:80], ended_position=feed.advance(connection, at=at))
    ).rowcount


def standing(
    connection: Connection, *, kind: str | None = None, subject: str | None = None
) -> list[Ground]:
    """Returns the grounds that stand now, oldest first."""
    query = _STANDING
    if kind is not None:
        query = query.where(grounds.c.kind == kind)
    if subject is not None:
        query = query.where(grounds.c.subject == subject)
    return [_ground(row) for row in connection.execute(query)]


def as_of(connection: Connection, position: int) -> list[Ground]:
    """Returns the grounds that stood at a position, oldest first."""
    return [_ground(row) for row in connection.execute(_AS_OF, {"as_of": position})]


def history(connection: Connection, *, kind: str, subject: str | None = None) -> list[Ground]:
    """Returns every ground of a kind, ended or not, oldest first."""
    query = select(grounds).where(grounds.c.kind == kind).order_by(grounds.c.id)
    if subject is not None:
        query = query.where(grounds.c.subject == subject)
    return [_ground(row) for row in connection.execute(query)]


def find(connection: Connection, ground_id: int) -> Ground | None:
    """Returns a ground, or None."""
    row = connection.execute(select(grounds).where(grounds.c.id == ground_id)).one_or_none()
    return None if row is None else _ground(row)


def changed_since(connection: Connection, position: int) -> bool:
    """Says whether a ground began or ended after a position."""
    query = (
        select(grounds.c.id)
        .where(or_(grounds.c.position > position, grounds.c.ended_position > position))
        .limit(1)
    )
    return connection.execute(query).first() is not None


def positions(connection: Connection) -> list[int]:
    """Returns the positions at which a ground began or ended, in order, after 0."""
    began = select(grounds.c.position)
    ended = select(grounds.c.ended_position).where(grounds.c.ended_position.is_not(None))
    return [0, *sorted(connection.scalars(union(began, ended)))]


def _ground(row: Row[tuple[object, ...]]) -> Ground:
    return Ground(
        row.id,
        row.kind,
        row.subject,
        row.content,
        row.recorded_at,
        row.recorded_by,
        row.position,
        row.ended_at,
        row.ended_by,
        row.ended_position,
    )
