"""A sheet as it was found: values in rows, and what a person would see of it.

CSV (`csv_file.py`) and XLSX (`workbook.py`) are read into this one form; nothing is
interpreted yet.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from mra_gateway.model.packed import Packed, Packing
from mra_gateway.model.register import NoteKind, SourceAddress


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that holds an error (`#N/A`) instead of a value."""

    code: str


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A formula whose result the file does not hold."""


Value = (
    str | int | float | bool | datetime | date | time | timedelta | CellError | NotComputed | None
)


class Row(NamedTuple):
    """One row: `values[0]` stands in column A."""

    number: int
    values: tuple[Value, ...]
    hidden: bool = False

    def value(self, column: int) -> Value:
        """Returns the value in a column, from 1; None beyond the row's end."""
        return self.values[column - 1] if column <= len(self.values) else None

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the row."""
        return all(is_empty(value) for value in self.values)


# JSON would not tell a date from a text; what is read here never left this process
_ROWS: Packing[Row] = Packing(pickle.dumps, pickle.loads)


def packed_rows() -> Packed[Row]:
    """Returns a list for the rows of a sheet, however many they are."""
    return Packed(_ROWS)


class Area(NamedTuple):
    """A merged range, rows and columns from 1, ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def holds(self, row: int, column: int) -> bool:
        """Says whether a cell lies in the range."""
        return (
            self.first_row <= row <= self.last_row
            and self.first_column <= column <= self.last_column
        )

    @property
    def size(self) -> int:
        """How many cells the range covers."""
        rows = self.last_row - self.first_row + 1
        return rows * (self.last_column - self.first_column + 1)

    def __str__(self) -> str:
        first = f"{get_column_letter(self.first_column)}{self.first_row}"
        return f"{first}:{get_column_letter(self.last_column)}{self.last_row}"


@dataclass(slots=True)
class Sheet:
    """One sheet of a workbook, or the whole of a CSV file (then without a name)."""

    file: str
    name: str | None
    rows: Sequence[Row]
    merged: tuple[Area, ...] = ()
    hidden_columns: frozenset[int] = frozenset()
    is_hidden: bool = False
    filtered: str | None = None
    formulas: int = 0
    epoch_1904: bool = False

    def address(self, row: int | None = None, column: int | None = None) -> SourceAddress:
        """Returns the address of the sheet, a row or a cell of it."""
        letters = get_column_letter(column) if column else None
        return SourceAddress(file=self.file, sheet=self.name, row=row, column=letters)


@dataclass(slots=True)
class Source:
    """All sheets of a file, and what was found out while opening it."""

    file: str
    sheets: list[Sheet]
    remarks: list[tuple[NoteKind, str]] = field(default_factory=list)


def is_empty(value: Value) -> bool:
    """Says whether a cell holds nothing but space."""
    return value is None or (
        isinstance(value, str) and not value.strip("\ufeff\u200b \t\r\n\u00a0")
    )


def spans(numbers: Iterable[int]) -> str:
    """Writes row numbers as a person would: `4, 7-9, 12`."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
