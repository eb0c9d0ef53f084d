"""The doctor: what it finds, and what it says to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mra_gateway.documents.reasons import retell
from mra_gateway.flows.diagnose import check_views
from mra_gateway.flows.examine_home import check_validity
from mra_gateway.store.database import open_database
from mra_gateway.store.extract_views import State
from tests.support.cli import SECOND, Home, run


def checks(home: Home, *arguments: str, **env: str) -> tuple[int, dict[str, Any]]:
    ran = home.run("doctor", "--json", *arguments, **env)
    found = {one["check"]: one for one in ran.document["checks"]}
    assert [one for one in found.values() if untold(one)] == []
    return ran.code, found


def untold(found: dict[str, Any]) -> list[str]:
    """Returns what of an observation cannot be said in Russian; every test asks."""
    said = {"check": found["check"], "found": found["text"], "advice": found["advice"]}
    return [
        text
        for group, text in said.items()
        if text is not None and not retell(text, group=group, language="ru").is_told
    ]


def test_a_new_home_is_healthy_and_says_what_comes_next(mongolia: Home) -> None:
    code, found = checks(mongolia)
    assert code == 0
    assert {one["level"] for one in found.values()} == {"ok", "warn"}
    assert "partners pin" in found["partners"]["advice"]
    assert found["time zone"]["text"] == "Asia/Ulaanbaatar"
    assert found["signing key"]["text"].startswith("until ")
    assert found["extract views"]["text"].startswith("not used")
    _, found = checks(mongolia, MRA_GATEWAY_EXTRACT__VIEW_MINUTES="5")
    assert found["extract views"]["level"] == "warn"
    mongolia.ok("extract", "--into-view")
    _, found = checks(mongolia, MRA_GATEWAY_EXTRACT__VIEW_MINUTES="5")
    assert found["extract views"]["level"] == "ok"


def test_it_says_in_russian_what_is_wrong_and_what_to_do(mongolia: Home) -> None:
    (mongolia.path / "keys" / "password").chmod(0o644)
    english = mongolia.ok("doctor").out
    assert "warn  key password: others may read it (mode 644)\n      → chmod 600 " in english
    told = mongolia.run("doctor", "--language", "ru").out
    assert "внимание  пароль ключей: файл доступен для чтения другим пользователям" in told
    assert "          → chmod 600 " in told
    assert "норма     часовой пояс: Asia/Ulaanbaatar\n" in told
    assert "→ обменяйтесь карточками: partners card, затем partners pin" in told
    assert "[без перевода]" not in told
    assert len(told.splitlines()) == len(english.splitlines())


def test_an_arrangement_whose_copy_was_changed_after_it_was_confirmed_is_told(
    mongolia: Home,
) -> None:
    confirm = ("partners", "confirm", "CN-MN-2025", "--act", "Act 1", "--date", "2026-01-05")
    asked = mongolia.ok(*confirm, "--json").document
    mongolia.ok("approvals", "approve", asked["request"], by=SECOND)
    assert "CN-MN-2025" not in checks(mongolia)[1]
    copy = Path(asked["file"])
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("China - Mongolia", "China and Mongolia"), encoding="utf-8")
    told = checks(mongolia)[1]["CN-MN-2025"]
    assert told["level"] == "warn"
    assert "changed since two officers confirmed it" in told["text"]
    copy.write_text(text, encoding="utf-8")
    assert "CN-MN-2025" not in checks(mongolia)[1]


def test_a_database_of_an_older_version_is_told_and_not_upgraded_by_looking_at_it(
    mongolia: Home,
) -> None:
    async def version(wanted: str | None = None) -> str:
        database = open_database(mongolia.database_url)
        try:
            if wanted is not None:
                set_to = text(f"UPDATE alembic_version SET version_num = '{wanted}'")
                await database.write(lambda c: c.execute(set_to))
            return await database.read(
                lambda c: str(c.scalar(text("SELECT version_num FROM alembic_version")))
            )
        finally:
            await database.close()

    asyncio.run(version("0011"))
    told = checks(mongolia)[1]["database"]
    assert (told["level"], "older version" in told["text"]) == ("warn", True)
    assert "make a backup" in told["advice"]
    assert asyncio.run(version()) == "0011"


def test_a_missing_key_password_fails_and_the_rest_is_still_looked_at(mongolia: Home) -> None:
    (mongolia.path / "keys" / "password").rename(mongolia.path / "keys" / "elsewhere")
    code, found = checks(mongolia)
    assert code == 1
    assert found["key password"]["level"] == "fail"
    assert found["database"]["level"] == "ok"
    (mongolia.path / "keys" / "elsewhere").rename(mongolia.path / "keys" / "password")
    assert checks(mongolia)[0] == 0


def test_a_password_others_may_read_is_a_warning(mongolia: Home) -> None:
    (mongolia.path / "keys" / "password").chmod(0o644)
    code, found = checks(mongolia)
    assert code == 0
    assert found["key password"]["level"] == "warn"
    assert found["key password"]["advice"].startswith("chmod 600")


def test_a_damaged_data_file_is_named(mongolia: Home) -> None:
    file = mongolia.path / "partners" / "programmes" / "MN-AEO.toml"
    file.write_text("id = [", encoding="utf-8")
    code, found = checks(mongolia)
    assert code == 1
    assert str(file) in found["data files"]["text"]


def test_the_database_of_another_home_fails(mongolia: Home, china: Home) -> None:
    code, found = checks(mongolia, MRA_GATEWAY_DATABASE__URL=china.database_url)
    assert code == 1
    assert "DATABASE_INCONSISTENT" in found["database"]["text"]
    code, found = checks(mongolia, MRA_GATEWAY_DATABASE__URL=mongolia.database_url)
    assert (code, found["database"]["level"]) == (0, "ok")


def test_a_partner_that_does_not_answer_is_named_and_its_ping_withdrawn(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    china.ok("partners", "card", "-o", tmp_path / "china.card")
    mongolia.ok("partners", "pin", tmp_path / "china.card", "--compared")
    mongolia.approve_all()
    code, found = checks(mongolia)
    assert code == 1
    assert found["partner CN"]["level"] == "fail"
    assert found["partner CN"]["text"].startswith("PARTNER_")
    (ping,) = mongolia.ok("messages", "list", "--json").document
    assert (ping["kind"], ping["state"]) == ("Ping", "voided")
    assert checks(mongolia, "--no-ping")[0] == 0


def test_no_home_is_told_as_a_finding(tmp_path: Path) -> None:
    ran = run("doctor", "--home", tmp_path / "nowhere", "--json")
    assert ran.code == 1
    assert "HOME_MISSING" in ran.document["checks"][0]["text"]


@pytest.mark.parametrize(
    ("days", "level"), [(61, "ok"), (60, "warn"), (30, "warn"), (7, "warn"), (0, "fail")]
)
def test_a_certificate_that_ends_soon_is_told_in_time(days: int, level: str) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    found = check_validity(
        "key", start=at - timedelta(days=1), until=at + timedelta(days=days), at=at, advice="renew"
    )
    assert found.level == level
    assert not untold(found._asdict() | {"check": "signing key", "advice": None})
    assert (found.advice is None) is (level == "ok")


@pytest.mark.parametrize(
    ("minutes", "every", "level", "words"),
    [
        (10, 5, "ok", "brought up to date 10 min ago; who was stopped since is left out at once"),
        (11, 5, "warn", "late, wanted every 5 min"),
        (300, 0, "ok", "5 h ago"),
    ],
)
def test_views_that_are_older_than_their_setting_wants_are_told_as_late(
    minutes: int, every: int, level: str, words: str
) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    # taken long ago, and found to be what holds since
    state = State(1, 1, "1@x", at - timedelta(days=9), at - timedelta(minutes=minutes), 7)
    found = check_views(state, every=timedelta(minutes=every), at=at)
    assert found.level == level
    assert words in found.text
    assert not untold(found._asdict())
    assert ("by hand" in found.text) is (every == 0)
