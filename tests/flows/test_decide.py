"""Recognition: each step of the rule fails for its own reason beside a twin that passes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import select

from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty, Override
from mra_gateway.model.facts import Arrangement, Basis, Benefit, Fact, Flow, PartyFunction
from mra_gateway.model.recognition import PartyResult, RecognitionReason, RecognitionResult
from mra_gateway.registry.load import Registry
from mra_gateway.store import partners as decided
from mra_gateway.store.recognition_tables import result_batches
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_record,
)
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, completed_registry, confirm

_R = RecognitionReason
CODE = "AEOCN3302462345"
GRANTS = ("inspection_lower", "document_check_lower")


def known(value: Any, kind: Any) -> Any:
    return Fact[kind](value=value, source="test", basis=Basis.READ, as_of=date(2026, 1, 1))


def a_registry(*, offered: Sequence[str] = GRANTS, **changes: Any) -> Registry:
    """What Mongolia decides by: its own AEOs get the benefits named."""
    base = completed_registry(consent="not_required")
    programmes = {
        id_: programme.model_copy(update={"local_benefits": known(tuple(offered), tuple[str, ...])})
        if programme.administration == MN
        else programme
        for id_, programme in base.programmes.items()
    }
    arrangement = base.get_arrangement(CN_MN).model_copy(update=changes)
    return Registry(
        administrations=base.administrations,
        programmes=programmes,
        arrangements={**base.arrangements, CN_MN: arrangement},
        benefits=base.benefits,
        files=base.files,
    )


class Listed(Protocol):
    """Makes a world in which Mongolia holds one operator of China."""

    async def __call__(self, registry: Registry | None = None, **record: Any) -> World:
        """Makes one that goes by a registry; the fields are the operator's."""
        ...


@pytest.fixture
def listed(a_world: AWorld) -> Listed:
    async def make(registry: Registry | None = None, **record: Any) -> World:
        registry = registry or a_registry()
        world = await a_world(registries={CN: registry, MN: registry})
        operator = a_listed_operator(operator=a_record(**record))
        await world.post(a_list_part(operator))
        return world

    return make


def declared(identifier: str | None = CODE, **changes: Any) -> Declaration:
    party = DeclaredParty(role=changes.pop("role", PartyFunction.EXPORTER), identifier=identifier)
    return Declaration(
        reference="D-1", type=changes.pop("type", Flow.IMPORT), parties=(party,), **changes
    )


async def decide(world: World, declaration: Declaration | None = None) -> RecognitionResult:
    (result,) = await world.mn.decider.decide([declaration or declared()], requested_by="test")
    return result


def failed(result: PartyResult) -> tuple[int, RecognitionReason] | None:
    """The first step that was not passed."""
    return next(((one.number, one.reason) for one in result.steps if not one.passed), None)


async def why(world: World, declaration: Declaration | None = None) -> Any:
    result = await decide(world, declaration)
    return failed(result.results[0])


async def test_a_partners_aeo_gets_what_was_agreed_and_is_offered_at_home(listed: Listed) -> None:
    result = await decide(await listed())
    (party,) = result.results
    assert result.recognised
    assert failed(party) is None
    assert [step.number for step in party.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert {one.code for one in party.benefits if one.granted} == set(GRANTS)
    refused = {one.reason for one in party.benefits if not one.granted}
    assert refused == {_R.NOT_OFFERED_AT_HOME}


async def test_step_1_an_arrangement_not_confirmed_gives_nothing(listed: Listed) -> None:
    world = await listed()
    assert await why(world) is None
    world.move()
    await world.mn.database.write(
        lambda c: decided.withdraw_confirmation(c, CN_MN, at=world.clock.now())
    )
    world.move()
    assert await why(world) == (1, _R.ARRANGEMENT_NOT_CONFIRMED)


async def test_step_1_the_arrangement_is_in_force_on_the_day_of_acceptance(listed: Listed) -> None:
    world = await listed(a_registry(ended_on=known(date(2026, 3, 5), date)))
    before = declared(accepted_at=world.clock.now())
    world.move(timedelta(days=4))
    assert await why(world, before) is None
    assert await why(world) == (1, _R.ARRANGEMENT_NOT_IN_FORCE)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ChangeKind.SUSPENDED, _R.STATUS_NOT_VALID),
        (ChangeKind.REVOKED, _R.STATUS_NOT_VALID),
        (ChangeKind.EXPIRED, _R.STATUS_NOT_VALID),
        (ChangeKind.WITHDRAWN, _R.STATUS_NOT_VALID),
        (ChangeKind.AMENDED, None),
    ],
)
async def test_step_2_only_a_valid_status_is_recognised(
    listed: Listed, kind: ChangeKind, reason: RecognitionReason | None
) -> None:
    world = await listed()
    change = a_change(kind=kind, change_number=1, effective_from=world.clock.now())
    await world.post(a_notification(change, sequence=2))
    assert await why(world) == (None if reason is None else (2, reason))


async def test_step_2_who_is_no_longer_listed_is_not_recognised(listed: Listed) -> None:
    world = await listed()
    assert await why(world) is None
    world.move()
    other = a_listed_operator(operator=a_record(tin="CN3302400001", authorisation="AEO2"))
    part = a_list_part(other, sequence=2)
    body = part.body.model_copy(update={"as_of": world.clock.now()})
    await world.post(part.model_copy(update={"body": body}))
    assert await why(world) == (2, _R.STATUS_NOT_LISTED)


async def test_step_2_an_authorisation_ends_with_its_last_day_where_it_was_issued(
    listed: Listed,
) -> None:
    world = await listed(expires_on=date(2026, 3, 4))
    for moment, reason in (
        (datetime(2026, 3, 4, 15, 30, tzinfo=UTC), None),
        (datetime(2026, 3, 4, 16, 30, tzinfo=UTC), (2, _R.AUTHORISATION_EXPIRED)),
    ):
        world.clock.move_to(moment)
        assert await why(world) == reason


async def test_step_2_a_partner_silent_for_long_gives_nothing(listed: Listed) -> None:
    world = await listed(expires_on=None)
    world.move(timedelta(days=45))
    assert await why(world) is None
    world.move(timedelta(days=1))
    assert await why(world) == (2, _R.DATA_STALE)


async def test_step_2_nobody_knows_today_what_holds_at_an_acceptance_months_ahead(
    listed: Listed,
) -> None:
    world = await listed()
    now = world.clock.now()
    assert await why(world, declared(accepted_at=now + timedelta(days=45))) is None
    ahead = declared(accepted_at=now + timedelta(days=46))
    assert await why(world, ahead) == (2, _R.DATA_STALE)


async def test_step_2_what_has_left_the_scope_is_not_recognised(listed: Listed) -> None:
    registry = a_registry()
    world = await listed(registry, tier="advanced")
    assert await why(world) is None
    side = registry.get_arrangement(CN_MN).party(CN)
    assert side is not None
    scope = side.scope.value
    assert scope is not None
    narrower = side.model_copy(
        update={
            "scope": side.scope.model_copy(
                update={"value": (scope[0].model_copy(update={"tiers": ("supreme",)}),)}
            )
        }
    )
    parties = tuple(
        narrower if one.territory == CN else one for one in registry.get_arrangement(CN_MN).parties
    )
    reason = await why_under(world, a_registry(parties=parties))
    assert reason == (2, _R.OUT_OF_SCOPE)


async def why_under(world: World, registry: Registry) -> Any:
    """Decides by another, confirmed copy of the arrangement."""
    world.registries[MN] = registry
    await world.restart(MN)
    await confirm(world.mn, registry.get_arrangement(CN_MN))
    world.move()
    return await why(world)


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        (None, (3, _R.IDENTIFIER_NOT_DECLARED)),
        ("AEOCN0000000000", (3, _R.IDENTIFIER_NOT_FOUND)),
        ("3302462345", (3, _R.IDENTIFIER_LOSSY)),
        (CODE, None),
        ("CN3302462345", None),
        ("cn 3302-462345", None),
    ],
)
async def test_step_3_the_identifier_is_declared_and_known(
    listed: Listed, identifier: str | None, reason: Any
) -> None:
    assert await why(await listed(), declared(identifier)) == reason


async def test_step_3_an_identifier_of_two_living_authorisations_is_ambiguous(
    listed: Listed,
) -> None:
    world = await listed()
    second = a_change(change_number=1, operator=a_record(authorisation="AEOCN9900000001"))
    await world.post(a_notification(second, sequence=2))
    assert await why(world, declared("CN3302462345")) == (3, _R.IDENTIFIER_AMBIGUOUS)
    assert await why(world, declared(CODE)) is None
    revoked = a_change(
        kind=ChangeKind.REVOKED,
        change_number=2,
        effective_from=world.clock.now(),
        operator=a_record(authorisation="AEOCN9900000001"),
    )
    await world.post(a_notification(revoked, sequence=3))
    assert await why(world, declared("CN3302462345")) is None, "one of them is alive"


async def test_step_4_flow_and_function_count(listed: Listed) -> None:
    world = await listed()
    assert await why(world, declared(type=Flow.IMPORT)) is None
    assert await why(world, declared(type=Flow.EXPORT)) == (4, _R.FLOW_NOT_COVERED)
    wrong = declared(role=PartyFunction.CARRIER)
    assert await why(world, wrong) == (4, _R.FUNCTION_NOT_COVERED)


async def test_step_5_what_our_own_do_not_get_no_foreigner_gets(listed: Listed) -> None:
    assert await why(await listed(a_registry(offered=()))) == (5, _R.NOT_OFFERED_AT_HOME)
    assert await why(await listed(a_registry(offered=GRANTS[:1]))) is None


async def test_step_5_nothing_agreed_gives_nothing(listed: Listed) -> None:
    empty = known((), tuple[Benefit, ...])
    assert await why(await listed(a_registry(benefits=empty))) == (5, _R.NO_BENEFITS_AGREED)


async def test_step_6_what_needs_a_local_holder_attaches_to_none_abroad(listed: Listed) -> None:
    base: Arrangement = completed_registry().get_arrangement(CN_MN)
    agreed = base.benefits.value or ()
    tied = tuple(one.model_copy(update={"local_holder_only": True}) for one in agreed)
    registry = a_registry(benefits=known(tied, tuple[Benefit, ...]))
    assert await why(await listed(registry)) == (6, _R.LOCAL_HOLDER_ONLY)
    assert await why(await listed()) is None


@pytest.mark.parametrize("override", list(Override))
async def test_step_7_what_takes_precedence_does(listed: Listed, override: Override) -> None:
    world = await listed()
    assert await why(world, declared(overrides=(override,))) == (7, _R.OVERRIDDEN)
    assert await why(world) is None


async def test_a_result_stays_as_it_was_and_is_computed_again_alike(listed: Listed) -> None:
    world = await listed()
    first = await decide(world, declared(accepted_at=world.clock.now()))
    assert first.recognised
    world.move()
    suspended = a_change(
        kind=ChangeKind.SUSPENDED, change_number=1, effective_from=world.clock.now()
    )
    await world.post(a_notification(suspended, sequence=2))
    world.move()
    after = await decide(world)
    assert not after.recognised
    # goods accepted before the suspension, decided after it
    late = await decide(world, declared(accepted_at=first.accepted_at))
    assert late.recognised
    world.move()
    # a suspension that reaches back, a confirmation withdrawn: what was decided stays
    reaching = a_change(kind=ChangeKind.REVOKED, change_number=2, effective_from=first.accepted_at)
    await world.post(a_notification(reaching, sequence=3))
    world.move()
    assert not (await decide(world, declared(accepted_at=first.accepted_at))).recognised
    await world.mn.database.write(
        lambda c: decided.withdraw_confirmation(c, CN_MN, at=world.clock.now())
    )
    world.move()
    for result in (first, after, late):
        assert await world.mn.decider.recompute(result.id) == result
        assert await world.mn.decider.find(result.id) == result


async def test_answers_that_wait_for_one_commit_are_kept_together_and_found_apart(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await listed()
    decider, write = world.mn.decider, world.mn.database.write

    async def take_long(work: Any) -> Any:
        await asyncio.sleep(0.3)  # until all the others have been decided
        return await write(work)

    monkeypatch.setattr(world.mn.database, "write", take_long)
    askers = ["a system"] * 5 + ["another"]
    given = [
        results[0]
        for results in await asyncio.gather(
            *(
                decider.decide([declared(f"{CODE}{number or ''}")], requested_by=asker)
                for number, asker in enumerate(askers)
            )
        )
    ]
    assert len({result.id for result in given}) == 6
    for result in given:
        assert await decider.find(result.id) == await decider.recompute(result.id) == result
    assert [result.recognised for result in given] == [True, False, False, False, False, False]
    kept = await world.mn.database.read(
        lambda c: [(row.requested_by, row.size) for row in c.execute(select(result_batches)).all()]
    )
    assert ("another", 1) in kept, "who asked is part of what is kept"
    assert sum(size for _, size in kept) == 6
    assert len(kept) < 6


async def test_of_long_batches_side_by_side_each_is_answered_and_a_single_one_need_not_wait(
    listed: Listed,
) -> None:
    world, ended = await listed(), []

    async def ask(name: str, count: int) -> list[RecognitionResult]:
        some = [
            declared(f"{CODE}{number or ''}").model_copy(update={"reference": f"{name}-{number}"})
            for number in range(count)
        ]
        given = await world.mn.decider.decide(some, requested_by=name)
        ended.append(name)
        return given

    async def ask_later() -> list[RecognitionResult]:
        await asyncio.sleep(0)  # the long ones have begun
        return await ask("single", 1)

    long = [f"long-{number}" for number in range(3)]
    *batches, _ = await asyncio.gather(*(ask(name, 2_500) for name in long), ask_later())
    for name, given in zip(long, batches, strict=True):
        assert [one.reference for one in given] == [f"{name}-{number}" for number in range(2_500)]
        assert [one.recognised for one in given] == [True] + [False] * 2_499
        last = given[-1]
        assert await world.mn.decider.find(last.id) == await world.mn.decider.recompute(last.id)
    assert ended.index("single") < 2, "it waited for batches that came before it"


async def test_a_message_that_was_held_is_no_word_before_it_took_effect(listed: Listed) -> None:
    world = await listed()
    world.move(timedelta(days=40))
    ahead = a_change(kind=ChangeKind.AMENDED, change_number=1, effective_from=world.clock.now())
    message = a_notification(
        ahead, sequence=2, created_at=world.clock.now() + timedelta(minutes=10)
    )
    content = world.sign(message)
    assert world.read(await world.post_bytes(content)).outcome == "held"
    before = await decide(world)
    world.move(timedelta(minutes=10))
    assert world.read(await world.post_bytes(content)).outcome == "accepted"
    after = await decide(world)
    assert after.results[0].as_of == world.clock.now()
    assert await world.mn.decider.recompute(before.id) == before


async def test_a_result_is_recomputed_by_the_rules_it_was_given_under(listed: Listed) -> None:
    world = await listed()
    result = await decide(world)
    assert result.recognised
    world.registries[MN] = a_registry(title="Another text", offered=())
    await world.restart(MN)
    # the copy is another one now, and not confirmed: decided anew nothing is granted
    anew = await decide(world)
    assert (anew.recognised, anew.book == result.book) == (False, False)
    assert await world.mn.decider.recompute(result.id) == result
    assert await world.mn.decider.recompute(anew.id) == anew
    assert await world.mn.decider.find(result.id) == result
