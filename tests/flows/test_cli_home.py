"""Homes, officers and clients on the command line."""

from __future__ import annotations

import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from cryptography import x509

from tests.support.cli import FIRST, PASSWORDS, SECOND, Home, Init, init, run
from tests.support.databases import FreshUrl, Kind


def test_a_home_has_encrypted_keys_settings_a_database_and_two_officers(mongolia: Home) -> None:
    keys = mongolia.path / "keys"
    for name in ("signing.key.pem", "tls.key.pem", "anchor.key.pem", "tls-anchor.key.pem"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in (keys / name).read_bytes()
    assert stat.S_IMODE((keys / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(mongolia.path.stat().st_mode) == 0o700
    settings = tomllib.loads((mongolia.path / "gateway.toml").read_text(encoding="utf-8"))
    assert (settings["territory"], settings["environment"]) == ("MN", "test")
    names = [one["name"] for one in mongolia.ok("officers", "list", "--json").document]
    assert names == [FIRST, SECOND]


def test_leaf_certificates_last_two_years_and_anchors_ten(mongolia: Home) -> None:
    def years(name: str) -> int:
        certificate = x509.load_pem_x509_certificate((mongolia.path / "keys" / name).read_bytes())
        span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        return round(span.days / 365.25)

    assert [years(f"{name}.cert.pem") for name in ("signing", "tls")] == [2, 2]
    assert [years(f"{name}.cert.pem") for name in ("anchor", "tls-anchor")] == [10, 10]


def test_an_existing_folder_is_left_as_it_was(init_home: Init, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine", encoding="utf-8")
    ran = init_home(folder, "MN")
    assert ran.code == 73
    assert "HOME_EXISTS" in ran.err
    assert [entry.name for entry in folder.iterdir()] == ["letter.txt"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]


def test_an_empty_folder_becomes_a_home(init_home: Init, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    assert init_home(tmp_path / "home", "MN").code == 0
    assert (tmp_path / "home" / "gateway.toml").is_file()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--territory", "Mongolia"), "REQUEST_INVALID"),
        (("--second-officer", FIRST), "SECOND_OFFICER_REQUIRED"),
        (("--url", "http://127.0.0.1:8443"), "REQUEST_INVALID"),
        (("--database-url", "mysql://localhost/x"), "DATABASE_UNREACHABLE"),
        (("--key-password-file", "nowhere"), "KEY_UNUSABLE"),
    ],
)
def test_what_cannot_be_founded_leaves_nothing_behind(
    arguments: tuple[str, str], code: str, tmp_path: Path
) -> None:
    ran = run(
        "init", "--home", tmp_path / "home", "--territory", "MN", "--environment", "test",
        "--officer", FIRST, "--second-officer", SECOND, *arguments,
        MRA_GATEWAY_PASSWORD=PASSWORDS[FIRST], MRA_GATEWAY_SECOND_PASSWORD=PASSWORDS[SECOND],
    )  # fmt: skip
    assert ran.code >= 64
    assert ran.err.startswith(code)
    assert not list(tmp_path.iterdir())


def test_generated_passwords_are_shown_once_and_work(database_url: str, tmp_path: Path) -> None:
    ran = run(
        "init", "--home", tmp_path / "home", "--territory", "KZ", "--environment", "test",
        "--officer", FIRST, "--second-officer", SECOND, "--generate-passwords", "--json",
        "--database-url", database_url,
    )  # fmt: skip
    passwords = {one["name"]: one["password"] for one in ran.document["officers"]}
    for name, password in passwords.items():
        listed = run(
            "officers", "list", "--home", tmp_path / "home", "--officer", name,
            MRA_GATEWAY_PASSWORD=password,
        )  # fmt: skip
        assert listed.code == 0
        assert password not in listed.out


def test_a_wrong_password_and_an_unknown_officer_get_the_same_answer(mongolia: Home) -> None:
    wrong = mongolia.run("officers", "list", "--json", MRA_GATEWAY_PASSWORD="guessed password")
    unknown = mongolia.run(
        "officers", "list", "--json", by="nobody", MRA_GATEWAY_PASSWORD="guessed"
    )
    assert wrong.code == unknown.code == 77
    assert wrong.err == unknown.err
    assert "NOT_AUTHENTICATED" in wrong.err
    mongolia.ok("officers", "list")


def test_a_password_file_is_taken_and_no_password_at_all_is_refused(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORDS[FIRST] + "\n", encoding="utf-8")
    arguments = ("officers", "list", "--home", mongolia.path, "--officer", FIRST)
    assert run(*arguments, "--password-file", file).code == 0
    assert run(*arguments).code == 77


def test_no_home_is_its_own_exit_code(tmp_path: Path) -> None:
    ran = run("officers", "list", "--home", tmp_path / "nowhere", "--officer", FIRST)
    assert ran.code == 66
    assert "HOME_MISSING" in ran.err


def test_an_officer_does_what_its_roles_allow_and_no_more(mongolia: Home) -> None:
    ran = mongolia.run(
        "officers", "add", "reader", "--role", "auditor", MRA_GATEWAY_NEW_PASSWORD="a long password"
    )
    assert ran.code == 0
    mine = {"MRA_GATEWAY_PASSWORD": "a long password"}
    assert mongolia.run("officers", "list", by="reader", **mine).code == 0
    refused = mongolia.run("clients", "add", "declarations", by="reader", **mine)
    assert refused.code == 77
    assert refused.err.startswith("NOT_PERMITTED")
    mongolia.ok("officers", "disable", "reader")
    assert mongolia.run("officers", "list", by="reader", **mine).code == 77


def test_an_officer_changes_the_password_whoever_made_the_home_knows(mongolia: Home) -> None:
    new = "known to me alone"
    short = mongolia.run("officers", "password", MRA_GATEWAY_NEW_PASSWORD="short")
    assert (short.code, "at least 12" in short.err) == (64, True)
    assert mongolia.run("officers", "password", MRA_GATEWAY_NEW_PASSWORD=new).code == 0
    assert mongolia.run("officers", "list").code == 77
    assert mongolia.run("officers", "list", MRA_GATEWAY_PASSWORD=new).code == 0
    mongolia.ok("officers", "list", by=SECOND)


def test_the_last_two_officers_stay(mongolia: Home) -> None:
    ran = mongolia.run("officers", "disable", SECOND)
    assert ran.code == 64
    assert ran.err.startswith("STATE_NOT_SUITABLE")


def test_a_client_key_is_shown_once_and_revoked_by_name(mongolia: Home) -> None:
    key = mongolia.ok("clients", "add", "declarations").out.strip()
    assert key.startswith("mra_")
    assert key not in mongolia.ok("clients", "list", "--json").out
    assert mongolia.ok("clients", "revoke", "declarations", "--json").document["revoked"] == 1
    assert mongolia.run("clients", "revoke", "declarations").err.startswith("NOT_FOUND")


def test_names_cannot_drive_the_officers_terminal(mongolia: Home) -> None:
    evil = "\x1b[31mred\x1b[0m \u202eesrever [bold]x[/bold] \x07"
    mongolia.ok("clients", "add", evil)
    shown = mongolia.ok("clients", "list").out
    assert "\\x1b[31mred\\x1b[0m \\u202eesrever [bold]x[/bold] \\x07" in shown
    assert not {"\x1b", "\u202e", "\x07"} & set(shown)
    as_json = mongolia.ok("clients", "list", "--json")
    assert not {"\x1b", "\u202e", "\x07"} & set(as_json.out)
    assert as_json.document[0]["name"] == evil


def test_the_program_runs_as_a_module_and_ends_a_wrong_command_line_with_64() -> None:
    def end(*arguments: str) -> int:
        command = [sys.executable, "-m", "mra_gateway", *arguments]
        return subprocess.run(command, capture_output=True).returncode

    assert end("--help") == 0
    assert end("officers", "lst") == 64


def test_a_home_on_a_database_of_its_own_is_founded_once_or_not_at_all(
    database_kind: Kind, fresh_database_url: FreshUrl, tmp_path: Path
) -> None:
    url = fresh_database_url(database_kind, migrated=False)
    first = init(tmp_path / "first", "MN", "--database-url", url)
    assert first.code == 0
    home = Home(tmp_path / "first")
    assert len(home.ok("officers", "list", "--json").document) == 2
    second = init(tmp_path / "second", "MN", "--database-url", url)
    assert second.err.startswith("DATABASE_INCONSISTENT")
    assert sorted(entry.name for entry in tmp_path.iterdir() if entry.name != "databases") == [
        "first"
    ]


def test_a_territory_that_is_not_described_is_told_at_once(init_home: Init, tmp_path: Path) -> None:
    ran = init_home(tmp_path / "home", "XK", "--json")
    assert ran.code == 0
    assert not ran.document["described"]
    listed = Home(tmp_path / "home").run("officers", "list")
    assert listed.code == 78
    assert "partners/administrations/XK.toml" in listed.err
