"""Texts of a table of declarations that are measured: numbers, days, moments, yes and no.

What can be read in two ways is refused, never guessed. The engines of `analytics/` read the plain
forms themselves and ask here for every other text, once for each.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason
from mra_gateway.model.as_declared import Moments, chapter_of, one_line
from mra_gateway.tables.cleaning import key_of, narrow, shown
from mra_gateway.tables.dates import SERIALS, read_day
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.vocabulary import load_vocabulary

_SPACES = re.compile(r"[\s'\u2019\u00a0\u202f]")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_APART = re.compile(r"[0-9]{1,3}(?:[\s'\u2019\u00a0\u202f][0-9]{3})*(?:[.,][0-9]+)?")
_LARGEST = 1e15
_SERIAL = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])[0-9]+)?")
_OPEN = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})
_LONGEST_BLANK = 4


def is_blank(text: str | None) -> bool:
    """Says whether a text stands for nothing."""
    if text is None:
        return True
    line = one_line(text)
    return line is None or (len(line) <= _LONGEST_BLANK and load_vocabulary().is_blank(line))


def read_number(text: str, *, decimal: Literal[".", ","] | None) -> float:
    """Returns a number that is not negative.

    Args:
        text: `1234.5`, `1234,5`, `1 234,50`, `1.234,50`.
        decimal: What stands before the decimals, where three digits after it leave that open.

    Raises:
        CellProblem: Not a number, or one that could be two.
    """
    line = narrow(text).strip()
    plain = _SPACES.sub("", line)
    if plain != line and not _APART.fullmatch(line):
        raise _no_number(text)  # two numbers, not one
    if _OPEN.fullmatch(plain) and decimal is None:
        raise CellProblem(
            Reason.VALUE_UNREADABLE,
            f"{shown(text)} may be thousands or decimals; state `decimal` in the form",
        )
    if _NUMBER.fullmatch(plain):
        other = "." if decimal == "," else ","
        grouped = decimal is not None and _OPEN.fullmatch(plain) and other in plain
        return _sized(text, plain.replace(other, "") if grouped else plain.replace(",", "."))
    grouping = _GROUPED.fullmatch(plain)
    if grouping and (grouping[2] is None or grouping[2] != grouping[1]):
        if decimal is not None and grouping[1] == decimal:
            raise _no_number(text)
        return _sized(text, plain.replace(grouping[1], "").replace(",", "."))
    raise _no_number(text)


def _sized(text: str, plain: str) -> float:
    found = float(plain)
    if found >= _LARGEST:
        raise CellProblem(Reason.VALUE_UNREADABLE, f"{shown(text)} is larger than any value")
    return found


def read_declared_day(text: str, *, moments: Moments) -> date:
    """Returns the day a text names, whatever the time beside it.

    Raises:
        CellProblem: Not a day, or one that could be two.
    """
    line = one_line(text) or ""
    try:
        return moments.read(line, zone=ZoneInfo("UTC")).date()
    except ValueError:
        pass
    head, _, tail = line.rpartition(" ")
    alone = head if head and ":" in tail else line
    serial = _SERIAL.fullmatch(line)
    if serial and int(serial[1]) in SERIALS:
        why = f"{shown(text)} is a spreadsheet's number; give the column the format of a date"
        raise CellProblem(Reason.DATE_UNREADABLE, why)
    try:
        return read_day(alone.rstrip(","), order=None, months=load_vocabulary().months)
    except CellProblem as problem:
        if problem.reason is not Reason.DATE_AMBIGUOUS:
            raise
        why = f"{shown(text)} may be two days; write YYYY-MM-DD, or state `moments` in the form"
        raise CellProblem(problem.reason, why) from None


def read_local_moment(text: str, *, moments: Moments, zone: ZoneInfo | None) -> datetime:
    """Returns the moment a text names as the clock on the wall showed it, without an offset.

    Two moments of one declaration are subtracted from each other: both are local, so an hour may be
    missing across a change to summer time.

    Raises:
        CellProblem: Not a moment, or one that could be two.
    """
    line = one_line(text) or ""
    try:
        return _on_the_wall(moments.read(line, zone=zone or ZoneInfo("UTC")), zone)
    except ValueError as error:
        head, _, tail = line.rpartition(" ")
        clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", tail)
        if not head or clock is None:
            raise CellProblem(Reason.VALUE_UNREADABLE, str(error)[:200]) from None
        day = read_declared_day(head, moments=moments)
        hour, minute, second = (int(part or 0) for part in clock.groups())
        return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - local


def _on_the_wall(at: datetime, zone: ZoneInfo | None) -> datetime:
    local = at if zone is None else at.astimezone(zone)
    return local.replace(tzinfo=None)


def read_yes_no(text: str) -> bool:
    """Returns what a word says.

    Raises:
        CellProblem: Neither yes nor no.
    """
    key = key_of(text)
    if key in _YES or key in _NO:
        return key in _YES
    answer = load_vocabulary().yes_no.get(key)
    if answer is None:
        raise CellProblem(Reason.WORD_UNKNOWN, f"{shown(text)} is neither yes nor no")
    return answer


def read_chapter(text: str) -> str:
    """Returns the chapter a commodity code stands in.

    Raises:
        CellProblem: It does not begin with one.
    """
    try:
        return chapter_of(text)
    except ValueError as error:
        raise CellProblem(Reason.VALUE_UNREADABLE, str(error)[:200]) from None


def read_currency(text: str) -> str:
    """Returns a currency by its three letters.

    Raises:
        CellProblem: Not three letters.
    """
    code = (one_line(text) or "").upper()
    if not _CURRENCY.fullmatch(code):
        raise CellProblem(Reason.VALUE_UNREADABLE, f"{shown(text)} is no currency of three letters")
    return code


def epoch_seconds(at: datetime) -> float:
    """Returns seconds since 1970 of a moment on the wall."""
    return at.replace(tzinfo=UTC).timestamp()


def _no_number(text: str) -> CellProblem:
    return CellProblem(
        Reason.VALUE_UNREADABLE,
        f"{shown(text)} is no number of 0 or more; write digits and at most one decimal sign",
    )
