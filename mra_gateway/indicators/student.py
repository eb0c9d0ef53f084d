"""Student's t and the binomial distribution, as far as intervals need them; pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_STEPS: Final = 300
_SMALLEST: Final = 1e-300
_CLOSE: Final = 1e-15


@lru_cache(maxsize=4096)
def t_quantile(probability: float, freedom: int) -> float:
    """Returns below which value Student's t lies with a probability above one half.

    Args:
        probability: Between 0.5 and 1.
        freedom: Degrees of freedom, one at least.
    """
    low, high = 0.0, 1.0
    while _t_below(high, freedom) < probability:
        low, high = high, 2 * high
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if _t_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return high


def binomial_below(cases: int, share: float) -> Iterator[float]:
    """Yields the probability of at most none, one, two … successes among independent cases.

    Args:
        cases: How many.
        share: The probability of each, between 0 and 1.
    """
    whole, yes, no = math.lgamma(cases + 1), math.log(share), math.log1p(-share)
    below = 0.0
    for count in range(cases + 1):
        ways = whole - math.lgamma(count + 1) - math.lgamma(cases - count + 1)
        below += math.exp(ways + count * yes + (cases - count) * no)
        yield below


def _t_below(value: float, freedom: int) -> float:
    """The distribution function, for values not below zero."""
    rest = freedom / (freedom + value * value)
    return 1.0 - 0.5 * _incomplete_beta(rest, freedom / 2, 0.5)


def _incomplete_beta(at: float, a: float, b: float) -> float:
    """The regularised incomplete beta function by its continued fraction (DLMF 8.17.22)."""
    if at in {0.0, 1.0}:
        return at
    front = math.exp(
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(at)
        + b * math.log1p(-at)
    )
    if at < (a + 1) / (a + b + 2):
        return front * _fraction(at, a, b) / a
    return 1.0 - front * _fraction(1 - at, b, a) / b


def _fraction(at: float, a: float, b: float) -> float:
    """Lentz's way of evaluating the continued fraction."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * at / (a + 1))
    found = d
    for step in range(1, _STEPS):
        even = step * (b - step) * at / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * at / ((a + 2 * step) * (a + 2 * step + 1))
        for term in (even, odd):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            found *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return found


def _away(value: float) -> float:
    """Keeps a divisor from being zero."""
    return value if abs(value) > _SMALLEST else _SMALLEST
