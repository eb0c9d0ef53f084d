"""A slice of `python -m tests.campaigns`: traffic of two years with and without an effect."""

from __future__ import annotations

import pytest

from mra_gateway.model.arrangement_effect import Obstacle, Verdict
from tests.support.effect_campaign import judged, tally
from tests.support.simulated_trade import ADVERSE, PUBLISHED, Plan

HOURS, INSPECTIONS = range(6), range(6, 10)


def test_a_planted_effect_of_the_published_size_is_found() -> None:
    hours = tally(HOURS, Plan(effect=PUBLISHED))
    inspections = tally(INSPECTIONS, Plan(effect=PUBLISHED, inspected=True))
    assert hours.claimed + inspections.claimed >= 9
    assert hours.covered + inspections.covered >= 9


def test_nothing_is_claimed_where_nothing_was_planted() -> None:
    hours, inspections = tally(HOURS, Plan()), tally(INSPECTIONS, Plan(inspected=True))
    assert hours.claimed + inspections.claimed <= 1
    assert hours.estimated + inspections.estimated >= 9


@pytest.mark.parametrize("name", ADVERSE)
def test_nothing_is_claimed_of_traffic_in_which_a_plain_before_and_after_misleads(
    name: str,
) -> None:
    effect, naive = judged(1, ADVERSE[name])
    assert effect.verdict is not Verdict.SHOWN
    if name != "three operators":
        assert naive < -0.05


def test_a_trend_of_their_own_is_named_as_the_reason() -> None:
    effect, _ = judged(1, ADVERSE["a steep trend of their own"])
    assert effect.obstacles == (Obstacle.APART_BEFORE,)
    assert effect.apart is not None
    assert effect.apart.interval.high < 0


def test_without_any_inspection_nothing_is_estimated() -> None:
    effect, _ = judged(1, Plan(inspected=True, rate=0.0))
    assert effect.verdict is Verdict.DATA_CANNOT_CARRY_IT
    assert Obstacle.TOO_FEW_INSPECTIONS in effect.obstacles
    assert effect.change is None
