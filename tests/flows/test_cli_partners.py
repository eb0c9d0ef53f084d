"""Partners on the command line: cards, pins and confirmations take two officers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.cli import FIRST, SECOND, Home, run

CONFIRM = ("partners", "confirm", "CN-MN-2025", "--act", "Act 1/2026", "--date", "2026-01-05")


def card_of(home: Home, to: Path) -> Path:
    home.ok("partners", "card", "-o", to)
    return to


def test_a_card_says_the_fingerprints_a_pin_shows(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    given = mongolia.ok("partners", "card", "--json", "-o", tmp_path / "mongolia.card").document
    shown = china.ok("partners", "pin", tmp_path / "mongolia.card", "--compared")
    for one in given["fingerprints"]:
        assert f"{one['what']}: {one['sha256']}" in shown.out


def test_a_pin_takes_a_second_officer(mongolia: Home, china: Home, tmp_path: Path) -> None:
    card = card_of(mongolia, tmp_path / "mongolia.card")
    request = china.ok("partners", "pin", card, "--compared", "--json").document["request"]
    assert china.ok("partners", "show", "--json").document["partners"] == []
    alone = china.run("approvals", "approve", request, by=FIRST)
    assert alone.code == 77
    assert alone.err.startswith("SECOND_OFFICER_REQUIRED")
    china.ok("approvals", "approve", request[:8], by=SECOND)
    (pinned,) = china.ok("partners", "show", "--json").document["partners"]
    assert (pinned["territory"], pinned["pinned_by"], pinned["second_officer"]) == (
        "MN",
        FIRST,
        SECOND,
    )
    again = china.run("approvals", "approve", request, by=SECOND)
    assert again.err.startswith("APPROVAL_ALREADY_DECIDED")


def test_nobody_pins_without_having_compared(mongolia: Home, china: Home, tmp_path: Path) -> None:
    card = card_of(mongolia, tmp_path / "mongolia.card")
    ran = china.run("partners", "pin", card)
    assert ran.code == 64
    assert china.ok("approvals", "list", "--json").document == []


def test_a_rejected_pin_pins_nothing(mongolia: Home, china: Home, tmp_path: Path) -> None:
    request = china.ok(
        "partners", "pin", card_of(mongolia, tmp_path / "mongolia.card"), "--compared", "--json"
    ).document["request"]
    china.ok("approvals", "reject", request, "--note", "not our call", by=SECOND)
    assert china.ok("partners", "show", "--json").document["partners"] == []
    (decided,) = china.ok("approvals", "list", "--all", "--json").document
    assert (decided["state"], decided["note"]) == ("rejected", "not our call")


def test_a_card_of_the_other_environment_is_refused(
    mongolia: Home, china: Home, tmp_path: Path
) -> None:
    card = card_of(mongolia, tmp_path / "mongolia.card")
    other = tmp_path / "production.card"
    values = json.loads(card.read_text(encoding="utf-8"))
    other.write_text(json.dumps({**values, "environment": "production"}), encoding="utf-8")
    assert china.run("partners", "pin", other, "--compared").err.startswith("ENVIRONMENT_MISMATCH")
    china.ok("partners", "pin", card, "--compared")


def test_drafts_are_copied_to_be_completed_and_left_alone_afterwards(mongolia: Home) -> None:
    adopt = ("partners", "adopt", "CN-MN-2025", "MN-AEO")
    arrangement, programme = mongolia.ok(*adopt, "--json").document
    assert arrangement["copied"]
    assert programme["copied"]
    effects = {one["key"]: one["effect"] for one in arrangement["open"] if one["value"] is None}
    assert "every operator needs a consent" in effects["exchange.consent"]
    assert "local_benefits" in {one["key"] for one in programme["open"]}
    copy = Path(programme["file"])
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace('["inspection_lower"]', "[]"), encoding="utf-8")
    again = mongolia.ok(*adopt)
    assert f"there already: {copy}" in again.out
    assert copy.read_text(encoding="utf-8") != text
    assert mongolia.run("partners", "adopt", "XX-NONE").err.startswith("NOT_FOUND")
    assert mongolia.ok("approvals", "list", "--json").document == []


def test_a_check_of_a_home_keeps_to_its_own_copies(mongolia: Home) -> None:
    assert "GB-CH-2021" in run("partners", "check").out
    assert "GB-CH-2021" not in mongolia.ok("partners", "check").out
    assert "GB-CH-2021" in mongolia.ok("partners", "check", "--json").out


def test_a_confirmation_copies_the_draft_and_tells_what_is_open(mongolia: Home) -> None:
    asked = mongolia.ok(*CONFIRM, "--json").document
    assert asked["copied"]
    assert Path(asked["file"]).is_relative_to(mongolia.path)
    keys = {one["key"]: one["effect"] for one in asked["open"]}
    assert "every operator needs a consent" in keys["exchange.consent"]
    assert "exchange.data_elements" in keys
    mongolia.approve_all()
    shown = mongolia.ok("partners", "show", "CN-MN-2025")
    assert f"confirmed by {FIRST} and {SECOND}" in shown.out
    assert "Act 1/2026 of 2026-01-05" in shown.out


def test_a_copy_changed_after_the_request_is_not_confirmed(mongolia: Home) -> None:
    asked = mongolia.ok(*CONFIRM, "--json").document
    copy = Path(asked["file"])
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace('title = "', 'title = "Changed: ', 1), encoding="utf-8")
    refused = mongolia.run("approvals", "approve", asked["request"], by=SECOND)
    assert refused.err.startswith("STATE_NOT_SUITABLE")
    copy.write_text(text, encoding="utf-8")
    mongolia.ok("approvals", "approve", asked["request"], by=SECOND)


def test_one_officer_ends_trust_at_once(mongolia: Home, china: Home, tmp_path: Path) -> None:
    china.ok("partners", "pin", card_of(mongolia, tmp_path / "mongolia.card"), "--compared")
    china.ok(*CONFIRM)
    china.approve_all()
    china.ok("partners", "revoke", "MN", "--arrangement", "CN-MN-2025")
    (standing,) = china.ok("partners", "show", "MN", "--json").document["arrangements"]
    assert standing["reason"] == "ARRANGEMENT_NOT_CONFIRMED"
    digest = china.ok("partners", "show", "--json").document["partners"][0]["anchors"][0][1]
    revoke = ("partners", "revoke", "MN", "--fingerprint", digest)
    assert china.run(*revoke).code == 64
    assert china.run(*revoke, "--since", "2026-01-05T10:00:00").code == 64
    china.ok(*revoke, "--since", "2026-01-05T10:00:00+08:00", "--note", "lost")
    china.ok("partners", "revoke", "MN", "--card")
    assert china.ok("partners", "show", "--json").document["partners"] == []


def test_a_check_names_file_key_and_reason(mongolia: Home) -> None:
    assert run("partners", "check").code == 0
    copy = Path(mongolia.ok(*CONFIRM, "--json").document["file"])
    assert mongolia.run("partners", "check").code == 0
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("MN-AEO", "MN-NONE"), encoding="utf-8")
    ran = mongolia.run("partners", "check", "--json")
    assert ran.code == 1
    errors = [one for one in ran.document["findings"] if one["level"] == "error"]
    assert {one["code"] for one in errors} == {"DATA_REFERENCE_UNKNOWN"}
    assert {one["file"] for one in errors} == {str(copy)}
    assert any("parties[" in one["key"] for one in errors)
