"""Decision tables and cases for tests: made of few words, so that a test shows only what counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from mra_gateway.benefits.evaluate import CompiledTable, compile_table
from mra_gateway.benefits.home import AtHome
from mra_gateway.model.benefits import Case, DecisionTable, Outcome, TableRow
from mra_gateway.model.facts import (
    Basis,
    Benefit,
    BenefitDefinition,
    Fact,
    Flow,
    PartyFunction,
)
from mra_gateway.model.identifiers import ArrangementId, ProgrammeId, Territory, Tin
from mra_gateway.model.operators import Role

DAY = date(2026, 3, 2)
CODES = ("fewer_checks", "first_in_line")
PROGRAMME = ProgrammeId("BY-AEO")

DEFINITIONS = {
    code: BenefitDefinition(
        title=code.replace("_", " "),
        local_holder_only=False,
        parameters={"rate": "lower", "hours": "higher", "lane": "none"},
    )
    for code in CODES
}
AT_HOME = AtHome(
    offered=frozenset(CODES),
    parameters={code: {"rate": 0.2, "hours": 8} for code in CODES},
)
AGREED = tuple(
    Benefit(
        code=code,
        title=code.replace("_", " "),
        granted_by=Territory("CN"),
        flows=(Flow.IMPORT,),
        functions=(PartyFunction.EXPORTER,),
    )
    for code in CODES
)


def row(id_: str = "r1", *, codes: Sequence[str] = CODES[:1], **conditions: Any) -> TableRow:
    """Returns a row that leaves nothing out but what is given; `parameters` go to its benefits."""
    parameters = conditions.pop("parameters", {})
    values = {
        "programmes": "all",
        "tiers": "all",
        "roles": "all",
        "functions": "all",
        "flows": "all",
        **conditions,
    }
    benefits = [{"code": code, "parameters": parameters} for code in codes]
    return TableRow.model_validate({"id": id_, "benefits": benefits, **values})


def table(*rows: TableRow) -> DecisionTable:
    """Returns China's table of its arrangement with Belarus, with these rows."""
    return DecisionTable(
        id="CN-BY-2019.CN",
        arrangement=ArrangementId("CN-BY-2019"),
        granted_by=Territory("CN"),
        version=1,
        rows=Fact[tuple[TableRow, ...]](
            value=rows, source="made for a test", basis=Basis.UNVERIFIED, as_of=DAY
        ),
    )


def compiled(*rows: TableRow, at_home: AtHome = AT_HOME) -> CompiledTable:
    """Returns a table of these rows, ready to judge."""
    return compile_table(table(*rows), agreed=AGREED, definitions=DEFINITIONS, at_home=at_home)


def case(**facts: Any) -> Case:
    """Returns a case about which everything is stated, but for what is given otherwise."""
    stated: dict[str, Any] = {
        "on": DAY,
        "programme": PROGRAMME,
        "tin": Tin("BY100000001"),
        "tier": "3",
        "roles": frozenset({Role.EXPORTER}),
        "flow": Flow.IMPORT,
        "function": PartyFunction.EXPORTER,
        "counterpart": True,
        "direct": True,
        "office": "BREST",
        "mode": "3",
        "procedures": frozenset({"40"}),
        "chapters": frozenset({"84"}),
        "value_category": 4,
        "ecommerce_roles": frozenset({Role.ECOMMERCE_PLATFORM}),
        "also": frozenset({PartyFunction.DECLARANT}),
    }
    return Case(**{**stated, **facts})


def only(outcomes: tuple[Outcome, ...], code: str = CODES[0]) -> Outcome:
    """Returns the outcome of one benefit."""
    return next(outcome for outcome in outcomes if outcome.code == code)
