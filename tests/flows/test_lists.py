"""Full lists: taken as a whole, in order, guarded; a change after the cut wins over them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.changes import NOT_LISTED, ChangeKind, ListedOperator, Status
from mra_gateway.model.identifiers import Digest, OfficerName
from mra_gateway.model.messages import Message, Receipt, ReceiptOutcome
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.settings import GuardSettings
from mra_gateway.store import approvals, journal, lists, message_log, outbox
from mra_gateway.store.database import Database
from tests.support.messages import (
    a_change,
    a_listed_operator,
    a_notification,
    a_record,
    list_messages,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, a_row, put, status_at

SECOND = Actor(name=OfficerName("pavel"), display_name="Pavel", roles=frozenset({OfficerRole.AEO}))
ACCEPTED = (ReceiptOutcome.ACCEPTED, Reason.OK)
STAGED = (ReceiptOutcome.ACCEPTED, Reason.LIST_STAGED)


def outcome(receipt: Receipt) -> tuple[ReceiptOutcome, Reason]:
    return receipt.outcome, receipt.reason


def tin(number: int) -> str:
    return f"CN33024{number:05d}"


def one(number: int, **fields: Any) -> ListedOperator:
    record = a_record(tin=tin(number), authorisation=f"AEO{tin(number)}")
    return a_listed_operator(operator=record, **fields)


def change(number: int, **fields: Any) -> Any:
    record = a_record(tin=tin(number), authorisation=f"AEO{tin(number)}")
    return a_change(operator=record, **fields)


def parts(*numbers: range, **fields: Any) -> tuple[Message, ...]:
    return list_messages(*([one(number) for number in part] for part in numbers), **fields)


def altered(message: Message, **fields: Any) -> Message:
    """A part with other content, as a sender that is wrong would say it."""
    return message.model_copy(update={"body": message.body.model_copy(update=fields)})


async def statuses(world: World, *numbers: int) -> list[str | None]:
    return [await status_at(world.mn, tin(number)) for number in numbers]


async def test_a_list_takes_effect_with_its_last_part_only(
    a_world: AWorld,
    two_databases: list[Database],
) -> None:
    world = await a_world(databases=two_databases)
    first, second = parts(range(1, 3), range(3, 5))
    assert outcome(await world.post(first)) == STAGED
    assert await statuses(world, 1, 2, 3, 4) == [None] * 4
    assert outcome(await world.post(second)) == ACCEPTED
    assert await statuses(world, 1, 2, 3, 4) == [Status.VALID] * 4


async def test_a_missing_part_refuses_the_list(a_world: AWorld) -> None:
    world = await a_world()
    first, _, third = parts(range(1, 3), range(3, 5), range(5, 7))
    assert outcome(await world.post(first)) == STAGED
    skipped = third.model_copy(
        update={"envelope": third.envelope.model_copy(update={"sequence": 2})}
    )
    receipt = await world.post(skipped)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.LIST_PART_MISSING)
    assert await statuses(world, 1, 5) == [None, None]
    for part in parts(range(1, 3), range(3, 5), range(5, 7), sequence=3):
        receipt = await world.post(part)
    assert outcome(receipt) == ACCEPTED
    assert await statuses(world, 1, 5) == [Status.VALID, Status.VALID]


async def test_two_lists_interleaved_the_newer_goes_on(a_world: AWorld) -> None:
    world = await a_world()
    old = parts(range(1, 3), range(3, 5))
    new = parts(range(1, 3), range(3, 6), sequence=2)
    assert outcome(await world.post(old[0])) == STAGED
    assert outcome(await world.post(new[0])) == STAGED
    late = old[1].model_copy(
        update={"envelope": old[1].envelope.model_copy(update={"sequence": 3})}
    )
    receipt = await world.post(late)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.LIST_INTERLEAVED)
    assert await statuses(world, 1) == [None]
    following = new[1].model_copy(
        update={"envelope": new[1].envelope.model_copy(update={"sequence": 4})}
    )
    assert outcome(await world.post(following)) == ACCEPTED
    assert await statuses(world, 1, 5) == [Status.VALID, Status.VALID]


@pytest.mark.parametrize(
    "fields", [{"total": 3}, {"root": Digest("0" * 64)}], ids=["count", "root"]
)
async def test_a_list_that_does_not_add_up_is_refused(
    a_world: AWorld, fields: dict[str, Any]
) -> None:
    world = await a_world()
    (whole,) = parts(range(1, 3))
    receipt = await world.post(altered(whole, **fields))
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.LIST_INCONSISTENT)
    assert await statuses(world, 1, 2) == [None, None]
    (twin,) = parts(range(1, 3), sequence=2)
    assert outcome(await world.post(twin)) == ACCEPTED


async def test_parts_that_say_different_things_of_the_whole_are_refused(a_world: AWorld) -> None:
    world = await a_world()
    first, second = parts(range(1, 3), range(3, 5))
    assert outcome(await world.post(first)) == STAGED
    receipt = await world.post(altered(second, as_of_change=7))
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.LIST_INCONSISTENT)
    assert await statuses(world, 1) == [None]


async def test_an_operator_named_twice_refuses_the_list(a_world: AWorld) -> None:
    world = await a_world()
    (doubled,) = list_messages([one(1), one(2), one(1, status=Status.SUSPENDED)])
    receipt = await world.post(doubled)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.LIST_INCONSISTENT)
    assert await statuses(world, 1) == [None]


async def test_one_record_out_of_scope_refuses_the_list(a_world: AWorld) -> None:
    world = await a_world()
    stranger = a_listed_operator(operator=a_record(tin="KZ123456789012"))
    (mixed,) = list_messages([one(1), stranger])
    receipt = await world.post(mixed)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.OPERATOR_OF_THIRD_TERRITORY)
    assert [(each.index, each.reason) for each in receipt.results] == [
        (2, Reason.OPERATOR_OF_THIRD_TERRITORY)
    ]
    assert await statuses(world, 1) == [None]


async def test_a_list_with_an_older_cut_is_superseded(a_world: AWorld) -> None:
    world = await a_world()
    (new,) = parts(range(1, 4), as_of_change=9)
    (old,) = parts(range(1, 3), as_of_change=8, sequence=2)
    assert outcome(await world.post(new)) == ACCEPTED
    receipt = await world.post(old)
    assert outcome(receipt) == (ReceiptOutcome.SUPERSEDED, Reason.SUPERSEDED)
    assert await statuses(world, 3) == [Status.VALID]


async def test_who_is_absent_is_not_listed_and_not_withdrawn(a_world: AWorld) -> None:
    world = await a_world()
    (first,) = parts(range(1, 4))
    (second,) = parts(range(2, 4), sequence=2)
    assert outcome(await world.post(first)) == ACCEPTED
    world.move()
    late = altered(second, as_of=world.clock.now())
    assert outcome(await world.post(late)) == ACCEPTED
    assert await statuses(world, 1, 2) == [NOT_LISTED, Status.VALID]


@pytest.mark.parametrize(
    ("kind", "holds"),
    [(ChangeKind.GRANTED, Status.VALID), (ChangeKind.SUSPENDED, Status.SUSPENDED)],
)
async def test_a_change_between_the_parts_wins_over_the_list(
    a_world: AWorld, kind: ChangeKind, holds: Status
) -> None:
    """A grant of somebody the list does not name, a suspension of somebody only it names."""
    world = await a_world()
    named = kind is ChangeKind.SUSPENDED
    first, second = parts(range(1, 3), range(3, 6 if named else 5), as_of_change=4)
    second = second.model_copy(
        update={"envelope": second.envelope.model_copy(update={"sequence": 3})}
    )
    assert outcome(await world.post(first)) == STAGED
    between = change(5, kind=kind, change_number=5, effective_from=world.clock.now())
    assert outcome(await world.post(a_notification(between, sequence=2))) == ACCEPTED
    assert await statuses(world, 5) == [holds]
    assert outcome(await world.post(second)) == ACCEPTED
    assert await statuses(world, 4, 5) == [Status.VALID, holds]


async def test_what_is_scheduled_between_the_parts_leaves_today_to_the_list(
    a_world: AWorld,
) -> None:
    world = await a_world()
    first, second = parts(range(1, 3), range(3, 6), as_of_change=4)
    second = second.model_copy(
        update={"envelope": second.envelope.model_copy(update={"sequence": 3})}
    )
    then = world.clock.now() + timedelta(days=3)
    scheduled = change(5, kind=ChangeKind.SUSPENDED, change_number=5, effective_from=then)
    assert outcome(await world.post(first)) == STAGED
    assert outcome(await world.post(a_notification(scheduled, sequence=2))) == ACCEPTED
    assert outcome(await world.post(second)) == ACCEPTED
    assert await statuses(world, 5) == [Status.VALID]
    assert await status_at(world.mn, tin(5), at=then) == Status.SUSPENDED


# --- guarded


async def guarded(world: World, *, sequence: int = 2) -> Message:
    """The world holds 20; the list that comes names four of them."""
    (full,) = parts(range(1, 21))
    assert outcome(await world.post(full)) == ACCEPTED
    (few,) = parts(range(1, 5), sequence=sequence, as_of_change=1)
    world.move()
    return altered(few, as_of=world.clock.now())


async def request(world: World) -> str:
    (asked,) = await world.mn.database.read(approvals.listed)
    return asked.id


async def test_a_list_that_ends_most_waits_and_the_lane_goes_on_meanwhile(
    a_world: AWorld,
    two_databases: list[Database],
) -> None:
    world = await a_world(databases=two_databases)
    content = world.sign(await guarded(world))
    held = world.read(await world.post_bytes(content))
    assert outcome(held) == (ReceiptOutcome.HELD, Reason.MASS_CHANGE_HELD)
    assert held.expected == 3, "its number is consumed"
    assert await statuses(world, 4, 20) == [Status.VALID, Status.VALID]
    suspended = change(
        4, kind=ChangeKind.SUSPENDED, change_number=2, effective_from=world.clock.now()
    )
    assert outcome(await world.post(a_notification(suspended, sequence=3))) == ACCEPTED

    asked = await request(world)
    world.move()
    await world.mn.database.write(lambda c: world.mn.approver.approve(c, asked, by=SECOND))
    assert await statuses(world, 1, 4, 20) == [Status.VALID, Status.SUSPENDED, NOT_LISTED]
    assert outcome(world.read(await world.post_bytes(content))) == ACCEPTED


async def test_a_rejected_list_leaves_everything_as_it_was(a_world: AWorld) -> None:
    world = await a_world()
    content = world.sign(await guarded(world))
    assert world.read(await world.post_bytes(content)).outcome is ReceiptOutcome.HELD
    asked = await request(world)
    await world.mn.database.write(lambda c: world.mn.approver.reject(c, asked, by=SECOND))
    receipt = world.read(await world.post_bytes(content))
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.MASS_CHANGE_HELD)
    assert await statuses(world, 1, 20) == [Status.VALID, Status.VALID]
    with pytest.raises(RequestRefused) as refused:
        await world.mn.database.write(lambda c: world.mn.approver.approve(c, asked, by=SECOND))
    assert refused.value.reason is Reason.APPROVAL_ALREADY_DECIDED


async def test_a_newer_list_answers_the_one_that_waits(a_world: AWorld) -> None:
    world = await a_world()
    content = world.sign(await guarded(world))
    assert world.read(await world.post_bytes(content)).outcome is ReceiptOutcome.HELD
    asked = await request(world)
    (whole,) = parts(range(1, 20), sequence=3, as_of_change=2)
    world.move()
    assert outcome(await world.post(altered(whole, as_of=world.clock.now()))) == ACCEPTED
    receipt = world.read(await world.post_bytes(content))
    assert outcome(receipt) == (ReceiptOutcome.SUPERSEDED, Reason.SUPERSEDED)
    assert await world.mn.database.read(approvals.listed) == []
    with pytest.raises(RequestRefused):
        await world.mn.database.write(lambda c: world.mn.approver.approve(c, asked, by=SECOND))
    assert await statuses(world, 19, 20) == [Status.VALID, NOT_LISTED]


async def test_a_list_that_undoes_a_revocation_waits(a_world: AWorld) -> None:
    world = await a_world()
    granted = change(1, change_number=1)
    revoked = change(1, kind=ChangeKind.REVOKED, change_number=2, effective_from=world.clock.now())
    assert outcome(await world.post(a_notification(granted, revoked))) == ACCEPTED
    world.move()
    (undoing,) = parts(range(1, 3), sequence=2, as_of_change=2)
    receipt = await world.post(altered(undoing, as_of=world.clock.now()))
    assert outcome(receipt) == (ReceiptOutcome.HELD, Reason.STATUS_TRANSITION_NOT_ALLOWED)
    assert await statuses(world, 1, 2) == [Status.REVOKED, None]
    # nor does a change get past the officer while the list waits
    resumed = change(1, kind=ChangeKind.RESUMED, change_number=3, effective_from=world.clock.now())
    refused = await world.post(a_notification(resumed, sequence=3))
    assert outcome(refused) == (ReceiptOutcome.REFUSED, Reason.STATUS_TRANSITION_NOT_ALLOWED)
    assert await statuses(world, 1) == [Status.REVOKED]


async def test_a_small_list_is_not_held(a_world: AWorld) -> None:
    world = await a_world(guard=GuardSettings(mass_change_share=0.5))
    (full,) = parts(range(1, 21))
    assert outcome(await world.post(full)) == ACCEPTED
    (fewer,) = parts(range(1, 11), sequence=2)
    world.move()
    assert outcome(await world.post(altered(fewer, as_of=world.clock.now()))) == ACCEPTED


# --- from gateway to gateway


async def out_states(world: World) -> list[tuple[str, str | None]]:
    rows = await world.cn.database.read(lambda c: message_log.newest(c, limit=50))
    return [(row.state, row.outcome) for row in rows if row.direction == "out"]


async def announce(world: World) -> lists.FullList:
    at = world.clock.now()
    return await world.cn.database.write(
        lambda c: world.cn.announcer.announce_list(c, CN_MN, partner=MN, at=at)
    )


@pytest.mark.parametrize("approved", [True, False])
async def test_a_held_list_settles_at_its_sender_when_the_officer_has_decided(
    a_world: AWorld,
    approved: bool,
) -> None:
    world = await a_world(guard=GuardSettings(mass_change_share=0.1, mass_change_floor=0))
    (full,) = parts(range(1, 4))
    assert outcome(await world.post(full)) == ACCEPTED
    await put(world.cn, a_row(9))
    await announce(world)
    # as the forged number was not the real gateway's, it starts behind: the lane is put right
    await world.cn.database.write(lambda c: skip_numbers(c, 1))
    world.move()
    for _ in range(3):
        await world.work(CN)
        world.move(timedelta(hours=5))
    assert (outbox.HELD, "held") in await out_states(world)
    asked = await request(world)
    decide = world.mn.approver.approve if approved else world.mn.approver.reject
    await world.mn.database.write(lambda c: decide(c, asked, by=SECOND))
    world.move(timedelta(hours=5))
    await world.settle()
    states = await out_states(world)
    assert (outbox.HELD, "held") not in states
    assert ((outbox.PARKED, "refused") in states) is not approved


def skip_numbers(connection: Any, count: int) -> None:
    from mra_gateway.store import lanes

    lane = lanes.lock(connection, "out", partner=MN, arrangement=CN_MN, epoch=1)
    lanes.advance(connection, lane, sequence=lane.next_sequence - 1 + count)


async def test_a_suspension_told_beside_a_first_list_is_not_lost(a_world: AWorld) -> None:
    """The list is fixed, then the suspension is made; they travel in turn."""
    world = await a_world()
    await put(world.cn, *(a_row(number) for number in range(1, 2203)))
    await world.cn.database.write(forget_changes)
    await announce(world)
    world.move()
    await put(world.cn, a_row(2201, status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    assert await status_at(world.mn, a_row(2201).tin) == Status.SUSPENDED
    assert await status_at(world.mn, a_row(2202).tin) == Status.VALID


def forget_changes(connection: Any) -> None:
    """As if the arrangement had been confirmed only now: nothing was announced before."""
    from sqlalchemy import delete

    from mra_gateway.store.exchange_tables import changes

    connection.execute(delete(changes))


async def test_a_partner_that_could_not_follow_is_healed_by_a_full_list(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1), a_row(2))
    await world.settle()
    await world.mn.database.write(lose_operator)
    world.move()
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    assert await status_at(world.mn, a_row(1).tin) == Status.SUSPENDED
    assert await status_at(world.mn, a_row(2).tin) == Status.VALID
    entries = await world.cn.database.read(
        lambda c: journal.latest(c, limit=5, act="message refused")
    )
    assert [entry.detail["healed"] for entry in entries] == [True]
    assert all(state == outbox.SETTLED for state, _ in await out_states(world))


def lose_operator(connection: Any) -> None:
    from sqlalchemy import delete

    from mra_gateway.store.register_tables import facts

    connection.execute(delete(facts).where(facts.c.tin == a_row(1).tin, facts.c.issuer == CN))


async def test_a_list_says_what_is_scheduled_after_its_cut(a_world: AWorld) -> None:
    world = await a_world()
    then = world.clock.now() + timedelta(days=2)
    await put(world.cn, a_row(1))
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=then))
    await world.cn.database.write(forget_changes)
    await announce(world)
    await world.settle()
    assert await status_at(world.mn, a_row(1).tin, at=then) == Status.SUSPENDED
    assert await status_at(world.mn, a_row(1).tin, at=then - timedelta(1)) == Status.VALID
