"""What is doubtful about a figure: found before it is approved, shown beside it.

What cannot be so – a share above 1, more counted than there was to count – is told apart from what
is only unusual: a jump away from the periods before. Nothing here changes a figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from mra_gateway.model.indicators import (
    Baseline,
    BaselineKind,
    Direction,
    Figure,
    Indicator,
    Note,
    Quantity,
    Target,
)
from mra_gateway.model.performance import Finding

FEWEST: Final = 4
"""Periods before without which nothing is a jump."""
SPREADS: Final = 4.0
"""How many robust standard deviations (1.4826 times the median deviation) make a jump."""
LEAST: Final = 0.25
"""And which share of the median of the periods before, however quiet they were."""
_ROBUST: Final = 1.4826
_MAY_BE_NEGATIVE: Final = (Quantity.RATIO, Quantity.MONEY)


def check_figure(
    figure: Figure,
    *,
    indicator: Indicator,
    baseline: Baseline,
    before: Sequence[float | None] = (),
) -> tuple[Finding, ...]:
    """Returns what is doubtful about a figure.

    Args:
        figure: The figure.
        indicator: What it is a figure of.
        baseline: Its scale, where it is a rating.
        before: The figures of the periods before it, oldest first.
    """
    if figure.value is None:
        return ()
    return (
        *_impossible(figure, figure.value, indicator, baseline),
        *(() if figure.partial else _jump(figure, figure.value, indicator, before)),
    )


def check_aims(
    indicator: Indicator, *, baseline: Baseline, target: Target | None
) -> tuple[Finding, ...]:
    """Returns what cannot be of a baseline and a target, or is inconsistent between them."""
    found: list[Finding] = []
    if target is not None:
        if baseline.year is not None and target.year < baseline.year:
            found.append(
                _finding("target_before_baseline", target=target.year, baseline=baseline.year)
            )
        if baseline.value is not None and indicator.direction is not Direction.NEITHER:
            gain = target.value - baseline.value
            if gain < 0 if indicator.direction is Direction.MORE else gain > 0:
                found.append(
                    _finding("target_no_improvement", target=target.value, baseline=baseline.value)
                )
    end = None if target is None else target.value
    for name, value in (("baseline", baseline.value), ("target", end)):
        if value is None:
            continue
        if indicator.quantity is Quantity.SHARE and not 0 <= value <= indicator.scale:
            found.append(_finding(f"{name}_no_share", value=value))
        elif indicator.quantity not in _MAY_BE_NEGATIVE and value < 0:
            found.append(_finding("below_zero", value=value))
        found += _off_scale(value, baseline)
    return tuple(found)


def _impossible(
    figure: Figure, value: float, indicator: Indicator, baseline: Baseline
) -> Iterator[Finding]:
    if not math.isfinite(value):
        yield _finding("no_number", value=str(value))
        return
    if indicator.quantity not in _MAY_BE_NEGATIVE and value < 0:
        yield _finding("below_zero", value=value)
    if indicator.quantity is Quantity.SHARE:
        if value > indicator.scale:
            yield _finding("share_above_one", value=value)
        part, whole = figure.numerator, figure.denominator
        if part is not None and whole is not None and part > whole:
            yield _finding("more_than_whole", numerator=part, denominator=whole)
    if (
        indicator.quantity is Quantity.COUNT
        and indicator.scale == 1
        and not float(value).is_integer()
    ):
        yield _finding("no_whole_number", value=value)
    yield from _off_scale(value, baseline)


def _off_scale(value: float, baseline: Baseline) -> Iterator[Finding]:
    on_scale = baseline.kind is BaselineKind.SCALE and baseline.categories
    if on_scale and not 1 <= value <= len(baseline.categories):
        yield _finding("off_scale", value=value, highest=len(baseline.categories))


def _jump(
    figure: Figure, value: float, indicator: Indicator, before: Sequence[float | None]
) -> Iterator[Finding]:
    known = [one for one in before if one is not None]
    if len(known) < FEWEST:
        return
    middle = median(known)
    spread = _ROBUST * median([abs(one - middle) for one in known])
    if indicator.quantity is Quantity.COUNT:
        # what happens a few times a month varies by itself, however quiet the last months were
        spread = max(spread, math.sqrt(max(middle, 1.0)))
    away = abs(value - middle)
    interval = figure.interval
    is_within = interval is not None and interval.low <= middle <= interval.high
    if away > SPREADS * spread and away > LEAST * abs(middle) and not is_within:
        note = Note(code="jump", values={"value": value, "usual": middle, "periods": len(known)})
        yield Finding(note=note)


def _finding(code: str, **values: str | float) -> Finding:
    return Finding(note=Note(code=code, values=dict(values)), is_impossible=True)
