"""The messages two administrations exchange: one envelope, one body.

How they look on the wire is in `wire/` and `schemas/`; whether one may be believed in `trust/`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import ListedOperator, Status, StatusChange
from mra_gateway.model.facts import ALL, Flow, Programme
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ChangeId,
    Digest,
    ListId,
    MessageId,
    Territory,
    Tin,
)
from mra_gateway.model.joint_sheets import JointCell
from mra_gateway.model.measures import (
    CorrespondenceKind,
    DisruptionCause,
    MeasureId,
    SuspensionReason,
)
from mra_gateway.model.operators import Code, OperatorRecord, Text
from mra_gateway.model.periods import Period
from mra_gateway.model.profiles import Profile

MAX_RECORDS = 1000
"""Most changes in a notification, most operators in a part of a list."""

MAX_CELLS = 5000
"""Most figures in a performance sheet."""

MAX_PLACES = 100
"""Most values in one respect of a place, most benefits named in a notice."""

SCHEMA_VERSION = "1.0"
"""Version of the message set this gateway writes."""


class Environment(StrEnum):
    """Test and production are apart: keys, anchors and stores; a mismatch is refused."""

    TEST = "test"
    PRODUCTION = "production"


class MessageKind(StrEnum):
    """What a message carries; the value is the name of its body element."""

    STATUS_NOTIFICATION = "StatusNotification"
    STATUS_LIST = "StatusList"
    STATUS_ENQUIRY = "StatusEnquiry"
    STATUS_ANSWER = "StatusAnswer"
    RECEIPT = "Receipt"
    VOID = "Void"
    PING = "Ping"
    BENEFIT_SUSPENSION = "BenefitSuspension"
    DISRUPTION_NOTICE = "DisruptionNotice"
    CORRESPONDENCE_NOTICE = "CorrespondenceNotice"
    PROGRAMME_PROFILE = "ProgrammeProfile"
    PERFORMANCE_SHEET = "PerformanceSheet"


SEQUENCED = frozenset(
    {
        MessageKind.STATUS_NOTIFICATION,
        MessageKind.STATUS_LIST,
        MessageKind.VOID,
        MessageKind.BENEFIT_SUSPENSION,
        MessageKind.DISRUPTION_NOTICE,
        MessageKind.CORRESPONDENCE_NOTICE,
    }
)
"""Kinds that change something: they carry a lane's sequence number and are taken in its order."""

WITHOUT_ARRANGEMENT = frozenset(
    {MessageKind.PING, MessageKind.PROGRAMME_PROFILE, MessageKind.PERFORMANCE_SHEET}
)
"""Kinds that precede an arrangement, or are about all of them. A Receipt has one exactly when the
message it answers has."""

ONLY_WHERE_TAKEN = frozenset(
    {
        MessageKind.CORRESPONDENCE_NOTICE,
        MessageKind.PROGRAMME_PROFILE,
        MessageKind.PERFORMANCE_SHEET,
    }
)
"""Kinds younger than the message set: sent only to who said, in answer to a Ping, to take them."""


class StatusNotification(Noun):
    """1 to 1,000 status changes, in the order they were made."""

    kind: Literal[MessageKind.STATUS_NOTIFICATION] = MessageKind.STATUS_NOTIFICATION
    changes: tuple[StatusChange, ...] = Field(min_length=1, max_length=MAX_RECORDS)


class StatusListPart(Noun):
    """One part of the full list under an arrangement; the list takes effect as a whole.

    Attributes:
        list_id: Shared by all parts.
        part: Number of this part, from 1.
        parts: How many parts the list has; an empty list has one empty part.
        total: How many operators the whole list names.
        root: SHA-256 over the concatenated binary part digests, in order; a part's digest is
            SHA-256 over the canonical form (C14N 1.0) of its `Operators` element.
        as_of: The moment of the cut.
        as_of_change: The last change number the list includes; changes after it win over it.
    """

    kind: Literal[MessageKind.STATUS_LIST] = MessageKind.STATUS_LIST
    list_id: ListId
    part: int = Field(ge=1, le=100_000)
    parts: int = Field(ge=1, le=100_000)
    total: int = Field(ge=0)
    root: Digest
    as_of: AwareDatetime
    as_of_change: int = Field(ge=0)
    operators: tuple[ListedOperator, ...] = Field(max_length=MAX_RECORDS)


class StatusEnquiry(Noun):
    """Is this operator recognised at this moment?

    Attributes:
        identifier: As it was declared: any form, any script.
        at: The moment the answer shall hold for.
    """

    kind: Literal[MessageKind.STATUS_ENQUIRY] = MessageKind.STATUS_ENQUIRY
    identifier: Text
    at: AwareDatetime


class StatusAnswer(Noun):
    """The answer to an enquiry: hit or no hit, with the least data.

    Attributes:
        enquiry_id: The message that asked.
        hit: True when the identifier names exactly one operator in scope of the arrangement.
        status: Its status at the moment asked about; only with a hit.
        operator: Its record, reduced to the elements the arrangement agreed; only with a hit.
    """

    kind: Literal[MessageKind.STATUS_ANSWER] = MessageKind.STATUS_ANSWER
    enquiry_id: MessageId
    identifier: Text
    at: AwareDatetime
    hit: bool
    status: Status | None = None
    operator: OperatorRecord | None = None


class ReceiptOutcome(StrEnum):
    """What became of a message; only HELD and EXPECTED are not final."""

    ACCEPTED = "accepted"
    ACCEPTED_IN_PART = "accepted_in_part"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    CONFLICT = "conflict"
    HELD = "held"
    EXPECTED = "expected"


class RecordResult(Noun):
    """What became of one record of a message; records not named were accepted.

    Attributes:
        index: Position of the record in the message, from 1.
        change_id: The change, when the record was one.
        reason: Why it was not applied.
    """

    index: int = Field(ge=1)
    change_id: ChangeId | None = None
    reason: Reason


class Capabilities(Noun):
    """What the answering side takes: told in the receipt of a Ping."""

    kinds: tuple[MessageKind, ...]
    versions: tuple[Text, ...]
    max_bytes: int = Field(ge=1)
    max_records: int = Field(ge=1)


class Receipt(Noun):
    """The signed answer to a message.

    Attributes:
        message_id: The message answered.
        digest: Digest of its canonical unsigned form, so that both sides mean the same content.
        outcome: What became of it.
        reason: `OK`, or why not (the first reason where several apply).
        received_at: When it first arrived at the receiver.
        expected: The next sequence number the receiver takes on this lane; only for messages that
            carry one. A held message whose own number is below it has consumed its number: the lane
            goes on while its effect waits for an officer.
        results: The records that were not applied, and why.
        capabilities: Only in the receipt of a Ping.
    """

    kind: Literal[MessageKind.RECEIPT] = MessageKind.RECEIPT
    message_id: MessageId
    digest: Digest
    outcome: ReceiptOutcome
    reason: Reason = Reason.OK
    received_at: AwareDatetime
    expected: int | None = Field(default=None, ge=1)
    results: tuple[RecordResult, ...] = Field(default=(), max_length=MAX_RECORDS)
    capabilities: Capabilities | None = None


class Void(Noun):
    """Takes the lane number of a message that was withdrawn, so that the lane goes on.

    Attributes:
        message_id: The message withdrawn.
        why: The officer's reason, in words.
    """

    kind: Literal[MessageKind.VOID] = MessageKind.VOID
    message_id: MessageId
    why: Text


class Ping(Noun):
    """Proves the whole path: address, TLS, signature, verification, store, receipt."""

    kind: Literal[MessageKind.PING] = MessageKind.PING


class Place(Noun):
    """Which consignments a notice is about; what is absent does not restrict.

    As `Where` of a measure, with the limits of a message, and never empty.
    """

    offices: tuple[Code, ...] = Field(default=(), max_length=MAX_PLACES)
    dispatched_from: tuple[Territory, ...] = Field(default=(), max_length=MAX_PLACES)
    destined_to: tuple[Territory, ...] = Field(default=(), max_length=MAX_PLACES)
    through: tuple[Territory, ...] = Field(default=(), max_length=MAX_PLACES)
    modes: tuple[Code, ...] = Field(default=(), max_length=MAX_PLACES)
    flows: tuple[Flow, ...] = Field(default=(), max_length=MAX_PLACES)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            msg = "a place names something"
            raise ValueError(msg)
        return self


class SuspensionAct(StrEnum):
    """What is told of a suspension of benefits."""

    SUSPENDED = "suspended"
    RESUMED = "resumed"


class SuspensionNotice(Noun):
    """The sender stopped benefits of one of the recipient's operators, or gives them again.

    Attributes:
        suspension_id: The same when they are given again.
        authorisation: None for all the operator has.
        effective_from: From when they are stopped, or given again.
        until: The end of a suspension, where it is known beforehand.
        codes: Which benefits, or `all` alone.
        place: The route or post; None for everywhere.
        site: The operator's site, in words.
        reason_class: All that is told of the reason.
    """

    kind: Literal[MessageKind.BENEFIT_SUSPENSION] = MessageKind.BENEFIT_SUSPENSION
    suspension_id: MeasureId
    act: SuspensionAct
    tin: Tin
    authorisation: AuthorisationNumber | None = None
    effective_from: AwareDatetime
    until: AwareDatetime | None = None
    codes: tuple[Code, ...] = Field(min_length=1, max_length=MAX_PLACES)
    place: Place | None = None
    site: Text | None = None
    reason_class: SuspensionReason

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        if ALL in self.codes and self.codes != (ALL,):
            msg = "all benefits, or some by their codes"
            raise ValueError(msg)
        if self.until is not None and self.act is SuspensionAct.RESUMED:
            msg = "benefits given again have no end"
            raise ValueError(msg)
        if self.until is not None and self.until <= self.effective_from:
            msg = "a suspension ends after it begins"
            raise ValueError(msg)
        return self


class DisruptionAct(StrEnum):
    """What is told of a disruption."""

    BEGINS = "begins"

    RESUMES = "resumes"
    """Goods move again, and authorised operators go first."""

    ENDS = "ends"


class DisruptionNotice(Noun):
    """Trade is disrupted at some places, resumes, or is in order again.

    Attributes:
        disruption_id: The same until its end.
        effective_at: When it begins, when goods move again, or when it ends.
        until: Its end, where it is known beforehand.
        text: What happened.
    """

    kind: Literal[MessageKind.DISRUPTION_NOTICE] = MessageKind.DISRUPTION_NOTICE
    disruption_id: MeasureId
    act: DisruptionAct
    cause: DisruptionCause
    effective_at: AwareDatetime
    until: AwareDatetime | None = None
    place: Place
    text: Text

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.act is DisruptionAct.ENDS:
            msg = "what ends has no other end"
            raise ValueError(msg)
        if self.until is not None and self.until <= self.effective_at:
            msg = "a disruption ends after it begins"
            raise ValueError(msg)
        return self


class CorrespondenceAct(StrEnum):
    """What is told of a correspondence."""

    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class CorrespondenceNotice(Noun):
    """The sender confirmed what stands for one of the recipient's operators, or takes it back.

    Attributes:
        correspondence_id: The same when it is withdrawn.
        matter: A code of the sender's systems, or a name as declared there.
        text: The code or name, as declared.
        list: The list a code is of (`US-MID`), when it is of one.
        site: The operator's site a code stands for, in words.
        effective_at: When it was confirmed, or withdrawn.
    """

    kind: Literal[MessageKind.CORRESPONDENCE_NOTICE] = MessageKind.CORRESPONDENCE_NOTICE
    correspondence_id: MeasureId
    act: CorrespondenceAct
    matter: CorrespondenceKind
    text: Text
    list: Code | None = None
    tin: Tin
    site: Text | None = None
    effective_at: AwareDatetime

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        if self.list is not None and self.matter is CorrespondenceKind.NAME:
            msg = "a name is of no list"
            raise ValueError(msg)
        return self


class ProgrammeProfile(Noun):
    """What a programme says, item by item, and its header facts: by whom it belongs to.

    Attributes:
        programme: The header facts; None where the sender tells none. How much of a benefit is
            given at home (`local_parameters`) stays at home.
    """

    kind: Literal[MessageKind.PROGRAMME_PROFILE] = MessageKind.PROGRAMME_PROFILE
    profile: Profile
    programme: Programme | None = None

    @model_validator(mode="after")
    def _keeps_local_parameters(self) -> Self:
        if self.programme is not None and self.programme.local_parameters is not None:
            msg = "local parameters do not travel"
            raise ValueError(msg)
        return self


class PerformanceSheet(Noun):
    """The sender's published figures of a period that both sides can compute; it counts as a whole.

    Attributes:
        cells: Of every arrangement with the recipient.
    """

    kind: Literal[MessageKind.PERFORMANCE_SHEET] = MessageKind.PERFORMANCE_SHEET
    period: Period
    cells: tuple[JointCell, ...] = Field(min_length=1, max_length=MAX_CELLS)


Notice = Annotated[
    SuspensionNotice | DisruptionNotice | CorrespondenceNotice, Field(discriminator="kind")
]
"""What one administration tells another about what it does itself."""

Body = Annotated[
    StatusNotification
    | StatusListPart
    | StatusEnquiry
    | StatusAnswer
    | Receipt
    | Void
    | Ping
    | SuspensionNotice
    | DisruptionNotice
    | CorrespondenceNotice
    | ProgrammeProfile
    | PerformanceSheet,
    Field(discriminator="kind"),
]


class Envelope(Noun):
    """Who says it to whom, under which arrangement, as which message.

    Attributes:
        message_id: Identity, together with the digest of the unsigned canonical form.
        kind: Kind of the body.
        schema_version: Version of the message set, `major.minor`.
        arrangement: None for a Ping, a ProgrammeProfile, a PerformanceSheet and their receipts.
        sequence: Number in the lane (sender, recipient, arrangement, epoch), from 1; None for kinds
            that do not queue.
        epoch: Counts the lives of the sender's database, from 1; a restored backup opens the next.
    """

    message_id: MessageId
    kind: MessageKind
    schema_version: Text = SCHEMA_VERSION
    environment: Environment
    sender: Territory
    recipient: Territory
    arrangement: ArrangementId | None = None
    sequence: int | None = Field(default=None, ge=1)
    epoch: int = Field(default=1, ge=1)
    created_at: AwareDatetime


class Message(Noun):
    """An envelope and its body."""

    envelope: Envelope
    body: Body
