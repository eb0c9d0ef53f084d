"""Impact before signature: each table beside the bare DuckDB join, and the whole report.

The declarations are written by DuckDB: few exporters with most of the trade, values over many
orders of magnitude, one in twelve inspected. Everything of the product runs in a process of its
own, so that its memory is its own.
"""

from __future__ import annotations

import asyncio
import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.measuring import Finding, at_most, median, said

TIMES_THE_JOIN = 3.0
SECONDS = 10.0
MEGABYTES = 1000.0

_DECLARATIONS = """
copy (
    select 'D' || i as reference,
        case when random() < 0.7 then 'import' else 'export' end as type,
        date '2025-01-01' + cast(floor(random() * 365) as int) as accepted_at,
        'Region ' || cast(floor(random() * 20) as int) as region,
        lpad(cast(1 + floor(random() * random() * 96) as int)::varchar, 2, '0') || '011000'
            as commodity_codes,
        cast(1 + floor(random() * 5) as int)::varchar as mode,
        'USD' as currency,
        round(exp(6 + 4 * random() + random()), 2) as value,
        inspected_ as inspected,
        case when inspected_ then round(0.5 + 4 * random(), 2) end as inspection_hours,
        round(4 + 10 * random() + case when inspected_ then 12 * random() else 0 end, 2)
            as release_hours,
        'AEOCN' || lpad(cast(floor({spread} * power(random(), 3)) as int)::varchar, 10, '0')
            as "exporter.identifier",
        'CN' as dispatched_from
    from (select i, random() < 0.08 as inspected_ from range({count}) as t(i))
) to '{file}' (format parquet)
"""
_JOIN = """
select operators.number is not null, count(*), sum(value), sum(inspected::int),
    sum(inspection_hours), sum(release_hours)
from read_parquet('{file}') as declared
left join operators on declared."exporter.identifier" = operators.number
group by 1
"""

_COUNT = """
select count(*) from read_parquet('{file}') as declared
join operators on declared."exporter.identifier" = operators.number
"""


async def run(folder: Path, *, declarations: int, operators: int, turns: int) -> list[Finding]:
    """Measures the report on so many declarations and operators."""
    declared, listed = folder / "declarations.parquet", folder / "operators.csv"
    _write(declared, listed, declarations=declarations, operators=operators)
    bare = _bare_join(_JOIN, declared, operators, turns=turns)
    counted = _bare_join(_COUNT, declared, operators, turns=turns)
    done = await asyncio.to_thread(_measured_apart, declared, listed, turns)
    found: dict[str, Any] = json.loads(done)
    size = f"{declarations:,} declarations x {operators:,} operators"
    findings = [
        at_most(
            f"Impact by {cut}: one table, against the bare join, {size}",
            value=milliseconds / bare,
            bound=TIMES_THE_JOIN,
            measured=f"{milliseconds:,.0f} ms",
            compared=f"{bare:,.0f} ms in DuckDB, the same columns joined and summed",
        )
        for cut, milliseconds in found["tables"].items()
    ]
    return [
        *findings,
        at_most(
            f"Impact: the whole report, {size}",
            value=found["seconds"],
            bound=SECONDS,
            unit=" s",
            measured="list and declarations read, all six tables with intervals",
            compared=f"{found['cpu']:.1f} s of processor time, imports among it; "
            f"{found['touched']:,.0f} declarations touched",
        ),
        at_most(
            "Impact: the most memory of that process",
            value=found["megabytes"],
            bound=MEGABYTES,
            unit=" MB",
            measured="resident, the list and every engine among it",
            compared="",
        ),
        said(
            "Impact: the one pass that all tables share",
            measured=f"{found['pass']:,.0f} ms",
            compared=f"{bare:,.0f} ms bare join; {counted:,.0f} ms where it only counts",
        ),
    ]


def _measured_apart(declared: Path, listed: Path, turns: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.impact_report", declared, listed, str(turns)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _write(declared: Path, listed: Path, *, declarations: int, operators: int) -> None:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")  # the seed holds for one thread
        connection.execute("select setseed(0.42)")
        connection.execute(
            _DECLARATIONS.format(count=declarations, spread=4 * operators, file=declared)
        )
    with listed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["TIN", "Authorisation number", "Tier", "Status"])
        for at in range(operators):
            tier = "advanced" if at % 4 else "certified"
            writer.writerow([f"CN{at:09d}X", f"AEOCN{4 * at:010d}", tier, "valid"])


def _bare_join(query: str, declared: Path, operators: int, *, turns: int) -> float:
    """Returns the milliseconds of the join, the operators in a table of their own before."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table operators as select 'AEOCN' || lpad((4 * i)::varchar, 10, '0') as number"
            f" from range({operators}) as t(i)"
        )
        times = []
        for _ in range(turns + 1):
            started = time.perf_counter()
            connection.execute(query.format(file=declared)).fetchall()
            times.append((time.perf_counter() - started) * 1000)
    return median(times[1:])
