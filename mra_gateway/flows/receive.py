"""Receives a partner's message and answers it with a signed receipt.

1. verify: bytes that do not parse or do not verify are kept as evidence and refused unsigned;
   nothing is consumed
2. decode the signed part only
3. judge in one transaction (`judge.py`); a receipt that came as a message settles what it answers
4. sign the receipt outside the transaction, store it once, reply
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import MessageRejected, PartnerUnreachable, Reason, UntrustedMessage
from mra_gateway.flows.judge import Bench, Case, Judged
from mra_gateway.flows.settle import Heal, check_answers, settle
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import Message, MessageKind, Receipt, ReceiptOutcome
from mra_gateway.model.trust import RawMessage, VerdictOutcome, VerifiedMessage
from mra_gateway.store import inbox, outbox
from mra_gateway.store.database import Database
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import Decoded, decode

_LARGE = 64_000
"""Bytes from which verification runs on a thread, so that it does not hold up other partners."""


class Reply(NamedTuple):
    """What the partner gets: a signed receipt, or nothing for a receipt of its own."""

    receipt: bytes | None
    outcome: ReceiptOutcome
    reason: Reason
    kind: MessageKind
    message_id: MessageId


class Receiver:
    """Takes messages of partners, whatever road they came by."""

    def __init__(
        self,
        *,
        database: Database,
        verifier: Verifier,
        bench: Bench,
        ask_again: timedelta,
        heal: Heal,
    ) -> None:
        self._database = database
        self._verifier = verifier
        self._bench = bench
        self._ask_again = ask_again
        self._heal = heal

    async def receive(self, raw: RawMessage) -> Reply:
        """Takes one message.

        Returns:
            The signed receipt; for a receipt that came as a message, nothing to send.

        Raises:
            MalformedMessage: The bytes are no message; evidence is kept, nothing is consumed.
            UntrustedMessage: It did not verify; the same.
            StoreError: The database failed; nothing of the message remains.
        """
        try:
            verified = await self._verify(raw)
            decoded = decode(verified)
        except MessageRejected as error:
            await self._keep_evidence(raw, error)
            raise
        judged = await self._database.write(lambda c: self._judge(c, raw, verified, decoded))
        envelope = decoded.message.envelope
        return Reply(
            await self._signed(judged),
            judged.outcome,
            judged.reason,
            envelope.kind,
            envelope.message_id,
        )

    async def _verify(self, raw: RawMessage) -> VerifiedMessage:
        at = self._bench.clock.now()
        if len(raw.content) < _LARGE:
            return self._verifier.verify(raw, at=at, partner_of=self._bench.book.find_trust)
        return await asyncio.to_thread(
            self._verifier.verify, raw, at=at, partner_of=self._bench.book.find_trust
        )

    async def _keep_evidence(self, raw: RawMessage, error: MessageRejected) -> None:
        verdict = error.verdict.model_dump_json() if isinstance(error, UntrustedMessage) else None
        peer = raw.peer_certificate
        await self._database.write(
            lambda c: inbox.keep_evidence(
                c,
                raw.content,
                at=self._bench.clock.now(),
                reason=error.reason,
                peer_fingerprint=None if peer is None else hashlib.sha256(peer).hexdigest(),
                verdict=verdict,
            )
        )

    async def _signed(self, judged: Judged) -> bytes | None:
        if judged.signed is not None or judged.unsigned is None:
            return judged.signed
        unsigned, row = judged.unsigned, judged.row
        signed = self._bench.composer.sign(unsigned)
        if row is None:
            return signed
        return await self._database.write(
            lambda c: inbox.store_receipt(c, row, unsigned=unsigned, signed=signed)
        )

    def _judge(
        self, connection: Connection, raw: RawMessage, verified: VerifiedMessage, decoded: Decoded
    ) -> Judged:
        message = decoded.message
        if message.envelope.kind is MessageKind.RECEIPT:
            return self._take_receipt(connection, message, verified, content=raw.content)
        return Case(self._bench, connection, raw, verified, decoded).judge()

    def _take_receipt(
        self, connection: Connection, message: Message, verified: VerifiedMessage, *, content: bytes
    ) -> Judged:
        """A receipt gets no receipt; one that settles nothing is kept as evidence."""
        body = message.body
        assert isinstance(body, Receipt)
        at = self._bench.clock.now()
        if verified.verdict.outcome is not VerdictOutcome.PASSED:
            # what it answers is asked for again; then the receipt can be judged
            return Judged(ReceiptOutcome.HELD, verified.verdict.reason, None)
        sent = outbox.find(connection, body.message_id)
        try:
            receipt = check_answers(message, sent)
        except PartnerUnreachable as error:
            inbox.keep_evidence(
                connection,
                content,
                at=at,
                reason=error.reason,
                claimed_sender=message.envelope.sender,
                claimed_message_id=message.envelope.message_id,
            )
            return Judged(ReceiptOutcome.REFUSED, error.reason, None)
        assert sent is not None
        settle(
            connection,
            sent,
            receipt=receipt,
            content=content,
            at=at,
            ask_again=self._ask_again,
            heal=self._heal,
        )
        return Judged(ReceiptOutcome.ACCEPTED, Reason.OK, None)
