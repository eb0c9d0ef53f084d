"""Sums of a matched comparison: cells as counted, and units that both years weigh alike.

What is made of them is in `matched_change.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Four = tuple[float, float, float, float]
"""After and before of one side and of the other; or cases and sum of the base and of the year."""

Key = tuple[str, int]
"""Stratum and month: where recognised and others are compared."""


class Cell(NamedTuple):
    """What one operator sent of one stratum in one week of both years, as sums.

    Attributes:
        recognised: Whether the operator is one of the arrangement's.
        stratum: Direction, mode, chapter and own AEO as one text.
        month: 1 to 12.
        week: The week of the month, 0 to 3; the last one is longer.
        base_cases: Consignments in the base year.
        base_sum: Their hours, or how many of them were inspected.
        cases: The same of the year looked at.
        sum: The same.
    """

    operator: str
    recognised: bool
    stratum: str
    month: int
    week: int
    base_cases: float
    base_sum: float
    cases: float
    sum: float


class Sums(NamedTuple):
    """Sums over matched units: weighted, then plain.

    Attributes:
        after: The weighted sum of the year looked at.
        base: The same of the base year.
        weight: Of all units.
        events: What was summed in the year looked at, plain.
        base_events: The same of the base year.
        cases: Consignments of the year looked at.
        base_cases: Of the base year.
    """

    after: float = 0.0
    base: float = 0.0
    weight: float = 0.0
    events: float = 0.0
    base_events: float = 0.0
    cases: float = 0.0
    base_cases: float = 0.0

    def plus(self, other: Sums) -> Sums:
        """Returns the sums of both."""
        return Sums(
            self.after + other.after,
            self.base + other.base,
            self.weight + other.weight,
            self.events + other.events,
            self.base_events + other.base_events,
            self.cases + other.cases,
            self.base_cases + other.base_cases,
        )

    def minus(self, other: Sums) -> Sums:
        """Returns the weighted sums without the other; the plain ones are left at nothing."""
        return Sums(self.after - other.after, self.base - other.base, self.weight - other.weight)


def unit_sums(base_cases: float, base_sum: float, cases: float, summed: float) -> Sums:
    """Returns what a unit adds; nothing where one of the years is empty."""
    if base_cases <= 0 or cases <= 0:
        return Sums()
    both = base_cases + cases
    return Sums(
        summed * base_cases / both,
        base_sum * cases / both,
        base_cases * cases / both,
        summed,
        base_sum,
        cases,
        base_cases,
    )


def summed(parts: Iterable[Sequence[float]]) -> Four:
    """Returns the sums of four numbers each."""
    first = second = third = fourth = 0.0
    for part in parts:
        first += part[0]
        second += part[1]
        third += part[2]
        fourth += part[3]
    return first, second, third, fourth


def total(sums: Iterable[Sums]) -> Sums:
    """Returns the sums of all."""
    found = Sums()
    for one in sums:
        found = found.plus(one)
    return found
