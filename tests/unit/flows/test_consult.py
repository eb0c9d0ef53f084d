"""The book of partners, refreshed by several tasks at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mra_gateway.flows.consult import PartnerBook
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from tests.support import pki
from tests.support.simulation import shipped


class SlowRoad:
    """A store whose answer to the first reader is long on its way."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self.arrived, self.go_on = asyncio.Event(), asyncio.Event()

    async def read(self, work: Any) -> Any:
        found = await self._store.read(work)
        if not self.arrived.is_set():
            self.arrived.set()
            await self.go_on.wait()
        return found


@pytest.mark.parametrize("is_late", [True, False])
async def test_a_slow_look_brings_back_no_trust_that_was_withdrawn(
    database: Database, is_late: bool
) -> None:
    cn = pki.side(pki.CN)
    await database.write(
        lambda c: decided.pin(c, "1", card=cn.card(), at=pki.AT, by="olga", second_officer="pavel")
    )
    book = PartnerBook(us=pki.MN, environment=cn.environment, registry=shipped())
    road = SlowRoad(database)
    slow = asyncio.create_task(book.refresh(road))  # type: ignore[arg-type]
    await road.arrived.wait()
    if is_late:
        await database.write(lambda c: decided.withdraw_cards(c, pki.CN, at=pki.AT))
        await book.refresh(database)
    road.go_on.set()
    await slow
    assert (book.find_trust(pki.CN) is None) is is_late
