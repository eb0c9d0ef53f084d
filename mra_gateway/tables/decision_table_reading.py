"""A workbook as `decision_table.py` writes it → the decision table, or every cell to put right.

1. read the sheets (hardened: `workbook.py`) 2. head 3. rows: cells, then the row as a whole
4. rows in the officer's order
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from mra_gateway.errors import Reason
from mra_gateway.model.benefits import DecisionTable, TableRow
from mra_gateway.model.faults import Fault, faults_of
from mra_gateway.model.register import RowProblem, SourceAddress
from mra_gateway.tables.decision_table import FIRST_ROW
from mra_gateway.tables.decision_table_columns import (
    ALL_WORD,
    COLUMNS,
    HEAD,
    HEAD_SHEET,
    NO,
    NONE_WORD,
    ROWS_SHEET,
    YES,
    Column,
    Kind,
)
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.rows import shown_value
from mra_gateway.tables.sheet import CellError, NotComputed, Row, Sheet, Value, is_empty
from mra_gateway.tables.workbook import read_workbook

_SEPARATORS = re.compile(r"[,;\n]")
_OWN_WORDS = {f'"{ALL_WORD}"': ALL_WORD, f'"{NONE_WORD}"': NONE_WORD}


class ReadTable(NamedTuple):
    """What was read.

    Attributes:
        table: None when something has to be put right first.
        problems: Everything that has to, with its cell.
    """

    table: DecisionTable | None
    problems: tuple[RowProblem, ...]


def read_decision_table(content: bytes, *, file: str) -> ReadTable:
    """Reads a decision table from a workbook.

    Raises:
        RequestRefused: `FILE_UNREADABLE`: not an XLSX that can be taken.
    """
    sheets = {sheet.name: sheet for sheet in read_workbook(content, file=file).sheets}  # step 1
    reading = _Reading(file)
    for name in (HEAD_SHEET, ROWS_SHEET):
        if name not in sheets:
            reading.add(
                SourceAddress(file=file, sheet=name),
                CellProblem(Reason.COLUMN_MISSING, f"there is no sheet {name!r}"),
            )
    if reading.problems:
        return ReadTable(None, tuple(reading.problems))
    head = reading.head(sheets[HEAD_SHEET])  # step 2
    rows = reading.rows(sheets[ROWS_SHEET])  # step 3
    table = reading.table(sheets[HEAD_SHEET], head, rows)
    return ReadTable(None if reading.problems else table, tuple(reading.problems))


class _Reading:
    """One workbook, and what is found wrong in it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[RowProblem] = []

    def add(
        self,
        address: SourceAddress,
        problem: CellProblem,
        *,
        heading: str | None = None,
        value: Value = None,
    ) -> None:
        """Keeps a problem."""
        self.problems.append(
            RowProblem(
                address=address,
                heading=heading,
                value=None if value is None else shown_value(value),
                reason=problem.reason,
                text=problem.text,
            )
        )

    def head(self, sheet: Sheet) -> dict[str, Any]:
        """Returns the values of the first sheet by field, without those that cannot be read."""
        by_name = {str(row.value(1)).strip(): row for row in sheet.rows if row.value(1)}
        found: dict[str, Any] = {}
        for field, english, _ in HEAD:
            row = by_name.get(english)
            value = None if row is None else row.value(2)
            try:
                found[field] = _read_head(value, field)
            except CellProblem as problem:
                where = sheet.address(None if row is None else row.number, 2)
                self.add(where, problem, heading=english, value=value)
        return found

    def rows(self, sheet: Sheet) -> tuple[TableRow, ...]:
        """Returns the rows in the officer's order."""
        columns = self._columns(sheet)
        self._check_merged(sheet, columns)
        found: list[tuple[float, int, TableRow]] = []
        for row in sheet.rows:
            filled = [column for column, place in columns if not is_empty(row.value(place))]
            # an id or an order alone is a row that was cleared
            if row.number < FIRST_ROW or not {c.field for c in filled} - {"id", "order"}:
                continue
            made = self._row(sheet, row, columns)
            if made is not None:
                found.append((made[0], row.number, made[1]))
        return tuple(made for _, _, made in sorted(found, key=lambda one: one[:2]))  # step 4

    def table(
        self, sheet: Sheet, head: dict[str, Any], rows: tuple[TableRow, ...]
    ) -> DecisionTable | None:
        """Returns the table; None when something is wrong, in this sheet or in the rows."""
        fields = {english: field for field, english, _ in HEAD}
        told = {fields.get(problem.heading or "") for problem in self.problems}
        fact = {name: head.pop(name, None) for name in ("source", "basis", "as_of")}
        fact["value"] = rows if head.pop("stated", True) or rows else None
        try:
            table = DecisionTable.model_validate({**head, "rows": fact})
        except ValidationError as error:
            for fault in faults_of(error):
                field = str(fault.where[-1])
                if field not in told:
                    problem = CellProblem(Reason.VALUE_UNREADABLE, fault.text)
                    address = self._head_address(sheet, field)
                    self.add(address, problem, heading=field, value=str(fault.given))
            return None
        return None if self.problems else table

    def _head_address(self, sheet: Sheet, field: str) -> SourceAddress:
        names = [english for each, english, _ in HEAD if each == field]
        rows = [row.number for row in sheet.rows if row.value(1) in names]
        return sheet.address(rows[0] if rows else None, 2)

    def _columns(self, sheet: Sheet) -> list[tuple[Column, int]]:
        headings = next((row for row in sheet.rows if row.number == 1), Row(1, ()))
        places = {
            str(value).strip(): place for place, value in enumerate(headings.values, 1) if value
        }
        known = {column.english for column in COLUMNS}
        for place, value in enumerate(headings.values, 1):
            heading = str(value).strip()
            if heading in known and places[heading] != place:
                problem = CellProblem(Reason.VALUE_UNREADABLE, f"{heading!r} stands twice")
                self.add(sheet.address(1, place), problem, heading=heading)
        found = []
        for column in COLUMNS:
            if column.english in places:
                found.append((column, places[column.english]))
            else:
                problem = CellProblem(Reason.COLUMN_MISSING, f"no column {column.english!r}")
                self.add(sheet.address(1), problem, heading=column.english)
        return found

    def _check_merged(self, sheet: Sheet, columns: list[tuple[Column, int]]) -> None:
        """Names merged cells among the rows: an exclusion would hold for the first of them only."""
        for area in sheet.merged:
            if area.last_row < FIRST_ROW:
                continue
            problem = CellProblem(
                Reason.CELL_MERGED,
                f"part of the merged cells {area}: only the first of them holds the value; unmerge "
                "them and write the value in every row",
            )
            for column, place in columns:
                if area.first_column <= place <= area.last_column:
                    self.add(sheet.address(area.first_row, place), problem, heading=column.english)

    def _row(
        self, sheet: Sheet, row: Row, columns: list[tuple[Column, int]]
    ) -> tuple[float, TableRow] | None:
        values: dict[str, Any] = {}
        places = {column.field: place for column, place in columns}
        wrong: set[str] = set()
        for column, place in columns:
            value = row.value(place)
            try:
                read = _read(value, column, values)
            except CellProblem as problem:
                wrong.add(column.field)
                self.add(
                    sheet.address(row.number, place), problem, heading=column.english, value=value
                )
            else:
                if read is not None:
                    values[column.field] = read
        order = values.pop("order", float(row.number))
        parameters = values.pop("parameters", {})
        references = values.pop("references", {})
        values["benefits"] = [
            {
                "code": code,
                "parameters": parameters.get(code, {}),
                "legal_reference": references.get(code),
            }
            for code in values.get("benefits", ())
        ]
        try:
            made = TableRow.model_validate(values)
        except ValidationError as error:
            self._explain(sheet, row, places, error, told=wrong)
            return None
        return None if wrong else (float(order), made)

    def _explain(
        self,
        sheet: Sheet,
        row: Row,
        places: dict[str, int],
        error: ValidationError,
        *,
        told: Collection[str],
    ) -> None:
        by_field: dict[str, list[Fault]] = {}
        for fault in faults_of(error):
            field = str(fault.where[0])
            if "parameters" in fault.where:
                field = "parameters"
            elif "legal_reference" in fault.where:
                field = "references"
            by_field.setdefault(field, []).append(fault)
        for field, faults in by_field.items():
            if field in told:
                continue
            place = places.get(field)
            value = None if place is None else row.value(place)
            reason = Reason.VALUE_MISSING if is_empty(value) else Reason.VALUE_UNREADABLE
            text = "; ".join(dict.fromkeys(_sentence(one) for one in _told_best(faults)))
            problem = CellProblem(reason, text)
            self.add(sheet.address(row.number, place), problem, heading=field, value=value)


def _told_best(faults: list[Fault]) -> list[Fault]:
    """Returns the faults of single words of a cell where there are any, not that it is no `all`."""
    words = [one for one in faults if isinstance(one.given, str | int)]
    return words or faults


def _sentence(fault: Fault) -> str:
    if fault.is_missing or not isinstance(fault.given, str | int):
        return fault.text
    return f"{repr(fault.given)[:60]}: {fault.text}"


def _read_head(value: Value, field: str) -> Any:
    """Returns a value of the first sheet.

    Raises:
        CellProblem: It cannot be read.
    """
    _check_cell(value)
    if is_empty(value):
        raise CellProblem(Reason.VALUE_MISSING, "is missing")
    if field == "as_of":
        return _day(value)
    if field == "stated" and _plain(value) not in {YES, NO}:
        raise CellProblem(Reason.WORD_UNKNOWN, f"has to be {YES} or {NO}")
    return _plain(value) == YES if field == "stated" else _plain(value)


def _check_cell(value: Value) -> None:
    if isinstance(value, CellError):
        raise CellProblem(Reason.CELL_ERROR, f"the cell holds the error {value.code}")
    if isinstance(value, NotComputed):
        raise CellProblem(Reason.FORMULA_NOT_COMPUTED, "a formula whose result is not stored")


def _read(value: Value, column: Column, before: dict[str, Any]) -> Any:
    """Returns what a cell says, None where it says nothing.

    Raises:
        CellProblem: It cannot be read.
    """
    _check_cell(value)
    if is_empty(value):
        return None
    if column.kind is Kind.DAY:
        return _day(value)
    if column.kind is Kind.NUMBER:
        return _number(value)
    text = _plain(value)
    if column.only_words and text not in column.words:
        raise CellProblem(Reason.WORD_UNKNOWN, f"has to be one of {', '.join(column.words)}")
    if column.kind is Kind.YES_NO:
        return text == YES
    if column.kind is Kind.MANY:
        return _many(text, column)
    if column.kind is Kind.BENEFITS:
        return list(_words(text))
    if column.kind is Kind.PARAMETERS:
        return _parameters(text, before.get("benefits", []))
    if column.kind is Kind.REFERENCES:
        return _references(text, before.get("benefits", []))
    return text


def _plain(value: Value) -> str:
    """Returns a cell as text: a number typed where a code is asked for is that code."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_plain(value))
    except ValueError:
        raise CellProblem(Reason.DATE_UNREADABLE, "not a day, as 2026-03-02") from None


def _number(value: Value) -> float:
    try:
        number = float(_plain(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CellProblem(Reason.VALUE_UNREADABLE, "not a number")
    return number


def _words(text: str) -> Iterator[str]:
    yield from (word.strip() for word in _SEPARATORS.split(text) if word.strip())


def _many(text: str, column: Column) -> Any:
    if column.field == "chapters_excluded":
        return tuple(word.zfill(2) for word in _words(text))
    if text == ALL_WORD:
        return ALL_WORD
    if text == NONE_WORD:
        return ()
    words = tuple(_OWN_WORDS.get(word, word) for word in _words(text))
    if ALL_WORD in _words(text):
        raise CellProblem(Reason.VALUE_UNREADABLE, "all leaves nothing out: it stands alone")
    if column.field != "value_categories":
        return words
    if not all(word.isascii() and word.isdigit() for word in words):
        raise CellProblem(Reason.VALUE_UNREADABLE, "has to be all, or numbers from 1 to 4")
    return tuple(int(word) for word in words)


def _parameters(text: str, codes: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in filter(str.strip, text.split("\n")):
        left, equals, right = line.partition("=")
        code = _code_of(left.strip(), codes, then=".")
        if not equals or code is None:
            msg = f"{line.strip()[:80]!r} is not as inspection_lower.rate = 0.2, of a benefit here"
            raise CellProblem(Reason.VALUE_UNREADABLE, msg)
        name = left.strip()[len(code) + 1 :]
        found.setdefault(code, {})[name] = _value(right.strip())
    return found


def _references(text: str, codes: list[str]) -> dict[str, str]:
    found = {}
    for line in filter(str.strip, text.split("\n")):
        code = _code_of(line.strip(), codes, then=":")
        if code is None:
            msg = f"{line.strip()[:80]!r} does not begin with a benefit of this row and a colon"
            raise CellProblem(Reason.VALUE_UNREADABLE, msg)
        found[code] = line.strip()[len(code) + 1 :].strip()
    return found


def _code_of(text: str, codes: list[str], *, then: str) -> str | None:
    """Returns the longest code a text begins with: codes may hold dots themselves."""
    fitting = [code for code in codes if text.startswith(code + then)]
    return max(fitting, key=len, default=None)


def _value(text: str) -> Any:
    """Returns a parameter's value: a number, yes or no as true or false, else the text."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text
    if isinstance(value, dict | list) or value is None:
        raise CellProblem(Reason.VALUE_UNREADABLE, f"{text[:60]!r} is no plain value")
    return value


def _refuse(constant: str) -> float:
    raise CellProblem(Reason.VALUE_UNREADABLE, f"{constant} is not a number")
