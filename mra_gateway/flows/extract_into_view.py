"""Takes the extract of recognised operators into the database, for whoever reads its views.

1. look: is the extract that holds now another than the one taken; the same mark means the same rows
2. claim: of several processes on one database one does it
3. work out, reading only: what differs from the one taken, set down outside the database
4. replace: in one transaction, all of it or nothing, and only if nobody came first

The work is in step 3 and locks nothing; what is written is what changed. The views themselves leave
out what may not be used any more, so that an extract that is never taken anew grants nothing.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import IO, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError, Reason, RequestRefused
from mra_gateway.flows.extract import Mark, digest_of, find_mark, key_of, take_extract
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.model.extract import ExtractHead, ExtractRow, RowChange
from mra_gateway.model.officers import Actor
from mra_gateway.store import extract_views, journal
from mra_gateway.store.database import Database
from mra_gateway.store.extract_views import Difference

CLAIM = timedelta(minutes=10)
"""How long a process that claimed it, and died, keeps the others from it."""

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
    """Differences set down, and what they are from."""

    generation: int
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
    is_stopping: Callable[[], bool] = never,
) -> Taken:
    """Steps 3 and 4: has the views show the extract of a mark.

    Args:
        database: The store.
        mark: Of the extract.
        clock: For when it was taken.
        by: The officer who asked; None: the gateway by itself, which the journal does not record.
        is_stopping: Asked at every row.

    Raises:
        RequestRefused: Somebody else took one, or purged, meanwhile; nothing was changed.
        StoreError: The database failed; nothing was changed.
    """
    with tempfile.TemporaryFile() as file:
        worked = await database.read(lambda c: _work_out(c, file, mark=mark, stop=is_stopping))

        def replace(connection: Connection) -> bool:
            file.seek(0)
            at = clock.now()
            is_taken = extract_views.replace(
                connection,
                (Difference(*orjson.loads(line)) for line in file),
                generation=worked.generation,
                head=worked.head,
                operators=worked.operators,
                at=at,
            )
            if is_taken and by is not None:
                journal.record(
                    connection,
                    at=at,
                    actor=by.name,
                    act="extract taken into the database",
                    subject=worked.head.mark,
                    detail={"operators": worked.operators, "written": worked.written},
                )
            return is_taken

        if not await database.write(replace):
            raise RequestRefused(
                "another process took an extract into the database, or a purge was carried out,"
                " meanwhile; nothing was changed: do it again",
                reason=Reason.STATE_NOT_SUITABLE,
            )
    return Taken(worked.head.mark, worked.operators, worked.written)


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
            return None
        is_ours = await self._database.write(  # 2
            lambda c: extract_views.claim(
                c, generation=known.generation, holder=self._holder, at=now, until=now + CLAIM
            )
        )
        if not is_ours:
            return None
        if self._reopen is None:
            return await take_into_view(self._database, mark, clock=self._clock)
        # in a thread with a connection of its own: PostgreSQL's are worked by the loop that
        # answers declarations, which must not wait
        return await asyncio.to_thread(asyncio.run, self._take_apart(self._reopen, mark))

    async def _take_apart(self, reopen: Callable[[], Database], mark: Mark) -> Taken | None:
        database = reopen()
        try:
            return await take_into_view(
                database, mark, clock=self._clock, is_stopping=self._stopping.is_set
            )
        except _Stopped:
            return None
        finally:
            await database.close()


def _work_out(
    connection: Connection, file: IO[bytes], *, mark: Mark, stop: Callable[[], bool]
) -> _Worked:
    known = extract_views.state(connection)
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
    return _Worked(known.generation, extract.head, operators, written)


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
