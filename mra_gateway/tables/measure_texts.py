"""Texts of a file that is measured by → what they mean; each is read once, whatever its rows.

What is in a plain form never comes here: the engine reads it. What means nothing, or two things, is
a fault of the rows that hold it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason
from mra_gateway.model.as_declared import Moments, one_line
from mra_gateway.model.declaration_forms import DeclarationForm, TableForm
from mra_gateway.model.facts import Flow
from mra_gateway.model.indicators import LaneList
from mra_gateway.tables.cleaning import key_of, shown
from mra_gateway.tables.measure_columns import Kind
from mra_gateway.tables.measured_values import (
    epoch_seconds,
    is_blank,
    read_chapter,
    read_currency,
    read_declared_day,
    read_number,
    read_yes_no,
)
from mra_gateway.tables.problems import CellProblem

_LONGEST_LABEL: Final = 100
_CATEGORY: Final = re.compile(r"(?<!\d)[1-4](?!\d)")
_TERRITORY: Final = re.compile(r"[A-Za-z]{2}")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_ELSEWHERE: Final = ZoneInfo("Etc/GMT-1")


class Moment(NamedTuple):
    """When something was, as a text says it.

    Attributes:
        what: `at`: a moment with its offset, `seconds` in UTC. `wall`: what the clock on the wall
            showed. `day`: a day without a time of day.
        seconds: Since 1970; of a day, its midnight.
    """

    what: Literal["at", "wall", "day"]
    seconds: int


class TextReader:
    """Reads the texts of one file."""

    def __init__(self, form: DeclarationForm, table: TableForm, *, lanes: LaneList | None) -> None:
        self._form, self._table = form, table
        self._moments = Moments(forms=form.moments.forms)
        self._flows = {key_of(word): flow for word, flow in form.types.items()}
        self._flows |= {flow.value: flow for flow in Flow}
        self._lanes = lane_words(lanes)

    def read(self, kind: Kind, text: str) -> Any:
        """Returns what a text means; None where it stands for nothing.

        Raises:
            CellProblem: It means nothing, or two things.
        """
        if text.startswith("#"):
            raise CellProblem(Reason.CELL_ERROR, f"{shown(text)} is an error of a spreadsheet")
        if is_blank(text):
            return None
        match kind:
            case "moment":
                return self._moment(text)
            case "day":
                return read_declared_day(text, moments=self._moments)
            case "number":
                return read_number(text, decimal=self._table.decimal)
            case "yes_no":
                return read_yes_no(text)
            case "flow" | "lane":
                return self._word(kind, text)
            case "currency":
                return read_currency(text)
            case "territory":
                return _territory(text)
            case "category":
                return _category(text)
            case "chapter":
                return read_chapter(text)
            case "label" | "key":
                return (one_line(text) or "")[:_LONGEST_LABEL]

    def _word(self, kind: Literal["flow", "lane"], text: str) -> str:
        found = self._flows.get(key_of(text)) if kind == "flow" else self._lanes.get(key_of(text))
        if found is not None:
            return str(found)
        if kind == "lane":
            known = ", ".join(dict.fromkeys(self._lanes.values()))
            why = f"{shown(text)} is no lane; there are {known} (partners/indicators/lanes.toml)"
            raise CellProblem(Reason.LANE_UNKNOWN, why)
        why = f"{shown(text)} is no type the form {self._form.id} knows"
        raise CellProblem(Reason.WORD_UNKNOWN, why)

    def _moment(self, text: str) -> Moment:
        line = one_line(text) or ""
        try:
            at = self._moments.read(line, zone=ZoneInfo("UTC"))
            elsewhere = self._moments.read(line, zone=_ELSEWHERE)
        except ValueError:
            return self._odd_moment(line)
        # a moment with its offset is the same wherever it is read
        return Moment("at" if at == elsewhere else "wall", int(at.timestamp()))

    def _odd_moment(self, line: str) -> Moment:
        head, _, tail = line.rpartition(" ")
        clock = _CLOCK.fullmatch(tail)
        if head and clock is not None:
            day = read_declared_day(head.rstrip(","), moments=self._moments)
            hour, minute, second = (int(part or 0) for part in clock.groups())
            at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)
            return Moment("wall", int(at.timestamp()))
        return Moment("day", midnight(read_declared_day(line, moments=self._moments)))


def midnight(day: date) -> int:
    """Returns the seconds since 1970 at which a day begins on the wall."""
    return int(epoch_seconds(datetime(day.year, day.month, day.day)))  # noqa: DTZ001 - on the wall


def lane_words(lanes: LaneList | None) -> Mapping[str, str]:
    """Returns every word for a lane, as `key_of` has it → the lane's id."""
    found: dict[str, str] = {}
    for fact in () if lanes is None else lanes.lanes:
        if fact.value is not None:
            lane = fact.value
            words = (lane.id, lane.title.en, lane.title.ru, *lane.names)
            found |= {key_of(word): lane.id for word in words if word}
    return found


def _territory(text: str) -> str:
    code = one_line(text) or ""
    if not _TERRITORY.fullmatch(code):
        why = f"{shown(text)} is no code of two letters (ISO 3166-1)"
        raise CellProblem(Reason.VALUE_UNREADABLE, why)
    return code.upper()


def _category(text: str) -> int:
    found = _CATEGORY.findall(text)
    if len(found) != 1:
        raise CellProblem(Reason.WORD_UNKNOWN, f"{shown(text)} is none of the categories 1 to 4")
    return int(found[0])
