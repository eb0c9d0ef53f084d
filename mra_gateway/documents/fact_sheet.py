"""The fact sheet of one programme: header facts, then what it says, category by category."""

from __future__ import annotations

from mra_gateway.documents.comparison_parts import bare_page, controls, fit_to_print
from mra_gateway.documents.evidence_cells import SourceList, basis_line, details, statement
from mra_gateway.documents.header_block import Dossier, header_facts
from mra_gateway.documents.page import Cell, Column, Heading, Line, Page, Paragraph, Said, Table
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.facts import Fact
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.profiles import Cell as ProfileCell
from mra_gateway.model.profiles import Profile
from mra_gateway.model.requirements import Category, Item, RequirementCatalogue


def compose_fact_sheet(
    dossier: Dossier,
    *,
    programme: ProgrammeId,
    territory: Territory,
    printing: Printing,
    catalogues: tuple[RequirementCatalogue, ...] = (),
    is_confirmed: bool = False,
) -> Page:
    """Returns the fact sheet of a programme.

    Args:
        dossier: What is held of it.
        programme: Its id.
        territory: Of its administration.
        printing: Languages, readers, date, letterhead.
        catalogues: Whose items name the rows, one table each.
        is_confirmed: Whether the profile is; an unconfirmed one is watermarked.
    """
    speaker = Speaker(printing)
    sources = SourceList()
    head = header_facts((dossier,), speaker, sources, columns=())
    tables = [_table(dossier, catalogue, speaker, sources) for catalogue in catalogues]
    blocks = [
        Paragraph(speaker.say("fact_sheet_lead"), "lead"),
        head,
        *(block for table in tables if table.lines for block in (Heading(table.name, 2), table)),
        *sources.blocks(speaker),
    ]
    page = bare_page(
        "fact_sheet",
        speaker,
        title=speaker.say("title_fact_sheet"),
        subtitle=speaker.joined((speaker.territory(territory), (str(programme),)), by=" · "),
        unconfirmed=() if is_confirmed else (str(programme),),
        blocks=tuple(blocks),
    )
    return fit_to_print(page, is_wide=printing_is_wide(printing), controls=controls(speaker))


def printing_is_wide(printing: Printing) -> bool:
    """Says whether a table of few columns needs wide paper: when it stands in two languages."""
    return len(printing.languages) > 1


def _table(
    dossier: Dossier, catalogue: RequirementCatalogue, speaker: Speaker, sources: SourceList
) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 2.6),
        Column(say("column_says"), 4.0, note=say("column_note")),
        Column(say("column_basis"), 1.6),
    )
    lines: list[Line] = []
    for fact in catalogue.categories:
        category = fact.value
        if category is None:
            continue
        told = [
            _line(item, category, found, speaker, sources)
            for item in _things(catalogue, category)
            if (found := _find(dossier, f"{catalogue.id}:{item.id}"))
        ]
        if told:
            head = speaker.joined(((category.id,), speaker.phrase(category.name)), by=" · ")
            lines.append(Line((Cell((head,)),), group=category.id, is_heading=True))
            lines += told
    title = catalogue.title.value
    name: Said = speaker.phrase(title) if title else (catalogue.id,)
    return Table(name, catalogue.id[:28], columns, tuple(lines), say("column_category"))


def _things(catalogue: RequirementCatalogue, category: Category) -> tuple[Item | Category, ...]:
    items = tuple(
        fact.value for fact in catalogue.items if fact.value and fact.value.category == category.id
    )
    return (category, *items)


def _find(dossier: Dossier, reference: str) -> tuple[tuple[Fact[ProfileCell], str | None], ...]:
    """Returns the cells of an item; those of the union where the programme has none itself."""
    profiles: tuple[tuple[Profile | None, bool], ...] = (
        (dossier.profile, False),
        (dossier.union, True),
    )
    for profile, is_union in profiles:
        if profile is None:
            continue
        found = tuple(
            (fact, str(profile.programme) if is_union else None)
            for fact in profile.cells
            if fact.value is not None and fact.value.item == reference
        )
        if found:
            return found
    return ()


def _line(
    thing: Item | Category,
    category: Category,
    found: tuple[tuple[Fact[ProfileCell], str | None], ...],
    speaker: Speaker,
    sources: SourceList,
) -> Line:
    lines: list[Said] = []
    small: list[Said] = []
    basis: list[Said] = []
    for fact, inherited in found:
        assert fact.value is not None
        lines += statement(fact.value, speaker)
        small += details(fact.value, speaker)
        if inherited is not None:
            small.append(speaker.say("inherited", programme=inherited))
        day = fact.as_of.isoformat()
        basis.append(basis_line(fact.source, fact.basis, day, speaker, sources))
    asked = thing.requirement if isinstance(thing, Item) else (thing.purpose or thing.name)
    return Line(
        (
            Cell(((thing.id,),)),
            Cell((speaker.phrase(asked),)),
            Cell(tuple(lines), tuple(small)),
            Cell(tuple(basis)),
        ),
        anchor=f"{thing.id}",
        group=category.id,
    )
