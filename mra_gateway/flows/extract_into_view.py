"""Takes the extract of recognised operators into the database, for whoever reads its views.

1. look: is the extract that holds now another than the one taken; the same mark means the same rows
2. claim: of several processes on one database one does it
3. work out, reading only: what differs from the one taken, set down outside the database
4. write it in slices, between which others write; the views show nothing of it yet
5. show it, in one transaction, and only if nobody came after; then remove what it replaced

The work is in step 3 and locks nothing; what is written is what changed. The views themselves leave
out what may not be used any more, and at once whoever was stopped since, so that an extract that is
never taken anew grants nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import IO, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError, RequestRefused
from mra_gateway.flows.extract import Mark, digest_of, find_mark, key_of, take_extract
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.model.extract import ExtractHead, ExtractRow, RowChange
from mra_gateway.model.officers import Actor
from mra_gateway.store import extract_views, journal
from mra_gateway.store.chunks import chunked
from mra_gateway.store.database import Database, Work
from mra_gateway.store.extract_views import Difference

CLAIM = timedelta(minutes=10)
"""How long a process that claimed it, and died, keeps the others from it."""
_BETWEEN_SLICES = 0.05
"""Seconds in which others write: SQLite lets nobody queue, who waits asks again every 25 ms."""

_log = structlog.get_logger(__name__)


class Taken(NamedTuple):
    """What was taken into the database.

    Attributes:
        operators: How many rows the views are of.
        written: How many of them were written, or removed: the others stood there.
    """

    mark: str
    operators: int
    written: int


class _Worked(NamedTuple):
    """Differences set down, and what they lead to."""

    head: ExtractHead
    operators: int
    written: int


class _Stopped(Exception):
    """The process ends."""


def never() -> bool:
    """Says that nothing asks for an end."""
    return False


async def take_into_view(
    database: Database,
    mark: Mark,
    *,
    clock: Clock,
    by: Actor | None = None,
    generation: int | None = None,
    is_stopping: Callable[[], bool] = never,
) -> Taken:
    """Steps 3 to 5: has the views show the extract of a mark.

    Args:
        database: The store.
        mark: Of the extract that holds now.
        clock: For when it was taken.
        by: The officer who asked; None: the gateway by itself, which the journal does not record.
        generation: What the claim gave; None: whatever is under way is given up for this.
        is_stopping: Asked at every row, and before every slice.

    Raises:
        RequestRefused: Somebody else took one, or purged, meanwhile; the views show what they did.
        StoreError: The database failed; so they do.
    """
    begun_at = clock.now()
    if generation is None:
        generation = await database.write(lambda c: extract_views.begin(c, until=begun_at + CLAIM))
    slices = _Slices(database, generation, clock=clock, is_stopping=is_stopping)
    await slices.tidy()
    with tempfile.TemporaryFile() as file:
        worked = await database.read(lambda c: _work_out(c, file, mark=mark, stop=is_stopping))  # 3
        file.seek(0)
        for some in chunked(Difference(*orjson.loads(line)) for line in file):  # 4
            await slices.run(partial(extract_views.write, some=some, generation=generation))

    def show(connection: Connection) -> None:
        at = clock.now()
        extract_views.show(
            connection,
            worked.head,
            generation=generation,
            operators=worked.operators,
            begun_at=begun_at,
            at=at,
        )
        if by is not None:
            journal.record(
                connection,
                at=at,
                actor=by.name,
                act="extract taken into the database",
                subject=worked.head.mark,
                detail={"operators": worked.operators, "written": worked.written},
            )

    await slices.run(show)  # 5
    with suppress(RequestRefused):  # whoever began another removes what is left
        await slices.tidy()
    return Taken(worked.head.mark, worked.operators, worked.written)


class _Slices:
    """The short transactions of one take: each only while nobody has begun another."""

    def __init__(
        self,
        database: Database,
        generation: int,
        *,
        clock: Clock,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._database, self._generation = database, generation
        self._clock, self._is_stopping = clock, is_stopping
        self._is_first = True

    async def run(self, work: Work[None]) -> None:
        if self._is_stopping():
            raise _Stopped
        if not self._is_first:
            await asyncio.sleep(_BETWEEN_SLICES)
        self._is_first = False

        def held(connection: Connection) -> None:
            until = self._clock.now() + CLAIM
            extract_views.hold(connection, self._generation, until=until)
            work(connection)

        await self._database.write(held)

    async def tidy(self) -> None:
        """Removes what nobody is to see any more."""
        while left := await self._database.read(extract_views.leftovers):
            for some in chunked(left):
                await self.run(partial(extract_views.tidy, some=some))


class ViewKeeper:
    """Keeps the views current for as long as it runs."""

    def __init__(
        self,
        *,
        database: Database,
        reopen: Callable[[], Database] | None,
        follower: Follower,
        clock: Clock,
        every: timedelta,
        holder: str,
    ) -> None:
        self._database = database
        self._reopen = reopen
        self._follower = follower
        self._clock = clock
        self._every = every
        self._holder = holder
        self._stopping = threading.Event()

    @property
    def is_wanted(self) -> bool:
        """Whether the settings say that the views are kept current."""
        return self._every > timedelta()

    async def run(self) -> None:
        """Looks again and again until cancelled."""
        try:
            while True:
                try:
                    taken = await self.look()
                except GatewayError as error:
                    _log.warning("extract not taken", reason=error.reason)
                else:
                    if taken is not None:
                        _log.info("extract taken", **taken._asdict())
                await asyncio.sleep(self._every.total_seconds())
        finally:
            self._stopping.set()

    async def look(self) -> Taken | None:
        """Takes the extract into the database where it is another; None where there is no need.

        Raises:
            RequestRefused: Nothing is known yet, or somebody came first.
            StoreError: The database failed.
        """
        await self._follower.current()  # the rule book in use is today's
        now = self._clock.now()
        mark, known = await self._database.read(  # 1
            lambda c: (find_mark(c, now=now), extract_views.state(c))
        )
        if known.mark == str(mark):
            await self._database.write(lambda c: extract_views.confirm(c, str(mark), at=now))
            return None
        generation = await self._database.write(  # 2
            lambda c: extract_views.claim(c, holder=self._holder, at=now, until=now + CLAIM)
        )
        if generation is None:
            return None
        if self._reopen is None:
            return await take_into_view(
                self._database, mark, clock=self._clock, generation=generation
            )
        # in a thread with a connection of its own: PostgreSQL's are worked by the loop that
        # answers declarations, which must not wait
        return await asyncio.to_thread(
            asyncio.run, self._take_apart(self._reopen, mark, generation)
        )

    async def _take_apart(
        self, reopen: Callable[[], Database], mark: Mark, generation: int
    ) -> Taken | None:
        database = reopen()
        try:
            return await take_into_view(
                database,
                mark,
                clock=self._clock,
                generation=generation,
                is_stopping=self._stopping.is_set,
            )
        except _Stopped:
            return None
        finally:
            await database.close()


def _work_out(
    connection: Connection, file: IO[bytes], *, mark: Mark, stop: Callable[[], bool]
) -> _Worked:
    extract = take_extract(connection, mark)
    operators = written = 0

    def counted() -> Iterator[ExtractRow]:
        nonlocal operators
        for row in extract.rows:
            if stop():
                raise _Stopped
            operators += 1
            yield row

    for difference in _differences(counted(), extract_views.digests(connection)):
        written += 1
        file.write(orjson.dumps(tuple(difference), option=orjson.OPT_APPEND_NEWLINE))
    return _Worked(extract.head, operators, written)


def _differences(
    rows: Iterator[ExtractRow], held: Iterator[tuple[tuple[str, ...], str]]
) -> Iterator[Difference]:
    """Goes through both in their one order, so that neither has to be in memory."""
    before = next(held, None)
    for row in rows:
        key = key_of(row)
        while before is not None and before[0] < key:
            yield extract_views.removed(before[0])
            before = next(held, None)
        digest = digest_of(row).hex()
        change = RowChange.ADDED
        if before is not None and before[0] == key:
            change = RowChange.LISTED if before[1] == digest else RowChange.CHANGED
            before = next(held, None)
        if change is not RowChange.LISTED:
            yield extract_views.put(row, digest, change=change)
    while before is not None:
        yield extract_views.removed(before[0])
        before = next(held, None)
