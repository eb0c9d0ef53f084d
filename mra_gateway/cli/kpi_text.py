"""A report on performance on the terminal, in the words its documents have."""

from __future__ import annotations

from datetime import date

from mra_gateway.cli import show
from mra_gateway.documents.page import Said
from mra_gateway.documents.performance_report import WORDS
from mra_gateway.documents.performance_values import (
    NBSP,
    amount,
    arrangement_name,
    finding_text,
    group_text,
    light_name,
    of_year,
    period_name,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import LIGHTS
from mra_gateway.model.indicators import Quantity
from mra_gateway.model.performance import (
    ArrangementPage,
    Finding,
    IndicatorRow,
    KpiTable,
    PerformanceReport,
    Shown,
)

_OF_INDICATORS = ("number", "indicator", "baseline", "target", "actual", "unit", "light", "state")


def print_report(report: PerformanceReport, *, printing: Printing) -> None:
    """Prints a report as tables, in the first of its languages."""
    speaker = Speaker(printing._replace(languages=printing.languages[:1]), folder=WORDS)
    draft = f" – {_text(speaker.say('watermark'))}" if report.draft else ""
    whose, when = speaker.territory(report.territory), period_name(report.period, speaker)
    show.line(f"{_text(whose)}, {_text(when)}{draft}")
    for kpi in report.kpis:
        _print_kpi(kpi, speaker)
    for page in report.arrangements:
        _print_page(page, report, speaker)


def finding_line(finding: Finding, quantity: Quantity) -> str:
    """Returns a finding as the report words it, in English."""
    speaker = Speaker(Printing(printed_on=date.min), folder=WORDS)
    return _text(finding_text(finding, quantity, speaker))


def _print_kpi(kpi: KpiTable, speaker: Speaker) -> None:
    show.table(
        _headings(_OF_INDICATORS, speaker),
        [_cells(row, speaker) for row in kpi.rows],
        title=f"{kpi.number}. {_text(speaker.phrase(kpi.title))}",
    )


def _cells(row: IndicatorRow, speaker: Speaker) -> tuple[str, ...]:
    target = row.target
    aims = [
        of_year(row.baseline.value, row.baseline.year, row.quantity, speaker),
        of_year(
            None if target is None else target.value,
            None if target is None else target.year,
            row.quantity,
            speaker,
        ),
    ]
    light = row.judged.light
    return (
        row.number,
        _text(speaker.phrase(row.title)),
        *(" ".join(_text(line) for line in aim.lines) for aim in aims),
        _shown(row.actual, row.quantity, speaker),
        _text(speaker.phrase(row.unit)),
        f"{LIGHTS[light].sign} {_text(light_name(light, speaker))}",
        "" if row.actual is None else _text(speaker.say(f"state_{row.actual.status.value}")),
    )


def _print_page(page: ArrangementPage, report: PerformanceReport, speaker: Speaker) -> None:
    beside = _headings(("actual", "others"), speaker)
    if report.partner is not None:
        beside = tuple(_text(speaker.territory(one)) for one in (report.territory, report.partner))
    show.table(
        (*_headings(("measure", "group"), speaker), *beside, *_headings(("unit",), speaker)),
        [
            (
                _text(speaker.phrase(row.title)),
                _text(group_text(row.group, report.labels, speaker)),
                *(
                    "" if one is None else _shown(one, row.quantity, speaker)
                    for one in (row.actual, row.others if report.partner is None else row.theirs)
                ),
                _text(speaker.phrase(row.unit)),
            )
            for row in page.rows
        ],
        title=_text(arrangement_name(page, report.territory, speaker)),
    )
    for told in page.effect:
        show.line(f"{_text(speaker.phrase(told.label))}: {_text(speaker.phrase(told.text))}")


def _headings(keys: tuple[str, ...], speaker: Speaker) -> tuple[str, ...]:
    return tuple(_text(speaker.say(f"column_{key}")) for key in keys)


def _shown(one: Shown | None, quantity: Quantity, speaker: Speaker) -> str:
    if one is None:
        return "–"
    if one.suppressed:
        return _text(speaker.say("suppressed"))
    told = [_text(amount(one.value, quantity, speaker))]
    if one.partial:
        told.append(_text(speaker.say("partial_short")))
    if one.corrects is not None:
        before = amount(one.corrects.value, quantity, speaker)
        told.append(f"({_text(speaker.say('was', value=before))})")
    return " ".join(told)


def _text(said: Said) -> str:
    return said[0].replace(NBSP, " ")
