"""A sheet of line charts in a workbook, each drawn from the numbers of a line of another sheet."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from openpyxl.chart import LineChart, Reference, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

IN_A_ROW: Final = 4
_WIDTH, _HEIGHT = 7.3, 4.9
"""Centimetres."""
_ROWS, _COLUMNS = 10, 3
"""What a chart takes of the sheet, with the space around it."""
_COLUMN: Final = 13.0
"""Characters: three such columns are as wide as a chart."""
_ON_A_PAGE: Final = 5
_SCALE: Final = 58
"""Per cent, at which that fits on paper."""
_LONGEST: Final = 70
_BLACK, _PALE = "222222", "D0D0D0"


class Plotted(NamedTuple):
    """Where the numbers of a curve stand, and what it is a curve of."""

    title: str
    sheet: Any
    heading: int
    row: int
    first: int
    last: int


def draw_charts(sheet: Any, curves: list[Plotted], *, row: int) -> None:
    """Draws charts beside and below each other.

    Args:
        sheet: On which.
        curves: What is drawn.
        row: From which row on.
    """
    for number, curve in enumerate(curves):
        down, across = divmod(number, IN_A_ROW)
        cell = sheet.cell(row + down * _ROWS, 1 + across * _COLUMNS)
        sheet.add_chart(_chart(curve), cell.coordinate)
        if across == 0 and down and down % _ON_A_PAGE == 0:
            sheet.row_breaks.append(Break(id=cell.row - 1))
    for column in range(1, IN_A_ROW * _COLUMNS + 1):
        sheet.column_dimensions[get_column_letter(column)].width = _COLUMN
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.pageSetUpPr.fitToPage = False
    sheet.page_setup.scale = _SCALE


def _chart(curve: Plotted) -> Any:
    # typed as anything: the library's descriptors take more than they give back
    chart: Any = LineChart()
    chart.width, chart.height, chart.legend = _WIDTH, _HEIGHT, None
    chart.title = curve.title if len(curve.title) <= _LONGEST else f"{curve.title[:_LONGEST]}…"
    title = chart.title.tx.rich.p[0]
    title.pPr = ParagraphProperties(defRPr=_size(800))
    for run in title.r:
        run.rPr = _size(800)
    chart.series.append(_line(_cells(curve, curve.row)))
    chart.set_categories(_cells(curve, curve.heading))
    small = _size(600)
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        text = Paragraph(pPr=ParagraphProperties(defRPr=small), endParaRPr=small)
        axis.txPr = RichText(p=[text])
    grid = LineProperties(solidFill=_PALE, w=6_000)
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=grid))
    chart.display_blanks = "gap"
    return chart


def _line(numbers: Reference) -> Any:
    line: Any = Series(numbers, title=None)
    line.graphicalProperties.line = LineProperties(solidFill=_BLACK, w=15_000)
    line.smooth = False
    line.marker.symbol, line.marker.size = "circle", 3
    line.marker.graphicalProperties.solidFill = _BLACK
    line.marker.graphicalProperties.line.solidFill = _BLACK
    return line


def _cells(curve: Plotted, row: int) -> Reference:
    return Reference(curve.sheet, min_row=row, max_row=row, min_col=curve.first, max_col=curve.last)


def _size(hundredths: int) -> CharacterProperties:
    return CharacterProperties(sz=hundredths, b=False)
