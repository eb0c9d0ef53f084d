"""Says whether a change may follow what is held, and which facts it overtakes or takes back.

Both sides judge by these rules: the sender before it announces, the receiver before it applies.
None of them asks what time it is: a message that waited a week has the same effect as one that
came at once.

- A change is judged against the status in effect when it takes effect.
- What ends an authorisation ends what was said of any later moment too; a suspension overtakes
  what would make it valid again later. Anything else overtakes nothing: it cannot undo what is
  said of a later moment, which takes a correction or annulment that names what it undoes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mra_gateway.model.changes import NOT_LISTED, ChangeKind, Status, is_allowed
from mra_gateway.store import facts

UNDOES = frozenset({ChangeKind.CORRECTED, ChangeKind.ANNULLED})
ENDS = frozenset({Status.REVOKED, Status.WITHDRAWN, Status.EXPIRED})
_ENDED = frozenset({NOT_LISTED, *ENDS})
_NOT_TOLD = frozenset({NOT_LISTED, Status.WITHDRAWN})
_LIVE = frozenset({Status.VALID, Status.SUSPENDED})


def in_effect(held: Sequence[facts.Fact], *, at: datetime) -> facts.Fact | None:
    """Returns the fact a change that takes effect at a moment is judged against.

    Where nothing is held for so early a moment, the earliest: a list says since when a status
    holds, not what was before.
    """
    current = facts.at_moment(held, valid_at=at)
    if current is not None or not held:
        return current
    return min(held, key=lambda fact: (fact.effective_from, fact.id))


def may_follow(
    current: facts.Fact | None,
    *,
    kind: ChangeKind,
    status: Status,
    episode: str,
    list_waits: bool = False,
) -> bool:
    """Says whether a change may follow the status in effect when it takes effect.

    Args:
        current: What `in_effect` returned.
        kind: The change.
        status: The status it leads to.
        episode: The run of the number it is about.
        list_waits: A full list is under way or waits for an officer: the sender goes by it already,
            so a change may speak of what only the list says. It never undoes a revocation.
    """
    if current is None:
        return list_waits or is_allowed(kind, current=None)
    if current.episode != episode:
        return current.status in _ENDED and (list_waits or kind is ChangeKind.GRANTED)
    if kind is ChangeKind.AMENDED and status != current.status:
        return list_waits and current.status != Status.REVOKED
    if is_allowed(kind, current=current.status):
        return True
    return list_waits and current.status != Status.REVOKED


def overtaken_by(
    held: Sequence[facts.Fact], *, kind: ChangeKind, status: Status, effective_from: datetime
) -> list[facts.Fact]:
    """Returns the facts a change overtakes by taking effect before them."""
    later = [fact for fact in held if fact.effective_from > effective_from]
    if status is Status.EXPIRED:
        return [fact for fact in later if fact.cause != ChangeKind.RENEWED]
    if status in ENDS:
        return later
    if kind is ChangeKind.SUSPENDED:
        return [fact for fact in later if fact.status in _LIVE]
    if kind is ChangeKind.GRANTED:
        return [fact for fact in later if fact.status in _NOT_TOLD]
    return []


def undone_by(
    kind: ChangeKind,
    *,
    effective_from: datetime,
    original: facts.Fact,
    held: Sequence[facts.Fact],
) -> list[facts.Fact]:
    """Returns what a correction or annulment takes back.

    A correction replaces the original; an annulment takes it back only when it works from the
    original's own moment on: where the order restores the status from a later moment, what was in
    between remains true. An order that reaches back before the original also replaces what lies in
    between.
    """
    if kind is ChangeKind.ANNULLED and effective_from > original.effective_from:
        return []
    between = [
        fact
        for fact in held
        if effective_from < fact.effective_from <= original.effective_from
        and fact.id != original.id
    ]
    return [original, *between]
