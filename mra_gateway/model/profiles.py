"""Profiles: what a programme says about the items of catalogues, cell by cell, with sources.

The files of `partners/profiles/` in memory, one for each programme of `partners/programmes/`, which
holds its header facts. An item without a cell was *not seen*: it never counts as absent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import ALL, Fact
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code, Role, Text
from mra_gateway.model.requirements import ItemReference, Method, Phrase


class Stated(StrEnum):
    """What is known of an item in a programme."""

    REQUIRED = "required"
    """It is asked, or given where the item is a benefit, or done where it is a duty on Customs."""
    ABSENT = "absent"
    """A source says that it is not asked or given: a value of its own, never a blank."""
    NOT_APPLICABLE = "not_applicable"
    """The programme has nobody whom it could bind."""
    DESCRIBED = "described"
    """The item is a dimension: `text` and `values` say how it is there."""


class Strength(StrEnum):
    """How strongly it is asked."""

    MUST = "must"
    SHOULD = "should"
    SCORED = "scored"
    """Points that others can make up for."""
    SCORED_CORE = "scored_core"
    """Points, and failing this one fails the whole."""
    OPEN_NORM = "open_norm"
    """The outcome is asked, the means are free."""


class Instrument(StrEnum):
    """By what the outcome is reached."""

    PROCEDURE = "procedure"
    """The operator's own rules and measures."""
    CERTIFICATE = "certificate"
    """A certificate of somebody else: ISO, TAPA, ISPS, regulated agent."""
    GUARANTEE = "guarantee"
    """Money or a guarantor."""
    LICENCE = "licence"
    """A licence or registration under another law."""
    AGREEMENT = "agreement"
    """A contract with the administration."""
    OTHER_LAW = "other_law"
    """A duty of everybody under another law."""


class Measure(StrEnum):
    """What a figure counts."""

    LOOK_BACK = "look_back"
    ACTIVITY = "activity"
    """How long the firm has to have been active."""
    DECLARATIONS = "declarations"
    """Declarations, documents or movements in a year."""
    TRADE_VALUE = "trade_value"
    """Value of trade in a year."""
    TURNOVER = "turnover"
    PAYMENTS = "payments"
    """Duties and taxes paid in a year."""
    STORED_VALUE = "stored_value"
    GUARANTEE = "guarantee"
    SCORE = "score"
    DEBT_RATIO = "debt_ratio"
    WAITING = "waiting"
    """How long after a refusal or withdrawal one may not apply."""
    EXPERIENCE = "experience"
    VALIDITY = "validity"
    REVALIDATION = "revalidation"
    """Between two re-validations."""
    DECISION = "decision"
    """From application to decision."""
    STAFF = "staff"
    OTHER = "other"


class Unit(StrEnum):
    """Units that are no money."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    COUNT = "count"
    PERCENT = "percent"
    POINTS = "points"


UnitCode = Annotated[
    str,
    Field(
        pattern=r"^(year|quarter|month|day|hour|count|percent|points|[A-Z]{3}|[A-Z]{2}-[A-Z][A-Z_]{2,30})$"
    ),
]
"""A unit; a currency by its ISO 4217 code; or a national unit (`UZ-MINIMUM_WAGE`, `KZ-MCI`)."""


class Quantity(Noun):
    """A figure with its unit: a threshold somebody has to meet, or a span."""

    measure: Measure
    relation: Literal["at_least", "at_most", "exactly"] = "at_least"
    value: float = Field(ge=0, allow_inf_nan=False)
    unit: UnitCode


class Cell(Noun):
    """What a programme says about one item, or about a category as a whole.

    Attributes:
        item: The item; a category where only its heading was seen, which never makes two equal.
        text: What it says, in our words.
        clause: Where in the programme's own text.
        strength: None where it is not known.
        instrument: By what the outcome is reached; None where it is not known.
        methods: How it is validated.
        tiers: Of which tiers it is asked.
        roles: Of which roles it is asked.
        thresholds: Alternatives, each of which is a set of figures to be met together.
        values: Codes by which a dimension is compared: the same codes are the same.
    """

    item: ItemReference
    stated: Stated
    text: Phrase
    clause: Text | None = None
    strength: Strength | None = None
    instrument: Instrument | None = None
    methods: tuple[Method, ...] = ()
    tiers: Literal["all"] | tuple[Code, ...] = ALL
    roles: Literal["all"] | tuple[Role, ...] = ALL
    thresholds: tuple[Annotated[tuple[Quantity, ...], Field(min_length=1)], ...] = ()
    values: tuple[Code, ...] = ()

    @model_validator(mode="after")
    def _check_absent(self) -> Self:
        if self.stated is not Stated.REQUIRED and (self.strength or self.thresholds):
            msg = "only what is required has a strength or thresholds"
            raise ValueError(msg)
        return self


class Profile(Noun):
    """What is known of a programme, item by item.

    Attributes:
        programme: Whose header facts stand in `partners/programmes/`.
        version: Counts up with every change, so that comparisons can say what they rest on.
        extends: The programme of the union it belongs to: items it has no cell for are as there.
        title: Only of union law no administration runs by itself (`XE-EAEU`), which has no header
            facts of its own: members extend it.
    """

    programme: ProgrammeId
    version: int = Field(ge=1)
    extends: ProgrammeId | None = None
    title: Fact[Phrase] | None = None
    cells: tuple[Fact[Cell], ...] = ()
    notes: tuple[Fact[Text], ...] = ()


class Rate(Noun):
    """What one unit of money is worth in another on a day."""

    value: float = Field(gt=0, allow_inf_nan=False)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Rates(Noun):
    """Exchange rates and national units of one day: `partners/rates/2026-11-20.toml`.

    Attributes:
        id: The day, which is the file's name.
        rates: Unit (a currency, or a national unit) → what one of it is worth.
    """

    id: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    rates: dict[UnitCode, Fact[Rate]] = Field(default_factory=dict)
