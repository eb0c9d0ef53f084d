"""Which cells must not be shown, so that none of the few can be computed back from the rest.

A cell is hidden when one to four cases stand behind it. What is shown says more than itself: cells
add up to totals, and from a total and all parts but one the last one follows. Further cells are
hidden, the smallest first, until by the linear algebra of all sums together no hidden cell follows
from what is shown, and no group of hidden ones is told to be of fewer than five cases.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Final, Generic, NamedTuple, TypeVar

FEWEST: Final = 5

Key = TypeVar("Key", bound=Hashable)
_Row = dict[Key, Fraction]
"""A sum as coefficients of what is hidden in it: they make up something that is shown."""


class Sum(NamedTuple, Generic[Key]):
    """That parts add up to a total."""

    total: Key
    parts: tuple[Key, ...]


def is_few(count: float) -> bool:
    """Says whether a count of cases is too small to be shown; none at all is not."""
    return 0 < count < FEWEST


def hidden(
    counts: Mapping[Key, float], *, few: Collection[Key], sums: Sequence[Sum[Key]]
) -> frozenset[Key]:
    """Returns what must not be shown.

    Args:
        counts: How many cases stand behind each cell; of two that would do, the smaller is hidden.
        few: The cells that are to be hidden for themselves.
        sums: What adds up to what, of cells among `counts`.
    """
    places = {key: at for at, key in enumerate(counts)}
    found = set(few)
    while told := _told(found, counts, sums):
        others = _beside(told, found, sums)
        if not others:  # it follows from nothing that is shown
            break
        found.add(min(others, key=lambda key: (counts[key] <= 0, counts[key], places[key])))
    return frozenset(found)


def _beside(told: set[Key], found: Collection[Key], sums: Sequence[Sum[Key]]) -> set[Key]:
    """Returns what is shown in the same sums, or in sums that hidden cells connect with them."""
    reached = set(told)
    while True:
        near = {
            key
            for one in sums
            if not reached.isdisjoint((one.total, *one.parts))
            for key in (one.total, *one.parts)
        }
        shown = near.difference(found)
        if shown or near <= reached:
            return shown
        reached |= near


def _told(
    found: Collection[Key], counts: Mapping[Key, float], sums: Sequence[Sum[Key]]
) -> set[Key]:
    """Returns what follows of the hidden: one by itself, or that a few stand behind several."""
    told: set[Key] = set()
    for row in _reduced(_rows(found, sums)):
        together = sum(counts[key] for key in row)
        if len(row) == 1 or (len(set(row.values())) == 1 and together < FEWEST):
            told.update(row)
    return told


def _rows(found: Collection[Key], sums: Sequence[Sum[Key]]) -> list[_Row[Key]]:
    rows: list[_Row[Key]] = []
    for one in sums:
        row: _Row[Key] = {}
        for key, sign in ((one.total, -1), *((part, 1) for part in one.parts)):
            if key in found:
                row[key] = row.get(key, Fraction(0)) + sign
        row = {key: value for key, value in row.items() if value}
        if row:
            rows.append(row)
    return rows


def _reduced(rows: Sequence[_Row[Key]]) -> list[_Row[Key]]:
    """Returns the reduced row echelon form: a hidden cell that follows stands alone in a row."""
    reduced: dict[Key, _Row[Key]] = {}
    for given in rows:
        row = dict(given)
        for pivot in [key for key in row if key in reduced]:
            _subtract(row, reduced[pivot], row[pivot])
        if not row:
            continue
        pivot = next(iter(row))
        lead = row[pivot]
        row = {key: value / lead for key, value in row.items()}
        for other in reduced.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        reduced[pivot] = row
    return list(reduced.values())


def _subtract(row: _Row[Key], other: Mapping[Key, Fraction], times: Fraction) -> None:
    for key, value in other.items():
        left = row.get(key, Fraction(0)) - times * value
        if left:
            row[key] = left
        else:
            row.pop(key, None)
