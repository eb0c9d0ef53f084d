"""Which rows of a table can hold together: exact, by set algebra over finite dimensions (pure).

Every condition splits the values of its fact into classes that no row tells apart; one value of
each class stands for all. A class is a mask: bit n is set where row n takes its values. Rows hold
together where the masks of all dimensions have bits in common, so the masks that can be reached are
those of the product, made dimension by dimension and kept once each.

A mask has a second half: the rows that end the search there, because they hold or cannot be judged.
The halves differ only where a declaration leaves a function open: of a holder of an authorisation,
and of an operator that has to have another function besides.

Facts that are sets (procedures, chapters, roles) have classes too: a set's mask follows from which
classes of values it touches. Only complete cases are looked at: what is not stated gives nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from mra_gateway.model.benefits import Counterpart, Effect, TableRow
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.operators import Role

Dimension = Mapping[int, str]
"""The masks that the values of a fact can have, each with an example of a value."""

Pair = tuple[str, str | None]
"""A programme and a tier of it; None stands for any tier that no row names."""

_OTHER = "any other"
_DAY = timedelta(days=1)
_GOODS = ("procedures", "chapters_excluded")


def reachable(dimensions: Iterable[Dimension], *, rows: int) -> dict[int, tuple[str, ...]]:
    """Returns every mask the product of dimensions can have, with one example of each."""
    states: dict[int, tuple[str, ...]] = {(1 << 2 * rows) - 1: ()}
    for dimension in dimensions:
        combined: dict[int, tuple[str, ...]] = {}
        for mask, example in states.items():
            for other, value in dimension.items():
                combined.setdefault(mask & other, (*example, value) if value else example)
        states = combined
    return states


def pairs_dimension(rows: Sequence[TableRow], pairs: Iterable[Pair]) -> Dimension:
    """Returns the dimension of programmes and tiers, which belong together."""
    return _scalar(
        rows,
        ((f"{programme} {tier or '(any tier)'}", (programme, tier)) for programme, tier in pairs),
        lambda row, pair: _in(pair[0], row.programmes) and _in(pair[1], row.tiers),
    )


def cell_mask(rows: Sequence[TableRow], *, flow: Flow, function: PartyFunction) -> int:
    """Returns the rows that take a flow and a function."""
    return _doubled(rows, (_in(flow, row.flows) for row in rows)) & _function_mask(rows, function)


def movement_dimensions(rows: Sequence[TableRow]) -> Iterator[Dimension]:
    """Yields flow and function."""
    yield _scalar(rows, ((flow, flow) for flow in Flow), lambda row, flow: _in(flow, row.flows))
    functions: dict[int, str] = {}
    for function in PartyFunction:
        if function is not PartyFunction.NOT_STATED:
            functions.setdefault(_function_mask(rows, function), str(function))
    yield functions


def other_dimensions(rows: Sequence[TableRow]) -> Iterator[Dimension]:
    """Yields what rows ask besides programme, tier, flow and function."""
    for name, label in (("operators", "operator"), ("offices", "office"), ("modes", "mode")):
        yield from _named(rows, name, label=label)
    if any(row.value_categories != ALL for row in rows):
        yield _scalar(
            rows,
            ((f"value category {each}", each) for each in range(1, 5)),
            lambda row, each: _in(each, row.value_categories),
        )
    if any(row.counterpart is not Counterpart.ANYONE for row in rows):
        yield _scalar(
            rows,
            (("our end is an AEO", True), ("our end is no AEO", False)),
            lambda row, is_aeo: is_aeo or row.counterpart is Counterpart.ANYONE,
        )
    if any(row.direct_delivery for row in rows):
        yield _scalar(
            rows,
            (("direct delivery", True), ("no direct delivery", False)),
            lambda row, direct: direct or not row.direct_delivery,
        )
    yield from _days(rows)
    for name, label in (("roles", "certified as"), ("ecommerce_roles", "e-commerce role")):
        yield from _sets(rows, name, label=label, others=[str(each) for each in Role])
    yield from _also(rows)
    for name, label in (("procedures", "procedure"), ("chapters_excluded", "chapter")):
        yield from _sets(rows, name, label=label, others=[_OTHER])


def _in(value: object, asked: str | Collection[object]) -> bool:
    return asked == ALL or (not isinstance(asked, str) and value in asked)


def _function_mask(rows: Sequence[TableRow], function: PartyFunction) -> int:
    held = _mask(_in(function, row.functions) for row in rows)
    leaves_open = function is PartyFunction.AUTHORISATION_HOLDER
    return held | ((1 << len(rows)) - 1 if leaves_open else held) << len(rows)


def _doubled(rows: Sequence[TableRow], bits: Iterable[bool]) -> int:
    held = _mask(bits)
    return held | held << len(rows)


def _mask(bits: Iterable[bool]) -> int:
    return sum(1 << number for number, bit in enumerate(bits) if bit)


def _scalar(
    rows: Sequence[TableRow],
    values: Iterable[tuple[str, Any]],
    holds: Callable[[TableRow, Any], bool],
) -> Dimension:
    found: dict[int, str] = {}
    for example, value in values:
        found.setdefault(_doubled(rows, (holds(row, value) for row in rows)), example)
    return found


def _named(rows: Sequence[TableRow], name: str, *, label: str) -> Iterator[Dimension]:
    asked = [getattr(row, name) for row in rows]
    named = sorted({value for each in asked if each != ALL for value in each})
    if named or any(each != ALL for each in asked):
        values = [(f"{label} {value}", value) for value in named]
        yield _scalar(
            rows,
            [*values, (f"{_OTHER} {label}", None)],
            lambda row, value: _in(value, getattr(row, name)),
        )


def _days(rows: Sequence[TableRow]) -> Iterator[Dimension]:
    """Between two cuts no row begins or ends."""
    cuts = {row.valid_from for row in rows if row.valid_from}
    cuts |= {row.valid_until + _DAY for row in rows if row.valid_until and _has_next(row)}
    if not cuts and not any(row.valid_until for row in rows):
        return
    before = (
        [(f"before {min(cuts)}", min(cuts) - _DAY)]
        if cuts and min(cuts) > date.min
        else [("any day", date.max)]
    )
    yield _scalar(
        rows,
        [*before, *((f"from {cut}", cut) for cut in sorted(cuts))],
        lambda row, day: (
            (row.valid_from is None or day >= row.valid_from)
            and (row.valid_until is None or day <= row.valid_until)
        ),
    )


def _has_next(row: TableRow) -> bool:
    return row.valid_until is not None and row.valid_until < date.max


def _sets(
    rows: Sequence[TableRow], name: str, *, label: str, others: Sequence[str]
) -> Iterator[Dimension]:
    """The masks a non-empty set of values can have."""
    asked: list[frozenset[str] | None] = [_asked(row, name) for row in rows]
    if all(each is None for each in asked):
        return
    named = sorted({value for each in asked for value in each or ()})
    classes: dict[int, str] = {}
    for value in [*named, *others]:
        classes.setdefault(_mask(each is not None and value in each for each in asked), value)
    full = (1 << len(rows)) - 1
    # per set of classes: rows whose values it touches, and rows whose values it keeps to
    states: dict[tuple[int, int], str] = {}
    for mask, value in classes.items():
        added = {(mask, mask): value}
        for (touched, kept), values in states.items():
            added.setdefault((touched | mask, kept & mask), f"{values} + {value}")
        for state, values in added.items():
            states.setdefault(state, values)
    unasked = _mask(each is None for each in asked)
    found: dict[int, str] = {}
    for (touched, kept), values in states.items():
        mask = unasked | _taken(rows, name, touched=touched, kept=kept, full=full)
        found.setdefault(mask | mask << len(rows), f"{label} {values}")
    yield found


def _also(rows: Sequence[TableRow]) -> Iterator[Dimension]:
    """What a party is besides may go unsaid, so a row that asks for it always ends the search."""
    for dimension in _sets(rows, "also", label="besides", others=[]):
        ends = (1 << len(rows)) - 1 << len(rows)
        unasked = _mask(_asked(row, "also") is None for row in rows)
        found = {mask | ends: example for mask, example in dimension.items()}
        yield found | {unasked | ends: "nothing besides"}


def _asked(row: TableRow, name: str) -> frozenset[str] | None:
    values = getattr(row, name)
    if values == ALL or (name == "chapters_excluded" and not values):
        return None
    return frozenset(values)


def _taken(rows: Sequence[TableRow], name: str, *, touched: int, kept: int, full: int) -> int:
    """A grant asks it of all the goods, a refusal is met by any of them."""
    grants = _mask(row.effect is Effect.GRANT for row in rows)
    if name not in _GOODS:
        return touched
    if name == "procedures":
        return (kept & grants) | (touched & ~grants & full)
    return (~touched & grants & full) | (~kept & ~grants & full)
