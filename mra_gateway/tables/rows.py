"""One row of a sheet → one `RegisterRow`, or everything that is wrong with it.

1. Read every mapped cell. 2. Put groups (names, addresses, partner identifiers, consents) together.
3. Apply the mapping's defaults. 4. Let the model judge the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import Address, OperatorName, PartnerIdentifier
from mra_gateway.model.register import (
    ConsentBasis,
    ConsentEntry,
    RegisterRow,
    RowProblem,
    SourceAddress,
)
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.fields import DATES, IDENTIFIERS, Field
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.sheet import Row, Value, is_empty
from mra_gateway.tables.values import ValueReader

CanonicalTin = Callable[[str], Tin]
"""Canonical TIN from a form as written; raises `RequestRefused`."""


REQUIRED = ("tin", "authorisation", "status", "programme")
"""Fields without which a row names no authorisation; the last two may be the mapping's default."""


_READ: dict[str, Callable[[ValueReader, Value], Any]] = {
    "status": ValueReader.status,
    "roles": ValueReader.roles,
    "tier": ValueReader.tier,
    "consent": ValueReader.yes_no,
    "consent_partner": ValueReader.territories,
    "kind": lambda reader, cell: reader.word(cell, field="kind", shared=reader.vocabulary.kinds),
    "consent_basis": lambda reader, cell: reader.word(
        cell, field="consent_basis", shared=reader.vocabulary.bases
    ),
}
"""How fields that are no plain text are read."""


@dataclass(frozen=True, slots=True)
class Column:
    """A mapped column of a sheet."""

    number: int
    letter: str
    heading: str
    field: Field
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for every row of a reading."""

    programme: ProgrammeId | None
    territory: Territory
    canonical_tin: CanonicalTin


@dataclass(slots=True)
class _Group:
    """The cells of one name, address, partner identifier or consent."""

    qualifier: str | None
    column: Column
    values: dict[str, Any] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)


class RowBuilder:
    """Builds one row; made anew for each."""

    def __init__(
        self, row: Row, address: SourceAddress, *, reader: ValueReader, context: Context
    ) -> None:
        self.problems: list[RowProblem] = []
        self._is_lacking = False
        self._row = row
        self._address = address
        self._reader = reader
        self._context = context
        self._plain: dict[str, Any] = {}
        self._columns: dict[str, Column] = {}
        self._groups: dict[tuple[str, str | None, int], _Group] = {}

    def build(self, columns: tuple[Column, ...]) -> RegisterRow | None:
        """Returns the row, or None when `problems` says why not."""
        for column in columns:  # step 1
            self._read(column)
        values: dict[str, Any] = {**self._plain}
        values["names"] = self._build_groups("name", self._name)  # step 2
        values["addresses"] = self._build_groups("address", self._operator_address)
        values["partner_identifiers"] = self._build_groups("partner_identifier", self._partner_id)
        values["consents"] = [
            entry for entries in self._build_groups("consent", self._consents) for entry in entries
        ]
        self._apply_defaults(values)  # step 3
        if self.problems or self._is_lacking:
            return None
        try:
            return RegisterRow.model_validate(values)  # step 4
        except ValidationError as error:
            for found in error.errors():
                place = str(found["loc"][0]) if found["loc"] else ""
                self._add(self._columns.get(place), Reason.VALUE_NOT_ALLOWED, found["msg"])
            return None

    def _read(self, column: Column) -> None:
        value = self._row.value(column.number)
        name = column.field.base
        self._columns.setdefault(name, column)
        try:
            read = self._value(value, column)
        except CellProblem as problem:
            self._add(column, problem.reason, problem.text, value)
            # the cell is reported once; what depends on it must not report it again
            read = problem
        if column.field.group is None:
            self._plain[name] = read
            return
        key = (column.field.group, column.field.qualifier, column.field.number or 1)
        group = self._groups.setdefault(key, _Group(column.field.qualifier, column))
        group.bases.add(name)
        if read not in (None, ()):
            group.values[name] = read

    def _value(self, value: Value, column: Column) -> Any:
        reader, name = self._reader, column.field.base
        if name in DATES:
            return reader.day(value, field=column.field)
        if name in IDENTIFIERS:
            return self._identifier(value, column)
        if name in {"address", "partner_identifier_site"}:
            return reader.lines(value)
        if name.endswith("_territory"):
            found = reader.territories(value)
            return found[0] if len(found) == 1 else self._one_territory(found)
        if name == "programme":
            return self._programme(value)
        return _READ.get(name, ValueReader.text)(reader, value)

    @staticmethod
    def _one_territory(found: tuple[Territory, ...]) -> None:
        if found:
            raise CellProblem(Reason.VALUE_UNREADABLE, "an address lies in one territory")

    def _identifier(self, value: Value, column: Column) -> Any:
        text = self._reader.identifier(value, field=column.field, digits=column.digits)
        if text is None or column.field.base not in {"tin", "authorisation"}:
            return text
        try:
            if column.field.base == "authorisation":
                return AuthorisationNumber(text)
            tin = self._context.canonical_tin(text)
        except RequestRefused as refused:
            raise CellProblem(refused.reason, refused.text) from None
        except ValueError as error:
            raise CellProblem(Reason.IDENTIFIER_INVALID, str(error)) from None
        if text not in {tin, tin.national}:
            self._plain.setdefault("tin_as_issued", text)
        return tin

    def _programme(self, value: Value) -> ProgrammeId | None:
        text = self._reader.text(value)
        if text is None:
            return None
        own = self._reader.mapping.values.programme
        try:
            programme = own.get(text) or ProgrammeId(text)
        except ValueError as error:
            raise CellProblem(Reason.WORD_UNKNOWN, str(error)) from None
        given = self._context.programme
        if given is not None and programme != given:
            raise CellProblem(
                Reason.VALUE_NOT_ALLOWED, f"{programme} is not {given}, which is being imported"
            )
        return programme

    def _apply_defaults(self, values: dict[str, Any]) -> None:
        mapping, defaults = self._reader.mapping, self._reader.mapping.defaults
        given = self._context.programme or defaults.programme
        for name, default in (
            ("programme", given),
            ("kind", defaults.kind),
            ("tier", defaults.tier),
            ("roles", defaults.roles),
            ("status", defaults.status),
            ("issuing_authority", defaults.issuing_authority),
        ):
            if values.get(name) in (None, ()) and default:
                values[name] = default
        if values.get("episode") is None:
            source = values.get(mapping.episode_from)
            values["episode"] = None if source is None else str(source)
            if source is None and mapping.episode_from not in REQUIRED:
                self._missing(mapping.episode_from, "the episode is named by it")
        for name in REQUIRED:
            if values.get(name) is None:
                self._missing(name, "every operator has one")
        for name in [name for name, value in values.items() if value is None]:
            del values[name]
        programme = values.get("programme")
        if isinstance(programme, ProgrammeId) and programme.territory != self._context.territory:
            text = f"{programme} is not a programme of {self._context.territory}"
            self._add(self._columns.get("programme"), Reason.VALUE_NOT_ALLOWED, text)

    def _missing(self, name: str, why: str) -> None:
        # a column that is missing altogether is one problem of the sheet, not one of every row
        self._is_lacking = True
        if name in self._columns:
            self._add(self._columns[name], Reason.VALUE_MISSING, f"{name} is empty; {why}")

    def _build_groups(self, name: str, build: Callable[[_Group], Any]) -> list[Any]:
        built = []
        for (kind, _, _), group in self._groups.items():
            broken = any(isinstance(value, CellProblem) for value in group.values.values())
            if kind != name or broken or not group.values:
                continue
            try:
                found = build(group)
            except ValidationError as error:
                reason = (
                    Reason.CONSENT_INCOMPLETE if kind == "consent" else Reason.VALUE_NOT_ALLOWED
                )
                self._add(group.column, reason, error.errors()[0]["msg"])
                continue
            except CellProblem as problem:
                self._add(group.column, problem.reason, problem.text)
                continue
            if found is not None:
                built.append(found)
        return built

    def _name(self, group: _Group) -> OperatorName | None:
        if "name" not in group.values:
            return None
        language = group.values.get("name_language") or group.qualifier
        return OperatorName(text=group.values["name"], language=language)

    def _operator_address(self, group: _Group) -> Address:
        return self._build_address("address", group.values, group.qualifier)

    def _build_address(self, base: str, values: dict[str, Any], language: str | None) -> Address:
        city, postcode = values.get(f"{base}_city"), values.get(f"{base}_postcode")
        lines = values.get(base) or tuple(part for part in (city, postcode) if part)
        return Address(
            lines=lines,
            city=city,
            postcode=postcode,
            territory=values.get(f"{base}_territory") or self._context.territory,
            language=values.get(f"{base}_language") or language,
        )

    def _partner_id(self, group: _Group) -> PartnerIdentifier | None:
        values = group.values
        if "partner_identifier" not in values:
            return None
        site = "partner_identifier_site"
        has_site = any(name.startswith(site) for name in values)
        kind = values.get("partner_identifier_kind") or group.qualifier
        if kind is None:
            raise CellProblem(Reason.VALUE_MISSING, "of which kind the partner identifier is")
        return PartnerIdentifier(
            kind=kind,
            value=values["partner_identifier"],
            site=self._build_address(site, values, None) if has_site else None,
        )

    def _consents(self, group: _Group) -> tuple[ConsentEntry, ...]:
        values = group.values
        if values.get("consent") is False:
            if "consent_withdrawn_on" not in values:
                return ()
        elif "consent" in group.bases and "consent" not in values:
            raise CellProblem(
                Reason.CONSENT_INCOMPLETE, "yes or no is not stated, but other columns of it are"
            )
        own = (Territory.trusted(group.qualifier),) if group.qualifier else ()
        partners = values.get("consent_partner", own)
        if not partners:
            raise CellProblem(Reason.CONSENT_INCOMPLETE, "for which partner is not stated")
        basis = values.get("consent_basis") or self._reader.mapping.defaults.consent_basis
        if basis is None and "consent" in values:
            basis = ConsentBasis.CONSENT
        if basis is None:
            raise CellProblem(Reason.CONSENT_INCOMPLETE, "on which basis is not stated")
        return tuple(
            ConsentEntry(
                partner=partner,
                basis=basis,
                letter_number=values.get("consent_letter"),
                given_on=values.get("consent_on"),
                withdrawn_on=values.get("consent_withdrawn_on"),
            )
            for partner in partners
        )

    def _add(self, column: Column | None, reason: Reason, text: str, value: Value = None) -> None:
        if column is not None and value is None:
            value = self._row.value(column.number)
        self.problems.append(
            RowProblem(
                address=self._address.at(column.letter if column else None),
                heading=column.heading if column else None,
                value=None if is_empty(value) else shown_value(value),
                reason=reason,
                text=text.removeprefix("Value error, "),
            )
        )


def shown_value(value: Value) -> str:
    """Returns a cell's value as a report shows it."""
    code = getattr(value, "code", None)
    return shown(code if code is not None else str(value) if value is not None else None)
