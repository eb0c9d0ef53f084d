"""Spark gives the numbers DuckDB gives: impact, figures, effects, in one session for all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mra_gateway.flows.estimate_impact import estimate_impact
from mra_gateway.flows.gather_impact import ImpactRequest
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.registry.load import load_registry
from mra_gateway.tables.decision_table import write_decision_table
from mra_gateway.tables.measured_table import Period
from tests.flows import test_measure_effect as effect
from tests.support import measured_year, periods
from tests.support.spark_session import measured

OPERATORS, DECLARATIONS = 400, 4_000
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A session of a minute spends a fifth of it on compiling what would pay off in an hour."""
PERIOD = "2025-03"
"""A month whose last day is of summer time, and has an hour less."""


def same(value: Any) -> Any:
    """Numbers within the last digits, everything else as it is."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9, abs=1e-9)
    if isinstance(value, dict):
        return {name: same(one) for name, one in value.items()}
    return [same(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.mark.foreign("java", "pyspark")
def test_spark_gives_the_same_numbers(tmp_path: Path) -> None:
    asked = impact_asked(tmp_path)
    files = event_files(tmp_path)
    cells_of = tmp_path / "traffic.parquet"
    parquet.write_table(pa.Table.from_pylist(list(effect.declarations())), cells_of)
    jobs = {
        "impact": impact_command(asked, tmp_path / "impact.json"),
        "measured": [PERIOD, files],
        "cells": [str(cells_of), str(tmp_path)],
    }
    (tmp_path / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.spark_session", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "JAVA_TOOL_OPTIONS": _SHORT_LIVED},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = {
        name: json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in jobs
    }

    here = estimate_impact(asked, registry=load_registry()).model_dump(mode="json")
    assert (here.pop("engine"), found["impact"].pop("engine")) == ("duckdb", "spark")
    assert found["impact"] == same(here)

    figures = measured(PERIOD, files, engine="duckdb")
    assert len(figures) > 150
    assert found["measured"] == same(figures)

    cells = effect.found_cells([cells_of], tmp_path, effect.SECOND_HALF, measure=effect.HOURS)
    assert found["cells"] == same([list(cell) for cell in cells])


def event_files(folder: Path) -> dict[str, str]:
    """Declarations, what is counted by different values, and what has medians of few."""
    files = {
        "declarations": measured_year.write_declarations(
            folder / "declarations.parquet", DECLARATIONS, start="2025-03-10", days=40
        )
    }
    words = {"arrangement": ("CN-UZ-2024", "TR-UZ-2025")}
    for name in ("operators", "effects"):
        rows = measured_year.rows_of(EVENT_TABLES[name], 300, seed=5, words=words)
        path = folder / f"{name}.parquet"
        files[name] = measured_year.write_rows(path, EVENT_TABLES[name], rows)
    return {name: str(path) for name, path in files.items()}


def impact_asked(folder: Path) -> ImpactRequest:
    rows = periods.declarations(DECLARATIONS, seed=11, operators=OPERATORS)
    return ImpactRequest(
        partner="CN-AEO",
        declarations=(
            periods.write_parquet(rows[:3_000], folder / "a.parquet"),
            periods.write_csv(rows[3_000:], folder / "b.csv"),
        ),
        table=periods.proposed(),
        partner_list=periods.write_operators(folder / "list.csv", OPERATORS),
        period=Period(periods.FIRST, periods.LAST),
    )


def impact_command(asked: ImpactRequest, there: Path) -> list[str]:
    table = there.with_name("table.xlsx")
    table.write_bytes(write_decision_table(asked.table))
    command = ["impact", asked.partner, "--engine", "spark"]
    for file in asked.declarations:
        command += ["--declarations", str(file)]
    command += ["--partner-list", str(asked.partner_list), "--table", str(table)]
    return [
        *command,
        *("--from", str(periods.FIRST), "--until", str(periods.LAST), "-o", str(there)),
    ]
