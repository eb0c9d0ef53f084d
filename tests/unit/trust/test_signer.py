"""What a signer takes, and what it writes."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pytest
from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason, RequestRefused, SetupError
from mra_gateway.trust.keys import write_certificates, write_key
from mra_gateway.trust.signer import FileSigner
from tests.support.attacks import NS, one
from tests.support.pki import AT, CN, KZ, enquiry, side


def test_a_signature_names_the_moment_handed_in_in_utc() -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    root = etree.fromstring(side(CN).signer.sign(enquiry(), at=beijing))
    assert [element.text for element in root.iterfind(".//xades:SigningTime", NS)] == [
        "2026-03-02T09:00:00Z"
    ]


def test_only_the_ecdsa_nonce_differs_between_two_signatures() -> None:
    first, second = (etree.fromstring(side(CN).signer.sign(enquiry(), at=AT)) for _ in range(2))
    for root in (first, second):
        one(root, "ds:Signature/ds:SignatureValue").text = ""
    assert etree.tostring(first) == etree.tostring(second)


def test_key_info_holds_the_certificate_and_no_bare_key() -> None:
    root = etree.fromstring(side(CN).signer.sign(enquiry(), at=AT))
    inside = [
        etree.QName(element).localname for element in one(root, "ds:Signature/ds:KeyInfo").iter()
    ]
    assert inside == ["KeyInfo", "X509Data", "X509Certificate"]


def test_namespace_prefixes_are_in_lower_case() -> None:
    root = etree.fromstring(side(CN).signer.sign(enquiry(), at=AT))
    prefixes = {element.prefix for element in root.iter() if element.prefix}
    assert prefixes == {"ds", "xades"}


def test_a_document_is_signed_once() -> None:
    signed = side(CN).signer.sign(enquiry(), at=AT)
    with pytest.raises(RequestRefused) as refused:
        side(CN).signer.sign(signed, at=AT)
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE


def test_what_a_verifier_would_refuse_is_not_signed() -> None:
    assert side(CN).signer.sign(enquiry(), at=AT)
    with pytest.raises(MalformedMessage) as refused:
        side(CN).signer.sign(enquiry().replace(b"<Header>", b"<Header><!-- x -->"), at=AT)
    assert refused.value.reason is Reason.COMMENT_PRESENT


def test_a_signer_is_loaded_from_its_files(tmp_path: Path) -> None:
    key_file, certificate_file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    write_key(key_file, key=side(CN).signing_key, password=b"correct horse")
    write_certificates(certificate_file, certificates=[side(CN).certificate])

    signer = FileSigner.load(key_file, certificate_file=certificate_file, password=b"correct horse")
    assert signer.certificate == side(CN).certificate
    with pytest.raises(SetupError) as refused:
        FileSigner.load(key_file, certificate_file=certificate_file, password=b"wrong")
    assert refused.value.reason is Reason.KEY_UNUSABLE


def test_a_key_signs_under_its_own_certificate_only() -> None:
    assert side(CN).signer.certificate == side(CN).certificate
    with pytest.raises(SetupError) as refused:
        FileSigner(side(CN).signing_key, certificate=side(KZ).certificate)
    assert refused.value.reason is Reason.KEY_UNUSABLE
