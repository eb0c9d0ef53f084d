"""Takes the parts of a partner's full list and lets it take effect as a whole.

1. current: a list with an older cut than the one held is superseded
2. in order: part 1 opens (and abandons an unfinished list before it), the others follow
3. covered: one record out of scope refuses the list, for it could not take effect as a whole
4. complete: count, root hash, no authorisation twice
5. guarded: a list that ends most of what is held or undoes a revocation waits for an officer
6. applied: what differs becomes a fact, what is absent becomes `not-listed`, what was scheduled
   before the cut goes; a change after the cut wins over the list
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason
from mra_gateway.flows.apply_changes import Applied, Covers
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.identifiers import Digest, MessageId
from mra_gateway.model.messages import ReceiptOutcome, RecordResult, StatusListPart
from mra_gateway.settings import GuardSettings
from mra_gateway.store import facts, feed, lists
from mra_gateway.store.chunks import chunked
from mra_gateway.store.lanes import Lane
from mra_gateway.wire.digests import list_root

LIVE = frozenset({Status.VALID, Status.SUSPENDED})
CAUSE = "list"


class Effect(NamedTuple):
    """What a list would end, counted before it takes effect."""

    live: int
    ended: int
    reversed: int


def take_part(
    connection: Connection,
    part: StatusListPart,
    *,
    digest: Digest,
    register: facts.Register,
    lane: Lane,
    covers: Covers,
    guard: GuardSettings,
    at: datetime,
    message_id: MessageId,
    message_row: int,
) -> Applied:
    """Takes one part; the last one lets the list take effect, or wait for a second officer.

    Args:
        connection: The transaction, with the lane locked.
        part: As sent.
        digest: Digest of its operators as they stand in the message.
        register: Whose facts they are.
        lane: The lane it came on.
        covers: Judges whether the arrangement covers a record.
        guard: When a list waits for a second officer.
        at: Now.
        message_id: The message that brought it.
        message_row: Its row.
    """
    if part.as_of_change < lane.list_cut:
        return Applied(ReceiptOutcome.SUPERSEDED, Reason.SUPERSEDED)
    held, refusal = _place(connection, part, lane=lane, at=at)
    if held is None:
        return Applied(ReceiptOutcome.REFUSED, refusal)
    results = tuple(_uncovered(part, covers=covers))
    if results:
        lists.close(connection, held.id, state=lists.REFUSED, at=at, reason=results[0].reason)
        return Applied(ReceiptOutcome.REFUSED, results[0].reason, results)
    first = lists.count_staged(connection, held.id) + 1
    lists.stage(connection, held.id, part.operators, first=first)
    lists.take_part(
        connection, held.id, next_part=part.part + 1, digest=digest, last_message=message_id
    )
    if part.part < part.parts:
        return Applied(ReceiptOutcome.ACCEPTED, Reason.LIST_STAGED)
    return _complete(
        connection, held, register=register, lane=lane, guard=guard, at=at, row=message_row
    )


def let_take_effect(
    connection: Connection,
    full: lists.FullList,
    *,
    register: facts.Register,
    at: datetime,
    message_row: int,
) -> Applied:
    """Applies a complete list: what differs becomes a fact, what is absent becomes not-listed."""
    feed.advance(connection, at=at, issuer=register.issuer, arrangement=register.arrangement)
    absent = _absent(connection, full, register=register)
    for slice_of_absent in chunked(fact for fact in absent if fact.status in LIVE):
        missing = [
            _not_listed(fact, as_of=full.as_of, cut=full.as_of_change) for fact in slice_of_absent
        ]
        facts.add(connection, register, missing, at=at, message_row=message_row)
    _unschedule(connection, full, register=register, at=at)
    for slice_ in lists.staged(connection, full.id):
        _apply_slice(connection, slice_, full=full, register=register, at=at, row=message_row)
    lists.close(connection, full.id, state=lists.APPLIED, at=at)
    return Applied(ReceiptOutcome.ACCEPTED, list_cut=full.as_of_change)


def _unschedule(
    connection: Connection, full: lists.FullList, *, register: facts.Register, at: datetime
) -> None:
    """What was scheduled before the cut is said again after it, or no longer holds."""
    scheduled = facts.scheduled(connection, register, after=full.as_of)
    gone = [fact.id for fact in scheduled if not _is_after(fact, full.as_of_change)]
    facts.retract(connection, gone, at=at)


def _place(
    connection: Connection, part: StatusListPart, *, lane: Lane, at: datetime
) -> tuple[lists.FullList | None, Reason]:
    under_way = lists.find_open(connection, lane.id)
    if part.part == 1:
        if lists.find(connection, lane.id, part.list_id) is not None:
            return None, Reason.LIST_INTERLEAVED
        if under_way is not None:
            lists.close(
                connection,
                under_way.id,
                state=lists.ABANDONED,
                at=at,
                reason=Reason.LIST_INTERLEAVED,
            )
        return _open(connection, part, lane=lane, at=at), Reason.OK
    if under_way is None or under_way.list_id != part.list_id:
        known = lists.find(connection, lane.id, part.list_id)
        return None, Reason.LIST_PART_MISSING if known is None else Reason.LIST_INTERLEAVED
    if part.part != under_way.next_part:
        return None, Reason.LIST_PART_MISSING
    said_before = (
        under_way.parts,
        under_way.total,
        under_way.root,
        under_way.as_of,
        under_way.as_of_change,
    )
    if said_before != (part.parts, part.total, part.root, part.as_of, part.as_of_change):
        return None, Reason.LIST_INCONSISTENT
    return under_way, Reason.OK


def _open(
    connection: Connection, part: StatusListPart, *, lane: Lane, at: datetime
) -> lists.FullList:
    row = lists.open_list(
        connection,
        lane.id,
        list_id=part.list_id,
        parts=part.parts,
        total=part.total,
        root=part.root,
        as_of=part.as_of,
        as_of_change=part.as_of_change,
        at=at,
    )
    return lists.get(connection, row)


def _uncovered(part: StatusListPart, *, covers: Covers) -> Iterator[RecordResult]:
    for index, listed in enumerate(part.operators, start=1):
        reason = covers(listed.operator)
        if reason is not Reason.OK:
            yield RecordResult(index=index, reason=reason)


def _complete(
    connection: Connection,
    full: lists.FullList,
    *,
    register: facts.Register,
    lane: Lane,
    guard: GuardSettings,
    at: datetime,
    row: int,
) -> Applied:
    counted = lists.count_staged(connection, full.id)
    root = list_root(lists.part_digests(connection, full.id))
    if counted != full.total or root != full.root or lists.has_doubles(connection, full.id):
        lists.close(
            connection, full.id, state=lists.REFUSED, at=at, reason=Reason.LIST_INCONSISTENT
        )
        return Applied(ReceiptOutcome.REFUSED, Reason.LIST_INCONSISTENT)
    replaced = _give_up_held(connection, lane=lane, at=at)
    reason = _guarded(_effect(connection, full, register=register), guard=guard)
    if reason is not Reason.OK:
        lists.close(connection, full.id, state=lists.HELD, at=at, reason=reason, keep_records=True)
        return Applied(ReceiptOutcome.HELD, reason, waits=True, replaced=replaced)
    applied = let_take_effect(connection, full, register=register, at=at, message_row=row)
    return applied._replace(replaced=replaced)


def _give_up_held(connection: Connection, *, lane: Lane, at: datetime) -> lists.FullList | None:
    """A newer list answers the question an older one waited with."""
    waiting = lists.find_held(connection, lane.id)
    if waiting is not None:
        lists.close(connection, waiting.id, state=lists.ABANDONED, at=at, reason=Reason.SUPERSEDED)
    return waiting


def _guarded(effect: Effect, *, guard: GuardSettings) -> Reason:
    if effect.reversed:
        return Reason.STATUS_TRANSITION_NOT_ALLOWED
    many = effect.ended > guard.mass_change_floor
    if many and effect.ended > guard.mass_change_share * effect.live:
        return Reason.MASS_CHANGE_HELD
    return Reason.OK


def _effect(connection: Connection, full: lists.FullList, *, register: facts.Register) -> Effect:
    live = ended = reversed_ = 0
    for fact in facts.keys_in_force(connection, register, at=full.as_of):
        live += fact.status in LIVE
    for fact in _absent(connection, full, register=register):
        ended += fact.status in LIVE
    for slice_ in lists.staged(connection, full.id):
        held = facts.believed(connection, register, (record.key.tin for record in slice_))
        for record in slice_:
            told = held.get(record.key, [])
            if _wins(told, cut=full.as_of_change, since=record.effective_from):
                continue
            current = facts.at_moment(_before(told, full.as_of_change), valid_at=full.as_of)
            if current is None:
                continue
            ended += current.status in LIVE and record.status not in LIVE
            reversed_ += (
                current.status == Status.REVOKED
                and record.status != Status.REVOKED
                and current.episode == record.episode
            )
    return Effect(live, ended, reversed_)


def _absent(
    connection: Connection, full: lists.FullList, *, register: facts.Register
) -> Iterator[facts.Fact]:
    """Yields what is held and not in the list, unless a change after the cut speaks of it."""
    for slice_ in chunked(facts.keys_in_force(connection, register, at=full.as_of)):
        tins = [fact.key.tin for fact in slice_]
        named = lists.staged_keys(connection, full.id, tins)
        held = facts.believed(connection, register, tins)
        for fact in slice_:
            told_later = _wins(held[fact.key], cut=full.as_of_change, since=full.as_of)
            if fact.key not in named and not told_later:
                yield fact


def _apply_slice(
    connection: Connection,
    slice_: list[lists.StagedRecord],
    *,
    full: lists.FullList,
    register: facts.Register,
    at: datetime,
    row: int,
) -> None:
    held_by_key = facts.believed(connection, register, (record.key.tin for record in slice_))
    gone: list[int] = []
    new: list[facts.NewFact] = []
    for record in slice_:
        held = held_by_key.get(record.key, [])
        if _wins(held, cut=full.as_of_change, since=record.effective_from):
            continue
        held = _before(held, full.as_of_change)
        current = facts.at_moment(held, valid_at=full.as_of)
        if current is not None and _is_same(record, current):
            continue
        gone += [
            fact.id for fact in held if record.effective_from <= fact.effective_from <= full.as_of
        ]
        new.append(_listed(record, cut=full.as_of_change))
    facts.retract(connection, gone, at=at)
    facts.add(connection, register, new, at=at, message_row=row)


def _wins(held: list[facts.Fact], *, cut: int, since: datetime) -> bool:
    """Says whether a change after the cut speaks of the time since a moment, or before."""
    return any(fact.effective_from <= since for fact in held if _is_after(fact, cut))


def _before(held: list[facts.Fact], cut: int) -> list[facts.Fact]:
    """Returns what a list replaces; changes after its cut stay on top of it."""
    return [fact for fact in held if not _is_after(fact, cut)]


def _is_after(fact: facts.Fact, cut: int) -> bool:
    return fact.change_number is not None and fact.change_number > cut


def _is_same(record: lists.StagedRecord, fact: facts.Fact) -> bool:
    """Says whether a list tells nothing new.

    Since when an authorisation is valid is no news: a partner may have shown it to us only later.
    """
    return (
        record.status == fact.status
        and record.episode == fact.episode
        and record.record == fact.record_json
        and (record.status == Status.VALID or record.effective_from == fact.effective_from)
    )


def _listed(record: lists.StagedRecord, *, cut: int) -> facts.NewFact:
    return facts.NewFact(
        key=record.key,
        episode=record.episode,
        record_version=record.record_version,
        status=record.status,
        effective_from=record.effective_from,
        cause=CAUSE,
        record=record.record,
        change_id=record.change_id,
        change_number=cut,
    )


def _not_listed(fact: facts.Fact, *, as_of: datetime, cut: int) -> facts.NewFact:
    return facts.NewFact(
        key=fact.key,
        episode=fact.episode,
        record_version=fact.record_version,
        status=NOT_LISTED,
        effective_from=as_of,
        cause=CAUSE,
        record=fact.record_json,
        change_number=cut,
    )
