"""The views a declaration system reads say what the extract says, until it is too old."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, inspect, text

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.extract_into_view import Taken, ViewKeeper, take_into_view
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    ComplianceScore,
    GroundKind,
    MeasureId,
    SuspensionReason,
)
from mra_gateway.store import chunks, extract_views, grounds
from mra_gateway.store.database import Database, Work
from tests.flows.test_disclose import held
from tests.flows.test_extract import CODE, OTHER, OTHER_TIN, TIN, ground, mark_of, rows_of, tell
from tests.flows.test_purge import purge, with_retention
from tests.support.messages import CN_MN, a_list_part, a_listed_operator, a_record, a_uuid
from tests.support.simulation import CN, MN, AWorld, World

T = TypeVar("T")
NOW = datetime.now(UTC).replace(microsecond=250_000)
_views = import_module("mra_gateway.store.migrations.versions.0012_extract_generations")


def make_views(connection: Connection) -> None:
    """A store in memory has the tables only."""
    if not inspect(connection).get_view_names():
        for statement in _views.view_statements(connection.dialect.name):
            connection.execute(text(statement.replace(":", "\\:")))


async def a_world_at(a_world: AWorld, at: datetime, **retention: int) -> World:
    registry = with_retention(**retention)
    world = await a_world(registries={CN: registry, MN: registry})
    await world.mn.database.write(make_views)
    world.clock.move_to(at)
    other = a_record(tin=OTHER_TIN, authorisation=OTHER, episode="2", expires_on=None)
    await world.post(a_list_part(a_listed_operator(), a_listed_operator(operator=other)))
    return world


@pytest.fixture
async def world(a_world: AWorld) -> World:
    """Mongolia holds two operators of China, as of now: the views go by the database's clock."""
    return await a_world_at(a_world, NOW)


async def take(gateway: Gateway) -> Taken:
    mark = await mark_of(gateway)
    return await take_into_view(gateway.database, mark, clock=gateway.clock)


async def shown(world: World, view: str = "recognised_operators") -> list[dict[str, Any]]:
    """Returns what a view shows, as JSON would have it on both databases."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        query = f"SELECT * FROM {view} ORDER BY partner, arrangement, tin, authorisation"
        return [dict(row._mapping) for row in connection.execute(text(query))]

    rows = await world.mn.database.read(read)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        return json.loads(value)
    return value


async def as_extracted(world: World) -> list[dict[str, Any]]:
    return [json.loads(row.model_dump_json()) for row in await rows_of(world)]


async def suspend_benefits(world: World, *, at: datetime) -> None:
    """Has an officer suspend the other operator's benefits."""
    stop = BenefitSuspension(
        id=MeasureId(a_uuid(7)), partner=CN, tin=OTHER_TIN, reason="x",
        reason_class=SuspensionReason.OTHER,
        from_at=at, ordered_at=at, ordered_by=OfficerName("olga"), confirm_before=at,
    )  # fmt: skip
    await ground(world, GroundKind.BENEFIT_SUSPENSION, stop, OTHER_TIN)


async def test_the_views_say_what_the_extract_says_and_whose_benefits_are_suspended_gets_none(
    world: World,
) -> None:
    at = world.clock.now()
    score = ComplianceScore(tin=TIN, score=7.5, scale="0-10", as_of=at)
    await ground(world, GroundKind.COMPLIANCE_SCORE, score)
    await suspend_benefits(world, at=at)
    taken = await take(world.mn)
    assert (taken.operators, taken.written) == (2, 2)

    rows, extracted = await shown(world), await as_extracted(world)
    numbers = await shown(world, "recognised_numbers")
    assert [row["tin"] for row in rows] == [TIN, OTHER_TIN]
    assert rows[0]["benefits"]
    assert (rows[1]["benefits"], bool(rows[1]["note"])) == ([], True)
    own = {"number", "mark", "taken_at"}
    for row, said in zip(rows, extracted, strict=True):
        sure = [one["text"] for one in said["numbers"] if one["use"] == "sure"]
        assert row["number"] == sure[0]
        assert (row["mark"], row["taken_at"]) == (taken.mark, _plain(at))
        for name in row.keys() - own:
            assert _without_none(row[name]) == _without_none(said[name]), name
        assert said.keys() - row.keys() == {"change", "numbers"}
        of_it = [one for one in numbers if one["tin"] == said["tin"]]
        assert {(one["kind"], one["number"], one["use"], one["rule"]) for one in of_it} == {
            *(("number", one["text"], one["use"], one["rule"]) for one in said["numbers"]),
            *(("local code", one["code"], one["use"], None) for one in said["local_codes"]),
        }
        assert {one["number"] for one in of_it if one["settles"]} >= set(sure)
        assert {one["use_until"] for one in of_it} == {said["use_until"]}
    assert {one["authorisation"] for one in numbers if one["compared_as"] == CODE} == {CODE}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value


async def test_only_what_changed_is_written_and_the_same_mark_needs_nothing(world: World) -> None:
    keeper = world.mn.view_keeper
    assert not keeper.is_wanted
    assert (await keeper.look()) is not None
    taken_at = world.clock.now()
    world.move(timedelta(seconds=1))
    assert await keeper.look() is None
    looked = await world.mn.database.read(extract_views.state)
    assert (looked.taken_at, looked.confirmed_at) == (taken_at, world.clock.now())

    world.move()
    await tell(world, sequence=2, kind=ChangeKind.SUSPENDED)
    third = a_record(tin="CN3302462347", authorisation="AEOCN3302462347", episode="3")
    await tell(world, sequence=3, change_number=2, operator=third)
    before = {row["tin"]: row["as_of"] for row in await shown(world)}
    taken = await keeper.look()
    assert taken is not None
    assert (taken.operators, taken.written) == (2, 2)
    rows = await shown(world)
    assert [row["tin"] for row in rows] == [OTHER_TIN, third.tin]
    assert rows[0]["as_of"] > before[OTHER_TIN]
    assert [row["as_of"] for row in rows] == [one["as_of"] for one in await as_extracted(world)]
    assert {one["tin"] for one in await shown(world, "recognised_numbers")} == {
        OTHER_TIN,
        third.tin,
    }


async def test_what_may_not_be_used_any_more_is_not_shown_though_nothing_is_taken(
    a_world: AWorld,
) -> None:
    world = await a_world_at(a_world, NOW - timedelta(days=44))
    await tell(world, sequence=2, kind=ChangeKind.REVOKED, effective_from=NOW + timedelta(days=3))
    await take(world.mn)
    assert [row["tin"] for row in await shown(world)] == [TIN, OTHER_TIN]

    def age(connection: Connection, *, table: str, column: str, by: timedelta) -> None:
        micros = by // timedelta(microseconds=1)
        connection.execute(text(f"UPDATE {table} SET {column} = {column} - {micros}"))

    # as if the end that was known had come, and then the partner had been silent for too long
    for table, column, days, left in (
        ("extract_operators", "holds_until", 3, [OTHER_TIN]),
        ("extract_sources", "use_until", 2, []),
    ):
        await world.mn.database.write(
            partial(age, table=table, column=column, by=timedelta(days=days))
        )
        assert [row["tin"] for row in await shown(world)] == left
        assert {row["tin"] for row in await shown(world, "recognised_numbers")} == set(left)


async def test_whoever_is_stopped_after_a_take_is_left_out_at_once_and_lifted_with_the_next(
    world: World,
) -> None:
    await take(world.mn)
    assert [row["tin"] for row in await shown(world)] == [TIN, OTHER_TIN]
    at = world.clock.now()
    whole = await world.mn.database.read(extract_views.state)

    await suspend_benefits(world, at=at)
    for view in ("recognised_operators", "recognised_numbers"):
        assert {row["tin"] for row in await shown(world, view)} == {TIN}

    await tell(world, sequence=2, kind=ChangeKind.SUSPENDED)
    assert await shown(world) == await shown(world, "recognised_numbers") == []
    # nobody took anything: the views say so by themselves
    assert await world.mn.database.read(extract_views.state) == whole

    ended = lambda c: grounds.end(c, [1], at=at, by="olga")  # noqa: E731
    assert await world.mn.database.write(ended) == 1
    assert await shown(world) == []
    await take(world.mn)
    assert [bool(row["benefits"]) for row in await shown(world)] == [True]

    halt = ArrangementStop(
        id=MeasureId(a_uuid(8)), arrangement=CN_MN, reason="x",
        from_at=at, ordered_at=at, ordered_by=OfficerName("olga"),
    )  # fmt: skip
    await ground(world, GroundKind.ARRANGEMENT_STOP, halt, CN_MN)
    assert await shown(world) == []


class Watched:
    """A store that says what others see and may write between any two transactions of a take."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.mn.database
        self.read = self._store.read
        self.watch = self._store.watch
        self.close = self._store.close
        self.seen: list[list[str]] = []
        self.most = 0

    async def write(self, work: Work[T]) -> T:
        counted = 0

        def count(connection: Connection) -> T:
            nonlocal counted
            tables = ("extract_operators", "extract_numbers")
            before = [self._rows(connection, table) for table in tables]
            done = work(connection)
            after = [self._rows(connection, table) for table in tables]
            counted = abs(after[0] - before[0])
            return done

        done = await self._store.write(count)
        self.most = max(self.most, counted)
        self.seen.append([row["tin"] for row in await shown(self._world)])
        return done

    def _rows(self, connection: Connection, table: str) -> int:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


async def test_a_take_is_written_in_slices_between_which_the_views_show_the_old_one_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 1)
    old, others = [TIN, OTHER_TIN], [f"CN330246234{number}" for number in range(7, 10)]
    mark = await mark_of(world.mn)
    first = Watched(world)
    await take_into_view(first, mark, clock=world.clock)
    assert (first.seen, first.most) == ([[], [], [], old], 1)

    for number, tin in enumerate(others, 3):
        new = a_record(tin=tin, authorisation=f"AEO{tin}", episode=str(number))
        await tell(world, sequence=number - 1, change_number=number - 2, operator=new)
    changed = a_record(
        tin=OTHER_TIN, authorisation=OTHER, episode="2", record_version=2, legal_name="甲",
        expires_on=None,
    )  # fmt: skip
    await tell(world, sequence=5, change_number=4, operator=changed, kind=ChangeKind.AMENDED)
    # one dies in the middle: what it left is not shown, and is removed by the next
    given_up = Watched(world)
    asked = iter(range(9))

    def dies() -> bool:
        if next(asked) == 8:
            raise InterruptedError
        return False

    with pytest.raises(InterruptedError):
        await take_into_view(given_up, await mark_of(world.mn), clock=world.clock, is_stopping=dies)
    assert len(given_up.seen) == 4
    second = Watched(world)
    taken = await take_into_view(second, await mark_of(world.mn), clock=world.clock)
    assert (taken.operators, taken.written, second.most) == (5, 4, 1)
    news = [*old, *others]
    assert all(seen == old for seen in given_up.seen)
    turned = second.seen.index(news)
    assert turned >= 5
    assert second.seen == [old] * turned + [news] * (len(second.seen) - turned)
    assert await world.mn.database.read(extract_views.leftovers) == []
    assert [row["legal_name"] == "甲" for row in await shown(world)] == [
        tin == OTHER_TIN for tin in news
    ]


class Overtaken:
    """A store in which somebody else comes first."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self.read = store.read
        self.watch = store.watch
        self.close = store.close

    async def write(self, work: Work[T]) -> T:
        await self._store.write(extract_views.outdate)
        return await self._store.write(work)


async def test_of_several_processes_one_takes_it_and_who_comes_second_changes_nothing(
    world: World,
) -> None:
    other = ViewKeeper(
        database=world.mn.database, reopen=None, follower=world.mn.follower,
        clock=world.clock, every=timedelta(minutes=5), holder="other",
    )  # fmt: skip
    now = world.clock.now()
    dead = await world.mn.database.write(
        lambda c: extract_views.claim(c, holder="dead", at=now, until=now + timedelta(minutes=10))
    )
    assert dead is not None
    assert await other.look() is None
    world.move(timedelta(minutes=11))
    assert await other.look() is not None

    before = await shown(world)
    await tell(world, sequence=2, kind=ChangeKind.SUSPENDED)
    before = before[1:]  # who is stopped is left out without a take
    late = Overtaken(world.mn.database)
    with pytest.raises(RequestRefused) as refused:
        await take_into_view(late, await mark_of(world.mn), clock=world.clock)
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE
    assert await shown(world) == before
    await take(world.mn)
    assert [row["tin"] for row in await shown(world)] == [OTHER_TIN]


async def test_a_purge_takes_an_operator_out_and_stops_what_was_worked_out_before(
    a_world: AWorld,
) -> None:
    world = await a_world_at(a_world, NOW)
    await take(world.mn)
    assert [row["tin"] for row in await shown(world)] == [TIN, OTHER_TIN]
    (listed,) = (await held(world.mn, CODE)).extracted
    assert listed.authorisation == CODE
    assert {one["number"] for one in listed.content["numbers"]} >= {CODE, TIN}

    world.move()
    await tell(world, sequence=2, kind=ChangeKind.REVOKED)
    world.move(timedelta(days=31))
    generation = (await world.mn.database.read(extract_views.state)).generation
    await purge(world)
    assert [row["tin"] for row in await shown(world)] == [OTHER_TIN]
    assert {row["tin"] for row in await shown(world, "recognised_numbers")} == {OTHER_TIN}
    assert await world.mn.database.read(lambda c: extract_views.of_operator(c, TIN)) == []
    assert (await world.mn.database.read(extract_views.state)).generation > generation
