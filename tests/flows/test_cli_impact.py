"""`impact` on the command line: a table, JSON, a workbook; problems to standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from mra_gateway.cli.program import app
from tests.support import periods


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    rows = periods.declarations(300, seed=12, operators=60)
    declared = periods.write_csv(rows, tmp_path / "declarations.csv")
    listed = periods.write_operators(tmp_path / "list.csv", 60)
    return [
        "impact",
        "CN-AEO",
        *("--declarations", str(declared)),
        *("--partner-list", str(listed)),
        *("--table", "CN-MN-2025.MN"),
        *("--assume", "inspection_rate_multiplier=0.2"),
    ]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_the_table_shows_every_figure_with_what_it_is_of(given: list[str]) -> None:
    shown = run(*given)
    assert shown.exit_code == 0, shown.output
    for text in ("by region", "by tier", "Share of value touched", "Wilson score", "A1: "):
        assert text in shown.output


def test_json_and_workbook_hold_the_same_figures(given: list[str], tmp_path: Path) -> None:
    document, workbook = tmp_path / "i.json", tmp_path / "i.xlsx"
    assert run(*given, "-o", str(document)).exit_code == 0
    assert run(*given, "-o", str(workbook)).exit_code == 0
    report = json.loads(document.read_text(encoding="utf-8"))
    sheets = load_workbook(workbook)
    for table in report["tables"]:
        name = "total" if table["cut"] == "total" else f"by {table['cut']}"
        cells = [row[4] for row in sheets[name].iter_rows(min_row=2, values_only=True)]
        figures = [one["value"] for row in table["rows"] for one in row["figures"]]
        assert cells[: len(figures)] == pytest.approx(figures)
    assumptions = [row[1] for row in sheets["assumptions"].iter_rows(values_only=True)]
    assert any("multiplier is assumed: 0.2" in str(text) for text in assumptions)


def test_an_expected_size_needs_no_list(given: list[str]) -> None:
    place = given.index("--partner-list")
    words = [*given[:place], *given[place + 2 :], "--operators", "50", "--share", "advanced=0.1"]
    shown = run(*words, "--json")
    assert shown.exit_code == 0, shown.output
    report = json.loads(shown.stdout)
    assert report["operators"] == 50
    assert report["matched_operators"] is None


def test_a_wrong_row_ends_with_65_and_is_named(given: list[str], tmp_path: Path) -> None:
    assert run(*given).exit_code == 0
    file = tmp_path / "declarations.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[5] = lines[5].replace("USD", "")
    file.write_text("\n".join(lines), encoding="utf-8")
    shown = run(*given)
    assert shown.exit_code == 65
    assert f"{file}, row 6, column 'currency': a value without its currency" in shown.stderr


@pytest.mark.parametrize(
    "words", [["--assume", "luck=1"], ["--share", "2"], ["--format", "xlsx"], ["-o", "x.pdf"]]
)
def test_what_makes_no_sense_is_refused_as_a_command_line(
    given: list[str], words: list[str]
) -> None:
    assert run(*given, *words).exit_code == 64
