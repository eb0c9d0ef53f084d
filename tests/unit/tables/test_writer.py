"""What is written: exports, the report of problems, the officer's file marked."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from mra_gateway.errors import RequestRefused
from mra_gateway.tables.register import open_source
from mra_gateway.tables.writer import (
    PROBLEM_COLUMNS,
    write_marked_copy,
    write_problems,
    write_register,
    write_table,
)
from tests.support.registers import read
from tests.support.spreadsheets import officers_register, some_operators, write_rows

DANGEROUS = ["=1+1", "+7 495", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "''=1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_written_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    book, table = tmp_path / "t.xlsx", tmp_path / "t.csv"
    for path in (book, table):
        write_table(["heading"], [[text], ["harmless"]], path, title="t")
    sheet = load_workbook(book).worksheets[0]
    assert {sheet["A2"].data_type, sheet["A3"].data_type} <= {"s", "inlineStr"}
    assert sheet["A2"].quotePrefix or text.startswith("''")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1] == [f"'{text}"]
    assert rows[2] == ["harmless"]
    cells = [open_source(path).sheets[0].rows[1].values[0] for path in (book, table)]
    assert cells == [text, text]


def test_an_exported_workbook_is_easy_to_work_with(tmp_path: Path) -> None:
    path, copy = tmp_path / "r.xlsx", tmp_path / "copy.xlsx"
    officers_register(path, operators=some_operators(4), broken_row=False)
    write_register([row.row for row in read(path).rows], copy)
    sheet = load_workbook(copy).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.auto_filter.ref.endswith("5")
    assert sheet.column_dimensions["A"].width > 9


@pytest.mark.parametrize("name", ["r.csv", "r.xlsx", "r.json"])
def test_an_exported_register_of_many_rows_comes_back_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / "officer.xlsx"
    officers_register(path, operators=some_operators(450), broken_row=False)
    rows = [row.row for row in read(path).rows]
    assert len(rows) == 450
    write_register(rows, tmp_path / name)
    back = read(tmp_path / name, programme=None)
    assert back.is_clean, back.problems[:3]
    assert [row.row for row in back.rows] == rows


def test_csv_is_written_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for bom in (True, False):
        write_table(["a"], [["б"]], path, title="t", bom=bom)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") is bom
    with pytest.raises(RequestRefused):
        write_table(["a"], [], tmp_path / "t.ods", title="t")


@pytest.mark.parametrize("name", ["p.csv", "p.xlsx"])
def test_the_report_names_every_problem_with_its_cell(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.xlsx"
    first = officers_register(path, operators=some_operators(3))
    problems = read(path).problems
    write_problems(problems, tmp_path / name)
    rows = open_source(tmp_path / name).sheets[0].rows
    assert rows[0].values == PROBLEM_COLUMNS
    assert [row.values[4] for row in rows[1:]] == [
        f"F{first + 1}",
        f"G{first + 1}",
        f"J{first + 1}",
    ]
    assert rows[3].values[7] == "STATUS_WORD_UNKNOWN"


def test_the_marked_copy_colours_the_broken_cells_and_can_be_corrected(tmp_path: Path) -> None:
    path, marked = tmp_path / "r.xlsx", tmp_path / "marked.xlsx"
    operators = some_operators(6)
    first = officers_register(path, operators=operators, hidden_rows=(4,))
    found = read(path)
    write_marked_copy(open_source(path), found.problems, marked)

    book = load_workbook(marked)
    sheet = book["Реестр"]
    assert sheet.row_dimensions[first + 4].hidden
    broken, whole = sheet[f"J{first + 1}"], sheet[f"J{first + 2}"]
    assert broken.fill.fill_type == "solid"
    assert broken.comment is not None
    assert "STATUS_WORD_UNKNOWN" in broken.comment.text
    assert whole.fill.fill_type is None
    assert whole.comment is None

    sheet[f"F{first + 1}"] = operators[1].authorisation
    sheet[f"G{first + 1}"] = operators[1].granted_on
    sheet[f"J{first + 1}"] = "действует"
    book.save(marked)
    assert read(marked).is_clean, read(marked).problems


def test_a_csv_gets_a_marked_copy_too_and_formulas_stay_text(tmp_path: Path) -> None:
    path, marked = tmp_path / "r.csv", tmp_path / "marked.xlsx"
    path.write_text(
        'TIN,Authorisation number,Status,Name\n1234567,A1,"=HYPERLINK(""http://x"")",a\x01b\n',
        encoding="utf-8",
    )
    found = read(path)
    assert found.problems
    write_marked_copy(open_source(path), found.problems, marked)
    cell = load_workbook(marked).worksheets[0]["C2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.comment is not None


def test_a_register_of_fifty_thousand_rows_is_read_in_modest_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "r.xlsx"
    heading = ["TIN", "Authorisation number", "Legal name", "Status", "Date of issue"]
    rows = ([f"{n:07}", f"A{n}", f"Жишээ {n}", "valid", "2024-01-02"] for n in range(50_000))
    write_table(heading, rows, path, title="t")
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from tests.support.memory import peak_mebibytes\n"
        "from tests.support.registers import read\n"
        "found = read(Path(sys.argv[1]))\n"
        "peak = peak_mebibytes()\n"
        "print(len(found.rows), len(found.problems), peak)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    read_rows, problems, peak = map(int, done.stdout.split())
    assert (read_rows, problems) == (50_000, 0)
    assert peak < 350


def test_an_unwritable_character_is_shown_by_its_code(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_table(["a"], [["x\x01y"]], path, title="t")
    assert open_source(path).sheets[0].rows[1].values[0] == "x\\x01y"
    write_rows(tmp_path / "twin.xlsx", [["a"], ["xy"]])
    assert open_source(tmp_path / "twin.xlsx").sheets[0].rows[1].values[0] == "xy"
