"""`compare` as an officer uses it, on the shipped data."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from mra_gateway.flows.compare import profile_digest
from mra_gateway.model.identifiers import Digest, MessageId, Territory
from mra_gateway.model.messages import ProgrammeProfile
from mra_gateway.model.profiles import Profile
from mra_gateway.settings import data_folder
from mra_gateway.store import profiles_received
from mra_gateway.store.database import open_database
from tests.support.cli import Home, run
from tests.support.comparing import cell, profile
from tests.support.comparison_schema import text as schema_text

PUBLISHED = data_folder("schemas") / "comparison.schema.json"


def ran(*words: str) -> tuple[int, str, str]:
    result = run("compare", *words, COLUMNS="300")
    return result.code, result.out, result.err


def document(*words: str) -> dict[str, Any]:
    code, out, err = ran(*words, "--format", "json")
    assert code == 0, err
    made: dict[str, Any] = json.loads(out)
    return made


def test_the_published_schema_is_the_one_of_the_models() -> None:
    assert PUBLISHED.read_text("utf-8") == schema_text(), (
        "python -m tests.support.comparison_schema > schemas/comparison.schema.json"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("UZ", "CN"),
        ("KZ", "CN", "--audience", "partner", "--catalogue", "safe@2021"),
        ("GE", "EU", "--tier-theirs", "AEOS", "--role", "importer"),
        ("--against", "safe", "MN"),
        ("--against", "tfa", "MN"),
        ("CN", "BY", "--catalogue", "benefits"),
        ("CN", "BY", "--catalogue", "dimensions"),
    ],
)
def test_json_follows_the_published_schema(words: tuple[str, ...]) -> None:
    made = document(*words)
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(made)] == []


def test_safe_has_an_entry_for_each_of_its_72_items_with_everything_asked_for() -> None:
    made = document("UZ", "CN", "--catalogue", "safe@2021")
    assert len(made["entries"]) == 72
    wanted = {"item", "finding", "in_practice", "ours", "theirs"}
    wanted |= {"why", "question", "sources", "basis"}
    assert all(wanted <= set(entry) for entry in made["entries"])
    assert made["unconfirmed"] == ["UZ-AEO", "CN-AEO"]
    assert "UZ-AEO" in made["watermark"]["en"]


def test_a_table_says_the_conclusion_and_that_nobody_confirmed_the_profiles() -> None:
    code, out, _ = ran("BY", "CN")
    assert code == 0
    assert "Unconfirmed profile" in out
    assert "conclusion on paper" in out
    assert "Recognise of BY-AEO only 3" in out


def test_sentences_come_in_russian_too() -> None:
    _, out, _ = ran("BY", "CN", "--language", "ru")
    assert "Признавать в BY-AEO только 3" in out


def test_the_matrix_holds_every_pair_and_what_is_needed() -> None:
    made = document("--matrix", "CAREC")
    assert len(made["members"]) == 10
    assert len(made["pairings"]) == 90
    assert len(made["standings"]) == 72
    assert made["needs"]
    assert len(made["unconfirmed"]) == 10
    assert ran("--matrix", "CAREC")[0] == 0


def test_an_earlier_profile_shows_what_changed(tmp_path: Path) -> None:
    earlier = tmp_path / "CN-AEO.toml"
    shipped = (data_folder("partners") / "profiles" / "CN-AEO.toml").read_text("utf-8")
    head, *cells = shipped.split("[[cells]]")
    kept = [one for one in cells if 'item = "safe:' not in one]
    earlier.write_text("[[cells]]".join([head, *kept]), encoding="utf-8")
    made = document("CN", "--changed", str(earlier))
    assert made["cells"]
    assert {one["before"] for one in made["findings"]} == {"not_established"}
    same = tmp_path / "same" / "CN-AEO.toml"
    same.parent.mkdir()
    same.write_text(shipped, encoding="utf-8")
    assert document("CN", "--changed", str(same))["cells"] == []
    assert ran("CN", "BY", "--changed", str(earlier))[0] == 0


def test_json_is_written_into_a_file(tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    assert ran("UZ", "CN", "--format", "json", "-o", str(file))[0] == 0
    assert json.loads(file.read_text("utf-8")) == document("UZ", "CN")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("QQ", "CN"), "no AEO programme of 'QQ'"),
        (("UZ", "CN", "--catalogue", "nothing"), "no catalogue 'nothing'"),
        (("UZ", "CN", "--catalogue", "safe@1999"), "no edition '1999'"),
        (("UZ", "CN", "--tier-theirs", "gold"), "no tier 'gold'"),
        (("UZ", "CN", "--role", "pirate"), "no role 'pirate'"),
        (("UZ", "CN", "--rates", "1999-01-01"), "no rates of '1999-01-01'"),
        (("--matrix", "NOBODY"), "no group 'NOBODY'"),
        (("UZ",), "name the other programme"),
        ((), "say what to compare"),
        (("--matrix", "CAREC", "UZ"), "takes no A"),
        (("UZ", "CN", "--against", "safe"), "takes no B"),
        (("UZ", "CN", "--at", "tomorrow"), "no day"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_there_is(
    words: tuple[str, ...], said: str
) -> None:
    code, _, err = ran(*words)
    assert code == 64
    assert said in err
    assert ran("UZ", "CN")[0] == 0


def test_a_home_compares_by_its_own_copy_and_by_what_a_partner_signed(mongolia: Home) -> None:
    shipped = mongolia.ok("compare", "MN", "CN", "--json").document
    assert shipped["unconfirmed"] == ["MN-AEO", "CN-AEO"]
    folder = mongolia.path / "partners" / "profiles"
    folder.mkdir(parents=True)
    (folder / "MN-AEO.toml").write_text(OWN_PROFILE, encoding="utf-8")
    asyncio.run(_receive(mongolia.database_url, profile(cell("A.a"), id_="CN-AEO", version=7)))
    made = mongolia.ok("compare", "MN", "CN", "--json").document
    assert made["ours"]["version"] == 9
    assert (made["theirs"]["version"], made["unconfirmed"]) == (7, ["MN-AEO"])
    assert made["entries"][0]["finding"] == "equivalent"


OWN_PROFILE = """
programme = "MN-AEO"
version = 9

[[cells]]
source = "customs.example/aeo"
basis = "read"
as_of = 2026-11-21

[cells.value]
item = "safe:A.a"
stated = "required"
strength = "must"
text = { en = "Ours" }
"""


async def _receive(url: str, received: Profile) -> None:
    database = open_database(url)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    signed = profiles_received.Signed(
        Territory("CN"), MessageId(str(UUID(int=7))), Digest("0" * 64), "CN=signer", at
    )
    body = ProgrammeProfile(profile=received)
    digest = profile_digest(received)
    try:
        await database.write(
            lambda c: profiles_received.add(c, body, digest=digest, signed=signed, received_at=at)
        )
    finally:
        await database.close()


def test_a_file_that_is_no_profile_is_refused(tmp_path: Path) -> None:
    other = data_folder("partners") / "profiles" / "UZ-AEO.toml"
    code, _, err = ran("CN", "--changed", str(other))
    assert code == 64
    assert "profile of UZ-AEO" in err
    broken = tmp_path / "CN-AEO.toml"
    broken.write_text("programme = 7", encoding="utf-8")
    code, _, err = ran("CN", "--changed", str(broken))
    assert code == 65
    assert "cannot be used" in err
