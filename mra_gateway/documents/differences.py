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
        _differences(differing, comparison, speaker, sources, shown),
        Heading(speaker.say("open_heading"), 2),
        Paragraph(speaker.say("open_lead", count=str(len(unknown)))),
        _open(unknown, comparison, speaker, sources, shown),
        *sources.blocks(speaker),
    ]
    page = front("differences", comparison, speaker, blocks=tuple(blocks))
    return fit_to_print(page, is_wide=True, controls=controls(speaker))


def _differences(
    rows: list[Row], comparison: Comparison, speaker: Speaker, sources: SourceList, held: Held
) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 1.05, is_told=False, note=say("column_clause")),
        Column(say("column_requirement"), 2.2),
        Column(speaker.side(comparison.ours), 2.6, note=say("column_note")),
        Column(speaker.side(comparison.theirs), 2.6, note=say("column_note")),
        Column(say("column_finding"), 1.6, note=say("column_rests_on")),
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
                row_finding(row, comparison, speaker),
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
    return Table(say("differences_heading"), "Differences", columns, lines, say("column_category"))


def _open(
    rows: list[Row], comparison: Comparison, speaker: Speaker, sources: SourceList, held: Held
) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 1.05, is_told=False, note=say("column_clause")),
        Column(say("column_requirement"), 2.2),
        Column(speaker.side(comparison.ours), 2.2, note=say("column_note")),
        Column(speaker.side(comparison.theirs), 2.2, note=say("column_note")),
        Column(say("column_remark"), 2.2),
        Column(say("column_question"), 2.6),
        Column(say("column_answer"), 2.0, is_told=False),
    )
    lines = tuple(
        Line(
            (
                item_label(row),
                Cell((speaker.phrase(row.requirement),)),
                evidence_cell(row.ours, speaker, sources),
                evidence_cell(row.theirs, speaker, sources),
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
    return Table(say("open_heading"), "Not established", columns, lines, say("column_category"))


def _questions(row: Row, speaker: Speaker, held: Held) -> tuple[Said, ...]:
    from_catalogue = (speaker.phrase(row.question),) if row.question else ()
    return (*from_catalogue, *((each.text,) for each in held.questions if each.row == row.item))


def _answers(row: Row, held: Held) -> tuple[Said, ...]:
    return tuple((each.answer,) for each in held.questions if each.row == row.item and each.answer)
