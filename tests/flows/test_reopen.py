"""A restored backup: the next epoch uses no number twice, and both sides agree again."""

from __future__ import annotations

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.reopen import reopen
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.register import RegisterRow
from mra_gateway.store import diagnosis
from mra_gateway.store.database import Database, open_database
from tests.support.databases import FreshUrl, Kind
from tests.support.simulation import CN, MN, AWorld, World, a_row, put, status_at

SECURITY = Actor(
    name=OfficerName("olga"), display_name="Olga", roles=frozenset({OfficerRole.SECURITY})
)
AEO = SECURITY.model_copy(update={"roles": frozenset({OfficerRole.AEO})})


def a_mongolian_row(number: int) -> RegisterRow:
    return a_row(
        number,
        tin=f"MN99{number:05d}",
        authorisation=f"MN-AEO-{number:04d}",
        programme="MN-AEO",
        tier=None,
    )


async def held(world: World, number: int) -> str | None:
    return await status_at(world.mn, a_row(number).tin)


async def go_on(world: World, url: str) -> None:
    """Starts China's gateway again, over the database of a URL."""
    world.stores[CN] = open_database(url)
    await world.restart(CN)


async def test_a_restored_backup_uses_no_number_twice_and_loses_no_suspension(
    a_world: AWorld, database_kind: Kind, fresh_database_url: FreshUrl, database: Database
) -> None:
    url = fresh_database_url(database_kind)
    world = await a_world(databases=[open_database(url), database])
    await put(world.cn, a_row(1), a_row(2), a_row(3))
    await world.settle()
    await world.stores[CN].close()
    backup = fresh_database_url(database_kind, copy_of=url)
    await go_on(world, url)
    world.move()
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    await put(world.cn, a_row(4))
    await put(world.mn, a_mongolian_row(1))
    await world.settle()
    assert await held(world, 1) == Status.SUSPENDED

    await world.stores[CN].close()
    await go_on(world, backup)
    world.move()
    await put(world.cn, a_row(2, status=Status.SUSPENDED, effective_from=None))
    cn = world.cn
    epoch = await reopen(
        database=cn.database, book=cn.book, announcer=cn.announcer, clock=cn.clock, by=SECURITY
    )
    assert epoch == 2
    await put(world.cn, a_row(3, status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    after = [await held(world, number) for number in (1, 2, 3, 4)]
    assert after == [Status.VALID, Status.SUSPENDED, Status.SUSPENDED, NOT_LISTED]
    # what Mongolia said after the backup comes back although it has nothing new to say
    assert await status_at(world.cn, a_mongolian_row(1).tin) == Status.VALID
    await put(world.mn, a_mongolian_row(2))
    await world.settle()
    assert await status_at(world.cn, a_mongolian_row(2).tin) == Status.VALID
    await world.stores[CN].close()


async def test_whoever_forgets_to_reopen_is_told_that_numbers_were_used_already(
    a_world: AWorld, database_kind: Kind, fresh_database_url: FreshUrl, database: Database
) -> None:
    url = fresh_database_url(database_kind)
    world = await a_world(databases=[open_database(url), database])
    await put(world.cn, a_row(1), a_row(2))
    await world.settle()
    await world.stores[CN].close()
    backup = fresh_database_url(database_kind, copy_of=url)
    await go_on(world, url)
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    await world.stores[CN].close()
    await go_on(world, backup)
    world.move()
    assert await world.cn.database.read(diagnosis.numbers_used_twice) == {}
    await put(world.cn, a_row(2, status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    assert await world.cn.database.read(diagnosis.numbers_used_twice) == {MN: 1}
    cn = world.cn
    await reopen(
        database=cn.database, book=cn.book, announcer=cn.announcer, clock=cn.clock, by=SECURITY
    )
    await world.settle()
    assert await world.cn.database.read(diagnosis.numbers_used_twice) == {}
    assert await held(world, 2) == Status.SUSPENDED
    await world.stores[CN].close()


async def test_only_an_officer_for_security_opens_an_epoch(a_world: AWorld) -> None:
    world = await a_world()
    cn = world.cn
    parts = {"database": cn.database, "book": cn.book, "announcer": cn.announcer}
    with pytest.raises(RequestRefused) as refused:
        await reopen(**parts, clock=cn.clock, by=AEO)  # type: ignore[arg-type]
    assert refused.value.reason is Reason.NOT_PERMITTED
    assert await reopen(**parts, clock=cn.clock, by=SECURITY) == 2  # type: ignore[arg-type]
