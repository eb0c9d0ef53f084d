"""A spreadsheet as an officer has it: what is reported, what is read, what is passed over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import Status
from mra_gateway.model.register import NoteKind, RegisterFile
from tests.support.registers import read
from tests.support.spreadsheets import (
    BROKEN_CELLS,
    Language,
    officers_register,
    some_operators,
    write_rows,
)


def _notes(found: RegisterFile, kind: NoteKind) -> list[str]:
    return [f"{note.address}: {note.text}" for note in found.notes if note.kind is kind]


@pytest.mark.parametrize("language", ["ru", "zh", "es"])
def test_every_problem_is_named_with_its_cell_and_the_corrected_file_reads_clean(
    tmp_path: Path, language: Language
) -> None:
    path = tmp_path / "register.xlsx"
    operators = some_operators(8)
    first = officers_register(path, operators=operators, language=language)
    broken = read(path)

    assert [problem.address.cell for problem in broken.problems] == [
        f"{letter}{first + 1}" for letter in BROKEN_CELLS
    ]
    assert [problem.reason for problem in broken.problems] == [
        Reason.LOOK_ALIKE_LETTERS,
        Reason.DATE_AMBIGUOUS,
        Reason.STATUS_WORD_UNKNOWN,
    ]
    assert all(problem.heading and problem.address.sheet for problem in broken.problems)
    assert "'на проверке'" in broken.problems[2].text
    assert "suspended" in broken.problems[2].text
    assert (broken.rows_read, len(broken.rows)) == (8, 7)

    officers_register(path, operators=operators, broken_row=False, language=language)
    clean = read(path)
    assert clean.is_clean
    assert len(clean.rows) == clean.rows_read == 8
    for operator, found in zip(operators, clean.rows, strict=True):
        row = found.row
        assert row.tin == f"MN{operator.national}"
        assert row.authorisation == operator.authorisation
        assert row.legal_name == operator.legal_name
        assert row.names[0].text == operator.name_en
        assert row.status == operator.status
        assert row.roles == (operator.role,)
        assert (row.granted_on, row.expires_on) == (operator.granted_on, operator.expires_on)
        assert row.effective_from == operator.effective_from
        assert row.consents[0].partner == "CN"
        assert row.consents[0].letter_number == operator.letter
        assert row.episode == operator.granted_on.isoformat()


def test_what_was_passed_over_is_said_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    first = officers_register(path, operators=some_operators(6), broken_row=False)
    found = read(path)
    assert [note.address.row for note in found.notes if note.kind is NoteKind.BANNER_ROWS] == [1, 2]
    assert "headings in 4-5" in _notes(found, NoteKind.HEADING_ROWS)[0]
    assert (
        f"row {first + 6}: skipped, no operator: 'Итого: | 6'"
        in (_notes(found, NoteKind.TOTALS_ROW)[0])
    )
    assert "Петрова" in _notes(found, NoteKind.SIGNATURE_ROW)[0]
    assert "№ п/п" in _notes(found, NoteKind.COLUMN_NOT_MAPPED)[0]
    assert len(_notes(found, NoteKind.COLUMN_MAPPED)) == 13


def test_rows_hidden_by_a_filter_are_all_read_and_the_hiding_is_reported(tmp_path: Path) -> None:
    operators = some_operators(30)
    filtered, shown = tmp_path / "filtered.xlsx", tmp_path / "shown.xlsx"
    hidden = range(10, 30)
    first = officers_register(filtered, operators=operators, broken_row=False, hidden_rows=hidden)
    officers_register(shown, operators=operators, broken_row=False)
    found, twin = read(filtered), read(shown)

    assert [row.row for row in found.rows] == [row.row for row in twin.rows]
    assert len(found.rows) == 30
    assert (
        f"20 hidden rows, which were read: {first + 10}-{first + 29}"
        in (_notes(found, NoteKind.HIDDEN_ROWS)[0])
    )
    assert _notes(found, NoteKind.FILTER)
    assert not _notes(twin, NoteKind.HIDDEN_ROWS)


def test_a_total_that_states_another_number_is_said(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    rows = [["ИНН", "Номер свидетельства", "Статус", "Наименование", "Дата выдачи"]]
    rows += [[f"{n:07}", f"A{n}", "действует", f"Ф {n}", "2024-01-02"] for n in (1, 2)]
    write_rows(path, [*rows, ["Итого: 3"]])
    assert "it states 3, 2 operators were read" in _notes(read(path), NoteKind.TOTALS_ROW)[0]
    write_rows(path, [*rows, ["Итого: 2"]])
    assert "it states" not in _notes(read(path), NoteKind.TOTALS_ROW)[0]


@pytest.mark.parametrize(
    "row",
    [
        ["", "", "действует", "Total Logistics", "2024-01-02"],
        ["", "", "", "Total Logistics LLC", ""],
        ["", "", "", "Итого Транс", ""],
        ["", "", "", "ООО «Ромашка»", ""],
        ["", "", "приостановлено", "", ""],
    ],
)
def test_a_row_without_identifiers_is_a_problem_unless_clearly_no_operator(
    tmp_path: Path, row: list[str]
) -> None:
    path = tmp_path / "register.xlsx"
    rows = [
        ["ИНН", "Номер свидетельства", "Статус", "Наименование", "Дата выдачи"],
        ["1234567", "A1", "действует", "Ф", "2024-01-02"],
    ]
    write_rows(path, [*rows, ["Итого", "", "", 1, ""]])
    assert read(path).is_clean
    write_rows(path, [*rows, row])
    (problem,) = read(path).problems
    assert (problem.reason, problem.address.cell) == (Reason.ROW_NOT_AN_OPERATOR, "row 3")


def test_a_signature_above_an_operator_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    head = ["ИНН", "Номер свидетельства", "Статус", "Дата выдачи"]
    one = ["1234567", "A1", "действует", "2024-01-02"]
    two = ["1234568", "A2", "действует", "2024-01-02"]
    write_rows(path, [head, one, two, ["Директор Иванов"]])
    assert read(path).is_clean
    write_rows(path, [head, one, ["Директор Иванов"], two])
    assert [p.reason for p in read(path).problems] == [Reason.ROW_NOT_AN_OPERATOR]


def test_repeated_headings_and_column_numbers_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    head = ["ИНН", "Номер свидетельства", "Статус", "Дата выдачи"]
    one = ["1234567", "A1", "действует", "2024-01-02"]
    two = ["1234568", "A2", "действует", "2024-01-02"]
    write_rows(path, [head, [1, 2, 3, 4], one, head, two])
    found = read(path)
    assert found.is_clean
    assert len(found.rows) == 2
    assert _notes(found, NoteKind.COLUMN_NUMBERS)[0].endswith("skipped rows: 2")
    assert _notes(found, NoteKind.REPEATED_HEADINGS)[0].endswith("skipped rows: 4")


def test_a_file_without_known_headings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    write_rows(path, [["one", "two"], ["1", "2"]], title="Лист1")
    with pytest.raises(RequestRefused, match="Лист1") as refused:
        read(path)
    assert refused.value.reason is Reason.HEADINGS_NOT_FOUND


def test_a_column_every_row_needs_is_one_problem_not_one_per_row(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    rows = [[f"{n:07}", f"A{n}", "2024-01-02"] for n in range(1, 20)]
    write_rows(path, [["ИНН", "Номер свидетельства", "Дата выдачи"], *rows])
    (problem,) = read(path).problems
    assert problem.reason is Reason.COLUMN_MISSING
    assert "status" in problem.text


def test_two_columns_that_read_as_the_same_field_are_a_question_to_the_officer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "register.xlsx"
    write_rows(
        path,
        [
            ["ИНН", "УНП", "Номер свидетельства", "Статус", "Дата выдачи"],
            ["1234567", "7654321", "A1", "действует", "2024-01-02"],
        ],
    )
    (problem,) = read(path).problems
    assert (problem.reason, problem.address.column) == (Reason.MAPPING_INVALID, "B")


def test_hidden_sheets_and_columns_are_read_and_reported(tmp_path: Path) -> None:
    from openpyxl import Workbook

    path = tmp_path / "register.xlsx"
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["TIN", "Authorisation number", "Status", "Date of issue"],
        ["1234567", "A1", "suspended", date(2024, 1, 2)],
    ):
        sheet.append(row)
    sheet.column_dimensions["C"].hidden = True
    second = book.create_sheet("old")
    second.append(["TIN", "Authorisation number", "Status", "Date of issue"])
    second.append(["1234568", "A2", "revoked", date(2022, 1, 2)])
    second.sheet_state = "veryHidden"
    book.create_sheet("notes").append(["nothing of ours"])
    book.save(path)
    found = read(path)
    assert [row.row.status for row in found.rows] == [Status.SUSPENDED, Status.REVOKED]
    assert found.rows[1].address.sheet == "old"
    assert "C" in _notes(found, NoteKind.HIDDEN_COLUMNS)[0]
    assert "old" in _notes(found, NoteKind.HIDDEN_SHEET)[0]
    assert "notes" in _notes(found, NoteKind.SHEET)[0]
