"""Declarations joined with the operators they name, and summed into cells: one pass over the files.

A cell is what declarations have in common that anything depends on: type, region, chapter, mode,
currency, whether they were inspected, which operators of the list stand in which function, and the
facts the benefit table asks for. All figures are sums over cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import combinations
from typing import Any, NamedTuple

import pyarrow as pa

from mra_gateway.analytics.declared import KEYS, Scanned
from mra_gateway.analytics.engine import Engine
from mra_gateway.tables.measured_table import Period

Find = Callable[[str], int | None]
"""The number of the operator a declared identifier names; None where it names nobody."""

SUMS = ("n", "nv", "sv", "svv", "nh", "sh", "shh", "nr", "sr", "srr")
"""Number of rows; then number, sum and sum of squares of values, inspection and release hours."""


class Match(NamedTuple):
    """The texts of the files that name an operator.

    Attributes:
        texts: As declared.
        operators: The number of each one's operator.
    """

    texts: list[str]
    operators: list[int]


def find_matches(
    engine: Engine, scanned: Sequence[Scanned], *, functions: Sequence[str], find: Find
) -> Match:
    """Returns the identifiers declared in some functions that name an operator.

    Every different text is looked up once, by the rules by which a declaration is decided.
    """
    columns = [
        one.expression.select(text=one.expression[f"i_{function}"])
        for one in scanned
        for function in functions
        if f"{function}.identifier" in one.table.fields
    ]
    match = Match([], [])
    if not columns:
        return match
    texts = reduce(lambda a, b: a.union(b), columns).distinct()
    found = engine.run(texts.filter(texts.text.notnull()))
    for batch in found.column("text").chunks:
        for text in batch.to_pylist():
            number = find(text)
            if number is not None:
                match.texts.append(text)
                match.operators.append(number)
    return match


def cells(
    engine: Engine,
    scanned: Sequence[Scanned],
    *,
    match: Match,
    classes: Sequence[int],
    functions: Sequence[str],
    facts: Sequence[str],
    period: Period,
    keys: Iterable[str] = KEYS.values(),
    also: bool = False,
) -> Any:
    """Returns the expression that sums declarations into cells.

    Args:
        engine: Where.
        scanned: The files.
        match: Which identifiers name which operator.
        classes: The class of each operator by its number: operators of one class are alike for the
            benefit table.
        functions: The functions a recognised operator may have; `p_exporter` is the class of the
            one declared so.
        facts: Further facts the table asks for.
        period: The days a declaration may have been accepted on.
        keys: What is divided by besides; fewer make a single table.
        also: Whether it matters that two functions name the same operator.
    """
    rows = reduce(lambda a, b: a.union(b), [one.expression for one in scanned])
    rows = _joined(engine, rows, match=match, classes=classes, functions=functions)
    by: dict[str, Any] = {key: rows[key] for key in keys}
    by |= {f"p_{function}": rows[f"p_{function}"] for function in functions}
    by |= {f"f_{fact}": rows[f"f_{fact}"] for fact in facts}
    if also:
        by |= {
            f"s_{one}_{other}": (rows[f"n_{one}"] == rows[f"n_{other}"]).fill_null(False)  # noqa: FBT003
            for one, other in combinations(functions, 2)
        }
    return rows.group_by(**by).aggregate(**_sums(rows, period))


def _joined(
    engine: Engine,
    rows: Any,
    *,
    match: Match,
    classes: Sequence[int],
    functions: Sequence[str],
) -> Any:
    for function in functions:
        named = pa.table(
            {
                f"m_{function}": pa.array(match.texts, pa.string()),
                f"n_{function}": pa.array(match.operators, pa.int32()),
                f"p_{function}": pa.array([classes[one] for one in match.operators], pa.int32()),
            }
        )
        small = engine.small(named)
        rows = rows.left_join(small, rows[f"i_{function}"] == small[f"m_{function}"])
    return rows


def _sums(rows: Any, period: Period) -> dict[str, Any]:
    sums = {"n": rows.count()}
    for letter in ("v", "h", "r"):
        column = rows[letter]
        sums[f"n{letter}"] = column.count()
        sums[f"s{letter}"] = column.sum()
        sums[f"s{letter}{letter}"] = (column * column).sum()
        sums[f"min_{letter}"] = column.min()
    sums["nd"] = rows.d.count()
    sums["first_d"], sums["last_d"] = rows.d.min(), rows.d.max()
    sums["bad"] = rows.bad.cast("int64").sum()
    if period.first is not None or period.last is not None:
        first, last = period.first or rows.d, period.last or rows.d
        sums["outside"] = ((rows.d < first) | (rows.d > last)).cast("int64").sum()
    return sums
