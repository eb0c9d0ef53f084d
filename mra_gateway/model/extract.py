"""The extract of recognised operators, as a national declaration system loads it.

Nouns only. What stands in it is decided in `flows/extract.py`; writing it is in `tables/` (CSV,
JSON) and `wire/` (XML).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    Digest,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import Code

FORMAT: Literal["mra-gateway-extract-1"] = "mra-gateway-extract-1"


class RowChange(StrEnum):
    """What became of an operator since the extract before; in a full one, that it is listed."""

    LISTED = "listed"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class NumberUse(StrEnum):
    """Whether a number settles who is meant."""

    SURE = "sure"
    """It names this authorisation and no other."""
    LOSSY = "lossy"
    """By its rule it does not tell every operator apart: it proposes and matches nothing."""
    AMBIGUOUS = "ambiguous"
    """It names more than one authorisation held: it matches nothing."""


class DeclarableNumber(Noun):
    """A number under which an operator may be declared here.

    Attributes:
        text: As it is to be written; compared without hyphens, spaces and case.
        rule: By which alias rule, or which number of the operator it is.
        fields: The field of the declaration → what stands in it.
    """

    text: str
    rule: str
    use: NumberUse
    fields: dict[str, str] = Field(default_factory=dict)


class LocalCode(Noun):
    """A code of ours that stands for an operator.

    Attributes:
        list: The list it belongs to (`US-MID`), when it is of one.
        told_by: The partner that told us, or the officer who confirmed it.
        site: The site it stands for, when it is one of several.
    """

    code: str
    list: Code | None = None
    told_by: str
    use: NumberUse
    site: str | None = None


class ExtractBenefit(Noun):
    """A benefit the decision table gives, with what must be so.

    Attributes:
        attaches_to: Whether it eases a consignment or is the operator's own.
        flow: None for a holder benefit.
        functions: What the operator has to be on the consignment; none for a holder benefit.
        depends_on: The fact the gateway has to be asked with (`mode`, `direct` …); None where it
            is granted whatever else is declared.
    """

    code: Code
    attaches_to: Literal["consignment", "holder"]
    flow: Flow | None = None
    functions: tuple[PartyFunction, ...] = ()
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    depends_on: str | None = None


class ExtractRow(Noun):
    """One authorisation of a partner's operator under one arrangement.

    A row that was removed has nothing but what names it.

    Attributes:
        status: Always `valid`: who is not recognised is not in the extract.
        numbers: Under which it may be declared here.
        local_codes: What else stands for it in our systems.
        benefits: Given whatever else is declared.
        conditional_benefits: Given by the gateway only, which is told the rest.
        note: Why benefits are missing that the table would give.
        score: Our own score of the operator, on `score_scale`.
        as_of: When the partner's last word took effect here.
        holds_until: What is known now ends then (last day, a change that is scheduled).
        use_until: Not to be used after this moment: the earlier of `holds_until` and the longest a
            partner may be silent.
    """

    change: RowChange = RowChange.LISTED
    partner: Territory
    arrangement: ArrangementId
    tin: Tin
    authorisation: AuthorisationNumber
    programme: ProgrammeId
    tier: str | None = None
    legal_name: str | None = None
    names: tuple[str, ...] = ()
    status: str | None = None
    valid_since: AwareDatetime | None = None
    expires_on: date | None = None
    numbers: tuple[DeclarableNumber, ...] = ()
    local_codes: tuple[LocalCode, ...] = ()
    benefits: tuple[ExtractBenefit, ...] = ()
    conditional_benefits: tuple[ExtractBenefit, ...] = ()
    note: str | None = None
    score: float | None = None
    score_scale: str | None = None
    as_of: AwareDatetime | None = None
    holds_until: AwareDatetime | None = None
    use_until: AwareDatetime | None = None


class ExtractSource(Noun):
    """A partner's word under one arrangement, and until when rows that rest on it may be used.

    Attributes:
        as_of: None where it has not sent a list: it then has no rows.
    """

    partner: Territory
    arrangement: ArrangementId
    as_of: AwareDatetime | None = None
    use_until: AwareDatetime | None = None


class ExtractHead(Noun):
    """What an extract is of.

    Attributes:
        mark: Names this extract; given as `--since` it yields what changed after it.
        position: Of the feed.
        at: The moment the extract holds from. It stays until something changes, so that the same
            mark means the same bytes.
        since: The mark of the extract a delta follows; None for a full one.
        book: Digest of the rule book it was made by.
        sources: Also of a delta: their moments hold for every row of the partner, sent or not.
    """

    format: Literal["mra-gateway-extract-1"] = FORMAT
    territory: Territory
    mark: str
    position: int
    at: AwareDatetime
    since: str | None = None
    partner: Territory | None = None
    book: Digest
    sources: tuple[ExtractSource, ...] = ()
