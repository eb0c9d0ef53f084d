"""Thresholds compared as quantities: sets of alternatives, each of figures to be met together.

One side is stricter when whoever meets it meets the other too and not the other way round. That is
asked as inclusion in both directions, in a logic of three values: what cannot be converted is not
known, and not known never becomes the same.

Years, quarters and months convert into each other, and so do days and hours. A month and a day
compare only where the length of a month makes no difference. Money and national units convert at
the rates handed in. Scores and debt ratios are counted on each programme's own scale: their
figures are never compared. What `other` counts need not be the same thing, and is not either.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from mra_gateway.model.facts import Basis
from mra_gateway.model.profiles import Measure, Quantity, Rates, Unit

Alternatives = tuple[tuple[Quantity, ...], ...]
"""Alternatives, each of which is a set of figures to be met together."""

OWN_SCALE: Final = frozenset({Measure.SCORE, Measure.DEBT_RATIO, Measure.OTHER})
"""Measures whose figures mean something within one programme only."""

_MONTHS: Final = {Unit.MONTH: 1.0, Unit.QUARTER: 3.0, Unit.YEAR: 12.0}
_DAYS: Final = {Unit.DAY: 1.0, Unit.HOUR: 1 / 24}
_SHORTEST, _LONGEST, _SLACK = 365 / 12, 366 / 12, 3.0
"""Days in a month on average over a year, and how far a run of whole months may be off it."""
_WEAKER: Final = {Basis.READ: 0, Basis.PARTIAL: 1, Basis.UNVERIFIED: 2}


class Relation(Enum):
    """How two sets of alternatives stand to each other."""

    EQUAL = "equal"
    FIRST_STRICTER = "first_stricter"
    SECOND_STRICTER = "second_stricter"
    NEITHER = "neither"
    """Each lets somebody in whom the other does not, or they count different things."""
    PARTLY_KNOWN = "partly_known"
    """Some of the figures could be compared and others not."""
    NOT_COMPARABLE = "not_comparable"
    """The same things are counted, in units that do not convert."""
    OWN_SCALES = "own_scales"
    """Nothing but figures on each programme's own scale."""


class Related(NamedTuple):
    """A relation and how sure the rates are it rests on; None when it rests on none."""

    relation: Relation
    basis: Basis | None = None


class _Amount(NamedTuple):
    """A span of values in one common unit; a point unless the length of months matters."""

    least: float
    most: float
    unit: str
    basis: Basis | None = None


class Converter:
    """Converts units at the rates of one day.

    Args:
        rates: The rates; None: only what needs none converts.
    """

    def __init__(self, rates: Rates | None) -> None:
        self._rates = {} if rates is None else rates.rates
        self.amount: Callable[[float, str], _Amount] = lru_cache(maxsize=None)(self._amount)

    def _amount(self, value: float, unit: str) -> _Amount:
        if unit in _MONTHS:
            months = value * _MONTHS[Unit(unit)]
            return _Amount(months, months, "month")
        if unit in _DAYS:
            days = value * _DAYS[Unit(unit)]
            return _Amount(days, days, "day")
        basis: Basis | None = None
        seen = {unit}
        while (fact := self._rates.get(unit)) is not None and fact.value is not None:
            if fact.value.currency in seen:
                break
            value, unit = value * fact.value.value, fact.value.currency
            seen.add(unit)
            basis = weakest((basis, fact.basis))
        return _Amount(value, value, unit, basis)


def weakest(given: Iterable[Basis | None]) -> Basis | None:
    """Returns the weakest of some bases; None where there is none."""
    known = [one for one in given if one is not None]
    return max(known, key=_WEAKER.__getitem__) if known else None


def strongest(given: Iterable[Basis]) -> Basis:
    """Returns the strongest of some bases, of which there is at least one."""
    return min(given, key=_WEAKER.__getitem__)


def relate(first: Alternatives, second: Alternatives, *, converter: Converter) -> Related:
    """Returns how two sets of thresholds stand to each other.

    Args:
        first: Thresholds of the one side; not empty.
        second: Thresholds of the other; not empty.
        converter: At which rates.
    """
    mine, yours = _on_common_scales(first), _on_common_scales(second)
    if not mine or not yours:
        return Related(Relation.OWN_SCALES if not mine and not yours else Relation.PARTLY_KNOWN)
    basis = _basis_of(mine, yours, converter)
    there, back = _includes(mine, yours, converter), _includes(yours, mine, converter)
    if there is None or back is None:
        known = _any_comparable(mine, yours, converter)
        return Related(Relation.PARTLY_KNOWN if known else Relation.NOT_COMPARABLE, basis)
    lost = mine != first or yours != second
    if lost and (there or back):
        return Related(Relation.PARTLY_KNOWN, basis)
    if there:
        return Related(Relation.EQUAL if back else Relation.FIRST_STRICTER, basis)
    return Related(Relation.SECOND_STRICTER if back else Relation.NEITHER, basis)


def measures_of(alternatives: Alternatives) -> frozenset[Measure]:
    """Returns what the figures count."""
    return frozenset(one.measure for each in alternatives for one in each)


def only(alternatives: Alternatives, measures: frozenset[Measure]) -> Alternatives:
    """Returns the alternatives with the figures of some measures alone."""
    kept = (tuple(one for one in each if one.measure in measures) for each in alternatives)
    return tuple(each for each in kept if each)


def _on_common_scales(alternatives: Alternatives) -> Alternatives:
    return only(alternatives, measures_of(alternatives) - OWN_SCALE)


def _includes(narrow: Alternatives, wide: Alternatives, converter: Converter) -> bool | None:
    """Says whether whoever meets the narrow one meets the wide one; None: not known."""
    return _all(_any(_implies(one, other, converter) for other in wide) for one in narrow)


def _implies(
    held: tuple[Quantity, ...], asked: tuple[Quantity, ...], converter: Converter
) -> bool | None:
    return _all(_any(_meets(have, want, converter) for have in held) for want in asked)


def _meets(have: Quantity, want: Quantity, converter: Converter) -> bool | None:
    """Says whether meeting one figure is meeting another; None: their units do not convert."""
    if have.measure is not want.measure:
        return False
    if "at_least" in (pair := {have.relation, want.relation}) and "at_most" in pair:
        return False
    if have.relation != want.relation and want.relation == "exactly":
        return False
    order = _order(have, want, converter)
    if order is None:
        return None
    if want.relation == "exactly":
        return order == 0
    return order >= 0 if want.relation == "at_least" else order <= 0


def _order(one: Quantity, other: Quantity, converter: Converter) -> int | None:
    """Returns -1, 0 or 1 as the one is less, the same or more; None: not known."""
    if one.unit == other.unit:
        return 0 if _same(one.value, other.value) else 1 if one.value > other.value else -1
    left = converter.amount(one.value, one.unit)
    right = converter.amount(other.value, other.unit)
    if left.unit != right.unit:
        if {left.unit, right.unit} != {"month", "day"}:
            return None
        left, right = _in_days(left), _in_days(right)
    if left.most < right.least:
        return -1 if not _same(left.most, right.least) else 0
    if left.least > right.most:
        return 1 if not _same(left.least, right.most) else 0
    return 0 if left.least == left.most and right.least == right.most else None


def _in_days(amount: _Amount) -> _Amount:
    if amount.unit == "day":
        return amount
    whole_years = amount.least % 12 == 0
    slack = 0.0 if whole_years else _SLACK
    return _Amount(amount.least * _SHORTEST - slack, amount.most * _LONGEST + slack, "day")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9)


def _any_comparable(mine: Alternatives, yours: Alternatives, converter: Converter) -> bool:
    return any(
        one.measure is other.measure and _order(one, other, converter) is not None
        for each in mine
        for one in each
        for every in yours
        for other in every
    )


def _basis_of(mine: Alternatives, yours: Alternatives, converter: Converter) -> Basis | None:
    """Returns how sure the rates are by which units that differ were converted."""
    return weakest(
        converter.amount(each.value, each.unit).basis
        for one in itertools.chain(*mine)
        for other in itertools.chain(*yours)
        if one.measure is other.measure and one.unit != other.unit
        for each in (one, other)
    )


def _all(given: Iterable[bool | None]) -> bool | None:
    values = list(given)
    if False in values:
        return False
    return None if None in values else True


def _any(given: Iterable[bool | None]) -> bool | None:
    values = list(given)
    if True in values:
        return True
    return None if None in values else False
