"""Gathers the joint monitoring sheet for a partner: what both sides of an arrangement can compute.

1. the arrangements both are parties of
2. published figures counted over the exchange itself and divided by one of them; whatever of the
   year may leave is suppressed together, for months, quarters and the year tell of each other
3. nothing besides: not who did what, not what our other consignments are like
4. where the partner sent its own sheet, its figures stand beside ours
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from mra_gateway.analytics.figure_disclosure import suppress_figures
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.report_arrangements import origin_of, page_of, shown_of
from mra_gateway.indicators.lights import HALF_WAY
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.indicators import Figure, FigureStatus, Indicator, IndicatorId
from mra_gateway.model.performance import (
    ArrangementPage,
    PerformanceReport,
    ReportRequest,
    Shown,
)
from mra_gateway.model.periods import Period
from mra_gateway.store import figures
from mra_gateway.store.figures import key_of

EXCHANGEABLE: Final = frozenset(
    {"quotations", "grants", "effects", "messages", "lists", "operators", "reported_benefits"}
)
"""Event tables of the exchange itself, which both sides have: a joint sheet is counted over them
and over no other."""


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
    page = partial(page_of, us=wanted.us, indicators=shared.values(), show=leaving.show)
    pages = tuple(_bare(page(one, leaving.figures)) for one in mine)
    told = {row.indicator for one in pages for row in one.rows}
    return PerformanceReport(
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
            for number, id_ in enumerate((id_ for id_ in shared if id_ in told), 1)
        ),
    )


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
        published = figures.history(
            connection, (year, *quarters, *year.months), only_published=True
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
        self.figures = [
            each for each in suppress_figures(leaving, indicators=shared) if each.period == period
        ]
        newest = {each.id for each in published.values()}
        self._before = {
            each.key: each.figure
            for each in figures.published(connection, period)
            if each.id not in newest
        }

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
