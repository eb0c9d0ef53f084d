"""The facts that head a comparison and a fact sheet: what each programme is.

They come from the programme's header facts and from the cells of its profile that describe a
dimension; what neither holds was not seen, and is said to be so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mra_gateway.documents.evidence_cells import SourceList, basis_line, details, statement
from mra_gateway.documents.page import Cell, Facts, Said
from mra_gateway.documents.speaking import Speaker
from mra_gateway.model.facts import Fact, Programme, Tier
from mra_gateway.model.operators import ProgrammeKind, Role
from mra_gateway.model.profiles import Profile
from mra_gateway.model.requirements import ItemReference, Phrase

_DIMENSIONS: tuple[tuple[str, ItemReference], ...] = (
    ("fact_validator", "dimensions:D13"),
    ("fact_revalidation", "dimensions:D16"),
    ("fact_suspension", "dimensions:D17"),
    ("fact_small_firms", "dimensions:D18"),
    ("fact_enters_mra", "dimensions:D19"),
    ("fact_consent", "dimensions:D20"),
    ("fact_identifier", "dimensions:D21"),
)


class Dossier(NamedTuple):
    """What is held of a programme.

    Attributes:
        programme: Its header facts.
        profile: What it says item by item.
        union: The profile of the union it extends.
        benefits: What the codes of its benefits mean.
        arrangements: Titles of its arrangements in force.
    """

    programme: Programme | None = None
    profile: Profile | None = None
    union: Profile | None = None
    benefits: tuple[tuple[str, Phrase], ...] = ()
    arrangements: tuple[str, ...] = ()


def header_facts(
    dossiers: tuple[Dossier, ...],
    speaker: Speaker,
    sources: SourceList,
    *,
    columns: tuple[Said, ...],
) -> Facts:
    """Returns the block of facts, one column for each programme."""
    sides = [_lines(dossier, speaker, sources) for dossier in dossiers]
    return Facts(
        columns,
        tuple(
            (label, tuple(side[number][1] for side in sides))
            for number, (label, _) in enumerate(sides[0])
        ),
    )


def _lines(dossier: Dossier, speaker: Speaker, sources: SourceList) -> list[tuple[Said, Cell]]:
    held = dossier.programme
    told: list[tuple[str, Cell]] = []

    def add(label: str, fact: Fact[Any] | None, value: tuple[Said, ...]) -> None:
        if fact is None or not value:
            told.append((label, Cell((speaker.say_to_reader("not_seen"),))))
            return
        line = basis_line(fact.source, fact.basis, fact.as_of.isoformat(), speaker, sources)
        told.append((label, Cell(value, (line,))))

    def add_text(label: str, fact: Fact[str] | None) -> None:
        add(label, fact, ((fact.value,),) if fact and fact.value else ())

    add_text("fact_name", held.name if held else None)
    add("fact_kind", held.kind if held else None, _kind(held, speaker))
    add_text("fact_law", held.legal_basis if held else None)
    add_text("fact_launched", held.launched_on if held else None)
    add("fact_roles", held.roles if held else None, _roles(held, speaker))
    add("fact_tiers", held.tiers if held else None, _tiers(held, speaker))
    add_text("fact_numbers", held.numbers if held else None)
    add_text("fact_validity", held.validity if held else None)
    for label, item in _DIMENSIONS:
        told.append((label, _dimension(dossier, item, speaker, sources)))
    add_text("fact_authorisation", held.authorisation_form if held else None)
    add("fact_benefits", held.local_benefits if held else None, _benefits(dossier, speaker))
    listed = tuple((title,) for title in dossier.arrangements)
    told.append(("fact_arrangements", Cell(listed or (speaker.say_to_reader("not_seen"),))))
    return [(speaker.say(label), cell) for label, cell in told]


def _dimension(
    dossier: Dossier, item: ItemReference, speaker: Speaker, sources: SourceList
) -> Cell:
    for profile in (dossier.profile, dossier.union):
        found = [f for f in (profile.cells if profile else ()) if f.value and f.value.item == item]
        if not found:
            continue
        lines: list[Said] = []
        small: list[Said] = []
        for fact in found:
            assert fact.value is not None
            lines += statement(fact.value, speaker)
            small += details(fact.value, speaker)
            day = fact.as_of.isoformat()
            small.append(basis_line(fact.source, fact.basis, day, speaker, sources))
        return Cell(tuple(lines), tuple(small))
    return Cell((speaker.say_to_reader("not_seen"),))


def _kind(held: Programme | None, speaker: Speaker) -> tuple[Said, ...]:
    kind: ProgrammeKind | None = held.kind.value if held else None
    return (speaker.say(f"kind_{kind.value}"),) if kind else ()


def _roles(held: Programme | None, speaker: Speaker) -> tuple[Said, ...]:
    roles: tuple[Role, ...] = (held.roles.value or ()) if held else ()
    return (speaker.joined(speaker.say(f"role_{role.value}") for role in roles),) if roles else ()


def _tiers(held: Programme | None, speaker: Speaker) -> tuple[Said, ...]:
    return tuple(_tier(tier, speaker) for tier in (held.tiers.value or ())) if held else ()


def _tier(tier: Tier, speaker: Speaker) -> Said:
    name = (f"{tier.code}: {tier.name}",)
    if tier.mra_eligible is None:
        return name
    key = "tier_eligible" if tier.mra_eligible else "tier_not_eligible"
    return speaker.joined((name, speaker.say(key)), by=" ")


def _benefits(dossier: Dossier, speaker: Speaker) -> tuple[Said, ...]:
    held = dossier.programme
    codes = (held.local_benefits.value or ()) if held else ()
    meant = dict(dossier.benefits)
    return tuple(speaker.phrase(meant[code]) if code in meant else (code,) for code in codes)
