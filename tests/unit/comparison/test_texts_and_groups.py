"""One programme beside a text, many beside each other, one beside its earlier self."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mra_gateway.comparison.changes import changes_of
from mra_gateway.comparison.compare import compare, together
from mra_gateway.comparison.header_facts import with_header_facts
from mra_gateway.comparison.matrix import compare_all
from mra_gateway.comparison.subject import Subject
from mra_gateway.comparison.text import subject_of
from mra_gateway.comparison.tfa_tests import with_tests
from mra_gateway.model.comparison import Finding
from mra_gateway.model.facts import Arrangement, Basis, BenefitDefinition, Fact
from mra_gateway.model.profiles import Cell, Instrument, Measure, Stated
from mra_gateway.model.requirements import CatalogueKind, Matter
from tests.support.comparing import (
    AT,
    SAFE,
    TERMS,
    A,
    B,
    absent,
    arrangement,
    catalogue,
    cell,
    fact,
    figure,
    programme,
    subject,
)

C = "CC-AEO"
E = Finding.EQUIVALENT
OPEN = Finding.NOT_ESTABLISHED


def test_a_programme_beside_the_text_is_judged_by_the_same_rules() -> None:
    ours = subject(
        cell("A.a"),
        cell("A.b", instrument=Instrument.CERTIFICATE),
        absent("C.a"),
        cell("G"),
    )
    made = compare(ours, subject_of(SAFE, edition=None), catalogue=SAFE, terms=TERMS)
    found = {row.item: row.finding for row in made.rows}
    assert found["A.a"] is Finding.EQUIVALENT
    assert found["A.b"] is Finding.EQUIVALENT_BY_OTHER_MEANS
    assert found["C.a"] is Finding.ONLY_THEIRS
    assert found["G.a"] is Finding.PARTIAL
    assert found["I.a"] is Finding.NOT_ESTABLISHED
    assert made.theirs.name.startswith("A catalogue")


def test_an_edition_holds_the_items_it_has() -> None:
    later = SAFE.model_copy(
        update={
            "items": (
                *SAFE.items[:-1],
                fact(SAFE.items[-1].value.model_copy(update={"since_edition": "2021"}))
                if SAFE.items[-1].value
                else SAFE.items[-1],
            )
        }
    )
    sides = subject(cell("A.a")), subject(cell("A.a"), id_=B)
    old = compare(*sides, catalogue=later, terms=TERMS._replace(edition="2018"))
    new = compare(*sides, catalogue=later, terms=TERMS)
    assert (len(old.rows), len(new.rows)) == (7, 8)
    with pytest.raises(ValueError, match="it has 2018, 2021"):
        compare(*sides, catalogue=later, terms=TERMS._replace(edition="1999"))


@pytest.mark.parametrize(
    ("findings", "finding"),
    [
        ([E, E], E),
        ([E, Finding.EQUIVALENT_BY_OTHER_MEANS], Finding.EQUIVALENT_BY_OTHER_MEANS),
        ([E, Finding.STRICTER_OURS], Finding.STRICTER_OURS),
        ([Finding.STRICTER_THEIRS, Finding.STRICTER_OURS], Finding.PARTIAL),
        ([E, Finding.ONLY_OURS], Finding.PARTIAL),
        ([Finding.ONLY_OURS, Finding.ONLY_OURS], Finding.ONLY_OURS),
        ([E, E, OPEN], Finding.PARTIAL),
        ([E, OPEN, OPEN], OPEN),
        ([E, Finding.NOT_APPLICABLE], E),
        ([Finding.NOT_APPLICABLE], Finding.NOT_APPLICABLE),
    ],
)
def test_a_category_is_what_its_rows_are_and_never_more(
    findings: list[Finding], finding: Finding
) -> None:
    assert together(findings) is finding
    assert together(findings[::-1]) is finding


def _tests(*cells: Fact[Cell], arrangements: Sequence[Arrangement] = ()) -> dict[str, Cell]:
    made = with_tests(subject(*cells, arrangements=arrangements), at=AT)
    found = made.every("tfa")
    return {one.cell.item.partition(":")[2]: one.cell for one in found}


def test_at_least_three_measures_of_the_seven_pass_and_fewer_say_nothing() -> None:
    three = [cell(f"benefits:T.{letter}", strength=None) for letter in "abd"]
    assert _tests(*three)["TC.3"].stated is Stated.REQUIRED
    assert "TC.3" not in _tests(*three[:2])
    away = [absent(f"benefits:T.{letter}") for letter in "abcde"]
    assert _tests(*away)["TC.3"].stated is Stated.ABSENT


def test_a_figure_of_trade_burdens_small_firms_and_a_look_back_does_not() -> None:
    turnover = cell("A.a", thresholds=[[figure(Measure.TURNOVER, 1e8, "USD")]])
    look_back = cell("A.a", thresholds=[[figure(Measure.LOOK_BACK, 3, "year")]])
    assert _tests(turnover)["TC.4"].stated is Stated.ABSENT
    assert "TC.4" not in _tests(look_back)
    none = absent("dimensions:D7")
    assert _tests(look_back, none)["TC.4"].stated is Stated.REQUIRED


def test_criteria_are_published_and_classed_where_any_was_read() -> None:
    found = _tests(cell("A.a"), cell("G.a"), cell("D.a"))
    assert found["TC.1"].stated is Stated.REQUIRED
    assert "(iv) supply-chain security: 1" in found["TC.2"].text.en
    assert "other: 1" in found["TC.2"].text.en
    assert "TC.1" not in _tests(cell("A.a", basis=Basis.UNVERIFIED))


def test_an_arrangement_shows_that_recognition_is_offered() -> None:
    signed = arrangement((A, "all"), (B, "all"))
    assert _tests(arrangements=[signed])["TC.5"].stated is Stated.REQUIRED
    assert "TC.5" not in _tests()


def test_benefits_of_the_header_facts_are_given_and_others_are_not_absent() -> None:
    meaning = BenefitDefinition(
        title="Fewer inspections",
        local_holder_only=False,
        safe_reference="B1.c",
        tfa_reference="7.3(b)",
    )
    header = programme(A).model_copy(update={"local_benefits": fact(("inspection_lower",))})
    made = with_header_facts(subject(header=header), benefits={"inspection_lower": fact(meaning)})
    given = {one.cell.item: one.cell.stated for one in made.every("benefits")}
    assert given == {"benefits:B1.c": Stated.REQUIRED, "benefits:T.b": Stated.REQUIRED}


BENEFITS = catalogue(
    id_="benefits", kind=CatalogueKind.BENEFITS, categories=(("T", Matter.OTHER, 3),)
)


def test_reciprocity_says_which_benefit_only_one_side_gives() -> None:
    ours = subject(cell("benefits:T.a", strength=None), cell("benefits:T.b", strength=None))
    theirs = subject(cell("benefits:T.a", strength=None), absent("benefits:T.b"), id_=B)
    made = compare(ours, theirs, catalogue=BENEFITS, terms=TERMS)
    assert [row.finding for row in made.rows] == [
        Finding.EQUIVALENT,
        Finding.ONLY_OURS,
        Finding.NOT_ESTABLISHED,
    ]
    said = [one.text.en for one in made.conclusion.conditions]
    assert "Not reciprocal, T: AA-AEO gives T.b, BB-AEO does not." in said


def _group() -> list[Subject]:
    return [
        subject(cell("A.a"), cell("A.b")),
        subject(cell("A.a"), absent("A.b"), id_=B),
        subject(cell("A", basis=Basis.PARTIAL), id_=C),
    ]


def test_a_matrix_holds_both_directions_of_every_pair() -> None:
    made = compare_all(_group(), group="GROUP", catalogue=SAFE, terms=TERMS)
    assert len(made.pairings) == 6
    by_pair = {(str(one.ours), str(one.theirs)): one for one in made.pairings}
    assert by_pair[A, B].counts[Finding.ONLY_OURS] == 1
    assert by_pair[B, A].counts[Finding.ONLY_THEIRS] == 1
    assert by_pair[A, B].outcome is by_pair[B, A].outcome


def test_a_matrix_says_what_each_member_still_has_to_add_or_establish() -> None:
    made = compare_all(_group(), group="GROUP", catalogue=SAFE, terms=TERMS)
    standing = {one.item: one for one in made.standings}
    assert standing["A.a"].provided == (A, B)
    assert standing["A.a"].thin == (C,)
    assert standing["A.b"].absent == (B,)
    assert set(standing["G.a"].not_established) == {A, B, C}
    needs = [one.text.en for one in made.needs]
    assert any(text.startswith("To be added by BB-AEO") and "A.b" in text for text in needs)
    assert any(text.startswith("Until established for CC-AEO") for text in needs)


def test_a_member_stands_in_a_matrix_with_the_part_that_may_be_recognised() -> None:
    header = programme(A, tiers=[("1", False), ("2", True)])
    tiered = subject(cell("A.a", tiers=("2",)), cell("A.b", tiers=("1",)), header=header)
    made = compare_all([tiered, _group()[1]], group="GROUP", catalogue=SAFE, terms=TERMS)
    standing = {one.item: one for one in made.standings}
    assert standing["A.a"].provided == (A, B)
    assert A in standing["A.b"].not_established


def test_a_new_version_names_the_cells_and_findings_that_change() -> None:
    before = subject(cell("A.a"), cell("A.b"), absent("C.a"))
    after = subject(cell("A.a"), cell("A.b", basis=Basis.PARTIAL), cell("C.a"), cell("G.a"))
    made = changes_of(
        before, after, against=subject_of(SAFE, edition=None), catalogue=SAFE, terms=TERMS
    )
    assert {one.item: one.change for one in made.cells} == {
        "safe:A.b": "evidence",
        "safe:C.a": "changed",
        "safe:G.a": "added",
    }
    assert {one.item: (one.before, one.after) for one in made.findings} == {
        "A.b": (Finding.EQUIVALENT, Finding.PARTIAL),
        "C.a": (Finding.ONLY_THEIRS, Finding.EQUIVALENT),
        "G.a": (Finding.NOT_ESTABLISHED, Finding.EQUIVALENT),
    }
