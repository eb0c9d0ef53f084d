"""The first sheet of a questionnaire as it comes back: programme, version, by whom, source, day.

Each value stands to the right of its label, on whichever sheet and row that is by now. The other
sheets are read in `questionnaire_reading.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from mra_gateway.errors import Reason
from mra_gateway.model.register import SourceAddress
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.questionnaire_answers import single_line
from mra_gateway.tables.questionnaire_columns import HEAD
from mra_gateway.tables.sheet import Sheet, Value, is_empty

_HEAD_KEYS: Final = {key: line.field for line in HEAD for key in line.keys}


class Head(NamedTuple):
    """The first sheet.

    Attributes:
        places: Where each value stands, or has to.
    """

    programme: str | None = None
    version: int | None = None
    answered_by: str | None = None
    source: str | None = None
    answered_on: date | None = None
    places: Mapping[str, SourceAddress] = {}


class Line(NamedTuple):
    """A value that stands to the right of its label, and where."""

    value: Value
    address: SourceAddress


class Fault(NamedTuple):
    """A value that cannot be read."""

    address: SourceAddress
    problem: CellProblem
    heading: str
    value: Value


def find_lines(sheet: Sheet) -> dict[str, Line]:
    """Returns the lines of the first sheet that stand on a sheet, by their fields."""
    lines: dict[str, Line] = {}
    for row in sheet.rows:
        labels = {
            place: _HEAD_KEYS[key]
            for place, value in enumerate(row.values, 1)
            if isinstance(value, str) and (key := key_of(value)) in _HEAD_KEYS
        }
        if not labels or next(iter(labels.values())) in lines:
            continue
        field, last = next(iter(labels.values())), max(labels)
        beside = [n for n in range(last + 1, len(row.values) + 1) if not is_empty(row.value(n))]
        place = beside[0] if beside else last + 1
        lines[field] = Line(row.value(place), sheet.address(row.number, place))
    return lines


def read_lines(lines: Mapping[str, Line]) -> tuple[Head, list[Fault]]:
    """Returns what the lines say, and what of them cannot be read."""
    read: dict[str, object] = {"places": {field: line.address for field, line in lines.items()}}
    faults = []
    for asked in HEAD:
        line = lines.get(asked.field)
        if line is None or is_empty(line.value) or asked.field not in _READERS:
            continue
        try:
            read[asked.field] = _READERS[asked.field](line.value)
        except CellProblem as problem:
            faults.append(Fault(line.address, problem, asked.english, line.value))
    return Head(**read), faults  # type: ignore[arg-type]


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:  # as it is written from Minsk to Ulaanbaatar
            return date(int(german[3]), int(german[2]), int(german[1]))
        return date.fromisoformat(text)
    except ValueError:
        text = "not a day, as 2026-03-02"
        raise CellProblem(Reason.DATE_UNREADABLE, text) from None


def _version(value: Value) -> int:
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        raise CellProblem(Reason.VALUE_UNREADABLE, "not the number of a version") from None


_READERS: Final[Mapping[str, Callable[[Value], object]]] = {
    "programme": single_line,
    "version": _version,
    "answered_by": single_line,
    "source": single_line,
    "answered_on": _day,
}
