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
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.tables.cleaning import clean_line, key_of, shown
from mra_gateway.tables.dates import is_serial, serial_moment
from mra_gateway.tables.declaration_columns import Columns, quoted
from mra_gateway.tables.declaration_files import (
    PARQUET,
    CsvHead,
    CsvTable,
    csv_heads,
    parquet_file,
)
from mra_gateway.tables.limits import read_bytes, unreadable
from mra_gateway.tables.measure_columns import (
    NOTHING_SAID,
    Kind,
    Said,
    find_columns,
    headings_of,
)
from mra_gateway.tables.passed_over import PassedOver, counts_columns
from mra_gateway.tables.sheet import CellError, NotComputed, Row, Sheet, Value
from mra_gateway.tables.workbook import read_workbook

FileKind = Literal["csv", "xlsx", "parquet"]
_PIECE: Final = 1 << 22
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_NO_TEXT: Final = ((b"%PDF", "a PDF"), (b"\x1f\x8b", "compressed: unpack it"))
_SEARCHED: Final = 20
"""Rows that may stand above the headings."""
_LAST_ROWS: Final = 8
"""Rows at the end of a file that may be totals and signatures."""
_TAIL: Final = 1 << 16
_MOST_DIGITS: Final = 10**15
"""Above it a spreadsheet keeps no number whole."""

_THREE_DECIMALS: Final = 3


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


def open_measure_file(
    path: Path,
    *,
    kinds: Mapping[str, Kind],
    forms: Sequence[DeclarationForm],
    known: Mapping[str, str] | None = None,
    said: Said = NOTHING_SAID,
) -> MeasureFile:
    """Opens a file by what it holds, not by its name.

    Args:
        path: The file.
        kinds: The fields there are.
        forms: Forms of declarations: the one that knows most headings is taken.
        known: Heading → field, in the place of those of the forms.
        said: What the officer says about the columns.

    Raises:
        RequestRefused: It cannot be read, or its columns cannot be told.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(str(path), error.strerror or "cannot be opened") from None
    if not start:
        raise unreadable(str(path), "holds nothing")
    _check_text(start, path)
    finder = _Finder(path, kinds, forms, known, said)
    if start == PARQUET:
        return finder.parquet()
    return finder.workbook() if start == _ZIP else finder.csv()


def _check_text(start: bytes, path: Path) -> None:
    """Refuses what is often handed in and is no table."""
    if start == _OLE:
        raise unreadable(str(path), "a workbook of Excel before 2007: save it as XLSX")
    for mark, what in _NO_TEXT:
        if start.startswith(mark):
            raise unreadable(str(path), f"is {what}; CSV, XLSX and Parquet are read")


class _Headed(NamedTuple):
    """A sheet, and the row of it in which most headings are known."""

    score: int
    sheet: Sheet
    row: Row


class _Finder:
    """Finds the headings of one file."""

    def __init__(
        self,
        path: Path,
        kinds: Mapping[str, Kind],
        forms: Sequence[DeclarationForm],
        known: Mapping[str, str] | None,
        said: Said,
    ) -> None:
        self._path, self._kinds, self._said = path, kinds, said
        self._forms = tuple(one for one in forms if isinstance(one.reads.value, TableForm))
        if not self._forms:
            raise RequestRefused(
                "no form of partners/declarations is about tables", reason=Reason.NOT_FOUND
            )
        self._known = known

    def csv(self) -> MeasureFile:
        best: tuple[int, CsvHead] | None = None
        for head in csv_heads(self._path, forms=self._forms, searched=_SEARCHED):
            score = self._score(head.headings, head.table)
            if best is None or score > best[0]:
                best = score, head
        assert best is not None
        head = best[1]
        file = self._file("csv", head.headings, head.form, head.table)
        file.encoding, file.delimiter, file.above = head.encoding, head.delimiter, head.above
        return file

    def parquet(self) -> MeasureFile:
        import pyarrow as pa

        with parquet_file(self._path) as opened:
            schema = opened.schema_arrow
        file = self._file("parquet", schema.names, *self._form_of(schema.names))
        for field, place in file.fields.items():
            kind = schema.field(place).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
                file.types[field] = str(kind)
        return file

    def workbook(self) -> MeasureFile:
        source = read_workbook(read_bytes(self._path), file=self._path.name)
        found = sorted(
            filter(None, map(self._headed, source.sheets)),
            key=lambda one: (_hidden(one), -one.score),
        )
        if not found:
            raise RequestRefused(
                "no row holds headings that are known",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=str(self._path),
            )
        best, alike = found[0], [one for one in found[1:] if 2 * one.score > found[0].score]
        names = [one.sheet.name or "" for one in (best, *alike) if _hidden(one) == _hidden(best)]
        if len(names) > 1:
            raise RequestRefused(
                f"rows stand under such headings on the sheets {quoted(names)}: "
                "put them on one, or take each in as a part, from a file of its own (--part)",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=str(self._path),
            )
        headings = _texts(best.row)
        file = self._file("xlsx", headings, *self._form_of(headings))
        file.sheet, file.heading_row = best.sheet, best.row.number
        if _hidden(best):
            file.remarks.append(f"read from the hidden sheet {shown(best.sheet.name)}")
        for one in alike:
            file.remarks.append(f"the sheet {shown(one.sheet.name)} is hidden and was not read")
        return file

    def _headed(self, sheet: Sheet) -> _Headed | None:
        """Returns where the headings of a sheet stand; None where no row knows any, or is below."""
        best: _Headed | None = None
        rows = [row for row in sheet.rows[: _SEARCHED + 1] if not row.is_blank]
        for row in rows:
            headings = _texts(row)
            score = max(self._score(headings, _table_of(form)) for form in self._forms)
            if score and (best is None or score > best.score):
                best = _Headed(score, sheet, row)
        return best

    def _form_of(self, headings: Sequence[str]) -> tuple[DeclarationForm, TableForm]:
        form = max(self._forms, key=lambda one: self._score(headings, _table_of(one)))
        return form, _table_of(form)

    def _score(self, headings: Sequence[str], table: TableForm) -> int:
        known = headings_of(table) if self._known is None else self._known
        named = {key_of(heading) for heading in self._said.columns.values()}
        return sum(
            key_of(text) in known or key_of(text) in named or text.strip().lower() in self._kinds
            for text in headings
        )

    def _file(
        self, kind: FileKind, headings: Sequence[str], form: DeclarationForm, table: TableForm
    ) -> MeasureFile:
        known = headings_of(table) if self._known is None else self._known
        fields = find_columns(
            headings, kinds=self._kinds, known=known, said=self._said, where=str(self._path)
        )
        return MeasureFile(
            self._path,
            kind,
            headings=headings,
            fields=fields,
            kinds=self._kinds,
            form=form,
            table=table,
        )


def cell_text(value: Value) -> str | None:
    """Returns what stands in a cell of a workbook as text; what is no value stays at fault."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # a spreadsheet keeps a day as the midnight it begins with
        text = value.isoformat(sep=" ", timespec="seconds")
        return text[:10] if value.time() == time(0) else text
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, CellError):
        return f"#{value.code.lstrip('#')}"
    if isinstance(value, NotComputed):
        return "#formula without a result"
    if isinstance(value, int):
        return str(value) if abs(value) < _MOST_DIGITS else _number_text(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _number_text(value: float) -> str:
    if not abs(value) < _MOST_DIGITS:
        return "#number of more than 15 digits"
    if value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    # with exactly three decimals a text could be read as thousands
    return f"{text}0" if len(text.partition(".")[2]) == _THREE_DECIMALS else text


def _table_of(form: DeclarationForm) -> TableForm:
    assert isinstance(form.reads.value, TableForm)
    return form.reads.value


def _hidden(headed: _Headed) -> bool:
    return headed.sheet.is_hidden


def _texts(row: Row) -> list[str]:
    return [clean_line(cell_text(value) or "") for value in row.values]


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
