"""Declarations on the command line."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Connection

from mra_gateway.clock import SystemClock
from mra_gateway.flows import recognise
from mra_gateway.model.changes import RESULT, ChangeKind
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.settings import data_folder
from mra_gateway.store import facts, feed
from mra_gateway.store.database import open_database
from mra_gateway.store.facts import NewFact
from tests.support.cli import Home, Ran, run
from tests.support.decision_line_schema import text as text_of_schema
from tests.support.declared import MALFORMED, SAMPLES, expected
from tests.support.messages import CN, CN_MN, a_record

SCHEMAS = data_folder("schemas")
NAMED = ("identifier", "name", "territory")


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
    lines = [
        declaration("B"),
        declaration("C", type="sideways"),
        declaration("D", parties=[]),
        declaration("E", accepted_at="0001-01-01T00:00:00+08:00"),
        declaration("F", parties=[{"role": "pirate"}]),
    ]
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
        f"{bad}, declaration 'E', field accepted_at",
        f"{bad}, line 5, field parties.0.role",
        f"{worse}, line 1",
    ]
    assert mongolia.run("decide", good).code == 0


def test_a_file_that_is_no_declaration_is_told_apart_from_a_table_with_unknown_headings(
    mongolia: Home, tmp_path: Path
) -> None:
    text = b"Declaration no.;Type;Exporter code\nA;import;X1\n"
    for content, said in (
        (b"PK\x03\x04" + b"x" * 90, "is a workbook (.xlsx, .ods) or a compressed file"),
        (gzip.compress(text), "is compressed"),
        (text + b"\x00", "is no text"),
    ):
        file = tmp_path / "file"
        file.write_bytes(content)
        ran = mongolia.run("decide", file)
        assert ran.code != 0
        assert ran.err.startswith(f"FILE_UNREADABLE: {said}")
    file.write_bytes(text)
    assert mongolia.run("decide", file).code == 0


def test_a_stored_result_is_recomputed_the_same(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    result = json.loads(mongolia.ok("decide", file, "--json").out)
    again = mongolia.ok("decide", "--recompute", result["id"], "--json").document
    assert again["same"]
    assert mongolia.run("decide", "--recompute", "none").err.startswith("NOT_FOUND")
    assert mongolia.run("decide").code == 64


def test_of_a_result_of_an_earlier_version_of_the_rule_both_versions_are_named(
    mongolia: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    with monkeypatch.context() as earlier:
        earlier.setattr(recognise, "VERSION", "seven-steps-0")
        result = json.loads(mongolia.ok("decide", file, "--json").out)
    assert mongolia.ok("decide", "--recompute", result["id"], "--json").document["same"]
    said = mongolia.ok("decide", "--recompute", result["id"]).out
    assert "the same as it was given (given by seven-steps-0 of the rule" in " ".join(said.split())


def test_other_words_and_another_gift_are_told_apart(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    result = json.loads(mongolia.ok("decide", file, "--json").out)
    again = mongolia.ok("decide", "--recompute", result["id"], "--json").document
    given = RecognitionResult.model_validate(again["given"])
    party = given.results[0]
    worded = party.model_copy(update={"corrections": ("said otherwise",)})
    gift = party.model_copy(update={"recognised": not party.recognised})
    assert given.gives_as(given.model_copy(update={"results": (worded, *given.results[1:])}))
    assert not given.gives_as(given.model_copy(update={"results": (gift, *given.results[1:])}))


def test_a_person_reads_the_steps(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    shown = mongolia.ok("decide", file).out
    assert "exporter AEOCN3302462345: not recognised" in shown
    assert "IDENTIFIER_NOT_FOUND" in shown
    assert "Asia/Ulaanbaatar" in shown


def in_a_folder_without_a_home(*args: str | Path) -> Ran:
    return run("decide", *args)


def test_parties_are_explained_without_a_home() -> None:
    file = SAMPLES / "TT_EX022a_Declaration2_Step2.xml"
    ran = in_a_folder_without_a_home("--explain", file)
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["role", "level", "identifier", "name", "territory", "declared", "as"] in lines
    assert ["consolidator", "shipment", "GB717572504502802", "CS", "(CL704)"] in lines
    assert ["consignee", "shipment", "Bags", "Export", "US"] in lines
    assert "nothing was decided: there is no home here" in ran.out
    without = in_a_folder_without_a_home(file)
    assert without.code == 64
    assert "name a home" in without.err


def test_a_malformed_declaration_is_refused_with_line_and_reason() -> None:
    ran = in_a_folder_without_a_home("--explain", SAMPLES / MALFORMED)
    assert ran.code == 65
    assert ran.out == ""
    assert ran.err.startswith("DECLARATION_INVALID: the document is not well-formed XML")
    assert f"{MALFORMED}, line 72, column 8" in ran.err


def test_every_sample_is_decided_on_a_line_of_the_published_schema(mongolia: Home) -> None:
    published = json.loads((SCHEMAS / "api" / "decision-line.schema.json").read_text("utf-8"))
    validator = Draft202012Validator(published)
    samples = list(expected())
    ran = mongolia.ok("decide", *(SAMPLES / sample.file for sample in samples), "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["reference"] for line in lines] == [
        sample.facts["reference"] for sample in samples
    ]
    for line, sample in zip(lines, samples, strict=True):
        assert [error.message for error in validator.iter_errors(line)] == []
        assert line["type"] == sample.facts["type"]
        assert [
            (party["role"], party["level"], *(party[name] or "-" for name in NAMED))
            for party in line["parties"]
        ] == [(row[0], row[1], *row[3:6]) for row in sample.parties]
        decided = line["type"] in {"import", "export"}
        assert len(line["results"]) == (len(sample.parties) if decided else 0)
        assert ("not_decided" in line) is not decided
    assert not validator.is_valid({**lines[0], "parties": None})


def test_a_line_passed_on_is_the_line_of_the_result_read_back(mongolia: Home) -> None:
    """Thousands are passed on as they were given; what is computed again goes through nouns."""
    files = [SAMPLES / sample.file for sample in expected()]
    given = [json.loads(text) for text in mongolia.ok("decide", *files, "--json").out.splitlines()]
    # what is not stored may be decided again by the clock of a moment later
    of_its_moment = {"id", "decided_at", "accepted_at", "known_at", "position"}
    moment = max(line.get("decided_at", "") for line in given)
    read = mongolia.ok("decide", *files, "--json", "--known-at", moment).out.splitlines()
    for one, text in zip(given, read, strict=True):
        other = json.loads(text)
        assert list(one) == list(other)
        for name in one.keys() - of_its_moment:
            assert one[name] == other[name]


def test_every_line_without_a_home_fits_the_published_schema_too() -> None:
    published = json.loads((SCHEMAS / "api" / "decision-line.schema.json").read_text("utf-8"))
    ran = in_a_folder_without_a_home("--explain", "--json", SAMPLES / "TT_EX010a.xml")
    (line,) = (json.loads(text) for text in ran.out.splitlines())
    assert Draft202012Validator(published).is_valid(line)
    assert "no home" in line["not_decided"]


def test_the_published_schema_is_made_from_the_models() -> None:
    published = (SCHEMAS / "api" / "decision-line.schema.json").read_text("utf-8")
    assert published == text_of_schema(), (
        "python -m tests.support.decision_line_schema > schemas/api/decision-line.schema.json"
    )


def test_a_person_reads_the_parties_first_and_why_a_cancellation_is_not_decided(
    mongolia: Home,
) -> None:
    files = [SAMPLES / name for name in ("TT_EX010a.xml", "TT_IM011a_Cancellation.xml")]
    shown = mongolia.ok("decide", "--explain", *files).out
    assert shown.index("PK Rifle Ltd") < shown.index("IDENTIFIER_NOT_FOUND")
    assert "7849431M0ZUP  cancellation of 24GBA4ZYBWXU1BSA00" in shown
    assert "not decided: it is about an earlier declaration" in shown


TABLE = "Reference,Type,Exporter ID,Colour\nA,IM,AEOCN3302462345,red\nB,up,X,\nC,IM,Y,\n"


def test_a_bad_row_keeps_everything_from_being_decided_unless_it_is_to_be_skipped(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "export.csv"
    file.write_text(TABLE, encoding="utf-8")
    ran = mongolia.run("decide", file, "--json")
    assert (ran.code, ran.out) == (65, "")
    (problem,) = (json.loads(line)["error"] for line in ran.err.splitlines())
    assert problem["where"] == f"{file}, row 3, column 'Type'"
    assert problem["code"] == "WORD_UNKNOWN"

    partial = mongolia.run("decide", file, "--json", "--skip-bad-rows")
    assert partial.code == 1
    assert [json.loads(line)["reference"] for line in partial.out.splitlines()] == ["A", "C"]
    told = [json.loads(line)["error"]["code"] for line in partial.err.splitlines()]
    assert told == ["WORD_UNKNOWN", "ROWS_INVALID"]


def test_a_table_is_decided_and_columns_not_read_are_named(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(TABLE.replace("up", "EX"), encoding="utf-8")
    ran = mongolia.ok("decide", file)
    assert ran.out.count("not recognised") >= 3
    assert ran.err.strip() == f"{file}: columns not read: 'Colour'"
    refused = mongolia.run("decide", file, "--form", "no-such")
    assert refused.code == 64
    assert "known: asycuda-sad, declaration-table" in refused.err
    assert mongolia.run("decide", file, "--form", "declaration-table").code == 0


def test_files_of_every_kind_are_decided_together(mongolia: Home, tmp_path: Path) -> None:
    table, lines = tmp_path / "no.ending", tmp_path / "lines.txt"
    table.write_text(TABLE.replace("up", "EX"), encoding="utf-8")
    lines.write_text(json.dumps(declaration("L")), encoding="utf-8")
    ran = mongolia.ok("decide", table, SAMPLES / "TT_EX010a.xml", lines, "--json")
    found = [json.loads(line)["reference"] for line in ran.out.splitlines()]
    assert found == ["A", "B", "C", "U.7867523JNCOL", "L"]
    missing = mongolia.run("decide", tmp_path / "none.xml")
    assert missing.code == 65
    empty = tmp_path / "empty"
    empty.touch()
    assert "holds nothing" in mongolia.run("decide", empty).err


def test_a_form_of_ones_own_is_taken_before_the_shipped_one_it_was_copied_from(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "sad.xml"
    file.write_text(
        "<ASYCUDA><Identification><Type><Type_of_declaration>IM</Type_of_declaration></Type>"
        "<Registration><Number>7</Number><Date>3/4/26</Date></Registration></Identification>"
        "<Declarant><Reference><Number>R1</Number></Reference></Declarant><Traders><Exporter>"
        "<Exporter_code>AEOCN3302462345</Exporter_code></Exporter></Traders></ASYCUDA>",
        encoding="utf-8",
    )
    assert "'3/4/26' is no moment" in mongolia.run("decide", file).err
    shipped = (data_folder("partners") / "declarations/asycuda-sad.toml").read_text("utf-8")
    own = mongolia.path / "partners" / "declarations" / "mn-sad.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    said = 'id = "mn-sad"\nmoments = { forms = ["%m/%d/%y"], day_alone = "00:00" }'
    own.write_text(shipped.replace('id = "asycuda-sad"', said), encoding="utf-8")
    assert "accepted 2026-03-04 00:00:00" in mongolia.ok("decide", file).out


async def _told(home: Home, effective_from: datetime, kind: ChangeKind, number: int) -> None:
    """Writes what China told this home, as its receiver does."""
    database = open_database(home.database_url)
    record = a_record()
    fact = NewFact(
        key=facts.Key(record.tin, record.programme, record.authorisation),
        episode=record.episode,
        record_version=number,
        status=RESULT[kind],
        effective_from=effective_from,
        cause=kind,
        record=record.model_dump_json(exclude_defaults=True),
    )

    def write(connection: Connection) -> None:
        at = SystemClock().now()
        register = facts.Register(CN, CN_MN)
        feed.advance(connection, at=at, issuer=CN, arrangement=CN_MN)
        facts.add(connection, register, [fact], at=at)

    await database.write(write)
    await database.close()


async def test_another_moment_is_decided_by_what_was_known_then_and_nothing_is_stored(
    mongolia: Home, tmp_path: Path
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")

    def decide(*options: str) -> tuple[str | None, str]:
        line = json.loads(mongolia.ok("decide", file, *options, "--json").out)
        (party,) = line["results"]
        return party["status"], line["id"]

    long_ago, since = "2020-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)
    await asyncio.to_thread(decide)  # puts the rule book in use
    before = SystemClock().now().isoformat()
    await _told(mongolia, since, ChangeKind.GRANTED, 1)
    between = SystemClock().now().isoformat()
    await _told(mongolia, since + timedelta(days=31), ChangeKind.SUSPENDED, 2)

    def check() -> None:
        assert decide()[0] == "suspended"
        assert decide("--as-of", "2026-01-15T00:00:00Z") == ("valid", "not-stored")
        assert decide("--known-at", before) == (None, "not-stored")
        assert decide("--known-at", between) == ("valid", "not-stored")
        assert decide("--as-of", "2026-03-01T00:00:00Z", "--known-at", between)[0] == "valid"
        assert decide("--as-of", "2026-03-01T00:00:00Z")[0] == "suspended"
        assert decide("--as-of", long_ago)[0] is None
        shown = mongolia.ok("decide", file, "--known-at", between).out
        assert "nothing stored, known up to" in shown

    await asyncio.to_thread(check)


def test_another_moment_that_cannot_be_answered_is_refused(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(declaration("A")), encoding="utf-8")
    early = mongolia.run("decide", file, "--known-at", "2020-01-01T00:00:00Z")
    assert early.err.startswith("NOT_FOUND: nothing was decided by then")
    ahead = mongolia.run("decide", file, "--known-at", "2199-01-01T00:00:00Z")
    assert ahead.err.startswith("REQUEST_INVALID: nobody knows yet")
    for moment in ("yesterday", "0001-01-01T00:00:00+08:00"):
        assert mongolia.run("decide", file, "--as-of", moment).code == 64
    assert (
        mongolia.run("decide", "--recompute", "x.0", "--as-of", "2026-01-01T00:00:00Z").code == 64
    )
    assert run("decide", "--explain", file, "--as-of", "2026-01-01T00:00:00Z").code == 64
    assert mongolia.run("decide", file, "--as-of", "2026-01-01T00:00:00Z").code == 0
