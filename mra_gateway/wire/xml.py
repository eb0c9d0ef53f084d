"""Limits what the parser accepts: the one hardened way from bytes to an XML tree and back.

Nothing here knows a message. The shape of a signature is judged in `trust/shape.py`, the schema in
`wire/schemas.py`.

Why so strict: with entities switched off an external-entity document parses with text silently
missing, and verifiers that ignore comments read `CN123<!--x-->456` as another identifier than
`element.text` does. What cannot be written down two ways cannot be read two ways.
"""

from __future__ import annotations

import hashlib
import unicodedata

from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.identifiers import Digest

MAX_DEPTH = 24
"""Deepest nesting taken; a signed list of ours is 14 deep."""

XINCLUDE = "http://www.w3.org/2001/XInclude"
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
"""Twenty times quicker than going down from Python, which would double the time of a parse."""

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def parse(content: bytes, *, max_bytes: int) -> etree._Element:
    """Returns the root of a document that holds elements, attributes and text only.

    Args:
        content: The exact bytes.
        max_bytes: Longest document taken.

    Raises:
        MalformedMessage: Too large or too deep, not UTF-8, a byte order mark, a DOCTYPE, a comment
            or processing instruction anywhere (outside the root too), an XInclude element, text
            that is not in Normalization Form C, or not well-formed.
    """
    if len(content) > max_bytes:
        raise MalformedMessage(
            f"{len(content)} bytes; {max_bytes} are taken", reason=Reason.TOO_LARGE
        )
    text = _check_encoding(content)
    try:
        tree = etree.fromstring(content, _parser()).getroottree()
    except etree.XMLSyntaxError as error:
        reason = Reason.TOO_DEEP if "depth" in str(error).lower() else Reason.NOT_WELL_FORMED
        line, column = error.position
        raise MalformedMessage(
            "the document is not well-formed XML"
            if reason is Reason.NOT_WELL_FORMED
            else "the document is nested too deeply",
            reason=reason,
            where=f"line {line}, column {column}",
        ) from None
    _check_content(tree)
    _check_normal_form(text, tree.getroot())
    return tree.getroot()


def canonical(element: etree._Element) -> bytes:
    """Returns the canonical form of an element (Canonical XML 1.0, inclusive, no comments).

    Below the root the element is made a document of its own first, with the namespaces in scope:
    lxml 6.1 otherwise writes a wrong `xmlns=""` two levels below an inherited default namespace.
    Attributes inherited from above (`xml:lang`) are not carried down; no message of ours has any.
    """
    if element.getparent() is not None:
        element = etree.fromstring(etree.tostring(element, with_tail=False), _parser())
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def digest_of(canonical_bytes: bytes) -> Digest:
    """Returns the SHA-256 of canonical bytes, the second half of a message's identity."""
    return Digest.trusted(hashlib.sha256(canonical_bytes).hexdigest())


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        strip_cdata=True,
        remove_blank_text=False,
        encoding="utf-8",
    )


def _check_encoding(content: bytes) -> str:
    if content.startswith(_BOMS):
        raise MalformedMessage("a byte order mark is not taken", reason=Reason.BYTE_ORDER_MARK)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedMessage(
            "the document is not UTF-8",
            reason=Reason.ENCODING_NOT_UTF8,
            where=f"byte {error.start}",
        ) from None
    if text.startswith("<?xml"):
        declaration = text[: text.find("?>")]
        if "encoding" in declaration and not any(
            form in declaration.lower() for form in ('"utf-8"', "'utf-8'")
        ):
            raise MalformedMessage(
                "the XML declaration names another encoding than UTF-8",
                reason=Reason.ENCODING_NOT_UTF8,
            )
    return text


def _check_normal_form(text: str, root: etree._Element) -> None:
    """Checks that every name, text and attribute is in Normalization Form C.

    The document as a whole is asked first, which is quick. That answer is not enough where a
    character reference or CDATA section hides a character from its neighbour (`e&#x301;`), nor
    where U+0338 meets the `>` of a tag or of `&gt;`, the one pair of mark-up that composes.
    """
    hidden = "&#" in text or "<![CDATA[" in text or "\u0338" in text
    if not hidden and unicodedata.is_normalized("NFC", text):
        return
    for element in root.iter():
        parts = (element.tag, element.text, element.tail, *element.keys(), *element.values())
        if not all(part is None or unicodedata.is_normalized("NFC", str(part)) for part in parts):
            raise MalformedMessage(
                "text is not in Unicode Normalization Form C",
                reason=Reason.TEXT_NOT_NFC,
                where=f"line {element.sourceline}",
            )


def _check_content(tree: etree._ElementTree) -> None:
    root = tree.getroot()
    if tree.docinfo.internalDTD is not None:
        raise MalformedMessage("a DOCTYPE is not taken", reason=Reason.DOCTYPE_PRESENT)
    outside = [*root.itersiblings(preceding=True), *root.itersiblings()]
    for node in [*outside, *root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity)]:
        _refuse_node(node)
    for element in root.iter(f"{{{XINCLUDE}}}*"):
        raise MalformedMessage(
            "XInclude is not taken",
            reason=Reason.XINCLUDE_PRESENT,
            where=f"line {element.sourceline}",
        )
    _check_depth(root)


def _refuse_node(node: etree._Element) -> None:
    where = f"line {node.sourceline}"
    kind: object = node.tag
    if kind is etree.Comment:
        raise MalformedMessage("a comment is not taken", reason=Reason.COMMENT_PRESENT, where=where)
    if kind is etree.ProcessingInstruction:
        raise MalformedMessage(
            "a processing instruction is not taken",
            reason=Reason.PROCESSING_INSTRUCTION_PRESENT,
            where=where,
        )
    raise MalformedMessage(
        "an entity reference is not taken", reason=Reason.DOCTYPE_PRESENT, where=where
    )


def _check_depth(root: etree._Element) -> None:
    if _TOO_DEEP(root):
        raise MalformedMessage(f"nested deeper than {MAX_DEPTH} elements", reason=Reason.TOO_DEEP)
