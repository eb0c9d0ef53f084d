"""What header facts say of items no cell of the profile speaks of: benefits given at home.

A benefit that is not listed was not seen; it is never taken for absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from mra_gateway.comparison.quantities import weakest
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.facts import BenefitDefinition, Fact, Programme
from mra_gateway.model.profiles import Cell, Stated
from mra_gateway.model.requirements import Phrase

BENEFITS: Final = "benefits"
_TFA: Final = re.compile(r"^7\.3\(([a-g])\)$")
_SAFE: Final = re.compile(r"^B[1-4]\.[a-z]$")


def with_header_facts(
    subject: Subject, *, benefits: Mapping[str, Fact[BenefitDefinition]]
) -> Subject:
    """Returns a programme with cells for the benefits its header facts list.

    Args:
        subject: The programme; an item its profile or its union's speaks of stays as it is.
        benefits: What the benefit codes mean.
    """
    if subject.programme is None:
        return subject
    spoken = {one.cell.item for one in subject.every(BENEFITS)}
    made: dict[str, Fact[Cell]] = {}
    for item, fact in _given(subject.programme, benefits):
        if item not in spoken:
            made.setdefault(item, fact)
    cells = (*subject.profile.cells, *made.values())
    return subject.with_profile(subject.profile.model_copy(update={"cells": cells}))


def _given(
    programme: Programme, benefits: Mapping[str, Fact[BenefitDefinition]]
) -> Iterator[tuple[str, Fact[Cell]]]:
    listed = programme.local_benefits
    for code in listed.value or ():
        meaning = benefits.get(code)
        if meaning is None or meaning.value is None:
            continue
        for item in _items(meaning.value):
            cell = Cell(item=item, stated=Stated.REQUIRED, text=Phrase(en=meaning.value.title))
            yield (
                item,
                Fact[Cell](
                    value=cell,
                    source=listed.source,
                    basis=weakest((listed.basis, meaning.basis)) or listed.basis,
                    as_of=listed.as_of,
                ),
            )


def _items(meaning: BenefitDefinition) -> Iterator[str]:
    if meaning.safe_reference is not None and _SAFE.match(meaning.safe_reference):
        yield f"{BENEFITS}:{meaning.safe_reference}"
    measure = _TFA.match(meaning.tfa_reference or "")
    if measure:
        yield f"{BENEFITS}:T.{measure[1]}"
