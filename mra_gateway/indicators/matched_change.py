"""The change of recognised operators against others, matched: one ratio and its uncertainty.

1. A unit is one operator's consignments of one stratum (direction, mode, chapter, own AEO) in one
   calendar month, in both years. What it has in one year only is left out.
2. Both years are weighted alike (Mantel-Haenszel: n0 n1 / (n0 + n1)), so that neither operators nor
   goods nor months of another level can come in between.
3. Others of the same stratum and month get the weight the recognised operators have there (direct
   standardisation), so that what happens to a branch or in a month happens to both sides.
4. The change is (after / before of the recognised) / (after / before of the others).
5. Uncertain is what other operators and other weeks would show: each operator, each week and each
   month is left out in turn (jackknife). The variance by operators and the larger of those by weeks
   and months are added, which errs on the wide side.

The logarithm of the ratio is what is computed with. No chance comes in: the same cells give the
same interval.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from mra_gateway.indicators.intervals import LEVEL
from mra_gateway.indicators.matched_sums import Cell, Four, Key, Sums, summed, total, unit_sums
from mra_gateway.indicators.student import t_quantile
from mra_gateway.model.impact import Interval

METHOD: Final = (
    "Mantel-Haenszel over matched units, others standardised to the same mix; jackknife by "
    "operator and by week, Student's t"
)
_HALF_AN_INSPECTION: Final = 0.25
"""A matched inspection weighs one half where both years are alike."""
_ENOUGH_MONTHS: Final = 4
_NOTHING: Final = 1e-9
_EMPTY: Final[Four] = (0.0, 0.0, 0.0, 0.0)


class Spread(NamedTuple):
    """A variance, and by how many independent pieces it was found."""

    variance: float
    pieces: float


class Group(NamedTuple):
    """One side of the comparison, as far as it was matched with the other.

    Attributes:
        after: The standardised mean of the year looked at.
        base: The same of the base year.
        operators: How many.
        worth: How many operators of equal weight that is worth.
        largest: The share of the weight that one operator has.
        sums: Of all units.
    """

    after: float
    base: float
    operators: int
    worth: float
    largest: float
    sums: Sums


class Matching(NamedTuple):
    """Everything about one comparison; `change` is judged in `judge_effect.py`.

    Attributes:
        change: The logarithm of the ratio; None where it cannot be formed.
        spreads: By recognised operators, other operators, and time.
        weeks: How many weeks have consignments on both sides, in both years.
        months: In how many months.
        all_cases: Consignments of recognised operators in the year looked at.
        without_base: How many of them have no counterpart in the base year.
        without_others: How many have one, and nobody to be compared with.
    """

    change: float | None
    spreads: tuple[Spread, ...]
    recognised: Group
    others: Group
    weeks: int
    months: int
    all_cases: float
    without_base: float
    without_others: float

    @property
    def variance(self) -> float:
        """Of the change."""
        return sum(one.variance for one in self.spreads)


def match(cells: Iterable[Cell], *, counted: bool) -> Matching:
    """Returns the comparison of recognised operators with others.

    Args:
        cells: Each unit's weeks; several cells of a week are added.
        counted: Whether what is summed are events (inspections) and no amount (hours): few of them
            scatter by themselves, and none at all is not taken for never.
    """
    return _Matcher(cells, counted=counted).matching()


def interval(change: float, spreads: Sequence[Spread]) -> Interval:
    """Returns the interval of a change in proportion by its spreads, on the logarithm."""
    whole = sum(one.variance for one in spreads)
    # Satterthwaite: as many degrees of freedom as the pieces that matter have
    parts = sum(one.variance**2 / max(1.0, one.pieces - 1) for one in spreads)
    freedom = 1 if parts == 0 else max(1, math.floor(whole * whole / parts))
    half = t_quantile((1 + LEVEL) / 2, min(freedom, 1000)) * math.sqrt(whole)
    return Interval(
        low=math.expm1(change - half),
        high=math.expm1(min(change + half, 700.0)),
        level=LEVEL,
        method=METHOD,
    )


class _Matcher:
    """One comparison."""

    def __init__(self, cells: Iterable[Cell], *, counted: bool) -> None:
        self._counted = counted
        self._units: dict[tuple[bool, str, Key], dict[int, list[float]]] = {}
        for cell in cells:
            unit = (cell.recognised, cell.operator, (cell.stratum, cell.month))
            week = self._units.setdefault(unit, {}).setdefault(cell.week, [0.0] * 4)
            for at, value in enumerate(cell[5:]):
                week[at] += value
        self._all = sum(
            week[2] for (own, _, _), weeks in self._units.items() if own for week in weeks.values()
        )
        self._by: dict[bool, dict[Key, dict[str, Sums]]] = {True: {}, False: {}}
        for (own, operator, key), weeks in self._units.items():
            found = unit_sums(*summed(weeks.values()))
            if found.weight > 0:
                self._by[own].setdefault(key, {})[operator] = found
        self._with_base = sum(
            one.cases for units in self._by[True].values() for one in units.values()
        )
        # another operator alone could not be left out
        self._keys = {key for key in self._by[True] if len(self._by[False].get(key, ())) >= 2}
        self._sums = {
            own: {key: total(self._by[own][key].values()) for key in self._keys}
            for own in (True, False)
        }
        self._parts = {key: self._part(key) for key in self._keys}
        self._whole = summed(self._parts.values())

    def matching(self) -> Matching:
        weeks = self._weeks()
        change = self._change(self._whole)
        recognised, others = self._group(own=True), self._group(own=False)
        spreads: tuple[Spread, ...] = ()
        if change is not None:
            found = (
                self._by_operators(change, recognised, own=True),
                self._by_operators(change, others, own=False),
                self._by_time(change, weeks),
            )
            if any(one is None for one in found):
                change = None
            else:
                spreads = tuple(one for one in found if one is not None)
        return Matching(
            change=change,
            spreads=spreads,
            recognised=recognised,
            others=others,
            weeks=len(weeks),
            months=len({month for month, _ in weeks}),
            all_cases=self._all,
            without_base=self._all - self._with_base,
            without_others=self._with_base - recognised.sums.cases,
        )

    # --- the change

    def _part(self, key: Key, own: Sums | None = None, others: Sums | None = None) -> Four:
        """What a key adds: recognised after and before, others after and before."""
        own = self._sums[True][key] if own is None else own
        others = self._sums[False][key] if others is None else others
        if own.weight <= _NOTHING or others.weight <= _NOTHING:
            return _EMPTY
        share = own.weight / others.weight
        return own.after, own.base, others.after * share, others.base * share

    def _change(self, whole: Four) -> float | None:
        after, base, others_after, others_base = whole
        if self._counted:
            after, base = after + _HALF_AN_INSPECTION, base + _HALF_AN_INSPECTION
        if min(after, base, others_after, others_base) <= _NOTHING:
            return None
        return math.log(after / base) - math.log(others_after / others_base)

    def _without(self, parts: Mapping[Key, Four]) -> float | None:
        """The change with some keys' parts replaced."""
        old = summed(self._parts[key] for key in parts)
        new = summed(parts.values())
        rest = (
            whole - gone + there for whole, gone, there in zip(self._whole, old, new, strict=True)
        )
        after, base, others_after, others_base = rest
        return self._change((after, base, others_after, others_base))

    # --- its uncertainty

    def _by_operators(self, change: float, group: Group, *, own: bool) -> Spread | None:
        parts: dict[str, dict[Key, Four]] = defaultdict(dict)
        for key in self._keys:
            whole = self._sums[own][key]
            for operator, sums in self._by[own][key].items():
                rest = whole.minus(sums)
                parts[operator][key] = self._part(key, **{"own" if own else "others": rest})
        variance = self._jackknife(change, parts.values())
        if variance is None:
            return None
        if self._counted:
            few = 1 / (group.sums.events + 0.5) + 1 / (group.sums.base_events + 0.5)
            variance = max(variance, few)
        return Spread(variance, group.worth)

    def _by_time(self, change: float, weeks: set[tuple[int, int]]) -> Spread | None:
        by_month: dict[int, dict[Key, Four]] = defaultdict(dict)
        for key in self._keys:
            by_month[key[1]][key] = _EMPTY
        found = [(self._jackknife(change, self._week_parts(weeks)), len(weeks))]
        if len(by_month) >= _ENOUGH_MONTHS:
            found.append((self._jackknife(change, by_month.values()), len(by_month)))
        spreads = [Spread(variance, n) for variance, n in found if variance is not None]
        return max(spreads) if len(spreads) == len(found) else None

    def _week_parts(self, weeks: set[tuple[int, int]]) -> Iterable[dict[Key, Four]]:
        """For each week, the parts of the keys of its month without it."""
        lost: dict[tuple[int, int], dict[bool, dict[Key, Sums]]] = {
            week: {True: {}, False: {}} for week in weeks
        }
        for (own, operator, key), units in self._units.items():
            whole = self._by[own].get(key, {}).get(operator)
            if whole is None or key not in self._keys:
                continue
            added = summed(units.values())
            for week, sums in units.items():
                if (key[1], week) not in lost:
                    continue
                rest = unit_sums(*(a - b for a, b in zip(added, sums, strict=True)))
                there = lost[key[1], week][own]
                there[key] = there.get(key, Sums()).plus(whole.minus(rest))
        for changed in lost.values():
            yield {
                key: self._part(
                    key,
                    self._sums[True][key].minus(changed[True].get(key, Sums())),
                    self._sums[False][key].minus(changed[False].get(key, Sums())),
                )
                for key in changed[True].keys() | changed[False].keys()
            }

    def _jackknife(self, change: float, parts: Iterable[Mapping[Key, Four]]) -> float | None:
        """Returns the variance by leaving out pieces; None where the rest says nothing."""
        squares, pieces = 0.0, 0
        for replaced in parts:
            without = self._without(replaced)
            if without is None:
                return None
            squares += (without - change) ** 2
            pieces += 1
        return squares * (pieces - 1) / pieces if pieces > 1 else None

    # --- what is said of it

    def _weeks(self) -> set[tuple[int, int]]:
        """Month and week of which both groups have consignments in both years."""
        filled: dict[tuple[int, int], set[tuple[bool, int]]] = defaultdict(set)
        for (own, _, key), weeks in self._units.items():
            if key in self._keys:
                for week, sums in weeks.items():
                    there = filled[key[1], week]
                    if sums[0] > 0:
                        there.add((own, 0))
                    if sums[2] > 0:
                        there.add((own, 1))
        return {week for week, there in filled.items() if len(there) == 4}

    def _group(self, *, own: bool) -> Group:
        weights: dict[str, float] = defaultdict(float)
        for key in self._keys:
            share = 1.0 if own else self._sums[True][key].weight / self._sums[False][key].weight
            for operator, sums in self._by[own][key].items():
                weights[operator] += sums.weight * share
        weight = sum(weights.values())
        squares = sum(one * one for one in weights.values())
        after, base = self._whole[:2] if own else self._whole[2:]
        return Group(
            after=after / weight if weight else 0.0,
            base=base / weight if weight else 0.0,
            operators=len(weights),
            worth=weight * weight / squares if squares else 0.0,
            largest=max(weights.values()) / weight if weight else 0.0,
            sums=total(self._sums[own].values()),
        )
