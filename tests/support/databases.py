"""Databases for tests: the same test on SQLite and on PostgreSQL (a real server).

Every test that touches a store runs once on each; `--database sqlite` or `--database postgres` runs
the whole suite on one of them, with the same number of tests.

- `database`, `two_databases`: opened stores as a gateway has them in use (SQLite in a file).
- `fresh_database_url`: URLs, for tests that start several gateways or processes.
- `new_store`: a store for a simulation, on SQLite inline and in memory: fast, and replays exactly.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Generator, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import pytest
from sqlalchemy import Connection, Engine, event, make_url, util

from mra_gateway.store import migrate
from mra_gateway.store.database import Database, InlineDatabase, open_database
from mra_gateway.store.every_table import metadata
from tests.support.postgres import PostgresServer

T = TypeVar("T")

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")

# --- the suite on one of them, and what keeps the two equal

USED: set[str] = set()
"""The dialects in which the test that runs has begun a transaction."""

COLLECTED = pytest.StashKey[list[pytest.Item]]()
"""The tests found, before any was left out."""


@event.listens_for(Engine, "begin")
def _note_use(connection: Connection) -> None:
    USED.add(connection.dialect.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the choice of the database; without it, tests run on both."""
    parser.addoption(
        "--database", choices=KINDS, help="run what touches a store on this one only (both)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker of what can be tested on one kind of database only."""
    config.addinivalue_line(
        "markers", "one_database(why): is about one kind of database, or rests on its ways"
    )


def kind_of(item: pytest.Item) -> Kind | None:
    """Returns the kind of database a test runs on, or None when it touches no store."""
    given = getattr(item, "callspec", None)
    values = () if given is None else given.params.values()
    return next((kind for value in values for kind in KINDS if value == kind), None)


def without_twin(kinds: Iterable[tuple[str, Kind | None]]) -> list[str]:
    """Returns the tests, named by id and kind, that run on one kind of database only."""
    found: dict[str, set[Kind]] = {}
    for name, kind in kinds:
        if kind is not None:
            found.setdefault(name.replace(kind, "*"), set()).add(kind)
    return sorted(name for name, ran_on in found.items() if ran_on != set(KINDS))


def check_use(item: pytest.Item, used: Iterable[str]) -> str | None:
    """Returns what is wrong when a test used a store and does not run on both kinds."""
    if not used or kind_of(item) is not None or item.get_closest_marker("one_database"):
        return None
    return (
        f"used {', '.join(sorted(used))} and runs on one kind of database only: take the store"
        " from a fixture of tests/support/databases.py, or mark the test one_database(why)"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Leaves out the other database's tests."""
    config.stash[COLLECTED] = list(items)
    yield
    chosen = config.getoption("--database")
    other = [item for item in items if chosen and kind_of(item) not in {None, chosen}]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in set(other)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fails a test that uses a store and runs on one kind of database only."""
    USED.clear()
    yield
    wrong = check_use(item, USED)
    if wrong is not None:
        pytest.fail(wrong, pytrace=False)


# --- statements

COMPILED: util.LRUCache[Any, Any] = util.LRUCache(5_000)


class _ForEveryEngine:
    """What SQLAlchemy compiled, whichever engine asked: each test opens its own, all of one kind.

    An engine knows its statements by its dialect object; here they are known by the dialect's type.
    """

    def get(self, key: tuple[Any, ...]) -> Any:
        return COMPILED.get((type(key[0]), *key[1:]))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        COMPILED[(type(key[0]), *key[1:])] = compiled


@event.listens_for(Engine, "engine_connect")
def _compile_once(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_ForEveryEngine())


# --- databases


class FreshUrl(Protocol):
    """Makes a database and returns its URL."""

    def __call__(self, kind: Kind, *, migrated: bool = True, copy_of: str | None = None) -> str:
        """Makes one of a kind: at the current revision, without a table, or as another is.

        The database at the URL `copy_of` is one nobody has open.
        """
        ...


class NewStore(Protocol):
    """Makes a store that lives as long as the context."""

    def __call__(self) -> AbstractAsyncContextManager[Database]:
        """Makes one of the test's kind, at the current revision."""
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
    """Makes databases and returns their URLs; they go when the test ends."""
    numbers = itertools.count(1)
    with ExitStack() as at_the_end:

        def fresh(kind: Kind, *, migrated: bool = True, copy_of: str | None = None) -> str:
            if kind == "sqlite":
                folder = tmp_path / "databases"
                folder.mkdir(exist_ok=True)
                file = folder / f"{next(numbers)}.db"
                if copy_of is not None:
                    copy_sqlite(Path(make_url(copy_of).database or ""), to=file)
                elif migrated:
                    shutil.copyfile(sqlite_template, file)
                return f"sqlite:///{file}"
            # only now: a session that tests SQLite alone starts no server
            server: PostgresServer = request.getfixturevalue("postgres_server")
            if copy_of is not None:
                name = server.copy_of(make_url(copy_of).database or "")
            else:
                name = server.new_database(migrated=migrated)
            is_reusable = migrated and copy_of is None
            at_the_end.callback(server.give_back if is_reusable else server.drop_database, name)
            return server.url(name)

        yield fresh


def copy_sqlite(file: Path, *, to: Path) -> None:
    """Copies a database as a backup tool does, its write-ahead log included."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


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


@cache
def _every_table() -> bytes:
    """A SQLite database with nothing in it: copying it takes a fiftieth of making its tables."""
    database = InlineDatabase()
    at_once(database.write(metadata.create_all))
    content = _driver_of(database).serialize()
    at_once(database.close())
    return content


def _driver_of(database: InlineDatabase) -> sqlite3.Connection:
    """Returns the one connection of a database in memory."""
    found: list[Any] = []
    at_once(database.read(lambda c: found.append(c.connection.driver_connection)))
    driver: sqlite3.Connection = found[0]
    return driver


@asynccontextmanager
async def in_memory() -> AsyncIterator[Database]:
    """Makes a store for a simulation, on SQLite inline."""
    store = InlineDatabase()
    with closing(sqlite3.connect(":memory:")) as template:
        template.deserialize(_every_table())
        template.backup(_driver_of(store))
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def new_store(database_kind: Kind, request: pytest.FixtureRequest) -> NewStore:
    """Makes stores for simulations."""

    @asynccontextmanager
    async def on_the_server() -> AsyncIterator[Database]:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.new_database()
        store = open_database(server.url(name))
        try:
            yield store
        finally:
            await store.close()
            server.give_back(name)

    return in_memory if database_kind == "sqlite" else on_the_server
