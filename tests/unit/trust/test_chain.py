"""Paths that must not be found, each with its reason, beside the one that must."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from mra_gateway.errors import MessageRejected, Reason
from mra_gateway.model.identifiers import Territory
from mra_gateway.trust.chain import MAX_CERTIFICATE_BYTES, find_path, load_leaf
from mra_gateway.trust.keys import Purpose, issue_certificate, new_anchor
from tests.support.pki import AT, CN, KZ, key, side

DAY = timedelta(days=1)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Anchor")])


def anchor_with(
    *, ca: bool = True, certifies: bool = True, constrained: bool = False
) -> x509.Certificate:
    """Returns an anchor that differs from a good one in what is asked for."""
    usage = {
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key("anchor").public_key())
        .serial_number(1)
        .not_valid_before(AT - DAY)
        .not_valid_after(AT + DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not certifies, key_cert_sign=certifies, **usage),
            critical=True,
        )
    )
    if constrained:
        names = x509.NameConstraints([x509.DNSName("customs.example")], None)
        builder = builder.add_extension(names, critical=True)
    return builder.sign(key("anchor"), hashes.SHA256())


def leaf_under(anchor: x509.Certificate) -> x509.Certificate:
    return issue_certificate(
        key("leaf").public_key(),
        purpose=Purpose.SIGNING,
        territory=Territory("CN"),
        name="Leaf",
        issuer=anchor,
        issuer_key=key("anchor"),
        not_before=AT - 2 * DAY,
        not_after=AT + 2 * DAY,
    )


def refusal(leaf: x509.Certificate, *anchors: x509.Certificate, at: timedelta = 0 * DAY) -> Reason:
    with pytest.raises(MessageRejected) as refused:
        find_path(leaf, anchors=anchors, purpose=Purpose.SIGNING, at=AT + at)
    return refused.value.reason


@pytest.mark.parametrize(
    "anchor",
    [
        pytest.param(anchor_with(ca=False), id="no-ca"),
        pytest.param(anchor_with(certifies=False), id="usage-without-certificates"),
        pytest.param(anchor_with(constrained=True), id="critical-name-constraints"),
    ],
)
def test_an_anchor_that_may_not_issue_issues_nothing(anchor: x509.Certificate) -> None:
    good = anchor_with()
    leaf = leaf_under(good)
    assert find_path(leaf, anchors=[anchor, good], purpose=Purpose.SIGNING, at=AT) == good
    assert refusal(leaf, anchor) is Reason.CERTIFICATE_UNTRUSTED


def test_no_anchor_is_no_trust() -> None:
    assert refusal(side(CN).certificate) is Reason.CERTIFICATE_UNTRUSTED
    assert refusal(side(CN).certificate, side(KZ).anchor) is Reason.CERTIFICATE_UNTRUSTED
    found = find_path(
        side(CN).certificate,
        anchors=[side(KZ).anchor, side(CN).anchor],
        purpose=Purpose.SIGNING,
        at=AT,
    )
    assert found == side(CN).anchor


def test_an_anchor_is_judged_at_the_moment_too() -> None:
    anchor = anchor_with()
    leaf = leaf_under(anchor)
    assert find_path(leaf, anchors=[anchor], purpose=Purpose.SIGNING, at=AT) == anchor
    assert refusal(leaf, anchor, at=1.5 * DAY) is Reason.CERTIFICATE_EXPIRED
    assert refusal(leaf, anchor, at=-1.5 * DAY) is Reason.CERTIFICATE_NOT_YET_VALID


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_certificate_serves_one_purpose(purpose: Purpose) -> None:
    fitting, other = (
        side(CN).issue(purpose=one) for one in sorted(Purpose, key=lambda one: one is not purpose)
    )
    anchors = [side(CN).anchor]
    assert find_path(fitting, anchors=anchors, purpose=purpose, at=AT) == anchors[0]
    with pytest.raises(MessageRejected) as refused:
        find_path(other, anchors=anchors, purpose=purpose, at=AT)
    assert refused.value.reason is Reason.CERTIFICATE_KEY_USAGE


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82" + b"x" * MAX_CERTIFICATE_BYTES])
def test_what_is_no_certificate_is_unreadable(der: bytes) -> None:
    genuine = side(CN).certificate.public_bytes(Encoding.DER)
    assert load_leaf(genuine) == side(CN).certificate
    for content in (der, genuine[:-1], genuine + b"\x00"):
        with pytest.raises(MessageRejected) as refused:
            load_leaf(content)
        assert refused.value.reason is Reason.CERTIFICATE_UNREADABLE


def test_an_anchor_of_ours_issues_end_entities_only() -> None:
    anchor = new_anchor(
        key("root"), territory=CN, name="Root", not_before=AT - DAY, not_after=AT + DAY
    )
    constraints = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints.path_length == 0
