"""What an import does at home and who hears of it: scope, consent, schedule, episodes, elements."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.import_register import ImportOutcome, ImportReport
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.model.changes import NOT_LISTED, ChangeKind, Status
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.operators import Address, DataElement, OperatorName, PartnerIdentifier
from mra_gateway.registry.load import Registry
from mra_gateway.store import approvals, facts
from mra_gateway.store.database import Database
from tests.support.databases import NewStore
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    OFFICER,
    AWorld,
    World,
    a_row,
    as_file,
    completed_registry,
    consent_for,
    put,
    status_at,
    withdraw_confirmation,
)

ROLES = frozenset({OfficerRole.AEO})
SECOND = Actor(name=OfficerName("pavel"), display_name="Pavel", roles=ROLES)


async def held(world: World, number: int = 1, **moments: Any) -> str | None:
    return await status_at(world.mn, a_row(number).tin, **moments)


async def own(world: World, number: int = 1) -> list[facts.Fact]:
    register = facts.Register(CN, facts.OWN)
    return await world.cn.database.read(lambda c: facts.history(c, register, a_row(number).tin))


# --- the plan


async def test_a_dry_run_says_what_applying_does_and_changes_nothing(
    a_world: AWorld,
    two_databases: list[Database],
) -> None:
    world = await a_world(databases=two_databases)
    await put(world.cn, *(a_row(number) for number in range(1, 11)))
    await world.settle()
    world.move()
    rows = [
        *(a_row(number) for number in range(2, 9)),
        a_row(9, status=Status.SUSPENDED, effective_from=None),
        a_row(10, legal_name="New name"),
        a_row(11),
    ]
    file = as_file(rows)
    dry = await world.cn.importer.plan(file, mode=ImportMode.FULL)
    assert dry.outcome is ImportOutcome.DRY_RUN
    assert dry.plan.by_kind() == {"withdrawn": 1, "suspended": 1, "amended": 1, "granted": 1}
    assert len(await own(world, 11)) == 0
    applied = await world.cn.importer.apply(file, mode=ImportMode.FULL, officer=OFFICER)
    assert applied.outcome is ImportOutcome.APPLIED
    assert applied.plan.by_kind() == dry.plan.by_kind()
    assert applied.plan.unchanged == dry.plan.unchanged == 7
    again = await world.cn.importer.apply(file, mode=ImportMode.FULL, officer=OFFICER)
    assert (again.plan.by_kind(), again.queued, again.plan.unchanged) == ({}, 0, 10)


async def test_one_impossible_row_stops_the_whole_import(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1, status=Status.REVOKED))
    report = await put(world.cn, a_row(1), a_row(2))
    assert report.outcome is ImportOutcome.REFUSED
    assert [problem.reason for problem in report.problems] == [Reason.STATUS_TRANSITION_NOT_ALLOWED]
    assert await own(world, 2) == []
    assert (await put(world.cn, a_row(2))).outcome is ImportOutcome.APPLIED


async def test_an_authorisation_named_twice_stops_the_import(a_world: AWorld) -> None:
    world = await a_world()
    report = await put(world.cn, a_row(1), a_row(1, status=Status.SUSPENDED))
    assert report.outcome is ImportOutcome.REFUSED
    assert [problem.reason for problem in report.problems] == [Reason.ROW_DOUBLED]
    assert await own(world) == []


async def test_an_import_that_ends_most_waits_for_another_officer(
    a_world: AWorld,
    two_databases: list[Database],
) -> None:
    world = await a_world(databases=two_databases)
    await put(world.cn, *(a_row(number) for number in range(1, 21)))
    await world.settle()
    world.move()
    report = await put(world.cn, a_row(1), a_row(2), mode=ImportMode.FULL)
    assert report.outcome is ImportOutcome.HELD
    await world.settle()
    assert await held(world, 20) == Status.VALID
    assert report.approval is not None
    asked = report.approval
    same = Actor(name=OFFICER, display_name="Olga", roles=ROLES)
    with pytest.raises(RequestRefused) as refused:
        await world.cn.database.write(lambda c: world.cn.approver.approve(c, asked, by=same))
    assert refused.value.reason is Reason.SECOND_OFFICER_REQUIRED
    await world.cn.database.write(lambda c: world.cn.approver.approve(c, asked, by=SECOND))
    await world.settle()
    assert await held(world, 20) == Status.WITHDRAWN
    assert await held(world, 1) == Status.VALID


async def test_a_rejected_import_changes_nothing(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, *(a_row(number) for number in range(1, 21)))
    report = await put(world.cn, a_row(1), mode=ImportMode.FULL)
    asked = report.approval or ""
    await world.cn.database.write(lambda c: world.cn.approver.reject(c, asked, by=SECOND))
    assert await world.cn.database.read(approvals.listed) == []
    assert [fact.status for fact in await own(world, 20)] == [Status.VALID]


# --- time


async def test_a_future_suspension_is_scheduled_on_both_sides(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    then = world.clock.now() + timedelta(days=2)
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=then))
    await world.settle()
    assert await held(world) == Status.VALID
    assert await held(world, at=then) == Status.SUSPENDED
    world.clock.move_to(then)
    assert await held(world) == Status.SUSPENDED


async def test_a_suspension_may_reach_back(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    before = world.clock.now()
    world.move(timedelta(days=3))
    since = before + timedelta(days=1)
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=since))
    await world.settle()
    assert await held(world, at=before) == Status.VALID
    assert await held(world, at=since) == Status.SUSPENDED
    assert await held(world, at=since, known_at=before) == Status.VALID


async def test_a_resumption_does_not_reach_back_over_its_suspension(a_world: AWorld) -> None:
    """The sheet's column says since when it is an AEO, not since when it is one again."""
    world = await a_world()
    await put(world.cn, a_row(1))
    world.move(timedelta(days=1))
    suspended_at = world.clock.now()
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    world.move(timedelta(days=1))
    await put(world.cn, a_row(1))
    await world.settle()
    assert await held(world) == Status.VALID
    register = [fact for fact in await own(world) if fact.retracted_at is None]
    assert Status.SUSPENDED in [fact.status for fact in register]
    assert [fact.effective_from for fact in register if fact.cause == "resumed"] >= [suspended_at]


async def test_an_absent_operator_loses_what_was_scheduled_for_it(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, *(a_row(number) for number in range(1, 11)))
    await put(world.cn, a_row(1, status=Status.SUSPENDED, effective_from=None))
    back = world.clock.now() + timedelta(days=5)
    await put(world.cn, a_row(1, effective_from=back))
    await put(world.cn, *(a_row(number) for number in range(2, 11)), mode=ImportMode.FULL)
    await world.settle()
    world.clock.move_to(back + timedelta(days=1))
    now = facts.at_moment(await own(world), valid_at=world.clock.now())
    assert now is not None
    assert now.status == Status.WITHDRAWN
    assert await held(world) == Status.WITHDRAWN


async def test_a_renewal_is_told_as_one(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1, expires_on=date(2026, 6, 1)))
    report = await put(world.cn, a_row(1, expires_on=date(2029, 6, 1)))
    assert report.plan.by_kind() == {ChangeKind.RENEWED: 1}
    await world.settle()
    assert await held(world) == Status.VALID


async def test_a_number_granted_again_is_a_new_episode(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    for status in (Status.REVOKED, Status.VALID):
        world.move()
        episode = "2" if status is Status.VALID else "1"
        row = a_row(1, status=status, episode=episode, effective_from=None)
        assert (await put(world.cn, row)).outcome is ImportOutcome.APPLIED
        await world.settle()
        assert await held(world) == status


async def test_the_name_of_an_ended_episode_is_not_taken_again(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    for status, episode in (("revoked", "1"), ("valid", "2"), ("revoked", "2")):
        world.move()
        await put(world.cn, a_row(1, status=status, episode=episode, effective_from=None))
    world.move()
    report = await put(world.cn, a_row(1, status="valid", episode="1", effective_from=None))
    assert report.outcome is ImportOutcome.REFUSED
    (problem,) = report.plan.problems
    assert problem.reason is Reason.STATUS_TRANSITION_NOT_ALLOWED
    assert "ended before episode '2' began" in problem.text
    report = await put(world.cn, a_row(1, status="valid", episode="3", effective_from=None))
    assert report.outcome is ImportOutcome.APPLIED
    await world.settle()
    assert await held(world) == Status.VALID


# --- scope and consent


async def test_who_leaves_the_scope_is_withdrawn_abroad(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await world.settle()
    world.move()
    await put(world.cn, a_row(1, tier="general", effective_from=None))
    await world.settle()
    assert await held(world) == Status.WITHDRAWN
    world.move()
    await put(world.cn, a_row(1, tier="advanced", effective_from=None))
    await world.settle()
    assert await held(world) == Status.VALID


async def test_leaving_the_scope_later_withdraws_later(a_world: AWorld) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    then = world.clock.now() + timedelta(days=4)
    await put(world.cn, a_row(1, tier="general", effective_from=then))
    await world.settle()
    assert await held(world, at=then - timedelta(seconds=1)) == Status.VALID
    assert await held(world, at=then) == Status.WITHDRAWN


@pytest.mark.parametrize("stopped", [Status.REVOKED, Status.EXPIRED, Status.SUSPENDED])
@pytest.mark.parametrize("ahead", [Status.WITHDRAWN, Status.VALID], ids=["leaves", "out of scope"])
async def test_what_stops_benefits_before_a_withdrawal_told_ahead_is_told_at_once(
    a_world: AWorld, stopped: Status, ahead: Status
) -> None:
    world = await a_world()
    await put(world.cn, a_row(1), a_row(2))
    then = world.clock.now() + timedelta(days=4)
    tier = "advanced" if ahead is Status.WITHDRAWN else "general"
    await put(world.cn, a_row(1, status=ahead, tier=tier, effective_from=then))
    await world.settle()
    assert (await held(world), await held(world, at=then)) == (Status.VALID, Status.WITHDRAWN)
    world.move()
    await put(world.cn, a_row(1, status=stopped, effective_from=None))
    await world.settle()
    expected = Status.SUSPENDED if stopped is Status.SUSPENDED else NOT_LISTED
    assert (await held(world), await held(world, 2)) == (expected, Status.VALID)
    assert await held(world, at=then) != Status.VALID


async def test_a_grant_told_ahead_does_not_come_when_another_run_of_the_number_stands_suspended(
    a_world: AWorld,
) -> None:
    world = await a_world()
    then = world.clock.now() + timedelta(days=4)
    await put(world.cn, a_row(1, effective_from=then), a_row(2))
    await world.settle()
    assert await held(world, at=then) == Status.VALID
    world.move()
    await put(world.cn, a_row(1, episode="2", status=Status.SUSPENDED, effective_from=None))
    await world.settle()
    assert (await own(world))[-1].status == Status.SUSPENDED
    assert await held(world, at=then) != Status.VALID
    assert await held(world, 2) == Status.VALID


async def test_a_consent_withdrawn_before_an_end_told_ahead_is_told_at_once(
    a_world: AWorld,
) -> None:
    for ahead in (Status.WITHDRAWN, Status.REVOKED):
        world = await a_world(consent="required")
        await consent(world)
        then = world.clock.now() + timedelta(days=4)
        await put(world.cn, a_row(1, status=ahead, effective_from=then))
        await world.settle()
        assert (await held(world), await held(world, at=then)) == (Status.VALID, ahead)
        world.move()
        await consent(world, withdrawn_on=date(2026, 3, 1))
        await world.settle()
        assert await held(world) != Status.VALID, ahead


async def consent(world: World, **changes: Any) -> ImportReport:
    return await put(world.cn, a_row(1, consents=(consent_for(MN, **changes),)))


async def test_consent_given_grants_and_consent_withdrawn_withdraws(a_world: AWorld) -> None:
    world = await a_world(consent="required")
    await put(world.cn, a_row(1), a_row(2))
    await world.settle()
    assert await held(world) is None
    assert (await consent(world)).queued == 1
    await world.settle()
    assert (await held(world), await held(world, 2)) == (Status.VALID, None)
    world.move()
    assert (await consent(world, withdrawn_on=date(2026, 3, 1))).queued == 1
    await world.settle()
    assert await held(world) == Status.WITHDRAWN
    register = facts.Register(CN, CN_MN)
    last = (await world.mn.database.read(lambda c: facts.history(c, register, a_row(1).tin)))[-1]
    assert last.record.legal_name is None, "nothing but the number leaves with a withdrawal"


async def test_consent_towards_another_partner_moves_nothing(a_world: AWorld) -> None:
    world = await a_world(consent="required")
    report = await put(world.cn, a_row(1, consents=(consent_for(CN),)))
    assert report.outcome is ImportOutcome.APPLIED
    assert report.queued == 0


async def test_what_is_scheduled_is_told_to_who_comes_to_know_the_operator_later(
    a_world: AWorld,
) -> None:
    world = await a_world(consent="required")
    await put(world.cn, a_row(1))
    then = world.clock.now() + timedelta(days=5)
    await put(world.cn, a_row(1, status=Status.REVOKED, effective_from=then))
    world.move()
    row = a_row(1, status=Status.REVOKED, effective_from=then, consents=(consent_for(MN),))
    await put(world.cn, row)
    await world.settle()
    assert await held(world) == Status.VALID
    assert await held(world, at=then) == Status.REVOKED


async def test_consent_shows_every_authorisation_of_the_operator(a_world: AWorld) -> None:
    world = await a_world(consent="required")
    second = a_row(1, authorisation="AEOCN0000000002")
    await put(world.cn, a_row(1), second)
    await consent(world)
    await world.settle()
    register = facts.Register(CN, CN_MN)
    known = await world.mn.database.read(lambda c: facts.believed(c, register, [a_row(1).tin]))
    assert {key.authorisation for key in known} == {
        a_row(1).authorisation,
        second.authorisation,
    }


async def test_a_consent_withdrawn_while_a_list_is_under_way_takes_the_operator_out(
    a_world: AWorld,
) -> None:
    world = await a_world(consent="required")
    rows = [a_row(number, consents=(consent_for(MN),)) for number in range(1, 1006)]
    await put(world.cn, *rows)
    await world.settle()
    at = world.clock.now()
    await world.cn.database.write(
        lambda c: world.cn.announcer.announce_list(c, CN_MN, partner=MN, at=at)
    )
    seen = len(world.wire.seen)
    last = rows[-1]
    withdrawn = consent_for(MN, withdrawn_on=date(2026, 3, 1))
    await put(world.cn, last.model_copy(update={"consents": (withdrawn,)}))
    await world.settle()
    assert await status_at(world.mn, last.tin) not in {Status.VALID, Status.SUSPENDED}
    name = (last.legal_name or "").encode()
    assert not any(name + b"<" in content for _, _, content in world.wire.seen[seen:])


async def test_nothing_leaves_under_an_arrangement_that_is_no_longer_confirmed(
    a_world: AWorld,
) -> None:
    world = await a_world()
    await put(world.cn, a_row(1))
    await withdraw_confirmation(world.cn)
    await world.work(CN)
    assert world.wire.seen == []
    assert (await put(world.cn, a_row(2))).queued == 0


# --- data elements

VALUES: dict[DataElement, tuple[dict[str, Any], str]] = {
    DataElement.LEGAL_NAME: ({"legal_name": "QQLEGAL"}, "QQLEGAL"),
    DataElement.NAMES: ({"names": (OperatorName(text="QQOTHER"),)}, "QQOTHER"),
    DataElement.ADDRESSES: ({"addresses": (Address(lines=("QQROAD",), territory=CN),)}, "QQROAD"),
    DataElement.ROLES: ({"roles": ("warehouse_keeper",)}, "warehouse_keeper"),
    DataElement.GRANTED_ON: ({"granted_on": date(2019, 1, 17)}, "2019-01-17"),
    DataElement.EXPIRES_ON: ({"expires_on": date(2031, 1, 17)}, "2031-01-17"),
    DataElement.DECISION_REFERENCE: ({"decision_reference": "QQDECISION"}, "QQDECISION"),
    DataElement.ISSUING_AUTHORITY: ({"issuing_authority": "QQAUTHORITY"}, "QQAUTHORITY"),
    DataElement.TIN_AS_ISSUED: ({"tin_as_issued": "QQ-TIN"}, "QQ-TIN"),
    DataElement.PARTNER_IDENTIFIERS: (
        {"partner_identifiers": (PartnerIdentifier(kind="MN-X", value="QQPARTNER"),)},
        "QQPARTNER",
    ),
}


def agreeing(elements: set[DataElement]) -> Registry:
    base = completed_registry(consent="required")
    arrangement = base.get_arrangement(CN_MN)
    agreed = Fact[tuple[DataElement, ...]](
        value=tuple(sorted(elements)), source="test", basis=Basis.READ, as_of=date(2026, 1, 1)
    )
    exchange = arrangement.exchange.model_copy(update={"data_elements": agreed})
    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={
            **base.arrangements,
            CN_MN: arrangement.model_copy(update={"exchange": exchange}),
        },
        benefits=base.benefits,
        files=base.files,
    )


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(agreed=st.sets(st.sampled_from(sorted(VALUES))))
def test_what_is_not_agreed_is_in_no_byte_that_leaves(
    new_store: NewStore, agreed: set[DataElement]
) -> None:
    registry = agreeing({DataElement.TIER, *agreed})
    world = asyncio.run(say_everything(new_store, registry))
    said = b"".join(content for _, _, content in world.wire.seen).decode()
    assert a_row(1).tin in said
    assert world.refused == []
    for element, (_, value) in VALUES.items():
        assert (value in said) is (element in agreed), element


async def say_everything(new_store: NewStore, registry: Registry) -> World:
    """A grant, an amendment, a list, an answer to an enquiry, a withdrawal."""
    async with new_store() as cn, new_store() as mn:
        world = World(databases=[cn, mn], registries={CN: registry, MN: registry})
        await world.found()
        values: dict[str, Any] = {"legal_name": None, "roles": ()}
        for fields, _ in VALUES.values():
            values |= fields
        row = a_row(1, consents=(consent_for(MN),), **values)
        await put(world.cn, row)
        await world.settle()
        world.move()
        await put(world.cn, row.model_copy(update={"episode": "1", "kind": "aeo"}))
        at = world.clock.now()
        await world.cn.database.write(
            lambda c: world.cn.announcer.announce_list(c, CN_MN, partner=MN, at=at)
        )
        await world.mn.enquirer.enquire(row.tin, partner=CN, arrangement=CN_MN, at=at)
        await world.settle()
        await world.settle()
        withdrawn = consent_for(MN, withdrawn_on=date(2026, 3, 1))
        await put(world.cn, row.model_copy(update={"consents": (withdrawn,)}))
        await world.settle()
    return world
