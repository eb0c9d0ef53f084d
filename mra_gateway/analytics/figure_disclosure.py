"""Figures of indicators as they may leave: none behind which fewer than five cases stand.

A figure is suppressed when one to four cases stand behind a part of it, or are left of its whole:
whoever computed it noted that (`few_cases`). Figures say something of each other: breakdowns and
groups add up to the whole, months to quarters and years, shares of one denominator to all of it.
What goes with a suppressed figure for that is found by `suppression.py`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mra_gateway.analytics.suppression import FEWEST, Sum, hidden, is_few
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.expression import parse
from mra_gateway.indicators.nodes import Aggregation
from mra_gateway.model.indicators import Breakdown, Figure, Indicator, IndicatorId, Note, Quantity
from mra_gateway.model.periods import Period

ROWS_ARE_COUNTS: Final = ("entries", "reported_benefits")
"""Tables of which one row tells of many cases: there the figure itself is the count."""
ROWS_ARE_PUBLIC: Final = ("pledges", "legal_orders")
"""Tables of what was published."""

_HALVES: Final = (
    (Breakdown.AEO, Breakdown.NON_AEO),
    (Breakdown.FOREIGN_AEO, Breakdown.NOT_FOREIGN_AEO),
)
_Group = tuple[tuple[str, str], ...]
_Key = tuple[str, Period, Breakdown, _Group]


def suppress_figures(
    figures: Iterable[Figure], *, indicators: Mapping[IndicatorId, Indicator]
) -> tuple[Figure, ...]:
    """Returns figures as they may leave the administration.

    Args:
        figures: Everything that leaves together, of all periods, for they tell of each other.
        indicators: What they are figures of.
    """
    listed = tuple(figures)
    families: dict[tuple[str, str], dict[_Key, Figure]] = defaultdict(dict)
    for each in listed:
        indicator = indicators[each.indicator]
        families[indicator.of, indicator.kpi][_key(each)] = each
    unseen = frozenset(key for family in families.values() for key in _unseen(family, indicators))
    return tuple(_blank(each) if _key(each) in unseen else each for each in listed)


def _unseen(
    family: Mapping[_Key, Figure], indicators: Mapping[IndicatorId, Indicator]
) -> frozenset[_Key]:
    few = {key for key, each in family.items() if _is_few(each, indicators[each.indicator])}
    if not few:
        return frozenset()
    counts = {key: _count(each, indicators[each.indicator]) for key, each in family.items()}
    sums = [
        *_sums_of_breakdowns(counts),
        *_sums_of_groups(counts),
        *_sums_of_periods(counts),
        *_sums_of_shares(family, indicators, counts),
    ]
    return hidden(counts, few=few, sums=sums)


def _is_few(figure: Figure, indicator: Indicator) -> bool:
    if indicator.of in ROWS_ARE_PUBLIC:
        return False
    if indicator.of in ROWS_ARE_COUNTS:
        return indicator.quantity is Quantity.COUNT and is_few(figure.value or 0)
    noted = any(note.code == "few_cases" for note in figure.notes)
    return noted or is_few(figure.cases or 0)


def _count(figure: Figure, indicator: Indicator) -> float:
    """Returns how many cases stand behind the numerator; of a sum of values, roughly."""
    if indicator.of in ROWS_ARE_COUNTS or _counts(indicator):
        return figure.numerator or 0.0
    for note in figure.notes:
        if note.code == "few_cases":
            return float(note.values["cases"])
    return float(max(figure.cases or 0, FEWEST)) if figure.numerator else 0.0


def _counts(indicator: Indicator) -> bool:
    root = parse(indicator.numerator, table=EVENT_TABLES[indicator.of]).root
    return isinstance(root, Aggregation) and root.method == "count"


# --- what adds up to what


def _sums_of_breakdowns(counts: Mapping[_Key, float]) -> Iterator[Sum[_Key]]:
    for key in list(counts):
        indicator, period, breakdown, group = key
        if breakdown is not Breakdown.ALL:
            continue
        for halves in _HALVES:
            parts = tuple((indicator, period, half, group) for half in halves)
            if all(part in counts for part in parts):
                yield Sum(key, parts)


def _sums_of_groups(counts: Mapping[_Key, float]) -> Iterator[Sum[_Key]]:
    of_whole: dict[_Key, list[_Key]] = defaultdict(list)
    for key in counts:
        if key[3]:
            of_whole[(*key[:3], ())].append(key)
    yield from (Sum(whole, tuple(parts)) for whole, parts in of_whole.items() if whole in counts)


def _sums_of_periods(counts: Mapping[_Key, float]) -> Iterator[Sum[_Key]]:
    for key in list(counts):
        indicator, period, breakdown, group = key
        for within in _divisions(period):
            parts = tuple((indicator, one, breakdown, group) for one in within)
            present = tuple(part for part in parts if part in counts)
            # a group no month has is not there; of a month not reported nothing is known
            if len(present) == len(parts) or (group and present):
                yield Sum(key, present)


def _divisions(period: Period) -> Iterator[Sequence[Period]]:
    if period.kind == "month":
        return
    yield period.months
    if period.kind == "year":
        yield [Period(f"{period}-Q{number}") for number in range(1, 5)]


def _sums_of_shares(
    family: Mapping[_Key, Figure],
    indicators: Mapping[IndicatorId, Indicator],
    counts: dict[_Key, float],
) -> Iterator[Sum[_Key]]:
    """Shares of the same denominator that are all of it: the denominator is told beside each."""
    of_whole: dict[tuple[str | None, *tuple[object, ...]], list[_Key]] = defaultdict(list)
    for key, figure in family.items():
        indicator = indicators[figure.indicator]
        if figure.denominator is not None and figure.numerator is not None:
            of_whole[(indicator.denominator, *key[1:])].append(key)
    for (text, *_), parts in of_whole.items():
        whole = family[parts[0]].denominator or 0.0
        together = math.fsum(family[part].numerator or 0.0 for part in parts)
        if len(parts) > 1 and math.isclose(whole, together, rel_tol=1e-9):
            total: _Key = (f"/ {text}", *parts[0][1:])
            counts[total] = math.fsum(counts[part] for part in parts)
            yield Sum(total, tuple(parts))


def _key(figure: Figure) -> _Key:
    group = tuple(sorted(figure.group.items()))
    return str(figure.indicator), figure.period, figure.breakdown, group


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
