"""Retention: what a purge removes, what it leaves, and that the exchange goes on as before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import OfficerName, Tin
from mra_gateway.model.messages import ReceiptOutcome
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.registry.load import Registry
from mra_gateway.store import facts, grounds, journal, lanes, message_log, purges, results
from mra_gateway.store.exchange_tables import messages
from mra_gateway.store.recognition_tables import result_counts, result_index
from tests.flows.test_decide import a_registry, known
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_record,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World

TIN, CODE = "CN3302462345", "AEOCN3302462345"
OTHER = a_record(tin="CN3302462346", authorisation="AEOCN3302462346", episode="2")
HELD = facts.Register(CN, CN_MN)
DAYS = 30


def an_officer(name: str, *roles: OfficerRole) -> Actor:
    return Actor(name=OfficerName(name), display_name=name, roles=frozenset(roles))


OLGA = an_officer("olga", OfficerRole.LEGAL)
PAVEL = an_officer("pavel", OfficerRole.LEGAL)


def with_retention(days: int | None = DAYS) -> Registry:
    base = a_registry()
    exchange = base.get_arrangement(CN_MN).exchange
    exchange = exchange.model_copy(update={"retention_days": known(days, int)})
    return a_registry(exchange=exchange)


@pytest.fixture
async def world(a_world: AWorld) -> World:
    """Mongolia held two of China's operators, decided about both, and one was revoked."""
    registry = with_retention()
    made = await a_world(registries={CN: registry, MN: registry})
    await made.post(a_list_part(a_listed_operator(), a_listed_operator(operator=OTHER)))
    made.move()
    await decide(made, CODE, OTHER.authorisation)
    await revoke(made)
    return made


async def decide(world: World, *identifiers: str) -> list[Any]:
    return await world.mn.decider.decide(
        [
            Declaration(
                reference=f"D-{identifier}",
                type=Flow.IMPORT,
                parties=(DeclaredParty(role=PartyFunction.EXPORTER, identifier=identifier),),
            )
            for identifier in identifiers
        ],
        requested_by="test",
    )


async def revoke(world: World, *, sequence: int = 2, **fields: Any) -> None:
    change = a_change(kind=ChangeKind.REVOKED, effective_from=world.clock.now(), **fields)
    receipt = await world.post(a_notification(change, sequence=sequence))
    assert receipt.outcome is ReceiptOutcome.ACCEPTED


async def purge(world: World, *, by: Actor = OLGA, second: Actor = PAVEL) -> None:
    request = await world.mn.database.write(lambda c: world.mn.purger.request(c, by=by))
    await world.mn.database.write(lambda c: world.mn.approver.approve(c, request, by=second))


async def held(world: World, tin: str = TIN) -> list[facts.Fact]:
    return await world.mn.database.read(lambda c: facts.history(c, HELD, Tin(tin)))


async def result_of(world: World, identifier: str) -> str | None:
    found = await world.mn.database.read(lambda c: results.of_declaration(c, f"D-{identifier}"))
    return found[0].id if found else None


def lengths(connection: Connection) -> list[tuple[str, int]]:
    query = select(messages.c.kind, func.length(messages.c.content)).order_by(messages.c.id)
    return [(row[0], row[1]) for row in connection.execute(query)]


async def test_who_ended_longer_ago_than_the_retention_is_purged_and_nobody_else(
    world: World,
) -> None:
    world.move(timedelta(days=DAYS))
    assert await world.mn.database.read(world.mn.purger.plan) == []
    world.move()
    (planned,) = await world.mn.database.read(world.mn.purger.plan)
    assert (planned.due.partner, planned.due.arrangement, planned.operators) == (CN, CN_MN, 1)
    assert planned.removed == {"facts": 2, "messages": 2, "results": 1}
    assert len(await held(world)) == 2
    await purge(world)
    assert await held(world) == []
    assert len(await held(world, OTHER.tin)) == 1
    assert await world.mn.database.read(world.mn.purger.plan) == []


@pytest.mark.parametrize("days", [None, DAYS])
async def test_without_a_retention_nothing_is_purged(a_world: AWorld, days: int | None) -> None:
    registry = with_retention(days)
    world = await a_world(registries={CN: registry, MN: registry})
    await world.post(a_list_part(a_listed_operator()))
    await revoke(world)
    world.move(timedelta(days=10_000))
    planned = await world.mn.database.read(world.mn.purger.plan)
    assert len(planned) == (0 if days is None else 1)


async def test_a_revocation_told_late_counts_from_when_it_was_known(world: World) -> None:
    long_ago = world.clock.now() - timedelta(days=400)
    await revoke(world, sequence=3, change_number=2, operator=OTHER)
    world.move(timedelta(days=DAYS, minutes=1))
    (planned,) = await world.mn.database.read(world.mn.purger.plan)
    assert planned.operators == 2
    assert all(fact.recorded_at > long_ago for fact in await held(world))


async def test_the_evidence_says_what_went_by_whom_and_under_which_retention(
    world: World,
) -> None:
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    (kept,) = await world.mn.database.read(purges.listed)
    assert (kept.partner, kept.arrangement, kept.retention_days) == (CN, CN_MN, DAYS)
    assert (kept.requested_by, kept.approved_by) == ("olga", "pavel")
    assert kept.operators == 1
    assert kept.removed == {"facts": 2, "messages": 2, "results": 1}
    assert len(kept.digest) == 64
    (entry,) = await world.mn.database.read(lambda c: journal.latest(c, limit=5, act="purged"))
    assert entry.detail["digest"] == kept.digest
    assert TIN not in str(entry)


async def test_a_purged_result_cannot_be_computed_again_and_says_so_and_its_twin_can(
    world: World,
) -> None:
    purged, twin = await result_of(world, CODE), await result_of(world, OTHER.authorisation)
    assert purged is not None
    assert twin is not None
    given = await world.mn.decider.find(twin)
    world.move(timedelta(days=DAYS, minutes=1))
    counted = select(func.sum(result_counts.c.count))
    before = await world.mn.database.read(lambda c: c.scalar(counted))
    await purge(world)
    assert await world.mn.decider.recompute(twin) == given
    for ask in (world.mn.decider.find, world.mn.decider.recompute, world.mn.decider.find_stored):
        with pytest.raises(RequestRefused) as refused:
            await ask(purged)
        assert refused.value.reason is Reason.DATA_PURGED
    assert await result_of(world, CODE) is None
    assert await world.mn.database.read(lambda c: c.scalar(counted)) == before
    named = select(func.count()).where(result_index.c.tin == TIN)
    assert await world.mn.database.read(lambda c: c.scalar(named)) == 0


async def test_bytes_go_and_a_repeated_message_gets_the_answer_it_had(world: World) -> None:
    change = a_change(
        kind=ChangeKind.AMENDED, change_number=2, operator=OTHER, effective_from=world.clock.now()
    )
    message = world.sign(a_notification(change, sequence=3))
    first = await world.post_bytes(message)
    list_part = (await world.mn.database.read(lambda c: message_log.newest(c, limit=9)))[-1]
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    sizes = await world.mn.database.read(lengths)
    assert [size == 0 for kind, size in sizes] == [True, True, False]
    assert list_part.kind == "StatusList"
    kept = await world.mn.database.read(lambda c: message_log.newest(c, limit=9))
    assert kept[-1].digest == list_part.digest
    assert kept[-1].has_receipt
    assert await world.post_bytes(message) == first
    numbers = await world.mn.database.read(lambda c: lanes.all_lanes(c, "in"))
    assert [lane.next_sequence for lane in numbers] == [4]


async def test_a_purged_operator_named_again_is_taken_as_new(world: World) -> None:
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    again = a_change(change_number=2, effective_from=world.clock.now())
    receipt = await world.post(a_notification(again, sequence=3))
    assert receipt.outcome is ReceiptOutcome.ACCEPTED
    (fact,) = await held(world)
    assert fact.status == "valid"
    (result,) = await decide(world, CODE)
    assert result.recognised
    world.move()
    (listed,) = await decide(world, OTHER.authorisation)
    assert listed.recognised


async def test_a_correction_of_what_was_purged_finds_no_original_and_its_twin_does(
    world: World,
) -> None:
    change = a_change(
        kind=ChangeKind.SUSPENDED, change_number=2, operator=OTHER,
        effective_from=world.clock.now(),
    )  # fmt: skip
    await world.post(a_notification(change, sequence=3))
    gone = (await held(world))[-1].change_id
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    for number, corrects, reason in (
        (3, gone, Reason.ORIGINAL_CHANGE_UNKNOWN),
        (4, change.change_id, None),
    ):
        operator = a_record() if reason else OTHER
        annulled = a_change(
            kind=ChangeKind.ANNULLED, change_number=number, corrects=corrects,
            effective_from=world.clock.now(), operator=operator, status="valid",
        )  # fmt: skip
        receipt = await world.post(a_notification(annulled, sequence=number + 1))
        assert [one.reason for one in receipt.results] == ([reason] if reason else [])


async def test_a_full_list_after_a_purge_takes_effect(world: World) -> None:
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    both = (a_listed_operator(), a_listed_operator(operator=OTHER))
    part = a_list_part(*both, sequence=3, as_of_change=1)
    assert (await world.post(part)).outcome is ReceiptOutcome.ACCEPTED
    assert [fact.status for fact in await held(world)] == ["valid"]


async def test_what_officers_confirmed_about_it_goes_unless_it_is_held_elsewhere(
    world: World,
) -> None:
    def confirm(connection: Connection) -> None:
        for tin in (TIN, OTHER.tin):
            grounds.add(
                connection, "compliance_score", subject=tin,
                content=f'{{"tin":"{tin}","score":1,"scale":"x","as_of":"2026-01-01T00:00:00Z"}}',
                at=world.clock.now(), by="olga",
            )  # fmt: skip

    await world.mn.database.write(confirm)
    world.move(timedelta(days=DAYS, minutes=1))
    await purge(world)
    left = await world.mn.database.read(lambda c: grounds.standing(c, kind="compliance_score"))
    assert [one.subject for one in left] == [OTHER.tin]


async def test_one_officer_is_not_enough_nor_one_without_the_role(world: World) -> None:
    world.move(timedelta(days=DAYS, minutes=1))
    outsider = an_officer("rita", OfficerRole.AEO)
    for by, second, reason in (
        (OLGA, OLGA, Reason.SECOND_OFFICER_REQUIRED),
        (OLGA, outsider, Reason.NOT_PERMITTED),
        (outsider, OLGA, Reason.NOT_PERMITTED),
    ):
        with pytest.raises(RequestRefused) as refused:
            await purge(world, by=by, second=second)
        assert refused.value.reason is reason
    assert len(await held(world)) == 2
    await purge(world)
    assert await held(world) == []


async def test_an_operator_that_came_back_before_the_approval_stays(world: World) -> None:
    world.move(timedelta(days=DAYS, minutes=1))
    request = await world.mn.database.write(lambda c: world.mn.purger.request(c, by=OLGA))
    episode = a_record(episode="AEOCN3302462345/2")
    again = a_change(change_number=2, effective_from=world.clock.now(), operator=episode)
    await world.post(a_notification(again, sequence=3))
    await world.mn.database.write(lambda c: world.mn.approver.approve(c, request, by=PAVEL))
    assert len(await held(world)) == 3
    (kept,) = await world.mn.database.read(purges.listed)
    assert kept.operators == 0
