"""What is told of an effect: in both languages, whatever stands in the way, and never a cause."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mra_gateway.indicators.effect_words import OBSTACLES, tell_difference, tell_effect
from mra_gateway.indicators.judge_effect import difference, unanswered
from mra_gateway.model.arrangement_effect import (
    AverageSample,
    EffectMeasure,
    Obstacle,
    ToldRow,
    Verdict,
)
from mra_gateway.model.identifiers import ArrangementId
from tests.support.effect_campaign import judged
from tests.support.simulated_trade import ADVERSE, PUBLISHED, Plan


def _english(rows: tuple[ToldRow, ...]) -> dict[str, str]:
    return {row.label.en: row.text.en for row in rows}


@pytest.mark.parametrize(
    ("plan", "verdict", "proves"),
    [
        (Plan(effect=PUBLISHED), Verdict.SHOWN, "the cause is not proven by it"),
        (Plan(inspected=True), Verdict.NOT_SHOWN, "not the same as no effect"),
        (ADVERSE["three operators"], Verdict.DATA_CANNOT_CARRY_IT, "No claim is made"),
    ],
)
def test_each_verdict_says_what_it_proves_and_what_it_does_not(
    plan: Plan, verdict: Verdict, proves: str
) -> None:
    effect, _ = judged(4, plan)
    assert effect.verdict is verdict
    rows = tell_effect(effect)
    said = _english(rows)
    assert proves in said["what it proves"]
    assert ("change against others" in said) == (verdict is not Verdict.DATA_CANNOT_CARRY_IT)
    assert ("why" in said) == (verdict is Verdict.DATA_CANNOT_CARRY_IT)
    everything = " ".join(said.values()).lower()
    assert not re.search(r"\b(caused|thanks to|due to|because of the arrangement)\b", everything)
    for row in rows:
        assert row.text.ru
        assert re.search("[а-яё]", row.text.ru)


@pytest.mark.parametrize("why", Obstacle)
def test_every_obstacle_is_told_in_both_languages(why: Obstacle) -> None:
    effect = unanswered(
        ArrangementId("KR-CN-2013"), EffectMeasure.INSPECTED, why=why, started_on=date(2025, 7, 1)
    )
    (told,) = [row for row in tell_effect(effect) if row.label.en == "why"]
    assert (told.text.en, told.text.ru) == OBSTACLES[why]


def test_sizes_and_deviations_give_an_interval_and_still_no_effect() -> None:
    before = AverageSample(hours=8.0, cases=400, deviation=6.0)
    after = AverageSample(hours=6.0, cases=400, deviation=4.5)
    found = difference(before, after)
    assert found.interval is not None
    # the plain way: se of a ratio of means, relative errors 0.0375 both
    half = 1.959963984540054 * (2 * 0.0375**2) ** 0.5
    assert found.interval.low == pytest.approx(0.75 * 2.718281828459045**-half - 1)
    assert found.verdict is Verdict.DATA_CANNOT_CARRY_IT
    assert found.obstacles == (Obstacle.NO_CONTROL,)
    assert "says nothing about cause" in _english(tell_difference(found))["what it proves"]
    small = difference(before.model_copy(update={"cases": 12}), after)
    assert small.interval is None
    assert small.obstacles == (Obstacle.TOO_FEW_CONSIGNMENTS, Obstacle.NO_CONTROL)
