"""Records recognition results: those that come together are committed together.

An answer is given out when its result is committed, a single one and a batch alike. While one group
is being committed the next one fills, so that a commit's time is shared by all that wait for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.model.identifiers import Digest
from mra_gateway.store import results
from mra_gateway.store.database import Database

LINES = 500
"""The most results of one batch row: finding one reads the row."""


class Line(NamedTuple):
    """One result to be kept.

    Attributes:
        number: Its line, as `place` gave it.
        day: The legal day it counts for.
        counted: Partner and reason of every party.
    """

    number: int
    reference: str
    accepted_at: datetime
    tins: Sequence[str]
    day: date
    counted: Sequence[tuple[str, str]]
    declaration: bytes
    result: bytes


@dataclass
class Sheet:
    """A batch that fills."""

    batch: str
    decided_at: datetime
    position: int
    book: Digest
    current: bool
    requested_by: str
    given: int = 0
    lines: list[Line] = field(default_factory=list)

    def place(self) -> tuple[str, int]:
        """Returns the id and line of the next result."""
        number = self.given
        self.given += 1
        return f"{self.batch}.{number}", number


class Recorder:
    """Commits results in groups."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Sheet] = []
        self._group: asyncio.Future[None] | None = None
        self._committing: asyncio.Task[None] | None = None

    def open_sheet(self, *, position: int, book: Digest, current: bool, requested_by: str) -> Sheet:
        """Returns a batch to fill at once and hand to `keep`."""
        return Sheet(
            self._clock.new_uuid(), self._clock.now(), position, book, current, requested_by
        )

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
        entries = []
        for line in sheet.lines:
            entries += [
                results.IndexEntry(line.reference, tin, line.accepted_at, line.number)
                for tin in line.tins or (None,)
            ]
            for partner, reason in line.counted:
                counts[results.Counted(line.day, partner, reason)] += 1
        batches.append(
            results.Batch(
                sheet.batch,
                sheet.decided_at,
                sheet.position,
                sheet.book,
                sheet.current,
                sheet.requested_by,
                [line.declaration for line in sheet.lines],
                [line.result for line in sheet.lines],
                entries,
            )
        )
    results.add(connection, batches, counts=counts)
