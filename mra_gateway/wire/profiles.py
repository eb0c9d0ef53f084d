"""The elements of a programme profile: its cells, its header facts, each fact with its source.

An absent `Value` says that it was looked for and not found. `all` among tiers or roles stands
alone.
"""

from __future__ import annotations

from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import DAY, FIGURE, FLAG, NUMBER, TEXT, Spelling


def _fact(
    holds: Spelling | Shape = TEXT, *, element: str = "Value", wraps: str | None = None
) -> Shape:
    """Returns the shape of a fact around a value of some kind."""
    return Shape(
        (
            Slot(element, "value", holds, wraps=wraps),
            Slot("Source", "source"),
            Slot("BasisCode", "basis"),
            Slot("ConsultationDate", "as_of", DAY),
        )
    )


PHRASE = Shape((Slot("English", "en"), Slot("Russian", "ru")))

FIGURES = Shape(
    (
        Slot("MeasureCode", "measure"),
        Slot("RelationCode", "relation"),
        Slot("FigureNumeric", "value", FIGURE),
        Slot("UnitCode", "unit"),
    )
)

CELL = Shape(
    (
        Slot("ItemID", "item"),
        Slot("StatedCode", "stated"),
        Slot("Statement", "text", PHRASE),
        Slot("Clause", "clause"),
        Slot("StrengthCode", "strength"),
        Slot("InstrumentCode", "instrument"),
        Slot("MethodCode", "methods", many=True),
        Slot("TierCode", "tiers", many=True, or_all=True),
        Slot("RoleCode", "roles", many=True, or_all=True),
        Slot("Threshold", "thresholds", FIGURES, many=True, wraps="Figure"),
        Slot("ValueCode", "values", many=True),
    )
)

TEXT_FACT = _fact()
PHRASE_FACT = _fact(PHRASE)
CELL_FACT = _fact(CELL)

PROFILE = Shape(
    (
        Slot("ProgrammeID", "programme"),
        Slot("VersionNumeric", "version", NUMBER),
        Slot("ExtendedProgrammeID", "extends"),
        Slot("Title", "title", PHRASE_FACT),
        Slot("Cell", "cells", CELL_FACT, many=True),
        Slot("Note", "notes", TEXT_FACT, many=True),
    )
)

TIER = Shape(
    (
        Slot("TierCode", "code"),
        Slot("Name", "name"),
        Slot("EligibleIndicator", "mra_eligible", FLAG),
    )
)

PROGRAMME_CODE_FACT = _fact()
TIERS_FACT = _fact(TIER, element="Tiers", wraps="Tier")
ROLES_FACT = _fact(element="Roles", wraps="RoleCode")
BENEFITS_FACT = _fact(element="Benefits", wraps="BenefitCode")

PROGRAMME = Shape(
    (
        Slot("ProgrammeID", "id"),
        Slot("AdministrationID", "administration"),
        Slot("Name", "name", TEXT_FACT),
        Slot("ProgrammeCode", "kind", PROGRAMME_CODE_FACT),
        Slot("LegalBasis", "legal_basis", TEXT_FACT),
        Slot("Launch", "launched_on", TEXT_FACT),
        Slot("Tiers", "tiers", TIERS_FACT),
        Slot("Roles", "roles", ROLES_FACT),
        Slot("Validity", "validity", TEXT_FACT),
        Slot("Numbers", "numbers", TEXT_FACT),
        Slot("AuthorisationForm", "authorisation_form", TEXT_FACT),
        Slot("LocalBenefits", "local_benefits", BENEFITS_FACT),
        Slot("Predecessor", "successor_of", TEXT_FACT),
        Slot("Note", "notes", TEXT_FACT, many=True),
    )
)
