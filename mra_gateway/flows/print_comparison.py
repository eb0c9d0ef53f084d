"""Writes the documents of a comparison: gathers what each needs from the data files.

1. what is held of both programmes: header facts, profiles, arrangements in force
2. the document of the kind asked for, composed for its reader
3. its bytes in the format asked for
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path

from mra_gateway.comparison.text import TERRITORY
from mra_gateway.documents.agreement_draft import compose_agreement_draft
from mra_gateway.documents.conclusion_paper import compose_conclusion
from mra_gateway.documents.differences import compose_differences
from mra_gateway.documents.fact_sheet import compose_fact_sheet
from mra_gateway.documents.header_block import Dossier
from mra_gateway.documents.held import NOTHING_HELD, Held
from mra_gateway.documents.page import Page
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.side_by_side import compose_side_by_side
from mra_gateway.documents.speaking import Printing
from mra_gateway.documents.validation_papers import (
    compose_validation_plan,
    compose_validation_report,
)
from mra_gateway.documents.working_papers import (
    compose_operating_procedure,
    compose_public_notice,
    compose_yearly_review,
)
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.comparison import Comparison
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.requirements import Phrase
from mra_gateway.registry.load import Registry


class Paper(StrEnum):
    """The documents a comparison is written as."""

    SIDE_BY_SIDE = "side-by-side"
    DIFFERENCES = "differences"
    AGREEMENT_DRAFT = "agreement-draft"
    CONCLUSION = "conclusion"
    VALIDATION_PLAN = "validation-plan"
    VALIDATION_REPORT = "validation-report"
    OPERATING_PROCEDURE = "operating-procedure"
    PUBLIC_NOTICE = "public-notice"
    YEARLY_REVIEW = "yearly-review"


def compose_paper(
    comparison: Comparison,
    *,
    paper: Paper,
    registry: Registry,
    printing: Printing,
    held: Held = NOTHING_HELD,
) -> Page:
    """Returns a document about a comparison.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    is_text = comparison.theirs.programme.territory == TERRITORY
    if is_text:  # it has the name of its catalogue
        text = {Territory(TERRITORY): comparison.catalogue.upper().replace("_", " ")}
        printing = printing._replace(names={**printing.names, **text})
    match paper:
        case Paper.SIDE_BY_SIDE:
            sides = (comparison.ours,) if is_text else (comparison.ours, comparison.theirs)
            dossiers = tuple(
                dossier_of(registry, side.programme, at=comparison.at) for side in sides
            )
            return compose_side_by_side(comparison, printing=printing, dossiers=dossiers, held=held)
        case Paper.DIFFERENCES:
            return compose_differences(comparison, printing=printing, held=held)
        case Paper.AGREEMENT_DRAFT:
            return compose_agreement_draft(
                comparison, printing=printing, benefits=registry.benefits, held=held
            )
        case Paper.CONCLUSION:
            return compose_conclusion(comparison, printing=printing)
        case Paper.VALIDATION_PLAN:
            return compose_validation_plan(
                comparison,
                printing=printing,
                catalogue=registry.requirements.get(comparison.catalogue),
                held=held,
            )
        case Paper.VALIDATION_REPORT:
            return compose_validation_report(comparison, printing=printing, held=held)
        case Paper.OPERATING_PROCEDURE:
            return compose_operating_procedure(comparison, printing=printing, held=held)
        case Paper.PUBLIC_NOTICE:
            return compose_public_notice(
                comparison, printing=printing, benefits=registry.benefits, held=held
            )
        case Paper.YEARLY_REVIEW:
            return compose_yearly_review(comparison, printing=printing)


def compose_programme_facts(
    programme: ProgrammeId, *, registry: Registry, printing: Printing, is_confirmed: bool = False
) -> Page:
    """Returns the fact sheet of a programme on every catalogue it says something about.

    Raises:
        RequestRefused: Neither header facts nor a profile are held of it.
    """
    dossier = dossier_of(registry, programme, at=printing.printed_on)
    if dossier.programme is None and dossier.profile is None:
        raise RequestRefused(f"nothing is held of {programme!r}", reason=Reason.NOT_FOUND)
    # the header block holds the dimensions already
    catalogues = [each for name, each in registry.requirements.items() if name != "dimensions"]
    return compose_fact_sheet(
        dossier,
        programme=programme,
        territory=programme.territory,
        printing=printing,
        catalogues=tuple(sorted(catalogues, key=lambda each: (each.id != "safe", each.id))),
        is_confirmed=is_confirmed,
    )


def dossier_of(registry: Registry, programme: ProgrammeId, *, at: date) -> Dossier:
    """Returns what is held of a programme, with its arrangements in force on a day."""
    profile = registry.profiles.get(programme)
    union = profile.extends if profile is not None else None
    arrangements = tuple(
        arrangement.title
        for arrangement in registry.arrangements.values()
        if arrangement.in_force(at, parties=(programme.territory,))
        and any(
            item.programme == programme
            for party in arrangement.parties
            for item in party.scope.value or ()
        )
    )
    return Dossier(
        programme=registry.programmes.get(programme),
        profile=profile,
        union=registry.profiles.get(union) if union is not None else None,
        benefits=tuple(
            (code, Phrase(en=fact.value.title, ru=fact.value.title_ru))
            for code, fact in registry.benefits.items()
            if fact.value is not None
        ),
        arrangements=arrangements,
    )


def names_of(registry: Registry) -> dict[Territory, str]:
    """Returns the display names of territories."""
    return {
        territory: administration.display_name.value or territory
        for territory, administration in registry.administrations.items()
    }


def write_page(
    page: Page, path: Path, *, letterhead: Path | None = None, fonts: Sequence[Path] = ()
) -> None:
    """Writes a document, in the format of the file's ending; an existing file is replaced.

    Raises:
        RequestRefused: Another ending, or something cannot be printed.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in set(Format):
        raise RequestRefused(
            f"a document is written as {', '.join(f'.{each.value}' for each in Format)}",
            where=path.name,
        )
    content = render_page(page, into=Format(ending), letterhead=letterhead, fonts=fonts)
    path.write_bytes(content)
