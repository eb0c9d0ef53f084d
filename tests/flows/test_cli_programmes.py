"""Programmes on the command line: what is known of them, and profiles that came signed."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection

from mra_gateway.flows.take_profile import content_digest
from mra_gateway.gateway import open_gateway
from mra_gateway.model.identifiers import Digest, MessageId, ProgrammeId
from mra_gateway.store import profiles_received
from mra_gateway.store.profiles_received import Signed
from tests.support.cli import Home, run
from tests.support.messages import AT, CN, a_programme_profile, a_uuid


@pytest.fixture
def heard(mongolia: Home) -> Home:
    """Mongolia's home, in which a profile of China's programme has arrived."""
    body = a_programme_profile(version=7)

    def keep(connection: Connection) -> None:
        profiles_received.add(
            connection,
            body,
            digest=content_digest(body),
            signed=Signed(CN, MessageId(a_uuid()), Digest("a" * 64), "CN=fictitious signer", AT),
            received_at=AT,
        )

    async def work() -> None:
        async with open_gateway(mongolia.path) as gateway:
            await gateway.database.write(keep)

    asyncio.run(work())
    return mongolia


def test_programmes_are_listed_as_drafts_without_a_home() -> None:
    listed = {one["id"]: one for one in run("programmes", "list", "--json").document}
    assert len(listed) >= 24
    assert not any(one["is_confirmed"] for one in listed.values())
    assert listed["KZ-AEO"]["extends"] == "XE-EAEU"
    assert "draft" in run("programmes", "list").out


def test_a_programme_is_shown_with_basis_and_source_of_every_cell() -> None:
    shown = run("programmes", "show", "MN", "--catalogue", "dimensions")
    assert shown.code == 0
    assert "a draft nobody confirmed" in shown.out
    cells = run("programmes", "show", "MN", "--json").document["evidence"]
    assert cells
    assert all(one["source"] and one["basis"] and one["as_of"] for one in cells)
    assert run("programmes", "show", "ZZ").err.startswith("NOT_FOUND")
    wrong = run("programmes", "show", "MN", "--catalogue", "unheard-of")
    assert wrong.err.startswith("NOT_FOUND")


def test_a_check_counts_every_item_once_and_names_what_was_not_seen() -> None:
    found = {one["catalogue"]: one for one in run("programmes", "check", "EU", "--json").document}
    safe = found["safe"]
    counted = sum(safe[name] for name in ("read", "partial", "unverified", "by_category"))
    assert safe["items"] == 72 == counted + len(safe["missing"])
    named = run("programmes", "check", "MN", "--missing").out
    assert "safe, not seen: A.a" in named


def test_a_signed_profile_is_listed_with_its_key_and_takes_the_place_of_the_draft(
    heard: Home,
) -> None:
    (one,) = heard.ok("programmes", "received", "--json").document
    assert (one["profile"]["version"], one["counts"]) == (7, True)
    assert one["signed"]["signer_name"] == "CN=fictitious signer"
    assert "CN=fictitious signer" in heard.ok("programmes", "received", "CN-AEO").out
    assert heard.ok("programmes", "received", "KZ-AEO", "--json").document == []
    listed = {one["id"]: one for one in heard.ok("programmes", "list", "--json").document}
    china, ours = listed["CN-AEO"], listed["MN-AEO"]
    assert (china["version"], china["is_confirmed"]) == (7, True)
    assert not ours["is_confirmed"]


def test_a_shipped_draft_is_not_sent_and_nobody_speaks_for_another(heard: Home) -> None:
    draft = heard.run("programmes", "send", "MN-AEO", "--to", "CN")
    assert draft.err.startswith("STATE_NOT_SUITABLE")
    other = heard.run("programmes", "send", str(ProgrammeId("CN-AEO")), "--to", "KZ")
    assert other.err.startswith("PROFILE_NOT_OF_SENDER")
    drafted = heard.path / "partners" / "profiles" / "MN-AEO.toml"
    drafted.parent.mkdir(parents=True, exist_ok=True)
    drafted.write_text('programme = "MN-AEO"\nversion = 1\n', encoding="utf-8")
    own = heard.run("programmes", "send", "MN-AEO", "--to", "CN")
    assert own.err.startswith("PARTNER_NOT_PINNED"), "the next thing that is missing"
