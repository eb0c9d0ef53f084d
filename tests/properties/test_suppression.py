"""No suppressed cell can be computed back from what is shown, by linear algebra over the totals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mra_gateway.analytics.suppression import Sum, adding_up, hidden, is_few

Cell = tuple[str, ...]


Cube = tuple[dict[Cell, float], list[Sum[Cell]]]


@st.composite
def cubes(draw: st.DrawFn) -> Cube:
    """Months by regions by two kinds of operators, with every margin; quarters on top of months."""
    months, regions = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    few_or_many = st.one_of(st.integers(0, 7), st.integers(0, 60))
    return cube_of([[draw(few_or_many) for _ in range(regions * 2)] for _ in range(months)])


def cube_of(rows: Sequence[Sequence[int]]) -> Cube:
    """A row for each month: of each region the AEOs and the others."""
    axes = (
        tuple(f"m{at}" for at in range(len(rows))),
        tuple(f"r{at}" for at in range(len(rows[0]) // 2)),
        ("aeo", "others"),
    )
    flat = (count for row in rows for count in row)
    counts: dict[Cell, float] = dict(zip(product(*axes), flat, strict=True))
    sums: list[Sum[Cell]] = []
    for place, axis in enumerate(axes):
        for cell in [one for one in counts if one[place] == axis[0]]:
            parts = tuple((*cell[:place], value, *cell[place + 1 :]) for value in axis)
            total = (*cell[:place], "all", *cell[place + 1 :])
            counts[total] = sum(counts[part] for part in parts)
            sums.append(adding_up(total, parts))
    return counts, sums


def follows(cell: Cell, unseen: frozenset[Cell], sums: list[Sum[Cell]]) -> bool:
    """Whether a hidden cell is the same in every solution of the sums, whatever the others are."""
    places = {key: at for at, key in enumerate(sorted(unseen))}
    rows = np.zeros((len(sums) + 1, len(places)))
    for at, one in enumerate(sums):
        for key, times in one.items():
            if key in unseen:
                rows[at, places[key]] = times
    rows[-1, places[cell]] = 1
    return bool(np.linalg.matrix_rank(rows) == np.linalg.matrix_rank(rows[:-1]))


@settings(max_examples=60, deadline=None)
@given(cubes())
@example(cube_of([[0, 1, 4, 0, 0, 0, 1, 0], [1, 0, 0, 1, 0, 1, 0, 4]]))  # two sums tell one's rest
def test_no_hidden_cell_follows_from_what_is_shown(cube: Cube) -> None:
    counts, sums = cube
    few = {key for key, count in counts.items() if is_few(count)}
    unseen = hidden(counts, few=few, sums=sums)
    assert few <= unseen
    assert bool(unseen) is bool(few), "where nothing is few, everything is shown"
    for key in unseen:
        if counts[key] > 0:
            assert not follows(key, unseen, sums)
    for one in sums:
        total, *parts = one
        behind = [key for key in parts if key in unseen]
        if total not in unseen and behind:
            assert sum(counts[key] for key in behind) >= 5, "the rest of the total tells a few"


def test_one_few_among_months_and_their_quarter_takes_one_month_with_it() -> None:
    counts = {"07": 3.0, "08": 20.0, "09": 30.0, "Q3": 53.0}
    sums = [adding_up("Q3", ("07", "08", "09"))]
    assert hidden(counts, few={"07"}, sums=sums) == {"07", "08"}
    assert hidden(counts, few=(), sums=sums) == frozenset()
    assert hidden(counts, few={"07"}, sums=()) == {"07"}, "nothing adds up, nothing follows"


def test_what_follows_over_two_sums_is_seen() -> None:
    """Neither sum alone tells anything; both together do."""
    counts = {"a": 3.0, "b": 9.0, "ab": 12.0, "c": 50.0, "bc": 59.0, "abc": 62.0}
    sums = [adding_up("ab", "ab"), adding_up("bc", "bc"), adding_up("abc", ("a", "bc"))]
    assert follows(("a",), frozenset({("a",)}), [adding_up(("T",), [("a",), ("x",)])]), (
        "the judge judges"
    )
    unseen = hidden(counts, few={"a"}, sums=sums)
    assert "a" in unseen
    assert len(unseen) >= 3


def test_a_total_nobody_is_shown_still_connects_its_parts() -> None:
    """Two halves, each divided in another way: from one and the whole follows the other."""
    counts = {"half": 3.0, "x": 20.0, "y": 30.0, "whole": 53.0}
    sums = [adding_up("whole", ("half", "other half")), adding_up("other half", ("x", "y"))]
    unseen = hidden(counts, few={"half"}, sums=sums, absent={"other half"})
    assert unseen == {"half", "x"}


@pytest.mark.parametrize("count", [0.0, 5.0, 6.0, 1e9])
def test_none_and_five_are_not_few(count: float) -> None:
    assert not is_few(count)
    assert all(is_few(each) for each in (1.0, 2.0, 3.0, 4.0))
