"""Purges what is held about partners' operators that ended longer ago than the retention.

1. plan: for every arrangement whose file states `exchange.retention_days`, and every partner under
   it, the operators of whom all authorisations ended before the retention; empty, as shipped, is no
   retention, and nothing is purged
2. request: a second officer approves, and sees how many of what
3. carry out, in one transaction: what is due by then at the moments the request fixed

What goes: every fact about the operator, with its history; the bytes of messages at rest under the
arrangement that name it, of questions about it and of refused messages; recognition results that
found it, with their declarations; notices about it; what officers confirmed, scored or ordered
about it, where no other register holds it; its rows in the extract that was taken into the
database; the key under which files for measuring name declarations, written by us
(`flows/measure_events.py`) or loaded by officers (`flows/measure_load.py`), and what is quoted of
rows that were at fault: the rows count on and lead to no declaration.

What stays: lanes and their numbers, ids, digests, outcomes and receipts of messages (a repeated
message gets the answer it had), counts of results, the journal of officers' acts, requests for
correction, and the evidence of the purge itself. Our own register stays too, what we sent in a
lane, which a partner that lost it may ask for again, and the foreign party as declared in files
that officers loaded to measure by, for effects are found by it: their retention is our own law's.

What is lost: a purged result cannot be shown or computed again, and says so; bytes blanked with a
message are gone for the other operators it named, of whom the facts remain; a change that corrects
one that was purged finds no original. A purged operator that is named again is taken as new.
Running processes forget it when they start next; it had ended, and gets nothing meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind
from mra_gateway.store import (
    approvals,
    extract_views,
    feed,
    journal,
    measure_loads,
    properties,
    purges,
    retention,
)
from mra_gateway.store.facts import Register


class Due(NamedTuple):
    """A retention that has something to purge.

    Attributes:
        ended_before: Who ended before this moment is purged.
    """

    partner: Territory
    arrangement: ArrangementId
    retention_days: int
    ended_before: datetime


class Planned(NamedTuple):
    """What one retention would have removed now.

    Attributes:
        operators: How many.
        removed: Kind of thing → how many.
    """

    due: Due
    operators: int
    removed: Mapping[str, int]


class Purger:
    """Plans purges, asks for them, and carries them out."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def plan(self, connection: Connection) -> list[Planned]:
        """Step 1: returns what would be purged now; changes nothing.

        Raises:
            StoreError: The database failed.
        """
        found = []
        for due in self._retentions():
            operators, removed = _purge(connection, due, act=False)
            if operators:
                found.append(Planned(due, operators, dict(removed.counts)))
        return found

    def request(self, connection: Connection, *, by: Actor) -> str:
        """Step 2: asks a second officer, and returns the id of the request.

        Raises:
            RequestRefused: Not permitted, or there is nothing to purge.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.PURGE_DATA])
        planned = self.plan(connection)
        if not planned:
            raise RequestRefused(
                "nobody ended longer ago than a retention", reason=Reason.STATE_NOT_SUITABLE
            )
        request, at = self._clock.new_uuid(), self._clock.now()
        approvals.request(
            connection,
            request,
            kind=ApprovalKind.PURGE_DATA,
            summary="Purge " + "; ".join(map(_in_words, planned)),
            payload=json.dumps([_as_json(one.due) for one in planned]),
            requested_by=by.name,
            at=at,
        )
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act=f"requested {ApprovalKind.PURGE_DATA}",
            subject=request,
            detail={"planned": [_as_json(one.due) | dict(one.removed) for one in planned]},
        )
        return request

    def carry_out(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Step 3: removes and blanks, and keeps the evidence.

        Raises:
            RequestRefused: A retention has changed since the request.
        """
        known = {(due.partner, due.arrangement): due for due in self._retentions()}
        at = self._clock.now()
        for each in json.loads(approval.payload):
            asked = _from_json(each)
            now = known.get((asked.partner, asked.arrangement))
            if now is None or now.retention_days != asked.retention_days:
                raise RequestRefused(
                    f"the retention of {asked.arrangement} has changed since the request",
                    reason=Reason.STATE_NOT_SUITABLE,
                )
            operators, removed = _purge(connection, asked, act=True)
            purge = purges.Purge(
                at,
                asked.partner,
                asked.arrangement,
                asked.retention_days,
                asked.ended_before,
                operators,
                dict(removed.counts),
                removed.digest,
                approval.requested_by,
                second,
            )
            purges.add(connection, purge)
            journal.record(
                connection,
                at=at,
                actor=second,
                act="purged",
                subject=f"{asked.partner} {asked.arrangement}",
                detail=purge._asdict(),
            )
        extract_views.outdate(connection)
        properties.remove(connection, properties.REFERENCE_KEY)
        measure_loads.forget_texts(connection)
        # what decisions rest on has changed: every process looks again
        feed.advance(connection, at=at)

    def _retentions(self) -> Iterator[Due]:
        now, us = self._clock.now(), self._book.us
        for id_, arrangement in sorted(self._book.registry.arrangements.items()):
            days = arrangement.exchange.retention_days.value
            if days is None or days < 0 or arrangement.party(us) is None:
                continue
            for party in arrangement.parties:
                if party.territory != us:
                    yield Due(party.territory, id_, days, now - timedelta(days=days))


def _purge(connection: Connection, due: Due, *, act: bool) -> tuple[int, retention.Removed]:
    register = Register(due.partner, due.arrangement)
    removed = retention.Removed()
    tins = retention.ended(connection, register, before=due.ended_before)
    if not tins:
        return 0, removed
    elsewhere = retention.held_elsewhere(connection, register, tins)
    retention.blank_results(connection, register, tins, removed, act=act)
    numbers = retention.remove_facts(connection, register, tins, removed, act=act)
    names = {*tins, *numbers}
    retention.remove_notices(connection, register, tins, removed, act=act)
    retention.remove_extract(connection, register, tins, removed, act=act)
    retention.blank_messages(connection, register, names, removed, act=act)
    retention.blank_evidence(connection, register, names, removed, act=act)
    retention.remove_grounds(connection, set(tins) - elsewhere, removed, act=act)
    return len(tins), removed


def _in_words(planned: Planned) -> str:
    due = planned.due
    what = ", ".join(f"{count} {kind}" for kind, count in sorted(planned.removed.items()))
    return (
        f"{planned.operators} operators of {due.partner} under {due.arrangement} that ended more "
        f"than {due.retention_days} days ago ({what})"
    )


def _as_json(due: Due) -> dict[str, object]:
    return {**due._asdict(), "ended_before": due.ended_before.isoformat()}


def _from_json(values: dict[str, str]) -> Due:
    return Due(
        Territory(values["partner"]),
        ArrangementId(values["arrangement"]),
        int(values["retention_days"]),
        datetime.fromisoformat(values["ended_before"]),
    )
