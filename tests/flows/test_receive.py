"""What becomes of a genuine message: each outcome with its reason, its twin beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import func, select

from mra_gateway.errors import Reason
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.facts import Arrangement, Basis, Fact
from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.messages import MessageKind, Receipt, ReceiptOutcome, Void
from mra_gateway.registry.load import Registry
from mra_gateway.store import inbox, journal, message_log, outbox
from mra_gateway.store.database import Database
from mra_gateway.store.register_tables import facts as table
from mra_gateway.trust.shape import without_signature
from mra_gateway.wire.codec import decode
from mra_gateway.wire.xml import canonical
from tests.support import pki
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_message,
    a_notification,
    a_ping,
    a_receipt,
    a_record,
    a_uuid,
    an_enquiry,
    as_verified,
)
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    AWorld,
    World,
    a_row,
    completed_registry,
    confirm,
    put,
    shipped,
    status_at,
    withdraw_confirmation,
)

TIN = a_record().tin
BY = Territory("BY")


def with_arrangement(arrangement: Arrangement) -> Registry:
    base = completed_registry(consent="not_required")
    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, arrangement.id: arrangement},
        benefits=base.benefits,
        files=base.files,
    )


def on(day: date | None) -> Fact[date]:
    return Fact[date](value=day, source="test", basis=Basis.READ, as_of=date(2026, 1, 1))


def outcome(receipt: Receipt) -> tuple[ReceiptOutcome, Reason]:
    return receipt.outcome, receipt.reason


ACCEPTED = (ReceiptOutcome.ACCEPTED, Reason.OK)


# --- the same message again, and the lane's order


async def test_a_replay_gets_the_stored_receipt_and_is_applied_once(
    a_world: AWorld,
    two_databases: list[Database],
) -> None:
    world = await a_world(databases=two_databases)
    content = world.sign(a_notification())
    first = await world.post_bytes(content)
    world.move()
    assert await world.post_bytes(content) == first
    # other bytes of the same meaning: signed once more
    assert await world.post_bytes(world.sign(a_message_again(content, world))) == first
    assert await status_at(world.mn, TIN) == Status.VALID
    assert await count_facts(world) == 1


def a_message_again(content: bytes, world: World) -> Any:
    root = etree.fromstring(content)
    without_signature(root)
    return decode(as_verified(canonical(root))).message


async def count_facts(world: World) -> int:
    return await world.mn.database.read(
        lambda c: c.scalar(select(func.count()).where(table.c.issuer == CN)) or 0
    )


async def test_the_same_id_with_other_content_is_a_conflict(
    a_world: AWorld, two_databases: list[Database]
) -> None:
    world = await a_world(databases=two_databases)
    twin = a_notification()
    assert outcome(await world.post(twin)) == ACCEPTED
    other = a_notification(
        a_change(operator=a_record(legal_name="Other")), message_id=twin.envelope.message_id
    )
    receipt = await world.post(other)
    assert outcome(receipt) == (ReceiptOutcome.CONFLICT, Reason.MESSAGE_ID_CONFLICT)
    assert await count_facts(world) == 1
    (alarm,) = await world.mn.database.read(
        lambda c: journal.latest(c, limit=1, act="message conflict: MESSAGE_ID_CONFLICT")
    )
    assert alarm.subject == twin.envelope.message_id


async def test_a_gap_is_answered_with_the_number_expected(a_world: AWorld) -> None:
    world = await a_world()
    late = a_notification(a_change(change_number=2), sequence=2)
    receipt = await world.post(late)
    assert outcome(receipt) == (ReceiptOutcome.EXPECTED, Reason.SEQUENCE_GAP)
    assert receipt.expected == 1
    assert await count_facts(world) == 0
    before = a_change(operator=a_record(tin="CN3302400001", authorisation="AEOCN3302400001"))
    assert outcome(await world.post(a_notification(before))) == ACCEPTED
    assert outcome(await world.post(late)) == ACCEPTED


async def test_a_used_number_is_a_conflict(a_world: AWorld) -> None:
    world = await a_world()
    assert outcome(await world.post(a_notification())) == ACCEPTED
    second = a_change(change_number=2, operator=a_record(tin="CN3302400001"))
    receipt = await world.post(a_notification(second, sequence=1))
    assert outcome(receipt) == (ReceiptOutcome.CONFLICT, Reason.SEQUENCE_ALREADY_USED)
    assert receipt.expected == 2
    assert await count_facts(world) == 1
    assert outcome(await world.post(a_notification(second, sequence=2))) == ACCEPTED


async def test_an_old_epoch_is_refused_once_a_newer_one_was_seen(a_world: AWorld) -> None:
    world = await a_world()
    assert outcome(await world.post(a_notification(epoch=2))) == ACCEPTED
    change = a_change(operator=a_record(tin="CN3302400001"))
    receipt = await world.post(a_notification(change, epoch=1))
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.EPOCH_NOT_CURRENT)
    assert await count_facts(world) == 1


async def test_a_held_message_with_two_contents_is_a_conflict(a_world: AWorld) -> None:
    world = await a_world()
    await withdraw_confirmation(world.mn)
    twin = a_notification()
    assert outcome(await world.post(twin))[0] is ReceiptOutcome.HELD
    other = a_notification(message_id=twin.envelope.message_id)
    receipt = await world.post(other)
    assert outcome(receipt) == (ReceiptOutcome.CONFLICT, Reason.MESSAGE_ID_CONFLICT)


# --- arrangements


async def test_an_arrangement_not_confirmed_holds_the_message_until_it_is(a_world: AWorld) -> None:
    world = await a_world()
    await withdraw_confirmation(world.mn)
    content = world.sign(a_notification())
    held = world.read(await world.post_bytes(content))
    assert outcome(held) == (ReceiptOutcome.HELD, Reason.ARRANGEMENT_NOT_CONFIRMED)
    assert held.expected == 1, "its number is not consumed"
    assert await count_facts(world) == 0
    again = world.read(await world.post_bytes(content))
    assert outcome(again) == outcome(held)
    await confirm(world.mn, world.mn.registry.get_arrangement(CN_MN))
    taken = world.read(await world.post_bytes(content))
    assert outcome(taken) == ACCEPTED
    assert taken.expected == 2
    assert await status_at(world.mn, TIN) == Status.VALID


async def test_a_confirmed_copy_that_changed_is_not_confirmed(a_world: AWorld) -> None:
    world = await a_world()
    await confirm(world.mn, world.mn.registry.get_arrangement(CN_MN), digest="0" * 64)
    receipt = await world.post(a_notification())
    assert outcome(receipt) == (ReceiptOutcome.HELD, Reason.ARRANGEMENT_NOT_CONFIRMED)
    await confirm(world.mn, world.mn.registry.get_arrangement(CN_MN))
    assert outcome(await world.post(a_notification())) == ACCEPTED


async def test_an_arrangement_not_yet_in_force_holds_and_then_takes(a_world: AWorld) -> None:
    base = completed_registry(consent="not_required").get_arrangement(CN_MN)
    later = base.model_copy(update={"in_force_on": on(date(2026, 3, 5))})
    registry = with_arrangement(later)
    world = await a_world(registries={CN: registry, MN: registry})
    content = world.sign(a_notification())
    held = world.read(await world.post_bytes(content))
    assert outcome(held) == (ReceiptOutcome.HELD, Reason.ARRANGEMENT_NOT_IN_FORCE)
    assert held.expected == 1
    world.move(timedelta(days=4))
    assert outcome(world.read(await world.post_bytes(content))) == ACCEPTED


async def test_an_arrangement_that_has_ended_refuses_for_good(a_world: AWorld) -> None:
    base = completed_registry(consent="not_required").get_arrangement(CN_MN)
    registry = with_arrangement(base.model_copy(update={"ended_on": on(date(2026, 3, 5))}))
    world = await a_world(registries={CN: registry, MN: registry})
    assert outcome(await world.post(a_notification())) == ACCEPTED
    world.move(timedelta(days=4))
    change = a_change(change_number=2, operator=a_record(tin="CN3302400001"))
    receipt = await world.post(a_notification(change, sequence=2))
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.ARRANGEMENT_NOT_IN_FORCE)
    assert receipt.expected == 3
    assert await count_facts(world) == 1


@pytest.mark.parametrize(
    ("arrangement", "reason"),
    [("CN-MN-1999", Reason.ARRANGEMENT_UNKNOWN), ("CN-BY-2019", Reason.NOT_A_PARTY)],
)
async def test_no_arrangement_refuses_and_consumes_the_number(
    a_world: AWorld, arrangement: str, reason: Reason
) -> None:
    world = await a_world()
    wrong = a_notification(arrangement=ArrangementId(arrangement))
    receipt = await world.post(wrong)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, reason)
    assert receipt.expected == 2, "a refusal is final: the lane goes on"
    assert await count_facts(world) == 0
    assert outcome(await world.post(a_notification())) == ACCEPTED


# --- records


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tin": "KZ123456789012"}, Reason.OPERATOR_OF_THIRD_TERRITORY),
        ({"programme": "MN-AEO"}, Reason.OPERATOR_OF_THIRD_TERRITORY),
        ({"programme": "CN-OTHER"}, Reason.PROGRAMME_OUT_OF_SCOPE),
        ({"tier": "general"}, Reason.TIER_OUT_OF_SCOPE),
        ({"tier": None}, Reason.TIER_OUT_OF_SCOPE),
    ],
)
async def test_a_record_out_of_scope_is_refused_and_its_neighbour_taken(
    a_world: AWorld, fields: dict[str, Any], reason: Reason
) -> None:
    world = await a_world()
    wrong = a_change(operator=a_record(**fields), change_number=1)
    twin = a_change(change_number=2)
    receipt = await world.post(a_notification(wrong, twin))
    assert outcome(receipt) == (ReceiptOutcome.ACCEPTED_IN_PART, reason)
    assert [(one.index, one.reason) for one in receipt.results] == [(1, reason)]
    assert await count_facts(world) == 1
    assert await status_at(world.mn, TIN) == Status.VALID


@pytest.mark.parametrize(("tier", "taken"), [("1", False), ("3", True), (None, False)])
async def test_belarus_brings_in_type_3_only(tier: str | None, taken: bool) -> None:
    arrangement = shipped().get_arrangement("CN-BY-2019")
    record = a_record(
        tin="BY190000001", authorisation="BY/0042/ТИП 3", programme="BY-AEO", tier=tier
    )
    reason = arrangement.check_covered(record, issuer=shipped().get_administration("BY"))
    assert reason is (Reason.OK if taken else Reason.TIER_OUT_OF_SCOPE)


def changes(*kinds: ChangeKind, **fields: Any) -> list[Any]:
    at = pki.AT - timedelta(days=10)
    return [
        a_change(
            kind=kind, change_number=number, effective_from=at + timedelta(days=number), **fields
        )
        for number, kind in enumerate(kinds, start=1)
    ]


GRANTED, SUSPENDED, RESUMED = ChangeKind.GRANTED, ChangeKind.SUSPENDED, ChangeKind.RESUMED
REVOKED, AMENDED, RENEWED = ChangeKind.REVOKED, ChangeKind.AMENDED, ChangeKind.RENEWED


@pytest.mark.parametrize(
    ("before", "backwards", "holds"),
    [
        ([GRANTED, REVOKED], RESUMED, Status.REVOKED),
        ([GRANTED, REVOKED], GRANTED, Status.REVOKED),
        ([GRANTED, REVOKED], AMENDED, Status.REVOKED),
        ([GRANTED, REVOKED], RENEWED, Status.REVOKED),
        ([GRANTED, REVOKED], SUSPENDED, Status.REVOKED),
        ([GRANTED, SUSPENDED], GRANTED, Status.SUSPENDED),
        ([GRANTED], RESUMED, Status.VALID),
        ([], SUSPENDED, None),
    ],
)
@pytest.mark.parametrize("merged", [False, True])
async def test_a_status_does_not_go_backwards(
    a_world: AWorld,
    before: list[ChangeKind],
    backwards: ChangeKind,
    holds: Status | None,
    merged: bool,
) -> None:
    world = await a_world()
    made = changes(*before, backwards)
    if merged or not before:
        receipt = await world.post(a_notification(*made))
    else:
        assert outcome(await world.post(a_notification(*made[:-1]))) == ACCEPTED
        receipt = await world.post(a_notification(made[-1], sequence=2))
    assert receipt.reason is Reason.STATUS_TRANSITION_NOT_ALLOWED
    assert [one.change_id for one in receipt.results] == [made[-1].change_id]
    assert await status_at(world.mn, TIN) == holds


async def test_an_amendment_that_reaches_back_does_not_undo_a_revocation(a_world: AWorld) -> None:
    world = await a_world()
    granted, revoked = changes(GRANTED, REVOKED)
    amended = a_change(
        kind=AMENDED, change_number=3, effective_from=granted.effective_from + timedelta(hours=1)
    )
    assert outcome(await world.post(a_notification(granted, revoked, amended)))[1] in {
        Reason.OK,
        Reason.STATUS_TRANSITION_NOT_ALLOWED,
    }
    assert await status_at(world.mn, TIN) == Status.REVOKED


async def test_an_amendment_does_not_change_the_status(a_world: AWorld) -> None:
    world = await a_world()
    granted, suspended = changes(GRANTED, SUSPENDED)
    wrong = a_change(kind=AMENDED, status=Status.VALID, change_number=3, effective_from=pki.AT)
    receipt = await world.post(a_notification(granted, suspended, wrong))
    assert receipt.reason is Reason.STATUS_TRANSITION_NOT_ALLOWED
    assert await status_at(world.mn, TIN) == Status.SUSPENDED


async def test_changes_of_one_moment_follow_each_other_in_the_order_they_stand(
    a_world: AWorld,
) -> None:
    world = await a_world()
    made = [
        a_change(kind=kind, change_number=number, effective_from=pki.AT)
        for number, kind in enumerate([GRANTED, SUSPENDED, RESUMED, SUSPENDED, REVOKED], start=1)
    ]
    assert outcome(await world.post(a_notification(*made))) == ACCEPTED
    assert await status_at(world.mn, TIN) == Status.REVOKED


async def test_a_late_message_does_not_undo_what_was_scheduled_before_it_was_written(
    a_world: AWorld,
) -> None:
    """The amendment was made before the suspension took effect and arrives after it did."""
    world = await a_world()
    granted = a_change(change_number=1, effective_from=pki.AT - timedelta(days=1))
    scheduled = a_change(kind=SUSPENDED, change_number=2, effective_from=pki.AT + timedelta(days=2))
    amended = a_change(kind=AMENDED, change_number=3, effective_from=pki.AT + timedelta(days=1))
    assert outcome(await world.post(a_notification(granted, scheduled))) == ACCEPTED
    world.move(timedelta(days=5))
    assert outcome(await world.post(a_notification(amended, sequence=2))) == ACCEPTED
    assert await status_at(world.mn, TIN) == Status.SUSPENDED


async def test_a_change_a_list_included_is_superseded(a_world: AWorld) -> None:
    world = await a_world()
    assert outcome(await world.post(a_list_part(a_listed_operator(), as_of_change=5))) == ACCEPTED
    old = a_change(kind=SUSPENDED, change_number=5)
    receipt = await world.post(a_notification(old, sequence=2))
    assert outcome(receipt) == (ReceiptOutcome.SUPERSEDED, Reason.SUPERSEDED)
    assert await status_at(world.mn, TIN) == Status.VALID
    new = a_change(kind=SUSPENDED, change_number=6, effective_from=world.clock.now())
    assert outcome(await world.post(a_notification(new, sequence=3))) == ACCEPTED
    assert await status_at(world.mn, TIN) == Status.SUSPENDED


async def test_a_correction_of_something_unknown_says_so(a_world: AWorld) -> None:
    world = await a_world()
    granted = a_change(change_number=1)
    wrong = a_change(kind=ChangeKind.CORRECTED, change_number=2, status=Status.VALID)
    receipt = await world.post(a_notification(granted, wrong))
    assert outcome(receipt) == (ReceiptOutcome.ACCEPTED_IN_PART, Reason.ORIGINAL_CHANGE_UNKNOWN)
    right = a_change(
        kind=ChangeKind.CORRECTED,
        change_number=3,
        status=Status.SUSPENDED,
        corrects=granted.change_id,
        effective_from=granted.effective_from,
    )
    assert outcome(await world.post(a_notification(right, sequence=2))) == ACCEPTED
    assert await status_at(world.mn, TIN) == Status.SUSPENDED


async def test_a_revoked_number_comes_back_as_a_new_episode(a_world: AWorld) -> None:
    world = await a_world()
    granted, revoked = changes(GRANTED, REVOKED)
    again = a_change(
        change_number=3, operator=a_record(episode="2"), effective_from=pki.AT - timedelta(days=1)
    )
    assert outcome(await world.post(a_notification(granted, revoked, again))) == ACCEPTED
    assert await status_at(world.mn, TIN) == Status.VALID


# --- the clock


async def test_a_message_from_the_future_is_held_and_taken_when_its_time_has_come(
    a_world: AWorld,
) -> None:
    world = await a_world()
    ahead = a_notification(created_at=world.clock.now() + timedelta(minutes=10))
    content = world.sign(ahead)
    held = world.read(await world.post_bytes(content))
    assert outcome(held) == (ReceiptOutcome.HELD, Reason.CREATED_IN_FUTURE)
    assert held.expected == 1
    assert await count_facts(world) == 0
    world.move(timedelta(minutes=6))
    assert outcome(world.read(await world.post_bytes(content))) == ACCEPTED


async def test_a_receipt_from_the_future_settles_nothing_yet(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    world.wire.down = True
    await world.work(CN)
    world.wire.down = False
    (sent,) = await outgoing(world)
    body = {"message_id": sent.message_id, "digest": sent.digest, "expected": 2}
    envelope = {"sender": MN, "recipient": CN}
    for moment, settled in ((timedelta(hours=1), False), (timedelta(), True)):
        receipt = a_receipt(**body)
        receipt = receipt.model_copy(
            update={
                "envelope": receipt.envelope.model_copy(
                    update={**envelope, "created_at": world.clock.now() + moment}
                )
            }
        )
        assert await world.hand_over(MN, CN, world.sign(receipt, sender=MN)) is None
        (sent,) = await outgoing(world)
        assert (sent.state == "settled") is settled


@pytest.mark.parametrize("wrong", ["digest", "message_id"])
async def test_a_receipt_of_something_else_settles_nothing(a_world: AWorld, wrong: str) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    world.wire.down = True
    await world.work(CN)
    world.wire.down = False
    (sent,) = await outgoing(world)
    body = {"message_id": sent.message_id, "digest": sent.digest, "expected": 2}
    other = {"digest": Digest("0" * 64), "message_id": MessageId(a_uuid())}
    for fields, settled in (({**body, wrong: other[wrong]}, False), (body, True)):
        receipt = a_receipt(**fields)
        turned = receipt.envelope.model_copy(
            update={"sender": MN, "recipient": CN, "created_at": world.clock.now()}
        )
        content = world.sign(receipt.model_copy(update={"envelope": turned}), sender=MN)
        assert await world.hand_over(MN, CN, content) is None
        (sent,) = await outgoing(world)
        assert (sent.state == "settled") is settled


async def outgoing(world: World) -> Sequence[Any]:
    def read(connection: Any) -> list[Any]:
        newest = message_log.newest(connection, limit=50)
        sent = [MessageId.trusted(one.message_id) for one in newest if one.direction == "out"]
        return [outbox.find(connection, message_id) for message_id in sent]

    return await world.cn.database.read(read)


# --- what takes no number


async def test_a_ping_is_answered_with_what_we_take(a_world: AWorld) -> None:
    world = await a_world()
    receipt = await world.post(a_ping())
    assert outcome(receipt) == ACCEPTED
    assert receipt.capabilities is not None
    assert set(receipt.capabilities.kinds) == set(MessageKind)


async def test_an_enquiry_under_no_arrangement_is_refused(a_world: AWorld) -> None:
    world = await a_world()
    wrong = an_enquiry(arrangement=ArrangementId("CN-MN-1999"))
    assert outcome(await world.post(wrong)) == (
        ReceiptOutcome.REFUSED,
        Reason.ARRANGEMENT_UNKNOWN,
    )
    assert await world.mn.database.read(inbox.unanswered_enquiries) == []
    assert outcome(await world.post(an_enquiry())) == ACCEPTED


# --- void


async def test_a_void_takes_the_number_of_a_message_that_never_came(a_world: AWorld) -> None:
    world = await a_world()
    void = a_message(Void(message_id=MessageId(a_uuid()), why="Sent by mistake"), sequence=1)
    assert outcome(await world.post(void)) == ACCEPTED
    assert outcome(await world.post(a_notification(sequence=2))) == ACCEPTED


async def test_a_void_of_a_message_that_was_taken_comes_too_late(a_world: AWorld) -> None:
    world = await a_world()
    taken = a_notification()
    assert outcome(await world.post(taken)) == ACCEPTED
    void = a_message(Void(message_id=taken.envelope.message_id, why="Too late"), sequence=1)
    receipt = await world.post(void)
    assert outcome(receipt) == (ReceiptOutcome.REFUSED, Reason.VOID_TOO_LATE)
    assert receipt.expected == 2
    assert await status_at(world.mn, TIN) == Status.VALID
    # another Void of the same number names the message, not the first Void
    second = a_message(Void(message_id=taken.envelope.message_id, why="Again"), sequence=1)
    assert outcome(await world.post(second)) == (ReceiptOutcome.REFUSED, Reason.VOID_TOO_LATE)
