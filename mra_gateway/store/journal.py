"""The journal: who did what, in words and data; rows are only ever added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, insert, select

from mra_gateway.store.tables import journal

SYSTEM = "system"
"""The actor of what the gateway does by itself."""

_RECORD = insert(journal)


class Entry(NamedTuple):
    """One row of the journal."""

    at: datetime
    actor: str
    act: str
    subject: str
    detail: dict[str, object]


def record(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    act: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Adds a row, in the transaction of the act it records."""
    connection.execute(
        _RECORD,
        {
            "at": at,
            "actor": actor,
            "act": act,
            "subject": subject,
            "detail": json.dumps(detail or {}, ensure_ascii=False, default=str),
        },
    )


def about(connection: Connection, subject: str, *, act: str) -> list[Entry]:
    """Returns the rows of one act about one subject, oldest first."""
    query = select(journal).where(journal.c.subject == subject, journal.c.act == act)
    return [_entry(row) for row in connection.execute(query.order_by(journal.c.id))]


def latest(connection: Connection, *, limit: int, act: str | None = None) -> list[Entry]:
    """Returns the newest rows, newest first."""
    query = select(journal).order_by(journal.c.id.desc()).limit(limit)
    if act is not None:
        query = query.where(journal.c.act == act)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(row.at, row.actor, row.act, row.subject, json.loads(row.detail))
