"""Whatever happens between two gateways, both end with the sender's register.

A schedule of acts (imports, corrections, lists, consents, clocks, crashes, lost and repeated
messages) is generated; the world plays it with the product's own code over a hand-moved clock, so
that a failing schedule replays exactly. Then the faults stop, both come to rest, and each side must
hold what the other would show it: now, and at every moment for which something is scheduled.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Literal, NamedTuple
from unittest import mock

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from mra_gateway.errors import RequestRefused
from mra_gateway.flows.judge import Case, Judged
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.flows.show import is_visible
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.identifiers import ChangeId, MessageId, OfficerName, Territory
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.register import RegisterRow
from mra_gateway.settings import GuardSettings
from mra_gateway.store import approvals, consents, facts, inbox, lanes, message_log, outbox
from mra_gateway.store.register_tables import facts as table
from tests.support.databases import NewStore
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    OFFICER,
    Crash,
    Wire,
    World,
    a_row,
    consent_for,
    put,
)

Act = Literal[
    "import", "full", "correct", "annul", "list", "consent", "move", "work", "void", "restart"
]
LIVE = {Status.VALID, Status.SUSPENDED}
SECOND = Actor(name=OfficerName("pavel"), display_name="Pavel", roles=frozenset(OfficerRole))
OPERATORS = 4


class Step(NamedTuple):
    """One act of a schedule; what a number means depends on the act."""

    act: Act
    side: Territory
    operator: int
    status: Status
    days: int
    flag: bool


steps = st.builds(
    Step,
    act=st.sampled_from(
        [
            "import",
            "import",
            "import",
            "full",
            "correct",
            "annul",
            "list",
            "consent",
            "move",
            "work",
            "work",
            "void",
            "restart",
        ]
    ),
    side=st.sampled_from([CN, CN, MN]),
    operator=st.integers(1, OPERATORS),
    status=st.sampled_from(list(Status)),
    days=st.sampled_from([0, 0, 0, -20, -3, 2, 9]),
    flag=st.booleans(),
)
wires = st.builds(
    Wire,
    seed=st.integers(0, 10_000),
    lose=st.sampled_from([0.0, 0.3]),
    lose_reply=st.sampled_from([0.0, 0.3]),
    repeat=st.sampled_from([0.0, 0.3]),
    crash=st.sampled_from([0.0, 0.1]),
)


def row_of(step: Step, world: World) -> RegisterRow:
    """A row of the acting side's register; the episode goes up when a flag says so."""
    home, programme = (
        (f"CN33024{step.operator:05d}", "CN-AEO")
        if step.side == CN
        else (f"MN610{step.operator:05d}", "MN-AEO")
    )
    tier = "general" if step.flag and step.days == 9 else "advanced"
    return a_row(
        step.operator,
        tin=home,
        authorisation=f"AEO{home}",
        programme=programme,
        tier=tier,
        episode="2" if step.flag and step.days == 0 else "1",
        legal_name=f"Name {step.days}",
        status=step.status,
        effective_from=world.clock.now() + timedelta(days=step.days) if step.days else None,
        consents=(),
    )


async def play(world: World, step: Step) -> None:
    """Does one act; what the product refuses is refused."""
    gateway = world.gateways[step.side]
    match step.act:
        case "import":
            await put(gateway, row_of(step, world))
        case "full":
            rows = [
                row_of(step._replace(operator=number), world)
                for number in range(1, step.operator + 1)
            ]
            await put(gateway, *rows, mode=ImportMode.FULL)
        case "correct" | "annul":
            await undo(gateway, step)
        case "list":
            await gateway.database.write(
                lambda c: gateway.announcer.announce_list(
                    c, CN_MN, partner=other(step.side), at=world.clock.now()
                )
            )
        case "consent":
            day = world.clock.now().date()
            entry = consent_for(
                other(step.side), given_on=day, withdrawn_on=day if step.flag else None
            )
            held = await own(gateway)
            for history in [held[key] for key in sorted(held)][: step.operator]:
                fact = facts.at_moment(history, valid_at=world.clock.now()) or history[0]
                record = fact.record.model_dump(exclude={"record_version"})
                await put(
                    gateway,
                    RegisterRow(
                        **record,
                        status=Status(fact.status),
                        effective_from=fact.effective_from,
                        consents=(entry,),
                    ),
                )
        case "move":
            world.move(timedelta(days=abs(step.days), minutes=step.operator))
        case "work":
            await world.work(step.side)
        case "void":
            await void(gateway, step)
        case "restart":
            await world.restart(step.side)


async def undo(gateway: Gateway, step: Step) -> None:
    held = await own(gateway)
    changes = [fact for key in sorted(held) for fact in held[key] if fact.change_id]
    if not changes:
        return
    fact = changes[(step.operator * 7 + step.days) % len(changes)]
    status = step.status if step.act == "correct" or step.flag else None
    try:
        await gateway.corrector.correct(
            ChangeId.trusted(fact.change_id or ""),
            kind=ChangeKind.CORRECTED if step.act == "correct" else ChangeKind.ANNULLED,
            legal_reference="Court 1/2026",
            officer=OFFICER,
            status=status,
            effective_from=fact.effective_from + timedelta(days=step.days),
        )
    except RequestRefused:
        return


async def void(gateway: Gateway, step: Step) -> None:
    for entry in await gateway.database.read(lambda c: message_log.newest(c, limit=50)):
        if entry.direction == "out" and entry.state == outbox.WAITING and entry.sequence:
            try:
                await gateway.intervener.void(
                    MessageId.trusted(entry.message_id), by=SECOND, why="test"
                )
            except RequestRefused:
                continue
            return


async def own(gateway: Gateway) -> dict[facts.Key, list[facts.Fact]]:
    """Everything a gateway believes of its own register."""
    return await held_of(gateway, facts.Register(gateway.book.us, facts.OWN))


async def held_of(gateway: Gateway, register: facts.Register) -> dict[facts.Key, list[facts.Fact]]:
    def read(connection: Connection) -> dict[facts.Key, list[facts.Fact]]:
        query = select(table.c.tin).where(
            table.c.issuer == register.issuer, table.c.arrangement == register.arrangement
        )
        return facts.believed(connection, register, connection.scalars(query.distinct()))

    return await gateway.database.read(read)


async def come_to_rest(world: World) -> None:
    """No more faults; a second officer approves every list that waits."""
    world.wire.lose = world.wire.lose_reply = world.wire.repeat = world.wire.crash = 0.0
    for _ in range(12):
        await world.settle(rounds=80)
        approved = False
        for gateway in world.gateways.values():
            for asked in await gateway.database.read(approvals.listed):
                await gateway.database.write(
                    lambda c, a=asked.id, g=gateway: g.approver.approve(c, a, by=SECOND)  # type: ignore[misc]
                )
                approved = True
        if not approved and await world.is_quiet():
            return
        world.move(timedelta(hours=5))
    msg = "lists kept waiting"
    raise AssertionError(msg)


def other(side: Territory) -> Territory:
    return MN if side == CN else CN


async def differences(world: World, sender: Territory) -> list[str]:
    """What the recipient believes that the sender would not tell it now."""
    gateway, abroad = world.gateways[sender], world.gateways[other(sender)]
    at = world.clock.now()
    mine = await own(gateway)
    theirs = await held_of(abroad, facts.Register(sender, CN_MN))
    given = await gateway.database.read(lambda c: consents.held(c, (key.tin for key in mine)))
    arrangement = gateway.registry.get_arrangement(CN_MN)
    found = []
    moments = {at} | {
        fact.effective_from + step
        for history in [*mine.values(), *theirs.values()]
        for fact in history
        for step in (timedelta(), timedelta(seconds=1))
    }
    for key in sorted({*mine, *theirs}):
        for moment in sorted(moments):
            stated = facts.at_moment(mine.get(key, ()), valid_at=moment)
            believed = facts.at_moment(theirs.get(key, ()), valid_at=moment)
            is_valid = believed is not None and believed.status == Status.VALID
            says_valid = stated is not None and stated.status == Status.VALID
            visible = stated is not None and is_visible(
                gateway.book,
                arrangement,
                stated.record,
                partner=other(sender),
                given=given,
                at=at,
            )
            if moment < at:
                # a list does not tell the past: unknown is right, wrongly valid never is
                if is_valid and not says_valid:
                    found.append(f"{key.tin} at {moment}: valid abroad, not at home")
            elif is_valid != (says_valid and visible):
                home = None if stated is None else stated.status
                there = None if believed is None else believed.status
                found.append(f"{key.tin} at {moment}: {home} at home (visible: {visible}), {there}")
            elif (
                visible
                and stated is not None
                and believed is not None
                and stated.status == Status.SUSPENDED
                and believed.status == Status.VALID
            ):
                found.append(f"{key.tin} at {moment}: suspension not known")
    return found


async def doubled(world: World, sender: Territory) -> list[str]:
    """Changes that left more than one fact at the recipient."""
    abroad = world.gateways[other(sender)]

    def read(connection: Connection) -> list[str]:
        rows = connection.scalars(
            select(table.c.change_id).where(table.c.issuer == sender, table.c.cause != "list")
        )
        return [change for change, count in Counter(rows).items() if count > 1]

    return await abroad.database.read(read)


async def check(
    schedule: list[Step], wire: Wire, *, consent: str, new_store: NewStore
) -> list[str]:
    async with new_store() as cn, new_store() as mn:
        world = World(
            seed=wire.seed,
            wire=Wire(),
            consent=consent,
            guard=GuardSettings(mass_change_share=1.0),
            databases=[cn, mn],
        )
        await world.found()
        world.wire = wire
        return await violations(world, schedule)


async def violations(world: World, schedule: list[Step]) -> list[str]:
    """Plays a schedule to its end and returns what is not as it must be."""
    for step in schedule:
        try:
            await play(world, step)
        except Crash:
            await world.restart(step.side)
    await come_to_rest(world)
    found = []
    for side in (CN, MN):
        found += await differences(world, side)
        found += await doubled(world, side)
    return found


schedules = st.lists(steps, min_size=5, max_size=25)
consent_rules = st.sampled_from(["not_required", "required"])


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(schedule=schedules, wire=wires, consent=consent_rules)
def test_both_end_with_the_senders_register(
    schedule: list[Step], wire: Wire, consent: str, new_store: NewStore
) -> None:
    assert asyncio.run(check(schedule, wire, consent=consent, new_store=new_store)) == []


# --- the same property without duplicate detection


def blind_find(*_: object) -> None:
    """Knows no message."""


def forgets(*_: object) -> set[str]:
    """Knows no change."""
    return set()


def take_again(case: Case, lane: lanes.Lane, sequence: int) -> Judged:
    """Takes a number that was used as if it were new."""
    row = case._store(None)
    standing = lanes.standing(case._connection, lane)
    untaken = lane._replace(last_change=0, list_cut=-1)
    applied = case._apply(untaken, row, list_waits=standing.list_waits)
    return case._answer(row, applied)


def store_again(case: Case, known: inbox.InMessage | None) -> int:
    """Keeps one row per message all the same: the table insists."""
    envelope = case._envelope
    stored = find(case._connection, envelope.sender, envelope.message_id)
    return stored.id if stored else inbox.add(case._connection, case._incoming(), at=case._at)


find = inbox.find


@contextmanager
def without_duplicate_detection() -> Iterator[None]:
    """Switches off every check that recognises what was taken before."""
    with ExitStack() as patches:
        for owner, name, blind in (
            (inbox, "find", blind_find),
            (facts, "known_changes", forgets),
            (Case, "_number_used", take_again),
            (Case, "_store", store_again),
        ):
            patches.enter_context(mock.patch.object(owner, name, blind))
        yield


def test_without_duplicate_detection_the_property_does_not_hold(new_store: NewStore) -> None:
    amended = [Step("import", CN, 1, Status.VALID, days, flag=False) for days in (-20, -3, -20, -3)]
    schedule = [step for one in amended for step in (one, one._replace(act="work"))]

    def found(wire: Wire) -> list[str]:
        playing = check(schedule, replace(wire), consent="not_required", new_store=new_store)
        return asyncio.run(playing)

    wires_tried = [Wire(seed=number, repeat=1.0, lose_reply=0.3) for number in range(5)]
    assert [found(wire) for wire in wires_tried] == [[]] * 5
    with without_duplicate_detection():
        violated = [found(wire) for wire in wires_tried]
    assert any(violated)
