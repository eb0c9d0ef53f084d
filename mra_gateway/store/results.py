"""Recognition results with everything they rest on, so that they can be shown and recomputed.

Results are kept in batches as they were committed: one row holds the lines of many answers, which
is what lets a batch of thousands be recorded as fast as it is decided. A result's id is that of its
batch, a dot, and its line.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple, Self

import zstandard
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mra_gateway.model.identifiers import Digest, Tin
from mra_gateway.store.recognition_tables import result_batches, result_counts, result_index
from mra_gateway.store.result_index import (
    Entries,
    Entry,
    Segment,
    enter,
    forget,
    in_any_segment,
    to_fill,
)


class Counted(NamedTuple):
    """What parties are counted by: legal day, partner (empty when none was found), reason."""

    day: date
    partner: str
    reason: str


class Batch(NamedTuple):
    """Results committed together.

    Texts already, where it is made: another thread that goes through thousands of objects of this
    one holds it up for longer than it takes.

    Attributes:
        current: False when the index could not confirm that it was current: nothing was granted.
        size: How many results.
        declarations: JSON, one a line.
        results: JSON, one a line, in the same order.
        entries: By what the results are found.
    """

    batch: str
    decided_at: datetime
    position: int
    book: Digest
    current: bool
    requested_by: str
    size: int
    declarations: bytes
    results: bytes
    entries: Entries

    @classmethod
    def of(
        cls,
        *,
        batch: str,
        decided_at: datetime,
        position: int,
        book: Digest,
        current: bool,
        requested_by: str,
        declarations: Sequence[bytes],
        results: Sequence[bytes],
        entries: Sequence[Entry],
    ) -> Self:
        """Puts a batch together."""
        return cls(
            batch,
            decided_at,
            position,
            book,
            current,
            requested_by,
            len(results),
            b"\n".join(declarations),
            b"\n".join(results),
            Entries.of(entries),
        )


PURGED = b'{ "reference":"purged","type":"import","parties":[{"role":"not_stated"}]}'
"""What stands in the place of a declaration that was purged: one that says nothing.

No declaration that was stored has that space. With the result beside it, which names nobody, it
reads like any other: whoever goes through past results finds nobody in it, and only who asks for it
by its id is told why.
"""


class StoredResult(NamedTuple):
    """A result as stored; declaration and result are JSON."""

    id: str
    decided_at: datetime
    position: int
    book: Digest
    current: bool
    requested_by: str
    declaration: bytes
    result: bytes

    @property
    def is_purged(self) -> bool:
        """Whether it has been blanked: what was decided about whom is not known any more."""
        return self.declaration == PURGED


class StoredBatch(NamedTuple):
    """A batch as stored, its lines apart."""

    batch: str
    decided_at: datetime
    position: int
    book: Digest
    current: bool
    requested_by: str
    declarations: list[bytes]
    results: list[bytes]

    def lines(self) -> Iterator[StoredResult]:
        """Yields its results one by one."""
        for number, (declaration, result) in enumerate(
            zip(self.declarations, self.results, strict=True)
        ):
            yield StoredResult(
                f"{self.batch}.{number}",
                self.decided_at,
                self.position,
                self.book,
                self.current,
                self.requested_by,
                declaration,
                result,
            )


_AT_ONCE = 8
"""Batches read at once: many hold a single result."""

_ADD = insert(result_batches).returning(result_batches.c.id, result_batches.c.batch)
_BY_BATCH = select(result_batches).where(result_batches.c.batch == bindparam("of_batch"))
_BY_ROW = select(result_batches).where(result_batches.c.id == bindparam("of_row"))


def add(
    connection: Connection,
    batches: Sequence[Batch],
    *,
    counts: Counter[Counted],
    segment: Segment | None = None,
) -> Segment:
    """Stores results, what they are found by, and what they count for.

    Args:
        connection: The transaction.
        batches: The results.
        counts: What their parties count for.
        segment: Where the last ones went; None when that is not known.

    Returns:
        Where these went.
    """
    segment = to_fill(connection, segment)
    if batches:
        added = connection.execute(_ADD, [_row_of(batch, segment) for batch in batches])
        rows: dict[str, int] = {batch: row for row, batch in added}
        for batch in batches:
            segment = enter(connection, segment, rows[batch.batch], batch.entries)
    _count(connection, counts)
    return segment


def _row_of(batch: Batch, segment: Segment) -> dict[str, object]:
    return {
        "batch": batch.batch,
        "decided_at": batch.decided_at,
        "position": batch.position,
        "book": batch.book,
        "current": batch.current,
        "requested_by": batch.requested_by[:80],
        "size": batch.size,
        "segment": segment.id,
        "declarations": _packer.compress(batch.declarations),
        "results": _packer.compress(batch.results),
    }


def _count(connection: Connection, counts: Counter[Counted]) -> None:
    if not counts:
        return
    # sorted: two processes that count at the same time take the rows in the same order
    values = [{**counted._asdict(), "count": more} for counted, more in sorted(counts.items())]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(result_counts)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "partner", "reason"],
            set_={"count": result_counts.c.count + statement.excluded.count},
        ),
        values,
    )


def find(connection: Connection, result_id: str) -> StoredResult | None:
    """Returns a result by its id, or None."""
    batch, _, number = result_id.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 8):
        return None
    row = connection.execute(_BY_BATCH, {"of_batch": batch}).one_or_none()
    if row is None or int(number) >= row.size:
        return None
    return next(islice(_batch(row).lines(), int(number), None))


def of_declaration(connection: Connection, reference: str) -> list[StoredResult]:
    """Returns every result for a declaration's reference, oldest first."""
    return _found(connection, result_index.c.reference == reference)


def of_operator(connection: Connection, tin: Tin, *, accepted_from: datetime) -> list[StoredResult]:
    """Returns the results that found an operator, accepted at a moment or later, oldest first."""
    return _found(
        connection, (result_index.c.tin == tin) & (result_index.c.accepted_at >= accepted_from)
    )


def _found(connection: Connection, where: ColumnElement[bool]) -> list[StoredResult]:
    places = (
        select(result_index.c.batch_row, result_index.c.number)
        .where(in_any_segment(), where)
        .distinct()
        .order_by(result_index.c.batch_row, result_index.c.number)
    )
    wanted: dict[int, list[int]] = {}
    for place in connection.execute(places):
        wanted.setdefault(place.batch_row, []).append(place.number)
    return list(lines_at(connection, wanted))


def lines_at(
    connection: Connection, wanted: Mapping[int, Collection[int]]
) -> Iterator[StoredResult]:
    """Yields results by the rows of their batches and their lines, oldest first."""
    for row_id in sorted(wanted):
        row = connection.execute(_BY_ROW, {"of_row": row_id}).one_or_none()
        if row is not None:
            lines = list(_batch(row).lines())
            yield from (lines[number] for number in sorted(wanted[row_id]))


def all_since(
    connection: Connection, *, decided_from: datetime, decided_until: datetime
) -> Iterator[StoredResult]:
    """Yields the results of a period, oldest first, a few batches in memory at a time."""
    for batch in batches_since(connection, decided_from=decided_from, decided_until=decided_until):
        yield from batch.lines()


def batches_since(
    connection: Connection, *, decided_from: datetime, decided_until: datetime
) -> Iterator[StoredBatch]:
    """Yields the batches of a period, oldest first, a few in memory at a time."""
    last = 0
    while True:
        rows = connection.execute(
            select(result_batches)
            .where(result_batches.c.id > last)
            .where(result_batches.c.decided_at >= decided_from)
            .where(result_batches.c.decided_at < decided_until)
            .order_by(result_batches.c.id)
            .limit(_AT_ONCE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            yield _batch(row)


def counts(connection: Connection, *, from_on: date, until_on: date) -> dict[tuple[str, str], int]:
    """Returns how many parties ended with each reason, by partner and reason, between two days."""
    query = (
        select(result_counts.c.partner, result_counts.c.reason, func.sum(result_counts.c.count))
        .where(result_counts.c.day >= from_on, result_counts.c.day <= until_on)
        .group_by(result_counts.c.partner, result_counts.c.reason)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def blank(connection: Connection, batch_row: int, lines: Collection[int]) -> None:
    """Blanks lines of a batch: declarations and results go, counts and places stay."""
    row = connection.execute(_BY_ROW, {"of_row": batch_row}).one()
    declarations, given = _unpack(row.declarations), _unpack(row.results)
    for number in lines:
        declarations[number] = PURGED
        kept = json.loads(given[number])
        kept |= {"reference": "purged", "type": "import", "recognised": False, "results": []}
        given[number] = json.dumps(kept, separators=(",", ":")).encode()
    connection.execute(
        update(result_batches)
        .where(result_batches.c.id == batch_row)
        .values(declarations=_pack(declarations), results=_pack(given))
    )
    forget(connection, segment=row.segment, batch_row=batch_row, lines=lines)


def _pack(lines: Sequence[bytes]) -> bytes:
    return _packer.compress(b"\n".join(lines))


def _unpack(packed: bytes) -> list[bytes]:
    plain = zstandard.decompress(packed) if packed[:4] == _ZSTD else zlib.decompress(packed)
    return plain.split(b"\n")


class _Packer(threading.local):
    """Compresses: kept, for making a compressor takes long, and one for each thread."""

    def __init__(self) -> None:
        # at its quickest: answers of one batch are so alike that an eightieth is written anyway
        self.compress = zstandard.ZstdCompressor(level=1).compress


_packer = _Packer()
_ZSTD = b"\x28\xb5\x2f\xfd"
"""How Zstandard begins (RFC 8878, 3.1.1); batches of earlier versions are zlib's."""


def _batch(row: Row[Any, Any, Any]) -> StoredBatch:
    return StoredBatch(
        row.batch,
        row.decided_at,
        row.position,
        Digest.trusted(row.book),
        row.current,
        row.requested_by,
        _unpack(row.declarations),
        _unpack(row.results),
    )
