"""Keeps in memory what decisions rest on, current to within a second in every process.

1. load: everything believed at the latest position, the grounds that stand, the rule book
2. follow: read the position anew a few times a second, and on a commit somebody announces; where
   it has moved, read what was touched since
3. say how current it is: a position not confirmed for a second grants nothing

Everything read in one step is of one position, so that a result names it and can be recomputed.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from mra_gateway.clock import Clock
from mra_gateway.errors import StoreError
from mra_gateway.flows.compile_book import CompiledBook, make_book
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.read_feed import accepted_tables, load_state, read_move
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.store import books, feed
from mra_gateway.store.database import Database

CURRENT_FOR = timedelta(seconds=1)
POLL_SECONDS = 0.25
BURST_SECONDS = 0.05
"""Commits that come closer together are followed together: a lane makes a hundred a second."""
KEPT_BESIDE = 10_000
"""Authorisations up to which an index goes on answering while another is loaded beside it."""

_log = structlog.get_logger(__name__)


class Follower:
    """The state of this process."""

    def __init__(self, *, database: Database, book: PartnerBook, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._clock = clock
        self._recogniser: Recogniser | None = None
        self._compiled: CompiledBook | None = None
        self._compiled_of: object = None
        self._confirmed_at: datetime | None = None
        self._is_running = False
        self._catching_up = asyncio.Lock()

    async def current(self) -> Recogniser:
        """Returns what decides now.

        While `run` follows the feed no database is read here, unless it has not come round for a
        second; what then cannot be confirmed within another grants nothing.

        Raises:
            StoreError: The database failed, and nothing was ever loaded.
        """
        if self._recogniser is None or not self._is_running:
            await self.catch_up()
        elif not self._is_confirmed():
            try:
                async with asyncio.timeout(CURRENT_FOR.total_seconds()):
                    await self.catch_up()
            except (TimeoutError, StoreError):
                return self._recogniser.not_current()
        assert self._recogniser is not None
        return self._recogniser

    async def run(self) -> None:
        """Follows the feed until cancelled."""
        self._is_running = True
        changes = self._database.watch()
        try:
            while True:
                try:
                    await self.catch_up()
                except StoreError as error:
                    _log.warning("index not confirmed", reason=error.reason)
                    await asyncio.sleep(POLL_SECONDS)
                await changes.wait(seconds=POLL_SECONDS)
                await asyncio.sleep(BURST_SECONDS)
        finally:
            self._is_running = False
            await changes.close()

    async def catch_up(self) -> None:
        """Reads what was committed since.

        Raises:
            StoreError: The database failed; the index stays as it was.
            SetupError: An alias rule of a home's own copy cannot be used.
        """
        async with self._catching_up:
            asked_at = self._clock.now()
            latest = await self._database.read(feed.latest)
            held = None if self._recogniser is None else self._recogniser.state
            if held is None or not held.current or latest.number != held.position:
                await self._move_to(latest)
            elif self._compiled is not None:
                on = self._compiled.day(asked_at)
                if self._compiled.epoch(on) != held.epoch:
                    await self._move_to(latest)
            self._confirmed_at = asked_at

    async def _move_to(self, latest: feed.Position) -> None:
        compiled = await self._compile()
        epoch = compiled.epoch(compiled.day(self._clock.now()))
        state = None if self._recogniser is None else self._recogniser.state
        if state is not None and state.book is not compiled and compiled.finds_alike(state.book):
            state = replace(state, book=compiled)  # a table or a confirmation: the index serves on
        if state is not None and (
            not state.current or state.book is not compiled or state.epoch != epoch
        ):
            state = None  # under other rules every operator has other forms
        if state is None:
            self._make_room()
            loaded = await self._database.read(
                lambda c: load_state(c, compiled, at=latest, epoch=epoch)
            )
        else:
            move = await self._database.read(lambda c: read_move(c, state, to=latest))
            # only here, where nothing is being decided: a read runs on a thread of its own
            loaded = move.of(state)
        self._recogniser = Recogniser(loaded)

    def _make_room(self) -> None:
        """Lets go of a large index before the one that replaces it is loaded.

        That takes longer than the second after which it would grant nothing anyway.
        """
        if self._recogniser is not None and len(self._recogniser.state.index) > KEPT_BESIDE:
            self._recogniser = self._recogniser.without_index()

    async def _compile(self) -> CompiledBook:
        """Returns the rule book as it stands; another one is put in use first."""
        await self._book.refresh(self._database)
        accepted = await self._database.read(accepted_tables)
        made_of = (self._book.version, tuple(one.digest for one in accepted))
        if self._compiled is not None and made_of == self._compiled_of:
            return self._compiled
        compiled = CompiledBook(make_book(self._book, tables=accepted))
        if self._compiled is None or compiled.digest != self._compiled.digest:
            at = self._clock.now()
            if await self._database.read(books.in_use) != compiled.digest:
                await self._database.write(
                    lambda c: books.put_in_use(c, compiled.digest, content=compiled.content, at=at)
                )
            self._compiled = compiled
        self._compiled_of = made_of
        return self._compiled

    def _is_confirmed(self) -> bool:
        confirmed, now = self._confirmed_at, self._clock.now()
        if confirmed is None or self._compiled is None or now - confirmed > CURRENT_FOR:
            return False
        # with a new day other alias rules may be in force
        return self._compiled.day(confirmed) == self._compiled.day(now)
