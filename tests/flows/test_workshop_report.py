"""The workshop's own table, entered with its sample figures and reproduced as a report.

Source: the samples of the CAREC workshop (Astana, August 2024): applications 2 → 10, approved
2 → 3, acceptance 2 → 10, service commitments 10 → 15, additional benefits 10 → 15.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mra_gateway.clock import HandMovedClock
from mra_gateway.documents.performance_report import compose_performance_report
from mra_gateway.documents.rendering import Format, render_page
from mra_gateway.documents.speaking import Printing
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.approve_figures import FigureKeeper
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.make_report import Reporter
from mra_gateway.flows.measure_enter import Enterer, Said
from mra_gateway.flows.plan_evaluations import EvaluationPlanner, NewEvaluation
from mra_gateway.flows.set_aims import AimKeeper, Set
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.indicators import Baseline, BaselineKind, IndicatorId, Target
from mra_gateway.model.messages import Environment
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.performance import IndicatorRow, Light, PerformanceReport, ReportRequest
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.store import aims
from mra_gateway.store.database import Database
from tests.support.negotiating import officer
from tests.support.reading_documents import tree_of

MN, YEAR = Territory("MN"), Period("2025")
BOLD, SARAN = officer("bold", OfficerRole.RISK), officer("saran", OfficerRole.AEO)
SAMPLES = {
    "carec:uptake.applications": (2, 10, 9, Light.ON_THE_WAY),
    "carec:uptake.approved": (2, 3, 3, Light.REACHED),
    "carec:uptake.acceptance": (2, 10, 5, Light.BEHIND),
    "carec:commitments.published": (10, 15, 15, Light.REACHED),
    "carec:commitments.benefits": (10, 15, 13, Light.ON_THE_WAY),
}
"""Baseline of 2024, target of 2025 as the workshop has them; actual figures of ours."""
EVIDENCE = "report 14/2025 of the department"


@cache
def shipped() -> Registry:
    return load_registry()


class Office:
    """What an administration enters, and the report it gets."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database = database
        self.clock = HandMovedClock(datetime(2026, 1, 12, 3, 0, tzinfo=UTC))
        self.book = PartnerBook(us=MN, environment=Environment.TEST, registry=shipped())
        self.keeper = AimKeeper(book=self.book, clock=self.clock)
        self.planner = EvaluationPlanner(book=self.book, clock=self.clock)
        self.reporter = Reporter(database=database, home=home, clock=self.clock, book=self.book)

    async def enter_samples(self) -> None:
        await self.database.write(self._enter_samples)

    def _enter_samples(self, connection: Connection) -> None:
        for name, (start, end, _, _) in SAMPLES.items():
            id_ = IndicatorId(name)
            kind = shipped().get_indicator(id_).baseline.kind
            baseline = Baseline(kind=kind, value=start, year=2024)
            self.keeper.set_baseline(connection, id_, baseline, evidence=EVIDENCE, by=BOLD)
            self.keeper.set_target(
                connection, id_, Target(value=end, year=2025), evidence=EVIDENCE, by=BOLD
            )
        enterer = Enterer(registry=shipped(), clock=self.clock)

        def enter(kind: str, **fields: Any) -> None:
            said = Said(kind, {name: str(value) for name, value in fields.items()}, EVIDENCE)
            enterer.enter(connection, said, by=BOLD)

        for name in ("carec:uptake.applications", "carec:uptake.approved"):
            actual = SAMPLES[name][2]
            enter("value", indicator=name, on="2025-03-31", value=actual - 2)
            enter("value", indicator=name, on="2025-09-30", value=2)
        for score in (4, 5, 6):
            enter(
                "rating", survey="acceptance", score=score, scale_from=1, scale_to=10,
                on="2025-11-03", side="operator",
            )  # fmt: skip
        for number in range(SAMPLES["carec:commitments.published"][2]):
            enter("pledge", pledge=f"P{number}", reference=f"gazette {number}",
                  published_on="2025-02-01")  # fmt: skip
        for number in range(SAMPLES["carec:commitments.benefits"][2]):
            enter("legal-order", order=f"O{number}", approved_on="2025-02-01", benefits=1,
                  reference=f"gazette {number}")  # fmt: skip

    async def report(self, period: Period = YEAR, *, by: Actor = BOLD) -> PerformanceReport:
        wanted = ReportRequest(us=MN, name="Customs", period=period, today=date(2026, 1, 12))
        return await self.reporter.make(wanted, by=by)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return Office(database, tmp_path)


def rows_of(report: PerformanceReport) -> dict[str, IndicatorRow]:
    return {str(row.indicator): row for kpi in report.kpis for row in kpi.rows}


async def test_the_workshops_table_is_reproduced_with_its_sample_figures(office: Office) -> None:
    await office.enter_samples()
    auditor = officer("aldo", OfficerRole.AUDITOR)
    untouched = rows_of(await office.report(by=auditor))
    assert all(row.actual is None for row in untouched.values()), "an auditor changes nothing"
    made = await office.report()

    rows = rows_of(made)
    for name, (start, end, actual, light) in SAMPLES.items():
        row = rows[name]
        assert row.target is not None
        assert row.actual is not None
        found = (row.baseline.value, row.baseline.year, row.target.value, row.target.year)
        assert found == (start, 2024, end, 2025), name
        assert (row.actual.value, row.judged.light) == (actual, light), name

    carec = [kpi for kpi in made.kpis if kpi.catalogue == "carec"]
    assert sum(len(kpi.rows) for kpi in carec) == len(shipped().indicators["carec"].indicators)
    page = compose_performance_report(made, printing=Printing(date(2026, 1, 12)))
    tree = tree_of(render_page(page, into=Format.HTML))
    lines = {
        line.get("data-anchor"): [
            " ".join(cell.xpath("string(./p[1])").split()) for cell in line.xpath("./td")
        ]
        for line in tree.xpath("//tr[@data-finding]")
    }
    assert lines["1.1"] == [
        "1.1",
        "Number of AEO applications received",
        "2 (2024)",
        "10 (2025)",
        "9",
        "applications submitted",
        "Entries of the department, with evidence / Risk Management",
        "monthly",
        "",
        "◐on the way",
    ]
    assert lines["1.2"][2:6] == ["2 (2024)", "3 (2025)", "3", "applications approved"]
    assert lines["1.3"][2:6] == ["2 (2024)", "10 (2025)", "5", "rating 1-10"]
    assert lines["5.1"][2:6] == ["10 (2024)", "15 (2025)", "15", "service pledges published"]
    assert lines["5.2"][2:5] == ["10 (2024)", "15 (2025)", "13"]


async def test_a_quarter_of_what_adds_up_is_expected_to_bring_a_quarter(office: Office) -> None:
    await office.enter_samples()
    rows = rows_of(await office.report(Period("2025-Q3")))
    applications, pledges = rows["carec:uptake.applications"], rows["carec:commitments.published"]
    assert applications.actual is not None
    assert (applications.actual.value, applications.judged.expected) == (2, 2.5)
    assert pledges.actual is not None
    assert (pledges.actual.value, pledges.judged.expected) == (15, 15)


async def test_a_partner_gets_no_figure_that_may_still_change_and_nothing_internal(
    office: Office,
) -> None:
    await office.enter_samples()
    made = await office.report()
    joint = ReportRequest(
        us=MN, name="Customs", period=YEAR, today=date(2026, 1, 12), partner=Territory("CN")
    )
    with pytest.raises(RequestRefused) as refused:
        await office.reporter.make(joint, by=BOLD)
    assert refused.value.reason is Reason.STATE_NOT_SUITABLE

    definitions = {
        fact.value.id: fact.value
        for catalogue in shipped().indicators.values()
        for fact in catalogue.indicators
        if fact.value is not None
    }
    keeper = FigureKeeper(indicators=definitions, clock=office.clock)

    def publish(connection: Connection) -> None:
        keeper.prepare(connection, YEAR, by=BOLD)
        keeper.approve(connection, YEAR, by=SARAN, note="as entered")
        keeper.publish(connection, YEAR, by=SARAN)

    await office.database.write(publish)
    assert not (await office.report()).draft
    assert rows_of(made).keys() == rows_of(await office.report()).keys()
    # everything published here is entered by hand: none of it is the exchange's
    with pytest.raises(RequestRefused):
        await office.reporter.make(joint, by=BOLD)


async def test_baselines_say_by_what_they_were_assessed_and_are_corrected_not_overwritten(
    office: Office,
) -> None:
    acceptance = IndicatorId("carec:uptake.acceptance")

    async def enter(baseline: Baseline) -> Set:
        return await office.database.write(
            lambda c: office.keeper.set_baseline(c, acceptance, baseline, evidence="x", by=BOLD)
        )

    scale = Baseline(kind=BaselineKind.SCALE, value=2, year=2024)
    assert not (await enter(scale)).corrects
    with pytest.raises(RequestRefused, match="categories"):
        await enter(scale.model_copy(update={"value": 11}))
    with pytest.raises(RequestRefused, match="criteria"):
        await enter(Baseline(kind=BaselineKind.QUALITATIVE, year=2024))
    assert (await enter(scale.model_copy(update={"value": 3}))).corrects
    kept = await office.database.read(lambda c: aims.written(c, acceptance))
    assert [(one.aim.value, one.corrects) for one in kept] == [(2, None), (3, kept[0].id)]

    backwards = Target(value=1, year=2025)
    found = await office.database.write(
        lambda c: office.keeper.set_target(c, acceptance, backwards, evidence="x", by=BOLD)
    )
    assert [one.note.code for one in found.findings] == ["target_no_improvement"]
    endless = Target(value=float("inf"), year=2025)
    with pytest.raises(RequestRefused, match="no number"):
        await office.database.write(
            lambda c: office.keeper.set_target(c, acceptance, endless, evidence="x", by=BOLD)
        )


async def test_evaluations_fall_due_on_working_days_and_are_repeated(office: Office) -> None:
    def work(connection: Connection) -> list[str]:
        planner = office.planner
        # Monday 12 January 2026; ten working days and a holiday later
        holiday = date(2026, 1, 20)
        new = NewEvaluation("audit", "Samples", "Internal audit", "quarter", working_days=10)
        one = planner.add(connection, new, by=BOLD, holidays=[holiday])
        assert one.due_on == date(2026, 1, 27)
        with pytest.raises(RequestRefused, match="no working day"):
            planner.add(
                connection, new._replace(working_days=None, due_on=date(2026, 1, 17)), by=BOLD
            )
        with pytest.raises(RequestRefused, match="either"):
            planner.add(connection, new._replace(working_days=None), by=BOLD)
        done, following = planner.done(connection, one.key, outcome="in order", by=SARAN)
        assert (done.done_on, done.version) == (date(2026, 1, 12), 2)
        assert following is not None
        assert following.due_on == date(2026, 4, 27)
        with pytest.raises(RequestRefused, match="was done"):
            planner.done(connection, one.key, outcome="again", by=SARAN)
        return [each.evaluation.key for each in planner.listed(connection)]

    assert await office.database.write(work) == ["E2"]
    office.clock.move_to(datetime(2026, 5, 4, tzinfo=UTC))
    (late,) = await office.database.read(office.planner.listed)
    assert late.is_overdue
