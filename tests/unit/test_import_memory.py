"""What an import holds does not follow the number of rows: they pass through slice by slice."""

from __future__ import annotations

import tracemalloc
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mra_gateway.flows.import_register import ImportOutcome, ImportReport
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.packed import Packed, as_json
from mra_gateway.model.register import AddressedRow, RegisterFile, SourceAddress
from tests.support.simulation import MN, OFFICER, AWorld, World, a_row, consent_for

T = TypeVar("T")

FEW, MANY = 500, 2_000
SECOND = Actor(name=OfficerName("pavel"), display_name="Pavel", roles=frozenset({OfficerRole.AEO}))


def a_file(first: int, count: int, *, status: Status = Status.VALID) -> RegisterFile:
    rows: Packed[AddressedRow] = Packed(as_json(AddressedRow))
    for number in range(first, first + count):
        row = a_row(number, status=status, effective_from=None, consents=(consent_for(MN),))
        rows.append(AddressedRow(address=SourceAddress(file="r.xlsx", row=number), row=row))
    return RegisterFile(file="r.xlsx", rows=rows, rows_read=count)


async def peak_of(work: Callable[[], Awaitable[T]]) -> tuple[int, T]:
    """Returns the most memory Python objects took while some work was done, and what it gave."""
    tracemalloc.start()
    try:
        done = await work()
        return tracemalloc.get_traced_memory()[1], done
    finally:
        tracemalloc.stop()


async def nouns_of(file: RegisterFile) -> int:
    async def unpack() -> list[AddressedRow]:
        return list(file.rows)

    return (await peak_of(unpack))[0]


async def take(world: World, file: RegisterFile) -> ImportReport:
    return await world.cn.importer.apply(file, mode=ImportMode.CHANGES, officer=OFFICER)


async def apply(world: World, file: RegisterFile) -> tuple[int, ImportReport]:
    return await peak_of(lambda: take(world, file))


async def test_four_times_the_rows_take_nowhere_near_four_times_the_memory_to_import(
    a_world: AWorld,
) -> None:
    world = await a_world(consent="required")
    await take(world, a_file(1, 10))
    few, many = a_file(1_001, FEW), a_file(10_001, MANY)
    nouns = await nouns_of(many)

    planned = [
        (await peak_of(lambda one=one: world.cn.importer.plan(one, mode=ImportMode.CHANGES)))[0]  # type: ignore[misc]
        for one in (few, many)
    ]
    assert planned[1] - planned[0] < nouns / 2, (planned, nouns)

    small, _ = await apply(world, few)
    large, report = await apply(world, many)
    assert report.outcome is ImportOutcome.APPLIED
    assert (report.queued, report.plan.by_kind()) == (MANY, {"granted": MANY})
    assert [change.key.tin for change in report.plan.changes] == [
        found.row.tin for found in many.rows
    ]
    assert large - small < nouns / 2, (small, large, nouns)


async def test_nor_to_hold_an_import_for_a_second_officer_who_approves_all_of_it(
    a_world: AWorld,
) -> None:
    world = await a_world(consent="required")
    await take(world, a_file(1, FEW + MANY))
    world.move()
    few = a_file(1, FEW, status=Status.REVOKED)
    many = a_file(1, FEW + MANY, status=Status.REVOKED)
    nouns = await nouns_of(many)
    small, first = await apply(world, few)
    large, second = await apply(world, many)
    assert second.outcome is ImportOutcome.HELD
    assert large - small < nouns / 2, (small, large, nouns)

    approval = second.approval
    assert approval is not None
    assert first.outcome is ImportOutcome.APPLIED or first.approval != approval

    def approve(connection: object) -> object:
        return world.cn.approver.approve(connection, approval, by=SECOND)  # type: ignore[arg-type]

    approving, _ = await peak_of(lambda: world.cn.database.write(approve))
    assert approving < large + nouns / 2, (approving, large, nouns)
    again = await world.cn.importer.plan(many, mode=ImportMode.CHANGES)
    assert (again.plan.by_kind(), again.plan.unchanged) == ({}, FEW + MANY)
