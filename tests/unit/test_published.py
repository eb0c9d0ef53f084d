"""What is published says what the product does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mra_gateway.cli.program import app
from tests.support.attack_table import table

ROOT = Path(__file__).parents[2]
READ_BY_USERS = pytest.mark.parametrize("guide", ["README.md", "docs/guide.ru.md"])


def test_the_published_table_of_attacks_is_the_one_the_tests_run() -> None:
    published = (ROOT / "docs" / "attacks.md").read_text(encoding="utf-8")
    assert published == table(), "python -m tests.support.attack_table > docs/attacks.md"


@READ_BY_USERS
def test_every_command_a_guide_names_exists(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    named = set(re.findall(r"mra-gateway ([a-z]+(?: [a-z][a-z-]*)?)", text))
    assert len(named) > 10
    for command in sorted(named):
        words = command.split()
        result = CliRunner().invoke(app, [*words, "--help"])
        if result.exit_code != 0:
            result = CliRunner().invoke(app, [words[0], "--help"])
        assert result.exit_code == 0, command


@READ_BY_USERS
def test_every_option_a_guide_names_exists(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"mra-gateway ([a-z]+(?: [a-z][a-z-]*)?)([^\n`]*)", text)
    for command, rest in lines:
        options = re.findall(r"(?<!\S)(--[a-z-]+)", rest)
        if not options:
            continue
        shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"})
        for option in options:
            assert option in shown.output, f"{command} {option}"
