"""Gathers the joint monitoring sheet for a partner: what both sides of an arrangement can compute.

1. the arrangements both are parties of
2. published figures counted over the exchange itself and divided by one of them; whatever of the
   year may leave is suppressed together, in the order it was published, for months, quarters, the
   year and what was corrected tell of each other, whichever sheets the partner got
3. nothing besides: not who did what, not what our other consignments are like
4. where the partner's own sheet was taken (`take_sheet.py`), its figures stand beside ours
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from pydantic import ValidationError
from sqlalchemy import Connection

from mra_gateway.analytics.figure_disclosure import suppress_published
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.report_arrangements import origin_of, page_of, shown_of
from mra_gateway.indicators.event_tables import EXCHANGEABLE
from mra_gateway.indicators.lights import HALF_WAY
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.indicators import Figure, FigureStatus, Indicator, IndicatorId
from mra_gateway.model.joint_sheets import CellKey, GroupPart, JointCell
from mra_gateway.model.messages import PerformanceSheet
from mra_gateway.model.performance import (
    ArrangementPage,
    PerformanceReport,
    ReportRequest,
    Shown,
)
from mra_gateway.model.periods import Period
from mra_gateway.store import figures, joint_sheets
from mra_gateway.store.figures import Key, key_of


def gather_joint_sheet(
    connection: Connection,
    wanted: ReportRequest,
    *,
    indicators: Iterable[Indicator],
    arrangements: Iterable[Arrangement],
) -> PerformanceReport:
    """Returns the sheet.

    Args:
        connection: The transaction.
        wanted: For which partner, of which period.
        indicators: All there are.
        arrangements: All there are.

    Raises:
        RequestRefused: There is no arrangement with the partner, or nothing for it is published.
    """
    partner = wanted.partner
    assert partner is not None
    mine = [
        one
        for one in arrangements
        if {wanted.us, partner} <= {party.territory for party in one.parties}
    ]
    if not mine:
        raise RequestRefused(f"there is no arrangement with {partner}", reason=Reason.NOT_FOUND)
    shared = {one.id: one for one in indicators if one.of in EXCHANGEABLE}
    leaving = _Leaving(connection, wanted.period, shared, {one.id for one in mine}, partner)
    if not leaving.figures:
        raise RequestRefused(
            f"no figure of {wanted.period} that both sides can compute is published; "
            "a partner gets nothing that may still change",
            reason=Reason.STATE_NOT_SUITABLE,
        )
    # what is not asked for left with another sheet: it is reckoned with all the same
    told = [
        one for one in shared.values() if not wanted.only or one.id.partition(":")[0] in wanted.only
    ]
    page = partial(page_of, us=wanted.us, indicators=told, show=leaving.show)
    pages = tuple(_bare(page(one, leaving.figures)) for one in mine)
    there = {row.indicator for one in pages for row in one.rows}
    report = PerformanceReport(
        territory=wanted.us,
        name=wanted.name,
        audience=Audience.PARTNER,
        partner=partner,
        period=wanted.period,
        printed_on=wanted.today,
        draft=False,
        partial=any(row.actual.partial for one in pages for row in one.rows),
        half_way=HALF_WAY,
        kpis=(),
        arrangements=pages,
        origins=tuple(
            origin_of(str(number), shared[id_])
            for number, id_ in enumerate((id_ for id_ in shared if id_ in there), 1)
        ),
    )
    held = joint_sheets.newest(connection, partner, wanted.period)
    return report if held is None else _beside(report, _shown_cells(held.body.cells))


class _Leaving:
    """What may leave of a period."""

    def __init__(
        self,
        connection: Connection,
        period: Period,
        shared: Mapping[IndicatorId, Indicator],
        mine: Collection[ArrangementId],
        partner: Territory,
    ) -> None:
        year = Period(f"{period.first_on.year}")
        quarters = (Period(f"{year}-Q{number}") for number in range(1, 5))
        published = figures.publications(connection, (year, *quarters, *year.months))
        leaving = [
            [
                each.figure
                for each in sorted(moment, key=lambda held: held.key)
                if each.figure.indicator in shared
                and (
                    each.figure.group.get("arrangement") in mine
                    or each.figure.group.get("partner") == partner
                )
            ]
            for moment in published
        ]
        left = suppress_published(leaving, indicators=shared)
        self.figures = sorted((each for each in left if each.period == period), key=key_of)
        self._before: dict[Key, Figure] = {}
        newest: dict[Key, Figure] = {}
        for each in figures.published(connection, period):
            if each.key in newest:
                self._before[each.key] = newest[each.key]
            newest[each.key] = each.figure

    def show(self, figure: Figure) -> Shown:
        """Returns a figure; that it is corrected is said, and not from what.

        The earlier one could tell what is suppressed.
        """
        before = self._before.get(key_of(figure))
        shown = shown_of(figure)
        if before is None or figure.suppressed or before.value == figure.value:
            return shown
        corrected = Shown(value=None, status=FigureStatus.PUBLISHED)
        return shown.model_copy(update={"corrects": corrected})


def _bare(page: ArrangementPage) -> ArrangementPage:
    blank = {"prepared_by": None, "approved_by": None, "notes": ()}
    return page.model_copy(
        update={
            "rows": tuple(
                row.model_copy(
                    update={"others": None, "actual": row.actual.model_copy(update=blank)}
                )
                for row in page.rows
            )
        }
    )


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
    rows = ((page.arrangement, row) for page in sent.arrangements for row in page.rows)
    theirs = {
        (arrangement, row.indicator, row.breakdown, tuple(sorted(row.group.items()))): row.actual
        for arrangement, row in rows
    }
    return _beside(report, theirs)


def sheet_of(report: PerformanceReport) -> PerformanceSheet:
    """Returns what a joint sheet says, as the partner gets it.

    Raises:
        RequestRefused: It is no joint sheet, or has no figure, or says less of one than it should.
    """
    if report.audience is not Audience.PARTNER:
        raise RequestRefused("this report is internal: make one for the partner")
    try:
        cells = tuple(
            JointCell(
                arrangement=page.arrangement,
                indicator=row.indicator,
                definition=row.definition,  # type: ignore[arg-type]  # without one it is refused
                breakdown=row.breakdown,
                group=tuple(
                    GroupPart(column=column, value=value)
                    for column, value in sorted(row.group.items())
                ),
                value=row.actual.value,
                numerator=row.actual.numerator,
                denominator=row.actual.denominator,
                cases=row.actual.cases,
                partial=row.actual.partial,
                suppressed=row.actual.suppressed,
            )
            for page in report.arrangements
            for row in page.rows
        )
        return PerformanceSheet(period=report.period, cells=cells)
    except ValidationError:
        # what stands in it may be a stranger's text, and is not repeated
        raise RequestRefused(
            f"a figure of this sheet of {report.period} is none a joint sheet may hold, or there "
            "is none",
            reason=Reason.SHEET_INCONSISTENT,
        ) from None


def _shown_cells(cells: Iterable[JointCell]) -> dict[CellKey, Shown]:
    return {
        one.key: Shown(
            value=one.value,
            numerator=one.numerator,
            denominator=one.denominator,
            cases=one.cases,
            status=FigureStatus.PUBLISHED,
            partial=one.partial,
            suppressed=one.suppressed,
        )
        for one in cells
    }


def _beside(report: PerformanceReport, theirs: Mapping[CellKey, Shown]) -> PerformanceReport:
    """Returns a sheet with the partner's figures, as it calls them, beside ours of the same."""
    mirrored = {
        (arrangement, indicator, breakdown, _mirrored(dict(group), report)): shown
        for (arrangement, indicator, breakdown, group), shown in theirs.items()
    }
    pages = tuple(
        page.model_copy(
            update={
                "rows": tuple(
                    row.model_copy(
                        update={
                            "theirs": mirrored.get(
                                (
                                    page.arrangement,
                                    row.indicator,
                                    row.breakdown,
                                    tuple(sorted(row.group.items())),
                                )
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


def _mirrored(group: Mapping[str, str], ours: PerformanceReport) -> tuple[tuple[str, str], ...]:
    """Returns a group of theirs as ours is called: what went out there came in here."""
    turned = {"in": "out", "out": "in"}
    said = dict(group)
    if "direction" in said:
        said["direction"] = turned.get(said["direction"], said["direction"])
    if said.get("partner") == ours.territory:
        said["partner"] = str(ours.partner)
    return tuple(sorted(said.items()))
