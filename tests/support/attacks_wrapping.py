"""Signature wrapping: the signed content is kept somewhere, other content is put where we read.

The shapes are those published for SAML (XSW 1 to 8), carried over to an enveloped signature over
the whole document, with the variants by Id that a whole-document reference forbids.

Source: J. Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", USENIX Security 2012;
M. McIntosh, P. Austel, "XML Signature Element Wrapping Attacks and Countermeasures", 2005.
"""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from mra_gateway.errors import Reason
from mra_gateway.trust.shape import DS
from mra_gateway.wire.names import NAMESPACE, qualified
from tests.support.attacks import Scene, Table, edit, one, signature_of

TABLE = Table()


def _unsigned(root: etree._Element) -> etree._Element:
    copy = deepcopy(root)
    copy.remove(signature_of(copy))
    return copy


def _make_evil(root: etree._Element) -> None:
    """Changes what an attacker wants changed: another message id."""
    one(root, "m:Header/m:FunctionalReferenceID").text = "ffffffff-0000-4000-8000-000000000000"


def _evil(root: etree._Element) -> etree._Element:
    copy = _unsigned(root)
    _make_evil(copy)
    return copy


@TABLE.row("root-swapped", Reason.DIGEST_MISMATCH)
def root_swapped(scene: Scene) -> bytes:
    """Another root with the signature; the signed document rests inside it."""

    def change(root: etree._Element) -> etree._Element:
        evil, signature = _evil(root), signature_of(root)
        root.remove(signature)
        evil.append(root)
        evil.append(signature)
        return evil

    return edit(scene.signed, change)


@TABLE.row("root-renamed", Reason.UNKNOWN_ROOT)
def root_renamed(scene: Scene) -> bytes:
    """The same content under a root of another name."""

    def change(root: etree._Element) -> None:
        root.tag = qualified("ExchangeMessages")

    return edit(scene.signed, change)


@TABLE.row("root-of-other-namespace", Reason.UNKNOWN_ROOT)
def root_of_other_namespace(scene: Scene) -> bytes:
    """The same content in another namespace."""
    return scene.signed.replace(NAMESPACE.encode(), b"urn:mra-gateway:exchange:9.0")


@TABLE.row("root-is-signature", Reason.UNKNOWN_ROOT)
def root_is_signature(scene: Scene) -> bytes:
    """The signature as root, the document enveloped in it."""

    def change(root: etree._Element) -> etree._Element:
        signature = signature_of(root)
        root.remove(signature)
        etree.SubElement(signature, f"{{{DS}}}Object").append(root)
        return signature

    return edit(scene.signed, change)


@TABLE.row("signature-moved-first", Reason.SIGNATURE_MISPLACED)
def signature_moved_first(scene: Scene) -> bytes:
    """The signature moved before the body."""

    def change(root: etree._Element) -> None:
        root.insert(1, signature_of(root))

    return edit(scene.signed, change)


@TABLE.row("signature-moved-inside", Reason.SIGNATURE_MISPLACED)
def signature_moved_inside(scene: Scene) -> bytes:
    """The signature moved into the body."""

    def change(root: etree._Element) -> None:
        root[1].append(signature_of(root))

    return edit(scene.signed, change)


@TABLE.row("text-after-signature", Reason.SIGNATURE_MISPLACED)
def text_after_signature(scene: Scene) -> bytes:
    """Text after the signature, inside the root."""

    def change(root: etree._Element) -> None:
        signature_of(root).tail = "valid"

    return edit(scene.signed, change)


@TABLE.row("xsw-1", Reason.SIGNATURE_CONTENT)
def xsw_1(scene: Scene) -> bytes:
    """XSW 1: changed document; the original is appended inside the signature."""

    def change(root: etree._Element) -> None:
        signature_of(root).append(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("xsw-2", Reason.DIGEST_MISMATCH)
def xsw_2(scene: Scene) -> bytes:
    """XSW 2: changed document; the original stands before the signature, as its sibling."""

    def change(root: etree._Element) -> None:
        signature_of(root).addprevious(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("xsw-3", Reason.DIGEST_MISMATCH)
def xsw_3(scene: Scene) -> bytes:
    """XSW 3: a changed body before the original body."""

    def change(root: etree._Element) -> None:
        decoy = deepcopy(root[1])
        etree.SubElement(decoy, qualified("Extension"))
        root.insert(1, decoy)

    return edit(scene.signed, change)


@TABLE.row("xsw-4", Reason.DIGEST_MISMATCH)
def xsw_4(scene: Scene) -> bytes:
    """XSW 4: the original body as child of a changed one."""

    def change(root: etree._Element) -> None:
        body = root[1]
        decoy = deepcopy(body)
        root.replace(body, decoy)
        decoy.append(body)

    return edit(scene.signed, change)


@TABLE.row("xsw-5", Reason.SIGNATURE_MISPLACED)
def xsw_5(scene: Scene) -> bytes:
    """XSW 5: changed document; the original is appended after the signature."""

    def change(root: etree._Element) -> None:
        root.append(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("xsw-6", Reason.KEY_INFO_NOT_ALLOWED)
def xsw_6(scene: Scene) -> bytes:
    """XSW 6: changed document; the original hides inside the signature's KeyInfo."""

    def change(root: etree._Element) -> None:
        one(root, "ds:Signature/ds:KeyInfo").append(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("xsw-7", Reason.DIGEST_MISMATCH)
def xsw_7(scene: Scene) -> bytes:
    """XSW 7: the original in the lax extension point of a changed document."""

    def change(root: etree._Element) -> None:
        extension = etree.Element(qualified("Extension"))
        extension.append(_unsigned(root))
        signature_of(root).addprevious(extension)
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("xsw-8-object-wrapped", Reason.SIGNATURE_CONTENT)
def xsw_8_object_wrapped(scene: Scene) -> bytes:
    """XSW 8: changed document; the original in an Object of the signature."""

    def change(root: etree._Element) -> None:
        etree.SubElement(signature_of(root), f"{{{DS}}}Object").append(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("original-in-signed-object", Reason.SIGNATURE_CONTENT)
def original_in_signed_object(scene: Scene) -> bytes:
    """Changed document; the original beside the signed properties, in their Object."""

    def change(root: etree._Element) -> None:
        one(root, "ds:Signature/ds:Object").append(_unsigned(root))
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("decoy-header", Reason.DIGEST_MISMATCH)
def decoy_header(scene: Scene) -> bytes:
    """A second header before the signed one."""

    def change(root: etree._Element) -> None:
        root.insert(0, deepcopy(root[0]))

    return edit(scene.signed, change)


@TABLE.row("decoy-header-other-namespace", Reason.UNKNOWN_ROOT)
def decoy_header_other_namespace(scene: Scene) -> bytes:
    """A header of the same local name in another namespace before the signed one."""

    def change(root: etree._Element) -> None:
        root.insert(0, etree.Element("{urn:evil}Header"))

    return edit(scene.signed, change)


@TABLE.row("signed-document-nested", Reason.SIGNATURE_MISPLACED)
def signed_document_nested(scene: Scene) -> bytes:
    """The whole signed document, signature included, inside a changed one."""

    def change(root: etree._Element) -> etree._Element:
        evil = _evil(root)
        evil.append(root)
        return evil

    return edit(scene.signed, change)


@TABLE.row("signed-document-nested-and-signed", Reason.SIGNATURE_MORE_THAN_ONE)
def signed_document_nested_and_signed(scene: Scene) -> bytes:
    """The whole signed document inside a changed one that another partner signed."""

    def change(root: etree._Element) -> etree._Element:
        evil = etree.fromstring(scene.other.signer.sign(etree.tostring(_evil(root)), at=scene.at))
        evil.insert(2, root)
        return evil

    return edit(scene.signed, change)


@TABLE.row("two-signatures", Reason.SIGNATURE_MORE_THAN_ONE)
def two_signatures(scene: Scene) -> bytes:
    """The same signature twice."""

    def change(root: etree._Element) -> None:
        root.append(deepcopy(signature_of(root)))

    return edit(scene.signed, change)


@TABLE.row("signature-in-signature", Reason.SIGNATURE_MORE_THAN_ONE)
def signature_in_signature(scene: Scene) -> bytes:
    """A second signature in the Object of the first."""

    def change(root: etree._Element) -> None:
        inner = deepcopy(signature_of(root))
        one(root, "ds:Signature/ds:Object").append(inner)

    return edit(scene.signed, change)


@TABLE.row("reference-by-id-evil-twin", Reason.ID_OUTSIDE_SIGNATURE)
def reference_by_id_evil_twin(scene: Scene) -> bytes:
    """The original kept under an Id the reference is bent to; a changed document is read."""

    def change(root: etree._Element) -> None:
        original = _unsigned(root)
        original.set("Id", "original")
        one(root, "ds:Signature/ds:SignedInfo/ds:Reference").set("URI", "#original")
        signature_of(root).addprevious(original)
        _make_evil(root)

    return edit(scene.signed, change)


@TABLE.row("id-on-root", Reason.ID_OUTSIDE_SIGNATURE)
def id_on_root(scene: Scene) -> bytes:
    """An Id on the root."""

    def change(root: etree._Element) -> None:
        root.set("Id", "root")

    return edit(scene.signed, change)


@TABLE.row("id-in-body", Reason.ID_OUTSIDE_SIGNATURE)
def id_in_body(scene: Scene) -> bytes:
    """An xml:id in the body, the same as one of the signature's."""

    def change(root: etree._Element) -> None:
        own = one(root, "ds:Signature/ds:KeyInfo").get("Id", "")
        root[1].set("{http://www.w3.org/XML/1998/namespace}id", own)

    return edit(scene.signed, change)
