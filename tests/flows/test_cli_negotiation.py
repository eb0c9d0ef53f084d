"""A negotiation on the command line: every command, and what leaves for the partner."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import SECOND, Home, Ran

MN_CN = "MN-CN-2026"
FIRM = '{ name = "Erdene Trade (fictitious)", role = "exporter", is_authorised = true }'
SECRET = "INTERNAL-OPINION"
TERMS = {
    "scope.MN-AEO": '{ tiers = "all" }',
    "scope.CN-AEO": '{ tiers = ["advanced"] }',
    "exchange.data_elements": '["legal_name", "tier"]',
    "exchange.consent": '"not_required"',
    "in_force_on": "2027-01-01",
    "started_on.MN": "2027-01-01",
    "started_on.CN": "2027-01-01",
    "benefit.MN.inspection_lower": '{ flows = ["import"], functions = ["exporter"] }',
}


@pytest.fixture
def home(mongolia: Home) -> Home:
    """Mongolia's home with a negotiation opened."""
    mongolia.ok("negotiation", "open", MN_CN, "CN", "--phases", "korea")
    return mongolia


def do(home: Home, verb: str, *args: str | Path, by: str | None = None) -> Any:
    words = verb.split()
    run = home.ok("negotiation", *words, MN_CN, *args, "--json", **({"by": by} if by else {}))
    return run.document


def refused(ran: Ran) -> tuple[int, str]:
    return ran.code, ran.err.split(":")[0]


def test_a_row_is_proposed_reserved_agreed_and_reopened_over_the_version_seen(home: Home) -> None:
    do(home, "propose", "F.f", "--text", "firewalls\\nand passwords", "--for-partner")
    stale = home.run("negotiation", "propose", MN_CN, "F.f", "--text", "x", by=SECOND)
    assert refused(stale) == (64, "ROW_CHANGED")
    assert "version 1 by first.officer" in stale.err
    do(home, "reserve", "F.f", "--by-them", "--why", "asked the ministry", "--over", "1")
    agreed = do(home, "agree", "F.f=2", "A.a", "--ad-referendum", "--why", "the ministry agrees")
    assert [(one["key"], one["state"], one["version"]) for one in agreed] == [
        ("F.f", "agreed_ad_referendum", 3),
        ("A.a", "agreed_ad_referendum", 1),
    ]
    # all or none: the second of the two was not seen
    half = home.run("negotiation", "agree", MN_CN, "C.a", "A.a")
    assert refused(half) == (64, "ROW_CHANGED")
    do(home, "reopen", "F.f", "--why", "their law changed", "--over", "3")
    history = do(home, "history", "F.f")
    assert [one["state"] for one in history] == [
        "proposed_by_us", "reserved", "agreed_ad_referendum", "open",
    ]  # fmt: skip
    shown = home.ok("negotiation", "show", MN_CN).out
    assert "firewalls" in shown
    assert do(home, "history", "C.a") == []


def test_questions_notes_phases_and_the_list(home: Home) -> None:
    do(home, "phase", "comparison", "--on", "2026-01-05")
    do(home, "phase", "comparison", "--ended", "--on", "2026-02-05")
    asked = do(home, "question", "How long are records kept?", "--row", "B.e", "--for-partner")
    do(home, "answer", asked["key"], "Five years", "--for-partner")
    do(home, "note", SECRET)
    (listed,) = home.ok("negotiation", "list", "--json").document
    assert listed["progress"]["phase"] == "comparison"
    assert (listed["progress"]["questions"], listed["progress"]["answered"]) == (1, 1)
    assert MN_CN in home.ok("negotiation", "list").out
    told = home.ok("negotiation", "show", MN_CN, "--audience", "partner").out
    assert "Five years" in told
    assert SECRET not in told
    assert SECRET in home.ok("negotiation", "show", MN_CN).out
    assert do(home, "compare") == []


def test_what_the_comparison_leaves_open_is_asked_once(home: Home) -> None:
    do(home, "question", "already asked", "--row", "F.f")
    asked = do(home, "ask-open", "--for-partner")
    assert len(asked) > 5
    rows = [one["row"] for one in asked]
    assert "F.f" not in rows
    assert len(set(rows)) == len(rows)
    assert do(home, "ask-open") == []
    told = home.ok("negotiation", "show", MN_CN, "--audience", "partner", "--json").document
    assert [one["text"] for one in told["questions"]] == [one["text"] for one in asked]


def test_a_visit_is_planned_recorded_and_followed_up(home: Home) -> None:
    visit = do(
        home, "visit plan", "--from", "2026-05-11", "--until", "2026-05-15", "--place", "Zamyn-Uud",
        "--firm", FIRM, "--observer", '{ name = "Li Na (fictitious)", side = "theirs" }',
        "--language", "mn", "--method", "site", "--row", "G.c", "--row", "I.a.5", "--for-partner",
    )  # fmt: skip
    assert (visit["key"], visit["checklist"]) == ("V1", ["G.c", "I.a.5"])
    seen = (
        "V1", "G.c", "--firm", "Erdene Trade (fictitious)", "--text", "seals of the standard",
        "--result", "confirmed_with_remarks",
    )  # fmt: skip
    do(home, "visit record", *seen)
    again = home.run("negotiation", "visit", "record", MN_CN, *seen)
    assert refused(again) == (64, "ROW_CHANGED")
    do(home, "visit report", "V1", "as on paper", "--over", "2")
    action = do(
        home, "action add", "send the register of seals", "--owner", "GACC", "--by-them",
        "--working-days", "10", "--from", "2026-05-15", "--visit", "V1",
    )  # fmt: skip
    assert action["due_on"] == "2026-05-29"
    do(home, "action holiday", "CN", "2026-06-19", "--called", "Dragon Boat Festival")
    assert len(do(home, "action list")) == 1
    assert "OVERDUE" in home.ok("negotiation", "action", "list", MN_CN).out
    do(home, "action done", "A1", "--on", "2026-05-20", "--result", "received")
    assert do(home, "action list") == []
    assert "Zamyn-Uud" in home.ok("negotiation", "show", MN_CN).out


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("propose", "MN", "F.f", "--text", "x"), 64),
        (("propose", MN_CN, "Z.z", "--text", "x"), 64),
        (("propose", MN_CN, "exchange.consent", "--value", "not_required"), 64),
        (("propose", MN_CN, "exchange.consent", "--value", '"perhaps"'), 64),
        (("agree", MN_CN, "F.f=x"), 64),
        (("agree", MN_CN, "F.f", "A.a", "--text", "x"), 64),
        (("note", MN_CN, "x\x07"), 64),
        (("open", "MN-XX-1", "XX"), 64),
        (("open", "MN-CN-1", "CN", "--phases", "dance"), 64),
        (("open", "MN-CN-1", "CN", "--catalogue", "safe@1066"), 64),
        (("open", "MN-CN-1", "CN", "--role", "magician"), 64),
        (("show", "MN-CN-1"), 64),
        (("attach", MN_CN, "no-such-file.pdf"), 65),
        (("export", MN_CN, "-o", "x.odt"), 64),
        (("export", MN_CN, "-o", "x.zip", "--audience", "everybody"), 64),
        (("conclude", MN_CN, "CN-MN-2027", "--source", "x"), 64),
        (("visit", "plan", MN_CN, "--from", "2026-05-15", "--until", "2026-05-11",
          "--place", "x", "--firm", FIRM), 64),
        (("visit", "plan", MN_CN, "--from", "2026-05-11", "--until", "2026-05-15",
          "--place", "x", "--firm", '{ nome = "x" }'), 64),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(home: Home, args: tuple[str, ...], code: int) -> None:
    ran = home.run("negotiation", *args)
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    assert ran.err.strip()
    assert do(home, "note", "the untouched twin")["version"] == 1


def unpacked(content: bytes) -> bytes:
    """The bytes of a file, and of what is packed in it."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join([content, *map(archive.read, archive.namelist())])


@pytest.mark.parametrize(
    ("paper", "ending"),
    [
        ("", "zip"),
        ("side-by-side", "html"),
        ("side-by-side", "xlsx"),
        ("side-by-side", "docx"),
        ("differences", "html"),
        ("agreement-draft", "docx"),
        ("conclusion", "html"),
        ("validation-plan", "docx"),
        ("validation-report", "html"),
        ("operating-procedure", "docx"),
        ("public-notice", "html"),
        ("yearly-review", "docx"),
    ],
)
def test_nothing_internal_is_in_any_byte_of_what_is_written_for_the_partner(
    home: Home, tmp_path: Path, paper: str, ending: str
) -> None:
    opinion = tmp_path / "opinion.txt"
    opinion.write_text(SECRET, encoding="utf-8")
    do(home, "attach", opinion)
    do(home, "note", SECRET, "--row", "F.f")
    do(home, "propose", "F.f", "--text", SECRET, "--why", SECRET)
    do(home, "propose", "A.a", "--text", "TOLD", "--for-partner", "--why", SECRET)
    do(home, "question", SECRET, "--row", "C.a")
    plan = ("--from", "2026-05-11", "--until", "2026-05-15", "--place", "Beijing", "--firm", FIRM)
    do(home, "visit plan", "--to-them", *plan, "--for-partner")
    do(
        home, "visit record", "V1", "G.c", "--firm", "Erdene Trade (fictitious)", "--text", "TOLD",
        "--result", "confirmed", "--opinion", SECRET, "--for-partner",
    )  # fmt: skip
    options = ("--paper", paper) if paper else ()
    written = {}
    for reader in ("partner", "internal"):
        target = tmp_path / f"{reader}.{ending}"
        do(home, "export", "-o", target, "--audience", reader, *options)
        written[reader] = unpacked(target.read_bytes())
    assert len(written["partner"]) > 1000
    assert SECRET.encode() not in written["partner"]
    assert b"first.officer" not in written["partner"]
    if paper in {"", "side-by-side"}:
        assert SECRET.encode() in written["internal"]
        assert b"TOLD" in written["partner"]


def test_what_is_agreed_becomes_an_arrangement_two_officers_confirm(home: Home) -> None:
    for term, value in TERMS.items():
        do(home, "propose", term, "--value", value)
        do(home, "agree", f"{term}=1")
    stated = ("CN-MN-2027", "--source", "treaty register, no 7")
    early = home.run("negotiation", "conclude", MN_CN, *stated)
    assert refused(early) == (64, "STATE_NOT_SUITABLE")
    done = do(home, "conclude", *stated, "--despite", "rows are looked at again in the pilot")
    assert Path(done["file"]) == home.path / "partners" / "arrangements" / "CN-MN-2027.toml"
    assert "legal_reference" in done["missing"]
    checked = home.run("partners", "check", "--json").document
    assert [one for one in checked["findings"] if one["file"] == done["file"]] == []
    home.ok("partners", "confirm", "CN-MN-2027", "--act", "Notice 7", "--date", "2026-12-01")
    home.approve_all()
    late = home.run("negotiation", "note", MN_CN, "too late")
    assert refused(late) == (64, "STATE_NOT_SUITABLE")
