"""Announces changes of our own register to every recipient who may know.

Every arrangement in force and every partner under it is one recipient, with a lane of its own; how
a change reads to one is in `tell.py`. All of it happens in the transaction that changes the
register. No signature here: `pack.py` does that when a lane is free.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.show import as_listed, is_visible, reduce
from mra_gateway.flows.tell import OwnChange, View
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.changes import (
    ListedOperator,
    Status,
    StatusChange,
)
from mra_gateway.model.identifiers import ArrangementId, ChangeId, ListId, Territory, Tin
from mra_gateway.model.messages import MAX_RECORDS
from mra_gateway.store import consents, facts, lanes, lists, outbox, properties
from mra_gateway.store.chunks import chunked

_HEALING = timedelta(hours=1)
_HEALINGS = 3
"""Full lists within `_HEALING` after which another would not help either."""


class Announcement:
    """Changes being told to every recipient, slice by slice of them."""

    def __init__(self, views: Sequence[View]) -> None:
        self._views = views
        self._rows = 0

    def tell(self, changed: Sequence[OwnChange]) -> None:
        """Queues what each recipient is to hear of some changes, which the register holds now."""
        self._rows += sum(view.tell(changed) for view in self._views)

    def close(self) -> int:
        """Ends it, with a full list where one has to follow; returns how many rows it made."""
        for view in self._views:
            view.close()
        return self._rows


class Announcer:
    """Turns changes of the own register into change rows for each recipient."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def announce(
        self, connection: Connection, changed: Iterable[OwnChange], *, at: datetime
    ) -> int:
        """Queues changes for every recipient and returns how many rows that made."""
        announcement = self.open(connection, at=at)
        for slice_ in chunked(changed):
            announcement.tell(slice_)
        return announcement.close()

    def open(self, connection: Connection, *, at: datetime) -> Announcement:
        """Begins to tell every recipient of changes, whose lanes stay locked."""
        return Announcement(
            [
                self._view(connection, arrangement, partner, at=at)
                for arrangement, partner in self._book.covers_with(at=at)
            ]
        )

    def look_again(
        self,
        connection: Connection,
        tins: Iterable[Tin],
        *,
        at: datetime,
        but: Container[facts.Key] = (),
    ) -> int:
        """Tells recipients who now may, or may no longer, see operators that did not change.

        Args:
            connection: The transaction.
            tins: The operators whose consent changed.
            at: Now.
            but: Authorisations whose own change is announced anyway.
        """
        register = facts.Register(self._book.us, facts.OWN)
        announcement = self.open(connection, at=at)
        for slice_ in chunked(sorted(set(tins))):
            announcement.tell(
                [
                    OwnChange(
                        key,
                        ChangeId(self._clock.new_uuid()),
                        None,
                        Status(fact.status),
                        at,
                        fact.record,
                    )
                    for key, held in sorted(facts.believed(connection, register, slice_).items())
                    if key not in but
                    for fact in [facts.at_moment(held, valid_at=at) or held[0]]
                ]
            )
        return announcement.close()

    def announce_list(
        self,
        connection: Connection,
        arrangement: ArrangementId,
        *,
        partner: Territory,
        at: datetime,
    ) -> lists.FullList:
        """Fixes a full list for one recipient; the packer sends its parts.

        An unfinished list to the same recipient is given up: the new one says more.
        """
        view = self._view(connection, arrangement, partner, at=at)
        return view.list_all(ListId(self._clock.new_uuid()))

    def heal(self, connection: Connection, sent: outbox.OutMessage) -> bool:
        """Has a full list follow a message the partner could not follow.

        False where a list cannot help: a partner that still cannot follow after several lists in
        an hour needs a person.
        """
        at = self._clock.now()
        if sent.arrangement is None or sent.lane_id is None:
            return False
        covered = self._book.check_exchange(sent.arrangement, partner=sent.partner, at=at)
        tried = lists.count_opened(connection, sent.lane_id, since=at - _HEALING)
        if covered is not Reason.OK or tried >= _HEALINGS:
            return False
        self.announce_list(connection, sent.arrangement, partner=sent.partner, at=at)
        return True

    def listed(
        self, connection: Connection, full: lists.FullList, part: int
    ) -> list[ListedOperator]:
        """Returns the operators of one part of an outgoing list, reduced for the recipient."""
        arrangement = self._book.registry.get_arrangement(
            lanes.get(connection, full.lane_id).arrangement
        )
        first = (part - 1) * MAX_RECORDS + 1
        ids = lists.members(connection, full.id, first=first, count=MAX_RECORDS)
        return [as_listed(fact, arrangement) for fact in facts.by_ids(connection, ids)]

    def reduced(self, change: StatusChange, *, arrangement: ArrangementId) -> StatusChange:
        """Returns a queued change with only what is agreed now, which may be less than it was."""
        facts_of = self._book.registry.get_arrangement(arrangement)
        operator = reduce(change.operator, facts_of)
        if operator is change.operator:
            return change
        return change.model_copy(update={"operator": operator})

    def find_visible(
        self,
        connection: Connection,
        identifier: str,
        *,
        partner: Territory,
        arrangement: ArrangementId,
        valid_at: datetime,
        at: datetime,
    ) -> ListedOperator | None:
        """Returns the one operator a partner's identifier names, as that partner may see it now.

        Args:
            connection: The transaction.
            identifier: As declared abroad.
            partner: Who asks.
            arrangement: Under which arrangement.
            valid_at: The moment whose status is asked for.
            at: Now: what may be seen is what may be seen today, whatever moment is asked about.
        """
        facts_of = self._book.registry.get_arrangement(arrangement)
        register = facts.Register(self._book.us, facts.OWN)
        tins = {
            tin
            for found, tin in facts.find_operators(
                connection,
                tins=candidate_tins(identifier, territories=[self._book.us]),
                authorisations=[identifier],
            )
            if found == register
        }
        held = facts.believed(connection, register, tins)
        given = consents.held(connection, tins)
        named = {key: facts_ for key, facts_ in held.items() if key.authorisation == identifier}
        visible = [
            fact
            for history in (named or held).values()
            if (fact := facts.at_moment(history, valid_at=valid_at)) is not None
            and is_visible(self._book, facts_of, fact.record, partner=partner, given=given, at=at)
        ]
        return as_listed(visible[0], facts_of) if len(visible) == 1 else None

    def _view(
        self,
        connection: Connection,
        arrangement: ArrangementId,
        partner: Territory,
        *,
        at: datetime,
    ) -> View:
        lane = lanes.lock(
            connection,
            "out",
            partner=partner,
            arrangement=arrangement,
            epoch=properties.get_epoch(connection),
        )
        return View(connection, self._book, self._clock, lane=lane, at=at)
