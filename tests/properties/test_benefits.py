"""Whatever the table and the case: less said never gives more, and equal keys are equal answers."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mra_gateway.benefits.check import check_table
from mra_gateway.benefits.regions import movement_dimensions, other_dimensions, reachable
from mra_gateway.errors import Reason
from mra_gateway.model.benefits import Case, TableRow
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.operators import Role
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.registry.load import Registry, load_registry
from tests.support.decision_tables import (
    AT_HOME,
    CODES,
    DEFINITIONS,
    case,
    compiled,
    row,
    table,
)

TIERS = ("1", "2", "3")
ROLES = (Role.EXPORTER, Role.CARRIER)
FUNCTIONS = (PartyFunction.EXPORTER, PartyFunction.CONSIGNOR, PartyFunction.DECLARANT)
OPEN_FUNCTIONS = (*FUNCTIONS, PartyFunction.NOT_STATED, PartyFunction.AUTHORISATION_HOLDER)
FLOWS = ("import", "export")
DAYS = (date(2026, 1, 1), date(2026, 3, 2), date(2026, 6, 1))
TINS = (Tin("BY100000001"), Tin("BY100000002"))
OPTIONAL = ("tier", "roles", "flow", "function", "counterpart", "direct", "office", "mode",
            "procedures", "chapters", "value_category", "ecommerce_roles", "also")  # fmt: skip
SETS = {"roles", "procedures", "chapters", "ecommerce_roles", "also"}


@cache
def shipped() -> Registry:
    return load_registry()


def some(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Leaves nothing out in most draws: else hardly anything would ever be granted."""
    chosen = st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)
    return st.one_of(st.just("all"), st.just("all"), st.just("all"), chosen)


rows = st.builds(
    row,
    codes=st.sampled_from([CODES[:1], CODES[1:], CODES]),
    effect=st.sampled_from(["grant", "grant", "grant", "refuse"]),
    parameters=st.sampled_from([{}, {"rate": 0.5}, {"rate": 0.1}, {"rate": 0.1}]),
    tiers=some(TIERS),
    roles=some(ROLES),
    functions=some((*FUNCTIONS, PartyFunction.NOT_STATED)),
    flows=some(FLOWS),
    also=some(FUNCTIONS),
    operators=some(TINS),
    offices=some(("A", "B")),
    modes=some(("1", "3")),
    procedures=some(("40", "71")),
    chapters_excluded=st.sampled_from([(), (), (), ("93",), ("01", "93")]),
    value_categories=some((1, 2, 3, 4)),
    ecommerce_roles=some((Role.ECOMMERCE_PLATFORM, Role.FULFILMENT_CENTRE)),
    direct_delivery=st.sampled_from([False, False, True]),
    counterpart=st.sampled_from(["anyone", "anyone", "local_aeo"]),
    valid_from=st.sampled_from([None, None, *DAYS]),
    valid_until=st.sampled_from([None, None, None, DAYS[-1]]),
)
tables = st.lists(rows, min_size=1, max_size=4).map(
    lambda made: [one.model_copy(update={"id": f"r{n}"}) for n, one in enumerate(made)]
)


def subset(values: tuple[Any, ...]) -> st.SearchStrategy[frozenset[Any]]:
    return st.sets(st.sampled_from(values), min_size=1).map(frozenset)


cases = st.builds(
    case,
    on=st.sampled_from(DAYS),
    tin=st.sampled_from(TINS),
    tier=st.sampled_from(TIERS),
    roles=subset(ROLES),
    flow=st.sampled_from(FLOWS),
    function=st.sampled_from(OPEN_FUNCTIONS),
    counterpart=st.booleans(),
    direct=st.booleans(),
    office=st.sampled_from(["A", "B", "C"]),
    mode=st.sampled_from(["1", "3", "4"]),
    procedures=subset(("40", "71", "42")),
    chapters=subset(("01", "84", "93")),
    value_category=st.sampled_from([1, 2, 3, 4]),
    ecommerce_roles=subset((Role.ECOMMERCE_PLATFORM, Role.FULFILMENT_CENTRE)),
    also=st.sets(st.sampled_from(FUNCTIONS)).map(frozenset),
)


@st.composite
def fitting(draw: st.DrawFn, made: list[TableRow]) -> Case:
    """A case that one of the rows was made for, so that many are granted."""
    wanted = draw(st.sampled_from(made))
    drawn = draw(cases)
    facts: dict[str, Any] = {"counterpart": True, "direct": True}
    pairs = {"tier": "tiers", "flow": "flows", "function": "functions", "office": "offices",
             "mode": "modes", "value_category": "value_categories", "tin": "operators"}  # fmt: skip
    for fact, name in pairs.items():
        asked = getattr(wanted, name)
        if asked != "all":
            facts[fact] = asked[0]
    for name in ("roles", "procedures", "ecommerce_roles", "also"):
        if getattr(wanted, name) != "all":
            facts[name] = frozenset(getattr(wanted, name))
    if wanted.chapters_excluded:
        facts["chapters"] = frozenset({"84"})
    facts["on"] = wanted.valid_from or wanted.valid_until or drawn.on
    return drawn._replace(**facts)


def without(judged: Case, dropped: set[str]) -> Case:
    facts: dict[str, Any] = {fact: frozenset() if fact in SETS else None for fact in dropped}
    return judged._replace(**facts)


def test_fewer_facts_never_give_more_benefits_and_never_other_parameters() -> None:
    seen = {"cases": 0, "granted": 0}

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(data=st.data(), made=tables, dropped=st.sets(st.sampled_from(OPTIONAL), min_size=1))
    def property_(data: st.DataObject, made: list[TableRow], dropped: set[str]) -> None:
        judge = compiled(*made)
        stated = data.draw(st.one_of(fitting(made), fitting(made), fitting(made), cases))
        full = {one.code: one.parameters for one in judge.decide(stated) if one.granted}
        less = judge.decide(without(stated, dropped))
        for outcome in less:
            if outcome.granted:
                assert full[outcome.code] == outcome.parameters
        seen["cases"] += 1
        seen["granted"] += bool(full)

    property_()
    assert seen["granted"] >= 0.3 * max(seen["cases"], 50), seen


@settings(max_examples=150, deadline=None)
@given(made=tables, one=cases, other=cases, kept=st.sets(st.sampled_from(Case._fields)))
def test_cases_with_equal_keys_have_equal_outcomes_remembered_or_not(
    made: list[TableRow], one: Case, other: Case, kept: set[str]
) -> None:
    judge = compiled(*made)
    same = one._replace(
        **{name: getattr(other, name) for name in Case._fields if name not in judge.looks_at}
    )
    mixed = one._replace(**{name: getattr(other, name) for name in kept})
    assert judge.key(same) == judge.key(one)
    assert judge.decide(same) == judge.decide(one)
    fresh = compiled(*made).decide(mixed)
    assert judge.decide(mixed) == fresh
    if judge.key(mixed) == judge.key(one):
        assert fresh == judge.decide(one)


def test_nobody_gets_better_parameters_than_our_own_aeos() -> None:
    seen = {"cases": 0, "granted": 0}

    @settings(max_examples=150, deadline=None)
    @given(data=st.data(), made=tables)
    def property_(data: st.DataObject, made: list[TableRow]) -> None:
        decided = compiled(*made).decide(data.draw(fitting(made)))
        rates = [one.parameters["rate"] for one in decided if "rate" in one.parameters]
        assert all(isinstance(rate, float) and rate >= 0.2 for rate in rates)
        seen["cases"] += 1
        seen["granted"] += bool(rates)

    property_()
    assert seen["granted"] >= 0.3 * max(seen["cases"], 50), seen


@settings(max_examples=150, deadline=None)
@given(made=tables, stated=cases)
def test_every_case_lies_in_a_region_the_check_reaches(made: list[TableRow], stated: Case) -> None:
    """Sampling cases never finds rows holding together that the set algebra did not."""
    if stated.function is PartyFunction.NOT_STATED:
        stated = stated._replace(function=PartyFunction.EXPORTER)
    rows_ = [one.model_copy(update={"tiers": "all"}) for one in made]
    masks = reachable([*movement_dimensions(rows_), *other_dimensions(rows_)], rows=len(rows_))
    held = 0
    for number, one in enumerate(rows_):
        alone = one.model_copy(update={"benefits": row().benefits})
        outcome = compiled(alone).decide(stated)[0]
        refused = outcome.reason is RecognitionReason.REFUSED_BY_TABLE
        held |= (outcome.granted or refused) << number
    assert held in {mask & (1 << len(rows_)) - 1 for mask in masks}


@settings(max_examples=100, deadline=None)
@given(data=st.data(), made=tables)
def test_a_row_the_check_calls_unreachable_decides_no_case(
    data: st.DataObject, made: list[TableRow]
) -> None:
    registry = shipped()
    found = check_table(
        table(*made),
        arrangement=registry.get_arrangement("CN-BY-2019"),
        programmes=registry.programmes,
        definitions=DEFINITIONS,
        at_home=AT_HOME,
    )
    never = {
        (made[int(one.key[11:-1])].id, one.reason.split(" never decides ")[1].split(":")[0])
        for one in found
        if one.code is Reason.DATA_ROW_UNREACHABLE
    }
    judge = compiled(*made)
    for _ in range(5):
        for outcome in judge.decide(data.draw(st.one_of(fitting(made), cases))):
            held = outcome.granted or outcome.reason is RecognitionReason.REFUSED_BY_TABLE
            assert not (held and (outcome.row, outcome.code) in never)
