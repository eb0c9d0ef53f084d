"""A group of programmes: every pair at a glance, every item, and what all of them still need."""

from __future__ import annotations

from collections import Counter

from mra_gateway.documents.comparison_parts import bare_page, controls, fit_to_print
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    HeatLine,
    HeatMap,
    Line,
    Page,
    Paragraph,
    Said,
    Table,
    Tile,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import OUTCOMES, STANDINGS
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.matrix import Matrix, Pairing, Standing
from mra_gateway.model.requirements import CategoryId, Phrase, RequirementCatalogue


def compose_matrix(
    matrix: Matrix, *, printing: Printing, catalogue: RequirementCatalogue | None = None
) -> Page:
    """Returns a group of programmes side by side.

    Args:
        matrix: Every pair of the group.
        printing: Languages, readers, date, letterhead.
        catalogue: Names the categories.
    """
    speaker = Speaker(printing)
    say = speaker.say
    needs = tuple(speaker.phrase(condition.text) for condition in matrix.needs)
    blocks: list[Block] = [
        Paragraph(_scope(matrix, speaker), "lead"),
        Heading(say("matrix_pairs"), 2),
        Paragraph(say("matrix_pairs_lead", total=str(len(matrix.standings))), "small"),
        _pairs(matrix, speaker),
        Paragraph(_outcome_legend(speaker)),
        Heading(say("matrix_items"), 2),
        Paragraph(say("matrix_items_lead"), "small"),
        _map(matrix, speaker, catalogue),
        Heading(say("matrix_needs"), 2),
        Bullets(needs or (say("to_be_agreed"),), is_numbered=bool(needs)),
        Paragraph(say("scale_is_ours"), "small"),
        Heading(say("matrix_items"), 2),
        _items(matrix, speaker),
    ]
    page = bare_page(
        "matrix",
        speaker,
        title=say("title_matrix"),
        subtitle=(matrix.group,),
        unconfirmed=tuple(str(side.programme) for side in matrix.members if not side.is_confirmed),
        blocks=tuple(blocks),
    )
    return fit_to_print(page, is_wide=True, controls=controls(speaker))


def _scope(matrix: Matrix, speaker: Speaker) -> Said:
    told = speaker.say(
        "scope",
        catalogue=matrix.catalogue,
        edition=matrix.edition,
        day=matrix.at.isoformat(),
    )
    if matrix.rates is None:
        return told
    return speaker.joined((told, speaker.say("rates_of", day=matrix.rates)), by=" ")


def _pairs(matrix: Matrix, speaker: Speaker) -> Table:
    names = [side.programme for side in matrix.members]
    of_pair = {(one.ours, one.theirs): one for one in matrix.pairings}
    columns = (
        Column(speaker.say("column_programme"), 2.2),
        *(Column((str(name).partition("-")[0],), 1.0, is_told=False) for name in names),
    )
    lines = tuple(
        Line(
            (
                Cell((speaker.side(side),)),
                *(_pair(of_pair.get((side.programme, theirs)), matrix) for theirs in names),
            )
        )
        for side in matrix.members
    )
    return Table(speaker.say("matrix_pairs"), "Pairs", columns, lines)


def _pair(pairing: Pairing | None, matrix: Matrix) -> Cell:
    if pairing is None:
        return Cell()
    return Cell(
        ((f"{pairing.established}/{len(matrix.standings)}",),), tone=OUTCOMES[pairing.outcome]
    )


def _outcome_legend(speaker: Speaker) -> Said:
    named = (
        speaker.joined(((tone.sign,), speaker.say(f"outcome_name_{outcome.value}")), by=" ")
        for outcome, tone in OUTCOMES.items()
    )
    return speaker.joined(named, by="    ")


def _map(matrix: Matrix, speaker: Speaker, catalogue: RequirementCatalogue | None) -> HeatMap:
    names: dict[CategoryId, Phrase] = {
        fact.value.id: fact.value.name
        for fact in (catalogue.categories if catalogue else ())
        if fact.value
    }
    places = {standing.item: _place(standing, matrix) for standing in matrix.standings}
    counts = Counter(places.values())
    categories = dict.fromkeys(standing.category for standing in matrix.standings)
    lines = []
    for category in categories:
        held = [standing for standing in matrix.standings if standing.category == category]
        worst = max((places[one.item] for one in held), key=list(STANDINGS).index)
        name = names.get(category)
        lines.append(
            HeatLine(
                category,
                speaker.phrase(name) if name else (category,),
                STANDINGS[worst],
                tuple(
                    Tile(one.item, STANDINGS[places[one.item]], speaker.phrase(one.requirement))
                    for one in held
                ),
            )
        )
    return HeatMap(
        name=speaker.say("heat_map"),
        sheet="Heat map",
        category=speaker.say("column_category"),
        whole=speaker.say("column_whole"),
        lines=tuple(lines),
        legend=tuple(
            (tone, speaker.say(f"standing_{place}"), counts[place])
            for place, tone in STANDINGS.items()
        ),
    )


def _place(standing: Standing, matrix: Matrix) -> str:
    if standing.absent:
        return "absent"
    if len(standing.provided) == len(matrix.members):
        return "all"
    return "some" if standing.provided else "unknown"


def _items(matrix: Matrix, speaker: Speaker) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.7, is_told=False),
        Column(say("column_requirement"), 3.4),
        *(
            Column(say(f"column_{place}"), 2.0, is_told=False)
            for place in ("provided", "thin", "absent", "not_established")
        ),
    )
    lines = tuple(
        Line(
            (
                Cell(((each.item,),), tone=STANDINGS[place]),
                Cell((speaker.phrase(each.requirement),)),
                *(
                    _members(listed)
                    for listed in (each.provided, each.thin, each.absent, each.not_established)
                ),
            ),
            anchor=each.item,
            group=each.category,
            finding=STANDINGS[place].key,
        )
        for each in matrix.standings
        for place in (_place(each, matrix),)
    )
    return Table(say("matrix_items"), "Items", columns, lines, say("column_category"))


def _members(listed: tuple[ProgrammeId, ...]) -> Cell:
    return Cell(((", ".join(str(one).partition("-")[0] for one in listed),),)) if listed else Cell()
