"""Gathers the page of an arrangement: its own figures beside those of all others.

What is divided by arrangement or by partner stands on these pages, and nowhere else in a report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.indicators import Breakdown, Figure, Indicator
from mra_gateway.model.performance import ArrangementPage, ArrangementRow, Origin, Shown

_OTHERS: Final = {
    Breakdown.FOREIGN_AEO: Breakdown.NOT_FOREIGN_AEO,
    Breakdown.AEO: Breakdown.NON_AEO,
}
_GONE: Final = frozenset({"no_data", "no_cases"})


def page_of(
    arrangement: Arrangement,
    figures: Sequence[Figure],
    *,
    us: Territory,
    indicators: Iterable[Indicator],
    show: Callable[[Figure], Shown],
    effect: tuple[ToldRow, ...] = (),
) -> ArrangementPage:
    """Returns the page of an arrangement.

    Args:
        arrangement: Which one.
        figures: All of the period.
        us: Who we are among its parties.
        indicators: In the order they are to stand in.
        show: How a figure is shown.
        effect: What is told of before and after its start.
    """
    about = about_of(arrangement, us=us)
    rows = []
    for indicator in indicators:
        for figure in figures:
            if (
                figure.indicator != indicator.id
                or figure.breakdown is not indicator.about
                or not about & figure.group.items()
                or is_gone(figure)
            ):
                continue
            # of a partner there may be several arrangements: who it is about stays written
            rest = {k: v for k, v in figure.group.items() if k != "arrangement"}
            rows.append(
                ArrangementRow(
                    indicator=indicator.id,
                    title=indicator.title,
                    definition=figure.lineage.definition,
                    breakdown=figure.breakdown,
                    group=rest,
                    quantity=indicator.quantity,
                    unit=indicator.unit,
                    actual=show(figure),
                    others=None if rest else _others(indicator, figures),
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


def about_of(arrangement: Arrangement, *, us: Territory) -> set[tuple[str, str]]:
    """Returns what figures are divided by that are about an arrangement or a partner of it."""
    others = [str(one.territory) for one in arrangement.parties if one.territory != us]
    divided = ("partner", "country") if len(others) == 1 else ("partner",)
    return {
        ("arrangement", str(arrangement.id)),
        *((column, other) for column in divided for other in others),
    }


def is_gone(figure: Figure) -> bool:
    """Says whether it only says that there is nothing of this group any more."""
    return figure.value is None and any(one.code in _GONE for one in figure.notes)


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


def origin_of(number: str, indicator: Indicator, figure: Figure | None = None) -> Origin:
    """Returns where an indicator's figures come from; without a figure, how it is counted only."""
    return Origin(
        number=number,
        indicator=indicator.id,
        numerator=indicator.numerator,
        denominator=indicator.denominator,
        event_table=indicator.of,
        lineage=None if figure is None else figure.lineage,
    )


def _others(indicator: Indicator, held: Sequence[Figure]) -> Shown | None:
    """Returns the figure of all that is not of the arrangement's kind, where it was computed."""
    wanted = _OTHERS.get(indicator.about)
    for figure in held:
        if figure.indicator == indicator.id and figure.breakdown is wanted and not figure.group:
            return shown_of(figure)
    return None
