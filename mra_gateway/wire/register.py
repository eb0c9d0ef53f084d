"""A register in XML ⇄ records: the plain form of `schemas/register/register.xsd`, or a foreign one.

Only the XML is read here. What the records mean is said by `tables.register.read_records`, to
which a flow hands them, together with the mapping when the form is an administration's own.

The names in XML are those of the JSON form in upper camel case: `TinAsIssued`, `GrantedOn`.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable
from datetime import date
from typing import Any, BinaryIO

from lxml import etree

from mra_gateway.errors import MalformedMessage, Reason
from mra_gateway.model.operators import Address
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import RegisterRow, SourceAddress, SourceRecord, SourceRecords
from mra_gateway.settings import data_folder
from mra_gateway.wire.xml import parse, parse_slices

NAMESPACE = "urn:mra-gateway:register:1.0"
_PREFIXES: Any = {None: NAMESPACE}
MAX_BYTES = 200_000_000

_PLAIN = (
    "tin",
    "tin_as_issued",
    "authorisation",
    "episode",
    "programme",
    "kind",
    "tier",
    "status",
    "effective_from",
    "legal_name",
    "granted_on",
    "expires_on",
    "decision_reference",
    "issuing_authority",
)


def decode_register(
    content: bytes | BinaryIO,
    *,
    file: str,
    row_element: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> SourceRecords:
    """Returns the records of a register in XML.

    The document is read slice by slice, for as a whole it takes twenty times its size in memory;
    nothing is returned before all of it has been found acceptable.

    Args:
        content: The exact bytes, or the open file.
        file: The file's name, for addresses.
        row_element: For a foreign form, the local name of the element that is one operator; None
            for the plain form, which is validated against its schema.
        max_bytes: Longest document taken.

    Raises:
        MalformedMessage: Not an acceptable document, not valid against the schema, or without any
            element of the name given.
    """
    opened = io.BytesIO(content) if isinstance(content, bytes) else content
    records: Packed[SourceRecord] = Packed(as_json(SourceRecord))
    name = row_element or "Operator"
    for root in parse_slices(opened, element=name, max_bytes=max_bytes):
        if row_element is None:
            _check_plain(root, file=file)
        values = _operator if row_element is None else _flat
        for element in root.iter(f"{{*}}{name}"):
            records.append(SourceRecord(address=_address(file, element), values=values(element)))
    if row_element is not None and not records:
        raise MalformedMessage(
            f"no element {row_element[:60]!r}, which the mapping names",
            reason=Reason.UNKNOWN_ROOT,
            where=file,
        )
    return SourceRecords(
        file=file, form="register" if row_element is None else "flat", records=records
    )


def _check_plain(root: etree._Element, *, file: str) -> None:
    if root.tag != f"{{{NAMESPACE}}}Register":
        raise MalformedMessage(
            f"the root is not Register of {NAMESPACE}; a foreign form needs a mapping that names "
            "its row_element",
            reason=Reason.UNKNOWN_ROOT,
            where=file,
        )
    schema = _schema()
    if not schema.validate(root):
        log: Any = schema.error_log
        first = log[0]
        raise MalformedMessage(
            repr(first.message)[:300],
            reason=Reason.SCHEMA_VIOLATION,
            where=f"{file}, line {first.line}",
        )


def encode_register(rows: Iterable[RegisterRow]) -> bytes:
    """Returns the plain XML form of a register."""
    root = etree.Element(f"{{{NAMESPACE}}}Register", nsmap=_PREFIXES)
    for row in rows:
        _encode_operator(etree.SubElement(root, f"{{{NAMESPACE}}}Operator"), row)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


@functools.cache
def _schema() -> etree.XMLSchema:
    path = data_folder("schemas") / "register" / "register.xsd"
    return etree.XMLSchema(parse(path.read_bytes(), max_bytes=1_000_000))


def _flat(element: etree._Element) -> dict[str, Any]:
    # Address/City for a nested element, @id for an attribute; what repeats becomes a list
    values: dict[str, list[str]] = {}

    def walk(parent: etree._Element, path: str) -> None:
        for name, value in parent.attrib.items():
            values.setdefault(f"{path}@{etree.QName(name).localname}", []).append(str(value))
        for child in parent.iterchildren("*"):
            name = f"{path}{etree.QName(child).localname}"
            if len(child) == 0 and (child.text or "").strip():
                values.setdefault(name, []).append((child.text or "").strip())
            walk(child, f"{name}/")

    walk(element, "")
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in values.items()}


def _operator(operator: etree._Element) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in _PLAIN:
        text = _text(operator, _camel(name))
        if text is not None:
            values[name] = text
    values["roles"] = [_own_text(element) for element in _all(operator, "Role")]
    values["names"] = [
        _without_none(text=_own_text(element), language=element.get("language"))
        for element in _all(operator, "Name")
    ]
    values["addresses"] = [_read_address(element) for element in _all(operator, "Address")]
    values["partner_identifiers"] = [
        _without_none(
            kind=element.get("kind"),
            value=_text(element, "Value"),
            site=next((_read_address(site) for site in _all(element, "Site")), None),
        )
        for element in _all(operator, "PartnerIdentifier")
    ]
    values["consents"] = [
        _without_none(
            partner=element.get("partner"),
            basis=element.get("basis"),
            letter_number=_text(element, "LetterNumber"),
            given_on=_text(element, "GivenOn"),
            withdrawn_on=_text(element, "WithdrawnOn"),
        )
        for element in _all(operator, "Consent")
    ]
    return {name: value for name, value in values.items() if value != []}


def _read_address(element: etree._Element) -> dict[str, Any]:
    return _without_none(
        lines=[_own_text(line) for line in _all(element, "Line")],
        city=_text(element, "City"),
        postcode=_text(element, "Postcode"),
        territory=element.get("territory"),
        language=element.get("language"),
    )


def _encode_operator(element: etree._Element, row: RegisterRow) -> None:
    values = row.model_dump(mode="json")
    for name in _PLAIN:
        _add(element, _camel(name), values[name])
    for role in row.roles:
        _add(element, "Role", role.value)
    for other in row.names:
        _add(element, "Name", other.text, language=other.language)
    for address in row.addresses:
        _encode_address(element, "Address", address)
    for identifier in row.partner_identifiers:
        own = _add(element, "PartnerIdentifier", "", kind=identifier.kind)
        _add(own, "Value", identifier.value)
        if identifier.site:
            _encode_address(own, "Site", identifier.site)
    for consent in row.consents:
        own = _add(element, "Consent", "", partner=consent.partner, basis=consent.basis.value)
        _add(own, "LetterNumber", consent.letter_number)
        _add(own, "GivenOn", _day(consent.given_on))
        _add(own, "WithdrawnOn", _day(consent.withdrawn_on))


def _encode_address(parent: etree._Element, name: str, address: Address) -> None:
    element = _add(parent, name, "", territory=address.territory, language=address.language)
    for line in address.lines:
        _add(element, "Line", line)
    _add(element, "City", address.city)
    _add(element, "Postcode", address.postcode)


def _add(
    parent: etree._Element, name: str, text: str | None, **attributes: str | None
) -> etree._Element:
    if text is None:
        return parent
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = text or None
    for key, value in attributes.items():
        if value is not None:
            element.set(key, value)
    return element


def _address(file: str, element: etree._Element) -> SourceAddress:
    line: Any = element.sourceline
    return SourceAddress(file=file, row=line)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _all(parent: etree._Element, name: str) -> list[etree._Element]:
    return parent.findall(f"{{{NAMESPACE}}}{name}")


def _text(parent: etree._Element, name: str) -> str | None:
    found = parent.find(f"{{{NAMESPACE}}}{name}")
    return None if found is None else _own_text(found)


def _own_text(element: etree._Element) -> str:
    return element.text or ""


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _without_none(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
