"""What holds of every comparison, whatever the profiles say."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mra_gateway.comparison.compare import compare
from mra_gateway.comparison.judge import MIRROR, SAME
from mra_gateway.comparison.quantities import Converter, Relation, relate
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.comparison import Comparison, Finding
from mra_gateway.model.facts import ALL, Basis, Fact
from mra_gateway.model.operators import Role
from mra_gateway.model.profiles import (
    Cell,
    Instrument,
    Measure,
    Profile,
    Quantity,
    Rates,
    Stated,
    Strength,
)
from mra_gateway.model.requirements import Matter, Phrase
from tests.support.comparing import (
    AS_OF,
    TERMS,
    B,
    catalogue,
    profile,
    programme,
    rates,
    subject,
)

ITEMS = ("A.a", "A.b", "G.a", "G.b", "G.c")
SMALL = catalogue(categories=(("A", Matter.COMPLIANCE, 2), ("G", Matter.SECURITY, 3)))
TIERS = ("1", "2", "3")
HEADERS = (
    None,
    programme("AA-AEO", tiers=[("1", False), ("2", True), ("3", True)]),
    programme("AA-AEO", tiers=[("1", None), ("2", None)], roles=[Role.IMPORTER, Role.CARRIER]),
)
RATES = rates(EUR=(1.1, "USD"))
OPEN = Finding.NOT_ESTABLISHED
LIGHT = settings(deadline=None, max_examples=60)
"""Every example is two whole profiles."""

_quantities = st.one_of(
    st.builds(
        Quantity,
        measure=st.sampled_from([Measure.LOOK_BACK, Measure.ACTIVITY]),
        relation=st.sampled_from(["at_least", "at_most", "exactly"]),
        value=st.sampled_from([1.0, 2.0, 3.0, 8.0, 24.0, 36.0]),
        unit=st.sampled_from(["year", "quarter", "month", "day"]),
    ),
    st.builds(
        Quantity,
        measure=st.sampled_from([Measure.TRADE_VALUE, Measure.SCORE]),
        value=st.sampled_from([80.0, 95.0, 1e6]),
        unit=st.sampled_from(["EUR", "USD", "KZ-MCI", "points"]),
    ),
)
_figures = st.lists(
    st.lists(_quantities, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2
).map(tuple)
_thresholds = st.one_of(st.just(()), st.just(()), _figures)
_tiers = st.one_of(
    st.just(ALL), st.lists(st.sampled_from(TIERS), min_size=1, unique=True).map(tuple)
)
_bases = st.sampled_from([Basis.READ, Basis.READ, Basis.READ, Basis.PARTIAL, Basis.UNVERIFIED])


@st.composite
def _cells(draw: st.DrawFn, item: str) -> Fact[Cell]:
    stated = draw(st.sampled_from([*[Stated.REQUIRED] * 6, Stated.ABSENT, Stated.NOT_APPLICABLE]))
    required = stated is Stated.REQUIRED
    cell = Cell(
        item=f"safe:{item}",
        stated=stated,
        text=Phrase(en="Says so"),
        strength=draw(st.none() | st.sampled_from(Strength)) if required else None,
        instrument=draw(st.none() | st.sampled_from(Instrument)) if required else None,
        thresholds=draw(_thresholds) if required else (),
        tiers=draw(_tiers),
        roles=draw(st.sampled_from([ALL, ALL, ALL, (Role.IMPORTER,)])),
    )
    return Fact[Cell](value=cell, source="customs.example", basis=draw(_bases), as_of=AS_OF)


@st.composite
def _profiles(draw: st.DrawFn, id_: str = "AA-AEO") -> Profile:
    """A profile that says something on most items, now and then twice or by category."""
    cells: list[Fact[Cell]] = []
    for item in ITEMS:
        count = draw(st.sampled_from([0, 1, 1, 1, 1, 2]))
        cells += [draw(_cells(item)) for _ in range(count)]
    if draw(st.booleans()):
        cells.append(draw(_cells(draw(st.sampled_from("AG")))))
    return profile(*cells, id_=id_)


@st.composite
def _subjects(draw: st.DrawFn, id_: str = "AA-AEO") -> Subject:
    parents = [draw(_profiles("XE-UNION"))] if draw(st.booleans()) else []
    return Subject(draw(_profiles(id_)), parents=parents, programme=draw(st.sampled_from(HEADERS)))


def _compared(ours: Subject, theirs: Subject, chosen: Rates | None = RATES) -> Comparison:
    return compare(ours, theirs, catalogue=SMALL, terms=TERMS._replace(rates=chosen))


def _established(made: Comparison) -> int:
    return sum(row.finding is not OPEN for row in made.rows)


@LIGHT
@given(ours=_subjects(), theirs=_subjects(B), with_rates=st.booleans())
def test_swapping_the_sides_mirrors_every_finding(
    ours: Subject, theirs: Subject, with_rates: bool
) -> None:
    chosen = RATES if with_rates else None
    there = _compared(ours, theirs, chosen)
    back = _compared(theirs, ours, chosen)
    assume(_established(there) * 2 >= len(there.rows))
    assert [MIRROR[row.finding] for row in there.rows] == [row.finding for row in back.rows]
    assert [row.basis for row in there.rows] == [row.basis for row in back.rows]
    assert [(row.ours, row.theirs) for row in there.rows] == [
        (row.theirs, row.ours) for row in back.rows
    ]
    assert [MIRROR[one.finding] for one in there.categories] == [
        one.finding for one in back.categories
    ]
    assert there.conclusion.outcome is back.conclusion.outcome
    assert {one.text.en for one in there.conclusion.conditions if one.sources} == {
        one.text.en for one in back.conclusion.conditions if one.sources
    }


@st.composite
def _agreeing(draw: st.DrawFn, cells: Sequence[Fact[Cell]], *, headed: set[str]) -> Fact[Cell]:
    """Another source that says the same or less of an item, or of one known by its heading."""
    one = draw(st.sampled_from(cells))
    assert one.value is not None
    parts: dict[str, object] = {"thresholds": (), "instrument": None, "strength": None}
    less = {part: parts[part] for part in draw(st.sets(st.sampled_from(sorted(parts))))}
    if draw(st.booleans()) and one.value.tiers != ALL:
        less["tiers"] = one.value.tiers[:1]
    letter = one.value.item.removeprefix("safe:")
    under = sorted(item for item in headed if item.partition(".")[0] == letter)
    if draw(st.booleans()) and under:
        less["item"] = f"safe:{draw(st.sampled_from(under))}"
    return one.model_copy(
        update={
            "value": one.value.model_copy(update=less),
            "source": "another.example",
            "basis": draw(st.sampled_from(Basis)),
        }
    )


@LIGHT
@given(data=st.data(), ours=_subjects(), theirs=_subjects(B))
def test_agreeing_evidence_never_makes_a_finding_not_established(
    data: st.DataObject, ours: Subject, theirs: Subject
) -> None:
    held = ours.profile.cells
    assume(held)
    before = _compared(ours, theirs)
    headed = {
        str(row.item)
        for row in before.rows
        if row.ours and all(one.by_category and not one.inherited_from for one in row.ours)
    }
    further = data.draw(st.lists(_agreeing(held, headed=headed), min_size=1, max_size=3))
    after = _compared(
        ours.with_profile(ours.profile.model_copy(update={"cells": (*held, *further)})), theirs
    )
    for one, other in zip(before.rows, after.rows, strict=True):
        assert one.finding is OPEN or other.finding is not OPEN, one.item


@LIGHT
@given(ours=_subjects(), theirs=_subjects(B))
def test_unknown_and_thin_never_become_the_same(ours: Subject, theirs: Subject) -> None:
    made = _compared(ours, theirs)
    for row in made.rows:
        if not row.ours or not row.theirs or row.contested:
            assert row.finding is OPEN
        if row.finding in SAME:
            assert row.basis is Basis.READ
            assert not any(one.by_category for one in (*row.ours, *row.theirs))
        assert (row.basis is None) is (row.finding is OPEN)
        assert row.why.en
        assert row.why.ru
    for one in made.categories:
        if one.established < sum(one.counts.values()):
            assert one.finding not in SAME


@given(one=_figures, other=_figures)
def test_figures_relate_the_same_from_both_sides(
    one: tuple[tuple[Quantity, ...], ...], other: tuple[tuple[Quantity, ...], ...]
) -> None:
    mirrored = {
        Relation.FIRST_STRICTER: Relation.SECOND_STRICTER,
        Relation.SECOND_STRICTER: Relation.FIRST_STRICTER,
    }
    converter = Converter(RATES)
    there = relate(one, other, converter=converter)
    back = relate(other, one, converter=converter)
    assert back.relation is mirrored.get(there.relation, there.relation)
    assert back.basis is there.basis


def test_nothing_at_all_on_either_side_is_not_established_throughout() -> None:
    made = _compared(subject(), subject(id_=B))
    assert {row.finding for row in made.rows} == {OPEN}
    assert {one.finding for one in made.categories} == {OPEN}
