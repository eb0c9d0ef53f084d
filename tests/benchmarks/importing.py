"""Imports made-up operators into a home's own register, as a process of its own.

`python -m tests.benchmarks.importing HOME FIRST COUNT STATUS` prints how long it took and how much
memory this process had.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import open_gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import OfficerName
from tests.benchmarks.measuring import peak_megabytes
from tests.benchmarks.operators import register_file, row


async def run(home: Path, *, first: int, count: int, status: Status) -> dict[str, object]:
    """Imports a range of operators and says what it took."""
    file = register_file([row(number, status=status) for number in range(first, first + count)])
    async with open_gateway(home) as gateway:
        started = time.perf_counter()
        report = await gateway.importer.apply(
            file, mode=ImportMode.CHANGES, officer=OfficerName("benchmark")
        )
        seconds = time.perf_counter() - started
    assert report.outcome is ImportOutcome.APPLIED, report.problems[:3]
    return {
        "seconds": seconds,
        "queued": report.queued,
        "peak": peak_megabytes(os.getpid()),
    }


if __name__ == "__main__":
    home, first, count, status = sys.argv[1:]
    said = asyncio.run(run(Path(home), first=int(first), count=int(count), status=Status(status)))
    print(json.dumps(said))
