"""Moments of one file of which some state their offset from UTC and some do not.

What the others mean nobody can tell from the file: the same clock, or that of another office. One
answer settles all of them, so the file is refused once and not row by row.
"""

# ruff: noqa: S608 - SQL is made of our own names; what comes from outside is quoted or a table

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from mra_gateway.analytics.declaration_sql import MOMENTS, has_offset, lacks_offset
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.tables.measure_file import MeasureFile

_TOLD: Final = 5
"""Rows of each kind that are named."""


def check_offsets(
    connection: Any,
    file: MeasureFile,
    *,
    places: Mapping[str, int],
    odd: Collection[str],
    days_only: Collection[str],
) -> None:
    """Sees that every moment of a file states its offset, or none does.

    Args:
        connection: DuckDB's, with the table `raw`.
        file: The file.
        places: Field → place of its column.
        odd: Fields with a table of odd texts.
        days_only: Moments that are days, and need none.

    Raises:
        RequestRefused: Some do and some do not.
    """
    fields = [
        _Field(name, f"c{places[name]}", is_odd=name in odd, is_day=name in days_only)
        for name in MOMENTS
        if name in places
    ]
    # most files are of one kind: that is found out before anything is counted
    if not all(
        any(_is_there(connection, one.rows(stated=stated)) for one in fields)
        for stated in (True, False)
    ):
        return
    told = [
        _told(connection, " UNION ALL ".join(one.rows(stated=stated) for one in fields))
        for stated in (True, False)
    ]
    raise RequestRefused(
        f"moments with an offset from UTC ({told[0]}) and without ({told[1]}) in one file: "
        "say by which clock those without one are read (--time-zone ZONE)",
        reason=Reason.TIME_ZONES_MIXED,
        where=str(file.path),
    )


class _Field(NamedTuple):
    """One column of moments."""

    name: str
    column: str
    is_odd: bool
    is_day: bool

    def rows(self, *, stated: bool) -> str:
        """Returns SQL for the numbers of the rows that state the offset, or need one and do not."""
        if stated:
            plain = has_offset(self.column)
        else:
            plain = "FALSE" if self.is_day else lacks_offset(self.column)
        if not self.is_odd:
            return f"SELECT rn FROM raw WHERE {plain}"
        odd = f"odd_{self.name}"
        what = "at" if stated else "wall"
        return (
            f"SELECT rn FROM raw LEFT JOIN {odd} ON raw.{self.column} = {odd}.t "
            f"WHERE {odd}.what = '{what}' OR {odd}.t IS NULL AND ({plain})"
        )


def _is_there(connection: Any, rows: str) -> bool:
    return connection.execute(f"{rows} LIMIT 1").fetchone() is not None


def _told(connection: Any, rows: str) -> str:
    number, first = connection.execute(
        f"SELECT count(*), list_sort(min(DISTINCT rn, {_TOLD + 1})) FROM ({rows})"
    ).fetchone()
    more = ", …" if len(first) > _TOLD else ""
    return f"{number:,}: rows {', '.join(str(row) for row in first[:_TOLD])}{more}"
