"""Confidence intervals, each with its method named; pure arithmetic on sums.

The declarations of the period are taken as a sample of declarations in periods like it, each
independent of the others: what is uncertain is what another such period would show. Errors of the
data, of the matching and of the assumptions are not in any interval.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, NamedTuple

from mra_gateway.indicators.student import binomial_below, t_quantile
from mra_gateway.model.impact import Interval

LEVEL: Final = 0.95
Z: Final = 1.959963984540054
ENOUGH: Final = 30
"""Cases below which the normal approximation is not used and a sum is given without interval."""

WILSON: Final = "Wilson score"
RATIO: Final = "ratio of sums, linearised, normal approximation"
SUM: Final = "sum of independent cases, normal approximation"
PRODUCT: Final = "delta method, normal approximation"
MEAN: Final = "Student's t"
ORDER: Final = "order statistics, binomial"
ORDER_OF_MANY: Final = "order statistics, normal approximation of the binomial"
_MANY: Final = 1_000
"""Cases from which on ranks are found by the normal approximation."""


class Ranks(NamedTuple):
    """Between which cases, counted from the smallest, a quantile lies.

    Attributes:
        low: From 1.
        high: To the number of cases.
        method: By name.
    """

    low: int
    high: int
    method: str


def wilson(count: float, of: float) -> Interval | None:
    """Returns the interval of a share of cases; None without any case."""
    if of <= 0:
        return None
    share = count / of
    centre = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    low = 0.0 if count == 0 else max(0.0, centre - half)
    high = 1.0 if count == of else min(1.0, centre + half)
    return Interval(low=low, high=high, level=LEVEL, method=WILSON)


def effective(total: float, squares: float) -> float:
    """Returns how many equal cases a sum is worth: few when a handful of large ones make it."""
    return total * total / squares if squares > 0 else 0.0


def ratio(
    part: float,
    total: float,
    *,
    part_squares: float,
    squares: float,
    cases: float,
    products: float | None = None,
) -> Interval | None:
    """Returns the interval of a share of a sum, or of one sum in proportion to another.

    Args:
        part: The sum over the cases that count.
        total: The sum over all.
        part_squares: The sum of squares over the cases that count.
        squares: The same over all.
        cases: How many there are.
        products: Of what each case adds to one and to the other, summed; not given where the one is
            part of the other, and the ratio a share between nothing and all.
    """
    if total == 0 or cases < 2:
        return None
    share = part / total
    both = part_squares if products is None else products
    spread = part_squares - 2 * share * both + share * share * squares
    half = Z * math.sqrt(max(0.0, spread) * cases / (cases - 1)) / abs(total)
    low, high = share - half, share + half
    # of amounts below nothing, a part may be more than the whole
    if products is None and 0 <= share <= 1:
        low, high = max(0.0, low), min(1.0, high)
    return Interval(low=low, high=high, level=LEVEL, method=RATIO)


def mean(total: float, squares: float, cases: int) -> Interval | None:
    """Returns the interval of a mean; None of fewer than two cases.

    Args:
        total: The sum over the cases.
        squares: The sum of their squares.
        cases: How many there are.
    """
    if cases < 2:
        return None
    centre = total / cases
    # in this order, what is no number stays none: beyond 1e154, squares are
    spread = max(squares - total * centre, 0.0) / (cases - 1)
    half = t_quantile((1 + LEVEL) / 2, cases - 1) * math.sqrt(spread / cases)
    return Interval(low=centre - half, high=centre + half, level=LEVEL, method=MEAN)


@lru_cache(maxsize=4096)
def ranks(cases: int, share: float = 0.5) -> Ranks | None:
    """Returns between which cases a quantile lies; None where there are too few to say.

    Whatever the distribution is, the true quantile lies between the two with the level at least.

    Args:
        cases: How many there are.
        share: Of which the quantile is asked for: 0.5 is the median.
    """
    if not 0 < share < 1:
        return None
    if cases > _MANY:
        half = Z * math.sqrt(cases * share * (1 - share))
        low, high = math.floor(cases * share - half), math.ceil(cases * share + half) + 1
        method = ORDER_OF_MANY
    else:
        tail = (1 - LEVEL) / 2
        below = list(binomial_below(cases, share))
        low = sum(probability <= tail for probability in below)
        high = 1 + sum(probability < 1 - tail for probability in below)
        method = ORDER
    return Ranks(low, high, method) if low >= 1 and high <= cases else None


def between(low: float, high: float, *, method: str) -> Interval:
    """Returns the interval between two values that were found by their ranks."""
    return Interval(low=low, high=high, level=LEVEL, method=method)


def variance(first: float, second: float, cases: float) -> float:
    """Returns the variance of a sum over independent cases.

    Args:
        first: The sum of what each case is expected to add.
        second: The sum of the squares it is expected to add.
        cases: How many cases there are, those that add nothing among them.
    """
    return max(0.0, second - first * first / cases) if cases > 0 else 0.0


def around(value: float, spread: float, *, method: str, at_least: float | None = None) -> Interval:
    """Returns the interval around a sum by its variance."""
    half = Z * math.sqrt(max(0.0, spread))
    low = value - half if at_least is None else max(at_least, value - half)
    return Interval(low=low, high=value + half, level=LEVEL, method=method)
