"""Delivers stored bytes, one lane after its own order, different lanes side by side.

1. take the lane's lease, so that one process delivers on it
2. take the message in flight, or have the next one packed
3. post the stored bytes; while they are on their way the message after them is packed
4. verify the receipt as any message is verified, and that it answers this very message
5. settle on a verified receipt; anything else is tried again: doubling, jittered, kept in the row

The delivery loop sees no key of ours; catch-up after a stop is the same path.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from mra_gateway.clock import Clock
from mra_gateway.errors import (
    DeliveryError,
    MessageRejected,
    PartnerUnreachable,
    Reason,
    UntrustedMessage,
)
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.pack import Packed, Packer
from mra_gateway.flows.settle import Heal, check_answers, settle
from mra_gateway.model.trust import RawMessage, VerdictOutcome
from mra_gateway.settings import DeliverySettings
from mra_gateway.store import inbox, lanes, outbox
from mra_gateway.store.database import Database
from mra_gateway.transport.carrier import Carrier
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode

LEASE = timedelta(seconds=60)


class Courier:
    """Delivers messages and settles them on their receipts."""

    def __init__(
        self,
        *,
        database: Database,
        packer: Packer,
        carrier: Carrier,
        verifier: Verifier,
        book: PartnerBook,
        clock: Clock,
        settings: DeliverySettings,
        holder: str,
        heal: Heal,
    ) -> None:
        self._database = database
        self._packer = packer
        self._carrier = carrier
        self._verifier = verifier
        self._book = book
        self._clock = clock
        self._settings = settings
        self._holder = holder
        self._heal = heal
        self._leased: dict[int, datetime] = {}

    async def deliver_lane(self, lane_id: int) -> None:
        """Delivers on a lane until nothing is left, or the message in flight has to wait.

        Raises:
            StoreError: The database failed; what is in flight is sent again later.
        """
        packed: Packed | None = None
        while await self._has_lease(lane_id):
            sent = await self._packer.next_message(lane_id, packed=packed)
            if sent is None or not self._is_due(sent):
                return
            agreed = self._book.registry
            ahead = asyncio.create_task(self._packer.pack_ahead(sent))
            try:
                if not await self.deliver(sent):
                    return
                packed = await ahead
            finally:
                ahead.cancel()
            if agreed is not self._book.registry:
                packed = None  # what may travel may have changed meanwhile

    async def deliver(self, sent: outbox.OutMessage) -> bool:
        """Delivers one message; True when the partner's receipt was settled on.

        Raises:
            StoreError: The database failed; the message is sent again later.
        """
        answer: bytes | None = None
        try:
            self._check_may_leave(sent)
            sent = await self._packer.renew(sent)
            answer, peer_certificate = await self._carrier.carry(sent.partner, sent.content)
            if answer is None:
                raise PartnerUnreachable("the receipt will follow", reason=Reason.OK)
            await self._settle(sent, answer, peer_certificate)
        except MessageRejected as error:
            if answer is not None:
                await self._keep_evidence(answer, error)
            await self._postpone(sent, error)
            return False
        except DeliveryError as error:
            await self._postpone(sent, error)
            return False
        return True

    async def _settle(
        self, sent: outbox.OutMessage, content: bytes, peer_certificate: bytes | None
    ) -> None:
        at = self._clock.now()
        raw = RawMessage(content=content, arrived_at=at, peer_certificate=peer_certificate)
        verified = self._verifier.verify(raw, at=at, partner_of=self._book.find_trust)
        if verified.verdict.outcome is not VerdictOutcome.PASSED:
            raise PartnerUnreachable(
                f"the receipt must wait: {verified.verdict.reason}", reason=verified.verdict.reason
            )
        receipt = check_answers(decode(verified).message, sent)
        await self._database.write(
            lambda c: settle(
                c,
                sent,
                receipt=receipt,
                content=content,
                at=at,
                ask_again=self._wait_after(sent.attempts),
                heal=self._heal,
            )
        )

    def _check_may_leave(self, sent: outbox.OutMessage) -> None:
        """Lets nothing leave under an arrangement that no longer covers the exchange.

        Raises:
            PartnerUnreachable: It waits until the arrangement does.
        """
        if sent.arrangement is None:
            return
        reason = self._book.check_exchange(
            sent.arrangement, partner=sent.partner, at=self._clock.now()
        )
        if reason is not Reason.OK:
            raise PartnerUnreachable("the arrangement does not cover this now", reason=reason)

    async def _keep_evidence(self, content: bytes, error: MessageRejected) -> None:
        verdict = error.verdict.model_dump_json() if isinstance(error, UntrustedMessage) else None
        await self._database.write(
            lambda c: inbox.keep_evidence(
                c, content, at=self._clock.now(), reason=error.reason, verdict=verdict
            )
        )

    async def _postpone(
        self, sent: outbox.OutMessage, error: DeliveryError | MessageRejected
    ) -> None:
        until = self._clock.now() + self._wait_after(sent.attempts)
        await self._database.write(
            lambda c: outbox.postpone(
                c, sent.id, until=until, error=error.text[:500], reason=error.reason
            )
        )

    async def _has_lease(self, lane_id: int) -> bool:
        at = self._clock.now()
        renewed_until = self._leased.get(lane_id)
        if renewed_until is not None and at < renewed_until - LEASE / 2:
            return True
        taken = await self._database.write(
            lambda c: lanes.take_lease(c, lane_id, holder=self._holder, at=at, until=at + LEASE)
        )
        if taken:
            self._leased[lane_id] = at + LEASE
        else:
            self._leased.pop(lane_id, None)
        return taken

    def _is_due(self, sent: outbox.OutMessage) -> bool:
        waiting = sent.state == outbox.WAITING
        due = sent.next_attempt_at is None or sent.next_attempt_at <= self._clock.now()
        return waiting and due

    def _wait_after(self, attempts: int) -> timedelta:
        """Doubles from the first to the last wait, spread by up to half."""
        longest = self._settings.last_retry_seconds
        wait = min(longest, self._settings.first_retry_seconds * 2 ** min(attempts, 30))
        return timedelta(seconds=min(longest, wait * (0.75 + 0.5 * self._clock.jitter())))
