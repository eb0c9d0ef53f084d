"""One way to run work in a transaction, three ways to run it.

Store functions are synchronous over a SQLAlchemy Core `Connection`; a `Database` runs them:

- `SqliteDatabase`: one writer thread with `BEGIN IMMEDIATE` (a deferred read-then-write would fail
  at once in spite of the time-out), WAL, `synchronous=FULL`; readers on threads of their own.
- `PostgresDatabase`: the same functions through asyncpg.
- `InlineDatabase`: in the caller's thread, so that a simulation replays exactly.

What the tables are is in `every_table.py`, how they come to be in `migrate.py`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, StaticPool

from mra_gateway.errors import StoreError
from mra_gateway.store.failures import as_store_error
from mra_gateway.store.watching import NOTIFY, NoWatch, PostgresWatch, SqliteWatch, Watch

T = TypeVar("T")
Work = Callable[[Connection], T]
Transaction: TypeAlias = Connection
"""What work is handed; by this name where SQLAlchemy has no place."""

READERS = 2
BUSY_SECONDS = 60.0


class Database(Protocol):
    """Runs work in one transaction: committed when it returns, rolled back when it raises."""

    async def write(self, work: Work[T]) -> T:
        """Runs work that changes something.

        Raises:
            StoreError: The database failed; nothing of the work remains.
        """
        ...

    async def read(self, work: Work[T]) -> T:
        """Runs work that only reads, over one consistent snapshot.

        Raises:
            StoreError: The database failed.
        """
        ...

    def watch(self) -> Watch:
        """Returns what wakes one caller when somebody, in whatever process, may have committed.

        Closed with the database, or before.
        """
        ...

    async def close(self) -> None:
        """Waits for what is running and releases every connection."""
        ...


def open_database(url: str, *, password: str | None = None) -> Database:
    """Returns the database for a URL; nothing is connected to yet.

    Raises:
        StoreError: Neither SQLite nor PostgreSQL.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(url)
    if parsed.get_backend_name() == "postgresql":
        if password is not None:
            parsed = parsed.set(password=password)
        return PostgresDatabase(parsed.set(drivername="postgresql+asyncpg"))
    raise StoreError(f"{parsed.get_backend_name()} is not supported: SQLite or PostgreSQL")


class SqliteDatabase:
    """SQLite behind one writer thread."""

    def __init__(self, url: str) -> None:
        self._engine = _sqlite_engine(url, poolclass=NullPool)
        self._writer = _Desk(self._engine, "store-writer", threads=1, begin="BEGIN IMMEDIATE")
        self._readers = _Desk(
            self._engine, "store-reader", threads=READERS, begin="BEGIN", prepare=_AS_READER
        )
        self._watches: list[SqliteWatch] = []

    async def write(self, work: Work[T]) -> T:
        """Runs work on the writer thread."""
        return await self._writer.run(work)

    async def read(self, work: Work[T]) -> T:
        """Runs work on a reader thread, over one snapshot."""
        return await self._readers.run(work)

    def watch(self) -> Watch:
        """Watches SQLite's own counter of commits."""
        self._watches.append(SqliteWatch(self._engine))
        return self._watches[-1]

    async def close(self) -> None:
        """Waits for what is running and releases every connection."""
        for watch in self._watches:
            await watch.close()
        for desk in (self._writer, self._readers):
            await asyncio.get_running_loop().run_in_executor(None, desk.close)
        self._engine.dispose()


class InlineDatabase:
    """SQLite in the caller's thread: every await has finished when it returns."""

    def __init__(self, url: str = "sqlite://") -> None:
        self._engine = _sqlite_engine(url, poolclass=StaticPool)
        self._kept = _Kept(self._engine)

    async def write(self, work: Work[T]) -> T:
        """Runs work at once."""
        return self._kept.run(work, begin="BEGIN IMMEDIATE")

    async def read(self, work: Work[T]) -> T:
        """Runs work at once."""
        return self._kept.run(_reading(work), begin="BEGIN")

    def watch(self) -> Watch:
        """Returns at once, always: a simulation moves by itself."""
        return NoWatch()

    async def close(self) -> None:
        """Releases the connection."""
        self._kept.drop()
        self._engine.dispose()


class PostgresDatabase:
    """PostgreSQL through asyncpg."""

    def __init__(self, url: Any) -> None:
        self._engine: AsyncEngine = create_async_engine(url, pool_size=8, max_overflow=8)
        self._writing = self._engine.execution_options(isolation_level="READ COMMITTED")
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._watches: list[PostgresWatch] = []

    async def write(self, work: Work[T]) -> T:
        """Runs work in one READ COMMITTED transaction; lanes are locked by their rows."""

        def work_and_tell(connection: Connection) -> T:
            result = work(connection)
            connection.execute(NOTIFY)
            return result

        return await self._run(self._writing, work_and_tell)

    async def read(self, work: Work[T]) -> T:
        """Runs work in one REPEATABLE READ transaction."""
        return await self._run(self._reading, work)

    def watch(self) -> Watch:
        """Listens for the notice every writing transaction leaves."""
        self._watches.append(PostgresWatch(self._engine))
        return self._watches[-1]

    async def close(self) -> None:
        """Releases every connection."""
        for watch in self._watches:
            await watch.close()
        await self._engine.dispose()

    async def _run(self, engine: AsyncEngine, work: Work[T]) -> T:
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        except (SQLAlchemyError, OSError) as error:
            raise as_store_error(error) from error


@contextmanager
def reading_sqlite(url: str) -> Iterator[Connection]:
    """Opens a SQLite database for reading in the caller's thread; who writes waits meanwhile.

    Raises:
        StoreError: It cannot be read, or somebody else writes for too long.
    """
    engine = _sqlite_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            driver = _driver_of(connection)
            driver.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            finally:
                driver.rollback()
    except sqlite3.Error as error:
        raise as_store_error(error) from error
    finally:
        engine.dispose()


_SMALL_CACHE = "PRAGMA cache_size=-2000"
"""A reader's pages are the system's as well: the writer's cache is the one that saves work."""

_QUERY_ONLY = "PRAGMA query_only=ON"
"""Makes SQLite refuse to write, as PostgreSQL does in a transaction that only reads."""

_AS_READER = (_QUERY_ONLY, _SMALL_CACHE)


class _Kept:
    """A SQLite connection kept open between transactions: opening one costs several statements.

    Used by one thread at a time.
    """

    def __init__(self, engine: Engine, *, prepare: Sequence[str] = ()) -> None:
        self._engine = engine
        self._prepare = prepare
        self._connection: Connection | None = None

    def run(self, work: Work[T], *, begin: str) -> T:
        try:
            connection = self._connection or self._open()
            with connection.begin():
                _driver_of(connection).execute(begin)
                return work(connection)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise as_store_error(error) from error

    def drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError, sqlite3.Error):
                connection.close()

    def _open(self) -> Connection:
        self._connection = self._engine.connect()
        for pragma in self._prepare:
            _driver_of(self._connection).execute(pragma)
        return self._connection


class _Desk:
    """Threads that run transactions, each with a connection of its own."""

    def __init__(
        self, engine: Engine, name: str, *, threads: int, begin: str, prepare: Sequence[str] = ()
    ) -> None:
        self._engine = engine
        self._begin = begin
        self._prepare = prepare
        self._own = threading.local()
        self._all: list[_Kept] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    def close(self) -> None:
        """Waits for what is running."""
        self._pool.shutdown()
        for kept in self._all:
            kept.drop()

    def _run(self, work: Work[T]) -> T:
        kept: _Kept | None = getattr(self._own, "kept", None)
        if kept is None:
            kept = self._own.kept = _Kept(self._engine, prepare=self._prepare)
            self._all.append(kept)
        try:
            return kept.run(work, begin=self._begin)
        except StoreError:
            kept.drop()  # whatever is wrong with it: the next one opens another
            raise


def _driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection: what needs no results is told it directly."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _reading(work: Work[T]) -> Work[T]:
    """Makes the one connection of an `InlineDatabase` refuse to write for once."""

    def only_read(connection: Connection) -> T:
        driver = _driver_of(connection)
        driver.execute(_QUERY_ONLY)
        try:
            return work(connection)
        finally:
            driver.execute("PRAGMA query_only=OFF")

    return only_read


def _sqlite_engine(url: str, **options: Any) -> Engine:
    engine = create_engine(
        url,
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": BUSY_SECONDS,
            "cached_statements": 512,
        },
        **options,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        _keep_log_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # pages written again and again go to the file itself once in 16 MB of log, not in 4
            "wal_autocheckpoint=4000",
            "cache_size=-8000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _keep_log_ahead(connection: sqlite3.Connection) -> None:
    """Switches to a write-ahead log, once in the life of a file.

    For this one step SQLite does not wait, whatever the time-out: while somebody else reads a file
    that was never switched, or is switching it, it fails at once.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
