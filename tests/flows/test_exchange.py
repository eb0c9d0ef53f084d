"""Two gateways exchange lists and changes: what one states, the other holds."""

from __future__ import annotations

from datetime import timedelta

from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.model.changes import ChangeKind, Status
from tests.support.simulation import CN_MN, MN, OFFICER, AWorld, a_row, put, status_at


async def test_a_grant_reaches_the_partner_and_is_settled(a_world: AWorld) -> None:
    world = await a_world()
    report = await put(world.cn, a_row(1))
    assert report.outcome is ImportOutcome.APPLIED
    assert report.queued == 1
    await world.settle()
    assert await status_at(world.mn, a_row(1).tin) == Status.VALID


async def test_a_full_list_takes_effect_as_a_whole(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, *(a_row(number) for number in range(1, 2206)))
    at = world.clock.now()
    full = await world.cn.database.write(
        lambda c: world.cn.announcer.announce_list(c, CN_MN, partner=MN, at=at)
    )
    assert full.parts == 3
    await world.settle()
    assert await status_at(world.mn, a_row(2205).tin) == Status.VALID


async def test_a_suspension_a_resumption_and_a_revocation_follow_each_other(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    for status in (Status.SUSPENDED, Status.VALID, Status.REVOKED):
        world.move()
        await put(world.cn, a_row(1, status=status, effective_from=None))
        await world.settle()
        assert await status_at(world.mn, a_row(1).tin) == status


async def test_an_annulment_restores_the_number_retroactively(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    world.move()
    await world.settle()
    before = world.clock.now()
    revoked_at = before + timedelta(hours=1)
    world.clock.move_to(revoked_at)
    revoked = await put(world.cn, a_row(1, status=Status.REVOKED, effective_from=None))
    await world.settle()
    known_then = world.clock.now()
    assert await status_at(world.mn, a_row(1).tin) == Status.REVOKED
    world.move(timedelta(days=3))
    await world.cn.corrector.correct(
        revoked.plan.changes[0].change_id,
        kind=ChangeKind.ANNULLED,
        legal_reference="Court of appeal, 17/2026",
        officer=OFFICER,
    )
    await world.settle()
    tin = a_row(1).tin
    assert await status_at(world.mn, tin) == Status.VALID
    assert await status_at(world.mn, tin, at=revoked_at) == Status.VALID
    assert await status_at(world.mn, tin, at=revoked_at, known_at=known_then) == Status.REVOKED


async def test_a_correction_is_of_the_episode_it_corrects_and_is_told(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await put(world.cn, a_row(1, status=Status.REVOKED, effective_from=None))
    world.move()
    anew = a_row(1, episode="2", legal_name="Granted anew", effective_from=None)
    granted = await put(world.cn, anew)
    await world.settle()
    tin = a_row(1).tin
    assert await status_at(world.mn, tin) == Status.VALID
    world.move()
    change = await world.cn.corrector.correct(
        granted.plan.changes[0].change_id,
        kind=ChangeKind.CORRECTED,
        legal_reference="Order 3/2026",
        officer=OFFICER,
        status=Status.SUSPENDED,
    )
    assert (change.record.episode, change.record.legal_name) == ("2", "Granted anew")
    await world.settle()
    assert await status_at(world.mn, tin) == Status.SUSPENDED


async def test_a_full_import_withdraws_what_it_does_not_name(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, *(a_row(number) for number in range(1, 41)))
    await world.settle()
    world.move()
    report = await put(world.cn, *(a_row(number) for number in range(3, 41)), mode=ImportMode.FULL)
    assert report.outcome is ImportOutcome.APPLIED
    await world.settle()
    assert await status_at(world.mn, a_row(1).tin) == Status.WITHDRAWN
    assert await status_at(world.mn, a_row(3).tin) == Status.VALID
