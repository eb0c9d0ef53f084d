"""By what recognition results are found again: a declaration's reference, an operator's TIN.

The index is filled in segments. In one tree over everything each new row falls on a page of its
own, and every page is written whole: the more there was, the slower was adding to it. In a segment
the rows of a commit share their pages. Whoever asks, asks each segment.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from mra_gateway.store.recognition_tables import result_index, result_segments

Entry: TypeAlias = tuple[str, str | None, datetime, int]
"""Reference, an operator that was found (None when none was), moment of acceptance, line."""

_FULL = 16_384
"""Entries of a segment: a few hundred pages, which stay in memory while it is filled."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
"""As `tables.Moment` counts."""
_ENTER = {
    "sqlite": """
        INSERT INTO result_index (segment, reference, tin, accepted_at, batch_row, number)
        SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
            json_extract(value, '$[2]'), ?, json_extract(value, '$[3]')
        FROM json_each(?)
    """,
    "postgresql": """
        INSERT INTO result_index (segment, reference, tin, accepted_at, batch_row, number)
        SELECT $1, value ->> 0, value ->> 1, CAST(value ->> 2 AS bigint),
            $2, CAST(value ->> 3 AS integer)
        FROM json_array_elements(CAST($3 AS json))
    """,
}
"""All entries of a batch in one statement: one by one they took longer than deciding did."""


class Segment(NamedTuple):
    """A segment, and how many entries it has at least; processes may share one."""

    id: int
    entries: int


class Entries(NamedTuple):
    """The entries of one batch as JSON, and how many they are."""

    content: bytes
    how_many: int

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Entries:
        """Writes them."""
        return cls(
            orjson.dumps(
                [
                    (reference, tin, (accepted_at - _EPOCH) // _MICROSECOND, line)
                    for reference, tin, accepted_at, line in entries
                ]
            ),
            len(entries),
        )


def to_fill(connection: Connection, segment: Segment | None) -> Segment:
    """Returns the segment that the next entries go into.

    Args:
        connection: The transaction.
        segment: Where the last ones went; None when that is not known.
    """
    segment = _latest(connection) if segment is None else segment
    return segment if segment.entries < _FULL else _begin(connection)


def enter(connection: Connection, segment: Segment, batch_row: int, entries: Entries) -> Segment:
    """Adds the entries of a batch; returns the segment with them."""
    values = (segment.id, batch_row, entries.content.decode())
    connection.exec_driver_sql(_ENTER[connection.dialect.name], values)
    return segment._replace(entries=segment.entries + entries.how_many)


def in_any_segment() -> ColumnElement[bool]:
    """Returns what every question asks besides, so that it is answered from the index."""
    return result_index.c.segment.in_(select(result_segments.c.id))


def forget(connection: Connection, *, segment: int, batch_row: int, lines: Collection[int]) -> None:
    """Removes the entries of some lines of a batch."""
    connection.execute(
        delete(result_index)
        .where(result_index.c.segment == segment, result_index.c.batch_row == batch_row)
        .where(result_index.c.number.in_(list(lines)))
    )


def _latest(connection: Connection) -> Segment:
    id_ = connection.scalar(select(func.max(result_segments.c.id)))
    if id_ is None:
        return _begin(connection)
    some = select(result_index.c.number).where(result_index.c.segment == id_).limit(_FULL)
    return Segment(id_, connection.scalar(select(func.count()).select_from(some.subquery())) or 0)


def _begin(connection: Connection) -> Segment:
    added = connection.execute(insert(result_segments).returning(result_segments.c.id))
    return Segment(added.scalar_one(), 0)
