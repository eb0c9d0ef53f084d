"""On the command line: tables in use, correspondences, and results found again and counted."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.cli import FIRST, SECOND, Home

TABLE = "CN-MN-2025.MN"


def a_declaration(folder: Path, reference: str) -> Path:
    file = folder / f"{reference}.json"
    party = {"role": "exporter", "identifier": "AEOCN3302462345"}
    file.write_text(
        json.dumps({"reference": reference, "type": "import", "parties": [party]}),
        encoding="utf-8",
    )
    return file


def test_a_table_is_asked_for_approved_shown_put_in_shadow_and_withdrawn(mongolia: Home) -> None:
    assert "derived from CN-MN-2025" in mongolia.ok("benefits", "show", TABLE).out
    asked = mongolia.ok("benefits", "accept", TABLE, "--json").document
    assert (asked["version"], asked["mode"], asked["preview"]["cases"]) == (1, "live", 0)
    assert {one["level"] for one in asked["findings"]} <= {"warning"}
    assert "in_use" in mongolia.ok("benefits", "show", TABLE, "--json").document
    mongolia.ok("approvals", "approve", asked["request"], by=SECOND)
    shown = mongolia.ok("benefits", "show", TABLE, "--json").document["in_use"]
    assert (shown["digest"], shown["accepted_by"]) == (asked["digest"], f"{FIRST}, {SECOND}")
    again = mongolia.run("benefits", "accept", TABLE)
    assert (again.code, again.err.split(":")[0]) == (64, "ALREADY_EXISTS")
    assert mongolia.run("benefits", "live", TABLE).err.startswith("STATE_NOT_SUITABLE")
    mongolia.ok("benefits", "shadow", TABLE)
    mongolia.approve_all()
    out = mongolia.ok("benefits", "show", TABLE).out
    assert "in use: version 2, shadow, accepted " in out
    assert f"by {FIRST}, {SECOND}" in out
    mongolia.ok("benefits", "withdraw", TABLE, "--why", "it was a trial")
    assert "shadow" in mongolia.ok("benefits", "show", TABLE).out.splitlines()[0]
    mongolia.approve_all()
    assert "derived from" in mongolia.ok("benefits", "show", TABLE).out.splitlines()[0]


def test_a_file_with_an_error_is_refused_and_a_preview_says_so(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "t.toml"
    file.write_text("id = 1\n", encoding="utf-8")
    refused = mongolia.run("benefits", "preview", file)
    assert refused.err.startswith("DATA_FILE_INVALID")
    found = mongolia.ok("benefits", "preview", TABLE, "--json").document
    assert (found["cases"], found["changes"]) == (0, [])
    theirs = mongolia.run("benefits", "accept", "CN-MN-2025.CN")
    assert theirs.err.startswith("NOT_A_PARTY")


def test_results_are_found_by_their_reference_and_counted_by_reason(
    mongolia: Home, tmp_path: Path
) -> None:
    nothing = mongolia.run("decisions", "find", "D-1", "--json")
    assert (nothing.code, nothing.document) == (1, [])
    mongolia.ok("decide", a_declaration(tmp_path, "D-1"), a_declaration(tmp_path, "D-2"))
    (found,) = mongolia.ok("decisions", "find", "D-1", "--json").document
    assert found["result"]["reference"] == found["declaration"]["reference"] == "D-1"
    assert "not found" in mongolia.ok("decisions", "find", "D-1").out
    counted = mongolia.ok("decisions", "unmatched", "--json").document
    assert counted["counts"] == [
        {
            "partner": None,
            "outcome": "unmatched",
            "reason": "IDENTIFIER_NOT_FOUND",
            "parties": 2,
        }
    ]
    before = mongolia.ok("decisions", "unmatched", "--until", "2000-01-01", "--json").document
    assert before["counts"] == []
    wrong = mongolia.run("decisions", "unmatched", "--from", "2026-02-02", "--until", "2026-02-01")
    assert wrong.code == 64
    late = mongolia.run("decisions", "affected", "--json")
    assert (late.code, late.document) == (1, [])


def test_a_correspondence_needs_an_operator_a_partner_told_us_of(mongolia: Home) -> None:
    assert mongolia.ok("correspondences", "list", "--json").document == []
    confirm = ("correspondences", "confirm", "MID-1", "--why", "a letter")
    assert mongolia.run(*confirm).code == 64
    unknown = mongolia.run(*confirm, "--operator", "CN3302462345")
    assert unknown.err.startswith("NOT_FOUND")
    nobody = mongolia.run(*confirm, "--from-match", "1")
    assert nobody.err.startswith("NOT_FOUND")
    gone = mongolia.run("correspondences", "withdraw", "1", "--why", "a slip")
    assert gone.err.startswith("NOT_FOUND")
