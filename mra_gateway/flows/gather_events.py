"""Gathers the rows of event tables that figures of a period rest on, and where they come from.

What was loaded lies in files under the home, one for each load; the last of a chain of corrections
counts. What officers entered and what the gateway's own store tells comes from who keeps it: each
event table has its gatherer, and a table that has none and no load is without data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from sqlalchemy import Connection

from mra_gateway.indicators.coverage import columns_read
from mra_gateway.model.indicators import EventTable, Indicator, LineageInput
from mra_gateway.model.measured_loads import Load
from mra_gateway.model.periods import Period
from mra_gateway.store import measure_loads

_DAY = timedelta(days=1)


class Days(NamedTuple):
    """Which rows are asked for, by the day that decides in which load they are."""

    first: date
    last: date


class Content(NamedTuple):
    """Rows of an event table.

    Attributes:
        rows: Files, or rows of this process.
        inputs: What they come from; the same inputs are the same rows.
        partial: Data of the period are missing.
        lacks: Columns of which no row has a value, for nobody was asked for one.
    """

    rows: tuple[Path, ...] | pa.Table
    inputs: tuple[LineageInput, ...]
    partial: bool
    lacks: frozenset[str] = frozenset()


Gather = Callable[[Connection, EventTable, Days], Content | None]
"""None where there are no data at all, which is not the same as no rows."""


def days_of(indicator: Indicator, table: EventTable, period: Period) -> Days:
    """Returns the days whose loads hold the rows of an indicator's figure."""
    if indicator.span == "at_end":
        return Days(date.min, period.last_on)
    if indicator.counted_on not in {None, table.counted_on}:
        # lodged in the period and released when another was loaded
        return Days(period.first_on, date.max)
    return Days(period.first_on, period.last_on)


def gather_loads(
    connection: Connection, table: EventTable, days: Days, *, home: Path
) -> Content | None:
    """Returns the rows of the loads that count; None where nothing of the days was loaded."""
    loads = measure_loads.current(connection, table.name, first=days.first, last=days.last)
    if not loads:
        return None
    inputs = tuple(
        LineageInput(
            kind="load", id=str(load.id), digest=load.content_digest, rows=load.rows_counted
        )
        for load in loads
    )
    files = tuple(home / load.path for load in loads)
    partial = any(load.partial for load in loads) or not _covers(loads, days)
    read = [columns_read(load, table) for load in loads]
    every = frozenset(column.name for column in table.columns)
    return Content(files, inputs, partial, every - frozenset().union(*read))


def _covers(loads: Iterable[Load], days: Days) -> bool:
    """Says whether the loads are of all days; where the days have no end, of one after another."""
    periods = sorted({(load.period.first_on, load.period.last_on) for load in loads})
    reached = (periods[0][0] if days.first == date.min else days.first) - _DAY
    for first, last in periods:
        if first > reached + _DAY:
            return False
        reached = max(reached, last)
    return days.last == date.max or reached >= days.last
