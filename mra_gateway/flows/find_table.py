"""Finds the decision table of a side of an arrangement; spreadsheets are not needed for it."""

from __future__ import annotations

from mra_gateway.benefits.derive import derive_table, table_id
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.benefits import DecisionTable
from mra_gateway.registry.load import Registry


def find_table(registry: Registry, id_: str) -> DecisionTable:
    """Returns a table as it stands; where none was made, the one that follows from its arrangement.

    Raises:
        RequestRefused: No side of an arrangement has that id.
    """
    if id_ in registry.tables:
        return registry.tables[id_]
    for arrangement in registry.arrangements.values():
        for side in arrangement.parties:
            if table_id(arrangement, granted_by=side.territory) == id_:
                return derive_table(arrangement, granted_by=side.territory)
    raise RequestRefused(
        f"no decision table {id_[:60]!r}: it is named after an arrangement and the territory that "
        "grants, as CN-MN-2025.MN",
        reason=Reason.NOT_FOUND,
    )
