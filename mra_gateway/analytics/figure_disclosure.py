"""Figures of indicators as they may leave: none behind which fewer than five cases stand.

A figure is suppressed when one to four cases stand behind a part of it, or are left of its whole:
whoever computed it noted that (`few_cases`). Figures tell of each other, also those of different
indicators: what adds up to what is found by `figure_cells.py`, and what has to go with a suppressed
figure for that by `suppression.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import permutations, product
from typing import Final, NamedTuple

from mra_gateway.analytics.figure_cells import (
    Cell,
    Conditions,
    Domains,
    conditions_of,
    is_within,
    rest_of,
    sums_of_boxes,
    sums_of_periods,
    wider,
)
from mra_gateway.analytics.suppression import FEWEST, hidden, is_few
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.expression import parse
from mra_gateway.indicators.nodes import Node, aggregations_in
from mra_gateway.model.indicators import Breakdown, Figure, Indicator, IndicatorId, Note, Quantity
from mra_gateway.model.periods import Period

ROWS_ARE_COUNTS: Final = ("entries", "reported_benefits")
"""Tables of which one row tells of many cases: there the figure itself is the count."""
ROWS_ARE_PUBLIC: Final = ("pledges", "legal_orders")
"""Tables of what was published."""


class _Told(NamedTuple):
    """That a figure tells of some rows.

    Attributes:
        of: What is summed; None where rows are counted.
        rows: How many, where the figure says so.
    """

    figure: Figure
    of: Node | None
    conditions: Conditions
    rows: float | None


def suppress_figures(
    figures: Iterable[Figure], *, indicators: Mapping[IndicatorId, Indicator]
) -> tuple[Figure, ...]:
    """Returns figures as they may leave the administration.

    Args:
        figures: Everything that leaves together, of all periods, for they tell of each other.
        indicators: What they are figures of.
    """
    listed = tuple(figures)
    unseen = _find_unseen(listed, indicators, _Left())
    return tuple(_blank(each) if id(each) in unseen else each for each in listed)


def suppress_published(
    publications: Iterable[Iterable[Figure]], *, indicators: Mapping[IndicatorId, Indicator]
) -> tuple[Figure, ...]:
    """Returns the newest figures as they may leave after others have left.

    Whoever got a sheet after each publication holds all of them beside each other. So what was
    shown is reckoned with as shown, what was hidden stays hidden, also where it is corrected, and
    what has to go with a hidden figure is taken from what is published with it.

    Args:
        publications: What was published at each moment, oldest first; a later figure of the same
            indicator, period and group takes the place of an earlier one.
        indicators: What they are figures of.
    """
    newest: dict[_Key, Figure] = {}
    shown: set[_Key] = set()
    hidden_keys: set[_Key] = set()
    for publication in publications:
        newest |= {_key(each): each for each in publication}
        unseen = _find_unseen(tuple(newest.values()), indicators, _Left(shown, hidden_keys))
        hidden_keys |= {key for key, each in newest.items() if id(each) in unseen}
        shown = newest.keys() - hidden_keys
    return tuple(_blank(each) if key in hidden_keys else each for key, each in newest.items())


_Key = tuple[IndicatorId, Period, Breakdown, frozenset[tuple[str, str]]]


class _Left(NamedTuple):
    """What left before: shown, or hidden."""

    shown: Collection[_Key] = ()
    hidden: Collection[_Key] = ()


def _key(figure: Figure) -> _Key:
    return figure.indicator, figure.period, figure.breakdown, frozenset(figure.group.items())


def _find_unseen(
    figures: Sequence[Figure], indicators: Mapping[IndicatorId, Indicator], left: _Left
) -> set[int]:
    told: dict[tuple[str, ...], list[_Told]] = defaultdict(list)
    for each in figures:
        indicator = indicators[each.indicator]
        if indicator.of not in ROWS_ARE_PUBLIC:
            table = (indicator.of, indicator.span, indicator.counted_on or "")
            told[table] += _tells(each, indicator)
    return {
        id(figure)
        for table, several in told.items()
        for figure in _unseen(table, several, indicators, left)
    }


def _tells(figure: Figure, indicator: Indicator) -> Iterator[_Told]:
    """Yields the rows a figure tells of: by its numerator, its denominator, its number of cases."""
    table = EVENT_TABLES[indicator.of]
    last = indicator.numerator if indicator.denominator is None else indicator.denominator
    for text, shown in (
        (indicator.numerator, figure.numerator),
        (indicator.denominator, figure.denominator),
    ):
        if text is None:
            continue
        root = parse(text, table=table).root
        for one in aggregations_in(root):
            conditions = conditions_of(one, figure.breakdown, figure.group)
            if indicator.of in ROWS_ARE_COUNTS:
                yield _Told(figure, one.of, conditions, shown if one is root else None)
                continue
            if one.method == "sum":
                yield _Told(figure, one.of, conditions, None)
            if one.method == "count" and one is root:
                yield _Told(figure, None, conditions, shown)
            elif one.method != "sum" or text is last:
                yield _Told(figure, None, conditions, figure.cases)


def _unseen(
    table: tuple[str, ...],
    told: Sequence[_Told],
    indicators: Mapping[IndicatorId, Indicator],
    left: _Left,
) -> list[Figure]:
    few_figures = {id(one.figure) for one in told if _is_few(one.figure, indicators)}
    gone = {id(one.figure) for one in told if _key(one.figure) in left.hidden}
    if not few_figures | gone:
        return []
    domains = Domains(
        (one.conditions for one in told),
        exact={column for one in told for column in one.figure.group},
    )
    of_figure: dict[int, dict[Cell, float | None]] = defaultdict(dict)
    counts: dict[Cell, float] = {}
    for one in told:
        cell = Cell(table, one.of, one.figure.period, domains.box(one.conditions))
        of_figure[id(one.figure)][cell] = one.rows
        counts[cell] = max(counts.get(cell, 0.0), _rows(one))
    # what only hidden figures tell of was told to nobody
    few = {cell for figure in gone for cell in of_figure[figure]}.difference(
        *(cells for figure, cells in of_figure.items() if figure not in gone)
    )
    for figure in few_figures:
        few |= _few_of(of_figure[figure], domains)
    were_shown = {
        cell for one in told if _key(one.figure) in left.shown for cell in of_figure[id(one.figure)]
    }
    nothing = _nothing(table, told, domains, indicators) - few
    absent = wider({*counts, *few}) - counts.keys() - few
    every = [*counts, *absent, *(few - counts.keys())]
    # of what lies within nothing there is nothing: everybody knows that, whoever shows it
    nothing |= {cell for cell in every if any(is_within(cell, none) for none in nothing)} - few
    every += nothing.difference(every)
    unseen = hidden(
        counts | dict.fromkeys(few - counts.keys(), 1.0),
        few=few,
        sums=[
            {cell: times for cell, times in one.items() if cell not in nothing}
            for one in (*sums_of_boxes(every, domains), *sums_of_periods(every))
        ],
        absent=absent - nothing,
        left=were_shown,
    )
    return [
        one.figure
        for one in told
        if id(one.figure) in few_figures | gone or not unseen.isdisjoint(of_figure[id(one.figure)])
    ]


def _nothing(
    table: tuple[str, ...],
    told: Sequence[_Told],
    domains: Domains,
    indicators: Mapping[IndicatorId, Indicator],
) -> set[Cell]:
    """Returns of which rows a reader sees that there are none.

    A figure says 0, or that its part is its whole; or a group others have stands nowhere.
    """
    found: set[Cell] = set()
    of_figure: dict[int, dict[Cell, float | None]] = defaultdict(dict)
    groups: dict[tuple[object, ...], list[Figure]] = defaultdict(list)
    values_of: dict[str, set[str]] = defaultdict(set)
    for one in told:
        for column, value in one.figure.group.items():
            values_of[column].add(value)
        figure = one.figure
        cell = Cell(table, one.of, figure.period, domains.box(one.conditions))
        of_figure[id(figure)][cell] = one.rows
        if one.rows == 0:
            found.add(cell)
        if figure.group:
            key = figure.indicator, figure.period, figure.breakdown, tuple(sorted(figure.group))
            groups[key].append(figure)
    for cells in of_figure.values():
        for part, whole in permutations(cells, 2):
            if cells[part] is not None and cells[part] == cells[whole]:
                rest = rest_of(part, whole, domains)
                found |= set() if rest is None else {rest}
    for figures in groups.values():
        there = [each.group for each in figures]
        for values in product(*(sorted(values_of[column]) for column in sorted(there[0]))):
            group = dict(zip(sorted(there[0]), values, strict=True))
            if group not in there:
                absent = figures[0].model_copy(update={"group": group})
                for one in _tells(absent, indicators[absent.indicator]):
                    box = domains.box(one.conditions)
                    found.add(Cell(table, one.of, absent.period, box))
    return found


def _few_of(told: Mapping[Cell, float | None], domains: Domains) -> set[Cell]:
    """Returns which rows are few: some the figure tells of, or what is left of its whole.

    Of sums only the figure's note says so, and not whether it is of them or of what is left: both.
    """
    few = {cell for cell, rows in told.items() if rows is not None and is_few(rows)}
    for part, whole in permutations(told, 2):
        rest = rest_of(part, whole, domains)
        if rest is None:
            continue
        rows, of_whole = told[part], told[whole]
        if rows is None or of_whole is None:
            few |= {part, rest}
        elif is_few(of_whole - rows):
            few.add(rest)
    first = next(iter(told))
    return few | {first} if told[first] is None or not few else few


def _is_few(figure: Figure, indicators: Mapping[IndicatorId, Indicator]) -> bool:
    indicator = indicators[figure.indicator]
    if indicator.of in ROWS_ARE_COUNTS:
        counts = (
            (figure.numerator, figure.denominator)
            if indicator.denominator is not None
            else (figure.value,)
            if indicator.quantity is Quantity.COUNT
            else ()
        )
        return any(is_few(count or 0) for count in counts)
    noted = any(note.code == "few_cases" for note in figure.notes)
    return noted or is_few(figure.cases or 0)


def _rows(told: _Told) -> float:
    """Returns how many rows stand behind; of a sum it is not known, and taken to be enough."""
    if told.rows is not None:
        return told.rows
    return float(max(told.figure.cases or 0, FEWEST)) if told.figure.numerator else 0.0


def _blank(figure: Figure) -> Figure:
    return figure.model_copy(
        update={
            "value": None,
            "numerator": None,
            "denominator": None,
            "cases": None,
            "interval": None,
            "notes": (Note(code="suppressed"),),
            "suppressed": True,
        }
    )
