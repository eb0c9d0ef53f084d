"""A decision table: the first row that holds, nothing on missing facts, nobody above our own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mra_gateway.benefits.evaluate import compile_table
from mra_gateway.benefits.home import AtHome
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.operators import Role
from mra_gateway.model.recognition import RecognitionReason as R
from tests.support.decision_tables import (
    AGREED,
    AT_HOME,
    CODES,
    DEFINITIONS,
    case,
    compiled,
    only,
    row,
    table,
)

CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], str, R]] = [
    ({"tiers": ("3",)}, {"tier": "1"}, "tier", R.TIER_NOT_COVERED),
    ({"roles": ("exporter",)}, {"roles": {Role.CARRIER}}, "roles", R.ROLE_NOT_COVERED),
    ({"flows": ("import",)}, {"flow": "export"}, "flow", R.FLOW_NOT_COVERED),
    (
        {"functions": ("exporter",)},
        {"function": PartyFunction.CARRIER},
        "function",
        R.FUNCTION_NOT_COVERED,
    ),
    (
        {"counterpart": "local_aeo"},
        {"counterpart": False},
        "counterpart",
        R.COUNTERPART_NOT_COVERED,
    ),
    ({"direct_delivery": True}, {"direct": False}, "direct", R.DELIVERY_NOT_DIRECT),
    ({"offices": ("BREST",)}, {"office": "MINSK"}, "office", R.OFFICE_NOT_COVERED),
    ({"modes": ("3",)}, {"mode": "4"}, "mode", R.MODE_NOT_COVERED),
    ({"procedures": ("40",)}, {"procedures": {"40", "71"}}, "procedures", R.PROCEDURE_NOT_COVERED),
    ({"chapters_excluded": ("93",)}, {"chapters": {"84", "93"}}, "chapters", R.GOODS_EXCLUDED),
    (
        {"value_categories": (3, 4)},
        {"value_category": 1},
        "value_category",
        R.VALUE_CATEGORY_NOT_COVERED,
    ),
    (
        {"ecommerce_roles": ("ecommerce_platform",)},
        {"ecommerce_roles": {Role.FULFILMENT_CENTRE}},
        "ecommerce_roles",
        R.ECOMMERCE_ROLE_NOT_COVERED,
    ),
]


@pytest.mark.parametrize(("asked", "other", "fact", "reason"), CONDITIONS)
def test_each_condition_grants_where_it_holds_and_says_why_not_elsewhere(
    asked: dict[str, Any], other: dict[str, Any], fact: str, reason: R
) -> None:
    judge = compiled(row(**asked))
    granted = only(judge.decide(case()))
    assert (granted.granted, granted.reason, granted.row) == (True, R.OK, "r1")
    given = {name: frozenset(v) if isinstance(v, set) else v for name, v in other.items()}
    refused = only(judge.decide(case(**given)))
    assert (refused.granted, refused.reason, refused.row) == (False, reason, "r1")
    assert fact in judge.looks_at


@pytest.mark.parametrize(("asked", "other", "fact", "reason"), CONDITIONS)
def test_a_fact_that_is_not_stated_is_named_and_gives_nothing(
    asked: dict[str, Any], other: dict[str, Any], fact: str, reason: R
) -> None:
    judge = compiled(row(**asked), row("r2"))
    empty = frozenset[str]() if fact in {"roles", "procedures", "chapters"} else None
    dropped = case(**{fact: frozenset() if fact == "ecommerce_roles" else empty})
    outcome = only(judge.decide(dropped))
    assert (outcome.granted, outcome.reason) == (False, R.FACT_NOT_DECLARED)
    assert (outcome.missing, outcome.row) == (fact, "r1")
    assert "cannot be judged" in outcome.text
    assert only(judge.decide(case())).granted


def test_a_row_that_cannot_hold_anyway_does_not_wait_for_a_fact() -> None:
    judge = compiled(row("sea", modes=("1",), tiers=("2",)), row("any"))
    outcome = only(judge.decide(case(mode=None)))
    assert (outcome.granted, outcome.row) == (True, "any")


def test_the_first_row_that_holds_decides() -> None:
    refused_first = compiled(row("no", effect="refuse", tiers=("3",)), row("yes"))
    granted_first = compiled(row("yes"), row("no", effect="refuse", tiers=("3",)))
    outcome = only(refused_first.decide(case()))
    assert (outcome.granted, outcome.reason, outcome.row) == (False, R.REFUSED_BY_TABLE, "no")
    assert only(refused_first.decide(case(tier="1"))).granted
    assert only(granted_first.decide(case())).granted


def test_each_benefit_is_decided_by_its_own_first_row() -> None:
    judge = compiled(row("one", codes=CODES[:1], tiers=("1",)), row("both", codes=CODES))
    outcomes = judge.decide(case(tier=None))
    assert only(outcomes, CODES[0]).reason is R.FACT_NOT_DECLARED
    assert only(outcomes, CODES[1]).granted


def test_a_grant_asks_it_of_all_the_goods_and_a_refusal_is_met_by_any() -> None:
    mixed = case(procedures=frozenset({"40", "71"}))
    grant = compiled(row("g", procedures=("40",)))
    refuse = compiled(row("r", effect="refuse", procedures=("71",)), row("g"))
    assert not only(grant.decide(mixed)).granted
    assert only(grant.decide(case())).granted
    assert only(refuse.decide(mixed)).row == "r"
    assert only(refuse.decide(case())).granted


@pytest.mark.parametrize(
    "function", [None, PartyFunction.NOT_STATED, PartyFunction.AUTHORISATION_HOLDER]
)
def test_a_function_left_open_is_a_missing_fact_even_where_a_row_names_it(
    function: PartyFunction | None,
) -> None:
    outcome = only(compiled(row(functions=("exporter", "not_stated"))).decide(case()))
    assert outcome.granted
    judge = compiled(row(functions=("exporter", "not_stated")), row("r2"))
    assert only(judge.decide(case(function=function))).missing == "function"


def test_a_consignor_that_has_to_be_the_exporter_too_is_asked_for_it() -> None:
    judge = compiled(row(also=("exporter",)))
    assert only(judge.decide(case(also=frozenset({PartyFunction.EXPORTER})))).granted
    outcome = only(judge.decide(case()))
    assert (outcome.granted, outcome.missing) == (False, "also")
    assert "exporter" in outcome.text


def test_a_period_holds_from_its_first_to_its_last_day() -> None:
    judge = compiled(row(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31)))
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    held = [only(judge.decide(case(on=day))) for day in days]
    assert [one.granted for one in held] == [False, True, True, False]
    assert held[0].reason is R.ROW_NOT_IN_FORCE


def test_a_pilot_is_for_named_operators() -> None:
    judge = compiled(row(operators=("BY100000001",)))
    assert only(judge.decide(case())).granted
    others = [case(tin=Tin(f"BY20000000{n}")) for n in range(3)]
    assert {only(judge.decide(one)).reason for one in others} == {R.OPERATOR_NOT_NAMED}
    assert len({judge.key(one) for one in others}) == 1


def test_of_rows_that_do_not_hold_the_nearest_explains() -> None:
    judge = compiled(
        row("export", flows=("export",), functions=("importer",), tiers=("3",)),
        row("import", flows=("import",), functions=("exporter",), tiers=("3",)),
    )
    outcome = only(judge.decide(case(tier="1")))
    assert (outcome.row, outcome.reason) == ("import", R.TIER_NOT_COVERED)
    assert "tier 3" in outcome.text


def test_nobody_gets_what_was_not_agreed_or_is_not_given_at_home_or_needs_a_local_holder() -> None:
    granted = only(compiled(row()).decide(case()))
    assert granted.granted
    rows = table(row())
    not_agreed = compile_table(rows, agreed=(), definitions=DEFINITIONS, at_home=AT_HOME)
    nobody = AtHome(offered=frozenset(), parameters={})
    not_offered = compile_table(rows, agreed=AGREED, definitions=DEFINITIONS, at_home=nobody)
    local = {code: one.model_copy(update={"local_holder_only": True}) for code, one in
             DEFINITIONS.items()}  # fmt: skip
    local_only = compile_table(rows, agreed=AGREED, definitions=local, at_home=AT_HOME)
    reasons = [only(one.decide(case())).reason for one in (not_agreed, not_offered, local_only)]
    assert reasons == [R.NOT_AGREED, R.NOT_OFFERED_AT_HOME, R.LOCAL_HOLDER_ONLY]


@pytest.mark.parametrize(
    ("asked", "given", "is_capped"),
    [
        ({"rate": 0.1}, {"rate": 0.2}, True),
        ({"rate": 0.5}, {"rate": 0.5}, False),
        ({"hours": 24}, {"hours": 8}, True),
        ({"hours": 4}, {"hours": 4}, False),
        ({"lane": "green"}, {"lane": "green"}, False),
    ],
)
def test_a_parameter_better_than_our_own_aeos_get_is_capped_and_said_so(
    asked: dict[str, Any], given: dict[str, Any], is_capped: bool
) -> None:
    outcome = only(compiled(row(parameters=asked)).decide(case()))
    assert outcome.granted
    assert outcome.parameters == given
    assert ("capped" in outcome.text) is is_capped


@pytest.mark.parametrize("parameters", [{"rate": 0.5}, {"unheard_of": 1}])
def test_a_parameter_with_nothing_to_compare_it_with_gives_nothing(
    parameters: dict[str, Any],
) -> None:
    home = AtHome(offered=AT_HOME.offered, parameters={})
    outcome = only(compiled(row(parameters=parameters), at_home=home).decide(case()))
    assert (outcome.granted, outcome.reason) == (False, R.LOCAL_PARAMETER_UNKNOWN)
    assert only(compiled(row(), at_home=home).decide(case())).granted


def test_an_agreed_benefit_without_a_row_is_answered_too() -> None:
    outcome = only(compiled(row()).decide(case()), CODES[1])
    assert (outcome.granted, outcome.reason) == (False, R.NOT_IN_TABLE)


def test_a_holder_benefit_is_told_apart_and_needs_no_consignment() -> None:
    holder = {code: one.model_copy(update={"attaches_to": "holder"}) for code, one in
              DEFINITIONS.items()}  # fmt: skip
    judge = compile_table(table(row()), agreed=AGREED, definitions=holder, at_home=AT_HOME)
    outcome = only(judge.decide(case(flow=None, function=None)))
    assert (outcome.granted, outcome.attaches_to) == (True, "holder")
    assert only(compiled(row()).decide(case())).attaches_to == "consignment"
