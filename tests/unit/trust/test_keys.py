"""Key files and certificates: what is written can be read, and nothing else is taken for it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from mra_gateway.errors import Reason, SetupError
from mra_gateway.trust.keys import (
    KeyKind,
    PrivateKey,
    generate_key,
    load_certificates,
    load_key,
    load_pair,
    write_certificates,
    write_key,
)
from tests.support.pki import CN, key, side

PASSWORD = b"correct horse"


def test_a_written_key_is_encrypted_and_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    write_key(file, key=key("any"), password=PASSWORD)

    assert load_key(file, password=PASSWORD).private_numbers() == key("any").private_numbers()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()


@pytest.mark.parametrize("kind", list(KeyKind))
def test_every_kind_of_key_survives_its_file(kind: KeyKind, tmp_path: Path) -> None:
    made = generate_key(kind) if kind is not KeyKind.RSA4096 else key("large", kind)
    write_key(tmp_path / "key.pem", key=made, password=PASSWORD)
    assert load_key(tmp_path / "key.pem", password=PASSWORD).public_key() == made.public_key()


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    write_key(tmp_path / "key.pem", key=key("any"), password=PASSWORD)
    before = (tmp_path / "key.pem").read_bytes()
    with pytest.raises(SetupError) as refused:
        write_key(tmp_path / "key.pem", key=key("other"), password=PASSWORD)
    assert refused.value.reason is Reason.KEY_UNUSABLE
    assert (tmp_path / "key.pem").read_bytes() == before


def test_a_key_is_never_written_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as refused:
        write_key(tmp_path / "key.pem", key=key("any"), password=b"")
    assert refused.value.reason is Reason.KEY_UNUSABLE
    assert not (tmp_path / "key.pem").exists()


def _pem(made: PrivateKey | ed25519.Ed25519PrivateKey, *, password: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: b"not a key", id="not-a-key"),
        pytest.param(lambda: _pem(key("any"), password=None), id="not-encrypted"),
        pytest.param(lambda: _pem(key("any"), password=b"another"), id="other-password"),
        pytest.param(
            lambda: _pem(ed25519.Ed25519PrivateKey.generate(), password=PASSWORD), id="ed25519"
        ),
        pytest.param(
            lambda: _pem(ec.generate_private_key(ec.SECP521R1()), password=PASSWORD), id="p-521"
        ),
        pytest.param(
            lambda: _pem(
                rsa.generate_private_key(public_exponent=65537, key_size=2048), password=PASSWORD
            ),
            id="rsa-2048",
        ),
    ],
)
def test_a_file_that_is_no_key_of_ours_is_unusable(
    content: Callable[[], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(_pem(key("any"), password=PASSWORD))
    assert load_key(file, password=PASSWORD).key_size == 256

    file.write_bytes(content())
    with pytest.raises(SetupError) as refused:
        load_key(file, password=PASSWORD)
    assert refused.value.reason is Reason.KEY_UNUSABLE
    assert refused.value.where == str(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for load in (lambda file: load_key(file, password=PASSWORD), load_certificates):
        with pytest.raises(SetupError) as refused:
            load(tmp_path / "missing.pem")
        assert refused.value.reason is Reason.KEY_UNUSABLE
        assert refused.value.where == str(tmp_path / "missing.pem")


def test_a_key_that_does_not_match_its_certificate_is_unusable(tmp_path: Path) -> None:
    key_file, certificate_file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    write_certificates(certificate_file, certificates=[side(CN).certificate])
    write_key(key_file, key=side(CN).signing_key, password=PASSWORD)
    _, certificate = load_pair(key_file, certificate_file=certificate_file, password=PASSWORD)
    assert certificate == side(CN).certificate

    write_key(tmp_path / "other.pem", key=key("other"), password=PASSWORD)
    with pytest.raises(SetupError) as refused:
        load_pair(tmp_path / "other.pem", certificate_file=certificate_file, password=PASSWORD)
    assert refused.value.reason is Reason.KEY_UNUSABLE


def test_certificates_say_what_they_are_for() -> None:
    signing, tls, anchor = side(CN).certificate, side(CN).tls_certificate, side(CN).anchor
    usage = signing.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (
        True,
        True,
        False,
    )
    with pytest.raises(x509.ExtensionNotFound):
        signing.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    names = tls.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    constraints = anchor.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
