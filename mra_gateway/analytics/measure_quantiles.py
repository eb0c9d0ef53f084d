"""Medians and quantiles of every part: the values of a column, each with how often it is there.

Measured times repeat – a month of declarations has as many of them as it has different seconds –
so the engine counts every value by the columns parts are told by, in one pass; from the counts in
order each quantile is read here, exactly, and with it the values between which it lies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mra_gateway.analytics.engine import Engine
from mra_gateway.indicators.nodes import Aggregation


class Asked(NamedTuple):
    """What is asked of one part.

    Attributes:
        values: Column → the value its rows have there; None where they have none.
        terms: Quantiles of the column.
    """

    values: Mapping[str, Any]
    terms: Sequence[Aggregation]


def find_quantiles(
    engine: Engine, rows: Any, one: Aggregation, parts: Sequence[Asked]
) -> list[dict[Aggregation, float | None]]:
    """Returns the quantiles of a column, for each part.

    Args:
        engine: Where.
        rows: The table.
        one: Some quantile: of what, and of which rows.
        parts: What is asked; quantiles of the same column and the same rows.
    """
    condition = one.condition(rows)
    chosen = rows if condition is None else rows.filter(condition)
    names = sorted({name for part in parts for name in part.values})
    keys = {f"k{at}": chosen[name] for at, name in enumerate(names)}
    counted = chosen.select(**keys, v=one.values(chosen).cast("float64"))
    counted = counted.filter(counted.v.notnull()).group_by(*keys, "v")
    # sorted here, not there: what was not asked for cannot be ordered by some engines
    found = engine.run(counted.aggregate(n=lambda each: each.count())).sort_by("v")
    columns = {name: found.column(f"k{at}") for at, name in enumerate(names)}
    return [_quantiles(found, columns, part) for part in parts]


def _quantiles(
    found: pa.Table, columns: Mapping[str, Any], part: Asked
) -> dict[Aggregation, float | None]:
    masks = [
        pc.is_null(columns[name]) if value is None else pc.equal(columns[name], value)
        for name, value in part.values.items()
    ]
    own = found.filter(reduce(pc.and_, masks)) if masks else found
    ordered = _Ordered(own.column("v"), own.column("n"))
    return {term: ordered.quantile(term.share) for term in part.terms}


class _Ordered:
    """Values in their order, each as often as it is there."""

    def __init__(self, values: Any, counts: Any) -> None:
        self._values = values
        # how many values there are up to each one, itself among them
        self._until = pc.cumulative_sum(pc.cast(counts, pa.int64())).combine_chunks()
        self._cases: int = self._until[-1].as_py() if len(self._until) else 0

    def quantile(self, share: float | None) -> float | None:
        """Returns a quantile, between two values on the straight line from one to the other."""
        if not self._cases:
            return None
        place = (0.5 if share is None else share) * (self._cases - 1)
        below = math.floor(place)
        low, high = self._at(below), self._at(min(below + 1, self._cases - 1))
        return low + (high - low) * (place - below)

    def _at(self, place: int) -> float:
        """Returns the value at a place, counted from 0, by halving."""
        low, high = 0, len(self._until) - 1
        while low < high:
            middle = (low + high) // 2
            if self._until[middle].as_py() > place:
                high = middle
            else:
                low = middle + 1
        value: float = self._values[low].as_py()
        return value
