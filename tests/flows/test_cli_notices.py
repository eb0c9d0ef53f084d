"""Notices on the command line: what was told and heard, and who has seen it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import Reason
from mra_gateway.gateway import open_gateway
from mra_gateway.model.messages import Place
from mra_gateway.store import inbox, notices
from tests.support.cli import Home
from tests.support.messages import AT, CN, CN_MN, a_correspondence, a_disruption, a_suspension
from tests.support.stored import an_incoming


def keep(home: Home) -> tuple[int, int]:
    """Has Mongolia's home hear of a suspension, and fail to tell of a disruption; the numbers."""

    async def work() -> tuple[int, int]:
        async with open_gateway(home.path) as gateway:

            def hear(connection: Connection) -> int:
                return notices.hear(
                    connection,
                    a_suspension(place=Place(offices=("CNERE",))),
                    partner=CN,
                    arrangement=CN_MN,
                    at=AT,
                    message_row=inbox.add(connection, an_incoming(), at=AT),
                    measure_id=None,
                )

            def queue(connection: Connection) -> int:
                return notices.queue(
                    connection,
                    a_disruption(),
                    partner=CN,
                    arrangement=CN_MN,
                    at=AT,
                    untold=Reason.KIND_NOT_ACCEPTED,
                )

            return await gateway.database.write(hear), await gateway.database.write(queue)

    return asyncio.run(work())


@pytest.fixture
def numbers(mongolia: Home) -> tuple[int, int]:
    """The numbers of the notice heard and the one not told."""
    return keep(mongolia)


def test_notices_are_listed_with_what_became_of_them(
    mongolia: Home, numbers: tuple[int, int]
) -> None:
    shown = mongolia.ok("notices", "list").out
    assert "benefits suspended" in shown
    assert "unseen" in shown
    assert "not told: KIND_NOT_ACCEPTED" in shown
    listed = mongolia.ok("notices", "list", "--json").document
    assert [one["id"] for one in listed] == sorted(numbers, reverse=True)
    (told,) = mongolia.ok("notices", "list", "--direction", "out", "--json").document
    assert told["untold"] == "KIND_NOT_ACCEPTED"
    assert mongolia.ok("notices", "list", "--partner", "KZ", "--json").document == []


def test_a_notice_is_shown_in_full(mongolia: Home, numbers: tuple[int, int]) -> None:
    heard, _ = numbers
    shown = mongolia.ok("notices", "show", str(heard)).out
    assert "MN6101234567" in shown
    assert "CNERE" in shown
    assert "irregularity" in shown
    assert mongolia.run("notices", "show", "999").err.startswith("NOT_FOUND")


def test_an_alert_ends_when_an_officer_has_seen_the_notice(
    mongolia: Home, numbers: tuple[int, int]
) -> None:
    heard, told = numbers
    (one,) = mongolia.ok("notices", "list", "--unseen", "--json").document
    assert one["id"] == heard
    assert "seen by" in mongolia.ok("notices", "seen", str(heard)).out
    assert mongolia.ok("notices", "list", "--unseen", "--json").document == []
    assert mongolia.run("notices", "seen", str(heard)).err.startswith("STATE_NOT_SUITABLE")
    assert mongolia.run("notices", "seen", str(told)).err.startswith("NOT_FOUND")


def test_a_correspondence_is_listed_shown_and_refused_for_who_is_not_in_the_register(
    mongolia: Home,
) -> None:
    async def work() -> int:
        async with open_gateway(mongolia.path) as gateway:
            return await gateway.database.write(
                lambda c: notices.hear(
                    c,
                    a_correspondence(site="Plant 2"),
                    partner=CN,
                    arrangement=CN_MN,
                    at=AT,
                    message_row=inbox.add(c, an_incoming(), at=AT),
                    measure_id=None,
                )
            )

    number = str(asyncio.run(work()))
    listed = mongolia.ok("notices", "list").out
    assert "correspondence confirmed" in listed
    assert "MN6101234567: CN-SUPPLIER MN-SUP-0042" in listed
    assert "Plant 2" in mongolia.ok("notices", "show", number).out
    refused = mongolia.run("notices", "adopt", number)
    assert refused.err.startswith("NOT_FOUND")
    assert mongolia.run("notices", "adopt", number, "--list", "no code").code == 64
    assert mongolia.run("correspondences", "send", "99").err.startswith("NOT_FOUND")
