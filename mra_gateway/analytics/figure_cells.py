"""What figures say of rows, as boxes: whose rows, of which values; and which boxes make up others.

A figure tells of the rows of its numerator and of its denominator. Either is a box: for each column
the values a row may have. Two boxes that differ in one column only, where their values are apart,
make up a third; so do lanes all declarations, groups the whole, breakdowns everybody, what was
inspected and what was not, and months their quarter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from typing import Final, NamedTuple

from mra_gateway.analytics.measure_passes import NOT_STATED
from mra_gateway.analytics.suppression import Sum, adding_up, reduced
from mra_gateway.indicators.event_tables import BREAKDOWN_COLUMN
from mra_gateway.indicators.nodes import (
    Aggregation,
    Column,
    Compared,
    Denied,
    Joined,
    Listed,
    Missing,
    Node,
)
from mra_gateway.model.indicators import Breakdown
from mra_gateway.model.periods import Period

Value = str | None
"""A value as groups write it; None where a row states none."""
OTHER: Final = "\0other"
"""Whatever nobody asks for by name."""

AT_END: Final = "at_end"
"""Stands in the table of a cell of what there is at the end of a period."""

Box = frozenset[tuple[str | Node, frozenset[Value]]]
"""Column, or a condition that is none on one column, and the values it may have."""


class Cell(NamedTuple):
    """Rows somebody is told of, by their number or by a sum over them.

    Attributes:
        table: The event table, and how rows are chosen there besides.
        of: What is summed; None where rows are counted.
    """

    table: tuple[str, ...]
    of: Node | None
    period: Period
    box: Box

    @property
    def is_at_end(self) -> bool:
        """Whether it is of what there is at the end of its period."""
        return AT_END in self.table


class Wanted(NamedTuple):
    """A condition on a column as it is written: the values, or all but those."""

    column: str | Node
    values: frozenset[Value]
    but: bool = False


Conditions = tuple[Wanted, ...]


def conditions_of(one: Aggregation, breakdown: Breakdown, group: Mapping[str, str]) -> Conditions:
    """Returns which rows an aggregation of a figure is of."""
    found = list(_conditions(one.where))
    if isinstance(one.of, Column):
        found.append(Wanted(one.of.name, frozenset({None}), but=True))
    told = BREAKDOWN_COLUMN[breakdown]
    if told is not None:
        found.append(Wanted(told[0], frozenset({_text(told[1])})))
    for column, value in group.items():
        found.append(Wanted(column, frozenset({None if value == NOT_STATED else value})))
    return tuple(found)


class Domains:
    """The values columns have, as far as anybody asks for them by name."""

    def __init__(self, conditions: Iterable[Conditions], *, exact: Iterable[str]) -> None:
        """Takes what is asked.

        Args:
            conditions: Of every cell.
            exact: Columns of which every value is named somewhere, as of those of groups.
        """
        known: dict[str | Node, set[Value]] = defaultdict(set)
        for told in BREAKDOWN_COLUMN.values():
            if told is not None:  # whoever states neither is taken to be nobody
                known[told[0]] |= {"true", "false"}
        for one in chain.from_iterable(conditions):
            # that something is stated restricts nobody, until somebody asks for what is not
            known[one.column] |= one.values - {None} if one.but else one.values
        only = {told[0] for told in BREAKDOWN_COLUMN.values() if told is not None}.union(exact)
        self._all = {
            column: frozenset(values if column in only else {*values, OTHER})
            for column, values in known.items()
        }

    def all_of(self, column: str | Node) -> frozenset[Value]:
        """Returns every value of a column."""
        return self._all[column]

    def box(self, conditions: Conditions) -> Box:
        """Returns conditions as a box; what is not restricted does not stand in it."""
        found: dict[str | Node, frozenset[Value]] = {}
        for one in conditions:
            every = self._all[one.column]
            values = every - one.values if one.but else one.values
            found[one.column] = found.get(one.column, every) & values
        return frozenset(
            (column, values) for column, values in found.items() if values != self._all[column]
        )


def rest_of(part: Cell, whole: Cell, domains: Domains) -> Cell | None:
    """Returns the rows of the whole that are not of the part; None where they are no box."""
    apart = part.box - whole.box
    if part.of != whole.of or len(apart) != 1:
        return None
    ((column, values),) = apart
    outer = next((each for name, each in whole.box if name == column), domains.all_of(column))
    box = frozenset(each for each in whole.box if each[0] != column)
    if box != part.box - apart or not values < outer:
        return None
    return whole._replace(box=box | {(column, outer - values)})


def is_within(part: Cell, whole: Cell) -> bool:
    """Says whether every row of the part is one of the whole."""
    if part._replace(box=whole.box) != whole:
        return False
    values = dict(part.box)
    return all(column in values and values[column] <= each for column, each in whole.box)


def wider(cells: Iterable[Cell]) -> set[Cell]:
    """Returns the cells that are restricted in one column less: they connect others."""
    return {
        cell._replace(box=cell.box - {restriction}) for cell in cells for restriction in cell.box
    }


def sums_of_boxes(cells: Iterable[Cell], domains: Domains) -> Iterator[Sum[Cell]]:
    """Yields what adds up to what within a period."""
    cells = list(cells)
    columns = {column for cell in cells for column, _ in cell.box}
    for column in columns:
        alike: dict[Cell, dict[frozenset[Value], Cell]] = defaultdict(dict)
        for cell in cells:
            own = next((values for name, values in cell.box if name == column), None)
            rest = frozenset(each for each in cell.box if each[0] != column)
            values = domains.all_of(column) if own is None else own
            alike[cell._replace(box=rest)][values] = cell
        for several in alike.values():
            if len(several) > 1:
                yield from _relations(several)


def sums_of_periods(cells: Iterable[Cell]) -> Iterator[Sum[Cell]]:
    """Yields which months make up which quarters and years."""
    there = set(cells)
    reported = {cell.period for cell in there}
    for cell in there:
        for within in _divisions(cell.period):
            if cell.is_at_end:  # a quarter ends as its last month does
                within = within[-1:]  # noqa: PLW2901 - what makes it up
            # a month without such rows has no such cell; of one not reported nothing is known
            if reported.issuperset(within):
                parts = (cell._replace(period=one) for one in within)
                yield adding_up(cell, [part for part in parts if part in there])


def _relations(several: Mapping[frozenset[Value], Cell]) -> Iterator[Sum[Cell]]:
    """Yields every way in which sets of values make up each other, by linear algebra.

    A row is a set of values beside its cell; a combination in which all values are gone is a sum.
    """
    values = sorted(frozenset().union(*several), key=repr)
    one = Fraction(1)
    rows: list[dict[object, Fraction]] = [
        {**dict.fromkeys(own, one), cell: one} for own, cell in several.items()
    ]
    for row in reduced(rows, first=values):
        if row.keys().isdisjoint(values):
            yield {key: times for key, times in row.items() if isinstance(key, Cell)}


def _divisions(period: Period) -> Iterator[Sequence[Period]]:
    if period.kind == "month":
        return
    yield period.months
    if period.kind == "year":
        yield [Period(f"{period}-Q{number}") for number in range(1, 5)]


def _conditions(where: Node | None) -> Iterator[Wanted]:
    if isinstance(where, Joined) and where.sign == "&":
        yield from _conditions(where.left)
        yield from _conditions(where.right)
    elif where is not None:
        yield _condition(where)


def _condition(node: Node) -> Wanted:
    if isinstance(node, Column):
        return Wanted(node.name, frozenset({"true"}))
    if isinstance(node, Denied) and isinstance(node.condition, Column):
        return Wanted(node.condition.name, frozenset({"false"}))
    if isinstance(node, Listed):
        return Wanted(node.column.name, frozenset(_text(value) for value in node.values))
    if isinstance(node, Missing):
        return Wanted(node.column.name, frozenset({None}), but=not node.is_missing)
    if isinstance(node, Compared) and isinstance(node.left, Column):
        if node.sign == "==" and isinstance(node.right, str | int | float):
            return Wanted(node.left.name, frozenset({_text(node.right)}))
        if node.sign == "!=" and isinstance(node.right, str | int | float):
            return Wanted(node.left.name, frozenset({_text(node.right), None}), but=True)
    return Wanted(node, frozenset({"true"}))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
