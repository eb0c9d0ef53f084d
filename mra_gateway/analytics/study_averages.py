"""Samples of a study → the average before and after, by direction and stage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from mra_gateway.analytics.engine import Engine
from mra_gateway.model.arrangement_effect import AverageSample

BEFORE, AFTER = "before", "after"


class Averages(NamedTuple):
    """Two averages of the same direction and stage."""

    flow: str | None
    stage: str | None
    before: AverageSample
    after: AverageSample


def find_averages(engine: Engine, rows: Any, *, study: str) -> list[Averages]:
    """Returns the averages of a study's times, where there are some of both phases.

    A single row is an average somebody else formed: of how many cases it is, is not known.

    Args:
        engine: Where.
        rows: The table `samples`.
        study: Its name.
    """
    times = rows.filter(
        (rows.study == study) & (rows.kind == "time") & rows.phase.isin([BEFORE, AFTER])
    )
    times = times.filter(times.measured > 0)
    summed = times.group_by(flow=times.flow, stage=times.stage, phase=times.phase).aggregate(
        cases=times.count(),
        hours=times.measured.sum(),
        squares=(times.measured * times.measured).sum(),
    )
    by: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in engine.run(summed).to_pylist():
        by.setdefault((row["flow"] or "", row["stage"] or ""), {})[row["phase"]] = row
    return [
        Averages(flow or None, stage or None, _sample(phases[BEFORE]), _sample(phases[AFTER]))
        for (flow, stage), phases in sorted(by.items())
        if len(phases) == 2
    ]


def _sample(row: Mapping[str, Any]) -> AverageSample:
    cases, mean = row["cases"], row["hours"] / row["cases"]
    if cases == 1:
        return AverageSample(hours=mean)
    spread = max(0.0, row["squares"] - cases * mean * mean) / (cases - 1)
    return AverageSample(hours=mean, cases=cases, deviation=math.sqrt(spread))
