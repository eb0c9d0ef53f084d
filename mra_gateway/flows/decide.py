"""Decides declarations, and recomputes what was decided.

1. decide from memory (`recognise.py`), by the state of this process (`follow_feed.py`)
2. record every result with what it rests on (`record.py`), then answer

A result names the position of the feed and the rule book it rests on: with both, the same answer is
computed again next year, whatever was learnt or changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.flows.read_feed import load_book, load_state, read_move
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.record import LINES, Part, Recorder
from mra_gateway.flows.state import State
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.store import books, feed, results
from mra_gateway.store.database import Database

NOT_STORED = "not-stored"
"""The id of a result that was only looked at."""


class Decider:
    """Answers declarations."""

    def __init__(
        self, *, database: Database, follower: Follower, recorder: Recorder, clock: Clock
    ) -> None:
        self._database = database
        self._follower = follower
        self._recorder = recorder
        self._clock = clock
        # of long batches side by side all would end late, and nobody decide while all are committed
        self._long = asyncio.Lock()

    async def decide(
        self, declarations: Sequence[Declaration], *, requested_by: str
    ) -> list[RecognitionResult]:
        """Decides declarations and stores every result before it is given out.

        Raises:
            StoreError: The database failed; nothing was given out.
        """
        return [
            RecognitionResult.model_validate_json(content)
            for part in await self.decide_fast(declarations, requested_by=requested_by)
            for content in part.results
        ]

    async def decide_fast(
        self, declarations: Sequence[Declaration], *, requested_by: str
    ) -> list[Part]:
        """Does the same, and returns the results as JSON, in parts with what they count for.

        Raises:
            StoreError: The database failed; nothing was given out.
        """
        if len(declarations) <= LINES:
            part, kept = await self._decide_some(declarations, requested_by=requested_by)
            await asyncio.shield(kept)
            return [part]
        parts: list[Part] = []
        keeping: list[asyncio.Future[None]] = []
        async with self._long:
            for first in range(0, len(declarations), LINES):
                some = declarations[first : first + LINES]
                part, kept = await self._decide_some(some, requested_by=requested_by)
                parts.append(part)
                keeping.append(kept)  # the next ones are decided while these are committed
                await asyncio.sleep(0)
        await asyncio.gather(*map(asyncio.shield, keeping))
        return parts

    async def _decide_some(
        self, declarations: Sequence[Declaration], *, requested_by: str
    ) -> tuple[Part, asyncio.Future[None]]:
        """Decides as many as one sheet takes; returns them, and what is done when they are kept."""
        recogniser = await self._follower.current()
        state = recogniser.state
        sheet = self._recorder.open_sheet(
            day=state.book.day,
            position=state.position,
            book=state.book.digest,
            current=state.current,
            requested_by=requested_by,
            number=len(declarations),
        )
        return sheet.fill(recogniser, declarations), self._recorder.keep(sheet)

    async def find(self, result_id: str) -> RecognitionResult | None:
        """Returns a result as it was given, or None.

        Raises:
            StoreError: The database failed.
        """
        given = await self.find_given(result_id)
        return None if given is None else RecognitionResult.model_validate_json(given)

    async def find_given(self, result_id: str) -> bytes | None:
        """Returns a result byte for byte as it was given, or None.

        Raises:
            RequestRefused: `DATA_PURGED`.
            StoreError: The database failed.
        """
        stored = await self.find_stored(result_id)
        return None if stored is None else stored.result

    async def find_stored(self, result_id: str) -> results.StoredResult | None:
        """Returns a result as it is kept, with its declaration, or None.

        Raises:
            RequestRefused: `DATA_PURGED`.
            StoreError: The database failed.
        """
        stored = await self._database.read(lambda c: results.find(c, result_id))
        if stored is not None and stored.is_purged:
            raise RequestRefused(
                "the result was purged when the retention of its operator's data had ended: it "
                "can neither be shown nor computed again",
                reason=Reason.DATA_PURGED,
            )
        return stored

    async def recompute(self, result_id: str) -> RecognitionResult | None:
        """Computes a stored result again, from what was known then; None when there is none.

        Raises:
            StoreError: The database failed.
        """
        again = await self.compute_again(result_id)
        return None if again is None else RecognitionResult.model_validate_json(again)

    async def compute_again(self, result_id: str) -> bytes | None:
        """Does the same, and returns what would be given, byte for byte.

        Raises:
            RequestRefused: `DATA_PURGED`.
            StoreError: The database failed.
        """
        stored = await self.find_stored(result_id)
        if stored is None:
            return None
        return await self._database.read(lambda c: next(recompute_all(c, [stored])))

    async def decide_as_of(
        self, declarations: Sequence[Declaration], *, known_at: datetime | None
    ) -> list[RecognitionResult]:
        """Decides as it would have been with what was known at a moment; stores nothing.

        Args:
            declarations: What to decide; one that does not say when, as accepted then.
            known_at: The moment; now when None.

        Raises:
            RequestRefused: Nothing was decided by then, so that no rule book was in use; or the
                moment has not come yet.
            StoreError: The database failed.
        """
        now = self._clock.now()
        if known_at is None:
            recogniser = await self._follower.current()
            return [_not_stored(recogniser, one, at=now) for one in declarations]
        if known_at > now:
            raise RequestRefused("nobody knows yet what will be known then")
        moment = known_at

        def decide_then(connection: Connection) -> list[RecognitionResult]:
            then = Recogniser(_state_as_known(connection, known_at=moment))
            return [_not_stored(then, one, at=moment) for one in declarations]

        return await self._database.read(decide_then)


def recompute_all(
    connection: Connection, stored: Iterable[results.StoredResult]
) -> Iterator[bytes]:
    """Yields results computed again, without reading the answers given then, in the same order.

    Quickest when they come in the order they were decided: the state then only moves on.
    """
    compiled: dict[Digest, CompiledBook] = {}
    recogniser: Recogniser | None = None
    for one in stored:
        book = compiled.get(one.book)
        if book is None:
            book = compiled[one.book] = load_book(book_content(connection, one.book))
        at = feed.at_position(connection, one.position)
        epoch = book.epoch(book.day(one.decided_at))
        state: State | None = None if recogniser is None else recogniser.state
        if (
            state is None
            or state.book is not book
            or state.epoch != epoch
            or state.position > at.number
        ):
            recogniser = Recogniser(load_state(connection, book, at=at, epoch=epoch))
        elif state.position < at.number:
            recogniser = Recogniser(read_move(connection, state, to=at).of(state))
        assert recogniser is not None
        by = recogniser if one.current else recogniser.not_current()
        yield by.decide(
            Declaration.model_validate_json(one.declaration),
            result_id=one.id,
            decided_at=one.decided_at,
        ).content


def _state_as_known(connection: Connection, *, known_at: datetime) -> State:
    number = feed.position_at(connection, known_at=known_at)
    digest = books.in_use(connection, position=number)
    if digest is None:
        raise RequestRefused(
            "nothing was decided by then: no rule book was in use", reason=Reason.NOT_FOUND
        )
    book = load_book(book_content(connection, digest))
    at = feed.at_position(connection, number)
    return load_state(connection, book, at=at, epoch=book.epoch(book.day(known_at)))


def _not_stored(
    recogniser: Recogniser, declaration: Declaration, *, at: datetime
) -> RecognitionResult:
    decided = recogniser.decide(declaration, result_id=NOT_STORED, decided_at=at)
    return RecognitionResult.model_validate_json(decided.content)


def book_content(connection: Connection, digest: Digest) -> str:
    """Returns the content of a rule book that results rest on.

    Raises:
        RequestRefused: It is not kept.
    """
    content = books.find(connection, digest)
    if content is None:
        raise RequestRefused("the rule book is not kept", reason=Reason.NOT_FOUND)
    return content
