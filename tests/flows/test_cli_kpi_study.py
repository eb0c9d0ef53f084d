"""A study on the command line: stages with intervals, and how many more measurements to take."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest

from tests.support.cli import Home

HOURS = (10.0, 14.0, 9.5, 11.5, 30.0, 12.5, 8.0, 13.0)


def test_a_study_says_what_its_stages_took_and_how_many_more_to_measure(
    mongolia: Home, tmp_path: Path
) -> None:
    head = "Study;Stage;Duration;Unit;Flow;AEO;Date\n"
    rows = [f"TRS;arrival to release;{hours};h;import;yes;2025-07-02\n" for hours in HOURS]
    rows += ["TRS;lodging to release;5;h;import;no;2025-07-03\n"]
    rows += ["Another;lodging to release;99;h;import;no;2025-07-03\n"]
    path = tmp_path / "study.csv"
    path.write_text(head + "".join(rows), encoding="utf-8")
    mongolia.run("kpi", "load", "samples", path, "--period", "2025-07")
    first, second = mongolia.ok("kpi", "study", "TRS", "--within", "20", "--json").document
    told = ("kind", "flow", "stage", "whose", "unit", "cases")
    assert [first[name] for name in told] == ["time", "import", "arrival_to_release", "aeo", "h", 8]
    assert first["mean"] == pytest.approx(mean(HOURS))
    assert first["median"] == 12.0
    assert first["mean_between"]["method"] == "Student's t"
    assert first["median_between"]["low"] == 8.0
    assert first["advice"]["within"] == 0.2
    assert first["advice"]["more"] == first["advice"]["needed"] - 8 > 0
    assert (second["whose"], second["mean_between"], second["advice"]) == ("non_aeo", None, None)
    shown = mongolia.ok("kpi", "study", "TRS").out
    assert "Student's t" in shown
    assert "order statistics" in shown
    missing = mongolia.run("kpi", "study", "Nobody's")
    assert (missing.code, missing.err.split(":")[0]) == (64, "NOT_FOUND")
