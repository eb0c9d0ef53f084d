"""What an arrangement changed, as far as our own declarations can say: a value with its limits.

How it is estimated is in `indicators/matched_change.py`, how it is judged in
`indicators/judge_effect.py`, how it is told in `indicators/effect_words.py`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import ArrangementId
from mra_gateway.model.impact import Interval
from mra_gateway.model.requirements import Phrase


class EffectMeasure(StrEnum):
    """What is compared: a mean for each consignment."""

    RELEASE_HOURS = "release_hours"
    """Hours from lodging to release."""
    INSPECTED = "inspected"
    """The share that was physically inspected."""


class Verdict(StrEnum):
    """What the data say."""

    SHOWN = "shown"
    """A difference beyond the scatter of operators and weeks, and beyond what was before."""
    NOT_SHOWN = "not_shown"
    """The data carry a comparison, and it shows no difference: not that there is none."""
    DATA_CANNOT_CARRY_IT = "data_cannot_carry_it"


class Obstacle(StrEnum):
    """Why the data cannot carry a claim."""

    NO_START = "no_start"
    NO_OPERATORS_NAMED = "no_operators_named"
    NOT_YET = "not_yet"
    NOBODY_RECOGNISED = "nobody_recognised"
    PERIOD_TOO_SHORT = "period_too_short"
    NO_YEAR_BEFORE = "no_year_before"
    TOO_FEW_OPERATORS = "too_few_operators"
    ONE_OPERATOR_CARRIES_IT = "one_operator_carries_it"
    TOO_FEW_CONSIGNMENTS = "too_few_consignments"
    TOO_FEW_INSPECTIONS = "too_few_inspections"
    NO_COMPARISON_GROUP = "no_comparison_group"
    NO_OVERLAP = "no_overlap"
    MIX_CHANGED = "mix_changed"
    NO_EARLIER_COMPARISON = "no_earlier_comparison"
    APART_BEFORE = "apart_before"
    AVERAGES_ONLY = "averages_only"
    NO_CONTROL = "no_control"


class Span(Noun):
    """Days, the last one included."""

    first_on: date
    last_on: date


class GroupMeans(Noun):
    """One group in both years, over the same mix of operators, goods, modes and months.

    Attributes:
        before: The mean in the base period.
        after: The mean in the period.
        cases_before: Consignments matched, of the base period.
        cases_after: Those of the period.
        operators: How many operators they are of.
        worth: How many operators of equal size that is worth.
    """

    before: float | None
    after: float | None
    cases_before: int
    cases_after: int
    operators: int
    worth: float


class Change(Noun):
    """A change in proportion (-0.62: 62 per cent less), against others in the same time."""

    value: float
    interval: Interval


class LeftOut(Noun):
    """Consignments of recognised operators that were not compared, and why.

    Attributes:
        without_base: The operator sent nothing of the chapter by the mode in the month of the base.
        without_others: No two other operators did in both years.
    """

    without_base: int
    without_others: int


class ArrangementEffect(Noun):
    """The before and after of one arrangement in one measure.

    Attributes:
        started_on: From which day the arrangement holds here.
        compared: The days of the period from the start on.
        base: The same days of an earlier year.
        change: None where an obstacle stands before it.
        apart: How the two groups moved apart in the months before the start, a year earlier as
            base: nothing, if they are alike.
        steadied: The change less what they had moved apart before.
        use: Of the consignments of recognised operators, the share on which recognition took place.
        partial: Data of some of these days are missing.
    """

    arrangement: ArrangementId
    measure: EffectMeasure
    started_on: date | None
    compared: Span | None
    base: Span | None
    verdict: Verdict
    obstacles: tuple[Obstacle, ...] = ()
    change: Change | None = None
    apart: Change | None = None
    steadied: Change | None = None
    recognised: GroupMeans | None = None
    others: GroupMeans | None = None
    left_out: LeftOut | None = None
    use: float | None = None
    partial: bool = False


class AverageSample(Noun):
    """An average of a study, as it was entered or published.

    Attributes:
        hours: The average.
        cases: Over how many; None where that is not stated.
        deviation: Their standard deviation, where that is.
    """

    hours: float
    cases: int | None = None
    deviation: float | None = None


class PlainDifference(Noun):
    """Two averages, one after the other, and nothing to compare them with.

    Attributes:
        change: In proportion, by our own arithmetic.
        interval: None where sizes or deviations are not stated.
        published: What the source itself states, in proportion.
    """

    before: AverageSample
    after: AverageSample
    change: float
    interval: Interval | None
    published: float | None
    verdict: Verdict
    obstacles: tuple[Obstacle, ...]


class ToldRow(Noun):
    """One line of what is told of an effect: `matched` – by what."""

    label: Phrase
    text: Phrase
