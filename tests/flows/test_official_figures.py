"""Figures become official: by two officers, then frozen; corrections stand beside, never silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.approve_figures import FigureKeeper
from mra_gateway.flows.report_performance import gather_report
from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import (
    Breakdown,
    Figure,
    FigureStatus,
    Indicator,
    IndicatorCatalogue,
    Note,
    Quantity,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.performance import IndicatorRow, PerformanceReport, ReportRequest
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase
from mra_gateway.store import figures
from mra_gateway.store.database import Database
from tests.support import performance
from tests.support.messages import CN_MN
from tests.support.negotiating import officer
from tests.support.performance import AT, a_catalogue, an_indicator
from tests.support.simulation import shipped

BOLD, SARAN = officer("bold", OfficerRole.RISK), officer("saran", OfficerRole.AEO)
READER = officer("aldo", OfficerRole.AUDITOR)
JULY = Period("2025-07")
COUNT = an_indicator("carec:uptake.applications")
SHARE = an_indicator("carec:trade.asia", quantity=Quantity.SHARE, denominator="_.value.sum()")
CATALOGUE = a_catalogue("carec", [COUNT, SHARE])
KEEPER = FigureKeeper(indicators={one.id: one for one in (COUNT, SHARE)}, clock=HandMovedClock(AT))


def a_figure(indicator: str, period: str, value: float | None, **told: Any) -> Figure:
    """A figure of an indicator as it is defined here."""
    defined = {str(one.id): one for one in (COUNT, SHARE)}.get(indicator)
    return performance.a_figure(indicator, period, value, **{"defined": defined, **told})


async def save(database: Database, *computed: Figure) -> int:
    return len(await database.write(lambda c: figures.save(c, computed, units={})))


async def act(database: Database, name: str, *, by: Actor, **changes: Any) -> int:
    move = getattr(KEEPER, name)
    return len(await database.write(lambda c: move(c, JULY, by=by, **changes)))


async def publish(database: Database, *, note: str | None = None) -> None:
    await act(database, "prepare", by=BOLD)
    await act(database, "approve", by=SARAN, note=note)
    await act(database, "publish", by=SARAN)


async def refused(work: Any) -> Reason:
    with pytest.raises(RequestRefused) as error:
        await work
    return error.value.reason


async def report(
    database: Database, *, catalogue: IndicatorCatalogue = CATALOGUE
) -> PerformanceReport:
    wanted = ReportRequest(us=Territory("MN"), name="Customs", period=JULY, today=date(2025, 8, 4))
    return await database.read(lambda c: gather_report(c, wanted, catalogues=[catalogue]))


async def row(database: Database, name: str = "carec:uptake.applications") -> IndicatorRow:
    made = await report(database)
    return next(one for kpi in made.kpis for one in kpi.rows if one.indicator == name)


async def test_two_officers_make_a_figure_official_and_one_alone_does_not(
    database: Database,
) -> None:
    await save(database, a_figure("carec:uptake.applications", "2025-07", 5))
    assert await refused(act(database, "approve", by=SARAN)) is Reason.STATE_NOT_SUITABLE
    assert await refused(act(database, "prepare", by=READER)) is Reason.NOT_PERMITTED
    assert await act(database, "prepare", by=BOLD) == 1
    assert await refused(act(database, "approve", by=BOLD)) is Reason.SECOND_OFFICER_REQUIRED
    assert await refused(act(database, "publish", by=SARAN)) is Reason.STATE_NOT_SUITABLE
    assert await act(database, "approve", by=SARAN) == 1
    assert (await report(database)).draft
    assert await act(database, "publish", by=SARAN) == 1

    shown = (await row(database)).actual
    assert shown is not None
    assert (shown.status, shown.prepared_by, shown.approved_by) == (
        FigureStatus.PUBLISHED,
        "bold",
        "saran",
    )
    assert not (await report(database)).draft
    (held,) = await database.read(lambda c: figures.of_period(c, JULY))
    steps = await database.read(lambda c: figures.acts(c, [held.id]))
    assert [(one.act, one.by) for one in steps] == [
        ("prepared", "bold"),
        ("approved", "saran"),
        ("published", "saran"),
    ]


async def test_a_doubtful_figure_is_approved_only_with_a_reason(database: Database) -> None:
    wrong = a_figure("carec:trade.asia", "2025-07", 1.2, numerator=12, denominator=10)
    await save(database, wrong, a_figure("carec:uptake.applications", "2025-07", 5))
    await act(database, "prepare", by=BOLD)
    assert await refused(act(database, "approve", by=SARAN)) is Reason.STATE_NOT_SUITABLE
    assert await act(database, "approve", by=SARAN, only={COUNT.id}) == 1, "the other is right"
    assert await act(database, "approve", by=SARAN, note="confirmed by the register") == 1
    codes = [one.note.code for one in (await row(database, "carec:trade.asia")).findings]
    assert codes == ["share_above_one", "more_than_whole"]


async def test_a_figure_handed_back_takes_the_whole_way_again(database: Database) -> None:
    await save(database, a_figure("carec:uptake.applications", "2025-07", 5))
    await act(database, "prepare", by=BOLD)
    assert await act(database, "reject", by=SARAN, note="the list was old") == 1
    (held,) = await database.read(lambda c: figures.of_period(c, JULY))
    assert (held.figure.status, held.figure.prepared_by) == (FigureStatus.DRAFT, None)
    assert await act(database, "prepare", by=SARAN) == 1


async def test_what_is_computed_after_publication_stands_beside_and_changes_nothing(
    database: Database,
) -> None:
    first = a_figure("carec:uptake.applications", "2025-07", 5)
    other = a_figure("carec:trade.asia", "2025-07", 0.2, numerator=2, denominator=10)
    await save(database, first, other)
    await publish(database)
    before = await report(database)
    untouched = await row(database, "carec:trade.asia")

    assert await save(database, first, other) == 0, "the same figures are not written anew"
    late = a_figure("carec:uptake.applications", "2025-07", 6, inputs="late")
    assert await save(database, late) == 1
    shown = (await row(database)).actual
    assert shown is not None
    assert (shown.value, shown.status) == (6, FigureStatus.DRAFT)
    assert shown.corrects is not None
    assert (shown.corrects.value, shown.corrects.status) == (5, FigureStatus.PUBLISHED)
    assert await row(database, "carec:trade.asia") == untouched
    assert (await report(database)).digest != before.digest

    frozen = await database.read(lambda c: figures.published(c, JULY))
    assert {one.figure.value for one in frozen} == {5, 0.2}

    again = a_figure("carec:uptake.applications", "2025-07", 7, inputs="later")
    assert await save(database, again) == 1, "a draft is overtaken by the next one"
    await publish(database)
    await save(database, a_figure("carec:uptake.applications", "2025-07", 8, inputs="last"))
    await publish(database)
    chain = [
        (one.id, one.figure.value, one.figure.corrects)
        for one in await database.read(lambda c: figures.published(c, JULY))
        if one.figure.indicator == COUNT.id
    ]
    assert [value for _, value, _ in chain] == [5, 7, 8]
    assert [corrects for _, _, corrects in chain] == [None, chain[0][0], chain[1][0]]


async def test_what_is_published_cannot_be_moved(database: Database) -> None:
    await save(database, a_figure("carec:uptake.applications", "2025-07", 5))
    await publish(database)
    for name in ("prepare", "approve", "publish"):
        assert await refused(act(database, name, by=SARAN)) is Reason.STATE_NOT_SUITABLE
    note = {"note": "no"}
    assert await refused(act(database, "reject", by=SARAN, **note)) is Reason.STATE_NOT_SUITABLE


async def test_a_figure_is_read_back_as_it_was_written(database: Database) -> None:
    written = a_figure(
        "carec:trade.asia",
        "2025-Q3",
        0.25,
        breakdown=Breakdown.FOREIGN_AEO,
        group={"arrangement": "CN-MN-2026", "tier": "Ангилал “A”"},
        numerator=1,
        denominator=4,
        cases=4,
        interval=Interval(low=0.1, high=0.4, level=0.95, method="Wilson score"),
        method="median of two",
        notes=(Note(code="few_cases", values={"cases": 4, "rate": 0.25, "by": "x"}),),
        partial=True,
    )
    yearly = a_figure("carec:trade.asia", "2025", None)
    await save(database, written, yearly)
    for figure in (written, yearly):
        (held,) = await database.read(partial(figures.of_period, period=figure.period))
        assert held.figure == figure


async def test_a_partner_sees_what_both_can_compute_and_nothing_that_is_ours_alone(
    database: Database,
) -> None:
    operators = an_indicator("gateway:operators.recognised", of="operators", numerator="_.count()")
    inspected = an_indicator("gateway:inspection.rate", of="declarations", numerator="_.count()")
    catalogue = a_catalogue("gateway", [operators, inspected])
    group = {"arrangement": str(CN_MN), "tier": "advanced"}

    def figure(indicator: Indicator, value: float, **group: str) -> Figure:
        # everything a partner must not see has a number or a word of its own
        told: dict[str, Any] = {"group": group, "cases": int(value), "numerator": value}
        note = Note(code="sentinel_note")
        return a_figure(str(indicator.id), "2025-07", value, notes=(note,), **told)

    await save(
        database,
        figure(operators, 1234),
        figure(operators, 120, **group),
        figure(operators, 3, **(group | {"tier": "general"})),
        figure(operators, 777, arrangement="KZ-MN-2025", tier="other"),
        figure(inspected, 555, arrangement=str(CN_MN)),
        a_figure("carec:uptake.applications", "2025-07", 333),
    )
    wanted = ReportRequest(
        us=Territory("MN"), name="Customs", period=JULY, today=date(2025, 8, 4),
        partner=Territory("CN"),
    )  # fmt: skip

    async def joint() -> PerformanceReport:
        return await database.read(
            lambda c: gather_report(
                c,
                wanted,
                catalogues=[catalogue, CATALOGUE],
                arrangements=list(shipped().arrangements.values()),
            )
        )

    assert await refused(joint()) is Reason.STATE_NOT_SUITABLE, "nothing is published"
    await publish(database)
    made = await joint()
    (page,) = [one for one in made.arrangements if one.rows]
    assert [(row.group, row.actual.value, row.actual.suppressed) for row in page.rows] == [
        ({"tier": "advanced"}, 120, False),
        ({"tier": "general"}, None, True),
    ]
    said = made.model_dump_json(exclude={"digest"})
    for hidden in ("1234", "777", "555", "333", "bold", "saran", "sentinel", "load"):
        assert hidden not in said, hidden
    await save(
        database,
        a_figure(str(operators.id), "2025-07", 121, group=group, cases=121, inputs="late"),
    )
    assert (await joint()).arrangements == made.arrangements, "a draft is not told"
    await publish(database)
    row = next(row for one in (await joint()).arrangements for row in one.rows)
    assert row.actual.value == 121
    assert row.actual.corrects is not None
    assert row.actual.corrects.value is None, "that it is corrected is told, and not from what"
    inside = await database.read(
        lambda c: gather_report(
            c,
            wanted._replace(partner=None),
            catalogues=[catalogue, CATALOGUE],
            arrangements=list(shipped().arrangements.values()),
        )
    )
    known = inside.model_dump_json()
    for shown in ("1234", "777", "555", "333", "bold", "saran", "sentinel", "load"):
        assert shown in known, shown


BENEFITS = ("document_check_lower", "inspection_lower", "inspection_priority", "liaison")
GIVEN = {
    "2025-07": (3, 6, 7, 30),
    "2025-08": (5, 20, 21, 40),
    "2025-09": (25, 26, 27, 28),
}
"""Benefits given in each month: three of one kind in July, which nobody may learn."""


async def test_nobody_computes_few_cases_back_from_all_sheets_that_ever_left(
    database: Database,
) -> None:
    """Each month leaves when it is published; July is corrected; then comes the quarter."""
    by_benefit = an_indicator("gateway:benefits.granted", of="grants", numerator="_.count()")
    in_all = an_indicator("gateway:benefits.all", of="grants", numerator="_.count()")
    catalogue = a_catalogue("gateway", [by_benefit, in_all])
    effect = ToldRow(label=Phrase(en="verdict"), text=Phrase(en="3 consignments of 1 operator"))
    known: list[tuple[frozenset[tuple[str, str, int]], float]] = []
    counts = {month: dict(zip(BENEFITS, each, strict=True)) for month, each in GIVEN.items()}
    clock = HandMovedClock(AT)
    keeper = FigureKeeper(indicators={one.id: one for one in (by_benefit, in_all)}, clock=clock)

    def publish_all(connection: Connection, *, period: Period) -> None:
        keeper.prepare(connection, period, by=BOLD)
        keeper.approve(connection, period, by=SARAN, note="looked at")
        keeper.publish(connection, period, by=SARAN)

    def unknowns(period: str, benefits: Iterable[str]) -> frozenset[tuple[str, str, int]]:
        months = [str(month) for month in Period(period).months]
        return frozenset((m, one, counts[m][one]) for m in months for one in benefits)

    async def leave(period: str, *, inputs: str = "first") -> None:
        given = {one: sum(n for _, _, n in unknowns(period, [one])) for one in BENEFITS}
        notes = (Note(code="few_cases"),)
        group = {"arrangement": str(CN_MN)}

        def figure(indicator: Indicator, count: int, **more: str) -> Figure:
            return a_figure(
                str(indicator.id), period, count, group=group | more, inputs=inputs, cases=count,
                numerator=count, notes=notes if count < 5 else (), defined=indicator,
            )  # fmt: skip

        await save(
            database,
            figure(in_all, sum(given.values())),
            *(figure(by_benefit, count, benefit=one) for one, count in given.items()),
        )
        clock.move_to(clock.now() + timedelta(days=1))
        await database.write(partial(publish_all, period=Period(period)))
        for asked in {period, "2025-07"}:
            for only in ((), ("gateway",)):
                await read(asked, only)

    async def read(period: str, only: tuple[str, ...]) -> None:
        wanted = ReportRequest(
            us=Territory("MN"), name="Customs", period=Period(period), today=date(2025, 11, 4),
            partner=Territory("CN"), only=only,
        )  # fmt: skip
        made = await database.read(
            lambda c: gather_report(
                c,
                wanted,
                catalogues=[catalogue, CATALOGUE],
                arrangements=list(shipped().arrangements.values()),
                effects={CN_MN: (effect,)},
            )
        )
        assert "3 consignments" not in made.model_dump_json()
        for row in (row for page in made.arrangements for row in page.rows):
            of = [row.group["benefit"]] if "benefit" in row.group else BENEFITS
            numbers = (row.actual.value, row.actual.numerator, row.actual.cases)
            known.extend((unknowns(period, of), one) for one in numbers if one is not None)

    await leave("2025-07")
    await leave("2025-08")
    counts["2025-07"]["inspection_lower"] = 8
    await leave("2025-07", inputs="late")
    await leave("2025-09")
    await leave("2025-Q3")

    names = sorted({name for names, _ in known for name in names})
    told = np.array([[name in each for name in names] for each, _ in known], float)
    assert len(known) > 40
    assert {value for _, value in known} >= {46, 30, 86, 106, 25, 26, 27, 28}, "what may leave does"
    few = np.array([[name[2] < 5 for name in names]], float)
    assert few.sum() == 1
    rank = np.linalg.matrix_rank
    assert rank(np.vstack([told, few])) > rank(told)


async def test_a_country_without_a_case_has_no_line_unless_it_had_a_published_one(
    database: Database,
) -> None:
    def figures_of(inputs: str, **counts: int) -> list[Figure]:
        whole = a_figure(str(SHARE.id), "2025-07", 0.1, numerator=1, denominator=10, inputs=inputs)
        return [
            whole,
            *(
                a_figure(str(SHARE.id), "2025-07", count / 10, numerator=count, denominator=10,
                         group={"country": country}, inputs=inputs)
                for country, count in counts.items()
            ),
        ]  # fmt: skip

    async def lines() -> list[tuple[str, float | None, float | None]]:
        found = await row(database, str(SHARE.id))
        told = [(one.group["country"], one.actual, one.actual.corrects) for one in found.parts]
        return [(name, now.value, was.value if was else None) for name, now, was in told]

    await save(database, *figures_of("first", CN=3, DE=0))
    await publish(database)
    assert await lines() == [("CN", 0.3, None)]
    await save(database, *figures_of("late", CN=0, DE=0))
    assert await lines() == [("CN", 0, 0.3)], "a correction is shown, not left out"
