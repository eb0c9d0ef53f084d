"""Intervals hold what they promise, on cases that can be worked out or simulated."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.indicators.intervals import (
    ORDER,
    ORDER_OF_MANY,
    SUM,
    around,
    effective,
    mean,
    ranks,
    ratio,
    variance,
    wilson,
)
from mra_gateway.indicators.student import t_quantile


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


@pytest.mark.parametrize(
    ("freedom", "published"), [(1, 12.706), (2, 4.303), (9, 2.262), (29, 2.045), (1000, 1.962)]
)
def test_students_t_is_that_of_the_tables(freedom: int, published: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(published, abs=5e-4)


def test_the_interval_of_a_mean_is_worked_out_as_in_a_textbook() -> None:
    hours = [8.0, 9.0, 10.0, 11.0, 12.0]
    found = mean(sum(hours), sum(value**2 for value in hours), len(hours))
    assert found is not None
    half = 2.776445 * (2.5 / 5) ** 0.5
    assert (found.low, found.high) == pytest.approx((10 - half, 10 + half), abs=1e-5)
    assert mean(8.0, 64.0, 1) is None, "one case says nothing of the spread"


@pytest.mark.parametrize(
    ("cases", "between"), [(5, None), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (100, (40, 61))]
)
def test_a_median_lies_between_the_ranks_of_the_tables(
    cases: int, between: tuple[int, int] | None
) -> None:
    found = ranks(cases)
    assert (None if found is None else (found.low, found.high)) == between
    assert found is None or found.method == ORDER


def test_ranks_of_many_cases_are_hardly_other_than_those_counted_out() -> None:
    few, many = ranks(1_000), ranks(1_001)
    assert few is not None
    assert many is not None
    assert (many.low - few.low, many.high - few.high) in {(0, 0), (0, 1), (1, 1)}
    assert many.method == ORDER_OF_MANY


def test_a_ratio_of_two_sums_needs_no_part_and_whole() -> None:
    """With what both share given apart, the share of a part comes out as before."""
    share = ratio(30.0, 100.0, part_squares=90.0, squares=100.0, cases=100)
    assert share == ratio(30.0, 100.0, part_squares=90.0, squares=100.0, cases=100, products=90.0)
    above = ratio(20.0, 10.0, part_squares=90.0, squares=30.0, cases=10, products=40.0)
    assert above is not None
    assert above.low < 2.0 < above.high


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
