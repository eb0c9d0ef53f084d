"""The list of differences, each with what to ask: first what differs, then what is not known."""

from __future__ import annotations

from mra_gateway.documents.comparison_parts import (
    controls,
    fit_to_print,
    front,
    heat_map,
    item_label,
    row_finding,
)
from mra_gateway.documents.evidence_cells import SourceList, evidence_cell
from mra_gateway.documents.held import NOTHING_HELD, Held, for_reader
from mra_gateway.documents.page import (
    Block,
    Cell,
    Column,
    Heading,
    Line,
    Page,
    Paragraph,
    Said,
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.comparison import Comparison, Finding, Row

_SAME = {Finding.EQUIVALENT, Finding.EQUIVALENT_BY_OTHER_MEANS, Finding.NOT_APPLICABLE}


def compose_differences(
    comparison: Comparison, *, printing: Printing, held: Held = NOTHING_HELD
) -> Page:
    """Returns the list of differences with questions.

    Args:
        comparison: Two programmes on one catalogue.
        printing: Languages, readers, date, letterhead.
        held: What the negotiation holds; what is internal stays out of what is for the partner.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    sources = SourceList()
    shown = for_reader(held, printing)
    differing = [
        row
        for row in comparison.rows
        if row.finding not in _SAME and row.finding is not Finding.NOT_ESTABLISHED
    ]
    unknown = [row for row in comparison.rows if row.finding is Finding.NOT_ESTABLISHED]
    blocks: list[Block] = [
        heat_map(comparison, speaker),
        Heading(speaker.say("differences_heading"), 2),
    ]
    blocks += [
        Paragraph(speaker.say("differences_lead", count=str(len(differing)))),
        _table(
            differing,
            comparison,
            speaker,
            sources,
            shown,
            key="differences_heading",
            sheet="Differences",
            says_finding=True,
        ),
        Heading(speaker.say("open_heading"), 2),
        Paragraph(speaker.say("open_lead", count=str(len(unknown)))),
        _table(
            unknown,
            comparison,
            speaker,
            sources,
            shown,
            key="open_heading",
            sheet="Not established",
            says_finding=False,
        ),
        *sources.blocks(speaker),
    ]
    page = front("differences", comparison, speaker, blocks=tuple(blocks))
    return fit_to_print(page, is_wide=True, controls=controls(speaker))


def _table(
    rows: list[Row],
    comparison: Comparison,
    speaker: Speaker,
    sources: SourceList,
    held: Held,
    *,
    key: str,
    sheet: str,
    says_finding: bool,
) -> Table:
    say = speaker.say
    finding = (Column(say("column_finding"), 1.6, note=say("column_rests_on")),)
    columns = (
        Column(say("column_number"), 1.05, is_told=False, note=say("column_clause")),
        Column(say("column_requirement"), 2.2),
        *(
            Column(speaker.side(side), 2.5, note=say("column_note"))
            for side in (comparison.ours, comparison.theirs)
        ),
        *(finding if says_finding else ()),
        Column(say("column_remark"), 2.2),
        Column(say("column_question"), 2.4),
        Column(say("column_answer"), 1.8, is_told=False),
    )
    lines = tuple(
        Line(
            (
                item_label(row),
                Cell((speaker.phrase(row.requirement),)),
                evidence_cell(row.ours, speaker, sources),
                evidence_cell(row.theirs, speaker, sources),
                *((row_finding(row, comparison, speaker),) if says_finding else ()),
                Cell((speaker.phrase(row.why),)),
                Cell(_questions(row, speaker, held)),
                Cell(_answers(row, held)),
            ),
            anchor=row.item,
            group=row.category,
            finding=row.finding.value,
        )
        for row in rows
    )
    return Table(say(key), sheet, columns, lines, say("column_category"))


def _questions(row: Row, speaker: Speaker, held: Held) -> tuple[Said, ...]:
    from_catalogue = (speaker.phrase(row.question),) if row.question else ()
    return (*from_catalogue, *((each.text,) for each in held.questions if each.row == row.item))


def _answers(row: Row, held: Held) -> tuple[Said, ...]:
    return tuple((each.answer,) for each in held.questions if each.row == row.item and each.answer)
