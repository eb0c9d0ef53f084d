"""Whether a certificate is good: its path to an anchor, its usage, its key, its time.

Here a certificate is judged on its own. Whether a good one may speak for a partner is decided in
`trust/policy.py`.

The path is one step: the leaf was issued directly by an anchor, or it is itself pinned. There is no
common PKI and no hub; a message carries exactly one certificate, so there is nothing a longer path
could be built from.

`cryptography.x509.verification` is not used: its policies are those of the web's PKI – a
subject alternative name is demanded, extended usage is for servers or clients, a self-signed leaf
cannot be pinned, the anchor's validity is not looked at, and all failures are one exception. The
signature on the leaf is checked with its primitive `verify_directly_issued_by`; the rules around it
are the few below, each with its own reason code:

1. the certificate can be read                       CERTIFICATE_UNREADABLE
2. an anchor issued it, or it is pinned              CERTIFICATE_UNTRUSTED
3. P-256, P-384 or RSA of 3072 bits and more,
   and its signature made with SHA-2                 CERTIFICATE_KEY_WEAK
4. an end entity whose usage fits the purpose        CERTIFICATE_KEY_USAGE
5. it and its anchor are valid at the moment         CERTIFICATE_NOT_YET_VALID, CERTIFICATE_EXPIRED
6. neither was revoked before the moment             CERTIFICATE_REVOKED

Source: RFC 5280, 4.2.1.3, 4.2.1.9, 4.2.1.12, 6.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from mra_gateway.errors import MessageRejected, Reason
from mra_gateway.model.identifiers import Digest
from mra_gateway.trust.keys import Purpose, fingerprint, is_strong

MAX_CERTIFICATE_BYTES = 16_384
"""Longest certificate taken; one of ours has about 500 bytes."""

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_PROCESSED = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
_WORDS = {Purpose.SIGNING: "signing messages", Purpose.TLS: "TLS"}
_TLS_USAGES = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})


@dataclass(frozen=True)
class Revocation:
    """A certificate, leaf or anchor, that is not good from a moment on.

    Attributes:
        fingerprint: SHA-256 of its DER.
        since: First moment at which it is no longer believed; told out of band.
    """

    fingerprint: Digest
    since: datetime


def load_leaf(der: bytes) -> x509.Certificate:
    """Returns a certificate that came with a message or a connection.

    Raises:
        MessageRejected: `CERTIFICATE_UNREADABLE`: not a certificate, a very long one, or one whose
            key or extensions cannot be read.
    """
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise _refuse(Reason.CERTIFICATE_UNREADABLE, "the certificate is too long")
    return _load_leaf(der)


@lru_cache(maxsize=256)  # partners are few and send the same certificate with every message
def _load_leaf(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key()
        list(certificate.extensions)
        certificate.subject.rfc4514_string()
        certificate.issuer.rfc4514_string()
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, TypeError):
        raise _refuse(Reason.CERTIFICATE_UNREADABLE, "the certificate cannot be read") from None
    return certificate


def find_path(
    leaf: x509.Certificate,
    *,
    anchors: Sequence[x509.Certificate],
    purpose: Purpose,
    at: datetime,
    revocations: Iterable[Revocation] = (),
) -> x509.Certificate:
    """Returns the anchor under which a certificate is good for a purpose at a moment.

    Args:
        leaf: As `load_leaf` returned it.
        anchors: What is pinned: issuing anchors, or the leaf itself.
        purpose: Signing messages, or TLS.
        at: The moment of judgement.
        revocations: What was revoked, and since when.

    Raises:
        MessageRejected: The first rule that is broken, with its own reason code.
    """
    anchor = _get_anchor(leaf, anchors)
    for certificate in dict.fromkeys((leaf, anchor)):
        _check_strength(certificate)
    _check_usage(leaf, purpose)
    for certificate in dict.fromkeys((leaf, anchor)):
        _check_validity(certificate, at, "anchor" if certificate != leaf else "certificate")
    revoked = {one.fingerprint for one in revocations if at >= one.since}
    if revoked & {fingerprint(leaf), fingerprint(anchor)}:
        raise _refuse(Reason.CERTIFICATE_REVOKED, "the certificate, or its anchor, is revoked")
    return anchor


def _refuse(reason: Reason, text: str) -> MessageRejected:
    return MessageRejected(text, reason=reason)


def _get_anchor(leaf: x509.Certificate, anchors: Sequence[x509.Certificate]) -> x509.Certificate:
    for anchor in anchors:
        if anchor == leaf or _is_issued_by(leaf, anchor):
            return anchor
    raise _refuse(Reason.CERTIFICATE_UNTRUSTED, "no anchor of the partner issued this certificate")


@lru_cache(maxsize=256)  # of two immutable certificates: only the arithmetic is remembered
def _is_issued_by(leaf: x509.Certificate, anchor: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(anchor)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return _is_authority(anchor) and not _unprocessed(anchor)


def _is_authority(certificate: x509.Certificate) -> bool:
    """Says whether a certificate may issue others: a CA, and its key usage allows it."""
    basic = _find_extension(certificate, x509.BasicConstraints)
    usage = _find_extension(certificate, x509.KeyUsage)
    return basic is not None and basic.ca and usage is not None and usage.key_cert_sign


def _unprocessed(certificate: x509.Certificate) -> bool:
    """Says whether a critical extension is there that nothing here acts on, as name constraints."""
    return any(one.critical and one.oid not in _PROCESSED for one in certificate.extensions)


def _find_extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


@lru_cache(maxsize=256)  # a property of the certificate alone; a refusal is raised anew
def _check_strength(certificate: x509.Certificate) -> None:
    try:
        is_good = is_strong(certificate.public_key()) and isinstance(
            certificate.signature_hash_algorithm, _HASHES
        )
    except (ValueError, UnsupportedAlgorithm):
        is_good = False
    if not is_good:
        raise _refuse(
            Reason.CERTIFICATE_KEY_WEAK,
            "a key of the path is not P-256, P-384 or RSA of 3072 bits, or certified with SHA-1",
        )


@lru_cache(maxsize=256)
def _check_usage(leaf: x509.Certificate, purpose: Purpose) -> None:
    """Requires an end entity for exactly one purpose: TLS keys are not signing keys."""
    basic = _find_extension(leaf, x509.BasicConstraints)
    usage = _find_extension(leaf, x509.KeyUsage)
    extended = set(_find_extension(leaf, x509.ExtendedKeyUsage) or ())
    if purpose is Purpose.SIGNING:
        fits = (
            usage is not None
            and (usage.digital_signature or usage.content_commitment)
            and not extended & _TLS_USAGES
        )
    else:
        fits = bool(extended & _TLS_USAGES) and (usage is None or usage.digital_signature)
    if not fits or (basic is not None and basic.ca) or _unprocessed(leaf):
        raise _refuse(
            Reason.CERTIFICATE_KEY_USAGE, f"the certificate is not one for {_WORDS[purpose]}"
        )


def _check_validity(certificate: x509.Certificate, at: datetime, what: str) -> None:
    if at < certificate.not_valid_before_utc:
        raise _refuse(
            Reason.CERTIFICATE_NOT_YET_VALID,
            f"the {what} is valid from {certificate.not_valid_before_utc.isoformat()}",
        )
    if at > certificate.not_valid_after_utc:
        raise _refuse(
            Reason.CERTIFICATE_EXPIRED,
            f"the {what} was valid until {certificate.not_valid_after_utc.isoformat()}",
        )
