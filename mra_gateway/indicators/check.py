"""Whether an indicator can be computed, and whether what it says of itself makes sense (pure).

References to other files are checked in `registry/check.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.indicators.event_tables import BREAKDOWN_COLUMN, EVENT_TABLES
from mra_gateway.indicators.expression import ParsedExpression, parse
from mra_gateway.model.indicators import (
    Baseline,
    BaselineKind,
    Breakdown,
    ColumnKind,
    Direction,
    EventTable,
    Indicator,
    IndicatorCatalogue,
    Quantity,
)

_FEW = 20
"""So many names and no more are listed where another stands."""
_DIVISIBLE = frozenset({ColumnKind.TEXT, ColumnKind.BOOLEAN, ColumnKind.INTEGER})


class IndicatorProblem(NamedTuple):
    """One thing that is wrong with an indicator.

    Attributes:
        key: Where in the file.
        reason: One sentence for the person who puts it right.
    """

    key: str
    reason: str
    code: Reason


def check_definitions(
    catalogue: IndicatorCatalogue, *, known: Mapping[str, Collection[str]]
) -> tuple[IndicatorProblem, ...]:
    """Returns everything that is wrong with the indicators of a catalogue, each on its own.

    Args:
        catalogue: The catalogue.
        known: Column → what it may be compared with: `lane`, `region`, `indicator`.
    """
    return tuple(
        problem
        for index, fact in enumerate(catalogue.indicators)
        if fact.value is not None
        for problem in _check(f"indicators[{index}].value", fact.value, known)
    )


def _check(
    key: str, indicator: Indicator, known: Mapping[str, Collection[str]]
) -> Iterator[IndicatorProblem]:
    table = EVENT_TABLES.get(indicator.of)
    if table is None:
        reason = f"{indicator.id}: {indicator.of!r} is none of {', '.join(EVENT_TABLES)}"
        yield IndicatorProblem(f"{key}.of", reason, Reason.DATA_REFERENCE_UNKNOWN)
    else:
        yield from _check_expressions(key, indicator, table, known)
        yield from _check_span(key, indicator, table)
        yield from _check_parts(key, indicator, table)
    if indicator.quantity is Quantity.SHARE and indicator.denominator is None:
        yield _incomplete(f"{key}.denominator", indicator, "a share is a share of something")
    yield from _check_baseline(f"{key}.baseline", indicator, indicator.baseline)
    yield from _check_direction(key, indicator)


def _check_expressions(
    key: str, indicator: Indicator, table: EventTable, known: Mapping[str, Collection[str]]
) -> Iterator[IndicatorProblem]:
    for name, text in (
        ("numerator", indicator.numerator),
        ("denominator", indicator.denominator),
    ):
        if text is None:
            continue
        place = f"{key}.{name}"
        try:
            parsed = parse(text, table=table)
        except RequestRefused as error:
            reason = f"{indicator.id}: {error.where}: {error.text}"
            yield IndicatorProblem(place, reason, error.reason)
            continue
        yield from _check_literals(place, indicator, parsed, known)
        yield from _check_breakdowns(place, indicator, parsed)


def _check_literals(
    key: str,
    indicator: Indicator,
    parsed: ParsedExpression,
    known: Mapping[str, Collection[str]],
) -> Iterator[IndicatorProblem]:
    for column, literals in parsed.literals.items():
        for literal in sorted(literals - set(known.get(column, literals))):
            at = parsed.text.find(literal)
            place = f"character {at + 1}: " if at >= 0 else ""
            reason = f"{indicator.id}: {place}{literal[:60]!r} is no known {column}"
            if len(known[column]) <= _FEW:
                reason += f"; there are {', '.join(sorted(known[column]))}"
            yield IndicatorProblem(key, reason, Reason.DATA_REFERENCE_UNKNOWN)


def _check_breakdowns(
    key: str, indicator: Indicator, parsed: ParsedExpression
) -> Iterator[IndicatorProblem]:
    asked = {indicator.about, *indicator.compare} - {Breakdown.ALL}
    for column in sorted({told[0] for one in asked if (told := BREAKDOWN_COLUMN[one])}):
        if column in parsed.columns:
            yield _incomplete(
                key,
                indicator,
                f"speaks of {column}, which about and compare decide: for some there is nothing",
            )


def _check_span(key: str, indicator: Indicator, table: EventTable) -> Iterator[IndicatorProblem]:
    if indicator.span == "at_end":
        if table.begins_on is None:
            reason = f"rows of {table.name} are events; nothing of them lasts to the period's end"
            yield _incomplete(f"{key}.span", indicator, reason)
        if indicator.counted_on is not None:
            reason = "what lasts to the period's end is counted on no day of its own"
            yield _incomplete(f"{key}.counted_on", indicator, reason)
    if indicator.counted_on is not None:
        column = table.column(indicator.counted_on)
        if column is None or column.kind is not ColumnKind.DAY:
            days = ", ".join(one.name for one in table.columns if one.kind is ColumnKind.DAY)
            reason = f"{indicator.counted_on!r} is no day of {table.name}, which has {days}"
            yield _incomplete(f"{key}.counted_on", indicator, reason)


def _check_parts(key: str, indicator: Indicator, table: EventTable) -> Iterator[IndicatorProblem]:
    for name, breakdowns in (("about", (indicator.about,)), ("compare", indicator.compare)):
        for one in breakdowns:
            told = BREAKDOWN_COLUMN[one]
            if told is not None and table.column(told[0]) is None:
                reason = f"{one} is told by {told[0]}, which {table.name} has not"
                yield _incomplete(f"{key}.{name}", indicator, reason)
    if len({indicator.about, *indicator.compare}) <= len(indicator.compare):
        reason = "stands here twice, or is what the indicator is about already"
        yield _incomplete(f"{key}.compare", indicator, reason)
    for index, column_name in enumerate(indicator.by):
        column = table.column(column_name)
        if column is None or column.kind not in _DIVISIBLE:
            reason = f"{column_name!r} is no column of {table.name} by which it can be divided"
            yield _incomplete(f"{key}.by[{index}]", indicator, reason)
    if len(set(indicator.by)) < len(indicator.by):
        yield _incomplete(f"{key}.by", indicator, "a column stands here twice")


def _check_baseline(
    key: str, indicator: Indicator, baseline: Baseline
) -> Iterator[IndicatorProblem]:
    wanted = {
        BaselineKind.QUALITATIVE: ("criteria", "the criteria it was assessed by"),
        BaselineKind.NUMERICAL: ("formula", "its formula"),
        BaselineKind.SCALE: ("categories", "the categories of the scale"),
    }
    name, what = wanted[baseline.kind]
    if not getattr(baseline, name):
        reason = f"a baseline of kind {baseline.kind} names {what}"
        yield _incomplete(f"{key}.{name}", indicator, reason)
    if baseline.kind is BaselineKind.QUALITATIVE and baseline.value is not None:
        yield _incomplete(f"{key}.value", indicator, "a qualitative baseline has no number")
    if baseline.kind is BaselineKind.SCALE and baseline.value is not None:
        highest = len(baseline.categories)
        if baseline.categories and not 1 <= baseline.value <= highest:
            reason = f"{baseline.value:g} lies outside the scale, 1 to {highest}"
            yield _incomplete(f"{key}.value", indicator, reason)
    said = baseline.value is not None or baseline.assessment is not None
    if said is (baseline.year is None):
        yield _incomplete(f"{key}.year", indicator, "a value and its year stand together")


def _check_direction(key: str, indicator: Indicator) -> Iterator[IndicatorProblem]:
    baseline, target = indicator.baseline, indicator.target
    pairs = []
    if target is not None and baseline.value is not None:
        pairs.append(("target.value", baseline.value, target.value))
    if indicator.sample is not None:
        pairs.append(("sample.target", indicator.sample.baseline, indicator.sample.target))
    for name, before, after in pairs:
        worse = {Direction.MORE: after < before, Direction.LESS: after > before}
        if worse.get(indicator.direction):
            reason = f"{after:g} is worse than {before:g}: {indicator.direction} is the better"
            yield _incomplete(f"{key}.{name}", indicator, reason)
    if target is None:
        return
    if baseline.year is not None and target.year < baseline.year:
        reason = f"{target.year} lies before the baseline's year, {baseline.year}"
        yield IndicatorProblem(
            f"{key}.target.year", f"{indicator.id}: {reason}", Reason.DATA_DATES_ORDER
        )
    if indicator.direction is Direction.NEITHER:
        reason = "a target needs a direction: more or less is the better"
        yield _incomplete(f"{key}.direction", indicator, reason)


def _incomplete(key: str, indicator: Indicator, reason: str) -> IndicatorProblem:
    return IndicatorProblem(key, f"{indicator.id}: {reason}", Reason.DATA_INDICATOR_INCOMPLETE)
