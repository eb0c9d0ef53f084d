"""What a new legal day brings about by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from mra_gateway.model.changes import Status
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.messages import MessageKind
from mra_gateway.registry.load import Registry
from mra_gateway.store import facts, journal, message_log
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    AWorld,
    World,
    a_row,
    completed_registry,
    consent_for,
    put,
    status_at,
)


async def held(world: World, number: int = 1, **moments: Any) -> str | None:
    return await status_at(world.mn, a_row(number).tin, **moments)


async def kinds(world: World) -> list[str]:
    rows = await world.cn.database.read(lambda c: message_log.newest(c, limit=99))
    return [row.kind for row in reversed(rows) if row.direction == "out"]


async def test_an_authorisation_expires_after_its_last_day(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1, expires_on=date(2026, 3, 4)), a_row(2))
    await world.settle()
    # midnight in China is 16:00 UTC
    ended = datetime(2026, 3, 4, 16, tzinfo=UTC)
    for moment, status in (
        (ended - timedelta(minutes=1), Status.VALID),
        (ended + timedelta(minutes=1), Status.EXPIRED),
    ):
        world.clock.move_to(moment)
        await world.work(CN)
        assert await held(world) == status
    assert await held(world, at=ended) == Status.EXPIRED
    assert await held(world, 2) == Status.VALID
    (entry,) = await world.cn.database.read(
        lambda c: journal.latest(c, limit=1, act="register review")
    )
    assert entry.detail["expired"] == 1


async def test_a_register_that_still_calls_it_valid_does_not_bring_it_back(a_world: AWorld) -> None:
    world = await a_world()
    row = a_row(1, expires_on=date(2026, 3, 4))
    await put(world.cn, row)
    world.move(timedelta(days=5))
    await world.work(CN)
    assert await held(world) == Status.EXPIRED
    report = await put(world.cn, row)
    assert (report.plan.by_kind(), report.plan.unchanged) == ({}, 1)
    longer = await put(world.cn, a_row(1, expires_on=date(2029, 3, 4)))
    assert longer.plan.by_kind() == {"renewed": 1}
    await world.settle()
    assert await held(world) == Status.VALID


async def test_consent_that_begins_or_ends_on_a_day_works_on_that_day(a_world: AWorld) -> None:
    world = await a_world(consent="required")
    period = consent_for(MN, given_on=date(2026, 3, 4), withdrawn_on=date(2026, 3, 6))
    await put(world.cn, a_row(1, consents=(period,)))
    seen = []
    for _ in range(6):
        await world.work(CN)
        seen.append(await held(world))
        world.move(timedelta(days=1))
    assert seen == [None, None, "valid", "valid", "withdrawn", "withdrawn"]


async def test_a_day_that_was_missed_is_made_up_for(a_world: AWorld) -> None:
    world = await a_world(consent="required")
    begins = consent_for(MN, given_on=date(2026, 3, 4))
    await put(world.cn, a_row(1, consents=(begins,)))
    world.move(timedelta(days=20))
    await world.restart(CN)
    await world.work(CN)
    assert await held(world) == Status.VALID


async def test_an_arrangement_that_starts_today_gets_its_first_full_list(a_world: AWorld) -> None:
    base = completed_registry(consent="not_required")
    start = Fact[date](
        value=date(2026, 3, 5), source="test", basis=Basis.READ, as_of=date(2026, 1, 1)
    )
    arrangement = base.get_arrangement(CN_MN).model_copy(update={"in_force_on": start})
    registry = Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, CN_MN: arrangement},
        benefits=base.benefits,
        files=base.files,
    )
    world = await a_world(registries={CN: registry, MN: registry})
    assert (await put(world.cn, a_row(1))).queued == 0
    await world.work(CN)
    assert await kinds(world) == []
    world.clock.move_to(datetime(2026, 3, 5, 9, tzinfo=UTC))
    await world.work(CN)
    assert await kinds(world) == [MessageKind.STATUS_LIST]
    assert await held(world) == Status.VALID


async def test_a_partner_hears_a_full_list_every_four_weeks(a_world: AWorld) -> None:
    world = await a_world()
    for _ in range(60):
        world.move(timedelta(days=1))
        await world.work(CN)
    assert await kinds(world) == [MessageKind.STATUS_LIST] * 3


async def test_a_day_is_reviewed_once(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1, expires_on=date(2026, 3, 4)))
    world.move(timedelta(days=5))
    for _ in range(3):
        await world.work(CN)
        await world.restart(CN)
        world.move()
    register = facts.Register(CN, facts.OWN)
    history = await world.cn.database.read(lambda c: facts.history(c, register, a_row(1).tin))
    assert [fact.cause for fact in history] == ["granted", "expired"]
