"""A document as a workbook: a cover, the heat map, and a sheet for each table, with filters.

Every text is written as a text, whatever it begins with: nothing in a cell can run. What is given
as a number is written as one. The watermark is a line on every sheet that stays in view, and stands
in the printed header.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from mra_gateway.documents import page as pages
from mra_gateway.documents.page import Cell, Page, Said, both, told
from mra_gateway.documents.page_charts import draw_charts
from mra_gateway.documents.page_sparklines import CellCurves, add_sparklines, has_numbers
from mra_gateway.documents.tones import Tone

_FONT = "Arial"
_PLAIN = Font(name=_FONT, size=9)
_BOLD = Font(name=_FONT, size=9, bold=True)
_TITLE = Font(name=_FONT, size=16, bold=True)
_HEADING = Font(name=_FONT, size=12, bold=True)
_SMALL = Font(name=_FONT, size=8, color="FF444444")
_WARNING = Font(name=_FONT, size=11, bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_NUMBER = Alignment(horizontal="right", vertical="top", indent=1)
_CENTRED = Alignment(horizontal="center", vertical="center")
_THIN = Side(style="thin", color="FF8A8A8A")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_GREY = PatternFill(start_color="FFDDDDDD", end_color="FFDDDDDD", fill_type="solid")
_HATCHED = PatternFill(start_color="FFBBBBBB", end_color="FFFFFFFF", fill_type="lightUp")
_CHARACTERS = 11
"""Characters for one unit of a column's width."""
_LINE = 12.0
"""Points of a line of text."""
_TALLEST = 400.0
"""Points a row may have."""
_YEAR_BEHIND = re.compile(r" \((\d{4})\)$")
_LONGEST = 32_000
"""Characters a cell holds."""


def render_page_xlsx(page: Page) -> bytes:
    """Returns the document as a workbook."""
    book = Workbook()
    cover: Any = book.active
    cover.title = _name(book, page.cover[0])
    sheets: list[str] = []
    curves = CellCurves(page)
    for block in page.blocks:
        if isinstance(block, (pages.HeatMap, pages.Table)):
            sheet = book.create_sheet(_name(book, block.sheet))
            sheets.append(sheet.title)
            if isinstance(block, pages.HeatMap):
                _write_map(sheet, block, page)
            else:
                _write_table(sheet, block, page, curves)
    _write_cover(cover, page, sheets)
    for sheet in book.worksheets:
        _set_up_print(sheet, page)
    if page.charts is not None and curves.plotted:
        sheet = book.create_sheet(_name(book, page.charts[0]))
        _put(sheet, 1, 1, f"{both(page.charts)} – {both(page.subtitle)}", _HEADING, wrapped=False)
        _set_up_print(sheet, page)
        draw_charts(sheet, curves.plotted, row=_banner(sheet, page, 2) + 1)
    made_at = datetime(*page.printed_on.timetuple()[:3], tzinfo=UTC).replace(tzinfo=None)
    book.properties.title = both(page.title)
    book.properties.creator = "MRA Gateway"
    book.properties.created = book.properties.modified = made_at
    written = io.BytesIO()
    book.save(written)
    return add_sparklines(written.getvalue(), curves.lines(book.sheetnames))


def _write_cover(sheet: Any, page: Page, sheets: list[str]) -> None:
    row = 1
    for letter, width in zip("ABCDE", (30, 46, 46, 46, 46), strict=True):
        sheet.column_dimensions[letter].width = width
    for line in page.letterhead:
        _put(sheet, row, 1, line, _PLAIN)
        row += 1
    row = _banner(sheet, page, row)
    _put(sheet, row, 1, both(page.title), _TITLE, wrapped=False)
    sheet.row_dimensions[row].height = 24
    _put(sheet, row + 1, 1, both(page.subtitle), _HEADING, wrapped=False)
    _put(sheet, row + 2, 1, both(page.printed), _SMALL)
    row += 4
    following = iter(sheets)
    for block in page.blocks:
        row = _cover_block(sheet, block, row, page)
        if isinstance(block, (pages.HeatMap, pages.Table)):
            sheet.cell(row - 2, 1).hyperlink = Hyperlink(
                ref=f"A{row - 2}", location=f"'{next(following)}'!A1"
            )
    sheet.sheet_view.showGridLines = False


def _cover_block(sheet: Any, block: pages.Block, row: int, page: Page) -> int:
    if isinstance(block, pages.Heading):
        _put(sheet, row, 1, both(block.text), _HEADING, wrapped=False)
        return row + 1
    if isinstance(block, pages.Paragraph):
        bold = block.style in ("strong", "lead")
        return _across(sheet, row, (block.text,), font=_BOLD if bold else _PLAIN)
    if isinstance(block, pages.Bullets):
        for number, item in enumerate(block.items, 1):
            mark = f"{number}." if block.is_numbered else "•"
            row = _across(sheet, row, (tuple(f"{mark} {one}" for one in item),))
        return row + 1
    if isinstance(block, pages.Facts):
        return _facts(sheet, row, block, page)
    if isinstance(block, pages.SignatureLines):
        for side in block.sides:
            _put(sheet, row, 1, both(side), _BOLD)
            for number, label in enumerate(block.labels, 1):
                _put(sheet, row + number, 1, both(label), _SMALL)
                sheet.cell(row + number, 2).border = Border(bottom=_THIN)
            row += len(block.labels) + 2
        return row
    _put(sheet, row, 1, f"→ {both(block.name)}", _BOLD, wrapped=False)
    return row + 2


def _across(sheet: Any, row: int, texts: Iterable[Said], *, font: Font = _PLAIN) -> int:
    """Writes texts over the cover's width, in two halves where there are two languages."""
    for said in texts:
        height = _LINE
        halves = ((1, 5, 0),) if len(said) == 1 else ((1, 2, 0), (3, 5, 1))
        for first, last, language in halves:
            _put(sheet, row, first, told(said, language), font)
            sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
            width = sum(30 if n == 1 else 46 for n in range(first, last + 1))
            height = max(height, _height(told(said, language), width))
        sheet.row_dimensions[row].height = height
        row += 1
    return row


def _facts(sheet: Any, row: int, block: pages.Facts, page: Page) -> int:
    several = len(page.languages)
    # one value alone has all the width
    is_wide = several == 1 and not block.columns
    for number, heading in enumerate(block.columns):
        _put(sheet, row, 2 + number * several, both(heading), _BOLD, fill=_GREY)
        if several > 1:
            _put(sheet, row, 3 + number * several, "", _BOLD, fill=_GREY)
    row += 1 if block.columns else 0
    for label, cells in block.lines:
        _put(sheet, row, 1, both(label), _BOLD, fill=_GREY)
        tallest = _LINE
        for number, cell in enumerate(cells):
            for language in range(several):
                text = "\n".join(told(said, language) for said in (*cell.lines, *cell.small))
                _put(sheet, row, 2 + number * several + language, text, _PLAIN, boxed=True)
                tallest = max(tallest, _height(text, 4 * 46 if is_wide else 46))
        if is_wide:
            sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=5)
        sheet.row_dimensions[row].height = tallest
        row += 1
    return row + 1


def _write_table(sheet: Any, table: pages.Table, page: Page, curves: CellCurves) -> None:
    languages = len(page.languages)
    _put(sheet, 1, 1, f"{both(table.name)} – {both(page.subtitle)}", _HEADING, wrapped=False)
    head = _banner(sheet, page, 2)
    lines = [line for line in table.lines if not line.is_heading]
    listed = [_values(line, table, languages, curves.names) for line in lines]
    places = _places(table, languages)
    columns = [
        (heading, max(width, *(_room(values[at]) for values in listed)) if listed else width)
        for at, (heading, width) in enumerate(_columns(table, languages))
    ]
    for number, (heading, width) in enumerate(columns, 1):
        _put(sheet, head, number, heading, _BOLD, fill=_GREY, boxed=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.row_dimensions[head].height = max(_height(text, width) for text, width in columns)
    row = head
    for line, values in zip(lines, listed, strict=True):
        row += 1
        curves.add(sheet, row, line, places, heading=head)
        for at, value in enumerate(values, 1):
            _put(sheet, row, at, value.text, _PLAIN, fill=_fill(value.tone), boxed=True)
            if value.number is not None:
                _put_number(sheet.cell(row, at), value)
        sheet.row_dimensions[row].height = max(
            _height(value.text, width) for value, (_, width) in zip(values, columns, strict=True)
        )
    fixed = 3 if table.grouped_by else 2
    sheet.freeze_panes = sheet.cell(head + 1, fixed)
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(columns))}{max(row, head)}"
    sheet.print_title_rows = f"{head}:{head}"


def _columns(table: pages.Table, languages: int) -> list[tuple[str, float]]:
    is_named = any(line.group_name for line in table.lines)
    columns = [(both(table.grouped_by), 30.0 if is_named else 10.0)] if table.grouped_by else []
    for column in table.columns:
        width = max(8.0, column.width * _CHARACTERS)
        each = range(languages) if column.is_told else (0,)
        joined = both(column.heading)
        columns += [(told(column.heading, n) if column.is_told else joined, width) for n in each]
        if column.note is not None:
            columns += [(told(column.note, n), 24.0) for n in each]
    return columns


def _places(table: pages.Table, languages: int) -> list[int]:
    """Returns in which column of the sheet each column of the table begins."""
    found, at = [], 2 if table.grouped_by else 1
    for column in table.columns:
        found.append(at)
        at += (languages if column.is_told else 1) * (1 if column.note is None else 2)
    return found


class _Value(NamedTuple):
    text: str
    tone: Tone | None = None
    number: float | None = None


def _values(
    line: pages.Line, table: pages.Table, languages: int, drawn: Collection[str]
) -> list[_Value]:
    group = "\n".join(map(both, line.group_name)) or line.group or ""
    values = [_Value(group)] if table.grouped_by else []
    begins = next((at for at in range(len(line.cells)) if has_numbers(line, at)), None)
    for at, (column, cell) in enumerate(zip(table.columns, line.cells, strict=True)):
        each = range(languages) if column.is_told else (0,)
        small = cell.small
        if cell.curve is not None and cell.curve.name not in drawn:
            small = (cell.curve.told, *small)
        if begins is not None and at > begins and cell.number is None:
            # a text among the numbers of a curve would be drawn as nought
            cell = Cell()  # noqa: PLW2901 - what stands there
        for language in each:
            lines = cell.lines + (() if column.note is not None else small)
            is_number = len(lines) == 1 and cell.tone is None
            number = cell.number if is_number else None
            values.append(_Value(_text(cell, lines, language), cell.tone, number))
        if column.note is not None:
            values += [_Value("\n".join(told(said, n) for said in small)) for n in each]
    return values


def _room(value: _Value) -> float:
    """Returns the width a number needs: one that has none is not cut but hidden."""
    return 0.0 if value.number is None else len(value.text) + 3.0


def _put_number(cell: Any, value: _Value) -> None:
    number = value.number
    assert number is not None
    cell.data_type, cell.quotePrefix = "n", False
    cell.alignment = _NUMBER
    cell.value = int(number) if float(number).is_integer() else number
    form = "#,##0" if float(number).is_integer() else "#,##0.00"
    if "%" in value.text:
        form = "0.0%"
    if value.text.endswith("*"):
        form += '"*"'
    year = _YEAR_BEHIND.search(value.text)
    # the year stands behind the number without being reckoned with
    cell.number_format = form if year is None else f'{form}" ({year[1]})"'


def _text(cell: Cell, lines: tuple[Said, ...], language: int) -> str:
    text = "\n".join(told(said, language) for said in lines)
    return f"{cell.tone.sign} {text}" if cell.tone else text


def _write_map(sheet: Any, heat_map: pages.HeatMap, page: Page) -> None:
    _put(sheet, 1, 1, f"{both(heat_map.name)} – {both(page.subtitle)}", _HEADING, wrapped=False)
    row = _banner(sheet, page, 2)
    _put(sheet, row, 1, both(heat_map.category), _BOLD, fill=_GREY, boxed=True)
    _put(sheet, row, 2, both(heat_map.whole), _BOLD, fill=_GREY, boxed=True)
    sheet.freeze_panes = sheet.cell(row + 1, 3)
    sheet.column_dimensions["A"].width = 44
    sheet.column_dimensions["B"].width = 14
    widest = max((len(line.tiles) for line in heat_map.lines), default=0)
    for number in range(3, widest + 3):
        sheet.column_dimensions[get_column_letter(number)].width = 11
    for line in heat_map.lines:
        row += 1
        _put(sheet, row, 1, f"{line.category} {both(line.name)}", _PLAIN, boxed=True)
        sheet.row_dimensions[row].height = _height(f"{line.category} {both(line.name)}", 44)
        _put(sheet, row, 2, line.tone.sign, _BOLD, fill=_fill(line.tone), boxed=True, centred=True)
        for number, tile in enumerate(line.tiles, 3):
            text = f"{tile.tone.sign} {tile.item}"
            _put(sheet, row, number, text, _PLAIN, fill=_fill(tile.tone), boxed=True, centred=True)
    row += 2
    for tone, name, count in heat_map.legend:
        _put(sheet, row, 1, both(name), _PLAIN, boxed=True)
        _put(sheet, row, 2, tone.sign, _BOLD, fill=_fill(tone), boxed=True, centred=True)
        cell = sheet.cell(row, 3, count)
        cell.border, cell.font, cell.alignment = _BOX, _PLAIN, _CENTRED
        row += 1


def _banner(sheet: Any, page: Page, row: int) -> int:
    """Writes for whom it is and, where it is unconfirmed, that it is; returns the next row."""
    _put(sheet, row, 1, both(page.marking), _SMALL, wrapped=False)
    row += 1
    if page.watermark is not None and page.notice is not None:
        text = f"{both(page.watermark)}. {both(page.notice)}"
        _put(sheet, row, 1, text, _WARNING, fill=_HATCHED, wrapped=False)
        row += 1
    return row


def _put(
    sheet: Any,
    row: int,
    column: int,
    text: str,
    font: Font,
    *,
    fill: PatternFill | None = None,
    boxed: bool = False,
    centred: bool = False,
    wrapped: bool = True,
) -> None:
    cell = sheet.cell(row, column)
    if text:
        cell.value = ILLEGAL_CHARACTERS_RE.sub(lambda found: repr(found[0])[1:-1], text)[:_LONGEST]
        # a text stays a text: it is no formula now, nor when somebody edits the cell
        cell.data_type = "s"
        cell.quotePrefix = True
    cell.font = font
    cell.alignment = _CENTRED if centred else _WRAPPED if wrapped else Alignment()
    if fill is not None:
        cell.fill = fill
    if boxed:
        cell.border = _BOX


def _height(text: str, width: float) -> float:
    """Returns the points a text takes in a column: spreadsheet programs do not all work it out."""
    room = max(1, int(width / 0.9))
    lines = sum(max(1, len(wrap(line, room))) for line in text.split("\n"))
    return min(_TALLEST, _LINE * lines + 3)


def _fill(tone: Tone | None) -> PatternFill | None:
    if tone is None or tone.fill == "FFFFFF":
        return None
    colour = f"FF{tone.fill}"
    return PatternFill(start_color=colour, end_color=colour, fill_type="solid")


def _set_up_print(sheet: Any, page: Page) -> None:
    is_wide = sheet.max_column > 8
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A3 if is_wide else sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    marks = [both(page.marking)] + ([both(page.watermark)] if page.watermark else [])
    sheet.oddHeader.left.text = _header_text(" – ".join(marks))
    sheet.oddHeader.right.text = _header_text(both(page.subtitle))
    sheet.oddFooter.left.text = _header_text(f"{both(page.title)} · {both(page.printed)}")
    sheet.oddFooter.right.text = f"{_header_text(both(page.page_of))} &P / &N"


def _header_text(text: str) -> str:
    # an ampersand begins a code there
    return text.replace("&", "&&")[:120]


def _name(book: Workbook, wanted: str) -> str:
    plain = "".join(letter for letter in wanted if letter not in "[]:*?/\\'")[:28] or "Sheet"
    taken = {sheet.title for sheet in book.worksheets}
    return next(
        name
        for number in range(1, len(taken) + 2)
        if (name := plain if number == 1 else f"{plain} {number}") not in taken
    )
