"""The traffic light of an indicator, by one rule that every report prints.

1. no light without a figure, a target and a direction; none for partial or suppressed data, for a
   year up to the baseline's, or where the target is no improvement on the baseline
2. what is expected of a year lies on the straight line from the baseline (its year) to the target
   (its year); from the target's year on it is the target, and without a baseline too
3. of what adds up over a year, a month is expected to bring a twelfth and a quarter a quarter
4. full: what is expected is reached; half: at least half of the way from the baseline to it has
   been gone; empty: less. Without a baseline there is no half.

The words of the rule are in `documents/words/performance/`.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from mra_gateway.model.indicators import (
    Baseline,
    Direction,
    Indicator,
    Note,
    Quantity,
    Target,
)
from mra_gateway.model.performance import Judged, Light
from mra_gateway.model.periods import Period

HALF_WAY: Final = 0.5
_ADDING: Final = (Quantity.COUNT, Quantity.MONEY)
_NOT_ADDING: Final = re.compile(r"\.(?:nunique|mean|median|quantile|min|max)\(")


def adds_up(indicator: Indicator) -> bool:
    """Says whether the figures of months add up to the figure of the year."""
    return (
        indicator.quantity in _ADDING
        and indicator.span == "during"
        and indicator.denominator is None
        and _NOT_ADDING.search(indicator.numerator) is None
    )


def judge(
    value: float | None,
    *,
    indicator: Indicator,
    baseline: Baseline,
    target: Target | None,
    period: Period,
    is_whole: bool = True,
) -> Judged:
    """Returns the light of a figure.

    Args:
        value: The figure, or None.
        indicator: What it is a figure of.
        baseline: As the administration has it.
        target: The same.
        period: Of the figure.
        is_whole: Whether all data of the period was there.
    """
    if value is None:
        return _not("no_figure")
    if not is_whole:
        return _not("partial")
    if target is None:
        return _not("no_target")
    if indicator.direction is Direction.NEITHER:
        return _not("no_direction")
    year = period.first_on.year
    if baseline.year is not None and year <= baseline.year < target.year:
        return _not("not_after_baseline", year=baseline.year)
    is_less = indicator.direction is Direction.LESS
    start, end = baseline.value, target.value
    if start is not None and (end > start if is_less else end < start):
        return _not("target_no_improvement")
    share = len(period.months) / 12 if adds_up(indicator) else 1.0
    expected = _expected(start, baseline.year, end, target.year, year) * share
    start = None if start is None else start * share
    way = None
    if start is not None and expected != start:
        way = (value - start) / (expected - start)
    return Judged(light=_light(value, expected, way, is_less=is_less), expected=expected, way=way)


def _expected(
    start: float | None, start_year: int | None, end: float, end_year: int, year: int
) -> float:
    """Step 2."""
    if start is None or start_year is None or year >= end_year or start_year >= end_year:
        return end
    return start + (end - start) * (year - start_year) / (end_year - start_year)


def _light(value: float, expected: float, way: float | None, *, is_less: bool) -> Light:
    """Step 4."""
    if value <= expected if is_less else value >= expected:
        return Light.REACHED
    return Light.ON_THE_WAY if way is not None and way >= HALF_WAY else Light.BEHIND


def _not(
    why: Literal[
        "no_figure",
        "partial",
        "no_target",
        "no_direction",
        "not_after_baseline",
        "target_no_improvement",
    ],
    **values: str | float,
) -> Judged:
    return Judged(light=Light.NOT_JUDGED, why=Note(code=why, values=dict(values)))
