"""A questionnaire on the command line: written, filled in, taken back; and what is covered."""

from __future__ import annotations

import tomllib
from pathlib import Path

from openpyxl import load_workbook

from tests.support.cli import Home, run
from tests.support.questionnaires import Filled


def test_a_questionnaire_goes_out_comes_back_and_counts(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "mn.xlsx"
    mongolia.ok("programmes", "questionnaire", "MN", "-o", file)
    before = mongolia.ok("programmes", "coverage", "MN", "--json").document
    made = Filled(load_workbook(file))
    made.head("source of the answers (act, letter, address)", "customs.gov.mn/order/1")
    made.head("answered on (2026-03-02)", "2026-03-01")
    made.put(
        "safe", "safe:G.i", {"answer": "asked, given or done / требуется", "figure 1: unit": 3}
    )
    file.write_bytes(made.content())
    copy = mongolia.path / "partners" / "profiles" / "MN-AEO.toml"

    refused = mongolia.run("programmes", "import", file)
    assert refused.code == 1
    wrong = made.cell("safe", "safe:G.i", "answer")
    assert wrong in refused.out
    assert "not written" in refused.out
    assert not copy.exists()

    made.put("safe", "safe:G.i", {"answer": "требуется, предоставляется, делается"})
    made.put("safe", "safe:G.i", {"figure 1: unit": None})
    file.write_bytes(made.content())
    dry = mongolia.ok("programmes", "import", file, "--as", "MN", "--dry-run", "--json").document
    assert [one["item"] for one in dry["changes"]] == ["safe:G.i"]
    assert (dry["written"], copy.exists()) == (False, False)
    assert "safe:G.i: added" in mongolia.ok("programmes", "import", file).out
    assert tomllib.loads(copy.read_text(encoding="utf-8"))["version"] == dry["version"]
    after = mongolia.ok("programmes", "coverage", "MN", "--json").document
    assert not after["programme"]["is_confirmed"]
    read = [
        next(
            one["counts"]["read"]
            for one in found["covered"]
            if (one["catalogue"], one["category"]) == ("safe", "G")
        )
        for found in (before, after)
    ]
    assert read[1] == read[0] + 1


def test_coverage_adds_up_and_names_what_is_open() -> None:
    found = run("programmes", "coverage", "KZ", "--catalogue", "safe", "--json").document
    *categories, whole = found["covered"]
    assert whole["category"] is None
    assert whole["items"] == 72 == sum(whole["counts"].values())
    for standing, count in whole["counts"].items():
        assert count == sum(one["counts"][standing] for one in categories)
    open_ = whole["counts"]["not_seen"] + whole["counts"]["by_category"]
    assert len(whole["open"]) == open_ + whole["counts"]["contested"]
    assert whole["inherited"] > 0
    assert "a draft nobody confirmed" in run("programmes", "coverage", "KZ").out


def test_a_questionnaire_is_a_workbook_of_a_programme_that_is_known(tmp_path: Path) -> None:
    assert run("programmes", "questionnaire", "UZ", "-o", tmp_path / "q.csv").code == 64
    nobody = run("programmes", "questionnaire", "ZZ", "-o", tmp_path / "q.xlsx")
    assert (nobody.code, nobody.err.split(":")[0]) == (64, "NOT_FOUND")
    assert not (tmp_path / "q.xlsx").exists()
