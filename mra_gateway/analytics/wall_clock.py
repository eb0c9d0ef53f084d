"""Time zones as arithmetic: what a clock on the wall shows ⇄ the moment, as SQL over seconds.

A zone's changes of offset within some years are a short list; adding is many times faster than
asking a calendar for every row, and tells which times of day came twice or never.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Change(NamedTuple):
    """One change of a zone's offset.

    Attributes:
        at: Seconds since 1970, UTC.
        before: Seconds ahead of UTC before it.
        after: And from it on.
    """

    at: int
    before: int
    after: int


class WallClock:
    """A zone between two days."""

    def __init__(self, zone: ZoneInfo, *, first: date, last: date) -> None:
        start = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
        end = start + 86_400 * (last - first).days
        self.offset = _offset(zone, start)
        self.changes = tuple(_changes(zone, start, end))

    def shown_at(self, moment: str) -> str:
        """Returns SQL for what the clock shows at a moment."""
        return f"({moment} + {self._offset_from(moment, [one.at for one in self.changes])})"

    def moment_of(self, shown: str) -> str:
        """Returns SQL for the moment at which the clock shows something."""
        starts = [one.at + max(one.before, one.after) for one in self.changes]
        return f"({shown} - {self._offset_from(shown, starts)})"

    def is_twice(self, shown: str) -> str:
        """Returns SQL: the clock showed it twice, for it was put back."""
        return _within(shown, [(one.at + one.after, one.at + one.before) for one in self.changes])

    def is_never(self, shown: str) -> str:
        """Returns SQL: the clock never showed it, for it was put forward."""
        return _within(shown, [(one.at + one.before, one.at + one.after) for one in self.changes])

    def _offset_from(self, value: str, starts: list[int]) -> str:
        cases = [
            f"WHEN {value} >= {start} THEN {one.after}"
            for one, start in zip(reversed(self.changes), reversed(starts), strict=True)
        ]
        return f"CASE {' '.join(cases)} ELSE {self.offset} END" if cases else str(self.offset)


def _within(value: str, spans: list[tuple[int, int]]) -> str:
    said = [f"({value} >= {first} AND {value} < {end})" for first, end in spans if first < end]
    return f"({' OR '.join(said)})" if said else "FALSE"


def _changes(zone: ZoneInfo, start: int, end: int) -> list[Change]:
    found = []
    day = 86_400
    before = _offset(zone, start)
    for at in range(start, end, day):
        after = _offset(zone, at + day)
        if after != before:
            low, high = at, at + day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            found.append(Change(high, before, after))
            before = after
    return found


def _offset(zone: ZoneInfo, seconds: int) -> int:
    found = datetime.fromtimestamp(seconds, zone).utcoffset() or timedelta()
    return int(found.total_seconds())
