"""A proposed benefit table, compiled as if it were agreed: what it would grant.

Before signature no arrangement lists its benefits, and what our own AEOs are given is not always
known. So everything the table names is taken as agreed and offered; where a local parameter *is*
known, nobody from abroad gets a better one, as later. What was taken on trust is returned as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mra_gateway.benefits.evaluate import CompiledTable, compile_table
from mra_gateway.benefits.home import AtHome, find_at_home
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.benefits import DecisionTable, Effect, Parameters, TableRow
from mra_gateway.model.facts import ALL, Benefit, BenefitDefinition, Flow, PartyFunction
from mra_gateway.registry.load import Registry


class AssumedTable(NamedTuple):
    """A proposed table, ready.

    Attributes:
        functions: The functions its grants name or ask for besides, in the order of the model.
        tiers: The tiers its grants name; empty where every tier is meant.
        not_offered: Benefits our own AEOs are not known to get.
    """

    table: DecisionTable
    compiled: CompiledTable
    functions: tuple[str, ...]
    tiers: tuple[str, ...]
    not_offered: tuple[str, ...]


def assume_table(table: DecisionTable, *, registry: Registry) -> AssumedTable:
    """Compiles a proposed table as if it were agreed and in force.

    Args:
        table: The table; the days on which its rows hold are left out.
        registry: The benefit codes, and what our own programmes give.

    Raises:
        RequestRefused: It has no rows, or names a benefit that is in no catalogue.
    """
    rows = table.rows.value
    if not rows:
        raise RequestRefused("the table has no rows", where=table.id)
    undated = tuple(
        row.model_copy(update={"valid_from": None, "valid_until": None}) for row in rows
    )
    assumed = table.model_copy(update={"rows": table.rows.model_copy(update={"value": undated})})
    definitions = {
        code: fact.value for code, fact in registry.benefits.items() if fact.value is not None
    }
    codes = tuple(dict.fromkeys(benefit.code for row in rows for benefit in row.benefits))
    unknown = [code for code in codes if code not in definitions]
    if unknown:
        raise RequestRefused(
            f"no catalogue knows the benefit {', '.join(unknown)}",
            reason=Reason.DATA_REFERENCE_UNKNOWN,
            where=table.id,
        )
    home = find_at_home(
        registry.programmes.values(), territory=table.granted_by, definitions=definitions
    )
    compiled = compile_table(
        assumed,
        agreed=[_agreed(code, table, definitions[code]) for code in codes],
        definitions=definitions,
        at_home=AtHome(
            offered=frozenset(codes),
            parameters=_limits(undated, home=home, definitions=definitions),
        ),
    )
    return AssumedTable(
        table=assumed,
        compiled=compiled,
        functions=tuple(_functions(undated)),
        tiers=_tiers(undated),
        not_offered=tuple(code for code in codes if code not in home.offered),
    )


def _agreed(code: str, table: DecisionTable, definition: BenefitDefinition) -> Benefit:
    return Benefit(
        code=code,
        title=definition.title,
        granted_by=table.granted_by,
        flows=tuple(Flow),
        functions=tuple(PartyFunction),
    )


def _limits(
    rows: tuple[TableRow, ...], *, home: AtHome, definitions: dict[str, BenefitDefinition]
) -> dict[str, Parameters]:
    """What our own AEOs get; where that is not known the best the table gives, to limit nothing."""
    limits: dict[str, Parameters] = {code: dict(known) for code, known in home.parameters.items()}
    for row in rows:
        for benefit in row.benefits:
            ways = definitions[benefit.code].parameters
            known = home.parameters.get(benefit.code, {})
            held = limits.setdefault(benefit.code, {})
            for name, value in benefit.parameters.items():
                if name in known:
                    continue
                best = held.get(name, value)
                if isinstance(best, int | float) and isinstance(value, int | float):
                    best = min(best, value) if ways.get(name) == "lower" else max(best, value)
                held[name] = best
    return limits


def _functions(rows: tuple[TableRow, ...]) -> Iterator[str]:
    grants = [row for row in rows if row.effect is Effect.GRANT]
    everyone = any(row.functions == ALL for row in grants)
    for function in PartyFunction:
        if function is PartyFunction.NOT_STATED:
            continue
        named = any(function in row.functions or function in row.also for row in grants)
        if everyone or named:
            yield function.value


def _tiers(rows: tuple[TableRow, ...]) -> tuple[str, ...]:
    grants = [row for row in rows if row.effect is Effect.GRANT]
    return tuple(dict.fromkeys(tier for row in grants if row.tiers != ALL for tier in row.tiers))
