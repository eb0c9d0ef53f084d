"""What a side says of an item: cells that agree become one statement, cells that do not contest it.

Cells may hold for some tiers or roles only. The tiers and roles a side is looked at for are taken
one by one; those of which the same cells speak share a statement, and those of which no cell speaks
leave the side incomplete.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from mra_gateway.comparison.quantities import (
    Alternatives,
    Converter,
    Relation,
    measures_of,
    only,
    relate,
    strongest,
    weakest,
)
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.model.comparison import Evidence
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.operators import Code
from mra_gateway.model.profiles import Instrument, Stated, Strength
from mra_gateway.model.requirements import Item

_OTHERS = "*"
"""Stands for every tier or role nobody named, where not all of them are known."""


class Statement(NamedTuple):
    """What cells that speak of the same tiers and roles say together.

    Attributes:
        basis: The weakest basis it rests on, the best taken where several cells say the same.
        by_category: Known for the category only.
    """

    stated: Stated
    strength: Strength | None
    instruments: frozenset[Instrument]
    thresholds: Alternatives
    values: frozenset[Code]
    basis: Basis
    by_category: bool


class Position(NamedTuple):
    """Where a side stands on an item.

    Attributes:
        evidence: What was found, all of it.
        statements: What it says; several where tiers or roles differ.
        is_contested: Its sources contradict each other.
        is_complete: It speaks of every tier and role looked at.
    """

    evidence: tuple[Evidence, ...] = ()
    statements: tuple[Statement, ...] = ()
    is_contested: bool = False
    is_complete: bool = True

    @property
    def is_missing(self) -> bool:
        """Whether nothing was seen."""
        return not self.evidence


def position_of(
    subject: Subject, item: Item, *, catalogue: str, scope: Scope, converter: Converter
) -> Position:
    """Returns where a side stands on an item."""
    category = f"{catalogue}:{item.category}"
    levels = subject.levels(f"{catalogue}:{item.id}", category, scope=scope)
    if not levels:
        return Position()
    groups, is_complete = _by_scope(levels, subject=subject, item=item, scope=scope)
    spoken = dict.fromkeys(id(one) for group in groups for one in group)
    shown = [one for level in levels for one in level if id(one) in spoken] or list(levels[0])
    evidence = tuple(
        one.model_copy(update={"by_category": True}) if one.cell.item == category else one
        for one in shown
    )
    made = [_together(group, category=category, converter=converter) for group in groups]
    if None in made:
        return Position(evidence, is_contested=True)
    statements = dict.fromkeys(one for one in made if one is not None)
    return Position(evidence, tuple(statements), is_complete=is_complete)


def _by_scope(
    levels: Sequence[Sequence[Evidence]], *, subject: Subject, item: Item, scope: Scope
) -> tuple[list[tuple[Evidence, ...]], bool]:
    """Returns the groups of cells that speak of the same, and whether they speak of everything."""
    if all(one.cell.tiers == ALL and one.cell.roles == ALL for one in levels[0]):
        return [tuple(levels[0])], True
    cells = [one.cell for level in levels for one in level]
    tiers = _looked_at(scope.tiers or subject.tiers, [cell.tiers for cell in cells])
    bound = (scope.role,) if scope.role else subject.roles
    if item.roles != ALL:
        bound = tuple(role for role in bound if role in item.roles) or item.roles
    roles = _looked_at(bound, [cell.roles for cell in cells])
    speaking: dict[tuple[int, ...], tuple[Evidence, ...]] = {}
    for tier, role in itertools.product(tiers, roles):
        group = _speaking(levels, tier=tier, role=role)
        speaking[tuple(id(one) for one in group)] = group
    return [group for group in speaking.values() if group], () not in speaking


def _speaking(
    levels: Sequence[Sequence[Evidence]], *, tier: str, role: str
) -> tuple[Evidence, ...]:
    """Returns the cells of the first level that speak of a tier and role."""
    for level in levels:
        group = tuple(
            one
            for one in level
            if (one.cell.tiers == ALL or tier in one.cell.tiers)
            and (one.cell.roles == ALL or role in one.cell.roles)
        )
        if group:
            return group
    return ()


def _looked_at(
    known: Sequence[str], named: Iterable[Literal["all"] | Sequence[str]]
) -> tuple[str, ...]:
    """Returns the tiers or roles to take one by one: the known ones, else the named and others."""
    lists = [each for each in named if each != ALL]
    if not lists:
        return (_OTHERS,)  # every cell speaks of all of them: one stands for all
    if known:
        return tuple(known)
    return (*dict.fromkeys(itertools.chain(*lists)), _OTHERS)


def _together(
    group: Sequence[Evidence], *, category: str, converter: Converter
) -> Statement | None:
    """Returns what cells say together; None when they contradict each other."""
    cells = [one.cell for one in group]
    stated = {cell.stated for cell in cells}
    strengths = {_demand(cell.strength) for cell in cells if cell.strength is not None}
    if len(stated) > 1 or len(strengths) > 1:
        return None
    values: frozenset[Code] = frozenset()
    thresholds: Alternatives = ()
    for cell in cells:
        fuller = _either(values, frozenset(cell.values))
        together = _both(thresholds, cell.thresholds, converter=converter)
        if fuller is None or together is None:
            return None
        values, thresholds = fuller, together
    return Statement(
        stated=stated.pop(),
        strength=next((cell.strength for cell in cells if cell.strength is not None), None),
        instruments=frozenset(cell.instrument for cell in cells if cell.instrument is not None),
        thresholds=thresholds,
        values=values,
        basis=_basis_of(group),
        by_category=cells[0].item == category,
    )


def _demand(strength: Strength) -> Strength:
    """Failing a core item fails the whole: it is a must however it is counted."""
    return Strength.MUST if strength is Strength.SCORED_CORE else strength


def _either(one: frozenset[Code], other: frozenset[Code]) -> frozenset[Code] | None:
    """Returns the fuller of two lists of values, or None where each has what the other lacks."""
    if one <= other or other <= one:
        return one | other
    return None


def _both(one: Alternatives, other: Alternatives, *, converter: Converter) -> Alternatives | None:
    """Returns two thresholds of one side as one, or None where they contradict each other."""
    if not one or not other or one == other:
        return one or other
    mine, yours = measures_of(one), measures_of(other)
    shared = mine & yours
    if not shared:
        return tuple((*each, *more) for each in one for more in other)
    if relate(one, other, converter=converter).relation is Relation.EQUAL:
        return one
    if not (mine <= yours or yours <= mine):
        return None
    rest = relate(only(one, shared), only(other, shared), converter=converter)
    if rest.relation is not Relation.EQUAL:
        return None
    return one if len(mine) > len(yours) else other


def _basis_of(group: Sequence[Evidence]) -> Basis:
    """Returns the weakest basis of what is said, each part at the best basis that says it."""
    parts = (
        [one.basis for one in group],
        [one.basis for one in group if one.cell.strength is not None],
        [one.basis for one in group if one.cell.thresholds],
        [one.basis for one in group if one.cell.values],
    )
    basis = weakest(strongest(part) for part in parts if part)
    return basis if basis is not None else Basis.UNVERIFIED
