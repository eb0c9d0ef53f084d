"""Whether the data of a period are all there: days without any row that should have some."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final

from mra_gateway.model.periods import Period

REST_DAYS: Final = 2
"""A weekday of which so many have no row is a day of rest."""


def missing_days(
    period: Period, rows: Mapping[date, int], *, closed_on: Collection[date] = ()
) -> tuple[date, ...]:
    """Returns the days of a period without any row that should have some.

    A weekday that never has rows between the first and the last day with some is a day of rest.

    Args:
        period: The period.
        rows: Day → rows.
        closed_on: Days on which there is rightly nothing.
    """
    days = [
        period.first_on + timedelta(days=ahead)
        for ahead in range((period.last_on - period.first_on).days + 1)
    ]
    busy = {day for day, count in rows.items() if count}
    span = [day for day in days if busy and min(busy) <= day <= max(busy)]
    at_rest = {
        weekday
        for weekday in range(7)
        if sum(day.weekday() == weekday for day in span) >= REST_DAYS
        and not any(day.weekday() == weekday for day in busy)
    }
    return tuple(
        day
        for day in days
        if day not in busy and day not in closed_on and day.weekday() not in at_rest
    )
