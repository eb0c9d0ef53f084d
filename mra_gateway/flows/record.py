"""Records recognition results: those that come together are committed together.

An answer is given out when its result is committed, a single one and a batch alike. While one group
is being committed the next one fills, so that a commit's time is shared by all that wait for it.
Answers that wait together share a sheet as well, where they rest on the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from mra_gateway.clock import Clock
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.identifiers import Digest
from mra_gateway.recognition.pattern import Verdict
from mra_gateway.store import results
from mra_gateway.store.database import Database
from mra_gateway.store.result_index import Entry, Segment
from mra_gateway.store.results import Batch

LINES = 1000
"""The most results of one batch row: finding one reads the row."""

SHARED_FOR = timedelta(milliseconds=50)
"""How long an answer may still be of the moment at which its sheet was opened."""


class Part(NamedTuple):
    """What was decided for one caller: the results, and what they count for."""

    results: Sequence[bytes]
    judged: Sequence[Verdict]
    recognised: int

    def counted(self) -> Mapping[Verdict, int]:
        """Returns how many parties were judged alike."""
        if len(self.judged) > _FEW:
            return Counter(self.judged)
        counted: dict[Verdict, int] = {}
        for one in self.judged:
            counted[one] = counted.get(one, 0) + 1
        return counted


_FEW = 8
"""So many are counted sooner than a `Counter` is made."""


@dataclass(eq=False, slots=True)
class Sheet:
    """A batch that fills; every result in it is of one moment, position and rule book.

    Attributes:
        day: The legal day it counts for.
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
    entries: list[Entry] = field(default_factory=list)
    judged: list[Verdict] = field(default_factory=list)
    recognised: int = 0

    def takes(self, number: int, *, at: datetime, rests_on: tuple[object, ...]) -> bool:
        """Says whether so many answers given now, resting on this, may stand here as well."""
        return (
            len(self.results) + number <= LINES
            and timedelta(0) <= at - self.decided_at < SHARED_FOR
            and rests_on == (self.day, self.position, self.book, self.current, self.requested_by)
        )

    def fill(self, recogniser: Recogniser, declarations: Iterable[Declaration]) -> Part:
        """Has declarations decided, takes what was decided - all of it or nothing - and returns it.

        Raises:
            Exception: Whatever deciding one of them raises.
        """
        given: list[bytes] = []
        kept: list[bytes] = []
        entries: list[Entry] = []
        judged: list[Verdict] = []
        recognised = 0
        # thousands in a row: what is the same for all of them is looked up once
        decide, batch, decided_at = recogniser.decide, self.batch, self.decided_at
        add_given, add_kept, add_entry = given.append, kept.append, entries.append
        for number, declaration in enumerate(declarations, start=len(self.results)):
            content, text, accepted_at, is_recognised, tins, verdicts = decide(
                declaration, result_id=f"{batch}.{number}", decided_at=decided_at
            )
            add_given(content)
            add_kept(text)
            judged += verdicts
            if is_recognised:
                recognised += 1
            for tin in tins or _NOBODY:
                add_entry((declaration.reference, tin, accepted_at, number))
        self.results += given
        self.declarations += kept
        self.entries += entries
        self.judged += judged
        self.recognised += recognised
        return Part(given, judged, recognised)

    def as_batch(self) -> Batch:
        """Returns it as it is stored."""
        return Batch.of(
            batch=self.batch,
            decided_at=self.decided_at,
            position=self.position,
            book=self.book,
            current=self.current,
            requested_by=self.requested_by,
            declarations=self.declarations,
            results=self.results,
            entries=self.entries,
        )


_NOBODY = (None,)


class Recorder:
    """Commits results in groups."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[Sheet] = []
        self._group: asyncio.Future[None] | None = None
        self._committing: asyncio.Task[None] | None = None
        self._segment: Segment | None = None

    def open_sheet(
        self,
        *,
        day: Callable[[datetime], date],
        position: int,
        book: Digest,
        current: bool,
        requested_by: str,
        number: int,
    ) -> Sheet:
        """Returns a batch to fill at once and hand to `keep`; it may wait for its commit already.

        Args:
            day: Gives the legal day of a moment.
            position: Of the feed.
            book: The rule book.
            current: Whether the index is.
            requested_by: Who asks.
            number: How many declarations it is to take.
        """
        at = self._clock.now()
        rests_on = (day(at), position, book, current, requested_by)
        if self._waiting and self._waiting[-1].takes(number, at=at, rests_on=rests_on):
            return self._waiting[-1]
        return Sheet(self._clock.new_uuid(), at, *rests_on)

    def keep(self, sheet: Sheet) -> asyncio.Future[None]:
        """Has what stands on a sheet committed, and returns what is done when it is.

        Called as soon as the sheet is filled, before anybody else's turn: one that waits already
        may else be committed in between, and then a second time. Others wait for the same: shield
        it where whoever waits may be cancelled.

        Raises:
            StoreError: Where it is waited for: the database failed; the results are not kept.
        """
        if not (self._waiting and self._waiting[-1] is sheet):  # shared is only the last
            self._waiting.append(sheet)
        if self._group is None:
            self._group = asyncio.get_running_loop().create_future()
        group = self._group
        if self._committing is None or self._committing.done():
            # a task of its own: whoever waits may go away, and the others still get theirs
            self._committing = asyncio.create_task(self._commit_all(), name="record results")
        return group

    async def _commit_all(self) -> None:
        while self._waiting:
            sheets, self._waiting = self._waiting, []
            group, self._group = self._group, None
            assert group is not None
            try:
                self._segment = await self._database.write(
                    partial(
                        results.add,
                        batches=[sheet.as_batch() for sheet in sheets],
                        counts=_counts(sheets),
                        segment=self._segment,
                    )
                )
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it was
                group.set_exception(error)
                group.exception()  # nobody need be waiting any more
            else:
                group.set_result(None)


def _counts(sheets: Sequence[Sheet]) -> Counter[results.Counted]:
    counts: Counter[results.Counted] = Counter()
    for sheet in sheets:
        for (partner, _, reason), count in Counter(sheet.judged).items():
            counts[results.Counted(sheet.day, partner, reason)] += count
    return counts
