"""What a negotiation keeps: phases, positions row by row, questions, notes, actions, documents.

Everything kept is an `Entry` of one kind: it has a key and versions, says who wrote it and when,
and is internal unless its writer says that it is for the partner. Joint validations are in
`joint_validation.py`, the terms that become an arrangement in `terms.py`; how entries are stored is
in `store/negotiation_records.py`, what may be done with them in `flows/negotiate_*.py`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from mra_gateway.model.base import Identifier, Noun, is_nfc
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import (
    ArrangementId,
    Digest,
    OfficerName,
    ProgrammeId,
    Territory,
)
from mra_gateway.model.operators import Code, Text
from mra_gateway.model.requirements import Phrase

Party = Literal["ours", "theirs"]
"""One of the two delegations."""


def _printable_lines(text: str) -> str:
    if not is_nfc(text):
        msg = "text must be in Unicode Normalization Form C"
        raise ValueError(msg)
    lines = text.split("\n")
    if text != text.strip() or not all(not line or line.isprintable() for line in lines):
        msg = "text must be printable lines without space at either end"
        raise ValueError(msg)
    return text


Words = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_printable_lines)]
"""What a negotiator writes: one or more lines in any script."""

RowKey = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,79}$")]
"""A row: an item of the catalogue (`F.f`), or a term of the arrangement (`exchange.consent`)."""

EntryKey = Annotated[str, Field(min_length=1, max_length=80)]


class NegotiationId(Identifier):
    """A negotiation of ours: `KR-CN-2012`."""

    __slots__ = ()
    form = "a negotiation id (capital letters, digits and hyphens, as KR-CN-2012)"
    pattern = r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+){1,15}"


# --- phases: data of `partners/phases/`


class PhaseKind(StrEnum):
    """What a phase is for, whatever a model calls it."""

    COMPARISON = "comparison"
    ROADMAP = "roadmap"
    JOINT_VALIDATION = "joint_validation"
    CONCLUSION = "conclusion"
    PROCEDURES = "procedures"
    SIGNATURE = "signature"
    PILOT = "pilot"
    START = "start"
    REVIEW = "review"


class Phase(Noun):
    """One phase of a model.

    Attributes:
        id: As it is named on the command line: `joint-validation`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,34}$")]
    kind: PhaseKind
    name: Phrase


class PhaseModel(Noun):
    """In which order an administration negotiates: `partners/phases/korea.toml`."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,34}$")]
    title: Fact[Phrase]
    parties: Literal["bilateral", "plurilateral"]
    phases: tuple[Fact[Phase], ...] = Field(min_length=1)
    notes: tuple[Fact[Text], ...] = ()

    def known(self) -> tuple[Phase, ...]:
        """Returns the phases in their order."""
        return tuple(fact.value for fact in self.phases if fact.value is not None)


# --- the workspace


class Workspace(Noun):
    """A negotiation: two programmes, an edition of a catalogue, the phases it goes through.

    Attributes:
        catalogue: The catalogue whose items are the rows.
        phases: Id of the model of its phases.
        arrangement: The arrangement it ended in.
    """

    id: NegotiationId
    ours: ProgrammeId
    theirs: ProgrammeId
    catalogue: str
    edition: Code
    phases: str
    opened_at: datetime
    opened_by: OfficerName | None
    concluded_at: datetime | None = None
    arrangement: ArrangementId | None = None

    def side_of(self, party: Party) -> Territory:
        """Returns the territory of one of the two sides."""
        return (self.ours if party == "ours" else self.theirs).territory


class Entry(Noun):
    """One version of something kept.

    Attributes:
        key: What it is about or its number; the same in every version.
        audience: Internal unless its writer says otherwise.
        by: None in what is for the partner: login names stay at home.
    """

    key: EntryKey
    version: int = Field(default=1, ge=1)
    audience: Audience = Audience.INTERNAL
    at: datetime
    by: OfficerName | None


class RowState(StrEnum):
    """Where a row stands between the two sides."""

    OPEN = "open"
    """Compared, or reopened: nobody proposes anything."""
    PROPOSED_BY_US = "proposed_by_us"
    PROPOSED_BY_THEM = "proposed_by_them"
    RESERVED = "reserved"
    AGREED_AD_REFERENDUM = "agreed_ad_referendum"
    """Agreed by the delegations, to be approved at home."""
    AGREED = "agreed"


class Position(Entry):
    """Where a row stands.

    Attributes:
        key: The row.
        audience: Of state, text and value.
        text: What is proposed or agreed, in words.
        value: The value of a term, as the arrangement's file will hold it.
        reserved_by: Who reserves, where it is reserved.
        justification: Why, for those at home unless said otherwise.
    """

    key: RowKey
    state: RowState
    text: Words | None = None
    value: JsonValue = None
    reserved_by: Party | None = None
    justification: Words | None = None
    justification_audience: Audience = Audience.INTERNAL


class Remark(Entry):
    """An opinion on a row, or on the whole."""

    row: RowKey | None = None
    text: Words


class Question(Entry):
    """An open question, until its second version answers it.

    Attributes:
        asked_by: Which delegation asks.
        answer_audience: Of the answer: what the partner said is known to it anyway, what we make of
            it need not be.
    """

    row: RowKey | None = None
    asked_by: Party
    text: Words
    answer: Words | None = None
    answer_audience: Audience = Audience.INTERNAL


class Action(Entry):
    """Something one side does until a day.

    Attributes:
        owner: The person or unit that does it.
        working_days: How many days on which both sides work it was given, where the day follows
            from that.
        visit: The joint validation it follows up.
        result: What came of it; internal unless said otherwise.
    """

    side: Party
    owner: Text
    text: Words
    due_on: date
    working_days: int | None = None
    row: RowKey | None = None
    visit: EntryKey | None = None
    done_on: date | None = None
    result: Words | None = None
    result_audience: Audience = Audience.INTERNAL


class Holiday(Entry):
    """A day on which a side does not work although its week says so; given by hand."""

    territory: Territory
    on: date
    name: Text | None = None


class PhaseStep(Entry):
    """When a phase of the model began and ended.

    Attributes:
        key: The phase.
        note: In words; why the order was left, where it was.
    """

    began_on: date
    ended_on: date | None = None
    note: Words | None = None


class Attachment(Entry):
    """A document handed in; its bytes are kept beside it."""

    name: Text
    media_type: Text
    digest: Digest
    size: int
