"""The report of an impact as a workbook: every figure with numerator, denominator and interval."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from mra_gateway.model.comparison import Audience
from mra_gateway.model.impact import Cut, Definition, Impact, ImpactTable
from mra_gateway.tables.escaping import is_dangerous

_BOLD = Font(bold=True)
_HEAD = PatternFill(start_color="FFDDDDDD", end_color="FFDDDDDD", fill_type="solid")
_WRAP = Alignment(wrap_text=True, vertical="top")
_FORMATS = {"share": "0.00%", "count": "#,##0.0", "hours": "#,##0.0"}
_COLUMNS = (
    ("cut", 10),
    ("row", 22),
    ("declarations", 14),
    ("figure", 40),
    ("value", 14),
    ("numerator", 18),
    ("denominator", 18),
    ("low", 14),
    ("high", 14),
    ("method", 34),
    ("note", 60),
)


def write_impact(impact: Impact) -> bytes:
    """Returns the report as XLSX: summary, one sheet for each cut, what it rests on."""
    book = Workbook()
    summary = book.active
    assert summary is not None
    summary.title = "summary"
    _rows(summary, _facts(impact), widths=(34, 90))
    by_name = {one.measured: one for one in impact.definitions}
    for table in impact.tables:
        sheet = book.create_sheet("total" if table.cut is Cut.TOTAL else f"by {table.cut}")
        _table(sheet, table, by_name)
    _rows(
        book.create_sheet("figures"),
        [("figure", "unit", "numerator", "denominator", "interval", "rests on")]
        + [
            (
                one.title,
                one.unit,
                one.numerator,
                one.denominator,
                one.interval,
                ", ".join(one.assumptions),
            )
            for one in impact.definitions
        ],
        widths=(40, 10, 60, 60, 60, 24),
        head=True,
    )
    _rows(
        book.create_sheet("assumptions"),
        [("id", "assumption"), *((one.id, one.text) for one in impact.assumptions)],
        widths=(8, 120),
        head=True,
    )
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _facts(impact: Impact) -> list[tuple[str, object]]:
    internal = impact.audience is Audience.INTERNAL
    facts: list[tuple[str, object]] = [
        ("Impact before signature", impact.partner),
        ("benefit table", impact.table),
        ("for", "internal use" if internal else "the partner: small cells are suppressed"),
        ("period", f"{impact.period_from} to {impact.period_until}"),
        ("declarations", impact.declarations),
        ("operators", impact.operators),
        ("of them valid", impact.valid_operators),
        ("of them declared at least once", impact.matched_operators),
        ("identifiers that name several", impact.ambiguous_identifiers),
        ("currency", impact.currency),
        ("computed by", impact.engine),
    ]
    return [fact for fact in facts if fact[1] is not None] + [
        ("remark", remark) for remark in impact.remarks
    ]


def _table(sheet: Any, table: ImpactTable, by_name: dict[Any, Definition]) -> None:
    for number, (name, width) in enumerate(_COLUMNS, start=1):
        cell = sheet.cell(1, number, name)
        cell.font, cell.fill = _BOLD, _HEAD
        sheet.column_dimensions[get_column_letter(number)].width = width
    at = 1
    if table.note is not None:
        _put(sheet, 2, len(_COLUMNS), table.note)
    for row in table.rows:
        for figure in row.figures:
            at += 1
            definition = by_name[figure.measured]
            interval = figure.interval
            values = (
                table.cut.value,
                row.key,
                row.cases,
                definition.title,
                figure.value,
                figure.numerator,
                figure.denominator,
                None if interval is None else interval.low,
                None if interval is None else interval.high,
                None if interval is None else f"{interval.level:.0%}, {interval.method}",
                figure.note,
            )
            for number, value in enumerate(values, start=1):
                cell = _put(sheet, at, number, value)
                if number in {5, 8, 9}:
                    cell.number_format = _FORMATS[definition.unit]
                elif number in {3, 6, 7}:
                    cell.number_format = "#,##0.##"
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{max(at, 2)}"


def _rows(
    sheet: Any, rows: Iterable[Sequence[object]], *, widths: Sequence[int], head: bool = False
) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for at, row in enumerate(rows, start=1):
        for number, value in enumerate(row, start=1):
            cell = _put(sheet, at, number, value)
            cell.alignment = _WRAP
            if (head and at == 1) or (not head and number == 1):
                cell.font = _BOLD
    if head:
        sheet.freeze_panes = "A2"


def _put(sheet: Any, row: int, column: int, value: object) -> Any:
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        cell.quotePrefix = is_dangerous(value)
    else:
        cell.value = value
    return cell
