"""Runs the command line in this process, and makes homes for it once per session."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mra_gateway.cli.program import app

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


def run(*args: str | Path, **env: str) -> Ran:
    """Runs a command line with nothing of the surrounding environment's officer or home."""
    clean = dict.fromkeys(
        (
            "MRA_GATEWAY_HOME",
            "MRA_GATEWAY_OFFICER",
            "MRA_GATEWAY_PASSWORD",
            "MRA_GATEWAY_SECOND_PASSWORD",
            "MRA_GATEWAY_NEW_PASSWORD",
        )
    )
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


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One home each of Mongolia and China, as `init` leaves them; tests copy them."""
    folder = tmp_path_factory.mktemp("founded")
    for territory in ("MN", "CN"):
        ran = init(folder / territory.lower(), territory)
        assert ran.code == 0, ran
    return {territory: folder / territory.lower() for territory in ("MN", "CN")}


@pytest.fixture
def mongolia(founded: dict[str, Path], tmp_path: Path) -> Home:
    """A fresh home of Mongolia."""
    shutil.copytree(founded["MN"], tmp_path / "mongolia")
    return Home(tmp_path / "mongolia")


@pytest.fixture
def china(founded: dict[str, Path], tmp_path: Path) -> Home:
    """A fresh home of China."""
    shutil.copytree(founded["CN"], tmp_path / "china")
    return Home(tmp_path / "china")
