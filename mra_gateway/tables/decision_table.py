"""A decision table → a workbook an officer works in; `decision_table_reading.py` reads it back.

One row per row of the table, drop-downs where there are words to choose, explanations in English
and Russian on a sheet of their own. What identifies the table and its rows is locked; rows to add
stand blank below.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from mra_gateway.model.benefits import DecisionTable, TableRow
from mra_gateway.tables.decision_table_columns import (
    ALL_WORD,
    COLUMNS,
    HEAD,
    HEAD_SHEET,
    HELP_SHEET,
    LOCKED_HEAD,
    NO,
    NONE_WORD,
    ROWS_SHEET,
    WORDS_SHEET,
    YES,
    Column,
    Kind,
)
from mra_gateway.tables.escaping import is_dangerous

BLANK_ROWS = 40
LINE_POINTS = 15
FIRST_ROW = 3
"""Below a row of English and a row of Russian headings."""

_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def write_decision_table(table: DecisionTable) -> bytes:
    """Returns a decision table as an XLSX workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _write_head(book.create_sheet(HEAD_SHEET), table)
    rows = book.create_sheet(ROWS_SHEET)
    _write_rows(rows, table.rows.value or ())
    _write_explanations(book.create_sheet(HELP_SHEET))
    _write_words(book.create_sheet(WORDS_SHEET), rows)
    book.active = 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write_head(sheet: Any, table: DecisionTable) -> None:
    values = {
        "id": table.id,
        "arrangement": table.arrangement,
        "granted_by": table.granted_by,
        "version": table.version,
        "mode": table.mode,
        "source": table.rows.source,
        "basis": table.rows.basis,
        "as_of": table.rows.as_of,
        "stated": NO if table.rows.value is None else YES,
    }
    for number, (field, english, russian) in enumerate(HEAD, 1):
        _put(sheet.cell(number, 1), english, bold=True)
        _put(sheet.cell(number, 2), values[field], locked=field in LOCKED_HEAD)
        _put(sheet.cell(number, 3), russian)
    for column, width in (("A", 34), ("B", 60), ("C", 40)):
        sheet.column_dimensions[column].width = width
    sheet.protection.enable()


def _write_rows(sheet: Any, rows: Sequence[TableRow]) -> None:
    for number, column in enumerate(COLUMNS, 1):
        _put(sheet.cell(1, number), column.english, bold=True)
        _put(sheet.cell(2, number), column.russian, bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for offset in range(len(rows) + BLANK_ROWS):
        row = rows[offset] if offset < len(rows) else None
        for number, column in enumerate(COLUMNS, 1):
            value = None if row is None else cell_of(row, column, order=offset + 1)
            locked = column.field == "id" and row is not None
            _put(sheet.cell(FIRST_ROW + offset, number), value, locked=locked)
    for number in range(1, FIRST_ROW + len(rows)):
        _fit_height(sheet, number)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 3)
    # on paper: every column on one page's width, and no blank rows
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    last = get_column_letter(len(COLUMNS))
    sheet.print_area = f"A1:{last}{FIRST_ROW + max(len(rows), 1) - 1}"
    sheet.protection.enable()
    for allowed in ("formatColumns", "formatRows", "autoFilter", "sort"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden


def _fit_height(sheet: Any, number: int) -> None:
    """Makes a row as high as its longest text is; not every program does by itself."""
    lines = 1
    for cell, column in zip(sheet[number], COLUMNS, strict=True):
        text = "" if cell.value is None else str(cell.value)
        lines = max(lines, sum(1 + len(line) // int(column.width) for line in text.split("\n")))
    sheet.row_dimensions[number].height = LINE_POINTS * lines


def _write_explanations(sheet: Any) -> None:
    headings = ("column", "графа", "what stands there", "что здесь указывается")
    for number, heading in enumerate(headings, 1):
        _put(sheet.cell(1, number), heading, bold=True)
    for row, column in enumerate(COLUMNS, 2):
        texts = column.english, column.russian, column.explanation, column.explanation_russian
        for number, text in enumerate(texts, 1):
            _put(sheet.cell(row, number), text)
    for letter, width in (("A", 28), ("B", 28), ("C", 70), ("D", 70)):
        sheet.column_dimensions[letter].width = width
    sheet.protection.enable()


def _write_words(sheet: Any, rows: Any) -> None:
    """Writes the words of the drop-downs, and the drop-downs that offer them."""
    last = rows.max_row
    for number, column in enumerate(COLUMNS, 1):
        letter = get_column_letter(number)
        _put(sheet.cell(1, number), column.english, bold=True)
        for row, word in enumerate(column.words, 2):
            _put(sheet.cell(row, number), word)
        if column.words:
            words = f"'{WORDS_SHEET}'!${letter}$2:${letter}${len(column.words) + 1}"
            choice = DataValidation(type="list", formula1=words, allow_blank=True)
            # several words with commas are typed; the drop-down then only offers them
            choice.showErrorMessage = column.only_words
            choice.add(f"{letter}{FIRST_ROW}:{letter}{last}")
            rows.add_data_validation(choice)
    sheet.protection.enable()


def cell_of(row: TableRow, column: Column, *, order: int) -> str | int | date | None:
    """Returns what stands in one cell of a row."""
    if column.kind is Kind.NUMBER:
        return order
    if column.kind is Kind.BENEFITS:
        return "\n".join(benefit.code for benefit in row.benefits)
    if column.kind is Kind.PARAMETERS:
        return _lines(
            f"{benefit.code}.{name} = {json.dumps(value, ensure_ascii=False)}"
            for benefit in row.benefits
            for name, value in benefit.parameters.items()
        )
    if column.kind is Kind.REFERENCES:
        return _lines(
            f"{benefit.code}: {benefit.legal_reference}"
            for benefit in row.benefits
            if benefit.legal_reference is not None
        )
    value: Any = getattr(row, column.field)
    if column.kind is Kind.MANY:
        return _listed(value, column)
    if column.kind is Kind.YES_NO:
        return YES if value else NO
    return value if value is None or isinstance(value, date) else str(value)


def _listed(value: str | Sequence[object], column: Column) -> str | None:
    if isinstance(value, str):
        return ALL_WORD
    if not value:
        return None if column.field == "chapters_excluded" else NONE_WORD
    return ", ".join(_quoted(str(item)) for item in value)


def _quoted(word: str) -> str:
    return f'"{word}"' if word in {ALL_WORD, NONE_WORD} else word


def _lines(lines: Iterable[str]) -> str | None:
    return "\n".join(lines) or None


def _put(cell: Any, value: object, *, bold: bool = False, locked: bool = False) -> None:
    cell.protection = Protection(locked=locked)
    cell.alignment = _WRAPPED
    if isinstance(value, date):
        cell.value = datetime.combine(value, time())
        cell.number_format = "yyyy-mm-dd"
        return
    cell.number_format = "@"
    if isinstance(value, int):
        cell.value = value
        cell.number_format = "0"
    elif value is not None:
        text = str(value)
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = is_dangerous(text)
    if bold:
        cell.font = _BOLD
