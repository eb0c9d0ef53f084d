"""Approves or rejects what waits for a second officer, and carries it out in the same transaction.

The second officer is never the one who asked, and has the role the act needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.oversee import OnApproved
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind
from mra_gateway.store import approvals, journal


class Approver:
    """Carries out approved acts; one function per kind, handed in."""

    def __init__(
        self,
        *,
        clock: Clock,
        on_approved: Mapping[ApprovalKind, OnApproved],
        on_rejected: Mapping[ApprovalKind, OnApproved],
    ) -> None:
        self._clock = clock
        self._on_approved = on_approved
        self._on_rejected = on_rejected

    def approve(
        self, connection: Connection, request: str, *, by: Actor, note: str | None = None
    ) -> approvals.Approval:
        """Approves a request and carries it out, or neither.

        Args:
            connection: The transaction.
            request: Its id, or the beginning of it.
            by: The second officer.
            note: Why, in words.

        Raises:
            RequestRefused: None such, decided before, asked for by the same officer, the role is
                missing, or the act is no longer possible.
        """
        return self._decide(connection, request, state=approvals.APPROVED, by=by, note=note)

    def reject(
        self, connection: Connection, request: str, *, by: Actor, note: str | None = None
    ) -> approvals.Approval:
        """Rejects a request.

        Raises:
            RequestRefused: As `approve`.
        """
        return self._decide(connection, request, state=approvals.REJECTED, by=by, note=note)

    def _decide(
        self, connection: Connection, request: str, *, state: str, by: Actor, note: str | None
    ) -> approvals.Approval:
        asked = approvals.get(connection, request)
        check_role(by, *NEEDED_ROLES[asked.kind])
        if asked.requested_by == by.name and state == approvals.APPROVED:
            raise RequestRefused(
                f"{by.name} asked for this; another officer approves it",
                reason=Reason.SECOND_OFFICER_REQUIRED,
            )
        at = self._clock.now()
        approvals.decide(connection, asked.id, state=state, by=by.name, at=at, note=note)
        acts = self._on_approved if state == approvals.APPROVED else self._on_rejected
        if asked.kind in acts:
            acts[asked.kind](connection, asked, by.name)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act=f"{state} {asked.kind}",
            subject=asked.id,
            detail={"requested_by": asked.requested_by, "note": note},
        )
        return asked
