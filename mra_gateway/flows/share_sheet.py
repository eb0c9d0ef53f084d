"""Shares our joint monitoring sheet with a partner, signed: published figures both can compute.

It is sent as a message where the partner takes such; else the signed document is handed over some
other way, and taken there as a file (`open_sheet.py`).
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.approve_figures import ROLES
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.check_taken import check_length, find_longest
from mra_gateway.flows.compose import Composer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.report_jointly import sheet_of
from mra_gateway.flows.take_sheet import content_digest
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import MessageKind, PerformanceSheet
from mra_gateway.model.officers import Actor
from mra_gateway.model.performance import PerformanceReport
from mra_gateway.store import journal, outbox, properties
from mra_gateway.store.database import Database


class SheetSharer:
    """Signs sheets, and sends them."""

    def __init__(
        self, *, database: Database, composer: Composer, book: PartnerBook, clock: Clock
    ) -> None:
        self._database = database
        self._composer = composer
        self._book = book
        self._clock = clock

    async def sign(self, report: PerformanceReport, *, by: Actor) -> bytes:
        """Returns our sheet for a partner, signed, to be handed over as a file.

        Args:
            report: For that partner.
            by: The officer.

        Raises:
            RequestRefused: Not permitted; the report is for no partner, or holds no figure.
            MalformedMessage: A figure has more digits than a message holds.
            StoreError: The database failed; nothing was signed for anybody.
        """
        body, signed = await self._signed(report, by=by)
        await self._database.write(
            lambda c: self._record(c, body, signed, act="joint sheet signed", by=by)
        )
        return signed.content

    async def send(self, report: PerformanceReport, *, by: Actor) -> str:
        """Stores our sheet for delivery to a partner and returns the message's id.

        Args:
            report: For that partner.
            by: The officer.

        Raises:
            RequestRefused: Not permitted; the partner is not pinned, or has not said that it takes
                sheets, or so long ones.
            MalformedMessage: A figure has more digits than a message holds.
            StoreError: The database failed.
        """
        await self._book.refresh(self._database)
        body, signed = await self._signed(report, by=by)
        to = Territory.trusted(signed.partner)
        longest = await find_longest(
            self._database,
            self._book,
            to=to,
            kind=MessageKind.PERFORMANCE_SHEET,
            otherwise=", or hand it over as a file (-o FILE)",
        )
        check_length(signed.content, longest=longest, to=to)

        def store(connection: Connection) -> None:
            outbox.add_message(connection, signed, at=self._clock.now())
            self._record(connection, body, signed, act="joint sheet sent", by=by)

        await self._database.write(store)
        return str(signed.message_id)

    async def _signed(
        self, report: PerformanceReport, *, by: Actor
    ) -> tuple[PerformanceSheet, outbox.NewMessage]:
        check_role(by, *ROLES)
        body = sheet_of(report)
        assert report.partner is not None
        epoch = await self._database.read(properties.get_epoch)
        message, document = self._composer.unsigned(
            body, recipient=report.partner, arrangement=None, epoch=epoch
        )
        return body, self._composer.signed_message(message, document)

    def _record(
        self,
        connection: Connection,
        body: PerformanceSheet,
        signed: outbox.NewMessage,
        *,
        act: str,
        by: Actor,
    ) -> None:
        journal.record(
            connection,
            at=self._clock.now(),
            actor=by.name,
            act=act,
            subject=f"{signed.partner} {body.period}",
            detail={"digest": content_digest(body), "message": signed.message_id},
        )
