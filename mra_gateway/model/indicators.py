"""What is measured: indicators as data, the tables of events they are counted over, and figures.

The files of `partners/indicators/` in memory, and what comes of them. How an expression is read is
in `indicators/expression.py`; which columns an event table has is in `indicators/event_tables.py`;
it is computed in `analytics/`. A period is in `periods.py`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mra_gateway.model.base import Identifier, Noun
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import Digest, OfficerName, Territory
from mra_gateway.model.impact import Interval
from mra_gateway.model.operators import Code, Text
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase

# --- definitions


class IndicatorId(Identifier):
    """An indicator with its catalogue: `carec:uptake.applications`."""

    __slots__ = ()
    form = "an indicator id (catalogue, colon, lower-case letters, digits, underscores and dots)"
    pattern = r"[a-z][a-z0-9_-]{0,34}:[a-z][a-z0-9_]{0,39}(?:\.[a-z0-9_]{1,40}){0,4}"

    @property
    def catalogue(self) -> str:
        """The catalogue the indicator stands in."""
        return self.partition(":")[0]


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""An event table, a column, a lane, a region, a KPI."""

Expression = Annotated[str, Field(min_length=1, max_length=2000)]
"""Text over one event table, read by `indicators/expression.py`."""


class Frequency(StrEnum):
    """How often a figure is reported; also the kinds of periods."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Breakdown(StrEnum):
    """Whose cases a figure is about, told by the columns `aeo` and `foreign_aeo`."""

    ALL = "all"
    AEO = "aeo"
    NON_AEO = "non_aeo"
    FOREIGN_AEO = "foreign_aeo"
    """With a recognised operator of a partner."""
    NOT_FOREIGN_AEO = "not_foreign_aeo"


class Quantity(StrEnum):
    """What kind of number a figure is, so that it can be written: a share as per cent."""

    COUNT = "count"
    SHARE = "share"
    RATIO = "ratio"
    HOURS = "hours"
    DAYS = "days"
    MONEY = "money"
    RATING = "rating"


class Direction(StrEnum):
    """Which way is the better."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


class ValueHead(StrEnum):
    """The heads under which the workshop looks at value."""

    SECURE_TRANSPARENT_TIMELY = "secure_transparent_timely"
    EFFICIENCY = "efficiency"
    """The same output for fewer resources."""
    EFFECTIVENESS = "effectiveness"
    """Quality and quantity of the service."""
    ENABLEMENT = "enablement"
    """Allows the desirable, prevents the undesirable."""


class PmmDimension(StrEnum):
    """The dimensions of the WCO Performance Measurement Mechanism.

    Source: wcoomd.org, newsroom, April 2023 (first version of the mechanism).
    """

    TRADE_FACILITATION = "trade_facilitation_and_economic_competitiveness"
    REVENUE = "revenue_collection"
    ENFORCEMENT = "enforcement_security_and_protection_of_society"
    ORGANISATION = "organizational_development"


class BaselineKind(StrEnum):
    """What a baseline is; each has to say by what it was assessed."""

    QUALITATIVE = "qualitative"
    NUMERICAL = "numerical"
    SCALE = "scale"


class Baseline(Noun):
    """Where an indicator stood before.

    Attributes:
        value: On a scale, the category's place on it; of a qualitative one there is none.
        year: Of the value.
        assessment: Of a qualitative one, what was found.
        criteria: Of a qualitative one, by what it was assessed.
        formula: Of a numerical one.
        categories: Of one on a scale, lowest first.
    """

    kind: BaselineKind
    value: float | None = None
    year: int | None = Field(default=None, ge=1990, le=2100)
    assessment: Phrase | None = None
    criteria: tuple[Phrase, ...] = ()
    formula: Phrase | None = None
    categories: tuple[Phrase, ...] = ()


class Target(Noun):
    """Where it should stand at the end of a year."""

    value: float
    year: int = Field(ge=1990, le=2100)


class Sample(Noun):
    """The figures the catalogue's own source gives as an example; never a default."""

    baseline: float
    target: float


class Kpi(Noun):
    """A key performance indicator: what its indicators tell together, and what is intended."""

    id: Name
    title: Phrase
    intent: Phrase | None = None


class Indicator(Noun):
    """One performance indicator.

    Attributes:
        of: The event table both expressions are over.
        numerator: The figure itself where there is no denominator.
        scale: By what the quotient is multiplied (0.01 of a figure in per cent, say).
        span: `during`: events whose day `counted_on` lies in the period. `at_end`: what had begun
            and not ended with the period's last day, by the table's columns for that.
        counted_on: Another day column than the table's own.
        about: Whose figure is the indicator's own. Expressions say nothing of it.
        compare: For whom it is computed besides.
        by: Columns by whose values it is divided besides; each combination is a figure.
        exclusions: What does not count.
        unit: As the catalogue's source has it.
        data_source: What it is taken from.
        authority: Who reports it.
        annotation: What is odd about the source's row, and what is counted here.
        sdg: Goals of the 2030 Agenda, by number.
    """

    id: IndicatorId
    kpi: Name
    title: Phrase
    of: Name
    numerator: Expression
    denominator: Expression | None = None
    scale: float = Field(default=1.0, gt=0)
    span: Literal["during", "at_end"] = "during"
    counted_on: Name | None = None
    about: Breakdown = Breakdown.ALL
    compare: tuple[Breakdown, ...] = ()
    by: tuple[Name, ...] = ()
    exclusions: tuple[Phrase, ...] = ()
    quantity: Quantity
    unit: Phrase
    data_source: Phrase
    authority: Phrase
    frequency: Frequency = Frequency.MONTHLY
    baseline: Baseline
    target: Target | None = None
    direction: Direction
    sample: Sample | None = None
    value_head: ValueHead | None = None
    pmm_dimension: PmmDimension | None = None
    sdg: tuple[Annotated[int, Field(ge=1, le=17)], ...] = ()
    annotation: Phrase | None = None
    notes: tuple[Phrase, ...] = ()


class IndicatorCatalogue(Noun):
    """A file of indicators.

    Attributes:
        id: What stands before the colon of every id in it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,34}$")]
    title: Fact[Phrase]
    kpis: tuple[Fact[Kpi], ...] = Field(min_length=1)
    indicators: tuple[Fact[Indicator], ...] = Field(min_length=1)
    notes: tuple[Fact[Text], ...] = ()


class Lane(Noun):
    """A colour of selectivity.

    Attributes:
        names: Other words for it in declarations, in any language; compared without case.
        inspected: Whether goods in it are inspected before they are released.
    """

    id: Name
    title: Phrase
    meaning: Phrase
    names: tuple[Text, ...] = ()
    documents_checked: bool
    inspected: bool


class LaneList(Noun):
    """The lanes an administration has; another is a fault in a declaration."""

    id: Literal["lanes"]
    lanes: tuple[Fact[Lane], ...] = Field(min_length=1)


class Region(Noun):
    """Territories under one name.

    Attributes:
        territories: Codes a declaration may have; none: every code that no other region has.
    """

    id: Name
    title: Phrase
    territories: tuple[Territory, ...] = ()


class RegionList(Noun):
    """The regions trade is divided by."""

    id: Literal["regions"]
    regions: tuple[Fact[Region], ...] = Field(min_length=1)

    def region_of(self, territory: str) -> str | None:
        """Returns the region of a territory; None where no region takes the rest."""
        listed = [fact.value for fact in self.regions if fact.value is not None]
        for region in listed:
            if territory in region.territories:
                return region.id
        return next((region.id for region in listed if not region.territories), None)


# --- event tables


class ColumnKind(StrEnum):
    """What a column holds; each may be absent in a row, and is then counted by no condition."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"


class EventColumn(Noun):
    """A column of an event table.

    Attributes:
        unit: Of a number.
        values: Of a text that is one of a list of codes.
    """

    name: Name
    kind: ColumnKind
    meaning: Text
    unit: Text | None = None
    values: tuple[Text, ...] = ()


class Origin(StrEnum):
    """Where the rows of an event table come from."""

    LOADED = "loaded"
    """Files: `kpi load`."""
    ENTERED = "entered"
    """Officers: `kpi enter`, `kpi feedback`."""
    GATEWAY = "gateway"
    """This gateway's own store."""


class EventTable(Noun):
    """A table indicators are written over.

    Attributes:
        grain: What one row is.
        key: The column that tells rows apart; a doubled one is counted once. None: none does.
        counted_on: The day column that decides in which period a row counts.
        begins_on: With `ends_on`, of something that lasts: for indicators `at_end`.
    """

    name: Name
    grain: Text
    origin: Origin
    key: Name | None = None
    counted_on: Name
    begins_on: Name | None = None
    ends_on: Name | None = None
    columns: tuple[EventColumn, ...]

    def column(self, name: str) -> EventColumn | None:
        """Returns a column, or None."""
        return next((one for one in self.columns if one.name == name), None)


# --- figures


class FigureStatus(StrEnum):
    """How far a figure is; published ones are frozen."""

    DRAFT = "draft"
    PREPARED = "prepared"
    APPROVED = "approved"
    PUBLISHED = "published"


class Note(Noun):
    """Something to say beside a figure, in the report's language.

    Attributes:
        code: Which sentence (`documents/words/`).
        values: What stands in it.
    """

    code: Code
    values: dict[str, str | int | float] = Field(default_factory=dict)


class LineageInput(Noun):
    """Something a figure was computed from.

    Attributes:
        kind: `load`, `entries`, `store`, `regions`, `lanes`.
        id: Of the load, or the table's name.
        digest: Of its content.
        rows: How many rows of it were looked at.
    """

    kind: Code
    id: Text
    digest: Digest
    rows: int


class Lineage(Noun):
    """Where a figure comes from.

    Attributes:
        definition: Of the indicator's meaning, see `indicators/definitions.py`.
        digest: Of definition and inputs together: the same gives the same figure.
    """

    definition: Digest
    inputs: tuple[LineageInput, ...]
    digest: Digest
    engine: Text


class Figure(Noun):
    """One figure of an indicator.

    Attributes:
        group: Column → value, where it is divided by columns; empty for the whole.
        value: None where it cannot be established, or is suppressed; a note says why.
        denominator: None where the indicator has none.
        cases: How many rows stand behind it.
        interval: None where the data carry none; a note says why.
        method: How the value was computed, where that is a choice: the kind of a quantile.
        partial: Only a part of the period's data was there.
        suppressed: Too few cases stand behind it to be shown to the reader it is made for.
        prepared_by: Of a figure beyond draft.
        corrects: The id of the published figure it corrects.
    """

    indicator: IndicatorId
    period: Period
    breakdown: Breakdown = Breakdown.ALL
    group: dict[str, str] = Field(default_factory=dict)
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    cases: int | None = None
    interval: Interval | None = None
    method: Text | None = None
    status: FigureStatus = FigureStatus.DRAFT
    notes: tuple[Note, ...] = ()
    partial: bool = False
    suppressed: bool = False
    lineage: Lineage
    computed_at: datetime
    prepared_by: OfficerName | None = None
    approved_by: OfficerName | None = None
    corrects: int | None = None
