"""Explains one message: its verdict step by step, what became of it, and each record's result.

Receipts are read the only way anything is read: verified first, then decoded. Our own receipts are
verified under our own anchors, as the partner verifies them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import MessageRejected, Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import Environment, Receipt
from mra_gateway.model.trust import RawMessage, Verdict
from mra_gateway.settings import Settings
from mra_gateway.store import message_log, outbox
from mra_gateway.trust.card import own_card
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode

PartnerOf = Callable[[Territory], PartnerTrust | None]


class Explained(NamedTuple):
    """One message and everything a person asks about it.

    Attributes:
        last_error: What the last attempt to deliver it met.
        verdict: On the message itself, as of when it was stored.
        receipt: What the receipt says; None without one, or when it does not verify.
        receipt_verdict: On the receipt.
    """

    message: message_log.Logged
    last_error: str | None
    verdict: Verdict
    receipt: Receipt | None
    receipt_verdict: Verdict | None


class Explainer:
    """Judges stored messages again, by the moment they were stored."""

    def __init__(self, *, settings: Settings, book: PartnerBook, clock: Clock) -> None:
        self._settings = settings
        self._book = book
        self._clock = clock

    def explain(
        self,
        connection: Connection,
        message_id: MessageId,
        *,
        partner: Territory | None = None,
    ) -> Explained:
        """Returns everything about one message.

        Raises:
            RequestRefused: None has that id.
        """
        logged = message_log.find(connection, message_id, partner=partner)
        if logged is None:
            raise RequestRefused(f"no message {message_id}", reason=Reason.NOT_FOUND)
        content = message_log.content_of(connection, logged.number)
        receipt = message_log.receipt_of(connection, logged.number)
        ours = logged.direction == "out"
        sent = outbox.find(connection, message_id) if ours else None
        answered_at = logged.settled_at or (self._clock.now() if ours else logged.stored_at)
        _, verdict = self._read(content, logged, at=logged.stored_at, ours=ours)
        body, receipt_verdict = (
            (None, None)
            if receipt is None
            else self._read(receipt, logged, at=answered_at, ours=not ours)
        )
        return Explained(
            logged,
            None if sent is None else sent.last_error,
            verdict,
            body if isinstance(body, Receipt) else None,
            receipt_verdict,
        )

    def _read(
        self, content: bytes, logged: message_log.Logged, *, at: datetime, ours: bool
    ) -> tuple[object | None, Verdict]:
        """Judges a document as its recipient does, and decodes it when it verifies."""
        verifier, partner_of = self._as_recipient(Territory.trusted(logged.partner), ours=ours)
        raw = RawMessage(content=content, arrived_at=at)
        verdict = verifier.judge(raw, at=at, partner_of=partner_of)
        try:
            return decode(verifier.verify(raw, at=at, partner_of=partner_of)).message.body, verdict
        except MessageRejected:
            return None, verdict

    def _as_recipient(self, partner: Territory, *, ours: bool) -> tuple[Verifier, PartnerOf]:
        us, environment = self._settings.territory, self._settings.environment
        if not ours:
            return self._verifier(us, environment), self._book.find_trust
        trust = PartnerTrust.from_cards([own_card(self._settings)])
        return self._verifier(partner, environment), {us: trust}.get

    def _verifier(self, recipient: Territory, environment: Environment) -> Verifier:
        return Verifier(
            us=recipient, environment=environment, max_bytes=self._settings.partner_api.max_bytes
        )
