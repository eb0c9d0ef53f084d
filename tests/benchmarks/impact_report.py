"""`python -m tests.benchmarks.impact_report DECLARATIONS LIST TURNS`: the product's part, alone.

First the whole report, cold, as the command line makes it; then each table by itself, its matches
found before, for the comparison with the bare join.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from mra_gateway.analytics.cells import cells, find_matches
from mra_gateway.analytics.declared import KEYS, scan
from mra_gateway.analytics.effects import Effect
from mra_gateway.analytics.engine import open_engine
from mra_gateway.analytics.sums import Cell, Touch, sums_by, tabulate
from mra_gateway.flows.estimate_impact import estimate_impact
from mra_gateway.flows.gather_impact import ImpactRequest
from mra_gateway.model.facts import Flow
from mra_gateway.model.impact import Cut, Impact, Measured
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.tables.measured_table import Period, open_measured
from tests.benchmarks.measuring import median, milliseconds, peak_megabytes
from tests.support.periods import FIRST, LAST, proposed

_ALWAYS = ("k_type", "k_currency", "k_inspected", "k_mode")
_OF_CUT = {Cut.REGION: "k_region", Cut.CHAPTER: "k_chapter"}


def main(declared: Path, listed: Path, turns: int) -> None:
    """Measures and prints."""
    registry = load_registry()
    started = time.perf_counter()
    report = estimate_impact(
        ImpactRequest(
            partner="CN-AEO",
            declarations=(declared,),
            table=proposed(),
            partner_list=listed,
            period=Period(FIRST, LAST),
        ),
        registry=registry,
    )
    seconds, on_processors = time.perf_counter() - started, time.process_time()
    found: dict[str, Any] = {
        "seconds": seconds,
        "cpu": on_processors,
        "megabytes": peak_megabytes(os.getpid()),
        "touched": _touched(report),
    }
    print(json.dumps(found | _tables(declared, registry, operators=report.operators, turns=turns)))


def _touched(report: Impact) -> float:
    (total,) = next(table for table in report.tables if table.cut is Cut.TOTAL).rows
    figure = next(one for one in total.figures if one.measured is Measured.DECLARATIONS)
    return figure.numerator or 0.0


def _tables(declared: Path, registry: Registry, *, operators: int, turns: int) -> dict[str, Any]:
    table = open_measured(declared, forms=tuple(registry.declaration_forms.values()), zone=None)
    held = {f"AEOCN{4 * at:010d}": at for at in range(operators)}
    with tempfile.TemporaryDirectory() as work, open_engine("duckdb", folder=Path(work)) as engine:
        scanned = [scan(engine, table, functions=["exporter"], facts=[], folder=Path(work))]
        match = find_matches(engine, scanned, functions=["exporter"], find=held.get)

        def summed(keys: tuple[str, ...]) -> pa.Table:
            return engine.run(
                cells(
                    engine,
                    scanned,
                    match=match,
                    classes=[at % 2 for at in range(operators)],
                    functions=["exporter"],
                    facts=[],
                    period=Period(FIRST, LAST),
                    keys=keys,
                )
            )

        def table_by(cut: Cut) -> None:
            """From the file to the sums of one table."""
            found = summed(tuple(dict.fromkeys((*_ALWAYS, *_keys(cut)))))
            whole, touched = tabulate(engine, found, *_judged(found))
            sums_by(engine, cut, whole, touched)

        def took(work: Callable[[], object]) -> float:
            return median(milliseconds(work) for _ in range(turns))

        return {
            "tables": {cut: took(partial(table_by, cut)) for cut in Cut},
            "pass": took(partial(summed, tuple(KEYS.values()))),
        }


def _judged(found: pa.Table) -> tuple[list[Cell], list[Touch]]:
    columns = {name: found.column(name).to_pylist() for name in found.column_names}
    nothing = [""] * found.num_rows
    read = [
        Cell(Flow(flow), region or "", chapter or "", mode, inspected == "true", 1.0)
        for flow, region, chapter, mode, inspected in zip(
            columns["k_type"],
            columns.get("k_region", nothing),
            columns.get("k_chapter", nothing),
            columns["k_mode"],
            columns["k_inspected"],
            strict=True,
        )
    ]
    effect = Effect(touched=True, tier="advanced", spared=0.8)
    named = enumerate(columns["p_exporter"])
    return read, [Touch(place, 1.0, effect) for place, number in named if number is not None]


def _keys(cut: Cut) -> tuple[str, ...]:
    return (_OF_CUT[cut],) if cut in _OF_CUT else ()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
