"""Announces changes of our own register to every recipient who may know.

1. visible: in scope of an arrangement in force, with consent or another basis where it is needed
2. told: what this recipient heard last decides how the change reads to it; an operator who comes
   into view is granted, one who leaves it is withdrawn, without a word which reason applied
3. reduced: only the elements the arrangement agreed leave
4. queued: one change row per recipient, in the transaction that changes the register

No signature here: `pack.py` does that when a lane is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.flows.apply_changes import UNDOES
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.changes import (
    ChangeKind,
    ListedOperator,
    Status,
    StatusChange,
    is_allowed,
)
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, ChangeId, ListId, Territory, Tin
from mra_gateway.model.messages import MAX_RECORDS
from mra_gateway.model.operators import DataElement, OperatorRecord
from mra_gateway.store import consents, facts, lanes, lists, outbox, properties, told
from mra_gateway.store.chunks import chunked
from mra_gateway.wire.digests import list_root, part_digest

LISTED = frozenset({Status.VALID, Status.SUSPENDED})
"""The statuses a full list names; who is absent is not recognised."""


Given = Mapping[tuple[Tin, Territory], consents.Consent]
"""Consents by operator and partner."""


class OwnChange(NamedTuple):
    """A change of our own register, or (without a kind) an operator whose consent changed.

    Attributes:
        change_id: Names the change for every recipient.
        kind: None when only the view of some recipient may have changed.
    """

    key: facts.Key
    change_id: ChangeId
    kind: ChangeKind | None
    status: Status
    effective_from: datetime
    record: OperatorRecord
    corrects: ChangeId | None = None
    legal_reference: str | None = None


class Announcer:
    """Turns changes of the own register into change rows for each recipient."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def announce(
        self, connection: Connection, changed: Sequence[OwnChange], *, at: datetime
    ) -> int:
        """Queues changes for every recipient and returns how many rows that made."""
        rows = 0
        for arrangement, partner in self._book.covers_with(at=at):
            view = self._view(connection, arrangement, partner, at=at)
            rows += view.tell(changed)
        return rows

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

    def find_visible(
        self,
        connection: Connection,
        identifier: str,
        *,
        partner: Territory,
        arrangement: ArrangementId,
        at: datetime,
    ) -> ListedOperator | None:
        """Returns the one operator a partner's identifier names, as that partner may see it."""
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
        visible = [
            fact
            for history in held.values()
            if (fact := facts.at_moment(history, valid_at=at)) is not None
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
    ) -> _View:
        lane = lanes.lock(
            connection,
            "out",
            partner=partner,
            arrangement=arrangement,
            epoch=properties.get_epoch(connection),
        )
        return _View(connection, self._book, self._clock, lane=lane, at=at)


class _View:
    """One recipient's view of our register, with its lane locked."""

    def __init__(
        self,
        connection: Connection,
        book: PartnerBook,
        clock: Clock,
        *,
        lane: lanes.Lane,
        at: datetime,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._lane = lane
        self._at = at
        self._book = book
        self._arrangement = book.registry.get_arrangement(lane.arrangement)
        self._register = facts.Register(book.us, facts.OWN)

    def tell(self, changed: Sequence[OwnChange], *, heal: bool = True) -> int:
        """Queues what this recipient is to hear of some changes.

        What it could not follow is said by a full list instead, unless one was just fixed.
        """
        tins = [change.key.tin for change in changed]
        seen = told.held(self._connection, self._lane.id, tins)
        given = consents.held(self._connection, tins)
        number = self._lane.last_change
        new: list[StatusChange] = []
        lost = False
        for change in changed:
            visible = self._is_visible(change.record, given)
            said = self._say(change, visible=visible, last=seen.get(change.key))
            lost = lost or said is _HEAL
            if isinstance(said, _Said):
                number += 1
                new.append(self._row(change, said, number=number))
                seen[change.key] = told.Told(change.record.episode, said.status)
        self._queue(new, seen)
        if lost and heal:
            self.list_all(ListId(self._clock.new_uuid()))
        return len(new)

    def list_all(self, list_id: ListId) -> lists.FullList:
        """Fixes who is listed at this cut, and forgets what was told before."""
        under_way = lists.find_open(self._connection, self._lane.id)
        if under_way is not None:
            lists.close(self._connection, under_way.id, state=lists.ABANDONED, at=self._at)
        members = [fact.id for fact in self._visible_facts()]
        digests = []
        told.forget(self._connection, self._lane.id)
        for ids in _parts(members):
            held = facts.by_ids(self._connection, ids)
            digests.append(part_digest([as_listed(fact, self._arrangement) for fact in held]))
            told.add(
                self._connection,
                self._lane.id,
                ((fact.key, told.Told(fact.episode, fact.status)) for fact in held),
            )
        row = lists.open_list(
            self._connection,
            self._lane.id,
            list_id=list_id,
            parts=len(digests),
            total=len(members),
            root=list_root(digests),
            as_of=self._at,
            as_of_change=self._lane.last_change,
            at=self._at,
        )
        for first, ids in enumerate(_parts(members)):
            lists.add_members(self._connection, row, ids, first=first * MAX_RECORDS + 1)
        self._tell_scheduled()
        return lists.get(self._connection, row)

    def _tell_scheduled(self) -> None:
        """What takes effect only later is not in a list: it follows as changes after the cut."""
        later = [
            OwnChange(
                fact.key,
                ChangeId.trusted(fact.change_id or self._clock.new_uuid()),
                ChangeKind(fact.cause),
                Status(fact.status),
                fact.effective_from,
                fact.record,
            )
            for fact in facts.scheduled(self._connection, self._register, after=self._at)
            if ChangeKind(fact.cause) not in UNDOES
        ]
        if later:
            self.tell(later, heal=False)

    def _visible_facts(self) -> Iterable[facts.Fact]:
        in_force = facts.keys_in_force(self._connection, self._register, at=self._at)
        for slice_ in chunked(in_force):
            given = consents.held(self._connection, (fact.key.tin for fact in slice_))
            for fact in slice_:
                if fact.status in LISTED and self._is_visible(fact.record, given):
                    yield fact

    def _is_visible(self, record: OperatorRecord, given: Given) -> bool:
        return is_visible(
            self._book,
            self._arrangement,
            record,
            partner=self._lane.partner,
            given=given,
            at=self._at,
        )

    def _say(
        self, change: OwnChange, *, visible: bool, last: told.Told | None
    ) -> _Said | object | None:
        known = last is not None and last.status != Status.WITHDRAWN
        if not visible:
            gone = known and last is not None and last.status != Status.REVOKED
            return _Said(ChangeKind.WITHDRAWN, Status.WITHDRAWN, self._at) if gone else None
        if last is None or not known or last.episode != change.record.episode:
            granted = change.status is Status.VALID
            return (
                _Said(ChangeKind.GRANTED, Status.VALID, change.effective_from) if granted else None
            )
        if change.kind is None:
            return None
        if change.kind in UNDOES:
            heard = outbox.was_told(self._connection, self._lane.id, change.corrects or "")
            return _Said(change.kind, change.status, change.effective_from) if heard else _HEAL
        if is_allowed(change.kind, current=last.status):
            return _Said(change.kind, change.status, change.effective_from)
        return _HEAL

    def _row(self, change: OwnChange, said: _Said, *, number: int) -> StatusChange:
        same = said.kind is change.kind
        return StatusChange(
            change_id=change.change_id if same else ChangeId(self._clock.new_uuid()),
            change_number=number,
            kind=said.kind,
            status=said.status,
            effective_from=said.effective_from,
            corrects=change.corrects if same else None,
            legal_reference=change.legal_reference if same else None,
            operator=reduce(change.record, self._arrangement),
        )

    def _queue(self, new: list[StatusChange], seen: dict[facts.Key, told.Told]) -> None:
        if not new:
            return
        outbox.queue_changes(self._connection, self._lane.id, new, at=self._at)
        keys = {
            facts.Key(change.operator.tin, change.operator.programme, change.operator.authorisation)
            for change in new
        }
        told.write(self._connection, self._lane.id, ((key, seen[key]) for key in keys))
        self._lane = lanes.advance(self._connection, self._lane, last_change=new[-1].change_number)


class _Said(NamedTuple):
    """How a change reads to one recipient."""

    kind: ChangeKind
    status: Status
    effective_from: datetime


_HEAL = object()
"""The change cannot be told in words this recipient could follow: a full list says it instead."""


def is_visible(
    book: PartnerBook,
    arrangement: Arrangement,
    record: OperatorRecord,
    *,
    partner: Territory,
    given: Given,
    at: datetime,
) -> bool:
    """Says whether a partner may know an operator of ours: in scope, and consent where needed.

    Consent counts by the legal day in our time zone; where an arrangement does not say whether it
    is needed, it is.
    """
    if arrangement.check_covered(record, issuer=book.our_administration) is not Reason.OK:
        return False
    if arrangement.exchange.consent.value == "not_required":
        return True
    consent = given.get((record.tin, partner))
    return consent is not None and consent.is_given(book.day_of(at))


def reduce(record: OperatorRecord, arrangement: Arrangement) -> OperatorRecord:
    """Returns a record with only the elements the arrangement agreed; the rest never leaves."""
    agreed = set(arrangement.exchange.data_elements.value or ())
    gone = {element.value: _EMPTY[element] for element in DataElement if element not in agreed}
    return record.model_copy(update=gone)


_EMPTY: dict[DataElement, tuple[()] | None] = {
    element: ()
    if element
    in {
        DataElement.NAMES,
        DataElement.ADDRESSES,
        DataElement.ROLES,
        DataElement.PARTNER_IDENTIFIERS,
    }
    else None
    for element in DataElement
}


def as_listed(fact: facts.Fact, arrangement: Arrangement) -> ListedOperator:
    """Returns a fact of the own register as a full list names it."""
    return ListedOperator(
        status=Status(fact.status),
        effective_from=fact.effective_from,
        change_id=None if fact.change_id is None else ChangeId.trusted(fact.change_id),
        operator=reduce(fact.record, arrangement),
    )


def _parts(members: list[int]) -> list[list[int]]:
    """An empty list has one empty part."""
    return [
        members[first : first + MAX_RECORDS] for first in range(0, len(members), MAX_RECORDS)
    ] or [[]]
