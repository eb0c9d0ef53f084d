"""Applies status changes a partner announced, record by record.

1. covered: the operator is the sender's own and in scope of the arrangement; the end of an
   authorisation we hold is taken although it has left the scope, for that is why it ends
2. new: its number is above what a list or an earlier change included, its id not applied before
3. allowed: the change may follow the status held when it takes effect (`follow.py`)
4. applied: facts added, and those it undoes retracted

A record that fails says why in the receipt and holds up no other: a suspension never waits because
a neighbour is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.errors import Reason
from mra_gateway.flows.follow import ENDS, UNDOES, in_effect, may_follow, overtaken_by, undone_by
from mra_gateway.model.changes import StatusChange
from mra_gateway.model.messages import ReceiptOutcome, RecordResult
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import facts, feed, lists
from mra_gateway.store.lanes import Lane

Covers = Callable[[OperatorRecord], Reason]
"""Says whether an arrangement covers a record: `OK` or the reason why not."""

_PROVISIONAL = 2**62
"""Ids of facts not yet written begin here: above every written one, for the later wins."""


class Applied(NamedTuple):
    """What became of a body.

    Attributes:
        last_change: The last change number now included, when it moved.
        list_cut: The cut of a list that took effect.
        waits: Genuine and complete, but a second officer decides on its effect.
        replaced: The list that waited for an officer until this one came.
    """

    outcome: ReceiptOutcome
    reason: Reason = Reason.OK
    results: tuple[RecordResult, ...] = ()
    last_change: int | None = None
    list_cut: int | None = None
    waits: bool = False
    replaced: lists.FullList | None = None


def apply_changes(
    connection: Connection,
    changes: Sequence[StatusChange],
    *,
    register: facts.Register,
    lane: Lane,
    covers: Covers,
    at: datetime,
    message_row: int,
    list_waits: bool = False,
) -> Applied:
    """Applies the changes of one notification in their order.

    Args:
        connection: The transaction, with the lane locked.
        changes: As announced.
        register: Whose facts they are.
        lane: The lane they came on.
        covers: Judges whether the arrangement covers a record.
        at: Now.
        message_row: The message that brought them.
        list_waits: A full list is under way on the lane, or waits for an officer.
    """
    ledger = _Ledger(connection, changes, register=register, at=at, list_waits=list_waits)
    results = []
    for index, change in enumerate(changes, start=1):
        reason = covers(change.operator)
        if reason is Reason.OK or ledger.ends_what_left(change, reason):
            reason = ledger.take(change, lane=lane)
        if reason is not Reason.OK:
            results.append(RecordResult(index=index, change_id=change.change_id, reason=reason))
    ledger.write(message_row)
    return Applied(
        *_summary(results, total=len(changes)),
        results=tuple(results),
        last_change=max(lane.last_change, *(change.change_number for change in changes)),
    )


def _summary(results: list[RecordResult], *, total: int) -> tuple[ReceiptOutcome, Reason]:
    if not results:
        return ReceiptOutcome.ACCEPTED, Reason.OK
    reasons = {result.reason for result in results}
    if reasons == {Reason.SUPERSEDED}:
        whole = len(results) == total
        outcome = ReceiptOutcome.SUPERSEDED if whole else ReceiptOutcome.ACCEPTED_IN_PART
        return outcome, Reason.SUPERSEDED
    first = next(result.reason for result in results if result.reason is not Reason.SUPERSEDED)
    if len(results) == total:
        return ReceiptOutcome.REFUSED, first
    return ReceiptOutcome.ACCEPTED_IN_PART, first


class _Ledger:
    """The facts believed about the operators of one message, and what the message makes of them."""

    def __init__(
        self,
        connection: Connection,
        changes: Sequence[StatusChange],
        *,
        register: facts.Register,
        at: datetime,
        list_waits: bool,
    ) -> None:
        self._connection = connection
        self._register = register
        self._at = at
        self._list_waits = list_waits
        self._held = facts.believed(
            connection, register, (change.operator.tin for change in changes)
        )
        self._applied = facts.known_changes(
            connection, register, [change.change_id for change in changes]
        )
        self._retracted: list[int] = []
        self._new: dict[int, facts.NewFact] = {}
        self._provisional = _PROVISIONAL

    def ends_what_left(self, change: StatusChange, reason: Reason) -> bool:
        """Says whether a change ends what we hold of an authorisation that has left the scope."""
        left = reason in {Reason.PROGRAMME_OUT_OF_SCOPE, Reason.TIER_OUT_OF_SCOPE}
        return left and change.status in ENDS and bool(self._held.get(key_of(change.operator)))

    def take(self, change: StatusChange, *, lane: Lane) -> Reason:
        """Judges one change and remembers its effect."""
        if change.change_id in self._applied:
            return self._repeated(change)
        if change.change_number <= max(lane.list_cut, lane.last_change):
            return Reason.SUPERSEDED
        key = key_of(change.operator)
        held = self._held.setdefault(key, [])
        if change.kind in UNDOES:
            original = next((fact for fact in held if fact.change_id == change.corrects), None)
            if original is None:
                return Reason.ORIGINAL_CHANGE_UNKNOWN
            undone = undone_by(
                change.kind, effective_from=change.effective_from, original=original, held=held
            )
        else:
            if not may_follow(
                in_effect(held, at=change.effective_from),
                kind=change.kind,
                status=change.status,
                episode=change.operator.episode,
                list_waits=self._list_waits,
            ):
                return Reason.STATUS_TRANSITION_NOT_ALLOWED
            undone = overtaken_by(
                held,
                kind=change.kind,
                status=change.status,
                effective_from=change.effective_from,
            )
        self._apply(change, key, undone)
        return Reason.OK

    def _repeated(self, change: StatusChange) -> Reason:
        """A change is applied once; what says something else under its id is not that change."""
        statuses = {
            fact.status
            for fact in self._held.get(key_of(change.operator), ())
            if fact.change_id == change.change_id
        }
        said_otherwise = statuses and change.status not in statuses
        return Reason.RECORD_DOUBLED if said_otherwise else Reason.OK

    def write(self, message_row: int) -> None:
        """Writes the effect of every change taken, and that the partner was heard."""
        feed.advance(
            self._connection,
            at=self._at,
            issuer=self._register.issuer,
            arrangement=self._register.arrangement,
        )
        facts.retract(self._connection, self._retracted, at=self._at)
        new = list(self._new.values())
        facts.add(self._connection, self._register, new, at=self._at, message_row=message_row)

    def _apply(self, change: StatusChange, key: facts.Key, undone: Sequence[facts.Fact]) -> None:
        self._applied.add(change.change_id)
        gone = {fact.id for fact in undone}
        self._retracted += [fact_id for fact_id in gone if fact_id < _PROVISIONAL]
        for fact_id in gone:
            self._new.pop(fact_id, None)
        new = fact_of(change, key)
        self._provisional += 1
        self._new[self._provisional] = new
        kept = [fact for fact in self._held[key] if fact.id not in gone]
        self._held[key] = [*kept, _provisional(new, fact_id=self._provisional, at=self._at)]


def key_of(record: OperatorRecord) -> facts.Key:
    """Returns what a record's status belongs to."""
    return facts.Key(record.tin, record.programme, record.authorisation)


def fact_of(change: StatusChange, key: facts.Key) -> facts.NewFact:
    """Returns the fact a change states."""
    return facts.NewFact(
        key=key,
        episode=change.operator.episode,
        record_version=change.operator.record_version,
        status=change.status,
        effective_from=change.effective_from,
        cause=change.kind,
        record=change.operator.model_dump_json(exclude_defaults=True),
        change_id=change.change_id,
        change_number=change.change_number,
        legal_reference=change.legal_reference,
    )


def _provisional(new: facts.NewFact, *, fact_id: int, at: datetime) -> facts.Fact:
    """A fact not yet written, so that the next change of the same message sees it."""
    return facts.Fact(
        fact_id,
        new.key,
        new.episode,
        new.record_version,
        new.status,
        new.effective_from,
        at,
        None,
        new.cause,
        new.change_id,
        new.change_number,
        new.legal_reference,
        new.record,
    )
