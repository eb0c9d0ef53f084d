"""Rows of this process as a typed Parquet file of an event table: for what is never millions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self, TypeVar

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


class RowsFile:
    """A file rows are added to, one by one; a column that a row does not have is absent in it.

    Attributes:
        count: How many rows there are.
    """

    def __init__(self, table: EventTable, target: Path, *, also: Sequence[str] = ()) -> None:
        """Opens a file.

        Args:
            table: The event table.
            target: The file to write.
            also: Whole numbers to write besides.
        """
        self._schema = schema_of(table, also=also)
        self._writer = parquet.ParquetWriter(target, self._schema, compression="zstd")
        self._waiting: list[Mapping[str, Any]] = []
        self.count = 0

    def __enter__(self) -> Self:
        """Returns the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Writes what waits, and closes."""
        self._write()
        self._writer.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds a row."""
        self._waiting.append(row)
        self.count += 1
        if len(self._waiting) == AT_ONCE:
            self._write()

    def _write(self) -> None:
        columns = [[row.get(name) for row in self._waiting] for name in self._schema.names]
        self._writer.write_table(pa.table(columns, schema=self._schema))
        self._waiting.clear()


def pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yields rows in lists that fit into memory; one at least, so that a file has its columns."""
    iterator = iter(rows)
    piece = list(islice(iterator, AT_ONCE))
    yield piece
    while piece := list(islice(iterator, AT_ONCE)):
        yield piece
