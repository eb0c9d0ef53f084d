"""Which part of a programme may be recognised abroad, as its sources and arrangements say.

1. An arrangement between the two programmes: the tiers and roles its scope names.
2. The tiers the programme's header facts mark as eligible, and its profile's cell on the dimension
   "which status enters arrangements" where it names tiers.
3. Its arrangements with others, where nothing else says.

What none of these says is not known, and recognises nobody by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from mra_gateway.comparison.quantities import weakest
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.model.comparison import Evidence
from mra_gateway.model.facts import ALL, Arrangement, Basis, Fact, ScopeItem
from mra_gateway.model.operators import Code, Role

STATUS_DIMENSION: Final = "dimensions:D19"
"""Which status of a programme enters arrangements."""


class Eligibility(NamedTuple):
    """The part of a programme that may be recognised.

    Attributes:
        tiers: Its tiers; None when not known, empty when it has no tiers and all of it may be.
        roles: The roles an arrangement between the two names; None when it names none.
        is_restricted: Whether other tiers of the programme may not be.
        arrangements: The arrangements that say so.
        cells: The cells of its profile that say so.
        sources: Where it was read.
        basis: The weakest basis it rests on.
    """

    tiers: tuple[Code, ...] | None = None
    roles: tuple[Role, ...] | None = None
    is_restricted: bool = False
    arrangements: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    basis: Basis | None = None


class _Saying(NamedTuple):
    """One source that names tiers; None: all of them."""

    tiers: tuple[Code, ...] | None
    source: str
    basis: Basis
    arrangement: str | None = None
    roles: tuple[Role, ...] | None = None
    cell: str | None = None


def eligibility(subject: Subject, *, beside: Subject, at: date) -> Eligibility:
    """Returns which part of a programme may be recognised by another's administration."""
    if subject.is_text or beside.is_text:
        beside = subject  # a text is party of nothing
    own = [*_header(subject), *_dimension(subject)]
    between = [one for one in _arrangements(subject, at=at) if one[0] == beside.id.territory]
    others = [one[1] for one in _arrangements(subject, at=at)]
    chosen = [one[1] for one in between]
    deciding = chosen or own or others
    if not deciding:
        return Eligibility()
    named = [one.tiers for one in deciding]
    tiers = (
        subject.tiers
        if None in named
        else tuple(dict.fromkeys(tier for each in named for tier in each or ()))
    )
    rests = [*deciding, *(one for one in own if chosen)]
    return Eligibility(
        tiers=_in_order(tiers, subject),
        roles=_roles(chosen),
        is_restricted=None not in named and (not subject.tiers or set(tiers) < set(subject.tiers)),
        arrangements=tuple(
            dict.fromkeys(one.arrangement for one in (chosen or others) if one.arrangement)
        ),
        cells=tuple(dict.fromkeys(one.cell for one in rests if one.cell)),
        sources=tuple(dict.fromkeys(one.source for one in rests)),
        basis=weakest(one.basis for one in deciding),
    )


def _in_order(tiers: tuple[Code, ...], subject: Subject) -> tuple[Code, ...]:
    order = {tier: number for number, tier in enumerate(subject.tiers)}
    return tuple(sorted(tiers, key=lambda tier: order.get(tier, len(order))))


def _roles(chosen: list[_Saying]) -> tuple[Role, ...] | None:
    if not chosen or any(one.roles is None for one in chosen):
        return None
    return tuple(dict.fromkeys(role for one in chosen for role in one.roles or ()))


def _header(subject: Subject) -> Iterator[_Saying]:
    fact = None if subject.programme is None else subject.programme.tiers
    if fact is None or fact.value is None:
        return
    eligible = tuple(tier.code for tier in fact.value if tier.mra_eligible)
    if eligible:
        yield _Saying(eligible, fact.source, fact.basis)


def _dimension(subject: Subject) -> Iterator[_Saying]:
    levels = subject.levels(STATUS_DIMENSION, "dimensions:D", scope=Scope())
    for one in levels[0] if levels else ():
        named = _named(one, subject)
        if one.cell.item == STATUS_DIMENSION and named:
            yield _Saying(named, one.source, one.basis, cell=STATUS_DIMENSION)


def _named(evidence: Evidence, subject: Subject) -> tuple[Code, ...]:
    cell = evidence.cell
    return tuple(tier for tier in subject.tiers if tier in cell.values) or (
        cell.tiers if cell.tiers != ALL else ()
    )


def _arrangements(subject: Subject, *, at: date) -> Iterator[tuple[str, _Saying]]:
    """Yields, by the territory of the other party, what arrangements bring in of a programme."""
    for arrangement in subject.arrangements:
        ended = arrangement.ended_on.value
        if ended is not None and at >= ended:
            continue
        for scope, item in _scopes(arrangement, subject):
            saying = _Saying(
                None if item.tiers == ALL else item.tiers,
                scope.source,
                scope.basis,
                str(arrangement.id),
                None if item.roles == ALL else item.roles,
            )
            for party in arrangement.parties:
                if party.territory != subject.id.territory:
                    yield str(party.territory), saying


def _scopes(
    arrangement: Arrangement, subject: Subject
) -> Iterator[tuple[Fact[tuple[ScopeItem, ...]], ScopeItem]]:
    for party in arrangement.parties:
        for item in party.scope.value or ():
            if item.programme == subject.id:
                yield party.scope, item
