"""What two programmes amount to on one item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mra_gateway.model.comparison import Finding
from mra_gateway.model.facts import Basis, Fact
from mra_gateway.model.operators import Role
from mra_gateway.model.profiles import Cell, Instrument, Measure, Stated, Strength
from tests.support.comparing import (
    A,
    B,
    absent,
    cell,
    compared,
    figure,
    profile,
    programme,
    row,
    subject,
)

Cells = Sequence[Fact[Cell]]
MUST = cell("A.a")
YEARS_3 = cell("A.a", thresholds=[[figure(Measure.LOOK_BACK, 3, "year")]])
YEARS_2 = cell("A.a", thresholds=[[figure(Measure.LOOK_BACK, 2, "year")]])


@pytest.mark.parametrize(
    ("ours", "theirs", "finding"),
    [
        ([MUST], [MUST], Finding.EQUIVALENT),
        ([MUST], [], Finding.NOT_ESTABLISHED),
        ([], [], Finding.NOT_ESTABLISHED),
        ([MUST], [absent("A.a")], Finding.ONLY_OURS),
        ([absent("A.a")], [MUST], Finding.ONLY_THEIRS),
        ([absent("A.a")], [absent("A.a")], Finding.NOT_APPLICABLE),
        ([absent("A.a")], [], Finding.NOT_ESTABLISHED),
        ([cell("A.a", stated=Stated.NOT_APPLICABLE)], [MUST], Finding.NOT_APPLICABLE),
        ([MUST], [cell("A.a", strength=Strength.SHOULD)], Finding.PARTIAL),
        ([MUST], [cell("A.a", strength=Strength.SCORED)], Finding.PARTIAL),
        ([MUST], [cell("A.a", strength=Strength.SCORED_CORE)], Finding.EQUIVALENT),
        (
            [MUST],
            [cell("A.a", strength=Strength.OPEN_NORM)],
            Finding.EQUIVALENT_BY_OTHER_MEANS,
        ),
        (
            [cell("A.a", strength=Strength.SCORED)],
            [cell("A.a", strength=Strength.SCORED)],
            Finding.EQUIVALENT,
        ),
        ([MUST], [cell("A.a", strength=None)], Finding.PARTIAL),
        (
            [cell("A.a", instrument=Instrument.PROCEDURE)],
            [cell("A.a", instrument=Instrument.CERTIFICATE)],
            Finding.EQUIVALENT_BY_OTHER_MEANS,
        ),
        ([MUST], [cell("A.a", instrument=Instrument.CERTIFICATE)], Finding.PARTIAL),
        ([MUST], [cell("A.a", instrument=Instrument.PROCEDURE)], Finding.EQUIVALENT),
        ([YEARS_3], [YEARS_2], Finding.STRICTER_OURS),
        ([YEARS_2], [YEARS_3], Finding.STRICTER_THEIRS),
        ([YEARS_3], [MUST], Finding.PARTIAL),
        ([cell("A")], [MUST], Finding.PARTIAL),
        ([cell("A")], [absent("A.a")], Finding.PARTIAL),
        ([MUST], [absent("A")], Finding.ONLY_OURS),
    ],
)
def test_a_finding_follows_from_the_cells(ours: Cells, theirs: Cells, finding: Finding) -> None:
    assert row(ours, theirs).finding is finding


@pytest.mark.parametrize("basis", [Basis.PARTIAL, Basis.UNVERIFIED])
def test_thin_evidence_is_partial_and_says_which_side_is_thin(basis: Basis) -> None:
    solid = row([MUST], [MUST])
    thin = row([MUST], [cell("A.a", basis=basis)])
    assert (solid.finding, solid.basis) == (Finding.EQUIVALENT, Basis.READ)
    assert (thin.finding, thin.basis) == (Finding.PARTIAL, basis)
    assert B in thin.why.en
    assert B in (thin.why.ru or "")


def test_unverified_absence_carries_its_finding_marked_so() -> None:
    found = row([MUST], [absent("A.a", basis=Basis.UNVERIFIED)])
    assert (found.finding, found.basis) == (Finding.ONLY_OURS, Basis.UNVERIFIED)


def test_sources_that_contradict_each_other_contest_the_row_and_are_all_shown() -> None:
    contested = row([MUST, absent("A.a")], [MUST])
    assert row([MUST, MUST], [MUST]).finding is Finding.EQUIVALENT
    assert contested.finding is Finding.NOT_ESTABLISHED
    assert contested.contested == ("ours",)
    assert len(contested.ours) == 2
    assert contested.basis is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (cell("A.a", strength=Strength.MUST), cell("A.a", strength=Strength.SHOULD)),
        (YEARS_2, YEARS_3),
    ],
)
def test_other_strengths_and_figures_contradict_too(one: Fact[Cell], other: Fact[Cell]) -> None:
    assert row([one, other], [MUST]).contested == ("ours",)


def test_figures_on_different_things_add_up_instead_of_contradicting() -> None:
    active = cell("A.a", thresholds=[[figure(Measure.ACTIVITY, 1, "year")]])
    found = row([YEARS_3, active], [YEARS_3])
    assert found.contested == ()
    assert found.finding is Finding.STRICTER_OURS


def test_a_fact_that_was_looked_for_and_not_found_says_nothing() -> None:
    empty = MUST.model_copy(update={"value": None})
    assert row([MUST], [empty]).finding is Finding.NOT_ESTABLISHED


def test_a_member_is_as_its_union_where_it_says_nothing_itself() -> None:
    union = profile(MUST, absent("A.b"), id_="XE-UNION")
    member = subject(cell("A.b"), parents=[union])
    made = compared(member, subject(MUST, cell("A.b"), id_=B))
    by_item = {one.item: one for one in made.rows}
    assert by_item["A.a"].finding is Finding.EQUIVALENT
    assert by_item["A.a"].ours[0].inherited_from == "XE-UNION"
    assert by_item["A.b"].finding is Finding.EQUIVALENT
    assert by_item["A.b"].ours[0].inherited_from is None


TWO_TIERS = programme(A, tiers=[("1", None), ("2", None)])


def _tiered(cells: Cells, theirs: Cells = (MUST,), **terms: Any) -> Finding:
    made = compared(subject(*cells, header=TWO_TIERS), subject(*theirs, id_=B), **terms)
    return made.rows[0].finding


def test_what_is_asked_of_some_tiers_only_is_partial_and_of_the_tier_itself_is_not() -> None:
    of_second = cell("A.a", tiers=("2",))
    assert _tiered([of_second]) is Finding.PARTIAL
    assert _tiered([of_second], tier_ours="2") is Finding.EQUIVALENT
    assert _tiered([of_second], tier_ours="1") is Finding.NOT_ESTABLISHED
    assert _tiered([cell("A.a", tiers=("1", "2"))]) is Finding.EQUIVALENT


def test_tiers_with_different_findings_are_partial_together() -> None:
    mixed = [cell("A.a", tiers=("2",)), absent("A.a", tiers=("1",))]
    assert _tiered(mixed) is Finding.PARTIAL
    assert _tiered(mixed, tier_ours="1") is Finding.ONLY_THEIRS
    assert _tiered(mixed, tier_ours="2") is Finding.EQUIVALENT


def test_an_absence_known_for_one_tier_says_nothing_of_the_whole() -> None:
    assert _tiered([absent("A.a", tiers=("1",))]) is Finding.NOT_ESTABLISHED
    assert _tiered([absent("A.a")]) is Finding.ONLY_THEIRS


def test_the_part_that_may_be_recognised_is_looked_at_unless_another_is_asked_for() -> None:
    header = programme(A, tiers=[("1", False), ("2", True)])
    ours = subject(cell("A.a", tiers=("2",)), header=header)
    theirs = subject(MUST, id_=B)
    assert compared(ours, theirs).rows[0].finding is Finding.EQUIVALENT
    assert compared(ours, theirs, tier_ours="all").rows[0].finding is Finding.PARTIAL


def test_a_role_a_programme_does_not_certify_is_not_applicable() -> None:
    ours = subject(MUST, header=programme(A, roles=[Role.EXPORTER]))
    theirs = subject(MUST, id_=B)
    assert compared(ours, theirs, role=Role.CARRIER).rows[0].finding is Finding.NOT_APPLICABLE
    assert compared(ours, theirs, role=Role.EXPORTER).rows[0].finding is Finding.EQUIVALENT


def test_a_question_is_asked_where_theirs_is_open_and_not_where_ours_is() -> None:
    assert row([MUST], []).question is not None
    assert row([], [MUST]).question is None
    assert row([MUST], [MUST]).question is None
    assert row([MUST], [absent("A.a")]).question is not None
