"""The text of a catalogue as a side of a comparison: a programme is mapped to SAFE or TFA by it.

The text asks for every item as a must, on the basis its wording was read on: where the wording of
an item was not read, nothing is equivalent to it.
"""

from __future__ import annotations

from typing import Final

from mra_gateway.comparison.compare import edition_of, items_of
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code
from mra_gateway.model.profiles import Cell, Instrument, Profile, Stated, Strength
from mra_gateway.model.requirements import CatalogueKind, RequirementCatalogue

TERRITORY: Final = "XX"
"""Stands for no territory: ISO 3166 leaves it to users."""
OWN_TESTS: Final = "TC"
"""The tests this product computes: their text is its own, so nothing of it is unread."""


def subject_of(catalogue: RequirementCatalogue, *, edition: Code | None) -> Subject:
    """Returns the text of an edition of a catalogue as a side of a comparison.

    Raises:
        ValueError: The catalogue has no such edition.
    """
    name = edition_of(catalogue, edition)
    wanted = {item.id for item in items_of(catalogue, name)}
    is_required = catalogue.kind is CatalogueKind.REQUIREMENTS
    cells = tuple(
        Fact[Cell](
            value=Cell(
                item=f"{catalogue.id}:{fact.value.id}",
                stated=Stated.REQUIRED,
                text=fact.value.requirement,
                clause=fact.value.clause,
                strength=Strength.MUST if is_required else None,
                instrument=Instrument.PROCEDURE if is_required else None,
                methods=fact.value.assessed_by,
            ),
            source=fact.source,
            basis=Basis.READ if fact.value.category == OWN_TESTS else fact.basis,
            as_of=fact.as_of,
        )
        for fact in catalogue.items
        if fact.value is not None and fact.value.id in wanted
    )
    id_ = ProgrammeId(f"{TERRITORY}-{catalogue.id.upper().replace('_', '-')}"[:33])
    title = catalogue.title.value.en if catalogue.title.value is not None else catalogue.id
    return Subject(
        Profile(programme=id_, version=1, title=catalogue.title, cells=cells),
        name=f"{title}, {name}"[:512],
        is_confirmed=True,
        is_text=True,
    )
