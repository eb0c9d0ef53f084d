"""Opens the next epoch after a restored backup, so that no number is used twice.

1. the old lanes end: what waited on them is withdrawn, for the lists say it anew
2. every partner gets its full list on a new lane, numbered from 1; notices not settled follow on it

The partner takes a new epoch as a new lane and no longer answers an old one. What it sent us after
the backup was taken it sends again, when our lane says which number it expects.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import journal, lanes, lists, notices, outbox, properties
from mra_gateway.store.database import Database


async def reopen(
    *, database: Database, book: PartnerBook, announcer: Announcer, clock: Clock, by: Actor
) -> int:
    """Opens the next epoch and fixes a full list for every partner; returns the epoch.

    Raises:
        RequestRefused: The officer may not.
        StoreError: The database failed; nothing changed.
    """
    check_role(by, OfficerRole.SECURITY)

    def open_next(connection: Connection) -> int:
        at = clock.now()
        ended = {lane.id: _end(connection, lane, clock=clock) for lane in _out(connection)}
        epoch = properties.open_next_epoch(connection)
        for arrangement, partner in book.covers_with(at=at):
            announcer.announce_list(connection, arrangement, partner=partner, at=at)
        for partner, arrangement in notices.waiting_for(connection):
            lanes.ensure(connection, partner=partner, arrangement=arrangement, epoch=epoch)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="epoch opened",
            subject=str(epoch),
            detail={"lanes": len(ended), "withdrawn": sum(ended.values())},
        )
        return epoch

    return await database.write(open_next)


def _out(connection: Connection) -> list[lanes.Lane]:
    return lanes.all_lanes(connection, "out")


def _end(connection: Connection, lane: lanes.Lane, *, clock: Clock) -> int:
    under_way = lists.find_open(connection, lane.id)
    if under_way is not None:
        lists.close(connection, under_way.id, state=lists.ABANDONED, at=clock.now())
    return outbox.end_lane(connection, lane.id)
