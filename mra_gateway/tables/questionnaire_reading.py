"""A questionnaire as it comes back → answers, or every cell to put right.

1. the first sheet: programme, version, source, day (`questionnaire_head.py`)
2. of every other sheet: headings wherever they stand, in English or Russian, columns in any order
3. merged cells that leave open for what an answer holds
4. each row: its item, then its cells (`questionnaire_answers.py`)
5. the same item answered on two sheets

Nothing is compared with what is held: that, and what two rows of one item amount to, is the
business of `flows/import_profile.py`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from mra_gateway.errors import Reason
from mra_gateway.model.look_alikes import to_latin
from mra_gateway.model.profiles import Cell
from mra_gateway.model.register import RowProblem, SourceAddress
from mra_gateway.model.requirements import Item
from mra_gateway.tables.cleaning import key_of
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.questionnaire_answers import Answer, Known, read_answer
from mra_gateway.tables.questionnaire_columns import (
    ASKED,
    HEAD_SHEET,
    HELP_SHEET,
    WORDS_SHEET,
    Column,
    columns,
)
from mra_gateway.tables.questionnaire_head import Head, find_lines, read_lines
from mra_gateway.tables.rows import shown_value
from mra_gateway.tables.sheet import Area, Row, Sheet, Source, Value, is_empty

_ITEM: Final = re.compile(r"([a-z][a-z0-9_-]*):([A-Z][A-Z0-9]{0,3}(?:\.[A-Za-z0-9]{1,8}){0,3})")
_BARE: Final = re.compile(r"[A-Z][A-Z0-9]{0,3}(?:\.[A-Za-z0-9]{1,8}){0,3}")
_MOST_FIGURES: Final = 12
_HEADINGS_SEEN: Final = 5
"""So many known headings in one row make it the row of headings."""

_SEARCHED: Final = 40
_OWN_SHEETS: Final = frozenset({HEAD_SHEET, HELP_SHEET, WORDS_SHEET})
_BY_FIELD: Final = {column.field: column for column in columns(figures=_MOST_FIGURES)}
_FIELD_OF: Final = {key: column.field for column in _BY_FIELD.values() for key in column.keys}
_ALWAYS: Final = tuple(
    column for column in columns(figures=1) if column.field == "item" or column.is_answer
)
"""Without one of these columns answers would be lost without anybody noticing."""


class Answered(NamedTuple):
    """One row that was filled in.

    Attributes:
        places: Field → the column it stands in.
    """

    sheet: Sheet
    row: int
    answer: Answer
    places: Mapping[str, int]

    @property
    def cell(self) -> Cell:
        """What it says."""
        return self.answer.cell

    def address(self, field: str = "stated") -> SourceAddress:
        """Returns where one of its values stands."""
        return self.sheet.address(self.row, self.places.get(field))


class Handed(NamedTuple):
    """A questionnaire as it came back.

    Attributes:
        items: The items that have a row, answered or not: what they had before is replaced.
        problems: Everything to put right, with its cell; while there are any nothing is taken.
        notes: What was left aside, in words.
    """

    head: Head
    rows: tuple[Answered, ...]
    items: frozenset[str]
    problems: tuple[RowProblem, ...]
    notes: tuple[str, ...]


def read_head(source: Source) -> Head:
    """Returns what the first sheet says, without what cannot be read of it."""
    return _Reading(source.file, _NOTHING).head(source.sheets)


def read_questionnaire(
    source: Source,
    *,
    items: Mapping[str, Item | None],
    tiers: Collection[str] = (),
    held: Sequence[Cell] = (),
) -> Handed:
    """Reads a questionnaire from a workbook, however it comes.

    Args:
        source: The workbook as `tables.workbook.read_workbook` opened it.
        items: What may be answered: items with their catalogue, and categories as None.
        tiers: Codes of the programme's tiers; empty: any are taken.
        held: The answers held now, whose own codes are taken again.
    """
    known = Known(items, frozenset(tiers), frozenset(code for cell in held for code in cell.values))
    reading = _Reading(source.file, known)
    head = reading.head(source.sheets)  # step 1
    for sheet in source.sheets:
        reading.sheet(sheet)  # steps 2 to 4
    reading.finish()  # step 5
    return Handed(
        head,
        tuple(reading.rows),
        frozenset(reading.items),
        tuple(reading.problems),
        tuple(reading.notes),
    )


_NOTHING: Final = Known({}, frozenset(), frozenset())


class _Reading:
    """One workbook, and what is found wrong in it."""

    def __init__(self, file: str, known: Known) -> None:
        self._file = file
        self._known = known
        self._has_items = False
        self.rows: list[Answered] = []
        self.items: set[str] = set()
        self.problems: list[RowProblem] = []
        self.notes: list[str] = []

    def add(
        self,
        address: SourceAddress,
        problem: CellProblem,
        *,
        heading: str | None = None,
        value: Value = None,
    ) -> None:
        """Keeps a problem."""
        self.problems.append(
            RowProblem(
                address=address,
                heading=heading,
                value=None if is_empty(value) else shown_value(value),
                reason=problem.reason,
                text=problem.text,
            )
        )

    def head(self, sheets: Sequence[Sheet]) -> Head:
        """Returns what the first sheet says, on whichever sheet it stands by now."""
        found = max(sheets, key=_head_lines, default=None)
        if found is None or _head_lines(found) < 2:
            self.notes.append(f"there is no sheet {HEAD_SHEET!r}")
            return Head()
        head, faults = read_lines(find_lines(found))
        for fault in faults:
            self.add(fault.address, fault.problem, heading=fault.heading, value=fault.value)
        return head

    def sheet(self, sheet: Sheet) -> None:
        """Reads the rows of a sheet that asks about items."""
        header = _find_header(sheet)
        if header is None:
            if sheet.name in ASKED:
                text = "no row of headings is found: item, answer, in words …"
                self.add(sheet.address(), CellProblem(Reason.HEADINGS_NOT_FOUND, text))
            elif sheet.name not in _OWN_SHEETS and sheet.rows:
                self.notes.append(f"sheet {sheet.name!r} asks about no items and is not read")
            return
        self._has_items = True
        places = self._places(sheet, header)
        if places is None:
            return
        self._check_merged(sheet, places, header.number)  # step 3
        for row in sheet.rows:
            if row.number > header.number and len(_known_headings(row)) < _HEADINGS_SEEN:
                self._row(sheet, row, places)  # step 4

    def finish(self) -> None:
        """Looks at the rows together."""
        if not self._has_items and not self.problems:
            text = "no sheet has the headings of a questionnaire"
            self.add(SourceAddress(file=self._file), CellProblem(Reason.HEADINGS_NOT_FOUND, text))
        first: dict[str, Answered] = {}
        kept: list[Answered] = []
        for row in self.rows:
            before = first.setdefault(row.cell.item, row)
            if any(
                other.answer == row.answer and other.sheet.name != row.sheet.name for other in kept
            ):
                self.notes.append(f"{row.address('item')}: says the same as a row before it")
            elif before.sheet.name != row.sheet.name:
                text = f"{row.cell.item} is answered on another sheet too, otherwise: "
                problem = CellProblem(Reason.ROWS_CONTRADICT, f"{text}{before.address()}")
                self.add(row.address(), problem)
            else:
                kept.append(row)
        self.rows = kept

    def _places(self, sheet: Sheet, header: Row) -> dict[str, int] | None:
        """Returns the column of each field; None where one that holds answers is missing."""
        places: dict[str, int] = {}
        before = len(self.problems)
        for place, value in enumerate(header.values, 1):
            field = _FIELD_OF.get(key_of(str(value))) if not is_empty(value) else None
            if field in places:
                text = f"this heading stands in column {sheet.address(1, places[field]).column} too"
                wrong = CellProblem(Reason.ROWS_CONTRADICT, text)
                self.add(sheet.address(header.number, place), wrong, value=value)
            elif field is not None:
                places[field] = place
            elif not is_empty(value):
                where = sheet.address(header.number, place)
                self.notes.append(
                    f"{where}: column {shown_value(value)} is not asked for: not read"
                )
        figures = {field.partition(".")[0] for field in places if field.startswith("figure")}
        wanted = [
            column
            for column in _BY_FIELD.values()
            if column in _ALWAYS or column.field.partition(".")[0] in figures
        ]
        for column in wanted:
            if column.field not in places:
                text = f"no column {column.english!r} ({column.russian})"
                wrong = CellProblem(Reason.COLUMN_MISSING, text)
                self.add(sheet.address(header.number), wrong, heading=column.english)
        return places if len(self.problems) == before else None

    def _check_merged(self, sheet: Sheet, places: Mapping[str, int], header: int) -> None:
        answers = {place: field for field, place in places.items() if _is_read(_BY_FIELD[field])}
        asked = {row.number for row in sheet.rows if not is_empty(row.value(places["item"]))}
        for area in sheet.merged:
            touched = [c for c in range(area.first_column, area.last_column + 1) if c in answers]
            rows = range(max(area.first_row, header + 1), area.last_row + 1)
            if touched and (asked & set(rows)) and (len(rows) > 1 or len(touched) > 1):
                self._refuse_merged(sheet, area, answers[touched[0]])

    def _refuse_merged(self, sheet: Sheet, area: Area, field: str) -> None:
        text = f"{area} is merged: split it and write into each cell what holds for it"
        self.add(
            sheet.address(area.first_row, area.first_column),
            CellProblem(Reason.CELL_MERGED, text),
            heading=_BY_FIELD[field].english,
        )

    def _row(self, sheet: Sheet, row: Row, places: Mapping[str, int]) -> None:
        filled = [
            field
            for field, place in places.items()
            if _BY_FIELD[field].is_answer and not is_empty(row.value(place))
        ]
        named = row.value(places["item"])
        if is_empty(named):
            if filled:
                text = "it is not said of which item this is the answer"
                wrong = CellProblem(Reason.VALUE_MISSING, text)
                self.add(sheet.address(row.number, places["item"]), wrong, heading="item")
            return
        item = self._item(str(named), sheet)
        if item not in self._known.items:
            self._unknown(sheet, row, places["item"], item, is_answered=bool(filled))
            return
        self.items.add(item)
        if not filled:
            return
        values = {field: row.value(place) for field, place in places.items()}
        answer, problems = read_answer(item, values, known=self._known)
        for field, problem in problems:
            place = places.get(field)
            self.add(
                sheet.address(row.number, place),
                problem,
                heading=_BY_FIELD[field].english,
                value=None if place is None else row.value(place),
            )
        if answer is not None:
            self.rows.append(Answered(sheet, row.number, answer, places))

    def _unknown(self, sheet: Sheet, row: Row, place: int, item: str, *, is_answered: bool) -> None:
        if not is_answered:
            said = shown_value(row.value(place))
            self.notes.append(f"{sheet.address(row.number, place)}: {said} is no item: not read")
            return
        near = difflib.get_close_matches(item, list(self._known.items), n=3, cutoff=0.7)
        hint = f"; meant {' or '.join(near)}?" if near else ""
        wrong = CellProblem(Reason.DATA_REFERENCE_UNKNOWN, f"there is no such item{hint}")
        self.add(sheet.address(row.number, place), wrong, heading="item", value=row.value(place))

    def _item(self, text: str, sheet: Sheet) -> str:
        """Returns an item as catalogues write it; one typed in Cyrillic letters is taken."""
        plain = to_latin("".join(text.split()))
        catalogue, colon, rest = plain.partition(":")
        written = f"{catalogue.lower()}:{rest}" if colon else plain
        if _BARE.fullmatch(written) and sheet.name in ASKED:
            return f"{sheet.name}:{written}"
        return written if _ITEM.fullmatch(written) else plain[:60]


def _is_read(column: Column) -> bool:
    return column.field == "item" or column.is_answer


def _known_headings(row: Row) -> dict[str, int]:
    """Returns the fields whose headings stand in a row, with their columns."""
    return {
        field: place
        for place, value in enumerate(row.values, 1)
        if isinstance(value, str) and (field := _FIELD_OF.get(key_of(value))) is not None
    }


def _find_header(sheet: Sheet) -> Row | None:
    """Returns the row of headings: with the item among them, and the most that are known."""
    searched = [row for row in sheet.rows if row.number <= _SEARCHED]
    found = [row for row in searched if {"item", "stated"} <= _known_headings(row).keys()]
    return max(found, key=lambda row: len(_known_headings(row)), default=None)


def _head_lines(sheet: Sheet) -> int:
    if _find_header(sheet) is not None:
        return 0
    return len(find_lines(sheet))
