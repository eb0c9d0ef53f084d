"""What we ship loads, checks clean, and says what the sources say."""

from datetime import date

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.facts import Administration, Basis, Flow, PartyFunction
from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import OperatorRecord, ProgrammeKind
from mra_gateway.registry.check import check_folders
from mra_gateway.registry.findings import Level
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder

CONSULTED = date(2026, 11, 22)
LATER = date(2026, 12, 1)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def record(programme: str, *, tin: str, tier: str | None) -> OperatorRecord:
    return OperatorRecord(
        tin=Tin(tin),
        authorisation=AuthorisationNumber("X-1"),
        episode="1",
        programme=ProgrammeId(programme),
        tier=tier,
        record_version=1,
    )


def test_every_shipped_file_checks_without_an_error() -> None:
    findings = check_folders(on=CONSULTED)
    assert [str(finding) for finding in findings if finding.is_error] == []


def test_the_only_warnings_are_scopes_that_rest_on_data_the_text_does_not_list() -> None:
    found = {(finding.file.stem, finding.code) for finding in check_folders(on=CONSULTED)}
    assert found == {
        ("EU-CH-2009", Reason.DATA_SCOPE_NOT_TRAVELLING),
        ("EU-US-2012", Reason.DATA_SCOPE_NOT_TRAVELLING),
        ("GB-CH-2021", Reason.DATA_SCOPE_NOT_TRAVELLING),
    }
    assert {finding.level for finding in check_folders(on=CONSULTED)} == {Level.WARNING}


def test_every_shipped_file_names_its_schema_in_its_first_line() -> None:
    folder = data_folder("partners")
    for kind in ("administrations", "programmes", "arrangements", "decision_tables"):
        for file in (folder / kind).glob("*.toml"):
            first = file.read_text(encoding="utf-8").splitlines()[0]
            assert first.startswith("#:schema ")
            assert (file.parent / first.removeprefix("#:schema ")).resolve().is_file()


def test_each_kind_of_programme_has_an_example(registry: Registry) -> None:
    kinds = {programme.kind.value for programme in registry.programmes.values()}
    assert kinds >= set(ProgrammeKind)


@pytest.mark.parametrize(
    ("territory", "shown"),
    [("HK", "Hong Kong, China"), ("MO", "Macao, China"), ("KR", "Korea, Republic of")],
)
def test_territories_are_shown_as_they_are_named_among_customs(
    registry: Registry, territory: str, shown: str
) -> None:
    assert registry.get_administration(territory).display_name.value == shown


def test_no_contact_point_is_invented(registry: Registry) -> None:
    assert all(not one.contact_points for one in registry.administrations.values())


def test_what_is_general_knowledge_is_never_marked_as_read(registry: Registry) -> None:
    facts = [one.name for one in registry.administrations.values()]
    assert {fact.basis for fact in facts if "general knowledge" in fact.source} == {
        Basis.UNVERIFIED
    }


@pytest.mark.parametrize(
    ("tier", "reason"),
    [
        ("3", Reason.OK),
        ("1", Reason.TIER_OUT_OF_SCOPE),
        ("2", Reason.TIER_OUT_OF_SCOPE),
        (None, Reason.TIER_OUT_OF_SCOPE),
    ],
)
def test_belarus_brings_in_type_3_only(
    registry: Registry, tier: str | None, reason: Reason
) -> None:
    arrangement = registry.get_arrangement("CN-BY-2019")
    issuer = registry.get_administration("BY")
    operator = record("BY-AEO", tin="BY100000001", tier=tier)
    assert arrangement.check_covered(operator, issuer=issuer) is reason


@pytest.mark.parametrize(
    ("tier", "reason"),
    [("AEOF", Reason.OK), ("AEOS", Reason.OK), ("AEOC", Reason.TIER_OUT_OF_SCOPE)],
)
def test_an_eu_authorisation_for_simplifications_alone_is_not_covered_in_china(
    registry: Registry, tier: str, reason: Reason
) -> None:
    arrangement = registry.get_arrangement("CN-EU-2014")
    issuer = registry.get_administration("EU")
    operator = record("EU-AEO", tin="DE123456789", tier=tier)
    assert arrangement.check_covered(operator, issuer=issuer) is reason


@pytest.mark.parametrize(
    ("tin", "reason"),
    [
        ("FR123456789", Reason.OK),
        ("CH123456789", Reason.OPERATOR_OF_THIRD_TERRITORY),
        ("EU123456789", Reason.OPERATOR_OF_THIRD_TERRITORY),
    ],
)
def test_an_operator_of_a_third_territory_is_refused_whoever_sends_it(
    registry: Registry, tin: str, reason: Reason
) -> None:
    arrangement = registry.get_arrangement("CN-EU-2014")
    issuer = registry.get_administration("EU")
    operator = record("EU-AEO", tin=tin, tier="AEOF")
    assert arrangement.check_covered(operator, issuer=issuer) is reason


def test_a_territory_that_is_no_party_brings_in_nobody(registry: Registry) -> None:
    arrangement = registry.get_arrangement("CN-MN-2025")
    operator = record("BY-AEO", tin="BY100000001", tier="3")
    belarus = registry.get_administration("BY")
    mongolia = registry.get_administration("MN")
    own = record("MN-AEO", tin="MN1000001", tier=None)
    assert arrangement.check_covered(operator, issuer=belarus) is Reason.NOT_A_PARTY
    assert arrangement.check_covered(own, issuer=mongolia) is Reason.OK


def test_an_unknown_scope_covers_nobody(registry: Registry) -> None:
    arrangement = registry.get_arrangement("CN-RU-2022")
    issuer: Administration = registry.get_administration("RU")
    operator = record("RU-AEO", tin="RU7700000000", tier="3")
    assert arrangement.check_covered(operator, issuer=issuer) is Reason.PROGRAMME_OUT_OF_SCOPE


def test_an_arrangement_whose_start_was_not_found_is_not_in_force(registry: Registry) -> None:
    assert not registry.get_arrangement("CN-UZ-2023").in_force(LATER)
    assert not registry.get_arrangement("BY-UZ-2024").in_force(LATER)
    assert registry.get_arrangement("CN-MN-2025").in_force(LATER)


def test_a_start_is_a_day_and_holds_from_that_day(registry: Registry) -> None:
    arrangement = registry.get_arrangement("CN-MN-2025")
    assert not arrangement.in_force(date(2025, 5, 31))
    assert arrangement.in_force(date(2025, 6, 1))


def test_members_of_a_plurilateral_arrangement_start_one_by_one(registry: Registry) -> None:
    arrangement = registry.get_arrangement("ASEAN-AEO-2023")
    singapore, indonesia, cambodia = Territory("SG"), Territory("ID"), Territory("KH")
    assert arrangement.in_force(date(2024, 9, 30), parties=(singapore,))
    assert not arrangement.in_force(date(2024, 9, 30), parties=(singapore, indonesia))
    assert arrangement.in_force(date(2024, 10, 1), parties=(singapore, indonesia))
    assert not arrangement.in_force(LATER, parties=(singapore, cambodia))


def test_mongolia_and_china_give_benefits_on_import_whoever_imports(registry: Registry) -> None:
    benefits = registry.get_arrangement("CN-MN-2025").benefits.value or ()
    assert {benefit.granted_by for benefit in benefits} == {"CN", "MN"}
    for benefit in benefits:
        assert benefit.flows == (Flow.IMPORT,)
        assert set(benefit.functions) == {PartyFunction.EXPORTER, PartyFunction.CONSIGNOR}


def test_a_pilot_runs_before_the_korean_arrangement_is_in_force(registry: Registry) -> None:
    arrangement = registry.get_arrangement("KR-CN-2013")
    assert arrangement.pilot.value is not None
    assert not arrangement.in_force(arrangement.pilot.value.from_on)
    assert arrangement.in_force(date(2014, 4, 1))


def test_no_arrangement_grants_what_needs_a_local_holder(registry: Registry) -> None:
    for arrangement in registry.arrangements.values():
        for benefit in arrangement.benefits.value or ():
            definition = registry.benefits[benefit.code].value
            assert definition is not None
            assert not definition.local_holder_only


@pytest.mark.parametrize("what", ["administration", "programme", "arrangement"])
def test_what_is_not_there_is_refused_by_name(registry: Registry, what: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        getattr(registry, f"get_{what}")("XX-NOT-THERE")
    assert refused.value.reason is Reason.NOT_FOUND
    assert "XX-NOT-THERE" in refused.value.text
