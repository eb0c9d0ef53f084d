"""Single declarations that arrive together: decided in a row, answered and refused each alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import select

from mra_gateway.errors import Reason, StoreError
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.store.recognition_tables import result_batches
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.problems import InvalidRequest
from mra_gateway.web.together import Together
from tests.flows.test_decide import CODE, a_registry
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.simulation import CN, MN, AWorld, World


@pytest.fixture
async def world(a_world: AWorld) -> World:
    registry = a_registry()
    world = await a_world(registries={CN: registry, MN: registry})
    await world.post(a_list_part(a_listed_operator(operator=a_record())))
    return world


def asked(reference: str, identifier: str = CODE) -> bytes:
    parties = [{"role": "exporter", "identifier": identifier}]
    return json.dumps({"reference": reference, "type": "import", "parties": parties}).encode()


async def ask_all(
    together: Together, *contents: bytes, client: str = "a system"
) -> list[RecognitionResult | BaseException]:
    """Asks at once; an error stands where the answer would."""
    given = await asyncio.gather(
        *(together.decide(content, client=client) for content in contents), return_exceptions=True
    )
    return [
        one if isinstance(one, BaseException) else RecognitionResult.model_validate_json(one)
        for one in given
    ]


async def kept(world: World) -> list[tuple[str, int]]:
    return await world.mn.database.read(
        lambda c: [(row.requested_by, row.size) for row in c.execute(select(result_batches)).all()]
    )


async def test_each_is_answered_for_itself_and_all_are_recorded_as_one(world: World) -> None:
    metrics = Metrics()
    together = Together(world.mn.decider, metrics)
    contents = [asked(f"R-{number}", CODE if number % 3 else "AEOCN1") for number in range(40)]
    wrong = b'{"reference":"R-?","type":"import","parties":[{"role":"wizard"}]}'
    doubled = contents[0].replace(b'"type"', b'"type": "import", "type"')
    early = contents[0].replace(b'"type"', b'"accepted_at": "1999-12-31T00:00:00Z", "type"')
    given = await ask_all(together, wrong, *contents, doubled, b"[", early)
    answered = [one for one in given if isinstance(one, RecognitionResult)]
    assert [one.reference for one in answered] == [f"R-{number}" for number in range(40)]
    assert [one.recognised for one in answered] == [bool(number % 3) for number in range(40)]
    refused = [one for one in given if isinstance(one, InvalidRequest)]
    assert [one.reason for one in refused] == [
        Reason.DECLARATION_INVALID,
        Reason.DECLARATION_INVALID,
        Reason.REQUEST_INVALID,
        Reason.DECLARATION_INVALID,
    ]
    assert [one.errors[0].field for one in refused] == ["/parties/0/role", "", "", "/accepted_at"]
    assert await kept(world) == [("a system", 40)]
    assert metrics.registry.get_sample_value(
        "mra_gateway_decisions_total", {"recognised": "yes"}
    ) == sum(1 for number in range(40) if number % 3)
    for one in answered:
        assert await world.mn.decider.find(one.id) == one
        assert await world.mn.decider.recompute(one.id) == one


async def test_what_different_systems_ask_is_recorded_apart(world: World) -> None:
    together = Together(world.mn.decider, Metrics())
    await asyncio.gather(
        ask_all(together, asked("R-1"), asked("R-2"), client="one"),
        ask_all(together, asked("R-3"), client="another"),
    )
    assert sorted(await kept(world)) == [("another", 1), ("one", 2)]


async def test_more_than_one_sheet_takes_are_all_answered(world: World) -> None:
    together = Together(world.mn.decider, Metrics())
    given = await ask_all(together, *(asked(f"R-{number}") for number in range(1_100)))
    assert [one.reference for one in given if isinstance(one, RecognitionResult)] == [
        f"R-{number}" for number in range(1_100)
    ]
    assert sum(size for _, size in await kept(world)) == 1_100


async def test_whoever_goes_away_takes_no_answer_from_the_others(world: World) -> None:
    together = Together(world.mn.decider, Metrics())
    first, second, third = (
        asyncio.create_task(together.decide(asked(f"R-{number}"), client="a system"))
        for number in range(3)
    )
    await asyncio.sleep(0)
    first.cancel()
    third.cancel()
    assert RecognitionResult.model_validate_json(await second).reference == "R-1"
    assert first.cancelled()
    assert third.cancelled()


async def test_one_that_cannot_be_decided_costs_the_others_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = Recogniser.decide

    def decide_or_fail(self: Recogniser, declaration: Any, **options: Any) -> Any:
        if declaration.reference == "R-3":
            raise ZeroDivisionError
        return decide(self, declaration, **options)

    monkeypatch.setattr(Recogniser, "decide", decide_or_fail)
    together = Together(world.mn.decider, Metrics())
    given = await ask_all(together, *(asked(f"R-{number}") for number in range(6)))
    assert isinstance(given.pop(3), ZeroDivisionError)
    for number, one in zip((0, 1, 2, 4, 5), given, strict=True):
        assert isinstance(one, RecognitionResult)
        assert one.reference == f"R-{number}"
        assert await world.mn.decider.find(one.id) == one
    assert sum(size for _, size in await kept(world)) == 5, "one was taken twice, or not given"


async def test_when_the_database_fails_all_are_told_and_nothing_is_given_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Together(world.mn.decider, Metrics())
    await ask_all(together, asked("R-0"))
    lost = StoreError("the database is away", reason=Reason.DATABASE_UNREACHABLE)

    async def fail(_work: Any) -> None:
        raise lost

    monkeypatch.setattr(world.mn.database, "write", fail)
    assert await ask_all(together, asked("R-1"), asked("R-2")) == [lost, lost]
    monkeypatch.undo()
    assert await kept(world) == [("a system", 1)]
    (again,) = await ask_all(together, asked("R-3"))
    assert isinstance(again, RecognitionResult)


async def test_the_end_of_a_long_batch_on_a_shared_sheet_is_committed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decider, database = world.mn.decider, world.mn.database
    ready, known = await world.mn.follower.current(), iter([None, None])
    write, may_commit, may_go_on = database.write, asyncio.Event(), asyncio.Event()

    async def current() -> Recogniser:
        if next(known, "the end of the batch") is not None and not may_go_on.is_set():
            await may_go_on.wait()
        return ready

    async def write_later(work: Any) -> Any:
        await may_commit.wait()
        return await write(work)

    monkeypatch.setattr(world.mn.follower, "current", current)
    monkeypatch.setattr(database, "write", write_later)
    several = [Declaration.model_validate_json(asked(f"R-{number}")) for number in range(1_001)]
    single = asyncio.create_task(decider.decide(several[:1], requested_by="a system"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    batch = asyncio.create_task(decider.decide(several, requested_by="a system"))
    for _ in range(4):
        await asyncio.sleep(0)
    monkeypatch.setattr(world.mn.follower, "current", known_at_once(ready))
    other = asyncio.create_task(decider.decide(several[:1], requested_by="a system"))
    await asyncio.sleep(0)
    may_go_on.set()  # it fills up the sheet of the other, and at once the sheet is committed
    may_commit.set()
    given = [one for each in await asyncio.gather(single, batch, other) for one in each]
    assert len({one.id for one in given}) == len(given) == 1_003
    assert sum(size for _, size in await kept(world)) == 1_003
    assert await decider.find(given[-1].id) == given[-1]


def known_at_once(recogniser: Recogniser) -> Callable[[], Coroutine[Any, Any, Recogniser]]:
    async def current() -> Recogniser:
        return recogniser

    return current
