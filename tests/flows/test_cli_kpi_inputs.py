"""Files, entries, surveys and feedback on the command line."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from tests.support.cli import Home
from tests.support.measured_month import clean_rows, write_csv


def test_a_month_is_taken_in_shown_and_told_to_be_partial(mongolia: Home, tmp_path: Path) -> None:
    rows = clean_rows()
    rows[8]["Lane"] = "turquoise"
    path = write_csv(tmp_path / "july.csv", rows)
    ran = mongolia.run("kpi", "load", "declarations", path, "--period", "2025-07")
    assert ran.code == 1, ran
    assert "30 of 31" in ran.out
    assert "row 10, column 'Lane': 'turquoise' is no lane" in ran.out

    again = mongolia.run("kpi", "load", "declarations", path, "--period", "2025-07")
    assert (again.code, again.err.split(":")[0]) == (64, "ALREADY_LOADED")
    for row in rows:
        row["Lane"] = "green"
    good = write_csv(tmp_path / "good.csv", rows)
    mongolia.ok("kpi", "load", "declarations", good, "--period", "2025-07", "--note", "mended")
    found = mongolia.ok("kpi", "loads", "--period", "2025-07", "--json").document["loads"]
    assert [(one["rows_counted"], one["replaced_by"]) for one in found] == [
        (30, found[1]["id"]),
        (31, None),
    ]
    assert "replaced by" in mongolia.ok("kpi", "loads").out
    shown = mongolia.ok("kpi", "loads", "--id", str(found[0]["id"])).out
    assert "LANE_UNKNOWN: 1 rows" in shown

    for row in rows:
        row["Lane"] = "turquoise"
    few = write_csv(tmp_path / "few.csv", [row | {"Lane": "red"} for row in rows[:9]])
    half = mongolia.run("kpi", "load", "declarations", few, "--period", "2025-07")
    assert "counts 9 rows where there were 31: is it all?" in half.out
    assert "2025-07-10 to 2025-07-31 (22)" in half.out
    bad = write_csv(tmp_path / "bad.csv", rows)
    ran = mongolia.run("kpi", "load", "declarations", bad, "--period", "2025-07")
    assert ran.code == 65
    assert "nothing was taken in" in ran.err


def test_what_is_entered_is_listed_corrected_and_taken_back(mongolia: Home, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("ten applications", encoding="utf-8")
    value = ("indicator=carec:uptake.applications", "on=2025-07-31")
    first = mongolia.ok(
        "kpi", "enter", "value", *value, "value=2", "--evidence", "letter 12",
        "--evidence-file", letter, "--json",
    ).document  # fmt: skip
    assert len(first["digest"]) == 64
    second = mongolia.ok(
        "kpi", "enter", "value", *value, "value=10", "--evidence", "letter 13",
        "--corrects", str(first["id"]), "--json",
    ).document  # fmt: skip
    mongolia.ok("kpi", "take-back", str(second["id"]), "--evidence", "minute 3")
    listed = mongolia.ok("kpi", "entries", "value", "--json").document["entries"]
    assert [one["corrected_by"] is None for one in listed] == [False, False, True]
    assert "takes" in mongolia.ok("kpi", "entries").out
    ran = mongolia.run("kpi", "enter", "value", "value", "--evidence", "x")
    assert ran.code == 64


def test_a_survey_is_written_filled_in_and_taken_and_feedback_answered(
    mongolia: Home, tmp_path: Path
) -> None:
    form = tmp_path / "form.xlsx"
    mongolia.ok("kpi", "survey-form", "-o", form, "--scale", "1-5")
    book = load_workbook(form)
    for column, text in enumerate(("2025-07-03", "operator", "benefits", "4", "go on"), 1):
        book["answers"].cell(3, column).value = text
    book.save(form)
    assert "1 answers taken" in mongolia.ok("kpi", "survey", form).out
    (said,) = mongolia.ok("kpi", "feedback", "list", "--unanswered", "--json").document["feedback"]
    mongolia.ok("kpi", "feedback", "answer", str(said["id"]), "we do", "--on", "2025-07-09")
    mongolia.ok(
        "kpi", "feedback", "add", "lists come late", "--side", "partner", "--partner", "CN",
        "--category", "data", "--on", "2025-07-10",
    )  # fmt: skip
    assert "2 received, 1 answered" in mongolia.ok("kpi", "feedback", "list").out
