"""Waiting for a commit can always be broken off: a service that stops must not wait for ever."""

from __future__ import annotations

import asyncio

import pytest

from mra_gateway.store.database import Database
from mra_gateway.store.watching import Watch


async def test_a_cancellation_that_meets_a_commit_is_not_lost(database: Database) -> None:
    """Both in one turn of the loop: the waiting ends, and whoever waited is told it is over."""

    async def wait_always(watch: Watch) -> None:
        while True:
            await watch.wait(seconds=30)

    for _ in range(20):
        watch = database.watch()
        waiting = asyncio.create_task(wait_always(watch))
        await asyncio.sleep(0.02)
        heard = getattr(watch, "_heard", None)
        if heard is not None:
            heard.set()
            await asyncio.sleep(0)
        waiting.cancel()
        done, _ = await asyncio.wait([waiting], timeout=5)
        assert done, "the cancellation was lost"
        with pytest.raises(asyncio.CancelledError):
            waiting.result()
        await watch.close()
