"""Moves a home from its SQLite file to a PostgreSQL database, where several gateways may serve.

1. an officer for security asks for it
2. every row is written into the empty database, in one transaction, while nobody writes to the file
3. the act is journalled there; the settings stay as they are until an administrator changes them
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.settings import Settings
from mra_gateway.store import journal
from mra_gateway.store.copying import copy_from_sqlite
from mra_gateway.store.database import Database


async def move_database(
    settings: Settings,
    *,
    target: Database,
    clock: Clock,
    by: Actor,
    tell: Callable[[int], None],
) -> int:
    """Copies the database of a home and returns how many rows there were.

    Args:
        settings: Of the home.
        target: An empty database; its tables are made.
        clock: Ours.
        by: Who asks.
        tell: Told how many rows were copied so far.

    Raises:
        RequestRefused: The officer may not, or the home has no SQLite file.
        SetupError: The target belongs to a home already.
        StoreError: A database failed; the target is as it was.
    """
    check_role(by, OfficerRole.SECURITY)  # 1
    if not settings.database_url.startswith("sqlite:"):
        raise RequestRefused("this home is not on SQLite", where="[database] url")

    def copy(connection: Connection) -> int:
        copied = copy_from_sqlite(settings.database_url, connection, tell=tell)  # 2
        journal.record(  # 3
            connection,
            at=clock.now(),
            actor=by.name,
            act="database moved",
            subject=settings.territory,
            detail={"rows": copied},
        )
        return copied

    return await target.write(copy)
