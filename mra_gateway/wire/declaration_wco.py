"""A declaration in the WCO Data Model (`Declaration`, DEC) → what recognition needs of it.

1. original, or about an earlier declaration 2. parties, at the level where they stand 3. the facts
a benefit may depend on. What the codes mean stands in `partners/catalogues/declaration_codes.toml`;
the classes of the Data Model are named here.

Source: WCO Data Model 3.6 as the declarations of the United Kingdom's Customs Declaration Service
use it (annotated samples of HMRC); UN/EDIFACT 1225 for the function of a message, 2379 for moments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lxml import etree

from mra_gateway.model.as_declared import Moments, chapter_of, one_line
from mra_gateway.model.declaration_forms import CodedRole, PartyCodes
from mra_gateway.model.declarations import (
    Declaration,
    DeclarationType,
    DeclaredAddress,
    DeclaredMessage,
    DeclaredParty,
    ListCode,
    PartyLevel,
)
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.wire.declaration_text import (
    children,
    descend,
    find,
    local_name,
    made,
    moment_of,
    refused,
    understood,
    value_of,
    whole_text,
)

NAMESPACE = re.compile(r"urn:wco:datamodel:WCO:DEC(-DMS)?:\d+")
ORIGINAL = "9"
REQUEST = "13"
_BY_FUNCTION = {
    "1": DeclarationType.CANCELLATION,
    "4": DeclarationType.AMENDMENT,
    "5": DeclarationType.AMENDMENT,
}
_ITEM, _SHIPMENT = "GovernmentAgencyGoodsItem", "GoodsShipment"
_LEVELS = {_ITEM: PartyLevel.ITEM, _SHIPMENT: PartyLevel.SHIPMENT}
_ROLES = {
    "Agent": PartyFunction.REPRESENTATIVE,
    "Buyer": PartyFunction.BUYER,
    "Carrier": PartyFunction.CARRIER,
    "Consignee": PartyFunction.CONSIGNEE,
    "Consignor": PartyFunction.CONSIGNOR,
    "Declarant": PartyFunction.DECLARANT,
    "Exporter": PartyFunction.EXPORTER,
    "FreightForwarder": PartyFunction.FREIGHT_FORWARDER,
    "Importer": PartyFunction.IMPORTER,
    "Manufacturer": PartyFunction.MANUFACTURER,
    "Seller": PartyFunction.SELLER,
}
_GOODS_CODES = {"TSP", "CV", "HS", None}
"""Classifications that begin with the chapter: combined nomenclature or Harmonized System; others
are national or additional codes."""

_MOMENTS = Moments()


def is_declaration(element: etree._Element) -> bool:
    """Says whether an element is a declaration of the WCO Data Model."""
    namespace = etree.QName(element).namespace or ""
    return local_name(element) == "Declaration" and bool(NAMESPACE.fullmatch(namespace))


def read_wco(
    element: etree._Element, *, codes: PartyCodes, zone: ZoneInfo | None = None
) -> DeclaredMessage:
    """Returns what a declaration of the WCO Data Model says.

    Args:
        element: Its `Declaration`.
        codes: What its codes mean.
        zone: Of moments that name none.

    Raises:
        RequestRefused: `DECLARATION_INVALID`: a value that cannot be read, a type or function that
            is not known, an original that names no party; with the line.
    """
    return _Reading(element, codes, zone).message()


class _Reading:
    """One declaration being read."""

    def __init__(self, root: etree._Element, codes: PartyCodes, zone: ZoneInfo | None) -> None:
        self._root = root
        self._codes = codes
        self._zone = zone
        self._items = {
            item: number
            for shipment in children(root, _SHIPMENT)
            for number, item in enumerate(children(shipment, _ITEM), 1)
        }

    def message(self) -> DeclaredMessage:
        earlier = self._about_an_earlier_one()
        if earlier is not None:
            return made(
                DeclaredMessage,
                self._root,
                reference=self._reference(),
                type=earlier,
                changes=self._value("ID"),
                parties=tuple(self._parties(None)),
            )
        flow = self._flow()
        parties = tuple(self._parties(flow))
        if not parties:
            raise refused("the declaration names no party", self._root)
        return DeclaredMessage.of(self._declaration(flow, parties))

    # 1. original, or about an earlier declaration

    def _about_an_earlier_one(self) -> DeclarationType | None:
        function = self._value("FunctionCode")
        if function in {None, ORIGINAL}:
            return None
        if function in _BY_FUNCTION:
            return _BY_FUNCTION[function]
        element = self._root if (found := find(self._root, "TypeCode")) is None else found
        if function != REQUEST:
            raise refused(f"FunctionCode {function[:20]!r} is not known", self._root)
        code = value_of(element) if element is not self._root else None
        known = self._codes.messages.get(code or "")
        if known is None or known.value is None:
            raise refused(f"a request of type {(code or '')[:20]!r} is not known", element)
        return known.value

    def _reference(self) -> str | None:
        return self._value("FunctionalReferenceID") or self._value("ID")

    def _flow(self) -> Flow:
        element = find(self._root, "TypeCode")
        if element is None:
            raise refused("the declaration has no TypeCode", self._root)
        code = value_of(element) or ""
        fact = self._codes.types.get(code[:2])
        rule = None if fact is None else fact.value
        if rule is None:
            raise refused(f"TypeCode {code[:20]!r} is not known", element)
        return rule if isinstance(rule, Flow) else self._flow_by_procedure(element)

    def _flow_by_procedure(self, element: etree._Element) -> Flow:
        leaving = set(self._codes.export_procedures.value or ())
        found = {procedure[:2] in leaving for procedure in self._procedures()}
        if len(found) != 1:
            raise refused(
                "neither type nor procedures say whether this is import or export", element
            )
        return Flow.EXPORT if found.pop() else Flow.IMPORT

    # 2. parties, at the level where they stand

    def _parties(self, flow: Flow | None) -> Iterator[DeclaredParty]:
        for element in self._root.iter(etree.Element):
            name = local_name(element)
            if name in _ROLES:
                yield from self._party(element, _ROLES[name])
            elif name == "AuthorisationHolder":
                code = self._list_code(element, "CategoryCode", "authorisation-categories")
                yield from self._party(element, PartyFunction.AUTHORISATION_HOLDER, code)
            elif name == "AEOMutualRecognitionParty":
                code = self._list_code(element, "RoleCode", "CL704")
                fact = None if code is None else self._codes.actors.get(code.code)
                coded = None if fact is None else fact.value
                yield from self._party(element, _role(coded, flow), code)
            elif name == "AdditionalDocument":
                yield from self._certificate(element, flow)

    def _certificate(self, element: etree._Element, flow: Flow | None) -> Iterator[DeclaredParty]:
        code = "".join(value_of(find(element, part)) or "" for part in ("CategoryCode", "TypeCode"))
        fact = self._codes.documents.get(code)
        if fact is not None and fact.value is not None:
            listed = ListCode(list="Y-documents", code=code)
            yield from self._party(element, _role(fact.value, flow), listed, is_document=True)

    def _party(
        self,
        element: etree._Element,
        role: PartyFunction,
        declared_as: ListCode | None = None,
        *,
        is_document: bool = False,
    ) -> Iterator[DeclaredParty]:
        """Yields a party for each of its identifiers; what names nobody is none."""
        identifiers: list[str | None] = [
            text for child in children(element, "ID") if (text := value_of(child))
        ]
        name = None if is_document else value_of(find(element, "Name"))
        if not identifiers and name is None:
            return
        level, item = self._place(element)
        address = None if is_document else self._address(element)
        for identifier in identifiers or [None]:
            yield made(
                DeclaredParty,
                element,
                role=role,
                level=level,
                item=item,
                identifier=identifier,
                declared_as=declared_as,
                name=name,
                address=address,
                territory=None if address is None else address.territory,
            )

    def _address(self, element: etree._Element) -> DeclaredAddress | None:
        place = find(element, "Address")
        if place is None:
            return None
        lines = tuple(
            line
            for child in children(place, "Line")
            for part in whole_text(child).splitlines()
            if (line := one_line(part))
        )
        address = made(
            DeclaredAddress,
            place,
            lines=lines,
            city=value_of(find(place, "CityName")),
            postcode=value_of(find(place, "PostcodeID")),
            territory=value_of(find(place, "CountryCode")),
        )
        return None if address == DeclaredAddress() else address

    def _place(self, element: etree._Element) -> tuple[PartyLevel, int | None]:
        for above in element.iterancestors():
            level = _LEVELS.get(local_name(above) or "")
            if level is PartyLevel.ITEM:
                return level, self._number(above)
            if level is not None:
                return level, None
            if above is self._root:
                break
        return PartyLevel.HEADER, None

    def _number(self, item: etree._Element) -> int | None:
        element = find(item, "SequenceNumeric")
        text = value_of(element)
        if element is None or text is None:
            return self._items.get(item)
        return understood(int, text, element)

    def _list_code(self, element: etree._Element, name: str, of: str) -> ListCode | None:
        found = find(element, name)
        code = value_of(found)
        return None if found is None or code is None else made(ListCode, found, list=of, code=code)

    # 3. the facts a benefit may depend on

    def _declaration(self, flow: Flow, parties: tuple[DeclaredParty, ...]) -> Declaration:
        come_from = self._one_of("ExportCountry/ID")
        goes_to = self._one_of("Destination/CountryCode")
        return made(
            Declaration,
            self._root,
            reference=self._reference(),
            type=flow,
            lodged_at=self._moment("IssueDateTime"),
            accepted_at=self._moment("AcceptanceDateTime"),
            parties=parties,
            office=self._office(flow),
            mode=self._value("BorderTransportMeans/ModeCode"),
            procedures=tuple(self._procedures()),
            chapters=tuple(self._chapters()),
            dispatched_from=come_from,
            destined_to=goes_to,
            through=tuple(
                code
                for code in self._values("Consignment/Itinerary/RoutingCountryCode")
                if code not in {come_from, goes_to}
            ),
        )

    def _moment(self, name: str) -> object:
        element = find(self._root, name)
        inner = None if element is None else find(element, "DateTimeString")
        return moment_of(element if inner is None else inner, moments=_MOMENTS, zone=self._zone)

    def _office(self, flow: Flow) -> str | None:
        names = ["DeclarationOfficeID", "PresentationOffice/ID", "EntryOffice/ID"]
        if flow is Flow.EXPORT:
            names.append("ExitOffice/ID")
        return next((found for name in names if (found := self._value(name))), None)

    def _one_of(self, path: str) -> str | None:
        """What the shipment says, or all its items that say anything; None when they differ."""
        found = set(self._values(f"{_SHIPMENT}/{path}"))
        found = found or set(self._values(f"{_SHIPMENT}/{_ITEM}/{path}"))
        return found.pop() if len(found) == 1 else None

    def _procedures(self) -> list[str]:
        """Requested and previous procedure in one code; additional ones have three letters."""
        found: dict[str, None] = {}
        for element in descend(self._root, f"{_SHIPMENT}/{_ITEM}/GovernmentProcedure"):
            requested = value_of(find(element, "CurrentCode"))
            if requested is not None and len(requested) != 3:
                found[requested + (value_of(find(element, "PreviousCode")) or "")] = None
        return list(found)

    def _chapters(self) -> list[str]:
        found: dict[str, None] = {}
        path = f"{_SHIPMENT}/{_ITEM}/Commodity/Classification"
        for element in descend(self._root, path):
            code = value_of(find(element, "ID"))
            if code and value_of(find(element, "IdentificationTypeCode")) in _GOODS_CODES:
                found[understood(chapter_of, code, element)] = None
        return list(found)

    def _value(self, path: str) -> str | None:
        return value_of(find(self._root, path))

    def _values(self, path: str) -> list[str]:
        found = (value_of(element) for element in descend(self._root, path))
        return list(dict.fromkeys(value for value in found if value is not None))


def _role(coded: CodedRole | None, flow: Flow | None) -> PartyFunction:
    if isinstance(coded, dict):
        coded = coded.get(flow) if flow is not None else None
    return PartyFunction.NOT_STATED if coded is None else coded
