"""Stages of a study: means and medians with intervals, and how many more measurements to take."""

from __future__ import annotations

import math
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.indicators.student import t_quantile
from mra_gateway.indicators.studies import Advice, Taken, advise, describe

HOURS = [4.0, 6.0, 5.0, 9.0, 7.0, 5.5, 6.5, 8.0, 4.5, 30.0]


def test_stages_and_units_are_told_apart() -> None:
    taken = [Taken(("import", "arrival_to_release"), "h", value) for value in HOURS]
    taken += [Taken(("import", "arrival_to_release"), "USD", 100.0)]
    taken += [Taken(("export", "lodging_to_release"), "h", value) for value in (1.0, 3.0)]
    first, costs, second = describe(taken)
    assert (first.cases, first.mean, first.median) == (10, mean(HOURS), 6.25)
    assert first.deviation == pytest.approx(stdev(HOURS))
    assert first.median_between is not None
    assert (first.median_between.low, first.median_between.high) == (4.5, 9.0)
    assert first.mean_between is not None
    half = 2.262157 * stdev(HOURS) / math.sqrt(10)
    assert first.mean_between.high == pytest.approx(mean(HOURS) + half, abs=1e-5)
    assert (costs.unit, costs.cases, costs.mean_between, costs.advice) == ("USD", 1, None, None)
    assert (second.median, second.median_between) == (2.0, None), "two say nothing of the median"


def test_advice_is_the_least_number_that_is_enough() -> None:
    found = advise(HOURS, within=0.2)
    assert found is not None
    spread = stdev(HOURS)

    def half(cases: int) -> float:
        return t_quantile(0.975, cases - 1) * spread / math.sqrt(cases)

    assert half(found.needed) <= 0.2 * mean(HOURS) < half(found.needed - 1)
    assert found.more == found.needed - len(HOURS)


def test_measurements_all_alike_are_enough_as_they_are() -> None:
    assert advise([3.0] * 5) == Advice(0.1, 2, 0)
    assert advise([0.0, 0.0]) is None, "a share of nothing is nothing"
    assert advise([3.0]) is None


@given(
    st.lists(st.floats(0.1, 100), min_size=2, max_size=30),
    st.floats(0.01, 0.5),
    st.floats(1.1, 3.0),
)
def test_who_wants_it_nearer_takes_more(values: list[float], within: float, times: float) -> None:
    near, far = advise(values, within=within), advise(values, within=within * times)
    assert near is not None
    assert far is not None
    assert near.needed >= far.needed >= 2
