"""The text of an indicator → something that can be applied to a table; nothing is ever evaluated.

`_.value.sum(where=_.aeo & (_.region == "central_asia"))` looks like ibis, and is applied to an ibis
table, yet only what stands here is understood:

- a figure: an aggregation, a number, and `+ - * /` of figures;
- an aggregation: `_.count()`, or a column and `count`, `nunique`, `sum`, `mean`, `min`, `max`,
  `median` or `quantile(0.95)`, each with `where=` a condition or without;
- a condition: a column of yes and no, `== != < <= > >=`, `isin([…])`, `isnull()`, `notnull()`, and
  `& | ~` of conditions; comparisons beside `&` and `|` stand in brackets;
- columns are `_.name`, of the one event table the indicator is over; numbers of columns may be
  calculated with before they are summed.

Python's own parser reads the text into a tree; the tree is walked into the nodes of `nodes.py`, and
only those are applied. Whatever else stands in the tree is a fault with its place.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.indicators.nodes import (
    OPERATORS,
    Aggregation,
    Calculated,
    Column,
    Compared,
    Denied,
    Joined,
    Listed,
    Literal,
    Missing,
    Node,
    aggregations_in,
    of_figure,
)
from mra_gateway.model.indicators import ColumnKind, EventTable

LONGEST: Final = 2000
DEEPEST: Final = 30
MOST_LISTED: Final = 300
LARGEST: Final = 10**15

_NUMERIC: Final = frozenset({ColumnKind.NUMBER, ColumnKind.INTEGER})
_ARITHMETIC: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_BRACKETS: Final = "; comparisons beside & and | stand in brackets: (_.a == 1) & (_.b == 2)"
_OF_NUMBERS: Final = ("sum", "mean", "min", "max", "median", "quantile")
_AGGREGATIONS: Final = ("count", "nunique", *_OF_NUMBERS)


class ParsedExpression(NamedTuple):
    """An expression whose every part is known.

    Attributes:
        columns: Those it reads.
        literals: Column → the texts it is compared with.
    """

    text: str
    table: str
    root: Node
    columns: frozenset[str]
    literals: Mapping[str, frozenset[str]]

    @property
    def single(self) -> Aggregation | None:
        """The aggregation, where the figure is one and nothing else."""
        return self.root if isinstance(self.root, Aggregation) else None

    @property
    def aggregations(self) -> tuple[Aggregation, ...]:
        """Every aggregation in it, from left to right."""
        return tuple(aggregations_in(self.root))

    def apply(self, rows: Any, *, also: Any = None) -> Any:
        """Returns the figure as an expression over a table; all of a table make one pass.

        Args:
            rows: An ibis table, or what behaves like one: `rows["name"]` is a column.
            also: A condition every aggregation is restricted by besides (a breakdown).
        """
        return of_figure(self.root, rows, also)


@lru_cache(maxsize=1024)
def parse(text: str, *, table: EventTable) -> ParsedExpression:
    """Reads an expression over an event table.

    Raises:
        RequestRefused: Something in it is not understood; `where` says at which character.
    """
    source = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    if len(source) > LONGEST:
        raise _refused(f"longer than {LONGEST} characters")
    reader = _Reader(source, table)
    root = reader.figure(_tree(source), 0)
    if not any(True for _ in aggregations_in(root)):
        raise _refused("counts nothing: a number is no indicator")
    literals = {name: frozenset(values) for name, values in reader.literals.items()}
    return ParsedExpression(
        source, table.name, root, frozenset(reader.columns), MappingProxyType(literals)
    )


def _tree(source: str) -> ast.expr:
    """Returns Python's tree of the text; what its parser only warns of is a fault, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(source, mode="eval").body
    except SyntaxError as error:
        at = max(1, error.offset or 1)
        place = f"character {at}"
        raise _refused(
            f"cannot be read: {error.msg[:100]}", where=place, line=error.lineno
        ) from None
    except (ValueError, MemoryError, RecursionError, Warning) as error:
        raise _refused(f"cannot be read: {str(error)[:100] or type(error).__name__}") from None


class _Reader:
    """Walks a tree of Python into nodes, and notes what is named on the way."""

    def __init__(self, source: str, table: EventTable) -> None:
        self.columns: set[str] = set()
        self.literals: dict[str, set[str]] = {}
        self._lines = source.split("\n")
        self._table = table

    # figures: one for a whole table

    def figure(self, node: ast.expr, depth: int) -> Node:
        self._measure(node, depth)
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._calculated(node, "-", 0, self.figure(node.operand, depth + 1))
        if isinstance(node, ast.BinOp):
            left, right = self.figure(node.left, depth + 1), self.figure(node.right, depth + 1)
            return self._calculated(node, self._sign(node), left, right)
        if isinstance(node, ast.Call):
            return self._aggregation(node, depth)
        raise self._fault(
            node, "no figure: an aggregation such as _.count() or _.value.sum(), or a number"
        )

    def _aggregation(self, node: ast.Call, depth: int) -> Aggregation:
        method = self._method(node, _AGGREGATIONS)
        assert isinstance(node.func, ast.Attribute)
        where = self._where(node, depth)
        share = self._share(node, method)
        if _is_table(node.func.value):
            if method != "count":
                raise self._fault(node, f"{method} of which column? As _.value.{method}()")
            return Aggregation(method, None, where)
        of = self._value(node.func.value, depth + 1)
        if method in _OF_NUMBERS and not _is_number(of):
            raise self._fault(node.func.value, f"{method} is of numbers, and this is none")
        if isinstance(of, str | int | float):
            raise self._fault(node.func.value, f"{method} is of a column")
        return Aggregation(method, of, where, share)

    def _where(self, node: ast.Call, depth: int) -> Node | None:
        where: Node | None = None
        for keyword in node.keywords:
            if keyword.arg != "where" or where is not None:
                raise self._fault(
                    keyword.value, "an aggregation takes where=, once, and no other name"
                )
            where = self.condition(keyword.value, depth + 1)
        return where

    def _share(self, node: ast.Call, method: str) -> float | None:
        if method != "quantile":
            if node.args:
                raise self._fault(node.args[0], f"{method} takes nothing but where=")
            return None
        share = self._number(node.args[0]) if len(node.args) == 1 else None
        if share is None or not 0 < share < 1:
            raise self._fault(node, "quantile takes one number between 0 and 1, as quantile(0.95)")
        return float(share)

    # conditions: yes or no for each row

    def condition(self, node: ast.expr, depth: int) -> Node:
        self._measure(node, depth)
        if isinstance(node, ast.Compare):
            return self._comparison(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            sign = "&" if isinstance(node.op, ast.BitAnd) else "|"
            return Joined(
                sign, self.condition(node.left, depth + 1), self.condition(node.right, depth + 1)
            )
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return Denied(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.Call):
            return self._question(node)
        if isinstance(node, ast.Attribute):
            column = self._column(node)
            if column.kind is not ColumnKind.BOOLEAN:
                raise self._fault(
                    node, f"{column.name} holds no yes or no: compare it with something"
                )
            return column
        hint = ""
        if isinstance(node, ast.BoolOp | ast.UnaryOp):
            hint = "; conditions are joined by & and |, and denied by ~"
        elif isinstance(node, ast.Constant):
            hint = _BRACKETS
        raise self._fault(node, f"no condition{hint}")

    def _comparison(self, node: ast.Compare, depth: int) -> Node:
        if len(node.ops) != 1:
            raise self._fault(
                node, "one comparison at a time, each in brackets: (_.a == 1) & (_.b == 2)"
            )
        sign = _COMPARISONS.get(type(node.ops[0]))
        if sign is None:
            raise self._fault(node, "compared by == != < <= > >=, or by isin([…]) and isnull()")
        left = self._value(node.left, depth + 1)
        right = self._value(node.comparators[0], depth + 1)
        if not (_names_column(left) or _names_column(right)):
            raise self._fault(node, "compares no column")
        if _kind(left) != _kind(right):
            raise self._fault(node, f"compares {_kind(left)} with {_kind(right)}")
        if _kind(left) == "yes or no":
            raise self._fault(node, "a column of yes and no stands alone: _.aeo or ~_.aeo")
        if sign not in {"==", "!="} and _kind(left) == "text":
            raise self._fault(node, "texts have no order: they are compared by == and !=")
        self._note(node, left, right)
        self._note(node, right, left)
        return Compared(sign, left, right)

    def _question(self, node: ast.Call) -> Node:
        method = self._method(node, ("isin", "isnull", "notnull"))
        assert isinstance(node.func, ast.Attribute)
        column = self._column(node.func.value)
        if node.keywords or len(node.args) != (method == "isin"):
            raise self._fault(node, 'as _.lane.isin(["red", "blue"]), _.lane.isnull()')
        if method != "isin":
            return Missing(column, is_missing=method == "isnull")
        (given,) = node.args
        if not isinstance(given, ast.List | ast.Tuple) or not 1 <= len(given.elts) <= MOST_LISTED:
            raise self._fault(given, f"a list of 1 to {MOST_LISTED} texts or numbers")
        values = tuple(self._literal(one) for one in given.elts)
        for place, value in zip(given.elts, values, strict=True):
            if _kind(value) != _kind(column):
                raise self._fault(
                    place, f"{column.name} holds {_kind(column)}, this is {_kind(value)}"
                )
            self._note(place, column, value)
        return Listed(column, values)

    # what a row holds

    def _value(self, node: ast.expr, depth: int) -> Node:
        self._measure(node, depth)
        if isinstance(node, ast.Attribute):
            return self._column(node)
        if isinstance(node, ast.BinOp):
            sign = self._sign(node)
            left, right = self._value(node.left, depth + 1), self._value(node.right, depth + 1)
            if not (_is_number(left) and _is_number(right)):
                raise self._fault(node, "calculates with something that is no number")
            return self._calculated(node, sign, left, right)
        return self._literal(node)

    def _column(self, node: ast.expr) -> Column:
        if not isinstance(node, ast.Attribute) or not _is_table(node.value):
            raise self._fault(node, "no column: columns are written _.name")
        found = self._table.column(node.attr)
        if found is None:
            known = ", ".join(one.name for one in self._table.columns)
            # a Cyrillic letter looks like its Latin twin: written as a code, it is seen
            name = ascii(node.attr[:40])
            raise self._fault(node, f"{name} is no column of {self._table.name}, which has {known}")
        self.columns.add(found.name)
        return Column(found.name, found.kind)

    def _literal(self, node: ast.expr) -> Literal:
        if isinstance(node, ast.Constant) and type(node.value) is str:
            if len(node.value) > 100 or not node.value.isprintable():
                raise self._fault(node, "a text of at most 100 printable characters")
            return node.value
        return self._number(node)

    def _number(self, node: ast.expr) -> int | float:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if isinstance(node.operand, ast.Constant):
                return -self._number(node.operand)
        elif isinstance(node, ast.Constant) and type(node.value) in {int, float}:
            assert isinstance(node.value, int | float)
            return self._in_range(node, node.value)
        raise self._fault(node, "neither a column, nor a text in quotes, nor a number")

    # faults, and what they have to do with each other

    def _calculated(self, node: ast.expr, sign: str, left: Node, right: Node) -> Node:
        """Numbers alone are calculated at once, so that no engine ever divides by nothing."""
        if sign == "/" and right == 0:
            raise self._fault(node, "divides by nothing")
        if isinstance(left, int | float) and isinstance(right, int | float):
            result = left / right if sign == "/" else OPERATORS[sign](left, right)
            return self._in_range(node, result)
        return Calculated(sign, left, right)

    def _in_range(self, node: ast.expr, value: float) -> int | float:
        if not abs(value) <= LARGEST:  # so that what is no number is none either
            raise self._fault(node, "a number too large to mean anything")
        return value

    def _sign(self, node: ast.BinOp) -> str:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise self._fault(node, f"calculated by + - * /{_BRACKETS}")
        return sign

    def _method(self, node: ast.Call, known: tuple[str, ...]) -> str:
        if not isinstance(node.func, ast.Attribute):
            raise self._fault(node, f"nothing is called here but {', '.join(known)} of a column")
        if node.func.attr not in known:
            raise self._fault(node, f"{node.func.attr[:40]!r} is none of {', '.join(known)}")
        return node.func.attr

    def _note(self, node: ast.expr, column: Node, value: Node) -> None:
        """Keeps the text a column is compared with: where it lists its texts, one of those."""
        if not isinstance(column, Column) or not isinstance(value, str):
            return
        described = self._table.column(column.name)
        if described is not None and described.values and value not in described.values:
            listed = ", ".join(described.values)
            raise self._fault(node, f"{column.name} never is {value[:40]!r}; it is one of {listed}")
        self.literals.setdefault(column.name, set()).add(value)

    def _measure(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise self._fault(node, f"nested deeper than {DEEPEST}")

    def _fault(self, node: ast.expr, reason: str) -> RequestRefused:
        line = self._lines[node.lineno - 1].encode()
        before = line[: node.col_offset].decode(errors="ignore")
        return _refused(reason, where=f"character {len(before) + 1}", line=node.lineno)


def _refused(reason: str, *, where: str = "character 1", line: int | None = 1) -> RequestRefused:
    place = where if line in {None, 0, 1} else f"line {line}, {where}"
    return RequestRefused(reason, reason=Reason.DATA_EXPRESSION_INVALID, where=place)


def _is_table(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "_"


def _is_number(node: Node) -> bool:
    return _kind(node) == "a number"


def _kind(node: Node) -> str:
    """Says in words what something of a row is; only like is compared with like."""
    if isinstance(node, str):
        return "text"
    if isinstance(node, Column) and node.kind not in _NUMERIC:
        kinds = {ColumnKind.TEXT: "text", ColumnKind.BOOLEAN: "yes or no"}
        return kinds.get(node.kind, f"a {node.kind}")
    return "a number"


def _names_column(node: Node) -> bool:
    if isinstance(node, Calculated):
        return _names_column(node.left) or _names_column(node.right)
    return isinstance(node, Column)
