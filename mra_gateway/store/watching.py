"""Waiting until somebody, in whatever process, may have committed.

Every watch has an eye of its own: what one was woken by, another still has to be woken by. Hints
only: whoever waits polls as well, and polling is truth.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LOOK_SECONDS = 0.02
"""How often SQLite's counter is looked at: some ten microseconds each time."""

CHANNEL = "mra_gateway"
"""The PostgreSQL channel on which a commit is announced."""

NOTIFY = text(f"NOTIFY {CHANNEL}")


class Watch(Protocol):
    """Waits for commits, for one caller."""

    async def wait(self, *, seconds: float) -> None:
        """Returns when something may have been committed since it last returned, or after a while.

        The first time it returns at once: nobody knows what was committed before.
        """
        ...

    async def close(self) -> None:
        """Releases the connection; a later wait opens another."""
        ...


class SqliteWatch:
    """Watches `data_version`, which moves with every commit of another connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._seen = 0

    async def wait(self, *, seconds: float) -> None:
        """Looks at the counter some fifty times a second."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
                self._seen = _data_version(self._connection)
                return
            for _ in range(max(1, round(seconds / LOOK_SECONDS))):
                version = _data_version(self._connection)
                if version != self._seen:
                    self._seen = version
                    return
                await asyncio.sleep(LOOK_SECONDS)
        except SQLAlchemyError:
            self._connection = None
            await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Releases the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class PostgresWatch:
    """Listens for the notice every writing transaction leaves."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._listener: AsyncConnection | None = None
        self._is_deaf = False
        self._heard = asyncio.Event()

    async def wait(self, *, seconds: float) -> None:
        """Listens, on a connection of its own; one that was cut is replaced."""
        try:
            if self._is_deaf:
                await self.close()
            if self._listener is None:
                self._listener = await self._listen()
                return
            # not wait_for: on Python 3.11 it swallows a cancellation that meets what it waits for
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            pass
        except (SQLAlchemyError, OSError, PostgresError, InterfaceError, InternalClientError):
            await asyncio.sleep(seconds)
        self._heard.clear()

    async def close(self) -> None:
        """Releases the connection; not back to the pool: nobody else shall listen by accident."""
        listener, self._listener, self._is_deaf = self._listener, None, False
        if listener is not None:
            await listener.invalidate()
            await listener.close()

    async def _listen(self) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.add_listener(CHANNEL, lambda *_: self._heard.set())
            driver.add_termination_listener(self._lose_hearing)
        except BaseException:  # cancelled while it asked: nobody else would give it back
            await connection.invalidate()
            await connection.close()
            raise
        return connection

    def _lose_hearing(self, *_: object) -> None:
        self._is_deaf = True
        self._heard.set()


class NoWatch:
    """Waits for nothing: a simulation moves by itself."""

    async def wait(self, *, seconds: float) -> None:
        """Returns at once."""

    async def close(self) -> None:
        """Has nothing to release."""


def _data_version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())
