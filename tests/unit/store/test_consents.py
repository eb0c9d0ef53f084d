"""Consent per operator and partner; what was recorded before stays as history."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection, insert, select

from mra_gateway.errors import Reason, StoreError
from mra_gateway.model.identifiers import Territory
from mra_gateway.store import consents
from mra_gateway.store.chunks import CHUNK
from mra_gateway.store.consents import Consent
from mra_gateway.store.database import Database
from mra_gateway.store.register_tables import consents as table
from tests.support.messages import AT, MN
from tests.support.stored import a_key, on_day

GIVEN = date(2026, 1, 15)


def a_consent(number: int = 1, **fields: object) -> Consent:
    return Consent(a_key(number).tin, MN, "consent", "12/2026", GIVEN, None)._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_on", "withdrawn_on", "day", "expected"),
    [
        (None, None, 1, True),
        (GIVEN, None, 14, False),
        (GIVEN, None, 15, True),
        (GIVEN, date(2026, 1, 20), 19, True),
        (GIVEN, date(2026, 1, 20), 20, False),
    ],
)
def test_data_may_travel_from_the_day_it_is_given_to_the_day_it_is_withdrawn(
    given_on: date | None, withdrawn_on: date | None, day: int, *, expected: bool
) -> None:
    consent = a_consent(given_on=given_on, withdrawn_on=withdrawn_on)

    assert consent.is_given(date(2026, 1, day)) is expected


async def test_a_later_record_supersedes_and_the_earlier_stays_as_history(
    database: Database,
) -> None:
    withdrawn = a_consent(withdrawn_on=date(2026, 2, 1))
    await database.write(
        lambda c: consents.replace(c, [a_consent()], at=AT, recorded_by="officer.one")
    )
    await database.write(
        lambda c: consents.replace(c, [withdrawn], at=on_day(1), recorded_by="officer.two")
    )

    held = await database.read(lambda c: consents.held(c, [a_key(1).tin]))
    rows = await database.read(lambda c: c.execute(select(table).order_by(table.c.id)).all())

    assert held == {(a_key(1).tin, MN): withdrawn}
    assert [(row.recorded_by, row.recorded_at, row.superseded_at) for row in rows] == [
        ("officer.one", AT, on_day(1)),
        ("officer.two", on_day(1), None),
    ]


async def test_of_several_at_once_the_last_stands_and_none_is_lost(database: Database) -> None:
    several = [a_consent(letter_number=f"{n}/2026") for n in range(3)]
    await database.write(lambda c: consents.replace(c, several, at=AT, recorded_by="officer.one"))

    held = await database.read(lambda c: consents.held(c, [a_key(1).tin]))
    rows = await database.read(lambda c: c.execute(select(table).order_by(table.c.id)).all())

    assert held == {(a_key(1).tin, MN): several[-1]}
    assert [row.letter_number for row in rows] == ["0/2026", "1/2026", "2/2026"]
    assert [row.superseded_at for row in rows] == [AT, AT, None]


async def test_each_partner_has_a_consent_of_its_own(database: Database) -> None:
    towards = [a_consent(), a_consent(partner=Territory("BY"), basis="law")]
    await database.write(lambda c: consents.replace(c, towards, at=AT, recorded_by="officer.one"))

    held = await database.read(lambda c: consents.held(c, [a_key(1).tin, a_key(2).tin]))

    assert {partner: consent.basis for (_, partner), consent in held.items()} == {
        "MN": "consent",
        "BY": "law",
    }


async def test_many_consents_are_recorded_and_found_at_once(database: Database) -> None:
    many = [a_consent(n) for n in range(CHUNK + 7)]

    def work(connection: Connection) -> int:
        consents.replace(connection, many, at=AT, recorded_by="officer.one")
        consents.replace(connection, many, at=on_day(1), recorded_by="officer.one")
        consents.replace(connection, [], at=on_day(2), recorded_by="officer.one")
        return len(consents.held(connection, [consent.tin for consent in many]))

    assert await database.write(work) == len(many)


async def test_the_database_itself_keeps_two_consents_from_being_current(
    database: Database,
) -> None:
    """As two officers recording at the same moment would make them."""
    row = {**a_consent()._asdict(), "recorded_at": AT, "recorded_by": "officer.one"}
    await database.write(lambda c: c.execute(insert(table), row))

    with pytest.raises(StoreError) as refused:
        await database.write(lambda c: c.execute(insert(table), row))

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT
