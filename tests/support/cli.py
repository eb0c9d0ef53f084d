"""Runs the command line in this process, and makes homes for it once per session and database."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from mra_gateway.cli.program import app
from mra_gateway.flows import authenticate
from tests.support.databases import FreshUrl, Kind
from tests.support.postgres import PostgresServer

FIRST, SECOND = "first.officer", "second.officer"
PASSWORDS = {FIRST: "correct horse battery", SECOND: "staple correct horse"}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Home:
    """A home and the two officers `init` made."""

    path: Path

    @property
    def database_url(self) -> str:
        """Where its database is."""
        stated = tomllib.loads((self.path / "gateway.toml").read_text(encoding="utf-8"))
        return stated["database"]["url"] or f"sqlite:///{self.path / 'gateway.db'}"

    def run(self, *args: str | Path, by: str = FIRST, **env: str) -> Ran:
        """Runs a command in this home as one of its officers."""
        given = {
            "MRA_GATEWAY_HOME": str(self.path),
            "MRA_GATEWAY_OFFICER": by,
            "MRA_GATEWAY_PASSWORD": PASSWORDS.get(by, ""),
            **env,
        }
        return run(*args, **given)

    def ok(self, *args: str | Path, by: str = FIRST) -> Ran:
        """Runs a command that has to succeed."""
        ran = self.run(*args, by=by)
        assert ran.code == 0, ran
        return ran

    def approve_all(self, *, by: str = SECOND) -> None:
        """Lets the second officer approve everything that waits."""
        for waiting in self.ok("approvals", "list", "--json", by=by).document:
            self.ok("approvals", "approve", waiting["id"], by=by)

    def status_of(self, authorisation: str) -> str:
        """Returns the status now of an authorisation of the own register."""
        (found,) = self.ok("register", "show", authorisation, "--json").document
        status: str = found["now"][authorisation]
        return status


_parse_toml = cache(tomllib.loads)
"""Every command reads all data files, nearly two hundred, and their texts are always the same."""


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """A password is costly on purpose, a fifth of a second each time; here only its test pays."""
    little = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
    with mock.patch.object(authenticate, "PasswordHasher", little):
        yield


def run(*args: str | Path, **env: str) -> Ran:
    """Runs a command line with nothing of the surrounding environment's officer or home."""
    clean = dict.fromkeys(
        (
            "MRA_GATEWAY_HOME",
            "MRA_GATEWAY_LANGUAGE",
            "MRA_GATEWAY_OFFICER",
            "MRA_GATEWAY_PASSWORD",
            "MRA_GATEWAY_SECOND_PASSWORD",
            "MRA_GATEWAY_NEW_PASSWORD",
        )
    )
    with mock.patch.object(tomllib, "loads", _parse_toml):
        result = CliRunner().invoke(app, [str(arg) for arg in args], env={**clean, **env})
    return Ran(result.exit_code, result.stdout, result.stderr)


def init(folder: Path, territory: str, *options: str, **env: str) -> Ran:
    """Makes a home in the test environment."""
    return run(
        "init", "--home", folder, "--territory", territory, "--environment", "test",
        "--officer", FIRST, "--second-officer", SECOND, "--url", "https://127.0.0.1:9",
        *options,
        MRA_GATEWAY_PASSWORD=PASSWORDS[FIRST], MRA_GATEWAY_SECOND_PASSWORD=PASSWORDS[SECOND], **env,
    )  # fmt: skip


class Init(Protocol):
    """Makes a home in the test environment, with a database of its own."""

    def __call__(self, folder: Path, territory: str, *options: str) -> Ran:
        """Runs `init`."""
        ...


@pytest.fixture
def init_home(database_kind: Kind, fresh_database_url: FreshUrl) -> Init:
    """Makes homes on the test's kind of database: a file in the home, or one on the server."""

    def make(folder: Path, territory: str, *options: str) -> Ran:
        if database_kind == "postgres":
            url = fresh_database_url(database_kind, migrated=False)
            options = ("--database-url", url, *options)
        return init(folder, territory, *options)

    return make


Founded = Callable[[str, Kind], Path]


@pytest.fixture(scope="session")
def founded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A home of a territory on a kind of database, as `init` leaves it; tests copy them."""

    @cache
    def make(territory: str, kind: Kind) -> Path:
        options = []
        if kind == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            options = ["--database-url", server.url(server.new_database(migrated=False))]
        folder = tmp_path_factory.mktemp("founded") / territory.lower()
        ran = init(folder, territory, *options)
        assert ran.code == 0, ran
        return folder

    return make


@pytest.fixture
def copied(
    founded: Founded, database_kind: Kind, fresh_database_url: FreshUrl, tmp_path: Path
) -> Callable[[str, str], Home]:
    """Copies a founded home and its database."""

    def copy(territory: str, name: str) -> Home:
        original = Home(founded(territory, database_kind))
        home = Home(tmp_path / name)
        shutil.copytree(original.path, home.path)
        if database_kind == "postgres":
            url = fresh_database_url(database_kind, copy_of=original.database_url)
            settings = home.path / "gateway.toml"
            text = settings.read_text(encoding="utf-8")
            settings.write_text(text.replace(original.database_url, url), encoding="utf-8")
        return home

    return copy


@pytest.fixture
def mongolia(copied: Callable[[str, str], Home]) -> Home:
    """A fresh home of Mongolia."""
    return copied("MN", "mongolia")


@pytest.fixture
def china(copied: Callable[[str, str], Home]) -> Home:
    """A fresh home of China."""
    return copied("CN", "china")
