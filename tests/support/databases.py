"""Databases for tests: the same test on SQLite (a file) and on PostgreSQL (a real server).

`database` is one opened, migrated database; `fresh_database_url` gives URLs, for tests that start
several gateways or processes. Every database is a copy of a template that was migrated once.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import pytest

from mra_gateway.store import migrate
from mra_gateway.store.database import Database, InlineDatabase, open_database
from tests.support.postgres import PostgresServer

T = TypeVar("T")

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")


class FreshUrl(Protocol):
    """Makes a database and returns its URL."""

    def __call__(self, kind: Kind, *, migrated: bool = True) -> str:
        """Makes one of a kind, at the current revision or empty."""
        ...


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that waits for nothing, as all of `InlineDatabase` do, without a loop."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    msg = "the coroutine waits for something: only an inline database never does"
    raise AssertionError(msg)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the session, started by the first test that needs it."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the current revision."""
    file = tmp_path_factory.mktemp("template") / "gateway.db"
    database = InlineDatabase(f"sqlite:///{file}")
    at_once(database.write(migrate.upgrade))
    at_once(database.close())
    return file


@pytest.fixture
def fresh_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[FreshUrl]:
    """Makes migrated databases and returns their URLs; they go when the test ends."""
    made: list[str] = []
    numbers = itertools.count(1)

    def fresh(kind: Kind, *, migrated: bool = True) -> str:
        if kind == "sqlite":
            folder = tmp_path / "databases"
            folder.mkdir(exist_ok=True)
            file = folder / f"{next(numbers)}.db"
            if migrated:
                shutil.copyfile(sqlite_template, file)
            return f"sqlite:///{file}"
        # only now: a session that tests SQLite alone starts no server
        server: PostgresServer = request.getfixturevalue("postgres_server")
        made.append(server.new_database(migrated=migrated))
        return server.url(made[-1])

    yield fresh
    for name in made:
        request.getfixturevalue("postgres_server").drop_database(name)


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of database a test runs on: every test that asks for it runs on both."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def database_url(database_kind: Kind, fresh_database_url: FreshUrl) -> str:
    """The URL of one migrated database."""
    return fresh_database_url(database_kind)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """One opened and migrated database."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def two_databases(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> AsyncIterator[list[Database]]:
    """The opened and migrated databases of two gateways."""
    opened = [open_database(fresh_database_url(database_kind)) for _ in range(2)]
    yield opened
    for one in opened:
        await one.close()
