"""Copies a whole SQLite database into an empty PostgreSQL one, row by row, in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Integer, delete, func, insert, select, text

from mra_gateway.errors import Reason, SetupError
from mra_gateway.store import migrate, properties
from mra_gateway.store.database import reading_sqlite
from mra_gateway.store.every_table import metadata

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
