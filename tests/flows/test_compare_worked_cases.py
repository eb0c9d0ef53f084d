"""Outcomes known from public sources follow from the shipped data, with the row that decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from mra_gateway.comparison.judge import MIRROR, SAME
from mra_gateway.errors import RequestRefused
from mra_gateway.flows.compare import Asked, Comparer, profile_digest
from mra_gateway.model.comparison import Comparison, Condition, Finding, Outcome, Row
from mra_gateway.model.facts import Basis
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.profiles import Instrument
from mra_gateway.registry.load import load_registry

ASKED = Asked(at=date(2026, 11, 22))
COUNTED = (("UZ", "CN"), ("KZ", "CN"), ("GE", "EU"), ("MN", "CN"), ("US", "EU"))


@cache
def comparer() -> Comparer:
    return Comparer(load_registry())


@cache
def compared(ours: str, theirs: str, catalogue: str = "safe") -> Comparison:
    return comparer().compare(ours, theirs, asked=ASKED._replace(catalogue=catalogue))


def row(made: Comparison, item: str) -> Row:
    return next(one for one in made.rows if one.item == item)


def condition(made: Comparison, words: str) -> Condition:
    found = [one for one in made.conclusion.conditions if words in one.text.en]
    assert found, [one.text.en for one in made.conclusion.conditions]
    return found[0]


def test_belarus_is_recognised_by_china_for_type_3_only() -> None:
    made = compared("CN", "BY")
    found = condition(made, "Recognise of BY-AEO only 3 ")
    assert made.conclusion.eligible_theirs == ("3",)
    assert "CN-BY-2019" in found.text.en
    assert "D19 (dimensions)" in found.text.en
    assert {"E.a", "I.a", "J.a"} <= set(found.items), "rows asked of types 2 and 3"
    assert any("101/2019" in source for source in found.sources)
    assert found.basis is Basis.READ


def test_the_eu_is_recognised_by_the_us_for_aeos_and_aeof_only() -> None:
    made = compared("US", "EU")
    found = condition(made, "Recognise of EU-AEO only AEOS")
    assert made.conclusion.eligible_theirs == ("AEOS", "AEOF")
    assert "I.a" in found.items
    assert "roles: importer" in condition(made, "Recognise of US-CTPAT only II").text.en


def test_finance_between_the_eu_and_the_us_is_one_sided_and_marked_unverified() -> None:
    made = compared("EU", "US")
    finance = row(made, "C.a")
    assert (finance.finding, finance.basis) == (Finding.ONLY_OURS, Basis.UNVERIFIED)
    found = condition(made, "One-sided, Financial viability")
    assert found.items == ("C.a",)
    assert found.basis is Basis.UNVERIFIED


@pytest.mark.parametrize("programme", ["AZ-GREEN-CORRIDOR", "GB-TRANSIT", "SG-ACTS-ATT"])
def test_what_certifies_no_security_is_not_eligible_as_it_stands(programme: str) -> None:
    made = compared(programme, "CN")
    assert made.conclusion.outcome is Outcome.NOT_YET_COMPATIBLE
    found = condition(made, f"{programme} is not eligible as it stands")
    assert {"G.a", "I.a", "J.a"} <= set(found.items)


def test_an_aeo_programme_beside_them_is_not_flagged() -> None:
    made = compared("EU", "CN")
    assert not any("not eligible as it stands" in one.text.en for one in made.conclusion.conditions)


def test_certificates_turkey_asks_for_reach_the_outcome_by_other_means() -> None:
    made = comparer().against("TR", asked=ASKED)
    by_certificate = [
        one
        for one in made.rows
        if any(each.cell.instrument is Instrument.CERTIFICATE for each in one.ours)
    ]
    assert by_certificate
    assert any(one.finding is Finding.EQUIVALENT_BY_OTHER_MEANS for one in by_certificate)
    assert all(one.finding is not Finding.EQUIVALENT for one in by_certificate)
    assert all("certificate" in one.why.en for one in by_certificate)


@pytest.mark.parametrize(("ours", "theirs"), COUNTED)
def test_nothing_thin_is_called_the_same_in_the_pairs_that_are_counted(
    ours: str, theirs: str
) -> None:
    made = compared(ours, theirs)
    assert len(made.rows) == 72
    for one in made.rows:
        if one.finding in SAME:
            evidence = (*one.ours, *one.theirs)
            assert one.basis is Basis.READ
            assert not any(each.by_category for each in evidence)
            assert {each.basis for each in one.ours} & {Basis.READ}
            assert {each.basis for each in one.theirs} & {Basis.READ}


@pytest.mark.parametrize(("ours", "theirs"), COUNTED)
def test_shipped_pairs_mirror(ours: str, theirs: str) -> None:
    there, back = compared(ours, theirs), compared(theirs, ours)
    assert [MIRROR[one.finding] for one in there.rows] == [one.finding for one in back.rows]
    assert there.conclusion.outcome is back.conclusion.outcome


def test_reciprocity_names_what_only_one_side_gives_and_what_nobody_knows() -> None:
    made = compared("CN", "BY", "benefits")
    given = {one.item for one in made.rows if one.ours}
    assert given, "from the profile or the list of benefits given at home"
    for one in made.rows:
        if not one.ours or not one.theirs:
            assert one.finding is Finding.NOT_ESTABLISHED


def test_a_programme_is_found_by_its_territory_or_its_id() -> None:
    assert comparer().programme_of("us") == ProgrammeId("US-CTPAT")
    assert comparer().programme_of("US-CTPAT") == ProgrammeId("US-CTPAT")
    assert comparer().programme_of("XE-EAEU") == ProgrammeId("XE-EAEU")


def test_a_territory_with_several_aeo_programmes_asks_which() -> None:
    registry = load_registry()
    second = registry.get_programme("CN-AEO").model_copy(update={"id": ProgrammeId("CN-OTHER")})
    both = replace(registry, programmes={**registry.programmes, second.id: second})
    with pytest.raises(RequestRefused, match="CN-AEO, CN-OTHER"):
        Comparer(both).programme_of("CN")
    assert Comparer(registry).programme_of("CN") == ProgrammeId("CN-AEO")


def test_a_programme_without_a_profile_is_refused_by_name() -> None:
    registry = load_registry()
    without = replace(registry, profiles={})
    with pytest.raises(RequestRefused, match="no profile of CN-AEO"):
        Comparer(without).compare("CN", "BY", asked=ASKED)


def test_a_profile_is_watermarked_until_its_content_is_among_the_confirmed() -> None:
    registry = load_registry()
    digest = profile_digest(registry.profiles[ProgrammeId("CN-AEO")])
    made = Comparer(registry, confirmed=[digest]).compare("UZ", "CN", asked=ASKED)
    assert made.theirs.is_confirmed
    assert not made.ours.is_confirmed
    assert not compared("UZ", "CN").theirs.is_confirmed
