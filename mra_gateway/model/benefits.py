"""Decision tables: which benefit a recognised operator gets on a consignment, as data.

The nouns of `partners/decision_tables/`. Evaluating and checking a table is in `benefits/`; which
table two officers accepted is kept in the store.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.declarations import Chapter, ValueCategory
from mra_gateway.model.facts import ALL, Fact, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, Digest, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import Code, Role, Text
from mra_gateway.model.recognition import RecognitionReason

All = Literal["all"]
Parameters = dict[Code, str | int | float | bool]


class Effect(StrEnum):
    """What a row does with the benefits it names."""

    GRANT = "grant"
    REFUSE = "refuse"


class TableMode(StrEnum):
    """Whether what a table decides is applied."""

    LIVE = "live"
    SHADOW = "shadow"
    """Decide and count, apply nothing."""


class Counterpart(StrEnum):
    """What the operator at the other end of the consignment must be."""

    ANYONE = "anyone"
    LOCAL_AEO = "local_aeo"
    """The importer or exporter at our end holds the status here: for arrangements that want the
    status at both ends."""


class TabledBenefit(Noun):
    """One benefit a row grants or refuses, with what the national system needs to apply it.

    Attributes:
        parameters: For instance `inspection_rate_multiplier = 0.2`.
    """

    code: Code
    parameters: Parameters = Field(default_factory=dict)
    legal_reference: Text | None = None


class TableRow(Noun):
    """One row: where every condition holds, its benefits are granted or refused.

    Who and which flow are always written out, `all` where nothing is left out; the conditions below
    `flows` restrict only where they stand. What is asked of the goods (procedures, chapters) is for
    a grant asked of all of them; a refusal is met by any of them.

    Attributes:
        functions: What the recognised operator does on this consignment.
        also: What the same operator does on it besides: of a consignor that has to be the exporter
            or the declarant too, `functions` is the consignor and this the others.
        operators: Named operators, for a pilot.
        offices: Customs offices or border posts.
        chapters_excluded: With any goods of these chapters the row does not hold.
        direct_delivery: The goods went from the partner's territory to ours (for an export the
            other way) without trans-shipment or storage under way.
        valid_from: First legal day, ours; without it since ever.
        valid_until: Last legal day.
        note: For the officer who reads the table.
    """

    id: Code
    effect: Effect = Effect.GRANT
    benefits: tuple[TabledBenefit, ...] = Field(min_length=1)
    programmes: All | tuple[ProgrammeId, ...]
    tiers: All | tuple[Code, ...]
    roles: All | tuple[Role, ...]
    functions: All | tuple[PartyFunction, ...]
    flows: All | tuple[Flow, ...]
    also: All | tuple[PartyFunction, ...] = ALL
    operators: All | tuple[Tin, ...] = ALL
    offices: All | tuple[Code, ...] = ALL
    modes: All | tuple[Code, ...] = ALL
    procedures: All | tuple[Code, ...] = ALL
    chapters_excluded: tuple[Chapter, ...] = ()
    value_categories: All | tuple[ValueCategory, ...] = ALL
    ecommerce_roles: All | tuple[Role, ...] = ALL
    direct_delivery: bool = False
    counterpart: Counterpart = Counterpart.ANYONE
    valid_from: date | None = None
    valid_until: date | None = None
    note: Text | None = None


class DecisionTable(Noun):
    """What one side of an arrangement grants to the other sides' operators.

    Rows are looked at in order, benefit by benefit: the first row that names the benefit and whose
    conditions hold decides it. A row that cannot be judged because a fact is missing ends the
    search: what is missing gives no benefit.

    Attributes:
        id: Arrangement, dot, granting territory: `CN-MN-2025.MN`.
        version: Counts the versions an administration has made of it, from 1.
        rows: With source and basis as every fact.
    """

    id: Text
    arrangement: ArrangementId
    granted_by: Territory
    version: int = Field(ge=1)
    mode: TableMode = TableMode.LIVE
    rows: Fact[tuple[TableRow, ...]]


class AcceptedTable(Noun):
    """A decision table as two officers accepted it.

    Attributes:
        digest: SHA-256 of its canonical form.
    """

    digest: Digest
    table: DecisionTable


class Case(NamedTuple):
    """One party on one consignment, as a table looks at it; what is not stated is None or empty.

    A tuple and no noun of its own: one is made for every recognised party of every declaration.

    Attributes:
        on: The legal day of acceptance, ours.
        flow: None where the operator is looked at without a consignment, for holder benefits.
        function: None counts as `NOT_STATED`.
        roles: What the operator's programme certified it for.
        counterpart: Whether the operator at the other end, at ours, holds the status here.
        direct: Whether the delivery is direct, as `benefits/case.py` judges it.
        also: The other functions the same operator is declared with.
    """

    on: date
    programme: ProgrammeId
    tin: Tin
    tier: str | None = None
    roles: frozenset[Role] = frozenset()
    flow: Flow | None = None
    function: PartyFunction | None = None
    counterpart: bool | None = None
    direct: bool | None = None
    office: str | None = None
    mode: str | None = None
    procedures: frozenset[str] = frozenset()
    chapters: frozenset[str] = frozenset()
    value_category: int | None = None
    ecommerce_roles: frozenset[Role] = frozenset()
    also: frozenset[PartyFunction] = frozenset()


class Outcome(NamedTuple):
    """What a table says of one benefit in one case.

    Attributes:
        row: The row that decided, or that could not be judged, or that came nearest.
        parameters: As granted, capped to what the local programme gives; empty when not granted.
        text: Why, in words an appeal can be answered with; for a missing fact what to declare.
        missing: The fact that is not stated (`mode`, `office`, `tier` …).
        attaches_to: Whether it eases this consignment or is the operator's own.
    """

    code: str
    title: str
    granted: bool
    reason: RecognitionReason
    row: str | None
    parameters: Parameters
    legal_reference: str | None
    text: str
    missing: str | None = None
    attaches_to: Literal["consignment", "holder"] = "consignment"
