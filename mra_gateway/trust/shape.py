"""The shape of the signature: one profile, judged on our tree before any cryptography runs.

Every rule has its own reason code. What is not written down here is refused, so that a document
cannot mean one thing to the code that verifies and another to the code that reads. Encoding, byte
order mark, DOCTYPE, comments and processing instructions are refused earlier, by `wire/xml.py`.
The arithmetic follows in `trust/profile.py`.

The rules, in the order they are judged:

1. No `xml:*` attribute on the root; no relative namespace URI.
2. Exactly one Signature in the document, the last child of the root, with nothing after it.
3. No Id outside the Signature.
4. Signature holds SignedInfo, SignatureValue, KeyInfo, Object, in this order; KeyInfo holds one
   X509Certificate and nothing else; Object holds the SignedProperties only; no UnsignedProperties;
   signing time and signing certificate are named once.
5. Ids are unique.
6. Algorithms: Canonical XML 1.0; the signature methods below, each with its own digest.
7. Three references: `""`, SignedProperties, KeyInfo. Transforms: enveloped signature, then
   Canonical XML 1.0, on the first; none on the others.
8. No attribute in the Signature that the profile does not know.

Source: XML Signature Syntax and Processing 1.1; ETSI EN 319 132-1 (XAdES baseline B); W3C XML
Signature Best Practices, 2.1 to 3.3.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from lxml import etree

from mra_gateway.errors import MessageRejected, Reason

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XML = "http://www.w3.org/XML/1998/namespace"

C14N_1_0 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED = f"{DS}enveloped-signature"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

DIGEST_OF_METHOD: Mapping[str, str] = MappingProxyType(
    {ECDSA_SHA256: SHA256, ECDSA_SHA384: SHA384, RSA_SHA256: SHA256}
)
"""The signature methods taken, each with the one digest it goes with."""

SIGNATURE = f"{{{DS}}}Signature"
_SIGNED_INFO = f"{{{DS}}}SignedInfo"
_SIGNATURE_VALUE = f"{{{DS}}}SignatureValue"
_KEY_INFO = f"{{{DS}}}KeyInfo"
_OBJECT = f"{{{DS}}}Object"
_C14N_METHOD = f"{{{DS}}}CanonicalizationMethod"
_SIGNATURE_METHOD = f"{{{DS}}}SignatureMethod"
_REFERENCE = f"{{{DS}}}Reference"
_TRANSFORMS = f"{{{DS}}}Transforms"
_TRANSFORM = f"{{{DS}}}Transform"
_DIGEST_METHOD = f"{{{DS}}}DigestMethod"
_DIGEST_VALUE = f"{{{DS}}}DigestValue"
_X509_DATA = f"{{{DS}}}X509Data"
_X509_CERTIFICATE = f"{{{DS}}}X509Certificate"
_QUALIFYING_PROPERTIES = f"{{{XADES}}}QualifyingProperties"
_SIGNED_PROPERTIES = f"{{{XADES}}}SignedProperties"
_SIGNATURE_PROPERTIES = f"{{{XADES}}}SignedSignatureProperties"
_DATA_OBJECT_PROPERTIES = f"{{{XADES}}}SignedDataObjectProperties"
_UNSIGNED_PROPERTIES = f"{{{XADES}}}UnsignedProperties"
SIGNING_TIME = f"{{{XADES}}}SigningTime"
_SIGNING_CERTIFICATE = f"{{{XADES}}}SigningCertificateV2"

_ID_OUTSIDE_SIGNATURE = etree.XPath(
    "boolean(//@*[translate(local-name(), 'DI', 'di') = 'id'][not(ancestor::ds:Signature)])",
    namespaces={"ds": DS},
)
_ATTRIBUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        SIGNATURE: frozenset({"Id"}),
        _SIGNED_INFO: frozenset({"Id"}),
        _SIGNATURE_VALUE: frozenset({"Id"}),
        _KEY_INFO: frozenset({"Id"}),
        _OBJECT: frozenset({"Id"}),
        _C14N_METHOD: frozenset({"Algorithm"}),
        _SIGNATURE_METHOD: frozenset({"Algorithm"}),
        _REFERENCE: frozenset({"Id", "URI", "Type"}),
        _TRANSFORM: frozenset({"Algorithm"}),
        _DIGEST_METHOD: frozenset({"Algorithm"}),
        _QUALIFYING_PROPERTIES: frozenset({"Id", "Target"}),
        _SIGNED_PROPERTIES: frozenset({"Id"}),
        _SIGNATURE_PROPERTIES: frozenset({"Id"}),
        _DATA_OBJECT_PROPERTIES: frozenset({"Id"}),
        f"{{{XADES}}}DataObjectFormat": frozenset({"ObjectReference"}),
    }
)


@dataclass(frozen=True)
class SignatureShape:
    """What the shape of a signature leaves to be judged.

    Attributes:
        element: The one Signature, last child of the root.
        method: URI of the signature method.
        certificate: DER of the one certificate in KeyInfo: it chooses nothing, it is judged.
        signed_at: The claimed signing time.
    """

    element: etree._Element
    method: str
    certificate: bytes
    signed_at: datetime


def check_shape(root: etree._Element) -> SignatureShape:
    """Returns the parts of the one signature of a document that has the profile's shape.

    Args:
        root: The root as `wire.xml.parse` returned it.

    Raises:
        MessageRejected: The first rule that is broken, with its own reason code.
    """
    _check_root(root)
    signature = _get_signature(root)
    if _ID_OUTSIDE_SIGNATURE(root):
        raise _refuse(Reason.ID_OUTSIDE_SIGNATURE, "an Id attribute stands outside the signature")
    signed_info, _, key_info, holder = _get_children(
        signature, [_SIGNED_INFO, _SIGNATURE_VALUE, _KEY_INFO, _OBJECT], Reason.SIGNATURE_CONTENT
    )
    certificate = _get_certificate(key_info)
    properties = _get_signed_properties(holder, signature)
    signed_at = _get_signing_time(properties)
    _check_ids_unique(signature)
    c14n_method, signature_method, *references = _get_signed_info(signed_info)
    method = _check_algorithms(c14n_method, signature_method, references)
    _check_references(references, properties, key_info)
    _check_attributes(signature)
    return SignatureShape(signature, method, certificate, signed_at)


def is_of_whole(transforms: etree._Element | None) -> bool:
    """Says whether transforms are those the profile fixes for the document as a whole."""
    return transforms is not None and [_algorithm(one) for one in transforms] == [
        ENVELOPED,
        C14N_1_0,
    ]


def without_signature(root: etree._Element) -> None:
    """Takes the Signature out of a tree whose shape was judged; the white space after it stays.

    Raises:
        MessageRejected: There is not exactly one Signature as the last child.
    """
    signature = _get_signature(root)
    before, tail = signature.getprevious(), signature.tail or ""
    root.remove(signature)
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        root.text = (root.text or "") + tail


def _refuse(reason: Reason, text: str, element: etree._Element | None = None) -> MessageRejected:
    where = f"line {element.sourceline}" if element is not None else None
    return MessageRejected(text, reason=reason, where=where)


def _check_root(root: etree._Element) -> None:
    if any(str(name).startswith(f"{{{XML}}}") for name in root.attrib):
        raise _refuse(Reason.XML_ATTRIBUTE_ON_ROOT, "an xml:* attribute stands on the root", root)
    for _, (_, uri) in etree.iterwalk(root, events=("start-ns",)):
        if uri and ":" not in uri:
            raise _refuse(Reason.NAMESPACE_RELATIVE, f"namespace {uri[:60]!r} is relative")


def _get_signature(root: etree._Element) -> etree._Element:
    found = list(root.iter(SIGNATURE))
    if not found:
        raise _refuse(Reason.SIGNATURE_MISSING, "the document is not signed")
    if len(found) > 1:
        raise _refuse(Reason.SIGNATURE_MORE_THAN_ONE, f"{len(found)} signatures; one is taken")
    signature = found[0]
    if signature.getparent() is not root:
        raise _refuse(Reason.SIGNATURE_MISPLACED, "the signature is not a child of the root")
    if signature.getnext() is not None or (signature.tail or "").strip():
        raise _refuse(Reason.SIGNATURE_MISPLACED, "the signature is not the last child", signature)
    return signature


def _check_attributes(signature: etree._Element) -> None:
    for element in signature.iter():
        allowed = _ATTRIBUTES.get(str(element.tag), frozenset())
        if not allowed.issuperset(str(name) for name in element.attrib):
            raise _refuse(
                Reason.SIGNATURE_CONTENT, "an attribute in the signature is not taken", element
            )


def _get_children(
    parent: etree._Element, tags: Sequence[str], reason: Reason
) -> list[etree._Element]:
    """Returns the children when they are exactly these, in this order, with no text between."""
    children = list(parent)
    if [child.tag for child in children] != list(tags):
        raise _refuse(
            reason, f"{_name(parent)} does not hold exactly what the profile says", parent
        )
    if any((text or "").strip() for text in [parent.text, *(child.tail for child in children)]):
        raise _refuse(reason, f"{_name(parent)} holds text beside its elements", parent)
    return children


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname[:40]


def _get_certificate(key_info: etree._Element) -> bytes:
    reason = Reason.KEY_INFO_NOT_ALLOWED
    (data,) = _get_children(key_info, [_X509_DATA], reason)
    (certificate,) = _get_children(data, [_X509_CERTIFICATE], reason)
    if len(certificate):
        raise _refuse(reason, "X509Certificate holds an element", certificate)
    try:
        return base64.b64decode("".join((certificate.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise _refuse(reason, "X509Certificate is not base64", certificate) from None


def _get_signed_properties(holder: etree._Element, signature: etree._Element) -> etree._Element:
    if next(holder.iter(_UNSIGNED_PROPERTIES), None) is not None:
        raise _refuse(Reason.UNSIGNED_PROPERTIES_PRESENT, "unsigned properties are not taken")
    reason = Reason.SIGNATURE_CONTENT
    (qualifying,) = _get_children(holder, [_QUALIFYING_PROPERTIES], reason)
    (properties,) = _get_children(qualifying, [_SIGNED_PROPERTIES], reason)
    target = signature.get("Id")
    if not target or qualifying.get("Target") != f"#{target}":
        raise _refuse(reason, "QualifyingProperties names another signature", qualifying)
    return properties


def _get_signing_time(properties: etree._Element) -> datetime:
    """Returns the claimed signing time; time and certificate must both be named, once."""
    reason = Reason.SIGNED_PROPERTIES_NOT_ALLOWED
    times = list(properties.iter(SIGNING_TIME))
    certificates = list(properties.iter(_SIGNING_CERTIFICATE))
    if len(times) != 1 or len(certificates) != 1:
        raise _refuse(reason, "SigningTime and SigningCertificateV2 must each stand once")
    try:
        signed_at = datetime.fromisoformat((times[0].text or "").strip())
        if signed_at.tzinfo is None:
            raise _refuse(reason, "SigningTime has no time zone", times[0])
        return signed_at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse(reason, "SigningTime is not a moment", times[0]) from None


def _check_ids_unique(signature: etree._Element) -> None:
    ids = [element.get("Id") for element in signature.iter() if "Id" in element.attrib]
    if len(set(ids)) != len(ids):
        raise _refuse(Reason.ID_NOT_UNIQUE, "an Id stands twice in the signature", signature)


def _get_signed_info(signed_info: etree._Element) -> list[etree._Element]:
    children = list(signed_info)
    count = max(len(children) - 2, 0)
    tags = [_C14N_METHOD, _SIGNATURE_METHOD, *[_REFERENCE] * count]
    _get_children(signed_info, tags, Reason.SIGNATURE_CONTENT)
    if count != 3:
        raise _refuse(Reason.REFERENCE_NOT_ALLOWED, f"{count} references; 3 are taken")
    return children


def _check_algorithms(
    c14n_method: etree._Element, signature_method: etree._Element, references: list[etree._Element]
) -> str:
    method = signature_method.get("Algorithm", "")
    if _algorithm(c14n_method) != C14N_1_0:
        raise _not_allowed(c14n_method)
    if _algorithm(signature_method) not in DIGEST_OF_METHOD:
        raise _not_allowed(signature_method)
    for reference in references:
        for digest_method in reference.iter(_DIGEST_METHOD):
            if _algorithm(digest_method) != DIGEST_OF_METHOD[method]:
                raise _not_allowed(digest_method)
    return method


def _algorithm(element: etree._Element) -> str:
    """Returns the algorithm an element names, nothing when it carries a parameter besides."""
    has_parameter = len(element) or (element.text or "").strip()
    return "" if has_parameter else element.get("Algorithm", "")


def _not_allowed(element: etree._Element) -> MessageRejected:
    named = element.get("Algorithm", "")[:100]
    return _refuse(
        Reason.ALGORITHM_NOT_ALLOWED, f"{_name(element)} {named!r} is not in the profile", element
    )


def _check_references(
    references: list[etree._Element], properties: etree._Element, key_info: etree._Element
) -> None:
    expected: list[tuple[str, str | None]] = [
        ("", None),
        (_target(properties), SIGNED_PROPERTIES_TYPE),
        (_target(key_info), None),
    ]
    for reference, (uri, kind) in zip(references, expected, strict=True):
        if (reference.get("URI"), reference.get("Type")) != (uri, kind):
            raise _refuse(
                Reason.REFERENCE_NOT_ALLOWED,
                f"reference {reference.get('URI', '')[:60]!r} is not the one the profile fixes",
                reference,
            )
    whole, *parts = references
    _check_transforms(whole, [ENVELOPED, C14N_1_0])
    for part in parts:
        _check_transforms(part, [])


def _target(element: etree._Element) -> str:
    identity = element.get("Id")
    if not identity:
        raise _refuse(
            Reason.REFERENCE_NOT_ALLOWED, f"{_name(element)} has no Id to refer to", element
        )
    return f"#{identity}"


def _check_transforms(reference: etree._Element, algorithms: list[str]) -> None:
    found = [_algorithm(one) for one in reference.iterfind(f"{_TRANSFORMS}/{_TRANSFORM}")]
    if found != algorithms:
        raise _refuse(
            Reason.TRANSFORM_NOT_ALLOWED, "transforms differ from the profile's", reference
        )
    if algorithms:
        _get_children(reference[0], [_TRANSFORM] * len(algorithms), Reason.TRANSFORM_NOT_ALLOWED)
    tags = [*[_TRANSFORMS] * bool(algorithms), _DIGEST_METHOD, _DIGEST_VALUE]
    _get_children(reference, tags, Reason.SIGNATURE_CONTENT)
