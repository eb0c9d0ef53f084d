"""What each recipient was last told about each of our operators."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import StoreError
from mra_gateway.model.identifiers import Territory
from mra_gateway.store import told
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.database import Database
from mra_gateway.store.facts import Key
from mra_gateway.store.told import Told
from tests.support.stored import a_key, a_lane

VALID, SUSPENDED = Told("1", "valid"), Told("1", "suspended")


async def test_the_last_word_stands(database: Database) -> None:
    def work(connection: Connection) -> dict[Key, Told]:
        lane = a_lane(connection).id
        told.write(connection, lane, [(a_key(1), VALID), (a_key(2), VALID)])
        told.write(connection, lane, [(a_key(1), SUSPENDED), (a_key(3), VALID)])
        # within one telling, too
        told.write(connection, lane, [(a_key(2), SUSPENDED), (a_key(2), Told("2", "valid"))])
        tins = [a_key(n).tin for n in range(5)]
        return told.held(connection, lane, [*tins, *tins])

    assert await database.write(work) == {
        a_key(1): SUSPENDED,
        a_key(2): Told("2", "valid"),
        a_key(3): VALID,
    }


async def test_each_recipient_was_told_for_itself_and_is_forgotten_for_itself(
    database: Database,
) -> None:
    def work(connection: Connection) -> tuple[dict[Key, Told], dict[Key, Told]]:
        first, second = a_lane(connection), a_lane(connection, partner=Territory("BY"))
        told.write(connection, first.id, [(a_key(1), VALID)])
        told.write(connection, second.id, [(a_key(1), SUSPENDED)])
        told.forget(connection, first.id)
        tins = [a_key(1).tin]
        return (
            told.held(connection, first.id, tins),
            told.held(connection, second.id, tins),
        )

    assert await database.write(work) == ({}, {a_key(1): SUSPENDED})


async def test_more_operators_than_one_statement_takes_are_written_and_read(
    database: Database,
) -> None:
    count = 2 * CHUNK + 1

    def work(connection: Connection) -> dict[Key, Told]:
        lane = a_lane(connection).id
        told.add(connection, lane, [(a_key(n), VALID) for n in range(count)])
        told.write(connection, lane, [(a_key(n), SUSPENDED) for n in range(count)])
        return told.held(connection, lane, [a_key(n).tin for n in range(count)])

    assert await database.write(work) == {a_key(n): SUSPENDED for n in range(count)}


async def test_adding_what_was_told_already_is_refused(database: Database) -> None:
    lane = await database.write(a_lane)
    await database.write(lambda c: told.add(c, lane.id, [(a_key(1), VALID)]))

    with pytest.raises(StoreError):
        await database.write(lambda c: told.add(c, lane.id, [(a_key(1), VALID)]))
