"""Cells and what the table does to them → sums by cut: the numerators and denominators of figures.

The second half of the work: tens of thousands of cells instead of millions of rows, summed by the
same engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from mra_gateway.analytics.effects import Effect
from mra_gateway.analytics.engine import Engine
from mra_gateway.model.facts import Flow
from mra_gateway.model.impact import Cut

NOT_STATED = "not stated"

Stratum = tuple[str, str]
"""Flow and mode: declarations whose release times are compared with each other."""


class Cell(NamedTuple):
    """What a cell is, read.

    Attributes:
        inspected: None where nothing says.
        factor: By which its values become values in the currency of the report.
    """

    flow: Flow
    region: str
    chapter: str
    mode: str
    inspected: bool | None
    factor: float


class Touch(NamedTuple):
    """That the table does something to a cell.

    Attributes:
        cell: Its place.
        weight: 1; where operators are only expected, the share of the cell assumed to be theirs.
    """

    cell: int
    weight: float
    effect: Effect


class Whole(NamedTuple):
    """Sums over declarations, touched or not."""

    n: float = 0.0
    known: float = 0.0
    inspected: float = 0.0
    valued: float = 0.0
    value: float = 0.0
    squares: float = 0.0


class Touched(NamedTuple):
    """Sums over touched declarations.

    Attributes:
        spared: Inspections that fall away, as expected.
        open: Inspections of which the table does not say how many fall away.
        timed: Inspections among the touched whose hours are stated.
        hours: Hours that fall away.
        hours_squares: The squares of the hours of inspections that fall away.
    """

    n: float = 0.0
    value: float = 0.0
    squares: float = 0.0
    inspected: float = 0.0
    spared: float = 0.0
    open: float = 0.0
    timed: float = 0.0
    hours: float = 0.0
    hours_squares: float = 0.0

    def plus(self, other: Touched) -> Touched:
        """Returns the sums of both."""
        return Touched(*(a + b for a, b in zip(self, other, strict=True)))


class Times(NamedTuple):
    """Release times of a stratum, inspected or not: number, sum and sum of squares."""

    n: float = 0.0
    hours: float = 0.0
    squares: float = 0.0


class Sums(NamedTuple):
    """All sums of one cut.

    Attributes:
        whole: Key → sums over all of its declarations.
        touched: Key → stratum → sums over those touched.
    """

    whole: dict[str, Whole]
    touched: dict[str, dict[Stratum, Touched]]


def tabulate(
    engine: Engine, summed: pa.Table, cells: Sequence[Cell], touches: Sequence[Touch]
) -> tuple[Any, Any]:
    """Returns cells, and what touches them, as expressions.

    Args:
        engine: Where.
        summed: The cells as they were summed.
        cells: What each is.
        touches: What the table does to some of them.
    """
    factor = pa.array([cell.factor for cell in cells], pa.float64())
    square = pa.array([cell.factor**2 for cell in cells], pa.float64())
    named = {
        "flow": pa.array([cell.flow.value for cell in cells], pa.string()),
        "region": pa.array([cell.region for cell in cells], pa.string()),
        "chapter": pa.array([cell.chapter for cell in cells], pa.string()),
        "mode": pa.array([cell.mode for cell in cells], pa.string()),
        "known": pa.array([float(cell.inspected is not None) for cell in cells]),
        "inspected": pa.array([float(bool(cell.inspected)) for cell in cells]),
        "n": _floats(summed, "n"),
        "nv": _floats(summed, "nv"),
        "sv": _times(_floats(summed, "sv"), factor),
        "svv": _times(_floats(summed, "svv"), square),
        **{name: _floats(summed, name) for name in ("nh", "sh", "shh", "nr", "sr", "srr")},
    }
    whole = pa.table(named)
    places = pa.array([touch.cell for touch in touches], pa.int64())
    touched = whole.take(places)
    for name, values in (
        ("w", [touch.weight for touch in touches]),
        ("spared", [touch.effect.spared or 0.0 for touch in touches]),
        ("open", [float(touch.effect.spared is None) for touch in touches]),
    ):
        touched = touched.append_column(name, pa.array(values, pa.float64()))
    tiers = [touch.effect.tier or NOT_STATED for touch in touches]
    touched = touched.append_column("tier", pa.array(tiers, pa.string()))
    return engine.small(whole), engine.small(touched)


def sums_by(engine: Engine, cut: Cut, whole: Any, touched: Any) -> Sums:
    """Returns the sums of one cut."""
    found = Sums({}, defaultdict(dict))
    column = None if cut in {Cut.TOTAL, Cut.TIER} else whole[cut.value]
    for row in _rows(engine, _whole(whole, column)):
        key = row.pop("key")
        found.whole[key] = Whole(**row)
    column = None if cut is Cut.TOTAL else touched[cut.value]
    for row in _rows(engine, _touched(touched, column)):
        key, stratum = row.pop("key"), (row.pop("flow"), row.pop("mode"))
        found.touched[key][stratum] = Touched(**row)
    return found


def release_times(engine: Engine, whole: Any) -> Mapping[tuple[Stratum, bool], Times]:
    """Returns the release times of declarations whose inspection is known, by stratum."""
    expression = (
        whole.filter(whole.known > 0)
        .group_by("flow", "mode", "inspected")
        .aggregate(n=whole.nr.sum(), hours=whole.sr.sum(), squares=whole.srr.sum())
    )
    return {
        ((row["flow"], row["mode"]), row["inspected"] > 0): Times(
            row["n"], row["hours"], row["squares"]
        )
        for row in _rows(engine, expression)
    }


def _whole(whole: Any, column: Any) -> Any:
    import ibis

    key = ibis.literal("all") if column is None else column
    return whole.group_by(key=key).aggregate(
        n=whole.n.sum(),
        known=(whole.n * whole.known).sum(),
        inspected=(whole.n * whole.inspected).sum(),
        valued=whole.nv.sum(),
        value=whole.sv.sum(),
        squares=whole.svv.sum(),
    )


def _touched(rows: Any, column: Any) -> Any:
    import ibis

    key = ibis.literal("all") if column is None else column
    inspections = rows.w * rows.inspected
    said = inspections * (1.0 - rows.open)
    return rows.group_by(key=key, flow=rows.flow, mode=rows["mode"]).aggregate(
        n=(rows.w * rows.n).sum(),
        value=(rows.w * rows.sv).sum(),
        squares=(rows.w * rows.svv).sum(),
        inspected=(inspections * rows.n).sum(),
        spared=(said * rows.spared * rows.n).sum(),
        open=(inspections * rows.open * rows.n).sum(),
        timed=(said * rows.nh).sum(),
        hours=(said * rows.spared * rows.sh).sum(),
        hours_squares=(said * rows.spared * rows.shh).sum(),
    )


def _rows(engine: Engine, expression: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = engine.run(expression).to_pylist()
    return [{name: 0.0 if value is None else value for name, value in row.items()} for row in rows]


def _floats(table: pa.Table, name: str) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.cast(table.column(name), pa.float64()), 0.0)


def _times(values: Any, factor: Any) -> Any:
    import pyarrow.compute as pc

    return pc.multiply(values, factor)
