"""Thresholds as quantities: which of two sets of alternatives is the stricter one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mra_gateway.comparison.quantities import Converter, Relation, relate
from mra_gateway.model.facts import Basis
from mra_gateway.model.profiles import Measure, Quantity
from tests.support.comparing import cell, figure, rates, row

LOOK_BACK, TRADE, COUNT = Measure.LOOK_BACK, Measure.TRADE_VALUE, Measure.DECLARATIONS
RATES = rates(EUR=(1.1, "USD"), UZS=(0.0001, "USD"), UZ__MINIMUM_WAGE=(1_000_000, "UZS"))
Alternatives = Sequence[Sequence[Quantity]]


def _related(one: Alternatives, other: Alternatives, *, with_rates: bool = False) -> Relation:
    converter = Converter(RATES if with_rates else None)
    return relate(tuple(map(tuple, one)), tuple(map(tuple, other)), converter=converter).relation


YEARS = [[figure(LOOK_BACK, 2, "year")]]


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        (YEARS, [[figure(LOOK_BACK, 24, "month")]], Relation.EQUAL),
        (YEARS, [[figure(LOOK_BACK, 8, "quarter")]], Relation.EQUAL),
        (YEARS, [[figure(LOOK_BACK, 3, "year")]], Relation.SECOND_STRICTER),
        (YEARS, [[figure(LOOK_BACK, 500, "day")]], Relation.FIRST_STRICTER),
        (YEARS, [[figure(LOOK_BACK, 730.5, "day")]], Relation.NOT_COMPARABLE),
        (
            [[figure(Measure.DECISION, 30, "day", relation="at_most")]],
            [[figure(Measure.DECISION, 60, "day", relation="at_most")]],
            Relation.FIRST_STRICTER,
        ),
        (
            [[figure(Measure.VALIDITY, 3, "year", relation="exactly")]],
            [[figure(Measure.VALIDITY, 5, "year", relation="exactly")]],
            Relation.NEITHER,
        ),
        (
            [[figure(COUNT, 100, "count"), figure(TRADE, 2e6, "USD")]],
            [[figure(COUNT, 100, "count")]],
            Relation.FIRST_STRICTER,
        ),
        (
            [[figure(COUNT, 10, "count")], [figure(TRADE, 5e5, "EUR")]],
            [[figure(COUNT, 10, "count")]],
            Relation.SECOND_STRICTER,
        ),
        (
            [[figure(COUNT, 10, "count")], [figure(TRADE, 5e5, "EUR")]],
            [[figure(COUNT, 20, "count")], [figure(TRADE, 1e5, "EUR")]],
            Relation.NEITHER,
        ),
        ([[figure(COUNT, 100, "count")]], YEARS, Relation.NEITHER),
        (
            [[figure(Measure.SCORE, 80, "points")]],
            [[figure(Measure.SCORE, 95, "points")]],
            Relation.OWN_SCALES,
        ),
    ],
)
def test_inclusion_both_ways_says_which_is_stricter(
    one: Alternatives, other: Alternatives, relation: Relation
) -> None:
    mirrored = {
        Relation.FIRST_STRICTER: Relation.SECOND_STRICTER,
        Relation.SECOND_STRICTER: Relation.FIRST_STRICTER,
    }
    assert _related(one, other) is relation
    assert _related(other, one) is mirrored.get(relation, relation)


def test_money_compares_at_the_rates_handed_in_and_not_without() -> None:
    dollars, euros = [[figure(TRADE, 2e6, "USD")]], [[figure(TRADE, 2e6, "EUR")]]
    assert _related(dollars, euros) is Relation.NOT_COMPARABLE
    assert _related(dollars, euros, with_rates=True) is Relation.SECOND_STRICTER


def test_a_national_unit_converts_over_its_currency() -> None:
    wages = [[figure(Measure.PAYMENTS, 20_000, "UZ-MINIMUM_WAGE")]]
    same = [[figure(Measure.PAYMENTS, 2_000_000, "USD")]]
    assert _related(wages, same, with_rates=True) is Relation.EQUAL


def test_figures_nothing_converts_make_the_row_not_established_and_say_so() -> None:
    ours = cell("A.a", thresholds=[[figure(TRADE, 2e6, "USD")]])
    theirs = cell("A.a", thresholds=[[figure(TRADE, 1e6, "EUR")]])
    without, converted = row([ours], [theirs]), row([ours], [theirs], rates=RATES)
    assert without.finding == "not_established"
    assert "rates" in without.why.en
    assert (converted.finding, converted.basis) == ("stricter_ours", Basis.READ)


def test_a_figure_that_converts_beside_one_that_does_not_is_partial() -> None:
    one = [[figure(LOOK_BACK, 3, "year"), figure(TRADE, 2e6, "USD")]]
    other = [[figure(LOOK_BACK, 3, "year"), figure(TRADE, 2e6, "EUR")]]
    assert _related(one, other) is Relation.PARTLY_KNOWN
