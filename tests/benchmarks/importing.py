"""Imports made-up operators into a home's own register, as a process of its own.

`python -m tests.benchmarks.importing HOME FIRST COUNT STATUS` imports a range of operators and
prints how long it took; `python -m tests.benchmarks.importing HOME FILE [dry-run]` has the command
line import a file, as an officer does, and prints how long that took and the most memory it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path

from mra_gateway.cli.program import app
from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import open_gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import OfficerName
from tests.benchmarks.measuring import peak_megabytes
from tests.benchmarks.operators import register_file, row


async def run(home: Path, *, first: int, count: int, status: Status) -> dict[str, object]:
    """Imports a range of operators and says what it took."""
    file = register_file(row(number, status=status) for number in range(first, first + count))
    async with open_gateway(home) as gateway:
        started = time.perf_counter()
        report = await gateway.importer.apply(
            file, mode=ImportMode.CHANGES, officer=OfficerName("benchmark")
        )
        seconds = time.perf_counter() - started
    assert report.outcome is ImportOutcome.APPLIED, report.problems[:3]
    return {"seconds": seconds, "queued": report.queued}


def import_file(home: Path, file: Path, *, dry_run: bool) -> dict[str, object]:
    """Has the command line import a file; says what it took of time and memory."""
    officer = next(home.glob("*.password"))
    asked = ["register", "import", str(file), "--mode", "changes", "--home", str(home)]
    asked += ["--officer", officer.stem, "--password-file", str(officer)]
    printed = io.StringIO()
    started = time.perf_counter()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        app([*asked, *(["--dry-run"] if dry_run else [])], prog_name="mra-gateway")
    seconds = time.perf_counter() - started
    last = "dry run: nothing was changed" if dry_run else "applied; "
    assert last in printed.getvalue(), printed.getvalue()[-2000:]
    return {"seconds": seconds, "peak": peak_megabytes(os.getpid())}


if __name__ == "__main__":
    home = Path(sys.argv[1])
    if len(sys.argv) == 5:
        first, count, status = sys.argv[2:]
        ranged = run(home, first=int(first), count=int(count), status=Status(status))
        print(json.dumps(asyncio.run(ranged)))
    else:
        print(json.dumps(import_file(home, Path(sys.argv[2]), dry_run=len(sys.argv) > 3)))
