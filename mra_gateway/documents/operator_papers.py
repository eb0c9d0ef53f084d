"""Papers from a catalogue for firms and validators: self-assessment, manual, checklist.

They ask and leave room for answers; nothing in them judges a programme. Beside an item may stand
what a programme says about it: then an unconfirmed profile makes the paper a draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from mra_gateway.documents.comparison_parts import bare_page
from mra_gateway.documents.evidence_cells import details, statement
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Heading,
    Line,
    Page,
    Paragraph,
    Said,
    SignatureLines,
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.comparison import Evidence, Side
from mra_gateway.model.requirements import Category, Item, RequirementCatalogue


class OperatorPaper(StrEnum):
    """The papers."""

    SELF_ASSESSMENT = "self-assessment"
    MANUAL = "manual"
    CHECKLIST = "checklist"


class Asking(NamedTuple):
    """What a paper asks about.

    Attributes:
        edition: Of the catalogue.
        items: Its items in that edition, narrowed to a role where one was asked for.
        side: The programme whose words stand beside the items; None: no programme's.
        says: Item → what that programme says.
    """

    catalogue: RequirementCatalogue
    edition: str
    items: tuple[Item, ...]
    side: Side | None = None
    says: Mapping[str, tuple[Evidence, ...]] = MappingProxyType({})


def compose_operator_paper(asking: Asking, *, paper: OperatorPaper, printing: Printing) -> Page:
    """Returns a paper."""
    speaker = Speaker(printing)
    kind, compose, is_wide = _PAPERS[paper]
    side = asking.side
    title = asking.catalogue.title.value
    named: Said = speaker.phrase(title) if title else (asking.catalogue.id,)
    lead: list[Block] = [
        Paragraph(speaker.say("text_of_catalogue", catalogue=named, edition=asking.edition))
    ]
    if side is not None:
        of = {"programme": str(side.programme), "version": str(side.version)}
        lead.append(Paragraph(speaker.say("text_of_programme", **of)))
    page = bare_page(
        kind,
        speaker,
        title=speaker.say(f"title_{kind}"),
        subtitle=named if side is None else speaker.side(side),
        unconfirmed=() if side is None or side.is_confirmed else (str(side.programme),),
        blocks=(*lead, *compose(asking, speaker)),
    )
    return page._replace(marking=speaker.say("marking_operator"), is_wide=is_wide)


def _self_assessment(asking: Asking, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    yield Paragraph(say("self_assessment_lead"), "lead")
    yield Heading(say("firm"), 2)
    yield _blanks(speaker, "firm_name", "firm_number", "firm_roles", "firm_sites", "firm_person",
                  "firm_day")  # fmt: skip
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 3.4),
        Column(say("column_firm_answer"), 1.1, is_told=False),
        Column(say("column_firm_how"), 3.0, is_told=False),
        Column(say("column_firm_open"), 1.9, is_told=False),
    )
    yield from _tables(asking, speaker, columns, lambda item: (_asked(item, asking, speaker),))
    yield Paragraph(say("self_assessment_end"))
    yield SignatureLines((say("firm"),), _signed(speaker))


def _checklist(asking: Asking, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    yield Paragraph(say("checklist_validator_lead"), "lead")
    yield _blanks(speaker, "firm_name", "firm_number", "validation_site", "validation_team",
                  "validation_met")  # fmt: skip
    yield Heading(say("checklist_prepare"), 2)
    yield Bullets(tuple(say(f"checklist_prepare_{n}") for n in (1, 2, 3)), is_numbered=True)
    yield Heading(say("column_look_at"), 2)
    methods = dict.fromkeys(method for item in asking.items for method in item.assessed_by)
    yield Bullets(tuple(say(f"look_at_{method.value}") for method in methods))
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 3.2),
        Column(say("column_methods"), 1.3),
        Column(say("column_evidence"), 3.2, is_told=False),
        Column(say("column_met"), 1.2, is_told=False),
    )
    yield from _tables(
        asking,
        speaker,
        columns,
        lambda item: (_asked(item, asking, speaker), Cell((_methods(item, asking, speaker),))),
    )
    yield Heading(say("checklist_close"), 2)
    yield Bullets(tuple(say(f"checklist_close_{n}") for n in (1, 2, 3)), is_numbered=True)
    yield SignatureLines((say("validation_team"), say("firm")), _signed(speaker))


def _manual(asking: Asking, speaker: Speaker) -> Iterator[Block]:
    say = speaker.say
    yield Paragraph(say("manual_lead"), "lead")
    yield Heading(say("manual_chapter_about"), 1)
    yield from (Paragraph(say(f"manual_about_{n}")) for n in (1, 2, 3))
    prompts = tuple(say(f"manual_{what}") for what in _PROMPTS)
    for category, items in _by_category(asking):
        yield Heading(_name(category, speaker), 1)
        if category.purpose is not None:
            yield Paragraph(say("manual_purpose", purpose=speaker.phrase(category.purpose)))
        for item in items:
            asked = speaker.phrase(item.requirement)
            yield Heading(speaker.joined(((item.id,), asked), by="  "), 3)
            yield from (Paragraph(said, "small") for said in _said(item, asking, speaker))
            yield Bullets(prompts)
    yield Heading(say("manual_annexes"), 1)
    yield Bullets(tuple(say(f"manual_annex_{n}") for n in range(1, 6)), is_numbered=True)


_PROMPTS: Final = ("responsible", "procedure", "records", "review")
_PAPERS: Final[
    dict[OperatorPaper, tuple[str, Callable[[Asking, Speaker], Iterator[Block]], bool]]
] = {
    OperatorPaper.SELF_ASSESSMENT: ("self_assessment", _self_assessment, True),
    OperatorPaper.MANUAL: ("manual", _manual, False),
    OperatorPaper.CHECKLIST: ("validator_checklist", _checklist, True),
}


def _tables(
    asking: Asking,
    speaker: Speaker,
    columns: tuple[Column, ...],
    cells: Callable[[Item], tuple[Cell, ...]],
) -> Iterator[Block]:
    """Yields a table for each category; what a row does not fill is left to be filled in."""
    for category, items in _by_category(asking):
        name = _name(category, speaker)
        lines = []
        for item in items:
            filled = (Cell(((item.id,),)), *cells(item))
            blank = (Cell(),) * (len(columns) - len(filled))
            lines.append(Line((*filled, *blank), group=category.id))
        yield Heading(name, 2)
        yield Table(name, category.id, columns, tuple(lines))


def _by_category(asking: Asking) -> Iterator[tuple[Category, tuple[Item, ...]]]:
    for fact in asking.catalogue.categories:
        if fact.value is not None:
            items = tuple(item for item in asking.items if item.category == fact.value.id)
            if items:
                yield fact.value, items


def _name(category: Category, speaker: Speaker) -> Said:
    return speaker.joined(((category.id,), speaker.phrase(category.name)), by=". ")


def _asked(item: Item, asking: Asking, speaker: Speaker) -> Cell:
    return Cell((speaker.phrase(item.requirement),), _said(item, asking, speaker))


def _said(item: Item, asking: Asking, speaker: Speaker) -> tuple[Said, ...]:
    """Returns what the programme says on an item, each with how sure that is."""
    lines: list[Said] = []
    for one in asking.says.get(item.id, ()):
        told = speaker.joined(statement(one.cell, speaker), by=" ")
        basis = speaker.say(f"basis_{one.basis.value}")
        lines += [speaker.joined((told, basis), by=" – "), *details(one.cell, speaker)]
    return tuple(lines)


def _methods(item: Item, asking: Asking, speaker: Speaker) -> Said:
    of_programme = (m for one in asking.says.get(item.id, ()) for m in one.cell.methods)
    methods = dict.fromkeys((*item.assessed_by, *of_programme))
    return speaker.joined(speaker.say(f"method_{method.value}") for method in methods)


def _blanks(speaker: Speaker, *labels: str) -> Facts:
    return Facts((), tuple((speaker.say(label), (Cell(),)) for label in labels))


def _signed(speaker: Speaker) -> tuple[Said, ...]:
    return tuple(speaker.say(f"sign_{what}") for what in ("name", "office", "place", "signature"))
