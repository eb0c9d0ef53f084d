"""`python -m tests.support.spark_session FOLDER`: computations by Spark, one after the other.

In a process of its own, for Spark's client leaves sockets and a virtual machine behind; in one for
all of them, for that machine takes long to start. `FOLDER/jobs.json` says what: name → arguments;
what comes of each is `FOLDER/NAME.json`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mra_gateway.analytics.engine import EngineName, open_engine
from mra_gateway.analytics.measure import event_rows, measure
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.impact import Interval
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import load_registry


def run_command(*arguments: str) -> None:
    """Runs the command line; it writes its own file."""
    from mra_gateway.cli.program import app

    try:
        app(list(arguments), prog_name="mra-gateway")
    except SystemExit as ended:
        if ended.code:
            raise


def measured(period: str, files: Mapping[str, str], *, engine: EngineName = "spark") -> list[Any]:
    """Returns the figures of every indicator over some event tables, as JSON has them."""
    registry = load_registry()
    indicators = [
        fact.value
        for catalogue in registry.indicators.values()
        for fact in catalogue.indicators
        if fact.value is not None
    ]
    found: list[Any] = []
    with (
        tempfile.TemporaryDirectory() as work,
        open_engine(engine, folder=Path(work)) as opened,
    ):
        for name, file in files.items():
            table = EVENT_TABLES[name]
            rows = event_rows(opened, table, [Path(file)], regions=registry.regions)
            over = [one for one in indicators if one.of == name]
            for one in measure(opened, over, table=table, rows=rows, period=Period(period)):
                estimate = one.estimate
                found.append(
                    {
                        "figure": [one.indicator, one.breakdown, one.group],
                        "numbers": [estimate.value, estimate.numerator, estimate.denominator],
                        "cases": estimate.cases,
                        "between": _bounds(estimate.interval),
                        "notes": [[note.code, note.values] for note in estimate.notes],
                    }
                )
    return sorted(json.loads(json.dumps(found)), key=lambda one: json.dumps(one["figure"]))


def cells(file: str, folder: str) -> list[Any]:
    """Returns the cells an arrangement's effect is told from."""
    from tests.flows import test_measure_effect as effect

    return effect.found_cells(
        [Path(file)], Path(folder), effect.SECOND_HALF, measure=effect.HOURS, name="spark"
    )


JOBS: Mapping[str, Callable[..., Any]] = {
    "impact": run_command,
    "measured": measured,
    "cells": cells,
}


def _bounds(interval: Interval | None) -> list[Any]:
    return [] if interval is None else [interval.low, interval.high, interval.method]


def main(folder: Path) -> None:
    """Runs the jobs of a folder."""
    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    for name, arguments in jobs.items():
        result = JOBS[name](*arguments)
        if result is not None:
            (folder / f"{name}.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
