"""Keys and certificates: made, written, read and matched.

Here live key generation, encrypted PKCS#8 files, the administration's own anchors and the
certificates they issue. Whether a certificate is good is decided in `trust/chain.py`; a message is
signed in `trust/signer.py`. Nothing here reads a clock: validity is handed in.

Signing and TLS keys are apart: `Purpose` decides key usage and extended key usage of what is
issued, and the path check refuses one in place of the other.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mra_gateway.errors import Reason, SetupError
from mra_gateway.model.identifiers import Digest, Territory

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""The kinds of private key the signature profile knows."""

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
"""The kinds of public key the signature profile knows."""

Certificate: TypeAlias = x509.Certificate
"""By this name where the library has no place."""

MIN_RSA_BITS = 3072
"""Shortest RSA modulus made and taken."""


class KeyKind(StrEnum):
    """What kind of key is made; P-256 is the default."""

    P256 = "P-256"
    P384 = "P-384"
    RSA3072 = "RSA-3072"
    RSA4096 = "RSA-4096"


class Purpose(StrEnum):
    """What a certificate is for; one certificate has one purpose."""

    SIGNING = "signing"
    TLS = "tls"


def generate_key(kind: KeyKind = KeyKind.P256) -> PrivateKey:
    """Returns a fresh private key; the randomness is the operating system's."""
    match kind:
        case KeyKind.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyKind.P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyKind.RSA3072 | KeyKind.RSA4096:
            bits = int(kind.removeprefix("RSA-"))
            return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def is_strong(key: object) -> bool:
    """Says whether a public key is of a kind and size the profile takes."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS


def new_anchor(
    key: PrivateKey,
    *,
    territory: Territory,
    name: str,
    not_before: datetime,
    not_after: datetime,
) -> x509.Certificate:
    """Returns a private CA certificate of an administration, signed by itself.

    Args:
        key: The CA's key; it signs certificates and nothing else.
        territory: Whose administration it is.
        name: Common name, for people: fingerprints, not names, are compared.
        not_before: First moment it is valid.
        not_after: Last moment it is valid.
    """
    subject = _subject(territory, name)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder(subject, subject, key.public_key(), not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, _hash_for(key))
    )


def issue_certificate(
    public_key: PublicKey,
    *,
    purpose: Purpose,
    territory: Territory,
    name: str,
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
    not_before: datetime,
    not_after: datetime,
    hosts: Sequence[str] = (),
) -> x509.Certificate:
    """Returns a certificate for signing messages or for TLS, issued by an anchor.

    Args:
        public_key: The key to certify.
        purpose: SIGNING (digital signature and content commitment, no extended usage) or TLS
            (server and client).
        territory: Whose administration it is.
        name: Common name.
        issuer: The anchor.
        issuer_key: The anchor's key.
        not_before: First moment it is valid.
        not_after: Last moment it is valid.
        hosts: DNS names and IP addresses, for TLS.
    """
    builder = (
        _builder(_subject(territory, name), issuer.subject, public_key, not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(commitment=purpose is Purpose.SIGNING), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if purpose is Purpose.TLS:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, _hash_for(issuer_key))


def hosts_of(certificate: Certificate) -> tuple[str, ...]:
    """Returns the DNS names and IP addresses a TLS certificate is for."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names)


def fingerprint(certificate: x509.Certificate) -> Digest:
    """Returns the SHA-256 of a certificate's DER, by which two people compare it."""
    return Digest.trusted(certificate.fingerprint(hashes.SHA256()).hex())


def write_key(file: Path, *, key: PrivateKey, password: bytes) -> None:
    """Writes a key as encrypted PKCS#8, readable by its owner only; never over another file.

    Raises:
        SetupError: The file exists or cannot be written, or the password is empty.
    """
    if not password:
        raise SetupError("a key is never written unencrypted", reason=Reason.KEY_UNUSABLE)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            target.write(pem)
    except OSError as error:
        raise _unusable(f"cannot be written: {error.strerror}", file) from None


def write_certificates(file: Path, *, certificates: Sequence[x509.Certificate]) -> None:
    """Writes certificates as PEM, one after the other.

    Raises:
        SetupError: The file cannot be written.
    """
    try:
        file.write_text("".join(to_pem(one) for one in certificates), encoding="ascii")
    except OSError as error:
        raise _unusable(f"cannot be written: {error.strerror}", file) from None


def to_pem(certificate: x509.Certificate) -> str:
    """Returns a certificate as PEM text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def load_key(file: Path, *, password: bytes) -> PrivateKey:
    """Reads an encrypted PKCS#8 key.

    Raises:
        SetupError: `KEY_UNUSABLE`: unreadable, not encrypted, wrong password, or of a kind or size
            the profile does not take.
    """
    try:
        key = serialization.load_pem_private_key(_read(file), password=password)
    except TypeError:
        raise _unusable("the key is not encrypted", file) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable("no PKCS#8 key, or the password is wrong", file) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _unusable("neither an elliptic-curve nor an RSA key", file)
    if not is_strong(key.public_key()):
        raise _unusable(f"not P-256, P-384 or RSA of at least {MIN_RSA_BITS} bits", file)
    return key


def load_certificates(file: Path) -> tuple[x509.Certificate, ...]:
    """Reads one or more PEM certificates.

    Raises:
        SetupError: `KEY_UNUSABLE`: unreadable, or no certificate in it.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(_read(file)))
    except ValueError:
        raise _unusable("holds no readable PEM certificate", file) from None


def load_pair(
    key_file: Path, *, certificate_file: Path, password: bytes
) -> tuple[PrivateKey, x509.Certificate]:
    """Reads a key and its certificate (the first in its file), and sees that they belong together.

    Raises:
        SetupError: `KEY_UNUSABLE`: one of them is unreadable, or they do not match.
    """
    key = load_key(key_file, password=password)
    certificate = load_certificates(certificate_file)[0]
    if not is_matching(key, certificate=certificate):
        raise _unusable(f"is not the key of the certificate in {certificate_file.name}", key_file)
    return key, certificate


def is_matching(key: PrivateKey, *, certificate: x509.Certificate) -> bool:
    """Says whether a certificate certifies this key."""
    try:
        return certificate.public_key() == key.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unusable(f"cannot be read: {error.strerror}", file) from None


def _unusable(text: str, file: Path) -> SetupError:
    return SetupError(text, reason=Reason.KEY_UNUSABLE, where=str(file))


def _hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
        return hashes.SHA384()
    return hashes.SHA256()


def _subject(territory: Territory, name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, territory),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: PublicKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _key_usage(*, certificates: bool = False, commitment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
