"""Limits what the parser accepts: the one hardened way from bytes to an XML tree and back.

Nothing here knows a message. The shape of a signature is judged in `trust/shape.py`, the schema in
`wire/schemas.py`.

Why so strict: with entities switched off an external-entity document parses with text silently
missing, and verifiers that ignore comments read `CN123<!--x-->456` as another identifier than
`element.text` does. What cannot be written down two ways cannot be read two ways.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, BinaryIO

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
        tree = etree.fromstring(content, etree.XMLParser(**_LIMITS)).getroottree()
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from None
    _check_content(tree)
    if not _is_plainly_normal(text):
        _check_normal_form(tree.getroot())
    return tree.getroot()


def parse_slices(file: BinaryIO, *, element: str, max_bytes: int) -> Iterator[etree._Element]:
    """Yields a long document slice by slice, each acceptable by the rules of `parse`.

    A slice is the root with some of the elements of one name, which stand in it as they stood in
    the document, moved out of whatever else held them; line numbers are the document's. The last
    slice is the root with what is left, so there is always one. What is wrong further on is found
    only there: a caller does nothing final with a slice before the last one came.

    Args:
        file: The exact bytes.
        element: Local name of the elements, in whatever namespace; one within another stays in it.
        max_bytes: Longest document taken.

    Raises:
        MalformedMessage: As `parse`.
    """
    parser = etree.XMLPullParser(events=("end",), tag=f"{{*}}{element}", **_LIMITS)
    text = _PiecewiseText(max_bytes)
    waiting: list[etree._Element] = []
    try:
        while piece := file.read(_PIECE):
            text.add(piece)
            parser.feed(piece)
            ended: Any = parser.read_events()
            waiting += [found for _, found in ended if _is_outermost(found)]
            # the parser may still write behind the last one
            if len(waiting) > 1:
                yield _cut(waiting[:-1], is_normal=text.is_normal)
                del waiting[:-1]
        text.end()
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error) from None
    _check_content(root.getroottree())
    if not text.is_normal:
        _check_normal_form(root)
    yield root


_PIECE = 1 << 20


class _PiecewiseText:
    """The text of a document of which one piece after the other comes, and what is wrong with it.

    Attributes:
        is_normal: Whether all of it so far is in Normalization Form C beyond doubt. Cut before a
            `<`, which composes with nothing before it, a text is normal when its pieces are.
    """

    def __init__(self, max_bytes: int) -> None:
        self.is_normal = True
        self._max_bytes = max_bytes
        self._bytes = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""

    def add(self, piece: bytes) -> None:
        """Takes the next piece."""
        is_first = self._bytes == 0
        if is_first:
            _check_mark(piece)
        self._bytes += len(piece)
        if self._bytes > self._max_bytes:
            raise MalformedMessage(
                f"more than {self._max_bytes} bytes; no more are taken", reason=Reason.TOO_LARGE
            )
        text = self._rest + self._decode(piece, final=False)
        if is_first:
            _check_declaration(text)
        before, mark, after = text.rpartition("<")
        self.is_normal = self.is_normal and _is_plainly_normal(before)
        self._rest = mark + after

    def end(self) -> None:
        """Looks at what the last piece left."""
        self._rest += self._decode(b"", final=True)
        self.is_normal = self.is_normal and _is_plainly_normal(self._rest)

    def _decode(self, piece: bytes, *, final: bool) -> str:
        try:
            return self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            begun = self._bytes - len(error.object)
            raise _not_utf8(begun + error.start) from None


def _is_outermost(element: etree._Element) -> bool:
    name = etree.QName(element).localname
    return next(element.iterancestors(f"{{*}}{name}"), None) is None


def _cut(elements: list[etree._Element], *, is_normal: bool) -> etree._Element:
    """Moves elements into a root like that of their document, which is let go of them."""
    root: Any = elements[0].getroottree().getroot()
    _check_content(root.getroottree())
    if not is_normal:
        _check_normal_form(root)
    piece: etree._Element = etree.Element(root.tag, root.attrib, root.nsmap)
    piece.sourceline = root.sourceline
    piece.extend(elements)
    return piece


def canonical(element: etree._Element) -> bytes:
    """Returns the canonical form of an element (Canonical XML 1.0, inclusive, no comments).

    Below the root the element is made a document of its own first, with the namespaces in scope:
    lxml 6.1 otherwise writes a wrong `xmlns=""` two levels below an inherited default namespace.
    Attributes inherited from above (`xml:lang`) are not carried down; no message of ours has any.
    """
    if element.getparent() is not None:
        element = etree.fromstring(
            etree.tostring(element, with_tail=False), etree.XMLParser(**_LIMITS)
        )
    return etree.tostring(element, method="c14n", exclusive=False, with_comments=False)


def digest_of(canonical_bytes: bytes) -> Digest:
    """Returns the SHA-256 of canonical bytes, the second half of a message's identity."""
    return Digest.trusted(hashlib.sha256(canonical_bytes).hexdigest())


_LIMITS: Any = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "strip_cdata": True,
    "remove_blank_text": False,
    "encoding": "utf-8",
}
"""What every parser here is made with."""


def _not_well_formed(error: etree.XMLSyntaxError) -> MalformedMessage:
    reason = Reason.TOO_DEEP if "depth" in str(error).lower() else Reason.NOT_WELL_FORMED
    line, column = error.position
    return MalformedMessage(
        "the document is not well-formed XML"
        if reason is Reason.NOT_WELL_FORMED
        else "the document is nested too deeply",
        reason=reason,
        where=f"line {line}, column {column}",
    )


def _check_encoding(content: bytes) -> str:
    _check_mark(content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(error.start) from None
    _check_declaration(text)
    return text


def _check_mark(content: bytes) -> None:
    if content.startswith(_BOMS):
        raise MalformedMessage("a byte order mark is not taken", reason=Reason.BYTE_ORDER_MARK)


def _not_utf8(place: int) -> MalformedMessage:
    return MalformedMessage(
        "the document is not UTF-8", reason=Reason.ENCODING_NOT_UTF8, where=f"byte {place}"
    )


def _check_declaration(text: str) -> None:
    if text.startswith("<?xml"):
        declaration = text[: text.find("?>")]
        if "encoding" in declaration and not any(
            form in declaration.lower() for form in ('"utf-8"', "'utf-8'")
        ):
            raise MalformedMessage(
                "the XML declaration names another encoding than UTF-8",
                reason=Reason.ENCODING_NOT_UTF8,
            )


def _is_plainly_normal(text: str) -> bool:
    """Says whether a document's text is in Normalization Form C beyond doubt, which is quick.

    In doubt it is where a character reference or CDATA section hides a character from its neighbour
    (`e&#x301;`), and where U+0338 meets the `>` of a tag or of `&gt;`, the one pair of mark-up that
    composes.
    """
    hidden = "&#" in text or "<![CDATA[" in text or "\u0338" in text
    return not hidden and unicodedata.is_normalized("NFC", text)


def _check_normal_form(root: etree._Element) -> None:
    """Checks that every name, text and attribute is in Normalization Form C, one by one."""
    for element in root.iter():
        parts = (element.tag, element.text, element.tail, *element.keys(), *element.values())
        if not all(part is None or unicodedata.is_normalized("NFC", str(part)) for part in parts):
            raise MalformedMessage(
                "text is not in Unicode Normalization Form C",
                reason=Reason.TEXT_NOT_NFC,
                where=f"line {element.sourceline}",
            )


def _check_doctype(tree: etree._ElementTree) -> None:
    if tree.docinfo.internalDTD is not None:
        raise MalformedMessage("a DOCTYPE is not taken", reason=Reason.DOCTYPE_PRESENT)


def _check_content(tree: etree._ElementTree) -> None:
    root = tree.getroot()
    _check_doctype(tree)
    outside = [*root.itersiblings(preceding=True), *root.itersiblings()]
    for node in [*outside, *root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity)]:
        _refuse_node(node)
    _check_elements(root)


def _check_elements(root: etree._Element) -> None:
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


ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "windows-1251", "windows-1252", "cp1251", "iso-8859-1"}
    | {"iso-8859-5", "koi8-r", "gb18030", "gbk", "gb2312"}
)
"""Encodings a document of somebody else's making may declare; a message of ours is UTF-8."""

_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_PLACE = re.compile(r",? line \d+, column \d+.*$", re.DOTALL)
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def parse_as_supplied(content: bytes, *, max_bytes: int) -> etree._Element:
    """Returns the root of a document of somebody else's making, which nobody signed for us.

    Other than in a message of the exchange, a byte order mark, another encoding of `ENCODINGS`,
    comments, processing instructions and any normalisation form are taken: who reads the text of
    an element reads it whole, over the comments in it.

    Args:
        content: The exact bytes.
        max_bytes: Longest document taken.

    Raises:
        MalformedMessage: Too large or too deep, an encoding that is not taken, a DOCTYPE, an
            XInclude element, or not well-formed; with line, column and what the parser said.
    """
    if len(content) > max_bytes:
        raise MalformedMessage(
            f"{len(content)} bytes; {max_bytes} are taken", reason=Reason.TOO_LARGE
        )
    try:
        tree = etree.fromstring(_as_utf8(content), etree.XMLParser(**_LIMITS)).getroottree()
    except etree.XMLSyntaxError as error:
        refused = _not_well_formed(error)
        words = _PLACE.sub("", str(error.msg)).strip()  # they may repeat the document
        raise MalformedMessage(
            f"{refused.text}: {words[:90]!r}", reason=refused.reason, where=refused.where
        ) from None
    _check_doctype(tree)
    _check_elements(tree.getroot())
    return tree.getroot()


def _as_utf8(content: bytes) -> bytes:
    """Returns the document in UTF-8; its lines stay the same lines."""
    if content.startswith(_WIDE):
        return _recoded(content, "utf-16")
    content = content.removeprefix(codecs.BOM_UTF8)
    declared = _DECLARED.match(content[:200])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in ENCODINGS:
        raise MalformedMessage(
            f"the encoding {name[:40]!r} is not taken", reason=Reason.ENCODING_NOT_UTF8
        )
    return _recoded(content, name)


def _recoded(content: bytes, name: str) -> bytes:
    try:
        return content.decode(name).encode()
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise MalformedMessage(
            f"the document is not {name}",
            reason=Reason.ENCODING_NOT_UTF8,
            where=f"line {content[:start].count(10) + 1}, byte {start}",
        ) from None
