"""The conclusion of a comparison as a paper of its own: outcome, conditions, what decides."""

from __future__ import annotations

from mra_gateway.documents.comparison_parts import (
    conclusion_blocks,
    finding_name,
    front,
    heat_map,
    item_label,
    row_finding,
)
from mra_gateway.documents.evidence_cells import SourceList
from mra_gateway.documents.page import Cell, Column, Heading, Line, Page, Paragraph, Table
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import FINDINGS
from mra_gateway.model.comparison import Comparison


def compose_conclusion(comparison: Comparison, *, printing: Printing) -> Page:
    """Returns the conclusion: what was found by category, and the rows that decide.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    sources = SourceList()
    blocks = (
        *conclusion_blocks(comparison, speaker, sources),
        Heading(speaker.say("by_category"), 2),
        _categories(comparison, speaker),
        Heading(speaker.say("heat_map"), 2),
        heat_map(comparison, speaker),
        Heading(speaker.say("deciding_rows"), 2),
        Paragraph(speaker.say("deciding_lead")),
        _deciding(comparison, speaker),
        *sources.blocks(speaker),
    )
    return front("conclusion", comparison, speaker, blocks=blocks)


def _categories(comparison: Comparison, speaker: Speaker) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_category"), 3.4),
        Column(say("column_established"), 1.2, is_told=False),
        Column(say("column_whole"), 2.4),
    )
    lines = tuple(
        Line(
            (
                Cell(((each.category,),)),
                Cell((speaker.phrase(each.name),)),
                Cell(((f"{each.established}/{sum(each.counts.values())}",),)),
                Cell(
                    (finding_name(each.finding, comparison, speaker),), tone=FINDINGS[each.finding]
                ),
            ),
            group=each.category,
            finding=each.finding.value,
        )
        for each in comparison.categories
    )
    return Table(say("by_category"), "Categories", columns, lines)


def _deciding(comparison: Comparison, speaker: Speaker) -> Table:
    say = speaker.say
    named = {item for each in comparison.conclusion.conditions for item in each.items}
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 2.6),
        Column(say("column_finding"), 2.0),
        Column(say("column_remark"), 2.8),
    )
    lines = tuple(
        Line(
            (
                item_label(row),
                Cell((speaker.phrase(row.requirement),)),
                row_finding(row, comparison, speaker),
                Cell((speaker.phrase(row.why),)),
            ),
            group=row.category,
            finding=row.finding.value,
        )
        for row in comparison.rows
        if row.item in named
    )
    return Table(say("deciding_rows"), "Deciding rows", columns, lines)
