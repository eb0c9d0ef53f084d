"""Which cells must not be shown, so that none of the few can be computed back from the rest.

A cell is hidden when one to four cases stand behind it. What is shown says more than itself: cells
add up to totals, and from a total and all parts but one the last one follows. Further cells are
hidden, the smallest first, until by the linear algebra of all sums together no hidden cell follows
from what is shown, and no group of hidden ones is told to be of fewer than five cases.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, TypeVar

FEWEST: Final = 5

Key = TypeVar("Key", bound=Hashable)
_Row = dict[Key, Fraction]


Sum = Mapping[Key, Fraction]
"""What is known of cells together: so many times each of them is nothing in all."""


def adding_up(total: Key, parts: Iterable[Key]) -> Sum[Key]:
    """Returns that parts add up to a total."""
    found = {total: Fraction(-1)}
    for part in parts:
        found[part] = found.get(part, Fraction(0)) + 1
    return found


def is_few(count: float) -> bool:
    """Says whether a count of cases is too small to be shown; none at all is not."""
    return 0 < count < FEWEST


def hidden(
    counts: Mapping[Key, float],
    *,
    few: Collection[Key],
    sums: Sequence[Sum[Key]],
    absent: Collection[Key] = (),
    left: Collection[Key] = (),
) -> frozenset[Key]:
    """Returns what must not be shown.

    Args:
        counts: How many cases stand behind each cell; of two that would do, the smaller is hidden.
        few: The cells that are to be hidden for themselves.
        sums: What adds up to what.
        absent: Cells in sums that are not shown to anybody, whatever stands behind them.
        left: Cells that were shown before: hiding one helps nobody, unless there is no other.
    """
    places = {key: at for at, key in enumerate(counts)}
    found = set(few)
    while told := _told(found, absent, counts, sums):
        others = _beside(told, found, {*absent, *left}, sums)
        others = others or _beside(told, found, absent, sums)
        if not others:  # it follows from nothing that is shown
            break
        found.add(min(others, key=lambda key: (counts[key] <= 0, counts[key], places[key])))
    return frozenset(found)


def _beside(
    told: set[Key], found: Collection[Key], absent: Collection[Key], sums: Sequence[Sum[Key]]
) -> set[Key]:
    """Returns what is shown in the same sums, or in sums that unseen cells connect with them."""
    reached = set(told)
    while True:
        near = {key for one in sums if not reached.isdisjoint(one) for key in one}
        through = near.intersection(absent)
        shown = near.difference(found, absent)
        if through <= reached and shown:
            return shown
        if near <= reached:
            return set()
        reached |= through if not through <= reached else near


def _told(
    found: Collection[Key],
    absent: Collection[Key],
    counts: Mapping[Key, float],
    sums: Sequence[Sum[Key]],
) -> set[Key]:
    """Returns what follows of the hidden: one by itself, or that a few stand behind several."""
    told: set[Key] = set()
    unseen = {*found, *absent}
    rows = [{key: value for key, value in one.items() if key in unseen} for one in sums]
    rows = [row for row in rows if row]
    # each sum as it stands too: what one tells may be spread over several when they are reduced
    for row in (*rows, *reduced(rows)):
        if not all(key in found for key in row):
            continue
        together = sum(counts[key] for key in row)
        if len(row) == 1 or (len(set(row.values())) == 1 and together < FEWEST):
            told.update(row)
    return told


def reduced(
    rows: Sequence[Mapping[Key, Fraction]], *, first: Sequence[Key] = ()
) -> list[_Row[Key]]:
    """Returns the reduced row echelon form: a hidden cell that follows stands alone in a row.

    Args:
        rows: Sums.
        first: What is to be got rid of before anything else.
    """
    order = {key: at for at, key in enumerate(first)}
    found: dict[Key, _Row[Key]] = {}
    for given in rows:
        row = dict(given)
        for pivot in [key for key in row if key in found]:
            _subtract(row, found[pivot], row[pivot])
        if not row:
            continue
        pivot = min(row, key=lambda key: order.get(key, len(order)))
        lead = row[pivot]
        row = {key: value / lead for key, value in row.items()}
        for other in found.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        found[pivot] = row
    return list(found.values())


def _subtract(row: _Row[Key], other: Mapping[Key, Fraction], times: Fraction) -> None:
    for key, value in other.items():
        left = row.get(key, Fraction(0)) - times * value
        if left:
            row[key] = left
        else:
            row.pop(key, None)
