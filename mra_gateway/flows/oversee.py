"""Officers' decisions about partners: pin a card, confirm an arrangement, revoke a key.

What widens trust takes two officers (the second approves, `approve.py`); what narrows it, one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.model.officers import Actor, ApprovalKind, OfficerRole
from mra_gateway.registry.load import arrangement_digest
from mra_gateway.store import approvals, journal
from mra_gateway.store import partners as decided
from mra_gateway.trust.card import card_fingerprints

OnApproved = Callable[[Connection, approvals.Approval, str], None]
"""Carries out an approved act; the last argument is the second officer."""


class _Confirm(NamedTuple):
    """What the confirmation of an arrangement rests on."""

    arrangement: str
    digest: str
    legal_act: str
    act_on: str


class Overseer:
    """Decides about partners, with the second officer where it takes two."""

    def __init__(self, *, book: PartnerBook, announcer: Announcer, clock: Clock) -> None:
        self._book = book
        self._announcer = announcer
        self._clock = clock

    def request_pin(self, connection: Connection, card: PartnerCard, *, by: Actor) -> str:
        """Asks a second officer to pin a partner's card, and returns the request.

        Raises:
            RequestRefused: Not permitted, our own card, or a card of the other environment.
        """
        check_role(by, OfficerRole.SECURITY)
        if card.territory == self._book.us:
            raise RequestRefused("this is our own card")
        if card.environment != self._book.environment:
            raise RequestRefused(
                f"the card is for {card.environment}, this home for {self._book.environment}",
                reason=Reason.ENVIRONMENT_MISMATCH,
            )
        prints = ", ".join(f"{what} {value}" for what, value in card_fingerprints(card))
        return self._request(
            connection,
            ApprovalKind.PIN_PARTNER,
            summary=f"Trust {card.territory} ({card.url or 'no address'}): {prints}",
            payload=card.model_dump_json(),
            by=by,
        )

    def request_confirmation(
        self,
        connection: Connection,
        arrangement: ArrangementId,
        *,
        legal_act: str,
        act_on: date,
        by: Actor,
    ) -> str:
        """Asks a second officer to confirm our copy of an arrangement, and returns the request.

        Raises:
            RequestRefused: Not permitted, no such arrangement, or we are not a party.
        """
        check_role(by, OfficerRole.LEGAL)
        facts = self._book.registry.get_arrangement(arrangement)
        if facts.party(self._book.us) is None:
            raise RequestRefused(
                f"{self._book.us} is not a party of {arrangement}", reason=Reason.NOT_A_PARTY
            )
        if not legal_act.strip():
            raise RequestRefused("name the legal act that brings the arrangement into effect")
        payload = _Confirm(
            arrangement, arrangement_digest(facts), legal_act.strip(), act_on.isoformat()
        )
        return self._request(
            connection,
            ApprovalKind.CONFIRM_ARRANGEMENT,
            summary=f"Confirm {arrangement} on the strength of {legal_act} of {act_on}",
            payload=json.dumps(payload._asdict(), ensure_ascii=False),
            by=by,
        )

    def revoke_key(
        self,
        connection: Connection,
        territory: Territory,
        *,
        fingerprint: Digest,
        since: datetime,
        note: str,
        by: Actor,
    ) -> None:
        """Ends the trust in one certificate of a partner since a moment, at once.

        What was received and logged before stands.

        Raises:
            RequestRefused: Not permitted.
        """
        check_role(by, OfficerRole.SECURITY)
        at = self._clock.now()
        decided.revoke(
            connection,
            self._clock.new_uuid(),
            territory=territory,
            fingerprint=fingerprint,
            since=since,
            at=at,
            by=by.name,
            note=note,
        )
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="key revoked",
            subject=territory,
            detail={"fingerprint": fingerprint, "since": since.isoformat(), "note": note},
        )

    def withdraw_card(self, connection: Connection, territory: Territory, *, by: Actor) -> int:
        """Ends the trust in every card of a partner, at once, and returns how many.

        Raises:
            RequestRefused: Not permitted, or no card is pinned.
        """
        check_role(by, OfficerRole.SECURITY)
        at = self._clock.now()
        ended = decided.withdraw_cards(connection, territory, at=at)
        if not ended:
            raise RequestRefused(f"no card of {territory} is pinned", reason=Reason.NOT_FOUND)
        journal.record(connection, at=at, actor=by.name, act="cards withdrawn", subject=territory)
        return ended

    def withdraw_confirmation(
        self, connection: Connection, arrangement: ArrangementId, *, by: Actor
    ) -> int:
        """Stops the exchange and decisions under an arrangement, at once.

        Raises:
            RequestRefused: Not permitted, or it was not confirmed.
        """
        check_role(by, OfficerRole.LEGAL)
        at = self._clock.now()
        ended = decided.withdraw_confirmation(connection, arrangement, at=at)
        if not ended:
            raise RequestRefused(f"{arrangement} is not confirmed", reason=Reason.NOT_FOUND)
        journal.record(
            connection, at=at, actor=by.name, act="confirmation withdrawn", subject=arrangement
        )
        return ended

    # --- approved by a second officer

    def pin(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Pins the card of an approved request; earlier cards stay valid beside it."""
        decided.pin(
            connection,
            self._clock.new_uuid(),
            card=PartnerCard.model_validate_json(approval.payload),
            at=self._clock.now(),
            by=approval.requested_by,
            second_officer=second,
        )

    def confirm(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Confirms the arrangement of an approved request; in force, its full list is announced.

        Raises:
            RequestRefused: Its content has changed since the request.
        """
        asked = _Confirm(**json.loads(approval.payload))
        arrangement = ArrangementId(asked.arrangement)
        facts = self._book.registry.get_arrangement(arrangement)
        if arrangement_digest(facts) != asked.digest:
            raise RequestRefused(
                f"{arrangement} has changed since the request: confirm it anew",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        at = self._clock.now()
        decided.confirm(
            connection,
            self._clock.new_uuid(),
            confirmation=decided.Confirmation(
                arrangement,
                Digest(asked.digest),
                asked.legal_act,
                date.fromisoformat(asked.act_on),
                approval.requested_by,
                second,
                at,
            ),
        )
        self._book.refresh_within(connection)
        for id_, partner in self._book.covers_with(at=at):
            if id_ == arrangement:
                self._announcer.announce_list(connection, id_, partner=partner, at=at)

    def _request(
        self, connection: Connection, kind: ApprovalKind, *, summary: str, payload: str, by: Actor
    ) -> str:
        request = self._clock.new_uuid()
        at = self._clock.now()
        approvals.request(
            connection,
            request,
            kind=kind,
            summary=summary,
            payload=payload,
            requested_by=by.name,
            at=at,
        )
        journal.record(connection, at=at, actor=by.name, act=f"requested {kind}", subject=request)
        return request
