"""Changes known late: the consignments already decided otherwise, for post-clearance audit."""

from __future__ import annotations

from datetime import datetime, timedelta

from mra_gateway.flows.audit_late import EVER, Affected, find_affected
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from tests.support.decided import (
    CODE,
    GRANTS,
    TIN,
    accept,
    decide,
    deciding_world,
    declared,
    granted,
    our_table,
    stays,
)
from tests.support.decision_tables import row
from tests.support.messages import (
    a_change,
    a_list_part,
    a_listed_operator,
    a_notification,
    a_record,
)
from tests.support.simulation import AWorld, World

OTHER = {"tin": "CN3302400001", "authorisation": "AEOCN3302400001"}
HOUR = timedelta(hours=1)


async def look(world: World, *, since: datetime = EVER) -> list[Affected]:
    return await world.mn.database.read(lambda c: list(find_affected(c, since=since)))


async def tell(
    world: World, kind: ChangeKind, *, effective_from: datetime, number: int = 1
) -> None:
    change = a_change(kind=kind, change_number=number, effective_from=effective_from)
    await world.post(a_notification(change, sequence=number + 1))
    world.move()


async def test_a_revocation_that_reaches_back_lists_what_was_given_meanwhile(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world, {}, OTHER)
    before = await decide(world, declared(reference="before"))
    world.move(HOUR)
    reaches_back_to = world.clock.now()
    world.move(HOUR)
    meanwhile = await decide(world, declared(reference="meanwhile"))
    await decide(world, declared(OTHER["authorisation"], reference="other"))
    late = await decide(world, declared(reference="late", accepted_at=before.accepted_at))
    world.move(HOUR)
    assert await look(world) == []
    await tell(world, ChangeKind.REVOKED, effective_from=reaches_back_to)
    after = await decide(world, declared(reference="after"))
    assert granted(after) == set()
    (found,) = await look(world)
    assert (found.reference, found.result) == ("meanwhile", meanwhile.id)
    assert (set(found.given.benefits), found.now.benefits) == (set(GRANTS), ())
    assert (found.given.status, found.now.status, found.now.tin) == ("valid", "revoked", TIN)
    (change,) = found.changes
    assert (change.fact.status, change.fact.effective_from) == ("revoked", reaches_back_to)
    assert change.known_at > meanwhile.decided_at
    assert await stays(world, before, meanwhile, late, after)


async def test_a_change_known_in_time_lists_nothing(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    await decide(world)
    world.move(HOUR)
    await tell(world, ChangeKind.REVOKED, effective_from=world.clock.now())
    await decide(world, declared(reference="after"))
    assert await look(world) == []


async def test_an_operator_told_of_late_lists_what_it_should_have_got(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    valid_from = world.clock.now()
    world.move(HOUR)
    unknown = await decide(world, declared(OTHER["authorisation"], reference="unknown"))
    assert not unknown.recognised
    beside = Declaration(
        reference="beside",
        type=Flow.IMPORT,
        parties=(
            DeclaredParty(role=PartyFunction.EXPORTER, identifier=CODE),
            DeclaredParty(role=PartyFunction.EXPORTER, identifier=OTHER["tin"]),
        ),
    )
    await decide(world, beside)
    await decide(world, declared("AEOCN0000000000", reference="nobody"))
    world.move(HOUR)
    granted_late = a_change(change_number=1, operator=a_record(**OTHER), effective_from=valid_from)
    await world.post(a_notification(granted_late, sequence=2))
    found = await look(world)
    assert {one.reference for one in found} == {"unknown", "beside"}
    for one in found:
        assert (one.given.recognised, one.given.tin) == (False, None)
        assert (set(one.now.benefits), one.now.tin) == (set(GRANTS), OTHER["tin"])


async def test_one_told_of_late_is_found_where_the_number_only_resembled_another_s(
    a_world: AWorld,
) -> None:
    world = await deciding_world(a_world)
    valid_from = world.clock.now()
    world.move(HOUR)
    # the number of one we know, without its territory: it tells nobody apart
    await decide(world, declared(TIN.removeprefix("CN"), reference="resembles"))
    world.move(HOUR)
    told = a_change(
        change_number=1,
        operator=a_record(tin=OTHER["tin"], authorisation=TIN.removeprefix("CN")),
        effective_from=valid_from,
    )
    await world.post(a_notification(told, sequence=2))
    (found,) = await look(world)
    assert (found.reference, found.now.tin) == ("resembles", OTHER["tin"])


async def test_a_change_known_in_time_is_late_for_what_was_decided_ahead(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    tomorrow = world.clock.now() + 24 * HOUR
    for reference, accepted_at in (
        ("before", tomorrow - HOUR),
        ("at", tomorrow),
        ("after", tomorrow + 24 * HOUR),
    ):
        ahead = await decide(world, declared(reference=reference, accepted_at=accepted_at))
        assert granted(ahead) == set(GRANTS)
    world.move(HOUR)
    await tell(world, ChangeKind.SUSPENDED, effective_from=tomorrow)
    found = await look(world)
    assert [(one.reference, one.now.recognised) for one in found] == [
        ("at", False),
        ("after", False),
    ]


async def test_only_changes_known_since_a_moment_are_looked_at(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    await decide(world)
    since = world.clock.now()
    world.move(HOUR)
    await tell(world, ChangeKind.SUSPENDED, effective_from=since - timedelta(seconds=1))
    assert len(await look(world, since=since)) == 1
    assert await look(world, since=world.clock.now()) == []


async def test_a_suspension_taken_back_gives_again_what_it_took(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    suspended_at = world.clock.now()
    await tell(world, ChangeKind.SUSPENDED, effective_from=suspended_at)
    refused = await decide(world, declared(reference="refused"))
    assert not refused.recognised
    world.move(HOUR)
    # a full list, cut after it, says that the operator was valid all the time
    part = a_list_part(
        a_listed_operator(operator=a_record(record_version=3), effective_from=suspended_at),
        sequence=3,
    )
    body = part.body.model_copy(update={"as_of": world.clock.now(), "as_of_change": 1})
    await world.post(part.model_copy(update={"body": body}))
    world.move()
    assert (await decide(world, declared(reference="again"))).recognised
    (found,) = await look(world)
    assert (found.reference, set(found.now.benefits)) == ("refused", set(GRANTS))


async def test_a_change_of_rules_is_no_late_change_of_status(a_world: AWorld) -> None:
    world = await deciding_world(a_world)
    start = world.clock.now()
    world.move(HOUR)
    first = await decide(world, declared(reference="D-1", mode="1"))
    assert granted(first) == set(GRANTS)
    await accept(world, our_table(row("road", codes=GRANTS[:1], flows=["import"],
                                      functions=["exporter"], modes=["3"])))  # fmt: skip
    amended = a_change(
        kind=ChangeKind.AMENDED,
        change_number=1,
        effective_from=start,
        operator=a_record(issuing_authority="Beilun Customs"),
    )
    await world.post(a_notification(amended, sequence=2))
    world.move()
    assert granted(await decide(world, declared(reference="D-2", mode="1"))) == set()
    assert await look(world) == []
    await tell(world, ChangeKind.REVOKED, effective_from=start, number=2)
    # the second one lost its recognition, and had no benefit to lose
    found = {one.reference: (set(one.given.benefits), one.now) for one in await look(world)}
    assert {reference: given for reference, (given, _) in found.items()} == {
        "D-1": set(GRANTS),
        "D-2": set(),
    }
    assert not any(now.recognised for _, now in found.values())
