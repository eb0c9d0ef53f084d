"""Asks a partner about one operator, and answers a partner's question; also pings.

An enquiry is answered from our own register: who is listed to this partner is a hit, everybody else
is not, without a word why. Enquiries whose answer is not written yet are found in the store, so a
crash between receipt and answer loses none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import MessageRejected, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.compose import Composer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory
from mra_gateway.model.messages import Body, Ping, StatusAnswer, StatusEnquiry
from mra_gateway.model.trust import RawMessage
from mra_gateway.store import inbox, journal, outbox, properties
from mra_gateway.store.database import Database
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode


class Enquirer:
    """Sends what does not queue in a lane, and answers enquiries."""

    def __init__(
        self,
        *,
        database: Database,
        announcer: Announcer,
        composer: Composer,
        verifier: Verifier,
        book: PartnerBook,
        clock: Clock,
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._composer = composer
        self._verifier = verifier
        self._book = book
        self._clock = clock

    async def ping(self, partner: Territory) -> MessageId:
        """Stores a Ping for delivery and returns its id.

        Raises:
            StoreError: The database failed.
        """
        return await self._send(Ping(), partner=partner, arrangement=None)

    async def enquire(
        self,
        identifier: str,
        *,
        partner: Territory,
        arrangement: ArrangementId,
        at: datetime,
    ) -> MessageId:
        """Stores an enquiry for delivery and returns its id.

        Raises:
            RequestRefused: We may not exchange with this partner under this arrangement now.
            StoreError: The database failed.
        """
        now = self._clock.now()
        reason = self._book.check_exchange(arrangement, partner=partner, at=now)
        if reason != "OK":
            raise RequestRefused(f"no enquiry to {partner} under {arrangement}", reason=reason)
        body = StatusEnquiry(identifier=identifier, at=at)
        return await self._send(body, partner=partner, arrangement=arrangement)

    async def answer_enquiries(self) -> int:
        """Answers every enquiry that has none, and returns how many that were.

        Raises:
            StoreError: The database failed; what was not answered is next time.
        """
        stored = await self._database.read(inbox.unanswered_enquiries)
        for message in stored:
            await self._answer(message)
        return len(stored)

    async def _answer(self, stored: inbox.InMessage) -> None:
        """Reads the question from the bytes that were verified when they came, as of then."""
        raw = RawMessage(content=stored.content, arrived_at=stored.stored_at)
        try:
            verified = self._verifier.verify(
                raw, at=stored.stored_at, partner_of=self._book.find_trust
            )
        except MessageRejected as error:
            await self._give_up(stored, error)
            return
        message = decode(verified).message
        arrangement, asked = message.envelope.arrangement, message.body
        assert arrangement is not None
        assert isinstance(asked, StatusEnquiry)
        found = await self._database.read(
            lambda c: self._announcer.find_visible(
                c,
                asked.identifier,
                partner=message.envelope.sender,
                arrangement=arrangement,
                valid_at=asked.at,
                at=self._clock.now(),
            )
        )
        answer = StatusAnswer(
            enquiry_id=stored.message_id,
            identifier=asked.identifier,
            at=asked.at,
            hit=found is not None,
            status=None if found is None else found.status,
            operator=None if found is None else found.operator,
        )
        await self._send(
            answer,
            partner=message.envelope.sender,
            arrangement=arrangement,
            answers=stored.message_id,
        )

    async def _give_up(self, stored: inbox.InMessage, error: MessageRejected) -> None:
        """A question whose signer we trust no longer gets no answer."""
        at = self._clock.now()

        def write(connection: Connection) -> None:
            if inbox.claim_enquiry(connection, stored.partner, stored.message_id, at=at):
                journal.record(
                    connection,
                    at=at,
                    actor=journal.SYSTEM,
                    act="enquiry not answered",
                    subject=stored.message_id,
                    detail={"reason": error.reason},
                )

        await self._database.write(write)

    async def _send(
        self,
        body: Body,
        *,
        partner: Territory,
        arrangement: ArrangementId | None,
        answers: MessageId | None = None,
    ) -> MessageId:
        epoch = await self._database.read(properties.get_epoch)
        message, document = self._composer.unsigned(
            body, recipient=partner, arrangement=arrangement, epoch=epoch
        )
        signed = self._composer.signed_message(message, document, answers=answers)
        await self._database.write(lambda c: self._store(c, signed))
        return message.envelope.message_id

    def _store(self, connection: Connection, signed: outbox.NewMessage) -> None:
        at = self._clock.now()
        if signed.answers is None or inbox.claim_enquiry(
            connection, signed.partner, signed.answers, at=at
        ):
            outbox.add_message(connection, signed, at=at)
