"""What a comparison amounts to on paper, and the conditions it depends on.

The rows are those of the part of each programme that may be recognised, unless another was asked
for; what the rows of the whole say beside them shows why it is only that part. In this order:

1. eligible part: "recognise type 3 only", with its sources and the rows that differ by tier
2. not eligible as it stands: what certifies something else than AEOs, and what sources say has no
   requirement on security; where none was seen, until they are established
3. one-sided requirements, category by category, with the basis they rest on
4. requirements not established: "until F.f is established"; sources that contradict each other
5. partial rows, and stricter figures

Of a catalogue of benefits 3 and 4 say how far they are reciprocal.

Outcome: *not yet compatible* when a side is not eligible as it stands, or most of what is known of
security is one-sided; *not established* while most rows rest on nothing, on headings or on
unverified evidence; else *compatible*, with conditions when there is any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from mra_gateway.comparison import conditions
from mra_gateway.comparison.eligibility import Eligibility
from mra_gateway.comparison.quantities import weakest
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.comparison import (
    Conclusion,
    Condition,
    Evidence,
    Finding,
    Outcome,
    Row,
)
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.operators import Code, ProgrammeKind
from mra_gateway.model.profiles import Stated, Strength
from mra_gateway.model.requirements import (
    CatalogueKind,
    CategoryId,
    ItemId,
    Matter,
    Phrase,
    RequirementCatalogue,
)

_ONE_SIDED: Final = (Finding.ONLY_OURS, Finding.ONLY_THEIRS)
_STRICTER: Final = (Finding.STRICTER_OURS, Finding.STRICTER_THEIRS)
_LENIENT: Final = frozenset({Strength.SHOULD, Strength.SCORED})


class Case(NamedTuple):
    """A comparison before it is concluded.

    Attributes:
        subjects: Ours and theirs.
        rows: Of the part of each programme that is looked at.
        by_tier: The items on which both programmes as a whole amount to something else.
        eligible: Which part of each may be recognised.
        asked: The tiers whoever asks narrowed them to.
    """

    subjects: tuple[Subject, Subject]
    catalogue: RequirementCatalogue
    rows: tuple[Row, ...]
    by_tier: frozenset[ItemId]
    eligible: tuple[Eligibility, Eligibility]
    asked: tuple[Code | None, Code | None]

    @property
    def is_on_requirements(self) -> bool:
        """Whether the catalogue's items are duties on operators."""
        return self.catalogue.kind is CatalogueKind.REQUIREMENTS

    @property
    def is_on_benefits(self) -> bool:
        """Whether the catalogue's items are what operators get."""
        return self.catalogue.kind is CatalogueKind.BENEFITS

    @property
    def security(self) -> frozenset[CategoryId]:
        """The categories on security."""
        return frozenset(
            fact.value.id
            for fact in self.catalogue.categories
            if fact.value is not None and fact.value.matter is Matter.SECURITY
        )

    def evidence(self, row: Row, side: int) -> tuple[Evidence, ...]:
        """Returns a side's evidence on a row."""
        return row.theirs if side else row.ours


class _Barred(NamedTuple):
    """That a side cannot be recognised as it stands; `is_certain` unless it was just not seen."""

    condition: Condition
    is_certain: bool


def conclude(case: Case) -> Conclusion:
    """Returns the conclusion of a comparison."""
    barred = list(_barred(case)) if case.is_on_requirements else []
    parts: list[Condition] = []
    if case.is_on_requirements:
        parts += _eligible_parts(case)
        parts += [one.condition for one in barred]
    parts += _one_sided(case)
    parts += _until(case)
    parts += _aligned(case)
    parts += _stricter(case)
    ours, theirs = case.eligible
    return Conclusion(
        outcome=_outcome(case, barred=barred, has_conditions=bool(parts)),
        conditions=tuple(parts),
        eligible_ours=ours.tiers,
        eligible_theirs=theirs.tiers,
    )


def _outcome(case: Case, *, barred: Sequence[_Barred], has_conditions: bool) -> Outcome:
    if any(one.is_certain for one in barred):
        return Outcome.NOT_YET_COMPATIBLE
    known = [row for row in case.rows if is_solid(row)]
    security = [row for row in known if row.category in case.security]
    lone = [row for row in security if row.finding in _ONE_SIDED]
    if len(known) * 2 < len(case.rows) or barred:
        return Outcome.NOT_ESTABLISHED
    if len(lone) * 2 > len(security):
        return Outcome.NOT_YET_COMPATIBLE
    return Outcome.COMPATIBLE_WITH_CONDITIONS if has_conditions else Outcome.COMPATIBLE


def is_solid(row: Row) -> bool:
    """Says whether a row can bear a conclusion: established, verified, known item by item."""
    return (
        row.finding is not Finding.NOT_ESTABLISHED
        and row.basis is not Basis.UNVERIFIED
        and not any(one.by_category for one in (*row.ours, *row.theirs))
    )


def _eligible_parts(case: Case) -> Iterator[Condition]:
    """Yields, for each side, which tiers and roles of it may be recognised."""
    deciding = [row for row in case.rows if row.item in case.by_tier]
    for side, (subject, eligible) in enumerate(zip(case.subjects, case.eligible, strict=True)):
        if case.asked[side] not in {None, ALL, *(eligible.tiers or ())} and eligible.tiers:
            yield Condition(
                text=conditions.tier_not_eligible(
                    str(subject.id), str(case.asked[side]), eligible.tiers
                ),
                sources=eligible.sources,
                basis=eligible.basis,
            )
        elif eligible.tiers and (eligible.is_restricted or eligible.roles):
            yield Condition(
                text=conditions.recognise_only(subject, eligible),
                items=tuple(row.item for row in deciding if _names_tiers(case.evidence(row, side))),
                sources=eligible.sources,
                basis=eligible.basis,
            )


def _names_tiers(evidence: Sequence[Evidence]) -> bool:
    return any(one.cell.tiers != ALL for one in evidence)


def _barred(case: Case) -> Iterator[_Barred]:
    """Yields what keeps a side from being recognised as it stands."""
    rows = [row for row in case.rows if row.category in case.security]
    items = tuple(row.item for row in rows)
    for side, subject in enumerate(case.subjects):
        kind = subject.kind
        if subject.is_text or (not rows and kind is None):
            continue
        if kind is not None and kind.value not in {None, ProgrammeKind.AEO}:
            text = conditions.not_aeo(str(subject.id), str(kind.value))
            why = Condition(text=text, items=items, sources=(kind.source,), basis=kind.basis)
            yield _Barred(why, is_certain=True)
            continue
        stated = {one.cell.stated for row in rows for one in case.evidence(row, side)}
        if not rows or stated & {Stated.REQUIRED, Stated.DESCRIBED}:
            continue
        is_certain = Stated.ABSENT in stated
        absent = [row for row in rows if _basis(case.evidence(row, side)) is not None]
        yield _Barred(
            Condition(
                text=conditions.no_security(str(subject.id), is_certain=is_certain),
                items=tuple(row.item for row in absent) if is_certain else items,
                basis=weakest(_basis(case.evidence(row, side)) for row in absent),
            ),
            is_certain=is_certain,
        )


def _basis(evidence: Sequence[Evidence]) -> Basis | None:
    return weakest(one.basis for one in evidence)


def _one_sided(case: Case) -> Iterator[Condition]:
    for finding, has, has_not in zip(
        _ONE_SIDED, case.subjects, reversed(case.subjects), strict=True
    ):
        rows = [row for row in case.rows if row.finding is finding]
        said = conditions.given_alone if case.is_on_benefits else conditions.one_sided
        text = partial(said, has=str(has.id), has_not=str(has_not.id))
        yield from _by_category(case, rows, text)


def _until(case: Case) -> Iterator[Condition]:
    """Yields what has to be established first."""
    unknown = [row for row in case.rows if row.finding is Finding.NOT_ESTABLISHED]
    neither: list[Row] = []
    for side, subject in enumerate(case.subjects):
        missing = [row for row in unknown if not case.evidence(row, side)]
        asked = [row for row in missing if _is_must(case.evidence(row, 1 - side))]
        text = partial(conditions.until, of=str(subject.id))
        if case.is_on_benefits:
            has = str(case.subjects[1 - side].id)
            text = partial(conditions.given_and_unknown, has=has, of=str(subject.id))
        yield from _by_category(case, asked, text)
        contested = [row for row in unknown if ("ours", "theirs")[side] in row.contested]
        if contested:
            yield Condition(
                text=conditions.until_agreed(contested, of=str(subject.id)),
                items=tuple(row.item for row in contested),
            )
        if not side:
            neither = [row for row in missing if not row.theirs]
    rest = [row for row in unknown if row.ours and row.theirs and not row.contested]
    if rest:
        yield Condition(
            text=conditions.until_comparable(rest), items=tuple(row.item for row in rest)
        )
    if neither:
        names = (str(case.subjects[0].id), str(case.subjects[1].id))
        yield Condition(
            text=conditions.established_nowhere(neither, sides=names),
            items=tuple(row.item for row in neither),
        )


def _is_must(evidence: Sequence[Evidence]) -> bool:
    """Says whether it is asked and not known to be something less than a must."""
    return any(
        one.cell.stated is Stated.REQUIRED and one.cell.strength not in _LENIENT for one in evidence
    )


def _aligned(case: Case) -> Iterator[Condition]:
    rows = [row for row in case.rows if row.finding is Finding.PARTIAL]
    if rows:
        yield Condition(
            text=conditions.align(rows),
            items=tuple(row.item for row in rows),
            basis=weakest(row.basis for row in rows),
        )


def _stricter(case: Case) -> Iterator[Condition]:
    for finding, subject in zip(_STRICTER, case.subjects, strict=True):
        rows = [row for row in case.rows if row.finding is finding]
        if rows:
            yield Condition(
                text=conditions.accept_figures(rows, of=str(subject.id)),
                items=tuple(row.item for row in rows),
                basis=weakest(row.basis for row in rows),
            )


def _by_category(
    case: Case, rows: Sequence[Row], text: Callable[[Phrase, Sequence[Row]], Phrase]
) -> Iterator[Condition]:
    """Yields one condition for each category that has rows."""
    for fact in case.catalogue.categories:
        if fact.value is None:
            continue
        of_it = [row for row in rows if row.category == fact.value.id]
        if of_it:
            items: tuple[ItemId, ...] = tuple(row.item for row in of_it)
            basis = weakest(row.basis for row in of_it)
            yield Condition(text=text(fact.value.name, of_it), items=items, basis=basis)
