"""What is doubtful about a figure; beside each, the untouched twin of which nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.indicators.plausibility import check_aims, check_figure
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import Baseline, BaselineKind, Indicator, Quantity, Target
from mra_gateway.model.requirements import Phrase
from tests.support.performance import NUMERICAL, a_figure, an_indicator

SHARE = an_indicator("x:y.share", quantity=Quantity.SHARE, denominator="_.count()")
COUNT = an_indicator("x:y.count")
RATING = an_indicator("x:y.rating", quantity=Quantity.RATING)
TEN = Baseline(kind=BaselineKind.SCALE, categories=tuple(Phrase(en=str(n)) for n in range(1, 11)))
QUIET = (10.0, 11.0, 10.0, 9.0, 10.0)


def codes(indicator: Indicator, value: float | None, **changes: Any) -> list[tuple[str, bool]]:
    before = changes.pop("before", ())
    baseline = changes.pop("baseline", NUMERICAL)
    figure = a_figure(str(indicator.id), "2025-07", value, **changes)
    found = check_figure(figure, indicator=indicator, baseline=baseline, before=before)
    return [(one.note.code, one.is_impossible) for one in found]


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ((SHARE, 1.0, {}), (SHARE, 1.01, {}), "share_above_one"),
        (
            (SHARE, 0.5, {"numerator": 5, "denominator": 10}),
            (SHARE, 0.5, {"numerator": 11, "denominator": 10}),
            "more_than_whole",
        ),
        ((COUNT, 0, {}), (COUNT, -1, {}), "below_zero"),
        ((COUNT, 3, {}), (COUNT, 3.5, {}), "no_whole_number"),
        ((COUNT, 3, {}), (COUNT, float("nan"), {}), "no_number"),
        ((RATING, 10, {"baseline": TEN}), (RATING, 11, {"baseline": TEN}), "off_scale"),
    ],
)
def test_what_cannot_be_so_is_found(right: Any, wrong: Any, code: str) -> None:
    assert codes(right[0], right[1], **right[2]) == []
    assert codes(wrong[0], wrong[1], **wrong[2]) == [(code, True)]


def test_a_jump_away_from_the_periods_before_is_unusual_and_not_impossible() -> None:
    assert codes(COUNT, 12, before=QUIET) == []
    assert codes(COUNT, 30, before=QUIET) == [("jump", False)]
    assert codes(COUNT, 30, before=QUIET[:3]) == [], "three periods tell nothing of what is usual"
    assert codes(COUNT, 30, before=(*QUIET, None, None)) == [("jump", False)]
    assert codes(COUNT, 1, before=QUIET, partial=True) == [], "half a month is half a figure"
    assert codes(COUNT, None, before=QUIET) == []
    assert codes(COUNT, 6, before=(1.0, 0.0, 2.0, 1.0)) == [("jump", False)]
    assert codes(COUNT, 4, before=(1.0, 0.0, 2.0, 1.0)) == [], "four where one is usual is chance"
    hours = an_indicator("x:y.hours", quantity=Quantity.HOURS)
    around = {"interval": Interval(low=2, high=6, level=0.95, method="Student's t")}
    assert codes(hours, 4, before=(2.5,) * 6) == [("jump", False)]
    assert codes(hours, 4, before=(2.5,) * 6, **around) == [], "the interval holds what is usual"
    assert codes(COUNT, 12, before=(10.0,) * 6) == [], "a fifth more is no jump, however quiet"


def test_baseline_and_target_that_contradict_each_other_are_found() -> None:
    def found(indicator: Indicator, start: float, end: Target | None) -> list[str]:
        baseline = NUMERICAL.model_copy(update={"value": start, "year": 2024})
        return [one.note.code for one in check_aims(indicator, baseline=baseline, target=end)]

    assert found(COUNT, 2, Target(value=10, year=2025)) == []
    assert found(COUNT, 10, Target(value=2, year=2025)) == ["target_no_improvement"]
    assert found(COUNT, 2, Target(value=10, year=2023)) == ["target_before_baseline"]
    assert found(SHARE, 0.2, Target(value=30, year=2025)) == ["target_no_share"]
    assert found(SHARE, 25, None) == ["baseline_no_share"]
    assert found(COUNT, 2, Target(value=-5, year=2025)) == ["target_no_improvement", "below_zero"]
    scale = TEN.model_copy(update={"value": 2, "year": 2024})
    beyond = check_aims(RATING, baseline=scale, target=Target(value=100, year=2025))
    assert [one.note.code for one in beyond] == ["off_scale"]
