"""Sums over rows → a figure: its value, on what it rests, between which bounds, or why not.

An expression is arithmetic of aggregations. What they rest on are terms, aggregations again: the
mean of a column is its sum by its number, the interval of the mean takes the sum of the squares
besides. `terms_of` says which terms a figure needs, so that all terms of a table are found in one
pass (`analytics/measure_passes.py`); `estimate` makes the figure of what was found.

Intervals take the rows as independent and as a sample of periods like this one; see `intervals.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from mra_gateway.indicators import intervals
from mra_gateway.indicators.nodes import (
    OPERATORS,
    Aggregation,
    Calculated,
    Column,
    Compared,
    Denied,
    Joined,
    Listed,
    Missing,
    Node,
    aggregations_in,
)
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import Note

FEWEST: Final = 5
"""Cases below which it is said that a figure rests on few."""
QUANTILE: Final = "linear interpolation between the two nearest cases"

Known = Callable[[Aggregation], float | None]
"""What a term amounts to: a count or sum of nothing is 0, of anything else None."""

ADDING: Final = ("count", "sum")
"""Terms of parts add up to the term of the whole."""
ORDERING: Final = ("median", "quantile")


class Estimate(NamedTuple):
    """A figure, not yet of anybody.

    Attributes:
        value: None where there is none; a note says why.
        numerator: As computed, before the scale.
        cases: The rows it is of: those of the denominator where that counts or sums rows.
        interval: None where the data carry none; a note says why.
        method: How the value was computed, where that is a choice.
    """

    value: float | None
    numerator: float | None
    denominator: float | None
    cases: int
    interval: Interval | None
    method: str | None
    notes: tuple[Note, ...]


def terms_of(numerator: Node, denominator: Node | None) -> frozenset[Aggregation]:
    """Returns the terms of a figure, except those whose rank depends on the number of cases."""
    found: set[Aggregation] = set()
    for one in _aggregations(numerator, denominator):
        found |= {cases_of(one), *_parts(one)}
    pair = _pair(numerator, denominator)
    if pair is not None:
        found |= _spreads(*pair)
    return frozenset(found)


def terms_between(one: Aggregation, cases: int) -> tuple[Aggregation, Aggregation] | None:
    """Returns the terms between which a quantile lies; None where too few cases say.

    Args:
        one: The quantile or median.
        cases: How many there are.
    """
    ranks = intervals.ranks(cases, _share(one))
    if ranks is None:
        return None
    return _at(one, ranks.low, cases), _at(one, ranks.high, cases)


def cases_of(one: Aggregation) -> Aggregation:
    """Returns the term that counts the rows an aggregation is of."""
    return Aggregation("count", one.of, one.where)


def estimate(numerator: Node, denominator: Node | None, *, scale: float, known: Known) -> Estimate:
    """Returns the figure.

    Args:
        numerator: Of the definition.
        denominator: Of the definition.
        scale: Of the definition.
        known: What was found.
    """
    part = _value(numerator, known)
    whole = None if denominator is None else _value(denominator, known)
    cases = _cases(numerator, denominator, known)
    notes = list(_few(numerator, denominator, known))
    if part is None or (denominator is not None and not whole):
        code = "no_cases" if part is None or whole is None else "zero_denominator"
        return Estimate(None, part, whole, cases, None, None, (Note(code=code), *notes))
    value = scale * (part if whole is None else part / whole)
    if not math.isfinite(value):
        note = Note(code="no_number", values={"value": str(value)})
        return Estimate(None, None, None, cases, None, None, (note, *notes))
    interval, why = _interval(numerator, denominator, known)
    if interval is not None:
        interval = _scaled(interval, scale)
    elif why is not None:
        notes.append(why)
    return Estimate(
        value, part, whole, cases, interval, _method(numerator, denominator), tuple(notes)
    )


# --- terms


def _aggregations(*roots: Node | None) -> Iterator[Aggregation]:
    for root in roots:
        if root is not None:
            yield from aggregations_in(root)


def _parts(one: Aggregation) -> tuple[Aggregation, ...]:
    if one.method != "mean":
        return (one,)
    assert one.of is not None
    return _sum(one.of, one.where), _sum(_product(one.of, one.of), one.where)


def _spreads(numerator: Aggregation, denominator: Aggregation) -> set[Aggregation]:
    """What the interval of a ratio of sums takes besides the two."""
    found = {cases_of(denominator), _squares(numerator), _squares(denominator)}
    if not _is_part(numerator, denominator):
        found.add(_products(numerator, denominator))
    return found


def _pair(numerator: Node, denominator: Node | None) -> tuple[Aggregation, Aggregation] | None:
    """Returns both sides where each is a count or sum of rows."""
    if not (isinstance(numerator, Aggregation) and isinstance(denominator, Aggregation)):
        return None
    if numerator.method not in ADDING or denominator.method not in ADDING:
        return None
    return numerator, denominator


def _squares(one: Aggregation) -> Aggregation:
    if one.method == "count" or one.of is None:
        return cases_of(one)
    return _sum(_product(one.of, one.of), one.where)


def _products(one: Aggregation, other: Aggregation) -> Aggregation:
    """What each row adds to one and to the other, multiplied, over the rows of both."""
    where = _both(_where(one), _where(other))
    factors = [each.of for each in (one, other) if each.method == "sum" and each.of is not None]
    if not factors:
        return Aggregation("count", None, where)
    return _sum(factors[0] if len(factors) == 1 else _product(*factors), where)


def _at(one: Aggregation, rank: int, cases: int) -> Aggregation:
    share = 0.0 if cases == 1 else (rank - 1) / (cases - 1)
    return Aggregation("quantile", one.of, one.where, share)


def _share(one: Aggregation) -> float:
    return 0.5 if one.share is None else one.share


def _sum(of: Node, where: Node | None) -> Aggregation:
    return Aggregation("sum", of, where)


def _product(one: Node, other: Node) -> Node:
    return Calculated("*", one, other)


def _both(one: Node | None, other: Node | None) -> Node | None:
    if one is None or other is None:
        return other if one is None else one
    return Joined("&", one, other)


# --- values


def _value(node: Node, known: Known) -> float | None:
    if isinstance(node, Aggregation):
        if node.method == "mean":
            cases, total = known(cases_of(node)), known(_parts(node)[0])
            return None if not cases or total is None else total / cases
        return known(node)
    if isinstance(node, Calculated):
        left, right = _value(node.left, known), _value(node.right, known)
        if left is None or right is None or (node.sign == "/" and right == 0):
            return None
        if node.sign == "/":
            return left / right
        result: float = OPERATORS[node.sign](left, right)
        return result
    assert isinstance(node, int | float)
    return float(node)


def _count(one: Aggregation, known: Known) -> int:
    return round(known(cases_of(one)) or 0)


def _cases(numerator: Node, denominator: Node | None, known: Known) -> int:
    if isinstance(denominator, Aggregation) and denominator.method in ADDING:
        return _count(denominator, known)
    return max(_count(one, known) for one in _aggregations(numerator, denominator))


def _few(numerator: Node, denominator: Node | None, known: Known) -> Iterator[Note]:
    """Says that few rows stand behind a part of a figure: also what is left of the whole."""
    counts = [_count(one, known) for one in _aggregations(numerator, denominator)]
    pair = _pair(numerator, denominator)
    if pair is not None and _is_part(*pair):
        counts.append(_count(pair[1], known) - _count(pair[0], known))
    few = [count for count in counts if 0 < count < FEWEST]
    if few:
        yield Note(code="few_cases", values={"cases": min(few)})


def _method(numerator: Node, denominator: Node | None) -> str | None:
    ordered = any(one.method in ORDERING for one in _aggregations(numerator, denominator))
    return QUANTILE if ordered else None


# --- intervals


def _interval(
    numerator: Node, denominator: Node | None, known: Known
) -> tuple[Interval | None, Note | None]:
    if denominator is None:
        if isinstance(numerator, Aggregation):
            return _of_one(numerator, known)
        return None, Note(code="interval_of_formula")
    pair = _pair(numerator, denominator)
    if pair is None:
        return None, Note(code="interval_of_formula")
    return _of_ratio(*pair, known)


def _of_one(one: Aggregation, known: Known) -> tuple[Interval | None, Note | None]:
    cases = _count(one, known)
    if one.method == "mean":
        total, squares = (known(part) or 0.0 for part in _parts(one))
        found = intervals.mean(total, squares, cases)
        return _on_scale(found, one.where), None if found else _too_few(cases, 2)
    if one.method not in ORDERING:
        return None, Note(code="interval_of_total")
    ranks, between = intervals.ranks(cases, _share(one)), terms_between(one, cases)
    if ranks is None or between is None:
        return None, Note(code="interval_too_few", values={"cases": cases})
    low, high = (known(term) for term in between)
    if low is None or high is None:
        return None, Note(code="interval_too_few", values={"cases": cases})
    return intervals.between(low, high, method=ranks.method), None


def _on_scale(interval: Interval | None, where: Node | None) -> Interval | None:
    """Returns an interval as far as the scale goes, where a condition says which scale it is."""
    ends = {
        one.left.name: float(one.right)
        for one in _conditions(where)
        if isinstance(one, Compared)
        and one.sign == "=="
        and isinstance(one.left, Column)
        and isinstance(one.right, int | float)
    }
    if interval is None or not {"scale_from", "scale_to"} <= ends.keys():
        return interval
    low, high = max(interval.low, ends["scale_from"]), min(interval.high, ends["scale_to"])
    return interval.model_copy(update={"low": low, "high": high})


def _of_ratio(
    numerator: Aggregation, denominator: Aggregation, known: Known
) -> tuple[Interval | None, Note | None]:
    part, whole = known(numerator) or 0.0, known(denominator) or 0.0
    cases, counted = _count(denominator, known), _count(numerator, known)
    within = _is_part(numerator, denominator)
    if within and denominator.method == "count":
        return intervals.wilson(part, whole), None
    squares, total_squares = (known(_squares(one)) or 0.0 for one in (numerator, denominator))
    if _is_mean(numerator, denominator) and counted == cases:
        found = intervals.mean(part, squares, cases)
        return found, None if found else _too_few(cases, 2)
    if counted < intervals.ENOUGH:
        return None, _too_few(counted, intervals.ENOUGH)
    worth = intervals.effective(whole, total_squares)
    if worth < intervals.ENOUGH:
        values = {"worth": round(worth, 1), "needed": intervals.ENOUGH}
        return None, Note(code="interval_of_few_large", values=dict(values))
    products = None if within else known(_products(numerator, denominator)) or 0.0
    found = intervals.ratio(
        part,
        whole,
        part_squares=squares,
        squares=total_squares,
        cases=cases,
        products=products,
    )
    return found, None


def _too_few(cases: int, needed: int) -> Note:
    return Note(code="interval_too_few", values={"cases": cases, "needed": needed})


def _scaled(interval: Interval, scale: float) -> Interval | None:
    """Returns the interval in the figure's unit; None where squares of it are no numbers."""
    low, high = scale * interval.low, scale * interval.high
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return interval.model_copy(update={"low": low, "high": high})


# --- what is part of what


def _is_part(numerator: Aggregation, denominator: Aggregation) -> bool:
    """Says whether every row of the numerator is one of the denominator's, and adds the same."""
    if numerator.method != denominator.method:
        return False
    if numerator.method == "sum" and numerator.of != denominator.of:
        return False
    given = set(_conditions(_where(numerator)))
    return all(_implied(one, given) for one in _conditions(_where(denominator)))


def _is_mean(numerator: Aggregation, denominator: Aggregation) -> bool:
    """Says whether a sum is divided by the number of its own rows."""
    if numerator.method != "sum" or denominator.method != "count":
        return False
    return set(_conditions(numerator.where)) == set(_conditions(denominator.where))


def _where(one: Aggregation) -> Node | None:
    """Returns the condition of the rows; those that are counted by a value hold something there."""
    if one.of is None or one.method != "count":
        return one.where
    if isinstance(one.of, Column):
        return _both(one.where, Missing(one.of, is_missing=False))
    # what is absent equals nothing, itself neither
    return _both(one.where, Compared("==", one.of, one.of))


def _conditions(where: Node | None) -> Iterator[Node]:
    if isinstance(where, Joined) and where.sign == "&":
        yield from _conditions(where.left)
        yield from _conditions(where.right)
    elif where is not None:
        yield where


def _implied(wanted: Node, given: set[Node]) -> bool:
    if wanted in given:
        return True
    if isinstance(wanted, Missing) and not wanted.is_missing:
        return any(wanted.column in _asked(one) for one in given)
    if isinstance(wanted, Listed):
        return any(_within(one, wanted) for one in given)
    return False


def _within(given: Node, wanted: Listed) -> bool:
    """Says whether a condition leaves only values that are listed."""
    if isinstance(given, Listed):
        return given.column == wanted.column and set(given.values) <= set(wanted.values)
    return (
        isinstance(given, Compared)
        and given.sign == "=="
        and given.left == wanted.column
        and given.right in wanted.values
    )


def _asked(node: Node) -> Iterator[Column]:
    """Yields columns that hold something wherever the condition holds."""
    if isinstance(node, Column):
        yield node
    elif isinstance(node, Denied):
        if not isinstance(node.condition, Joined | Missing):
            yield from _asked(node.condition)
    elif isinstance(node, Listed):
        yield node.column
    elif isinstance(node, Compared | Calculated):
        yield from _asked(node.left)
        yield from _asked(node.right)
    elif isinstance(node, Missing) and not node.is_missing:
        yield node.column
