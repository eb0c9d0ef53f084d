"""The feed: positions given to transactions in the order they commit.

Whoever holds in memory what decisions rest on follows it: everything with a position up to the
latest has been committed, and nothing with a smaller one appears later. On SQLite writers queue
anyway; on PostgreSQL a lock held from the first position to the commit keeps the order, which a
sequence alone would not (a transaction may take 5, another take and commit 6, before 5 commits).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, func, insert, select, text

from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.store.recognition_tables import feed

_LOCK = text("SELECT pg_advisory_xact_lock(7733160274)")
_LATEST = select(feed.c.position, feed.c.at).where(
    feed.c.position == select(func.max(feed.c.position)).scalar_subquery()
)
_ADVANCE = insert(feed)
_HEARD = (
    select(feed.c.issuer, feed.c.arrangement, func.max(feed.c.position), func.max(feed.c.at))
    .where(feed.c.issuer.is_not(None))
    .where(feed.c.position > bindparam("after"), feed.c.position <= bindparam("until"))
    .group_by(feed.c.issuer, feed.c.arrangement)
)
_AT = select(func.max(feed.c.position)).where(feed.c.at <= bindparam("known_at"))

_given: WeakKeyDictionary[object, int] = WeakKeyDictionary()
"""The position of each transaction under way."""


class Position(NamedTuple):
    """A position and the moment it was given; moments grow with positions."""

    number: int
    at: datetime


class Heard(NamedTuple):
    """When a partner's word under an arrangement last took effect."""

    issuer: Territory
    arrangement: ArrangementId
    at: datetime


def advance(
    connection: Connection,
    *,
    at: datetime,
    issuer: Territory | None = None,
    arrangement: ArrangementId | None = None,
) -> int:
    """Returns the position of the transaction under way, and gives it one the first time.

    Args:
        connection: The transaction; until it commits nobody else gets a position.
        at: Now.
        issuer: The partner whose word takes effect; counts the first time.
        arrangement: Under which arrangement.
    """
    transaction = connection.get_transaction()
    assert transaction is not None, "a position is given within a transaction"
    if transaction in _given:
        return _given[transaction]
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    latest = connection.execute(_LATEST).one_or_none()
    moment = at if latest is None else max(at, latest.at)
    values = {"at": moment, "issuer": issuer, "arrangement": arrangement}
    given = connection.execute(_ADVANCE, values).inserted_primary_key
    assert given is not None
    _given[transaction] = int(given[0])
    return _given[transaction]


BEFORE = Position(0, datetime(1970, 1, 1, tzinfo=UTC))
"""Before anything was known."""


def latest(connection: Connection) -> Position:
    """Returns the latest position."""
    row = connection.execute(_LATEST).one_or_none()
    return BEFORE if row is None else Position(row.position, row.at)


def at_position(connection: Connection, number: int) -> Position:
    """Returns a position with its moment."""
    at = connection.scalar(select(feed.c.at).where(feed.c.position == number))
    return BEFORE if at is None else Position(number, at)


def position_at(connection: Connection, *, known_at: datetime) -> int:
    """Returns the last position given up to a moment; 0 before the first."""
    return connection.scalar(_AT, {"known_at": known_at}) or 0


def heard(connection: Connection, *, after: int, until: int) -> list[Heard]:
    """Returns whose word took effect between two positions, and when last."""
    rows = connection.execute(_HEARD, {"after": after, "until": until})
    return [Heard(Territory.trusted(row[0]), ArrangementId.trusted(row[1]), row[3]) for row in rows]
