"""Small lines in cells of a workbook, drawn by the spreadsheet from numbers in other cells.

The library that writes workbooks has no word for them: they are an extension at the end of a
sheet's XML, and are put there when the workbook is written. A program that does not know the
extension shows an empty cell; the numbers are in their cells all the same.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

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
