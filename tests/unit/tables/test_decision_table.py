"""An officer's workbook of a decision table: what it offers, and every cell to put right."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.registry.load import load_registry
from mra_gateway.tables.decision_table import write_decision_table
from mra_gateway.tables.decision_table_reading import ReadTable, read_decision_table
from tests.support.decision_tables import CODES, row, table

HEADINGS = {
    str(cell.value): get_column_letter(place)
    for place, cell in enumerate(
        load_workbook(io.BytesIO(write_decision_table(table())))["rows"][1], 1
    )
}


def workbook(made: DecisionTable) -> Any:
    return load_workbook(io.BytesIO(write_decision_table(made)))


def read(book: Any) -> ReadTable:
    content = io.BytesIO()
    book.save(content)
    return read_decision_table(content.getvalue(), file="t.xlsx")


def put(book: Any, heading: str, value: Any, *, row_number: int = 3) -> None:
    book["rows"][f"{HEADINGS[heading]}{row_number}"] = value


@pytest.mark.parametrize("id_", ["CN-BY-2019.CN", "ASEAN-AEO-2023.SG", "BY-UZ-2024.UZ"])
def test_a_shipped_table_is_the_same_after_a_round_trip(id_: str) -> None:
    shipped = load_registry().tables[id_]
    assert read_decision_table(write_decision_table(shipped), file="t.xlsx").table == shipped


def test_headings_stand_in_english_and_russian_with_an_explanation_of_each() -> None:
    book = workbook(table(row()))
    english = [cell.value for cell in book["rows"][1]]
    russian = [cell.value for cell in book["rows"][2]]
    assert len(english) == len(russian)
    assert "направление" in russian
    explained = {line[0].value: line[2].value for line in book["explanations"].iter_rows(min_row=2)}
    assert set(explained) == set(english)
    assert all(explained.values())


def test_what_identifies_is_locked_and_the_rest_is_not() -> None:
    book = workbook(table(row()))
    rows, head = book["rows"], book["table"]
    assert rows.protection.sheet
    assert head.protection.sheet
    identifies = rows[f"{HEADINGS['row']}3"]
    blank = rows[f"{HEADINGS['row']}4"]
    assert identifies.protection.locked
    assert not blank.protection.locked
    assert not rows[f"{HEADINGS['tiers']}3"].protection.locked
    locked = {line[0].value for line in head.iter_rows() if line[1].protection.locked}
    assert locked == {"table", "arrangement", "granted by", "version"}


def test_words_to_choose_are_offered_and_only_there_is_nothing_else_taken() -> None:
    book = workbook(table(row()))
    offered = {
        str(one.sqref).split(":")[0]: one for one in book["rows"].data_validations.dataValidation
    }
    effect = offered[f"{HEADINGS['effect']}3"]
    flows = offered[f"{HEADINGS['flow']}3"]
    assert effect.showErrorMessage
    assert not flows.showErrorMessage
    sheet, cells = effect.formula1.split("!")
    words = book[sheet.strip("'")][cells.replace("$", "")]
    assert [cell[0].value for cell in words] == ["grant", "refuse"]


def test_no_text_of_a_table_becomes_a_formula() -> None:
    book = workbook(table(row(note=None), row("r2").model_copy(update={"note": "=1+1"})))
    cell = book["rows"][f"{HEADINGS['note']}4"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    read_back = read(book).table
    assert read_back is not None
    assert [one.note for one in read_back.rows.value or ()] == [None, "=1+1"]


def test_an_officer_adds_moves_and_removes_rows() -> None:
    book = workbook(table(row("first"), row("second", tiers=("3",)), row("gone")))
    put(book, "order", 2)
    put(book, "order", 1, row_number=4)
    for heading in set(HEADINGS) - {"order", "row"}:
        put(book, heading, None, row_number=5)
    added = {"order": 1.5, "row": "new", "effect": "refuse", "benefits": CODES[0],
             "programmes": "BY-AEO; RU-AEO", "tiers": 2, "certified as": "all",
             "function on the consignment": "carrier", "flow": "transit, export",
             "chapters excluded": 1, "value category": 3, "our end": "local_aeo",
             "from": date(2026, 3, 2), "until": "2026-12-31",
             "parameters": f"{CODES[0]}.rate = 0.5\n{CODES[0]}.lane = green",
             "legal reference": f"{CODES[0]}: Order 251, Article 30"}  # fmt: skip
    for heading, value in added.items():
        put(book, heading, value, row_number=6)
    result = read(book)
    assert result.problems == ()
    assert result.table is not None
    rows = result.table.rows.value or ()
    assert [one.id for one in rows] == ["second", "new", "first"]
    new = rows[1]
    assert (new.programmes, new.tiers, new.flows) == (
        ("BY-AEO", "RU-AEO"),
        ("2",),
        ("transit", "export"),
    )
    assert (new.chapters_excluded, new.value_categories) == (("01",), (3,))
    assert new.benefits[0].parameters == {"rate": 0.5, "lane": "green"}
    assert new.benefits[0].legal_reference == "Order 251, Article 30"
    assert str(new.valid_until) == "2026-12-31"


@pytest.mark.parametrize(
    ("heading", "value", "reason"),
    [
        ("effect", "perhaps", Reason.WORD_UNKNOWN),
        ("direct delivery", "ja", Reason.WORD_UNKNOWN),
        ("benefits", None, Reason.VALUE_MISSING),
        ("tiers", None, Reason.VALUE_MISSING),
        ("flow", "sideways", Reason.VALUE_UNREADABLE),
        ("tiers", "all, 3", Reason.VALUE_UNREADABLE),
        ("programmes", "Belarus", Reason.VALUE_UNREADABLE),
        ("chapters excluded", "841", Reason.VALUE_UNREADABLE),
        ("value category", "high", Reason.VALUE_UNREADABLE),
        ("value category", 7, Reason.VALUE_UNREADABLE),
        ("from", "soon", Reason.DATE_UNREADABLE),
        ("parameters", "rate = 0.2", Reason.VALUE_UNREADABLE),
        ("parameters", f"{CODES[0]}.rate = NaN", Reason.VALUE_UNREADABLE),
        ("legal reference", "somewhere", Reason.VALUE_UNREADABLE),
        ("order", "first", Reason.VALUE_UNREADABLE),
        ("row", "no spaces here", Reason.VALUE_UNREADABLE),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_its_address(
    heading: str, value: Any, reason: Reason
) -> None:
    book = workbook(table(row()))
    assert read(book).problems == ()
    put(book, heading, value)
    result = read(book)
    assert result.table is None
    (problem,) = result.problems
    assert (problem.reason, problem.address.sheet) == (reason, "rows")
    assert problem.address.cell == f"{HEADINGS[heading]}3"


def test_every_cell_at_fault_is_named_at_once_in_words_for_an_officer() -> None:
    book = workbook(table(row()))
    put(book, "from", "soon")
    put(book, "flow", "import, sideways")
    put(book, "benefits", "льгота")
    put(book, "tiers", None)
    book["table"]["B5"] = "loud"
    book["table"]["B8"] = "today"
    result = read(book)
    assert result.table is None
    rows = {HEADINGS[heading] + "3" for heading in ("from", "flow", "benefits", "tiers")}
    assert {one.address.cell for one in result.problems} == {*rows, "B5", "B8"}
    texts = " ".join(one.text for one in result.problems)
    assert "'льгота': is not a code (1 to 35 Latin letters" in texts
    assert "'sideways': has to be 'import', 'export' or 'transit'" in texts
    assert "pattern" not in texts


def test_a_missing_sheet_or_column_is_named() -> None:
    book = workbook(table(row()))
    put(book, "tiers", "levels", row_number=1)
    assert Reason.COLUMN_MISSING in {one.reason for one in read(book).problems}
    other = Workbook()
    assert [one.reason for one in read(other).problems] == [Reason.COLUMN_MISSING] * 2
    with pytest.raises(RequestRefused) as refused:
        read_decision_table(b"not a workbook", file="t.xlsx")
    assert refused.value.reason is Reason.FILE_UNREADABLE


@pytest.mark.parametrize(
    ("cell", "value"), [("B3", "Mongolia"), ("B5", "loud"), ("B8", "today"), ("B9", "perhaps")]
)
def test_the_head_of_a_table_is_read_as_strictly(cell: str, value: str) -> None:
    book = workbook(table(row()))
    book["table"][cell] = value
    result = read(book)
    assert result.table is None
    assert [one.address.cell for one in result.problems] == [cell]


def test_merged_cells_among_the_rows_are_named_for_all_but_the_first_are_empty() -> None:
    excluded = table(row(id="r1", chapters_excluded=("93",)), row(id="r2", chapters_excluded=()))
    book = workbook(excluded)
    assert read(book).table == excluded
    column = HEADINGS["chapters excluded"]
    book["rows"].merge_cells(f"{column}3:{column}4")  # an officer sees 93 in both rows
    (problem,) = read(book).problems
    assert (problem.reason, problem.address.row, problem.address.column) == (
        Reason.CELL_MERGED,
        3,
        column,
    )


def test_a_heading_that_stands_twice_is_named_for_either_column_could_be_meant() -> None:
    book = workbook(table(row()))
    second = len(HEADINGS) + 1
    book["rows"].cell(1, second, "note")
    assert read(book).table is None
    book["rows"].cell(1, second, "a heading of the officer's")
    assert read(book).problems == ()


def test_an_order_that_is_no_number_puts_no_row_in_order() -> None:
    book = workbook(table(row()))
    put(book, "order", "nan")
    assert [problem.reason for problem in read(book).problems] == [Reason.VALUE_UNREADABLE]
