"""What a report on performance says: one noun, composed once, for every format it is written in.

How a light is judged is in `indicators/lights.py`, what is doubtful about a figure in
`indicators/plausibility.py`; who gathers it all is `flows/report_performance.py`. A report for the
partner holds nothing that is not for the partner: it is not left out when it is printed.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import (
    Baseline,
    Breakdown,
    Direction,
    FigureStatus,
    Frequency,
    IndicatorId,
    Lineage,
    Name,
    Note,
    PmmDimension,
    Quantity,
    Target,
    ValueHead,
)
from mra_gateway.model.operators import Text
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase


class Light(StrEnum):
    """How an indicator stands against its baseline and target, by the rule the report prints."""

    REACHED = "reached"
    ON_THE_WAY = "on_the_way"
    BEHIND = "behind"
    NOT_JUDGED = "not_judged"


class Judged(Noun):
    """A light.

    Attributes:
        expected: What the straight line from baseline to target asks of the period.
        way: Which share of the way from the baseline to that has been gone.
        why: Why it is not judged.
    """

    light: Light
    expected: float | None = None
    way: float | None = None
    why: Note | None = None


class Finding(Noun):
    """Something about a figure that a person should look at before it is approved."""

    note: Note
    is_impossible: bool = False
    """Whether it cannot be so; else it is only unusual."""


class TrendPoint(Noun):
    """A period of the trend."""

    period: Period
    value: float | None
    partial: bool = False
    suppressed: bool = False


class Shown(Noun):
    """A figure as a report shows it.

    Attributes:
        corrects: The published value it takes the place of, where it differs; shown beside it.
    """

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    cases: int | None = None
    interval: Interval | None = None
    method: Text | None = None
    status: FigureStatus
    partial: bool = False
    suppressed: bool = False
    notes: tuple[Note, ...] = ()
    corrects: Shown | None = None
    prepared_by: Text | None = None
    approved_by: Text | None = None


class Part(Noun):
    """A figure of a part: whose cases, and of which group."""

    breakdown: Breakdown
    group: dict[str, str] = Field(default_factory=dict)
    actual: Shown


class IndicatorRow(Noun):
    """One line of the table: the workshop's columns, and what a reader needs to judge them.

    Attributes:
        number: Its place in the report, for pointing to it.
        breakdown: Whose figure it is.
        actual: None where nothing was computed or entered.
        parts: The same for others to compare with, and by group.
    """

    number: Text
    indicator: IndicatorId
    title: Phrase
    breakdown: Breakdown = Breakdown.ALL
    quantity: Quantity
    unit: Phrase
    data_source: Phrase
    authority: Phrase
    frequency: Frequency
    direction: Direction
    baseline: Baseline
    target: Target | None = None
    actual: Shown | None = None
    judged: Judged
    trend: tuple[TrendPoint, ...] = ()
    parts: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    annotation: Phrase | None = None
    notes: tuple[Phrase, ...] = ()
    exclusions: tuple[Phrase, ...] = ()
    value_head: ValueHead | None = None
    pmm_dimension: PmmDimension | None = None
    sdg: tuple[int, ...] = ()


class KpiTable(Noun):
    """A key performance indicator with its rows."""

    number: Text
    catalogue: Text
    catalogue_title: Phrase | None = None
    kpi: Name
    title: Phrase
    intent: Phrase | None = None
    rows: tuple[IndicatorRow, ...]


class ArrangementRow(Noun):
    """A line of an arrangement's page: a figure beside that of all others.

    Attributes:
        definition: Of what was counted, see `indicators/definitions.py`.
        others: The same of consignments it is compared with; None where there is nothing to.
        theirs: What the partner sent of it, in a joint sheet.
    """

    indicator: IndicatorId
    title: Phrase
    definition: Digest | None = None
    breakdown: Breakdown = Breakdown.ALL
    group: dict[str, str] = Field(default_factory=dict)
    quantity: Quantity
    unit: Phrase
    actual: Shown
    others: Shown | None = None
    theirs: Shown | None = None


class ArrangementPage(Noun):
    """How an arrangement does.

    Attributes:
        effect: What is told of before and after its start, and what the data do not carry.
    """

    arrangement: ArrangementId
    title: Text
    partners: tuple[Territory, ...]
    rows: tuple[ArrangementRow, ...]
    effect: tuple[ToldRow, ...] = ()


class Origin(Noun):
    """Where the figures of an indicator come from, for whoever wants to check them.

    Attributes:
        lineage: None in a report for a partner, who gets the definition only.
    """

    number: Text
    indicator: IndicatorId
    numerator: Text
    denominator: Text | None = None
    event_table: Name
    lineage: Lineage | None = None


class PlannedEvaluation(Noun):
    """An evaluation or audit of the figures, planned or done."""

    key: Text
    kind: Literal["evaluation", "audit"]
    title: Text
    responsible: Text
    due_on: date
    done_on: date | None = None
    outcome: Text | None = None
    overdue: bool = False


class PerformanceReport(Noun):
    """A report on the programme and its arrangements.

    Attributes:
        digest: Of everything else in it.
        draft: Whether a figure in it is not published yet.
        partial: Whether one rests on a part of the period's data.
        half_way: From which share of the way a light is half full.
        labels: What values of groups are called: `lane:green`, `region:east_asia`.
    """

    form: Literal["mra-gateway:performance:1.0"] = "mra-gateway:performance:1.0"
    territory: Territory
    name: Text
    audience: Audience
    partner: Territory | None = None
    period: Period
    printed_on: date
    draft: bool
    partial: bool
    half_way: float
    kpis: tuple[KpiTable, ...]
    arrangements: tuple[ArrangementPage, ...] = ()
    plan: tuple[PlannedEvaluation, ...] = ()
    origins: tuple[Origin, ...] = ()
    labels: dict[str, Phrase] = Field(default_factory=dict)
    digest: Digest | None = None

    @property
    def rows(self) -> tuple[IndicatorRow, ...]:
        """The rows of all KPIs."""
        return tuple(row for kpi in self.kpis for row in kpi.rows)


class ReportRequest(NamedTuple):
    """Which report is asked for.

    Attributes:
        us: Whose.
        name: What that administration is called.
        partner: For whom it is, where it is a joint sheet.
        today: The day it is there.
        only: Catalogues; all when empty.
    """

    us: Territory
    name: str
    period: Period
    today: date
    partner: Territory | None = None
    only: tuple[str, ...] = ()

    @property
    def audience(self) -> Audience:
        """Who reads it."""
        return Audience.INTERNAL if self.partner is None else Audience.PARTNER
