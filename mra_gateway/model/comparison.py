"""What a comparison of two programmes says, row by row; what it rests on is in `profiles.py`.

How findings are made is in `comparison/`; how they are laid out is in `documents/`. Everything is
seen from one side, *ours*: swapping the sides mirrors every finding.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Basis
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.operators import Code, Role, Text
from mra_gateway.model.profiles import Cell
from mra_gateway.model.requirements import CategoryId, ItemId, Phrase


class Finding(StrEnum):
    """What two programmes amount to on one item, on paper.

    The scale is this product's: no official one was found. `not_established` is the only one that
    says nothing about a programme.
    """

    EQUIVALENT = "equivalent"
    EQUIVALENT_BY_OTHER_MEANS = "equivalent_by_other_means"
    PARTIAL = "partial"
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    STRICTER_OURS = "stricter_ours"
    STRICTER_THEIRS = "stricter_theirs"
    NOT_APPLICABLE = "not_applicable"
    NOT_ESTABLISHED = "not_established"


class InPractice(StrEnum):
    """What joint validations found."""

    NOT_VISITED = "not_visited"
    CONFIRMED = "confirmed"
    CONFIRMED_WITH_REMARKS = "confirmed_with_remarks"
    NOT_CONFIRMED = "not_confirmed"


class Audience(StrEnum):
    """Who reads it: nothing internal enters what is for the partner."""

    INTERNAL = "internal"
    PARTNER = "partner"


class Evidence(Noun):
    """A cell of a profile with where it comes from.

    Attributes:
        inherited_from: The union programme it stands in, when the member's own profile has none.
        by_category: Known for the category only: it never makes two equal.
    """

    cell: Cell
    source: Text
    basis: Basis
    as_of: date
    inherited_from: ProgrammeId | None = None
    by_category: bool = False


class Row(Noun):
    """One item of the catalogue.

    Attributes:
        basis: The weakest basis the finding rests on; None where it rests on nothing.
        contested: On which side sources contradict each other; both are then shown.
        why: Why the finding is what it is, naming what decided.
        question: What to ask the other side; None where nothing is open.
    """

    item: ItemId
    category: CategoryId
    clause: Text | None = None
    requirement: Phrase
    finding: Finding
    in_practice: InPractice = InPractice.NOT_VISITED
    basis: Basis | None = None
    contested: tuple[Literal["ours", "theirs"], ...] = ()
    why: Phrase
    question: Phrase | None = None
    ours: tuple[Evidence, ...] = ()
    theirs: tuple[Evidence, ...] = ()


class CategoryResult(Noun):
    """The rows of a category together.

    Attributes:
        counts: Finding → how many rows.
        established: How many rows say anything.
        finding: What the category amounts to; `not_established` while most rows are.
    """

    category: CategoryId
    name: Phrase
    counts: dict[Finding, int]
    established: int
    finding: Finding


class Outcome(StrEnum):
    """What a comparison amounts to, on paper."""

    COMPATIBLE = "compatible"
    COMPATIBLE_WITH_CONDITIONS = "compatible_with_conditions"
    NOT_YET_COMPATIBLE = "not_yet_compatible"
    NOT_ESTABLISHED = "not_established"


class Condition(Noun):
    """A condition of a conclusion, with the rows or facts that make it.

    Attributes:
        items: The rows that decide.
        sources: Where facts that are no rows were read.
    """

    text: Phrase
    items: tuple[ItemId, ...] = ()
    sources: tuple[Text, ...] = ()
    basis: Basis | None = None


class Conclusion(Noun):
    """The whole, with named conditions.

    Attributes:
        eligible_ours: Tiers of ours that may be recognised, as sourced; None when not known.
        eligible_theirs: Tiers of theirs.
    """

    outcome: Outcome
    conditions: tuple[Condition, ...] = ()
    eligible_ours: tuple[Code, ...] | None = None
    eligible_theirs: tuple[Code, ...] | None = None


class Side(Noun):
    """One of the two programmes.

    Attributes:
        version: Of its profile.
        is_confirmed: Whether its administration or two of our officers confirmed the profile; an
            unconfirmed one is watermarked wherever it is shown.
    """

    programme: ProgrammeId
    territory: Territory
    name: Text
    version: int
    is_confirmed: bool = False
    extends: ProgrammeId | None = None


class Comparison(Noun):
    """Two programmes side by side on one edition of a catalogue.

    Attributes:
        role: The role it was narrowed to.
        tier_ours: The tier of ours it was narrowed to.
        rates: The day of the rates money was compared by; None when none were given.
    """

    ours: Side
    theirs: Side
    catalogue: str
    edition: Code
    at: date
    role: Role | None = None
    tier_ours: Code | None = None
    tier_theirs: Code | None = None
    rates: str | None = None
    audience: Audience = Audience.INTERNAL
    rows: tuple[Row, ...]
    categories: tuple[CategoryResult, ...]
    conclusion: Conclusion = Field(
        default_factory=lambda: Conclusion(outcome=Outcome.NOT_ESTABLISHED)
    )
