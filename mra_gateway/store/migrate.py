"""Brings a database to the version of this program, and says when it cannot.

The steps are Alembic revisions in `migrations/versions/`, plain files that a database administrator
can read before running them, each named after its revision. Alembic is loaded only where there is
something to upgrade: every command asks whether there is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from mra_gateway.errors import Reason, SetupError

_UPGRADE_LOCK = 0x4D5241
"""Names the lock that lets one process at a time upgrade a PostgreSQL database."""

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Creates or upgrades every table, within the caller's transaction.

    Raises:
        SetupError: The database was written by a newer version of this program.
    """
    if connection.dialect.name == "postgresql":
        # two processes that start at once: the second finds everything done
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
    check_version(connection)
    if is_current(connection):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check_version(connection: Connection) -> None:
    """Refuses a database this program does not know.

    Raises:
        SetupError: Written by a newer version.
    """
    found = _revision(connection)
    if found is not None and found not in revisions():
        raise SetupError(
            f"the database has revision {found!r}, which a newer version wrote",
            reason=Reason.DATABASE_TOO_NEW,
        )


def is_current(connection: Connection) -> bool:
    """Says whether the database is at this program's version."""
    return _revision(connection) == revisions()[-1]


@cache
def revisions() -> tuple[str, ...]:
    """Returns every revision of this program, oldest first: the files are named after them."""
    return tuple(
        sorted(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))
    )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
