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


class Found(NamedTuple):
    """What was summed.

    Attributes:
        cells: In a fixed order.
        used: Of the consignments of recognised operators in the span, how many were recognised.
    """

    cells: list[Cell]
    used: float


def names_operators(engine: Engine, rows: Any) -> bool:
    """Says whether any declaration names the partner's operator."""
    found = engine.run(rows.aggregate(named=rows.operator.count()))
    return bool(found.column("named").to_pylist()[0])


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
    told = told.semi_join(theirs, told.stratum == theirs.wanted)
    return _read(engine, _summed(told))


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
    table = engine.run(summed)
    columns = [table.column(name).to_pylist() for name in (*_PLACES, *_SUMS)]
    rows = sorted(zip(*columns, strict=True))
    return Found([Cell(*row[:-1]) for row in rows], sum(row[-1] for row in rows))


def _number(day: date) -> int:
    """Days as the engine numbers them: 20250701."""
    return day.year * _YEAR + day.month * 100 + day.day
