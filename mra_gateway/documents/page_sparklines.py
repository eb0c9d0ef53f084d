"""Small lines in cells of a workbook, drawn by the spreadsheet from numbers in other cells.

Which curves are drawn so is found here, too. The library that writes workbooks has no word for
them: they are an extension at the end of a sheet's XML, and are put there when the workbook is
written. A program that does not know the extension shows an empty cell; the numbers are in their
cells all the same.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from openpyxl.utils import get_column_letter

from mra_gateway.documents import page as pages
from mra_gateway.documents.page import Page, both
from mra_gateway.documents.page_charts import Plotted

_URI = "{05C60535-1F16-4fd2-B693-F4F36F0B64E0}"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_COLOURS = ("Series", "Negative", "Axis", "Markers", "First", "Last", "High", "Low")
_END = b"</worksheet>"


class Sparkline(NamedTuple):
    """A line in a cell.

    Attributes:
        cell: Where it stands (`I6`).
        numbers: The cells it is drawn from (`'Trend'!E6:Q6`).
    """

    cell: str
    numbers: str


class CellCurves:
    """Which curves are drawn in cells: those whose numbers stand in the cells right of one.

    Attributes:
        names: Of curves that have such numbers.
        plotted: Where those stand, to be drawn large.
    """

    def __init__(self, page: Page) -> None:
        """Takes the document."""
        tables = (block for block in page.blocks if isinstance(block, pages.Table))
        self.names = {
            cell.curve.name
            for table in tables
            for line in table.lines
            for at, cell in enumerate(line.cells)
            if cell.curve is not None and has_numbers(line, at)
        }
        self.plotted: list[Plotted] = []
        self._numbers: dict[str, str] = {}
        self._cells: list[tuple[str, str, str]] = []

    def add(
        self, sheet: Any, row: int, line: pages.Line, places: list[int], *, heading: int
    ) -> None:
        """Notes the curves of a line that was written into columns, below its heading."""
        for at, cell in enumerate(line.cells):
            if cell.curve is None or cell.curve.name not in self.names:
                continue
            self._cells.append(
                (sheet.title, f"{get_column_letter(places[at])}{row}", cell.curve.name)
            )
            if has_numbers(line, at):
                first, last = places[at + 1], places[-1]
                ends = f"{get_column_letter(first)}{row}:{get_column_letter(last)}{row}"
                title = sheet.title.replace("'", "''")
                self._numbers[cell.curve.name] = f"'{title}'!{ends}"
                what = " ".join(both(each.lines[0]) for each in line.cells[:at])
                self.plotted.append(Plotted(what, sheet, heading, row, first, last))

    def lines(self, sheets: list[str]) -> dict[int, list[Sparkline]]:
        """Returns number of the sheet → the curves in its cells."""
        found: dict[int, list[Sparkline]] = {}
        for sheet, cell, name in self._cells:
            line = Sparkline(cell, self._numbers[name])
            found.setdefault(sheets.index(sheet) + 1, []).append(line)
        return found


def has_numbers(line: pages.Line, at: int) -> bool:
    """Says whether the cells right of a curve are its points."""
    curve = line.cells[at].curve
    return curve is not None and len(line.cells) - at - 1 == len(curve.points)


def add_sparklines(book: bytes, lines: Mapping[int, Sequence[Sparkline]]) -> bytes:
    """Returns a workbook with lines in cells.

    Args:
        book: The workbook as it was written.
        lines: Number of the sheet, from 1 → its lines.
    """
    parts = {f"xl/worksheets/sheet{number}.xml": each for number, each in lines.items() if each}
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as before,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for item in before.infolist():
            content = before.read(item)
            if item.filename in parts:
                body, _, _ = content.rpartition(_END)
                content = body + _extension(parts[item.filename]).encode() + _END
            after.writestr(item, content)
    return written.getvalue()


def _extension(lines: Sequence[Sparkline]) -> str:
    colours = "".join(f'<x14:color{name} rgb="FF222222"/>' for name in _COLOURS)
    each = "".join(
        f"<x14:sparkline><xm:f>{escape(one.numbers, quote=False)}</xm:f>"
        f"<xm:sqref>{one.cell}</xm:sqref></x14:sparkline>"
        for one in lines
    )
    return (
        f'<extLst><ext xmlns:x14="{_X14}" uri="{_URI}"><x14:sparklineGroups xmlns:xm="{_XM}">'
        '<x14:sparklineGroup lineWeight="1" displayEmptyCellsAs="gap" last="1">'
        f"{colours}<x14:sparklines>{each}</x14:sparklines></x14:sparklineGroup>"
        "</x14:sparklineGroups></ext></extLst>"
    )
