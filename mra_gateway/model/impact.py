"""What an arrangement would touch, before it is signed: figures with what they rest on.

How they are counted is in `analytics/`; who is put together with whom in
`flows/estimate_impact.py`. Every figure is a numerator over a denominator, or a sum over a number
of cases, with the assumptions it rests on; where the data carry no claim, it has a note instead of
an interval or of a value.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Tin
from mra_gateway.model.operators import Code, PartnerIdentifier, Role


class Measured(StrEnum):
    """What is counted."""

    DECLARATIONS = "declarations"
    VALUE = "value"
    INSPECTIONS = "inspections"
    INSPECTIONS_SPARED = "inspections_spared"
    INSPECTION_HOURS = "inspection_hours"
    RELEASE_HOURS = "release_hours"


class Cut(StrEnum):
    """By what a table divides the declarations."""

    TOTAL = "total"
    FLOW = "flow"
    REGION = "region"
    CHAPTER = "chapter"
    MODE = "mode"
    TIER = "tier"


class ListedOperator(NamedTuple):
    """An operator of a partner's list, as far as matching and the benefit table ask.

    Attributes:
        row: Where it stands in the list.
        is_valid: Whether the list says its authorisation is in force.
    """

    row: int
    tin: Tin
    authorisation: AuthorisationNumber
    programme: ProgrammeId
    tier: Code | None
    roles: tuple[Role, ...]
    partner_identifiers: tuple[PartnerIdentifier, ...]
    is_valid: bool


class ExpectedShare(NamedTuple):
    """What is assumed of a partner whose list is not there.

    Attributes:
        tier: None where the table treats every tier alike.
        share: Of the declarations that could be its operators', how many are.
    """

    tier: str | None
    share: float


class Interval(Noun):
    """A confidence interval.

    Attributes:
        level: For instance 0.95.
        method: By name, so that somebody else can do it again.
    """

    low: float
    high: float
    level: float
    method: str


class Figure(Noun):
    """One figure.

    Attributes:
        value: None where it cannot be established, or is suppressed.
        numerator: What was counted or summed.
        denominator: Of how much; for a sum, over how many cases.
        interval: None where the data carry none; the note says why.
        suppressed: Too few cases stand behind it to be shown to the reader it is made for.
    """

    measured: Measured
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    interval: Interval | None = None
    note: str | None = None
    suppressed: bool = False


class Definition(Noun):
    """What a figure means.

    Attributes:
        unit: `share`, `count`, `hours`.
        assumptions: Ids of those it rests on.
    """

    measured: Measured
    title: str
    unit: str
    numerator: str
    denominator: str
    interval: str
    assumptions: tuple[str, ...]


class Assumption(Noun):
    """Something taken to be so, by its id (`A1`)."""

    id: str
    text: str


class ImpactRow(Noun):
    """One row of a table.

    Attributes:
        key: The region, chapter, mode or tier; `not stated` where declarations say none.
        cases: How many declarations, or None where that is suppressed.
    """

    key: str
    cases: int | None
    figures: tuple[Figure, ...]


class ImpactTable(Noun):
    """The figures by one cut; the total is a table of one row."""

    cut: Cut
    rows: tuple[ImpactRow, ...]
    note: str | None = None


class Impact(Noun):
    """The whole report.

    Attributes:
        partner: Territory or programme, as asked.
        table: Id and version of the benefit table, and how many rows it has.
        operators: How many the list holds, or are expected.
        matched_operators: How many of a list were declared at least once; None without a list.
        currency: Of every value; None where nothing has a value.
        engine: `duckdb` or `spark`.
        remarks: What a person should know about the files; empty in an output for the partner.
    """

    partner: str
    table: str
    audience: Audience
    engine: str
    period_from: date
    period_until: date
    declarations: int
    operators: int
    valid_operators: int | None = None
    matched_operators: int | None = None
    ambiguous_identifiers: int | None = None
    currency: str | None = None
    definitions: tuple[Definition, ...]
    assumptions: tuple[Assumption, ...]
    tables: tuple[ImpactTable, ...]
    remarks: tuple[str, ...] = Field(default=())
