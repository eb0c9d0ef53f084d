"""Systems that ask at once, for one declaration or for many, by a schedule that replays exactly.

Everything is the product's own but for the store, which takes as many rounds of the event loop for
a commit as the schedule says, or fails; and a sheet takes few lines, so that its end is met often.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple, TypeVar
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from mra_gateway.errors import Reason, StoreError
from mra_gateway.flows import decide, record
from mra_gateway.flows.decide import Decider
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.record import Recorder
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.store import feed, results
from mra_gateway.store.database import Database, Work
from mra_gateway.store.watching import Watch
from mra_gateway.web import together
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.problems import InvalidRequest
from mra_gateway.web.together import Together
from tests.flows.test_decide import a_registry
from tests.support.databases import NewStore
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.simulation import CN, CN_MN, MN, World

T = TypeVar("T")
LINES = 5
SYSTEMS = ("one", "another", "a third")
IDENTIFIERS = ("AEOCN3302462345", "CN3302462345", "AEOCN1", None)
BROKEN = "broken"
_WITH_A_BROKEN_ONE = 7
_WRONG = b'{"reference":"wrong","type":"import","parties":[{"role":"wizard"}]}'
_OF_ITS_OWN = dict.fromkeys(("id", "reference", "decided_at", "known_at", "position"))


class Act(NamedTuple):
    """One act of a schedule.

    Attributes:
        system: Who asks.
        number: How many declarations, rounds or milliseconds.
    """

    act: Literal[
        "one", "wrong", "broken", "many", "go", "rounds", "later", "told", "blind", "unled"
    ]
    system: int
    number: int


schedules = st.lists(
    st.builds(
        Act,
        act=st.sampled_from(
            ["one"] * 6 + ["many"] * 3 + ["rounds"] * 3 + ["go", "wrong", "broken"]
            + ["later", "told", "blind", "unled"]
        ),
        system=st.sampled_from([0, 0, 0, 0, 1, 2]),
        number=st.sampled_from([1, 2, 3, 6, 6, 7, 8, 11, 12]),
    ),
    min_size=4,
    max_size=40,
)  # fmt: skip
commits = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, -1, -3]), min_size=1, max_size=8)
"""How many rounds each takes; below zero, it fails after them."""


class SlowStore:
    """A store that takes its time, fails and goes blind when it is told to."""

    def __init__(self, store: Database, rounds: Sequence[int]) -> None:
        self._store = store
        self._rounds = itertools.cycle(rounds)
        self.is_blind = False

    async def write(self, work: Work[T]) -> T:
        rounds = next(self._rounds)
        await _come_round(abs(rounds))
        if rounds < 0:
            raise StoreError("the database is away", reason=Reason.DATABASE_UNREACHABLE)
        result = await self._store.write(work)
        await _come_round(rounds)
        return result

    async def read(self, work: Work[T]) -> T:
        await _come_round(2)
        if self.is_blind:
            raise StoreError("the database is away", reason=Reason.DATABASE_UNREACHABLE)
        return await self._store.read(work)

    def watch(self) -> Watch:
        return self._store.watch()

    async def close(self) -> None:
        await self._store.close()


class Asked(NamedTuple):
    """What somebody asked.

    Attributes:
        references: Of the declarations, each unlike any other.
        identifiers: What they name.
        is_single: Whether it was asked as one declaration, not as a batch.
        is_broken: Whether one of them is none, or cannot be decided.
        given: The results, in the end.
    """

    system: str
    references: Sequence[str]
    identifiers: Sequence[str | None]
    is_single: bool
    is_broken: bool
    given: asyncio.Task[list[bytes]]


async def play(world: World, acts: Sequence[Act], *, rounds: Sequence[int]) -> list[str]:
    """Plays a schedule; returns whatever is not as it would be for each who asks alone."""
    with _short_sheets():
        playing = await _Playing.begin(world, rounds)
        for act in acts:
            await playing.do(act)
        await asyncio.gather(*(one.given for one in playing.asked), return_exceptions=True)
        await _come_round(20)  # what was asked by somebody who left may still be under way
    return [wrong async for wrong in playing.check()]


def check_schedules(new_store: NewStore, *, examples: int) -> None:
    """Plays schedules, each time the same ones, over two stores; an assertion where one fails."""
    with asyncio.Runner() as runner:
        stores = AsyncExitStack()
        world = runner.run(_a_world(stores, new_store))

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(acts=schedules, rounds=commits)
        def check(acts: list[Act], rounds: list[int]) -> None:
            assert runner.run(play(world, acts, rounds=rounds)) == []

        try:
            check()
        finally:
            runner.run(stores.aclose())


async def _a_world(stores: AsyncExitStack, new_store: NewStore) -> World:
    """Returns one in which Mongolia holds an operator of China."""
    databases = [await stores.enter_async_context(new_store()) for _ in range(2)]
    registry = a_registry()
    world = World(databases=databases, registries={CN: registry, MN: registry})
    await world.found()
    await world.post(a_list_part(a_listed_operator(operator=a_record())))
    return world


class _Playing:
    def __init__(self, world: World, store: SlowStore, follower: Follower) -> None:
        self._world, self._store, self._follower = world, store, follower
        self._metrics = Metrics()
        self._decider = Decider(
            database=store,
            follower=follower,
            recorder=Recorder(database=store, clock=world.clock),
            clock=world.clock,
        )
        self._together = Together(self._decider, self._metrics)
        self._run = world.clock.new_uuid()[:8]
        self.asked: list[Asked] = []
        self._alone: dict[str | None, RecognitionResult] = {}
        self._counted = 0

    @classmethod
    async def begin(cls, world: World, rounds: Sequence[int]) -> _Playing:
        store = SlowStore(world.mn.database, rounds)
        await world.mn.follower.current()  # its rule book is in use: following only reads
        follower = Follower(database=store, book=world.mn.book, clock=world.clock)
        await follower.current()
        follower._is_running = True
        made = cls(world, store, follower)
        for identifier in IDENTIFIERS:
            alone = Declaration.model_validate_json(_declared("alone", identifier))
            (result,) = await made._decider.decide_as_of([alone], known_at=None)
            made._alone[identifier] = _without(result.model_dump_json().encode())
        made._counted = await made._stored_parties()
        return made

    async def do(self, act: Act) -> None:
        match act.act:
            case "one" | "wrong" | "broken" | "many":
                self._ask(act)
            case "go":
                for one in self.asked[-act.number :: 3]:
                    if one.is_single:
                        one.given.cancel()
            case "rounds":
                await _come_round(act.number)
            case "later":
                self._world.move(timedelta(milliseconds=act.number**3))
            case "told":
                at = self._world.clock.now()
                await self._world.mn.database.write(
                    lambda c: feed.advance(c, at=at, issuer=CN, arrangement=CN_MN)
                )
            case "blind":
                self._store.is_blind = not self._store.is_blind
            case "unled":  # nobody follows the feed: who asks reads how far it has come
                self._follower._is_running = not self._follower._is_running

    def _ask(self, act: Act) -> None:
        place, number = len(self.asked), act.number if act.act == "many" else 1
        references = [f"{self._run}-{place}-{line}" for line in range(number)]
        identifiers = [IDENTIFIERS[(place + line) % len(IDENTIFIERS)] for line in range(number)]
        is_broken = act.act in {"wrong", "broken"} or number == _WITH_A_BROKEN_ONE
        if is_broken:
            references[-1] += BROKEN
        contents = [*map(_declared, references, identifiers)]
        if act.act == "wrong":
            contents = [_WRONG]
        system = SYSTEMS[act.system]
        is_single = act.act != "many"
        asking = self._one if is_single else self._many
        task = asyncio.ensure_future(asking(contents, system))
        self.asked.append(Asked(system, references, identifiers, is_single, is_broken, task))

    async def _one(self, contents: Sequence[bytes], system: str) -> list[bytes]:
        (content,) = contents
        return [await self._together.decide(content, client=system)]

    async def _many(self, contents: Sequence[bytes], system: str) -> list[bytes]:
        declarations = [Declaration.model_validate_json(one) for one in contents]
        parts = await self._decider.decide_fast(declarations, requested_by=system)
        self._metrics.count_decisions(parts)
        return [content for part in parts for content in part.results]

    async def check(self) -> AsyncIterator[str]:
        """Yields what is wrong."""
        self._store.is_blind = False
        stored = 0
        may_differ = False  # what was committed of a long batch that failed stays
        for one in self.asked:
            kept = await self._kept(one.references)
            stored += sum(map(len, kept))
            if any(len(each) > 1 for each in kept):
                yield f"stored twice: {one}"
            error = None if one.given.cancelled() else one.given.exception()
            if one.given.cancelled():
                continue
            if error is None:
                for wrong in await self._check_given(one):
                    yield wrong
            elif len(one.references) > LINES:
                may_differ = True
            elif any(kept):
                yield f"stored, and {error!r} was told: {one}"
            if isinstance(error, InvalidRequest | ZeroDivisionError) and not one.is_broken:
                yield f"the fault of somebody else: {error!r}: {one}"
        counted = await self._stored_parties() - self._counted
        if counted != stored:
            yield f"{counted} counted in the store, {stored} stored"
        shown = sum(
            self._metrics.registry.get_sample_value(
                "mra_gateway_decisions_total", {"recognised": said}
            )
            or 0
            for said in ("yes", "no")
        )
        if shown != stored and not may_differ:
            yield f"{shown} counted for Prometheus, {stored} stored"

    async def _check_given(self, one: Asked) -> list[str]:
        wrong = []
        given = one.given.result()
        if [json.loads(each)["reference"] for each in given] != list(one.references):
            return [f"given to somebody else: {one}"]
        for content, identifier in zip(given, one.identifiers, strict=True):
            id_ = json.loads(content)["id"]
            found = await self._world.mn.database.read(partial(results.find, result_id=id_))
            if found is None or found.result != content or found.requested_by != one.system:
                wrong.append(f"stored otherwise than given to {one.system}: {found}, {content!r}")
            elif await self._decider.compute_again(id_) != content:
                wrong.append(f"computed otherwise again: {content!r}")
            elif found.current and _without(content) != self._alone[identifier]:
                alone = self._alone[identifier]
                wrong.append(f"decided otherwise than alone: {_without(content)!r}, {alone!r}")
            elif not found.current and json.loads(content)["recognised"]:
                wrong.append(f"granted without being current: {content!r}")
        return wrong

    async def _kept(self, references: Sequence[str]) -> list[list[results.StoredResult]]:
        return await self._world.mn.database.read(
            lambda c: [results.of_declaration(c, reference) for reference in references]
        )

    async def _stored_parties(self) -> int:
        def read(connection: Connection) -> int:
            counts = results.counts(connection, from_on=date.min, until_on=date.max)
            return sum(counts.values())

        return await self._world.mn.database.read(read)


@contextmanager
def _short_sheets() -> Iterator[None]:
    decide_one = Recogniser.decide

    def decide_or_fail(self: Recogniser, declaration: Any, **options: Any) -> Any:
        if declaration.reference.endswith(BROKEN):
            raise ZeroDivisionError
        return decide_one(self, declaration, **options)

    with ExitStack() as patches:
        for owner in (decide, record, together):
            patches.enter_context(mock.patch.object(owner, "LINES", LINES))
        patches.enter_context(mock.patch.object(Recogniser, "decide", decide_or_fail))
        yield


def _declared(reference: str, identifier: str | None) -> bytes:
    party = {"role": "exporter"} | ({} if identifier is None else {"identifier": identifier})
    return json.dumps(
        {
            "reference": reference,
            "type": "import",
            "accepted_at": "2026-03-01T09:00:00Z",
            "parties": [party],
        }
    ).encode()


def _without(content: bytes) -> RecognitionResult:
    """Returns a result without what is its own however it is decided."""
    result = RecognitionResult.model_validate_json(content)
    # when the partner was last heard of changes meanwhile
    parties = [one.model_copy(update={"as_of": None}) for one in result.results]
    return result.model_copy(update=_OF_ITS_OWN | {"results": parties})


async def _come_round(rounds: int) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0)
