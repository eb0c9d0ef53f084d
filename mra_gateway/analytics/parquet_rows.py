"""Rows of this process as a typed Parquet file of an event table: for what is never millions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
from pyarrow import parquet

from mra_gateway.model.indicators import ColumnKind, EventTable

_TYPES: Final = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.DAY: pa.date32(),
    ColumnKind.MOMENT: pa.timestamp("us", tz="UTC"),
}
AT_ONCE: Final = 20_000
T = TypeVar("T")


def schema_of(table: EventTable, *, also: Sequence[str] = ()) -> pa.Schema:
    """Returns the types of an event table's columns, and whole numbers besides."""
    return pa.schema(
        [
            *((column.name, _TYPES[column.kind]) for column in table.columns),
            *((name, pa.int64()) for name in also),
        ]
    )


def table_of(table: EventTable, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Returns rows as a table in memory."""
    schema = schema_of(table)
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def write_rows(
    table: EventTable,
    rows: Iterable[Mapping[str, Any]],
    target: Path,
    *,
    also: Sequence[str] = (),
) -> int:
    """Writes rows and returns how many; a column that a row does not have is absent in it.

    Args:
        table: The event table.
        rows: Column → value.
        target: The file to write.
        also: Whole numbers to write besides.
    """
    schema = schema_of(table, also=also)
    count = 0
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for some in pieces(rows):
            columns = [[row.get(name) for row in some] for name in schema.names]
            writer.write_table(pa.table(columns, schema=schema))
            count += len(some)
    return count


def pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yields rows in lists that fit into memory; one at least, so that a file has its columns."""
    iterator = iter(rows)
    piece = list(islice(iterator, AT_ONCE))
    yield piece
    while piece := list(islice(iterator, AT_ONCE)):
        yield piece
