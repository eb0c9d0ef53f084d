"""A restored backup: the next epoch uses no number twice, and both sides agree again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.reopen import reopen
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.register import RegisterRow
from mra_gateway.store.database import InlineDatabase
from mra_gateway.store.tables import metadata
from tests.support.simulation import CN, World, a_row, inline_database, put, status_at

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


def copy(file: Path, *, to: Path) -> None:
    """Copies a database as a backup tool does, its write-ahead log included."""
    for old in to.parent.glob(f"{to.name}*"):
        old.unlink()
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


async def held(world: World, number: int) -> str | None:
    return await status_at(world.mn, a_row(number).tin)


async def test_a_restored_backup_uses_no_number_twice_and_loses_no_suspension(
    tmp_path: Path,
) -> None:
    file, backup = tmp_path / "cn.db", tmp_path / "backup.db"
    stores = [InlineDatabase(f"sqlite:///{file}"), inline_database()]
    await stores[0].write(metadata.create_all)
    world = await World(databases=stores).found()
    await put(world.cn, a_row(1), a_row(2), a_row(3))
    await world.settle()
    copy(file, to=backup)
    world.move()
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    await put(world.cn, a_row(4))
    await put(world.mn, a_mongolian_row(1))
    await world.settle()
    assert await held(world, 1) == Status.SUSPENDED

    await stores[0].close()
    copy(backup, to=file)
    world.stores[CN] = InlineDatabase(f"sqlite:///{file}")
    await world.restart(CN)
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
    await put(world.mn, a_mongolian_row(2))
    await world.settle()
    assert await status_at(world.cn, a_mongolian_row(1).tin) == Status.VALID
    assert await status_at(world.cn, a_mongolian_row(2).tin) == Status.VALID


async def test_only_an_officer_for_security_opens_an_epoch() -> None:
    world = await World().found()
    cn = world.cn
    parts = {"database": cn.database, "book": cn.book, "announcer": cn.announcer}
    with pytest.raises(RequestRefused) as refused:
        await reopen(**parts, clock=cn.clock, by=AEO)  # type: ignore[arg-type]
    assert refused.value.reason is Reason.NOT_PERMITTED
    assert await reopen(**parts, clock=cn.clock, by=SECURITY) == 2  # type: ignore[arg-type]
