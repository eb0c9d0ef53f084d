"""Holds a full list that would end many authorisations, until a second officer has decided.

1. asked: the list is staged, its message consumed its number, an officer sees the request
2. it takes effect, or is refused, on the officer's word; or a newer list replaces it first
3. the partner learns the outcome: the receipt of the held message is written anew
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.apply_list import let_take_effect
from mra_gateway.flows.compose import Answered, Composer
from mra_gateway.model.identifiers import ListId
from mra_gateway.model.messages import ReceiptOutcome, StatusListPart
from mra_gateway.model.officers import ApprovalKind
from mra_gateway.store import approvals, facts, inbox, journal, lanes, lists


class HeldList(NamedTuple):
    """What a second officer's approval of a list needs to carry it out."""

    lane_id: int
    list_id: str
    message_row: int

    def to_json(self) -> str:
        """Returns the payload of the approval."""
        return json.dumps(self._asdict())

    @classmethod
    def from_json(cls, payload: str) -> HeldList:
        """Returns what an approval's payload says."""
        return cls(**json.loads(payload))


class HeldLists:
    """Asks about lists that were held, and lets them take effect or refuses them."""

    def __init__(self, *, composer: Composer, clock: Clock) -> None:
        self._composer = composer
        self._clock = clock

    def ask(
        self,
        connection: Connection,
        part: StatusListPart,
        *,
        lane: lanes.Lane,
        message_row: int,
        reason: Reason,
        at: datetime,
    ) -> None:
        """Asks a second officer whether a list may take effect.

        Args:
            connection: The transaction that staged it.
            part: Its last part.
            lane: Where it came.
            message_row: The message that brought the last part.
            reason: Why it is held.
            at: When.
        """
        approvals.request(
            connection,
            self._clock.new_uuid(),
            kind=ApprovalKind.APPLY_LIST,
            summary=(
                f"Full list of {lane.partner} under {lane.arrangement}, {part.total} operators, "
                f"held: {reason}"
            ),
            payload=HeldList(lane.id, part.list_id, message_row).to_json(),
            requested_by=journal.SYSTEM,
            at=at,
        )

    def end_wait(
        self, connection: Connection, replaced: lists.FullList, *, lane: lanes.Lane, at: datetime
    ) -> None:
        """Tells the sender of a list that waited, and the officer, that a newer one replaced it."""
        for asked in approvals.listed(connection):
            if asked.kind is ApprovalKind.APPLY_LIST:
                held = HeldList.from_json(asked.payload)
                if (held.lane_id, held.list_id) == (replaced.lane_id, replaced.list_id):
                    approvals.decide(
                        connection,
                        asked.id,
                        state=approvals.LAPSED,
                        by=journal.SYSTEM,
                        at=at,
                        note="a newer list has replaced this one",
                    )
        assert replaced.last_message is not None
        waiting = inbox.find(connection, lane.partner, replaced.last_message)
        if waiting is not None and waiting.state == inbox.HELD:
            superseded = ReceiptOutcome.SUPERSEDED, Reason.SUPERSEDED
            self._answer(connection, waiting, lane, *superseded, at=at)

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
        message = inbox.get(connection, held.message_row)
        accepted = ReceiptOutcome.ACCEPTED, Reason.OK
        self._answer(connection, message, lane, *accepted, at=self._clock.now())

    def refuse(self, connection: Connection, approval: approvals.Approval, second: str) -> None:  # noqa: ARG002
        """Refuses the list: the partner is told, what was held stays.

        Raises:
            RequestRefused: A newer list has replaced it.
        """
        held, lane, full = self._find(connection, approval)
        at, reason = self._clock.now(), Reason.MASS_CHANGE_HELD
        lists.close(connection, full.id, state=lists.REFUSED, at=at, reason=reason)
        message = inbox.get(connection, held.message_row)
        self._answer(connection, message, lane, ReceiptOutcome.REFUSED, reason, at=at)

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
        message: inbox.InMessage,
        lane: lanes.Lane,
        outcome: ReceiptOutcome,
        reason: Reason,
        *,
        at: datetime,
    ) -> None:
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
            message.id,
            state=inbox.DONE,
            outcome=outcome,
            reason=reason,
            receipt_unsigned=unsigned,
            lane_id=lane.id,
            sequence=message.sequence,
            settled_at=at,
        )
