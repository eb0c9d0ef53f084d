"""What another table would have decided about past cases (pure).

Cases are read one by one and counted; of each kind of change the first few are kept as examples, so
that a hundred thousand declarations need no more memory than one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from mra_gateway.benefits.evaluate import CompiledTable
from mra_gateway.model.benefits import Case, Outcome

EXAMPLES = 3
"""Of each kind of change to each benefit."""


class Shift(StrEnum):
    """How a benefit would be decided differently."""

    GAINED = "gained"
    LOST = "lost"
    PARAMETERS = "parameters"
    """Granted by both, with other parameters."""
    REASON = "reason"
    """Granted by neither, for another reason."""


class PastCase(NamedTuple):
    """A case that was decided, under the reference by which a person finds it."""

    reference: str
    case: Case


class Example(NamedTuple):
    """One past case that would be decided differently."""

    reference: str
    before: Outcome | None
    after: Outcome | None


class Change(NamedTuple):
    """All past cases in which one benefit shifts in one way."""

    code: str
    shift: Shift
    cases: int
    examples: tuple[Example, ...]


class Preview(NamedTuple):
    """What a change of table would have done.

    Attributes:
        cases: How many were looked at.
        changed: In how many at least one benefit is gained, lost or has other parameters.
        granted_before: Per benefit, in how many cases the old table grants it.
        granted_after: The same of the new one.
        changes: By benefit and shift, most frequent first.
    """

    cases: int
    changed: int
    granted_before: dict[str, int]
    granted_after: dict[str, int]
    changes: tuple[Change, ...]


def preview(cases: Iterable[PastCase], *, before: CompiledTable, after: CompiledTable) -> Preview:
    """Returns how two tables differ over past cases.

    Args:
        cases: Any number, read once.
        before: The table that decided.
        after: The table that would.
    """
    count = changed = 0
    granted_before = dict.fromkeys(before.codes, 0)
    granted_after = dict.fromkeys(after.codes, 0)
    counts: dict[tuple[str, Shift], int] = {}
    examples: dict[tuple[str, Shift], list[Example]] = {}
    for past in cases:
        count += 1
        old, new = before.decide(past.case), after.decide(past.case)
        _count(granted_before, old)
        _count(granted_after, new)
        if old == new:
            continue
        is_changed = False
        for code, (was, becomes, shift) in _shifts(old, new).items():
            is_changed = is_changed or shift is not Shift.REASON
            key = (code, shift)
            counts[key] = counts.get(key, 0) + 1
            kept = examples.setdefault(key, [])
            if len(kept) < EXAMPLES:
                kept.append(Example(past.reference, was, becomes))
        changed += is_changed
    return Preview(
        cases=count,
        changed=changed,
        granted_before=granted_before,
        granted_after=granted_after,
        changes=tuple(
            Change(code, shift, number, tuple(examples[code, shift]))
            for (code, shift), number in sorted(counts.items(), key=lambda item: -item[1])
        ),
    )


def _count(granted: dict[str, int], outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        if outcome.granted:
            granted[outcome.code] += 1


def _shifts(
    before: tuple[Outcome, ...], after: tuple[Outcome, ...]
) -> dict[str, tuple[Outcome | None, Outcome | None, Shift]]:
    old = {outcome.code: outcome for outcome in before}
    new = {outcome.code: outcome for outcome in after}
    found = {}
    for code in dict.fromkeys([*old, *new]):
        shift = _shift(old.get(code), new.get(code))
        if shift is not None:
            found[code] = (old.get(code), new.get(code), shift)
    return found


def _shift(before: Outcome | None, after: Outcome | None) -> Shift | None:
    was = before is not None and before.granted
    becomes = after is not None and after.granted
    if was != becomes:
        return Shift.GAINED if becomes else Shift.LOST
    if before is None or after is None:
        return None  # a table that does not name a benefit and one that does not grant it
    if was and before.parameters != after.parameters:
        return Shift.PARAMETERS
    if not was and before.reason is not after.reason:
        return Shift.REASON
    return None
