"""Confidence intervals, each with its method named; pure arithmetic on sums.

The declarations of the period are taken as a sample of declarations in periods like it, each
independent of the others: what is uncertain is what another such period would show. Errors of the
data, of the matching and of the assumptions are not in any interval.
"""

from __future__ import annotations

import math
from typing import Final

from mra_gateway.model.impact import Interval

LEVEL: Final = 0.95
Z: Final = 1.959963984540054
ENOUGH: Final = 30
"""Cases below which the normal approximation is not used and a sum is given without interval."""

WILSON: Final = "Wilson score"
RATIO: Final = "ratio of sums, linearised, normal approximation"
SUM: Final = "sum of independent cases, normal approximation"
PRODUCT: Final = "delta method, normal approximation"


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
    part: float, total: float, *, part_squares: float, squares: float, cases: float
) -> Interval | None:
    """Returns the interval of a share of a sum.

    Args:
        part: The sum over the cases that count.
        total: The sum over all.
        part_squares: The sum of squares over the cases that count.
        squares: The same over all.
        cases: How many there are.
    """
    if total <= 0 or cases < 2:
        return None
    share = part / total
    spread = part_squares * (1 - 2 * share) + share * share * squares
    half = Z * math.sqrt(max(0.0, spread) * cases / (cases - 1)) / total
    return Interval(
        low=max(0.0, share - half), high=min(1.0, share + half), level=LEVEL, method=RATIO
    )


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
