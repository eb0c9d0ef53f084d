"""The matched change: mixes cancel, and what is left out in turn is really left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mra_gateway.indicators.matched_change import interval, match
from mra_gateway.indicators.matched_sums import Cell
from tests.support.simulated_trade import PUBLISHED, Plan, simulate

CELLS = simulate(3, Plan(effect=PUBLISHED, recognised=8, others=10)).after

counts = st.integers(min_value=0, max_value=40)
places = st.tuples(
    st.integers(0, 3), st.booleans(), st.sampled_from("ab"), st.integers(7, 9), st.integers(0, 3)
)


def _level(operator: int, stratum: str, month: int) -> float:
    """A level of its own for each operator, stratum and month."""
    return (operator + 1) * (7 if stratum == "a" else 1) * month


@settings(max_examples=20)
@given(st.dictionaries(places, st.tuples(counts, counts), min_size=40, max_size=96))
def test_no_change_of_the_mix_is_taken_for_a_change(
    sent: dict[tuple[int, bool, str, int, int], tuple[int, int]],
) -> None:
    cells = []
    for (operator, own, stratum, month, week), (before, after) in sent.items():
        level, grown = _level(operator, stratum, month), (0.4 if own else 0.8)
        sums = before, before * level, after, after * level * grown
        cells.append(Cell(f"{operator} {own}", own, stratum, month, week, *sums))
    found = match(cells, counted=False)
    if found.change is not None:
        assert math.expm1(found.change) == pytest.approx(-0.5)


def test_an_operator_or_week_left_out_is_as_if_it_had_never_been() -> None:
    whole = match(CELLS, counted=False)
    assert whole.change is not None
    own = _left_out(lambda cell: cell.operator if cell.recognised else None)
    others = _left_out(lambda cell: None if cell.recognised else cell.operator)
    weeks = _left_out(lambda cell: (cell.month, cell.week))
    months = _left_out(lambda cell: cell.month)
    assert whole.spreads[0].variance == pytest.approx(own)
    assert whole.spreads[1].variance == pytest.approx(others)
    assert whole.spreads[2].variance == pytest.approx(max(weeks, months))


def test_what_is_uncertain_adds_up_and_few_pieces_widen_it() -> None:
    found = match(CELLS, counted=False)
    assert found.change is not None
    plain = interval(found.change, found.spreads)
    fewer = interval(found.change, [one._replace(pieces=1.0) for one in found.spreads])
    assert fewer.low < plain.low < math.expm1(found.change) < plain.high < fewer.high


def test_no_inspection_after_the_start_is_not_taken_for_never() -> None:
    cells = simulate(5, Plan(inspected=True, rate=0.3)).after
    spared = [cell._replace(sum=0.0) if cell.recognised else cell for cell in cells]
    found = match(spared, counted=True)
    assert found.change is not None
    between = interval(found.change, found.spreads)
    assert -1 < between.low < between.high < 0
    assert match(spared, counted=False).change is None


def test_the_order_of_cells_and_the_way_they_are_cut_change_nothing() -> None:
    halves = [
        cell._replace(
            base_cases=cell.base_cases * part,
            base_sum=cell.base_sum * part,
            cases=cell.cases * part,
            sum=cell.sum * part,
        )
        for cell in reversed(CELLS)
        for part in (0.25, 0.75)
    ]
    one, other = match(CELLS, counted=False), match(halves, counted=False)
    assert one.change == pytest.approx(other.change)
    assert one.variance == pytest.approx(other.variance)


def _left_out(piece: Callable[[Cell], object]) -> float:
    """The jackknife's variance by the plainest way: the whole computation again for each piece."""
    pieces = {piece(cell) for cell in CELLS} - {None}
    whole = _change(CELLS)
    rests = [_change(cell for cell in CELLS if piece(cell) != one) for one in pieces]
    return (len(pieces) - 1) / len(pieces) * sum((rest - whole) ** 2 for rest in rests)


def _change(cells: Iterable[Cell]) -> float:
    change = match(cells, counted=False).change
    assert change is not None
    return change
