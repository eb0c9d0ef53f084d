"""The terms of all figures of a table, found in one pass over its rows for whatever adds up.

Rows are grouped once by the columns that breakdowns and groups are told by; counts and sums, least
and largest of the groups are then put together here, exactly. Medians, quantiles and numbers of
different values do not add up: they are found after it for each breakdown and group, quantiles
(`measure_quantiles.py`) with the values between which they lie, for by then the number of cases is
known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any, Final, NamedTuple

from mra_gateway.analytics.engine import Engine
from mra_gateway.analytics.measure_quantiles import Asked, find_quantiles
from mra_gateway.indicators.estimate import ADDING, ORDERING, cases_of, terms_between
from mra_gateway.indicators.event_tables import BREAKDOWN_COLUMN
from mra_gateway.indicators.nodes import Aggregation
from mra_gateway.model.indicators import Breakdown

NOT_STATED: Final = "not_stated"
"""The group of rows that state nothing in its column."""
_MOST_ASKED: Final = 120
"""Numbers of different values one statement finds; each of them looks at every row."""

Group = tuple[Any, ...]
"""A value of each column rows are divided by; empty for the whole."""


class Part(NamedTuple):
    """Whose rows, and which."""

    breakdown: Breakdown
    group: Group


Terms = dict[Aggregation, float | None]


class Wanted(NamedTuple):
    """What is asked of the rows of a table.

    Attributes:
        terms: Those that add up, and those that do not, and for whom each is asked.
        by: The columns rows are divided by besides.
    """

    terms: Mapping[Aggregation, frozenset[Breakdown]]
    by: tuple[str, ...]

    @property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """For whom anything is asked."""
        asked = {each for several in self.terms.values() for each in several}
        return tuple(each for each in Breakdown if each in asked)


def find_terms(engine: Engine, rows: Any, wanted: Wanted) -> dict[Part, Terms]:
    """Returns every term of every part there are rows of; the whole is always there.

    Args:
        engine: Where.
        rows: The table, with the rows of the period only.
        wanted: What is asked.
    """
    adding = sorted((one for one in wanted.terms if _adds_up(one)), key=repr)
    found = _first_pass(engine, rows, wanted, adding)
    _second_pass(engine, rows, wanted, found)
    return found


def group_text(value: Any) -> str:
    """Returns a value rows are divided by as it stands in a figure."""
    if value is None:
        return NOT_STATED
    return str(value).lower() if isinstance(value, bool) else str(value)


def _adds_up(one: Aggregation) -> bool:
    return one.method in {*ADDING, "min", "max"}


# --- the first pass


def _first_pass(
    engine: Engine, rows: Any, wanted: Wanted, terms: Sequence[Aggregation]
) -> dict[Part, Terms]:
    flags = sorted(
        {told[0] for each in wanted.breakdowns if (told := BREAKDOWN_COLUMN[each]) is not None}
    )
    keys = {f"k{at}": rows[name] for at, name in enumerate((*flags, *wanted.by))}
    asked = {f"t{at}": one.apply(rows) for at, one in enumerate(terms)} | {"n": rows.count()}
    grouped = rows.group_by(**keys).aggregate(**asked) if keys else rows.aggregate(**asked)
    cells = engine.run(grouped).to_pylist()
    of_part: dict[Part, list[dict[str, Any]]] = {
        Part(breakdown, ()): [] for breakdown in wanted.breakdowns
    }
    for cell in cells:
        flagged = {name: cell[f"k{at}"] for at, name in enumerate(flags)}
        group = tuple(cell[f"k{len(flags) + at}"] for at in range(len(wanted.by)))
        for breakdown in wanted.breakdowns:
            if _is_of(breakdown, flagged):
                of_part[Part(breakdown, ())].append(cell)
                if wanted.by:
                    of_part.setdefault(Part(breakdown, group), []).append(cell)
    return {
        part: {one: _together(one, f"t{at}", cells) for at, one in enumerate(terms)}
        for part, cells in of_part.items()
    }


def _is_of(breakdown: Breakdown, flagged: Mapping[str, bool | None]) -> bool:
    told = BREAKDOWN_COLUMN[breakdown]
    return told is None or flagged[told[0]] is told[1]


def _together(one: Aggregation, name: str, cells: Iterable[Mapping[str, Any]]) -> float | None:
    values = [cell[name] for cell in cells if cell[name] is not None]
    if one.method in ADDING:
        # a count stays a whole number however large it is
        return sum(values) if one.method == "count" else math.fsum(values)
    if not values:
        return None
    return float(min(values) if one.method == "min" else max(values))


# --- the second pass


def _second_pass(engine: Engine, rows: Any, wanted: Wanted, found: Mapping[Part, Terms]) -> None:
    others = sorted((one for one in wanted.terms if not _adds_up(one)), key=repr)
    asked: dict[Aggregation, dict[Part, list[Aggregation]]] = {}
    distinct: list[tuple[Part, Aggregation]] = []
    for part, known in found.items():
        for one in others:
            if part.breakdown not in wanted.terms[one]:
                continue
            if one.method not in ORDERING:
                distinct.append((part, one))
                continue
            cases = round(known[cases_of(one)] or 0)
            of_these = asked.setdefault(one._replace(method="quantile", share=None), {})
            of_these.setdefault(part, []).extend([one, *(terms_between(one, cases) or ())])
    for column, of_parts in asked.items():
        parts = [Asked(_told(part, wanted.by), terms) for part, terms in of_parts.items()]
        answers = find_quantiles(engine, rows, column, parts)
        for part, answer in zip(of_parts, answers, strict=True):
            found[part].update(answer)
    for start in range(0, len(distinct), _MOST_ASKED):
        _count_distinct(engine, rows, wanted, distinct[start : start + _MOST_ASKED], found)


def _count_distinct(
    engine: Engine,
    rows: Any,
    wanted: Wanted,
    some: Sequence[tuple[Part, Aggregation]],
    found: Mapping[Part, Terms],
) -> None:
    asked = {
        f"q{at}": one.apply(rows, also=_condition(_told(part, wanted.by), rows))
        for at, (part, one) in enumerate(some)
    }
    (answers,) = engine.run(rows.aggregate(**asked)).to_pylist()
    for at, (part, one) in enumerate(some):
        found[part][one] = answers[f"q{at}"]


def _told(part: Part, by: Sequence[str]) -> dict[str, Any]:
    """Returns by which values of which columns the rows of a part are told."""
    told = BREAKDOWN_COLUMN[part.breakdown]
    return dict((told,) if told is not None else ()) | dict(
        zip(by, part.group, strict=bool(part.group))
    )


def _condition(told: Mapping[str, Any], rows: Any) -> Any:
    conditions = [
        rows[name].isnull()
        if value is None
        else (
            rows[name] if value is True else ~rows[name] if value is False else rows[name] == value
        )
        for name, value in told.items()
    ]
    return reduce(and_, conditions) if conditions else None
