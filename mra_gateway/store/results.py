"""Recognition results, with everything they rest on, so that they can be shown and recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, insert, select

from mra_gateway.store.tables import results


class StoredResult(NamedTuple):
    """A result as stored; declaration and result are JSON."""

    id: str
    decided_at: datetime
    accepted_at: datetime
    known_at: datetime
    reference: str
    recognised: bool
    declaration: str
    result: str
    requested_by: str


def add(connection: Connection, new: Sequence[StoredResult]) -> None:
    """Stores results."""
    if new:
        connection.execute(insert(results), [result._asdict() for result in new])


def find(connection: Connection, result_id: str) -> StoredResult | None:
    """Returns a result by its id, or None."""
    row = connection.execute(select(results).where(results.c.id == result_id)).one_or_none()
    return None if row is None else _result(row)


def of_declaration(connection: Connection, reference: str) -> list[StoredResult]:
    """Returns every result for a declaration's reference, oldest first."""
    query = (
        select(results)
        .where(results.c.reference == reference)
        .order_by(results.c.decided_at, results.c.id)
    )
    return [_result(row) for row in connection.execute(query)]


def _result(row: Row[tuple[object, ...]]) -> StoredResult:
    return StoredResult(
        row.id,
        row.decided_at,
        row.accepted_at,
        row.known_at,
        row.reference,
        row.recognised,
        row.declaration,
        row.result,
        row.requested_by,
    )
