"""Signing, verifying and moving messages on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mra_gateway.clock import SystemClock
from mra_gateway.model.identifiers import Territory
from tests.support.cli import Home, run
from tests.support.pki import ping, with_header

MN, CN = Territory("MN"), Territory("CN")


@pytest.fixture
def signed(mongolia: Home, tmp_path: Path) -> Path:
    """A Ping of Mongolia to China, signed on the command line."""
    unsigned = tmp_path / "ping.xml"
    unsigned.write_bytes(ping(sender=MN, recipient=CN, at=SystemClock().now()))
    mongolia.ok("message", "sign", unsigned, "-o", tmp_path / "signed.xml")
    return tmp_path / "signed.xml"


def anchor(home: Home) -> Path:
    return home.path / "keys" / "anchor.cert.pem"


def test_a_genuine_message_passes_and_the_binding_to_a_partner_is_not_checked(
    mongolia: Home, signed: Path
) -> None:
    ran = run("message", "verify", signed, "--anchor", anchor(mongolia), "--json")
    assert ran.code == 0
    assert (ran.document["outcome"], ran.document["reason"]) == ("PASSED", "OK")
    outcomes = {step["name"]: step["outcome"] for step in ran.document["steps"]}
    assert outcomes["partner"] == outcomes["signer"] == "not checked"
    assert outcomes["signature"] == "passed"


def test_one_changed_character_fails(mongolia: Home, signed: Path, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.xml"
    content = signed.read_bytes()
    tampered.write_bytes(content.replace(b"<RecipientID>CN<", b"<RecipientID>KZ<"))
    ran = run("message", "verify", tampered, "--anchor", anchor(mongolia), "--json")
    assert ran.code == 1
    assert (ran.document["outcome"], ran.document["reason"]) == ("FAILED", "DIGEST_MISMATCH")
    assert run("message", "verify", signed, "--anchor", anchor(mongolia)).code == 0


def test_another_administrations_anchor_fails(mongolia: Home, china: Home, signed: Path) -> None:
    ran = run("message", "verify", signed, "--anchor", anchor(china), "--json")
    assert (ran.code, ran.document["reason"]) == (1, "CERTIFICATE_UNTRUSTED")
    both = run("message", "verify", signed, "--anchor", anchor(china), "--anchor", anchor(mongolia))
    assert both.code == 0


def test_a_message_of_the_future_is_indeterminate(mongolia: Home, signed: Path) -> None:
    earlier = (SystemClock().now().replace(microsecond=0)).isoformat()
    arguments = ("message", "verify", signed, "--anchor", anchor(mongolia), "--json", "--at")
    assert run(*arguments, earlier).code == 0
    before = SystemClock().now().timestamp() - 1800
    ran = run(*arguments, datetime.fromtimestamp(before, UTC).isoformat())
    assert ran.code == 2
    assert (ran.document["outcome"], ran.document["reason"]) == (
        "INDETERMINATE",
        "CREATED_IN_FUTURE",
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("signed.xml",), 64),
        (("signed.xml", "--anchor", "anchor.pem", "--at", "tomorrow"), 64),
        (("signed.xml", "--anchors", "anchor.pem"), 64),
        (("nowhere.xml", "--anchor", "anchor.pem"), 65),
        (("signed.xml", "--anchor", "nowhere.pem"), 65),
        (("signed.xml", "--anchor", "signed.xml"), 65),
        (("signed.xml", "--home", "nowhere", "--officer", "x"), 66),
        ((), 64),
    ],
)
def test_without_a_verdict_the_exit_code_is_64_or_above(
    arguments: tuple[str, ...],
    code: int,
    mongolia: Home,
    signed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "anchor.pem").write_bytes(anchor(mongolia).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run("message", "verify", "signed.xml", "--anchor", "anchor.pem").code == 0
    assert run("message", "verify", *arguments).code == code


def test_what_is_no_message_at_all_fails(mongolia: Home, tmp_path: Path) -> None:
    file = tmp_path / "note.xml"
    file.write_bytes(b"<note>hello</note>")
    ran = run("message", "verify", file, "--anchor", anchor(mongolia), "--json")
    assert (ran.code, ran.document["reason"]) == (1, "UNKNOWN_ROOT")
    file.write_bytes(b"not xml")
    ran = run("message", "verify", file, "--anchor", anchor(mongolia), "--json")
    assert (ran.code, ran.document["reason"]) == (1, "NOT_WELL_FORMED")


def test_a_home_judges_against_the_pinned_partners(
    mongolia: Home, china: Home, signed: Path, tmp_path: Path
) -> None:
    verify = ("message", "verify", signed, "--json")
    unpinned = china.run(*verify)
    assert (unpinned.code, unpinned.document["reason"]) == (1, "SENDER_UNKNOWN")
    mongolia.ok("partners", "card", "-o", tmp_path / "mongolia.card")
    china.ok("partners", "pin", tmp_path / "mongolia.card", "--compared")
    china.approve_all()
    pinned = china.run(*verify)
    assert pinned.code == 0
    steps = {step["name"]: step["outcome"] for step in pinned.document["steps"]}
    assert steps["partner"] == steps["signer"] == steps["recipient"] == "passed"


def test_anchors_win_over_a_home_of_the_environment_and_clash_with_a_named_one(
    mongolia: Home, signed: Path
) -> None:
    verify = ("message", "verify", signed, "--anchor", anchor(mongolia))
    assert run(*verify, MRA_GATEWAY_HOME=str(mongolia.path)).code == 0
    assert run(*verify, "--home", mongolia.path).code == 64


def test_only_our_own_messages_are_signed(mongolia: Home, tmp_path: Path) -> None:
    at = SystemClock().now()
    for unsigned, reason in (
        (ping(sender=CN, recipient=MN, at=at), "SENDER_UNKNOWN"),
        (
            with_header(ping(sender=MN, recipient=CN, at=at), EnvironmentCode="production"),
            "ENVIRONMENT_MISMATCH",
        ),
        (b"<note/>", "UNKNOWN_ROOT"),
    ):
        file = tmp_path / "unsigned.xml"
        file.write_bytes(unsigned)
        ran = mongolia.run("message", "sign", file, "-o", tmp_path / "signed.xml")
        assert ran.code >= 64
        assert ran.err.startswith(reason)
        assert not (tmp_path / "signed.xml").exists()


def test_a_signed_document_is_not_signed_again(
    mongolia: Home, signed: Path, tmp_path: Path
) -> None:
    ran = mongolia.run("message", "sign", signed, "-o", tmp_path / "twice.xml")
    assert ran.err.startswith("STATE_NOT_SUITABLE")


def test_messages_that_do_not_move_are_listed_explained_and_moved_on(
    mongolia: Home, china: Home
) -> None:
    empty = mongolia.ok("messages", "list", "--json").document
    assert empty == []
    missing = "00000000-0000-4000-8000-000000000001"
    for command in ("show", "retry", "park"):
        assert mongolia.run("messages", command, missing).err.startswith("NOT_FOUND")
    assert mongolia.run("messages", "show", "nonsense").code == 64
    assert mongolia.ok("messages", "try-now", "--json").document == {"due": 0}
