"""The text of an indicator: what is understood, what is refused and where, what it comes to."""

from __future__ import annotations

import ast
import statistics
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.expression import parse

DECLARATIONS = EVENT_TABLES["declarations"]
UNDERSTOOD = [
    "_.count()",
    '_.value.sum(where=_.aeo & (_.region == "central_asia"))',
    "100 * _.count(where=_.inspected) / _.inspected.count()",
    '_.release_hours.quantile(0.95, where=~_.aeo & _.lane.isin(["red", "blue"]))',
    '_.declaration.nunique(where=_.lane.isnull() | (_.flow != "transit"))',
    "(_.value - 2 * _.cost).mean(where=(_.category >= 3) & _.cost.notnull())",
    "_.count(where=_.released_at < _.lodged_at)",
    "_.value.max() - -1.5 * _.value.min()",
    "(\n  _.value.median()\n)",
]


def refusal(text: str) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        parse(text, table=DECLARATIONS)
    assert caught.value.reason is Reason.DATA_EXPRESSION_INVALID
    return caught.value


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_the_grammar_has_is_understood(text: str) -> None:
    assert parse(text, table=DECLARATIONS).aggregations


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("_.count(where=_.aeo and _.drawback)", "character 15", "joined by & and |"),
        ('_.count(where=_.aeo & _.flow == "import")', "character 15", "stand in brackets"),
        ('_.count(where=_.flow == "imprt")', "character 15", "import, export, transit"),
        ("_.count(\n where=_.nope)", "line 2, character 8", "no column of declarations"),
        ("_.value.sum() / (1 - 1)", "character 1", "divides by nothing"),
        ("_.count(where=_.value > 'x')", "character 15", "compares a number with text"),
        ("_.lane.sum()", "character 1", "of numbers"),
        ("_.value.quantile(95)", "character 1", "between 0 and 1"),
        ("12", "character 1", "no indicator"),
        ("_.count(", "character 8", "never closed"),
        ("1" * 2001, "character 1", "longer than"),
        ("-" * 1900 + "1", "character 32", "nested deeper"),
        ("_.count() * " + "9" * 400, "character 13", "too large"),
        ("1e400 * _.count()", "character 1", "too large"),
        (" ", "character 1", "cannot be read"),
        ("_.count(where=_.lan\u0435 == 'red')", "character 15", r"'lan\u0435' is no column"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, place: str, says: str) -> None:
    error = refusal(text)
    assert (error.where, says in error.text) == (place, True), error.text


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "_.__class__",
        "_.value.__class__.sum()",
        "_.value.sum.__globals__",
        "_.count(where=_.value.map(print))",
        "_.value.sum(where=(lambda: _.aeo)())",
        "[x for x in _.value].count()",
        "(y := _).count()",
        "_.count(**{'where': _.aeo})",
        "_.count(*[_.aeo])",
        "_['value'].sum()",
        "_.count(where=_.lane == f'{_.aeo}')",
        "_.value.sql('select 1')",
        "_.value.sum() ** 9999",
        "_.value.sum() if _.aeo else 1",
        "_.count(where=True)",
        "_.count() # \x00",
        "_.count(); _.count()",
        "await _.count()",
        "_.count(where=_.value > 1e999)",
        "_.count(where=_.lane == '\u202e')",
    ],
)
def test_python_beyond_the_grammar_is_refused(text: str) -> None:
    refusal(text)
    assert parse("_.count()", table=DECLARATIONS).root is not None


ALLOWED = {"count", "nunique", "sum", "mean", "min", "max", "quantile", "isin", "isnull", "notnull"}
ALLOWED |= {"nullif", "cast"}


class Spied:
    """Stands for a table and all that comes of it; whatever is not of the grammar ends the test."""

    def __getitem__(self, name: str) -> Spied:
        assert DECLARATIONS.column(name) is not None, name
        return self

    def __getattr__(self, name: str) -> Any:
        assert name in ALLOWED, name
        return self._called

    def _called(self, *given: Any, **named: Any) -> Spied:
        assert set(named) <= {"where"}
        for one in (*given, *named.values()):
            assert isinstance(one, Spied | str | int | float | tuple)
        return self

    def _joined(self, other: Any = None) -> Spied:
        assert other is None or isinstance(other, Spied | str | int | float)
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _joined
    __rtruediv__ = __and__ = __or__ = __invert__ = __lt__ = __le__ = __gt__ = __ge__ = _joined
    __eq__ = __ne__ = _joined  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


WORDS = (
    "_ . value aeo lane flow count sum ( ) where = == & | ~ + - / * 1 0.5 'red' [ ] , isin isnull "
    "quantile __class__ __import__ lambda : if else eval exec open getattr not and is in ** @ { } "
    "for await yield _.value _.aeo .sum() _.count() where=_.aeo import os \n"
)
PIECES = st.sampled_from(WORDS.split(" "))
PUT = (
    "_|__import__('os')|_.count|_.aeo.x|open|()|[_]|None|b'x'|'text'|_.value|_.aeo|1|_.count()|"
    "_.count(where=_.aeo)|...|1j"
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_whatever_is_written_is_refused_or_asks_a_table_for_nothing_else(text: str) -> None:
    try:
        parsed = parse(text, table=DECLARATIONS)
    except RequestRefused:
        return
    parsed.apply(Spied(), also=Spied())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_node_of_an_understood_text_can_be_put_in_the_place_of_something_else_and_run(
    data: st.DataObject,
) -> None:
    tree = ast.parse(data.draw(st.sampled_from(UNDERSTOOD)), mode="eval")
    nodes = [
        (node, name)
        for node in ast.walk(tree)
        for name, value in ast.iter_fields(node)
        if isinstance(value, ast.expr)
    ]
    node, name = data.draw(st.sampled_from(nodes))
    put = data.draw(st.sampled_from(PUT.split("|")))
    setattr(node, name, ast.parse(put, mode="eval").body)
    try:
        parsed = parse(ast.unparse(tree), table=DECLARATIONS)
    except RequestRefused:
        return
    parsed.apply(Spied())


# what it comes to: DuckDB against Python, row by row

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "value": st.none() | st.integers(-50, 50).map(float),
            "cost": st.none() | st.integers(0, 9).map(float),
            "category": st.none() | st.integers(1, 4),
            "lane": st.none() | st.sampled_from(["green", "red", "blue"]),
            "aeo": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=12,
)
Yes = bool | None


def both(left: Yes, right: Yes) -> Yes:
    return False if left is False or right is False else None if None in (left, right) else True


def either(left: Yes, right: Yes) -> Yes:
    return True if left is True or right is True else None if None in (left, right) else False


CONDITIONS: dict[str, Any] = {
    "_.aeo": lambda row: row["aeo"],
    "~_.aeo": lambda row: None if row["aeo"] is None else not row["aeo"],
    '(_.lane == "red")': lambda row: None if row["lane"] is None else row["lane"] == "red",
    '~_.lane.isin(["red", "blue"])': lambda row: (
        None if row["lane"] is None else row["lane"] not in {"red", "blue"}
    ),
    "_.value.isnull()": lambda row: row["value"] is None,
    "(2 * _.value > _.cost - 3)": lambda row: (
        None if None in (row["value"], row["cost"]) else 2 * row["value"] > row["cost"] - 3
    ),
}
AGGREGATIONS: dict[str, Any] = {
    "_.count({})": len,
    "_.value.sum({})": lambda rows: sum(known(rows)) if known(rows) else None,
    "_.value.mean({})": lambda rows: statistics.fmean(known(rows)) if known(rows) else None,
    "_.value.median({})": lambda rows: statistics.median(known(rows)) if known(rows) else None,
    "_.value.max({})": lambda rows: max(known(rows), default=None),
    "_.lane.nunique({})": lambda rows: len({row["lane"] for row in rows} - {None}),
    "_.value.count({})": lambda rows: len(known(rows)),
    "_.value.sum({}) / _.value.max()": lambda rows: None,
}


def known(rows: list[dict[str, Any]]) -> list[float]:
    return [row["value"] for row in rows if row["value"] is not None]


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, data=st.data())
def test_every_engine_counts_what_the_text_says(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    names = data.draw(st.lists(st.sampled_from(list(CONDITIONS)), min_size=1, max_size=3))
    joins = data.draw(st.lists(st.sampled_from("&|"), min_size=2, max_size=2))
    text, meaning = names[0], CONDITIONS[names[0]]
    for name, join in zip(names[1:], joins, strict=False):
        text = f"({text} {join} {name})"
        one, other, how = meaning, CONDITIONS[name], both if join == "&" else either
        meaning = lambda row, a=one, b=other, j=how: j(a(row), b(row))  # noqa: E731
    kept = [row for row in rows if meaning(row) is True and row["category"] == 4]
    schema = {"value": "float64", "cost": "float64", "category": "int64", "lane": "string"}
    table = ibis.memtable(rows, schema=ibis.schema({**schema, "aeo": "boolean"}))
    figures = {
        f"f{at}": parse(written.format(f"where={text}"), table=DECLARATIONS)
        for at, written in enumerate(AGGREGATIONS)
    }
    also = table["category"] == 4
    found = (
        table.aggregate(**{name: one.apply(table, also=also) for name, one in figures.items()})
        .to_pyarrow()
        .to_pylist()[0]
    )
    for at, (written, expected) in enumerate(AGGREGATIONS.items()):
        if "/" in written:
            largest = max(known([row for row in rows if row["category"] == 4]), default=0)
            assert (found[f"f{at}"] is None) is (not largest or not known(kept)), written
        else:
            assert found[f"f{at}"] == pytest.approx(expected(kept)), (written, text)


def test_whole_numbers_do_not_run_over_when_they_are_calculated_with() -> None:
    table = ibis.memtable([{"category": 4}], schema=ibis.schema({"category": "int64"}))
    text = "(_.category * _.category * 100000000000000 * 100000).sum() + _.category.sum()"
    figure = parse(text, table=DECLARATIONS).apply(table)
    assert table.aggregate(found=figure).to_pyarrow().to_pylist() == [{"found": 1.6e20 + 4}]
