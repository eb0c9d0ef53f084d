"""Many seeds of simulated traffic, judged as the product judges them, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from mra_gateway.indicators.judge_effect import Question, judge
from mra_gateway.indicators.matched_change import match
from mra_gateway.model.arrangement_effect import ArrangementEffect, EffectMeasure, Span, Verdict
from mra_gateway.model.identifiers import ArrangementId
from tests.support.simulated_trade import Plan, simulate

QUESTION = Question(
    ArrangementId("KR-CN-2013"),
    EffectMeasure.RELEASE_HOURS,
    started_on=date(2025, 7, 1),
    compared=Span(first_on=date(2025, 7, 1), last_on=date(2025, 12, 31)),
    base=Span(first_on=date(2024, 7, 1), last_on=date(2024, 12, 31)),
    years=1,
)
LAST_MONTHS = frozenset({4, 5, 6})


class Tally(NamedTuple):
    """What came of some seeds.

    Attributes:
        claimed: Of how many an effect was shown.
        refused: Of how many the data could not carry a claim.
        covered: Of how many the interval holds what was planted.
        estimated: How many have an interval.
        naive: The middle one of the changes found when nothing is matched.
    """

    seeds: int
    claimed: int
    refused: int
    covered: int
    estimated: int
    naive: float


def judged(seed: int, plan: Plan) -> tuple[ArrangementEffect, float]:
    """Returns the effect found in the traffic of a seed, and what is found without matching."""
    traffic = simulate(seed, plan)
    last = [cell for cell in traffic.earlier if cell.month in LAST_MONTHS]
    measure = EffectMeasure.INSPECTED if plan.inspected else EffectMeasure.RELEASE_HOURS
    after, *earlier = (
        match(cells, counted=plan.inspected) for cells in (traffic.after, traffic.earlier, last)
    )
    return judge(QUESTION._replace(measure=measure), after, earlier=earlier), traffic.naive


def tally(seeds: Iterable[int], plan: Plan) -> Tally:
    """Returns what came of some seeds."""
    found = [judged(seed, plan) for seed in seeds]
    effects = [effect for effect, _ in found]
    intervals = [one.change.interval for one in effects if one.change is not None]
    return Tally(
        seeds=len(found),
        claimed=sum(one.verdict is Verdict.SHOWN for one in effects),
        refused=sum(one.verdict is Verdict.DATA_CANNOT_CARRY_IT for one in effects),
        covered=sum(one.low <= plan.effect <= one.high for one in intervals),
        estimated=len(intervals),
        naive=sorted(naive for _, naive in found)[len(found) // 2],
    )
