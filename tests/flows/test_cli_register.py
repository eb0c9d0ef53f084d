"""Our own register on the command line: in, out, held, corrected, announced."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.support.cli import FIRST, SECOND, Home
from tests.support.spreadsheets import BROKEN_CELLS, officers_register, some_operators

HEAD = "TIN;Authorisation number;Name;Status;Role;Issued on;Consent partner;Consent basis;"
HEAD += "Consent letter;Consent date\n"
IMPORT = ("register", "import")
PROGRAMME = ("--programme", "MN-AEO")


def row(number: int, *, status: str = "valid", name: str = "", tin: str = "") -> str:
    tin = tin or f"MN{1000000 + number}"
    name = name or f"Operator {number} LLC"
    consent = f"CN;consent;12/{number};2024-02-03"
    return f"{tin};MNAEO{number:04d};{name};{status};importer;2024-02-01;{consent}\n"


def write(folder: Path, rows: Iterable[str], *, name: str = "register.csv") -> Path:
    file = folder / name
    file.write_text(HEAD + "".join(rows), encoding="utf-8")
    return file


def exchange(mongolia: Home, china: Home, folder: Path) -> None:
    """Pins China in Mongolia's home and confirms the arrangement between them."""
    china.ok("partners", "card", "-o", folder / "china.card")
    mongolia.ok("partners", "pin", folder / "china.card", "--compared")
    mongolia.ok("partners", "confirm", "CN-MN-2025", "--act", "Act 1", "--date", "2026-01-05")
    mongolia.approve_all()


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    mongolia: Home, tmp_path: Path
) -> None:
    file = write(tmp_path, [row(1), row(2)])
    planned = mongolia.ok("register", "import", file, *PROGRAMME, "--dry-run", "--json").document
    assert (planned["outcome"], planned["counts"]) == ("dry_run", {"granted": 2})
    assert mongolia.run("register", "show", "MNAEO0001").err.startswith("NOT_FOUND")
    applied = mongolia.ok("register", "import", file, *PROGRAMME, "--json").document
    assert (applied["outcome"], applied["counts"]) == ("applied", {"granted": 2})
    assert mongolia.status_of("MNAEO0001") == "valid"


def test_one_broken_row_keeps_the_whole_file_out(mongolia: Home, tmp_path: Path) -> None:
    rows = [row(1), row(2, status="perhaps")]
    report = tmp_path / "problems.csv"
    file = write(tmp_path, rows)
    ran = mongolia.run("register", "import", file, *PROGRAMME, "--json", "--report", report)
    assert ran.code == 1
    (problem,) = ran.document["problems"]
    assert (problem["cell"], problem["reason"]) == ("D3", "STATUS_WORD_UNKNOWN")
    assert "D3" in report.read_text(encoding="utf-8-sig")
    assert mongolia.run("register", "show", "MNAEO0001").err.startswith("NOT_FOUND")
    shown = mongolia.run("register", "import", file, *PROGRAMME)
    assert shown.code == 1
    assert "nothing was applied" in shown.out
    mongolia.ok("register", "import", write(tmp_path, [row(1), row(2)]), *PROGRAMME)


def test_a_word_nobody_knows_is_asked_about_once(mongolia: Home, tmp_path: Path) -> None:
    file = write(tmp_path, [row(number, status="perhaps") for number in range(1, 6)])
    shown = mongolia.run("register", "import", file, *PROGRAMME, "--dry-run").out
    assert shown.count("STATUS_WORD_UNKNOWN") == 1
    assert "D2 and 4 more" in shown
    assert "5 problem(s)" in shown
    as_json = mongolia.run("register", "import", file, *PROGRAMME, "--dry-run", "--json")
    assert len(as_json.document["problems"]) == 5


def test_a_file_without_a_register_in_it_is_a_bad_input_file(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "poem.csv"
    file.write_text("roses;are\nred;violets\n", encoding="utf-8")
    ran = mongolia.run("register", "import", file, *PROGRAMME)
    assert ran.code == 65
    assert ran.err.startswith("HEADINGS_NOT_FOUND")
    assert mongolia.run("register", "import", tmp_path / "nowhere.csv").code == 65


def test_a_mass_change_waits_for_another_officer(mongolia: Home, tmp_path: Path) -> None:
    mongolia.ok("register", "import", write(tmp_path, map(row, range(1, 31))), *PROGRAMME)
    few = write(tmp_path, map(row, range(1, 11)), name="few.csv")
    held = mongolia.run("register", "import", few, *PROGRAMME, "--json")
    assert held.code == 2
    assert (held.document["outcome"], held.document["ended"]) == ("held", 20)
    assert mongolia.status_of("MNAEO0030") == "valid"
    request = held.document["approval"]
    assert mongolia.run("approvals", "approve", request, by=FIRST).code == 77
    assert mongolia.status_of("MNAEO0030") == "valid"
    mongolia.ok("approvals", "approve", request, by=SECOND)
    assert mongolia.status_of("MNAEO0030") == "withdrawn"
    assert mongolia.status_of("MNAEO0010") == "valid"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "xml"])
def test_what_is_exported_is_imported_again_without_a_change(
    ending: str, mongolia: Home, tmp_path: Path
) -> None:
    rows = [row(1, name="Мөнх ХХК"), row(2, name="=cmd|' /C calc'!A0"), row(3, status="suspended")]
    mongolia.ok("register", "import", write(tmp_path, rows), *PROGRAMME)
    out = tmp_path / f"out.{ending}"
    assert mongolia.ok("register", "export", out, "--json").document["rows"] == 3
    again = mongolia.ok("register", "import", out, "--json").document
    assert (again["counts"], again["unchanged"], again["consents"]) == ({}, 3, 0)


def test_a_faulty_spreadsheet_comes_back_marked_and_a_sound_one_does_not(
    mongolia: Home, tmp_path: Path
) -> None:
    faulty = write(tmp_path, [row(1, name="=cmd|' /C calc'!A0"), row(2, status="perhaps")])
    for name, how in (("tried.xlsx", ["--dry-run"]), ("refused.xlsx", [])):
        marked = tmp_path / name
        assert mongolia.run(*IMPORT, faulty, *PROGRAMME, *how, "--marked", marked).code == 1
        sheet = load_workbook(marked).worksheets[0]
        said = {one.coordinate: one.comment.text for line in sheet for one in line if one.comment}
        assert list(said) == ["D3"]
        assert "STATUS_WORD_UNKNOWN" in said["D3"]
        assert sheet["D3"].fill.fill_type == "solid"
        assert sheet["C2"].data_type in {"s", "inlineStr"}
        assert sheet["C2"].quotePrefix

    sound, marked = write(tmp_path, [row(1), row(2)]), tmp_path / "sound.xlsx"
    mongolia.ok(*IMPORT, sound, *PROGRAMME, "--marked", marked)
    assert not marked.exists()


def test_what_cannot_be_marked_is_refused_before_anything_is_read(
    mongolia: Home, tmp_path: Path
) -> None:
    for name, marked, why in (
        ("register.csv", "copy.csv", "written as .xlsx"),
        ("register.xlsx", "register.xlsx", "your own file's place"),
        ("register.json", "copy.xlsx", "cells to mark"),
    ):
        file = write(tmp_path, [row(1)], name=name)
        ran = mongolia.run(*IMPORT, file, *PROGRAMME, "--marked", tmp_path / marked)
        assert why in ran.err
        assert file.read_text(encoding="utf-8").startswith(HEAD)
    mongolia.ok(*IMPORT, write(tmp_path, [row(1)]), *PROGRAMME, "--marked", tmp_path / "copy.xlsx")


def test_an_officers_spreadsheet_is_tried_reported_corrected_applied_and_announced(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    exchange(mongolia, china, tmp_path)
    broken, report = tmp_path / "broken.xlsx", tmp_path / "problems.xlsx"
    first = officers_register(broken, operators=some_operators(40))
    tried = mongolia.run(
        "register", "import", broken, *PROGRAMME, "--dry-run", "--json", "--report", report
    )
    assert tried.code == 1
    cells = {problem["cell"] for problem in tried.document["problems"]}
    assert cells == {f"{column}{first + 1}" for column in BROKEN_CELLS}
    assert report.is_file()
    assert mongolia.run("register", "import", broken, *PROGRAMME).code == 1

    corrected = tmp_path / "corrected.xlsx"
    officers_register(corrected, operators=some_operators(40), broken_row=False)
    applied = mongolia.ok("register", "import", corrected, *PROGRAMME, "--json").document
    assert (applied["outcome"], applied["rows_read"]) == ("applied", 40)
    assert applied["queued"] > 0
    (queued,) = mongolia.ok("register", "announce", "CN", "--json").document["lists"]
    assert queued["operators"] == 32, "valid and suspended ones, with consent"

    ten = tmp_path / "ten.xlsx"
    officers_register(ten, operators=some_operators(10), broken_row=False)
    assert mongolia.run("register", "import", ten, *PROGRAMME).code == 2

    filtered = tmp_path / "filtered.xlsx"
    officers_register(
        filtered, operators=some_operators(40), broken_row=False, hidden_rows=range(10, 40)
    )
    read = mongolia.ok("register", "import", filtered, *PROGRAMME, "--json").document
    assert (read["outcome"], read["unchanged"]) == ("applied", 40)
    assert {"hidden_rows", "filter"} <= {note["kind"] for note in read["notes"]}
    shown = mongolia.ok("register", "import", filtered, *PROGRAMME, "--dry-run").out
    assert shown.index("hidden_rows") < shown.index("column_mapped")


def test_the_mapping_proposed_is_kept_and_gives_the_same_rows(
    mongolia: Home, tmp_path: Path
) -> None:
    file, mapping = tmp_path / "register.xlsx", tmp_path / "mapping.toml"
    officers_register(file, operators=some_operators(6), broken_row=False)
    plan = ("register", "import", file, *PROGRAMME, "--dry-run", "--json")
    proposed = mongolia.ok(*plan, "--save-mapping", mapping).document
    (mongolia.path / "mappings").mkdir()
    (mongolia.path / "mappings" / "ministry.toml").write_bytes(mapping.read_bytes())
    for named in (mapping, "ministry"):
        assert mongolia.ok(*plan, "--mapping", named).document["counts"] == proposed["counts"]
    assert mongolia.run(*plan, "--mapping", "none").err.startswith(
        '{"error": {"code": "MAPPING_INVALID"'
    )


def test_a_correction_and_an_annulment_name_what_orders_them(
    mongolia: Home, tmp_path: Path
) -> None:
    mongolia.ok("register", "import", write(tmp_path, [row(1)]), *PROGRAMME)
    mongolia.ok("register", "import", write(tmp_path, [row(1, status="suspended")]), *PROGRAMME)
    (found,) = mongolia.ok("register", "show", "MN1000001", "--json").document
    change = found["history"][-1]["change_id"]
    ran = mongolia.run("register", "correct", change, "--status", "valid")
    assert ran.code == 64
    hostile = ("--reference", "Judgment \u202e7/2026")
    assert mongolia.run("register", "annul", change, *hostile).err.startswith("REQUEST_INVALID")
    undone = mongolia.ok(
        "register", "annul", change, "--reference", "Judgment 7/2026", "--json"
    ).document
    assert (undone["kind"], undone["status"]) == ("annulled", "valid")
    assert mongolia.status_of("MNAEO0001") == "valid"
    shown = mongolia.ok("register", "show", "MNAEO0001").out
    assert "Judgment 7/2026" in shown
    assert "Asia/Ulaanbaatar" in shown


def test_a_full_list_goes_only_where_an_arrangement_is_confirmed(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    mongolia.ok("register", "import", write(tmp_path, [row(1), row(2)]), *PROGRAMME)
    refused = mongolia.run("register", "announce", "CN")
    assert refused.code == 64
    assert refused.err.startswith("ARRANGEMENT_NOT_CONFIRMED")
    exchange(mongolia, china, tmp_path)
    (queued,) = mongolia.ok("register", "announce", "CN", "--json").document["lists"]
    assert (queued["arrangement"], queued["operators"], queued["parts"]) == ("CN-MN-2025", 2, 1)
    (found,) = mongolia.ok("register", "show", "MNAEO0001", "--json").document
    assert [(one["partner"], one["status"]) for one in found["told"]] == [("CN", "valid")]


def test_markup_in_a_name_is_shown_as_it_was_written(mongolia: Home, tmp_path: Path) -> None:
    name = "[bold red]Alpha[/bold red] [link=https://evil.example]x[/link]"
    mongolia.ok("register", "import", write(tmp_path, [row(1, name=name)]), *PROGRAMME)
    assert name in mongolia.ok("register", "show", "MNAEO0001").out
