"""Single decisions over HTTP, beside a static JSON answer of the same server; in turns.

The server is a process as `serve` runs it, whoever asks is another one. Per answer the table also
says how much of a core the server took, which does not depend on who else is on the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from mra_gateway.cli.demo.processes import START_SECONDS, free_port
from tests.benchmarks.asking import Connection, written
from tests.benchmarks.decide_batches import TOGETHER
from tests.benchmarks.deciding import declarations, environment, mongolia
from tests.benchmarks.decision_server import NOT_RECORDED, STATIC
from tests.benchmarks.measuring import Finding, at_least, median, said
from tests.benchmarks.single_changes import Turns

DECIDE = "/api/v1/decisions"
CONNECTIONS = 32
NOT_RECORDED_SHARE = 0.5
RECORDED_SHARE = 0.25


class Rate(NamedTuple):
    """What a turn gave: answers a second, and the server's own time for one."""

    per_second: float
    milliseconds: float


async def run(folder: Path, *, held: int, turns: Turns) -> list[Finding]:
    """Measures answers a second."""
    port = free_port()
    async with mongolia(folder, held=held, national_port=port) as (side, gateway):
        first = side.officers[0]
        key = await gateway.database.write(
            lambda c: gateway.authenticator.add_client(c, "benchmark", by=first)
        )
    contents = [one.decode() for one in declarations(TOGETHER, held=held)]
    singles, batches = folder / "singles.json", folder / "batches.json"
    singles.write_text(json.dumps(contents))
    batches.write_text(json.dumps(['{"declarations":[' + ",".join(contents) + "]}"]))
    rates: dict[str, list[Rate]] = {"static": [], "decided": [], "recorded": [], "batches": []}
    async with _server(side.home, port) as process:
        ask = _Asker(port, key, process.pid)
        ways = {
            "static": ask.of("GET", STATIC, None, CONNECTIONS),
            "decided": ask.of("POST", NOT_RECORDED, singles, CONNECTIONS),
            "recorded": ask.of("POST", DECIDE, singles, CONNECTIONS),
            "batches": ask.of("POST", DECIDE, batches, 2),
        }
        for way in ways.values():
            await ask(way, seconds=1)
        for _ in range(turns.times):
            for name, way in ways.items():
                rates[name].append(await ask(way, seconds=turns.seconds))
    return [
        _beside(rates, "decided", "One decision over HTTP, not recorded", NOT_RECORDED_SHARE),
        _beside(rates, "recorded", "One decision over HTTP, recorded", RECORDED_SHARE),
        said(
            f"Batches of {TOGETHER:,} over HTTP, recorded",
            measured=f"{median(one.per_second for one in rates['batches']) * TOGETHER:,.0f} "
            "decisions/s",
            compared="one process that reads, decides, records and answers",
        ),
    ]


def _beside(rates: dict[str, list[Rate]], name: str, what: str, bound: float) -> Finding:
    ours, static = rates[name], rates["static"]
    return at_least(
        what,
        value=median(
            one.per_second / other.per_second for one, other in zip(ours, static, strict=True)
        ),
        bound=bound,
        unit=" ×",
        measured=_shown(ours),
        compared=f"{_shown(static)}: static JSON, same server, same key, {CONNECTIONS} connections",
    )


def _shown(rates: list[Rate]) -> str:
    per_second = median(one.per_second for one in rates)
    return f"{per_second:,.0f}/s ({median(one.milliseconds for one in rates):.3f} ms of the server)"


class _Asker:
    def __init__(self, port: int, key: str, pid: int) -> None:
        self._port, self._key, self._pid = port, key, pid

    def of(self, method: str, path: str, bodies: Path | None, connections: int) -> list[str]:
        """Returns the arguments of the asking process, but for the seconds."""
        where = "" if bodies is None else str(bodies)
        return [str(self._port), method, path, self._key, where, str(connections)]

    async def __call__(self, arguments: list[str], *, seconds: float) -> Rate:
        before = _cpu_seconds(self._pid)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.benchmarks.asking",
            *arguments,
            str(seconds),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, "a request was refused"
        said = json.loads(out)
        took = _cpu_seconds(self._pid) - before
        return Rate(said["answered"] / said["seconds"], took / said["answered"] * 1000)


@asynccontextmanager
async def _server(home: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    unlimited = {"MRA_GATEWAY_NATIONAL_API__REQUESTS_PER_MINUTE": "100000000"}
    with environment(unlimited), (home / "serve.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.benchmarks.decision_server",
            str(home),
            stdout=log,
            stderr=log,
        )
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _answers(port):
                assert process.returncode is None, (home / "serve.log").read_text()[-2000:]
                await asyncio.sleep(0.05)
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        connection = Connection(port)
        await connection.open()
        await connection.ask(written("GET", "/readyz", key=""))
        await connection.close()
    except (OSError, RuntimeError, asyncio.IncompleteReadError):
        return False
    return True


def _cpu_seconds(pid: int) -> float:
    """Returns what a process has taken of the processors (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
