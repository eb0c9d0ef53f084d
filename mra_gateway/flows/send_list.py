"""Sends a partner our full list anew, on an officer's word.

Most lists go by themselves: when an arrangement is confirmed, and when a change cannot be told in
words the partner could follow. This one is for an officer who wants to be sure.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import journal, lists
from mra_gateway.store.database import Database


async def send_list(
    partner: Territory,
    *,
    arrangement: ArrangementId | None,
    database: Database,
    book: PartnerBook,
    announcer: Announcer,
    clock: Clock,
    by: Actor,
) -> list[tuple[ArrangementId, lists.FullList]]:
    """Fixes a full list for a partner under one arrangement, or under each in force.

    The running gateway packs, signs and delivers it.

    Raises:
        RequestRefused: Not permitted, or nothing may be exchanged with this partner now.
        StoreError: The database failed; nothing was queued.
    """
    check_role(by, OfficerRole.AEO)
    at = clock.now()
    covered = [id_ for id_, _ in book.covers_with(partner, at=at)]
    if arrangement is not None:
        reason = book.check_exchange(arrangement, partner=partner, at=at)
        if reason is not Reason.OK:
            raise RequestRefused(
                f"nothing is exchanged with {partner} under {arrangement} now", reason=reason
            )
        covered = [arrangement]
    if not covered:
        raise RequestRefused(
            f"no arrangement with {partner} is confirmed and in force",
            reason=Reason.ARRANGEMENT_NOT_CONFIRMED,
        )

    def queue(connection: Connection) -> list[tuple[ArrangementId, lists.FullList]]:
        queued = [
            (id_, announcer.announce_list(connection, id_, partner=partner, at=at))
            for id_ in covered
        ]
        for id_, full in queued:
            journal.record(
                connection,
                at=at,
                actor=by.name,
                act="list announced",
                subject=partner,
                detail={"arrangement": id_, "list": full.list_id, "operators": full.total},
            )
        return queued

    return await database.write(queue)
