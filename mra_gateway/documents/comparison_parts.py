"""Parts that several documents of a comparison share: front matter, findings, map, conclusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mra_gateway.documents.evidence_cells import SourceList
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    HeatLine,
    HeatMap,
    Page,
    Paragraph,
    Said,
    Tile,
)
from mra_gateway.documents.speaking import Speaker, check_audience
from mra_gateway.documents.tones import FINDINGS, PRACTICE
from mra_gateway.model.comparison import (
    Comparison,
    Condition,
    Finding,
    InPractice,
    Row,
)
from mra_gateway.model.joint_validation import Seen


def front(
    kind: str,
    comparison: Comparison,
    speaker: Speaker,
    *,
    blocks: tuple[Block, ...],
    says_scope: bool = True,
) -> Page:
    """Returns a document about a comparison, with title, marking and watermark.

    Args:
        kind: Which document it is.
        comparison: Two programmes on one catalogue.
        speaker: Its languages and readers.
        blocks: What stands in it.
        says_scope: Whether it says on what catalogue, for what and when was compared.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    check_audience(comparison, speaker.printing)
    sides = speaker.joined(
        (
            speaker.territory(comparison.ours.territory),
            speaker.territory(comparison.theirs.territory),
        ),
        by=" – ",
    )
    lead = (Paragraph(_scope(comparison, speaker), "lead"),) if says_scope else ()
    return bare_page(
        kind,
        speaker,
        title=speaker.say(f"title_{kind}"),
        subtitle=sides,
        unconfirmed=tuple(
            str(side.programme)
            for side in (comparison.ours, comparison.theirs)
            if not side.is_confirmed
        ),
        blocks=(*lead, *blocks),
    )


def bare_page(
    kind: str,
    speaker: Speaker,
    *,
    title: Said,
    subtitle: Said,
    unconfirmed: tuple[str, ...],
    blocks: tuple[Block, ...],
) -> Page:
    """Returns a document with its marking and, where a profile is unconfirmed, its watermark."""
    printing = speaker.printing
    notice = speaker.say("unconfirmed", programmes=", ".join(unconfirmed))
    return Page(
        kind=kind,
        languages=printing.languages,
        title=title,
        subtitle=subtitle,
        marking=speaker.say_to_reader("marking"),
        printed=speaker.say("printed_on", day=printing.printed_on.isoformat()),
        page_of=speaker.say("page_of"),
        printed_on=printing.printed_on,
        blocks=blocks,
        watermark=speaker.say("watermark") if unconfirmed else None,
        notice=notice if unconfirmed else None,
        letterhead=printing.letterhead,
        cover=speaker.say("sheet_cover"),
    )


def fit_to_print(page: Page, *, is_wide: bool, controls: tuple[tuple[str, Said], ...] = ()) -> Page:
    """Returns the document for wide paper, with the words of its filters."""
    return page._replace(is_wide=is_wide, controls=controls)


def controls(speaker: Speaker) -> tuple[tuple[str, Said], ...]:
    """Returns the words of the filters of an HTML page."""
    return tuple((key, speaker.say(f"filter_{key}")) for key in ("all", "search", "shown", "close"))


def finding_name(finding: Finding, comparison: Comparison, speaker: Speaker) -> Said:
    """Returns what a finding is called; for the partner nobody is said to lack anything."""
    return speaker.say_to_reader(
        f"finding_{finding.value}",
        ours=speaker.territory(comparison.ours.territory),
        theirs=speaker.territory(comparison.theirs.territory),
    )


def row_finding(row: Row, comparison: Comparison, speaker: Speaker) -> Cell:
    """Returns the finding of a row, with its mark and what it rests on."""
    small: list[Said] = []
    if row.basis is not None:
        small.append(speaker.say("rests_on", basis=speaker.say(f"basis_{row.basis.value}")))
    for side in row.contested:
        territory = (comparison.ours if side == "ours" else comparison.theirs).territory
        small.append(speaker.say("contested", side=speaker.territory(territory)))
    name = finding_name(row.finding, comparison, speaker)
    return Cell((name,), tuple(small), FINDINGS[row.finding])


def practice_cell(row: Row, seen: Sequence[tuple[str, Seen]], speaker: Speaker) -> Cell:
    """Returns what joint validations found, visit by visit; blank where nobody looked."""
    told = [(f"{visit}: {each.text}",) for visit, each in seen]
    if row.in_practice is InPractice.NOT_VISITED:
        return Cell(tuple(told))
    name = speaker.say(f"practice_{row.in_practice.value}")
    return Cell((name, *told), tone=PRACTICE[row.in_practice])


def item_label(row: Row) -> Cell:
    """Returns the item's number, with its clause below."""
    clause = row.clause if row.clause != row.item else None
    return Cell(((row.item,),), ((clause,),) if clause else ())


def heat_map(comparison: Comparison, speaker: Speaker) -> HeatMap:
    """Returns all findings at a glance, a line for each category."""
    counts = Counter(row.finding for row in comparison.rows)
    return HeatMap(
        name=speaker.say("heat_map"),
        sheet="Heat map",
        category=speaker.say("column_category"),
        whole=speaker.say("column_whole"),
        lines=tuple(
            HeatLine(
                category.category,
                speaker.phrase(category.name),
                FINDINGS[category.finding],
                tuple(
                    _tile(row, comparison, speaker)
                    for row in comparison.rows
                    if row.category == category.category
                ),
            )
            for category in comparison.categories
        ),
        legend=tuple(
            (FINDINGS[finding], finding_name(finding, comparison, speaker), counts[finding])
            for finding in Finding
        ),
    )


def conclusion_blocks(
    comparison: Comparison, speaker: Speaker, sources: SourceList
) -> tuple[Block, ...]:
    """Returns what the whole amounts to, with its conditions and what each rests on."""
    conclusion = comparison.conclusion
    blocks: list[Block] = [Paragraph(speaker.say(f"outcome_{conclusion.outcome.value}"), "strong")]
    for side, tiers in (
        (comparison.ours, conclusion.eligible_ours),
        (comparison.theirs, conclusion.eligible_theirs),
    ):
        if tiers is not None:
            named = (", ".join(tiers),) if tiers else speaker.say("whole_programme")
            told = speaker.say("eligible", side=speaker.territory(side.territory), tiers=named)
            blocks.append(Paragraph(told))
    if conclusion.conditions:
        blocks.append(Paragraph(speaker.say("conditions"), "strong"))
        items = tuple(_condition(each, speaker, sources) for each in conclusion.conditions)
        blocks.append(Bullets(items, is_numbered=True))
    blocks.append(Paragraph(speaker.say("scale_is_ours"), "small"))
    return tuple(blocks)


def _condition(condition: Condition, speaker: Speaker, sources: SourceList) -> Said:
    rests: list[Said] = []
    # most conditions name their rows themselves
    if any(item not in condition.text.en for item in condition.items):
        rests.append(speaker.say("rows", items=", ".join(condition.items)))
    if condition.sources:
        rests.append((" ".join(sources.cite(source) for source in condition.sources),))
    if condition.basis is not None:
        rests.append(speaker.say(f"basis_{condition.basis.value}"))
    text = speaker.phrase(condition.text)
    if not rests:
        return text
    return speaker.say("with_grounds", text=text, grounds=speaker.joined(rests, by="; "))


def _tile(row: Row, comparison: Comparison, speaker: Speaker) -> Tile:
    name = finding_name(row.finding, comparison, speaker)
    title = speaker.joined((speaker.phrase(row.requirement), name), by=" – ")
    return Tile(row.item, FINDINGS[row.finding], title)


def _scope(comparison: Comparison, speaker: Speaker) -> Said:
    told = [
        speaker.say(
            "scope",
            catalogue=comparison.catalogue,
            edition=comparison.edition,
            day=comparison.at.isoformat(),
        )
    ]
    if comparison.role is not None:
        told.append(speaker.say("for_role", role=speaker.say(f"role_{comparison.role.value}")))
    for side, tier in (
        (comparison.ours, comparison.tier_ours),
        (comparison.theirs, comparison.tier_theirs),
    ):
        if tier is not None:
            territory = speaker.territory(side.territory)
            told.append(speaker.say("for_tier", side=territory, tier=tier))
    if comparison.rates is not None:
        told.append(speaker.say("rates_of", day=comparison.rates))
    return speaker.joined(told, by=" ")
