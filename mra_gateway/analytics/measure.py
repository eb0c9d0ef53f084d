"""Event tables of a period → the figures of every indicator over them.

1. indicators over the same rows, divided by the same columns, are put together
2. what all of them need is found in one pass (`measure_passes.py`)
3. each figure is made of what was found (`indicators/estimate.py`)

Which rows are of a period is decided by the local day that stands in them: the time zone was
applied when they were loaded. Where the rows come from, and what was computed before and need not
be again, is known to `flows/measure.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import pyarrow as pa

from mra_gateway.analytics.engine import Engine
from mra_gateway.analytics.measure_passes import Part, Terms, Wanted, find_terms, group_text
from mra_gateway.indicators.estimate import Estimate, estimate, terms_of
from mra_gateway.indicators.event_tables import can_break_down
from mra_gateway.indicators.expression import parse
from mra_gateway.indicators.nodes import Aggregation, Node
from mra_gateway.model.indicators import (
    Breakdown,
    ColumnKind,
    EventTable,
    Indicator,
    IndicatorId,
    RegionList,
)
from mra_gateway.model.periods import Period

_KINDS: Final[Mapping[ColumnKind, str]] = {
    ColumnKind.TEXT: "string",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.INTEGER: "int64",
    ColumnKind.NUMBER: "float64",
    ColumnKind.DAY: "date",
    ColumnKind.MOMENT: "timestamp('UTC')",
}


class Measured(NamedTuple):
    """A figure, and of what it is one.

    Attributes:
        group: Column → value, where rows are divided; empty for the whole.
    """

    indicator: IndicatorId
    breakdown: Breakdown
    group: dict[str, str]
    estimate: Estimate


def event_rows(
    engine: Engine,
    table: EventTable,
    content: Sequence[Path] | pa.Table,
    *,
    regions: RegionList | None = None,
) -> Any:
    """Returns the rows of an event table as an expression with every documented column.

    Args:
        engine: Where.
        table: What the rows are.
        content: Parquet files, or rows of this process; what they lack is absent in every row.
        regions: By which a row with a `country` has its `region`, whatever stood there before.
    """
    if isinstance(content, pa.Table):
        rows = _documented(engine.small(content), table)
    else:
        scanned = [_documented(engine.scan_parquet(path), table) for path in content]
        rows = reduce(lambda one, other: one.union(other), scanned)
    if regions is None or table.column("country") is None or table.column("region") is None:
        return rows
    return rows.mutate(region=_region(rows, regions))


def measure(
    engine: Engine,
    indicators: Iterable[Indicator],
    *,
    table: EventTable,
    rows: Any,
    period: Period,
) -> list[Measured]:
    """Returns the figures of indicators over one event table.

    Args:
        engine: Where.
        indicators: All of them over this table.
        table: What the rows are.
        rows: As `event_rows` has them; those of other periods are left out here.
        period: Of the figures.
    """
    views: dict[_View, list[Indicator]] = defaultdict(list)
    for each in indicators:
        views[_View(each.span, each.counted_on or table.counted_on, each.by)].append(each)
    return [
        measured
        for view, several in views.items()
        for measured in _measure(engine, view, several, table=table, rows=rows, period=period)
    ]


class _View(NamedTuple):
    """Which rows, and by what they are divided: what indicators share a pass."""

    span: Literal["during", "at_end"]
    counted_on: str
    by: tuple[str, ...]


class _Read(NamedTuple):
    """An indicator with its expressions read."""

    indicator: Indicator
    numerator: Node
    denominator: Node | None
    breakdowns: tuple[Breakdown, ...]


def _measure(
    engine: Engine,
    view: _View,
    indicators: Sequence[Indicator],
    *,
    table: EventTable,
    rows: Any,
    period: Period,
) -> Iterator[Measured]:
    read = [_read(each, table) for each in indicators]
    terms: dict[Aggregation, frozenset[Breakdown]] = defaultdict(frozenset)
    for one in read:
        for term in terms_of(one.numerator, one.denominator):
            terms[term] |= frozenset(one.breakdowns)
    wanted = Wanted(dict(terms), view.by)
    found = find_terms(engine, _of_period(rows, view, table, period), wanted)
    for one in read:
        for part, known in found.items():
            if part.breakdown in one.breakdowns:
                yield _figure(one, view, part, known)


def _figure(one: _Read, view: _View, part: Part, known: Terms) -> Measured:
    scale = one.indicator.scale
    found = estimate(one.numerator, one.denominator, scale=scale, known=known.get)
    columns = view.by if part.group else ()
    group = {name: group_text(value) for name, value in zip(columns, part.group, strict=True)}
    return Measured(one.indicator.id, part.breakdown, group, found)


def _read(indicator: Indicator, table: EventTable) -> _Read:
    denominator = None
    if indicator.denominator is not None:
        denominator = parse(indicator.denominator, table=table).root
    asked = dict.fromkeys((indicator.about, *indicator.compare))
    breakdowns = tuple(each for each in asked if can_break_down(table, each))
    return _Read(indicator, parse(indicator.numerator, table=table).root, denominator, breakdowns)


def _of_period(rows: Any, view: _View, table: EventTable, period: Period) -> Any:
    import ibis

    first, last = ibis.date(period.first_on), ibis.date(period.last_on)
    if view.span == "during":
        return rows.filter(rows[view.counted_on].between(first, last))
    assert table.begins_on is not None
    assert table.ends_on is not None
    lasts = rows[table.ends_on].isnull() | (rows[table.ends_on] > last)
    return rows.filter((rows[table.begins_on] <= last) & lasts)


def _region(rows: Any, regions: RegionList) -> Any:
    """The first region that lists the country; else the one without a list."""
    import ibis

    listed = [fact.value for fact in regions.regions if fact.value is not None]
    rest = next((one.id for one in listed if not one.territories), None)
    cases = [
        (rows.country.isin([str(each) for each in one.territories]), ibis.literal(one.id))
        for one in listed
        if one.territories
    ]
    others = ibis.literal(rest, type="string")
    found = ibis.cases(*cases, else_=others) if cases else others
    return rows.country.isnull().ifelse(rows.region, found)


def _documented(scanned: Any, table: EventTable) -> Any:
    import ibis

    columns = {}
    for column in table.columns:
        kind = ibis.dtype(_KINDS[column.kind])
        if column.name not in scanned.columns:
            columns[column.name] = ibis.null(kind)
        elif scanned[column.name].type() != kind:
            columns[column.name] = scanned[column.name].cast(kind)
        else:
            columns[column.name] = scanned[column.name]
    return scanned.select(**columns)
