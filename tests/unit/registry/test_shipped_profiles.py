"""The shipped profiles hold to the catalogues, and known outcomes follow from them."""

import re
from collections.abc import Iterator
from datetime import date

import pytest

from mra_gateway.comparison.compare import Terms, compare
from mra_gateway.comparison.subject import Subject
from mra_gateway.model.comparison import Comparison, Finding
from mra_gateway.model.facts import ALL, Basis
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.profiles import Cell, Instrument, Profile, Stated
from mra_gateway.registry.load import Registry, load_registry

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def cells_of(profile: Profile) -> Iterator[Cell]:
    return (fact.value for fact in profile.cells if fact.value is not None)


def profile_of(registry: Registry, programme: str) -> Profile:
    return registry.profiles[ProgrammeId(programme)]


def subject_of(registry: Registry, programme: str) -> Subject:
    profile = profile_of(registry, programme)
    return Subject(profile, programme=registry.programmes.get(profile.programme))


def compared(registry: Registry, ours: str, theirs: str, *, catalogue: str = "safe") -> Comparison:
    return compare(
        subject_of(registry, ours),
        subject_of(registry, theirs),
        catalogue=registry.requirements[catalogue],
        terms=Terms(at=date(2026, 11, 21)),
    )


def finding_on(comparison: Comparison, item: str) -> Finding:
    return next(row.finding for row in comparison.rows if row.item == item)


def test_every_cell_names_an_item_or_a_category_of_a_shipped_catalogue(registry: Registry) -> None:
    known: set[str] = set()
    for name, catalogue in registry.requirements.items():
        known |= {f"{name}:{fact.value.id}" for fact in catalogue.items if fact.value}
        known |= {f"{name}:{fact.value.id}" for fact in catalogue.categories if fact.value}
    lost = {
        (profile.programme, cell.item)
        for profile in registry.profiles.values()
        for cell in cells_of(profile)
        if cell.item not in known
    }
    assert known
    assert not lost


def test_every_cell_speaks_both_languages(registry: Registry) -> None:
    silent = [
        (profile.programme, cell.item)
        for profile in registry.profiles.values()
        for cell in cells_of(profile)
        if cell.text.ru is None or (" " in cell.text.en and not CYRILLIC.search(cell.text.ru))
    ]
    assert not silent


def test_every_tier_of_a_cell_is_a_tier_of_its_programme(registry: Registry) -> None:
    lost = [
        (profile.programme, cell.item, tier)
        for profile in registry.profiles.values()
        for cell in cells_of(profile)
        for tier in (() if cell.tiers == ALL else cell.tiers)
        if (tiers := subject_of(registry, profile.programme).tiers) and tier not in tiers
    ]
    assert not lost


def test_there_are_profiles_of_at_least_24_programmes(registry: Registry) -> None:
    assert len([id_ for id_ in registry.profiles if id_ in registry.programmes]) >= 24


def test_every_profile_is_of_a_programme_or_of_union_law_with_a_title(registry: Registry) -> None:
    for id_, profile in registry.profiles.items():
        assert (id_ in registry.programmes) is (profile.title is None)


def test_certificates_are_other_means(registry: Registry) -> None:
    asked = next(
        cell for cell in cells_of(profile_of(registry, "TR-AEO")) if cell.item == "safe:F.f"
    )
    assert asked.instrument is Instrument.CERTIFICATE
    found = finding_on(compared(registry, "TR-AEO", "HK-AEO"), "F.f")
    assert found is Finding.EQUIVALENT_BY_OTHER_MEANS
    # the twin: the same duty by own measures on both sides
    assert finding_on(compared(registry, "HK-AEO", "IN-AEO"), "F.g") is Finding.EQUIVALENT


def test_sources_that_contradict_each_other_establish_nothing(registry: Registry) -> None:
    compared_ = compared(registry, "PH-AEO", "TW-AEO", catalogue="dimensions")
    row = next(row for row in compared_.rows if row.item == "D5")
    assert row.contested == ("ours",)
    assert row.finding is Finding.NOT_ESTABLISHED
    assert len(row.ours) == 2
    twin = compared(registry, "HK-AEO", "TW-AEO", catalogue="dimensions")
    assert finding_on(twin, "D5") is Finding.PARTIAL


def test_what_is_known_by_heading_only_makes_nothing_the_same(registry: Registry) -> None:
    comparison = compared(registry, "ID-AEO", "TH-AEO")
    for item in ("G.a", "H.a", "I.a", "J.a", "K.a", "L.a"):
        assert finding_on(comparison, item) is Finding.PARTIAL


def test_a_threshold_that_leaves_out_small_firms_is_said(registry: Registry) -> None:
    said = {
        programme: next(
            cell.stated
            for cell in cells_of(profile_of(registry, programme))
            if cell.item == "tfa:T.7.2.b2"
        )
        for programme in ("VN-AEO", "IN-AEO")
    }
    assert said == {"VN-AEO": Stated.ABSENT, "IN-AEO": Stated.REQUIRED}


def test_a_rate_is_read_or_said_to_be_thin(registry: Registry) -> None:
    bases = {
        unit: fact.basis for rates in registry.rates.values() for unit, fact in rates.rates.items()
    }
    assert bases["USD"] is Basis.READ
    assert bases["UZ-MINIMUM_WAGE"] is Basis.PARTIAL
