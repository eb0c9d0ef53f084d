"""`python -m tests.benchmarks`: how fast and how large, with the ratios that must be kept.

Prints each finding as it comes and a Markdown table at the end; exits with 1 when one is missed.
`--short` runs a slice of each in under a minute. Durable commits need a real disk: `--folder` says
where (the temporary folder of many systems is memory).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.benchmarks import (
    compare_programmes,
    decide_batches,
    decide_http,
    decide_rule,
    decide_visible,
    documents,
    impact,
    large_register,
    list_part,
    measure_month,
    name_matching,
    register_size,
    single_changes,
)
from tests.benchmarks.decide_rule import Sizes
from tests.benchmarks.measuring import Finding, table
from tests.benchmarks.single_changes import Turns

Benchmark = Callable[[Path], Awaitable[list[Finding]]]

FULL: dict[str, Benchmark] = {
    "part": lambda folder: list_part.run(folder, repeats=40),
    "one-lane": lambda folder: single_changes.run(folder, lanes=1, turns=Turns(10, 6)),
    "four-lanes": lambda folder: single_changes.run(folder, lanes=4, turns=Turns(10, 6)),
    "large": lambda folder: large_register.run(folder, count=100_000, singles=50),
    "size": lambda folder: register_size.run(folder, small=1_000, large=100_000, turns=Turns(5, 6)),
    "names": lambda folder: name_matching.run(folder, count=100_000, questions=100),
    "decide-rule": lambda folder: decide_rule.beside_sql(folder, sizes=Sizes(100_000, 2_000, 7)),
    "decide-http": lambda folder: decide_http.run(folder, held=20_000, turns=Turns(5, 5)),
    "decide-batches": lambda folder: decide_batches.run(folder, held=100_000, batches=20, turns=7),
    "decide-flat": lambda folder: decide_rule.flat(
        folder, small=1_000, large=1_000_000, loaded=Sizes(100_000, 50_000, 7)
    ),
    "decide-visible": lambda folder: decide_visible.run(folder, suspensions=40),
    "compare": lambda folder: compare_programmes.run(folder, turns=31),
    "documents": lambda folder: documents.run(folder, rows=200, turns=5),
    "impact": lambda folder: impact.run(
        folder, declarations=10_000_000, operators=100_000, turns=5
    ),
    "measure": lambda folder: measure_month.run(folder, declarations=10_000_000, turns=3),
}
SHORT: dict[str, Benchmark] = {
    "part": lambda folder: list_part.run(folder, repeats=9),
    "one-lane": lambda folder: single_changes.run(folder, lanes=1, turns=Turns(1, 3)),
    "four-lanes": lambda folder: single_changes.run(folder, lanes=4, turns=Turns(1, 3)),
    "large": lambda folder: large_register.run(folder, count=5_000, singles=10),
    "size": lambda folder: register_size.run(folder, small=300, large=3_000, turns=Turns(1, 3)),
    "names": lambda folder: name_matching.run(folder, count=5_000, questions=20),
    "decide-rule": lambda folder: decide_rule.beside_sql(folder, sizes=Sizes(5_000, 1_000, 3)),
    "decide-http": lambda folder: decide_http.run(folder, held=2_000, turns=Turns(2, 2)),
    "decide-batches": lambda folder: decide_batches.run(folder, held=5_000, batches=4, turns=3),
    "decide-flat": lambda folder: decide_rule.flat(
        folder, small=1_000, large=50_000, loaded=Sizes(5_000, 20_000, 3)
    ),
    "decide-visible": lambda folder: decide_visible.run(folder, suspensions=5),
    "compare": lambda folder: compare_programmes.run(folder, turns=9),
    "documents": lambda folder: documents.run(folder, rows=200, turns=1),
    "impact": lambda folder: impact.run(folder, declarations=2_000_000, operators=20_000, turns=3),
    "measure": lambda folder: measure_month.run(folder, declarations=2_000_000, turns=3),
}


async def run(chosen: dict[str, Benchmark], *, folder: Path | None) -> list[Finding]:
    """Runs benchmarks one after the other, each in an empty folder of its own."""
    findings: list[Finding] = []
    for name, benchmark in chosen.items():
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(dir=folder, prefix=f"benchmark-{name}-") as empty:
            found = await benchmark(Path(empty))
        for one in found:
            print(f"{one.what}: {one.ratio} ({one.bound}); {one.measured}; {one.compared}")
        print(f"  ({name}: {time.perf_counter() - started:.0f} s)", flush=True)
        findings += found
    return findings


def main() -> int:
    """Runs what was asked for; 1 when a bound was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a slice of each, under a minute")
    parser.add_argument(
        "--only",
        choices=sorted({*FULL, *(name.partition("-")[0] for name in FULL)}),
        action="append",
        help="only this one, or all whose names begin so",
    )
    parser.add_argument("--folder", type=Path, help="where databases are made")
    asked = parser.parse_args()
    all_of_them = SHORT if asked.short else FULL
    chosen = {
        name: benchmark
        for name, benchmark in all_of_them.items()
        if asked.only is None or name in asked.only or name.partition("-")[0] in asked.only
    }
    findings = asyncio.run(run(chosen, folder=asked.folder))
    print(f"\n{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}\n")
    print(table(findings))
    return 0 if all(one.kept for one in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
