"""Whether the data of a period are all there: every day, and every column that is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final

from mra_gateway.model.indicators import EventTable
from mra_gateway.model.measured_loads import Load
from mra_gateway.model.periods import Period

_FOLLOWS_FROM: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "lodged_on": (frozenset({"lodged_at"}),),
    "released_on": (frozenset({"released_at"}),),
    "release_hours": (frozenset({"lodged_at", "released_at"}),),
    "clearance_hours": (frozenset({"arrived_at", "released_at"}),),
    "country": (frozenset({"country"}), frozenset({"dispatched_from", "destined_to"})),
    "region": (frozenset({"country"}), frozenset({"dispatched_from", "destined_to"})),
    "kind": (frozenset({"measured"}),),
    "unit": (frozenset({"measured"}),),
}
"""Columns that are computed, and the sets of fields any of which suffices."""

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


def columns_read(load: Load, table: EventTable) -> frozenset[str]:
    """Returns the columns a load has values of; all of them where that was not written down."""
    fields = {*load.findings.fields, *load.findings.stated}
    if not fields:
        return frozenset(column.name for column in table.columns)
    return frozenset(
        column.name
        for column in table.columns
        if column.name in fields
        or any(needed <= fields for needed in _FOLLOWS_FROM.get(column.name, ()))
    )
