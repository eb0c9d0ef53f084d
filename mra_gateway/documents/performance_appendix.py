"""What stands below the tables of a report on performance: notes, comparisons, trends, origins.

The tables are in `performance_report.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mra_gateway.documents.page import (
    Block,
    Cell,
    Column,
    Heading,
    Line,
    Paragraph,
    Said,
    Table,
    without_blank_columns,
)
from mra_gateway.documents.performance_values import (
    actual_cell,
    baseline_notes,
    finding_text,
    group_text,
    method_texts,
    note_text,
    point_text,
    sheet_name,
    trend_cell,
)
from mra_gateway.documents.speaking import Speaker
from mra_gateway.documents.tones import LIGHTS
from mra_gateway.model.indicators import Breakdown, LineageInput
from mra_gateway.model.performance import (
    IndicatorRow,
    KpiTable,
    Origin,
    PerformanceReport,
    Shown,
)

_SELF_EVIDENT = ("interval_of_total", "few_cases")
"""Notes that say nothing to this reader: what is counted has no interval, and few cases are a
matter of what leaves."""
_MARK = 12
"""Characters of a digest that are printed: enough to compare, the whole is in the JSON."""


def appendix(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    """Yields everything that stands below the tables."""
    yield from _notes(report, speaker)
    yield from _parts(report, speaker)
    yield from _trends(report, speaker)
    yield from _plan(report, speaker)
    yield from _lineage(report, speaker)


def counted_cell(origin: Origin, speaker: Speaker) -> Cell:
    """Returns the expressions of an indicator."""
    counted: list[Said] = [(origin.numerator,)]
    if origin.denominator is not None:
        counted.append((f"/ {origin.denominator}",))
    return Cell(tuple(counted), (speaker.say("of_table", table=origin.event_table),))


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
        yield Table(name, sheet_name("notes", speaker), columns, tuple(lines))


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
        table = Table(name, sheet_name("parts", speaker), columns, tuple(lines), is_sortable=True)
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
                Cell((speaker.phrase(row.title),), (speaker.phrase(row.unit),)),
                trend_cell(row, speaker, periods=periods),
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
            Column(say("column_indicator"), 2.6, note=say("column_unit")),
            Column(say("column_trend"), 1.3, is_told=False),
            *(Column((period,), 0.8, is_told=False) for period in periods),
        )
        name = say("trend_title", count=str(len(periods)))
        yield Heading(name, 2)
        if any(point.partial for _, row in drawn for point in row.trend):
            yield Paragraph(say("trend_marks"), "small")
        yield Table(name, sheet_name("trend", speaker), columns, lines, is_sortable=True)


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
    yield Table(name, sheet_name("plan", speaker), columns, lines)


def _input(one: LineageInput, speaker: Speaker) -> Said:
    key = f"input_{one.kind}"
    return speaker.say(key, id=one.id) if speaker.has(key) else (f"{one.kind} {one.id}",)


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
    rows = {row.number: row for row in report.rows}
    lines = []
    for one in report.origins:
        if one.lineage is None:
            continue
        inputs = tuple(
            speaker.joined(
                (
                    _input(each, speaker),
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
    yield Table(name, sheet_name("lineage", speaker), columns, tuple(lines))
