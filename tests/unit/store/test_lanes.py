"""Lanes: their numbers, their lock and their lease."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.store import lanes
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.lanes import Lane
from tests.support.messages import AT, CN_MN, MN
from tests.support.stored import a_lane

MINUTE = timedelta(minutes=1)


async def test_a_lane_opens_at_its_first_number_and_stays_the_same(database: Database) -> None:
    first = await database.write(a_lane)
    again = await database.write(a_lane)

    assert first == again
    assert first[1:] == ("out", MN, CN_MN, 1, 1, 0, -1)


async def test_direction_partner_arrangement_and_epoch_each_make_another_lane(
    database: Database,
) -> None:
    def open_all(connection: Connection) -> set[int]:
        return {
            a_lane(connection).id,
            a_lane(connection, "in").id,
            a_lane(connection, partner=Territory("BY")).id,
            a_lane(connection, arrangement=ArrangementId("CN-MN-2030")).id,
            a_lane(connection, epoch=2).id,
        }

    assert len(await database.write(open_all)) == 5


async def test_openers_at_the_same_moment_open_one_lane(database_url: str) -> None:
    """Each from a connection of its own, as several gateway processes would."""
    openers = [open_database(database_url) for _ in range(4)]

    def open_and_count(connection: Connection) -> Lane:
        lane = a_lane(connection)
        return lanes.advance(connection, lane, sequence=lane.next_sequence)

    moved = await asyncio.gather(*(each.write(open_and_count) for each in openers))
    (lane,) = await openers[0].read(lambda c: lanes.all_lanes(c, "out"))
    for each in openers:
        await each.close()

    # the lock is held from reading to writing: no number is lost, none is given twice
    assert sorted(each.next_sequence for each in moved) == [2, 3, 4, 5]
    assert lane.next_sequence == 5


async def test_numbers_under_the_lock_are_never_given_twice(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(2)]

    def take_number(connection: Connection) -> int:
        lane = a_lane(connection)
        lanes.advance(connection, lane, sequence=lane.next_sequence)
        return lane.next_sequence

    taken = await asyncio.gather(*(databases[n % 2].write(take_number) for n in range(40)))
    for each in databases:
        await each.close()

    assert sorted(taken) == list(range(1, 41))


async def test_advancing_moves_what_is_named_and_nothing_else(database: Database) -> None:
    def advance(connection: Connection) -> list[Lane]:
        lane = a_lane(connection)
        steps = [lanes.advance(connection, lane, sequence=4)]
        steps.append(lanes.advance(connection, steps[-1], last_change=9))
        steps.append(lanes.advance(connection, steps[-1], list_cut=8))
        return steps

    steps = await database.write(advance)

    assert [(s.next_sequence, s.last_change, s.list_cut) for s in steps] == [
        (5, 0, -1),
        (5, 9, -1),
        (5, 9, 8),
    ]
    assert await database.read(lambda c: lanes.get(c, steps[-1].id)) == steps[-1]
    assert await database.write(lambda c: lanes.lock_by_id(c, steps[-1].id)) == steps[-1]


async def test_a_lane_knows_the_latest_epoch_seen(database: Database) -> None:
    opened = await database.write(lambda c: a_lane(c, "in"))

    assert await database.read(lambda c: lanes.standing(c, opened)) == (1, False)
    await database.write(lambda c: [a_lane(c, "in", epoch=number) for number in (3, 2)])
    assert await database.read(lambda c: lanes.standing(c, opened)) == (3, False)


async def test_a_lease_is_taken_by_one_of_two_holders_until_it_runs_out(
    database: Database,
) -> None:
    lane = await database.write(a_lane)

    async def take(holder: str, minute: int) -> bool:
        at = AT + minute * MINUTE
        return await database.write(
            lambda c: lanes.take_lease(c, lane.id, holder=holder, at=at, until=at + MINUTE)
        )

    assert await take("first", 0)
    assert not await take("second", 0)
    assert await take("first", 1), "its holder renews it"
    assert not await take("second", 2), "it runs until minute 2, that moment included"
    assert await take("second", 3), "it ran out"
    assert not await take("first", 3)


async def test_of_two_holders_at_the_same_moment_one_gets_the_lease(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(2)]
    lane = await databases[0].write(a_lane)

    taken = await asyncio.gather(
        *(
            databases[n % 2].write(
                lambda c, n=n: lanes.take_lease(  # type: ignore[misc]
                    c, lane.id, holder=f"process {n}", at=AT, until=AT + MINUTE
                )
            )
            for n in range(8)
        )
    )
    for each in databases:
        await each.close()

    assert taken.count(True) == 1


@pytest.mark.parametrize("holder", ["first", "second"])
async def test_a_process_that_stops_gives_back_its_own_leases(
    database: Database, holder: str
) -> None:
    lane = await database.write(a_lane)

    def take(connection: Connection, by: str) -> bool:
        return lanes.take_lease(connection, lane.id, holder=by, at=AT, until=AT + MINUTE)

    await database.write(lambda c: take(c, "first"))
    await database.write(lambda c: lanes.release_leases(c, holder=holder))

    assert await database.write(lambda c: take(c, "third")) is (holder == "first")
