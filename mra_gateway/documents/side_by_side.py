"""The side-by-side table: header block, heat map, every item of the catalogue, conclusion.

Source: the layout is a synthesis of published comparisons; no official one was found.
"""

from __future__ import annotations

from mra_gateway.documents.comparison_parts import (
    conclusion_blocks,
    controls,
    fit_to_print,
    front,
    heat_map,
    item_label,
    practice_cell,
    row_finding,
)
from mra_gateway.documents.evidence_cells import SourceList, evidence_cell
from mra_gateway.documents.header_block import Dossier, header_facts
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
    without_blank_columns,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.comparison import CategoryResult, Comparison, Row
from mra_gateway.model.negotiation import Action, Position, Question


def compose_side_by_side(
    comparison: Comparison,
    *,
    printing: Printing,
    dossiers: tuple[Dossier, ...] = (Dossier(), Dossier()),
    held: Held = NOTHING_HELD,
) -> Page:
    """Returns the side-by-side table of two programmes.

    Args:
        comparison: Two programmes on one catalogue.
        printing: Languages, readers, date, letterhead.
        dossiers: Header facts and profiles of ours and theirs; of ours alone beside a text.
        held: What the negotiation holds; what is internal stays out of what is for the partner.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    sources = SourceList()
    is_pair = len(dossiers) > 1
    columns = (speaker.side(comparison.ours), speaker.side(comparison.theirs)) if is_pair else ()
    head = header_facts(dossiers, speaker, sources, columns=columns)
    table = _table(comparison, speaker, sources, for_reader(held, printing))
    blocks: list[Block] = [
        Heading(speaker.say("programmes_heading" if is_pair else "programme_heading"), 2),
        head,
        Heading(speaker.say("at_a_glance"), 2),
        Paragraph(speaker.say("how_to_read"), "small"),
        heat_map(comparison, speaker),
        Heading(speaker.say("conclusion"), 2),
        *conclusion_blocks(comparison, speaker, sources),
        Heading(speaker.say("side_by_side_table"), 2),
        table,
        *sources.blocks(speaker),
    ]
    return fit_to_print(
        front("side_by_side", comparison, speaker, blocks=tuple(blocks)),
        is_wide=True,
        controls=controls(speaker),
    )


def _table(
    comparison: Comparison,
    speaker: Speaker,
    sources: SourceList,
    held: Held,
) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 1.05, is_told=False, note=say("column_clause")),
        Column(say("column_requirement"), 2.3),
        Column(speaker.side(comparison.ours), 3.1, note=say("column_note")),
        Column(speaker.side(comparison.theirs), 3.1, note=say("column_note")),
        Column(say("column_finding"), 1.7, note=say("column_rests_on")),
        Column(say("column_remark"), 2.3),
        Column(say("column_question"), 2.2),
        Column(say("column_practice"), 1.5, is_told=False),
        Column(say("column_action"), 1.5, is_told=False),
        Column(say("column_status"), 1.3),
    )
    lines: list[Line] = []
    for category in comparison.categories:
        rows = [row for row in comparison.rows if row.category == category.category]
        if rows:
            lines.append(_category_line(category, speaker))
        lines += [_line(row, comparison, speaker, sources, held) for row in rows]
    table = Table(say("side_by_side_table"), "Table", columns, tuple(lines), say("column_category"))
    # two languages leave no room for columns that are still blank
    return table if len(speaker.printing.languages) == 1 else without_blank_columns(table)


def _category_line(category: CategoryResult, speaker: Speaker) -> Line:
    rows = sum(category.counts.values())
    name = speaker.joined(((category.category,), speaker.phrase(category.name)), by=" · ")
    count = speaker.say("established_of", established=str(category.established), rows=str(rows))
    head = speaker.joined((name, count), by=" – ")
    return Line((Cell((head,)),), group=category.category, is_heading=True)


def _line(
    row: Row,
    comparison: Comparison,
    speaker: Speaker,
    sources: SourceList,
    held: Held,
) -> Line:
    remarks = tuple((remark.text,) for remark in held.remarks if remark.row == row.item)
    questions = [speaker.say("ask", question=speaker.phrase(row.question))] if row.question else []
    questions += [_question(each, speaker) for each in held.questions if each.row == row.item]
    seen = [(v.key, found) for v in held.visits for found in v.findings if found.item == row.item]
    actions = tuple(_action(each, speaker) for each in held.actions if each.row == row.item)
    positions = [each for each in held.positions if each.key == row.item]
    return Line(
        (
            item_label(row),
            Cell((speaker.phrase(row.requirement),)),
            evidence_cell(row.ours, speaker, sources),
            evidence_cell(row.theirs, speaker, sources),
            row_finding(row, comparison, speaker),
            Cell((speaker.phrase(row.why), *remarks)),
            Cell(tuple(questions)),
            practice_cell(row, seen, speaker),
            Cell(actions),
            Cell(
                tuple(_state(each, speaker) for each in positions),
                tuple((each.justification,) for each in positions if each.justification),
            ),
        ),
        anchor=row.item,
        group=row.category,
        finding=row.finding.value,
    )


def _question(question: Question, speaker: Speaker) -> Said:
    asked = speaker.say("ask", question=question.text)
    if question.answer is None:
        return asked
    return speaker.joined((asked, speaker.say("answered", answer=question.answer)), by=" ")


def _action(action: Action, speaker: Speaker) -> Said:
    return speaker.say(
        "action", text=action.text, owner=action.owner, day=action.due_on.isoformat()
    )


def _state(position: Position, speaker: Speaker) -> Said:
    state = speaker.say(f"state_{position.state.value}")
    if position.text is None:
        return state
    return speaker.joined((state, (position.text,)), by=": ")
