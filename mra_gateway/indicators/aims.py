"""Which baseline and which target a period is seen against."""

from __future__ import annotations

from collections.abc import Mapping

from mra_gateway.model.indicators import Baseline, Indicator, Target
from mra_gateway.model.periods import Period


def baseline_for(
    period: Period, *, indicator: Indicator, entered: Mapping[int | None, Baseline]
) -> Baseline:
    """Returns the latest baseline of a year before the period's, else the earliest there is.

    What an officer entered comes before what the data file says.
    """
    found = dict(entered) or {indicator.baseline.year: indicator.baseline}
    year = period.first_on.year
    dated = sorted(each for each in found if each is not None)
    earlier = [each for each in dated if each < year]
    if earlier:
        return found[earlier[-1]]
    return found[None] if None in found else found[dated[0]]


def target_for(
    period: Period, *, indicator: Indicator, entered: Mapping[int, Target]
) -> Target | None:
    """Returns the target of the period's year or the next later one, else the latest there is."""
    found = dict(entered)
    if not found and indicator.target is not None:
        found = {indicator.target.year: indicator.target}
    year = period.first_on.year
    later = sorted(each for each in found if each >= year)
    if later:
        return found[later[0]]
    return found[max(found)] if found else None
