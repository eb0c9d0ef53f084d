"""On the command line: tables in use, correspondences, and results found again and counted."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import facts
from mra_gateway.store.database import open_database
from tests.support.cli import FIRST, SECOND, Home
from tests.support.messages import a_record
from tests.support.simulation import CN, CN_MN

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
    mongolia.ok("benefits", "export", TABLE, "-o", tmp_path / "t.xlsx")
    same = mongolia.ok("benefits", "preview", tmp_path / "t.xlsx", "--json").document
    assert same == found
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
    assert "не установлен" in mongolia.ok("decisions", "find", "D-1", "--language", "ru").out
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


async def hold(url: str, *records: OperatorRecord) -> None:
    """Writes operators of China into a home's database, as their list would have."""
    database = open_database(url)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    new = [
        facts.NewFact(
            facts.Key(one.tin, one.programme, one.authorisation),
            one.episode, one.record_version, "valid", at, "list",
            one.model_dump_json(exclude_defaults=True),
        )
        for one in records
    ]  # fmt: skip
    try:
        await database.write(lambda c: facts.add(c, facts.Register(CN, CN_MN), new, at=at))
    finally:
        await database.close()


def test_a_code_and_a_proposed_name_are_confirmed_listed_and_withdrawn(mongolia: Home) -> None:
    dragon = a_record(legal_name="Golden Dragon Trading Co., Ltd.", names=(), addresses=())
    tiger = a_record(
        tin="CN3302400001",
        authorisation="AEOCN3302400001",
        legal_name="Qingdao Haihua Machinery Co., Ltd.",
        names=(),
        addresses=(),
    )
    asyncio.run(hold(mongolia.database_url, dragon, tiger))
    confirm, why = ("correspondences", "confirm"), ("--why", "letter of 1 March")
    code = mongolia.ok(
        *confirm, "CNGOLDRA12NIN", "--operator", dragon.tin, "--list", "US-MID", *why, "--json"
    ).document
    assert (code["kind"], code["tin"], code["list"]) == ("identifier", dragon.tin, "US-MID")
    name = mongolia.ok(
        *confirm, "Golden Dragon Trade Company", "--from-match", "1", *why, "--json"
    ).document
    assert (name["kind"], name["tin"]) == ("name", dragon.tin)
    other = mongolia.run(*confirm, tiger.authorisation, "--operator", dragon.tin, *why)
    assert other.err.startswith("CORRESPONDENCE_AMBIGUOUS")
    assert tiger.tin in other.err
    assert "letter of 1 March" in mongolia.ok("correspondences", "list").out
    mongolia.ok("correspondences", "withdraw", str(code["correspondence"]), "--why", "a slip")
    left = mongolia.ok("correspondences", "list", "--json").document
    assert [one["id"] for one in left] == [name["correspondence"]]
    every = mongolia.ok("correspondences", "list", "--all", "--json").document
    assert [(one["text"], one["ended_by"]) for one in every] == [
        ("CNGOLDRA12NIN", FIRST),
        ("Golden Dragon Trade Company", None),
    ]


def test_what_cannot_be_told_to_the_partner_counts_here_all_the_same(mongolia: Home) -> None:
    dragon = a_record(legal_name="Golden Dragon Trading Co., Ltd.", names=(), addresses=())
    asyncio.run(hold(mongolia.database_url, dragon))
    confirm = ("correspondences", "confirm", "--operator", dragon.tin, "--why", "a letter")
    code = mongolia.ok(*confirm, "CNGOLDRA12NIN", "--tell", "--json").document
    assert (code["told"], code["untold"]) == (None, "ARRANGEMENT_NOT_IN_FORCE")
    shown = mongolia.ok(*confirm, "CNGOLDRA13NIN", "--tell").out
    assert "it counts here, and its administration is not told: ARRANGEMENT_NOT_IN_FORCE" in shown
    sent = mongolia.run("correspondences", "send", str(code["correspondence"]))
    assert sent.err.startswith("ARRANGEMENT_NOT_IN_FORCE")
    assert len(mongolia.ok("correspondences", "list", "--json").document) == 2
    assert mongolia.ok("notices", "list", "--json").document == []
