"""Writes the extract of recognised operators as XML, line by line: `schemas/extract/1.0/`.

Read by a national system, never by a gateway; the schema is checked in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from lxml import etree

from mra_gateway.model.extract import ExtractBenefit, ExtractHead, ExtractRow

NAMESPACE = "urn:mra-gateway:extract:1.0"
_Value = str | float | date | None


def xml_lines(head: ExtractHead, rows: Iterable[ExtractRow]) -> Iterator[bytes]:
    """Yields the lines of the XML form but the last, one operator a line."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Extract xmlns="{NAMESPACE}">\n'.encode()
    root = etree.Element("Head")
    _add(root, "Territory", head.territory)
    _add(root, "Mark", head.mark)
    _add(root, "Position", head.position)
    _add(root, "At", head.at)
    _add(root, "Since", head.since)
    _add(root, "Partner", head.partner)
    _add(root, "Book", head.book)
    for source in head.sources:
        own = etree.SubElement(root, "Source")
        _add(own, "Partner", source.partner)
        _add(own, "Arrangement", source.arrangement)
        _add(own, "AsOf", source.as_of)
        _add(own, "UseUntil", source.use_until)
    yield _line(root)
    for row in rows:
        yield _line(_operator(row))


def xml_end(head: ExtractHead, *, operators: int, digest: str) -> bytes:
    """Returns the last line of the XML form."""
    return (
        f'<End operators="{operators}" digest="{digest}" mark="{head.mark}"/></Extract>\n'.encode()
    )


def _operator(row: ExtractRow) -> etree._Element:
    root = etree.Element("Operator", change=row.change)
    _add(root, "Partner", row.partner)
    _add(root, "Arrangement", row.arrangement)
    _add(root, "Tin", row.tin)
    _add(root, "Authorisation", row.authorisation)
    _add(root, "Programme", row.programme)
    _add(root, "Tier", row.tier)
    _add(root, "LegalName", row.legal_name)
    for name in row.names:
        _add(root, "Name", name)
    _add(root, "Status", row.status)
    _add(root, "ValidSince", row.valid_since)
    _add(root, "ExpiresOn", row.expires_on)
    for number in row.numbers:
        own = etree.SubElement(root, "Number", use=number.use, rule=number.rule)
        _add(own, "Text", number.text)
        for field, text in number.fields.items():
            _add(own, "Field", text, name=field)
    for code in row.local_codes:
        own = etree.SubElement(root, "LocalCode", use=code.use)
        _add(own, "Code", code.code)
        _add(own, "List", code.list)
        _add(own, "ToldBy", code.told_by)
        _add(own, "Site", code.site)
    for benefit in row.benefits:
        _benefit(root, "Benefit", benefit)
    for benefit in row.conditional_benefits:
        _benefit(root, "ConditionalBenefit", benefit)
    _add(root, "Note", row.note)
    if row.score is not None:
        _add(root, "Score", row.score, scale=row.score_scale)
    _add(root, "AsOf", row.as_of)
    _add(root, "HoldsUntil", row.holds_until)
    _add(root, "UseUntil", row.use_until)
    return root


def _benefit(parent: etree._Element, name: str, benefit: ExtractBenefit) -> None:
    own = etree.SubElement(parent, name, attachesTo=benefit.attaches_to)
    _add(own, "Code", benefit.code)
    _add(own, "Flow", benefit.flow)
    for function in benefit.functions:
        _add(own, "Function", function)
    for parameter, value in benefit.parameters.items():
        _add(own, "Parameter", value, name=parameter)
    _add(own, "DependsOn", benefit.depends_on)


def _add(parent: etree._Element, tag: str, value: _Value, /, **attributes: str | None) -> None:
    if value is None:
        return
    element = etree.SubElement(parent, tag)
    element.text = _text(value)
    for key, text in attributes.items():
        if text is not None:
            element.set(key, text)


def _text(value: str | float | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _line(element: etree._Element) -> bytes:
    """The elements bear no namespace here: they stand within a root that gives them theirs."""
    return etree.tostring(element, encoding="UTF-8") + b"\n"
