"""Attacks on the bytes and on XML itself, before any signature is looked at."""

from __future__ import annotations

from functools import partial

from lxml import etree

from mra_gateway.errors import Reason
from tests.support.attacks import Scene, Table, edit, one, replaced

TABLE = Table()
XINCLUDE = "http://www.w3.org/2001/XInclude"


@TABLE.row("empty", Reason.NOT_WELL_FORMED)
def empty(scene: Scene) -> bytes:
    """No bytes at all."""
    return b""


@TABLE.row("not-xml", Reason.NOT_WELL_FORMED)
def not_xml(scene: Scene) -> bytes:
    """A text that is not XML."""
    return b'{"status": "valid"}'


@TABLE.row("truncated", Reason.NOT_WELL_FORMED)
def truncated(scene: Scene) -> bytes:
    """The genuine message, cut in the middle."""
    return scene.signed[: len(scene.signed) // 2]


@TABLE.row("two-roots", Reason.NOT_WELL_FORMED)
def two_roots(scene: Scene) -> bytes:
    """The genuine message, followed by a second document."""
    return scene.signed + b"<more/>"


@TABLE.row("null-character", Reason.NOT_WELL_FORMED)
def null_character(scene: Scene) -> bytes:
    """A null character in a text."""
    return replaced(scene.signed, b"<SenderID>", b"<SenderID>\x00")


@TABLE.row("too-large", Reason.TOO_LARGE)
def too_large(scene: Scene) -> bytes:
    """One byte over the limit, the excess in white space."""
    return scene.signed + b" " * (scene.max_bytes + 1 - len(scene.signed))


@TABLE.row("too-deep", Reason.TOO_DEEP)
def too_deep(scene: Scene) -> bytes:
    """A thousand elements, one inside the other."""
    return replaced(
        scene.signed, b"<ds:Signature ", b"<d>" * 1000 + b"</d>" * 1000 + b"<ds:Signature "
    )


@TABLE.row("deep-within-parser-limit", Reason.TOO_DEEP)
def deep_within_parser_limit(scene: Scene) -> bytes:
    """Nested deeper than any message of ours, but not too deep for the parser."""
    return replaced(scene.signed, b"<ds:Signature ", b"<d>" * 60 + b"</d>" * 60 + b"<ds:Signature ")


@TABLE.row("byte-order-mark", Reason.BYTE_ORDER_MARK)
def byte_order_mark(scene: Scene) -> bytes:
    """The genuine message after a UTF-8 byte order mark."""
    return b"\xef\xbb\xbf" + scene.signed


@TABLE.row("utf-16", Reason.BYTE_ORDER_MARK)
def utf_16(scene: Scene) -> bytes:
    """The genuine message in UTF-16."""
    text = scene.signed.decode().replace("UTF-8", "UTF-16")
    return text.encode("utf-16")


@TABLE.row("latin-1-bytes", Reason.ENCODING_NOT_UTF8)
def latin_1_bytes(scene: Scene) -> bytes:
    """A byte that is not UTF-8."""
    return replaced(scene.signed, b"<SenderID>", b"<SenderID>\xe9")


@TABLE.row("other-encoding-declared", Reason.ENCODING_NOT_UTF8)
def other_encoding_declared(scene: Scene) -> bytes:
    """The declaration names ISO-8859-1, the bytes are unchanged."""
    return replaced(scene.signed, b"UTF-8", b"ISO-8859-1")


@TABLE.row("text-not-nfc", Reason.TEXT_NOT_NFC)
def text_not_nfc(scene: Scene) -> bytes:
    """A genuine signature over a letter written as base letter and combining accent."""
    return replaced(scene.signed, b"<SenderID>", "<SenderID>e\u0301".encode())


def _with_doctype(subset: str, text: str, scene: Scene) -> bytes:
    content = replaced(scene.signed, b"<SenderID>", b"<SenderID>" + text.encode())
    return replaced(
        content,
        b"<ExchangeMessage",
        f"<!DOCTYPE ExchangeMessage [{subset}]>".encode() + b"<ExchangeMessage",
    )


_LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(code)} "{("&" + chr(code - 1) + ";") * 10}">' for code in range(98, 107)
)
for _name, _subset, _text, _what in (
    ("doctype-empty", "", "", "A DOCTYPE without declarations."),
    ("entity-internal", '<!ENTITY e "X">', "&e;", "An internal entity in an identifier."),
    (
        "entity-external",
        '<!ENTITY e SYSTEM "file:///etc/hostname">',
        "&e;",
        "A local file as entity.",
    ),
    (
        "entity-remote",
        '<!ENTITY e SYSTEM "http://127.0.0.1:9/e">',
        "&e;",
        "A remote file as entity.",
    ),
    (
        "entity-parameter",
        '<!ENTITY % e SYSTEM "http://127.0.0.1:9/e"> %e;',
        "",
        "A parameter entity.",
    ),
    (
        "doctype-default-attribute",
        '<!ATTLIST Header Id CDATA "x">',
        "",
        "A default attribute from a DTD.",
    ),
):
    TABLE.add(_name, Reason.DOCTYPE_PRESENT, _what, partial(_with_doctype, _subset, _text))


TABLE.add(
    "entity-expansion",
    Reason.NOT_WELL_FORMED,
    "A billion laughs: the parser itself stops at the amplification.",
    partial(_with_doctype, _LAUGHS, "&j;"),
)


@TABLE.row("xinclude", Reason.XINCLUDE_PRESENT)
def xinclude(scene: Scene) -> bytes:
    """An XInclude of a local file in the header."""

    def change(root: etree._Element) -> None:
        etree.SubElement(
            root[0], f"{{{XINCLUDE}}}include", href="file:///etc/hostname", parse="text"
        )

    return edit(scene.signed, change)


@TABLE.row("comment-in-identifier", Reason.COMMENT_PRESENT)
def comment_in_identifier(scene: Scene) -> bytes:
    """A comment in the middle of an identifier, which the canonical form ignores."""

    def change(root: etree._Element) -> None:
        field = one(root, "m:Header/m:FunctionalReferenceID")
        text = field.text or ""
        comment = etree.Comment("x")
        field.text, comment.tail = text[:8], text[8:]
        field.append(comment)

    return edit(scene.signed, change)


@TABLE.row("comment-before-root", Reason.COMMENT_PRESENT)
def comment_before_root(scene: Scene) -> bytes:
    """A comment before the root."""
    return replaced(scene.signed, b"<ExchangeMessage", b"<!-- x --><ExchangeMessage")


@TABLE.row("comment-after-root", Reason.COMMENT_PRESENT)
def comment_after_root(scene: Scene) -> bytes:
    """A comment after the root."""
    return scene.signed + b"<!-- x -->"


@TABLE.row("comment-in-signature", Reason.COMMENT_PRESENT)
def comment_in_signature(scene: Scene) -> bytes:
    """A comment inside a digest value."""
    return replaced(scene.signed, b"<ds:DigestValue>", b"<ds:DigestValue><!-- x -->")


@TABLE.row("processing-instruction", Reason.PROCESSING_INSTRUCTION_PRESENT)
def processing_instruction(scene: Scene) -> bytes:
    """A processing instruction in the header."""
    return replaced(scene.signed, b"<SenderID>", b"<?x y?><SenderID>")


@TABLE.row("stylesheet-instruction", Reason.PROCESSING_INSTRUCTION_PRESENT)
def stylesheet_instruction(scene: Scene) -> bytes:
    """A stylesheet instruction before the root, which would show a person another document."""
    return replaced(
        scene.signed, b"<ExchangeMessage", b'<?xml-stylesheet href="x.xsl"?><ExchangeMessage'
    )
