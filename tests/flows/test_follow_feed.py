"""The index in memory: how it moves on, in what order, and what is answered when it cannot."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, select, text

from mra_gateway.clock import Clock, HandMovedClock, SystemClock
from mra_gateway.errors import StoreError
from mra_gateway.flows import follow_feed
from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.follow_feed import CURRENT_FOR
from mra_gateway.gateway import Gateway
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.recognition import RecognitionReason, RecognitionResult
from mra_gateway.store import facts, feed
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database, Work, open_database
from mra_gateway.store.recognition_tables import feed as feed_table
from mra_gateway.store.watching import Watch
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


async def until(gateway: Gateway, expected: object) -> None:
    """Returns when an answer is as expected; the database may be away meanwhile."""
    for _ in range(600):
        with suppress(StoreError):
            if await why(gateway) == expected:
                return
        await asyncio.sleep(0.05)
    pytest.fail(f"never {expected}")


def tell(connection: Connection, *, numbers: Sequence[int], status: str, clock: Clock) -> None:
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
    await database.write(partial(tell, numbers=many, status="valid", clock=clock))
    asked = [of(number) for number in many]
    with threads_taking_turns_often():
        async with following(gateway):
            for status in ("suspended", "valid") * 2:
                telling = partial(tell, numbers=many, status=status, clock=clock)
                writing = asyncio.create_task(elsewhere.write(telling))
                for _ in range(6):
                    await gateway.decider.decide_fast(asked, requested_by="test")
                await writing
    await elsewhere.close()
    assert await database.read(replay.differing) == []


async def test_two_gateways_on_one_database_grant_nothing_a_second_after_a_suspension(
    database: Database, database_url: str
) -> None:
    """Whatever the machine is busy with: an answer given later either knows of it or refuses."""
    clock = SystemClock()
    stores = [open_database(database_url) for _ in range(2)]
    gateways = [a_gateway(store, clock) for store in stores]
    await prepare(gateways[0], partner=pki.side(CN))
    await database.write(partial(tell, numbers=[1], status="valid", clock=clock))
    async with following(*gateways):
        for gateway in gateways:
            assert await why(gateway) is None
        for status, expected in (("suspended", SUSPENDED), ("valid", None)):
            await database.write(partial(tell, numbers=[1], status=status, clock=clock))
            committed_at = clock.now()
            for gateway in gateways:
                while (found := await answer(gateway)).decided_at <= committed_at + CURRENT_FOR:
                    if stopped_at(found.results[0]) == expected:
                        break
                    await asyncio.sleep(0.02)
                assert stopped_at(found.results[0]) in {expected, (2, _R.INDEX_NOT_CURRENT)}
            # and it is not by refusing everything
            for gateway in gateways:
                await until(gateway, expected)
    for store in stores:
        assert await store.read(replay.differing) == []
        await store.close()


def pause(connection: Connection, seconds: float) -> None:
    """Keeps a transaction open: the server waits, or the writer's thread."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
    else:
        time.sleep(seconds)


async def test_an_earlier_position_never_appears_after_a_later_one(
    database: Database, database_url: str
) -> None:
    """A transaction that took its position first and commits last holds the others back."""
    clock = HandMovedClock(pki.AT)
    others = [open_database(database_url) for _ in range(2)]
    took = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(connection: Connection) -> int:
        position = feed.advance(connection, at=clock.now())
        loop.call_soon_threadsafe(took.set)
        pause(connection, 0.4)
        return position

    def rolled_back(connection: Connection) -> int:
        feed.advance(connection, at=clock.now())
        pause(connection, 0.1)
        raise StoreError("thought better of it")

    async def quick() -> int:
        return await others[0].write(lambda c: feed.advance(c, at=clock.now()))

    seen: list[list[int]] = []

    async def look() -> None:
        while True:
            seen.append(
                await others[1].read(
                    lambda c: list(c.scalars(select(feed_table.c.position).order_by("position")))
                )
            )
            await asyncio.sleep(0.01)

    first = asyncio.create_task(database.write(slow))
    looking = asyncio.create_task(look())
    await took.wait()
    second = asyncio.create_task(quick())
    a, b = await asyncio.gather(first, second)
    with pytest.raises(StoreError):
        await database.write(rolled_back)
    c = await quick()
    await asyncio.sleep(0.03)
    looking.cancel()
    assert a < b < c
    for positions in seen:
        assert positions == [a, b, c][: len(positions)], "a prefix, always"
    for store in others:
        await store.close()


class Stuck:
    """A store whose reads wait while it is stuck, as a server does that is stopped or cut off."""

    def __init__(self, store: Database) -> None:
        self.store = store
        self.free = asyncio.Event()
        self.free.set()

    async def write(self, work: Work[T]) -> T:
        return await self.store.write(work)

    async def read(self, work: Work[T]) -> T:
        await self.free.wait()
        return await self.store.read(work)

    def watch(self) -> Watch:
        return self.store.watch()

    async def close(self) -> None:
        await self.store.close()


async def test_an_index_that_cannot_be_confirmed_for_a_second_grants_nothing_and_says_so(
    database: Database,
) -> None:
    clock = HandMovedClock(pki.AT)
    stuck = Stuck(database)
    gateway = a_gateway(stuck, clock)
    await prepare(gateway, partner=pki.side(CN))
    await database.write(partial(tell, numbers=[1], status="valid", clock=clock))
    async with following(gateway):
        assert await why(gateway) is None
        stuck.free.clear()
        clock.move_to(clock.now() + CURRENT_FOR)
        assert await why(gateway) is None, "it was confirmed a second ago, and no longer"
        clock.move_to(clock.now() + timedelta(microseconds=1))
        result = await answer(gateway)
        assert stopped_at(result.results[0]) == (2, _R.INDEX_NOT_CURRENT)
        assert not result.recognised
        assert result.results[0].benefits == ()
        stuck.free.set()
        assert await why(gateway) is None, "it recovers by itself"
        # what could not be granted then is not granted by computing it again
        assert await gateway.decider.recompute(result.id) == result


async def test_a_confirmation_or_a_table_needs_no_index_to_be_loaded_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operators are found by the same forms: the service answers on, by the new book."""
    clock = HandMovedClock(pki.AT)
    gateway = a_gateway(database, clock)
    await prepare(gateway, partner=pki.side(CN))
    await database.write(partial(tell, numbers=[1, 2], status="valid", clock=clock))
    assert await why(gateway) is None

    def fail(*_: object, **__: object) -> object:
        pytest.fail("loaded anew")

    with monkeypatch.context() as watched:
        watched.setattr(follow_feed, "load_state", fail)
        await database.write(lambda c: decided.withdraw_confirmation(c, CN_MN, at=clock.now()))
        await database.write(partial(tell, numbers=[2], status="suspended", clock=clock))
        assert await why(gateway) == (1, _R.ARRANGEMENT_NOT_CONFIRMED)
    assert await database.read(replay.differing) == []


async def test_a_large_index_is_let_go_of_before_another_takes_its_place(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is granted meanwhile; and if loading fails it is not forgotten to load again."""
    monkeypatch.setattr(follow_feed, "KEPT_BESIDE", 0)
    monkeypatch.setattr(CompiledBook, "finds_alike", lambda *_: False)
    clock = HandMovedClock(pki.AT)
    gateway = a_gateway(database, clock)
    await prepare(gateway, partner=pki.side(CN))
    await database.write(partial(tell, numbers=[1], status="valid", clock=clock))
    assert await why(gateway) is None
    taken: list[bool] = []

    def fail(*_: object, **__: object) -> object:
        taken.append(True)
        raise StoreError("the disk is full")

    await database.write(lambda c: decided.withdraw_confirmation(c, CN_MN, at=clock.now()))
    with monkeypatch.context() as broken:
        broken.setattr(follow_feed, "load_state", fail)
        with pytest.raises(StoreError):
            await gateway.follower.catch_up()
    assert taken
    assert await why(gateway) == (1, _R.ARRANGEMENT_NOT_CONFIRMED), "loaded as soon as it can be"


@pytest.mark.one_database("stops its own PostgreSQL server")
async def test_with_the_server_gone_nothing_is_granted_until_it_is_back() -> None:
    clock, server = SystemClock(), PostgresServer()
    server.start()
    try:
        database = open_database(server.url(server.new_database()))
        gateway = a_gateway(database, clock)
        await prepare(gateway, partner=pki.side(CN))
        await database.write(partial(tell, numbers=[1], status="valid", clock=clock))
        async with following(gateway):
            assert await why(gateway) is None
            server.halt()
            gone_at = clock.now()
            with pytest.raises(StoreError):  # an answer that cannot be kept is not given out
                await answer(gateway)
            await asyncio.sleep((gone_at + CURRENT_FOR - clock.now()).total_seconds() + 0.1)
            recogniser = await gateway.follower.current()
            decided = recogniser.decide(of(), result_id="x", decided_at=clock.now())
            assert [reason for _, _, reason in decided.verdicts] == [_R.INDEX_NOT_CURRENT]
            server.resume()
            await until(gateway, None)
        await database.close()
    finally:
        server.stop()
