"""A decision table as a workbook is the same table when it is read back."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mra_gateway.model.benefits import DecisionTable, TabledBenefit, TableMode, TableRow
from mra_gateway.model.facts import Basis, Fact, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import Role
from mra_gateway.registry.table_file import table_text
from mra_gateway.tables.decision_table import write_decision_table
from mra_gateway.tables.decision_table_reading import read_decision_table

codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True) | st.sampled_from(
    ["all", "none", "3", "03", "1e5", "true"]
)
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20
).filter(lambda text: text.isprintable()) | st.sampled_from(
    ["=1+1", "'quoted", "Order 251: Article 30", "приказ № 5", "第251号令", "@x", "-2"]
)


def is_text(text: str) -> bool:
    try:
        TabledBenefit(code="x", legal_reference=text)
    except ValueError:
        return False
    return True


texts = texts.filter(is_text)
values = (
    st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.booleans()
    | texts
)
benefits = st.lists(
    st.builds(
        TabledBenefit,
        code=codes,
        parameters=st.dictionaries(codes, values, max_size=2),
        legal_reference=st.none() | texts,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda benefit: benefit.code,
).map(tuple)
days = st.none() | st.dates(date(1950, 1, 1), date(2200, 1, 1))


def many(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just("all") | st.lists(items, max_size=3).map(tuple)


rows = st.builds(
    TableRow,
    id=codes,
    benefits=benefits,
    programmes=many(st.sampled_from([ProgrammeId("BY-AEO"), ProgrammeId("EU-AEO")])),
    tiers=many(codes),
    roles=many(st.sampled_from(Role)),
    functions=many(st.sampled_from(PartyFunction)),
    flows=many(st.sampled_from(Flow)),
    also=many(st.sampled_from(PartyFunction)),
    operators=many(st.sampled_from([Tin("BY100000001"), Tin("MN1")])),
    offices=many(codes),
    modes=many(codes),
    procedures=many(codes),
    chapters_excluded=st.lists(st.from_regex(r"[0-9]{2}", fullmatch=True), max_size=3).map(tuple),
    value_categories=many(st.integers(1, 4)),
    ecommerce_roles=many(st.sampled_from(Role)),
    direct_delivery=st.booleans(),
    valid_from=days,
    valid_until=days,
    note=st.none() | texts,
)
tables = st.builds(
    lambda rows_, source, mode, version: DecisionTable(
        id="CN-MN-2025.MN",
        arrangement=ArrangementId("CN-MN-2025"),
        granted_by=Territory("MN"),
        version=version,
        mode=mode,
        rows=Fact[tuple[TableRow, ...]](
            value=rows_, source=source, basis=Basis.PARTIAL, as_of=date(2026, 3, 2)
        ),
    ),
    st.none() | st.lists(rows, max_size=3).map(tuple),
    texts,
    st.sampled_from(TableMode),
    st.integers(1, 999),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables)
def test_what_is_written_as_a_workbook_is_read_back_the_same(table: DecisionTable) -> None:
    read = read_decision_table(write_decision_table(table), file="t.xlsx")
    assert read.problems == ()
    assert read.table == table


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables)
def test_what_is_written_as_toml_is_read_back_the_same(table: DecisionTable) -> None:
    text = table_text(table, schema="x", comments=["made for a test"])
    assert DecisionTable.model_validate(tomllib.loads(text)) == table
