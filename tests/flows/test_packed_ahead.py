"""While a message is on its way the next one is packed; nothing of that shows before it settles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import PartnerUnreachable
from mra_gateway.model.facts import Fact
from mra_gateway.model.messages import StatusNotification
from mra_gateway.model.operators import DataElement
from mra_gateway.settings import DeliverySettings
from mra_gateway.store import lanes, outbox, unsent
from mra_gateway.transport.carrier import Carried, Carrier
from tests.support.simulation import CN, CN_MN, AWorld, World, a_row, body_of, put

ONE_BY_ONE = DeliverySettings(merge=False)


class SlowRoad:
    """A road so long that the next message is packed before this one arrives."""

    def __init__(self, world: World, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.carried: list[bytes] = []
        self.under_way: list[int] = []
        self.is_cut = False
        self._world = world
        self._meanwhile = meanwhile
        self._road: Carrier = world.cn.courier._carrier
        self._packer: Any = world.cn.packer
        world.cn.courier._carrier = self

    async def carry(self, partner: Any, content: bytes) -> Carried:
        packed = asyncio.Event()
        pack = self._packer._pack

        def pack_and_tell(load: Any) -> Any:
            done = pack(load)
            packed.set()
            return done

        self._packer._pack = pack_and_tell
        if await self._world.cn.database.read(unsent.count_changes):
            await asyncio.wait_for(packed.wait(), 20)
        self._packer._pack = pack
        counted = await self._world.cn.database.read(outbox.count_by_state)
        self.under_way.append(counted["MN", outbox.WAITING])
        self._meanwhile()
        if self.is_cut:
            raise PartnerUnreachable("lost")
        self.carried.append(content)
        return await self._road.carry(partner, content)

    async def close(self) -> None:
        await self._road.close()


async def test_one_message_is_under_way_however_much_is_packed(a_world: AWorld) -> None:
    world = await a_world(delivery=ONE_BY_ONE)
    road = SlowRoad(world)
    await put(world.cn, *(a_row(number) for number in range(1, 5)))

    await world.work(CN)

    assert road.under_way == [1, 1, 1, 1]
    assert await world.cn.database.read(outbox.count_by_state) == {("MN", outbox.SETTLED): 4}


async def test_of_what_was_packed_behind_a_message_that_got_lost_nothing_remains(
    a_world: AWorld,
) -> None:
    world = await a_world(delivery=ONE_BY_ONE)
    road = SlowRoad(world)
    road.is_cut = True
    await put(world.cn, *(a_row(number) for number in range(1, 4)))

    await world.work(CN)

    def left(connection: Connection) -> tuple[dict[str, int], dict[tuple[str, str], int], int]:
        (lane,) = lanes.all_lanes(connection, "out")
        return (
            unsent.count_changes(connection),
            outbox.count_by_state(connection),
            lane.next_sequence,
        )

    found = await world.cn.database.read(left)
    assert found == ({"MN": 2}, {("MN", outbox.WAITING): 1}, 2)


@pytest.mark.parametrize("is_narrowed", [True, False])
async def test_what_is_no_longer_agreed_does_not_travel_in_a_message_packed_before(
    a_world: AWorld, *, is_narrowed: bool
) -> None:
    world = await a_world(delivery=ONE_BY_ONE)

    def narrow() -> None:
        if is_narrowed:
            world.cn.book.registry = without_names(world)

    road = SlowRoad(world, meanwhile=narrow)
    await put(world.cn, a_row(1), a_row(2))

    await world.work(CN)

    bodies = [body_of(content) for content in road.carried]
    named = [
        body.changes[0].operator.legal_name is not None
        for body in bodies
        if isinstance(body, StatusNotification)
    ]
    assert named == [True, not is_narrowed]


def without_names(world: World) -> Any:
    """The facts of China, with an arrangement under which no name travels."""
    registry = world.cn.book.registry
    arrangement = registry.get_arrangement(CN_MN)
    fact = arrangement.exchange.data_elements
    fewer = tuple(one for one in fact.value or () if one is not DataElement.LEGAL_NAME)
    exchange = arrangement.exchange.model_copy(
        update={
            "data_elements": Fact[tuple[DataElement, ...]](
                value=fewer, source="test", basis=fact.basis, as_of=fact.as_of
            )
        }
    )
    changed = arrangement.model_copy(update={"exchange": exchange})
    return replace(registry, arrangements={**registry.arrangements, CN_MN: changed})
