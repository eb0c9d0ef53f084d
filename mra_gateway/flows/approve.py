"""Approves or rejects what waits for a second officer, and carries it out in the same transaction.

The second officer is never the one who asked, and has the role the act needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.apply_list import let_take_effect
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.compose import Answered, Composer
from mra_gateway.flows.judge import HeldList
from mra_gateway.flows.oversee import OnApproved
from mra_gateway.model.identifiers import ListId
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind
from mra_gateway.store import approvals, facts, inbox, journal, lanes, lists


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


class HeldLists:
    """Lets a partner's list that was held take effect, or refuses it, on an officer's word."""

    def __init__(self, *, composer: Composer, clock: Clock) -> None:
        self._composer = composer
        self._clock = clock

    def apply(self, connection: Connection, approval: approvals.Approval, second: str) -> None:  # noqa: ARG002
        """Applies the list; what changed after its cut wins over it.

        Raises:
            RequestRefused: A newer list has replaced it.
        """
        held, lane, full = self._find(connection, approval)
        register = facts.Register(lane.partner, lane.arrangement)
        applied = let_take_effect(
            connection, full, register=register, at=self._clock.now(), message_row=held.message_row
        )
        lanes.advance(connection, lane, list_cut=applied.list_cut)
        self._answer(connection, held, lane, outcome=ReceiptOutcome.ACCEPTED, reason=Reason.OK)

    def refuse(self, connection: Connection, approval: approvals.Approval, second: str) -> None:  # noqa: ARG002
        """Refuses the list: the partner is told, what was held stays.

        Raises:
            RequestRefused: A newer list has replaced it.
        """
        held, lane, full = self._find(connection, approval)
        lists.close(
            connection,
            full.id,
            state=lists.REFUSED,
            at=self._clock.now(),
            reason=Reason.MASS_CHANGE_HELD,
        )
        self._answer(
            connection,
            held,
            lane,
            outcome=ReceiptOutcome.REFUSED,
            reason=Reason.MASS_CHANGE_HELD,
        )

    def _find(
        self, connection: Connection, approval: approvals.Approval
    ) -> tuple[HeldList, lanes.Lane, lists.FullList]:
        held = HeldList.from_json(approval.payload)
        lane = lanes.lock_by_id(connection, held.lane_id)
        full = lists.find(connection, lane.id, ListId.trusted(held.list_id))
        if full is None or full.state != lists.HELD:
            raise RequestRefused(
                "a newer list has replaced this one", reason=Reason.STATE_NOT_SUITABLE
            )
        return held, lane, full

    def _answer(
        self,
        connection: Connection,
        held: HeldList,
        lane: lanes.Lane,
        *,
        outcome: ReceiptOutcome,
        reason: Reason,
    ) -> None:
        message = inbox.get(connection, held.message_row)
        unsigned = self._composer.receipt(
            Answered(
                lane.partner,
                message.message_id,
                message.digest,
                lane.arrangement,
                message.stored_at,
            ),
            outcome=outcome,
            reason=reason,
            epoch=lane.epoch,
            expected=lane.next_sequence,
        )
        inbox.answer(
            connection,
            held.message_row,
            state=inbox.DONE,
            outcome=outcome,
            reason=reason,
            receipt_unsigned=unsigned,
            lane_id=lane.id,
            sequence=message.sequence,
            settled_at=self._clock.now(),
        )
