"""Periods: a month, a quarter or a year in the time zone of an administration."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Self

from mra_gateway.model.base import Identifier

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAY: Final = timedelta(days=1)


class Period(Identifier):
    """A month (`2025-07`), a quarter (`2025-Q3`) or a year (`2025`)."""

    __slots__ = ()
    form = "a period: a month (2025-07), a quarter (2025-Q3) or a year (2025), from 1990 on"
    pattern = r"(?:199[0-9]|20[0-9]{2})(?:-(?:0[1-9]|1[0-2])|-Q[1-4])?"

    @classmethod
    def month_of(cls, day: date) -> Self:
        """Returns the month a day is in."""
        return cls(f"{day:%Y-%m}")

    @property
    def kind(self) -> str:
        """`month`, `quarter` or `year`."""
        return "year" if len(self) == 4 else "quarter" if self[5] == "Q" else "month"

    @property
    def first_on(self) -> date:
        """The first day."""
        month = {"year": 1, "quarter": int(self[-1]) * 3 - 2}.get(self.kind)
        return date(int(self[:4]), int(self[5:]) if month is None else month, 1)

    @property
    def last_on(self) -> date:
        """The last day."""
        return _month_after(self.first_on, _MONTHS[self.kind]) - _DAY

    def starts_at(self, zone: tzinfo) -> datetime:
        """Returns the moment, in UTC, at which it begins there."""
        return _midnight(self.first_on, zone)

    def ends_at(self, zone: tzinfo) -> datetime:
        """Returns the moment, in UTC, at which it is over there: the next one's first."""
        return _midnight(self.last_on + _DAY, zone)

    def has(self, day: date) -> bool:
        """Says whether a day is in it."""
        return self.first_on <= day <= self.last_on

    @property
    def months(self) -> tuple[Period, ...]:
        """Its months; of a month, itself."""
        first = self.first_on
        return tuple(
            Period(f"{_month_after(first, ahead):%Y-%m}") for ahead in range(_MONTHS[self.kind])
        )

    @property
    def previous(self) -> Period:
        """The one of its kind before it.

        Raises:
            ValueError: It is the first there is.
        """
        return self._like(_month_after(self.first_on, -_MONTHS[self.kind]))

    @property
    def year_earlier(self) -> Period:
        """The same of the year before.

        Raises:
            ValueError: There is none.
        """
        return self._like(_month_after(self.first_on, -12))

    def _like(self, first: date) -> Period:
        if self.kind == "year":
            return Period(f"{first:%Y}")
        if self.kind == "quarter":
            return Period(f"{first:%Y}-Q{(first.month + 2) // 3}")
        return Period.month_of(first)


def _month_after(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Where clocks go over midnight, the day begins at the moment they do so."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
