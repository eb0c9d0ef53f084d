"""Cases from the sources, decided by the tables and facts we ship."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mra_gateway.benefits.case import also_of, case_of
from mra_gateway.benefits.derive import derive_table
from mra_gateway.benefits.evaluate import CompiledTable, compile_table
from mra_gateway.benefits.home import AtHome
from mra_gateway.flows.examine_tables import at_home_of, definitions_of
from mra_gateway.model.benefits import Case, Outcome
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Benefit, Flow, PartyFunction
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.recognition import RecognitionReason as R
from mra_gateway.registry.load import Registry, load_registry

ON = date(2026, 3, 2)
IMPORTED = {"flow": Flow.IMPORT, "function": PartyFunction.EXPORTER}
EXPORTED = {"flow": Flow.EXPORT, "function": PartyFunction.IMPORTER}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def judge(registry: Registry, id_: str, *, benefits: tuple[Benefit, ...] = ()) -> CompiledTable:
    """The shipped table, with the arrangement's list completed where it was not read."""
    table = registry.tables[id_]
    arrangement = registry.get_arrangement(table.arrangement)
    return compile_table(
        table,
        agreed=benefits or arrangement.benefits.value or (),
        definitions=definitions_of(registry),
        at_home=at_home_of(registry, territory=table.granted_by),
    )


def case(programme: str, *, tier: str | None, **facts: Any) -> Case:
    tin = Tin(f"{programme[:2]}100000001")
    return Case(on=ON, programme=ProgrammeId(programme), tin=tin, tier=tier, **facts)


def granted(outcomes: tuple[Outcome, ...]) -> set[str]:
    return {outcome.code for outcome in outcomes if outcome.granted}


@pytest.mark.parametrize("movement", [IMPORTED, EXPORTED], ids=["import", "export"])
def test_china_grants_belarusian_type_3_and_refuses_types_1_and_2(
    registry: Registry, movement: dict[str, Any]
) -> None:
    china = judge(registry, "CN-BY-2019.CN")
    assert granted(china.decide(case("BY-AEO", tier="3", **movement))) == {
        "document_check_lower",
        "inspection_lower",
        "inspection_priority",
        "liaison",
        "disruption_priority",
    }
    for tier in ("1", "2"):
        outcomes = china.decide(case("BY-AEO", tier=tier, **movement))
        assert {one.reason for one in outcomes} == {R.REFUSED_BY_TABLE}
        assert "Only type 3" in outcomes[0].text
    unknown = china.decide(case("BY-AEO", tier=None, **movement))
    assert {one.missing for one in unknown} == {"tier"}


@pytest.mark.parametrize(
    ("table", "programme", "brings"),
    [
        ("EU-GB-2021.GB", "EU-AEO", ("AEOS", "AEOF")),
        ("EU-GB-2021.EU", "GB-AEO", ("AEOS",)),
    ],
)
def test_between_the_union_and_the_united_kingdom_aeoc_alone_brings_nothing(
    registry: Registry, table: str, programme: str, brings: tuple[str, ...]
) -> None:
    side = judge(registry, table)
    for tier in brings:
        assert "inspection_lower" in granted(side.decide(case(programme, tier=tier, **IMPORTED)))
    refused = side.decide(case(programme, tier="AEOC", **IMPORTED))
    assert {one.reason for one in refused} == {R.REFUSED_BY_TABLE}


@pytest.mark.parametrize("counterpart", [True, False, None])
@pytest.mark.parametrize(
    ("table", "programme", "tier"),
    [("CN-MN-2025.CN", "MN-AEO", None), ("CN-MN-2025.MN", "CN-AEO", "advanced")],
)
def test_an_importer_that_is_no_aeo_profits_from_its_supplier_s_status(
    registry: Registry, table: str, programme: str, tier: str | None, counterpart: bool | None
) -> None:
    outcomes = judge(registry, table).decide(
        case(programme, tier=tier, counterpart=counterpart, **IMPORTED)
    )
    assert "inspection_lower" in granted(outcomes)


def test_macao_class_a_is_granted_and_class_b_refused(registry: Registry) -> None:
    china = judge(registry, "CN-MO-2023.CN")
    assert granted(china.decide(case("MO-AEO", tier="A", **IMPORTED)))
    refused = china.decide(case("MO-AEO", tier="B", **IMPORTED))
    assert {one.reason for one in refused} == {R.REFUSED_BY_TABLE}


@pytest.mark.parametrize(
    ("programme", "tier", "is_granted"),
    [
        ("PH-AEO", "2", True),
        ("PH-AEO", "1", False),
        ("MY-AEO", None, True),
    ],
)
def test_singapore_grants_what_each_member_of_asean_brings_in(
    registry: Registry, programme: str, tier: str | None, is_granted: bool
) -> None:
    singapore = judge(registry, "ASEAN-AEO-2023.SG")
    outcomes = singapore.decide(case(programme, tier=tier, **IMPORTED))
    assert ("inspection_lower" in granted(outcomes)) is is_granted


def completed(id_: str, us: str) -> tuple[Benefit, ...]:
    """A list of benefits as a home would complete it: the text was not read."""
    return tuple(
        Benefit(
            code=code,
            title=code,
            granted_by=Territory(us),
            flows=(Flow.IMPORT, Flow.EXPORT),
            functions=(PartyFunction.CONSIGNOR, PartyFunction.CONSIGNEE, PartyFunction.EXPORTER),
        )
        for code in ("release_priority", "inspection_priority")
    )


def declaration(**facts: Any) -> Declaration:
    """Goods from Minsk to Tashkent, over Russia and Kazakhstan."""
    consignor = DeclaredParty(role=PartyFunction.CONSIGNOR, identifier="BY100000001")
    exporter = DeclaredParty(role=PartyFunction.EXPORTER, identifier="BY100000001")
    return Declaration.model_validate(
        {
            "reference": "26UZ1",
            "type": Flow.IMPORT,
            "accepted_at": datetime(2026, 3, 2, tzinfo=UTC),
            "parties": (consignor, exporter),
            "dispatched_from": Territory("BY"),
            "destined_to": Territory("UZ"),
            "through": (Territory("RU"), Territory("KZ")),
            "direct": True,
            **facts,
        }
    )


def uzbek_case(declared: Declaration) -> Case:
    party = declared.parties[0]
    return case_of(
        declared,
        party=party,
        record=OperatorRecord(
            tin=Tin("BY100000001"),
            authorisation=AuthorisationNumber("BY/0042/ТИП 3"),
            episode="1",
            programme=ProgrammeId("BY-AEO"),
            tier="3",
            record_version=1,
        ),
        on=ON,
        ours=frozenset({Territory("UZ")}),
        theirs=frozenset({Territory("BY")}),
        also=also_of(declared, party=party),
    )


CONSIGNOR_ALONE = (DeclaredParty(role=PartyFunction.CONSIGNOR, identifier="BY100000001"),)
OTHER_EXPORTER = (
    *CONSIGNOR_ALONE,
    DeclaredParty(role=PartyFunction.EXPORTER, identifier="BY200000002"),
)


@pytest.mark.parametrize(
    ("facts", "reason", "missing"),
    [
        ({}, R.OK, None),
        ({"direct": False}, R.DELIVERY_NOT_DIRECT, None),
        ({"dispatched_from": Territory("PL")}, R.DELIVERY_NOT_DIRECT, None),
        ({"direct": None}, R.FACT_NOT_DECLARED, "direct"),
        ({"dispatched_from": None}, R.FACT_NOT_DECLARED, "direct"),
        ({"parties": CONSIGNOR_ALONE}, R.FACT_NOT_DECLARED, "also"),
        ({"parties": OTHER_EXPORTER}, R.FACT_NOT_DECLARED, "also"),
    ],
)
def test_uzbekistan_grants_direct_deliveries_whose_consignor_is_also_exporter_or_declarant(
    registry: Registry, facts: dict[str, Any], reason: R, missing: str | None
) -> None:
    uzbekistan = judge(registry, "BY-UZ-2024.UZ", benefits=completed("BY-UZ-2024", "UZ"))
    outcomes = uzbekistan.decide(uzbek_case(declaration(**facts)))
    assert {one.reason for one in outcomes} == {reason}
    assert {one.missing for one in outcomes} == {missing}


def test_a_list_of_benefits_that_was_not_read_grants_nothing(registry: Registry) -> None:
    outcomes = judge(registry, "BY-UZ-2024.UZ").decide(uzbek_case(declaration()))
    assert {one.reason for one in outcomes} == {R.NOT_AGREED}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"counterpart": True, "direct": True}, R.OK),
        ({"counterpart": False, "direct": True}, R.COUNTERPART_NOT_COVERED),
        ({"counterpart": True, "direct": False}, R.DELIVERY_NOT_DIRECT),
        ({"counterpart": None, "direct": True}, R.FACT_NOT_DECLARED),
    ],
)
def test_between_china_and_russia_both_ends_hold_the_status(
    registry: Registry, facts: dict[str, Any], reason: R
) -> None:
    china = judge(registry, "CN-RU-2022.CN", benefits=completed("CN-RU-2022", "CN"))
    outcomes = china.decide(case("RU-AEO", tier="3", **IMPORTED, **facts))
    assert {one.reason for one in outcomes if one.code == "release_priority"} == {reason}


@pytest.mark.parametrize("id_", ["CN-BY-2019", "CN-MN-2025", "EU-US-2012", "ASEAN-AEO-2023"])
def test_without_a_table_the_arrangement_s_own_list_decides(registry: Registry, id_: str) -> None:
    arrangement = registry.get_arrangement(ArrangementId(id_))
    for side in arrangement.parties:
        listed = [one for one in arrangement.benefits.value or ()
                  if one.granted_by == side.territory]  # fmt: skip
        codes = frozenset(one.code for one in listed)
        derived = compile_table(
            derive_table(arrangement, granted_by=side.territory),
            agreed=listed,
            definitions=definitions_of(registry),
            at_home=AtHome(offered=codes, parameters={}),
        )
        for other in arrangement.parties:
            for item in other.scope.value or () if other is not side else ():
                tier = None if isinstance(item.tiers, str) else item.tiers[0]
                roles = frozenset() if isinstance(item.roles, str) else frozenset(item.roles)
                for flow in Flow:
                    for function in PartyFunction:
                        judged = derived.decide(
                            case(item.programme, tier=tier, roles=roles, flow=flow,
                                 function=function)
                        )  # fmt: skip
                        assert granted(judged) == {
                            one.code
                            for one in listed
                            if flow in one.flows and function in one.functions
                        }
