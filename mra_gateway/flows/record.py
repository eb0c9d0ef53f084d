"""Records recognition results: those that come together are committed together.

An answer is given out when its result is committed, a single one and a batch alike. While one group
is being committed the next one fills, so that a commit's time is shared by all that wait for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.model.identifiers import Digest
from mra_gateway.store import results
from mra_gateway.store.database import Database
from mra_gateway.store.results import IndexEntry

LINES = 500
"""The most results of one batch row: finding one reads the row."""


@dataclass
class Sheet:
    """A batch that fills; every result in it is of one moment, position and rule book.

    Attributes:
        day: The legal day it counts for.
        judged: Of every party the partner (empty when none was found), whether it is recognised,
            and why it got nothing.
        recognised: How many declarations had a recognised party.
    """

    batch: str
    decided_at: datetime
    day: date
    position: int
    book: Digest
    current: bool
    requested_by: str
    declarations: list[bytes] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)
    entries: list[IndexEntry] = field(default_factory=list)
    judged: list[tuple[str, bool, str]] = field(default_factory=list)
    recognised: int = 0

    @cached_property
    def parties(self) -> Counter[tuple[str, bool, str]]:
        """How many parties were judged alike; asked for when the batch is full."""
        return Counter(self.judged)

    def next_id(self) -> str:
        """Returns the id of the next result."""
        return f"{self.batch}.{len(self.results)}"

    def add(
        self,
        result: bytes,
        *,
        declaration: bytes,
        reference: str,
        accepted_at: datetime,
        tins: Sequence[str],
        recognised: bool,
    ) -> None:
        """Adds a result and the declaration it answers."""
        number = len(self.results)
        self.results.append(result)
        self.declarations.append(declaration)
        self.recognised += recognised
        for tin in tins or _NOBODY:
            self.entries.append(IndexEntry(reference, tin, accepted_at, number))


_NOBODY = (None,)


class Recorder:
    """Commits results in groups."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Sheet] = []
        self._group: asyncio.Future[None] | None = None
        self._committing: asyncio.Task[None] | None = None

    def open_sheet(
        self,
        *,
        day: Callable[[datetime], date],
        position: int,
        book: Digest,
        current: bool,
        requested_by: str,
    ) -> Sheet:
        """Returns a batch to fill at once and hand to `keep`."""
        at = self._clock.now()
        return Sheet(self._clock.new_uuid(), at, day(at), position, book, current, requested_by)

    async def keep(self, sheets: Sequence[Sheet]) -> None:
        """Returns when the results are committed.

        Raises:
            StoreError: The database failed; they are not kept.
        """
        self._waiting += sheets
        if self._group is None:
            self._group = asyncio.get_running_loop().create_future()
        group = self._group
        if self._committing is None or self._committing.done():
            # a task of its own: whoever waits may go away, and the others still get theirs
            self._committing = asyncio.create_task(self._commit_all(), name="record results")
        await asyncio.shield(group)

    async def _commit_all(self) -> None:
        while self._waiting:
            sheets, self._waiting = self._waiting, []
            group, self._group = self._group, None
            assert group is not None
            try:
                await self._database.write(partial(_add, sheets=sheets))
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                group.set_exception(error)
                group.exception()  # nobody need be waiting any more
            else:
                group.set_result(None)


def _add(connection: Connection, *, sheets: Sequence[Sheet]) -> None:
    counts: Counter[results.Counted] = Counter()
    batches = []
    for sheet in sheets:
        for (partner, _, reason), count in sheet.parties.items():
            counts[results.Counted(sheet.day, partner, reason)] += count
        batches.append(
            results.Batch(
                sheet.batch,
                sheet.decided_at,
                sheet.position,
                sheet.book,
                sheet.current,
                sheet.requested_by,
                sheet.declarations,
                sheet.results,
                sheet.entries,
            )
        )
    results.add(connection, batches, counts=counts)
