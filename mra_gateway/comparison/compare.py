"""Compares two programmes: a row for every item of a catalogue, categories, and a conclusion.

How one item is judged is in `judge.py`, what the whole amounts to in `conclusion.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from mra_gateway.comparison import wording
from mra_gateway.comparison.conclusion import Case, conclude
from mra_gateway.comparison.eligibility import Eligibility, eligibility
from mra_gateway.comparison.judge import SAME, Court, Judgement
from mra_gateway.comparison.quantities import Converter
from mra_gateway.comparison.statement import Position, position_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.model.comparison import (
    Audience,
    CategoryResult,
    Comparison,
    Finding,
    InPractice,
    Row,
)
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.operators import Code, Role
from mra_gateway.model.profiles import Rates
from mra_gateway.model.requirements import (
    CatalogueKind,
    Category,
    Item,
    ItemId,
    Phrase,
    RequirementCatalogue,
)

_NO_VISITS: Final[Mapping[ItemId, InPractice]] = MappingProxyType({})
_STRICTER: Final = frozenset({Finding.STRICTER_OURS, Finding.STRICTER_THEIRS})


class Terms(NamedTuple):
    """What a comparison is made by, but for the two programmes.

    Attributes:
        at: The day it holds for: arrangements in force on it count.
        edition: Of the catalogue; None: its latest.
        role: The role it is narrowed to.
        tier_ours: The tier of ours it is narrowed to; "all": the whole programme; None: the part
            that may be recognised, where that is known, else the whole.
        tier_theirs: The same of theirs.
        rates: Exchange rates and national units of a day.
        audience: Who reads it.
        in_practice: What joint validations found, item by item.
    """

    at: date
    edition: Code | None = None
    role: Role | None = None
    tier_ours: Code | None = None
    tier_theirs: Code | None = None
    rates: Rates | None = None
    audience: Audience = Audience.INTERNAL
    in_practice: Mapping[ItemId, InPractice] = _NO_VISITS


def compare(
    ours: Subject, theirs: Subject, *, catalogue: RequirementCatalogue, terms: Terms
) -> Comparison:
    """Returns two programmes side by side on a catalogue.

    Raises:
        ValueError: The catalogue has no such edition.
    """
    edition = edition_of(catalogue, terms.edition)
    items = items_of(catalogue, edition)
    bench = _Bench(ours, theirs, catalogue, terms, Converter(terms.rates))
    eligible = (
        eligibility(ours, beside=theirs, at=terms.at),
        eligibility(theirs, beside=ours, at=terms.at),
    )
    whole = Scope(None, terms.role)
    scopes = (
        _scope(terms.tier_ours, eligible[0], whole),
        _scope(terms.tier_theirs, eligible[1], whole),
    )
    judged = bench.judge(items, scopes)
    beside = judged if scopes == (whole, whole) else bench.judge(items, (whole, whole))
    rows = tuple(map(bench.row, judged))
    by_tier = frozenset(
        one.item.id
        for one, other in zip(judged, beside, strict=True)
        if one.judgement != other.judgement
    )
    asked = (terms.tier_ours, terms.tier_theirs)
    case = Case((ours, theirs), catalogue, rows, by_tier, eligible, asked)
    return Comparison(
        ours=ours.side,
        theirs=theirs.side,
        catalogue=catalogue.id,
        edition=edition,
        at=terms.at,
        role=terms.role,
        tier_ours=terms.tier_ours,
        tier_theirs=terms.tier_theirs,
        rates=None if terms.rates is None else terms.rates.id,
        audience=terms.audience,
        rows=rows,
        categories=_roll_up(rows, catalogue),
        conclusion=conclude(case),
    )


def _scope(asked: Code | None, eligible: Eligibility, whole: Scope) -> Scope:
    if asked is not None:
        return whole if asked == ALL else whole._replace(tiers=(asked,))
    return whole._replace(tiers=eligible.tiers or None)


def edition_of(catalogue: RequirementCatalogue, asked: Code | None) -> Code:
    """Returns an edition of a catalogue by its name; the latest when none is asked for.

    Raises:
        ValueError: It has none of that name; the message lists those it has.
    """
    names = [fact.value.name for fact in catalogue.editions if fact.value is not None]
    if asked is None and names:
        return names[-1]
    if asked not in names:
        msg = f"{catalogue.id} has no edition {str(asked)[:40]!r}; it has {', '.join(names)}"
        raise ValueError(msg)
    return asked


def items_of(catalogue: RequirementCatalogue, edition: Code) -> tuple[Item, ...]:
    """Returns the items of an edition, in the order of the catalogue."""
    names = [fact.value.name for fact in catalogue.editions if fact.value is not None]
    at = names.index(edition)

    def since(name: Code | None) -> int:
        return names.index(name) if name in names else 0

    def until(name: Code | None) -> int:
        return names.index(name) if name in names else len(names)

    return tuple(
        fact.value
        for fact in catalogue.items
        if fact.value is not None
        and since(fact.value.since_edition) <= at <= until(fact.value.until_edition)
    )


def categories_of(catalogue: RequirementCatalogue) -> tuple[Category, ...]:
    """Returns the categories of a catalogue."""
    return tuple(fact.value for fact in catalogue.categories if fact.value is not None)


class _Judged(NamedTuple):
    """One item with where both sides stand on it and what that amounts to."""

    item: Item
    ours: Position
    theirs: Position
    judgement: Judgement


class _Bench(NamedTuple):
    """What every row of a comparison is made from."""

    ours: Subject
    theirs: Subject
    catalogue: RequirementCatalogue
    terms: Terms
    converter: Converter

    def judge(self, items: Sequence[Item], scopes: tuple[Scope, Scope]) -> list[_Judged]:
        """Judges every item."""
        court = Court(
            (str(self.ours.id), str(self.theirs.id)),
            self.converter,
            self.terms.rates is not None,
            self.catalogue.kind is CatalogueKind.REQUIREMENTS,
        )
        judged: list[_Judged] = []
        for item in items:
            ours = self._position(self.ours, item, scopes[0])
            theirs = self._position(self.theirs, item, scopes[1])
            judgement = self._not_for(item, scopes[0].role) or court.judge(ours, theirs)
            judged.append(_Judged(item, ours, theirs, judgement))
        return judged

    def _position(self, subject: Subject, item: Item, scope: Scope) -> Position:
        return position_of(
            subject, item, catalogue=self.catalogue.id, scope=scope, converter=self.converter
        )

    def row(self, judged: _Judged) -> Row:
        """Returns a judged item as a row."""
        item, ours, theirs, judgement = judged
        return Row(
            item=item.id,
            category=item.category,
            clause=item.clause,
            requirement=item.requirement,
            finding=judgement.finding,
            in_practice=self.terms.in_practice.get(item.id, InPractice.NOT_VISITED),
            basis=judgement.basis,
            contested=_contested(ours, theirs),
            why=wording.joined(judgement.why),
            question=_question(item, judgement, theirs),
            ours=ours.evidence,
            theirs=theirs.evidence,
        )

    def _not_for(self, item: Item, role: Role | None) -> Judgement | None:
        """Returns that an item does not apply to the role asked for, or None when it does."""
        if role is None:
            return None
        if item.roles != ALL and role not in item.roles:
            return Judgement(Finding.NOT_APPLICABLE, None, (wording.role_not_bound(),))
        away = [
            wording.role_not_certified(str(one.id))
            for one in (self.ours, self.theirs)
            if one.roles and role not in one.roles
        ]
        return Judgement(Finding.NOT_APPLICABLE, None, tuple(away)) if away else None


def _contested(ours: Position, theirs: Position) -> tuple[Literal["ours", "theirs"], ...]:
    if ours.is_contested:
        return ("ours", "theirs") if theirs.is_contested else ("ours",)
    return ("theirs",) if theirs.is_contested else ()


def _question(item: Item, judged: Judgement, theirs: Position) -> Phrase | None:
    """Returns what to ask the other side: where theirs is not known well, or we have it alone."""
    if judged.finding is Finding.NOT_APPLICABLE:
        return None
    if judged.finding in {Finding.ONLY_OURS, Finding.PARTIAL, Finding.NOT_ESTABLISHED}:
        known = judged.finding is Finding.NOT_ESTABLISHED and _is_known_well(theirs)
        return None if known else item.question
    return None if _is_known_well(theirs) else item.question


def _is_known_well(position: Position) -> bool:
    return bool(position.statements) and all(
        one.basis is Basis.READ and not one.by_category for one in position.statements
    )


def _roll_up(rows: Sequence[Row], catalogue: RequirementCatalogue) -> tuple[CategoryResult, ...]:
    """Returns what the categories amount to, those without a row left out."""
    by_category: dict[str, list[Finding]] = {}
    for row in rows:
        by_category.setdefault(row.category, []).append(row.finding)
    return tuple(
        CategoryResult(
            category=category.id,
            name=category.name,
            counts=dict(Counter(findings)),
            established=sum(one is not Finding.NOT_ESTABLISHED for one in findings),
            finding=together(findings),
        )
        for category in categories_of(catalogue)
        if (findings := by_category.get(category.id))
    )


def together(findings: Sequence[Finding]) -> Finding:
    """Returns what rows amount to together: `not_established` while most of them are.

    What does not apply is left out. All the same: the same. Equivalent rows, some of them by other
    means: by other means. Such rows and some stricter ones, all on one side: stricter there.
    Anything else, and any row that is not established among the rest, is `partial`.
    """
    open_ones = sum(one is Finding.NOT_ESTABLISHED for one in findings)
    if open_ones * 2 > len(findings):
        return Finding.NOT_ESTABLISHED
    kinds = set(findings) - {Finding.NOT_APPLICABLE}
    if not kinds:
        return Finding.NOT_APPLICABLE
    if open_ones:
        return Finding.NOT_ESTABLISHED if len(kinds) == 1 else Finding.PARTIAL
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds <= SAME:
        return Finding.EQUIVALENT_BY_OTHER_MEANS
    stricter = kinds - SAME
    return next(iter(stricter)) if len(stricter) == 1 and stricter <= _STRICTER else Finding.PARTIAL
