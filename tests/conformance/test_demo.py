"""The demonstration as a user runs it, and its messages under other people's verifiers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mra_gateway.model.messages import MessageKind
from mra_gateway.trust.keys import load_certificates
from tests.support.foreign import CHECKERS, ForeignVerdict

ROOT = Path(__file__).parents[2]
NOT_SHOWN = {
    MessageKind.CORRESPONDENCE_NOTICE,
    MessageKind.PERFORMANCE_SHEET,
    MessageKind.PROGRAMME_PROFILE,
}
"""Kinds the demonstration tells nothing of: they are no part of what every gateway sends."""
TOOLS = [pytest.param(tool, marks=pytest.mark.foreign(tool)) for tool in CHECKERS]


def run(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs the program as a user would, from this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "mra_gateway", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one demonstration that succeeded."""
    folder = tmp_path_factory.mktemp("demo") / "D"
    done = run("demo", "--home", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["passed"] is True
    return folder


def summary(demo: Path) -> Any:
    return json.loads((demo / "summary.json").read_text(encoding="utf-8"))


def genuine(demo: Path) -> list[Path]:
    files = sorted((demo / "messages").glob("*.xml"))
    return [file for file in files if not file.name.startswith(("forged", "tampered"))]


def test_it_leaves_every_kind_of_both_senders_as_many_as_it_says(demo: Path) -> None:
    said = summary(demo)
    files = genuine(demo)
    assert len(files) == said["messages"]
    counted: dict[str, dict[str, int]] = {}
    for file in files:
        header = etree.fromstring(file.read_bytes())[0]
        kind, sender = (
            next(child.text for child in header if etree.QName(child).localname == name)
            for name in ("TypeCode", "SenderID")
        )
        by_sender = counted.setdefault(str(kind), {})
        by_sender[str(sender)] = by_sender.get(str(sender), 0) + 1
    assert counted == said["kinds"]
    assert set(counted) == set(MessageKind) - NOT_SHOWN
    assert all(set(by_sender) == {"CN", "MN"} for by_sender in counted.values())


def test_our_own_command_verifies_each_and_refuses_the_forged_and_the_tampered(demo: Path) -> None:
    anchors = ("--anchor", demo / "anchors" / "cn.pem", "--anchor", demo / "anchors" / "mn.pem")
    first = genuine(demo)[0]
    passed = run("message", "verify", first, *anchors, "--json")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert json.loads(passed.stdout)["outcome"] == "PASSED"
    for name, reason in (("forged", "CERTIFICATE_UNTRUSTED"), ("tampered", "DIGEST_MISMATCH")):
        file = demo / "messages" / f"{name}-CN-StatusNotification.xml"
        failed = run("message", "verify", file, *anchors, "--json")
        assert failed.returncode == 1
        assert json.loads(failed.stdout)["reason"] == reason


def test_an_existing_folder_is_left_alone(demo: Path) -> None:
    before = sorted(path.name for path in demo.iterdir())
    refused = run("demo", "--home", demo)
    assert refused.returncode >= 64
    assert sorted(path.name for path in demo.iterdir()) == before


@pytest.mark.parametrize("tool", TOOLS)
def test_foreign_verifiers_accept_every_message_and_refuse_one_changed_character(
    tool: str, demo: Path, tmp_path: Path
) -> None:
    files = genuine(demo)
    changed = []
    for file in files:
        content = file.read_bytes()
        at = content.index(b"<SenderID>") + len(b"<SenderID>")
        copy = tmp_path / file.name
        copy.write_bytes(content[: at + 1] + b"X" + content[at + 2 :])
        changed.append(copy)
    anchors = [
        anchor
        for file in sorted((demo / "anchors").glob("*.pem"))
        for anchor in load_certificates(file)
    ]

    said = CHECKERS[tool]([*files, *changed], anchors=anchors, at=datetime.now(UTC))

    assert {said[file] for file in files} == {ForeignVerdict.VALID}
    assert {said[file] for file in changed} == {ForeignVerdict.DIGEST_MISMATCH}
