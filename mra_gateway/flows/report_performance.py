"""Gathers a report on performance: figures, aims, lights, trends, doubts, origins.

1. the figures of the period, and of the periods before it for trends
2. each KPI of each catalogue with its rows: baseline, target, actual, light, trend, doubts
3. a page for each arrangement (`report_arrangements.py`)
4. the plan of evaluations, and where every figure comes from

A report for a partner is gathered in `report_jointly.py`: nothing has to be left out of it when it
is printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from mra_gateway.flows.report_arrangements import about_of, is_gone, origin_of, page_of, shown_of
from mra_gateway.flows.report_jointly import gather_joint_sheet
from mra_gateway.indicators.aims import baseline_for, target_for
from mra_gateway.indicators.lights import HALF_WAY, judge
from mra_gateway.indicators.plausibility import check_aims, check_figure
from mra_gateway.indicators.trends import leading_to
from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Digest
from mra_gateway.model.indicators import (
    Figure,
    FigureStatus,
    Indicator,
    IndicatorCatalogue,
    IndicatorId,
    Kpi,
    Quantity,
)
from mra_gateway.model.performance import (
    IndicatorRow,
    KpiTable,
    Origin,
    Part,
    PerformanceReport,
    PlannedEvaluation,
    ReportRequest,
    Shown,
    TrendPoint,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase
from mra_gateway.store import aims, evaluations, figures
from mra_gateway.store.figures import Held, Key, key_of, key_of_whole

TREND: Final = {"month": 13, "quarter": 9, "year": 5}
"""Periods of a trend: with the same one of the year before, two years, five years."""

NO_LABELS: Mapping[str, Phrase] = MappingProxyType({})
NO_EFFECTS: Mapping[ArrangementId, tuple[ToldRow, ...]] = MappingProxyType({})


def gather_report(
    connection: Connection,
    wanted: ReportRequest,
    *,
    catalogues: Iterable[IndicatorCatalogue],
    arrangements: Iterable[Arrangement] = (),
    effects: Mapping[ArrangementId, tuple[ToldRow, ...]] = NO_EFFECTS,
    labels: Mapping[str, Phrase] = NO_LABELS,
) -> PerformanceReport:
    """Returns a report.

    Args:
        connection: The transaction.
        wanted: Which one.
        catalogues: The indicators.
        arrangements: Those to have a page, if a figure is about them.
        effects: What is told of before and after their start.
        labels: What values of groups are called.

    Raises:
        RequestRefused: For the partner, and no figure of the period is published.
    """
    known = tuple(catalogues)
    listed = [one for one in known if not wanted.only or one.id in wanted.only]
    if wanted.partner is None:
        report = _Run(connection, wanted, listed).report(arrangements, effects)
    else:
        report = gather_joint_sheet(
            connection, wanted, indicators=indicators_of(known), arrangements=arrangements
        )
    report = report.model_copy(update={"labels": _used(labels, report)})
    said = report.model_dump_json(exclude={"digest", "printed_on"})
    return report.model_copy(update={"digest": Digest(hashlib.sha256(said.encode()).hexdigest())})


def indicators_of(catalogues: Iterable[IndicatorCatalogue]) -> tuple[Indicator, ...]:
    """Returns the indicators of catalogues in their order."""
    return tuple(
        fact.value
        for catalogue in catalogues
        for fact in catalogue.indicators
        if fact.value is not None
    )


def _used(labels: Mapping[str, Phrase], report: PerformanceReport) -> dict[str, Phrase]:
    """Returns the labels of what stands in a report."""
    groups = [part.group for kpi in report.kpis for row in kpi.rows for part in row.parts]
    groups += [row.group for page in report.arrangements for row in page.rows]
    keys = sorted({f"{name}:{value}" for group in groups for name, value in group.items()})
    return {key: labels[key] for key in keys if key in labels}


def _is_nothing(figure: Figure, indicator: Indicator) -> bool:
    """Says whether a group only has nothing to be counted: no line is needed to say that.

    A share of nothing says something, but not of a country: of every one goods come from.
    """
    is_told = indicator.quantity is not Quantity.COUNT and "country" not in figure.group
    return bool(figure.group) and figure.numerator == 0 and not is_told


class _Run:
    """One report."""

    def __init__(
        self,
        connection: Connection,
        wanted: ReportRequest,
        catalogues: Sequence[IndicatorCatalogue],
    ) -> None:
        self._wanted = wanted
        self._catalogues = catalogues
        self._indicators = indicators_of(catalogues)
        self._connection = connection
        self._on_pages: set[tuple[str, str]] = set()
        period = wanted.period
        self._periods = leading_to(period, count=TREND[period.kind])
        self._past = figures.history(connection, self._periods)
        # keys tell breakdown and group: one order, whatever was computed first
        self._held = {key: self._past[key] for key in sorted(self._past) if key[1] == period}
        self._frozen: dict[Key, Held] = {
            held.key: held
            for held in figures.published(connection, period)
            if held.id != getattr(self._held.get(held.key), "id", None)
        }

    def report(
        self,
        arrangements: Iterable[Arrangement],
        effects: Mapping[ArrangementId, tuple[ToldRow, ...]],
    ) -> PerformanceReport:
        """Returns the report for the administration itself."""
        listed = list(arrangements)
        self._on_pages = {pair for one in listed for pair in about_of(one, us=self._wanted.us)}
        kpis = tuple(self._kpis())
        held = [each.figure for each in self._held.values()]
        pages = [
            page_of(
                one,
                held,
                us=self._wanted.us,
                indicators=self._indicators,
                show=self._shown,
                effect=effects.get(one.id, ()),
            )
            for one in listed
        ]
        return PerformanceReport(
            territory=self._wanted.us,
            name=self._wanted.name,
            audience=Audience.INTERNAL,
            period=self._wanted.period,
            printed_on=self._wanted.today,
            draft=any(each.status is not FigureStatus.PUBLISHED for each in held) or not held,
            partial=any(each.partial for each in held),
            half_way=HALF_WAY,
            kpis=kpis,
            arrangements=tuple(page for page in pages if page.rows or page.effect),
            plan=tuple(self._plan()),
            origins=tuple(self._origins(kpis)),
        )

    # --- the workshop's table

    def _kpis(self) -> Iterator[KpiTable]:
        entered = aims.held(self._connection)
        number = 0
        for catalogue in self._catalogues:
            rows = [fact.value for fact in catalogue.indicators if fact.value is not None]
            for fact in catalogue.kpis:
                kpi = fact.value
                mine = [one for one in rows if kpi is not None and one.kpi == kpi.id]
                if kpi is None or not mine:
                    continue
                number += 1
                yield self._kpi(catalogue, kpi, mine, number, entered)

    def _kpi(
        self,
        catalogue: IndicatorCatalogue,
        kpi: Kpi,
        indicators: Sequence[Indicator],
        number: int,
        entered: Mapping[IndicatorId, aims.Aims],
    ) -> KpiTable:
        return KpiTable(
            number=str(number),
            catalogue=catalogue.id,
            catalogue_title=catalogue.title.value,
            kpi=kpi.id,
            title=kpi.title,
            intent=kpi.intent,
            rows=tuple(
                self._row(one, f"{number}.{place}", entered.get(one.id, aims.NOTHING))
                for place, one in enumerate(indicators, 1)
            ),
        )

    def _row(self, indicator: Indicator, number: str, entered: aims.Aims) -> IndicatorRow:
        period = self._wanted.period
        baseline = baseline_for(period, indicator=indicator, entered=entered.baselines)
        target = target_for(period, indicator=indicator, entered=entered.targets)
        held = self._own(indicator, period)
        figure = None if held is None else held.figure
        trend = tuple(self._trend(indicator))
        findings = check_aims(indicator, baseline=baseline, target=target)
        if figure is not None:
            before = [point.value for point in trend[:-1]]
            findings += check_figure(figure, indicator=indicator, baseline=baseline, before=before)
        return IndicatorRow(
            number=number,
            indicator=indicator.id,
            title=indicator.title,
            breakdown=indicator.about,
            quantity=indicator.quantity,
            unit=indicator.unit,
            data_source=indicator.data_source,
            authority=indicator.authority,
            frequency=indicator.frequency,
            direction=indicator.direction,
            baseline=baseline,
            target=target,
            actual=None if figure is None else self._shown(figure),
            judged=judge(
                None if figure is None else figure.value,
                indicator=indicator,
                baseline=baseline,
                target=target,
                period=period,
                is_whole=figure is None or not figure.partial,
            ),
            trend=trend,
            parts=tuple(self._parts(indicator)),
            findings=findings,
            annotation=indicator.annotation,
            notes=indicator.notes,
            exclusions=indicator.exclusions,
            value_head=indicator.value_head,
            pmm_dimension=indicator.pmm_dimension,
            sdg=indicator.sdg,
        )

    def _own(self, indicator: Indicator, period: Period) -> Held | None:
        """Returns the indicator's own figure: about whom it is, and of no group."""
        return self._past.get(key_of_whole(indicator.id, period, indicator.about))

    def _trend(self, indicator: Indicator) -> Iterator[TrendPoint]:
        for period in self._periods:
            held = self._own(indicator, period)
            yield TrendPoint(
                period=period,
                value=None if held is None else held.figure.value,
                partial=held is not None and held.figure.partial,
            )

    def _parts(self, indicator: Indicator) -> Iterator[Part]:
        """Yields what it is compared with and divided into; arrangements have own pages."""
        for held in self._held.values():
            figure = held.figure
            is_own = figure.breakdown is indicator.about and not figure.group
            is_on_page = bool(self._on_pages & figure.group.items())
            if figure.indicator != indicator.id or is_own or is_on_page:
                continue
            shown = self._shown(figure)
            # what corrects a published figure is shown, also where nothing is left of it
            if shown.corrects is not None or not (
                is_gone(figure) or _is_nothing(figure, indicator)
            ):
                yield Part(breakdown=figure.breakdown, group=figure.group, actual=shown)

    def _shown(self, figure: Figure) -> Shown:
        before = self._frozen.get(key_of(figure))
        shown = shown_of(figure)
        if before is None or before.figure.value == figure.value:
            return shown
        return shown.model_copy(update={"corrects": shown_of(before.figure)})

    # --- the plan, and where figures come from

    def _plan(self) -> Iterator[PlannedEvaluation]:
        for one in evaluations.listed(self._connection):
            yield PlannedEvaluation(
                key=one.key,
                kind=one.kind,
                title=one.title,
                responsible=one.responsible,
                due_on=one.due_on,
                done_on=one.done_on,
                outcome=one.outcome,
                overdue=one.done_on is None and one.due_on < self._wanted.today,
            )

    def _origins(self, kpis: Iterable[KpiTable]) -> Iterator[Origin]:
        known = {one.id: one for one in self._indicators}
        for kpi in kpis:
            for row in kpi.rows:
                indicator = known[row.indicator]
                held = self._own(indicator, self._wanted.period)
                if held is not None:
                    yield origin_of(row.number, indicator, held.figure)
