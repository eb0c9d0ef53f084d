"""Officers: accounts of this administration. Passwords are kept as argon2id hashes only.

Checking a password is in `flows/authenticate.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, select, update

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import OfficerRole
from mra_gateway.store.inserts import insert_into
from mra_gateway.store.tables import officers


class Officer(NamedTuple):
    """An account as stored."""

    name: OfficerName
    display_name: str
    roles: frozenset[OfficerRole]
    password_hash: str
    failed_attempts: int
    locked_until: datetime | None
    created_at: datetime
    created_by: str
    disabled_at: datetime | None


def add(
    connection: Connection,
    name: OfficerName,
    *,
    display_name: str,
    roles: frozenset[OfficerRole],
    password_hash: str,
    at: datetime,
    created_by: str,
) -> None:
    """Adds an account.

    Raises:
        RequestRefused: The name is taken, by an active or a disabled account.
    """
    added = connection.execute(
        insert_into(connection, officers)
        .values(
            name=name,
            display_name=display_name,
            roles=json.dumps(sorted(roles)),
            password_hash=password_hash,
            failed_attempts=0,
            created_at=at,
            created_by=created_by,
        )
        .on_conflict_do_nothing()
    )
    if added.rowcount != 1:
        raise RequestRefused(
            f"an officer named {name} exists already", reason=Reason.ALREADY_EXISTS
        )


def find(connection: Connection, name: str) -> Officer | None:
    """Returns an account, disabled or not, or None."""
    row = connection.execute(select(officers).where(officers.c.name == name)).one_or_none()
    return None if row is None else _officer(row)


def all_officers(connection: Connection) -> list[Officer]:
    """Returns every account, ordered by name."""
    return [_officer(row) for row in connection.execute(select(officers).order_by(officers.c.name))]


def count_active(connection: Connection) -> int:
    """Returns how many accounts may act."""
    query = select(func.count()).where(officers.c.disabled_at.is_(None))
    return connection.scalar(query) or 0


def disable(connection: Connection, name: OfficerName, *, at: datetime) -> bool:
    """Disables an account; False when there is none that is active."""
    done = connection.execute(
        update(officers)
        .where(officers.c.name == name, officers.c.disabled_at.is_(None))
        .values(disabled_at=at)
    )
    return done.rowcount == 1


def set_password(connection: Connection, name: OfficerName, *, password_hash: str) -> None:
    """Writes the hash of an account's new password."""
    connection.execute(
        update(officers).where(officers.c.name == name).values(password_hash=password_hash)
    )


def note_attempts(
    connection: Connection, name: OfficerName, *, failed: int, locked_until: datetime | None
) -> None:
    """Writes how many attempts failed in a row, and until when the account is locked."""
    connection.execute(
        update(officers)
        .where(officers.c.name == name)
        .values(failed_attempts=failed, locked_until=locked_until)
    )


def _officer(row: Row[tuple[object, ...]]) -> Officer:
    return Officer(
        OfficerName.trusted(row.name),
        row.display_name,
        frozenset(OfficerRole(role) for role in json.loads(row.roles)),
        row.password_hash,
        row.failed_attempts,
        row.locked_until,
        row.created_at,
        row.created_by,
        row.disabled_at,
    )
