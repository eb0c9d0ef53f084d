"""Composes our own messages: envelope, encoding, signature.

`unsigned` needs no key and may run inside a transaction; `sign` is the only step that touches the
signer and always runs outside one, so that a slow HSM never holds a lock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.messages import (
    SEQUENCED,
    Body,
    Capabilities,
    Envelope,
    Environment,
    Message,
    Receipt,
    ReceiptOutcome,
    RecordResult,
)
from mra_gateway.store.outbox import NewMessage
from mra_gateway.trust.shape import without_signature
from mra_gateway.trust.signer import Signer
from mra_gateway.wire import xml
from mra_gateway.wire.codec import encode


class Answered(NamedTuple):
    """The message a receipt answers, as far as the receipt needs it."""

    sender: Territory
    message_id: MessageId
    digest: Digest
    arrangement: ArrangementId | None
    received_at: datetime


class Composer:
    """Writes messages in our name."""

    def __init__(
        self, *, us: Territory, environment: Environment, signer: Signer, clock: Clock
    ) -> None:
        self._us = us
        self._environment = environment
        self._signer = signer
        self._clock = clock

    @property
    def signer_until(self) -> datetime:
        """When the certificate we sign with ends."""
        return self._signer.certificate.not_valid_after_utc.astimezone(UTC)

    def unsigned(
        self,
        body: Body,
        *,
        recipient: Territory,
        arrangement: ArrangementId | None,
        epoch: int,
        sequence: int | None = None,
    ) -> tuple[Message, bytes]:
        """Returns a message with a fresh id, and its unsigned document.

        Raises:
            MalformedMessage: The content does not fit the schema.
        """
        assert (sequence is not None) == (body.kind in SEQUENCED)
        message = Message(
            envelope=Envelope(
                message_id=MessageId(self._clock.new_uuid()),
                kind=body.kind,
                environment=self._environment,
                sender=self._us,
                recipient=recipient,
                arrangement=arrangement,
                sequence=sequence,
                epoch=epoch,
                created_at=self._clock.now(),
            ),
            body=body,
        )
        return message, encode(message)

    def receipt(
        self,
        answered: Answered,
        *,
        outcome: ReceiptOutcome,
        reason: Reason,
        epoch: int,
        expected: int | None = None,
        results: tuple[RecordResult, ...] = (),
        capabilities: Capabilities | None = None,
    ) -> bytes:
        """Returns the unsigned document of a receipt."""
        body = Receipt(
            message_id=answered.message_id,
            digest=answered.digest,
            outcome=outcome,
            reason=reason,
            received_at=answered.received_at,
            expected=expected,
            results=results,
            capabilities=capabilities,
        )
        _, document = self.unsigned(
            body, recipient=answered.sender, arrangement=answered.arrangement, epoch=epoch
        )
        return document

    def sign(self, document: bytes) -> bytes:
        """Returns a document signed now."""
        return self._signer.sign(document, at=self._clock.now())

    def sign_again(self, content: bytes) -> bytes:
        """Returns a signed message of ours with a signature of now instead of its old one."""
        root = xml.parse(content, max_bytes=len(content))
        without_signature(root)
        return self.sign(xml.canonical(root))

    def signed_message(
        self,
        message: Message,
        document: bytes,
        *,
        lane_id: int | None = None,
        records: int = 0,
        answers: MessageId | None = None,
    ) -> NewMessage:
        """Returns a message signed and ready to be stored for delivery."""
        envelope = message.envelope
        return NewMessage(
            partner=envelope.recipient,
            message_id=envelope.message_id,
            kind=envelope.kind,
            arrangement=envelope.arrangement,
            epoch=envelope.epoch,
            lane_id=lane_id,
            sequence=envelope.sequence,
            digest=xml.digest_of(document),  # what the codec writes is canonical
            content=self.sign(document),
            created_at=envelope.created_at,
            records=records,
            signer_until=self.signer_until,
            answers=answers,
        )
