"""National systems that may use the national API, by key. A key is kept as its SHA-256 only.

A key is 256 random bits, so a plain digest cannot be reversed by guessing; a slow hash would only
slow the hot path.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from mra_gateway.store.tables import clients


class Client(NamedTuple):
    """A national system and when its key was given and taken away."""

    id: str
    name: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None


def hash_key(key: str) -> str:
    """Returns the form in which a key is stored and looked up."""
    return hashlib.sha256(key.encode()).hexdigest()


def add(
    connection: Connection, client_id: str, *, name: str, key: str, at: datetime, created_by: str
) -> None:
    """Adds a client with the key it was just given."""
    connection.execute(
        insert(clients).values(
            id=client_id, name=name, key_hash=hash_key(key), created_at=at, created_by=created_by
        )
    )


def find_by_key(connection: Connection, key: str) -> Client | None:
    """Returns the client a key belongs to, unless it was revoked."""
    query = select(clients).where(
        clients.c.key_hash == hash_key(key), clients.c.revoked_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    return (
        None
        if row is None
        else Client(row.id, row.name, row.created_at, row.created_by, row.revoked_at)
    )


def all_clients(connection: Connection) -> list[Client]:
    """Returns every client, revoked ones too."""
    return [
        Client(row.id, row.name, row.created_at, row.created_by, row.revoked_at)
        for row in connection.execute(select(clients).order_by(clients.c.created_at, clients.c.id))
    ]


def revoke(connection: Connection, client_id: str, *, by: str, at: datetime) -> int:
    """Revokes the key of a client, by id or name, and returns how many keys that ended."""
    done = connection.execute(
        update(clients)
        .where((clients.c.id == client_id) | (clients.c.name == client_id))
        .where(clients.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by)
    )
    return done.rowcount
