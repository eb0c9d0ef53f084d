"""Figures of a month: all indicators, beside the same ones written by hand as SQL for DuckDB.

Two months of declarations and a few thousand rows of every other event table are written first.
The product computes the first month, the second one, and the first again, in a process of its own,
so that its memory is its own; the statements by hand run after it, with as many threads and all the
memory there is, for medians by grouping sets hold every value several times. They are as a person
writes them who wants them fast, everything of the same groups in one statement, and give no
intervals.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from mra_gateway.indicators.event_tables import EVENT_TABLES
from tests.benchmarks.measuring import Finding, at_most, median, said
from tests.support import measured_year

SECONDS = 30.0
MOST_MEGABYTES = 2000.0
TIMES_BY_HAND = 3.0
TIMES_THE_FIRST = 1.25
"""What the second month may cost of the first: the noise of a machine, and no more."""

MONTHS = ("2025-07", "2025-08")
_STARTS = ("2025-07-01", "2025-08-01")
_GOODS = "flow in ('import', 'export')"
_BY_HAND = (
    f"""
select aeo, count(*) filter (lane = 'green'), count(*) filter (lane = 'yellow'),
    count(*) filter (lane = 'red'), count(*) filter (lane = 'blue'), count(lane),
    count(*) filter (lane in ('green', 'blue')), count(*) filter (drawback),
    count(*) filter (ruling), count(*) filter (digital and category = 4),
    count(*) filter (digital and category = 3), count(*) filter (digital and category = 2),
    count(*) filter (digital and category = 1), count(foreign_aeo), count(*) filter (foreign_aeo),
    sum(value) filter ({_GOODS}), sum(value) filter (aeo and {_GOODS}),
    sum(value) filter (aeo and {_GOODS} and region = 'central_asia'),
    sum(value) filter (aeo and {_GOODS} and region = 'eu_us'),
    sum(value) filter (aeo and {_GOODS} and region = 'east_asia'),
    sum(value) filter (aeo and {_GOODS} and region = 'other')
from released group by rollup (aeo)
""",
    f"""
select region, sum(value) filter (aeo and {_GOODS}), sum(value) filter ({_GOODS})
from released group by rollup (region)
""",
    """
select category, count(*) filter (digital), count(digital) from released group by rollup (category)
""",
    """
select arrangement, tier, count(*) filter (foreign_aeo) from released group by arrangement, tier
""",
    """
select aeo, foreign_aeo, arrangement, count(*) filter (inspected), count(inspected) from released
group by grouping sets (
    (), (aeo), (foreign_aeo), (arrangement), (aeo, arrangement), (foreign_aeo, arrangement))
""",
    """
select aeo, foreign_aeo, flow,
    avg(release_hours), quantile_cont(release_hours, [0.5, 0.95]),
    avg(clearance_hours), quantile_cont(clearance_hours, [0.5, 0.95])
from released group by grouping sets (
    (), (aeo), (foreign_aeo), (flow), (aeo, flow), (foreign_aeo, flow))
""",
    """
select country, count(*) filter (foreign_aeo), count(foreign_aeo) from released
group by rollup (country)
""",
    """
select foreign_aeo, arrangement, quantile_cont(release_hours, [0.5, 0.95]) from released
group by grouping sets ((), (foreign_aeo), (arrangement), (foreign_aeo, arrangement))
""",
    """
select aeo, lane, median(release_hours) from released
group by grouping sets ((), (aeo), (lane), (aeo, lane))
""",
)


async def run(folder: Path, *, declarations: int, turns: int) -> list[Finding]:
    """Measures the figures of two months of so many declarations each."""
    months = [
        measured_year.write_declarations(
            folder / f"declarations-{month}.parquet",
            declarations,
            seed=at + 1,
            first=at * declarations,
            start=start,
            days=31,
            also=f"where strftime(released_on, '%Y-%m') = '{month}'",
        )
        for at, (month, start) in enumerate(zip(MONTHS, _STARTS, strict=True))
    ]
    _write_others(folder)
    done = await asyncio.to_thread(_measured_apart, folder)
    found: dict[str, Any] = json.loads(done)
    by_hand = _by_hand(months[1], folder, turns=turns)
    size = f"{found['rows'][0]:,} declarations"
    return [
        at_most(
            f"A month's figures, every indicator, {size}",
            value=found["seconds"][0],
            bound=SECONDS,
            unit=" s",
            measured=f"{found['figures']:,} figures of {found['indicators']} indicators, "
            f"{found['cpu'][0]:.1f} s of processor time",
            compared="store, files and intervals among it",
        ),
        at_most(
            "A month's figures: the most memory of that process",
            value=found["megabytes"],
            bound=MOST_MEGABYTES,
            unit=" MB",
            measured="resident, both months and every engine among it",
            compared="",
        ),
        at_most(
            f"A month's figures, against SQL written by hand, {size}",
            value=found["seconds"][1] / by_hand,
            bound=TIMES_BY_HAND,
            measured=f"{found['seconds'][1]:.2f} s, the second month: nothing is imported any more",
            compared=f"{by_hand:.2f} s in DuckDB, figures of declarations only, no intervals",
        ),
        at_most(
            "The second month, against the first, processor time",
            value=found["cpu"][1] / found["cpu"][0],
            bound=TIMES_THE_FIRST,
            measured=f"{found['cpu'][1]:.1f} s, {found['rows'][1]:,} declarations; "
            f"{found['seconds'][1]:.1f} s by the clock",
            compared=f"{found['cpu'][0]:.1f} s, what is imported among it; "
            f"{found['seconds'][0]:.1f} s by the clock",
        ),
        said(
            "The first month once more, nothing changed",
            measured=f"{1000 * found['seconds'][2]:,.0f} ms",
            compared=f"{found['again']} indicators computed again",
        ),
    ]


def _measured_apart(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.measure_figures", folder, *MONTHS],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _write_others(folder: Path) -> None:
    for name, table in EVENT_TABLES.items():
        if name != "declarations":
            rows = measured_year.rows_of(table, 5_000, seed=1, words={})
            measured_year.write_rows(folder / f"{name}.parquet", table, rows)


def _by_hand(month: Path, folder: Path, *, turns: int) -> float:
    """Returns the seconds all statements take."""
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = '{folder}'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"create view released as select * from read_parquet('{month}')"
            f" where released_on between '{_STARTS[1]}' and '2025-08-31'"
        )
        times = []
        for _ in range(turns):
            started = time.perf_counter()
            for statement in _BY_HAND:
                connection.execute(statement).fetchall()
            times.append(time.perf_counter() - started)
    return median(times)
