"""Attacks on the signature's own content: algorithms, references, transforms, keys, properties."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod

from mra_gateway.errors import Reason
from mra_gateway.trust.keys import KeyKind, PrivateKey
from mra_gateway.trust.shape import C14N_1_0, DS, SHA384, XADES
from mra_gateway.wire.names import qualified
from tests.support.attacks import Scene, Table, edit, one, signature_of
from tests.support.forging import sign_outside_profile
from tests.support.pki import key

TABLE = Table()
XML = "http://www.w3.org/XML/1998/namespace"
SIGNED_INFO = "ds:Signature/ds:SignedInfo"
REFERENCE = f"{SIGNED_INFO}/ds:Reference"
Change = Callable[[etree._Element], None]


def _edit(change: Change, scene: Scene) -> bytes:
    return edit(scene.signed, change)


def _set(path: str, name: str, value: str) -> Change:
    def change(root: etree._Element) -> None:
        one(root, path).set(name, value)

    return change


def _append(path: str, xml: str) -> Change:
    def change(root: etree._Element) -> None:
        wrapped = etree.fromstring(f'<w xmlns:ds="{DS}" xmlns:xades="{XADES}">{xml}</w>')
        one(root, path).extend(list(wrapped))

    return change


def _drop(path: str) -> Change:
    def change(root: etree._Element) -> None:
        found = one(root, path)
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)

    return change


def signed_otherwise(
    scene: Scene, *, private_key: PrivateKey | None = None, certificate: Any = None, **profile: Any
) -> bytes:
    """Returns the document signed by the sender's own hand, outside the profile."""
    return sign_outside_profile(
        scene.document,
        private_key=private_key or scene.sender.signing_key,
        certificate=certificate or scene.sender.certificate,
        at=scene.at,
        **profile,
    )


@TABLE.row("not-signed", Reason.SIGNATURE_MISSING)
def not_signed(scene: Scene) -> bytes:
    """The genuine document without its signature."""
    return scene.document


# algorithms named, the signature unchanged

for _name, _uri in (
    ("rsa-sha1", f"{DS}rsa-sha1"),
    ("ecdsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"),
    ("dsa-sha1", f"{DS}dsa-sha1"),
    ("hmac-sha256", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    ("rsa-pss", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"),
    ("ecdsa-sha512", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
    ("unknown", "urn:none"),
):
    TABLE.add(
        f"signature-method-{_name}",
        Reason.ALGORITHM_NOT_ALLOWED,
        f"The signature method replaced by {_name}.",
        partial(_edit, _set(f"{SIGNED_INFO}/ds:SignatureMethod", "Algorithm", _uri)),
    )
for _name, _uri in (
    ("sha1", f"{DS}sha1"),
    ("md5", "http://www.w3.org/2001/04/xmldsig-more#md5"),
    ("sha384-with-p256", SHA384),
):
    TABLE.add(
        f"digest-{_name}",
        Reason.ALGORITHM_NOT_ALLOWED,
        f"A digest method replaced by {_name}.",
        partial(_edit, _set(f"{REFERENCE}/ds:DigestMethod", "Algorithm", _uri)),
    )
for _name, _uri in (
    ("exclusive", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    ("with-comments", f"{C14N_1_0}#WithComments"),
    ("1.1", "http://www.w3.org/2006/12/xml-c14n11"),
):
    TABLE.add(
        f"canonicalisation-{_name}",
        Reason.ALGORITHM_NOT_ALLOWED,
        f"Canonicalisation of SignedInfo replaced: {_name}.",
        partial(_edit, _set(f"{SIGNED_INFO}/ds:CanonicalizationMethod", "Algorithm", _uri)),
    )
TABLE.add(
    "hmac-output-length",
    Reason.ALGORITHM_NOT_ALLOWED,
    "A parameter that cuts the signature value short (CVE-2009-0217).",
    partial(
        _edit,
        _append(
            f"{SIGNED_INFO}/ds:SignatureMethod", "<ds:HMACOutputLength>0</ds:HMACOutputLength>"
        ),
    ),
)


@TABLE.row("signed-with-exclusive-canonicalisation", Reason.ALGORITHM_NOT_ALLOWED)
def signed_with_exclusive(scene: Scene) -> bytes:
    """A genuine signature by the right key with exclusive canonicalisation."""
    method = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
    return signed_otherwise(scene, c14n_algorithm=method)


@TABLE.row("signed-with-rsa-pss", Reason.ALGORITHM_NOT_ALLOWED)
def signed_with_rsa_pss(scene: Scene) -> bytes:
    """A genuine signature under the right anchor with RSA-PSS."""
    rsa_key = key("RSA of the sender", KeyKind.RSA3072)
    return signed_otherwise(
        scene,
        private_key=rsa_key,
        certificate=scene.sender.issue(private_key=rsa_key),
        signature_algorithm=SignatureMethod.SHA256_RSA_MGF1,
    )


@TABLE.row("method-of-other-key-kind", Reason.ALGORITHM_NOT_ALLOWED)
def method_of_other_key_kind(scene: Scene) -> bytes:
    """An allowed RSA method named over an elliptic-curve key."""
    rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    return _edit(_set(f"{SIGNED_INFO}/ds:SignatureMethod", "Algorithm", rsa_sha256), scene)


@TABLE.row("signed-with-p256-sha384", Reason.ALGORITHM_NOT_ALLOWED)
def signed_with_p256_sha384(scene: Scene) -> bytes:
    """A genuine signature by the right P-256 key with SHA-384, which belongs to P-384."""
    return signed_otherwise(
        scene,
        signature_algorithm=SignatureMethod.ECDSA_SHA384,
        digest_algorithm=DigestAlgorithm.SHA384,
    )


# references

for _name, _uri in (
    ("remote", "http://127.0.0.1:9/evil.xml"),
    ("file", "file:///etc/hostname"),
    ("by-id", "#somewhere"),
    ("xpointer", "#xpointer(/)"),
):
    TABLE.add(
        f"reference-{_name}",
        Reason.REFERENCE_NOT_ALLOWED,
        f"The reference to the document replaced by {_uri!r}.",
        partial(_edit, _set(REFERENCE, "URI", _uri)),
    )


@TABLE.row("reference-to-key-info-twice", Reason.REFERENCE_NOT_ALLOWED)
def reference_to_key_info_twice(scene: Scene) -> bytes:
    """The reference to the document bent to KeyInfo, so that nothing covers the document."""

    def change(root: etree._Element) -> None:
        one(root, REFERENCE).set("URI", "#" + one(root, "ds:Signature/ds:KeyInfo").get("Id", ""))

    return _edit(change, scene)


@TABLE.row("reference-without-uri", Reason.REFERENCE_NOT_ALLOWED)
def reference_without_uri(scene: Scene) -> bytes:
    """A reference that names nothing, left to the application to guess."""

    def change(root: etree._Element) -> None:
        del one(root, REFERENCE).attrib["URI"]

    return _edit(change, scene)


TABLE.add(
    "reference-dropped",
    Reason.REFERENCE_NOT_ALLOWED,
    "The reference to the document removed.",
    partial(_edit, _drop(REFERENCE)),
)


@TABLE.row("reference-added", Reason.REFERENCE_NOT_ALLOWED)
def reference_added(scene: Scene) -> bytes:
    """A fourth reference."""

    def change(root: etree._Element) -> None:
        info = one(root, SIGNED_INFO)
        info.append(deepcopy(info[-1]))

    return _edit(change, scene)


@TABLE.row("references-swapped", Reason.REFERENCE_NOT_ALLOWED)
def references_swapped(scene: Scene) -> bytes:
    """The references in another order."""

    def change(root: etree._Element) -> None:
        info = one(root, SIGNED_INFO)
        info.append(info[2])

    return _edit(change, scene)


# transforms

for _name, _transform in (
    (
        "xslt",
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">'
        '<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'
        "</ds:Transform>",
    ),
    (
        "xpath",
        '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
        "<ds:XPath>not(ancestor-or-self::Extension)</ds:XPath></ds:Transform>",
    ),
    (
        "xpath-filter-2",
        '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2">'
        '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">/</f:XPath>'
        "</ds:Transform>",
    ),
    ("base64", f'<ds:Transform Algorithm="{DS}base64"/>'),
    ("exclusive", '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'),
    ("canonical-twice", f'<ds:Transform Algorithm="{C14N_1_0}"/>'),
):
    TABLE.add(
        f"transform-{_name}",
        Reason.TRANSFORM_NOT_ALLOWED,
        f"A transform added to the reference to the document: {_name}.",
        partial(_edit, _append(f"{REFERENCE}/ds:Transforms", _transform)),
    )
TABLE.add(
    "transform-dropped",
    Reason.TRANSFORM_NOT_ALLOWED,
    "The canonicalisation transform removed.",
    partial(_edit, _drop(f"{REFERENCE}/ds:Transforms/ds:Transform[2]")),
)


@TABLE.row("transform-on-signed-properties", Reason.TRANSFORM_NOT_ALLOWED)
def transform_on_signed_properties(scene: Scene) -> bytes:
    """A transform added to the reference to the signed properties."""

    def change(root: etree._Element) -> None:
        transforms = etree.Element(f"{{{DS}}}Transforms")
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=C14N_1_0)
        one(root, f"{REFERENCE}[2]").insert(0, transforms)

    return _edit(change, scene)


# KeyInfo


@TABLE.row("key-value-only", Reason.KEY_INFO_NOT_ALLOWED)
def key_value_only(scene: Scene) -> bytes:
    """A bare key instead of the certificate."""

    def change(root: etree._Element) -> None:
        key_info = one(root, "ds:Signature/ds:KeyInfo")
        key_info.remove(key_info[0])
        point = scene.sender.signing_key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        value = etree.SubElement(key_info, "{http://www.w3.org/2009/xmldsig11#}DEREncodedKeyValue")
        value.text = base64.b64encode(point).decode()

    return _edit(change, scene)


@TABLE.row("second-certificate", Reason.KEY_INFO_NOT_ALLOWED)
def second_certificate(scene: Scene) -> bytes:
    """A second certificate beside the signer's."""

    def change(root: etree._Element) -> None:
        data = one(root, "ds:Signature/ds:KeyInfo/ds:X509Data")
        data.insert(0, deepcopy(data[0]))

    return _edit(change, scene)


for _name, _xml in (
    ("key-name", "<ds:KeyName>CN</ds:KeyName>"),
    ("retrieval-method", '<ds:RetrievalMethod URI="http://127.0.0.1:9/key"/>'),
    ("key-value", "<ds:KeyValue/>"),
):
    TABLE.add(
        f"{_name}-added",
        Reason.KEY_INFO_NOT_ALLOWED,
        f"KeyInfo with a {_name.replace('-', ' ')} beside the certificate.",
        partial(_edit, _append("ds:Signature/ds:KeyInfo", _xml)),
    )


# properties and other content

TABLE.add(
    "unsigned-properties",
    Reason.UNSIGNED_PROPERTIES_PRESENT,
    "Unsigned properties added after signing.",
    partial(
        _edit,
        _append(
            "ds:Signature/ds:Object/xades:QualifyingProperties",
            "<xades:UnsignedProperties><xades:UnsignedSignatureProperties/>"
            "</xades:UnsignedProperties>",
        ),
    ),
)
TABLE.add(
    "unsigned-properties-elsewhere",
    Reason.UNSIGNED_PROPERTIES_PRESENT,
    "Unsigned properties beside the signed ones, in a second QualifyingProperties.",
    partial(
        _edit,
        _append(
            "ds:Signature/ds:Object",
            "<xades:QualifyingProperties><xades:UnsignedProperties/></xades:QualifyingProperties>",
        ),
    ),
)
TABLE.add(
    "manifest",
    Reason.SIGNATURE_CONTENT,
    "A manifest in a second Object, whose references nobody would check.",
    partial(_edit, _append("ds:Signature", "<ds:Object><ds:Manifest/></ds:Object>")),
)
TABLE.add(
    "unknown-attribute-in-signature",
    Reason.SIGNATURE_CONTENT,
    "An attribute the profile does not know on the signature.",
    partial(_edit, _set("ds:Signature", "Encoding", "x")),
)
TABLE.add(
    "xml-base-in-signature",
    Reason.SIGNATURE_CONTENT,
    "An xml:base in the signature, which one canonical form hands down and another does not.",
    partial(_edit, _set("ds:Signature", f"{{{XML}}}base", "http://127.0.0.1:9/")),
)
TABLE.add(
    "object-of-other-signature",
    Reason.SIGNATURE_CONTENT,
    "Qualifying properties that name another signature.",
    partial(
        _edit,
        _set("ds:Signature/ds:Object/xades:QualifyingProperties", "Target", "#another"),
    ),
)
for _name in ("base", "lang", "space"):
    TABLE.add(
        f"xml-{_name}-on-root",
        Reason.XML_ATTRIBUTE_ON_ROOT,
        f"An xml:{_name} on the root.",
        partial(_edit, _set(".", f"{{{XML}}}{_name}", "preserve")),
    )


@TABLE.row("relative-namespace", Reason.NAMESPACE_RELATIVE)
def relative_namespace(scene: Scene) -> bytes:
    """A relative namespace, which has no canonical form."""
    return scene.signed.replace(b"<Header>", b'<Header xmlns:r="relative">')


@TABLE.row("id-twice-in-signature", Reason.ID_NOT_UNIQUE)
def id_twice_in_signature(scene: Scene) -> bytes:
    """SignedProperties and SignedInfo under one Id."""

    def change(root: etree._Element) -> None:
        path = "ds:Signature/ds:Object/xades:QualifyingProperties/xades:SignedProperties"
        one(root, SIGNED_INFO).set("Id", one(root, path).get("Id", ""))

    return _edit(change, scene)


_SIGNATURE_PROPERTIES = (
    "ds:Signature/ds:Object/xades:QualifyingProperties/xades:SignedProperties/"
    "xades:SignedSignatureProperties"
)
for _name in ("SigningTime", "SigningCertificateV2"):
    TABLE.add(
        f"no-{_name.lower()}",
        Reason.SIGNED_PROPERTIES_NOT_ALLOWED,
        f"Signed properties without {_name}.",
        partial(_edit, _drop(f"{_SIGNATURE_PROPERTIES}/xades:{_name}")),
    )


def _set_text(path: str, text: str) -> Change:
    def change(root: etree._Element) -> None:
        one(root, path).text = text

    return change


for _name, _text in (
    ("without-zone", "2026-03-02T09:00:00"),
    ("not-a-moment", "yesterday"),
    ("beyond-the-calendar", "9999-12-31T23:59:59-14:00"),
):
    TABLE.add(
        f"signing-time-{_name}",
        Reason.SIGNED_PROPERTIES_NOT_ALLOWED,
        f"A signing time {_name.replace('-', ' ')}.",
        partial(_edit, _set_text(f"{_SIGNATURE_PROPERTIES}/xades:SigningTime", _text)),
    )


# values


@TABLE.row("character-changed", Reason.DIGEST_MISMATCH)
def character_changed(scene: Scene) -> bytes:
    """One character of the message id changed."""

    def change(root: etree._Element) -> None:
        field = one(root, "m:Header/m:FunctionalReferenceID")
        text = field.text or ""
        field.text = ("e" if text[0] != "e" else "f") + text[1:]

    return edit(scene.signed, change)


@TABLE.row("white-space-added", Reason.DIGEST_MISMATCH)
def white_space_added(scene: Scene) -> bytes:
    """A line break added between header and body."""

    def change(root: etree._Element) -> None:
        root[0].tail = "\n"

    return edit(scene.signed, change)


@TABLE.row("extension-added", Reason.DIGEST_MISMATCH)
def extension_added(scene: Scene) -> bytes:
    """Content added at the lax extension point."""

    def change(root: etree._Element) -> None:
        signature_of(root).addprevious(etree.Element(qualified("Extension")))

    return edit(scene.signed, change)


@TABLE.row("digest-recomputed", Reason.SIGNATURE_INVALID)
def digest_recomputed(scene: Scene) -> bytes:
    """The document changed and its digest recomputed, by somebody without the key."""

    def change(root: etree._Element) -> None:
        field = one(root, "m:Header/m:FunctionalReferenceID")
        field.text = "ffffffff-0000-4000-8000-000000000000"
        bare = deepcopy(root)
        bare.remove(signature_of(bare))
        digest = hashlib.sha256(etree.tostring(bare, method="c14n")).digest()
        one(root, f"{REFERENCE}/ds:DigestValue").text = base64.b64encode(digest).decode()

    return edit(scene.signed, change)


@TABLE.row("signing-time-changed", Reason.DIGEST_MISMATCH)
def signing_time_changed(scene: Scene) -> bytes:
    """Another signing time in the signed properties."""
    return _edit(
        _set_text(f"{_SIGNATURE_PROPERTIES}/xades:SigningTime", "2026-03-01T00:00:00Z"), scene
    )


@TABLE.row("signature-of-other-message", Reason.DIGEST_MISMATCH)
def signature_of_other_message(scene: Scene) -> bytes:
    """The genuine signature of another message of the same sender."""

    def change(root: etree._Element) -> None:
        one(root, "m:Header/m:EpochNumeric").text = "7"

    document = edit(scene.document, change)
    foreign = etree.fromstring(scene.sender.signer.sign(document, at=scene.at))

    def exchange(root: etree._Element) -> None:
        root.replace(signature_of(root), signature_of(foreign))

    return edit(scene.signed, exchange)


for _name, _length, _what in (
    ("zero", 64, "A signature value of zeros (as CVE-2022-21449)."),
    ("short", 63, "A signature value one byte short."),
    ("empty", 0, "No signature value."),
):
    TABLE.add(
        f"signature-value-{_name}",
        Reason.SIGNATURE_INVALID,
        _what,
        partial(
            _edit,
            _set_text("ds:Signature/ds:SignatureValue", base64.b64encode(bytes(_length)).decode()),
        ),
    )
