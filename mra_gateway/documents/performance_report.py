"""The report of a month, quarter or year: the workshop's table, lights, trends, arrangements.

Everything is in the report (`model/performance.py`) already; here it is only put into words and
tables. What a partner gets is composed in `performance_sheet.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Heading,
    HeatLine,
    HeatMap,
    Line,
    Page,
    Paragraph,
    Said,
    Table,
    Tile,
    without_blank_columns,
)
from mra_gateway.documents.performance_appendix import appendix
from mra_gateway.documents.performance_values import (
    actual_cell,
    amount,
    arrangement_name,
    baseline_cell,
    group_text,
    light_cell,
    light_name,
    of_year,
    period_name,
    sheet_name,
    trend_cell,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import LIGHTS
from mra_gateway.model.arrangement_effect import ToldRow
from mra_gateway.model.performance import (
    ArrangementPage,
    IndicatorRow,
    KpiTable,
    Light,
    PerformanceReport,
    Shown,
)

WORDS = "performance"


def compose_performance_report(report: PerformanceReport, *, printing: Printing) -> Page:
    """Returns the report of an administration for itself."""
    speaker = Speaker(printing, folder=WORDS)
    blocks: tuple[Block, ...] = (
        *_summary(report, speaker),
        *_lights(report, speaker),
        *_tables(report, speaker),
        *_arrangements(report, speaker),
        *appendix(report, speaker),
    )
    return framed(report, speaker, blocks=blocks)


def framed(report: PerformanceReport, speaker: Speaker, *, blocks: tuple[Block, ...]) -> Page:
    """Returns the document with its title, marking and, where it is a draft, its watermark."""
    say = speaker.say
    printing = speaker.printing
    all_shown = list(_shown(report))
    open_ = sum(1 for each in all_shown if each.status.value != "published")
    notice = say("draft", count=str(open_), of=str(len(all_shown)))
    of = speaker.territory(report.territory)
    if report.partner is not None:
        of = speaker.joined((of, speaker.territory(report.partner)), by=" – ")
    return Page(
        kind="performance",
        languages=printing.languages,
        title=speaker.say_to_reader("title"),
        subtitle=speaker.joined((of, period_name(report.period, speaker)), by=" · "),
        marking=speaker.say_to_reader("marking"),
        printed=say("printed_on", day=printing.printed_on.isoformat()),
        page_of=say("page_of"),
        printed_on=printing.printed_on,
        blocks=blocks,
        watermark=say("watermark") if report.draft else None,
        notice=notice if report.draft else None,
        letterhead=printing.letterhead,
        is_wide=True,
        cover=say("sheet_cover"),
        charts=say("sheet_charts"),
        controls=tuple((key, say(f"filter_{key}")) for key in ("all", "search", "shown")),
    )


def _shown(report: PerformanceReport) -> Iterator[Shown]:
    for row in report.rows:
        if row.actual is not None:
            yield row.actual
    for page in report.arrangements:
        yield from (row.actual for row in page.rows)


def _summary(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    rows = report.rows
    lights = Counter(row.judged.light for row in rows)
    counts = {light.value: str(lights[light]) for light in Light}
    yield Paragraph(speaker.say("summary", of=str(len(rows)), **counts), "lead")
    for key, count in (
        ("missing", sum(row.actual is None or row.actual.value is None for row in rows)),
        ("partial", sum(row.actual is not None and row.actual.partial for row in rows)),
        ("doubtful", sum(bool(row.findings) for row in rows)),
    ):
        if count:
            yield Paragraph(speaker.say(f"summary_{key}", count=str(count)))


def _lights(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    counts = Counter(row.judged.light for row in report.rows)
    yield Heading(say("lights"), 2)
    yield HeatMap(
        name=say("lights"),
        sheet=sheet_name("lights", speaker),
        category=say("column_kpi"),
        whole=say("column_light"),
        lines=tuple(
            HeatLine(
                kpi.number,
                speaker.phrase(kpi.title),
                LIGHTS[_worst(kpi)],
                tuple(
                    Tile(row.number, LIGHTS[row.judged.light], _title(row, speaker))
                    for row in kpi.rows
                ),
            )
            for kpi in report.kpis
        ),
        legend=tuple((LIGHTS[one], light_name(one, speaker), counts[one]) for one in Light),
    )
    yield Heading(say("rule_title"), 3)
    half = speaker.digits(f"{100 * report.half_way:g} %")
    yield Bullets(tuple(say(f"rule_{number}", half=half) for number in range(1, 7)))


def _worst(kpi: KpiTable) -> Light:
    judged = [row.judged.light for row in kpi.rows]
    order = (Light.BEHIND, Light.ON_THE_WAY, Light.REACHED)
    return next((light for light in order if light in judged), Light.NOT_JUDGED)


def _title(row: IndicatorRow, speaker: Speaker) -> Said:
    parts = [speaker.phrase(row.title), light_name(row.judged.light, speaker)]
    if row.actual is not None:
        parts.append(amount(row.actual.value, row.quantity, speaker))
    return speaker.joined(parts, by=" – ")


def _tables(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    """Yields the workshop's table, one for each catalogue."""
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.5, is_told=False),
        Column(say("column_indicator"), 2.2),
        Column(say("column_baseline"), 0.95, note=say("column_note")),
        Column(say("column_target"), 0.9),
        Column(say("column_actual"), 1.55, note=say("column_remark")),
        Column(say("column_unit"), 1.25),
        Column(say("column_source"), 1.6),
        Column(say("column_frequency"), 1.0),
        # the others stand once for each language
        Column(say("column_trend"), 1.05 * len(speaker.printing.languages), is_told=False),
        Column(say("column_light"), 1.1, note=say("column_remark")),
    )
    titles = {kpi.catalogue: kpi.catalogue_title for kpi in report.kpis}
    for catalogue, title in titles.items():
        lines: list[Line] = []
        for kpi in report.kpis:
            if kpi.catalogue == catalogue:
                lines.append(_head(kpi, speaker))
                lines += [_line(row, kpi, speaker) for row in kpi.rows]
        told = (catalogue,) if title is None else speaker.phrase(title)
        name = say("of_catalogue", title=told)
        yield Heading(name, 2)
        yield Table(
            name, catalogue, columns, tuple(lines), grouped_by=say("column_kpi"), is_sortable=True
        )


def _name(kpi: KpiTable, speaker: Speaker) -> tuple[Said, ...]:
    name = speaker.joined(((kpi.number,), speaker.phrase(kpi.title)), by=". ")
    if kpi.intent is None:
        return (name,)
    return name, speaker.say("intent", intent=speaker.phrase(kpi.intent))


def _head(kpi: KpiTable, speaker: Speaker) -> Line:
    return Line((Cell(_name(kpi, speaker)),), group=kpi.number, is_heading=True)


def _line(row: IndicatorRow, kpi: KpiTable, speaker: Speaker) -> Line:
    target = row.target
    source = (speaker.phrase(row.data_source), speaker.phrase(row.authority))
    return Line(
        (
            Cell(((row.number,),)),
            Cell((speaker.phrase(row.title),)),
            baseline_cell(row, speaker),
            Cell() if target is None else of_year(target.value, target.year, row.quantity, speaker),
            actual_cell(row.actual, row.quantity, speaker),
            Cell((speaker.phrase(row.unit),)),
            Cell((speaker.joined(dict.fromkeys(source), by=" / "),)),
            Cell((speaker.say(f"frequency_{row.frequency.value}"),)),
            trend_cell(row, speaker),
            light_cell(row, speaker),
        ),
        anchor=row.number,
        group=kpi.number,
        finding=LIGHTS[row.judged.light].key,
        group_name=_name(kpi, speaker),
    )


def _arrangements(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    for page in report.arrangements:
        yield Heading(arrangement_name(page, report.territory, speaker), 2)
        if page.rows:
            yield Paragraph(speaker.say("arrangement_lead"), "small")
            yield _arrangement(page, report, speaker)
        else:
            yield Paragraph(speaker.say("arrangement_empty"))
        if page.effect:
            yield Heading(speaker.say("effect_title"), 3)
            yield from _effects(page, speaker)


def _effects(page: ArrangementPage, speaker: Speaker) -> Iterator[Block]:
    """Yields what is told of each measure by itself: it begins with the measure's name."""
    first = page.effect[0].label
    told: list[list[ToldRow]] = []
    for row in page.effect:
        if row.label == first:
            told.append([])
        told[-1].append(row)
    for rows in told:
        lines = ((speaker.phrase(one.label), (Cell((speaker.phrase(one.text),)),)) for one in rows)
        yield Facts((), tuple(lines))


def _arrangement(page: ArrangementPage, report: PerformanceReport, speaker: Speaker) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_measure"), 3.4),
        Column(say("column_group"), 2.4),
        Column(say("column_actual"), 1.6, note=say("column_remark")),
        Column(say("column_others"), 1.6, note=say("column_remark")),
        Column(say("column_unit"), 2.2),
    )
    lines = tuple(
        Line(
            (
                Cell((speaker.phrase(row.title),)),
                Cell((group_text(row.group, report.labels, speaker),) if row.group else ()),
                actual_cell(row.actual, row.quantity, speaker),
                Cell()
                if row.others is None
                else actual_cell(row.others, row.quantity, speaker, says_state=False),
                Cell((speaker.phrase(row.unit),)),
            ),
            group=page.arrangement,
        )
        for row in page.rows
    )
    name = arrangement_name(page, report.territory, speaker)
    return without_blank_columns(Table(name, page.arrangement, columns, lines, is_sortable=True))
