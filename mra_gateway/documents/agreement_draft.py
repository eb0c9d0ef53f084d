"""The skeleton of a draft arrangement, with annexes of benefits and of data elements.

What is not agreed stands in brackets. The sentences are this product's.

Source: the parts are those of published arrangements: EU-Japan Decision 1/2010 (2010/637), EU-China
    2014/772, EU-US 2012/290, Switzerland-United Kingdom of 1 June 2021.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mra_gateway.documents.comparison_parts import front
from mra_gateway.documents.held import NOTHING_HELD, Held, for_reader
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Page,
    Paragraph,
    Said,
    SignatureLines,
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.comparison import Comparison, Side
from mra_gateway.model.facts import BenefitDefinition, Fact
from mra_gateway.model.operators import DataElement
from mra_gateway.model.terms import BenefitTerm, ScopeTerm, benefit_of

ARTICLES = 13
NO_BENEFITS: Mapping[str, Fact[BenefitDefinition]] = MappingProxyType({})


def compose_agreement_draft(
    comparison: Comparison,
    *,
    printing: Printing,
    benefits: Mapping[str, Fact[BenefitDefinition]] = NO_BENEFITS,
    held: Held = NOTHING_HELD,
) -> Page:
    """Returns the draft of an arrangement.

    Args:
        comparison: Two programmes on one catalogue; its conditions stand in the text.
        printing: Languages, readers, date, letterhead.
        benefits: The catalogue of benefits, which names what may be agreed.
        held: What the negotiation holds: terms fill the text; internal ones never do.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    shown = for_reader(held, printing)
    blocks: list[Block] = [Paragraph(speaker.say("draft_lead"), "small")]
    for number in range(1, ARTICLES + 1):
        blocks += _article(number, comparison, speaker, shown)
    sides = (speaker.side(comparison.ours), speaker.side(comparison.theirs))
    labels = tuple(speaker.say(f"sign_{what}") for what in ("name", "office", "place", "signature"))
    blocks += [
        SignatureLines(sides, labels),
        Heading(speaker.say("annex_benefits"), 2),
        Paragraph(speaker.say("annex_benefits_lead")),
        benefit_table(comparison, speaker, benefits, shown),
        Heading(speaker.say("annex_data"), 2),
        Paragraph(speaker.say("annex_data_lead")),
        data_table(speaker, shown),
        Heading(speaker.say("annex_contacts"), 2),
        contact_table(comparison, speaker),
    ]
    return front("agreement_draft", comparison, speaker, blocks=tuple(blocks), says_scope=False)


def _article(number: int, comparison: Comparison, speaker: Speaker, held: Held) -> list[Block]:
    names = _names(comparison, speaker, held)
    heading = speaker.say(
        "article", number=str(number), title=speaker.say(f"article_{number}_title")
    )
    blocks: list[Block] = [Heading(heading, 2)]
    part = 1
    while speaker.has(f"article_{number}_{part}"):
        said = speaker.say(f"article_{number}_{part}", **names)
        blocks.append(Paragraph(speaker.joined(((f"{number}.{part}",), said), by="  ")))
        part += 1
    if number == 3 and comparison.conclusion.conditions:
        blocks.append(Paragraph(speaker.say("draft_conditions")))
        conditions = tuple(speaker.phrase(c.text) for c in comparison.conclusion.conditions)
        blocks.append(Bullets(conditions, is_numbered=True))
    return blocks


def _names(comparison: Comparison, speaker: Speaker, held: Held) -> dict[str, Said]:
    conclusion = comparison.conclusion
    return {
        "ours": speaker.territory(comparison.ours.territory),
        "theirs": speaker.territory(comparison.theirs.territory),
        "programme_ours": (comparison.ours.name,),
        "programme_theirs": (comparison.theirs.name,),
        "scope_ours": _scope(comparison.ours, conclusion.eligible_ours, speaker, held),
        "scope_theirs": _scope(comparison.theirs, conclusion.eligible_theirs, speaker, held),
        "legal_reference": term_text("legal_reference", speaker, held),
        "frequency": term_text("exchange.frequency", speaker, held),
        "retention": term_text("exchange.retention_days", speaker, held),
        "notification": term_text("exchange.notification", speaker, held),
        "notice": term_text("termination_notice", speaker, held),
        "start": term_text("in_force_on", speaker, held),
    }


def _scope(side: Side, tiers: tuple[str, ...] | None, speaker: Speaker, held: Held) -> Said:
    value = held.term(f"scope.{side.programme}")
    if isinstance(value, dict):
        scope = ScopeTerm.model_validate(value)
        tiers = None if scope.tiers == "all" else scope.tiers
        if tiers is None:
            return speaker.say("all_members")
    if tiers:
        return speaker.say("members_of", tiers=", ".join(tiers))
    return speaker.say("to_be_agreed")


def term_text(key: str, speaker: Speaker, held: Held) -> Said:
    """Returns the value of a term, or brackets."""
    value = held.term(key)
    return speaker.say("to_be_agreed") if value is None else (str(value),)


def benefit_table(
    comparison: Comparison,
    speaker: Speaker,
    benefits: Mapping[str, Fact[BenefitDefinition]],
    held: Held,
) -> Table:
    """Returns the annex of benefits: what each side grants, or brackets."""
    say = speaker.say
    granted = {
        named: BenefitTerm.model_validate(position.value)
        for position in held.positions
        if (named := benefit_of(position.key)) is not None and isinstance(position.value, dict)
    }
    in_terms = {code for _, code in granted}
    codes = [
        code
        for code, fact in benefits.items()
        if code in in_terms or (fact.value is not None and not fact.value.local_holder_only)
    ]
    codes += sorted(in_terms - set(codes))
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_benefit"), 3.2, note=say("column_code")),
        Column(
            say("granted_by", side=speaker.territory(comparison.ours.territory)),
            2.4,
            note=say("column_conditions"),
        ),
        Column(
            say("granted_by", side=speaker.territory(comparison.theirs.territory)),
            2.4,
            note=say("column_conditions"),
        ),
    )
    lines = tuple(
        Line(
            (
                Cell(((str(number),),)),
                Cell(((_title(code, benefits),),), ((code,),)),
                _granted(granted.get((comparison.ours.territory, code)), speaker),
                _granted(granted.get((comparison.theirs.territory, code)), speaker),
            )
        )
        for number, code in enumerate(codes, 1)
    )
    return Table(say("annex_benefits"), "Benefits", columns, lines)


def data_table(speaker: Speaker, held: Held) -> Table:
    """Returns the annex of data elements; four always travel, for without them nobody is known."""
    say = speaker.say
    agreed = held.term("exchange.data_elements")
    elements = agreed if isinstance(agreed, list) else None
    always = [
        (say(f"element_{name}"), say("always"))
        for name in ("tin", "authorisation", "programme", "status")
    ]
    further = [
        (
            say(f"element_{element.value}"),
            say("to_be_agreed")
            if elements is None
            else say("yes" if element.value in elements else "no"),
        )
        for element in DataElement
    ]
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_element"), 4.0),
        Column(say("column_travels"), 2.0),
    )
    lines = tuple(
        Line((Cell(((str(number),),)), Cell((name,)), Cell((travels,))))
        for number, (name, travels) in enumerate((*always, *further), 1)
    )
    return Table(say("annex_data"), "Data elements", columns, lines)


def contact_table(comparison: Comparison, speaker: Speaker) -> Table:
    """Returns the annex of contact points, to be filled in."""
    say = speaker.say
    columns = (
        Column(say("column_purpose"), 2.4),
        Column(speaker.side(comparison.ours), 2.4, is_told=False),
        Column(speaker.side(comparison.theirs), 2.4, is_told=False),
    )
    lines = tuple(
        Line((Cell((say(f"contact_{purpose}"),)), Cell(), Cell()))
        for purpose in ("programme", "data", "disruption")
    )
    return Table(say("annex_contacts"), "Contact points", columns, lines)


def _title(code: str, benefits: Mapping[str, Fact[BenefitDefinition]]) -> str:
    fact = benefits.get(code)
    return fact.value.title if fact is not None and fact.value is not None else code


def _granted(term: BenefitTerm | None, speaker: Speaker) -> Cell:
    if term is None:
        return Cell((speaker.say("to_be_agreed"),))
    flows = speaker.joined(speaker.say(f"flow_{flow.value}") for flow in term.flows)
    functions = speaker.joined(speaker.say(f"function_{each.value}") for each in term.functions)
    small: list[Said] = [functions]
    small += [(f"{name}: {value}",) for name, value in term.parameters.items()]
    return Cell((flows,), tuple(small))
