"""XLSX → sheets, everything in them read: hidden rows, columns and sheets, rows under a filter.

Rows are streamed by openpyxl's own sheet parser, so that 50,000 operators do not become a million
cell objects; it is given the parts one by one, after `limits.py` has looked at them.

1. Check the archive. 2. Read shared strings, styles, the list of sheets. 3. Stream each sheet.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from mra_gateway.errors import RequestRefused
from mra_gateway.tables.limits import DEFAULT, Limits, check_archive, unreadable
from mra_gateway.tables.sheet import (
    Area,
    CellError,
    NotComputed,
    Row,
    Sheet,
    Source,
    Value,
    packed_rows,
)

_PADDED = re.compile(r"0{2,}")


def read_workbook(content: bytes, *, file: str, limits: Limits = DEFAULT) -> Source:
    """Reads every sheet of a workbook.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: not an XLSX, over a limit, with macros, external links,
            a password or a DOCTYPE inside.
    """
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable(file, "is an old .xls or is protected; save it as .xlsx, no password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive, file=file, limits=limits)  # step 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions nothing here reads
            return Source(file=file, sheets=list(_sheets(content, file=file, limits=limits)))
    except RequestRefused:
        raise
    except zipfile.BadZipFile:
        raise unreadable(file, "is not an XLSX workbook, or is damaged") from None
    except Exception as error:  # noqa: BLE001 - a hostile file may raise anything in the library
        raise unreadable(file, f"cannot be read as XLSX: {repr(str(error))[:120]}") from None


def _sheets(content: bytes, *, file: str, limits: Limits) -> Iterator[Sheet]:
    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()  # step 2
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    for sheet, relation in reader.parser.find_sheets():
        if "worksheet" not in relation.Type or relation.target not in reader.valid_files:
            continue
        with reader.archive.open(relation.target) as part:
            yield _sheet(reader, part, sheet, file=file, limits=limits)  # step 3


def _sheet(reader: Any, part: IO[bytes], sheet: Any, *, file: str, limits: Limits) -> Sheet:
    parser = _Parser(reader, part)
    found = packed_rows()
    for number, cells in parser.parse():
        values, hidden = parser.values(cells), parser.is_hidden(number)
        if any(value is not None for value in values):
            found.append(Row(number, values, hidden))
        if len(found) > limits.rows or len(values) > limits.columns:
            raise unreadable(file, f"more than {limits.rows} rows or {limits.columns} columns")
    return Sheet(
        file=file,
        name=sheet.name,
        rows=found,
        merged=parser.areas(),
        hidden_columns=parser.hidden_columns(),
        is_hidden=sheet.state != "visible",
        filtered=parser.filter_range(),
        formulas=parser.formulas,
        epoch_1904=reader.wb.epoch == CALENDAR_MAC_1904,
    )


class _Parser(WorkSheetParser):
    """openpyxl's parser, which also tells formulas from values and keeps displayed zeros."""

    def __init__(self, reader: Any, part: IO[bytes]) -> None:
        book = reader.wb
        super().__init__(
            part,
            reader.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001 - openpyxl hands them on no other way
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )
        self.formulas = 0
        self._padding: dict[int, int] = {}
        for style, cell in enumerate(book._cell_styles):  # noqa: SLF001
            own = cell.numFmtId - 164
            written = book._number_formats[own] if 0 <= own < len(book._number_formats) else ""  # noqa: SLF001
            if _PADDED.fullmatch(written):
                self._padding[style] = len(written)

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Reads a cell; a formula counts, and one without a stored result is marked."""
        cell: dict[str, Any] = super().parse_cell(element)
        if element.find(FORMULA_TAG) is not None:
            self.formulas += 1
            if cell["value"] is None and cell["data_type"] != "str":
                cell["value"] = NotComputed()
        return cell

    def values(self, cells: list[dict[str, Any]]) -> tuple[Value, ...]:
        """Returns a row's values, each in its column."""
        values: list[Value] = []
        for cell in cells:
            if cell["value"] is None or cell["value"] == "":
                continue
            values.extend([None] * (cell["column"] - len(values)))
            values[cell["column"] - 1] = self._value(cell)
        return tuple(values)

    def _value(self, cell: dict[str, Any]) -> Value:
        value: Value = cell["value"]
        if cell["data_type"] == "e":
            return CellError(str(value)[:20])
        width = self._padding.get(cell["style_id"])
        if width and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return str(value).zfill(width)
        return value

    def is_hidden(self, number: int) -> bool:
        """Says whether a person does not see the row just read, by hand or by a filter.

        What the file says of its look is let go with that: there is some of it for every row.
        """
        attributes: dict[str, str] = self.row_dimensions.pop(str(number), {})
        return attributes.get("hidden") in {"1", "true"}

    def hidden_columns(self) -> frozenset[int]:
        """Returns the columns a person does not see."""
        found: set[int] = set()
        for letters, attributes in self.column_dimensions.items():
            if attributes.get("hidden") in {"1", "true"}:
                first = column_index_from_string(letters)
                last = min(int(attributes.get("max", first)), first + 1000)
                found.update(range(first, last + 1))
        return frozenset(found)

    def areas(self) -> tuple[Area, ...]:
        """Returns the merged ranges."""
        merged = self.merged_cells.mergeCell if self.merged_cells else []
        areas = []
        for cell in merged:
            column, row, last_column, last_row = (n or 0 for n in range_boundaries(cell.ref))
            areas.append(Area(row, last_row, column, last_column))
        return tuple(areas)

    def filter_range(self) -> str | None:
        """Returns the range a filter stands on."""
        found = getattr(self, "auto_filter", None)
        return found.ref if found is not None else None
