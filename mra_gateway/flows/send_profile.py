"""Sends a profile of a programme of ours to a partner, signed: there it counts as confirmed by us.

1. ours, and our own copy: a shipped draft is what somebody read about us, not what we say
2. to whom it may be sent: a partner that is pinned and has said that it takes profiles
3. what: the profile, and the header facts without what stays at home
4. signed and stored for delivery; it needs no arrangement and no turn
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.check_taken import check_length, find_longest
from mra_gateway.flows.compose import Composer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.take_profile import content_digest
from mra_gateway.model.identifiers import MessageId, ProgrammeId, Territory
from mra_gateway.model.messages import MessageKind, ProgrammeProfile
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.profiles import Profile
from mra_gateway.settings import data_folder
from mra_gateway.store import journal, outbox, properties
from mra_gateway.store.database import Database


class ProfileSender:
    """Tells partners what our programmes say."""

    def __init__(
        self, *, database: Database, composer: Composer, book: PartnerBook, clock: Clock
    ) -> None:
        self._database = database
        self._composer = composer
        self._book = book
        self._clock = clock

    async def send(self, programme: ProgrammeId, *, to: Territory, by: Actor) -> MessageId:
        """Stores a profile for delivery to a partner and returns the message's id.

        Raises:
            RequestRefused: Not permitted; not our programme, no profile of it, or only the shipped
                draft; the partner is not pinned, or does not take profiles, or not so long a one.
            MalformedMessage: The profile holds more than a message takes.
            SetupError: Our copy of the profile cannot be used.
            StoreError: The database failed.
        """
        check_role(by, OfficerRole.LEGAL)
        await self._book.refresh(self._database)
        profile = self._find(programme)  # 1
        kind = MessageKind.PROGRAMME_PROFILE
        longest = await find_longest(self._database, self._book, to=to, kind=kind)  # 2
        header = self._book.registry.programmes.get(programme)  # 3
        if header is not None:
            header = header.model_copy(update={"local_parameters": None})
        body = ProgrammeProfile(profile=profile, programme=header)
        epoch = await self._database.read(properties.get_epoch)
        message, document = self._composer.unsigned(  # 4
            body, recipient=to, arrangement=None, epoch=epoch
        )
        signed = self._composer.signed_message(message, document)
        check_length(signed.content, longest=longest, to=to)
        await self._database.write(lambda c: self._store(c, body, signed, by=by))
        return message.envelope.message_id

    def _find(self, programme: ProgrammeId) -> Profile:
        registry = self._book.registry
        if programme.territory != self._book.us:
            raise RequestRefused(
                f"{programme} is a programme of {programme.territory}, which speaks for itself",
                reason=Reason.PROFILE_NOT_OF_SENDER,
            )
        profile = registry.profiles.get(programme)
        if profile is None:
            raise RequestRefused(f"no profile of {programme}", reason=Reason.NOT_FOUND)
        file = registry.files.get(f"profiles/{programme}")
        if file is not None and file.is_relative_to(data_folder("partners")):
            raise RequestRefused(
                "the shipped profile is a draft: complete a copy of your own in the home first",
                reason=Reason.STATE_NOT_SUITABLE,
                where=str(file),
            )
        return profile

    def _store(
        self,
        connection: Connection,
        body: ProgrammeProfile,
        signed: outbox.NewMessage,
        *,
        by: Actor,
    ) -> None:
        at = self._clock.now()
        outbox.add_message(connection, signed, at=at)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="programme profile sent",
            subject=body.profile.programme,
            detail={
                "partner": signed.partner,
                "version": body.profile.version,
                "digest": content_digest(body),
                "message": signed.message_id,
            },
        )
