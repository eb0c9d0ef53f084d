"""One way to run work in a transaction, and what is said when the database fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text

from mra_gateway.errors import Reason, StoreError
from mra_gateway.store import database as module
from mra_gateway.store import journal, lanes
from mra_gateway.store.database import Database, InlineDatabase, PostgresDatabase, open_database
from mra_gateway.store.migrate import upgrade
from mra_gateway.store.tables import properties
from tests.support.databases import FreshUrl, at_once
from tests.support.messages import AT, CN_MN, MN, a_uuid
from tests.support.postgres import PostgresServer
from tests.support.stored import a_lane


def put(connection: Connection, name: str, value: str = "x") -> None:
    connection.execute(insert(properties), {"name": name, "value": value})


def names(connection: Connection) -> set[str]:
    return set(connection.scalars(select(properties.c.name)))


def elsewhere(url: str, work: Callable[[Connection], Any]) -> Any:
    """Runs work as another process would, while the caller is in the middle of something."""

    async def run() -> Any:
        other = open_database(url)
        try:
            return await other.write(work)
        finally:
            await other.close()

    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(run())))
    thread.start()
    thread.join()
    return found[0]


class Interrupted(BaseException):
    """What is not an error of the work's own: a cancellation, an interrupt."""


@pytest.mark.parametrize("error", [ValueError, Interrupted])
async def test_a_transaction_that_raises_leaves_nothing(
    database: Database, error: type[BaseException]
) -> None:
    def work(connection: Connection) -> None:
        put(connection, "lost")
        raise error

    await database.write(lambda c: put(c, "kept"))
    with pytest.raises(error):
        await database.write(work)
    # and the database goes on
    await database.write(lambda c: put(c, "later"))

    assert await database.read(names) == {"kept", "later"}


async def test_a_transaction_returns_what_the_work_returns(database: Database) -> None:
    assert await database.write(lambda _: "written") == "written"
    assert await database.read(lambda _: "read") == "read"


async def test_a_read_can_write_nothing(database: Database) -> None:
    with pytest.raises(StoreError) as refused:
        await database.read(lambda c: put(c, "sneaked in"))

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT
    await database.write(lambda c: put(c, "twin"))
    assert await database.read(names) == {"twin"}


async def test_a_read_sees_one_moment_whatever_others_commit_meanwhile(
    database: Database, database_url: str
) -> None:
    await database.write(lambda c: put(c, "before"))

    def read_twice(connection: Connection) -> tuple[set[str], set[str]]:
        first = names(connection)
        elsewhere(database_url, lambda c: put(c, "meanwhile"))
        return first, names(connection)

    assert await database.read(read_twice) == ({"before"}, {"before"})
    assert await database.read(names) == {"before", "meanwhile"}


async def test_what_is_refused_is_told_without_the_values(database: Database) -> None:
    secret = "宁波虚构国际贸易有限公司"
    await database.write(lambda c: put(c, secret))

    with pytest.raises(StoreError) as refused:
        await database.write(lambda c: put(c, secret))

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT
    assert secret not in str(refused.value)


async def test_a_question_the_tables_do_not_answer_is_an_inconsistency(
    database: Database,
) -> None:
    for work in (
        lambda c: c.execute(text("SELECT 1 FROM nowhere")),
        lambda c: c.execute(select(properties)).one(),
        lambda c: lanes.get(c, 77),
    ):
        with pytest.raises(StoreError) as refused:
            await database.read(work)
        assert refused.value.reason is Reason.DATABASE_INCONSISTENT


async def test_a_moment_comes_back_in_utc_to_the_microsecond(database: Database) -> None:
    local = datetime(2026, 3, 1, 8, 30, 0, 123457, tzinfo=timezone(timedelta(hours=8)))
    before_the_epoch = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

    def work(connection: Connection) -> list[datetime]:
        for at in (local, before_the_epoch):
            journal.record(connection, at=at, actor="a", act="a", subject="s")
        return [entry.at for entry in journal.latest(connection, limit=2)]

    stored = await database.write(work)

    assert stored == [before_the_epoch, local]
    assert all(at.tzinfo is UTC for at in stored)


async def test_a_moment_without_a_zone_is_not_stored(database: Database) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - the fault under test

    with pytest.raises(StoreError):
        await database.write(lambda c: journal.record(c, at=naive, actor="a", act="a", subject="s"))
    await database.write(
        lambda c: journal.record(c, at=naive.replace(tzinfo=UTC), actor="a", act="a", subject="s")
    )


async def test_another_process_learns_of_a_commit(database: Database, database_url: str) -> None:
    """The limit is only there so that a hint that never comes ends the test."""
    other = open_database(database_url)
    async with asyncio.timeout(60):
        watch = database.watch()
        await watch.wait(seconds=3600)
        waiting = asyncio.create_task(watch.wait(seconds=3600))
        while not waiting.done():
            await other.write(lambda c: put(c, a_uuid()))
            await asyncio.sleep(0.01)
    await other.close()


async def test_each_of_two_that_wait_learns_of_one_commit(
    database: Database, database_url: str
) -> None:
    """What one was woken by, the other still has to be woken by."""
    watches = [database.watch(), database.watch()]
    for watch in watches:
        await watch.wait(seconds=3600)
    other = open_database(database_url)
    await other.write(lambda c: put(c, a_uuid()))

    async with asyncio.timeout(60):
        await watches[0].wait(seconds=3600)
        await watches[1].wait(seconds=3600)
    await other.close()


async def test_waiting_ends_by_itself_when_nothing_happens(database: Database) -> None:
    async with asyncio.timeout(60):
        watch = database.watch()
        await watch.wait(seconds=0.01)
        await watch.wait(seconds=0.01)


@pytest.mark.one_database("SQLite has no listeners")
async def test_a_listener_whose_connection_was_cut_listens_again(
    fresh_database_url: FreshUrl, postgres_server: PostgresServer
) -> None:
    url = fresh_database_url("postgres")
    database = open_database(url)
    watch = database.watch()
    await watch.wait(seconds=0.01)

    postgres_server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
    )
    async with asyncio.timeout(60):
        await watch.wait(seconds=1)
        await watch.wait(seconds=1)
        waiting = asyncio.create_task(watch.wait(seconds=3600))
        while not waiting.done():
            elsewhere(url, lambda c: put(c, a_uuid()))
            await asyncio.sleep(0.01)
    await database.close()


@pytest.mark.one_database("SQLite has no connections to cut")
async def test_a_connection_cut_while_idle_fails_once_and_is_replaced(
    fresh_database_url: FreshUrl, postgres_server: PostgresServer
) -> None:
    database = open_database(fresh_database_url("postgres"))
    await database.write(lambda c: put(c, "before"))
    postgres_server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )

    with pytest.raises(StoreError) as lost:
        await database.write(lambda c: put(c, "lost"))

    assert lost.value.reason is Reason.DATABASE_UNREACHABLE
    await database.write(lambda c: put(c, "after"))
    assert await database.read(names) == {"before", "after"}
    await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://postgres@127.0.0.1:1/nowhere",
        "postgresql+asyncpg://postgres@/nowhere?host=/nonexistent",
        "sqlite:////nonexistent/folder/gateway.db",
    ],
)
async def test_a_database_that_is_not_there_cannot_be_reached(url: str) -> None:
    database = open_database(url)
    for run in (database.write, database.read):
        with pytest.raises(StoreError) as refused:
            await run(lambda _: None)
        assert refused.value.reason is Reason.DATABASE_UNREACHABLE
    await database.close()


async def test_a_name_the_server_does_not_know_cannot_be_reached(
    postgres_server: PostgresServer,
) -> None:
    database = PostgresDatabase(postgres_server.url("nowhere"))

    with pytest.raises(StoreError) as refused:
        await database.read(lambda _: None)

    assert refused.value.reason is Reason.DATABASE_UNREACHABLE
    await database.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "gateway.db"
    file.write_bytes(b"not a database, whatever its name says" * 100)
    database = open_database(f"sqlite:///{file}")

    with pytest.raises(StoreError) as refused:
        await database.read(lambda _: None)

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT
    await database.close()


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(StoreError):
        open_database("mysql://localhost/gateway")
    open_database("sqlite://")


@pytest.mark.one_database("SQLite has no connections to cut")
async def test_a_connection_cut_at_any_instant_is_told_as_a_store_that_is_away(
    fresh_database_url: FreshUrl,
) -> None:
    url = fresh_database_url("postgres")
    cut = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for rounds in range(8):
        database = open_database(url)
        watch = database.watch()
        await asyncio.gather(database.read(names), database.read(names))
        elsewhere(url, lambda c: c.execute(cut).all())
        for _ in range(
            rounds
        ):  # of the event loop: what the server said is taken in piece by piece
            await asyncio.sleep(0)
        await watch.wait(seconds=0.01)
        with suppress(StoreError):
            await database.read(names)
        assert await database.read(names) == set()
        await database.close()


@pytest.mark.one_database("only SQLite has one writer at a time")
async def test_a_writer_that_waited_too_long_is_told_the_database_is_busy(
    fresh_database_url: FreshUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    url = fresh_database_url("sqlite")
    database = open_database(url)

    def hold_and_try(connection: Connection) -> None:
        put(connection, "holder")
        with pytest.raises(StoreError) as refused:
            at_once(InlineDatabase(url).write(lambda c: put(c, "second")))
        assert refused.value.reason is Reason.DATABASE_BUSY

    await database.write(hold_and_try)
    assert await database.read(names) == {"holder"}
    await database.close()


@pytest.mark.one_database("only PostgreSQL has two writers at a time")
async def test_of_two_that_wait_for_each_other_one_is_told_the_database_is_busy(
    fresh_database_url: FreshUrl,
) -> None:
    url = fresh_database_url("postgres")
    database = open_database(url)
    first = await database.write(a_lane)
    second = await database.write(lambda c: a_lane(c, "in"))
    both_hold_one = threading.Barrier(2)

    def crosswise(connection: Connection, ids: tuple[int, int]) -> None:
        lanes.lock_by_id(connection, ids[0])
        both_hold_one.wait(timeout=60)
        lanes.lock_by_id(connection, ids[1])

    def run(ids: tuple[int, int]) -> Reason:
        async def attempt() -> Reason:
            mine = open_database(url)
            try:
                await mine.write(lambda c: crosswise(c, ids))
            except StoreError as error:
                return error.reason
            finally:
                await mine.close()
            return Reason.OK

        return asyncio.run(attempt())

    ended = await asyncio.gather(
        asyncio.to_thread(run, (first.id, second.id)),
        asyncio.to_thread(run, (second.id, first.id)),
    )
    await database.close()

    assert sorted(ended) == [Reason.DATABASE_BUSY, Reason.OK]


async def test_closing_waits_for_the_work_under_way(database_url: str) -> None:
    database = open_database(database_url)
    writing = [asyncio.create_task(database.write(lambda c: put(c, a_uuid()))) for _ in range(5)]
    await asyncio.gather(*writing)
    await database.close()

    again = open_database(database_url)
    assert len(await again.read(names)) == 5
    await again.close()


@pytest.mark.one_database("is SQLite")
def test_the_inline_database_keeps_the_same_promises() -> None:
    database = InlineDatabase()
    at_once(database.write(upgrade))

    def fail(connection: Connection) -> None:
        put(connection, "lost")
        raise Interrupted

    at_once(database.write(lambda c: put(c, "kept")))
    with pytest.raises(Interrupted):
        at_once(database.write(fail))
    with pytest.raises(StoreError):
        at_once(database.read(lambda c: put(c, "sneaked in")))
    at_once(database.write(lambda c: lanes.lock(c, "in", partner=MN, arrangement=CN_MN, epoch=1)))

    assert at_once(database.read(names)) == {"kept"}
    assert len(at_once(database.read(lambda c: lanes.all_lanes(c, "in")))) == 1
    at_once(database.watch().wait(seconds=3600))
    at_once(database.write(lambda c: journal.record(c, at=AT, actor="a", act="a", subject="s")))
    at_once(database.close())
