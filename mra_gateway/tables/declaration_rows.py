"""One row of a table of declarations → the declaration, or everything that is wrong with it.

1. read every cell that is a field 2. put the cells of each party together 3. let the model judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mra_gateway.errors import Reason
from mra_gateway.model.as_declared import chapter_of, one_line
from mra_gateway.model.base import Noun
from mra_gateway.model.declarations import (
    Declaration,
    DeclaredAddress,
    DeclaredMessage,
    DeclaredParty,
)
from mra_gateway.model.facts import Flow
from mra_gateway.model.faults import faults_of
from mra_gateway.tables.cleaning import key_of, shown
from mra_gateway.tables.declaration_columns import IDENTIFIER, Columns
from mra_gateway.tables.vocabulary import load_vocabulary

N = TypeVar("N", bound=Noun)

_AS_A_NUMBER = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d+")
_LISTS = ("procedures", "commodity_codes", "through")
_MOMENTS = ("accepted_at", "lodged_at")
_TERRITORIES = ("dispatched_from", "destined_to")
_LONGEST_BLANK = 4
"""Letters of a text that may stand for nothing (`н/д`, `none`)."""
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


class RowFault(NamedTuple):
    """One thing that is wrong with a row.

    Attributes:
        row: Its number: the line of a CSV file, the count of a Parquet file.
        column: The heading, when one column is at fault.
        text: What is wrong; what stands in the cell is quoted and cut.
    """

    row: int
    column: str | None
    reason: Reason
    text: str


class RowReader:
    """Reads the rows of one table.

    Attributes:
        columns: Which column is which field.
        zone: Of moments that name none.
        types: The words for import, export and transit, by `key_of`.
        parties: The parties of a row, each with the parts that have a column.
    """

    def __init__(self, columns: Columns, *, zone: ZoneInfo | None = None) -> None:
        self.columns = columns
        self.zone = zone
        self.types = {key_of(word): flow for word, flow in columns.form.types.items()}
        self._is_blank = load_vocabulary().is_blank
        self._places = [
            (place, field) for place, field in enumerate(columns.fields) if field is not None
        ]
        self.parties: dict[str, list[str]] = {}
        for _, field in self._places:
            party, dot, part = field.rpartition(".")
            if dot:
                self.parties.setdefault(party, []).append(part)

    def read(self, number: int, cells: Sequence[str | None]) -> DeclaredMessage | list[RowFault]:
        """Returns the declaration of a row, or its faults; no fault for a row without any value.

        Args:
            number: The number of the row.
            cells: Its cells, in the order of the columns.
        """
        return _Row(self, number).read(cells)

    def texts(self, cells: Sequence[str | None]) -> dict[str, str]:
        """Returns the fields of a row that say anything, each on one line but an address."""
        found = {}
        for place, field in self._places:
            raw = cells[place] if place < len(cells) else None
            if not raw:
                continue
            text = raw.strip() if field.endswith(".address") else one_line(raw)
            if text and not (len(text) <= _LONGEST_BLANK and self._is_blank(text)):
                found[field] = text
        return found


class _Row:
    """One row being read."""

    def __init__(self, reader: RowReader, number: int) -> None:
        self._reader = reader
        self._columns = reader.columns
        self._number = number
        self._faults: list[RowFault] = []

    def read(self, cells: Sequence[str | None]) -> DeclaredMessage | list[RowFault]:
        texts = self._reader.texts(cells)
        if not texts and not any(cell and cell.strip() for cell in cells):
            return []
        self._check_width(cells)
        parties = tuple(self._parties(texts))
        values = dict(self._values(texts))
        if not parties and not self._faults:
            self._fault(None, Reason.VALUE_MISSING, "the row names no party")
        if self._faults:
            return self._faults
        declaration = self._made(Declaration, "", parties=parties, **values)
        return self._faults if declaration is None else DeclaredMessage.of(declaration)

    def _check_width(self, cells: Sequence[str | None]) -> None:
        width = len(self._columns.headings)
        if any(cell and cell.strip() for cell in cells[width:]):
            self._fault(
                None,
                Reason.VALUE_UNREADABLE,
                f"{len(cells)} cells under {width} headings; is a delimiter in a value unquoted?",
            )

    # 1. read every cell that is a field

    def _values(self, texts: dict[str, str]) -> Iterator[tuple[str, Any]]:
        for field in ("reference", "type"):
            if field not in texts:
                self._fault(field, Reason.VALUE_MISSING, f"the row has no {field}")
        for field, text in texts.items():
            if "." in field:
                continue
            value = self._value(field, text)
            if value is not None:
                yield ("chapters" if field == "commodity_codes" else field), value

    def _value(self, field: str, text: str) -> Any:
        if field == "type":
            return self._flow(text)
        if field in _MOMENTS:
            moments, zone = self._columns.form.moments, self._reader.zone
            return self._understood(field, text, lambda each: moments.read(each, zone=zone))
        if field in _LISTS:
            parts = [one_line(part) for part in text.split(self._columns.table.list_separator)]
            values = tuple(dict.fromkeys(part for part in parts if part))
            if field == "through":
                return tuple(value.upper() for value in values)
            if field == "commodity_codes":
                return self._understood(
                    field, text, lambda _: tuple(dict.fromkeys(map(chapter_of, values)))
                )
            return values
        if field in _TERRITORIES:
            return text.upper()
        if field == "value_category":
            return self._understood(field, text, int)
        return self._is_yes(field, text) if field == "direct" else text

    def _flow(self, text: str) -> Flow | None:
        flow = self._reader.types.get(key_of(text))
        if flow is None:
            known = f"no type the form {self._columns.form.id} knows"
            self._fault("type", Reason.WORD_UNKNOWN, f"{shown(text)} is {known}")
        return flow

    def _is_yes(self, field: str, text: str) -> bool | None:
        key = key_of(text)
        if key in _TRUE or key in _FALSE:
            return key in _TRUE
        answer = load_vocabulary().yes_no.get(key)
        if answer is None:
            self._fault(field, Reason.WORD_UNKNOWN, f"{shown(text)} is neither yes nor no")
        return answer

    def _understood(self, field: str, text: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(text)
        except ValueError as error:
            self._fault(field, Reason.VALUE_UNREADABLE, str(error)[:200])
            return None

    # 2. put the cells of each party together

    def _parties(self, texts: dict[str, str]) -> Iterator[DeclaredParty]:
        for party, parts in self._reader.parties.items():
            given = {part: text for part in parts if (text := texts.get(f"{party}.{part}"))}
            if not given.keys() & {"identifier", "name"}:
                continue
            identifier = given.get("identifier")
            if identifier is not None and _AS_A_NUMBER.fullmatch(identifier):
                self._fault(
                    party + IDENTIFIER,
                    Reason.NUMBER_FOR_IDENTIFIER,
                    f"{shown(identifier)} was an identifier once; export the column as text",
                )
                continue
            made = self._party(party, identifier, given)
            if made is not None:
                yield made

    def _party(
        self, party: str, identifier: str | None, given: dict[str, str]
    ) -> DeclaredParty | None:
        address = None
        if not given.keys() <= {"identifier", "name"}:
            address = self._address(party, given)
            if address is None:
                return None
        return self._made(
            DeclaredParty,
            f"{party}.",
            role=party.partition(".")[0],
            identifier=identifier,
            name=given.get("name"),
            address=address,
            territory=None if address is None else address.territory,
        )

    def _address(self, party: str, given: dict[str, str]) -> DeclaredAddress | None:
        lines = [one_line(line) for line in given.get("address", "").splitlines()]
        return self._made(
            DeclaredAddress,
            f"{party}.",
            lines=tuple(line for line in lines if line),
            city=given.get("city"),
            postcode=given.get("postcode"),
            territory=given["territory"].upper() if "territory" in given else None,
        )

    # 3. let the model judge

    def _made(self, kind: type[N], prefix: str, **values: Any) -> N | None:
        try:
            return kind(**values)
        except ValidationError as error:
            for fault in faults_of(error):
                name = str(fault.where[0]) if fault.where else ""
                name = {"lines": "address", "chapters": "commodity_codes"}.get(name, name)
                text = f"{fault.text}; found {shown(fault.given)}"
                self._fault(f"{prefix}{name}", Reason.VALUE_UNREADABLE, text)
            return None

    def _fault(self, field: str | None, reason: Reason, text: str) -> None:
        column = None if field is None else self._columns.heading_of(field) or field
        self._faults.append(RowFault(self._number, column, reason, text))
