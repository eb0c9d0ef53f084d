"""Gathers a report on performance: figures, aims, lights, trends, doubts, origins.

1. the figures of the period, and of the periods before it for trends; for a partner only published
   ones, suppressed together where few cases stand behind them
2. each KPI of each catalogue with its rows: baseline, target, actual, light, trend, doubts
3. a page for each arrangement: its own figures beside those of all others
4. the plan of evaluations, and where every figure comes from

A report for a partner has nothing but the arrangements both are parties of, in figures both sides
can compute; it is made so here, and nothing has to be left out when it is printed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.analytics.figure_disclosure import suppress_figures
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.indicators.aims import baseline_for, target_for
from mra_gateway.indicators.lights import HALF_WAY, judge
from mra_gateway.indicators.plausibility import check_aims, check_figure
from mra_gateway.indicators.trends import leading_to
from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.model.indicators import (
    Breakdown,
    Figure,
    FigureStatus,
    Indicator,
    IndicatorCatalogue,
    IndicatorId,
    Kpi,
)
from mra_gateway.model.performance import (
    ArrangementPage,
    ArrangementRow,
    IndicatorRow,
    KpiTable,
    Origin,
    Part,
    PerformanceReport,
    PlannedEvaluation,
    Shown,
    TrendPoint,
)
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase
from mra_gateway.store import aims, evaluations, figures
from mra_gateway.store.figures import Held, Key, key_of, key_of_whole

TREND: Final = {"month": 13, "quarter": 9, "year": 5}
"""Periods of a trend: with the same one of the year before, two years, five years."""

EXCHANGEABLE: Final = frozenset(
    {"quotations", "grants", "effects", "messages", "lists", "operators", "reported_benefits"}
)
"""Event tables of the exchange itself, which both sides have: a joint sheet is counted over them
and over no other."""

_OTHERS: Final = {
    Breakdown.FOREIGN_AEO: Breakdown.NOT_FOREIGN_AEO,
    Breakdown.AEO: Breakdown.NON_AEO,
}
_GONE: Final = frozenset({"no_data", "no_cases"})
NO_LABELS: Mapping[str, Phrase] = MappingProxyType({})
NO_EFFECTS: Mapping[ArrangementId, tuple[ToldRow, ...]] = MappingProxyType({})


class Wanted(NamedTuple):
    """Which report is asked for.

    Attributes:
        us: Whose.
        name: What that administration is called.
        partner: For whom it is, where it is a joint sheet.
        today: The day it is there.
        only: Catalogues; all when empty.
    """

    us: Territory
    name: str
    period: Period
    today: date
    partner: Territory | None = None
    only: tuple[str, ...] = ()

    @property
    def audience(self) -> Audience:
        """Who reads it."""
        return Audience.INTERNAL if self.partner is None else Audience.PARTNER


def gather_report(
    connection: Connection,
    wanted: Wanted,
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
    listed = [one for one in catalogues if not wanted.only or one.id in wanted.only]
    if wanted.partner is None:
        run = _Run(connection, wanted, listed)
        report = run.internal(arrangements, effects)
    else:
        run = _Run(connection, wanted, listed, only_published=True)
        report = run.joint(arrangements)
    report = report.model_copy(update={"labels": _used(labels, report)})
    said = report.model_dump_json(exclude={"digest", "printed_on"})
    return report.model_copy(update={"digest": Digest(hashlib.sha256(said.encode()).hexdigest())})


def _used(labels: Mapping[str, Phrase], report: PerformanceReport) -> dict[str, Phrase]:
    """Returns the labels of what stands in a report."""
    groups = [part.group for kpi in report.kpis for row in kpi.rows for part in row.parts]
    groups += [row.group for page in report.arrangements for row in page.rows]
    keys = sorted({f"{name}:{value}" for group in groups for name, value in group.items()})
    return {key: labels[key] for key in keys if key in labels}


class _Run:
    """One report."""

    def __init__(
        self,
        connection: Connection,
        wanted: Wanted,
        catalogues: Sequence[IndicatorCatalogue],
        *,
        only_published: bool = False,
    ) -> None:
        self._wanted = wanted
        self._catalogues = catalogues
        self._connection = connection
        self._on_pages: set[tuple[str, str]] = set()
        period = wanted.period
        self._periods = leading_to(period, count=TREND[period.kind])
        self._past = figures.history(connection, self._periods, only_published=only_published)
        # keys tell breakdown and group: one order, whatever was computed first
        self._held = {key: self._past[key] for key in sorted(self._past) if key[1] == period}
        self._frozen: dict[Key, Held] = {
            held.key: held
            for held in figures.published(connection, period)
            if held.id != getattr(self._held.get(held.key), "id", None)
        }

    def internal(
        self,
        arrangements: Iterable[Arrangement],
        effects: Mapping[ArrangementId, tuple[ToldRow, ...]],
    ) -> PerformanceReport:
        """Returns the report for the administration itself."""
        listed = list(arrangements)
        self._on_pages = {pair for one in listed for pair in _about(one, us=self._wanted.us)}
        kpis = tuple(self._kpis())
        held = [each.figure for each in self._held.values()]
        origins = tuple(self._origins(kpis))
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
            arrangements=tuple(
                page
                for arrangement in listed
                if (page := self._page(arrangement, held, effects.get(arrangement.id, ()))).rows
                or page.effect
            ),
            plan=tuple(self._plan()),
            origins=origins,
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
            if not _is_gone(figure) or shown.corrects is not None:
                yield Part(breakdown=figure.breakdown, group=figure.group, actual=shown)

    def _shown(self, figure: Figure) -> Shown:
        before = self._frozen.get(key_of(figure))
        shown = shown_of(figure)
        if before is None or before.figure.value == figure.value:
            return shown
        return shown.model_copy(update={"corrects": shown_of(before.figure)})

    # --- arrangements

    def _page(
        self, arrangement: Arrangement, held: Sequence[Figure], effect: tuple[ToldRow, ...] = ()
    ) -> ArrangementPage:
        about = _about(arrangement, us=self._wanted.us)
        rows = []
        for indicator in self._indicators():
            for figure in held:
                if (
                    figure.indicator != indicator.id
                    or figure.breakdown is not indicator.about
                    or not about & figure.group.items()
                    or _is_gone(figure)
                ):
                    continue
                # of a partner there may be several arrangements: who it is about stays written
                rest = {k: v for k, v in figure.group.items() if k != "arrangement"}
                rows.append(
                    ArrangementRow(
                        indicator=indicator.id,
                        title=indicator.title,
                        breakdown=figure.breakdown,
                        group=rest,
                        quantity=indicator.quantity,
                        unit=indicator.unit,
                        actual=self._shown(figure),
                        others=None if rest else _others(indicator, held),
                    )
                )
        return ArrangementPage(
            arrangement=arrangement.id,
            title=arrangement.title,
            partners=tuple(
                Territory.trusted(value) for name, value in sorted(about) if name == "partner"
            ),
            rows=tuple(rows),
            effect=effect,
        )

    def _indicators(self) -> Iterator[Indicator]:
        for catalogue in self._catalogues:
            yield from (fact.value for fact in catalogue.indicators if fact.value is not None)

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
        known = {one.id: one for one in self._indicators()}
        for kpi in kpis:
            for row in kpi.rows:
                indicator = known[row.indicator]
                held = self._own(indicator, self._wanted.period)
                if held is not None:
                    yield _origin(row.number, indicator, held.figure)

    # --- for a partner

    def joint(self, arrangements: Iterable[Arrangement]) -> PerformanceReport:
        """Returns what both sides of an arrangement can compute and see."""
        partner = self._wanted.partner
        assert partner is not None
        mine = [
            one
            for one in arrangements
            if {self._wanted.us, partner} <= {party.territory for party in one.parties}
        ]
        if not mine:
            raise RequestRefused(f"there is no arrangement with {partner}", reason=Reason.NOT_FOUND)
        shared = {one.id: one for one in self._indicators() if one.of in EXCHANGEABLE}
        held = self._leaving(shared, {one.id for one in mine}, partner)
        if not held:
            raise RequestRefused(
                f"no figure of {self._wanted.period} that both sides can compute is published; "
                "a partner gets nothing that may still change",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        pages = tuple(_bare(self._page(one, held)) for one in mine)
        told = {row.indicator for page in pages for row in page.rows}
        return PerformanceReport(
            territory=self._wanted.us,
            name=self._wanted.name,
            audience=Audience.PARTNER,
            partner=partner,
            period=self._wanted.period,
            printed_on=self._wanted.today,
            draft=False,
            partial=any(row.actual.partial for page in pages for row in page.rows),
            half_way=HALF_WAY,
            kpis=(),
            arrangements=pages,
            origins=tuple(
                _origin(str(number), one)
                for number, one in enumerate((shared[id_] for id_ in shared if id_ in told), 1)
            ),
        )

    def _leaving(
        self,
        shared: Mapping[IndicatorId, Indicator],
        mine: Collection[ArrangementId],
        partner: Territory,
    ) -> list[Figure]:
        """Returns what may leave of the period, seen with all of its year that may.

        The months, quarters and the year a partner gets one after another tell of each other.
        """
        year = Period(f"{self._wanted.period.first_on.year}")
        quarters = (Period(f"{year}-Q{number}") for number in range(1, 5))
        published = figures.history(
            self._connection, (year, *quarters, *year.months), only_published=True
        )
        leaving = [
            each.figure
            for _, each in sorted(published.items())
            if each.figure.indicator in shared
            and (
                each.figure.group.get("arrangement") in mine
                or each.figure.group.get("partner") == partner
            )
        ]
        return [
            each
            for each in suppress_figures(leaving, indicators=shared)
            if each.period == self._wanted.period
        ]


def join_theirs(report: PerformanceReport, sent: PerformanceReport) -> PerformanceReport:
    """Returns a joint sheet with what the partner sent beside what is ours.

    Their figure of an indicator and group stands beside ours of the same; what only they have gets
    no line, for nothing of ours can be compared with it.

    Raises:
        RequestRefused: It was not sent by that partner for us, or is of another period.
    """
    if (
        sent.audience is not Audience.PARTNER
        or (sent.territory, sent.partner) != (report.partner, report.territory)
        or sent.period != report.period
    ):
        raise RequestRefused(
            f"what was sent is no joint sheet of {report.partner} for {report.territory} and "
            f"{report.period}",
            reason=Reason.REQUEST_INVALID,
        )
    theirs = {
        (page.arrangement, row.indicator, *_mirrored(row.group, report)): row.actual
        for page in sent.arrangements
        for row in page.rows
    }
    pages = tuple(
        page.model_copy(
            update={
                "rows": tuple(
                    row.model_copy(
                        update={
                            "theirs": theirs.get(
                                (page.arrangement, row.indicator, *sorted(row.group.items()))
                            )
                        }
                    )
                    for row in page.rows
                )
            }
        )
        for page in report.arrangements
    )
    return report.model_copy(update={"arrangements": pages})


def _mirrored(group: Mapping[str, str], ours: PerformanceReport) -> list[tuple[str, str]]:
    """Returns a group of theirs as ours is called: what went out there came in here."""
    turned = {"in": "out", "out": "in"}
    said = dict(group)
    if "direction" in said:
        said["direction"] = turned.get(said["direction"], said["direction"])
    if said.get("partner") == ours.territory:
        said["partner"] = str(ours.partner)
    return sorted(said.items())


def shown_of(figure: Figure) -> Shown:
    """Returns a figure as a report shows it."""
    return Shown(
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        cases=figure.cases,
        interval=figure.interval,
        method=figure.method,
        status=figure.status,
        partial=figure.partial,
        suppressed=figure.suppressed,
        notes=figure.notes,
        prepared_by=figure.prepared_by,
        approved_by=figure.approved_by,
    )


def _about(arrangement: Arrangement, *, us: Territory) -> set[tuple[str, str]]:
    """Returns what figures are divided by that are about an arrangement or a partner of it."""
    others = (str(one.territory) for one in arrangement.parties if one.territory != us)
    return {("arrangement", str(arrangement.id)), *(("partner", one) for one in others)}


def _bare(page: ArrangementPage) -> ArrangementPage:
    """Leaves out who did what, what our other consignments are like, and what stood there before.

    That a figure is corrected stays said; the earlier one could tell what is suppressed.
    """
    return page.model_copy(
        update={
            "effect": (),
            "rows": tuple(
                row.model_copy(update={"others": None, "actual": _bare_figure(row.actual)})
                for row in page.rows
            ),
        }
    )


def _bare_figure(shown: Shown) -> Shown:
    was_there = shown.corrects is not None and not shown.suppressed
    return shown.model_copy(
        update={
            "prepared_by": None,
            "approved_by": None,
            "notes": (),
            "corrects": Shown(value=None, status=FigureStatus.PUBLISHED) if was_there else None,
        }
    )


def _is_gone(figure: Figure) -> bool:
    """Says whether it only says that there is nothing of this group any more."""
    return figure.value is None and any(one.code in _GONE for one in figure.notes)


def _others(indicator: Indicator, held: Sequence[Figure]) -> Shown | None:
    """Returns the figure of all that is not of the arrangement's kind, where it was computed."""
    wanted = _OTHERS.get(indicator.about)
    for figure in held:
        if figure.indicator == indicator.id and figure.breakdown is wanted and not figure.group:
            return shown_of(figure)
    return None


def _origin(number: str, indicator: Indicator, figure: Figure | None = None) -> Origin:
    return Origin(
        number=number,
        indicator=indicator.id,
        numerator=indicator.numerator,
        denominator=indicator.denominator,
        event_table=indicator.of,
        lineage=None if figure is None else figure.lineage,
    )
