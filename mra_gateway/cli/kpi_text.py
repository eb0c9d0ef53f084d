"""A report on performance on the terminal."""

from __future__ import annotations

from mra_gateway.cli import show
from mra_gateway.model.indicators import Quantity
from mra_gateway.model.performance import PerformanceReport, Shown

_SIGNS = {"reached": "●", "on_the_way": "◐", "behind": "○", "not_judged": "–"}


def print_report(report: PerformanceReport) -> None:
    """Prints a report as tables."""
    show.line(f"{report.name}, {report.period}{' – DRAFT' if report.draft else ''}")
    for kpi in report.kpis:
        show.table(
            ("no", "indicator", "baseline", "target", "actual", "unit", "light", "state"),
            [
                (
                    row.number,
                    row.title.en,
                    _amount(row.baseline.value, row.quantity),
                    "–" if row.target is None else _amount(row.target.value, row.quantity),
                    _shown(row.actual, row.quantity),
                    row.unit.en,
                    f"{_SIGNS[row.judged.light.value]} {row.judged.light.value.replace('_', ' ')}",
                    "" if row.actual is None else row.actual.status.value,
                )
                for row in kpi.rows
            ],
            title=f"{kpi.number}. {kpi.title.en}",
        )
    for page in report.arrangements:
        show.table(
            ("measure", "of which", "actual", "others", "theirs", "unit"),
            [
                (
                    row.title.en,
                    ", ".join(f"{name} {value}" for name, value in row.group.items()),
                    _shown(row.actual, row.quantity),
                    "" if row.others is None else _shown(row.others, row.quantity),
                    "" if row.theirs is None else _shown(row.theirs, row.quantity),
                    row.unit.en,
                )
                for row in page.rows
            ],
            title=f"{page.arrangement}: {page.title}",
        )
        for told in page.effect:
            show.line(f"{told.label.en}: {told.text.en}")


def _amount(value: float | None, quantity: Quantity) -> str:
    if value is None:
        return "–"
    return f"{100 * value:,.1f} %" if quantity is Quantity.SHARE else f"{value:,.6g}"


def _shown(one: Shown | None, quantity: Quantity) -> str:
    if one is None or one.suppressed:
        return "–" if one is None else "suppressed"
    told = _amount(one.value, quantity) + (" partial" if one.partial else "")
    return told if one.corrects is None else f"{told} (was {_amount(one.corrects.value, quantity)})"
