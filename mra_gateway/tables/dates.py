"""Dates as registers write them → days. What could be two days is a problem, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from mra_gateway.errors import Reason
from mra_gateway.tables.cleaning import clean_line, key_of, narrow, shown
from mra_gateway.tables.mapping import DateOrder
from mra_gateway.tables.problems import CellProblem

_YEAR_FIRST = re.compile(r"(\d{4})\s*([-./])\s*(\d{1,2})\s*\2\s*(\d{1,2})(?:[T ][\d:.,]+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-./])\s*(\d{1,2})\s*\2\s*(\d{4})(?:[T ][\d:.,]+)?")
_SHORT_YEAR = re.compile(r"\d{1,2}([-./])\d{1,2}\1\d{2}")
_COMPACT = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)")
_LETTERED = (
    re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]?"),
    re.compile(r"(\d{4})\s*оны?\s*(\d{1,2})\S*\s*(?:\S+\s+)?сарын\s*(\d{1,2})\D*"),
)
_NAMED = re.compile(r"(\d{1,2})\W*(?:de\W+|st|nd|rd|th)?\W*([^\W\d_]+)\W*(?:de[l]?\W+)?(\d{4})")
_NAME_FIRST = re.compile(r"([^\W\d_]+)\W+(\d{1,2})(?:st|nd|rd|th)?\W+(\d{4})")
_YEAR_SIGN = re.compile(r"(?<=\d)\s*(?:г\.?|года|год|ж\.?|жыл|yil|йил|y\.?)$", re.IGNORECASE)

SERIALS = range(20_000, 80_000)
"""Excel serial numbers taken for days: from 1954 to 2119."""


def read_day(
    value: object, *, order: DateOrder | None, months: Mapping[str, int], epoch_1904: bool = False
) -> date:
    """Returns the day a cell means.

    Args:
        value: A date, an Excel serial number, or a text.
        order: How the source writes days of which more than one reading is possible.
        months: Names of months, by `key_of`.
        epoch_1904: Whether the workbook counts its days from 1904.

    Raises:
        CellProblem: `DATE_AMBIGUOUS` or `DATE_UNREADABLE`.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value, epoch_1904=epoch_1904)
    if not isinstance(value, str):
        raise _unreadable(value)
    text = _YEAR_SIGN.sub("", narrow(clean_line(value)))
    return _from_text(text, order=order, months=months)


def read_moment(value: object) -> datetime | None:
    """Returns the moment a text states with its offset from UTC, or None when it is none."""
    if isinstance(value, str) and _MOMENT.fullmatch(value.strip()):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    return None


def has_time_of_day(value: object) -> bool:
    """Says whether a cell holds more than a day."""
    return isinstance(value, datetime) and value.time() != time(0)


def is_serial(value: object) -> bool:
    """Says whether a cell holds a day as a bare Excel serial number."""
    return isinstance(value, (int, float)) and int(value) in SERIALS


def serial_moment(value: float, *, epoch_1904: bool) -> datetime:
    """Returns the moment an Excel serial number stands for, to the second.

    Args:
        value: One `is_serial` knows.
        epoch_1904: Whether the workbook counts its days from 1904.
    """
    epoch = CALENDAR_MAC_1904 if epoch_1904 else CALENDAR_WINDOWS_1900
    return epoch + timedelta(seconds=round(value * 86_400))


def _from_number(value: float, *, epoch_1904: bool) -> date:
    if is_serial(value):
        epoch = CALENDAR_MAC_1904 if epoch_1904 else CALENDAR_WINDOWS_1900
        found = from_excel(value, epoch)
        if isinstance(found, datetime):
            return found.date()
    compact = _COMPACT.fullmatch(str(value))
    if compact is None:
        raise _unreadable(value)
    return _day(value, *compact.groups())


def _from_text(text: str, *, order: DateOrder | None, months: Mapping[str, int]) -> date:
    first = _YEAR_FIRST.fullmatch(text)
    if first:
        return _day(text, first[1], first[3], first[4])
    if _MOMENT.fullmatch(text):
        return _day(text, text[:4], text[5:7], text[8:10])
    last = _YEAR_LAST.fullmatch(text)
    if last:
        return _from_year_last(text, last, order=order)
    for form in (_COMPACT, *_LETTERED):
        match = form.fullmatch(text)
        if match:
            return _day(text, *match.groups())
    if _SHORT_YEAR.fullmatch(text):
        raise CellProblem(
            Reason.DATE_AMBIGUOUS, f"{shown(text)} has a year of two digits; write four"
        )
    return _from_named_month(text, months)


def _from_year_last(text: str, match: re.Match[str], *, order: DateOrder | None) -> date:
    one, sign, two, year = match[1], match[2], match[3], match[4]
    if order == "mdy":
        return _day(text, year, one, two)
    # no usage puts the month first between full stops
    if order == "dmy" or sign == "." or int(one) > 12 or one == two:
        return _day(text, year, two, one)
    if int(two) > 12:
        return _day(text, year, one, two)
    raise CellProblem(
        Reason.DATE_AMBIGUOUS,
        f"{shown(text)} may be {year}-{int(two):02}-{int(one):02} or {year}-{int(one):02}-"
        f"{int(two):02}; write {year}-MM-DD, or state date_order in the mapping",
    )


def _from_named_month(text: str, months: Mapping[str, int]) -> date:
    for form, month, day in ((_NAMED, 2, 1), (_NAME_FIRST, 1, 2)):
        match = form.fullmatch(text)
        number = months.get(key_of(match[month])) if match else None
        if match and number:
            return _day(text, match[3], str(number), match[day])
    raise _unreadable(text)


def _day(value: object, year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _unreadable(value) from None


def _unreadable(value: object) -> CellProblem:
    return CellProblem(
        Reason.DATE_UNREADABLE, f"{shown(value)} is not a date; write it as YYYY-MM-DD"
    )
