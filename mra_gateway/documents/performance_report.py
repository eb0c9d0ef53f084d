"""The report of a month, quarter or year: the workshop's table, lights, trends, arrangements.

Everything is in the report (`model/performance.py`) already; here it is only put into words and
tables. What a partner gets is composed in `performance_sheet.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

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
from mra_gateway.documents.performance_values import (
    actual_cell,
    amount,
    baseline_cell,
    baseline_notes,
    finding_text,
    group_text,
    light_cell,
    light_name,
    method_texts,
    note_text,
    of_year,
    period_name,
    point_text,
    trend_cell,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import LIGHTS
from mra_gateway.model.indicators import Breakdown
from mra_gateway.model.performance import (
    ArrangementPage,
    IndicatorRow,
    KpiTable,
    Light,
    Origin,
    PerformanceReport,
    Shown,
)

WORDS = "performance"
_SELF_EVIDENT = ("interval_of_total", "few_cases")
"""Notes that say nothing to this reader: what is counted has no interval, and few cases are a
matter of what leaves."""
_MARK = 12
"""Characters of a digest that are printed: enough to compare, the whole is in the JSON."""


def compose_performance_report(report: PerformanceReport, *, printing: Printing) -> Page:
    """Returns the report of an administration for itself."""
    speaker = Speaker(printing, folder=WORDS)
    blocks: tuple[Block, ...] = (
        *_summary(report, speaker),
        *_lights(report, speaker),
        *_tables(report, speaker),
        *_arrangements(report, speaker),
        *_notes(report, speaker),
        *_parts(report, speaker),
        *_trends(report, speaker),
        *_plan(report, speaker),
        *_lineage(report, speaker),
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
        controls=tuple((key, say(f"filter_{key}")) for key in ("all", "search", "shown")),
    )


def _shown(report: PerformanceReport) -> Iterator[Shown]:
    for row in _rows(report):
        if row.actual is not None:
            yield row.actual
    for page in report.arrangements:
        yield from (row.actual for row in page.rows)


def _rows(report: PerformanceReport) -> Iterator[IndicatorRow]:
    for kpi in report.kpis:
        yield from kpi.rows


def counted_cell(origin: Origin, speaker: Speaker) -> Cell:
    """Returns the expressions of an indicator."""
    counted: list[Said] = [(origin.numerator,)]
    if origin.denominator is not None:
        counted.append((f"/ {origin.denominator}",))
    return Cell(tuple(counted), (speaker.say("of_table", table=origin.event_table),))


def _summary(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    rows = list(_rows(report))
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
    counts = Counter(row.judged.light for row in _rows(report))
    yield Heading(say("lights"), 2)
    yield HeatMap(
        name=say("lights"),
        sheet="Lights",
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
        Column(say("column_indicator"), 2.3),
        Column(say("column_baseline"), 0.95, note=say("column_note")),
        Column(say("column_target"), 0.95),
        Column(say("column_actual"), 1.55, note=say("column_remark")),
        Column(say("column_unit"), 1.2),
        Column(say("column_source"), 1.4),
        Column(say("column_frequency"), 0.85),
        Column(say("column_trend"), 1.1, is_told=False),
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


def _notes(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    """Yields what is to be said of single indicators, below the tables it would tear apart."""
    say = speaker.say
    lines = []
    for kpi in report.kpis:
        # rows of which the same is to be said have it said once
        for notes, rows in groupby(kpi.rows, lambda row: tuple(_notes_of(row, speaker))):
            listed = list(rows)
            title = listed[0].title if len(listed) == 1 else kpi.title
            number = " ".join(row.number for row in listed)
            cells = (Cell(((number,),)), Cell((speaker.phrase(title),)), Cell(notes))
            if notes:
                lines.append(Line(cells, group=kpi.number))
    if lines:
        columns = (
            Column(say("column_number"), 0.7, is_told=False),
            Column(say("column_indicator"), 2.4),
            Column(say("column_note"), 7.4),
        )
        name = say("notes_title")
        yield Heading(name, 2)
        yield Table(name, "Notes", columns, tuple(lines))


def _notes_of(row: IndicatorRow, speaker: Speaker) -> Iterator[Said]:
    yield from (finding_text(one, row.quantity, speaker) for one in row.findings)
    yield from baseline_notes(row.baseline, speaker)
    if row.annotation is not None:
        yield speaker.phrase(row.annotation)
    yield from (speaker.phrase(one) for one in row.notes)
    yield from (speaker.say("exclusion", text=speaker.phrase(one)) for one in row.exclusions)
    if row.actual is not None:
        notes = (one for one in row.actual.notes if one.code not in _SELF_EVIDENT)
        yield from (note_text(one, row.quantity, speaker) for one in notes)


def _heads(row: IndicatorRow, speaker: Speaker) -> tuple[Said, ...]:
    told: list[Said] = []
    if row.value_head is not None:
        told.append(speaker.say("head", head=speaker.say(f"value_{row.value_head.value}")))
    if row.pmm_dimension is not None:
        dimension = speaker.say(f"pmm_{row.pmm_dimension.value}")
        told.append(speaker.say("dimension", dimension=dimension))
    if row.sdg:
        told.append(speaker.say("sdg", goals=", ".join(map(str, row.sdg))))
    return tuple(told)


def _parts(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    """Yields a line for each group of an indicator, a column for whose figure it is."""
    say = speaker.say
    lines: list[Line] = []
    for kpi in report.kpis:
        for row in kpi.rows:
            lines += _parts_of(row, kpi, report, speaker)
    if lines:
        columns = (
            Column(say("column_number"), 0.5, is_told=False),
            Column(say("column_indicator"), 2.6),
            Column(say("column_group"), 1.6),
            *(
                Column(say(f"breakdown_{one.value}"), 1.35, note=say("column_remark"))
                for one in Breakdown
            ),
            Column(say("column_unit"), 1.4),
        )
        name = say("parts_title")
        yield Heading(name, 2)
        table = Table(name, "Parts", columns, tuple(lines), is_sortable=True)
        yield without_blank_columns(table)


def _parts_of(
    row: IndicatorRow, kpi: KpiTable, report: PerformanceReport, speaker: Speaker
) -> Iterator[Line]:
    if not row.parts or row.actual is None:
        return
    of: dict[Said, dict[Breakdown, Shown]] = {("",): {row.breakdown: row.actual}}
    for part in row.parts:
        group = group_text(part.group, report.labels, speaker)
        of.setdefault(group, {})[part.breakdown] = part.actual
    for group, figures in of.items():
        yield Line(
            (
                Cell(((row.number,),)),
                Cell((speaker.phrase(row.title),)),
                Cell((group,) if group != ("",) else ()),
                *(
                    actual_cell(figures[one], row.quantity, speaker, says_state=False)
                    if one in figures
                    else Cell()
                    for one in Breakdown
                ),
                Cell((speaker.phrase(row.unit),)),
            ),
            group=kpi.number,
            finding=LIGHTS[row.judged.light].key,
        )


def _trends(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    drawn = [
        (kpi, row)
        for kpi in report.kpis
        for row in kpi.rows
        if any(point.value is not None for point in row.trend[:-1])
    ]
    # periods before the first figure of any indicator are left out
    counted = {point.period for _, row in drawn for point in row.trend if point.value is not None}
    periods = tuple(
        dict.fromkeys(
            point.period for _, row in drawn for point in row.trend if point.period >= min(counted)
        )
    )
    lines = tuple(
        Line(
            (
                Cell(((row.number,),)),
                Cell((speaker.phrase(row.title),)),
                *(
                    Cell((point_text(point, row.quantity, speaker),), number=point.value)
                    for point in row.trend
                    if point.period in periods
                ),
            ),
            group=kpi.number,
            finding=LIGHTS[row.judged.light].key,
        )
        for kpi, row in drawn
    )
    if lines:
        columns = (
            Column(say("column_number"), 0.55, is_told=False),
            Column(say("column_indicator"), 2.6),
            *(Column((period,), 0.85, is_told=False) for period in periods),
        )
        name = say("trend_title", count=str(len(periods)))
        yield Heading(name, 2)
        if any(point.partial for _, row in drawn for point in row.trend):
            yield Paragraph(say("trend_marks"), "small")
        yield Table(name, "Trend", columns, lines, is_sortable=True)


def _arrangements(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    for page in report.arrangements:
        yield Heading(speaker.say("arrangement_title", title=page.title, id=page.arrangement), 2)
        if page.rows:
            yield Paragraph(speaker.say("arrangement_lead"), "small")
            yield _arrangement(page, report, speaker)
        else:
            yield Paragraph(speaker.say("arrangement_empty"))
        if page.effect:
            told = ((speaker.phrase(one.label), speaker.phrase(one.text)) for one in page.effect)
            yield Heading(speaker.say("effect_title"), 3)
            yield Facts((), tuple((label, (Cell((text,)),)) for label, text in told))


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
    name = say("arrangement_title", title=page.title, id=page.arrangement)
    return without_blank_columns(Table(name, page.arrangement, columns, lines, is_sortable=True))


def _plan(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    if not report.plan:
        return
    say = speaker.say
    columns = (
        Column(say("column_key"), 0.5, is_told=False),
        Column(say("column_what"), 3.4),
        Column(say("column_responsible"), 2.0),
        Column(say("column_due"), 1.2),
        Column(say("column_done"), 1.0),
        Column(say("column_outcome"), 3.0),
    )
    lines = tuple(
        Line(
            (
                Cell(((one.key,),)),
                Cell(
                    ((one.title,),),
                    (say(f"kind_{one.kind}"),),
                ),
                Cell(((one.responsible,),)),
                Cell(((one.due_on.isoformat(),),), (say("overdue"),) if one.overdue else ()),
                Cell(((one.done_on.isoformat(),),) if one.done_on else ()),
                Cell(((one.outcome,),) if one.outcome else ()),
            )
        )
        for one in report.plan
    )
    name = say("plan_title")
    yield Heading(name, 2)
    yield Table(name, "Plan", columns, lines)


def _formula(row: IndicatorRow | None, speaker: Speaker) -> tuple[Said, ...]:
    formula = None if row is None else row.baseline.formula
    if formula is None:
        return ()
    return (speaker.say("baseline_formula", formula=speaker.phrase(formula)),)


def _lineage(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    if not report.origins:
        return
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.5, is_told=False),
        Column(say("column_indicator"), 2.8),
        Column(say("column_counted"), 4.4),
        Column(say("column_inputs"), 2.6),
        Column(say("column_definition"), 1.6, is_told=False),
        Column(say("column_engine"), 1.2, is_told=False),
    )
    rows = {row.number: row for row in _rows(report)}
    lines = []
    for one in report.origins:
        if one.lineage is None:
            continue
        inputs = tuple(
            speaker.joined(
                (
                    (f"{each.kind} {each.id}",),
                    say("rows", rows=speaker.number(each.rows)),
                    (each.digest[:_MARK],),
                ),
                by=", ",
            )
            for each in one.lineage.inputs
        )
        digests = ((one.lineage.definition[:_MARK],), (one.lineage.digest[:_MARK],))
        row = rows.get(one.number)
        methods = () if row is None or row.actual is None else method_texts(row.actual, speaker)
        counted = counted_cell(one, speaker)
        cells = (
            Cell(((one.number,),)),
            Cell(((one.indicator,),), () if row is None else _heads(row, speaker)),
            counted._replace(small=(*counted.small, *_formula(row, speaker), *methods)),
            Cell(inputs),
            Cell(digests),
            Cell(((one.lineage.engine,),)),
        )
        lines.append(Line(cells))
    name = say("lineage_title")
    yield Heading(name, 2)
    yield Paragraph(say("lineage_lead"), "small")
    yield Table(name, "Lineage", columns, tuple(lines))
