"""What a partner may see of the figures: no cell behind which fewer than five cases stand.

A cell is one figure of one row. It is suppressed when a count behind it is one to four, or when all
but one to four of its cases are touched, for the rest could be told from it. What would give a
suppressed cell away goes with it: `suppression.py`, for every row adds up to the total.
"""

from __future__ import annotations

from typing import Final

from mra_gateway.analytics.suppression import FEWEST, adding_up, hidden, is_few
from mra_gateway.model.impact import Cut, Figure, ImpactRow, ImpactTable, Measured

NOTE = f"suppressed: fewer than {FEWEST} cases, or it would tell another such figure"

_TOTAL: Final = -1
_BEHIND = {
    Measured.DECLARATIONS: Measured.DECLARATIONS,
    Measured.VALUE: Measured.DECLARATIONS,
    Measured.INSPECTIONS: Measured.INSPECTIONS,
    Measured.INSPECTIONS_SPARED: Measured.INSPECTIONS,
    Measured.INSPECTION_HOURS: Measured.INSPECTIONS,
    Measured.RELEASE_HOURS: Measured.INSPECTIONS,
}
"""Whose cases stand behind a figure."""


def suppress(tables: tuple[ImpactTable, ...]) -> tuple[ImpactTable, ...]:
    """Returns tables as they may be given to a partner."""
    total = next(table for table in tables if table.cut is Cut.TOTAL).rows[0]
    hidden_in_total = {measured for measured in set(_BEHIND.values()) if _is_small(total, measured)}
    return tuple(_suppress(table, all_of=frozenset(hidden_in_total)) for table in tables)


def _suppress(table: ImpactTable, *, all_of: frozenset[Measured]) -> ImpactTable:
    unseen: dict[Measured, frozenset[int]] = {}
    for measured in set(_BEHIND.values()):
        every = frozenset(range(len(table.rows)))
        unseen[measured] = every if measured in all_of else _unseen(table.rows, measured)
    # who sees which share of its inspections is touched could tell the declarations of a row
    unseen[Measured.INSPECTIONS] |= unseen[Measured.DECLARATIONS]
    rows = tuple(
        row.model_copy(
            update={
                "figures": tuple(
                    _blank(figure) if at in unseen[_BEHIND[figure.measured]] else _bare(figure)
                    for figure in row.figures
                ),
                "cases": None if at in unseen[Measured.DECLARATIONS] else row.cases,
            }
        )
        for at, row in enumerate(table.rows)
    )
    return table.model_copy(update={"rows": rows})


def _unseen(rows: tuple[ImpactRow, ...], measured: Measured) -> frozenset[int]:
    few = {at for at, row in enumerate(rows) if _is_small(row, measured)}
    counts = {at: _count(row, measured) for at, row in enumerate(rows)}
    counts[_TOTAL] = sum(counts.values())
    found = hidden(counts, few=few, sums=[adding_up(_TOTAL, range(len(rows)))])
    # the total is another table's to hide: where all others are not enough, nothing is left
    return frozenset(range(len(rows))) if _TOTAL in found else found


def _is_small(row: ImpactRow, measured: Measured) -> bool:
    figure = _figure(row, measured)
    if figure is None or figure.numerator is None or figure.denominator is None:
        return False
    part, whole = figure.numerator, figure.denominator
    return any(is_few(count) for count in (part, whole, whole - part))


def _count(row: ImpactRow, measured: Measured) -> float:
    figure = _figure(row, measured)
    return 0.0 if figure is None or figure.numerator is None else figure.numerator


def _figure(row: ImpactRow, measured: Measured) -> Figure | None:
    return next((one for one in row.figures if one.measured is measured), None)


def _blank(figure: Figure) -> Figure:
    return Figure(measured=figure.measured, value=None, note=NOTE, suppressed=True)


def _bare(figure: Figure) -> Figure:
    """A note may count cases: beside a figure it is kept only where it says why there is none."""
    return figure if figure.value is None else figure.model_copy(update={"note": None})
