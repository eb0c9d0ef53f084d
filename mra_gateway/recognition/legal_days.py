"""The legal day of a moment where an administration is (pure).

Asked for every declaration of a batch. So for each day of UTC it is kept when midnight falls there;
on the few days when the clock is changed around midnight, the moment itself is asked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

_QUARTER = timedelta(minutes=15)
"""No zone of today is off by anything but quarters of an hour."""
_MOST = 20_000
"""Days of UTC that are kept: fifty years of them."""


class LegalDays:
    """The legal days in one time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._turns: dict[int, tuple[date, datetime, date] | None] = {}

    def of(self, at: datetime) -> date:
        """Returns the legal day of a moment.

        Raises:
            OverflowError: The calendar ends there.
        """
        if at.tzinfo is not UTC:
            at = at.astimezone(UTC)
        number = at.toordinal()
        turn = self._turns.get(number)
        if turn is not None:
            before, midnight, after = turn
            return before if at < midnight else after
        if number not in self._turns:
            if len(self._turns) > _MOST:
                self._turns.clear()
            self._turns[number] = self._turn_of(at)
        return at.astimezone(self._zone).date()

    def _turn_of(self, at: datetime) -> tuple[date, datetime, date] | None:
        """Returns the day before midnight, midnight and the day after it, on a day of UTC.

        Returns:
            None when it is not that simple.
        """
        begins = at.replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            quarters = [begins + number * _QUARTER for number in range(97)]
            days = [quarter.astimezone(self._zone).date() for quarter in quarters]
        except OverflowError:
            return None
        turns = [
            (before, quarter, after)
            for quarter, (before, after) in zip(quarters[1:], pairwise(days), strict=True)
            if before != after
        ]
        return turns[0] if len(turns) == 1 else None
