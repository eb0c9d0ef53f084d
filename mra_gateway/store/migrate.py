"""Brings a database to the version of this program, and says when it cannot.

The steps are Alembic revisions in `migrations/versions/`, plain files that a database administrator
can read before running them.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select

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
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def check_version(connection: Connection) -> None:
    """Refuses a database this program does not know.

    Raises:
        SetupError: Written by a newer version.
    """
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SetupError(
            f"the database has revision {found!r}, which a newer version wrote",
            reason=Reason.DATABASE_TOO_NEW,
        )


def is_current(connection: Connection) -> bool:
    """Says whether the database is at this program's version."""
    return _revision(connection) == ScriptDirectory.from_config(_config()).get_current_head()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
