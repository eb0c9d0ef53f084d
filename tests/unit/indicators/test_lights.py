"""The traffic light: the stated rule, case by case and as properties."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mra_gateway.indicators.aims import baseline_for, target_for
from mra_gateway.indicators.lights import judge
from mra_gateway.model.indicators import Baseline, BaselineKind, Direction, Quantity, Target
from mra_gateway.model.performance import Judged, Light
from mra_gateway.model.periods import Period
from tests.support.performance import NUMERICAL, an_indicator

APPLICATIONS = an_indicator("carec:uptake.applications", span="at_end")
HOURS = an_indicator(
    "carec:time.import", quantity=Quantity.HOURS, direction=Direction.LESS, span="at_end"
)


def baseline(value: float | None, year: int | None = 2024) -> Baseline:
    return NUMERICAL.model_copy(update={"value": value, "year": year})


def light(value: float | None, period: str = "2025", **changes: Any) -> Judged:
    told: dict[str, Any] = {
        "indicator": APPLICATIONS,
        "baseline": baseline(2),
        "target": Target(value=10, year=2025),
        "period": Period(period),
    }
    return judge(value, **{**told, **changes})


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (11, Light.REACHED),
        (10, Light.REACHED),
        (9.99, Light.ON_THE_WAY),
        (6, Light.ON_THE_WAY),
        (5.99, Light.BEHIND),
        (2, Light.BEHIND),
        (0, Light.BEHIND),
    ],
)
def test_half_of_the_way_from_2_to_10_is_6(value: float, wanted: Light) -> None:
    assert light(value).light is wanted


def test_where_less_is_the_better_the_way_goes_down() -> None:
    down: dict[str, Any] = {
        "indicator": HOURS,
        "baseline": baseline(10),
        "target": Target(value=4, year=2025),
    }
    assert light(4, **down).light is Light.REACHED
    assert light(7, **down).light is Light.ON_THE_WAY
    assert light(7.1, **down).light is Light.BEHIND


def test_between_baseline_and_target_a_year_is_judged_by_the_straight_line() -> None:
    found = light(5, target=Target(value=10, year=2026), baseline=baseline(2, 2024))
    assert (found.expected, found.light) == (6, Light.ON_THE_WAY)
    after = light(5, "2027", target=Target(value=10, year=2026), baseline=baseline(2, 2024))
    assert (after.expected, after.light) == (10, Light.BEHIND)


def test_a_month_of_what_adds_up_is_expected_to_bring_a_twelfth_and_a_stock_is_not() -> None:
    adding = an_indicator("carec:uptake.applications")
    found = light(1, "2025-07", indicator=adding, target=Target(value=12, year=2025))
    assert (found.expected, found.light) == (1, Light.REACHED)
    assert light(3, "2025-Q3", indicator=adding).expected == 10 / 4
    assert light(1, "2025-07").expected == 10
    different = an_indicator("carec:uptake.applications", numerator="_.indicator.nunique()")
    assert light(1, "2025-07", indicator=different).expected == 10


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"value": None}, "no_figure"),
        ({"is_whole": False}, "partial"),
        ({"target": None}, "no_target"),
        (
            {"indicator": an_indicator("x:y.z", direction=Direction.NEITHER)},
            "no_direction",
        ),
        ({"period": Period("2024-12")}, "not_after_baseline"),
        ({"target": Target(value=1, year=2025)}, "target_no_improvement"),
    ],
)
def test_there_is_no_light_and_it_says_why(changes: dict[str, Any], why: str) -> None:
    assert light(7).light is not Light.NOT_JUDGED
    found = light(**{"value": 7, **changes})
    assert found.light is Light.NOT_JUDGED
    assert found.why is not None
    assert found.why.code == why


def test_without_a_baseline_there_is_nothing_between_reached_and_behind() -> None:
    assert light(10, baseline=baseline(None, None)).light is Light.REACHED
    assert light(9.9, baseline=baseline(None, None)).light is Light.BEHIND


@given(
    one=st.floats(-1e6, 1e6), other=st.floats(-1e6, 1e6), start=st.floats(0, 1e3),
    gain=st.floats(1, 1e3),
)  # fmt: skip
def test_the_better_figure_never_has_the_worse_light(
    one: float, other: float, start: float, gain: float
) -> None:
    order = [Light.BEHIND, Light.ON_THE_WAY, Light.REACHED]
    for indicator, end in ((APPLICATIONS, start + gain), (HOURS, start - gain)):
        worse, better = sorted((one, other), reverse=indicator is HOURS)
        found = [
            light(
                value,
                indicator=indicator,
                baseline=baseline(start),
                target=Target(value=end, year=2025),
            ).light
            for value in (worse, better)
        ]
        assert order.index(found[0]) <= order.index(found[1])


def test_the_aims_of_a_year_are_the_nearest_that_were_entered() -> None:
    baselines: dict[int | None, Baseline] = {year: baseline(year, year) for year in (2022, 2024)}
    targets = {year: Target(value=year, year=year) for year in (2025, 2027)}

    def aims(period: str) -> tuple[float | None, float | None]:
        at = Period(period)
        target = target_for(at, indicator=APPLICATIONS, entered=targets)
        chosen = baseline_for(at, indicator=APPLICATIONS, entered=baselines)
        return chosen.value, None if target is None else target.value

    assert aims("2023-05") == (2022, 2025)
    assert aims("2025-Q4") == (2024, 2025)
    assert aims("2026") == (2024, 2027)
    assert aims("2030") == (2024, 2027)
    own = an_indicator("x:y.z", baseline=Baseline(kind=BaselineKind.NUMERICAL, value=3))
    assert baseline_for(Period("2025"), indicator=own, entered={}).value == 3
    assert target_for(Period("2025"), indicator=own, entered={}) is None
