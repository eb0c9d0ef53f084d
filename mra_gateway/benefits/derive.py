"""The decision table that follows from an arrangement's list of benefits, where none was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mra_gateway.model.benefits import DecisionTable, TabledBenefit, TableRow
from mra_gateway.model.facts import Arrangement, Benefit, Fact, ScopeItem
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.operators import Code, Role

_Tiers = Literal["all"] | tuple[Code, ...]
_Roles = Literal["all"] | tuple[Role, ...]


def table_id(arrangement: Arrangement, *, granted_by: Territory) -> str:
    """Returns the id of the table of one side of an arrangement."""
    return f"{arrangement.id}.{granted_by}"


def derive_table(arrangement: Arrangement, *, granted_by: Territory) -> DecisionTable:
    """Returns a table that grants each benefit for its flows and functions, and no more.

    Programmes, tiers and roles are those the other sides bring into the arrangement. As sure as the
    list of benefits it follows from.
    """
    listed = arrangement.benefits
    rows = None
    if listed.value is not None:
        own = [benefit for benefit in listed.value if benefit.granted_by == granted_by]
        rows = tuple(_rows(own, arrangement, granted_by=granted_by))
    return DecisionTable(
        id=table_id(arrangement, granted_by=granted_by),
        arrangement=arrangement.id,
        granted_by=granted_by,
        version=1,
        rows=Fact[tuple[TableRow, ...]](
            value=rows, source=listed.source, basis=listed.basis, as_of=listed.as_of
        ),
    )


def _rows(
    benefits: list[Benefit], arrangement: Arrangement, *, granted_by: Territory
) -> Iterator[TableRow]:
    scopes = _scopes(arrangement, granted_by=granted_by)
    number = 0
    for benefit in benefits:
        for (tiers, roles), programmes in scopes.items():
            number += 1
            yield TableRow(
                id=f"agreed-{number}",
                benefits=(
                    TabledBenefit(
                        code=benefit.code,
                        parameters=benefit.parameters,
                        legal_reference=benefit.legal_reference,
                    ),
                ),
                programmes=tuple(programmes),
                tiers=tiers,
                roles=roles,
                functions=benefit.functions,
                flows=benefit.flows,
            )


def _scopes(
    arrangement: Arrangement, *, granted_by: Territory
) -> dict[tuple[_Tiers, _Roles], list[ProgrammeId]]:
    """Returns the programmes of the other sides, together where tiers and roles are the same."""
    scopes: dict[tuple[_Tiers, _Roles], list[ProgrammeId]] = {}
    for side in arrangement.parties:
        if side.territory != granted_by:
            for item in side.scope.value or ():
                scopes.setdefault(_limits(item), []).append(item.programme)
    return scopes


def _limits(item: ScopeItem) -> tuple[_Tiers, _Roles]:
    return item.tiers, item.roles
