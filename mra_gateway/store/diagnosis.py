"""Reading only: what a doctor asks a database about itself."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from mra_gateway.errors import Reason
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import MessageKind
from mra_gateway.store.exchange_tables import messages

RECENT = 200
"""How many settled messages are looked through for each partner's last prompt receipt."""


class PromptReceipt(NamedTuple):
    """A receipt that came with the first attempt, and when it came by our clock."""

    partner: Territory
    receipt: bytes
    at: datetime


def version(connection: Connection) -> str:
    """Returns kind and version of the database server or library."""
    if connection.dialect.name == "sqlite":
        return f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"


def moment(connection: Connection) -> datetime | None:
    """Returns what time it is for a database server; a library has no clock of its own."""
    if connection.dialect.name == "sqlite":
        return None
    now: datetime | None = connection.scalar(text("SELECT clock_timestamp()"))
    return now


def numbers_used_twice(connection: Connection) -> dict[Territory, int]:
    """Returns how many messages each partner refused because it knows their number already."""
    query = (
        select(messages.c.partner, func.count())
        .where(messages.c.direction == "out", messages.c.state == "parked")
        .where(messages.c.reason == Reason.SEQUENCE_ALREADY_USED)
        .group_by(messages.c.partner)
    )
    return {Territory.trusted(row[0]): row[1] for row in connection.execute(query)}


def unanswered(connection: Connection) -> dict[tuple[Territory, str], int]:
    """Returns how many messages were tried and are still under way, by partner and reason."""
    query = (
        select(messages.c.partner, messages.c.reason, func.count())
        .where(messages.c.direction == "out", messages.c.state.in_(("waiting", "held")))
        .where(messages.c.reason.is_not(None), messages.c.kind != MessageKind.PING)
        .group_by(messages.c.partner, messages.c.reason)
    )
    return {(Territory.trusted(row[0]), row[1]): row[2] for row in connection.execute(query)}


def size(connection: Connection) -> int:
    """Returns how many bytes the database takes."""
    if connection.dialect.name == "sqlite":
        pages = connection.scalar(text("PRAGMA page_count")) or 0
        return int(pages) * int(connection.scalar(text("PRAGMA page_size")) or 0)
    return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def damages(connection: Connection) -> list[str]:
    """Returns what SQLite finds damaged in its file; a PostgreSQL server watches its own."""
    if connection.dialect.name != "sqlite":
        return []
    said = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)"))]
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(20)
    return [line for line in said if line != "ok"] + [
        f"row {row[1]} of {row[0]} refers to nothing in {row[2]}" for row in broken
    ]


def prompt_receipts(connection: Connection) -> list[PromptReceipt]:
    """Returns each partner's newest receipt that came with the first attempt.

    A repeated message is answered with the receipt stored before, whose date says nothing about
    the partner's clock now.
    """
    query = (
        select(messages.c.partner, messages.c.receipt, messages.c.settled_at)
        .where(messages.c.direction == "out", messages.c.attempts == 1)
        .where(messages.c.receipt.is_not(None), messages.c.settled_at.is_not(None))
        .order_by(messages.c.id.desc())
        .limit(RECENT)
    )
    newest: dict[str, PromptReceipt] = {}
    for row in connection.execute(query):
        receipt = PromptReceipt(Territory.trusted(row.partner), row.receipt, row.settled_at)
        newest.setdefault(row.partner, receipt)
    return list(newest.values())
