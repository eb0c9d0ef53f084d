"""What is held about one operator, and what a consent that was withdrawn led to."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mra_gateway.cli.show import plain
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.disclose import (
    ConsentEffect,
    Disclosure,
    disclose,
    effect_of_consent,
    write_disclosure,
)
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.store import grounds
from tests.flows.test_decide import a_registry
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_record,
)
from tests.support.simulation import CN, MN, AWorld, World, a_row, consent_for, put

TIN, CODE = "CN3302462345", "AEOCN3302462345"
OURS = "CN3302400001"


async def held(gateway: Gateway, identifier: str) -> Disclosure:
    at = gateway.clock.now()
    return await gateway.database.read(lambda c: disclose(c, gateway.book, identifier, at=at))


async def effects(gateway: Gateway, identifier: str = OURS) -> list[ConsentEffect]:
    at = gateway.clock.now()
    return await gateway.database.read(
        lambda c: effect_of_consent(c, gateway.book, identifier, at=at)
    )


@pytest.mark.parametrize("identifier", [TIN, CODE, "cn-3302 462345"])
async def test_everything_held_about_a_partners_operator_is_found_and_nothing_of_another(
    a_world: AWorld, identifier: str, tmp_path: Path
) -> None:
    registry = a_registry()
    world = await a_world(registries={CN: registry, MN: registry})
    other = a_record(tin="CN33024623456", authorisation="AEOCN33024623456", episode="2")
    await world.post(a_list_part(a_listed_operator(), a_listed_operator(operator=other)))
    world.move()
    change = a_change(kind=ChangeKind.SUSPENDED, effective_from=world.clock.now())
    await world.post(a_notification(change, sequence=2))
    twin = a_change(kind=ChangeKind.SUSPENDED, change_number=2, operator=other)
    await world.post(a_notification(twin, sequence=3))
    party = DeclaredParty(role=PartyFunction.EXPORTER, identifier=CODE)
    one = Declaration(reference="D-1", type=Flow.IMPORT, parties=(party,))
    await world.mn.decider.decide([one], requested_by="test")
    await world.mn.database.write(
        lambda c: grounds.add(
            c, "compliance_score", subject=TIN, content=f'{{"tin":"{TIN}"}}',
            at=world.clock.now(), by="olga",
        )
    )  # fmt: skip

    found = await held(world.mn, identifier)
    assert found.tins == [TIN]
    (register,) = found.registers
    assert [fact.status for fact in register.history] == ["valid", "suspended"]
    assert [one.kind for one in found.messages] == ["StatusList", "StatusNotification"]
    assert {one.direction for one in found.messages} == {"in"}
    assert [one.declaration["reference"] for one in found.results] == ["D-1"]
    assert [one.kind for one in found.measures] == ["compliance_score"]

    values: dict[str, Any] = plain(found)
    write_disclosure(found, values, tmp_path / "held.json")
    assert json.loads((tmp_path / "held.json").read_text(encoding="utf-8")) == values
    write_disclosure(found, values, tmp_path / "held.xlsx")
    sheet = load_workbook(tmp_path / "held.xlsx").active
    assert sheet is not None
    kinds = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert kinds == ["status", "status", "messages", "messages", "results", "measures"]
    with pytest.raises(RequestRefused):
        write_disclosure(found, values, tmp_path / "held.doc")


async def test_nobody_held_is_said(a_world: AWorld) -> None:
    world = await a_world()
    with pytest.raises(RequestRefused) as refused:
        await held(world.mn, "CN99")
    assert refused.value.reason is Reason.NOT_FOUND


async def consented(a_world: AWorld) -> World:
    world = await a_world(consent="required")
    await put(
        world.cn, a_row(1, consents=(consent_for(MN),)), a_row(2, consents=(consent_for(MN),))
    )
    await world.settle()
    return world


async def test_a_withdrawn_consent_shows_who_was_told_in_which_message_and_when_it_reached_them(
    a_world: AWorld,
) -> None:
    world = await consented(a_world)
    (before,) = await effects(world.cn)
    assert before.in_effect
    assert [(one.last_told, one.message_id) for one in before.heard] == [("valid", None)]

    world.move(timedelta(hours=1))
    today = world.cn.book.day_of(world.clock.now())
    await put(world.cn, a_row(1, consents=(consent_for(MN, withdrawn_on=today),)))
    (waiting,) = await effects(world.cn)
    assert not waiting.in_effect
    assert waiting.withdrawn_on == today
    assert waiting.heard[0].last_told == "withdrawn"
    assert waiting.heard[0].reached_at is None

    await world.settle()
    (told,) = await effects(world.cn)
    (heard,) = told.heard
    assert heard.message_id is not None
    assert heard.reached_at is not None
    assert heard.receipt == "accepted"
    there = (await held(world.mn, OURS)).registers[0]
    assert list(there.now.values()) == ["withdrawn"]
    (twin,) = await effects(world.cn, "CN3302400002")
    assert twin.in_effect
    assert twin.heard[0].message_id is None


async def test_consents_are_kept_with_those_they_superseded(a_world: AWorld) -> None:
    world = await consented(a_world)
    world.move(timedelta(hours=1))
    await put(world.cn, a_row(1, consents=(consent_for(MN, withdrawn_on=date(2026, 3, 1)),)))
    found = await held(world.cn, OURS)
    assert [one.superseded_at is None for one in found.consents] == [False, True]
    assert [one.status for one in found.changes_told] == ["valid", "withdrawn"]


async def test_consents_are_asked_of_our_own_operators_only(a_world: AWorld) -> None:
    world = await consented(a_world)
    assert len(await effects(world.cn)) == 1
    with pytest.raises(RequestRefused) as refused:
        await effects(world.mn)
    assert refused.value.reason is Reason.NOT_FOUND
