"""Rows of a time-release or cost study → samples, or every fault of a row.

A study is short: it is read row by row. Times may be written `3.9` beside a unit, `10:17`,
`10 h 17 min`; they are kept in hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from mra_gateway.errors import Reason
from mra_gateway.model.measured_loads import LoadFault
from mra_gateway.model.periods import Period
from mra_gateway.tables.cleaning import key_of, shown
from mra_gateway.tables.measure_columns import SAMPLES
from mra_gateway.tables.measure_file import MeasureFile, TextRow
from mra_gateway.tables.measure_texts import TextReader
from mra_gateway.tables.measured_values import is_blank, read_number
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.vocabulary import load_vocabulary

NEEDED: Final = ("study", "measured", "taken_on")
HOURS_OF: Final = {"d": 24.0, "h": 1.0, "min": 1.0 / 60.0}
_PHASES: Final = ("before", "after")
_KINDS: Final = ("time", "cost")
_CLOCK: Final = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?")
_PART: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([^\W\d_]+)\.?\s*")
_TAIL: Final = re.compile(r"([0-9]{1,2})")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class SampleReader:
    """Reads the rows of one file."""

    def __init__(
        self,
        file: MeasureFile,
        reader: TextReader,
        *,
        period: Period,
        stated: Mapping[str, str],
    ) -> None:
        self._file, self._reader, self._period, self._stated = file, reader, period, stated
        self._words = load_vocabulary().sample_words

    def rows(self) -> Iterator[tuple[dict[str, Any], list[LoadFault]]]:
        """Yields each row as read, with `source_row`, and what is wrong with it."""
        for row in self._file.rows():
            faults: list[LoadFault] = []
            yield self._row(row, faults), faults

    def _row(self, row: TextRow, faults: list[LoadFault]) -> dict[str, Any]:
        found: dict[str, Any] = {"source_row": row.number, **dict.fromkeys(SAMPLES)}
        if row.fault is not None:
            self._add(faults, row, None, CellProblem(Reason.VALUE_UNREADABLE, row.fault))
            return found
        for field in SAMPLES:
            text = self._text(row, field)
            if text is not None and field not in {"measured", "unit", "kind"}:
                try:
                    found[field] = self._read(field, text)
                except CellProblem as problem:
                    self._add(faults, row, field, problem)
        try:
            found |= self._measured(row)
        except CellProblem as problem:
            self._add(faults, row, "measured", problem)
        self._check(row, found, faults)
        return found

    def _check(self, row: TextRow, found: dict[str, Any], faults: list[LoadFault]) -> None:
        at_fault = {one.column for one in faults}
        for field in NEEDED:
            heading = self._file.heading(field)
            if found[field] is None and (heading is None or heading not in at_fault):
                why = CellProblem(Reason.VALUE_MISSING, f"the row has no {field}")
                self._add(faults, row, field, why)
        day: date | None = found["taken_on"]
        if day is not None and not self._period.has(day):
            why = CellProblem(Reason.OUTSIDE_PERIOD, f"taken on {day}, outside {self._period}")
            self._add(faults, row, "taken_on", why)

    def _read(self, field: str, text: str) -> Any:
        if field == "stage":
            return self._words.get(key_of(text)) or self._reader.read("label", text)
        if field == "phase":
            return self._one_of(_PHASES, text)
        return self._reader.read(SAMPLES[field], text)

    def _measured(self, row: TextRow) -> dict[str, Any]:
        """Returns `measured`, `unit` and `kind`."""
        text, unit = self._text(row, "measured"), self._text(row, "unit")
        kind_text = self._text(row, "kind")
        kind = None if kind_text is None else self._one_of(_KINDS, kind_text)
        if text is None:
            return {}
        code = (unit or "").strip().upper()
        if kind != "time" and _CURRENCY.fullmatch(code) and key_of(code) not in self._words:
            return {"measured": self._reader.read("number", text), "unit": code, "kind": "cost"}
        if kind == "cost":
            raise CellProblem(
                Reason.VALUE_MISSING, "a cost without its currency (a column unit: KZT)"
            )
        return {"measured": self._hours(text, unit), "unit": "h", "kind": "time"}

    def _hours(self, text: str, unit: str | None) -> float:
        clock = _CLOCK.fullmatch(text.strip())
        if clock is not None:
            hours, minutes, seconds = (int(part or 0) for part in clock.groups())
            return hours + minutes / 60.0 + seconds / 3600.0
        spoken = self._spoken(text.strip())
        if spoken is not None:
            return spoken
        number = read_number(text, decimal=None)
        named = None if unit is None else self._words.get(key_of(unit))
        if named not in HOURS_OF:
            why = "a time without its unit" if unit is None else f"{shown(unit)} is no unit of time"
            raise CellProblem(Reason.WORD_UNKNOWN, f"{why}: h, min or d")
        return number * HOURS_OF[named]

    def _spoken(self, text: str) -> float | None:
        """Returns the hours of `10 h 17 min`, or None where it is not written so."""
        total, at, last = 0.0, 0, None
        while part := _PART.match(text, at):
            last = self._words.get(key_of(part[2]))
            if last not in HOURS_OF:
                return None
            total += float(part[1].replace(",", ".")) * HOURS_OF[last]
            at = part.end()
        rest = text[at:]
        if last == "h" and _TAIL.fullmatch(rest):
            return total + int(rest) / 60.0
        return total if last is not None and not rest else None

    def _one_of(self, allowed: tuple[str, ...], text: str) -> str:
        found = self._words.get(key_of(text), key_of(text))
        if found not in allowed:
            why = f"{shown(text)} is none of {', '.join(allowed)}"
            raise CellProblem(Reason.WORD_UNKNOWN, why)
        return found

    def _text(self, row: TextRow, field: str) -> str | None:
        place = self._file.fields.get(field)
        text = None if place is None else row.cells[place]
        if text is None or is_blank(text):
            text = self._stated.get(field)
        return text

    def _add(
        self, faults: list[LoadFault], row: TextRow, field: str | None, problem: CellProblem
    ) -> None:
        column = None if field is None else self._file.heading(field)
        faults.append(
            LoadFault(row=row.number, column=column, reason=problem.reason, text=problem.text)
        )
