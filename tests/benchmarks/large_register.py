"""A large register: its full list, then changes of all of it merged, then one change when idle.

1. China's officer imports the operators on the command line, from CSV; dry runs of the same from
   XLSX, JSON and XML follow, each a process of its own
2. China confirms the arrangement: the full list is fixed, announced, delivered in parts of 1,000
   and takes effect at Mongolia as a whole
3. every operator but a few is suspended in one import: changes merged into messages of 1,000
4. with nothing else to do, operators are suspended one by one: from the start of the import, in
   another process than `serve`, until the other side's database shows the fact
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from mra_gateway.flows.export_register import write_export
from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import open_gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import OfficerName
from tests.benchmarks.measuring import Finding, at_least, at_most, median
from tests.benchmarks.operators import register_file, row
from tests.benchmarks.pair import Pair, make_pair

MEGABYTES = 300.0
MERGED_A_SECOND = 2000.0
IDLE_MILLISECONDS = 200.0
SPARED = 100
"""Operators the second step leaves valid, for the third."""


async def run(folder: Path, *, count: int, singles: int) -> list[Finding]:
    """Measures list, merged changes and a single change when idle."""
    async with make_pair(folder) as pair:
        findings = await _imports(pair, folder, count)
        await pair.confirm(side=pair.mongolia)
        with pair.serving(merge=True):
            findings.append(await _full_list(pair, count))
            findings.append(await _merged(pair, count))
            findings.append(await _idle(pair, count, singles=singles))
    return findings


async def _imports(pair: Pair, folder: Path, count: int) -> list[Finding]:
    rows = [row(number) for number in range(1, count + 1)]
    findings: list[Finding] = []
    for form in ("csv", "xlsx", "json", "xml"):
        file = folder / f"register.{form}"
        write_export(rows, file)
        applied = not findings
        took = await _import_file(pair.china.home, file, dry_run=not applied)
        findings.append(
            at_most(
                f"Import of {count:,} operators from {form.upper()}"
                + ("" if applied else ", dry run"),
                value=took["peak"],
                bound=MEGABYTES,
                measured=f"{took['seconds']:.0f} s; peak memory of the importing process",
                compared=f"the file has {file.stat().st_size / 1e6:.0f} MB",
                unit=" MB",
            )
        )
        file.unlink()
    return findings


async def _import_file(home: Path, file: Path, *, dry_run: bool) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.importing",
        str(home),
        str(file),
        *(["dry-run"] if dry_run else []),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out
    said: dict[str, float] = json.loads(out)
    return said


async def _full_list(pair: Pair, count: int) -> Finding:
    started = time.perf_counter()
    await pair.confirm(side=pair.china)
    announced = time.perf_counter() - started
    await pair.quiet()
    seconds = time.perf_counter() - started
    assert pair.held_abroad() == count
    sender, receiver = pair.peaks()
    return at_most(
        f"Full list of {count:,} operators, end to end",
        value=max(sender, receiver),
        bound=MEGABYTES,
        measured=f"{seconds:.0f} s ({announced:.0f} s to fix and announce it)",
        compared=f"peak memory of `serve`: sender {sender:.0f} MB, receiver {receiver:.0f} MB",
        unit=" MB",
    )


async def _merged(pair: Pair, count: int) -> Finding:
    pair.pause()
    await pair.import_rows(1, count - SPARED, status="suspended")
    pair.go_on()
    started = time.perf_counter()
    await pair.quiet()
    seconds = time.perf_counter() - started
    assert pair.settled_records() == count - SPARED
    return at_least(
        f"Changes merged into messages of 1,000, {seconds:.0f} s",
        value=(count - SPARED) / seconds,
        bound=MERGED_A_SECOND,
        measured=f"{count - SPARED:,} operators changed",
        compared="–",
        unit="/s",
    )


async def _idle(pair: Pair, count: int, *, singles: int) -> Finding:
    taken, importing = [], []
    async with open_gateway(pair.china.home) as gateway:
        for number in range(count - SPARED + 1, count - SPARED + 1 + singles):
            one = row(number, status=Status.SUSPENDED)
            await asyncio.sleep(0.3)
            started = time.perf_counter()
            report = await gateway.importer.apply(
                register_file([one]), mode=ImportMode.CHANGES, officer=OfficerName("benchmark")
            )
            importing.append((time.perf_counter() - started) * 1000)
            assert report.outcome is ImportOutcome.APPLIED
            await asyncio.wait_for(pair.until_held_abroad(one.tin, "suspended"), 60)
            taken.append((time.perf_counter() - started) * 1000)
    return at_most(
        f"From import to applied abroad when idle, {count:,} held",
        value=median(taken),
        bound=IDLE_MILLISECONDS,
        measured=f"median of {singles}; slowest {max(taken):.0f} ms",
        compared=f"of it the import itself: {median(importing):.0f} ms",
        unit=" ms",
    )
