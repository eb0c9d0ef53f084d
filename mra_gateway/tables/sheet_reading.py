"""One sheet with its headings found → rows, problems and notes; what is passed over is said.

Rows hidden by hand or by a filter are read like all others, for a filtered list must not withdraw
the operators it hides.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import takewhile

from openpyxl.utils import get_column_letter

from mra_gateway.errors import Reason
from mra_gateway.model.register import AddressedRow, NoteKind, RegisterNote, RowProblem
from mra_gateway.tables.cleaning import shown
from mra_gateway.tables.doubles import Repeats
from mra_gateway.tables.fields import IGNORE, field_of
from mra_gateway.tables.footers import has_no_key, is_footer, stated_total
from mra_gateway.tables.headings import (
    Header,
    is_numbering,
    is_repeated,
)
from mra_gateway.tables.mapping import ColumnRule, Mapping
from mra_gateway.tables.proposal import Proposal, recognise_by_mapping
from mra_gateway.tables.records import Reading, missing_fields
from mra_gateway.tables.rows import Column, Context, RowBuilder
from mra_gateway.tables.sheet import Area, Row, Sheet, is_empty, spans
from mra_gateway.tables.values import ValueReader
from mra_gateway.tables.vocabulary import Vocabulary


class SheetReading:
    """Reads one sheet once."""

    def __init__(
        self,
        sheet: Sheet,
        header: Header,
        *,
        mapping: Mapping,
        proposal: Proposal | None,
        vocabulary: Vocabulary,
        context: Context,
        repeats: Repeats,
    ) -> None:
        self._sheet, self._header = sheet, header
        self._mapping, self._proposal = mapping, proposal
        self._vocabulary, self._context = vocabulary, context
        self._values = ValueReader(mapping, vocabulary=vocabulary, epoch_1904=sheet.epoch_1904)
        self._columns = self._mapped_columns()
        self._keys = [c.number for c in self._columns if c.field.base in {"tin", "authorisation"}]
        self._areas = self._data_areas()
        self._headings = header.keys()
        self._reading = Reading(repeats)
        self._footers: list[tuple[Row, NoteKind]] = []
        self._skipped: dict[NoteKind, list[int]] = defaultdict(list)
        self._hidden: list[int] = []

    def read(self) -> Reading:
        """Returns what the sheet holds."""
        self._note_columns()
        self._check_columns()
        for row in self._sheet.rows:
            if row.number > self._header.last_row and not row.is_blank:
                self._take(row)
        self._note_footers()
        self._note_rows()
        return self._reading

    def _take(self, row: Row) -> None:
        if is_repeated(row, self._headings):
            self._skipped[NoteKind.REPEATED_HEADINGS].append(row.number)
        elif is_numbering(row) and self._reading.rows_read == 0:
            self._skipped[NoteKind.COLUMN_NUMBERS].append(row.number)
        elif has_no_key(row, self._keys, self._vocabulary):
            self._take_without_key(row)
        else:
            self._refuse_footers_above()
            self._build(row)

    def _take_without_key(self, row: Row) -> None:
        kind = is_footer(row, self._vocabulary)
        if kind is not None:
            self._footers.append((row, kind))
            if row.hidden:
                self._hidden.append(row.number)
            return
        self._reading.rows_read += 1
        self._refuse(row)

    def _refuse(self, row: Row) -> None:
        filled = [str(value) for value in row.values if not is_empty(value)]
        self._reading.problems.append(
            RowProblem(
                address=self._sheet.address(row.number),
                value=shown(" | ".join(filled)),
                reason=Reason.ROW_NOT_AN_OPERATOR,
                text="neither TIN nor authorisation number, and not clearly a total or signature; "
                "complete it or delete the row",
            )
        )

    def _refuse_footers_above(self) -> None:
        # a signature stands below the list; above an operator it may be one whose cells were lost
        for row, kind in self._footers:
            if kind is NoteKind.SIGNATURE_ROW:
                self._reading.rows_read += 1
                self._refuse(row)
        self._footers = [found for found in self._footers if found[1] is NoteKind.TOTALS_ROW]

    def _build(self, row: Row) -> None:
        self._reading.rows_read += 1
        if row.hidden:
            self._hidden.append(row.number)
        address = self._sheet.address(row.number)
        builder = RowBuilder(row, address, reader=self._values, context=self._context)
        built = builder.build(self._columns)
        merged = self._merged_problems(row)
        self._reading.problems.extend([*builder.problems, *merged])
        if built is not None and not merged:
            self._reading.add(AddressedRow(address=address, row=built))

    def _merged_problems(self, row: Row) -> list[RowProblem]:
        return [
            RowProblem(
                address=self._sheet.address(row.number, column.number),
                heading=column.heading,
                reason=Reason.CELL_MERGED,
                text=f"part of the merged cells {area}: only the first of them holds the value; "
                "unmerge them and write the value in every row",
            )
            for area in self._areas.get(row.number, ())
            for column in self._columns
            if area.holds(row.number, column.number)
            and (row.number, column.number) != (area.first_row, area.first_column)
        ]

    def _data_areas(self) -> dict[int, list[Area]]:
        areas: dict[int, list[Area]] = defaultdict(list)
        for area in self._sheet.merged:
            if area.first_row > self._header.last_row:
                for number in range(area.first_row, min(area.last_row, area.first_row + 1000) + 1):
                    areas[number].append(area)
        return areas

    def _mapped_columns(self) -> tuple[Column, ...]:
        recognise = recognise_by_mapping(self._mapping)
        columns = []
        for cell in self._header.cells:
            name = recognise(cell)
            if name is None or name == IGNORE:
                continue
            rule = next(rule for rule in self._mapping.columns if rule.field == name)
            columns.append(
                Column(cell.column, cell.letter, cell.shown, field_of(name), rule.digits)
            )
        return tuple(columns)

    def _check_columns(self) -> None:
        present = {column.field for column in self._columns}
        row = self._header.last_row
        for rule in self._mapping.columns:
            if rule.field != IGNORE and field_of(rule.field) not in present:
                self._column_problem(rule, row, "the mapping names it, the file has no such column")
        for name in missing_fields({field.base for field in present}, self._mapping, self._context):
            self._reading.problems.append(
                RowProblem(
                    address=self._sheet.address(row),
                    reason=Reason.COLUMN_MISSING,
                    text=f"no column states {name}; add one to the file, or state it in the "
                    "mapping",
                )
            )
        for clash in self._proposal.clashes if self._proposal else ():
            self._reading.problems.append(
                RowProblem(
                    address=self._sheet.address(row).at(clash.letter),
                    heading=clash.heading,
                    reason=Reason.MAPPING_INVALID,
                    text=f"{clash.why}; say in a mapping which one it is",
                )
            )
        self._check_twice()

    def _check_twice(self) -> None:
        seen: dict[object, Column] = {}
        for column in self._columns:
            first = seen.setdefault(column.field, column)
            if first is not column:
                self._reading.problems.append(
                    RowProblem(
                        address=self._sheet.address(self._header.last_row, column.number),
                        heading=column.heading,
                        reason=Reason.MAPPING_INVALID,
                        text=f"has the heading of column {first.letter}; say in the mapping, by "
                        "its letter, which column is meant",
                    )
                )

    def _column_problem(self, rule: ColumnRule, row: int, text: str) -> None:
        self._reading.problems.append(
            RowProblem(
                address=self._sheet.address(row).at(rule.column),
                heading=rule.heading,
                reason=Reason.COLUMN_MISSING,
                text=text,
            )
        )

    def _note(self, kind: NoteKind, text: str, row: int | None = None) -> None:
        self._reading.notes.append(
            RegisterNote(kind=kind, text=text, address=self._sheet.address(row))
        )

    def _note_columns(self) -> None:
        header = self._header
        above = takewhile(lambda row: row.number < header.first_row, self._sheet.rows)
        filled = [row for row in above if not row.is_blank]
        for row in filled[:20]:
            text = " | ".join(str(value) for value in row.values if not is_empty(value))
            self._note(
                NoteKind.BANNER_ROWS, f"skipped above the headings: {shown(text)}", row.number
            )
        rows = spans(range(header.first_row, header.last_row + 1))
        self._note(NoteKind.HEADING_ROWS, f"headings in {rows}", header.first_row)
        why = (
            {reason.letter: reason.why for reason in self._proposal.reasons}
            if self._proposal
            else {}
        )
        mapped = {column.number: column for column in self._columns}
        for cell in header.cells:
            if cell.column in mapped:
                field = self._mapped_field(mapped[cell.column])
                text = f"column {cell.letter} {shown(cell.shown)} is {field}"
                reason = why.get(cell.letter, "by the mapping")
                self._note(NoteKind.COLUMN_MAPPED, f"{text}: {reason}")
            else:
                reason = why.get(cell.letter, "not named in the mapping, or ignored by it")
                self._note(
                    NoteKind.COLUMN_NOT_MAPPED,
                    f"column {cell.letter} {shown(cell.shown)} is not read: {reason}",
                )
        self._note_look()

    def _mapped_field(self, column: Column) -> str:
        return next(
            rule.field for rule in self._mapping.columns if field_of(rule.field) == column.field
        )

    def _note_look(self) -> None:
        sheet = self._sheet
        if sheet.is_hidden:
            self._note(NoteKind.HIDDEN_SHEET, "the sheet is hidden; it was read")
        if sheet.hidden_columns:
            letters = ", ".join(get_column_letter(n) for n in sorted(sheet.hidden_columns)[:30])
            self._note(NoteKind.HIDDEN_COLUMNS, f"hidden columns, which were read: {letters}")
        if sheet.filtered:
            self._note(NoteKind.FILTER, f"a filter stands on {sheet.filtered}; all rows were read")
        if sheet.formulas:
            self._note(
                NoteKind.FORMULAS,
                f"{sheet.formulas} formulas; their results as last saved were read",
            )
        data = [area for area in sheet.merged if area.first_row > self._header.last_row]
        if data:
            text = ", ".join(str(area) for area in data[:20])
            self._note(NoteKind.MERGED_CELLS, f"merged cells below the headings: {text}")

    def _note_footers(self) -> None:
        for row, kind in self._footers:
            text = " | ".join(str(value) for value in row.values if not is_empty(value))
            stated = stated_total(row) if kind is NoteKind.TOTALS_ROW else None
            counted = self._reading.rows_read
            differs = stated is not None and stated != counted
            remark = f"; it states {stated}, {counted} operators were read" if differs else ""
            self._note(kind, f"skipped, no operator: {shown(text)}{remark}", row.number)

    def _note_rows(self) -> None:
        if self._hidden:
            self._note(
                NoteKind.HIDDEN_ROWS,
                f"{len(self._hidden)} hidden rows, which were read: {spans(self._hidden)}",
            )
        for kind, numbers in self._skipped.items():
            self._note(kind, f"skipped rows: {spans(numbers)}")
        for change, count in self._values.changes.items():
            self._note(NoteKind.VALUES_CLEANED, f"{count} × {change}")
