"""What few cases stand behind does not leave, and no combination of what leaves tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mra_gateway.analytics.figure_cells import Cell, sums_of_periods
from mra_gateway.analytics.figure_disclosure import suppress_figures, suppress_published
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import Breakdown, Figure, Indicator, Lineage, Note, Quantity
from mra_gateway.model.periods import Period
from tests.support.performance import AT, an_indicator

LANES, REGIONS = ("green", "yellow", "red"), ("east_asia", "other")
MONTHS = (Period("2025-07"), Period("2025-08"), Period("2025-09"))
PERIODS = (*MONTHS, Period("2025-Q3"))
LINEAGE = Lineage(definition=Digest("0" * 64), inputs=(), digest=Digest("0" * 64), engine="duckdb")
TWO: Any = {"compare": (Breakdown.AEO, Breakdown.NON_AEO)}


def counting(name: str, numerator: str, denominator: str | None = None, **more: Any) -> Indicator:
    quantity = Quantity.COUNT if denominator is None else Quantity.SHARE
    return an_indicator(
        f"t:{name}",
        of="declarations",
        numerator=numerator,
        denominator=denominator,
        quantity=quantity,
        **more,
    )


GREEN = counting("lanes.green", '_.count(where=_.lane == "green")', **TWO)
UNCHECKED = counting(
    "lanes.unchecked", '_.count(where=_.lane.isin(["green", "yellow"]))', "_.lane.count()"
)
BY_LANE = counting("all.lanes", "_.count()", by=("lane",), **TWO)
BY_REGION = counting("all.regions", "_.count(where=_.aeo)", "_.count()", by=("region",))
MEANS = counting("time.mean", "_.release_hours.mean()", by=("lane",))
SHARE = counting("trade.share", "_.value.sum(where=_.aeo)", "_.value.sum()", by=("region",))
TRADE = counting("trade.all", "_.value.sum()", by=("lane",), **TWO)
SUMS = {SHARE.id, TRADE.id}
ALL = (GREEN, UNCHECKED, BY_LANE, BY_REGION, MEANS, SHARE, TRADE)
INDICATORS = {one.id: one for one in ALL}

Row = tuple[int, bool, str, str]
"""Month, AEO, lane, region."""

WHOSE: dict[Breakdown, Callable[[Row], bool]] = {
    Breakdown.ALL: lambda _: True,
    Breakdown.AEO: lambda row: row[1],
    Breakdown.NON_AEO: lambda row: not row[1],
}
NUMERATORS: dict[str, Callable[[Row], bool]] = {
    GREEN.id: lambda row: row[2] == "green",
    UNCHECKED.id: lambda row: row[2] != "red",
    BY_LANE.id: lambda _: True,
    BY_REGION.id: lambda row: row[1],
    MEANS.id: lambda _: True,
    SHARE.id: lambda row: row[1],
    TRADE.id: lambda _: True,
}


def figures_of(rows: Sequence[Row]) -> list[Figure]:
    """Figures as they are computed, of as many rows of each kind as there are."""
    return [
        _figure(indicator, rows, period, breakdown, group)
        for period in PERIODS
        for indicator in INDICATORS.values()
        for breakdown in (indicator.about, *indicator.compare)
        for group in _groups(indicator, rows, period, breakdown)
    ]


def _groups(
    indicator: Indicator, rows: Sequence[Row], period: Period, breakdown: Breakdown
) -> list[dict[str, str]]:
    places = {"lane": 2, "region": 3}
    months = {one.first_on.month for one in period.months}
    there = [row for row in rows if row[0] in months and WHOSE[breakdown](row)]
    found = {str(row[places[name]]) for row in there for name in indicator.by}
    return [{}, *({indicator.by[0]: value} for value in sorted(found))]


def _figure(
    indicator: Indicator,
    rows: Sequence[Row],
    period: Period,
    breakdown: Breakdown,
    group: dict[str, str],
) -> Figure:
    figure = Figure(
        indicator=indicator.id,
        period=period,
        breakdown=breakdown,
        group=group,
        value=1.0,
        lineage=LINEAGE,
        computed_at=AT,
    )
    counts = [int(told.sum()) for told in told_by(figure, rows)]
    few = [count for count in counts if 0 < count < 5]
    each = 7.25 if indicator.id in SUMS else 1.0
    mean = indicator is MEANS
    return figure.model_copy(
        update={
            "numerator": 3.5 if mean else each * counts[0],
            "denominator": each * counts[1] if len(counts) > 1 else None,
            "cases": counts[1] if len(counts) > 1 else counts[0],
            "notes": (Note(code="few_cases", values={"cases": min(few)}),) if few else (),
        }
    )


def told_by(figure: Figure, kinds: Sequence[Row]) -> list[np.ndarray[Any, Any]]:
    """Which kinds of rows a figure counts: each number it shows as a sum over them."""
    months = {one.first_on.month for one in figure.period.months}

    def vector(counts: Callable[[Row], bool]) -> np.ndarray[Any, Any]:
        return np.array(
            [
                row[0] in months
                and WHOSE[figure.breakdown](row)
                and figure.group.get("lane", row[2]) == row[2]
                and figure.group.get("region", row[3]) == row[3]
                and counts(row)
                for row in kinds
            ],
            float,
        )

    numerator = vector(NUMERATORS[figure.indicator])
    if figure.indicator in (UNCHECKED.id, BY_REGION.id, SHARE.id):
        whole = vector(lambda _: True)
        return [numerator, whole, whole - numerator]
    return [numerator]


def _check(
    figures: Sequence[tuple[Figure, Figure]],
    kinds: Sequence[Row],
    behind: np.ndarray[Any, Any],
    *,
    rows_of_sums: Sequence[Figure],
) -> None:
    known = np.array(
        [
            np.zeros(len(kinds)),
            *(
                each
                for given_figure, left in figures
                if not left.suppressed
                for each in told_by(given_figure, kinds)
            ),
            # beside a sum stands of how many rows it is
            *(
                told_by(each, kinds)[-1 if each.indicator == TRADE.id else 1]
                for each in rows_of_sums
                if each.indicator in SUMS and not each.suppressed
            ),
        ]
    )
    # who reads that there are none knows it of every kind within
    kept = ~known[known @ behind == 0].any(axis=0)
    kinds = [kind for kind, keep in zip(kinds, kept, strict=True) if keep]
    known, behind = known[:, kept], behind[kept]
    rank = np.linalg.matrix_rank(known)
    for figure, left in figures:
        for vector in told_by(figure, kinds):
            if 0 < vector @ behind < 5:
                assert left.suppressed
                assert np.linalg.matrix_rank(np.vstack([known, vector])) > rank, figure
        if left.suppressed:
            assert (left.value, left.numerator, left.denominator, left.cases) == (None,) * 4
            assert left.interval is None


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_few_cases_follow_from_any_figures_that_leave(
    data: st.DataObject,
) -> None:
    kinds = [
        (one.first_on.month, aeo, lane, region)
        for one in MONTHS
        for aeo in (True, False)
        for lane in LANES
        for region in REGIONS
    ]
    counts = [
        data.draw(st.one_of(st.integers(5, 40), st.integers(0, 6)), label=str(kind))
        for kind in kinds
    ]
    rows = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    given_figures = figures_of(rows)
    leaving = suppress_figures(given_figures, indicators=INDICATORS)
    for sums in (False, True):
        # who knows numbers of rows knows no sums, and the other way round
        ours = [
            pair
            for pair in zip(given_figures, leaving, strict=True)
            if (pair[0].indicator in SUMS) is sums
        ]
        _check(ours, kinds, np.array(counts, float), rows_of_sums=leaving if not sums else ())
    if all(count >= 5 for count in counts):
        assert not any(one.suppressed for one in leaving)


def test_a_share_and_a_count_of_other_indicators_tell_of_a_few_together() -> None:
    """Of 40 unchecked 38 are green: whoever reads both knows of two yellow ones."""
    lanes = [("green", 38), ("yellow", 2), ("red", 30)]
    rows = [(7, at % 2 == 0, lane, "other") for lane, count in lanes for at in range(count)]
    leaving = suppress_figures(figures_of(rows), indicators=INDICATORS)
    of_all = {
        (one.indicator, one.group.get("lane")): one
        for one in leaving
        if one.period == MONTHS[0] and one.breakdown is Breakdown.ALL
    }
    assert of_all[BY_LANE.id, "yellow"].suppressed
    assert of_all[MEANS.id, "yellow"].suppressed
    assert [one.code for one in of_all[BY_LANE.id, "yellow"].notes] == ["suppressed"]
    green, unchecked = of_all[GREEN.id, None], of_all[UNCHECKED.id, None]
    assert green.suppressed or unchecked.suppressed
    assert not of_all[BY_LANE.id, None].suppressed, "the whole need not go"


@pytest.mark.parametrize("count", [0, 5])
def test_none_and_five_leave_as_they_are(count: int) -> None:
    rows = [(7, True, "green", "other")] * count + [(7, False, "red", "other")] * 20
    given_figures = figures_of(rows)
    assert suppress_figures(given_figures, indicators=INDICATORS) == tuple(given_figures)


def _ever_shown(publications: Sequence[Sequence[Figure]]) -> set[tuple[Any, ...]]:
    """What somebody knows who got a sheet after each publication."""
    seen: set[tuple[Any, ...]] = set()
    for count in range(1, len(publications) + 1):
        leaving = suppress_published(publications[:count], indicators=INDICATORS)
        seen |= {_name(one) for one in leaving if not one.suppressed}
    return seen


def _name(figure: Figure) -> tuple[Any, ...]:
    return figure.indicator, figure.period, figure.breakdown, *figure.group.items()


@settings(max_examples=8, deadline=None)
@given(counts=st.lists(st.one_of(st.integers(5, 40), st.integers(0, 6)), min_size=18, max_size=18))
@example([*[5] * 13, 1, 0, 5, 5, 0])  # a lane that stands nowhere in a month has none
@example([3, 21, 22, 23, 24, 25, 5, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36])
def test_no_few_cases_follow_from_sheets_of_different_days_laid_beside_each_other(
    counts: list[int],
) -> None:
    """July leaves when only July is published, and the quarter that adds it up months later."""
    kinds = [(one.first_on.month, aeo, lane, "other") for one in MONTHS
             for aeo in (True, False) for lane in LANES]  # fmt: skip
    rows = [kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count)]
    given_figures = [one for one in figures_of(rows) if one.indicator not in SUMS]
    publications = [[one for one in given_figures if one.period == period] for period in PERIODS]
    seen = _ever_shown(publications)
    known = [
        (one, one.model_copy(update={"suppressed": _name(one) not in seen}))
        for one in given_figures
    ]
    blank = dict.fromkeys(("value", "numerator", "denominator", "cases", "interval"))
    pairs = [
        (one, left.model_copy(update=blank) if left.suppressed else left) for one, left in known
    ]
    _check(pairs, kinds, np.array(counts, float), rows_of_sums=())


def test_a_correction_uncovers_nothing_that_was_hidden_before() -> None:
    """Which lane goes with the few is chosen by size: corrected sizes must not choose anew."""

    def july(yellow: int) -> list[Figure]:
        lanes = [("green", 3), ("yellow", yellow), ("red", 7), ("blue", 30)]
        rows = [(7, True, lane, "other") for lane, count in lanes for _ in range(count)]
        return [one for one in figures_of(rows) if one.indicator == BY_LANE.id
                and one.breakdown is Breakdown.ALL and one.period == MONTHS[0]]  # fmt: skip

    first, second = july(6), july(8)
    untouched = suppress_published([second], indicators=INDICATORS)
    assert {one.group.get("lane") for one in untouched if one.suppressed} == {"green", "red"}
    corrected = suppress_published([first, second], indicators=INDICATORS)
    assert {one.group.get("lane") for one in corrected if one.suppressed} == {"green", "yellow"}


def test_what_there_is_at_the_end_of_a_quarter_is_what_there_is_at_the_end_of_its_last_month() -> (
    None
):
    def sums(span: str) -> list[dict[Period, int]]:
        cells = [Cell(("operators", span, ""), None, one, frozenset()) for one in PERIODS]
        return [
            {cell.period: int(times) for cell, times in one.items()}
            for one in sums_of_periods(cells)
        ]

    quarter = PERIODS[-1]
    assert sums("during") == [{quarter: -1, **dict.fromkeys(MONTHS, 1)}]
    assert sums("at_end") == [{quarter: -1, MONTHS[-1]: 1}]


def test_a_ratio_hides_a_count_of_few_reported_benefits() -> None:
    def benefits(name: str, numerator: str, denominator: str | None = None) -> Indicator:
        quantity = Quantity.COUNT if denominator is None else Quantity.RATIO
        return an_indicator(f"t:{name}", of="reported_benefits", numerator=numerator,
                            denominator=denominator, quantity=quantity)  # fmt: skip

    given_by_us = '_.number.sum(where=_.direction == "given")'
    received = '_.number.sum(where=_.direction == "received")'
    ratio = benefits("ratio", given_by_us, received)

    def leaving(numerator: float, denominator: float) -> bool:
        figure = Figure(
            indicator=ratio.id, period=MONTHS[0], value=numerator / denominator, cases=40,
            numerator=numerator, denominator=denominator, lineage=LINEAGE, computed_at=AT,
        )  # fmt: skip
        (left,) = suppress_figures([figure], indicators={ratio.id: ratio})
        return left.suppressed

    assert (leaving(30, 3), leaving(30, 6)) == (True, False)
