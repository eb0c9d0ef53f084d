"""A declaration in a national XML form → what recognition needs of it, by the form's data.

Which element is which field stands in `partners/declarations/`; here is how such data are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from lxml import etree

from mra_gateway.model.as_declared import chapter_of, one_line
from mra_gateway.model.declaration_forms import DeclarationForm, FormParty, XmlForm
from mra_gateway.model.declarations import (
    Declaration,
    DeclaredAddress,
    DeclaredMessage,
    DeclaredParty,
    PartyLevel,
)
from mra_gateway.model.facts import Flow
from mra_gateway.wire.declaration_text import (
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


def is_of_form(element: etree._Element, form: XmlForm) -> bool:
    """Says whether an element is a declaration in a form."""
    namespace = etree.QName(element).namespace
    return local_name(element) == form.root and namespace == form.namespace


def read_form(
    element: etree._Element,
    *,
    form: DeclarationForm,
    xml: XmlForm,
    zone: ZoneInfo | None = None,
) -> DeclaredMessage:
    """Returns what a declaration in a national form says.

    Args:
        element: The element that is the declaration.
        form: The form, for its words and moments.
        xml: Which element is which field.
        zone: Of moments that name none.

    Raises:
        RequestRefused: `DECLARATION_INVALID`, with the line: a value that cannot be read, a word
            that is not known, no reference, no party.
    """
    return _Reading(element, form, xml, zone).message()


class _Reading:
    """One declaration being read."""

    def __init__(
        self, root: etree._Element, form: DeclarationForm, xml: XmlForm, zone: ZoneInfo | None
    ) -> None:
        self._root = root
        self._form = form
        self._xml = xml
        self._zone = zone
        self._items = tuple(descend(root, xml.item))

    def message(self) -> DeclaredMessage:
        parties = tuple(self._parties())
        if not parties:
            raise refused("the declaration names no party", self._root)
        xml = self._xml
        declaration = made(
            Declaration,
            self._root,
            reference=self._reference(),
            type=self._flow(),
            lodged_at=self._moment(xml.lodged_at),
            accepted_at=self._moment(xml.accepted_at),
            parties=parties,
            office=self._value(xml.office),
            mode=self._value(xml.mode),
            procedures=tuple(dict.fromkeys(text for _, text in self._in_items(xml.procedure))),
            chapters=tuple(
                dict.fromkeys(
                    understood(chapter_of, text, element)
                    for element, text in self._in_items(xml.commodity_code)
                )
            ),
            dispatched_from=self._value(xml.dispatched_from),
            destined_to=self._value(xml.destined_to),
        )
        return DeclaredMessage.of(declaration)

    def _reference(self) -> str:
        for paths in self._xml.reference:
            values = [self._value(path) for path in paths]
            if None not in values:
                return " ".join(value for value in values if value is not None)
        raise refused("the declaration has no reference", self._root)

    def _flow(self) -> Flow:
        element = find(self._root, self._xml.type)
        word = self._value(self._xml.type)
        if element is None or word is None:
            raise refused(f"the declaration has no {self._xml.type}", self._root)
        for known, flow in self._form.types.items():
            if known.casefold() == word.casefold():
                return flow
        raise refused(f"{word[:40]!r} is no type the form {self._form.id} knows", element)

    def _parties(self) -> Iterator[DeclaredParty]:
        for party in self._xml.parties:
            if party.level is not PartyLevel.ITEM:
                for element in descend(self._root, party.path):
                    yield from self._party(element, party, None)
                continue
            for count, item in enumerate(self._items, 1):
                for element in descend(item, party.path):
                    yield from self._party(element, party, self._number(item, count))

    def _number(self, item: etree._Element, count: int) -> int:
        path = self._xml.item_number
        element = None if path is None else find(item, path)
        text = value_of(element, empty=self._xml.empty)
        return count if element is None or text is None else understood(int, text, element)

    def _party(
        self, element: etree._Element, party: FormParty, item: int | None
    ) -> Iterator[DeclaredParty]:
        identifier = self._value(party.identifier, of=element)
        lines = self._lines(party.name, of=element)
        if identifier is None and not lines:
            return
        address = self._address(element, party, lines[1:] if party.name_begins_address else [])
        yield made(
            DeclaredParty,
            element,
            role=party.role,
            level=party.level,
            item=item,
            identifier=identifier,
            name=(lines[0] if party.name_begins_address else " ".join(lines)) if lines else None,
            address=address,
            territory=None if address is None else address.territory,
        )

    def _address(
        self, element: etree._Element, party: FormParty, below_name: list[str]
    ) -> DeclaredAddress | None:
        address = made(
            DeclaredAddress,
            element,
            lines=(*below_name, *self._lines(party.address, of=element)),
            city=self._value(party.city, of=element),
            postcode=self._value(party.postcode, of=element),
            territory=self._value(party.territory, of=element),
        )
        return None if address == DeclaredAddress() else address

    def _lines(self, path: str | None, *, of: etree._Element) -> list[str]:
        element = None if path is None else find(of, path)
        if element is None:
            return []
        text = whole_text(element, empty=self._xml.empty)
        return [line for part in text.splitlines() if (line := one_line(part))]

    def _in_items(self, path: str | None) -> Iterator[tuple[etree._Element, str]]:
        if path is None:
            return
        for item in self._items:
            for element in descend(item, path):
                text = value_of(element, empty=self._xml.empty)
                if text is not None:
                    yield element, text

    def _moment(self, path: str | None) -> object:
        element = None if path is None else find(self._root, path)
        return moment_of(
            element, moments=self._form.moments, zone=self._zone, empty=self._xml.empty
        )

    def _value(self, path: str | None, *, of: etree._Element | None = None) -> str | None:
        if path is None:
            return None
        return value_of(find(self._root if of is None else of, path), empty=self._xml.empty)
