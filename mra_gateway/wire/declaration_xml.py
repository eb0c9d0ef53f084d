"""The bytes of an XML file of declarations → what each declaration says.

The file may hold one declaration or many, bare, in `MetaData` or in whatever a system wraps them
in. The WCO Data Model is read by `declaration_wco.py`, national forms by `declaration_form.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, PartyCodes, XmlForm
from mra_gateway.model.declarations import DeclaredMessage
from mra_gateway.wire.declaration_form import is_of_form, read_form
from mra_gateway.wire.declaration_text import local_name
from mra_gateway.wire.declaration_wco import is_declaration, read_wco
from mra_gateway.wire.xml import parse_as_supplied

MAX_BYTES = 50_000_000
"""Longest XML file taken; more declarations than it holds come as several files, or as a table."""


def decode_declarations(
    content: bytes,
    *,
    codes: PartyCodes,
    forms: Sequence[DeclarationForm] = (),
    zone: ZoneInfo | None = None,
    max_bytes: int = MAX_BYTES,
) -> list[DeclaredMessage]:
    """Returns what every declaration of an XML file says, in the order of the file.

    Args:
        content: The exact bytes.
        codes: What the codes of the WCO Data Model mean.
        forms: National forms that are known.
        zone: Of moments that name none.
        max_bytes: Longest file taken.

    Raises:
        RequestRefused: `DECLARATION_INVALID`: not an acceptable document, no declaration in it, or
            one that cannot be read; names line, column where known, and the reason.
    """
    try:
        root = parse_as_supplied(content, max_bytes=max_bytes)
    except MalformedMessage as error:
        raise RequestRefused(
            error.text, reason=Reason.DECLARATION_INVALID, where=error.where
        ) from None
    found = list(_declarations(root, forms))
    if not found:
        raise RequestRefused(
            f"no declaration in it: neither a Declaration of the WCO Data Model nor a form of "
            f"partners/declarations/; the document is a {(local_name(root) or '')[:60]!r}",
            reason=Reason.DECLARATION_INVALID,
            where=f"line {root.sourceline}",
        )
    return [
        read_wco(element, codes=codes, zone=zone)
        if form is None
        else read_form(element, form=form, xml=_xml(form), zone=zone)
        for element, form in found
    ]


def _declarations(
    element: etree._Element, forms: Sequence[DeclarationForm]
) -> Iterator[tuple[etree._Element, DeclarationForm | None]]:
    """Yields the outermost declarations, with their form; None for the WCO Data Model."""
    if is_declaration(element):
        yield element, None
        return
    for form in forms:
        reads = form.reads.value
        if isinstance(reads, XmlForm) and is_of_form(element, reads):
            yield element, form
            return
    for child in element:
        if local_name(child) is not None:
            yield from _declarations(child, forms)


def _xml(form: DeclarationForm) -> XmlForm:
    reads = form.reads.value
    assert isinstance(reads, XmlForm)
    return reads
