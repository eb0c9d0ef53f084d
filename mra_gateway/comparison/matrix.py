"""Every pair of a group of programmes, and what one arrangement among all of them still needs.

An item is ready for all when every member provides for it, read or read in part and item by item,
or has nobody whom it could bind. What a member is not known to provide has to be established; what
a source says it does not provide has to be added or shown by other means.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from mra_gateway.comparison import conditions
from mra_gateway.comparison.compare import Terms, compare, edition_of, items_of
from mra_gateway.comparison.conclusion import is_solid
from mra_gateway.comparison.eligibility import eligibility
from mra_gateway.comparison.judge import MIRROR
from mra_gateway.comparison.quantities import Converter, weakest
from mra_gateway.comparison.statement import Position, position_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.model.comparison import Comparison, Condition, Finding
from mra_gateway.model.facts import Basis
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.matrix import Matrix, Pairing, Standing
from mra_gateway.model.profiles import Stated
from mra_gateway.model.requirements import Item, RequirementCatalogue


def compare_all(
    subjects: Sequence[Subject], *, group: str, catalogue: RequirementCatalogue, terms: Terms
) -> Matrix:
    """Returns every pair of a group, seen from both sides.

    Args:
        subjects: At least two programmes.
        group: What they are called together.
        catalogue: By what they are compared.
        terms: By what else; its tiers are left aside, for they are one programme's.

    Raises:
        ValueError: The catalogue has no such edition.
    """
    terms = terms._replace(tier_ours=None, tier_theirs=None)
    edition = edition_of(catalogue, terms.edition)
    pairings: dict[tuple[ProgrammeId, ProgrammeId], Pairing] = {}
    for one, other in itertools.combinations(subjects, 2):
        pairing = _pairing(compare(one, other, catalogue=catalogue, terms=terms))
        pairings[one.id, other.id] = pairing
        pairings[other.id, one.id] = _mirrored(pairing)
    converter = Converter(terms.rates)
    parts = [
        (one, Scope(eligibility(one, beside=one, at=terms.at).tiers or None, terms.role))
        for one in subjects
    ]
    standings = tuple(
        _standing(item, parts, catalogue.id, converter) for item in items_of(catalogue, edition)
    )
    return Matrix(
        group=group,
        catalogue=catalogue.id,
        edition=edition,
        at=terms.at,
        rates=None if terms.rates is None else terms.rates.id,
        members=tuple(subject.side for subject in subjects),
        pairings=tuple(
            pairings[one.id, other.id] for one, other in itertools.permutations(subjects, 2)
        ),
        standings=standings,
        needs=tuple(_needs(subjects, standings)),
    )


def _pairing(comparison: Comparison) -> Pairing:
    findings = [row.finding for row in comparison.rows]
    conclusion = comparison.conclusion
    return Pairing(
        ours=comparison.ours.programme,
        theirs=comparison.theirs.programme,
        outcome=conclusion.outcome,
        counts=dict(Counter(findings)),
        established=sum(one is not Finding.NOT_ESTABLISHED for one in findings),
        solid=sum(map(is_solid, comparison.rows)),
        conditions=conclusion.conditions,
        eligible_ours=conclusion.eligible_ours,
        eligible_theirs=conclusion.eligible_theirs,
    )


def _mirrored(pairing: Pairing) -> Pairing:
    """Returns a pair from the other side; its conditions name the programmes and stay."""
    return pairing.model_copy(
        update={
            "ours": pairing.theirs,
            "theirs": pairing.ours,
            "counts": {MIRROR[finding]: count for finding, count in pairing.counts.items()},
            "eligible_ours": pairing.eligible_theirs,
            "eligible_theirs": pairing.eligible_ours,
        }
    )


def _standing(
    item: Item,
    parts: Sequence[tuple[Subject, Scope]],
    catalogue: str,
    converter: Converter,
) -> Standing:
    """Returns where the part of each member that may be recognised stands on an item."""
    by_place: dict[str, list[ProgrammeId]] = {}
    for subject, scope in parts:
        position = position_of(subject, item, catalogue=catalogue, scope=scope, converter=converter)
        by_place.setdefault(_place(position), []).append(subject.id)
    return Standing(
        item=item.id,
        category=item.category,
        requirement=item.requirement,
        provided=tuple(by_place.get("provided", ())),
        thin=tuple(by_place.get("thin", ())),
        absent=tuple(by_place.get("absent", ())),
        not_established=tuple(by_place.get("not_established", ())),
    )


def _place(position: Position) -> str:
    statements = position.statements
    stated = {one.stated for one in statements}
    if not stated or position.is_contested:
        return "not_established"
    if Stated.ABSENT in stated:
        return "absent" if position.is_complete or len(stated) > 1 else "not_established"
    if stated == {Stated.NOT_APPLICABLE}:
        return "not_established"
    basis = weakest(one.basis for one in statements)
    is_thin = (
        basis is Basis.UNVERIFIED
        or not position.is_complete
        or any(one.by_category for one in statements)
    )
    return "thin" if is_thin else "provided"


def _needs(subjects: Sequence[Subject], standings: Sequence[Standing]) -> Iterator[Condition]:
    """Yields, member by member, what has to be established or added."""
    for subject in subjects:
        absent = [one.item for one in standings if subject.id in one.absent]
        if absent:
            text = conditions.absent_in_group(absent, of=str(subject.id))
            yield Condition(text=text, items=tuple(absent))
        unknown = [one.item for one in standings if subject.id in (*one.not_established, *one.thin)]
        if unknown:
            text = conditions.needed_of_group(unknown, of=str(subject.id))
            yield Condition(text=text, items=tuple(unknown))
