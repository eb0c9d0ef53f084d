"""Guesses a mapping from the shared vocabulary, and says for each column why.

A proposal is for an officer to read, correct and keep (`register import --save-mapping`). It fills
no gap by assumption: no status, no date order and no digits are proposed that no heading states.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.fields import IGNORE, field_of
from mra_gateway.tables.headings import Header, HeadingCell, Recognise
from mra_gateway.tables.mapping import ColumnRule, Defaults, Mapping
from mra_gateway.tables.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ColumnReason:
    """Why a column was taken for a field, or for none."""

    letter: str
    heading: str
    field: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping for an officer to check.

    Attributes:
        clashes: Columns that read as a field another column has taken: the officer must choose.
    """

    mapping: Mapping
    reasons: tuple[ColumnReason, ...]
    clashes: tuple[ColumnReason, ...] = ()

    @property
    def remarks(self) -> dict[str, str]:
        """Heading → why, as `save_mapping` puts it beside each column."""
        return {f"{reason.heading}": reason.why for reason in self.reasons}


@dataclass(slots=True)
class _Draft:
    rules: list[ColumnRule] = field(default_factory=list)
    reasons: list[ColumnReason] = field(default_factory=list)
    clashes: list[ColumnReason] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)


def propose(
    header: Header, *, vocabulary: Vocabulary, name: str, programme: ProgrammeId | None = None
) -> Proposal:
    """Returns a mapping guessed from the headings of one sheet.

    Args:
        header: The headings found.
        vocabulary: The headings administrations use.
        name: What the mapping is called.
        programme: The programme of the register, when it was given.
    """
    draft = _Draft()
    repeated = _repeated(header)
    for cell in header.cells:
        _propose_column(cell, draft, vocabulary, letter_needed=key_of(cell.shown) in repeated)
    mapping = Mapping(
        name=name,
        episode_from=_episode_from(draft.taken),
        columns=tuple(draft.rules),
        defaults=Defaults(programme=programme),
    )
    return Proposal(mapping, tuple(draft.reasons), tuple(draft.clashes))


def recognise_by_vocabulary(vocabulary: Vocabulary) -> Recognise:
    """Returns what recognises a heading by the shared vocabulary."""

    def recognise(cell: HeadingCell) -> str | None:
        found = (vocabulary.find_heading(text) for text in cell.texts)
        return next((heading.field for heading in found if heading), None)

    return recognise


def recognise_by_mapping(mapping: Mapping) -> Recognise:
    """Returns what recognises a heading by a mapping, its column letter included."""
    rules = {(key_of(rule.heading), rule.column): rule.field for rule in mapping.columns}

    def recognise(cell: HeadingCell) -> str | None:
        for text in cell.texts:
            for column in (cell.letter, None):
                if (key_of(text), column) in rules:
                    return rules[key_of(text), column]
        return None

    return recognise


def _propose_column(
    cell: HeadingCell, draft: _Draft, vocabulary: Vocabulary, *, letter_needed: bool
) -> None:
    found = next((heading for heading in map(vocabulary.find_heading, cell.texts) if heading), None)
    if found is None:
        why = "no known heading reads so"
        draft.reasons.append(ColumnReason(cell.letter, cell.shown, None, why))
        return
    why = f"known heading {found.written!r} ({found.language})"
    target = _numbered(found.field, draft.taken)
    if target is None:
        why = f"{why}, but column {draft.taken[found.field]} is {found.field} already"
        draft.clashes.append(ColumnReason(cell.letter, cell.shown, found.field, why))
    if target and target != IGNORE:
        draft.taken[target] = cell.letter
    draft.reasons.append(ColumnReason(cell.letter, cell.shown, target, why))
    letter = cell.letter if letter_needed else None
    draft.rules.append(ColumnRule(heading=cell.shown, field=target or IGNORE, column=letter))


def _numbered(name: str, taken: dict[str, str]) -> str | None:
    # a second address is address#2; a second TIN is a question only the officer can answer
    if name == IGNORE or name not in taken:
        return name
    if field_of(name).group in {None, "consent"} or "#" in name:
        return None
    return next(f"{name}#{n}" for n in range(2, 999) if f"{name}#{n}" not in taken)


def _episode_from(
    taken: Collection[str],
) -> Literal["granted_on", "decision_reference", "authorisation"]:
    # the day of the grant outlives later decisions; a register's "decision" may be its latest
    if "granted_on" in taken:
        return "granted_on"
    return "decision_reference" if "decision_reference" in taken else "authorisation"


def _repeated(header: Header) -> frozenset[str]:
    keys = [key_of(cell.shown) for cell in header.cells]
    return frozenset(key for key in keys if keys.count(key) > 1)
