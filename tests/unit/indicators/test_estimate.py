"""A figure of what was found: its interval or why it has none, and what few stand behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mra_gateway.indicators import intervals
from mra_gateway.indicators.estimate import Estimate, estimate, terms_between, terms_of
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.expression import parse
from mra_gateway.indicators.nodes import (
    Aggregation,
    Calculated,
    Column,
    Compared,
    Denied,
    Joined,
    Listed,
    Missing,
    Node,
)
from mra_gateway.model.indicators import ColumnKind, EventColumn

TABLE = EVENT_TABLES["declarations"]
Row = dict[str, Any]


def at(row: Row, node: Node) -> Any:
    """What a node is of a row, with SQL's logic of what is absent, in plain Python."""
    if isinstance(node, Column):
        return row.get(node.name)
    if isinstance(node, Missing):
        return (row.get(node.column.name) is None) is node.is_missing
    if isinstance(node, Listed):
        value = row.get(node.column.name)
        return None if value is None else value in node.values
    if isinstance(node, Denied):
        value = at(row, node.condition)
        return None if value is None else not value
    if isinstance(node, Compared | Joined | Calculated):
        left, right = at(row, node.left), at(row, node.right)
        if isinstance(node, Joined) and node.sign == "|":
            return True if left or right else None if left is None or right is None else False
        if left is None or right is None:
            return None
        return {
            "==": left == right,
            "&": left and right,
            "*": left * right if node.sign == "*" else None,
        }[node.sign]
    return node


def known_of(rows: list[Row]) -> Callable[[Aggregation], float | None]:
    def known(one: Aggregation) -> float | None:
        chosen = [row for row in rows if one.where is None or at(row, one.where)]
        values = sorted(
            v for row in chosen if (v := 1 if one.of is None else at(row, one.of)) is not None
        )
        if one.method in {"count", "sum"}:
            return len(values) if one.method == "count" else sum(values)
        if not values:
            return None
        if one.method in {"median", "quantile"}:
            place = (0.5 if one.share is None else one.share) * (len(values) - 1)
            below = int(place + 1e-9)
            above = min(below + 1, len(values) - 1)
            return float(values[below] + (values[above] - values[below]) * (place - below))
        return {"min": values[0], "max": values[-1], "nunique": len(set(values))}[one.method]

    return known


def figure(
    rows: list[Row], numerator: str, denominator: str | None = None, *, scale: float = 1.0
) -> Estimate:
    part = parse(numerator, table=TABLE).root
    whole = None if denominator is None else parse(denominator, table=TABLE).root
    return estimate(part, whole, scale=scale, known=known_of(rows))


def codes(found: Estimate) -> list[str]:
    return [note.code for note in found.notes]


ROWS: list[Row] = [
    {
        "lane": "red" if n % 10 == 0 else "green" if n % 3 else None,
        "inspected": n % 10 == 0 if n % 7 else None,
        "value": 100.0 + n,
        "cost": 3.0 + n % 5 if n % 4 else None,
        "release_hours": float(n),
        "aeo": n % 2 == 0,
    }
    for n in range(1, 101)
]


@pytest.mark.parametrize(
    ("numerator", "denominator", "method"),
    [
        ("_.count(where=_.inspected)", "_.inspected.count()", intervals.WILSON),
        ("_.count(where=_.inspected & _.aeo)", "_.count(where=_.aeo)", intervals.WILSON),
        (
            '_.count(where=_.lane == "red")',
            '_.count(where=_.lane.isin(["red", "green"]))',
            intervals.WILSON,
        ),
        ("_.count(where=~_.inspected)", "_.count(where=_.inspected.notnull())", intervals.WILSON),
        ("_.count(where=_.aeo)", "_.count(where=_.lane.notnull())", intervals.RATIO),
        ("_.value.sum(where=_.aeo)", "_.value.sum()", intervals.RATIO),
        ("_.cost.sum()", "_.value.sum()", intervals.RATIO),
        ("_.value.sum()", "_.count()", intervals.MEAN),
        ("_.value.mean()", None, intervals.MEAN),
        ("_.release_hours.median()", None, intervals.ORDER),
        ("_.release_hours.quantile(0.9)", None, intervals.ORDER),
    ],
)
def test_each_kind_of_figure_has_its_method_and_lies_within(
    numerator: str, denominator: str | None, method: str
) -> None:
    found = figure(ROWS, numerator, denominator)
    assert found.interval is not None
    assert found.value is not None
    assert found.interval.method == method
    assert found.interval.low < found.value < found.interval.high
    scaled = figure(ROWS, numerator, denominator, scale=0.5)
    assert scaled.interval is not None
    assert scaled.interval.high == pytest.approx(found.interval.high / 2)


def test_the_interval_of_ratings_ends_where_their_scale_does() -> None:
    rows: list[Row] = [
        {"survey": "acceptance", "scale_from": 1, "scale_to": 10, "score": score}
        for score in (2.0, 4.0, 10.0)
    ]
    ratings, scale = EVENT_TABLES["ratings"], "where=(_.scale_from == 1) & (_.scale_to == 10)"
    texts = ("_.score.mean()", f"_.score.mean({scale})")
    whole, within = (parse(text, table=ratings).root for text in texts)
    loose, tight = (
        estimate(one, None, scale=1.0, known=known_of(rows)).interval for one in (whole, within)
    )
    assert loose is not None
    assert tight is not None
    assert (loose.low < 1, loose.high > 10) == (True, True)
    assert (tight.low, tight.high) == (1, 10)


@pytest.mark.parametrize(
    ("numerator", "denominator", "code"),
    [
        ("_.count()", None, "interval_of_total"),
        ("_.value.max()", None, "interval_of_total"),
        ("_.lane.nunique()", None, "interval_of_total"),
        ("_.value.max() - _.value.min()", None, "interval_of_formula"),
        ("_.value.mean()", "_.cost.mean()", "interval_of_formula"),
        ("_.value.sum(where=_.inspected & _.aeo)", "_.value.sum()", "interval_too_few"),
    ],
)
def test_what_has_no_interval_says_why(numerator: str, denominator: str | None, code: str) -> None:
    found = figure(ROWS, numerator, denominator)
    assert (found.interval, codes(found)) == (None, [code])
    assert found.value is not None


@pytest.mark.parametrize(
    ("numerator", "denominator", "interval"),
    [
        # a calculated value is absent in some rows: a count of it is no whole of all rows
        ("_.count()", "(_.cost * _.value).count()", True),
        ("(_.cost * _.value).count()", "_.count()", True),
        # a part of amounts below nothing
        ("_.debt.sum(where=_.aeo)", "_.value.sum()", True),
        ("_.debt.sum(where=_.aeo)", "_.debt.sum()", True),
        ("_.balance.sum(where=_.aeo)", "_.balance.sum()", True),
        # numbers beyond what numbers are written with
        ("(_.huge * _.huge).sum()", None, False),
        ("_.huge.mean()", None, False),
    ],
)
def test_a_figure_lies_in_its_interval_and_is_a_number_whatever_is_summed(
    numerator: str, denominator: str | None, *, interval: bool
) -> None:
    names = ("debt", "balance", "huge")
    columns = (
        *TABLE.columns,
        *(EventColumn(name=n, kind=ColumnKind.NUMBER, meaning=n) for n in names),
    )
    wider = TABLE.model_copy(update={"columns": columns})
    rows = [
        {**row, "debt": -row["value"], "balance": 90.0 - row["release_hours"], "huge": 1e300}
        for row in ROWS
    ]
    part = parse(numerator, table=wider).root
    whole = None if denominator is None else parse(denominator, table=wider).root
    found = estimate(part, whole, scale=1.0, known=known_of(rows))
    if not interval:
        assert found.interval is None
        assert found.value == pytest.approx(1e300) or codes(found)[0] == "no_number"
        return
    assert found.interval is not None
    assert found.value is not None
    assert found.interval.low <= found.value <= found.interval.high


def test_a_few_large_values_carry_no_interval() -> None:
    rows = [*ROWS, {"value": 1e9, "aeo": True}]
    found = figure(rows, "_.value.sum(where=_.aeo)", "_.value.sum()")
    assert codes(found) == ["interval_of_few_large"]


def test_the_median_of_a_few_has_no_interval() -> None:
    found = figure(ROWS[:5], "_.release_hours.median()")
    assert (found.value, codes(found)) == (3.0, ["interval_too_few"])
    assert terms_between(Aggregation("median", None, None), 5) is None


def test_nothing_to_divide_by_and_nothing_at_all_are_two_things() -> None:
    none = figure([], "_.release_hours.median()")
    assert (none.value, none.cases, codes(none)) == (None, 0, ["no_cases"])
    zero = figure([], "_.count(where=_.aeo)", "_.count()")
    assert (zero.value, zero.numerator, zero.denominator) == (None, 0, 0)
    assert codes(zero) == ["zero_denominator"]
    assert figure([], "_.count()").value == 0, "counting nothing is a figure"
    assert figure([], "_.value.sum()").value == 0
    divided = figure(ROWS, '_.count() / _.count(where=_.lane == "blue")')
    assert (divided.value, codes(divided)) == (None, ["no_cases"])


@pytest.mark.parametrize(
    ("numerator", "denominator", "few"),
    [
        ('_.count(where=(_.lane == "red") & (_.release_hours == 10))', "_.count()", 1),
        ("_.count(where=_.release_hours.notnull())", "_.count()", 2),
        ("_.value.sum(where=_.release_hours == 10)", "_.value.sum()", 1),
        ("_.count()", "_.count()", None),
        ("_.count(where=_.inspected)", "_.inspected.count()", None),
    ],
)
def test_it_is_said_when_few_stand_behind_a_part_or_what_is_left(
    numerator: str, denominator: str, few: int | None
) -> None:
    rows = [*ROWS, {"value": 5.0}, {"value": 6.0}]
    found = figure(rows, numerator, denominator)
    noted = [note.values["cases"] for note in found.notes if note.code == "few_cases"]
    assert noted == ([] if few is None else [few])


def test_terms_of_several_figures_are_shared() -> None:
    roots = [parse(text, table=TABLE).root for text in ("_.value.mean()", "_.value.sum()")]
    mean, total = (terms_of(root, None) for root in roots)
    assert total < mean
    assert len(mean) == 3
