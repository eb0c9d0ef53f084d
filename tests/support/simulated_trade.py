"""Two years of traffic, summed as the product sums it, with or without an effect from July on.

Operators of very different size, branches and modes of different level, seasons, a common trend,
weeks that are bad for everybody, operators with good and bad months of their own, a mix that moves,
and recognised operators that join one after the other. What is adverse is switched on by name.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mra_gateway.indicators.matched_sums import Cell

MONTHS, WEEKS, START = 24, 4, 18
STRATA = tuple(f"import|{mode}|{chapter}|no" for mode in ("3", "1") for chapter in (39, 85, 87))
PUBLISHED = (3 + 54 / 60) / (10 + 17 / 60) - 1
"""Korea to China, the pilot: 10 h 17 to 3 h 54."""

Floats = np.ndarray[Any, np.dtype[np.float64]]


class Plan(NamedTuple):
    """What happens in the two years.

    Attributes:
        effect: By how much less in proportion, for recognised operators from joining on.
        inspected: Whether inspections are looked at; else hours.
        mix_shift: How far recognised traffic moves to the quickest branch in the second year.
        growth_of_quick: How much the quick ones among the recognised grow, and the slow shrink.
        own_trend: By how much a year the recognised change without any arrangement.
        july: What every July changes from that month on, until the year ends.
        common_july: What changes for everybody in the July of the start.
        huge: How many times the others' size the first recognised operator has.
        huge_luck: What becomes of that one's hours in the July of the start.
    """

    effect: float = 0.0
    inspected: bool = False
    recognised: int = 20
    others: int = 36
    rate: float = 0.15
    mix_shift: float = 0.0
    growth_of_quick: float = 0.0
    own_trend: float = 0.0
    july: float = 0.0
    common_july: float = 0.0
    huge: float = 1.0
    huge_luck: float = 0.0

    @property
    def is_true(self) -> bool:
        """Whether there is something to be found."""
        return self.effect != 0


ADVERSE = {
    "the mix moves to quick goods": Plan(mix_shift=0.5),
    "the quick operators grow (Simpson)": Plan(growth_of_quick=1.5),
    "a trend of their own": Plan(own_trend=-0.15),
    "a steep trend of their own": Plan(own_trend=-0.5),
    "every July": Plan(july=-0.4),
    "this July, for everybody": Plan(common_july=-0.4),
    "one huge operator, lucky": Plan(huge=60, huge_luck=-0.6),
    "one large operator, lucky": Plan(huge=8, huge_luck=-0.6),
    "three operators": Plan(recognised=3),
}
"""Traffic in which a plain before and after finds something, and nothing is there."""


class Traffic(NamedTuple):
    """Two years, as cells.

    Attributes:
        after: The second half of the second year, with that of the first as base.
        earlier: The first half of the second year, with that of the first as base.
        naive: After against before for the recognised, nothing matched.
    """

    after: list[Cell]
    earlier: list[Cell]
    naive: float


def simulate(seed: int, plan: Plan) -> Traffic:
    """Returns the traffic of a seed."""
    chance = np.random.default_rng(seed)
    count = plan.recognised + plan.others
    own = np.arange(count) < plan.recognised
    size = np.exp(chance.normal(np.log(18), 1.0, count))
    size[0] *= plan.huge
    months = np.arange(MONTHS)
    year = months // 12

    mix = chance.dirichlet(np.full(len(STRATA), 1.5), count)[:, None, :].repeat(MONTHS, axis=1)
    level = np.exp(chance.normal(0, 0.5, len(STRATA)))
    drift = np.exp(np.outer(months / 12, chance.normal(0, 0.25, len(STRATA))))
    mix = mix * drift[None]
    quickest = int(np.argmin(level))
    moved = plan.mix_shift * year[None, :] * own[:, None]
    mix = mix / mix.sum(axis=2, keepdims=True) * (1 - moved[..., None])
    mix[..., quickest] += moved

    speed = np.exp(chance.normal(0, 0.4, count) - 0.2 * own)
    quick = np.where(own, -np.sign(np.log(speed) - np.median(np.log(speed[own]))), 0.0)
    growth = np.exp(0.1 * months / 12 + chance.normal(0, 0.15, (count, 1)) * months / 12)
    growth = growth * np.exp(plan.growth_of_quick * quick[:, None] * year[None, :])
    season = 1 + 0.3 * np.sin(2 * np.pi * (months % 12) / 12)
    lam = size[:, None, None] * mix * (growth * season)[..., None] / WEEKS
    cases = chance.poisson(lam[:, :, None, :], (count, MONTHS, WEEKS, len(STRATA)))

    hard = 0.15 * np.sin(2 * np.pi * ((months % 12)[:, None] / 12 + chance.random(len(STRATA))))
    log = np.log(level) + hard - 0.1 * months[:, None] / 12
    log = log[None, :, None, :] + np.log(speed)[:, None, None, None]
    log = log + chance.normal(0, 0.1, (1, MONTHS, WEEKS, 1))  # bad weeks
    log = log + chance.normal(0, 0.12, (count, MONTHS, 1, 1))  # an operator's own months
    log = log + chance.normal(0, 0.08, (count, 2))[:, year, None, None]  # and years
    in_second_half = (months % 12 >= 6) & own[:, None]
    log = log + np.log1p(plan.july) * in_second_half[..., None, None]
    log = log + np.log1p(plan.common_july) * (months >= START)[None, :, None, None]
    log = log + np.log1p(plan.own_trend) * (own[:, None] * months / 12)[..., None, None]
    lucky = (np.arange(count) == 0)[:, None] & (months >= START)[None]
    log = log + np.log1p(plan.huge_luck) * lucky[..., None, None]
    joined = np.where(own, START + chance.integers(0, 4, count), MONTHS)
    since = months[None] >= joined[:, None]
    log = log + np.log1p(plan.effect) * since[..., None, None]
    if plan.inspected:
        rate = np.clip(plan.rate * np.exp(log), 0, 0.9)
        sums = chance.binomial(cases, rate).astype(float)
    else:
        sums = 8 * np.exp(log) * chance.gamma(np.maximum(cases, 1e-9), 1.0)

    late, early = cases[: plan.recognised, START:].sum(), cases[: plan.recognised, :START].sum()
    naive = sums[: plan.recognised, START:].sum() / late
    naive /= max(1e-9, sums[: plan.recognised, :START].sum() / early)
    return Traffic(
        _cells(cases, sums, own, joined, first=START),
        _cells(cases, sums, own, np.zeros(count), first=12),
        float(naive - 1),
    )


def _cells(cases: Any, sums: Any, own: Any, joined: Any, *, first: int) -> list[Cell]:
    """Six months from the one given, with those a year before as base."""
    found = []
    span = slice(first, first + 6), slice(first - 12, first - 6)
    there = (cases[:, span[0]] + cases[:, span[1]]) > 0
    is_in = (np.arange(first, first + 6)[None] >= joined[:, None]) | ~own[:, None]
    there &= is_in[..., None, None]
    values = [part[:, at].astype(float)[there] for at in reversed(span) for part in (cases, sums)]
    places = np.argwhere(there)
    for (operator, month, week, stratum), *sizes in zip(
        places.tolist(), *(value.tolist() for value in values), strict=True
    ):
        found.append(
            Cell(
                f"operator {operator}",
                bool(own[operator]),
                STRATA[stratum],
                first % 12 + month + 1,
                week,
                *sizes,
            )
        )
    return found
