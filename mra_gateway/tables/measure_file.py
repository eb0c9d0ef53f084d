"""A file handed in for measuring: CSV, XLSX or Parquet, with its headings and its rows as texts.

Millions of rows are read by `analytics/loading.py` from the file itself; `rows` is for workbooks,
for files that are in another form than plain UTF-8, and for short ones.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.tables.cell_texts import cell_text
from mra_gateway.tables.dates import is_serial, serial_moment
from mra_gateway.tables.declaration_columns import Columns
from mra_gateway.tables.declaration_files import (
    CsvTable,
    parquet_file,
)
from mra_gateway.tables.measure_columns import (
    Kind,
)
from mra_gateway.tables.passed_over import PassedOver, counts_columns
from mra_gateway.tables.sheet import Sheet, Value

FileKind = Literal["csv", "xlsx", "parquet"]
_PIECE: Final = 1 << 22
_LAST_ROWS: Final = 8
"""Rows at the end of a file that may be totals and signatures."""
_TAIL: Final = 1 << 16


class TextRow(NamedTuple):
    """One row as texts.

    Attributes:
        number: As the file's own program shows it.
        cells: None where nothing stands.
        fault: Why the row cannot be read at all.
    """

    number: int
    cells: Sequence[str | None]
    fault: str | None = None


class MeasureFile:
    """One file, opened.

    Attributes:
        kind: What it is.
        headings: As they stand.
        fields: Field → place of its column.
        form: The form of declarations that knows most of the headings.
        table: Its part about tables.
        types: Of a Parquet file, field → type, of those that are no text.
        remarks: What a person should know of how it was read.
        passed_over: Rows that are clearly nothing to be counted; known once `rows` was run through.
    """

    def __init__(
        self,
        path: Path,
        kind: FileKind,
        *,
        headings: Sequence[str],
        fields: Mapping[str, int],
        kinds: Mapping[str, Kind],
        form: DeclarationForm,
        table: TableForm,
    ) -> None:
        self.path = path
        self.kind = kind
        self.headings = tuple(headings)
        self.fields = dict(fields)
        self.form = form
        self.table = table
        self.types: dict[str, str] = {}
        self.encoding, self.delimiter = "utf-8", ","
        self.above = 0
        self.sheet: Sheet | None = None
        self.heading_row = 1
        self.remarks: list[str] = []
        self.passed_over = PassedOver(self.headings)
        self._kinds = kinds

    def heading(self, field: str) -> str | None:
        """Returns the heading of a field; None where no column is it."""
        place = self.fields.get(field)
        return None if place is None else self.headings[place]

    @property
    def is_plain(self) -> bool:
        """Whether an engine can read it as it stands and count its rows as a person does."""
        if self.kind == "parquet":
            return True
        if self.kind == "xlsx" or codecs.lookup(self.encoding).name not in {"utf-8", "utf-8-sig"}:
            return False
        if self.above:
            return False
        return not (self._csv().has_separator_line or _has_blank_line(self.path))

    def rows(self) -> Iterator[TextRow]:
        """Yields every row that is not blank.

        Raises:
            RequestRefused: `FILE_UNREADABLE`: it breaks off further on.
        """
        self.passed_over.rows.clear()
        if self.kind == "xlsx":
            yield from self._sheet_rows()
            return
        width = len(self.headings)
        opened = self._csv() if self.kind == "csv" else None
        source = _parquet_rows(self.path) if opened is None else opened.cells()
        for number, cells in source:
            if not any(cell and cell.strip() for cell in cells):
                continue
            if self.kind == "csv" and self.passed_over.takes(number, cells):
                continue
            fault = None
            if len(cells) != width:
                fault = f"{len(cells)} cells under {width} headings"
            yield TextRow(number, cells, fault)

    @property
    def is_numbered(self) -> bool:
        """Whether the first row of a CSV file only counts its columns."""
        return counts_columns(next(self._csv().cells(), (0, ()))[1])

    def count_last(self) -> int:
        """Returns how many of the last rows of a plain CSV file are totals and signatures."""
        with self.path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", "replace")
        if size > _TAIL:
            text = text.partition("\n")[2]
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        last: deque[list[str]] = deque(maxlen=_LAST_ROWS)
        with suppress(csv.Error):
            last.extend(cells for cells in reader if cells)
        found = 0
        while last and self.passed_over.is_footer(last.pop()):
            found += 1
        return found

    def _csv(self) -> CsvTable:
        nothing = tuple(None for _ in self.headings)
        columns = Columns(self.form, self.table, self.headings, nothing)
        return CsvTable(
            self.path,
            columns,
            zone=None,
            encoding=self.encoding,
            delimiter=self.delimiter,
            above=self.above,
        )

    def _sheet_rows(self) -> Iterator[TextRow]:
        assert self.sheet is not None
        width = len(self.headings)
        moments = {
            self.fields[name] for name in self.fields if self._kinds.get(name) in {"moment", "day"}
        }
        for row in self.sheet.rows:
            if row.number <= self.heading_row or row.is_blank:
                continue
            if self.passed_over.takes(row.number, row.values):
                continue
            cells = [
                cell_text(self._moment(value) if place in moments else value)
                for place, value in enumerate(row.values[:width])
            ]
            yield TextRow(row.number, [*cells, *[None] * (width - len(cells))])

    def _moment(self, value: Value) -> Value:
        """Returns what a number under a heading of moments is in a workbook: days and a part."""
        if not (isinstance(value, int | float) and is_serial(value)):
            return value
        assert self.sheet is not None
        return serial_moment(value, epoch_1904=self.sheet.epoch_1904)


def _parquet_rows(path: Path) -> Iterator[tuple[int, Sequence[str | None]]]:
    number = 0
    with parquet_file(path) as file:
        for batch in file.iter_batches(2000, use_threads=False):
            for values in zip(*(one.to_pylist() for one in batch.columns), strict=True):
                number += 1
                yield number, [_plain_text(value) for value in values]


def _plain_text(value: object) -> str | None:
    if isinstance(value, bool | int | float | datetime | date | str) or value is None:
        return cell_text(value)
    return str(value)


def _has_blank_line(path: Path) -> bool:
    """Says whether a line holds nothing: engines skip it, and would count other rows."""
    before = b""
    with path.open("rb") as text:
        while piece := text.read(_PIECE):
            if any(mark in before + piece for mark in (b"\n\n", b"\n\r\n")):
                return True
            before = piece[-2:]
    return False
