"""The hardened parser: each limit beside a twin that is taken."""

from __future__ import annotations

import pytest
from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.wire.xml import MAX_DEPTH, canonical, parse

TWIN = b"<a><b>CN123456</b></a>"


def _nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


REFUSED = {
    "comment in an identifier": (b"<a><b>CN123<!--x-->456</b></a>", Reason.COMMENT_PRESENT),
    "comment before the root": (b"<!--x--><a><b>CN123456</b></a>", Reason.COMMENT_PRESENT),
    "comment after the root": (b"<a><b>CN123456</b></a><!--x-->", Reason.COMMENT_PRESENT),
    "instruction inside": (
        b"<a><b>CN123<?x y?>456</b></a>",
        Reason.PROCESSING_INSTRUCTION_PRESENT,
    ),
    "instruction before the root": (
        b"<?x y?><a><b>CN123456</b></a>",
        Reason.PROCESSING_INSTRUCTION_PRESENT,
    ),
    "instruction after the root": (
        b"<a><b>CN123456</b></a><?x y?>",
        Reason.PROCESSING_INSTRUCTION_PRESENT,
    ),
    "empty doctype": (b"<!DOCTYPE a><a><b>CN123456</b></a>", Reason.DOCTYPE_PRESENT),
    "internal entity": (
        b'<!DOCTYPE a [<!ENTITY e "456">]><a><b>CN123&e;</b></a>',
        Reason.DOCTYPE_PRESENT,
    ),
    "external entity": (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a><b>CN123&e;</b></a>',
        Reason.DOCTYPE_PRESENT,
    ),
    "external doctype": (
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a><b>CN123456</b></a>',
        Reason.DOCTYPE_PRESENT,
    ),
    "undeclared entity": (b"<a><b>CN123&e;</b></a>", Reason.NOT_WELL_FORMED),
    "xinclude": (
        b'<a><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname"/></a>',
        Reason.XINCLUDE_PRESENT,
    ),
    "byte order mark": (b"\xef\xbb\xbf" + TWIN, Reason.BYTE_ORDER_MARK),
    "utf-16": ("\ufeff<a/>".encode("utf-16-le"), Reason.BYTE_ORDER_MARK),
    "latin-1 bytes": ("<a><b>é</b></a>".encode("latin-1"), Reason.ENCODING_NOT_UTF8),
    "other encoding declared": (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + TWIN,
        Reason.ENCODING_NOT_UTF8,
    ),
    "utf-7 declared": (
        b'<?xml version="1.0" encoding="UTF-7"?>' + TWIN,
        Reason.ENCODING_NOT_UTF8,
    ),
    "truncated": (TWIN[:-3], Reason.NOT_WELL_FORMED),
    "two roots": (TWIN + TWIN, Reason.NOT_WELL_FORMED),
    "nothing": (b"", Reason.NOT_WELL_FORMED),
    "null character": (b"<a><b>CN123\x00456</b></a>", Reason.NOT_WELL_FORMED),
    "attribute twice": (b'<a x="1" x="2"/>', Reason.NOT_WELL_FORMED),
    "one level too deep": (_nested(MAX_DEPTH + 1), Reason.TOO_DEEP),
    "very deep": (_nested(10_000), Reason.TOO_DEEP),
    "decomposed text": ("<a><b>cafe\u0301</b></a>".encode(), Reason.TEXT_NOT_NFC),
    "decomposed attribute": ('<a b="cafe\u0301"/>'.encode(), Reason.TEXT_NOT_NFC),
    "decomposed by reference": (b"<a><b>cafe&#x301;</b></a>", Reason.TEXT_NOT_NFC),
    "decomposed by cdata": (
        "<a><b>cafe<![CDATA[\u0301]]></b></a>".encode(),
        Reason.TEXT_NOT_NFC,
    ),
    "sign and overlay": ("<a><b>1 &gt;\u0338 2</b></a>".encode(), Reason.TEXT_NOT_NFC),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_two_ways_is_refused_and_its_twin_taken(name: str) -> None:
    content, reason = REFUSED[name]
    with pytest.raises(MalformedMessage) as refused:
        parse(content, max_bytes=200_000)
    assert refused.value.reason is reason
    assert parse(TWIN, max_bytes=200_000).findtext("b") == "CN123456"


def test_a_document_over_the_limit_is_refused_and_one_byte_less_is_taken() -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse(TWIN, max_bytes=len(TWIN) - 1)
    assert refused.value.reason is Reason.TOO_LARGE
    parse(TWIN, max_bytes=len(TWIN))


def test_the_deepest_nesting_allowed_is_taken() -> None:
    parse(_nested(MAX_DEPTH), max_bytes=1000)


@pytest.mark.parametrize(
    "declaration",
    [b"", b'<?xml version="1.0"?>', b"<?xml version='1.0' encoding='utf-8'?>"],
)
def test_utf_8_is_taken_with_and_without_a_declaration(declaration: bytes) -> None:
    content = declaration + "<a>Монгол 𠮷</a>".encode()
    assert parse(content, max_bytes=1000).text == "Монгол 𠮷"


@pytest.mark.parametrize(
    "content",
    [
        "<a>\u0338</a>",  # begins with a mark that would compose with the tag's last character
        "<a>caf&#xe9;</a>",
        "<a><![CDATA[caf\u00e9]]></a>",
    ],
)
def test_text_in_normal_form_is_taken_however_it_is_marked_up(content: str) -> None:
    parse(content.encode(), max_bytes=1000)


def test_untrusted_bytes_stand_in_no_error_text() -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse(b"<a>\x1b[31m</a>", max_bytes=1000)
    assert str(refused.value).isprintable()


def test_the_canonical_form_below_the_root_is_that_of_the_element_alone() -> None:
    root = etree.fromstring('<a xmlns="urn:x" xmlns:y="urn:y"><b><c><d>t</d></c></b><e/></a>')
    expected = b'<b xmlns="urn:x" xmlns:y="urn:y"><c><d>t</d></c></b>'
    assert canonical(root[0]) == expected
    assert canonical(root) == etree.tostring(root, method="c14n")
