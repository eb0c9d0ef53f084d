"""What the gateway knows itself becomes event tables: decided, exchanged, listed, recognised."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mra_gateway.errors import Reason
from mra_gateway.flows.gather_events import Content, Days
from mra_gateway.flows.gather_own import OwnEvents
from mra_gateway.flows.measure_enter import Enterer, Said
from mra_gateway.flows.measure_events import TABLES, EventWriter
from mra_gateway.flows.measure_load import MeasureLoader
from mra_gateway.flows.measure_request import LoadRequest
from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.changes import ChangeKind
from mra_gateway.model.measured_loads import Load
from mra_gateway.model.measures import BenefitSuspension, Where
from mra_gateway.model.periods import Period
from mra_gateway.settings import GuardSettings
from mra_gateway.store import measure_loads, properties
from tests.support.decided import (
    CODE,
    GRANTS,
    TIN,
    approve,
    decide,
    deciding_registry,
    deciding_world,
    declared,
    known,
)
from tests.support.decided import OLGA as OFFICER
from tests.support.measured_month import JULY, Row, clean_rows, shipped, write_csv
from tests.support.messages import a_change, a_notification, a_record
from tests.support.restrained import an_order
from tests.support.simulation import CN_MN, AWorld, World

ULAANBAATAR = ZoneInfo("Asia/Ulaanbaatar")
EXPIRED = date(2029, 5, 6)
"""The day after the last one of the authorisation."""
ALWAYS = Days(date.min, date.max)


class Home:
    """Mongolia's home, its events, and its clock."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.writer = EventWriter(
            database=world.mn.database, clock=world.clock, home=folder, zone=ULAANBAATAR
        )
        self.own = OwnEvents(zone=ULAANBAATAR, home=folder, clock=world.clock)

    @property
    def month(self) -> Period:
        return Period.month_of(self.world.clock.now().astimezone(ULAANBAATAR).date())

    async def content(self, table: str, days: Days = ALWAYS) -> Content | None:
        gather = self.own.gatherers[table]
        return await self.world.mn.database.read(lambda c: gather(c, EVENT_TABLES[table], days))

    async def rows(self, table: str, days: Days = ALWAYS) -> list[dict[str, Any]]:
        found = await self.content(table, days)
        assert found is not None
        assert isinstance(found.rows, pa.Table)
        rows: list[dict[str, Any]] = found.rows.to_pylist()
        return rows

    async def load(self, file: Path, rows: list[Row]) -> Load:
        """Has an officer load a month of declarations."""
        loader = MeasureLoader(
            database=self.world.mn.database, registry=shipped(), clock=self.world.clock,
            home=self.folder, zone=ULAANBAATAR,
        )  # fmt: skip
        asked = LoadRequest(event_table="declarations", period=JULY, file=write_csv(file, rows))
        return await loader.load(asked, by=OFFICER)

    async def loads(self) -> list[Load]:
        return await self.world.mn.database.read(measure_loads.history)

    async def written(self, table: str) -> list[dict[str, Any]]:
        """What the loads of the month hold that count."""
        loads = await self.world.mn.database.read(
            lambda c: measure_loads.current(c, table, first=date.min, last=date.max)
        )
        rows: list[dict[str, Any]] = []
        for load in loads:
            rows += pq.read_table(self.folder / load.path).to_pylist()
        return rows


async def test_decisions_become_quotations_and_grants_once(a_world: AWorld, tmp_path: Path) -> None:
    world = await deciding_world(a_world)
    home = Home(world, tmp_path)
    assert await home.writer.write(home.month) == []

    await decide(world, declared(reference="D-1"))
    await decide(world, declared("AEOCN9999999999", reference="D-2"))
    await decide(world, declared(None, reference="D-3"))
    loads = await home.writer.write(home.month)
    assert [(one.event_table, one.rows_counted, one.partial) for one in loads] == [
        ("quotations", 2, True),
        ("grants", 5, True),
        ("reported_benefits", len(GRANTS), True),
    ]
    today = world.clock.now().astimezone(ULAANBAATAR).date()
    found = await home.written("quotations")
    assert [
        (row["outcome"], row["recognised"], row["reason"], row["arrangement"]) for row in found
    ] == [("matched", True, "OK", CN_MN), ("unmatched", False, "IDENTIFIER_NOT_FOUND", None)]
    assert {row["decided_on"] for row in found} == {today}
    grants = await home.written("grants")
    assert {(row["benefit"], row["on"]) for row in grants if row["granted"]} == {
        (benefit, today) for benefit in GRANTS
    }
    assert {row["reason"] for row in grants if not row["granted"]} == {"NOT_OFFERED_AT_HOME"}

    # nothing new is not written again; what is new replaces what was there
    assert await home.writer.write(home.month) == []
    await decide(world, declared(reference="D-4"))
    again = await home.writer.write(home.month)
    assert {one.replaces for one in again} == {one.id for one in loads}
    assert len(await home.written("quotations")) == 3

    # once the month is over it is written for the last time
    month = home.month
    world.clock.move_to(month.ends_at(ULAANBAATAR) + timedelta(hours=1))
    assert [one.partial for one in await home.writer.write(month)] == [False] * 3
    assert await home.writer.write(month) == []


async def test_benefits_given_stand_beside_those_a_partner_reported(
    a_world: AWorld, tmp_path: Path
) -> None:
    world = await deciding_world(a_world)
    home = Home(world, tmp_path)
    assert await home.content("reported_benefits") is None
    await decide(world, declared(reference="D-1"))
    await decide(world, declared(reference="D-2"))
    await home.writer.write(home.month)
    today = world.clock.now().astimezone(ULAANBAATAR).date()
    fields = {"partner": "CN", "arrangement": str(CN_MN), "number": "7", "on": str(today)}
    enterer = Enterer(registry=shipped(), clock=world.clock)
    said = Said("reported-benefit", fields, "note of the partner, 3/2026")
    await world.mn.database.write(lambda c: enterer.enter(c, said, by=OFFICER))

    rows = await home.rows("reported_benefits")
    assert sorted((row["direction"], row["benefit"] or "", row["number"]) for row in rows) == [
        *(("given", benefit, 2) for benefit in sorted(GRANTS)),
        ("received", "", 7),
    ]


async def test_a_change_of_status_has_its_delay_and_ends_a_time_of_recognition(
    a_world: AWorld, tmp_path: Path
) -> None:
    world = await deciding_world(a_world)
    home = Home(world, tmp_path)
    begun = world.clock.now().astimezone(ULAANBAATAR).date()
    (span,) = await home.rows("operators")
    assert (span["operator"], span["recognised_on"], span["ended_on"]) == (TIN, begun, EXPIRED)
    assert await home.rows("effects") == []

    world.move(timedelta(days=3))
    since = world.clock.now() - timedelta(hours=5)
    change = a_change(
        kind=ChangeKind.SUSPENDED,
        operator=a_record(authorisation=CODE),
        effective_from=since,
        change_number=1,
    )
    await world.post(a_notification(change, sequence=2))
    (effect,) = await home.rows("effects")
    assert (effect["status"], effect["arrangement"]) == ("suspended", CN_MN)
    assert 5.0 <= effect["hours"] < 5.1
    (span,) = await home.rows("operators")
    assert (span["recognised_on"], span["ended_on"]) == (begun, begun + timedelta(days=3))
    assert await home.rows("operators", Days(begun + timedelta(days=1), date.max)) == []


async def test_messages_and_lists_are_told_with_what_became_of_them(
    a_world: AWorld, tmp_path: Path
) -> None:
    world = await deciding_world(a_world)
    home = Home(world, tmp_path)
    today = world.clock.now().astimezone(ULAANBAATAR).date()
    messages = await home.rows("messages")
    assert [(row["direction"], row["kind"], row["outcome"], row["on"]) for row in messages] == [
        ("in", "StatusList", "accepted", today)
    ]
    (listed,) = await home.rows("lists")
    assert (listed["failed"], listed["opened_on"], listed["closed_on"]) == (False, today, today)
    assert await home.rows("lists", Days(today + timedelta(days=1), date.max)) == []


async def test_suspensions_are_told_with_who_looked_at_them_in_time_and_how_they_ended(
    a_world: AWorld, tmp_path: Path
) -> None:
    world = await deciding_world(a_world)
    home = Home(world, tmp_path)
    begun = world.clock.now().astimezone(ULAANBAATAR).date()
    hours = GuardSettings().confirm_suspension_hours
    assert await home.rows("suspensions") == []

    async def suspend(**changes: Any) -> BenefitSuspension:
        order = SuspensionOrder(**an_order(TIN, **changes))
        return await world.mn.database.write(
            lambda c: world.mn.suspender.order(c, order, by=OFFICER)
        )

    async def lift(id_: str) -> None:
        ask = world.mn.suspender.request_restoration
        request = await world.mn.database.write(lambda c: ask(c, id_, reason="over", by=OFFICER))
        await approve(world, request)

    in_time = await suspend(arrangement=CN_MN)
    lifted = await suspend(where=Where(offices=("ZU",)))
    late = await suspend(site="Shenzhen works")
    short = await suspend(until_at=world.clock.now() + timedelta(hours=1))
    ahead = await suspend(from_at=world.clock.now() + timedelta(days=30))
    world.move(timedelta(hours=1, minutes=30))
    await approve(world, in_time.id)
    await lift(lifted.id)
    await lift(ahead.id)
    waiting = {row["suspension"]: row for row in await home.rows("suspensions")}
    assert not any(row["escalated"] for row in waiting.values())
    world.move(timedelta(hours=hours))
    await approve(world, late.id)
    await lift(in_time.id)

    rows = {row["suspension"]: row for row in await home.rows("suspensions")}
    told = ("scope", "arrangement", "confirmed", "escalated", "ended")
    assert [tuple(rows[one.id][name] for name in told) for one in (in_time, lifted, late)] == [
        ("operator", CN_MN, True, False, "restored"),
        ("route", None, False, False, "restored"),
        ("site", None, True, True, None),
    ]
    assert [tuple(rows[one.id][name] for name in told[2:]) for one in (short, ahead)] == [
        (False, True, "ran_out"),
        (False, False, "withdrawn"),
    ]
    assert rows[in_time.id]["hours"] == pytest.approx(1.5, abs=0.05)
    assert rows[late.id]["hours"] == pytest.approx(1.5 + hours, abs=0.2)
    assert {row["ordered_on"] for row in rows.values()} == {begun}
    assert rows[ahead.id]["ended_on"] == rows[ahead.id]["from_on"], "it stood on no day"
    assert await home.rows("suspensions", Days(begun + timedelta(days=1), date.max)) == []


async def test_files_tell_declarations_apart_and_after_a_purge_lead_to_none(
    a_world: AWorld, tmp_path: Path
) -> None:
    exchange = deciding_registry().get_arrangement(CN_MN).exchange
    exchange = exchange.model_copy(update={"retention_days": known(30, int)})
    world = await deciding_world(a_world, registry=deciding_registry(exchange=exchange))
    home = Home(world, tmp_path)
    for reference in ("D-1", "D-1", "D-2"):
        await decide(world, declared(reference=reference))
    await home.writer.write(home.month)
    before = [row["declaration"] for row in await home.written("quotations")]
    assert before[0] == before[1] != before[2]
    assert before[2] in {row["declaration"] for row in await home.written("grants")}
    loaded = await home.load(tmp_path / "july.csv", [*clean_rows(), clean_rows()[4]])
    assert "D000004" in loaded.findings.faults[0].text
    for table in (*TABLES, "declarations"):
        rows = await home.written(table)
        assert rows
        assert not [row for row in rows if "D-" in str(row) or "D0" in str(row)]

    change = a_change(kind=ChangeKind.REVOKED, effective_from=world.clock.now(), change_number=1)
    await world.post(a_notification(change, sequence=2))
    world.move(timedelta(days=31))
    assert await key_of(world) is not None
    request = await world.mn.database.write(lambda c: world.mn.purger.request(c, by=OFFICER))
    await approve(world, request)
    assert await key_of(world) is None
    (kept,) = [one for one in await home.loads() if one.id == loaded.id]
    assert [(one.row, one.reason, one.text) for one in kept.findings.faults] == [
        (33, Reason.ROW_DOUBLED, measure_loads.FORGOTTEN)
    ]
    assert kept.rows_counted == len(await home.written("declarations")) == 31

    await decide(world, declared(reference="D-2"))
    await home.writer.write(home.month)
    (after,) = {row["declaration"] for row in await home.written("quotations")} - set(before)
    assert len(after) == len(before[0])


async def key_of(world: World) -> str | None:
    return await world.mn.database.read(lambda c: properties.find(c, properties.REFERENCE_KEY))
