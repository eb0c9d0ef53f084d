"""Reviews our own register once a legal day: what a date brings about by itself.

1. an authorisation whose last day has passed is expired, and announced so
2. a consent that begins or ends today shows or hides its operator
3. an arrangement under which a partner never had a full list from us (it starts today), or none for
   four weeks, gets one: a partner that hears nothing stops giving benefits

A day that was missed is made up for by the next review.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.follow import overtaken_by
from mra_gateway.flows.plan_import import own_fact, start_of
from mra_gateway.flows.tell import OwnChange
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.identifiers import ChangeId
from mra_gateway.store import consents, facts, journal, lanes, lists, properties
from mra_gateway.store.chunks import chunked
from mra_gateway.store.database import Database

LIST_EVERY = timedelta(days=28)
_REVIEWED_ON = "reviewed_on"
_LIVE = frozenset({Status.VALID, Status.SUSPENDED})
_DATED = '"expires_on":"'


class Reviewer:
    """Does what a new legal day asks for, once."""

    def __init__(
        self, *, database: Database, announcer: Announcer, book: PartnerBook, clock: Clock
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._book = book
        self._clock = clock
        self._reviewed_on: date | None = None

    async def review(self) -> bool:
        """Reviews the register when a new legal day has begun; False when it was done before.

        Raises:
            StoreError: The database failed; nothing was reviewed.
        """
        day = self._book.day_of(self._clock.now())
        if self._reviewed_on is not None and self._reviewed_on >= day:
            return False
        done = await self._database.write(self._review)
        self._reviewed_on = day
        return done

    def _review(self, connection: Connection) -> bool:
        properties.lock_register(connection)
        at = self._clock.now()
        day = self._book.day_of(at)
        stored = properties.find(connection, _REVIEWED_ON)
        last = None if stored is None else date.fromisoformat(stored)
        if last is not None and last >= day:
            return False
        expired = self._expire(connection, day=day, at=at)
        shown = self._look_again(connection, last=last, day=day, at=at)
        listed = self._list(connection, at=at)
        mark_reviewed(connection, day)
        if expired or shown or listed:
            journal.record(
                connection,
                at=at,
                actor=journal.SYSTEM,
                act="register review",
                subject=day.isoformat(),
                detail={"expired": expired, "shown_or_hidden": shown, "lists": listed},
            )
        return True

    def _expire(self, connection: Connection, *, day: date, at: datetime) -> int:
        register = facts.Register(self._book.us, facts.OWN)
        expired = 0
        for slice_ in chunked(self._over(connection, day=day, at=at)):
            held = facts.believed(connection, register, (fact.key.tin for fact in slice_))
            changes = [self._expiry(fact, held[fact.key]) for fact in slice_]
            gone = [
                later.id
                for change in changes
                for later in overtaken_by(
                    held[change.key],
                    kind=ChangeKind.EXPIRED,
                    status=change.status,
                    effective_from=change.effective_from,
                )
            ]
            facts.retract(connection, gone, at=at)
            facts.add(connection, register, [own_fact(change) for change in changes], at=at)
            self._announcer.announce(connection, changes, at=at)
            expired += len(changes)
        return expired

    def _over(self, connection: Connection, *, day: date, at: datetime) -> Iterator[facts.Fact]:
        register = facts.Register(self._book.us, facts.OWN)
        # gathered before anything is written: the register is read in slices
        over = [
            fact
            for fact in facts.keys_in_force(connection, register, at=at)
            if fact.status in _LIVE and _is_over(fact, day=day)
        ]
        yield from over

    def _expiry(self, fact: facts.Fact, held: list[facts.Fact]) -> OwnChange:
        last_day = fact.record.expires_on
        assert last_day is not None
        ended = start_of(last_day + timedelta(days=1), self._book.time_zone)
        version = max(one.record_version for one in held) + 1
        return OwnChange(
            fact.key,
            ChangeId(self._clock.new_uuid()),
            ChangeKind.EXPIRED,
            Status.EXPIRED,
            max(ended, fact.effective_from),
            fact.record.model_copy(update={"record_version": version}),
        )

    def _look_again(
        self, connection: Connection, *, last: date | None, day: date, at: datetime
    ) -> int:
        tins = consents.turning(connection, after=last or day - timedelta(days=1), until=day)
        return self._announcer.look_again(connection, tins, at=at) if tins else 0

    def _list(self, connection: Connection, *, at: datetime) -> int:
        announced = 0
        epoch = properties.get_epoch(connection)
        for arrangement, partner in self._book.covers_with(at=at):
            lane = lanes.lock(
                connection, "out", partner=partner, arrangement=arrangement, epoch=epoch
            )
            latest = lists.last_opened(connection, lane.id)
            if latest is None or latest <= at - LIST_EVERY:
                self._announcer.announce_list(connection, arrangement, partner=partner, at=at)
                announced += 1
        return announced


def _is_over(fact: facts.Fact, *, day: date) -> bool:
    """Says whether an authorisation's last day has passed.

    The day is looked up in the JSON first: of a large register few records need be read for it. A
    quotation mark within a value is escaped there, so that only the field can be found.
    """
    _, _, stated = fact.record_json.partition(_DATED)
    if not stated or stated[:10] >= day.isoformat():
        return False
    last_day = fact.record.expires_on
    return last_day is not None and last_day < day


def mark_reviewed(connection: Connection, day: date) -> None:
    """Writes down that a legal day needs no review any more."""
    properties.put(connection, _REVIEWED_ON, day.isoformat())
