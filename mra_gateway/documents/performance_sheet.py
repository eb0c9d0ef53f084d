"""The joint monitoring sheet: what both sides of an arrangement count, beside each other.

Ours is filled in from the report for the partner, which holds nothing internal; theirs from what
the partner sent, or by hand. The definitions stand below, so that both count the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Page,
    Paragraph,
    Table,
    without_blank_columns,
)
from mra_gateway.documents.performance_appendix import counted_cell
from mra_gateway.documents.performance_report import WORDS, framed
from mra_gateway.documents.performance_values import (
    actual_cell,
    arrangement_name,
    group_text,
    sheet_name,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.errors import RequestRefused
from mra_gateway.model.performance import ArrangementPage, PerformanceReport

_TO_FILL_IN = (" ",)


def compose_joint_sheet(report: PerformanceReport, *, printing: Printing) -> Page:
    """Returns the sheet.

    Raises:
        RequestRefused: The report is internal.
    """
    if report.audience is not printing.audience or not printing.is_for_partner:
        raise RequestRefused("this report is internal: make one for the partner")
    speaker = Speaker(printing, folder=WORDS)
    say = speaker.say
    blocks: list[Block] = [Paragraph(say("joint_lead"), "lead")]
    for page in report.arrangements:
        blocks.append(Heading(arrangement_name(page, report.territory, speaker), 2))
        if page.rows:
            blocks.append(_sheet(page, report, speaker))
        else:
            blocks.append(Paragraph(say("arrangement_empty")))
    blocks += [Paragraph(say("joint_suppressed"), "small"), *_definitions(report, speaker)]
    blocks += [
        Heading(say("joint_remarks"), 2),
        Bullets(((" ",), (" ",), (" ",)), is_numbered=True),
    ]
    return framed(report, speaker, blocks=tuple(blocks))


def _sheet(page: ArrangementPage, report: PerformanceReport, speaker: Speaker) -> Table:
    say = speaker.say
    partner = report.partner or page.partners[0]
    was_sent = any(row.theirs is not None for row in page.rows)
    theirs = "column_sent" if was_sent else "column_theirs"
    note = say("column_remark")
    columns = (
        Column(say("column_measure"), 3.4),
        Column(say("column_group"), 2.2),
        Column(say("column_unit"), 2.0),
        Column(say("column_ours", side=speaker.territory(report.territory)), 1.8, note=note),
        Column(say(theirs, side=speaker.territory(partner)), 1.8, note=note if was_sent else None),
        Column(say("joint_remarks"), 2.6),
    )
    lines = tuple(
        Line(
            (
                Cell((speaker.phrase(row.title),)),
                Cell((group_text(row.group, report.labels, speaker),) if row.group else ()),
                Cell((speaker.phrase(row.unit),)),
                actual_cell(row.actual, row.quantity, speaker, says_state=False),
                Cell()
                if row.theirs is None
                else actual_cell(row.theirs, row.quantity, speaker, says_state=False),
                Cell((_TO_FILL_IN,)),
            ),
            group=page.arrangement,
        )
        for row in page.rows
    )
    name = arrangement_name(page, report.territory, speaker)
    table = Table(name, page.arrangement, columns, lines)
    return without_blank_columns(table) if was_sent else table


def _definitions(report: PerformanceReport, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    titles = {row.indicator: row.title for page in report.arrangements for row in page.rows}
    lines = tuple(
        Line(
            (
                Cell((speaker.phrase(titles[one.indicator]),), ((one.indicator,),)),
                counted_cell(one, speaker),
            )
        )
        for one in report.origins
    )
    if lines:
        columns = (
            Column(say("column_measure"), 3.4),
            Column(say("column_counted"), 6.0),
        )
        name = say("definitions_title")
        yield Heading(name, 2)
        yield Table(name, sheet_name("definitions", speaker), columns, lines)
