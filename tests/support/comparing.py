"""Small catalogues and profiles to compare, built in a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from mra_gateway.comparison.compare import Terms, compare
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.comparison import Comparison, Row
from mra_gateway.model.facts import (
    Arrangement,
    Basis,
    Exchange,
    Fact,
    Party,
    Programme,
    ScopeItem,
    Tier,
)
from mra_gateway.model.identifiers import ArrangementId, ProgrammeId, Territory
from mra_gateway.model.operators import ProgrammeKind, Role
from mra_gateway.model.profiles import (
    Cell,
    Instrument,
    Measure,
    Profile,
    Quantity,
    Rate,
    Rates,
    Stated,
    Strength,
)
from mra_gateway.model.requirements import (
    CatalogueKind,
    Category,
    Edition,
    Item,
    Matter,
    Phrase,
    RequirementCatalogue,
)

AT = date(2026, 11, 22)
AS_OF = date(2026, 11, 21)
TERMS = Terms(at=AT)
A, B = "AA-AEO", "BB-AEO"
SOURCE = "customs.example/aeo"
Relation = Literal["at_least", "at_most", "exactly"]


def fact(value: Any, *, basis: Basis = Basis.READ, source: str = SOURCE) -> Fact[Any]:
    """A fact as of one day."""
    return Fact[Any](value=value, source=source, basis=basis, as_of=AS_OF)


def catalogue(
    *,
    id_: str = "safe",
    kind: CatalogueKind = CatalogueKind.REQUIREMENTS,
    categories: Sequence[tuple[str, Matter, int]] = (
        ("A", Matter.COMPLIANCE, 2),
        ("C", Matter.COMPLIANCE, 1),
        ("G", Matter.SECURITY, 3),
        ("I", Matter.SECURITY, 2),
    ),
    editions: Sequence[str] = ("2018", "2021"),
) -> RequirementCatalogue:
    """A catalogue with some items in each category, called `A.a`, `A.b` and so on."""
    return RequirementCatalogue(
        id=id_,
        kind=kind,
        title=fact(Phrase(en="A catalogue")),
        editions=tuple(fact(Edition(name=name)) for name in editions),
        categories=tuple(
            fact(Category(id=letter, name=Phrase(en=letter), duty_on="operator", matter=matter))
            for letter, matter, _ in categories
        ),
        items=tuple(
            fact(item(f"{letter}.{'abcdefgh'[number]}"))
            for letter, _, count in categories
            for number in range(count)
        ),
    )


def item(id_: str, **more: Any) -> Item:
    """An item of a catalogue."""
    category = id_.partition(".")[0]
    return Item(
        id=id_,
        category=category,
        requirement=Phrase(en=f"Item {id_}"),
        question=Phrase(en=f"What of {id_}?"),
        **more,
    )


SAFE = catalogue()


def cell(
    reference: str,
    *,
    stated: Stated = Stated.REQUIRED,
    strength: Strength | None = Strength.MUST,
    instrument: Instrument | None = None,
    thresholds: Iterable[Sequence[Quantity]] = (),
    basis: Basis = Basis.READ,
    source: str = SOURCE,
    **more: Any,
) -> Fact[Cell]:
    """A cell of a profile; what is absent has no strength."""
    return Fact[Cell](
        value=Cell(
            item=reference if ":" in reference else f"safe:{reference}",
            stated=stated,
            text=Phrase(en=f"Says {stated.value}"),
            strength=strength if stated is Stated.REQUIRED else None,
            instrument=instrument,
            thresholds=tuple(tuple(each) for each in thresholds),
            **more,
        ),
        source=source,
        basis=basis,
        as_of=AS_OF,
    )


def absent(reference: str, **more: Any) -> Fact[Cell]:
    """That a source says it is not asked."""
    return cell(reference, stated=Stated.ABSENT, **more)


def figure(
    measure: Measure, value: float, unit: str, *, relation: Relation = "at_least"
) -> Quantity:
    """A figure."""
    return Quantity(measure=measure, value=value, unit=unit, relation=relation)


def rates(**values: tuple[float, str]) -> Rates:
    """Rates of a day: unit → what one of it is worth; `_` stands for a hyphen."""
    return Rates(
        id="2026-11-20",
        rates={
            unit.replace("__", "-"): fact(Rate(value=value, currency=currency))
            for unit, (value, currency) in values.items()
        },
    )


def programme(
    id_: str,
    *,
    tiers: Sequence[tuple[str, bool | None]] | None = None,
    roles: Sequence[Role] | None = None,
    kind: ProgrammeKind | None = ProgrammeKind.AEO,
) -> Programme:
    """Header facts: tiers by code, and whether each may be recognised."""
    named = (
        None
        if tiers is None
        else tuple(Tier(code=code, name=f"Tier {code}", mra_eligible=ok) for code, ok in tiers)
    )
    return Programme(
        id=ProgrammeId(id_),
        administration=Territory(id_[:2]),
        name=fact(f"Programme {id_}"),
        kind=fact(kind),
        legal_basis=fact("A law"),
        launched_on=fact("2020"),
        tiers=fact(named),
        roles=fact(None if roles is None else tuple(roles)),
        validity=fact(None),
        numbers=fact(None),
        authorisation_form=fact(None),
        local_benefits=fact(None),
    )


def subject(
    *cells: Fact[Cell],
    id_: str = A,
    parents: Sequence[Profile] = (),
    header: Programme | None = None,
    arrangements: Sequence[Arrangement] = (),
) -> Subject:
    """A programme with these cells."""
    return Subject(
        profile(*cells, id_=id_),
        parents=parents,
        programme=header,
        arrangements=arrangements,
    )


def profile(*cells: Fact[Cell], id_: str = A, version: int = 1) -> Profile:
    """A profile with these cells."""
    return Profile(programme=ProgrammeId(id_), version=version, cells=cells)


def arrangement(*scopes: tuple[str, Literal["all"] | tuple[str, ...]]) -> Arrangement:
    """An arrangement between programmes, each with the tiers it brings in."""
    unknown = fact(None)
    return Arrangement(
        id=ArrangementId("AA-BB-2020"),
        title="An arrangement",
        legal_reference=unknown,
        signed_on=unknown,
        in_force_on=fact(date(2020, 1, 1)),
        ended_on=unknown,
        pilot=unknown,
        termination_notice=unknown,
        parties=tuple(
            Party(
                territory=Territory(id_[:2]),
                started_on=unknown,
                scope=fact(
                    (ScopeItem(programme=ProgrammeId(id_), tiers=tiers),),
                    source="arrangement.example",
                ),
            )
            for id_, tiers in scopes
        ),
        exchange=Exchange(
            data_elements=unknown,
            frequency=unknown,
            consent=unknown,
            retention_days=unknown,
            notification=unknown,
        ),
        benefits=unknown,
    )


def compared(ours: Subject, theirs: Subject, **terms: Any) -> Comparison:
    """Two programmes on the small catalogue."""
    return compare(ours, theirs, catalogue=SAFE, terms=TERMS._replace(**terms))


def row(
    ours: Sequence[Fact[Cell]], theirs: Sequence[Fact[Cell]], *, item_: str = "A.a", **terms: Any
) -> Row:
    """One row of a comparison of two programmes with these cells."""
    made = compared(subject(*ours), subject(*theirs, id_=B), **terms)
    return next(one for one in made.rows if one.item == item_)
