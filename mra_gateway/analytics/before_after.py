"""Declarations of two years → the cells an arrangement's effect is estimated from.

The engine sums by operator, stratum, month and week; what is made of it is in
`indicators/matched_change.py`. Only counts, sums and least values are asked for, so that DuckDB and
Spark agree.

An operator is one of the arrangement's from the first day of the period on which one of its
consignments was recognised under it, and from the same day of the base year; all its consignments
count, also those on which recognition did not take place. One that was recognised under another
arrangement only is not compared at all.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from mra_gateway.analytics.engine import Engine
from mra_gateway.indicators.matched_sums import Cell
from mra_gateway.model.arrangement_effect import EffectMeasure, Span

_YEAR: Final = 10_000
_SUMS: Final = ("base_cases", "base_sum", "cases", "sum", "used")
_PLACES: Final = ("operator", "recognised", "stratum", "month", "week")
NOT_STATED: Final = "-"
ALONE: Final = ""
"""Operator and stratum of the cell that holds what has no counterpart."""
MOST_OTHERS: Final = 1_000
"""Operators that recognised ones are compared with, if there are more."""


class Found(NamedTuple):
    """What was summed.

    Attributes:
        cells: In a fixed order; last, as one, what recognised operators sent in the span and not
            in the base.
        used: Of the consignments of recognised operators in the span, how many were recognised.
    """

    cells: list[Cell]
    used: float


class Named(NamedTuple):
    """How many declarations name the partner's operator: of all days, and of the base."""

    ever: int
    in_base: int


def count_named(engine: Engine, rows: Any, *, base: Span) -> Named:
    """Returns how many declarations name the partner's operator."""
    import ibis

    days = rows.released_on.between(ibis.date(base.first_on), ibis.date(base.last_on))
    named = rows.operator.notnull()
    asked = rows.aggregate(
        ever=named.cast("int64").sum(), in_base=(named & days).cast("int64").sum()
    )
    (found,) = engine.run(asked).to_pylist()
    return Named(found["ever"] or 0, found["in_base"] or 0)


def find_cells(
    engine: Engine,
    rows: Any,
    *,
    arrangement: str,
    measure: EffectMeasure,
    recognised_in: Span,
    span: Span,
    years: int,
) -> Found:
    """Returns the cells of a span and of the same days of an earlier year.

    Args:
        engine: Where.
        rows: Declarations, with the columns `event_tables.py` documents and `operator`.
        arrangement: Its id.
        measure: What is summed.
        recognised_in: In which days an operator has to have been recognised to be one of the
            arrangement's. Where the span ends before, all of its days count for it.
        span: The days looked at.
        years: How many years the base lies back.
    """
    prepared = _prepared(rows, arrangement=arrangement, measure=measure)
    first, last = _number(recognised_in.first_on), _number(recognised_in.last_on)
    joined = (
        prepared.filter(prepared.under & prepared.day.between(first, last))
        .group_by(theirs=prepared.operator)
        .aggregate(joined=prepared.day.min())
    )
    elsewhere = prepared.filter(prepared.elsewhere).select(foreign=prepared.operator).distinct()
    back = years * _YEAR
    from_, until = _number(span.first_on), _number(span.last_on)
    in_base = prepared.day.between(from_ - back, until - back)
    told = prepared.filter(
        prepared.value.notnull() & (prepared.day.between(from_, until) | in_base)
    )
    told = told.left_join(joined, told.operator == joined.theirs)
    told = told.mutate(recognised=told.joined.notnull(), in_base=told.day <= until - back)
    if span.last_on >= recognised_in.first_on:
        since = told.joined - told.in_base.ifelse(back, 0)
        told = told.filter(told.joined.isnull() | (told.day >= since))
    told = told.left_join(elsewhere, told.operator == elsewhere.foreign)
    told = told.filter(told.recognised | told.foreign.isnull())
    theirs = told.filter(told.recognised).select(wanted=told.stratum).distinct()
    told = _of_largest_others(told.semi_join(theirs, told.stratum == theirs.wanted))
    return _read(engine, _in_both_years(_summed(told)))


def _prepared(rows: Any, *, arrangement: str, measure: EffectMeasure) -> Any:
    day = rows.released_on
    under = (rows.arrangement == arrangement) & rows.foreign_aeo
    elsewhere = (rows.arrangement != arrangement) & rows.foreign_aeo
    parts = (rows.flow, rows["mode"], rows.chapter, rows.aeo.cast("string"))
    stratum = parts[0].fill_null(NOT_STATED)
    for part in parts[1:]:
        stratum = stratum + "|" + part.fill_null(NOT_STATED)
    return rows.filter(day.notnull() & rows.operator.notnull()).select(
        operator=rows.operator,
        day=day.year() * _YEAR + day.month() * 100 + day.day(),
        month=day.month(),
        # the fourth week takes the rest of the month
        week=((day.day() - 1) / 7).floor().cast("int64").clip(upper=3),
        stratum=stratum,
        under=under.fill_null(False),  # noqa: FBT003 - ibis has it so
        elsewhere=elsewhere.fill_null(False),  # noqa: FBT003
        value=rows[measure.value].cast("float64"),
    )


def _of_largest_others(told: Any) -> Any:
    """Of very many others those are enough that sent most before anything began."""
    import ibis

    others = told.filter(~told.recognised & told.in_base)
    sent = others.group_by(largest=others.operator).aggregate(cases=others.count())
    sent = sent.order_by(ibis.desc("cases"), "largest").limit(MOST_OTHERS)
    told = told.left_join(sent, told.operator == sent.largest)
    return told.filter(told.recognised | told.largest.notnull())


def _in_both_years(summed: Any) -> Any:
    """Says of each cell whether its operator sent the same in the same month of both years."""
    units = summed.group_by(
        unit_operator=summed.operator, unit_stratum=summed.stratum, unit_month=summed.month
    ).aggregate(unit_base=summed.base_cases.sum(), unit_cases=summed.cases.sum())
    units = units.filter((units.unit_base > 0) & (units.unit_cases > 0))
    joined = summed.left_join(
        units,
        (summed.operator == units.unit_operator)
        & (summed.stratum == units.unit_stratum)
        & (summed.month == units.unit_month),
    )
    joined = joined.mutate(paired=joined.unit_cases.notnull())
    joined = joined.filter(joined.recognised | joined.paired)
    return joined.select(*_PLACES, *_SUMS, "paired")


def _summed(told: Any) -> Any:
    base, now = told.in_base, ~told.in_base
    return told.group_by(**{name: told[name] for name in _PLACES}).aggregate(
        base_cases=base.ifelse(1.0, 0.0).sum(),
        base_sum=base.ifelse(told.value, 0.0).sum(),
        cases=now.ifelse(1.0, 0.0).sum(),
        sum=now.ifelse(told.value, 0.0).sum(),
        used=(now & told.under & told.recognised).ifelse(1.0, 0.0).sum(),
    )


def _read(engine: Engine, summed: Any) -> Found:
    """What has no counterpart is only counted, and becomes one cell: there may be much of it."""
    import pyarrow.compute as pc

    table = engine.run(summed)
    used = pc.sum(table.column("used")).as_py() or 0.0
    alone = pc.sum(table.filter(pc.invert(table.column("paired"))).column("cases")).as_py()
    paired = table.filter(table.column("paired"))
    columns = [paired.column(name).to_pylist() for name in (*_PLACES, *_SUMS[:-1])]
    cells = [Cell(*row) for row in sorted(zip(*columns, strict=True))]
    if alone:
        cells.append(Cell(ALONE, True, ALONE, 0, 0, 0.0, 0.0, alone, 0.0))  # noqa: FBT003
    return Found(cells, used)


def _number(day: date) -> int:
    """Days as the engine numbers them: 20250701."""
    return day.year * _YEAR + day.month * 100 + day.day
