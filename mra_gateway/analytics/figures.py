"""Sums → figures, each with numerator, denominator and interval, or with why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mra_gateway.analytics.sums import Stratum, Sums, Times, Touched, Whole
from mra_gateway.indicators import intervals
from mra_gateway.model.impact import Cut, Figure, ImpactRow, ImpactTable, Interval, Measured


class Gain(NamedTuple):
    """How much sooner goods are released that are not inspected.

    Attributes:
        hours: The difference of the means.
        variance: Of that difference.
    """

    hours: float
    variance: float


class Known(NamedTuple):
    """What the files and the table state, where that decides what can be said.

    Attributes:
        observed: Whether operators were matched; else their share is assumed and nothing has an
            interval.
        inspected: Whether a column says what was inspected.
        hours: Whether one says how long inspections took.
        hours_each: Hours of an inspection, assumed.
        release: Whether columns say how long the release took.
        gains: By stratum, where enough declarations stand on both sides.
    """

    observed: bool
    inspected: bool
    hours: bool
    hours_each: float | None
    release: bool
    gains: Mapping[Stratum, Gain]


ASSUMED = "the share of the operators is assumed and not observed: no interval"


def gains(times: Mapping[tuple[Stratum, bool], Times]) -> dict[Stratum, Gain]:
    """Returns by stratum how much sooner goods are released that are not inspected."""
    found = {}
    for stratum in sorted({stratum for stratum, _ in times}):
        with_, without = times.get((stratum, True)), times.get((stratum, False))
        if with_ is None or without is None:
            continue
        if min(with_.n, without.n) < intervals.ENOUGH:
            continue
        found[stratum] = Gain(
            with_.hours / with_.n - without.hours / without.n, _spread(with_) + _spread(without)
        )
    return found


def table_of(cut: Cut, sums: Sums, *, known: Known, note: str | None = None) -> ImpactTable:
    """Returns the table of one cut, its rows in the order of their keys."""
    rows = []
    keys = sorted(sums.touched) if cut is Cut.TIER else sorted(sums.whole)
    for key in keys:
        whole = sums.whole.get("all" if cut is Cut.TIER else key, Whole())
        strata = sums.touched.get(key, {})
        figures = figures_of(whole, strata, known=known)
        cases = round(sum(one.n for one in strata.values())) if cut is Cut.TIER else whole.n
        rows.append(ImpactRow(key=key, cases=round(cases), figures=figures))
    return ImpactTable(cut=cut, rows=tuple(rows), note=note)


def figures_of(
    whole: Whole, strata: Mapping[Stratum, Touched], *, known: Known
) -> tuple[Figure, ...]:
    """Returns every figure of one row."""
    touched = Touched()
    for one in strata.values():
        touched = touched.plus(one)
    return (
        _declarations(whole, touched, known),
        _value(whole, touched, known),
        _inspections(whole, touched, known),
        _spared(whole, touched, known),
        _hours(whole, touched, known),
        _release(whole, touched, strata, known),
    )


def _declarations(whole: Whole, touched: Touched, known: Known) -> Figure:
    return _share(
        Measured.DECLARATIONS,
        touched.n,
        whole.n,
        interval=intervals.wilson(touched.n, whole.n),
        known=known,
        empty="no declarations",
    )


def _value(whole: Whole, touched: Touched, known: Known) -> Figure:
    worth = intervals.effective(whole.value, whole.squares)
    interval, note = None, None
    if touched.n < intervals.ENOUGH:
        note = f"{touched.n:,.0f} declarations carry it, {intervals.ENOUGH} are needed: no interval"
    elif worth >= intervals.ENOUGH:
        interval = intervals.ratio(
            touched.value,
            whole.value,
            part_squares=touched.squares,
            squares=whole.squares,
            cases=whole.valued,
        )
    elif whole.value > 0:
        note = (
            f"a few large values make most of it (worth {worth:.1f} equal ones, "
            f"{intervals.ENOUGH} are needed): no interval"
        )
    if whole.valued < whole.n:
        lacking = f"{whole.n - whole.valued:,.0f} of {whole.n:,.0f} declarations state no value"
        note = f"{note}; {lacking}" if note else lacking
    return _share(
        Measured.VALUE,
        touched.value,
        whole.value,
        interval=interval,
        known=known,
        note=note,
        empty="no value is stated",
    )


def _inspections(whole: Whole, touched: Touched, known: Known) -> Figure:
    if not known.inspected:
        return _nothing(Measured.INSPECTIONS, "no column says what was inspected")
    return _share(
        Measured.INSPECTIONS,
        touched.inspected,
        whole.inspected,
        interval=intervals.wilson(touched.inspected, whole.inspected),
        known=known,
        note=_unknown(whole),
        empty="no inspections",
    )


def _spared(whole: Whole, touched: Touched, known: Known) -> Figure:
    measured = Measured.INSPECTIONS_SPARED
    why = _why_open(touched, known)
    if why is not None:
        return _nothing(measured, why)
    spread = intervals.variance(touched.spared, touched.spared, whole.n)
    return _sum(measured, touched.spared, spread=spread, cases=touched.inspected, known=known)


def _hours(whole: Whole, touched: Touched, known: Known) -> Figure:
    measured = Measured.INSPECTION_HOURS
    why = _why_open(touched, known)
    if why is not None:
        return _nothing(measured, why)
    if known.hours:
        spread = intervals.variance(touched.hours, touched.hours_squares, whole.n)
        lacking = touched.inspected - touched.timed
        note = None
        if lacking > 0:
            note = f"{lacking:,.0f} touched inspections state no hours and are not in it"
        return _sum(
            measured, touched.hours, spread=spread, cases=touched.timed, known=known, note=note
        )
    if known.hours_each is None:
        return _nothing(
            measured, "no column says how long inspections took, and nothing is assumed"
        )
    each = known.hours_each
    spread = each * each * intervals.variance(touched.spared, touched.spared, whole.n)
    return _sum(
        measured, each * touched.spared, spread=spread, cases=touched.inspected, known=known
    )


def _release(
    whole: Whole, touched: Touched, strata: Mapping[Stratum, Touched], known: Known
) -> Figure:
    measured = Measured.RELEASE_HOURS
    why = _why_open(touched, known)
    if why is None and not known.release:
        why = "no columns say how long the release took"
    if why is None and touched.inspected > 0 and not (strata.keys() & known.gains.keys()):
        why = (
            f"nowhere stand {intervals.ENOUGH} declarations with and as many without inspection "
            "to compare release times by"
        )
    if why is not None:
        return _nothing(measured, why)
    total = spread = cases = left_out = 0.0
    for stratum, one in strata.items():
        gain = known.gains.get(stratum)
        if gain is None:
            left_out += one.inspected
            continue
        total += one.spared * gain.hours
        cases += one.inspected
        spread += gain.hours**2 * intervals.variance(one.spared, one.spared, whole.n)
        spread += one.spared**2 * gain.variance
    note = None
    if left_out > 0:
        note = f"{left_out:,.0f} touched inspections could not be compared and are not in it"
    return _sum(
        measured,
        total,
        spread=spread,
        cases=cases,
        known=known,
        note=note,
        method=intervals.PRODUCT,
        at_least=None,
    )


def _why_open(touched: Touched, known: Known) -> str | None:
    if not known.inspected:
        return "no column says what was inspected"
    if touched.open > 0:
        return (
            "the table lowers inspections and does not say by how much "
            "(inspection_rate_multiplier in the table, or --assume)"
        )
    return None


def _unknown(whole: Whole) -> str | None:
    lacking = whole.n - whole.known
    if lacking <= 0:
        return None
    return f"{lacking:,.0f} declarations do not say whether they were inspected"


def _share(
    measured: Measured,
    part: float,
    total: float,
    *,
    interval: Interval | None,
    known: Known,
    empty: str,
    note: str | None = None,
) -> Figure:
    if total <= 0:
        return _nothing(measured, empty)
    if not known.observed:
        interval, note = None, f"{note}; {ASSUMED}" if note else ASSUMED
    return Figure(
        measured=measured,
        value=part / total,
        numerator=part,
        denominator=total,
        interval=interval,
        note=note,
    )


def _sum(
    measured: Measured,
    value: float,
    *,
    spread: float,
    cases: float,
    known: Known,
    note: str | None = None,
    method: str = intervals.SUM,
    at_least: float | None = 0.0,
) -> Figure:
    interval, why = None, None
    if not known.observed:
        why = ASSUMED
    elif cases < intervals.ENOUGH:
        why = f"{cases:,.0f} inspections carry it, {intervals.ENOUGH} are needed: no interval"
    else:
        interval = intervals.around(value, spread, method=method, at_least=at_least)
        if interval.low <= 0 < interval.high and value != 0:
            why = "the interval reaches nothing: the data do not show a saving"
    return Figure(
        measured=measured,
        value=value,
        numerator=value,
        denominator=cases,
        interval=interval,
        note="; ".join(text for text in (note, why) if text) or None,
    )


def _nothing(measured: Measured, why: str) -> Figure:
    return Figure(measured=measured, value=None, note=f"not established: {why}")


def _spread(times: Times) -> float:
    """Returns the variance of a mean."""
    mean = times.hours / times.n
    return max(0.0, times.squares / times.n - mean * mean) / (times.n - 1)
