"""The index in memory: how it moves on, in what order, and what is answered when it cannot."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text

from mra_gateway.clock import Clock, HandMovedClock, SystemClock
from mra_gateway.errors import StoreError
from mra_gateway.flows.follow_feed import CURRENT_FOR
from mra_gateway.gateway import Gateway
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.recognition import RecognitionReason, RecognitionResult
from mra_gateway.store import facts, feed
from mra_gateway.store.database import Database, Work, open_database
from mra_gateway.store.tables import feed as feed_table
from tests.support import pki, replay
from tests.support.deciding import T, gateway_of, goods, stopped_at
from tests.support.messages import AT, CN, CN_MN, MN
from tests.support.postgres import PostgresServer
from tests.support.simulation import prepare, shipped
from tests.support.stored import CHINESE, a_fact, a_key

_R = RecognitionReason
SUSPENDED = (2, _R.STATUS_NOT_VALID)


def a_gateway(database: Database, clock: Clock, us: Territory = MN) -> Gateway:
    """Mongolia by the facts we ship."""
    return gateway_of(us, database=database, registry=shipped(), clock=clock)


def of(number: int = 1) -> Declaration:
    return goods(a_key(number).tin)


async def answer(gateway: Gateway, number: int = 1) -> RecognitionResult:
    (result,) = await gateway.decider.decide([of(number)], requested_by="test")
    return result


async def why(gateway: Gateway, number: int = 1) -> object:
    return stopped_at((await answer(gateway, number)).results[0])


def tell(connection: Connection, *numbers: int, status: str, clock: Clock) -> None:
    """Writes what China says of some operators, as its receiver does: in one transaction."""
    at = clock.now()
    feed.advance(connection, at=at, issuer=CN, arrangement=CN_MN)
    facts.add(
        connection,
        CHINESE,
        [a_fact(number, status=status, effective_from=AT) for number in numbers],
        at=at,
    )


@asynccontextmanager
async def following(*gateways: Gateway) -> AsyncIterator[None]:
    """Lets gateways follow the feed, as a service does."""
    tasks = [asyncio.create_task(gateway.follower.run()) for gateway in gateways]
    for gateway in gateways:
        await gateway.follower.catch_up()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def threads_taking_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def test_what_is_answered_while_the_index_moves_on_is_of_one_position(
    database: Database, database_url: str
) -> None:
    """A result names a position: nothing of the next may have slipped in, or it is never shown
    again how it came about."""
    clock = HandMovedClock(pki.AT)
    gateway, elsewhere = a_gateway(database, clock), open_database(database_url)
    await prepare(gateway, partner=pki.side(CN))
    many = range(1, 101)
    await database.write(lambda c: tell(c, *many, status="valid", clock=clock))
    asked = [of(number) for number in many]
    with threads_taking_turns_often():
        async with following(gateway):
            for status in ("suspended", "valid") * 2:
                writing = asyncio.create_task(
                    elsewhere.write(lambda c, s=status: tell(c, *many, status=s, clock=clock))
                )
                for _ in range(6):
                    await gateway.decider.decide_fast(asked, requested_by="test")
                await writing
    await elsewhere.close()
    assert await database.read(replay.differing) == []
