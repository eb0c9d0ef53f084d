"""Many programmes side by side: every pair of a group, and what all of them together still need.

One pair in full is a `Comparison` (`comparison.py`); how the matrix is made is in `comparison/`.
"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Condition, Finding, Outcome, Side
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code, Text
from mra_gateway.model.requirements import CategoryId, ItemId, Phrase


class Pairing(Noun):
    """One pair of a matrix, seen from `ours`.

    Attributes:
        counts: Finding → how many rows.
        established: How many rows say anything.
        solid: How many of those are verified and known item by item.
    """

    ours: ProgrammeId
    theirs: ProgrammeId
    outcome: Outcome
    counts: dict[Finding, int]
    established: int
    solid: int = 0
    conditions: tuple[Condition, ...] = ()
    eligible_ours: tuple[Code, ...] | None = None
    eligible_theirs: tuple[Code, ...] | None = None


class Standing(Noun):
    """Where the members of a group stand on one item.

    Attributes:
        provided: It is there, read or read in part, item by item.
        thin: It is there, but known by its category only or not verified.
        absent: A source says that it is not there.
        not_established: Not seen, contested, or nobody there whom it could bind.
    """

    item: ItemId
    category: CategoryId
    requirement: Phrase
    provided: tuple[ProgrammeId, ...] = ()
    thin: tuple[ProgrammeId, ...] = ()
    absent: tuple[ProgrammeId, ...] = ()
    not_established: tuple[ProgrammeId, ...] = ()


class Matrix(Noun):
    """Every pair of a group of programmes on one edition of a catalogue.

    Attributes:
        pairings: Both directions of every pair.
        needs: What one arrangement among all of them would still need.
    """

    group: Text
    catalogue: str
    edition: Code
    at: date
    rates: str | None = None
    members: tuple[Side, ...] = Field(min_length=2)
    pairings: tuple[Pairing, ...]
    standings: tuple[Standing, ...]
    needs: tuple[Condition, ...]
