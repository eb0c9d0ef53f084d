"""Acts that wait for a second officer, so that a console obeys the same ones as the command line.

What an approved act does is in `flows/approve.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.officers import ApprovalKind
from mra_gateway.store.tables import approvals

OPEN = "open"
APPROVED = "approved"
REJECTED = "rejected"
LAPSED = "lapsed"
"""Nobody decided: what waited has been overtaken."""


class Approval(NamedTuple):
    """An act requested; `payload` is what the flow that carries it out needs, as JSON."""

    id: str
    kind: ApprovalKind
    summary: str
    payload: str
    requested_by: str
    requested_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    note: str | None

    @property
    def due_at(self) -> datetime | None:
        """By when it has to be decided, where something else happens otherwise."""
        if self.kind is not ApprovalKind.CONFIRM_SUSPENSION:
            return None
        return datetime.fromisoformat(json.loads(self.payload)["due_at"])

    def is_overdue(self, at: datetime) -> bool:
        """Says whether it waits although it had to be decided."""
        return self.state == OPEN and self.due_at is not None and self.due_at <= at


def request(
    connection: Connection,
    approval_id: str,
    *,
    kind: ApprovalKind,
    summary: str,
    payload: str,
    requested_by: str,
    at: datetime,
) -> None:
    """Stores a request for a second officer."""
    connection.execute(
        insert(approvals).values(
            id=approval_id,
            kind=kind,
            summary=summary,
            payload=payload,
            requested_by=requested_by,
            requested_at=at,
            state=OPEN,
        )
    )


def listed(connection: Connection, *, state: str | None = OPEN) -> list[Approval]:
    """Returns requests in one state (all when None), oldest first."""
    query = select(approvals).order_by(approvals.c.requested_at, approvals.c.id)
    if state is not None:
        query = query.where(approvals.c.state == state)
    return [_approval(row) for row in connection.execute(query)]


def get(connection: Connection, approval_id: str) -> Approval:
    """Returns a request, locked for this transaction; an unambiguous prefix of its id will do.

    Raises:
        RequestRefused: There is none, or more than one with this prefix.
    """
    query = (
        select(approvals)
        # not LIKE: it ignores case on one of the two databases
        .where(func.substr(approvals.c.id, 1, len(approval_id)) == approval_id)
        .limit(2)
        .with_for_update()
    )
    rows = connection.execute(query).all() if approval_id else []
    if len(rows) != 1:
        raise RequestRefused(
            f"{'no' if not rows else 'more than one'} request {approval_id[:40]!r}",
            reason=Reason.NOT_FOUND,
        )
    return _approval(rows[0])


def decide(
    connection: Connection, approval_id: str, *, state: str, by: str, at: datetime, note: str | None
) -> None:
    """Writes a second officer's decision, once.

    Raises:
        RequestRefused: It has been decided before.
    """
    done = connection.execute(
        update(approvals)
        .where(approvals.c.id == approval_id, approvals.c.state == OPEN)
        .values(state=state, decided_by=by, decided_at=at, note=note)
    )
    if done.rowcount != 1:
        raise RequestRefused(
            "this request has been decided", reason=Reason.APPROVAL_ALREADY_DECIDED
        )


def _approval(row: Row[tuple[object, ...]]) -> Approval:
    return Approval(
        row.id,
        ApprovalKind(row.kind),
        row.summary,
        row.payload,
        row.requested_by,
        row.requested_at,
        row.state,
        row.decided_by,
        row.decided_at,
        row.note,
    )
