"""One question about one operator: hit or no hit, the least data, nobody who may not be seen."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import MessageKind, StatusAnswer
from mra_gateway.store import inbox, message_log, outbox
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    AWorld,
    Wire,
    World,
    a_row,
    body_of,
    confirm,
    consent_for,
    put,
    withdraw_confirmation,
)


@pytest.fixture
async def world(a_world: AWorld) -> World:
    """China's first operator may be shown to Mongolia, its second may not."""
    world = await a_world(consent="required")
    await put(world.cn, a_row(1, consents=(consent_for(MN),)), a_row(2))
    await world.settle()
    return world


async def ask(world: World, identifier: str, *, at: datetime | None = None) -> MessageId:
    return await world.mn.enquirer.enquire(
        identifier, partner=CN, arrangement=CN_MN, at=at or world.clock.now()
    )


async def find_answer(world: World, asked: MessageId) -> StatusAnswer | None:
    stored = await world.mn.database.read(lambda c: message_log.find_answer(c, asked, partner=CN))
    if stored is None:
        return None
    body = body_of(stored.content)
    assert isinstance(body, StatusAnswer)
    return body


async def answer(world: World, identifier: str, *, at: datetime | None = None) -> StatusAnswer:
    asked = await ask(world, identifier, at=at)
    await world.settle()
    await world.settle()
    found = await find_answer(world, asked)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "identifier", [a_row(1).authorisation, a_row(1).tin, a_row(1).tin[2:], "cn 33024-00001"]
)
async def test_an_operator_that_may_be_shown_is_a_hit(world: World, identifier: str) -> None:
    found = await answer(world, identifier)
    assert found.hit
    assert found.status == Status.VALID
    assert found.operator is not None
    assert found.operator.tin == a_row(1).tin
    assert found.identifier == identifier


@pytest.mark.parametrize("identifier", [a_row(2).tin, a_row(3).tin, "nobody"])
async def test_who_may_not_be_shown_answers_like_who_does_not_exist(
    world: World, identifier: str
) -> None:
    found = await answer(world, identifier)
    assert (found.hit, found.status, found.operator) == (False, None, None)


async def test_the_answer_is_of_the_moment_asked_about(world: World) -> None:
    before = world.clock.now()
    world.move(timedelta(days=1))
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    world.move()
    assert (await answer(world, a_row(1).tin)).status == Status.SUSPENDED
    assert (await answer(world, a_row(1).tin, at=before)).status == Status.VALID


async def test_a_consent_withdrawn_hides_the_past_too(world: World) -> None:
    before = world.clock.now()
    world.move(timedelta(days=1))
    assert (await answer(world, a_row(1).tin, at=before)).hit
    withdrawn = consent_for(MN, withdrawn_on=date(2026, 3, 3))
    await put(world.cn, a_row(1, consents=(withdrawn,)))
    assert not (await answer(world, a_row(1).tin, at=before)).hit


async def test_a_number_of_one_authorisation_is_a_hit_beside_another_of_the_operator(
    world: World,
) -> None:
    await put(world.cn, a_row(1, authorisation="AEOCN0000000002"))
    assert (await answer(world, a_row(1).authorisation)).hit
    assert not (await answer(world, a_row(1).tin)).hit, "the TIN names two authorisations"


async def test_without_an_arrangement_nothing_is_asked(world: World) -> None:
    await withdraw_confirmation(world.mn)
    with pytest.raises(RequestRefused) as refused:
        await ask(world, a_row(1).tin)
    assert refused.value.reason is Reason.ARRANGEMENT_NOT_CONFIRMED
    await confirm(world.mn, world.mn.registry.get_arrangement(CN_MN))
    assert await ask(world, a_row(1).tin)


async def test_a_crash_between_receipt_and_answer_loses_no_question(world: World) -> None:
    asked = await ask(world, a_row(1).tin)
    await world.work(MN)
    assert len(await world.cn.database.read(inbox.unanswered_enquiries)) == 1
    await world.restart(CN)
    await world.settle()
    await world.settle()
    assert await world.cn.database.read(inbox.unanswered_enquiries) == []
    assert await find_answer(world, asked) is not None


async def test_two_processes_give_one_answer(world: World) -> None:
    twin = world._build(CN)
    await twin.book.refresh(twin.database)
    await ask(world, a_row(1).tin)
    await world.work(MN)
    stored = await world.cn.database.read(inbox.unanswered_enquiries)
    for gateway in (world.cn, twin):
        await gateway.enquirer._answer(stored[0])

    def answers(connection: Connection) -> int:
        rows = message_log.newest(connection, limit=50)
        return sum(row.kind == MessageKind.STATUS_ANSWER and row.direction == "out" for row in rows)

    assert await world.cn.database.read(answers) == 1


async def test_a_question_comes_through_whatever_the_road_does(world: World) -> None:
    world.wire = Wire(seed=3, lose=0.4, lose_reply=0.4, repeat=0.4)
    asked = await ask(world, a_row(1).tin)
    await world.settle()
    await world.settle()
    found = await find_answer(world, asked)
    assert found is not None
    assert found.hit


async def test_a_ping_proves_the_path_and_says_what_is_taken(world: World) -> None:
    pinged = await world.mn.enquirer.ping(CN)
    await world.settle()
    sent = await world.mn.database.read(lambda c: outbox.find(c, pinged))
    assert sent is not None
    assert sent.state == outbox.SETTLED
    assert sent.receipt is not None
    capabilities = world.read(sent.receipt).capabilities
    assert capabilities is not None
    assert capabilities.max_records == 1000
