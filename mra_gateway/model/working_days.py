"""Days on which administrations work: their weeks, and holidays given by hand.

A week that is not known is never taken for the usual one: who asks is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from mra_gateway.model.identifiers import Territory

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = timedelta(days=1)


class Calendar(NamedTuple):
    """When an administration works.

    Attributes:
        week: Its working days, by their short names.
        holidays: Days it does not work although its week says so.
    """

    territory: Territory
    week: frozenset[str]
    holidays: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Says whether it works on a day."""
        return WEEK[day.weekday()] in self.week and day not in self.holidays


def is_common(day: date, *, calendars: Sequence[Calendar]) -> bool:
    """Says whether everybody works on a day."""
    return all(calendar.is_working(day) for calendar in calendars)


def after(start: date, *, days: int, calendars: Sequence[Calendar]) -> date:
    """Returns the day that is a number of common working days after another.

    The day counted from is not counted; none at all is that day itself.

    Raises:
        ValueError: There is no day of the week on which all of them work.
    """
    if not frozenset.intersection(*(calendar.week for calendar in calendars)):
        msg = "there is no day of the week on which all of them work"
        raise ValueError(msg)
    day = start
    while days > 0:
        day += _DAY
        days -= is_common(day, calendars=calendars)
    return day


def between(start: date, end: date, *, calendars: Iterable[Calendar]) -> int:
    """Counts the common working days after a day, up to and with another; 0 when it is past."""
    listed = tuple(calendars)
    span = range(1, (end - start).days + 1)
    return sum(is_common(start + n * _DAY, calendars=listed) for n in span)
