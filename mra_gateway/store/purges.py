"""Evidence of purges: what a retention had removed, how many of each, and the digest of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.store.tables import purges


class Purge(NamedTuple):
    """One purge of one partner's operators under one arrangement.

    Attributes:
        retention_days: As the arrangement stated it.
        ended_before: Operators that had ended before this moment were purged.
        operators: How many.
        removed: Kind of thing → how many.
        digest: SHA-256 of what was removed, by which a copy kept elsewhere can be recognised.
    """

    purged_at: datetime
    partner: Territory
    arrangement: ArrangementId
    retention_days: int
    ended_before: datetime
    operators: int
    removed: Mapping[str, int]
    digest: Digest
    requested_by: str
    approved_by: str


def add(connection: Connection, purge: Purge) -> None:
    """Keeps the evidence of a purge, in the transaction that purges."""
    values = {**purge._asdict(), "removed": json.dumps(dict(purge.removed), sort_keys=True)}
    connection.execute(insert(purges).values(values))


def listed(connection: Connection) -> list[Purge]:
    """Returns every purge, oldest first."""
    return [
        Purge(
            row.purged_at,
            Territory.trusted(row.partner),
            ArrangementId.trusted(row.arrangement),
            row.retention_days,
            row.ended_before,
            row.operators,
            json.loads(row.removed),
            Digest.trusted(row.digest),
            row.requested_by,
            row.approved_by,
        )
        for row in connection.execute(select(purges).order_by(purges.c.id))
    ]
