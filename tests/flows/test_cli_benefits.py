"""Decision tables on the command line: shown, checked, to an officer as a workbook and back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from tests.support.cli import Home, run

TABLE = "CN-MN-2025.MN"


def exported(home: Home, to: Path, *, table: str = TABLE) -> Path:
    home.ok("benefits", "export", table, "-o", to)
    return to


def change(file: Path, cells: dict[str, Any]) -> None:
    book = load_workbook(file)
    headings = {
        str(cell.value): get_column_letter(place) for place, cell in enumerate(book["rows"][1], 1)
    }
    for heading, value in cells.items():
        book["rows"][f"{headings[heading]}4"] = value
    book.save(file)


def copy_in(home: Home) -> Path:
    return home.path / "partners" / "decision_tables" / f"{TABLE}.toml"


def test_shipped_tables_are_listed_shown_and_check_without_an_error() -> None:
    listed = run("benefits", "show", "--json").document
    assert {"CN-BY-2019.CN", "EU-GB-2021.GB"} <= {one["table"] for one in listed}
    shown = run("benefits", "show", "CN-BY-2019.CN")
    assert "other-tiers: refuse" in shown.out
    assert run("benefits", "check").code == 0
    nobody = run("benefits", "show", "CN-BY-2019.MN")
    assert (nobody.code, nobody.err.split(":")[0]) == (64, "NOT_FOUND")


def test_a_side_without_a_table_has_the_one_that_follows_from_its_arrangement() -> None:
    shown = run("benefits", "show", "KR-CN-2013.KR")
    assert shown.code == 0
    assert "grants nothing" in shown.out


def test_a_revised_workbook_becomes_the_home_s_copy_one_version_further(
    mongolia: Home, tmp_path: Path
) -> None:
    file = exported(mongolia, tmp_path / "t.xlsx")
    unchanged = mongolia.ok("benefits", "import", file, "--dry-run", "--json").document
    assert (unchanged["difference"], unchanged["written"]) == ([], False)
    assert not copy_in(mongolia).exists()
    change(file, {"mode of transport": "3, 2"})
    dry = mongolia.ok("benefits", "import", file, "--dry-run")
    assert '+modes = ["3", "2"]' in dry.out
    assert not copy_in(mongolia).exists()
    mongolia.ok("benefits", "import", file)
    first = tomllib.loads(copy_in(mongolia).read_text(encoding="utf-8"))
    assert (first["version"], first["rows"]["value"][1]["modes"]) == (1, ["3", "2"])
    again = exported(mongolia, tmp_path / "again.xlsx")
    change(again, {"mode of transport": "3"})
    mongolia.ok("benefits", "import", again)
    second = tomllib.loads(copy_in(mongolia).read_text(encoding="utf-8"))
    assert (second["version"], second["rows"]["value"][1]["modes"]) == (2, ["3"])
    assert mongolia.run("partners", "check").code == 0


def test_a_table_with_an_error_is_told_and_not_written(mongolia: Home, tmp_path: Path) -> None:
    file = exported(mongolia, tmp_path / "t.xlsx")
    change(file, {"from": "2026-03-02", "until": "2026-03-01"})
    refused = mongolia.run("benefits", "import", file, "--json")
    assert refused.code == 1
    assert "DATA_DATES_ORDER" in {one["code"] for one in refused.document["findings"]}
    assert not copy_in(mongolia).exists()
    change(file, {"until": "2026-04-01"})
    mongolia.ok("benefits", "import", file)
    assert copy_in(mongolia).exists()


def test_cells_that_cannot_be_read_are_named(mongolia: Home, tmp_path: Path) -> None:
    file = exported(mongolia, tmp_path / "t.xlsx")
    change(file, {"effect": "perhaps"})
    refused = mongolia.run("benefits", "import", file, "--json")
    assert refused.code == 1
    (problem,) = refused.document["problems"]
    assert (problem["sheet"], problem["cell"], problem["code"]) == ("rows", "C4", "WORD_UNKNOWN")
    assert run("benefits", "check", file).code == 1


def test_only_a_legal_officer_hands_in_a_table(mongolia: Home, tmp_path: Path) -> None:
    file = exported(mongolia, tmp_path / "t.xlsx")
    refused = mongolia.run("benefits", "import", file, by="nobody.here")
    assert refused.code == 77
    mongolia.ok("benefits", "import", file, "--dry-run")
