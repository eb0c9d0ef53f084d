"""Trust is a type: what arrived, what it claims to be, and what was verified.

`RawMessage` → `ClaimedHeader` (good only for choosing a partner) → `VerifiedMessage` (the signed
part only). Only `trust/verifier.py` constructs a `VerifiedMessage`; the architecture test sees to
it. The codec decodes nothing else.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.identifiers import Digest, MessageId, Territory
from mra_gateway.model.messages import Environment, MessageKind


class RawMessage(Noun):
    """Bytes as they arrived, and what the road said about them.

    Attributes:
        content: The exact bytes.
        arrived_at: When the last byte was read.
        peer_certificate: DER of the TLS peer's certificate; None where there was no TLS (a file).
    """

    content: bytes
    arrived_at: datetime
    peer_certificate: bytes | None = None


class ClaimedHeader(Noun):
    """What a message says about itself before anything was verified: for look-ups only."""

    message_id: MessageId | None = None
    kind: MessageKind | None = None
    environment: Environment | None = None
    sender: Territory | None = None
    recipient: Territory | None = None
    created_at: datetime | None = None


class VerdictOutcome(StrEnum):
    """The three outcomes of verification (after ETSI EN 319 102-1)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INDETERMINATE = "INDETERMINATE"


class StepOutcome(StrEnum):
    """The outcome of one step of a verdict."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_CHECKED = "not checked"


class VerdictStep(Noun):
    """One numbered step of a verification."""

    number: int
    name: str
    outcome: StepOutcome
    reason: Reason = Reason.OK
    detail: str = ""


class Verdict(Noun):
    """What verification concluded, step by step, so that it can be explained and repeated.

    Attributes:
        outcome: PASSED, FAILED (proven wrong), or INDETERMINATE (not decidable now).
        reason: `OK`, or the code of the first step that did not pass.
        at: The moment of judgement.
    """

    outcome: VerdictOutcome
    reason: Reason
    at: datetime
    steps: tuple[VerdictStep, ...]


class SignerCertificate(Noun):
    """The certificate a message was signed with, as evidence keeps it."""

    der: bytes
    fingerprint: Digest
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime


class VerifiedMessage(Noun):
    """The signed part of a message, who signed it, and for whom they may speak.

    Attributes:
        signed: The canonical bytes that were signed, without the signature: the only bytes the
            codec decodes.
        digest: SHA-256 of `signed`: with the message id, the identity of the message.
        sender: The partner the signer and the TLS peer belong to.
        signer: The certificate that verified the signature.
        verdict: PASSED, or INDETERMINATE for a message that is genuine and must wait.
    """

    signed: bytes
    digest: Digest
    sender: Territory
    signer: SignerCertificate
    signed_at: datetime
    verdict: Verdict
