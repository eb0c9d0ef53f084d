"""`extract`, `privacy` and `scores` on the command line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.cli import FIRST, SECOND, Home

TIN = "CN3302462345"
REGISTER = {
    "format": "mra-gateway-register-1",
    "operators": [
        {
            "tin": TIN,
            "authorisation": "AEOCN3302462345",
            "episode": "1",
            "programme": "CN-AEO",
            "tier": "advanced",
            "status": "valid",
            "effective_from": "2026-01-01T00:00:00Z",
            "legal_name": "Ningbo Trading",
        }
    ],
}


@pytest.fixture
def home(china: Home, tmp_path: Path) -> Home:
    """China with one operator in its register."""
    file = tmp_path / "register.json"
    file.write_text(json.dumps(REGISTER), encoding="utf-8")
    china.ok("register", "import", file)
    return china


def test_an_extract_of_nobody_is_whole_and_names_its_mark(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "extract.csv"
    said = home.ok("extract", "-o", file, "--json").document
    *lines, last = file.read_bytes().splitlines(keepends=True)
    assert hashlib.sha256(b"".join(lines)).hexdigest() == said["digest"]
    assert last.decode().startswith(f"end of file,0,{said['digest']},{said['mark']}")
    again = tmp_path / "again.csv"
    home.ok("extract", "-o", again)
    assert again.read_bytes() == file.read_bytes()
    delta = home.ok("extract", "-o", tmp_path / "delta.xml", "--since", said["mark"], "--json")
    assert delta.document["operators"] == 0
    taken = home.ok("extract", "--into-view", "--json").document
    assert taken == {"mark": said["mark"], "operators": 0, "written": 0}


def test_an_extract_that_is_refused_leaves_the_file_there_was(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "extract.json"
    home.ok("extract", "-o", file)
    before = file.read_bytes()
    for arguments in (("--since", "never"), ("--at", "2020-01-01T00:00:00Z")):
        ran = home.run("extract", "-o", file, *arguments)
        assert ran.code == 64, ran
    assert file.read_bytes() == before
    assert home.run("extract", "-o", tmp_path / "extract.doc").code == 64
    assert home.run("extract").code == 64
    assert home.run("extract", "--into-view", "-o", file).code == 64
    assert home.run("extract", "--into-view", "--at", "2030-01-01").code == 64
    assert [each.name for each in tmp_path.iterdir() if "unfinished" in each.name] == []


def test_a_request_for_correction_is_opened_listed_and_closed_once(home: Home) -> None:
    opened = home.ok(
        "privacy", "corrections", "open", TIN, "--asked-by", "Ningbo Trading, letter 7",
        "--wanted", "the name is Ningbo Trade", "--json",
    ).document  # fmt: skip
    assert opened["tin"] == TIN
    (listed,) = home.ok("privacy", "corrections", "list", "--json").document
    assert listed["wanted"] == "the name is Ningbo Trade"
    close = (
        "privacy", "corrections", "close", opened["id"][:8], "--outcome", "refused",
        "--answer", "the register says otherwise",
    )  # fmt: skip
    assert home.ok(*close, "--json").document["outcome"] == "refused"
    assert home.run(*close).err.startswith("APPROVAL_ALREADY_DECIDED")
    assert home.ok("privacy", "corrections", "list", "--json").document == []
    (kept,) = home.ok("privacy", "corrections", "list", "--all", "--json").document
    assert (kept["outcome"], kept["closed_by"]) == ("refused", FIRST)
    nobody = home.run("privacy", "corrections", "open", "CN1", "--asked-by", "x", "--wanted", "y")
    assert nobody.err.startswith("NOT_FOUND")


def test_what_is_held_is_written_and_the_disclosure_names_the_corrections(
    home: Home, tmp_path: Path
) -> None:
    home.ok("privacy", "corrections", "open", TIN, "--asked-by", "x", "--wanted", "y")
    home.ok("scores", "set", TIN, "7.5", "--scale", "0-10")
    counted = home.ok("privacy", "extract", TIN, "-o", tmp_path / "held.json", "--json").document
    assert (counted["registers"], counted["corrections"], counted["measures"]) == (1, 1, 1)
    held = json.loads((tmp_path / "held.json").read_text(encoding="utf-8"))
    assert held["registers"][0]["history"][0]["record"]["legal_name"] == "Ningbo Trading"
    home.ok("privacy", "extract", TIN, "-o", tmp_path / "held.xlsx")
    assert home.run("privacy", "extract", "CN1", "-o", tmp_path / "x.json").code == 64


def test_consents_of_an_operator_without_any_are_none(home: Home) -> None:
    assert home.ok("privacy", "consent", TIN).out == "no consent is recorded\n"
    assert home.ok("privacy", "consent", TIN, "--json").document == []


def test_without_a_retention_there_is_nothing_to_purge(home: Home) -> None:
    for options in ((), ("--dry-run",)):
        said = home.ok("privacy", "purge", *options, "--json").document
        assert said == {"planned": [], "request": None}
    assert home.ok("privacy", "purges", "--json").document == []


def test_scores_are_set_replaced_and_imported_as_a_whole(home: Home, tmp_path: Path) -> None:
    home.ok("scores", "set", TIN, "3", "--scale", "0-10")
    assert home.ok("scores", "set", TIN, "3", "--scale", "0-10", "--json").document == {
        "changed": 0
    }
    file = tmp_path / "scores.csv"
    file.write_text(f"tin,score\n{TIN},4\nCN2,5.5\n", encoding="utf-8")
    ran = home.ok("scores", "import", file, "--scale", "0-10", "--json", by=SECOND)
    assert ran.document == {"changed": 2}
    found = home.ok("scores", "list", "--json").document
    assert [(one["tin"], one["score"]) for one in found] == [("CN2", 5.5), (TIN, 4.0)]
    for bad, reason in (
        (f"tin,score\n{TIN},nan\n", "VALUE_UNREADABLE"),
        (f"tin,score\n{TIN},1\n{TIN},2\n", "ROW_DOUBLED"),
        ("operator,score\nx,1\n", "HEADINGS_NOT_FOUND"),
    ):
        file.write_text(bad, encoding="utf-8")
        assert home.run("scores", "import", file, "--scale", "0-10").err.startswith(reason)
    assert home.ok("scores", "list", "--json").document == found
