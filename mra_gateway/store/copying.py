"""Copies of a whole SQLite database: a backup beside it, or row by row into PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Integer, delete, func, insert, make_url, select, text

from mra_gateway.errors import Reason, SetupError
from mra_gateway.store import migrate, properties
from mra_gateway.store.database import reading_sqlite
from mra_gateway.store.every_table import metadata
from mra_gateway.store.failures import as_store_error

_AT_ONCE = 1000


def copy_from_sqlite(url: str, target: Connection, *, tell: Callable[[int], None]) -> int:
    """Writes every row of a SQLite database into an empty one and returns how many there were.

    Nobody writes to the source meanwhile: they wait.

    Args:
        url: Of the SQLite database.
        target: The transaction of the other.
        tell: Told how many rows were copied so far.

    Raises:
        SetupError: The target belongs to a home already, or the source is of another version.
    """
    migrate.upgrade(target)
    if properties.is_founded(target):
        raise SetupError(
            "the database is another home's already", reason=Reason.DATABASE_INCONSISTENT
        )
    tables = metadata.sorted_tables
    for table in reversed(tables):
        target.execute(delete(table))  # what migrations put in comes from the source
    copied = 0
    with reading_sqlite(url) as source:
        if not migrate.is_current(source):
            raise SetupError("the database is of another version: upgrade it first, by any command")
        for table in tables:
            query = select(table).order_by(*table.primary_key)
            for rows in source.execute(query).mappings().partitions(_AT_ONCE):
                target.execute(insert(table), [dict(row) for row in rows])
                copied += len(rows)
                tell(copied)
    for table in tables:
        for column in table.primary_key:
            if isinstance(column.type, Integer) and column.autoincrement is not False:
                _go_on_after(target, table.name, column.name)
    return copied


def _go_on_after(target: Connection, table: str, column: str) -> None:
    """Has PostgreSQL number the next row after the last that was copied."""
    sequence = target.scalar(select(func.pg_get_serial_sequence(table, column)))
    if sequence is not None:
        last = target.scalar(text(f'SELECT max("{column}") FROM "{table}"'))  # noqa: S608 - ours
        target.execute(select(func.setval(sequence, last or 1, last is not None)))


def file_of(url: str) -> Path | None:
    """Returns the file of a SQLite database, or None for another."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(parsed.database) if is_file and parsed.database else None


def back_up(file: Path, *, to: Path) -> None:
    """Writes what a SQLite database holds at one moment to a new file; others go on working.

    Raises:
        StoreError: It cannot be read, or the file cannot be written.
    """
    part = to.with_name(f".{to.name}.part")
    try:
        part.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
        part.chmod(0o600)
        part.replace(to)
    except (sqlite3.Error, OSError) as error:
        raise as_store_error(error) from error
    finally:
        part.unlink(missing_ok=True)


def is_in_use(file: Path) -> bool:
    """Says whether another connection has a SQLite database open; one that is damaged is not.

    Where nobody has, its write-ahead log is taken into it.
    """
    if not file.exists():
        return False
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        try:
            # only whoever is alone with a file may change how it is journalled
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            return (error.sqlite_errorcode & 0xFF) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        except sqlite3.DatabaseError:
            return False
    return False
