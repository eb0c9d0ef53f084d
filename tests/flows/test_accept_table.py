"""Decision tables: in use from the second officer's approval on, until withdrawn by two."""

from __future__ import annotations

from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.benefits import DecisionTable, TableMode
from mra_gateway.model.officers import OfficerRole
from mra_gateway.model.recognition import RecognitionReason
from tests.support.decided import (
    GRANTS,
    OLGA,
    PAVEL,
    TABLE,
    accept,
    approve,
    decide,
    deciding_world,
    declared,
    granted,
    officer,
    our_table,
    stays,
)
from tests.support.decision_tables import row
from tests.support.simulation import CN, AWorld, World

FIRST, SECOND = GRANTS
ONE_GRANT = our_table(
    row("only", codes=[FIRST], flows=["import"], functions=["exporter"], modes=["3"])
)
"""By road only, and one of the two benefits."""


async def ask(world: World, table: DecisionTable, *, by: Any = OLGA) -> str:
    return await world.mn.database.write(
        lambda c: world.mn.accepter.request(c, world.mn.accepter.examine(c, table), by=by)
    )


async def in_use(world: World) -> Any:
    return await world.mn.database.read(lambda c: world.mn.accepter.in_use(c, TABLE))


async def reason(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as refused:
        await work
    return refused.value.reason


async def test_decisions_follow_a_table_once_a_second_officer_has_approved_it(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world)
    before = await decide(world, declared(mode="3"))
    assert granted(before) == set(GRANTS)
    assert not (await in_use(world)).is_accepted
    asked = await ask(world, ONE_GRANT)
    world.move()
    assert granted(await decide(world, declared(mode="3"))) == set(GRANTS), "only asked for"
    approving = world.mn.database.write(lambda c: world.mn.approver.approve(c, asked, by=OLGA))
    assert await reason(approving) is Reason.SECOND_OFFICER_REQUIRED
    await approve(world, asked)
    after = await decide(world, declared(mode="3"))
    assert granted(after) == {FIRST}
    by_sea = await decide(world, declared(mode="1"))
    assert by_sea.results[0].benefits[0].reason is RecognitionReason.MODE_NOT_COVERED
    used = await in_use(world)
    assert (used.table, used.accepted_by) == (ONE_GRANT, "olga, pavel")
    assert after.results[0].table == f"{TABLE}@1"
    assert await stays(world, before, after, by_sea)


async def test_a_table_takes_a_legal_officer_to_ask_and_to_approve(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    aeo = officer("rita", OfficerRole.AEO)
    assert await reason(ask(world, ONE_GRANT, by=aeo)) is Reason.NOT_PERMITTED
    asked = await ask(world, ONE_GRANT)
    assert await reason(approve(world, asked, by=aeo)) is Reason.NOT_PERMITTED
    await approve(world, asked)
    assert (await in_use(world)).is_accepted


async def test_a_table_with_an_error_is_refused(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    hidden = our_table(*(ONE_GRANT.rows.value or ()), row("hidden", codes=[FIRST], modes=["3"],
                       flows=["import"], functions=["exporter"]))  # fmt: skip
    assert await reason(ask(world, hidden)) is Reason.DATA_ROW_UNREACHABLE
    assert await ask(world, ONE_GRANT)


async def test_nobody_accepts_what_the_other_side_grants(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    theirs = ONE_GRANT.model_copy(update={"granted_by": CN, "id": f"{ONE_GRANT.arrangement}.{CN}"})
    assert await reason(ask(world, theirs)) is Reason.NOT_A_PARTY
    assert await ask(world, ONE_GRANT)


async def test_a_withdrawn_table_gives_way_to_the_one_that_derives(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    withdraw = world.mn.accepter.request_withdrawal

    async def ask_withdrawal() -> str:
        return await world.mn.database.write(lambda c: withdraw(c, TABLE, why="a slip", by=PAVEL))

    assert await reason(ask_withdrawal()) is Reason.NOT_FOUND
    derived = await decide(world)
    await accept(world, ONE_GRANT)
    accepted = await decide(world)
    assert granted(accepted) == set()
    await approve(world, await ask_withdrawal(), by=OLGA)
    anew = await decide(world)
    assert granted(anew) == set(GRANTS)
    assert (anew.book == derived.book, anew.book == accepted.book) == (True, False)
    assert not (await in_use(world)).is_accepted
    assert await stays(world, derived, accepted, anew)


async def test_in_shadow_a_table_decides_and_gives_nothing_until_it_is_live(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world)
    live = await decide(world)

    async def in_mode(mode: TableMode) -> None:
        found = await world.mn.database.read(
            lambda c: world.mn.accepter.in_mode(c, TABLE, mode=mode)
        )
        await accept(world, found)

    await in_mode(TableMode.SHADOW)
    shadow = await decide(world)
    party = shadow.results[0]
    assert (party.recognised, party.shadow, granted(shadow)) == (True, True, set())
    would = {one.code for one in party.benefits if one.reason is RecognitionReason.SHADOW_MODE}
    assert would == set(GRANTS)
    assert await reason(in_mode(TableMode.SHADOW)) is Reason.STATE_NOT_SUITABLE
    await in_mode(TableMode.LIVE)
    again = await decide(world)
    assert granted(again) == set(GRANTS)
    assert [one.results[0].table for one in (shadow, again)] == [f"{TABLE}@1", f"{TABLE}@2"]
    assert await stays(world, live, shadow, again)


async def test_another_content_is_never_accepted_under_a_number_that_was_used(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world)
    await accept(world, ONE_GRANT)
    assert await reason(ask(world, ONE_GRANT)) is Reason.ALREADY_EXISTS
    other = our_table(row("only", codes=[SECOND], flows=["import"], functions=["exporter"]))
    first, second = await ask(world, other), await ask(world, our_table())
    await approve(world, first)
    assert ((await in_use(world)).table.version, other.version) == (2, 1)
    # both were to be version 2: the one that was shown under it second has to be asked for anew
    assert await reason(approve(world, second)) is Reason.STATE_NOT_SUITABLE
    await accept(world, our_table())
    assert (await in_use(world)).table.version == 3
    await accept(world, ONE_GRANT)
    assert (await in_use(world)).table == ONE_GRANT
