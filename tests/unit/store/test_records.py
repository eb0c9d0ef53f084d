"""What we decided about partners, recognition results, the journal, and whose database this is."""

from __future__ import annotations

import zlib
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import Connection, select, update

from mra_gateway.errors import Reason, SetupError, StoreError
from mra_gateway.model.facts import PartnerCard
from mra_gateway.model.identifiers import Digest, Territory, Tin
from mra_gateway.model.messages import Environment
from mra_gateway.store import journal, partners, properties, results
from mra_gateway.store import result_index as store_index
from mra_gateway.store.database import Database
from mra_gateway.store.partners import Confirmation
from mra_gateway.store.recognition_tables import result_batches
from mra_gateway.store.results import Batch, Counted
from mra_gateway.store.tables import confirmations
from tests.support.messages import AT, CN, CN_MN, MN
from tests.support.stored import on_day

CARD = PartnerCard(
    territory=CN,
    environment="test",
    url="https://gateway.example.org:8443",
    signing_anchors=("-----BEGIN CERTIFICATE-----",),
    tls_anchors=("-----BEGIN CERTIFICATE-----",),
)


def pin(connection: Connection, card_id: str, *, day: int, card: PartnerCard = CARD) -> None:
    partners.pin(
        connection, card_id, card=card, at=on_day(day), by="ana", second_officer="bat.erdene"
    )


async def test_current_and_next_card_are_trusted_side_by_side(database: Database) -> None:
    await database.write(lambda c: pin(c, "next", day=2))
    await database.write(lambda c: pin(c, "current", day=1))

    pinned = await database.read(partners.pinned)

    assert [each.id for each in pinned] == ["current", "next"]
    assert pinned[0].card == CARD
    assert (pinned[0].pinned_by, pinned[0].second_officer) == ("ana", "bat.erdene")


async def test_withdrawing_cards_spares_the_one_named_and_other_partners(
    database: Database,
) -> None:
    def work(connection: Connection) -> list[int]:
        pin(connection, "old", day=1)
        pin(connection, "new", day=2)
        pin(connection, "theirs", day=1, card=CARD.model_copy(update={"territory": MN}))
        return [
            partners.withdraw_cards(connection, CN, at=on_day(3), keep="new"),
            partners.withdraw_cards(connection, CN, at=on_day(3), keep="new"),
        ]

    assert await database.write(work) == [1, 0]
    assert {each.id for each in await database.read(partners.pinned)} == {"new", "theirs"}


async def test_a_revoked_certificate_names_since_when(database: Database) -> None:
    fingerprint = Digest("f" * 64)
    await database.write(
        lambda c: partners.revoke(
            c,
            "r1",
            territory=CN,
            fingerprint=fingerprint,
            since=on_day(1),
            at=on_day(3),
            by="ana",
            note="told by telephone",
        )
    )

    assert await database.read(partners.revoked) == [
        partners.RevokedKey(CN, fingerprint, on_day(1))
    ]


def a_confirmation(digest: str = "a") -> Confirmation:
    return Confirmation(
        CN_MN, Digest(digest * 64), "Order 7/2025 (fictitious)", date(2025, 6, 1), "ana", "bat", AT
    )


async def test_one_confirmation_of_an_arrangement_is_in_effect_and_the_earlier_stay(
    database: Database,
) -> None:
    await database.write(lambda c: partners.confirm(c, "1", confirmation=a_confirmation("a")))
    await database.write(lambda c: partners.confirm(c, "2", confirmation=a_confirmation("b")))

    assert await database.read(partners.confirmed) == [a_confirmation("b")]
    rows = await database.read(lambda c: c.execute(select(confirmations)).all())
    assert len(rows) == 2

    ended = [
        await database.write(lambda c: partners.withdraw_confirmation(c, CN_MN, at=on_day(1)))
        for _ in range(2)
    ]
    assert ended == [1, 0]
    assert await database.read(partners.confirmed) == []


def a_batch(number: int, *references: str) -> Batch:
    return Batch.of(
        batch=f"batch-{number}",
        decided_at=on_day(number),
        position=number,
        book=Digest("a" * 64),
        current=True,
        requested_by="c1",
        declarations=[f"declaration {reference}".encode() for reference in references],
        results=[f"result {reference}".encode() for reference in references],
        entries=[
            (reference, "CN3302462345", on_day(number), line)
            for line, reference in enumerate(references)
        ],
    )


async def test_results_are_found_by_id_declaration_and_operator_oldest_first(
    database: Database,
) -> None:
    def add(connection: Connection) -> None:
        results.add(connection, [a_batch(1, "D-1", "D-2"), a_batch(2, "D-1")], counts=Counter())

    await database.write(add)

    found = await database.read(lambda c: results.find(c, "batch-1.1"))
    assert found is not None
    assert (found.id, found.result, found.position) == ("batch-1.1", b"result D-2", 1)
    for unknown in ("batch-1.2", "batch-9.0", "batch-1", "batch-1.x", ""):
        assert await database.read(lambda c, id_=unknown: results.find(c, id_)) is None  # type: ignore[misc]
    both = await database.read(lambda c: results.of_declaration(c, "D-1"))
    assert [one.id for one in both] == ["batch-1.0", "batch-2.0"]
    tin = Tin("CN3302462345")
    later = await database.read(lambda c: results.of_operator(c, tin, accepted_from=on_day(2)))
    assert [one.id for one in later] == ["batch-2.0"]
    whole = await database.read(
        lambda c: list(results.all_since(c, decided_from=on_day(1), decided_until=on_day(2)))
    )
    assert [one.declaration for one in whole] == [b"declaration D-1", b"declaration D-2"]


async def test_batches_of_earlier_versions_are_read_as_before(database: Database) -> None:
    earlier = {
        name: zlib.compress(getattr(a_batch(1, "D-1", "D-2"), name), 1)
        for name in ("declarations", "results")
    }

    def add(connection: Connection) -> None:
        results.add(connection, [a_batch(1, "D-1", "D-2")], counts=Counter())
        connection.execute(update(result_batches).values(earlier))

    await database.write(add)
    found = await database.read(lambda c: results.find(c, "batch-1.1"))
    assert found is not None
    assert (found.declaration, found.result) == (b"declaration D-2", b"result D-2")


async def test_results_are_found_in_whichever_segment_they_are_and_blanked_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_index, "_FULL", 3)
    segment: store_index.Segment | None = None
    for number in range(1, 6):
        segment = await database.write(
            lambda c, n=number, s=segment: results.add(  # type: ignore[misc]
                c,
                [a_batch(n, "D-1", f"D-{n}")._replace(results=b"{}\n{}")],
                counts=Counter(),
                segment=s,
            )
        )
    again = await database.write(lambda c: results.add(c, [a_batch(6, "D-1")], counts=Counter()))
    assert segment is not None
    assert again == (segment.id, segment.entries + 1), "who does not know it fills it as well"

    async def found() -> list[str]:
        of_declaration = await database.read(lambda c: results.of_declaration(c, "D-1"))
        of_operator = await database.read(
            lambda c: results.of_operator(c, Tin("CN3302462345"), accepted_from=on_day(1))
        )
        assert {one.id for one in of_declaration} <= {one.id for one in of_operator}
        return [one.id for one in of_declaration]

    assert len(await found()) == 7
    await database.write(lambda c: results.blank(c, 3, [0]))
    assert "batch-3.0" not in await found()
    assert len(await found()) == 6


async def test_results_are_counted_by_day_partner_and_reason(database: Database) -> None:
    today, partner = AT.date(), "CN"
    counted = Counter({Counted(today, partner, "OK"): 2, Counted(today, "", "NOT_FOUND"): 1})
    for _ in range(2):
        await database.write(lambda c: results.add(c, [], counts=counted))

    found = await database.read(lambda c: results.counts(c, from_on=today, until_on=today))
    assert found == {("CN", "OK"): 4, ("", "NOT_FOUND"): 2}


async def test_a_result_is_never_overwritten(database: Database) -> None:
    await database.write(lambda c: results.add(c, [a_batch(1, "D-1")], counts=Counter()))

    with pytest.raises(StoreError) as refused:
        await database.write(lambda c: results.add(c, [a_batch(1, "D-9")], counts=Counter()))

    assert refused.value.reason is Reason.DATABASE_INCONSISTENT
    kept = await database.read(lambda c: results.find(c, "batch-1.0"))
    assert kept is not None
    assert kept.result == b"result D-1"


async def test_the_journal_grows_and_is_read_newest_first(database: Database) -> None:
    def work(connection: Connection) -> None:
        for number in range(4):
            journal.record(
                connection,
                at=on_day(number),
                actor=journal.SYSTEM if number % 2 else "ana",
                act="receive" if number % 2 else "pin",
                subject=f"subject {number}",
                detail={"имя": "宁波", "count": number, "on": date(2026, 3, 1)},
            )
        journal.record(connection, at=on_day(9), actor="ana", act="login", subject="ana")

    await database.write(work)

    newest = await database.read(lambda c: journal.latest(c, limit=2))
    received = await database.read(lambda c: journal.latest(c, limit=9, act="receive"))
    assert [entry.subject for entry in newest] == ["ana", "subject 3"]
    assert newest[0].detail == {}
    assert newest[1].detail == {"имя": "宁波", "count": 3, "on": "2026-03-01"}
    assert [entry.subject for entry in received] == ["subject 3", "subject 1"]


async def test_a_database_belongs_to_one_administration_and_environment(
    database: Database,
) -> None:
    def check(connection: Connection, territory: Territory, environment: Environment) -> None:
        properties.check_home(connection, territory=territory, environment=environment)

    with pytest.raises(SetupError) as nobodys:
        await database.read(lambda c: check(c, MN, Environment.TEST))
    await database.write(
        lambda c: properties.found_home(c, territory=MN, environment=Environment.TEST)
    )

    await database.read(lambda c: check(c, MN, Environment.TEST))
    for territory, environment in ((CN, Environment.TEST), (MN, Environment.PRODUCTION)):
        with pytest.raises(SetupError) as refused:
            await database.read(lambda c, t=territory, e=environment: check(c, t, e))  # type: ignore[misc]
        assert refused.value.reason is Reason.DATABASE_INCONSISTENT
    assert nobodys.value.reason is Reason.DATABASE_INCONSISTENT


async def test_epochs_count_from_one(database: Database) -> None:
    await database.write(
        lambda c: properties.found_home(c, territory=MN, environment=Environment.TEST)
    )

    assert await database.read(properties.get_epoch) == 1
    assert await database.write(properties.open_next_epoch) == 2
    assert await database.read(properties.get_epoch) == 2
