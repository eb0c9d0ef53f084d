"""Writes tables: the register for export, the report of problems, the officer's file marked.

No cell written here can run: in XLSX every text is a text, in CSV `escaping.py` stands before it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.register import RegisterRow, RowProblem
from mra_gateway.tables.columns import Cell, columns_of, rows_of_cells
from mra_gateway.tables.escaping import escape, is_dangerous
from mra_gateway.tables.json_file import FORMAT
from mra_gateway.tables.sheet import Area, CellError, NotComputed, Sheet, Source, Value

PROBLEM_COLUMNS = ("file", "sheet", "row", "column", "cell", "heading", "value", "reason", "text")
_WIDEST = 60
_LARGEST_MERGE = 2_000
_MARK = PatternFill(start_color="FFFFC7CE", end_color="FFFFC7CE", fill_type="solid")
_BOLD = Font(bold=True)


def write_register(rows: Sequence[RegisterRow], path: Path, *, bom: bool = True) -> None:
    """Writes a register as CSV, XLSX or JSON, by the file's ending; it can be read back.

    Args:
        rows: The register.
        path: Where to; an existing file is replaced.
        bom: Whether CSV begins with a byte order mark, by which Excel knows UTF-8.

    Raises:
        RequestRefused: Another ending.
    """
    if path.suffix.lower() == ".json":
        _write_json(rows, path)
        return
    columns = columns_of(rows)
    write_table(columns, rows_of_cells(rows, columns), path, title="register", bom=bom)


def write_problems(problems: Iterable[RowProblem], path: Path, *, bom: bool = True) -> None:
    """Writes the report of problems as CSV or XLSX, one row each, with its cell.

    Raises:
        RequestRefused: Another ending.
    """
    rows = (
        (
            problem.address.file,
            problem.address.sheet,
            None if problem.address.row is None else str(problem.address.row),
            problem.address.column,
            problem.address.cell,
            problem.heading,
            problem.value,
            problem.reason.value,
            problem.text,
        )
        for problem in problems
    )
    write_table(PROBLEM_COLUMNS, rows, path, title="problems", bom=bom)


def write_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    path: Path,
    *,
    title: str,
    bom: bool = True,
) -> None:
    """Writes headings and rows as CSV or XLSX, by the file's ending.

    Raises:
        RequestRefused: Another ending.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        _write_csv(headings, rows, path, bom=bom)
    elif kind == ".xlsx":
        _write_xlsx(headings, rows, path, title=title)
    else:
        raise RequestRefused(
            "a table is written as .csv or .xlsx", reason=Reason.REQUEST_INVALID, where=path.name
        )


def write_marked_copy(source: Source, problems: Iterable[RowProblem], path: Path) -> None:
    """Writes a copy of the officer's file with the broken cells coloured and explained.

    The copy holds values, never formulas: what was read is what is shown.

    Args:
        source: The file as `tables.register.open_source` opened it.
        problems: What was found.
        path: The copy, an XLSX.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    marks: dict[tuple[str | None, int], dict[str | None, list[str]]] = {}
    for problem in problems:
        place = (problem.address.sheet, problem.address.row or 1)
        columns = marks.setdefault(place, {})
        columns.setdefault(problem.address.column, []).append(f"{problem.reason}: {problem.text}")
    for sheet in source.sheets:
        _copy_sheet(book, sheet, marks)
    book.save(path)


def _write_json(rows: Sequence[RegisterRow], path: Path) -> None:
    operators = [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
    text = json.dumps({"format": FORMAT, "operators": operators}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_csv(
    headings: Sequence[str], rows: Iterable[Sequence[Cell]], path: Path, *, bom: bool
) -> None:
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        for row in chain([headings], rows):
            writer.writerow(["" if cell is None else escape(_as_text(cell)) for cell in row])


def _write_xlsx(
    headings: Sequence[str], rows: Iterable[Sequence[Cell]], path: Path, *, title: str
) -> None:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title)
    # a write-only sheet takes its widths before its rows, so the first rows set them
    rows = iter(rows)
    head = list(islice(rows, 200))
    for number, heading in enumerate(headings, 1):
        texts = [heading, *(_as_text(row[number - 1]) for row in head)]
        longest = max(len(line) for text in texts for line in text.split("\n"))
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 3, _WIDEST)
    sheet.freeze_panes = "A2"
    count = 1
    sheet.append([_text_cell(sheet, heading, bold=True) for heading in headings])
    for row in chain(head, rows):
        count += 1
        sheet.append([None if cell is None else _cell(sheet, cell) for cell in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{count}"
    book.save(path)


def _cell(sheet: Any, value: str | date) -> Any:
    if isinstance(value, date):
        cell: Any = WriteOnlyCell(sheet, value=datetime.combine(value, time()))
        cell.number_format = "yyyy-mm-dd"
        return cell
    return _text_cell(sheet, value)


def _text_cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    cell: Any = WriteOnlyCell(sheet, value=_printable(text))
    cell.data_type = "s"
    cell.number_format = "@"
    # the mark by which Excel keeps a text a text when somebody edits the cell
    cell.quotePrefix = is_dangerous(text)
    if bold:
        cell.font = _BOLD
    return cell


def _copy_sheet(
    book: Workbook, sheet: Sheet, marks: dict[tuple[str | None, int], dict[str | None, list[str]]]
) -> None:
    copy = book.create_sheet(sheet.name or "register")
    for row in sheet.rows:
        for number, value in enumerate(row.values, 1):
            if value is not None:
                _copy_value(copy.cell(row.number, number), value)
        copy.row_dimensions[row.number].hidden = row.hidden
    for number in sheet.hidden_columns:
        copy.column_dimensions[get_column_letter(number)].hidden = True
    widths = max((len(row.values) for row in sheet.rows), default=0)
    for number in range(1, widths + 1):
        copy.column_dimensions[get_column_letter(number)].width = 22
    for (name, row_number), columns in marks.items():
        if name != sheet.name:
            continue
        for letter, texts in columns.items():
            column = letter if letter and letter.isascii() and letter.isalpha() else "A"
            cell = copy[f"{column}{row_number}"]
            cell.fill = _MARK
            cell.comment = Comment(_printable("\n".join(texts))[:2000], "MRA Gateway")
    for area in sheet.merged:
        # merged cells take no comment, so what holds a problem stays apart
        if area.size > _LARGEST_MERGE:
            continue
        cells = (copy.cell(row, n) for row in _rows_of(area) for n in _columns_of(area))
        if not any(cell.comment for cell in cells):
            copy.merge_cells(str(area))


def _rows_of(area: Area) -> range:
    return range(area.first_row, area.last_row + 1)


def _columns_of(area: Area) -> range:
    return range(area.first_column, area.last_column + 1)


def _copy_value(cell: Any, value: Value) -> None:
    if isinstance(value, (CellError, NotComputed)):
        value = value.code if isinstance(value, CellError) else "(formula without result)"
    if isinstance(value, str):
        cell.value = _printable(value)
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = is_dangerous(value)
    else:
        cell.value = value


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else cell


def _printable(text: str) -> str:
    # control characters cannot stand in a workbook at all
    return ILLEGAL_CHARACTERS_RE.sub(lambda found: repr(found[0])[1:-1], text)
