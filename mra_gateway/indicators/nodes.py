"""What an expression consists of, and how it is applied to a table.

Only `expression.py` makes these, after it has checked every part. They are handed an ibis table, or
what behaves like one, and know nothing of ibis: a column is `rows["name"]`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from mra_gateway.model.indicators import ColumnKind

OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
}

Literal = str | int | float


class Column(NamedTuple):
    """A column of the table."""

    name: str
    kind: ColumnKind


class Calculated(NamedTuple):
    """`left sign right`, of numbers of a row or of figures."""

    sign: str
    left: Node
    right: Node


class Compared(NamedTuple):
    """`left sign right`, of what a row holds: a condition."""

    sign: str
    left: Node
    right: Node


class Joined(NamedTuple):
    """`left & right`, `left | right`, of conditions."""

    sign: str
    left: Node
    right: Node


class Denied(NamedTuple):
    """`~condition`."""

    condition: Node


class Listed(NamedTuple):
    """`column.isin([…])`."""

    column: Column
    values: tuple[Literal, ...]


class Missing(NamedTuple):
    """`column.isnull()`; with `is_missing` false, `column.notnull()`."""

    column: Column
    is_missing: bool


class Aggregation(NamedTuple):
    """One aggregation.

    Attributes:
        method: `count`, `nunique`, `sum`, `mean`, `min`, `max`, `median`, `quantile`.
        of: What of each row; None where rows are counted.
        where: The condition; None: every row.
        share: Of a quantile: 0.95.
    """

    method: str
    of: Node | None
    where: Node | None
    share: float | None = None

    def values(self, rows: Any) -> Any:
        """Returns what is aggregated as a column of the table; None where rows are counted."""
        return None if self.of is None else _of_row(self.of, rows)

    def condition(self, rows: Any, *, also: Any = None) -> Any:
        """Returns what decides whether a row counts; None where every row does.

        Args:
            rows: The table.
            also: A further condition, of the table's own kind.
        """
        own = None if self.where is None else _of_row(self.where, rows)
        if own is None or also is None:
            return also if own is None else own
        return own & also

    def apply(self, rows: Any, *, also: Any = None) -> Any:
        """Returns the aggregation of the table's rows."""
        where = {} if (found := self.condition(rows, also=also)) is None else {"where": found}
        if self.of is None:
            return rows.count(**where)
        return _AGGREGATE[self.method](self, self.values(rows), where)


_AGGREGATE: Final[Mapping[str, Callable[[Aggregation, Any, dict[str, Any]], Any]]] = {
    "count": lambda _, column, where: column.count(**where),
    "nunique": lambda _, column, where: column.nunique(**where),
    "sum": lambda _, column, where: column.sum(**where),
    "mean": lambda _, column, where: column.mean(**where),
    "min": lambda _, column, where: column.min(**where),
    "max": lambda _, column, where: column.max(**where),
    "median": lambda _, column, where: column.quantile(0.5, **where),
    "quantile": lambda this, column, where: column.quantile(this.share, **where),
}

Node = Column | Calculated | Compared | Joined | Denied | Listed | Missing | Aggregation | Literal


def aggregations_in(node: Node) -> Iterator[Aggregation]:
    """Yields the aggregations of a figure, from left to right."""
    if isinstance(node, Aggregation):
        yield node
    elif isinstance(node, Calculated):
        yield from aggregations_in(node.left)
        yield from aggregations_in(node.right)


def of_figure(node: Node, rows: Any, also: Any) -> Any:
    """Returns a figure over a table; `also` restricts every aggregation in it besides."""
    if isinstance(node, Aggregation):
        return node.apply(rows, also=also)
    if isinstance(node, Calculated):
        left, right = of_figure(node.left, rows, also), of_figure(node.right, rows, also)
        return _calculate(node.sign, left, right)
    return node


def _of_row(node: Node, rows: Any) -> Any:
    """Returns a value or a condition of each row."""
    if isinstance(node, Column):
        return rows[node.name]
    if isinstance(node, Calculated):
        return _calculate(node.sign, _number(node.left, rows), _number(node.right, rows))
    if isinstance(node, Compared | Joined):
        return OPERATORS[node.sign](_of_row(node.left, rows), _of_row(node.right, rows))
    if isinstance(node, Denied):
        return ~_of_row(node.condition, rows)
    if isinstance(node, Listed):
        return rows[node.column.name].isin(node.values)
    if isinstance(node, Missing):
        column = rows[node.column.name]
        return column.isnull() if node.is_missing else column.notnull()
    return node


def _number(node: Node, rows: Any) -> Any:
    """Whole numbers are calculated with as others are: of those alone, an engine can run over."""
    found = _of_row(node, rows)
    is_whole = isinstance(node, Column) and node.kind is ColumnKind.INTEGER
    return found.cast("float64") if is_whole else found


def _calculate(sign: str, left: Any, right: Any) -> Any:
    """Of a division by nothing, engines say different things: here it is absent."""
    if sign != "/":
        return OPERATORS[sign](left, right)
    return left / (right if isinstance(right, int | float) else right.nullif(0))
