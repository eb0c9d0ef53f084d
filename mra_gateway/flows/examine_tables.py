"""Examines decision tables: `benefits/` judges them, `registry/` knows what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mra_gateway.benefits.check import check_table
from mra_gateway.benefits.home import AtHome, find_at_home
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.model.facts import BenefitDefinition
from mra_gateway.model.identifiers import Territory
from mra_gateway.registry.findings import Finding, Level
from mra_gateway.registry.load import Registry


def examine_tables(registry: Registry) -> Iterator[Finding]:
    """Yields what is wrong or doubtful in every table whose arrangement is known."""
    for id_, table in registry.tables.items():
        if table.arrangement in registry.arrangements:
            yield from examine_table(table, registry=registry, file=registry.file_of(id_))


def examine_table(table: DecisionTable, *, registry: Registry, file: Path) -> Iterator[Finding]:
    """Yields what is wrong or doubtful in one table.

    Args:
        table: The table, which need not be the registry's.
        registry: What it rests on.
        file: Where the table stands or will stand.

    Raises:
        RequestRefused: Its arrangement is not known.
    """
    for found in check_table(
        table,
        arrangement=registry.get_arrangement(table.arrangement),
        programmes=registry.programmes,
        definitions=definitions_of(registry),
        at_home=at_home_of(registry, territory=table.granted_by),
    ):
        level = Level.ERROR if found.is_error else Level.WARNING
        yield Finding(file, found.key, found.reason, found.code, level)


def definitions_of(registry: Registry) -> dict[str, BenefitDefinition]:
    """Returns what each benefit code means; a code whose meaning is not known is left out."""
    return {code: fact.value for code, fact in registry.benefits.items() if fact.value is not None}


def at_home_of(registry: Registry, *, territory: Territory) -> AtHome:
    """Returns what the own AEOs of a territory get."""
    return find_at_home(
        registry.programmes.values(), territory=territory, definitions=definitions_of(registry)
    )
