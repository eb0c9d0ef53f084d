"""Finds the heading rows of a sheet: below a banner, over one row or two, merged or not.

A heading row is the row, or pair of rows, in which most columns are known; a register names at
least its operators' TIN or authorisation number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from openpyxl.utils import get_column_letter

from mra_gateway.tables.cleaning import clean_line, key_of
from mra_gateway.tables.fields import IGNORE
from mra_gateway.tables.sheet import Row, Sheet, Value

SEARCHED = 60
"""How many filled rows are searched for headings."""
BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class HeadingCell:
    """The heading of one column.

    Attributes:
        texts: What it may be known by, best first: `upper / lower`, lower, upper.
    """

    column: int
    texts: tuple[str, ...]

    @property
    def letter(self) -> str:
        """The column's letters."""
        return get_column_letter(self.column)

    @property
    def shown(self) -> str:
        """The heading as a person reads it."""
        return self.texts[0]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the headings of a sheet stand, and what they say."""

    first_row: int
    last_row: int
    cells: tuple[HeadingCell, ...]

    def keys(self) -> dict[int, frozenset[str]]:
        """Returns what each column's heading is known by, as `key_of` has it."""
        return {cell.column: frozenset(map(key_of, cell.texts)) for cell in self.cells}


Recognise = Callable[[HeadingCell], str | None]
"""Returns the field a heading stands for."""


def find_header(sheet: Sheet, *, recognise: Recognise) -> Header | None:
    """Returns the heading rows of a sheet, or None when it holds no register."""
    best: Header | None = None
    best_score = 1
    rows = list(islice((row for row in sheet.rows if not row.is_blank), SEARCHED))
    for row, below in zip(rows, [*rows[1:], None], strict=False):
        candidates = [_single(sheet, row)]
        if below is not None and below.number == row.number + 1:
            candidates.append(_double(sheet, row, below))
        for header in candidates:
            score = _score(header, recognise)
            if score > best_score:
                best, best_score = header, score
    return best


def is_repeated(row: Row, keys: Mapping[int, frozenset[str]]) -> bool:
    """Says whether a row below only says the headings again, by `Header.keys`."""
    filled = [(column, value) for column, value in enumerate(row.values, 1) if value is not None]
    allowed = len(filled) // 5
    other = 0
    for column, value in filled:
        other += key_of(str(value)) not in keys.get(column, ())
        if other > allowed:
            return False
    return len(filled) - other >= 2


def is_numbering(row: Row) -> bool:
    """Says whether a row only counts the columns: 1, 2, 3 …, as printed forms do."""
    texts = [str(value).strip() for value in row.values if value is not None]
    return len(texts) >= 3 and texts == [str(number) for number in range(1, len(texts) + 1)]


def _score(header: Header, recognise: Recognise) -> int:
    fields = {recognise(cell) for cell in header.cells} - {None, IGNORE}
    return len(fields) if fields & {"tin", "authorisation"} else 0


def _single(sheet: Sheet, row: Row) -> Header:
    texts = _texts(sheet, row)
    cells = tuple(HeadingCell(column, (text,)) for column, text in enumerate(texts, 1) if text)
    return Header(row.number, row.number, cells)


def _double(sheet: Sheet, upper: Row, lower: Row) -> Header:
    above, below = _texts(sheet, upper), _texts(sheet, lower)
    width = max(len(above), len(below))
    above = [*above, *[""] * (width - len(above))]
    below = [*below, *[""] * (width - len(below))]
    cells = []
    for column, (top, bottom) in enumerate(zip(above, below, strict=True), 1):
        if top and bottom and top != bottom:
            cells.append(HeadingCell(column, (f"{top}{BETWEEN}{bottom}", bottom, top)))
        elif top or bottom:
            cells.append(HeadingCell(column, (top or bottom,)))
    return Header(upper.number, lower.number, tuple(cells))


def _texts(sheet: Sheet, row: Row) -> list[str]:
    texts = [_text(value) for value in row.values]
    for area in sheet.merged:
        if area.first_row <= row.number <= area.last_row:
            texts.extend([""] * (area.last_column - len(texts)))
            source = _row(sheet.rows, area.first_row)
            text = _text(source.value(area.first_column)) if source else ""
            texts[area.first_column - 1 : area.last_column] = [text] * (
                area.last_column - area.first_column + 1
            )
    return texts


def _row(rows: Sequence[Row], number: int) -> Row | None:
    return next((row for row in islice(rows, number + 1) if row.number == number), None)


def _text(value: Value) -> str:
    return clean_line(value) if isinstance(value, str) else ""
