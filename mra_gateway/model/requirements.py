"""Catalogues: what programmes are compared by, item by item, as facts with sources.

The files of `partners/requirements/` in memory. What a programme says about an item is a cell of
its profile (`profiles.py`); what two programmes' cells amount to is judged in `comparison/`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import ALL, Fact
from mra_gateway.model.operators import Code, Role, Text

ItemId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,3}(\.[A-Za-z0-9]{1,8}){0,3}$")]
"""An item of a catalogue as its text counts it (`A.a`, `I.a.10`, `D.C.a`, `T.7.3`)."""

CategoryId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,3}(\.[A-Z0-9]{1,3})?$")]
"""A category of a catalogue (`A`; `B1`; `D.C`)."""

ItemReference = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_-]{0,34}:[A-Z][A-Z0-9]{0,3}(\.[A-Za-z0-9]{1,8}){0,3}$")
]
"""An item or a category with its catalogue: `safe:A.a`, `safe:A`."""


class Phrase(Noun):
    """A sentence of ours in the languages documents are written in; Russian may be missing."""

    en: Text
    ru: Text | None = None


class CatalogueKind(StrEnum):
    """What the items of a catalogue are."""

    REQUIREMENTS = "requirements"
    """Duties on operators."""
    CUSTOMS_DUTIES = "customs_duties"
    """Duties on Customs: the other half of a programme."""
    TESTS = "tests"
    """Questions with a yes or no, some computed from the profile."""
    DIMENSIONS = "dimensions"
    """Ways in which programmes differ, described rather than required."""
    BENEFITS = "benefits"
    """What operators get."""
    PROCEDURE = "procedure"
    """Steps of application, validation, monitoring and appeal."""


class Matter(StrEnum):
    """What a category is about; security decides whether a programme is a SAFE AEO programme."""

    COMPLIANCE = "compliance"
    PARTNERSHIP = "partnership"
    SECURITY = "security"
    MANAGEMENT = "management"
    OTHER = "other"


class Method(StrEnum):
    """How a requirement is assessed."""

    FILE = "file"
    INTERVIEW = "interview"
    SITE = "site"
    REMOTE = "remote"


class Edition(Noun):
    """An edition of the text a catalogue restates.

    Attributes:
        name: As it is cited: `2021`.
        changed: What changed in it for programmes and arrangements.
    """

    name: Code
    changed: Phrase | None = None


class Category(Noun):
    """A group of items with one purpose.

    Attributes:
        duty_on: Whose duties its items are.
    """

    id: CategoryId
    name: Phrase
    purpose: Phrase | None = None
    duty_on: Literal["operator", "customs", "both"]
    matter: Matter


class Item(Noun):
    """One item of a catalogue; the wording is ours.

    Attributes:
        category: The category it belongs to.
        clause: Where it stands in the text the catalogue restates.
        requirement: What is asked, in short.
        question: What a negotiator asks the other side where nothing is established.
        assessed_by: How it is usually assessed.
        roles: Whom it binds.
        since_edition: The first edition that has it; None: every edition of the catalogue.
        until_edition: The last edition that has it.
        values: Of a dimension, the codes by which cells describe it, and what each means; figures
            (`2_years`, `30_days`) need none. Empty: free.
    """

    id: ItemId
    category: CategoryId
    clause: Text | None = None
    requirement: Phrase
    question: Phrase
    assessed_by: tuple[Method, ...] = ()
    roles: Literal["all"] | tuple[Role, ...] = ALL
    since_edition: Code | None = None
    until_edition: Code | None = None
    values: dict[Code, Phrase] = Field(default_factory=dict)


class RequirementCatalogue(Noun):
    """A catalogue of items.

    Attributes:
        id: As it is named in cells and on the command line: `safe`.
        editions: Oldest first.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,34}$")]
    kind: CatalogueKind
    title: Fact[Phrase]
    editions: tuple[Fact[Edition], ...] = Field(min_length=1)
    categories: tuple[Fact[Category], ...] = Field(min_length=1)
    items: tuple[Fact[Item], ...] = Field(min_length=1)
    notes: tuple[Fact[Text], ...] = ()
