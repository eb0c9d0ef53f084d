"""Intervals hold what they promise, on cases that can be worked out or simulated."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.analytics.intervals import SUM, around, effective, ratio, variance, wilson


def test_wilson_of_ten_in_a_hundred_is_the_published_one() -> None:
    found = wilson(10, 100)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0552, 0.1744)
    assert found.method == "Wilson score"


@given(of=st.integers(1, 10**7), part=st.floats(0, 1))
def test_a_share_lies_in_its_interval_and_the_interval_between_none_and_all(
    of: int, part: float
) -> None:
    count = round(of * part)
    found = wilson(count, of)
    assert found is not None
    assert 0 <= found.low <= count / of <= found.high <= 1


def test_a_share_of_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_one_large_value_among_small_ones_is_worth_one() -> None:
    assert effective(1000 + 99, 1000**2 + 99) == pytest.approx(1.2, abs=0.1)
    assert effective(100, 100) == pytest.approx(100)


def test_the_intervals_of_shares_and_sums_cover_as_often_as_they_say() -> None:
    chance = random.Random(5)
    cases, periods, inside_share, inside_sum = 600, 400, 0, 0
    for _ in range(periods):
        values = [chance.expovariate(1) for _ in range(cases)]
        touched = [chance.random() < 0.3 for _ in range(cases)]
        part = [value for value, yes in zip(values, touched, strict=True) if yes]
        share = ratio(
            sum(part),
            sum(values),
            part_squares=sum(value**2 for value in part),
            squares=sum(value**2 for value in values),
            cases=cases,
        )
        assert share is not None
        inside_share += share.low <= 0.3 <= share.high
        # of each touched value four fifths fall away: what another period shows is drawn anew
        first, second = 0.8 * sum(part), 0.8 * sum(value**2 for value in part)
        total = around(first, variance(first, second, cases), method=SUM)
        inside_sum += total.low <= 0.8 * 0.3 * cases <= total.high
    assert 0.92 <= inside_share / periods <= 0.98
    assert inside_sum / periods >= 0.92
