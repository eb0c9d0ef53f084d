"""A partner's list of operators, as far as matching asks: read fast, refused where it is wrong.

The headings and words are those by which registers are imported (`partners/mappings/`, or a mapping
of one's own); names, addresses, dates and consents are not looked at. What an import checks besides
is in `register.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Words
from pathlib import Path
from typing import Any, NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Territory
from mra_gateway.model.impact import ListedOperator
from mra_gateway.model.operators import PartnerIdentifier
from mra_gateway.model.register import SourceAddress
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.fields import IGNORE, field_of
from mra_gateway.tables.footers import has_no_key, is_footer
from mra_gateway.tables.headings import Header, is_repeated
from mra_gateway.tables.mapping import Mapping
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.proposal import propose, recognise_by_mapping
from mra_gateway.tables.register import find_headed_sheets, open_source
from mra_gateway.tables.rows import CanonicalTin, Column
from mra_gateway.tables.sheet import Row, Sheet, is_empty
from mra_gateway.tables.values import ValueReader
from mra_gateway.tables.vocabulary import load_vocabulary

_READ = frozenset(
    {"tin", "authorisation", "programme", "tier", "roles", "status", "partner_identifier"}
)
_R = Reason
_LONGEST_WORD = 8
"""Letters of a text that may be a word for nothing, and no identifier."""


class ListFault(NamedTuple):
    """One thing that is wrong with a list."""

    where: SourceAddress
    reason: Reason
    text: str


class OperatorList(NamedTuple):
    """A list as read; with faults it is not to be used."""

    operators: tuple[ListedOperator, ...]
    faults: tuple[ListFault, ...]


def read_operators(
    path: Path,
    *,
    mapping: Mapping | None,
    programme: ProgrammeId | None,
    territory: Territory,
    canonical_tin: CanonicalTin,
) -> OperatorList:
    """Reads a list from CSV or XLSX.

    Args:
        path: The file.
        mapping: How its columns are read; None takes the shared vocabulary.
        programme: Where the file does not name it in every row.
        territory: Whose list it is.
        canonical_tin: `identifiers.canonical.canonical_tin` with its territory filled in.

    Raises:
        RequestRefused: `FILE_UNREADABLE` or `HEADINGS_NOT_FOUND`.
    """
    vocabulary = load_vocabulary()
    source = open_source(path, mapping=mapping)
    operators: list[ListedOperator] = []
    faults: list[ListFault] = []
    for sheet, header in find_headed_sheets(source, mapping=mapping):
        own = mapping
        if own is None:
            name = path.stem if path.stem.isprintable() else "list"
            own = propose(
                header, vocabulary=vocabulary, name=name[:200] or "list", programme=programme
            ).mapping
        reading = _Reading(
            sheet, header, own, programme=programme, territory=territory, canonical=canonical_tin
        )
        operators += reading.read()
        faults += reading.faults
    faults += _contradictions(operators, path.name)
    return OperatorList(tuple(operators), tuple(faults))


class _Reading:
    """One sheet being read."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        mapping: Mapping,
        *,
        programme: ProgrammeId | None,
        territory: Territory,
        canonical: CanonicalTin,
    ) -> None:
        self.faults: list[ListFault] = []
        self._sheet, self._header = sheet, header
        self._vocabulary = load_vocabulary()
        self._values = ValueReader(
            mapping, vocabulary=self._vocabulary, epoch_1904=sheet.epoch_1904
        )
        self._defaults = mapping.defaults
        self._programme = programme or mapping.defaults.programme
        self._territory, self._canonical = territory, canonical
        self._columns = self._find_columns(mapping)
        self._known: dict[tuple[str, object], Any] = {}

    def read(self) -> Iterator[ListedOperator]:
        for base in ("tin", "authorisation"):
            if not any(column.field.base == base for column in self._columns):
                self._fault(self._header.last_row, None, _R.COLUMN_MISSING, f"no column is {base}")
        if self.faults:
            return
        keys = [c.number for c in self._columns if c.field.base in {"tin", "authorisation"}]
        headings = self._header.keys()
        written = {cell.shown for cell in self._header.cells}
        for row in self._sheet.rows:
            if row.number <= self._header.last_row:
                continue
            # most rows of a long list name an operator plainly: then nothing else is asked
            named = any(_is_plain(cell) and cell not in written for cell in map(row.value, keys))
            if not named and self._is_passed_over(row, keys, headings):
                continue
            operator = self._operator(row)
            if operator is not None:
                yield operator

    def _is_passed_over(
        self, row: Row, keys: list[int], headings: Words[int, frozenset[str]]
    ) -> bool:
        if row.is_blank or is_repeated(row, headings):
            return True
        if not has_no_key(row, keys, self._vocabulary):
            return False
        if is_footer(row, self._vocabulary) is None:
            text = "neither TIN nor authorisation number"
            self._fault(row.number, None, _R.ROW_NOT_AN_OPERATOR, text)
        return True

    def _operator(self, row: Row) -> ListedOperator | None:
        values: dict[str, Any] = {}
        identifiers: list[PartnerIdentifier] = []
        before = len(self.faults)
        for column in self._columns:
            cell = row.value(column.number)
            if is_empty(cell):
                continue
            try:
                value = self._value(column, cell)
            except CellProblem as problem:
                self._fault(row.number, column, problem.reason, problem.text)
                continue
            except RequestRefused as refused:
                self._fault(row.number, column, refused.reason, refused.text)
                continue
            except ValueError as error:
                self._fault(row.number, column, _R.VALUE_UNREADABLE, str(error)[:200])
                continue
            if column.field.base == "partner_identifier":
                identifiers.append(value)
            else:
                values[column.field.base] = value
        programme = values.get("programme") or self._programme
        if len(self.faults) == before:
            self._complete(row, values, programme)
        if len(self.faults) > before or programme is None:
            return None
        status = values.get("status") or self._defaults.status or Status.VALID
        return ListedOperator(
            row=row.number,
            tin=values["tin"],
            authorisation=values["authorisation"],
            programme=programme,
            tier=values.get("tier") or self._defaults.tier,
            roles=values.get("roles") or self._defaults.roles,
            partner_identifiers=tuple(identifiers),
            is_valid=status is Status.VALID,
        )

    def _complete(self, row: Row, values: dict[str, Any], programme: ProgrammeId | None) -> None:
        for base in ("tin", "authorisation"):
            if values.get(base) is None:
                self._fault(row.number, None, _R.VALUE_MISSING, f"{base} is empty")
        if programme is None:
            text = "no programme: name one (CN-AEO) instead of the territory"
            self._fault(row.number, None, _R.VALUE_MISSING, text)
        elif programme.territory != self._territory:
            text = f"{programme} is not a programme of {self._territory}"
            self._fault(row.number, None, _R.VALUE_NOT_ALLOWED, text)

    def _value(self, column: Column, cell: Any) -> Any:
        base = column.field.base
        if base in {"tin", "authorisation", "partner_identifier"}:
            text: str | None = cell
            if not _is_plain(cell) or column.digits is not None:
                text = self._values.identifier(cell, field=column.field, digits=column.digits)
            if text is None:
                return None
            if base == "tin":
                return self._canonical(text)
            if base == "authorisation":
                return AuthorisationNumber(text)
            if column.field.qualifier is None:
                raise CellProblem(_R.VALUE_MISSING, "of which kind the identifier is")
            return PartnerIdentifier(kind=column.field.qualifier, value=text)
        key = (base, cell)
        if key not in self._known:
            self._known[key] = self._word(base, cell)
        return self._known[key]

    def _word(self, base: str, cell: Any) -> Any:
        if base == "status":
            return self._values.status(cell)
        if base == "roles":
            return self._values.roles(cell)
        if base == "tier":
            return self._values.tier(cell)
        text = self._values.text(cell)
        if text is None:
            return None
        own = self._values.mapping.values.programme.get(text)
        return own or ProgrammeId(text)

    def _find_columns(self, mapping: Mapping) -> tuple[Column, ...]:
        recognise = recognise_by_mapping(mapping)
        found = []
        for cell in self._header.cells:
            name = recognise(cell)
            if name is None or name == IGNORE or field_of(name).base not in _READ:
                continue
            rule = next(rule for rule in mapping.columns if rule.field == name)
            found.append(Column(cell.column, cell.letter, cell.shown, field_of(name), rule.digits))
        return tuple(found)

    def _fault(self, row: int, column: Column | None, reason: Reason, text: str) -> None:
        where = self._sheet.address(row, None if column is None else column.number)
        self.faults.append(ListFault(where, reason, text))


def _is_plain(cell: object) -> bool:
    """Whether an identifier needs no reading: most of a long list; `1E11` was shortened."""
    return (
        type(cell) is str
        and cell.isascii()
        and cell.isalnum()
        and len(cell) > _LONGEST_WORD
        and (cell[0].isalpha() or cell.isdigit())
    )


def _contradictions(operators: list[ListedOperator], file: str) -> Iterator[ListFault]:
    """Yields authorisations that stand there twice and not alike."""
    seen: dict[tuple[str, str, str], ListedOperator] = {}
    for one in operators:
        first = seen.setdefault((one.tin, one.programme, one.authorisation), one)
        if first is not one and first._replace(row=0) != one._replace(row=0):
            where = SourceAddress(file=file, row=one.row)
            text = f"{shown(str(one.authorisation))} says something else in row {first.row}"
            yield ListFault(where, _R.ROWS_CONTRADICT, text)
