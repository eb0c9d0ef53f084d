"""What a verdict says of genuine messages: rotation, names, revocation, moments, anchors alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mra_gateway.errors import Reason, UntrustedMessage
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import Environment
from mra_gateway.model.trust import StepOutcome, Verdict, VerdictOutcome, VerifiedMessage
from mra_gateway.trust.keys import KeyKind, fingerprint
from mra_gateway.trust.policy import PartnerTrust, RevocationEvidence, RevocationStatus
from mra_gateway.trust.signer import FileSigner
from mra_gateway.trust.verifier import STEPS, Verifier
from mra_gateway.wire.codec import decode
from mra_gateway.wire.xml import digest_of
from tests.support.pki import (
    AT,
    CN,
    KZ,
    MAX_BYTES,
    MN,
    enquiry,
    key,
    raw,
    revocation,
    side,
    with_header,
)

VERIFIER = Verifier(us=MN, environment=Environment.TEST, max_bytes=MAX_BYTES)


def verify(
    content: bytes,
    partner: PartnerTrust,
    *,
    peer: bytes | None = None,
    evidence: RevocationEvidence | None = None,
) -> VerifiedMessage:
    return VERIFIER.verify(
        raw(content, peer=peer),
        at=AT,
        partner_of={partner.territory: partner}.get,
        evidence=evidence or {},
    )


def refusal(content: bytes, partner: PartnerTrust, *, peer: bytes | None = None) -> Reason:
    with pytest.raises(UntrustedMessage) as refused:
        verify(content, partner, peer=peer)
    return refused.value.reason


def outcomes(verdict: Verdict) -> dict[str, StepOutcome]:
    return {step.name: step.outcome for step in verdict.steps}


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_kind_of_key_the_profile_takes_signs_and_verifies(kind: KeyKind) -> None:
    sender = side(CN, kind=kind)
    verified = verify(sender.signer.sign(enquiry(), at=AT), sender.trust())
    assert verified.verdict.outcome is VerdictOutcome.PASSED


def test_what_is_handed_on_is_the_document_without_its_signature() -> None:
    sender = side(CN)
    verified = verify(sender.signer.sign(enquiry(), at=AT), sender.trust(), peer=sender.peer)

    assert verified.signed == enquiry()
    assert verified.digest == digest_of(enquiry())
    assert (verified.sender, verified.signed_at) == (CN, AT)
    assert verified.signer.fingerprint == fingerprint(sender.certificate)
    assert decode(verified).message.envelope.sender == CN


def test_a_verdict_names_every_step_by_its_number() -> None:
    sender = side(CN)
    verdict = verify(sender.signer.sign(enquiry(), at=AT), sender.trust()).verdict
    assert {step.number: step.name for step in verdict.steps} == dict(STEPS)


def test_two_signatures_of_one_document_are_one_message() -> None:
    sender = side(CN)
    first, second = (sender.signer.sign(enquiry(), at=AT) for _ in range(2))
    assert first != second
    assert verify(first, sender.trust()).digest == verify(second, sender.trust()).digest


def test_one_signer_signs_on_many_threads_at_once() -> None:
    sender = side(CN)
    documents = [enquiry(number=number) for number in range(64)]
    with ThreadPoolExecutor(8) as threads:
        signed = list(threads.map(lambda one: sender.signer.sign(one, at=AT), documents))
    assert [verify(one, sender.trust()).signed for one in signed] == documents


def test_the_current_and_the_next_card_are_both_believed_and_a_third_is_not() -> None:
    current, following = side(CN), side(CN, kind=KeyKind.P384)
    both = PartnerTrust.from_cards([current.card(), following.card()])
    for sender in (current, following):
        assert verify(sender.signer.sign(enquiry(), at=AT), both).sender == CN

    only = PartnerTrust.from_cards([current.card()])
    signed = following.signer.sign(enquiry(), at=AT)
    assert refusal(signed, only) is Reason.CERTIFICATE_UNTRUSTED


def test_a_pinned_signing_certificate_needs_no_anchor() -> None:
    sender = side(CN)
    pinned = sender.trust(signing_anchors=(sender.certificate,))
    assert verify(sender.signer.sign(enquiry(), at=AT), pinned).sender == CN

    other = sender.issue(private_key=key("second signer"))
    signed = FileSigner(key("second signer"), certificate=other).sign(enquiry(), at=AT)
    assert refusal(signed, pinned) is Reason.CERTIFICATE_UNTRUSTED


def test_under_a_shared_anchor_the_name_tells_partners_apart() -> None:
    sender = side(CN)
    named = sender.trust(signer_name=sender.certificate.subject.rfc4514_string())
    assert verify(sender.signer.sign(enquiry(), at=AT), named).sender == CN

    neighbour = sender.issue(name="Another administration", private_key=key("neighbour"))
    signed = FileSigner(key("neighbour"), certificate=neighbour).sign(enquiry(), at=AT)
    assert refusal(signed, named) is Reason.SIGNER_OF_OTHER_PARTNER


def test_the_tls_peer_must_be_the_senders_by_anchor_and_by_name() -> None:
    sender, signed = side(CN), side(CN).signer.sign(enquiry(), at=AT)
    named = sender.trust(tls_name=sender.tls_certificate.subject.rfc4514_string())
    assert verify(signed, named, peer=sender.peer).sender == CN

    otherwise = sender.trust(tls_name="CN=somebody else")
    assert refusal(signed, otherwise, peer=sender.peer) is Reason.TLS_PEER_OF_OTHER_PARTNER
    assert refusal(signed, named, peer=side(KZ).peer) is Reason.TLS_PEER_OF_OTHER_PARTNER
    assert refusal(signed, named, peer=b"garbage") is Reason.TLS_PEER_UNKNOWN


def test_the_senders_signing_certificate_is_no_tls_peer() -> None:
    sender, signed = side(CN), side(CN).signer.sign(enquiry(), at=AT)
    trusting = sender.trust(tls_anchors=(sender.anchor,))
    der = sender.certificate.public_bytes(Encoding.DER)
    assert refusal(signed, trusting, peer=der) is Reason.CERTIFICATE_KEY_USAGE
    assert verify(signed, sender.trust(), peer=sender.peer).sender == CN


@pytest.mark.parametrize("what", ["leaf", "anchor"])
def test_a_revocation_counts_from_its_moment(what: str) -> None:
    sender = side(CN)
    signed = sender.signer.sign(enquiry(), at=AT)
    certificate = sender.certificate if what == "leaf" else sender.anchor

    later = sender.trust(revocations=(revocation(certificate, AT + timedelta(seconds=1)),))
    assert verify(signed, later).verdict.outcome is VerdictOutcome.PASSED
    since = sender.trust(revocations=(revocation(certificate, AT),))
    assert refusal(signed, since) is Reason.CERTIFICATE_REVOKED


def test_required_revocation_evidence_that_is_missing_holds_the_message() -> None:
    sender = side(CN)
    signed = sender.signer.sign(enquiry(), at=AT)
    required = sender.trust(revocation_required=True)
    certificates = [fingerprint(sender.certificate), fingerprint(sender.anchor)]
    good = dict.fromkeys(certificates, RevocationStatus.GOOD)

    held = verify(signed, required).verdict
    assert (held.outcome, held.reason) == (
        VerdictOutcome.INDETERMINATE,
        Reason.REVOCATION_NOT_CHECKED,
    )
    unknown = {certificates[0]: RevocationStatus.UNKNOWN}
    assert verify(signed, required, evidence=unknown).verdict.reason is held.reason
    assert verify(signed, required, evidence=good).verdict.outcome is VerdictOutcome.PASSED
    with pytest.raises(UntrustedMessage) as refused:
        verify(signed, sender.trust(), evidence={certificates[0]: RevocationStatus.REVOKED})
    assert refused.value.reason is Reason.CERTIFICATE_REVOKED


def test_a_proven_wrong_outweighs_what_cannot_be_decided() -> None:
    sender = side(CN)
    ahead = with_header(enquiry(), IssueDateTime="2026-03-02T10:00:00Z")
    held = verify(sender.signer.sign(ahead, at=AT), sender.trust(revocation_required=True))
    assert [step.reason for step in held.verdict.steps[-2:]] == [
        Reason.REVOCATION_NOT_CHECKED,
        Reason.CREATED_IN_FUTURE,
    ]
    assert held.verdict.reason is Reason.REVOCATION_NOT_CHECKED

    before = sender.signer.sign(ahead, at=AT - timedelta(days=60))
    required = sender.trust(revocation_required=True)
    assert refusal(before, required) is Reason.SIGNED_BEFORE_CERTIFICATE


@pytest.mark.parametrize(("seconds", "reason"), [(300, Reason.OK), (301, Reason.CREATED_IN_FUTURE)])
def test_a_clock_may_be_five_minutes_ahead(seconds: int, reason: Reason) -> None:
    created = (AT + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = side(CN).signer.sign(with_header(enquiry(), IssueDateTime=created), at=AT)
    assert verify(signed, side(CN).trust()).verdict.reason is reason


def test_a_certificate_is_judged_at_the_moment_of_judgement() -> None:
    sender = side(CN)
    signed = sender.signer.sign(enquiry(), at=AT)
    for at, reason in (
        (AT, Reason.OK),
        (sender.certificate.not_valid_after_utc, Reason.OK),
        (sender.certificate.not_valid_after_utc + timedelta(seconds=1), Reason.CERTIFICATE_EXPIRED),
        (
            sender.certificate.not_valid_before_utc - timedelta(seconds=1),
            Reason.CERTIFICATE_NOT_YET_VALID,
        ),
    ):
        assert VERIFIER.judge(raw(signed), at=at, anchors=[sender.anchor]).reason is reason


def test_anchors_of_the_other_environment_vouch_for_nothing_here() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)
    assert verify(signed, side(CN).trust()).sender == CN
    production = side(CN).trust(environment=Environment.PRODUCTION)
    assert refusal(signed, production) is Reason.ENVIRONMENT_MISMATCH


def test_a_partner_without_pins_is_known_but_not_believed() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)
    assert verify(signed, side(CN).trust()).sender == CN
    assert refusal(signed, side(CN).trust(signing_anchors=())) is Reason.PARTNER_NOT_PINNED


def test_a_look_up_that_answers_with_another_partner_is_no_answer() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)

    def confused(asked: Territory) -> PartnerTrust:
        return side(CN).trust(territory=KZ)

    with pytest.raises(UntrustedMessage) as refused:
        VERIFIER.verify(raw(signed), at=AT, partner_of=confused)
    assert refused.value.reason is Reason.SENDER_UNKNOWN
    assert verify(signed, side(CN).trust()).sender == CN


def test_anchors_alone_judge_the_signature_and_leave_the_binding_unchecked() -> None:
    nobody = Verifier(us=None, environment=None, max_bytes=MAX_BYTES)
    signed = side(CN).signer.sign(enquiry(), at=AT)
    verdict = nobody.judge(raw(signed), at=AT, anchors=[side(KZ).anchor, side(CN).anchor])

    assert (verdict.outcome, verdict.reason) == (VerdictOutcome.PASSED, Reason.OK)
    unchecked = {name for name, one in outcomes(verdict).items() if one is StepOutcome.NOT_CHECKED}
    assert unchecked == {"partner", "signer", "TLS peer", "recipient", "environment", "revocation"}
    refused = nobody.judge(raw(signed), at=AT, anchors=[side(KZ).anchor])
    assert refused.reason is Reason.CERTIFICATE_UNTRUSTED
    assert nobody.judge(raw(signed), at=AT).reason is Reason.CERTIFICATE_UNTRUSTED


def test_a_malformed_document_still_has_a_verdict() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)
    verdict = VERIFIER.judge(raw(signed[:-1]), at=AT, anchors=[side(CN).anchor])
    assert (verdict.outcome, verdict.reason) == (VerdictOutcome.FAILED, Reason.NOT_WELL_FORMED)
    assert [step.number for step in verdict.steps] == [1]
    assert VERIFIER.judge(raw(signed), at=AT, anchors=[side(CN).anchor]).reason is Reason.OK
