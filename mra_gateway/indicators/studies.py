"""Studies by sample – time release, cost of clearance: what each stage says, how many more to take.

A study measures some consignments, stage by stage. Of each stage stand here the mean and the median
with their intervals, and how many measurements would give the mean within some per cent.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, NamedTuple

from mra_gateway.indicators import intervals
from mra_gateway.indicators.student import t_quantile
from mra_gateway.model.impact import Interval

WITHIN: Final = 0.1
"""How near the mean should be known, where nobody says: ± 10 %."""
_MOST: Final = 10_000_000


class Taken(NamedTuple):
    """One measurement.

    Attributes:
        of: What is told apart: flow and stage, before or after an arrangement.
        unit: Hours or a currency; measurements of two units are never put together.
    """

    of: tuple[str, ...]
    unit: str
    measured: float


class Advice(NamedTuple):
    """How many measurements would be enough.

    Attributes:
        within: The share of the mean by which its interval may reach to either side.
        needed: How many in all.
        more: How many besides those there are.
    """

    within: float
    needed: int
    more: int


class Stage(NamedTuple):
    """What a stage of a study says.

    Attributes:
        deviation: The standard deviation of the sample; None of a single measurement.
        mean_between: None of a single measurement.
        median_between: None where there are too few measurements for the level.
        advice: None where it cannot be told: one measurement, or a mean of nothing.
    """

    of: tuple[str, ...]
    unit: str
    cases: int
    mean: float
    median: float
    deviation: float | None
    least: float
    largest: float
    mean_between: Interval | None
    median_between: Interval | None
    advice: Advice | None


def describe(taken: Iterable[Taken], *, within: float = WITHIN) -> tuple[Stage, ...]:
    """Returns what the stages of a study say, in the order they are first met.

    Args:
        taken: Its measurements.
        within: How near the mean should be known, as a share of it.
    """
    stages: dict[tuple[tuple[str, ...], str], list[float]] = defaultdict(list)
    for one in taken:
        stages[one.of, one.unit].append(one.measured)
    return tuple(_stage(of, unit, sorted(values), within) for (of, unit), values in stages.items())


def advise(values: Sequence[float], *, within: float = WITHIN) -> Advice | None:
    """Returns how many measurements would give the mean so near, if they spread like these.

    Args:
        values: Those there are.
        within: As a share of the mean, above 0.
    """
    cases = len(values)
    mean = math.fsum(values) / cases if cases else 0.0
    if cases < 2 or mean <= 0:
        return None
    spread = _deviation(values, mean) / (within * mean)
    needed = max(2, math.ceil((intervals.Z * spread) ** 2))
    # t asks for more than the normal distribution does, the fewer there are the more
    while needed < _MOST and _half(spread, needed) > 1:
        needed = max(needed + 1, math.ceil(needed * min(2.0, _half(spread, needed))))
    while needed > 2 and _half(spread, needed - 1) <= 1:
        needed -= 1
    return Advice(within, needed, max(0, needed - cases))


def _stage(of: tuple[str, ...], unit: str, values: Sequence[float], within: float) -> Stage:
    cases, total = len(values), math.fsum(values)
    squares = math.fsum(value * value for value in values)
    ranks = intervals.ranks(cases)
    between = None
    if ranks is not None:
        low, high = values[ranks.low - 1], values[ranks.high - 1]
        between = intervals.between(low, high, method=ranks.method)
    return Stage(
        of,
        unit,
        cases,
        total / cases,
        median(values),
        _deviation(values, total / cases) if cases > 1 else None,
        values[0],
        values[-1],
        intervals.mean(total, squares, cases),
        between,
        advise(values, within=within),
    )


def _deviation(values: Sequence[float], mean: float) -> float:
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _half(spread: float, cases: int) -> float:
    """Half the interval of the mean, in units of what is wished for."""
    return t_quantile((1 + intervals.LEVEL) / 2, cases - 1) * spread / math.sqrt(cases)
