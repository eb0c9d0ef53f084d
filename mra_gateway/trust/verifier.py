"""Verifies a message: from bytes as they arrived to a `VerifiedMessage`, or a verdict why not.

The only place that constructs a `VerifiedMessage`. It is handed the moment, the partner's pins and
the revocation evidence; it reads no clock, fetches nothing and keeps nothing. Steps, in order; the
same numbers stand in the verdict and in the comments below:

 1. document            size, encoding, well-formed, nothing but elements, attributes and text
 2. claimed header      what it says about itself: good only for the next step
 3. partner             the claimed sender is a partner whose anchors are pinned
 4. signature shape     the one profile, rule by rule (`trust/shape.py`)
 5. certificate path    to this partner's anchors, good at this moment (`trust/chain.py`)
 6. signature           digests and signature value, with that certificate (`trust/profile.py`)
 7. signed data         our tree without its signature is exactly what was signed
 8. signer              the certificate is this partner's, by name where anchors are shared
 9. TLS peer            the same partner brought it
10. recipient           the message is for us
11. environment         test or production: message, anchors and we agree
12. revocation          not revoked by the evidence handed in, and checked where required
13. moments             not signed before the certificate, not created in our future

A step that fails ends the verification: FAILED. A step that cannot be decided now (12, 13) does
not end it; a message all of whose other steps passed is INDETERMINATE: genuine, held, never applied
and never dropped.

Source: ETSI EN 319 102-1, clause 5 (the three outcomes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from mra_gateway.errors import MalformedMessage, MessageRejected, Reason, UntrustedMessage
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.trust import (
    ClaimedHeader,
    RawMessage,
    SignerCertificate,
    StepOutcome,
    Verdict,
    VerdictOutcome,
    VerdictStep,
    VerifiedMessage,
)
from mra_gateway.trust import policy, profile, shape
from mra_gateway.trust.chain import Revocation, find_path, load_leaf
from mra_gateway.trust.keys import Purpose, fingerprint
from mra_gateway.trust.policy import PartnerTrust, RevocationEvidence, Undecidable
from mra_gateway.trust.shape import SignatureShape
from mra_gateway.wire import header, xml

STEPS: Mapping[int, str] = MappingProxyType(
    {
        1: "document",
        2: "claimed header",
        3: "partner",
        4: "signature shape",
        5: "certificate path",
        6: "signature",
        7: "signed data",
        8: "signer",
        9: "TLS peer",
        10: "recipient",
        11: "environment",
        12: "revocation",
        13: "moments",
    }
)
"""The numbered steps of a verdict."""

NO_PARTNER = "no partner: judged against the anchors handed in"
T = TypeVar("T")
DEFAULT_CLOCK_AHEAD = timedelta(minutes=5)
_NO_EVIDENCE: RevocationEvidence = MappingProxyType({})
PartnerOf = Callable[[Territory], PartnerTrust | None]
"""Finds what is pinned of a partner."""


class Verifier:
    """Judges messages for one gateway; holds no state between two of them."""

    def __init__(
        self,
        *,
        us: Territory | None,
        environment: Environment | None,
        max_bytes: int,
        clock_ahead: timedelta = DEFAULT_CLOCK_AHEAD,
    ) -> None:
        """Takes what is the same for every message.

        Args:
            us: Our territory; None where nobody in particular verifies: step 10 is not checked.
            environment: Ours; None: step 11 is not checked.
            max_bytes: Longest document taken.
            clock_ahead: How far ahead of our clock a message may have been made.
        """
        self._us = us
        self._environment = environment
        self._max_bytes = max_bytes
        self._clock_ahead = clock_ahead

    def verify(
        self,
        raw: RawMessage,
        *,
        at: datetime,
        partner_of: PartnerOf,
        check_peer: bool = True,
        evidence: RevocationEvidence = _NO_EVIDENCE,
    ) -> VerifiedMessage:
        """Returns the signed part of a genuine message, its verdict PASSED or INDETERMINATE.

        Args:
            raw: The bytes, and the TLS peer that brought them, if there was one.
            at: The moment of judgement.
            partner_of: Finds what is pinned of a partner.
            check_peer: Whether the TLS peer, if there is one, must be the sender's.
            evidence: What is known of the revocation of certificates.

        Raises:
            MalformedMessage: Step 1: not an acceptable document at all.
            UntrustedMessage: A later step failed; the verdict says which and why.
        """
        run = self._run(raw, at, partner_of, check_peer=check_peer, evidence=evidence)
        genuine = run.judge()
        return VerifiedMessage(
            signed=genuine.signed,
            digest=xml.digest_of(genuine.signed),
            sender=run.bound().territory,
            signer=_describe(genuine.leaf),
            signed_at=genuine.signed_at,
            verdict=run.verdict(),
        )

    def judge(
        self,
        raw: RawMessage,
        *,
        at: datetime,
        partner_of: PartnerOf | None = None,
        anchors: Sequence[x509.Certificate] = (),
        revocations: Sequence[Revocation] = (),
        check_peer: bool = True,
        evidence: RevocationEvidence = _NO_EVIDENCE,
    ) -> Verdict:
        """Returns the verdict on a message; raises nothing for anything the bytes may hold.

        Without `partner_of` the path must lead to one of the anchors handed in, and the steps that
        bind signer and peer to a partner say *not checked*.

        Args:
            raw: The bytes.
            at: The moment of judgement.
            partner_of: Finds what is pinned of a partner; None where no home is at hand.
            anchors: Signing anchors, used only without `partner_of`.
            revocations: What was revoked, used only without `partner_of`.
            check_peer: As in `verify`.
            evidence: As in `verify`.
        """
        run = self._run(raw, at, partner_of, check_peer=check_peer, evidence=evidence)
        run.anchors, run.revocations = tuple(anchors), tuple(revocations)
        with suppress(MalformedMessage, UntrustedMessage):  # the steps tell
            run.judge()
        return run.verdict()

    def _run(
        self,
        raw: RawMessage,
        at: datetime,
        partner_of: PartnerOf | None,
        *,
        check_peer: bool,
        evidence: RevocationEvidence,
    ) -> _Run:
        return _Run(
            raw=raw,
            at=at,
            us=self._us,
            environment=self._environment,
            max_bytes=self._max_bytes,
            clock_ahead=self._clock_ahead,
            partner_of=partner_of,
            check_peer=check_peer,
            evidence=evidence,
        )


class _NotChecked(Exception):
    """A step has nothing to compare with; the text says what is missing."""


@dataclass(frozen=True)
class _Genuine:
    """What is left of a message no step of whose verification failed."""

    signed: bytes
    leaf: x509.Certificate
    signed_at: datetime


@dataclass
class _Run:
    """One verification: what it was handed, and the steps so far."""

    raw: RawMessage
    at: datetime
    us: Territory | None
    environment: Environment | None
    max_bytes: int
    clock_ahead: timedelta
    partner_of: PartnerOf | None
    check_peer: bool
    evidence: RevocationEvidence
    anchors: tuple[x509.Certificate, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    partner: PartnerTrust | None = None
    steps: list[VerdictStep] = field(default_factory=list)

    def judge(self) -> _Genuine:
        """Runs the steps in order; see the module docstring."""
        # 1 to 3
        root = self._get(1, self._parse)
        claimed = self._get(2, lambda: _peek(root))
        self._check(3, lambda: self._find_partner(claimed))
        # 4 to 7
        found = self._get(4, lambda: shape.check_shape(root))
        leaf, anchor = self._get(5, lambda: self._find_path(found))
        signed = self._get(6, lambda: self._verify_signature(root, found, leaf))
        self._check(7, lambda: profile.verify_signed_data(root, signed=signed))
        # 8 to 13
        self._check(8, lambda: policy.check_signer(leaf, partner=self.bound()))
        self._check(9, self._check_peer)
        self._check(10, lambda: self._check_recipient(claimed))
        self._check(11, lambda: self._check_environment(claimed))
        self._check(12, lambda: self._check_revocation(leaf, anchor))
        self._check(13, lambda: self._check_moments(claimed, found, leaf))
        return _Genuine(signed, leaf, found.signed_at)

    def verdict(self) -> Verdict:
        """Returns the steps so far as a verdict; the first that did not pass gives the reason."""
        outcome, reason = VerdictOutcome.PASSED, Reason.OK
        for step in self.steps:
            if step.outcome is StepOutcome.FAILED:
                outcome, reason = VerdictOutcome.FAILED, step.reason
            elif step.outcome is StepOutcome.INDETERMINATE and outcome is VerdictOutcome.PASSED:
                outcome, reason = VerdictOutcome.INDETERMINATE, step.reason
        return Verdict(outcome=outcome, reason=reason, at=self.at, steps=tuple(self.steps))

    def bound(self) -> PartnerTrust:
        """Returns the partner step 3 found."""
        if self.partner is None:
            raise _NotChecked(NO_PARTNER)
        return self.partner

    # how a step is run and written down

    def _get(self, number: int, step: Callable[[], T]) -> T:
        """Runs a step that yields something; a refusal ends the verification."""
        try:
            result = step()
        except MessageRejected as error:
            self._fail(number, error)
        self._record(number, StepOutcome.PASSED)
        return result

    def _check(self, number: int, step: Callable[[], None]) -> None:
        """Runs a step that yields nothing; only a proven wrong ends the verification."""
        try:
            step()
        except _NotChecked as why:
            self._record(number, StepOutcome.NOT_CHECKED, detail=str(why))
        except Undecidable as error:
            self._record(number, StepOutcome.INDETERMINATE, error.reason, detail=error.text)
        except MessageRejected as error:
            self._fail(number, error)
        else:
            self._record(number, StepOutcome.PASSED)

    def _fail(self, number: int, error: MessageRejected) -> NoReturn:
        detail = f"{error.where}: {error.text}" if error.where else error.text
        self._record(number, StepOutcome.FAILED, error.reason, detail=detail)
        if number == 1:
            raise error
        raise UntrustedMessage(error.text, verdict=self.verdict()) from None

    def _record(
        self, number: int, outcome: StepOutcome, reason: Reason = Reason.OK, *, detail: str = ""
    ) -> None:
        self.steps.append(
            VerdictStep(
                number=number, name=STEPS[number], outcome=outcome, reason=reason, detail=detail
            )
        )

    # what the steps do with what the run was handed

    def _parse(self) -> etree._Element:
        return xml.parse(self.raw.content, max_bytes=self.max_bytes)

    def _find_partner(self, claimed: ClaimedHeader) -> None:
        if self.partner_of is None:
            raise _NotChecked(NO_PARTNER)
        if claimed.sender is None:
            raise MessageRejected("the header names no sender", reason=Reason.SENDER_UNKNOWN)
        partner = self.partner_of(claimed.sender)
        if partner is None or partner.territory != claimed.sender:
            raise MessageRejected(
                f"{claimed.sender} is not a partner", reason=Reason.SENDER_UNKNOWN
            )
        if not partner.signing_anchors:
            raise MessageRejected(
                f"nothing is pinned of {claimed.sender}", reason=Reason.PARTNER_NOT_PINNED
            )
        self.partner = partner

    def _find_path(self, found: SignatureShape) -> tuple[x509.Certificate, x509.Certificate]:
        leaf = load_leaf(found.certificate)
        anchor = find_path(
            leaf,
            anchors=self.partner.signing_anchors if self.partner else self.anchors,
            purpose=Purpose.SIGNING,
            at=self.at,
            revocations=self.partner.revocations if self.partner else self.revocations,
        )
        return leaf, anchor

    def _verify_signature(
        self, root: etree._Element, found: SignatureShape, leaf: x509.Certificate
    ) -> bytes:
        profile.check_method(found.method, certificate=leaf)
        return profile.verify_signature(root, certificate=leaf, at=self.at)

    def _check_peer(self) -> None:
        partner, peer = self.bound(), self.raw.peer_certificate
        if not self.check_peer or peer is None:
            raise _NotChecked("no TLS peer to compare with")
        policy.check_peer(peer, partner=partner, at=self.at)

    def _check_recipient(self, claimed: ClaimedHeader) -> None:
        if self.us is None:
            raise _NotChecked("nobody in particular verifies")
        policy.check_recipient(claimed, us=self.us)

    def _check_environment(self, claimed: ClaimedHeader) -> None:
        partner = self.bound()
        if self.environment is None:
            raise _NotChecked("no environment of our own to compare with")
        policy.check_environment(claimed, environment=self.environment, partner=partner)

    def _check_revocation(self, leaf: x509.Certificate, anchor: x509.Certificate) -> None:
        required = self.partner is not None and self.partner.revocation_required
        if not required and not self.evidence:
            raise _NotChecked("no revocation evidence, and none required")
        chosen = (leaf,) if leaf == anchor else (leaf, anchor)
        policy.check_revocation(chosen, evidence=self.evidence, required=required)

    def _check_moments(
        self, claimed: ClaimedHeader, found: SignatureShape, leaf: x509.Certificate
    ) -> None:
        policy.check_moments(
            claimed,
            signed_at=found.signed_at,
            leaf=leaf,
            at=self.at,
            clock_ahead=self.clock_ahead,
        )


def _peek(root: etree._Element) -> ClaimedHeader:
    if header.find_header(root) is None:
        raise MessageRejected(
            "not an ExchangeMessage that begins with its Header", reason=Reason.UNKNOWN_ROOT
        )
    return header.peek(root)


@lru_cache(maxsize=256)  # partners are few and sign every message with the same certificate
def _describe(certificate: x509.Certificate) -> SignerCertificate:
    return SignerCertificate(
        der=certificate.public_bytes(Encoding.DER),
        fingerprint=fingerprint(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
