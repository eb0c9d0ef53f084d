"""Attacks by somebody who signs well: wrong certificates, wrong partners, wrong moments."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import SignatureMethod

from mra_gateway.errors import Reason
from mra_gateway.model.trust import VerdictOutcome
from mra_gateway.trust.keys import Purpose, issue_certificate, new_anchor
from mra_gateway.trust.signer import FileSigner
from tests.support.attacks import Scene, Table, edit, one
from tests.support.attacks_signature import signed_otherwise
from tests.support.pki import key, with_header

TABLE = Table()
CERTIFICATE = "ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate"


def _with_certificate(content: bytes, der: bytes) -> bytes:
    def change(root: etree._Element) -> None:
        one(root, CERTIFICATE).text = base64.b64encode(der).decode()

    return edit(content, change)


def _signed_under(scene: Scene, certificate: x509.Certificate) -> bytes:
    signer = FileSigner(scene.sender.signing_key, certificate=certificate)
    return signer.sign(scene.document, at=scene.at)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# the certificate


@TABLE.row("certificate-unreadable", Reason.CERTIFICATE_UNREADABLE)
def certificate_unreadable(scene: Scene) -> bytes:
    """Bytes that are no certificate."""
    return _with_certificate(scene.signed, b"not a certificate")


@TABLE.row("certificate-not-base64", Reason.KEY_INFO_NOT_ALLOWED)
def certificate_not_base64(scene: Scene) -> bytes:
    """A certificate element that does not hold base64."""

    def change(root: etree._Element) -> None:
        one(root, CERTIFICATE).text = "§"

    return edit(scene.signed, change)


@TABLE.row("certificate-swapped", Reason.SIGNATURE_INVALID)
def certificate_swapped(scene: Scene) -> bytes:
    """The certificate replaced by another of the same partner, with another key."""
    other = scene.sender.issue(private_key=key("second signer"))
    return _with_certificate(scene.signed, other.public_bytes(Encoding.DER))


@TABLE.row("certificate-swapped-same-key", Reason.DIGEST_MISMATCH)
def certificate_swapped_same_key(scene: Scene) -> bytes:
    """The certificate replaced by another of the same partner, for the same key."""
    other = scene.sender.issue(name="Same key")
    return _with_certificate(scene.signed, other.public_bytes(Encoding.DER))


@TABLE.row("certificate-expired", Reason.CERTIFICATE_EXPIRED)
def certificate_expired(scene: Scene) -> bytes:
    """Signed with a certificate that ended yesterday."""
    return _signed_under(scene, scene.sender.issue(from_days=-30, until_days=-1))


@TABLE.row("certificate-not-yet-valid", Reason.CERTIFICATE_NOT_YET_VALID)
def certificate_not_yet_valid(scene: Scene) -> bytes:
    """Signed with a certificate that begins tomorrow."""
    return _signed_under(scene, scene.sender.issue(from_days=1, until_days=30))


@TABLE.row("certificate-for-tls", Reason.CERTIFICATE_KEY_USAGE)
def certificate_for_tls(scene: Scene) -> bytes:
    """Signed with a TLS certificate under the signing anchor."""
    return _signed_under(scene, scene.sender.issue(purpose=Purpose.TLS))


@TABLE.row("anchor-signs-itself", Reason.CERTIFICATE_KEY_USAGE)
def anchor_signs_itself(scene: Scene) -> bytes:
    """Signed with the anchor's own key, which signs certificates only."""
    signer = FileSigner(scene.sender.anchor_key, certificate=scene.sender.anchor)
    return signer.sign(scene.document, at=scene.at)


@TABLE.row("certificate-without-usage", Reason.CERTIFICATE_KEY_USAGE)
def certificate_without_usage(scene: Scene) -> bytes:
    """A certificate under the right anchor that does not say what it is for."""
    certificate = (
        x509.CertificateBuilder()
        .subject_name(scene.sender.certificate.subject)
        .issuer_name(scene.sender.anchor.subject)
        .public_key(scene.sender.signing_key.public_key())
        .serial_number(7)
        .not_valid_before(scene.at - timedelta(days=1))
        .not_valid_after(scene.at + timedelta(days=1))
        .sign(scene.sender.anchor_key, hashes.SHA256())
    )
    return _signed_under(scene, certificate)


@TABLE.row("weak-rsa-key", Reason.CERTIFICATE_KEY_WEAK)
def weak_rsa_key(scene: Scene) -> bytes:
    """A 2048-bit RSA key, certified by the right anchor."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return signed_otherwise(
        scene,
        private_key=weak,
        certificate=scene.sender.issue(private_key=weak),
        signature_algorithm=SignatureMethod.RSA_SHA256,
    )


@TABLE.row("other-curve", Reason.CERTIFICATE_KEY_WEAK)
def other_curve(scene: Scene) -> bytes:
    """A curve outside the profile (P-224), certified by the right anchor."""
    weak = ec.generate_private_key(ec.SECP224R1())
    return signed_otherwise(
        scene, private_key=weak, certificate=scene.sender.issue(private_key=weak)
    )


@TABLE.row("anchor-look-alike", Reason.CERTIFICATE_UNTRUSTED)
def anchor_look_alike(scene: Scene) -> bytes:
    """An anchor with the same name and another key."""
    impostor = key("impostor")
    anchor = new_anchor(
        impostor,
        territory=scene.sender.territory,
        name=f"{scene.sender.territory} signing anchor",
        not_before=scene.at - timedelta(days=1),
        not_after=scene.at + timedelta(days=1),
    )
    certificate = issue_certificate(
        scene.sender.signing_key.public_key(),
        purpose=Purpose.SIGNING,
        territory=scene.sender.territory,
        name="Signer",
        issuer=anchor,
        issuer_key=impostor,
        not_before=scene.at - timedelta(days=1),
        not_after=scene.at + timedelta(days=1),
    )
    assert anchor.subject == scene.sender.anchor.subject
    return _signed_under(scene, certificate)


@TABLE.row("certificate-issued-by-signer", Reason.CERTIFICATE_UNTRUSTED)
def certificate_issued_by_signer(scene: Scene) -> bytes:
    """A certificate issued by a signing certificate instead of an anchor."""
    certificate = issue_certificate(
        key("minted").public_key(),
        purpose=Purpose.SIGNING,
        territory=scene.sender.territory,
        name="Minted",
        issuer=scene.sender.certificate,
        issuer_key=scene.sender.signing_key,
        not_before=scene.at - timedelta(days=1),
        not_after=scene.at + timedelta(days=1),
    )
    return FileSigner(key("minted"), certificate=certificate).sign(scene.document, at=scene.at)


@TABLE.row("signing-certificate-of-other", Reason.SIGNING_CERTIFICATE_DIFFERS)
def signing_certificate_of_other(scene: Scene) -> bytes:
    """A genuine signature whose signed properties name another certificate."""
    return signed_otherwise(scene, named=scene.sender.issue(name="Another"))


# the partner


@TABLE.row("signed-by-other-partner", Reason.CERTIFICATE_UNTRUSTED)
def signed_by_other_partner(scene: Scene) -> bytes:
    """The right document, signed with another partner's good certificate."""
    return scene.other.signer.sign(scene.document, at=scene.at)


@TABLE.row("claims-to-be-other-partner", Reason.CERTIFICATE_UNTRUSTED)
def claims_to_be_other_partner(scene: Scene) -> bytes:
    """Signed and brought by one partner, naming another as the sender."""
    document = with_header(scene.document, SenderID=scene.other.territory)
    return scene.sender.signer.sign(document, at=scene.at)


@TABLE.row("posted-by-other-partner", Reason.TLS_PEER_OF_OTHER_PARTNER, posted_by="other")
def posted_by_other_partner(scene: Scene) -> bytes:
    """A genuine message, brought by another partner."""
    return scene.signed


@TABLE.row("sender-unknown", Reason.SENDER_UNKNOWN)
def sender_unknown(scene: Scene) -> bytes:
    """A sender that is no partner."""
    return scene.sender.signer.sign(with_header(scene.document, SenderID="ZZ"), at=scene.at)


@TABLE.row("sender-missing", Reason.SENDER_UNKNOWN)
def sender_missing(scene: Scene) -> bytes:
    """No sender in the header."""

    def change(root: etree._Element) -> None:
        root[0].remove(one(root, "m:Header/m:SenderID"))

    return scene.sender.signer.sign(edit(scene.document, change), at=scene.at)


@TABLE.row("sender-twice", Reason.SENDER_UNKNOWN)
def sender_twice(scene: Scene) -> bytes:
    """Two senders in one header, genuinely signed."""

    def change(root: etree._Element) -> None:
        again = etree.SubElement(root[0], one(root, "m:Header/m:SenderID").tag)
        again.text = scene.other.territory

    return scene.sender.signer.sign(edit(scene.document, change), at=scene.at)


@TABLE.row("wrong-recipient", Reason.RECIPIENT_NOT_US)
def wrong_recipient(scene: Scene) -> bytes:
    """A genuine message to somebody else."""
    document = with_header(scene.document, RecipientID=scene.other.territory)
    return scene.sender.signer.sign(document, at=scene.at)


@TABLE.row("wrong-environment", Reason.ENVIRONMENT_MISMATCH)
def wrong_environment(scene: Scene) -> bytes:
    """A message of the other environment, signed with this one's key."""
    other = "production" if scene.sender.environment.value == "test" else "test"
    return scene.sender.signer.sign(with_header(scene.document, EnvironmentCode=other), at=scene.at)


# the moment


@TABLE.row("created-ahead", Reason.CREATED_IN_FUTURE, outcome=VerdictOutcome.INDETERMINATE)
def created_ahead(scene: Scene) -> bytes:
    """Created six minutes ahead of our clock: held."""
    document = with_header(scene.document, IssueDateTime=_iso(scene.at + timedelta(minutes=6)))
    return scene.sender.signer.sign(document, at=scene.at)


@TABLE.row("signed-ahead", Reason.CREATED_IN_FUTURE, outcome=VerdictOutcome.INDETERMINATE)
def signed_ahead(scene: Scene) -> bytes:
    """Signed six minutes ahead of our clock: held."""
    return scene.sender.signer.sign(scene.document, at=scene.at + timedelta(minutes=6))


@TABLE.row("created-at-unreadable", Reason.VALUE_NOT_ALLOWED)
def created_at_unreadable(scene: Scene) -> bytes:
    """No readable moment of creation in a genuine message."""
    document = with_header(scene.document, IssueDateTime="2026-03-02T24:00:00")
    return scene.sender.signer.sign(document, at=scene.at)


@TABLE.row("signed-before-certificate", Reason.SIGNED_BEFORE_CERTIFICATE)
def signed_before_certificate(scene: Scene) -> bytes:
    """A claimed signing time before the certificate began."""
    return scene.sender.signer.sign(scene.document, at=scene.at - timedelta(days=60))
