"""What is held about operators: when it was true, and when we knew."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from mra_gateway.model.identifiers import ArrangementId, AuthorisationNumber, Territory, Tin
from mra_gateway.store import facts
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.database import Database
from mra_gateway.store.facts import OWN, Fact, Register, at_moment
from tests.support.messages import AT, a_uuid
from tests.support.stored import CHINESE, a_fact, a_key, on_day

ELSEWHERE = Register(Territory("MN"), OWN)


def of_one(connection: Connection, number: int = 1) -> list[Fact]:
    return facts.history(connection, CHINESE, a_key(number).tin)


async def test_a_fact_comes_back_as_it_was_added(database: Database) -> None:
    new = a_fact(change_id=a_uuid(), change_number=7, legal_reference="Order 12 (fictitious)")
    await database.write(lambda c: facts.add(c, CHINESE, [new], at=on_day(2)))

    (held,) = await database.read(of_one)

    assert held[1:] == (
        new.key,
        new.episode,
        new.record_version,
        new.status,
        new.effective_from,
        on_day(2),
        None,
        new.cause,
        new.change_id,
        new.change_number,
        new.legal_reference,
        new.record,
    )
    assert held.record.legal_name == "宁波虚构国际贸易有限公司"


async def test_adding_nothing_adds_nothing(database: Database) -> None:
    await database.write(lambda c: facts.add(c, CHINESE, [], at=AT))

    assert await database.read(lambda c: facts.count_authorisations(c, CHINESE)) == 0


async def test_a_suspension_is_in_effect_from_its_moment_and_not_before(
    database: Database,
) -> None:
    suspended = a_fact(status="suspended", cause="suspended", effective_from=on_day(10))
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(), suspended], at=AT))

    held = await database.read(of_one)

    assert [
        fact.status
        for day in (0, 9, 10, 11)
        if (fact := at_moment(held, valid_at=on_day(day))) is not None
    ] == ["valid", "valid", "suspended", "suspended"]
    assert at_moment(held, valid_at=on_day(-1)) is None


async def test_what_was_retracted_is_believed_no_more_but_was_known_then(
    database: Database,
) -> None:
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact()], at=on_day(1)))
    (granted,) = await database.read(of_one)
    await database.write(lambda c: facts.retract(c, [granted.id], at=on_day(5)))

    held = await database.read(of_one)

    assert at_moment(held, valid_at=on_day(9)) is None
    assert at_moment(held, valid_at=on_day(9), known_at=on_day(0)) is None
    assert at_moment(held, valid_at=on_day(9), known_at=on_day(1)) is not None
    assert at_moment(held, valid_at=on_day(9), known_at=on_day(4)) is not None
    assert at_moment(held, valid_at=on_day(9), known_at=on_day(5)) is None
    assert await database.read(lambda c: facts.believed(c, CHINESE, [granted.key.tin])) == {}


async def test_retracting_twice_keeps_the_first_moment(database: Database) -> None:
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact()], at=AT))
    (granted,) = await database.read(of_one)
    await database.write(lambda c: facts.retract(c, [granted.id], at=on_day(1)))
    await database.write(lambda c: facts.retract(c, [granted.id], at=on_day(2)))

    (held,) = await database.read(of_one)

    assert held.retracted_at == on_day(1)


async def test_a_retroactive_correction_changes_the_past_and_not_what_was_known(
    database: Database,
) -> None:
    """Suspended on day 3; on day 8 a court orders that it never was."""
    suspended = a_fact(status="suspended", cause="suspended", effective_from=on_day(3))
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact()], at=AT))
    await database.write(lambda c: facts.add(c, CHINESE, [suspended], at=on_day(3)))

    def annul(connection: Connection) -> None:
        wrong = at_moment(of_one(connection), valid_at=on_day(3))
        assert wrong is not None
        facts.retract(connection, [wrong.id], at=on_day(8))
        restored = a_fact(
            cause="annulled", effective_from=on_day(3), legal_reference="Judgment 7 (fictitious)"
        )
        facts.add(connection, CHINESE, [restored], at=on_day(8))

    await database.write(annul)
    held = await database.read(of_one)

    now = at_moment(held, valid_at=on_day(5))
    then = at_moment(held, valid_at=on_day(5), known_at=on_day(6))
    assert now is not None
    assert then is not None
    assert (now.status, then.status) == ("valid", "suspended")


async def test_of_two_facts_from_the_same_moment_the_later_told_stands(
    database: Database,
) -> None:
    later = a_fact(status="revoked", cause="revoked")
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(), later], at=AT))
    held = await database.read(of_one)

    forwards = at_moment(held, valid_at=AT)
    backwards = at_moment(reversed(held), valid_at=AT)

    assert forwards is not None
    assert forwards == backwards
    assert forwards.status == "revoked"


async def test_a_scheduled_change_is_named_until_it_takes_effect(database: Database) -> None:
    planned = a_fact(status="expired", cause="expired", effective_from=on_day(30))
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(), planned], at=AT))

    async def scheduled(day: int) -> list[str]:
        found = await database.read(lambda c: facts.scheduled(c, CHINESE, after=on_day(day)))
        return [fact.status for fact in found]

    assert await scheduled(29) == ["expired"]
    assert await scheduled(30) == []
    (_, held) = await database.read(of_one)
    await database.write(lambda c: facts.retract(c, [held.id], at=on_day(1)))
    assert await scheduled(29) == []


async def test_registers_do_not_mix(database: Database) -> None:
    other = Register(Territory("CN"), ArrangementId("CN-BY-2023"))

    def add(connection: Connection) -> None:
        facts.add(connection, CHINESE, [a_fact(change_id=a_uuid(1))], at=AT)
        facts.add(connection, other, [a_fact(status="revoked", change_id=a_uuid(2))], at=AT)

    await database.write(add)

    def look(connection: Connection) -> tuple[object, ...]:
        tin = a_key().tin
        return (
            [fact.status for fact in facts.history(connection, CHINESE, tin)],
            [fact.status for fact in facts.history(connection, other, tin)],
            facts.known_changes(connection, CHINESE, [a_uuid(1), a_uuid(2)]),
            facts.find_change(connection, CHINESE, a_uuid(2)),
            facts.count_authorisations(connection, ELSEWHERE),
        )

    assert await database.read(look) == (["valid"], ["revoked"], {a_uuid(1)}, None, 0)


async def test_every_authorisation_in_force_is_yielded_once_and_in_order_whatever_the_size(
    database: Database,
) -> None:
    """More operators than one slice holds, told in no order, some with a history."""
    count = 2 * CHUNK + 3
    numbers = [(n * 7) % count for n in range(count)]
    new = [a_fact(n, effective_from=on_day(n % 5)) for n in numbers]
    ended = [
        a_fact(n, status="revoked", cause="revoked", effective_from=on_day(6))
        for n in range(0, count, 100)
    ]
    await database.write(lambda c: facts.add(c, CHINESE, [*new, *ended], at=AT))

    found = await database.read(lambda c: list(facts.keys_in_force(c, CHINESE, at=on_day(7))))

    assert [fact.key for fact in found] == [a_key(n) for n in range(count)]
    assert {n for n in range(count) if found[n].status == "revoked"} == set(range(0, count, 100))
    before = await database.read(lambda c: list(facts.keys_in_force(c, CHINESE, at=on_day(0))))
    assert len(before) == len([n for n in range(count) if n % 5 == 0])


async def test_an_operator_with_two_authorisations_is_in_force_twice(database: Database) -> None:
    first = a_key(1)
    second = first._replace(authorisation=AuthorisationNumber("BY/0042/ТИП 3"))
    await database.write(
        lambda c: facts.add(c, CHINESE, [a_fact(key=first), a_fact(key=second)], at=AT)
    )

    found = await database.read(lambda c: list(facts.keys_in_force(c, CHINESE, at=AT)))

    assert {fact.key for fact in found} == {first, second}


async def test_believed_facts_are_found_for_more_operators_than_one_query_takes(
    database: Database,
) -> None:
    count = CHUNK + 10
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(n) for n in range(count)], at=AT))
    tins = [a_key(n).tin for n in range(count)]

    held = await database.read(lambda c: facts.believed(c, CHINESE, [*tins, *tins]))

    assert set(held) == {a_key(n) for n in range(count)}
    assert all(len(each) == 1 for each in held.values())


async def test_a_change_is_known_for_good_but_found_only_while_believed(
    database: Database,
) -> None:
    change = a_uuid()
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(change_id=change)], at=AT))
    (held,) = await database.read(of_one)
    assert await database.read(lambda c: facts.find_change(c, CHINESE, change)) == held

    await database.write(lambda c: facts.retract(c, [held.id], at=on_day(1)))

    assert await database.read(lambda c: facts.find_change(c, CHINESE, change)) is None
    known = await database.read(lambda c: facts.known_changes(c, CHINESE, [change, a_uuid()]))
    assert known == {change}


@pytest.mark.parametrize(
    ("tins", "authorisations"),
    [(["CN0000000001"], []), ([], ["AEOCN0000000001"]), (["CN0000000001"], ["AEOCN0000000001"])],
)
async def test_an_operator_is_found_by_either_of_its_numbers(
    database: Database, tins: list[str], authorisations: list[str]
) -> None:
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact(1), a_fact(2)], at=AT))

    def find(connection: Connection) -> list[tuple[Register, Tin]]:
        return facts.find_operators(connection, tins=tins, authorisations=authorisations)

    assert await database.read(find) == [(CHINESE, a_key(1).tin)]


async def test_asking_for_no_number_finds_nobody(database: Database) -> None:
    await database.write(lambda c: facts.add(c, CHINESE, [a_fact()], at=AT))

    assert await database.read(facts.find_operators) == []


async def test_facts_come_in_the_order_their_ids_are_given(database: Database) -> None:
    await database.write(
        lambda c: facts.add(c, CHINESE, [a_fact(n) for n in range(CHUNK + 5)], at=AT)
    )
    held = await database.read(lambda c: list(facts.keys_in_force(c, CHINESE, at=AT)))
    ids = [fact.id for fact in reversed(held)]

    found = await database.read(lambda c: facts.by_ids(c, ids))

    assert [fact.id for fact in found] == ids
