"""Joint sheets come back: two gateways tell each other their figures and then show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlalchemy import Connection

from mra_gateway.analytics.parquet_rows import RowsFile
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import GatewayError, Reason, RequestRefused
from mra_gateway.flows.approve_figures import FigureKeeper
from mra_gateway.flows.gather_events import Days
from mra_gateway.flows.gather_own import OwnEvents
from mra_gateway.flows.make_report import Reporter
from mra_gateway.flows.measure_enter import Enterer, Said
from mra_gateway.flows.open_sheet import Expected, SheetOpener
from mra_gateway.flows.print_performance import write_report
from mra_gateway.flows.report_performance import indicators_of
from mra_gateway.flows.share_sheet import SheetSharer
from mra_gateway.flows.take_sheet import GIVEN, Taken
from mra_gateway.gateway import Gateway
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import ArrangementId, Digest, MessageId, Territory
from mra_gateway.model.joint_sheets import GroupPart, JointCell
from mra_gateway.model.measured_entries import Entry
from mra_gateway.model.measured_loads import NewLoad
from mra_gateway.model.messages import PerformanceSheet
from mra_gateway.model.officers import OfficerRole
from mra_gateway.model.performance import PerformanceReport, ReportRequest, Shown
from mra_gateway.model.periods import Period
from mra_gateway.store import joint_sheets, measure_entries, measure_loads, outbox
from mra_gateway.store import partners as decided
from tests.support.decided import officer
from tests.support.messages import a_joint_cell, a_message
from tests.support.simulation import CN, CN_MN, MN, AWorld, World, completed_registry, shipped

FEBRUARY = Period("2026-02")
ONE, TWO = officer("one", OfficerRole.AEO), officer("two", OfficerRole.AEO)
RECEIVED, RATIO = "gateway:reciprocity.received", "gateway:reciprocity.ratio"
GRANTED = "gateway:benefits.granted"


class Side:
    """A gateway, its home, and the officers who measure, publish, sign and take."""

    def __init__(self, gateway: Gateway, home: Path) -> None:
        self.gateway, self.home = gateway, home
        home.mkdir()
        self.reporter = Reporter(
            database=gateway.database, home=home, clock=gateway.clock, book=gateway.book
        )
        self.sharer = SheetSharer(
            database=gateway.database,
            composer=gateway.composer,
            book=gateway.book,
            clock=gateway.clock,
        )
        self.opener = SheetOpener(
            database=gateway.database,
            verifier=gateway.verifier,
            book=gateway.book,
            clock=gateway.clock,
        )
        indicators = indicators_of(gateway.registry.indicators.values())
        self.keeper = FigureKeeper(
            indicators={one.id: one for one in indicators}, clock=gateway.clock
        )

    @property
    def us(self) -> Territory:
        return self.gateway.book.us

    @property
    def other(self) -> Territory:
        return CN if self.us == MN else MN

    async def give(self, benefits: Mapping[str, int]) -> None:
        """Writes what decisions of February would have become: benefits granted and counted."""
        day = date(2026, 2, 11)
        said = {"partner": self.other, "arrangement": CN_MN, "on": day}
        rows: dict[str, list[dict[str, Any]]] = {
            "reported_benefits": [
                {**said, "direction": "given", "benefit": code, "number": number}
                for code, number in benefits.items()
            ],
            "grants": [
                {**said, "declaration": f"{code} {at}", "benefit": code, "granted": True,
                 "shadow": False, "reason": "OK"}
                for code, number in benefits.items()
                for at in range(number)
            ],
        }  # fmt: skip
        for table, listed in rows.items():
            path = self.home / f"{table}.parquet"
            with RowsFile(EVENT_TABLES[table], path) as file:
                for row in listed:
                    file.add(row)
            digest = Digest(sha256(path.read_bytes()).hexdigest())
            load = NewLoad(
                event_table=table, period=FEBRUARY, source="gateway", digest=digest,
                path=path.name, content_digest=digest, rows_read=len(listed),
                rows_counted=len(listed), loaded_at=self.gateway.clock.now(), loaded_by="one",
            )  # fmt: skip
            await self.gateway.database.write(partial(measure_loads.add, new=load))

    async def publish(self) -> None:
        await self.reporter.measure(FEBRUARY)
        for step, by in (
            (self.keeper.prepare, ONE),
            (self.keeper.approve, TWO),
            (self.keeper.publish, TWO),
        ):
            await self.gateway.database.write(
                partial(step, period=FEBRUARY, by=by, note="looked at")
            )

    async def sheet(self) -> PerformanceReport:
        wanted = ReportRequest(
            us=self.us,
            name="test",
            period=FEBRUARY,
            today=self.gateway.clock.now().date(),
            partner=self.other,
        )
        return await self.reporter.make(wanted, by=ONE)

    async def sign(self, folder: Path) -> Path:
        path = folder / f"{self.us}.xml"
        path.write_bytes(await self.sharer.sign(await self.sheet(), by=ONE))
        return path

    async def take(self, path: Path, **expected: Any) -> Taken:
        values = {"partner": self.other, "period": FEBRUARY, **expected}
        return await self.opener.take(path, expected=Expected(**values), by=ONE)

    async def held(self) -> list[joint_sheets.Sheet]:
        return await self.gateway.database.read(joint_sheets.history)

    async def reported(self) -> list[Entry]:
        return await self.gateway.database.read(
            lambda c: measure_entries.current(c, "reported_benefits")
        )


async def two_sides(a_world: AWorld, folder: Path) -> tuple[World, Side, Side]:
    world = await a_world()
    return world, Side(world.mn, folder / "mn"), Side(world.cn, folder / "cn")


Figures = dict[tuple[str, tuple[tuple[str, str], ...]], tuple[Shown, Shown | None]]


def figures_of(report: PerformanceReport, *, mirrored: bool = False) -> Figures:
    """Every cell: ours and theirs; mirrored, as the other side calls and sees it."""
    turned = {"in": "out", "out": "in", CN: MN, MN: CN}
    found: Figures = {}
    (page,) = [one for one in report.arrangements if one.arrangement == CN_MN]
    for row in page.rows:
        group = row.group.items()
        if mirrored:
            group = {name: turned.get(value, value) for name, value in group}.items()
        key = str(row.indicator), tuple(sorted(group))
        found[key] = (row.actual, row.theirs)
    return found


def told(shown: Shown | None) -> tuple[object, ...] | None:
    if shown is None:
        return None
    return (shown.value, shown.numerator, shown.denominator, shown.cases, shown.suppressed)


async def test_two_gateways_that_exchange_sheets_show_the_same_joint_figures(
    a_world: AWorld, tmp_path: Path
) -> None:
    world, mongolia, china = await two_sides(a_world, tmp_path)
    await mongolia.give({"inspection_lower": 40, "priority": 7, "document_check_lower": 9})
    await china.give({"inspection_lower": 30, "document_check_lower": 2})
    for side in (mongolia, china):
        await side.publish()

    files = [await side.sign(tmp_path) for side in (mongolia, china)]
    taken = [await china.take(files[0]), await mongolia.take(files[1])]
    assert [[one.number for one in each.entered] for each in taken] == [[56], [32]]
    assert taken[1].suppressed > 0
    for side in (mongolia, china):
        await side.publish()
    world.move(timedelta(hours=1))
    files = [await side.sign(tmp_path) for side in (mongolia, china)]
    again = [await china.take(files[0]), await mongolia.take(files[1])]
    assert [(one.corrects, one.entered) for one in again] == [(1, ()), (1, ())]

    here = figures_of(await mongolia.sheet())
    there = figures_of(await china.sheet(), mirrored=True)
    assert here.keys() - there.keys() == {(GRANTED, (("benefit", "priority"),))}, "China gave none"
    for key in here.keys() & there.keys():
        (ours, theirs), (their_own, ours_there) = here[key], there[key]
        assert told(ours) == told(ours_there), key
        assert told(theirs) == told(their_own), key
    given, received = here[str(GIVEN), ()], here[RECEIVED, ()]
    assert [given[0].value, given[1] and given[1].value] == [56, 32]
    assert [received[0].value, received[1] and received[1].value] == [32, 56]
    ratio = here[RATIO, ()]
    assert ratio[1] is not None
    assert (ratio[0].value, ratio[1].value) == (56 / 32, 32 / 56)
    ours, few = here[GRANTED, (("benefit", "document_check_lower"),)]
    assert (told(ours), told(few)) == ((9, 9, None, 9, False), (None, None, None, None, True))


def a_sheet(*cells: JointCell, period: Period = FEBRUARY) -> PerformanceSheet:
    given = shipped().get_indicator(GIVEN)
    own = a_joint_cell(definition=definition_digest(given), value=30.0, numerator=30.0, cases=30)
    return PerformanceSheet(period=period, cells=(own, *cells))


def given(**changes: Any) -> JointCell:
    return a_sheet().cells[0].model_copy(update=changes)


WRONG: list[tuple[Reason, tuple[JointCell, ...], dict[str, Any]]] = [
    (Reason.ARRANGEMENT_UNKNOWN, (given(arrangement=ArrangementId("CN-MN-1999")),), {}),
    (Reason.NOT_A_PARTY, (given(arrangement=ArrangementId("CN-BY-2019")),), {}),
    (Reason.INDICATOR_UNKNOWN, (given(indicator="gateway:no.such"),), {}),
    (Reason.DEFINITION_DIFFERS, (given(indicator=RECEIVED),), {}),
    (Reason.SHEET_INCONSISTENT, (given(),), {}),
    (Reason.SHEET_INCONSISTENT, (given(value=99.0, numerator=99.0),), {}),
    (
        Reason.SHEET_INCONSISTENT,
        (
            given(
                indicator="gateway:exchange.messages_rejected",
                definition=definition_digest(
                    shipped().get_indicator("gateway:exchange.messages_rejected")
                ),
                group=(
                    GroupPart(column="partner", value="KZ"),
                    GroupPart(column="direction", value="in"),
                ),
            ),
        ),
        {},
    ),
    (
        Reason.SHEET_INCONSISTENT,
        (
            given(
                indicator="gateway:use.rate",
                definition=definition_digest(shipped().get_indicator("gateway:use.rate")),
            ),
        ),
        {},
    ),
    (Reason.SHEET_INCONSISTENT, (), {"period": Period("2026-01")}),
    (Reason.SHEET_INCONSISTENT, (), {"partner": Territory("KZ")}),
]


async def test_a_sheet_that_is_not_what_it_should_be_is_refused_and_nothing_of_it_taken(
    a_world: AWorld, tmp_path: Path
) -> None:
    world, mongolia, _ = await two_sides(a_world, tmp_path)

    def signed(body: PerformanceSheet, **envelope: Any) -> Path:
        envelope = {"created_at": world.clock.now(), **envelope}
        path = tmp_path / "sheet.xml"
        path.write_bytes(world.sign(a_message(body, **envelope)))
        return path

    async def refused(path: Path, reason: Reason, **expected: Any) -> None:
        with pytest.raises(GatewayError) as raised:
            await mongolia.take(path, **expected)
        assert raised.value.reason is reason, raised.value
        assert (await mongolia.held(), await mongolia.reported()) == ([], [])

    for reason, cells, expected in WRONG:
        await refused(signed(a_sheet(*cells)), reason, **expected)
    march = a_sheet(period=Period("2026-03"))
    await refused(signed(march), Reason.STATE_NOT_SUITABLE, period=march.period)
    await refused(signed(a_sheet(), recipient=CN, sender=MN), Reason.SENDER_UNKNOWN)
    genuine = signed(a_sheet()).read_bytes()
    edited = tmp_path / "edited.xml"
    edited.write_bytes(genuine.replace(b">30<", b">31<"))
    await refused(edited, Reason.DIGEST_MISMATCH)

    # the untouched twin, once; then a correction, and nothing older in its place
    (tmp_path / "twin.xml").write_bytes(genuine)
    taken = await mongolia.take(tmp_path / "twin.xml")
    assert [(one.number, one.arrangement) for one in taken.entered] == [(30, CN_MN)]
    with pytest.raises(RequestRefused) as again:
        await mongolia.take(tmp_path / "twin.xml")
    assert again.value.reason is Reason.ALREADY_LOADED
    world.move()
    corrected = a_sheet().model_copy(
        update={"cells": (given(value=None, numerator=None, cases=None, suppressed=True),)}
    )
    assert (await world.post(a_message(corrected, created_at=world.clock.now()))).outcome == (
        "accepted"
    )
    assert await mongolia.reported() == []
    with pytest.raises(RequestRefused) as older:
        await mongolia.take(tmp_path / "twin.xml")
    assert older.value.reason is Reason.SHEET_OLDER
    assert [(one.corrects, one.corrected_by, one.taken_by) for one in await mongolia.held()] == [
        (None, 2, "one"),
        (1, None, "system"),
    ]


async def test_what_a_key_revoked_since_before_it_came_had_signed_counts_no_more(
    a_world: AWorld, tmp_path: Path
) -> None:
    world, mongolia, _ = await two_sides(a_world, tmp_path)

    async def say(*cells: JointCell) -> None:
        body = a_sheet().model_copy(update={"cells": cells})
        world.move()
        await world.post(a_message(body, created_at=world.clock.now()))

    async def counted() -> list[int]:
        gather = OwnEvents(zone=ZoneInfo("UTC"), home=tmp_path, clock=world.clock).gatherers
        table = EVENT_TABLES["reported_benefits"]
        content = await world.mn.database.read(
            lambda c: gather[table.name](c, table, Days(date.min, date.max))
        )
        assert content is not None
        assert isinstance(content.rows, pa.Table)
        numbers: list[int] = content.rows["number"].to_pylist()
        return numbers

    await say(given())
    since = world.clock.now() + timedelta(seconds=1)
    await say(given(value=9000.0, numerator=9000.0))
    assert await counted() == [9000]
    *_, forged = await mongolia.held()
    assert forged.came.signer is not None
    signer = forged.came.signer

    def revoke(connection: Connection) -> None:
        decided.revoke(
            connection,
            world.clock.new_uuid(),
            territory=CN,
            fingerprint=signer,
            since=since,
            at=since,
            by="one",
            note="stolen",
        )

    await world.mn.database.write(revoke)
    assert await counted() == []
    assert [one.is_believed for one in await mongolia.held()] == [True, False]
    counts = await world.mn.database.read(lambda c: joint_sheets.newest(c, CN, FEBRUARY))
    assert counts is not None
    assert counts.body.cells == (given(),)


async def test_what_was_entered_by_hand_gives_way_and_is_not_entered_beside_a_sheet(
    a_world: AWorld, tmp_path: Path
) -> None:
    world, mongolia, _ = await two_sides(a_world, tmp_path)
    enterer = Enterer(registry=world.mn.registry, clock=world.clock)

    async def enter(number: int, **changes: Any) -> Entry:
        fields = {"partner": CN, "arrangement": CN_MN, "number": str(number), "on": "2026-02-14"}
        said = Said("reported-benefit", fields | changes, "letter 7")
        return await world.mn.database.write(lambda c: enterer.enter(c, said, by=ONE))

    first, second = await enter(11), await enter(5)
    world.move()
    await world.post(a_message(a_sheet(), created_at=world.clock.now()))
    assert [(one.content["number"], one.corrects) for one in await mongolia.reported()] == [
        (30, first.id)
    ]
    every = await world.mn.database.read(lambda c: measure_entries.get(c, second.id))
    assert every.corrected_by is not None
    with pytest.raises(RequestRefused) as refused:
        await enter(4)
    assert refused.value.reason is Reason.ALREADY_EXISTS
    assert (await enter(4, on="2026-01-31")).id

    # a quarter's sheet holds the months' once more: it is kept, and not entered
    quarter = a_sheet(period=Period("2025-Q4"))
    assert (await world.post(a_message(quarter, created_at=world.clock.now()))).outcome == (
        "accepted"
    )
    assert len(await mongolia.held()) == 2
    assert len(await mongolia.reported()) == 2


async def test_benefits_given_under_an_arrangement_of_three_are_not_ours_alone(
    a_world: AWorld,
) -> None:
    base = completed_registry()
    agreed = base.get_arrangement(CN_MN)
    third = agreed.parties[0].model_copy(update={"territory": Territory("KR")})
    of_three = agreed.model_copy(update={"parties": (*agreed.parties, third)})
    registry = replace(base, arrangements={**base.arrangements, CN_MN: of_three})
    world = await a_world(registries={MN: registry, CN: registry})
    await world.post(a_message(a_sheet(), created_at=world.clock.now()))
    assert len(await world.mn.database.read(joint_sheets.history)) == 1
    entered = partial(measure_entries.current, kind="reported_benefits")
    assert await world.mn.database.read(entered) == []


async def test_a_sheet_is_sent_to_who_takes_it_or_vouched_for_by_an_officer(
    a_world: AWorld, tmp_path: Path
) -> None:
    world, mongolia, china = await two_sides(a_world, tmp_path)
    await china.give({"inspection_lower": 30})
    await china.publish()
    report = await china.sheet()

    (tmp_path / "CN.json").write_bytes(
        write_report(
            report, form="json", printing=Printing(report.printed_on, audience=Audience.PARTNER)
        )
    )
    with pytest.raises(RequestRefused) as refused:
        await mongolia.take(tmp_path / "CN.json")
    assert refused.value.reason is Reason.SIGNATURE_MISSING
    taken = await mongolia.take(tmp_path / "CN.json", evidence="letter 12")
    assert [one.number for one in taken.entered] == [30]

    with pytest.raises(RequestRefused) as not_asked:
        await china.sharer.send(report, by=ONE)
    assert not_asked.value.reason is Reason.KIND_NOT_ACCEPTED
    await world.cn.enquirer.ping(MN)
    await world.settle()
    message = await china.sharer.send(report, by=ONE)
    await world.settle()
    sent = await world.cn.database.read(lambda c: outbox.find(c, MessageId(message)))
    assert sent is not None
    assert (sent.state, sent.outcome) == (outbox.SETTLED, "accepted")
    # signed, it takes the place of what an officer vouched for, and changes no number
    vouched, signed = await mongolia.held()
    assert (vouched.came.evidence, signed.came.message_id) == ("letter 12", message)
    assert (vouched.digest, signed.corrects) == (signed.digest, vouched.id)
    assert len(await mongolia.reported()) == 1
    world.move(timedelta(days=1))
    (tmp_path / "other.json").write_text(
        (tmp_path / "CN.json").read_text("utf-8").replace("30.0", "31.0"), encoding="utf-8"
    )
    with pytest.raises(RequestRefused) as weaker:
        await mongolia.take(tmp_path / "other.json", evidence="letter 13")
    assert weaker.value.reason is Reason.SIGNATURE_MISSING
