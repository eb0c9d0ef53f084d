"""The rules by which two programmes are judged on one item. They are the product's, nobody else's.

1. Evidence on an item is the cells of a profile and those it inherits by `extends`, narrowed to the
   tier and role asked for. Cells of its own go before inherited ones, cells for the item before
   those for its category.
2. Cells with basis *read* and *partial* carry a finding, *unverified* ones carry it marked so by
   the row's basis. No cell: nothing was seen, `not_established`, whatever the other side says.
3. Explicit absence is a value. There here and absent there is `only_ours`, the reverse
   `only_theirs`; absent on both is `not_applicable`, and so is what can bind nobody on one side.
4. Sources that contradict each other for the same item, tier and role contest it: all are shown,
   and the finding is `not_established`.
5. Known for the category only: at most `partial`. An absent category is absent item by item.
6. `equivalent` and `equivalent_by_other_means` rest on cells for the item itself with basis *read*
   on both sides, and on a strength known on both where the item is a requirement. Otherwise
   `partial`, and *why* says which side is thin. Unknown never becomes the same.
7. Strength: a core item of a score counts as a must. A must and an open norm are equivalent by
   other means; any other two that differ are `partial`, a score others can make up for among them.
8. Another instrument (certificate, guarantee, licence, agreement, other law) for the same item is
   equivalence by other means; one that is not known beside it is `partial`.
9. Where no tier is asked for, a programme is looked at in the part that may be recognised, if that
   is known. Tiers or roles of it that no cell speaks of make it narrower: `partial`; of an absence
   known for some of them only nothing follows for the whole. Where tiers differ in finding, the
   whole is `partial`.
10. Thresholds are compared as `quantities.py` says: the same; stricter on one side; or neither,
   which is `partial`. Figures that do not convert make the row `not_established` when nothing but
   they could tell; a figure seen on one side only, or on scales of each side's own, is `partial`.
11. Dimensions are compared by their codes: the same codes are the same, others are `partial`, words
   without codes are `not_established`.

Swapping the sides mirrors every finding, for every rule above reads the same from either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from mra_gateway.comparison import wording
from mra_gateway.comparison.quantities import Converter, Relation, relate, weakest
from mra_gateway.comparison.statement import Position, Statement
from mra_gateway.model.comparison import Finding
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.profiles import Instrument, Stated, Strength
from mra_gateway.model.requirements import Phrase

MIRROR: Final[dict[Finding, Finding]] = {
    **{finding: finding for finding in Finding},
    Finding.ONLY_OURS: Finding.ONLY_THEIRS,
    Finding.ONLY_THEIRS: Finding.ONLY_OURS,
    Finding.STRICTER_OURS: Finding.STRICTER_THEIRS,
    Finding.STRICTER_THEIRS: Finding.STRICTER_OURS,
}
"""What a finding is from the other side."""

SAME: Final = frozenset({Finding.EQUIVALENT, Finding.EQUIVALENT_BY_OTHER_MEANS})
_DEMANDS: Final = {Strength.SCORED_CORE: Strength.MUST}
_OWN_MEANS: Final = frozenset({Instrument.PROCEDURE})


class Judgement(NamedTuple):
    """A finding on an item.

    Attributes:
        basis: The weakest basis it rests on; None where it rests on nothing.
        why: The sentences that say why.
    """

    finding: Finding
    basis: Basis | None
    why: tuple[Phrase, ...]


class Court(NamedTuple):
    """What every judgement of a comparison needs.

    Attributes:
        sides: How ours and theirs are called.
        converter: At which rates figures convert.
        has_rates: Whether rates were handed in.
        asks_strength: Whether the catalogue's items are requirements, which have a strength.
    """

    sides: tuple[str, str]
    converter: Converter
    has_rates: bool
    asks_strength: bool

    def judge(self, ours: Position, theirs: Position) -> Judgement:
        """Returns what two sides amount to on an item."""
        unknown = self._unknown(ours, theirs)
        if unknown is not None:
            return unknown
        judged = [
            self._judge_pair(one, other) for one in ours.statements for other in theirs.statements
        ]
        basis = weakest(one.basis for one in judged)
        findings = {one.finding for one in judged}
        why = tuple(dict.fromkeys(text for one in judged for text in one.why))
        whole = Judgement(judged[0].finding, basis, why)
        if len(findings) > 1:
            whole = Judgement(Finding.PARTIAL, basis, (wording.differs_by_scope(), *why))
        return self._narrowed(whole, ours, theirs)

    def _unknown(self, ours: Position, theirs: Position) -> Judgement | None:
        named = tuple(zip(self.sides, (ours, theirs), strict=True))
        missing = [side for side, position in named if position.is_missing]
        why = [wording.not_seen(missing)] if missing else []
        for side, position in named:
            if position.is_contested:
                why.append(wording.contested(side))
            elif not position.is_missing and not position.statements:
                why.append(wording.nobody_speaks(side))
        return Judgement(Finding.NOT_ESTABLISHED, None, tuple(why)) if why else None

    def _narrowed(self, whole: Judgement, ours: Position, theirs: Position) -> Judgement:
        """Applies rule 9: what speaks of some tiers or roles only says less of the whole."""
        narrow = [
            (side, position)
            for side, position in zip(self.sides, (ours, theirs), strict=True)
            if not position.is_complete
        ]
        if not narrow or whole.finding is Finding.NOT_ESTABLISHED:
            return whole
        why = (*(wording.narrower(side, scopes_of(one)) for side, one in narrow), *whole.why)
        if any({one.stated for one in each.statements} == {Stated.ABSENT} for _, each in narrow):
            return Judgement(Finding.NOT_ESTABLISHED, None, why)
        if whole.finding in {Finding.NOT_APPLICABLE, Finding.ONLY_OURS, Finding.ONLY_THEIRS}:
            return Judgement(whole.finding, whole.basis, why)
        return Judgement(Finding.PARTIAL, whole.basis, why)

    def _judge_pair(self, one: Statement, other: Statement) -> Judgement:
        stated = {one.stated, other.stated}
        basis = weakest((one.basis, other.basis))
        if Stated.NOT_APPLICABLE in stated:
            nobody = [
                wording.binds_nobody(side)
                for side, each in zip(self.sides, (one, other), strict=True)
                if each.stated is Stated.NOT_APPLICABLE
            ]
            return Judgement(Finding.NOT_APPLICABLE, basis, tuple(nobody))
        if stated == {Stated.ABSENT}:
            return Judgement(Finding.NOT_APPLICABLE, basis, (wording.on_neither(self.sides),))
        if Stated.ABSENT in stated:
            return self._one_sided(one, other, basis)
        if Stated.DESCRIBED in stated:
            return self._described(one, other, basis)
        return self._required(one, other, basis)

    def _one_sided(self, one: Statement, other: Statement, basis: Basis | None) -> Judgement:
        ours_has_it = other.stated is Stated.ABSENT
        has, side = (one, self.sides[0]) if ours_has_it else (other, self.sides[1])
        away = self.sides[1] if ours_has_it else self.sides[0]
        why = (wording.one_sided(side, away),)
        if has.by_category:
            return Judgement(Finding.PARTIAL, basis, (*why, wording.heading_only(side)))
        return Judgement(Finding.ONLY_OURS if ours_has_it else Finding.ONLY_THEIRS, basis, why)

    def _described(self, one: Statement, other: Statement, basis: Basis | None) -> Judgement:
        if one.stated is not other.stated:
            return Judgement(Finding.PARTIAL, basis, (wording.described_otherwise(),))
        wordy = [
            wording.words_only(side)
            for side, each in zip(self.sides, (one, other), strict=True)
            if not each.values
        ]
        if wordy:
            return Judgement(Finding.NOT_ESTABLISHED, None, tuple(wordy))
        if one.values != other.values:
            why = wording.other_values(self.sides, (one.values, other.values))
            return Judgement(Finding.PARTIAL, basis, (why,))
        same = Judgement(Finding.EQUIVALENT, basis, (wording.same_values(one.values),))
        return self._solid(same, one, other)

    def _required(self, one: Statement, other: Statement, basis: Basis | None) -> Judgement:
        """Judges what both ask for: strength, means and figures, the least of which decides."""
        parts = [self._strength(one, other), self._means(one, other), self._values(one, other)]
        parts += self._figures(one, other)
        for decisive in (
            Finding.NOT_ESTABLISHED,
            Finding.PARTIAL,
            Finding.STRICTER_OURS,
            Finding.STRICTER_THEIRS,
            Finding.EQUIVALENT_BY_OTHER_MEANS,
        ):
            found = [part for part in parts if part.finding is decisive]
            if found:
                rests = weakest((basis, *(part.basis for part in found)))
                why = tuple(text for part in parts for text in part.why)
                if decisive is Finding.NOT_ESTABLISHED:
                    return Judgement(decisive, None, why)
                return self._solid(Judgement(decisive, rests, why), one, other)
        rests = weakest((basis, *(part.basis for part in parts)))
        same = tuple(text for part in parts for text in part.why)
        return self._solid(
            Judgement(Finding.EQUIVALENT, rests, (wording.same_demand(), *same)), one, other
        )

    def _strength(self, one: Statement, other: Statement) -> Judgement:
        if one.strength is None or other.strength is None:
            return _nothing()  # what is not known of it is said in `_solid`
        mine, yours = (_DEMANDS.get(each, each) for each in (one.strength, other.strength))
        if mine is yours:
            return _nothing()
        why = (wording.other_strength(self.sides, (one.strength, other.strength)),)
        by_other_means = {mine, yours} == {Strength.MUST, Strength.OPEN_NORM}
        return Judgement(
            Finding.EQUIVALENT_BY_OTHER_MEANS if by_other_means else Finding.PARTIAL, None, why
        )

    def _means(self, one: Statement, other: Statement) -> Judgement:
        mine, yours = one.instruments, other.instruments
        if mine & yours or not (mine | yours):
            return _nothing()
        if mine and yours:
            why = (wording.other_instrument(self.sides, (mine, yours)),)
            return Judgement(Finding.EQUIVALENT_BY_OTHER_MEANS, None, why)
        if (mine or yours) <= _OWN_MEANS:
            return _nothing()  # own measures are what is asked for unless something else is said
        silent = self.sides[0] if yours else self.sides[1]
        return Judgement(Finding.PARTIAL, None, (wording.instrument_not_seen(silent),))

    def _values(self, one: Statement, other: Statement) -> Judgement:
        if not one.values or not other.values or one.values == other.values:
            return _nothing()
        if one.thresholds and other.thresholds:
            return _nothing()  # the codes say what is counted, the figures say it better
        why = (wording.other_values(self.sides, (one.values, other.values)),)
        return Judgement(Finding.PARTIAL, None, why)

    def _figures(self, one: Statement, other: Statement) -> Sequence[Judgement]:
        if not one.thresholds and not other.thresholds:
            return ()
        if not one.thresholds or not other.thresholds:
            side, seen = (self.sides[0], one) if one.thresholds else (self.sides[1], other)
            why = wording.figure_on_one_side(side, seen.thresholds)
            return (Judgement(Finding.PARTIAL, None, (why,)),)
        relation, basis = relate(one.thresholds, other.thresholds, converter=self.converter)
        finding, outcome = self._outcome(relation)
        why = wording.compared_figures(self.sides, (one.thresholds, other.thresholds), outcome)
        thin = (wording.thin_rates(),) if basis not in {None, Basis.READ} else ()
        return (Judgement(finding, basis, (why, *thin)),)

    def _outcome(self, relation: Relation) -> tuple[Finding, Phrase]:
        return {
            Relation.EQUAL: (Finding.EQUIVALENT, wording.same_figures()),
            Relation.FIRST_STRICTER: (Finding.STRICTER_OURS, wording.stricter(self.sides[0])),
            Relation.SECOND_STRICTER: (Finding.STRICTER_THEIRS, wording.stricter(self.sides[1])),
            Relation.NEITHER: (Finding.PARTIAL, wording.neither_includes()),
            Relation.PARTLY_KNOWN: (Finding.PARTIAL, wording.figures_partly_known()),
            Relation.OWN_SCALES: (Finding.PARTIAL, wording.own_scales()),
            Relation.NOT_COMPARABLE: (
                Finding.NOT_ESTABLISHED,
                wording.figures_not_comparable(has_rates=self.has_rates),
            ),
        }[relation]

    def _solid(self, found: Judgement, one: Statement, other: Statement) -> Judgement:
        """Applies rules 5 and 6: nothing thin is called the same, a heading is never more."""
        sides = tuple(zip(self.sides, (one, other), strict=True))
        headings = [wording.heading_only(side) for side, each in sides if each.by_category]
        if headings:
            return Judgement(Finding.PARTIAL, found.basis, (*headings, *_but_same(found.why)))
        if found.finding not in SAME:
            return found
        thin = [
            wording.thin(side, is_verified=each.basis is Basis.PARTIAL)
            for side, each in sides
            if each.basis is not Basis.READ
        ]
        if self.asks_strength:
            thin += [
                wording.strength_not_seen(side)
                for side, each in sides
                if each.stated is Stated.REQUIRED and each.strength is None
            ]
        if not thin and found.basis is Basis.READ:
            return found
        return Judgement(Finding.PARTIAL, found.basis, (*thin, *_but_same(found.why)))


_SAME_DEMAND: Final = wording.same_demand()


def _but_same(why: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Leaves out that both provide for it alike, where that cannot be said after all."""
    return tuple(one for one in why if one != _SAME_DEMAND)


def scopes_of(position: Position) -> tuple[str, ...]:
    """Returns the tiers and roles a side's cells name."""
    named: dict[str, None] = {}
    for one in position.evidence:
        for scope in (one.cell.tiers, one.cell.roles):
            if scope != ALL:
                named |= dict.fromkeys(map(str, scope))
    return tuple(named)


def _nothing() -> Judgement:
    return Judgement(Finding.EQUIVALENT, None, ())
