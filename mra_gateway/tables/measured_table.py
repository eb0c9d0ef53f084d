"""A table of declarations opened for measuring: where every field and measure of it stands.

Rows are counted by `analytics/`, which reads the file itself. Here is what tells it how, and the
slow reader that names the rows at fault when something is wrong with some.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declaration_forms import DeclarationForm, MeasureName, TableForm
from mra_gateway.tables.cleaning import key_of, shown
from mra_gateway.tables.declaration_columns import quoted
from mra_gateway.tables.declaration_files import (
    PARQUET,
    CsvTable,
    DeclaredTable,
    open_csv,
    open_parquet,
)
from mra_gateway.tables.declaration_rows import RowFault
from mra_gateway.tables.measured_values import (
    is_blank,
    read_chapter,
    read_currency,
    read_declared_day,
    read_local_moment,
    read_number,
    read_yes_no,
)
from mra_gateway.tables.problems import CellProblem

NUMBERS = ("value", "inspection_hours", "release_hours")
MOMENTS = ("arrived_at", "released_at")
NEEDED = ("type", "accepted_at")
_MEASURES = frozenset(get_args(MeasureName))
_REMEMBERED = 65_536

Kind = Literal["type", "day", "moment", "number", "yes_no", "chapter", "currency"]
KINDS: dict[str, Kind] = {
    "type": "type",
    "accepted_at": "day",
    "inspected": "yes_no",
    "commodity_codes": "chapter",
    "currency": "currency",
    **dict.fromkeys(NUMBERS, "number"),
    **dict.fromkeys(MOMENTS, "moment"),
}
"""How the fields are read that are more than text."""


class Period(NamedTuple):
    """The days that are looked at, both included; None where nothing limits them."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Says whether a day lies in it."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


class MeasuredTable:
    """One file.

    Attributes:
        path: The file.
        is_parquet: Whether it is Parquet; else CSV.
        headings: As they stand.
        fields: Field or measure → its column, from 0.
        typed: Those of them that the file keeps as something else than text.
        form: How it is read.
        table: The form's part about tables.
    """

    def __init__(self, path: Path, opened: DeclaredTable, *, zone: ZoneInfo | None) -> None:
        self.path = path
        self.opened = opened
        self.is_parquet = not isinstance(opened, CsvTable)
        self.headings = opened.columns.headings
        self.form: DeclarationForm = opened.columns.form
        self.table: TableForm = opened.columns.table
        self.fields = _fields(opened)
        self.typed = _typed(path, self.fields) if self.is_parquet else frozenset()
        self._zone = zone
        self._value = lru_cache(maxsize=_REMEMBERED)(self._read)
        self._types = {key_of(word): flow for word, flow in self.form.types.items()}

    @property
    def remark(self) -> str | None:
        """What a person should know: columns that are not read."""
        read = set(self.fields.values())
        unread = [text for at, text in enumerate(self.headings) if at not in read and text.strip()]
        return f"{self.path.name}: columns not read: {quoted(unread)}" if unread else None

    def value(self, field: str, text: str) -> Any:
        """Returns what a text of a field means.

        Raises:
            CellProblem: It means nothing, or two things.
        """
        found = self._value(field, text)
        if isinstance(found, CellProblem):
            raise found
        return found

    def faults(
        self,
        *,
        period: Period,
        currency: str | None,
        without_rate: Collection[str] = (),
    ) -> Iterator[RowFault]:
        """Yields what is wrong with the rows, row by row.

        Args:
            period: The days a declaration may have been accepted on.
            currency: Of values beside which none is stated.
            without_rate: Currencies that cannot be changed into the one wanted.

        Raises:
            RequestRefused: The file breaks off further on.
        """
        own = currency or self.table.currency
        for number, cells in self.opened.cells(tuple(self.fields.values())):
            if any(cell and cell.strip() for cell in cells):
                yield from self._row_faults(number, cells, period=period, currency=own)
                if without_rate and (place := self.fields.get("currency")) is not None:
                    code = (cells[place] or "").strip().upper()
                    if code in without_rate:
                        text = f"no rate of {code} is known (partners/rates)"
                        yield self._fault(number, "currency", Reason.VALUE_NOT_ALLOWED, text)

    def _row_faults(
        self, number: int, cells: Sequence[str | None], *, period: Period, currency: str | None
    ) -> Iterator[RowFault]:
        if not self.is_parquet and len(cells) != len(self.headings):
            why = f"{len(cells)} cells under {len(self.headings)} headings"
            yield RowFault(number, None, Reason.VALUE_UNREADABLE, why)
            return
        values: dict[str, Any] = {}
        for field, place in self.fields.items():
            text = cells[place]
            if text is None or is_blank(text):
                continue
            try:
                values[field] = self.value(field, text) if field in KINDS else text
            except CellProblem as problem:
                yield RowFault(number, self.headings[place], problem.reason, problem.text)
                values[field] = None
        yield from self._relations(number, values, period=period, currency=currency)

    def _relations(
        self, number: int, values: dict[str, Any], *, period: Period, currency: str | None
    ) -> Iterator[RowFault]:
        for field in NEEDED:
            if field not in values:
                yield self._fault(number, field, Reason.VALUE_MISSING, f"the row has no {field}")
        if "value" in values and "currency" not in values and currency is None:
            text = "a value without its currency"
            yield self._fault(number, "currency", Reason.VALUE_MISSING, text)
        day = values.get("accepted_at")
        if day is not None and not period.holds(day):
            text = f"accepted on {day}, outside {period.first or '…'} to {period.last or '…'}"
            yield self._fault(number, "accepted_at", Reason.VALUE_NOT_ALLOWED, text)
        arrived, released = values.get("arrived_at"), values.get("released_at")
        if arrived is not None and released is not None and released < arrived:
            text = f"released at {released}, before it arrived at {arrived}"
            yield self._fault(number, "released_at", Reason.VALUE_NOT_ALLOWED, text)

    def _fault(self, number: int, field: str, reason: Reason, text: str) -> RowFault:
        place = self.fields.get(field)
        return RowFault(number, None if place is None else self.headings[place], reason, text)

    def _read(self, field: str, text: str) -> Any:
        try:
            return self._understood(field, text)
        except CellProblem as problem:
            return problem

    def _understood(self, field: str, text: str) -> Any:
        kind = KINDS[field]
        if kind == "number" and field in self.typed:
            return _typed_number(text)
        if kind == "number":
            return read_number(text, decimal=self.table.decimal)
        if kind == "day":
            return read_declared_day(text, moments=self.form.moments)
        if kind == "moment":
            return read_local_moment(text, moments=self.form.moments, zone=self._zone)
        if kind == "yes_no":
            return read_yes_no(text)
        if kind == "chapter":
            return read_chapter(text)
        if kind == "currency":
            return read_currency(text)
        flow = self._types.get(key_of(text))
        if flow is None:
            why = f"{shown(text)} is no type the form {self.form.id} knows"
            raise CellProblem(Reason.WORD_UNKNOWN, why)
        return flow


def open_measured(
    path: Path, *, forms: Sequence[DeclarationForm], zone: ZoneInfo | None
) -> MeasuredTable:
    """Opens a CSV or Parquet file of declarations for measuring.

    Raises:
        RequestRefused: It holds nothing, cannot be read, or a column that is needed is missing.
    """
    with path.open("rb") as file:
        head = file.read(len(PARQUET))
    if not head:
        raise RequestRefused("holds nothing", reason=Reason.FILE_UNREADABLE, where=str(path))
    opener = open_parquet if head == PARQUET else open_csv
    measured = MeasuredTable(path, opener(path, forms=forms, zone=zone), zone=zone)
    for field in NEEDED:
        if field not in measured.fields:
            unread = measured.remark or "every other column is read"
            raise RequestRefused(
                f"no column is the {field}: write your heading into a form of "
                f"partners/declarations ({unread})",
                reason=Reason.COLUMN_MISSING,
                where=f"{path}, row 1",
            )
    return measured


def _typed(path: Path, fields: Mapping[str, int]) -> frozenset[str]:
    """The fields a Parquet file keeps as numbers, days, moments or truth values."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(path)
    found = set()
    for field, place in fields.items():
        kind = schema.field(place).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            found.add(field)
    if "commodity_codes" in found:
        raise RequestRefused(
            f"the commodity codes are kept as {schema.field(fields['commodity_codes']).type}: "
            "numbers lose their leading zeros; export them as text",
            reason=Reason.NUMBER_FOR_IDENTIFIER,
            where=str(path),
        )
    return frozenset(found)


def _typed_number(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise CellProblem(Reason.VALUE_UNREADABLE, f"{shown(text)} is no number of 0 or more")
    return number


def _fields(opened: DeclaredTable) -> dict[str, int]:
    columns = opened.columns
    known = {key_of(text): name for name, texts in columns.table.measures.items() for text in texts}
    found: dict[str, int] = {}
    for place, (heading, field) in enumerate(zip(columns.headings, columns.fields, strict=True)):
        own = heading.strip().lower()
        name = field or (own if own in _MEASURES else known.get(key_of(heading)))
        if name is None:
            continue
        if name in found:
            first = columns.headings[found[name]]
            raise RequestRefused(
                f"{shown(first)} and {shown(heading)} are both the {name}; say in a form which is",
                reason=Reason.HEADINGS_NOT_FOUND,
                where=f"row 1, column {heading[:80]!r}",
            )
        found[name] = place
    return found
