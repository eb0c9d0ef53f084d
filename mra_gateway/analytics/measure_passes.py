"""The terms of all figures of a table, found in one pass over its rows for whatever adds up.

Rows are grouped once by the columns that breakdowns and groups are told by; counts and sums, least
and largest of the groups are then put together here, exactly. Medians, quantiles and numbers of
different values do not add up: a second pass finds them for each breakdown and group, and with them
the values between which a quantile lies, for by then the number of cases is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any, Final, NamedTuple

from mra_gateway.analytics.engine import Engine
from mra_gateway.indicators.estimate import ADDING, ORDERING, cases_of, terms_between
from mra_gateway.indicators.event_tables import BREAKDOWN_COLUMN
from mra_gateway.indicators.nodes import Aggregation, Node
from mra_gateway.model.indicators import Breakdown

NOT_STATED: Final = "not_stated"
"""The group of rows that state nothing in its column."""
_MOST_AT_ONCE: Final = 120
"""Terms of one question in the second pass; each of them looks at every row."""

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


class _Question(NamedTuple):
    """Terms of one part over the same rows: of a column several shares are found at once."""

    part: Part
    method: str
    of: Node | None
    where: Node | None
    terms: tuple[Aggregation, ...]


def _second_pass(engine: Engine, rows: Any, wanted: Wanted, found: Mapping[Part, Terms]) -> None:
    others = sorted((one for one in wanted.terms if not _adds_up(one)), key=repr)
    questions = [
        question
        for part, known in found.items()
        for question in _questions(
            part, [one for one in others if part.breakdown in wanted.terms[one]], known
        )
    ]
    for start in range(0, len(questions), _MOST_AT_ONCE):
        some = questions[start : start + _MOST_AT_ONCE]
        asked = {f"q{at}": _apply(one, rows, wanted.by) for at, one in enumerate(some)}
        (answers,) = engine.run(rows.aggregate(**asked)).to_pylist()
        for at, one in enumerate(some):
            answer = answers[f"q{at}"]
            values = answer if one.method in ORDERING else [answer]
            found[one.part].update(zip(one.terms, values, strict=True))


def _questions(part: Part, terms: Sequence[Aggregation], known: Terms) -> Iterator[_Question]:
    ordered: dict[tuple[Node | None, Node | None], list[Aggregation]] = {}
    for one in terms:
        cases = round(known[cases_of(one)] or 0)
        if one.method not in ORDERING:
            yield _Question(part, one.method, one.of, one.where, (one,))
        elif not cases:
            known[one] = None
        else:
            of_these = ordered.setdefault((one.of, one.where), [])
            of_these += [one, *(terms_between(one, cases) or ())]
    for (of, where), several in ordered.items():
        yield _Question(part, "quantile", of, where, tuple(dict.fromkeys(several)))


def _apply(question: _Question, rows: Any, by: Sequence[str]) -> Any:
    one = Aggregation(question.method, question.of, question.where)
    also = _condition(question.part, rows, by)
    if question.method not in ORDERING:
        return one.apply(rows, also=also)
    where = {} if (found := one.condition(rows, also=also)) is None else {"where": found}
    shares = [0.5 if term.share is None else term.share for term in question.terms]
    return one.values(rows).quantile(shares, **where)


def _condition(part: Part, rows: Any, by: Sequence[str]) -> Any:
    told = BREAKDOWN_COLUMN[part.breakdown]
    conditions = [] if told is None else [rows[told[0]] if told[1] else ~rows[told[0]]]
    conditions += [
        rows[name].isnull() if value is None else rows[name] == value
        for name, value in zip(by, part.group, strict=bool(part.group))
    ]
    return reduce(and_, conditions) if conditions else None
