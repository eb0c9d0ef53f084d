"""Papers for when it is signed: operating procedure, public notice, yearly review.

What is not agreed or measured stands in brackets or blank: nothing is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from mra_gateway.documents.agreement_draft import (
    NO_BENEFITS,
    benefit_table,
    contact_table,
    data_table,
    term_text,
)
from mra_gateway.documents.comparison_parts import front
from mra_gateway.documents.held import NOTHING_HELD, Held, for_reader
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
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.model.comparison import Comparison, Side
from mra_gateway.model.facts import BenefitDefinition, Fact
from mra_gateway.model.terms import ScopeTerm

INDICATORS = (
    "count",
    "variation",
    "value_share",
    "declaration_share",
    "inspection_rate",
    "release_time",
    "use_rate",
    "latency",
    "decision_time",
    "suspensions",
)
"""What a yearly review counts; the definitions are this product's."""


class Figure(NamedTuple):
    """A measured figure: never without its parts, its period and what it covers."""

    numerator: str
    denominator: str
    period: str
    scope: str
    result: str


NO_FIGURES: Mapping[tuple[str, str], Figure] = MappingProxyType({})


def compose_operating_procedure(
    comparison: Comparison, *, printing: Printing, held: Held = NOTHING_HELD
) -> Page:
    """Returns the operating procedure: identification, exchange, changes, contact points.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    shown = for_reader(held, printing)
    say = speaker.say
    names = {
        "frequency": term_text("exchange.frequency", speaker, shown),
        "retention": term_text("exchange.retention_days", speaker, shown),
        "consent": _consent(speaker, shown),
        "notification": term_text("exchange.notification", speaker, shown),
    }
    blocks: list[Block] = []
    for part in range(1, 7):
        blocks.append(Heading(say(f"procedure_{part}_title"), 2))
        steps: list[Said] = []
        while speaker.has(f"procedure_{part}_{len(steps) + 1}"):
            steps.append(say(f"procedure_{part}_{len(steps) + 1}", **names))
        blocks.append(Bullets(tuple(steps), is_numbered=True))
        if part == 1:
            blocks.append(data_table(speaker, shown))
    blocks += [Heading(say("annex_contacts"), 2), contact_table(comparison, speaker)]
    return front("operating_procedure", comparison, speaker, blocks=tuple(blocks), says_scope=False)


def compose_public_notice(
    comparison: Comparison,
    *,
    printing: Printing,
    benefits: Mapping[str, Fact[BenefitDefinition]] = NO_BENEFITS,
    how_to_declare: tuple[Said, ...] = (),
    held: Held = NOTHING_HELD,
) -> Page:
    """Returns the notice to the trade: who qualifies, what they get, how to declare.

    Args:
        comparison: Names the sides.
        printing: Languages, readers, date, letterhead.
        benefits: What benefit codes mean.
        how_to_declare: Field and form of the number, as the partner's rules say.
        held: Terms that are agreed.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    shown = for_reader(held, printing)
    say = speaker.say
    start = term_text("in_force_on", speaker, shown)
    agreed = {code: fact for code, fact in benefits.items() if _is_term(code, shown)}
    blocks: tuple[Block, ...] = (
        Paragraph(say("notice_lead", start=start)),
        Heading(say("notice_who"), 2),
        Facts(
            (),
            tuple(
                (speaker.side(side), (Cell((_members(side, speaker, shown),)),))
                for side in (comparison.ours, comparison.theirs)
            ),
        ),
        Heading(say("notice_what"), 2),
        benefit_table(comparison, speaker, agreed, shown)
        if agreed
        else Paragraph(say("to_be_agreed")),
        Heading(say("notice_how"), 2),
        Bullets(how_to_declare or (say("to_be_agreed"),), is_numbered=True),
        Paragraph(say("notice_no_claim"), "small"),
    )
    return front("public_notice", comparison, speaker, blocks=blocks, says_scope=False)


def compose_yearly_review(
    comparison: Comparison,
    *,
    printing: Printing,
    figures: Mapping[tuple[str, str], Figure] = NO_FIGURES,
    changed: tuple[Said, ...] = (),
) -> Page:
    """Returns the yearly review: what changed, figures of both sides, what to decide.

    Args:
        comparison: As it is now.
        printing: Languages, readers, date, letterhead.
        figures: (Indicator, territory) → figure; what was not measured stays blank.
        changed: What changed in either programme since the last review.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    say = speaker.say
    tasks = tuple(say(f"review_task_{number}") for number in range(1, 5))
    blocks: tuple[Block, ...] = (
        Heading(say("review_changes"), 2),
        Bullets(changed) if changed else Paragraph(say("review_no_changes")),
        Heading(say("review_figures"), 2),
        Paragraph(say("review_figures_lead"), "small"),
        _figures(comparison, speaker, figures),
        Heading(say("review_decide"), 2),
        Bullets(tasks, is_numbered=True),
    )
    page = front("yearly_review", comparison, speaker, blocks=blocks)
    return page._replace(is_wide=True)


def _figures(
    comparison: Comparison, speaker: Speaker, figures: Mapping[tuple[str, str], Figure]
) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_indicator"), 3.2),
        Column(say("column_side"), 1.4),
        *(
            Column(say(f"column_{part}"), 1.4, is_told=False)
            for part in ("numerator", "denominator", "period", "scope", "figure")
        ),
    )
    lines = tuple(
        Line(
            (
                Cell((say(f"indicator_{indicator}"),)),
                Cell((speaker.territory(side.territory),)),
                *(
                    Cell(((text,),)) if text else Cell()
                    for text in figures.get((indicator, side.territory), ("",) * 5)
                ),
            )
        )
        for indicator in INDICATORS
        for side in (comparison.ours, comparison.theirs)
    )
    return Table(say("review_figures"), "Figures", columns, lines)


def _consent(speaker: Speaker, held: Held) -> Said:
    value = held.term("exchange.consent")
    if value in ("required", "not_required"):
        return speaker.say(f"consent_{value}")
    return speaker.say("to_be_agreed")


def _members(side: Side, speaker: Speaker, held: Held) -> Said:
    value = held.term(f"scope.{side.programme}")
    if not isinstance(value, dict):
        return speaker.say("to_be_agreed")
    scope = ScopeTerm.model_validate(value)
    if scope.tiers == "all":
        return speaker.say("all_members")
    return speaker.say("members_of", tiers=", ".join(scope.tiers))


def _is_term(code: str, held: Held) -> bool:
    return any(position.key.endswith(f".{code}") for position in held.positions)
