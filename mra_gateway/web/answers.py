"""What the national API says and takes, as models: the OpenAPI document is made of these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ChangeId,
    Digest,
    MessageId,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.measures import MeasureId, SuspensionReason, Where
from mra_gateway.model.messages import MessageKind
from mra_gateway.model.operators import OperatorRecord, Text
from mra_gateway.model.recognition import RecognitionResult

MOST_DECLARATIONS = 3000
MOST_MESSAGES = 500


class FieldProblem(Noun):
    """What is wrong with one field; `field` is a JSON Pointer, or the name of a parameter."""

    field: str
    detail: str


class Problem(Noun):
    """A problem document (RFC 9457); `code` is the reason others may rely on."""

    type: str
    title: str
    status: int
    code: Reason
    detail: str
    errors: tuple[FieldProblem, ...] = ()


class DeclarationList(Noun):
    """Several declarations, decided together."""

    declarations: tuple[Declaration, ...] = Field(min_length=1, max_length=MOST_DECLARATIONS)


class DecisionList(Noun):
    """The recognition results, in the order of the declarations."""

    results: tuple[RecognitionResult, ...]


class HistoryEntry(Noun):
    """One statement about an authorisation: when it was true, and when we knew.

    Attributes:
        status: A status of the issuing administration, or `not-listed`.
        retracted_at: Since when it is not believed any more.
    """

    status: str
    effective_from: datetime
    recorded_at: datetime
    retracted_at: datetime | None
    cause: str
    change_id: ChangeId | None
    legal_reference: str | None


class HeldAuthorisation(Noun):
    """What one register says about one authorisation.

    Attributes:
        status: Now; None while nothing has taken effect.
        record: As last stated among what is believed, else as last stated at all.
    """

    tin: Tin
    programme: ProgrammeId
    authorisation: AuthorisationNumber
    status: str | None
    effective_from: datetime | None
    record: OperatorRecord
    history: tuple[HistoryEntry, ...]


class HeldIn(Noun):
    """A register an operator is found in.

    Attributes:
        arrangement: Under which the partner told us; None for our own register.
    """

    issuer: Territory
    arrangement: ArrangementId | None
    authorisations: tuple[HeldAuthorisation, ...]


class OperatorAnswer(Noun):
    """Everything held about the operators an identifier may name."""

    identifier: str
    at: datetime
    registers: tuple[HeldIn, ...]


class PartyView(Noun):
    """A side of an arrangement; `exchange` is `OK`, or why nothing is exchanged with it now."""

    territory: Territory
    started_on: date | None
    exchange: Reason | None


class ArrangementView(Noun):
    """An arrangement we are a party of, as our copy says and as officers confirmed it."""

    id: ArrangementId
    title: str
    parties: tuple[PartyView, ...]
    in_force: bool
    in_force_on: date | None
    ended_on: date | None
    confirmed: bool
    legal_act: str | None
    act_on: date | None
    digest: Digest


class ArrangementList(Noun):
    """The arrangements we are a party of."""

    arrangements: tuple[ArrangementView, ...]


class AnchorView(Noun):
    """A pinned certificate."""

    purpose: Literal["signing", "tls"]
    subject: str
    fingerprint: Digest
    not_after: datetime


class PartnerView(Noun):
    """A pinned partner."""

    territory: Territory
    name: str
    url: str | None
    anchors: tuple[AnchorView, ...]
    arrangements: tuple[ArrangementId, ...]


class PartnerList(Noun):
    """The pinned partners."""

    partners: tuple[PartnerView, ...]


class MessageView(Noun):
    """A message without its bytes.

    Attributes:
        number: Grows in the order messages were stored; `before` takes it.
    """

    number: int
    direction: Literal["in", "out"]
    partner: Territory
    message_id: MessageId
    kind: MessageKind
    arrangement: ArrangementId | None
    epoch: int
    sequence: int | None
    digest: Digest
    records: int
    size: int
    state: str
    outcome: str | None
    reason: str | None
    created_at: datetime
    stored_at: datetime
    settled_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    has_receipt: bool
    answers: MessageId | None


class MessageList(Noun):
    """Messages, the newest first."""

    messages: tuple[MessageView, ...]


class WhichMessage(Noun):
    """Tells two messages of one id apart."""

    direction: Literal["in", "out"] | None = None
    partner: Territory | None = None


class MessagesWanted(WhichMessage):
    """Which messages to list."""

    state: Literal["waiting", "settled", "parked", "held", "stopped", "voided", "done"] | None = (
        None
    )
    limit: int = Field(default=50, ge=1, le=MOST_MESSAGES)
    before: int | None = Field(default=None, ge=1, le=2**53)


class EnquiryRequest(Noun):
    """A question to a partner: is this operator recognised at this moment?

    Attributes:
        identifier: In any form the partner may know.
        at: The moment asked about; now when absent.
    """

    identifier: Text
    partner: Territory
    arrangement: ArrangementId
    at: AwareDatetime | None = None


class EnquiryAnswer(Noun):
    """What the partner answered."""

    message_id: MessageId
    answered_at: datetime
    at: datetime
    hit: bool
    status: Status | None
    operator: OperatorRecord | None


class EnquiryView(Noun):
    """An enquiry and what became of it.

    Attributes:
        status: `refused` when the partner's signed receipt refused the question.
        reason: Why it was refused, or why the last attempt to deliver failed.
    """

    id: MessageId
    partner: Territory
    arrangement: ArrangementId
    asked_at: datetime
    status: Literal["pending", "answered", "refused"]
    reason: str | None = None
    answer: EnquiryAnswer | None = None


class SuspensionView(Noun):
    """Benefits of one operator stopped by us; the reason in words is for our own officers.

    Attributes:
        arrangement: None for all of them.
        where: Which consignments; one that does not say whether it is meant is.
        substitutes: Operators that may take over meanwhile.
        confirmed: A second officer has confirmed it.
        overdue: None has in time; it stands.
    """

    id: MeasureId
    arrangement: ArrangementId | None
    partner: Territory
    tin: Tin
    authorisation: AuthorisationNumber | None
    where: Where
    site: str | None
    codes: Literal["all"] | tuple[str, ...]
    from_at: datetime
    until_at: datetime | None
    reason_class: SuspensionReason
    substitutes: tuple[Tin, ...]
    confirmed: bool
    overdue: bool


class SuspensionList(Noun):
    """The suspensions that stand or are to begin, the oldest first."""

    suspensions: tuple[SuspensionView, ...]


class Alive(Noun):
    """The process answers."""

    status: Literal["alive"] = "alive"


class CheckView(Noun):
    """One condition of being ready."""

    name: str
    ok: bool
    detail: str


class Readiness(Noun):
    """Whether the gateway can do its work, check by check."""

    ready: bool
    checks: tuple[CheckView, ...]
