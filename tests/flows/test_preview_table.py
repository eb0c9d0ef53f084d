"""What another decision table would have decided about declarations that were decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from mra_gateway.benefits.preview import Preview, Shift
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.preview_table import preview_table
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.operators import Role
from tests.support.decided import (
    CODE,
    GRANTS,
    accept,
    decide,
    deciding_world,
    declared,
    our_table,
)
from tests.support.decision_tables import row
from tests.support.messages import a_change, a_notification, a_record
from tests.support.simulation import CN, AWorld, World, a_row, put

FIRST, SECOND = GRANTS
COVERED: dict[str, Any] = {"flows": ["import"], "functions": ["exporter"]}
BY_ROAD = our_table(
    row("first", codes=[FIRST], **COVERED, modes=["3"]), row("second", codes=[SECOND], **COVERED)
)


async def look(world: World, table: DecisionTable, *, past: timedelta | None = None) -> Preview:
    """Looks at everything decided, or at what was decided within a span before now."""
    now = world.clock.now()
    return await world.mn.database.read(
        lambda c: preview_table(
            c,
            world.mn.book,
            table,
            decided_from=now - (past or timedelta(days=365)),
            decided_until=now + timedelta(seconds=1),
        )
    )


async def decide_all(world: World, declarations: Sequence[Declaration]) -> None:
    await world.mn.decider.decide_fast(declarations, requested_by="test")
    world.move()


async def test_thousands_of_past_declarations_are_counted_by_benefit_and_direction(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world)

    def some() -> Iterator[Declaration]:
        for number in range(3000):
            code = CODE if number % 3 else "AEOCN0000000000"
            yield declared(code, reference=f"D-{number}", mode="3" if number % 2 else "1")

    await decide_all(world, list(some()))
    found = await look(world, BY_ROAD)
    assert (found.cases, found.changed) == (2000, 1000)
    assert found.granted_before == {**dict.fromkeys(found.granted_before, 0), FIRST: 2000,
                                    SECOND: 2000}  # fmt: skip
    assert (found.granted_after[FIRST], found.granted_after[SECOND]) == (1000, 2000)
    (lost,) = [one for one in found.changes if one.shift is Shift.LOST]
    assert (lost.code, lost.cases) == (FIRST, 1000)
    assert [one.reference for one in lost.examples] == ["D-2", "D-4", "D-8"]
    assert lost.examples[0].after is not None
    assert "mode" in lost.examples[0].after.text
    # the other way round the same is gained, and what is in use changes nothing
    await accept(world, BY_ROAD)
    (gained,) = [
        one for one in (await look(world, our_table())).changes if one.shift is Shift.GAINED
    ]
    assert (gained.code, gained.cases) == (FIRST, 1000)
    assert (await look(world, BY_ROAD)).changed == 0


async def test_only_what_was_decided_within_the_period_counts(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    await decide_all(world, [declared(reference="D-1")])
    world.move(timedelta(days=2))
    await decide_all(world, [declared(reference="D-2"), declared(reference="D-3")])
    assert (await look(world, BY_ROAD)).cases == 3
    assert (await look(world, BY_ROAD, past=timedelta(days=1))).cases == 2


async def test_an_operator_is_judged_as_it_was_known_when_its_goods_were(a_world: AWorld) -> None:
    world = await deciding_world(a_world, {"roles": (Role.EXPORTER,)})
    exporters = our_table(row("first", codes=[FIRST], **COVERED, roles=["exporter"]))
    await decide_all(world, [declared(reference="D-1")])
    amended = a_change(
        kind=ChangeKind.AMENDED,
        change_number=1,
        effective_from=world.clock.now(),
        operator=a_record(roles=(Role.CARRIER,)),
    )
    await world.post(a_notification(amended, sequence=2))
    world.move()
    await decide_all(world, [declared(reference="D-2")])
    found = await look(world, exporters)
    assert (found.cases, found.granted_after[FIRST]) == (2, 1)


async def test_the_operator_at_our_end_counts_where_a_table_asks_for_it(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    at_both_ends = our_table(row("first", codes=[FIRST], **COVERED, counterpart="local_aeo"))
    await put(
        world.mn,
        a_row(1, tin="MN9900001", authorisation="MN-AEO-1", programme="MN-AEO", tier=None),
    )
    importers = ["MN-AEO-1", "mn 9900001", "MN0000000", None]
    await decide_all(
        world,
        [
            Declaration(
                reference=f"D-{number}",
                type=Flow.IMPORT,
                parties=(
                    DeclaredParty(role=PartyFunction.EXPORTER, identifier=CODE),
                    DeclaredParty(role=PartyFunction.IMPORTER, identifier=importer),
                ),
            )
            for number, importer in enumerate(importers)
        ],
    )
    found = await look(world, at_both_ends)
    assert (found.cases, found.granted_after[FIRST]) == (4, 2)
    # and so it is decided once the table is in use
    await accept(world, at_both_ends)
    decided = [
        one.granted
        for importer in importers
        for one in (
            await decide(
                world,
                Declaration(
                    reference="D",
                    type=Flow.IMPORT,
                    parties=(
                        DeclaredParty(role=PartyFunction.EXPORTER, identifier=CODE),
                        DeclaredParty(role=PartyFunction.IMPORTER, identifier=importer),
                    ),
                ),
            )
        )
        .results[0]
        .benefits
        if one.code == FIRST
    ]
    assert decided == [True, True, False, False]


async def test_a_table_of_the_other_side_has_no_preview(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    assert (await look(world, BY_ROAD)).cases == 0
    with pytest.raises(RequestRefused) as refused:
        await look(world, BY_ROAD.model_copy(update={"granted_by": CN}))
    assert refused.value.reason is Reason.NOT_A_PARTY
