"""What officers order about benefits, on the command line."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from mra_gateway.store import facts
from mra_gateway.store.database import open_database
from tests.support.cli import SECOND, Home, Ran, run
from tests.support.messages import a_record
from tests.support.simulation import CN
from tests.support.simulation import CN_MN as ARRANGEMENT

CN_MN = str(ARRANGEMENT)
ORDER = (
    "suspensions", "order", "AEOCN3302462345", "--class", "irregularity",
    "--reason", "seals broken", "--office", "ZU", "--site", "Plant 1",
)  # fmt: skip


def refused(ran: Ran) -> tuple[int, str]:
    """How a command was refused."""
    return ran.code, ran.err.split(":")[0]


def listed(home: Home, group: str, *options: str) -> Any:
    return home.ok(group, "list", "--json", *options).document


def test_an_alert_is_put_out_listed_and_ended(mongolia: Home) -> None:
    out = mongolia.ok(
        "alerts", "put-out", "--chapter", "87", "--office", "ZU", "--through", "KZ",
        "--reason", "seals", "--until", "2099-01-01T00:00:00Z", "--json",
    ).document  # fmt: skip
    (shown,) = listed(mongolia, "alerts")
    assert shown == out
    assert (shown["chapters"], shown["where"]["through"]) == (["87"], ["KZ"])
    assert "chapters 87; at ZU through KZ" in mongolia.ok("alerts", "list").out
    mongolia.ok("alerts", "end", out["id"][:8], "--reason", "over")
    assert listed(mongolia, "alerts") == []
    assert [one["id"] for one in listed(mongolia, "alerts", "--all")] == [out["id"]]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--chapter", "8"), 64),
        (("--operator", "x"), 64),
        (("--flow", "sideways"), 64),
        (("--mode", "air"), 64),
        (("--from", "2026-01-01"), 64),
        (("--office", "ZU"), 0),
    ],
)
def test_what_is_not_of_its_form_is_refused(
    mongolia: Home, options: tuple[str, ...], code: int
) -> None:
    assert mongolia.run("alerts", "put-out", "--reason", "x", *options).code == code


def test_a_random_control_is_set_and_its_seed_never_shown(mongolia: Home) -> None:
    mongolia.ok("controls", "set", "0.02")
    said = mongolia.ok("controls", "set", "0.1", "--arrangement", CN_MN, "--json").out
    shown = [said, *(mongolia.ok("controls", "list", *o).out for o in ((), ("--json",)))]
    assert not any("seed" in text for text in shown)
    assert "2.00%" in shown[1]
    mongolia.ok("controls", "end")
    assert [one["arrangement"] for one in listed(mongolia, "controls")] == [CN_MN]
    assert refused(mongolia.run("controls", "end")) == (64, "NOT_FOUND")
    assert refused(mongolia.run("controls", "set", "2")) == (64, "REQUEST_INVALID")


def test_an_arrangement_is_stopped_by_one_and_resumed_by_two(mongolia: Home) -> None:
    mongolia.ok("arrangements", "stop", CN_MN, "--reason", "their list leaked")
    assert "their list leaked" in mongolia.ok("arrangements", "list").out
    asked = mongolia.ok("arrangements", "resume", CN_MN, "--reason", "put right", "--json").document
    alone = mongolia.run("approvals", "approve", asked["request"])
    assert refused(alone) == (77, "SECOND_OFFICER_REQUIRED")
    assert len(listed(mongolia, "arrangements")["stops"]) == 1
    mongolia.approve_all()
    assert listed(mongolia, "arrangements")["stops"] == []


def test_a_pilot_begins_and_ends_by_two(mongolia: Home) -> None:
    assert refused(mongolia.run("arrangements", "pilot", CN_MN, "--reason", "x")) == (
        64,
        "REQUEST_INVALID",
    )
    mongolia.ok("arrangements", "pilot", CN_MN, "--office", "ZU", "--reason", "a start")
    assert listed(mongolia, "arrangements")["pilots"] == []
    mongolia.approve_all()
    (pilot,) = listed(mongolia, "arrangements")["pilots"]
    assert (pilot["operators"], pilot["offices"]) == ("all", ["ZU"])
    mongolia.ok("arrangements", "end-pilot", pilot["id"][:8], "--reason", "it works")
    mongolia.approve_all()
    assert listed(mongolia, "arrangements")["pilots"] == []


def test_a_disruption_is_announced_resumed_listed_and_over(mongolia: Home) -> None:
    done = mongolia.ok(
        "disruptions", "announce", "road", "--text", "a bridge fell", "--dispatched-from", "CN",
        "--mode", "3", "--json",
    ).document  # fmt: skip
    id_ = done["id"][:8]
    mongolia.ok("disruptions", "resume", id_)
    assert listed(mongolia, "disruptions")[0]["resumed_at"] is not None
    assert "nobody" in mongolia.ok("disruptions", "priority", id_).out
    priority = mongolia.ok("disruptions", "priority", id_, "--json").document
    assert (priority["disruption"]["cause"], priority["operators"]) == ("road", [])
    mongolia.ok("disruptions", "end", id_)
    assert listed(mongolia, "disruptions") == []
    assert refused(mongolia.run("disruptions", "priority", id_)) == (64, "REQUEST_INVALID")
    unknown = mongolia.run("disruptions", "announce", "weather", "--text", "x", "--mode", "3")
    assert refused(unknown) == (64, "REQUEST_INVALID")
    assert "natural_disaster" in unknown.err


def test_a_suspension_needs_an_operator_a_partner_has_told_us_of(mongolia: Home) -> None:
    order = ("suspensions", "order", "CN3302462345", "--reason", "x", "--class")
    assert refused(mongolia.run(*order, "irregularity")) == (64, "NOT_FOUND")
    assert refused(mongolia.run(*order, "mood")) == (64, "REQUEST_INVALID")
    assert mongolia.ok("suspensions", "list").out.strip() == "no benefits are suspended"
    for act in ("confirm", "restore"):
        options = ("--reason", "x") if act == "restore" else ()
        assert refused(mongolia.run("suspensions", act, "abc", *options)) == (64, "NOT_FOUND")


async def hold(home: Home) -> None:
    """Writes an operator of China into a home's database, as its list would have."""
    database, record, at = open_database(home.database_url), a_record(), datetime.now(UTC)
    new = facts.NewFact(
        facts.Key(record.tin, record.programme, record.authorisation),
        record.episode,
        record.record_version,
        "valid",
        at,
        "list",
        record.model_dump_json(exclude_defaults=True),
    )
    try:
        await database.write(lambda c: facts.add(c, facts.Register(CN, ARRANGEMENT), [new], at=at))
    finally:
        await database.close()


def test_a_suspension_is_ordered_confirmed_and_restored(mongolia: Home) -> None:
    asyncio.run(hold(mongolia))
    ordered = mongolia.ok(*ORDER, "--json").document
    assert (ordered["tin"], ordered["where"]["offices"]) == ("CN3302462345", ["ZU"])
    id_ = ordered["id"][:8]
    assert refused(mongolia.run("suspensions", "confirm", id_)) == (77, "SECOND_OFFICER_REQUIRED")
    assert refused(mongolia.run("approvals", "reject", id_, by=SECOND)) == (
        64,
        "STATE_NOT_SUITABLE",
    )
    mongolia.ok("suspensions", "confirm", id_, by=SECOND)
    assert "confirmed by second.officer" in mongolia.ok("suspensions", "list").out
    mongolia.ok("suspensions", "restore", id_, "--reason", "cleared up")
    assert [one["id"] for one in listed(mongolia, "suspensions")] == [ordered["id"]]
    mongolia.approve_all()
    assert listed(mongolia, "suspensions") == []
    (past,) = listed(mongolia, "suspensions", "--all")
    assert past["state"] == "restored by first.officer and second.officer"


def test_a_suspension_not_confirmed_in_time_is_seen_everywhere(mongolia: Home) -> None:
    asyncio.run(hold(mongolia))
    before = mongolia.run("doctor", "--no-ping").out
    ran = mongolia.run(*ORDER, MRA_GATEWAY_GUARD__CONFIRM_SUSPENSION_HOURS="0.0000001")
    assert ran.code == 0, ran
    late = mongolia.run("suspensions", "list")
    assert (late.code, "OVERDUE" in late.out) == (1, True)
    assert "OVERDUE" in mongolia.ok("approvals", "list").out
    (waiting,) = mongolia.ok("approvals", "list", "--json").document
    assert waiting["overdue"] is True
    advice = f"suspensions confirm {waiting['id'][:8]}"
    assert (advice in before, advice in mongolia.run("doctor", "--no-ping").out) == (False, True)
    mongolia.ok("suspensions", "confirm", waiting["id"], by=SECOND)
    assert mongolia.run("suspensions", "list").code == 0


@pytest.mark.parametrize(
    "group", ["suspensions", "alerts", "controls", "arrangements", "disruptions"]
)
def test_each_group_explains_itself(group: str) -> None:
    ran = run(group, "--help")
    assert ran.code == 0
    assert "list" in ran.out
