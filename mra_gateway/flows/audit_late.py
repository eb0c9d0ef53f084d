"""Lists the consignments that were decided otherwise than a late change of status has them.

For post-clearance audit: a partner revokes from last month on, or an appeal annuls a revocation;
or from tomorrow on, when goods accepted the day after were decided already.

1. find what partners told us after something had been decided
2. find the results it may be about: those that found the operator, and where a status came to be
   valid, those with a party nobody was surely found for
3. judge each anew by the rule book and the measures it was decided by, with the statuses known now
4. list what differs, with the change that makes the difference

Nothing is decided or stored: what was given stays as it was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.decide import book_content
from mra_gateway.flows.read_feed import load_book, load_measures, load_state
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.state import State
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import Tin
from mra_gateway.recognition.rule import STALE_AFTER_DAYS
from mra_gateway.store import feed, grounds, late
from mra_gateway.store.results import StoredResult, batches_since

EVER = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=STALE_AFTER_DAYS)
"""Declarations are decided at most so long before they are accepted."""
_UNIDENTIFIED = (b'"reason":"IDENTIFIER_NOT_FOUND"', b'"reason":"IDENTIFIER_NOT_DECLARED"',
                 b'"reason":"IDENTIFIER_AMBIGUOUS"', b'"reason":"IDENTIFIER_LOSSY"')  # fmt: skip


class Given(NamedTuple):
    """What one party got, or would get.

    Attributes:
        benefits: The codes of those granted.
    """

    tin: str | None
    recognised: bool
    status: str | None
    benefits: tuple[str, ...]


class Affected(NamedTuple):
    """One party of one consignment that would be decided otherwise.

    Attributes:
        given: What it got.
        now: What it would get with the statuses known now.
        changes: What was known late and makes the difference, the latest last.
    """

    reference: str
    result: str
    decided_at: datetime
    accepted_at: datetime
    requested_by: str
    role: str
    identifier: str | None
    given: Given
    now: Given
    changes: tuple[late.LateChange, ...]


def find_affected(connection: Connection, *, since: datetime = EVER) -> Iterator[Affected]:
    """Yields what was decided otherwise than what was told since a moment has it.

    Args:
        connection: The transaction.
        since: Changes known from this moment on; all of them by default.

    Raises:
        StoreError: The database failed.
    """
    # 1
    told: dict[Tin, list[late.LateChange]] = {}
    for change in late.changes(connection, since=since):
        told.setdefault(change.fact.key.tin, []).append(change)
    anew = _Anew(connection)
    for one in _candidates(connection, told):
        yield from _differences(one, anew, told)


def _candidates(
    connection: Connection, told: Mapping[Tin, list[late.LateChange]]
) -> Iterator[StoredResult]:
    """Step 2."""
    if not told:
        return
    known_until = max(change.position for changes in told.values() for change in changes)
    earliest = {
        tin: min(change.fact.effective_from for change in changes) for tin, changes in told.items()
    }
    seen = set()
    for one in late.results_that_found(connection, earliest):
        if one.position < known_until:
            seen.add(one.id)
            yield one
    became_valid = [
        change.fact.effective_from
        for changes in told.values()
        for change in changes
        if change.is_end or change.fact.status == Status.VALID
    ]
    if not became_valid:
        return
    until = max(change.known_at for changes in told.values() for change in changes)
    for batch in batches_since(
        connection,
        decided_from=max(min(became_valid), EVER + _AHEAD) - _AHEAD,
        decided_until=until + timedelta(seconds=1),
    ):
        for one in batch.lines():
            is_open = any(reason in one.result for reason in _UNIDENTIFIED)
            if is_open and one.position < known_until and one.id not in seen:
                yield one


def _differences(
    one: StoredResult, anew: _Anew, told: Mapping[Tin, list[late.LateChange]]
) -> Iterator[Affected]:
    """Step 4: only what a late change explains; one known when it was decided explains nothing."""
    if not one.current:
        return  # nothing was given, and no status was the reason
    given = orjson.loads(one.result)
    now = anew.judge(one)
    accepted_at = datetime.fromisoformat(given["accepted_at"])
    for before, after in zip(given["results"], now["results"], strict=True):
        was, becomes = _given(before), _given(after)
        if (was.recognised, was.benefits) == (becomes.recognised, becomes.benefits):
            continue
        changes = [
            change
            for tin in dict.fromkeys([was.tin, becomes.tin])
            if tin is not None
            for change in told.get(Tin.trusted(tin), ())
            if change.position > one.position and change.fact.effective_from <= accepted_at
        ]
        if changes:
            yield Affected(
                reference=given["reference"],
                result=one.id,
                decided_at=one.decided_at,
                accepted_at=accepted_at,
                requested_by=one.requested_by,
                role=before["party"]["role"],
                identifier=before["party"].get("identifier"),
                given=was,
                now=becomes,
                changes=_telling(changes),
            )


def _telling(changes: list[late.LateChange]) -> tuple[late.LateChange, ...]:
    """Returns what was added; what only ceased to be believed tells something alone."""
    added = [change for change in changes if not change.is_end]
    return tuple(sorted(added or changes, key=lambda change: (change.position, change.fact.id)))


def _given(party: Mapping[str, Any]) -> Given:
    granted = [
        benefit["code"]
        for name in ("benefits", "holder_benefits")
        for benefit in party.get(name, ())
        if benefit["granted"]
    ]
    return Given(party.get("tin"), party["recognised"], party.get("status"), tuple(granted))


class _Anew:
    """Step 3: judges stored declarations by the rules of then and the statuses of now."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._latest = feed.latest(connection)
        self._changes = grounds.positions(connection)
        self._books: dict[str, CompiledBook] = {}
        self._state: State | None = None
        self._recogniser: tuple[object, Recogniser] | None = None

    def judge(self, one: StoredResult) -> Any:
        """Returns the result as it would be, as plain values."""
        decided = self._recogniser_of(one).decide(
            Declaration.model_validate_json(one.declaration),
            result_id=one.id,
            decided_at=one.decided_at,
        )
        return orjson.loads(decided.content)

    def _recogniser_of(self, one: StoredResult) -> Recogniser:
        state = self._state_of(one)
        # the measures are the same from one change of them to the next
        stood = self._changes[bisect_right(self._changes, one.position) - 1]
        key = (state.book.digest, state.epoch, stood)
        if self._recogniser is None or self._recogniser[0] != key:
            measures = load_measures(self._connection, state.book, until=stood)
            self._recogniser = (key, Recogniser(replace(state, measures=measures)))
        return self._recogniser[1]

    def _state_of(self, one: StoredResult) -> State:
        book = self._books.get(one.book)
        if book is None:
            book = self._books[one.book] = load_book(book_content(self._connection, one.book))
        epoch = book.epoch(book.day(one.decided_at))
        state = self._state
        if state is None or state.book is not book or state.epoch != epoch:
            self._state = state = load_state(self._connection, book, at=self._latest, epoch=epoch)
        return state
