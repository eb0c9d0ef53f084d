"""What changed between two versions of a profile, and which findings change with it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Evidence, Finding, Outcome, Side
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code
from mra_gateway.model.requirements import ItemId, ItemReference, Phrase


class CellChange(Noun):
    """One item whose cells are not what they were.

    Attributes:
        change: `evidence` where only source, basis or day differ.
    """

    item: ItemReference
    change: Literal["added", "removed", "changed", "evidence"]
    before: tuple[Evidence, ...] = ()
    after: tuple[Evidence, ...] = ()


class FindingChange(Noun):
    """One row whose finding is not what it was."""

    item: ItemId
    requirement: Phrase
    before: Finding
    after: Finding
    why_before: Phrase
    why_after: Phrase


class ProfileChanges(Noun):
    """A profile beside an earlier version of it.

    Attributes:
        against: The programme, or the text, the findings are about.
        version_before: Of the earlier profile; the later one's stands in `side`.
    """

    side: Side
    version_before: int
    against: ProgrammeId
    catalogue: str
    edition: Code
    at: date
    cells: tuple[CellChange, ...]
    findings: tuple[FindingChange, ...]
    outcome_before: Outcome
    outcome_after: Outcome
