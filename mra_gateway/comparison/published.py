"""A comparison as it is published: one entry for every item of the catalogue.

The form of `schemas/comparison.schema.json`. Fields are added, never renamed or given another
meaning; what an entry says is in `model/comparison.py`.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from mra_gateway.comparison.conclusion import is_solid
from mra_gateway.comparison.wording import say
from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import (
    Audience,
    CategoryResult,
    Comparison,
    Conclusion,
    Evidence,
    Finding,
    InPractice,
    Side,
)
from mra_gateway.model.facts import Basis
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code, Role, Text
from mra_gateway.model.requirements import CategoryId, ItemId, Phrase

FORMAT: Final = "mra-gateway-comparison-1"


class Entry(Noun):
    """One item of the catalogue.

    Attributes:
        finding: What the two programmes amount to, on paper.
        in_practice: What joint validations found.
        ours: The evidence on our side.
        theirs: The evidence on theirs.
        why: Why the finding is what it is.
        question: What to ask the other side; null where nothing is open.
        sources: Every source the entry rests on.
        basis: The weakest basis the finding rests on; null where it rests on nothing.
        contested: On which side sources contradict each other.
    """

    item: ItemId
    category: CategoryId
    clause: Text | None
    requirement: Phrase
    finding: Finding
    in_practice: InPractice
    ours: tuple[Evidence, ...]
    theirs: tuple[Evidence, ...]
    why: Phrase
    question: Phrase | None
    sources: tuple[Text, ...]
    basis: Basis | None
    contested: tuple[Literal["ours", "theirs"], ...]


class PublishedComparison(Noun):
    """Two programmes side by side on one edition of a catalogue.

    Attributes:
        unconfirmed: The programmes whose profile nobody confirmed.
        watermark: What every reader is told while there is one.
        established: How many entries say anything.
        solid: How many of those are verified and known item by item.
        entries: One for every item of the edition, in the order of the catalogue.
    """

    format: Literal["mra-gateway-comparison-1"]
    ours: Side
    theirs: Side
    catalogue: str
    edition: Code
    at: date
    role: Role | None
    tier_ours: Code | None
    tier_theirs: Code | None
    rates: str | None
    audience: Audience
    unconfirmed: tuple[ProgrammeId, ...]
    watermark: Phrase | None
    established: int
    solid: int
    entries: tuple[Entry, ...]
    categories: tuple[CategoryResult, ...]
    conclusion: Conclusion


def publish(comparison: Comparison) -> PublishedComparison:
    """Returns a comparison in its published form."""
    unconfirmed = unconfirmed_of(comparison.ours, comparison.theirs)
    return PublishedComparison(
        format=FORMAT,
        ours=comparison.ours,
        theirs=comparison.theirs,
        catalogue=comparison.catalogue,
        edition=comparison.edition,
        at=comparison.at,
        role=comparison.role,
        tier_ours=comparison.tier_ours,
        tier_theirs=comparison.tier_theirs,
        rates=comparison.rates,
        audience=comparison.audience,
        unconfirmed=unconfirmed,
        watermark=watermark(unconfirmed),
        established=sum(one.established for one in comparison.categories),
        solid=sum(is_solid(row) for row in comparison.rows),
        entries=tuple(
            Entry(
                item=row.item,
                category=row.category,
                clause=row.clause,
                requirement=row.requirement,
                finding=row.finding,
                in_practice=row.in_practice,
                ours=row.ours,
                theirs=row.theirs,
                why=row.why,
                question=row.question,
                sources=tuple(dict.fromkeys(one.source for one in (*row.ours, *row.theirs))),
                basis=row.basis,
                contested=row.contested,
            )
            for row in comparison.rows
        ),
        categories=comparison.categories,
        conclusion=comparison.conclusion,
    )


def unconfirmed_of(*sides: Side) -> tuple[ProgrammeId, ...]:
    """Returns the programmes whose profile nobody confirmed."""
    return tuple(side.programme for side in sides if not side.is_confirmed)


def watermark(unconfirmed: tuple[ProgrammeId, ...]) -> Phrase | None:
    """Returns what is told of unconfirmed profiles; None when there is none."""
    if not unconfirmed:
        return None
    named = ", ".join(unconfirmed)
    return say(
        f"Unconfirmed profile, drawn from public sources: {named}.",
        f"Неподтверждённый профиль, составлен по открытым источникам: {named}.",
    )
