"""Tells one recipient of our register what changed, in words it can follow.

1. visible: in scope of the arrangement, with consent or another basis where it is needed
2. told: what this recipient heard last decides how the change reads to it; an operator who comes
   into view is granted, with all that is scheduled for it; one who leaves it is withdrawn, without
   a word which reason applied; what it could not follow is said by a full list
3. reduced: only the elements the arrangement agreed leave; a withdrawal carries the number alone
4. queued: a change row, numbered without a hole

Which recipients there are is in `announce.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.follow import ENDS, UNDOES
from mra_gateway.flows.show import Given, as_listed, is_visible, reduce, reduce_to_number
from mra_gateway.model.changes import (
    RESULT,
    ChangeKind,
    Status,
    StatusChange,
    is_allowed,
)
from mra_gateway.model.identifiers import ChangeId, ListId, Tin
from mra_gateway.model.messages import MAX_RECORDS
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import consents, facts, lanes, lists, told, unsent
from mra_gateway.store.chunks import chunked
from mra_gateway.wire.digests import list_root, part_digest

LISTED = frozenset({Status.VALID, Status.SUSPENDED})
"""The statuses a full list names; who is absent is not recognised."""


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


class View:
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
        self._lost = False

    def tell(self, changed: Sequence[OwnChange]) -> int:
        """Queues what this recipient is to hear of a slice of changes; returns how many rows."""
        rows, lost = self._tell_slice(changed) if changed else (0, False)
        self._lost = self._lost or lost
        return rows

    def close(self) -> None:
        """Has a full list say what this recipient could not follow, when all has been told."""
        if self._lost:
            self._lost = False
            self.list_all(ListId(self._clock.new_uuid()))

    def _tell_slice(self, changed: Sequence[OwnChange]) -> tuple[int, bool]:
        tins = [change.key.tin for change in changed]
        seen = told.held(self._connection, self._lane.id, tins)
        given = consents.held(self._connection, tins)
        own = facts.believed(
            self._connection,
            self._register,
            (change.key.tin for change in changed if not _is_known(change, seen)),
        )
        used = self._used(own.values())
        ahead = self._ending_later([one.key.tin for one in changed if _is_over(one, seen)], given)
        said: list[_Said] = []
        introduced: set[facts.Key] = set()
        lost = False
        for change in changed:
            if change.key in introduced:
                continue
            if _is_known(change, seen):
                last = seen[change.key]
                one = self._say(change, given, last=last, ends_later=change.key in ahead)
                lost = lost or one is _HEAL
                new = [one] if isinstance(one, _Said) else []
            elif change.key in ahead and _is_over(change, seen):
                lost, new = True, []  # it holds the operator until then
            else:
                introduced.add(change.key)
                new = list(self._introduce(change, own.get(change.key, []), given, used))
                # of another episode it may still wait for what is not to come
                lost = lost or (not new and _is_held(change, seen))
            said += new
            if new:
                seen[change.key] = told.Told(new[-1].record.episode, new[-1].status)
                if new[-1].status in ENDS and new[-1].effective_from > self._at:
                    ahead.add(change.key)
        withdrawn = [one.key.tin for one in said if one.kind is ChangeKind.WITHDRAWN]
        self._queue(said, seen)
        return len(said), lost or self._is_about_to_list(withdrawn)

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
        later: dict[facts.Key, list[facts.Fact]] = {}
        for fact in facts.scheduled(self._connection, self._register, after=self._at):
            later.setdefault(fact.key, []).append(fact)
        tins = [key.tin for key in later]
        seen = told.held(self._connection, self._lane.id, tins)
        given = consents.held(self._connection, tins)
        used = self._used(later.values())
        said: list[_Said] = []
        for key, held in later.items():
            last = seen.get(key)
            status = None if last is None else last.status
            new = list(self._go_through(held, given, used, {}, status=status))
            said += new
            if new:
                seen[key] = told.Told(new[-1].record.episode, new[-1].status)
        self._queue(said, seen)

    def _is_about_to_list(self, withdrawn: Sequence[Tin]) -> bool:
        """Says whether a list under way has still to name somebody who may not be named."""
        if not withdrawn:
            return False
        full = lists.find_open(self._connection, self._lane.id)
        if full is None:
            return False
        first = (full.next_part - 1) * MAX_RECORDS + 1
        return lists.will_name(self._connection, full.id, withdrawn, first=first)

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
        self, change: OwnChange, given: Given, *, last: told.Told, ends_later: bool
    ) -> _Said | object | None:
        """Returns how a change reads to a recipient who knows the operator."""
        if not self._is_visible(change.record, given):
            if last.status == Status.REVOKED and not ends_later:
                return None
            starts = max(self._at, change.effective_from)
            return _Said(change.key, ChangeKind.WITHDRAWN, Status.WITHDRAWN, starts, change.record)
        if change.kind is None:
            return None
        if change.kind in UNDOES:
            heard = unsent.was_told(self._connection, self._lane.id, change.corrects or "")
        else:
            heard = is_allowed(change.kind, current=last.status)
        if not heard:
            return _HEAL
        return _Said(
            change.key,
            change.kind,
            change.status,
            change.effective_from,
            change.record,
            change.change_id,
            change.corrects,
            change.legal_reference,
        )

    def _ending_later(self, tins: Sequence[Tin], given: Given) -> set[facts.Key]:
        """Returns for which operators the end a recipient was told of last may lie ahead.

        It may have been taken back since, which this recipient is about to hear.
        """
        later = facts.ahead(self._connection, self._register, tins, after=self._at)
        return {
            key
            for key, held in later.items()
            for fact in held
            if fact.status in ENDS or not self._is_visible(fact.record, given)
        }

    def _introduce(
        self, change: OwnChange, held: Sequence[facts.Fact], given: Given, used: set[str]
    ) -> Iterator[_Said]:
        """Tells a recipient who does not know an operator all it may: what is and what will be.

        A grant has its own day; an operator who only now may be shown is granted from now on.
        """
        current = facts.at_moment(held, valid_at=self._at)
        if current is not None and not (
            change.kind is ChangeKind.GRANTED and current.change_id == change.change_id
        ):
            current = current._replace(effective_from=self._at)
        later = [fact for fact in held if fact.effective_from > self._at]
        told_of = [*([current] if current else []), *later]
        records = {change.change_id: change.record}
        yield from self._go_through(told_of, given, used, records, status=None)

    def _used(self, histories: Iterable[Sequence[facts.Fact]]) -> set[str]:
        """Returns which changes this recipient was told before: once is once."""
        named = (fact.change_id for held in histories for fact in held)
        return unsent.told_of(
            self._connection, self._lane.id, [name for name in named if name is not None]
        )

    def _go_through(
        self,
        held: Sequence[facts.Fact],
        given: Given,
        used: set[str],
        records: dict[ChangeId, OperatorRecord],
        *,
        status: str | None,
    ) -> Iterator[_Said]:
        """Says fact by fact what a recipient is to hear who knows a status, or nothing yet.

        Args:
            held: The facts, oldest first.
            given: Consents.
            used: Changes this recipient was told before.
            records: Records at hand, by change, so that they need not be read again.
            status: What the recipient knows.
        """
        for fact in held:
            record = records.get(ChangeId.trusted(fact.change_id or "")) or fact.record
            visible = self._is_visible(record, given)
            kind = _kind_of(fact, status=status, visible=visible)
            if kind is None:
                continue
            status = RESULT.get(kind, fact.status)
            own_id = fact.change_id if visible and fact.change_id not in used else None
            yield _Said(
                fact.key,
                kind,
                Status(status),
                fact.effective_from,
                record,
                None if own_id is None else ChangeId.trusted(own_id),
            )

    def _queue(self, said: Sequence[_Said], seen: dict[facts.Key, told.Told]) -> None:
        if not said:
            return
        first = self._lane.last_change + 1
        new = [self._row(one, number=number) for number, one in enumerate(said, start=first)]
        unsent.queue_changes(self._connection, self._lane.id, new, at=self._at)
        keys = {one.key for one in said}
        told.write(self._connection, self._lane.id, ((key, seen[key]) for key in keys))
        self._lane = lanes.advance(self._connection, self._lane, last_change=new[-1].change_number)

    def _row(self, said: _Said, *, number: int) -> StatusChange:
        gone = said.kind is ChangeKind.WITHDRAWN
        return StatusChange(
            change_id=said.change_id or ChangeId(self._clock.new_uuid()),
            change_number=number,
            kind=said.kind,
            status=said.status,
            effective_from=said.effective_from,
            corrects=said.corrects,
            legal_reference=said.legal_reference,
            operator=(
                reduce_to_number(said.record) if gone else reduce(said.record, self._arrangement)
            ),
        )


class _Said(NamedTuple):
    """How a change reads to one recipient.

    Attributes:
        change_id: The change's own; a fresh one when None, for what this recipient has under
            another name already.
    """

    key: facts.Key
    kind: ChangeKind
    status: Status
    effective_from: datetime
    record: OperatorRecord
    change_id: ChangeId | None = None
    corrects: ChangeId | None = None
    legal_reference: str | None = None


_HEAL = object()
"""The change cannot be told in words this recipient could follow: a full list says it instead."""

_OVER = frozenset({Status.REVOKED, Status.WITHDRAWN})
_INTO = {
    Status.SUSPENDED: ChangeKind.SUSPENDED,
    Status.REVOKED: ChangeKind.REVOKED,
    Status.EXPIRED: ChangeKind.EXPIRED,
    Status.WITHDRAWN: ChangeKind.WITHDRAWN,
}
_INTO_VALID = {Status.SUSPENDED: ChangeKind.RESUMED, Status.EXPIRED: ChangeKind.RENEWED}


def _is_known(change: OwnChange, seen: dict[facts.Key, told.Told]) -> bool:
    last = seen.get(change.key)
    if last is None or last.status == Status.WITHDRAWN:
        return False
    return last.episode == change.record.episode


def _is_over(change: OwnChange, seen: dict[facts.Key, told.Told]) -> bool:
    """Says whether the last a recipient was told of an operator is that it ends, or will."""
    last = seen.get(change.key)
    return last is not None and last.episode == change.record.episode and last.status in _OVER


def _is_held(change: OwnChange, seen: dict[facts.Key, told.Told]) -> bool:
    last = seen.get(change.key)
    return last is not None and last.status in LISTED


def _kind_of(fact: facts.Fact, *, status: str | None, visible: bool) -> ChangeKind | None:
    """Returns in which word a fact follows the status a recipient has been told."""
    if status is None or status == Status.WITHDRAWN:
        return ChangeKind.GRANTED if visible and fact.status == Status.VALID else None
    if not visible:
        return None if status == Status.REVOKED else ChangeKind.WITHDRAWN
    if fact.status == status:
        return ChangeKind.RENEWED if fact.cause == ChangeKind.RENEWED else ChangeKind.AMENDED
    if fact.status == Status.VALID:
        return _INTO_VALID.get(Status(status), ChangeKind.GRANTED)
    return _INTO[Status(fact.status)]


def _parts(members: list[int]) -> list[list[int]]:
    """An empty list has one empty part."""
    return [
        members[first : first + MAX_RECORDS] for first in range(0, len(members), MAX_RECORDS)
    ] or [[]]
