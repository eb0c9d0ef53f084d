"""Declarations on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Home


def declaration(reference: str, **changes: Any) -> dict[str, Any]:
    party = {"role": "exporter", "identifier": "AEOCN3302462345"}
    return {"reference": reference, "type": "import", "parties": [party], **changes}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(declaration("A")),
        json.dumps([declaration("A")]),
        json.dumps({"declarations": [declaration("A")]}),
        json.dumps(declaration("A")) + "\n" + json.dumps(declaration("B")) + "\n",
    ],
)
def test_every_form_of_file_is_decided_one_object_a_line(
    text: str, mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "declarations.json"
    file.write_text(text, encoding="utf-8")
    results = [json.loads(line) for line in mongolia.ok("decide", file, "--json").out.splitlines()]
    assert [result["reference"] for result in results] == ["A", "B"][: len(results)]
    assert not any(result["recognised"] for result in results)
    reasons = [step["reason"] for step in results[0]["results"][0]["steps"]]
    assert "IDENTIFIER_NOT_FOUND" in reasons


def test_nothing_is_decided_until_every_file_can_be_read(mongolia: Home, tmp_path: Path) -> None:
    good, bad, worse = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "worse.json"
    good.write_text(json.dumps(declaration("A")), encoding="utf-8")
    lines = [declaration("B"), declaration("C", type="sideways"), declaration("D", parties=[])]
    bad.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    worse.write_text('{"reference": ', encoding="utf-8")
    ran = mongolia.run("decide", good, bad, worse, "--json")
    assert ran.code == 65
    assert ran.out == ""
    problems = [json.loads(line)["error"] for line in ran.err.splitlines()]
    assert {problem["code"] for problem in problems} == {"DECLARATION_INVALID"}
    assert [problem["where"] for problem in problems] == [
        f"{bad}, line 2, field type",
        f"{bad}, line 3, field parties",
        f"{worse}, line 1",
    ]
    assert mongolia.run("decide", good).code == 0


def test_a_stored_result_is_recomputed_the_same(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    result = json.loads(mongolia.ok("decide", file, "--json").out)
    again = mongolia.ok("decide", "--recompute", result["id"], "--json").document
    assert again["same"]
    assert mongolia.run("decide", "--recompute", "none").err.startswith("NOT_FOUND")
    assert mongolia.run("decide").code == 64


def test_a_person_reads_the_steps(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    shown = mongolia.ok("decide", file).out
    assert "exporter AEOCN3302462345: not recognised" in shown
    assert "IDENTIFIER_NOT_FOUND" in shown
    assert "Asia/Ulaanbaatar" in shown
