"""Finds work and hands it out: one task per lane, polling for truth, woken by hints.

Every tick: refresh what officers decided, review the register when a new legal day has begun, raise
alerts, answer enquiries, deliver what does not queue, start a task for each lane that has something
to send. A failure of one of them, or of one lane, stops no other and is tried again with the next
tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from mra_gateway.clock import Clock
from mra_gateway.errors import GatewayError
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.deliver import Courier
from mra_gateway.flows.enquire import Enquirer
from mra_gateway.flows.review import Reviewer
from mra_gateway.flows.watch import Watcher
from mra_gateway.store import lanes, outbox
from mra_gateway.store.database import Database

_UNQUEUED_AT_ONCE = 50
BREATH_SECONDS = 0.2
"""Least time between two looks: each message sent or taken would otherwise cause some of its own.

A lane at work finds its next message by itself; a look only finds lanes that have to start.
"""

_log = structlog.get_logger(__name__)


class Dispatcher:
    """Keeps messages moving for as long as it runs."""

    def __init__(
        self,
        *,
        database: Database,
        book: PartnerBook,
        courier: Courier,
        enquirer: Enquirer,
        reviewer: Reviewer,
        watcher: Watcher,
        clock: Clock,
        poll_seconds: float,
        holder: str,
    ) -> None:
        self._database = database
        self._book = book
        self._courier = courier
        self._enquirer = enquirer
        self._reviewer = reviewer
        self._watcher = watcher
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._holder = holder
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Works until cancelled; gives back its leases when it ends."""
        changes = self._database.watch()
        try:
            while True:
                try:
                    await self._tick()
                except GatewayError as error:
                    _log.warning("dispatch failed", reason=error.reason)
                await asyncio.sleep(BREATH_SECONDS)
                await changes.wait(seconds=self._poll_seconds)
        finally:
            await changes.close()
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            await self._database.write(lambda c: lanes.release_leases(c, holder=self._holder))

    async def run_once(self) -> None:
        """Does what is due now and returns when every lane has gone quiet or has to wait.

        Raises:
            StoreError: The database failed.
        """
        await self._tick()
        await asyncio.gather(*self._running.values())
        self._running.clear()

    async def _tick(self) -> None:
        at = self._clock.now()
        await self._book.refresh(self._database)
        await self._try(self._reviewer.review(), what="review")
        await self._try(self._watcher.watch(), what="watch")
        await self._try(self._enquirer.answer_enquiries(), what="answers")
        work, unqueued = await self._database.read(
            lambda c: (
                outbox.lanes_with_work(c, at=at),
                outbox.due(c, at=at, limit=_UNQUEUED_AT_ONCE),
            )
        )
        self._running = {lane: task for lane, task in self._running.items() if not task.done()}
        for lane_id in work:
            if lane_id not in self._running:
                self._running[lane_id] = asyncio.create_task(self._deliver_lane(lane_id))
        for sent in unqueued:
            await self._try(self._courier.deliver(sent), what="delivery")

    async def _try(self, work: Awaitable[object], *, what: str) -> None:
        """What fails here must not stop the lanes; the next tick tries again."""
        try:
            await work
        except GatewayError as error:
            _log.warning("dispatch failed", what=what, reason=error.reason)

    async def _deliver_lane(self, lane_id: int) -> None:
        try:
            await self._courier.deliver_lane(lane_id)
        except GatewayError as error:
            _log.warning("lane stopped", lane=lane_id, reason=error.reason)
