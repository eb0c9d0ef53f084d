"""What officers do with messages that do not move by themselves: try now, park, retry, void."""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.compose import Composer
from mra_gateway.model.identifiers import MessageId, Territory
from mra_gateway.model.messages import MessageKind, Void
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import journal, outbox
from mra_gateway.store.database import Database

WHY_LENGTH = 300


class Intervener:
    """Moves messages on an officer's word."""

    def __init__(
        self, *, database: Database, composer: Composer, announcer: Announcer, clock: Clock
    ) -> None:
        self._database = database
        self._composer = composer
        self._announcer = announcer
        self._clock = clock

    async def try_now(self, *, by: Actor, partner: Territory | None = None) -> int:
        """Makes everything that waits for its next attempt due now, and returns how many.

        Raises:
            RequestRefused: Not permitted.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.AEO, OfficerRole.SECURITY)
        at = self._clock.now()
        return await self._database.write(lambda c: outbox.make_due(c, at=at, partner=partner))

    async def retry(self, message_id: MessageId, *, by: Actor) -> None:
        """Sends a stopped, parked or waiting message again, now, under the same id and bytes.

        Raises:
            RequestRefused: Not permitted, none such, or it is settled.
            StoreError: The database failed.
        """
        await self._move(
            message_id,
            by=by,
            act="message retried",
            state=outbox.WAITING,
            only_from=(outbox.STOPPED, outbox.PARKED, outbox.WAITING, outbox.HELD),
        )

    async def park(self, message_id: MessageId, *, by: Actor) -> None:
        """Stops trying to deliver a message; its lane waits until it is retried or voided.

        Raises:
            RequestRefused: Not permitted, none such, or it is not waiting.
            StoreError: The database failed.
        """
        await self._move(
            message_id,
            by=by,
            act="message parked",
            state=outbox.STOPPED,
            only_from=(outbox.WAITING,),
        )

    async def void(self, message_id: MessageId, *, by: Actor, why: str) -> MessageId:
        """Withdraws a message that was not settled: a signed Void takes its number.

        What the message carried is said again by a full list, so that the partner's register does
        not lack it.

        Raises:
            RequestRefused: Not permitted, none such, settled, or without a lane number.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.AEO)
        sent = await self._get(message_id)
        unsettled = sent.state in {outbox.WAITING, outbox.STOPPED}
        if not unsettled or sent.sequence is None or sent.arrangement is None:
            raise RequestRefused(
                f"{message_id} is {sent.state} and cannot be voided",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        message, document = self._composer.unsigned(
            Void(message_id=message_id, why=" ".join(why.split())[:WHY_LENGTH]),
            recipient=sent.partner,
            arrangement=sent.arrangement,
            epoch=sent.epoch,
            sequence=sent.sequence,
        )
        signed = self._composer.signed_message(message, document, lane_id=sent.lane_id)
        await self._database.write(lambda c: self._replace(c, sent, signed, by=by, why=why))
        return message.envelope.message_id

    def _replace(
        self,
        connection: Connection,
        sent: outbox.OutMessage,
        void: outbox.NewMessage,
        *,
        by: Actor,
        why: str,
    ) -> None:
        at = self._clock.now()
        done = outbox.set_state(
            connection,
            sent.id,
            state=outbox.VOIDED,
            only_from=(outbox.WAITING, outbox.STOPPED),
        )
        if not done:
            raise RequestRefused("it was settled meanwhile", reason=Reason.STATE_NOT_SUITABLE)
        outbox.add_message(connection, void, at=at)
        if sent.kind in {MessageKind.STATUS_NOTIFICATION, MessageKind.STATUS_LIST}:
            assert sent.arrangement is not None
            self._announcer.announce_list(connection, sent.arrangement, partner=sent.partner, at=at)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="message voided",
            subject=sent.message_id,
            detail={"void": void.message_id, "why": why},
        )

    async def _get(self, message_id: MessageId) -> outbox.OutMessage:
        sent = await self._database.read(lambda c: outbox.find(c, message_id))
        if sent is None:
            raise RequestRefused(f"no outgoing message {message_id}", reason=Reason.NOT_FOUND)
        return sent

    async def _move(
        self,
        message_id: MessageId,
        *,
        by: Actor,
        act: str,
        state: str,
        only_from: tuple[str, ...],
    ) -> None:
        check_role(by, OfficerRole.AEO, OfficerRole.SECURITY)
        sent = await self._get(message_id)
        at = self._clock.now()

        def move(connection: Connection) -> None:
            if not outbox.set_state(
                connection, sent.id, state=state, only_from=only_from, due_at=at
            ):
                raise RequestRefused(
                    f"{message_id} is {sent.state}", reason=Reason.STATE_NOT_SUITABLE
                )
            journal.record(connection, at=at, actor=by.name, act=act, subject=message_id)

        await self._database.write(move)
