"""Corrects or annuls a change of our own register, on the strength of a named decision.

A correction replaces the change; an annulment (an appeal won) restores what was before it, from the
change's own moment or from the one the order names. The same number comes back, never silently.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.follow import UNDOES, undone_by
from mra_gateway.flows.plan_import import own_fact
from mra_gateway.flows.tell import OwnChange
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.identifiers import ChangeId, OfficerName
from mra_gateway.store import facts, journal, properties
from mra_gateway.store.database import Database


class Corrector:
    """Undoes changes of our own register in the open."""

    def __init__(
        self, *, database: Database, announcer: Announcer, book: PartnerBook, clock: Clock
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._book = book
        self._clock = clock

    async def correct(
        self,
        change_id: ChangeId,
        *,
        kind: ChangeKind,
        legal_reference: str,
        officer: OfficerName,
        status: Status | None = None,
        effective_from: datetime | None = None,
    ) -> OwnChange:
        """Corrects or annuls a change, and announces that.

        Args:
            change_id: The change to undo.
            kind: `corrected` or `annulled`.
            legal_reference: The decision or judgment that orders it.
            officer: Who acts.
            status: The status that holds instead; for an annulment, what held before when None.
            effective_from: Since when; the undone change's own moment when None.

        Raises:
            RequestRefused: No such change in our register, or a correction without a status.
            StoreError: The database failed; nothing changed.
        """
        if kind not in UNDOES:
            raise RequestRefused(f"{kind} does not undo a change")
        await self._book.refresh(self._database)
        return await self._database.write(
            lambda c: self._correct(
                c,
                change_id,
                kind=kind,
                legal_reference=legal_reference,
                officer=officer,
                status=status,
                effective_from=effective_from,
            )
        )

    def _correct(
        self,
        connection: Connection,
        change_id: ChangeId,
        *,
        kind: ChangeKind,
        legal_reference: str,
        officer: OfficerName,
        status: Status | None,
        effective_from: datetime | None,
    ) -> OwnChange:
        at = self._clock.now()
        register = facts.Register(self._book.us, facts.OWN)
        properties.lock_register(connection)
        original = facts.find_change(connection, register, change_id)
        if original is None:
            raise RequestRefused(
                f"no change {change_id} is in effect in our register", reason=Reason.NOT_FOUND
            )
        held = facts.believed(connection, register, [original.key.tin])[original.key]
        before = facts.at_moment(
            [fact for fact in held if fact.id != original.id], valid_at=original.effective_from
        )
        if status is None and (kind is ChangeKind.CORRECTED or before is None):
            raise RequestRefused("say which status holds instead")
        # a correction speaks of the change's own episode; an annulment brings back what was before
        restored = before if kind is ChangeKind.ANNULLED else None
        record = original.record if restored is None else restored.record
        change = OwnChange(
            original.key,
            ChangeId(self._clock.new_uuid()),
            kind,
            status or Status(before.status if before is not None else original.status),
            effective_from or original.effective_from,
            record.model_copy(
                update={"record_version": max(fact.record_version for fact in held) + 1}
            ),
            corrects=change_id,
            legal_reference=legal_reference,
        )
        undone = undone_by(kind, effective_from=change.effective_from, original=original, held=held)
        facts.retract(connection, [fact.id for fact in undone], at=at)
        facts.add(connection, register, [own_fact(change)], at=at)
        queued = self._announcer.announce(connection, [change], at=at)
        journal.record(
            connection,
            at=at,
            actor=officer,
            act=f"change {kind}",
            subject=change_id,
            detail={"reference": legal_reference, "status": change.status, "queued": queued},
        )
        return change
