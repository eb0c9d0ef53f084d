"""An administration's own register as one file states it: rows, where each stood, what is wrong.

Nouns only. Reading a spreadsheet or JSON is in `tables/`, reading XML in `wire/register.py`; what
an import changes is decided in `flows/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, SkipValidation, model_validator

from mra_gateway.errors import Reason
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import Authorised, OperatorRecord, Text


class ConsentBasis(StrEnum):
    """Why an operator's data may travel to one partner."""

    LAW = "law"
    CONTRACT = "contract"
    CONSENT = "consent"


class ConsentEntry(Noun):
    """That one operator's data may travel to one partner: consent is never one flag for all.

    Attributes:
        letter_number: Number of the letter, clause or act; may be absent only where law suffices.
        withdrawn_on: The day from which nothing may travel any more.
    """

    partner: Territory
    basis: ConsentBasis
    letter_number: Text | None = None
    given_on: date | None = None
    withdrawn_on: date | None = None

    @model_validator(mode="after")
    def _is_documented(self) -> Self:
        documented = self.letter_number is not None and self.given_on is not None
        if self.basis is not ConsentBasis.LAW and not documented:
            msg = f"{self.basis} for {self.partner} needs a letter number and a date"
            raise ValueError(msg)
        if self.withdrawn_on and self.given_on and self.withdrawn_on < self.given_on:
            msg = f"consent for {self.partner} is withdrawn before it was given"
            raise ValueError(msg)
        return self


class RegisterRow(Authorised):
    """One authorisation as the register states it: an `OperatorRecord` before it has a version.

    Attributes:
        status: The status the register states.
        effective_from: Since when: a moment, or a legal day in the administration's time zone; None
            where the register does not say.
        consents: One entry per partner, at most.
    """

    status: Status
    effective_from: AwareDatetime | date | None = None
    consents: tuple[ConsentEntry, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.expires_on and self.granted_on and self.expires_on < self.granted_on:
            msg = f"expires on {self.expires_on}, before it is granted on {self.granted_on}"
            raise ValueError(msg)
        partners = [consent.partner for consent in self.consents]
        if len(partners) != len(set(partners)):
            msg = "consent for the same partner is stated twice"
            raise ValueError(msg)
        return self

    def record(self, *, record_version: int) -> OperatorRecord:
        """Returns the part of the row that describes the operator, as a version of its record."""
        shared = {name: getattr(self, name) for name in SHARED}
        return OperatorRecord.model_validate({**shared, "record_version": record_version})


SHARED = frozenset(Authorised.model_fields)
"""The fields a row has in common with a record: all of the record's but its version."""


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where in the officer's file something stands.

    Attributes:
        file: The file's name, without its folder.
        row: Row of the sheet, record of a CSV or JSON list, line of an XML document; from 1. None
            where the whole file or column is meant.
        column: Column letters; for JSON and XML the path of the value.
    """

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None

    def at(self, column: str | None) -> SourceAddress:
        """Returns the address of another column of the same row."""
        return replace(self, column=column)

    @property
    def cell(self) -> str:
        """`C14` where it is a cell of a sheet; else what is known; empty for a whole sheet."""
        if self.row is None:
            return f"column {self.column}" if self.column else ""
        if self.column is None:
            return f"row {self.row}"
        if self.column.isascii() and self.column.isupper() and self.column.isalpha():
            return f"{self.column}{self.row}"
        return f"row {self.row}, {self.column}"

    def __str__(self) -> str:
        sheet = f", sheet {self.sheet!r}" if self.sheet is not None else ""
        return f"{self.file}{sheet}" + (f", {self.cell}" if self.cell else "")


class RowProblem(Noun):
    """One thing that must be corrected before the register can be taken.

    Attributes:
        heading: The column's heading as the officer wrote it.
        value: The value as found, through `repr` and cut: safe to show anywhere.
        text: What is wrong and what would be right.
    """

    address: SourceAddress
    heading: str | None = None
    value: str | None = None
    reason: Reason
    text: str


class NoteKind(StrEnum):
    """What a note of a reading is about."""

    SHEET = "sheet"
    ENCODING = "encoding"
    BANNER_ROWS = "banner_rows"
    HEADING_ROWS = "heading_rows"
    REPEATED_HEADINGS = "repeated_headings"
    COLUMN_NUMBERS = "column_numbers"
    HIDDEN_ROWS = "hidden_rows"
    HIDDEN_COLUMNS = "hidden_columns"
    HIDDEN_SHEET = "hidden_sheet"
    FILTER = "filter"
    MERGED_CELLS = "merged_cells"
    TOTALS_ROW = "totals_row"
    SIGNATURE_ROW = "signature_row"
    COLUMN_MAPPED = "column_mapped"
    COLUMN_NOT_MAPPED = "column_not_mapped"
    FORMULAS = "formulas"
    VALUES_CLEANED = "values_cleaned"
    DATES = "dates"


class RegisterNote(Noun):
    """Something the officer should know although nothing has to be corrected."""

    kind: NoteKind
    text: str
    address: SourceAddress


class AddressedRow(Noun):
    """A valid row and where it stood."""

    address: SourceAddress
    row: RegisterRow


class RegisterFile(Noun):
    """What one reading of a file gave: it is applied as a whole or not at all.

    Rows and problems are as a rule `Packed`: they are gone through, not kept.

    Attributes:
        rows: The valid rows, in the order of the file.
        problems: Everything to correct; with any, nothing is applied.
        rows_read: How many rows were taken for an operator, valid or not.
    """

    file: str
    rows: SkipValidation[Sequence[AddressedRow]] = ()
    problems: SkipValidation[Sequence[RowProblem]] = ()
    notes: tuple[RegisterNote, ...] = ()
    rows_read: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether the register can be taken: rows were found and nothing has to be corrected."""
        return not self.problems


class SourceRecord(Noun):
    """One record of a JSON or XML register before it is interpreted."""

    address: SourceAddress
    values: dict[str, Any]


class SourceRecords(Noun):
    """The records of a JSON or XML register, for `tables.register.read_records`.

    Attributes:
        form: `register` for the documented form (`schemas/register/`), `flat` for an
            administration's own, whose names a mapping turns into fields.
    """

    file: str
    form: Literal["register", "flat"]
    records: SkipValidation[Sequence[SourceRecord]]
    notes: tuple[RegisterNote, ...] = ()
