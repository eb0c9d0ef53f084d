"""The program as a whole: help for everything, one meaning for every exit code, a quick start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from mra_gateway.cli.exits import Exit, exit_of
from mra_gateway.cli.program import app
from mra_gateway.errors import (
    GatewayError,
    MalformedMessage,
    PartnerUnreachable,
    Reason,
    RequestRefused,
    SetupError,
    StoreError,
)
from tests.support.cli import run

FIXED = {
    "init", "serve", "demo", "decide", "doctor", "match",
    "officers add", "officers list", "officers disable",
    "approvals list", "approvals approve", "approvals reject",
    "clients add", "clients revoke", "clients list",
    "register import", "register export", "register show", "register correct", "register annul",
    "register announce",
    "partners check", "partners show", "partners card", "partners pin", "partners confirm",
    "partners revoke",
    "messages list", "messages show", "messages export", "messages retry", "messages park",
    "messages void", "messages try-now",
    "message sign", "message verify",
    "decisions find", "decisions paper",
    "notices list", "notices show", "notices seen",
}  # fmt: skip


def commands() -> dict[str, Any]:
    def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield path, command
            return
        for name, child in children.items():
            yield from walk(child, f"{path} {name}".strip())

    return dict(walk(typer.main.get_command(app), ""))


def test_every_command_others_rely_on_is_there() -> None:
    assert set(commands()) >= FIXED


@pytest.mark.parametrize("path", sorted(FIXED))
def test_every_command_explains_itself_and_each_of_its_options(path: str) -> None:
    command = commands()[path]
    assert len(command.help or "") > 20
    unexplained = [one.name for one in command.params if not getattr(one, "help", None)]
    assert unexplained == []
    shown = run(*path.split(), "--help")
    assert shown.code == 0
    assert "--json" in shown.out
    assert "--home" in shown.out


def test_one_variable_chooses_the_language_of_whatever_is_for_the_officer() -> None:
    asking = {
        path: option.envvar
        for path, command in commands().items()
        for option in command.params
        if "--language" in option.opts
    }
    others = {"identifiers sheet", "negotiation visit plan"}  # the partner's; what visitors speak
    assert {path for path, variable in asking.items() if variable is None} == others
    assert set(asking.values()) == {"MRA_GATEWAY_LANGUAGE", None}
    compared = ("compare", "UZ", "CN")
    russian = run(*compared, MRA_GATEWAY_LANGUAGE="ru")
    assert russian.out == run(*compared, "--language", "ru").out
    assert run(*compared, "--language", "en", MRA_GATEWAY_LANGUAGE="ru").out == run(*compared).out
    as_json = run(*compared, "--json", MRA_GATEWAY_LANGUAGE="ru").document
    assert as_json == run(*compared, "--json").document


def test_the_variable_adds_no_language_to_those_a_document_is_asked_in(tmp_path: Path) -> None:
    def written(*options: str, **env: str) -> str:
        made = tmp_path / "made.html"
        ran = run("compare", "UZ", "CN", "--format", "html", "-o", made, *options, **env)
        assert ran.code == 0, ran
        return made.read_text(encoding="utf-8")

    both = written("--language", "en", "--language", "ru")
    assert written("--language", "en", "--language", "ru", MRA_GATEWAY_LANGUAGE="ru") == both
    assert written(MRA_GATEWAY_LANGUAGE="ru") == written("--language", "ru") != both
    assert written("--language", "en", MRA_GATEWAY_LANGUAGE="ru") == written()
    assert run("doctor", MRA_GATEWAY_LANGUAGE="kk").code == Exit.USAGE


@pytest.mark.parametrize(
    "line", ["", "officers", "nothing", "officers list --nothing", "officers list", "decide --home"]
)
def test_a_wrong_command_line_never_looks_like_a_verdict(line: str) -> None:
    assert run(*line.split()).code == Exit.USAGE
    with_json = run(*line.split(), "--json")
    assert with_json.code == Exit.USAGE
    assert with_json.err.startswith('{"error"')


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RequestRefused("x"), 64),
        (RequestRefused("x", reason=Reason.FILE_UNREADABLE), 65),
        (MalformedMessage("x"), 65),
        (SetupError("x", reason=Reason.HOME_MISSING), 66),
        (StoreError("x"), 69),
        (PartnerUnreachable("x"), 69),
        (GatewayError("x"), 70),
        (SetupError("x", reason=Reason.HOME_EXISTS), 73),
        (RequestRefused("x", reason=Reason.NOT_AUTHENTICATED), 77),
        (RequestRefused("x", reason=Reason.SECOND_OFFICER_REQUIRED), 77),
        (SetupError("x"), 78),
    ],
)
def test_every_kind_of_error_has_its_exit_code(error: GatewayError, code: int) -> None:
    assert exit_of(error) == code


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        (
            "mra_gateway.cli.program",
            ("sqlalchemy", "lxml", "cryptography", "aiohttp", "openpyxl", "pydantic", "argon2"),
        ),
        # 20 MB for as long as it serves
        ("mra_gateway.web.serve", ("openpyxl", "numpy", "PIL", "duckdb", "ibis", "docx", "typst")),
    ],
)
def test_what_is_always_loaded_loads_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}\nprint([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
