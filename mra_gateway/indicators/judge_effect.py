"""Whether a matched change shows anything: the verdict, or what stands before one.

`shown` needs all of this at once:

1. enough to compare: operators, consignments, inspections, weeks; no operator that is half of it;
   a third of the recognised operators' consignments matched
2. the interval of the change does not reach nothing
3. before the start both groups had gone alike, a year earlier as base; had they not, by less than
   a quarter of the change
4. the change less what they had moved apart before does not reach nothing either

What is shown is a difference between groups that were alike in what is matched. That the
arrangement is its cause is not in the data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from mra_gateway.indicators.intervals import LEVEL, Z
from mra_gateway.indicators.matched_change import Group, Matching, Spread, interval
from mra_gateway.model.arrangement_effect import (
    ArrangementEffect,
    AverageSample,
    Change,
    EffectMeasure,
    GroupMeans,
    LeftOut,
    Obstacle,
    PlainDifference,
    Span,
    Verdict,
)
from mra_gateway.model.identifiers import ArrangementId
from mra_gateway.model.impact import Interval

FEWEST_OPERATORS: Final = 5
FEWEST_WORTH: Final = 3.0
"""Operators of equal size that a group has to be worth."""
LARGEST_SHARE: Final = 0.5
FEWEST_CONSIGNMENTS: Final = 30
FEWEST_INSPECTIONS: Final = 5
FEWEST_WEEKS: Final = 4
LEAST_MATCHED: Final = 1 / 3
SMALL_APART: Final = 0.25
"""How far the groups may have moved apart before, in proportion to the change."""

DIFFERENCE: Final = "ratio of two means, delta method on the logarithm, normal approximation"


class Question(NamedTuple):
    """What is asked.

    Attributes:
        years: How many years the base lies back.
    """

    arrangement: ArrangementId
    measure: EffectMeasure
    started_on: date
    compared: Span
    base: Span
    years: int


def unanswered(
    arrangement: ArrangementId,
    measure: EffectMeasure,
    *,
    why: Obstacle,
    started_on: date | None = None,
    compared: Span | None = None,
    base: Span | None = None,
) -> ArrangementEffect:
    """Returns what is to be said where nothing can be compared at all."""
    return ArrangementEffect(
        arrangement=arrangement,
        measure=measure,
        started_on=started_on,
        compared=compared,
        base=base,
        verdict=Verdict.DATA_CANNOT_CARRY_IT,
        obstacles=(why,),
    )


def judge(
    question: Question,
    after: Matching,
    *,
    earlier: Sequence[Matching],
    use: float | None = None,
) -> ArrangementEffect:
    """Returns the effect with its verdict.

    Args:
        question: What was asked.
        after: The comparison of the period with its base.
        earlier: The same of the months before the start; first all of them, then the last ones.
        use: The share of recognised operators' consignments on which recognition took place.
    """
    obstacles = list(_obstacles(after, question.measure))
    change = apart = steadied = None
    if not obstacles:
        change = _change(_log(after), after.spreads)
        before = [one for one in earlier if _is_comparison(one, question.measure)]
        if not before or before[0] is not earlier[0]:
            obstacles.append(Obstacle.NO_EARLIER_COMPARISON)
        else:
            apart = _change(_log(before[0]), before[0].spreads)
            steadied = _steadied(after, before[0], years=question.years)
            if _were_apart(_log(after), before):
                obstacles.append(Obstacle.APART_BEFORE)
    if obstacles:
        verdict = Verdict.DATA_CANNOT_CARRY_IT
    elif _agree(change, steadied):
        verdict = Verdict.SHOWN
    else:
        verdict = Verdict.NOT_SHOWN
    return ArrangementEffect(
        arrangement=question.arrangement,
        measure=question.measure,
        started_on=question.started_on,
        compared=question.compared,
        base=question.base,
        verdict=verdict,
        obstacles=tuple(obstacles),
        change=change,
        apart=apart,
        steadied=steadied,
        recognised=_means(after.recognised),
        others=_means(after.others),
        left_out=LeftOut(
            without_base=round(after.without_base), without_others=round(after.without_others)
        ),
        use=use,
    )


def difference(
    before: AverageSample, after: AverageSample, *, published: float | None = None
) -> PlainDifference:
    """Returns what two averages give: a difference, and no effect.

    Args:
        before: The average before.
        after: The average after.
        published: What the source says the change is, in proportion.
    """
    obstacles = [Obstacle.NO_CONTROL]
    found = None
    if any(one.cases is None or one.deviation is None for one in (before, after)):
        obstacles.insert(0, Obstacle.AVERAGES_ONLY)
    elif min(before.cases or 0, after.cases or 0) < FEWEST_CONSIGNMENTS:
        obstacles.insert(0, Obstacle.TOO_FEW_CONSIGNMENTS)
    else:
        found = _of_samples(before, after)
    return PlainDifference(
        before=before,
        after=after,
        change=after.hours / before.hours - 1,
        interval=found,
        published=published,
        verdict=Verdict.DATA_CANNOT_CARRY_IT,
        obstacles=tuple(obstacles),
    )


def _obstacles(found: Matching, measure: EffectMeasure) -> Sequence[Obstacle]:
    """Step 1; what is the deepest reason stands alone."""
    own, others = found.recognised, found.others
    if found.all_cases == 0:
        return (Obstacle.NOBODY_RECOGNISED,)
    if found.without_base >= found.all_cases:
        return (Obstacle.NO_OVERLAP,)
    if own.sums.cases == 0:
        return (Obstacle.NO_COMPARISON_GROUP,)
    why = []
    if found.weeks < FEWEST_WEEKS:
        why.append(Obstacle.PERIOD_TOO_SHORT)
    if min(own.operators, own.worth / FEWEST_WORTH * FEWEST_OPERATORS) < FEWEST_OPERATORS:
        why.append(Obstacle.TOO_FEW_OPERATORS)
    if max(own.largest, others.largest) > LARGEST_SHARE:
        why.append(Obstacle.ONE_OPERATOR_CARRIES_IT)
    if others.operators < FEWEST_OPERATORS or others.worth < FEWEST_WORTH:
        why.append(Obstacle.NO_COMPARISON_GROUP)
    if any(min(side.sums.cases, side.sums.base_cases) < FEWEST_CONSIGNMENTS for side in found[2:4]):
        why.append(Obstacle.TOO_FEW_CONSIGNMENTS)
    if measure is EffectMeasure.INSPECTED and _inspections(found) < FEWEST_INSPECTIONS:
        why.append(Obstacle.TOO_FEW_INSPECTIONS)
    if own.sums.cases < LEAST_MATCHED * found.all_cases:
        why.append(Obstacle.MIX_CHANGED)
    if found.change is None and not why:
        why.append(Obstacle.ONE_OPERATOR_CARRIES_IT)
    return why


def _inspections(found: Matching) -> float:
    """The fewest the comparison rests on; none after the start is what an effect would bring."""
    others = found.others.sums
    return min(found.recognised.sums.base_events, others.events, others.base_events)


def _is_comparison(found: Matching, measure: EffectMeasure) -> bool:
    return found.change is not None and not set(_obstacles(found, measure)) - {Obstacle.MIX_CHANGED}


def _were_apart(change: float, earlier: Sequence[Matching]) -> bool:
    """Step 3."""
    return any(
        _is_beyond_nothing(interval(_log(one), one.spreads))
        and abs(_log(one)) > SMALL_APART * abs(change)
        for one in earlier
    )


def _steadied(after: Matching, before: Matching, *, years: int) -> Change:
    """Step 4: what they move apart in a year is taken off once for each year between."""
    spreads = [
        *after.spreads,
        *(Spread(one.variance * years * years, one.pieces) for one in before.spreads),
    ]
    return _change(_log(after) - years * _log(before), spreads)


def _agree(change: Change | None, steadied: Change | None) -> bool:
    """Steps 2 and 4."""
    if change is None or steadied is None:
        return False
    return (
        _is_beyond_nothing(change.interval)
        and _is_beyond_nothing(steadied.interval)
        and (change.value < 0) == (steadied.value < 0)
    )


def _is_beyond_nothing(one: Interval) -> bool:
    return one.high < 0 or one.low > 0


def _change(log: float, spreads: Sequence[Spread]) -> Change:
    return Change(value=math.expm1(log), interval=interval(log, spreads))


def _log(found: Matching) -> float:
    assert found.change is not None
    return found.change


def _means(group: Group) -> GroupMeans:
    there = group.sums.weight > 0
    return GroupMeans(
        before=group.base if there else None,
        after=group.after if there else None,
        cases_before=round(group.sums.base_cases),
        cases_after=round(group.sums.cases),
        operators=group.operators,
        worth=round(group.worth, 1),
    )


def _of_samples(before: AverageSample, after: AverageSample) -> Interval:
    spread = sum(
        (one.deviation or 0.0) ** 2 / ((one.cases or 1) * one.hours**2) for one in (before, after)
    )
    log, half = math.log(after.hours / before.hours), Z * math.sqrt(spread)
    return Interval(
        low=math.expm1(log - half), high=math.expm1(log + half), level=LEVEL, method=DIFFERENCE
    )
