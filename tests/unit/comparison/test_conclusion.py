"""What a comparison amounts to, and on which conditions."""

from __future__ import annotations

from mra_gateway.model.comparison import Comparison, Condition, Finding, Outcome
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.operators import ProgrammeKind
from mra_gateway.model.profiles import Cell, Stated
from tests.support.comparing import (
    A,
    B,
    absent,
    arrangement,
    cell,
    compared,
    programme,
    subject,
)

ITEMS = ("A.a", "A.b", "C.a", "G.a", "G.b", "G.c", "I.a", "I.b")
SECURITY = ITEMS[3:]
FULL = tuple(cell(item) for item in ITEMS)


def without(*items: str) -> tuple[Fact[Cell], ...]:
    return tuple(one for one in FULL if one.value and one.value.item[5:] not in items)


def only(made: Comparison, words: str) -> Condition:
    return next(one for one in made.conclusion.conditions if words in one.text.en)


def says(made: Comparison, words: str) -> bool:
    return any(words in one.text.en for one in made.conclusion.conditions)


def test_two_programmes_read_in_full_that_ask_the_same_are_compatible() -> None:
    made = compared(subject(*FULL), subject(*FULL, id_=B))
    assert made.conclusion.outcome is Outcome.COMPATIBLE
    assert made.conclusion.conditions == ()
    assert {one.finding for one in made.categories} == {Finding.EQUIVALENT}


def test_what_is_not_established_becomes_a_condition_that_names_it() -> None:
    made = compared(subject(*FULL), subject(*without("G.b"), id_=B))
    assert made.conclusion.outcome is Outcome.COMPATIBLE_WITH_CONDITIONS
    until = only(made, "Until G.b is established for BB-AEO")
    assert until.items == ("G.b",)
    assert "G.b" in (until.text.ru or "")


def test_most_rows_unknown_leaves_the_whole_not_established() -> None:
    made = compared(subject(*FULL), subject(cell("A.a"), id_=B))
    assert made.conclusion.outcome is Outcome.NOT_ESTABLISHED


def test_headings_and_unverified_evidence_bear_no_conclusion() -> None:
    headings = [cell(letter) for letter in "ACGI"]
    unverified = [cell(item, basis=Basis.UNVERIFIED) for item in ITEMS]
    for cells in (headings, unverified):
        made = compared(subject(*FULL), subject(*cells, id_=B))
        assert {row.finding for row in made.rows} == {Finding.PARTIAL}
        assert made.conclusion.outcome is Outcome.NOT_ESTABLISHED


def test_one_sided_finance_is_named_with_the_basis_it_rests_on() -> None:
    theirs = subject(*without("C.a"), absent("C.a", basis=Basis.UNVERIFIED), id_=B)
    found = only(compared(subject(*FULL), theirs), "One-sided, C")
    assert found.items == ("C.a",)
    assert found.basis is Basis.UNVERIFIED
    assert "not verified" in found.text.en


def test_a_programme_that_certifies_compliance_only_is_not_eligible_as_it_stands() -> None:
    header = programme(B, kind=ProgrammeKind.COMPLIANCE)
    made = compared(subject(*FULL), subject(*FULL, id_=B, header=header))
    twin = compared(subject(*FULL), subject(*FULL, id_=B, header=programme(B)))
    assert made.conclusion.outcome is Outcome.NOT_YET_COMPATIBLE
    assert only(made, "BB-AEO is not eligible as it stands").items == SECURITY
    assert twin.conclusion.outcome is Outcome.COMPATIBLE


def test_security_a_source_says_is_absent_makes_a_programme_not_eligible() -> None:
    theirs = subject(*without(*SECURITY), *map(absent, SECURITY), id_=B)
    made = compared(subject(*FULL), theirs)
    assert made.conclusion.outcome is Outcome.NOT_YET_COMPATIBLE
    assert only(made, "not eligible as it stands").items == SECURITY


def test_security_that_was_not_seen_is_flagged_and_left_open() -> None:
    made = compared(subject(*FULL), subject(*without(*SECURITY), id_=B))
    assert made.conclusion.outcome is Outcome.NOT_ESTABLISHED
    assert says(made, "no requirement on security was seen")


TIERS = programme(B, tiers=[("1", False), ("2", False), ("3", True)])


def test_the_tiers_that_may_be_recognised_are_named_with_their_sources_and_rows() -> None:
    cells = (*without("G.a"), cell("G.a", tiers=("3",)))
    made = compared(subject(*FULL), subject(*cells, id_=B, header=TIERS))
    found = only(made, "Recognise of BB-AEO only 3 (Tier 3)")
    assert made.conclusion.eligible_theirs == ("3",)
    assert found.items == ("G.a",)
    assert found.sources
    assert made.conclusion.outcome is Outcome.COMPATIBLE_WITH_CONDITIONS


def test_an_arrangement_between_the_two_says_which_tiers() -> None:
    signed = arrangement((A, "all"), (B, ("2", "3")))
    theirs = subject(*FULL, id_=B, header=TIERS, arrangements=[signed])
    made = compared(subject(*FULL, arrangements=[signed]), theirs)
    found = only(made, "as in AA-BB-2020")
    assert made.conclusion.eligible_theirs == ("2", "3")
    assert "arrangement.example" in found.sources


def test_the_profile_may_say_which_status_enters_arrangements() -> None:
    header = programme(B, tiers=[("1", None), ("3", None)])
    said = cell("dimensions:D19", stated=Stated.DESCRIBED, values=("3",))
    made = compared(subject(*FULL), subject(*FULL, said, id_=B, header=header))
    assert made.conclusion.eligible_theirs == ("3",)
    assert says(made, "see D19 (dimensions)")


def test_a_tier_that_may_not_be_recognised_is_said_to_be_none() -> None:
    theirs = subject(*FULL, id_=B, header=TIERS)
    assert says(compared(subject(*FULL), theirs, tier_theirs="1"), "1 of BB-AEO is not eligible")
    assert not says(compared(subject(*FULL), theirs, tier_theirs="3"), "is not eligible")


def test_sources_that_contradict_each_other_become_a_condition() -> None:
    made = compared(subject(*FULL), subject(*FULL, absent("I.b"), id_=B))
    assert only(made, "which source on BB-AEO holds").items == ("I.b",)


def test_swapping_the_sides_swaps_what_is_eligible_and_keeps_the_outcome() -> None:
    ours, theirs = subject(*FULL), subject(*without("C.a"), id_=B, header=TIERS)
    there, back = compared(ours, theirs).conclusion, compared(theirs, ours).conclusion
    assert there.outcome is back.outcome
    assert (there.eligible_ours, there.eligible_theirs) == (
        back.eligible_theirs,
        back.eligible_ours,
    )
