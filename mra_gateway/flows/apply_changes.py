"""Applies status changes a partner announced, record by record.

1. covered: the operator is the sender's own and in scope of the arrangement
2. new: its number is above what a list or an earlier change included, its id not applied before
3. allowed: the change may follow the status held when it takes effect
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
from mra_gateway.model.changes import NOT_LISTED, ChangeKind, Status, StatusChange, is_allowed
from mra_gateway.model.messages import ReceiptOutcome, RecordResult
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.store import facts
from mra_gateway.store.lanes import Lane

Covers = Callable[[OperatorRecord], Reason]
"""Says whether an arrangement covers a record: `OK` or the reason why not."""

UNDOES = frozenset({ChangeKind.CORRECTED, ChangeKind.ANNULLED})
ENDS = frozenset({Status.REVOKED, Status.WITHDRAWN, Status.EXPIRED})
_ENDED = frozenset({None, NOT_LISTED, *ENDS})


class Applied(NamedTuple):
    """What became of a body.

    Attributes:
        last_change: The last change number now included, when it moved.
        list_cut: The cut of a list that took effect.
        waits: Genuine and complete, but a second officer decides on its effect.
    """

    outcome: ReceiptOutcome
    reason: Reason = Reason.OK
    results: tuple[RecordResult, ...] = ()
    last_change: int | None = None
    list_cut: int | None = None
    waits: bool = False


def apply_changes(
    connection: Connection,
    changes: Sequence[StatusChange],
    *,
    register: facts.Register,
    lane: Lane,
    covers: Covers,
    at: datetime,
    message_row: int,
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
    """
    ledger = _Ledger(connection, changes, register=register, at=at)
    results = []
    for index, change in enumerate(changes, start=1):
        reason = covers(change.operator)
        if reason is Reason.OK:
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
    ) -> None:
        self._connection = connection
        self._register = register
        self._at = at
        self._held = facts.believed(
            connection, register, (change.operator.tin for change in changes)
        )
        self._applied = facts.known_changes(
            connection, register, [change.change_id for change in changes]
        )
        self._retracted: list[int] = []
        self._new: dict[int, facts.NewFact] = {}
        self._provisional = 0

    def take(self, change: StatusChange, *, lane: Lane) -> Reason:
        """Judges one change and remembers its effect."""
        if change.change_id in self._applied:
            return Reason.OK
        if change.change_number <= max(lane.list_cut, lane.last_change):
            return Reason.SUPERSEDED
        key = key_of(change.operator)
        held = self._held.setdefault(key, [])
        if change.kind in UNDOES:
            original = next((fact for fact in held if fact.change_id == change.corrects), None)
            if original is None:
                return Reason.ORIGINAL_CHANGE_UNKNOWN
            undone = undone_by(change, original)
        else:
            current = facts.at_moment(held, valid_at=change.effective_from)
            if not may_follow(change, current):
                return Reason.STATUS_TRANSITION_NOT_ALLOWED
            undone = overtaken_by(
                held,
                effective_from=change.effective_from,
                ends=change.status in ENDS,
                now=self._at,
            )
        self._apply(change, key, undone)
        return Reason.OK

    def write(self, message_row: int) -> None:
        """Writes the effect of every change taken."""
        facts.retract(self._connection, self._retracted, at=self._at)
        new = list(self._new.values())
        facts.add(self._connection, self._register, new, at=self._at, message_row=message_row)

    def _apply(self, change: StatusChange, key: facts.Key, undone: Sequence[facts.Fact]) -> None:
        self._applied.add(change.change_id)
        gone = {fact.id for fact in undone}
        self._retracted += [fact_id for fact_id in gone if fact_id > 0]
        for fact_id in gone:
            self._new.pop(fact_id, None)
        new = fact_of(change, key)
        self._provisional -= 1
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


def may_follow(change: StatusChange, current: facts.Fact | None) -> bool:
    """Says whether a change may follow the status in effect when it takes effect.

    A new episode of a number begins with a grant, after the old one has ended.
    """
    if current is None:
        return is_allowed(change.kind, current=None)
    if current.episode != change.operator.episode:
        return change.kind is ChangeKind.GRANTED and current.status in _ENDED
    return is_allowed(change.kind, current=current.status)


def undone_by(change: StatusChange, original: facts.Fact) -> list[facts.Fact]:
    """Returns what a correction or annulment takes back.

    A correction replaces the original; an annulment takes it back only when it works from the
    original's own moment on. Where the order restores the status from a later moment, what was in
    between remains true.
    """
    if change.kind is ChangeKind.CORRECTED or change.effective_from <= original.effective_from:
        return [original]
    return []


def overtaken_by(
    held: Sequence[facts.Fact], *, effective_from: datetime, ends: bool, now: datetime
) -> list[facts.Fact]:
    """Returns the facts a change overtakes by taking effect before them.

    A change that reaches back says what has been true since; a change that ends an authorisation
    also ends what was scheduled. Anything else that lies in the future stays scheduled.
    """
    return [
        fact
        for fact in held
        if fact.effective_from > effective_from and (ends or fact.effective_from <= now)
    ]


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
