"""Single changes, one message each, against the same parts bare; in turns, for a minute in all.

While one is measured the other is halted where it is (SIGSTOP), so that both meet the same machine.
Counted are messages settled: durable on both sides, receipt verified.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from mra_gateway.cli.demo.processes import free_port
from mra_gateway.settings import load_settings
from tests.benchmarks.bare_exchange import Sender
from tests.benchmarks.measuring import Finding, at_least, median
from tests.benchmarks.pair import Pair, make_pair

BOUND = 0.6
HELD = 1000
"""Operators both sides know before the measurement begins."""

FASTEST = 400
"""More messages a second than any machine we know sends: so many are queued beforehand."""


class Turns(NamedTuple):
    """How long each turn lasts, and how many there are."""

    seconds: float
    times: int


async def run(folder: Path, *, lanes: int, turns: Turns) -> list[Finding]:
    """Measures single changes on some lanes."""
    async with make_pair(folder, lanes=lanes) as pair:
        await pair.import_rows(1, HELD)
        await pair.confirm()
        with pair.serving(merge=False):
            await pair.quiet()
            queued = int(FASTEST * turns.seconds * (turns.times + 1) / lanes)
            pair.pause()
            await pair.import_rows(HELD + 1, queued)
            async with bare_sender(pair) as bare:
                ours, alone = await _measure(pair, bare, lanes=lanes, turns=turns)
            assert pair.unsettled(), "the queue ran dry: the rate would be too low"
    ratio = median(one / other for one, other in zip(ours, alone, strict=True))
    where = "one lane" if lanes == 1 else f"{lanes} lanes ({lanes} arrangements)"
    return [
        at_least(
            f"Single changes, merging off, {where}, {turns.seconds * turns.times:.0f} s",
            value=ratio,
            bound=BOUND,
            measured=f"{median(ours):.0f} messages/s",
            compared=f"{median(alone):.0f}/s: the same parts bare",
        )
    ]


async def _measure(
    pair: Pair, bare: Sender, *, lanes: int, turns: Turns
) -> tuple[list[float], list[float]]:
    ours, alone = [], []
    await bare.run(seconds=1, lanes=lanes)
    await rate(pair, seconds=1)
    for _ in range(turns.times):
        ours.append(await rate(pair, seconds=turns.seconds))
        alone.append(await bare.run(seconds=turns.seconds, lanes=lanes))
    return ours, alone


async def rate(pair: Pair, *, seconds: float) -> float:
    """Lets the gateways go on for some seconds; returns how many messages a second they settled."""
    before, started = pair.settled(), time.perf_counter()
    pair.go_on()
    await asyncio.sleep(seconds)
    pair.pause()
    return (pair.settled() - before) / (time.perf_counter() - started)


@asynccontextmanager
async def bare_sender(pair: Pair) -> AsyncIterator[Sender]:
    """Starts the receiving process of the bare exchange and returns its sender."""
    port = free_port()
    china, mongolia = pair.china.home, pair.mongolia.home
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.bare_exchange",
        str(mongolia),
        str(china),
        str(port),
        stdout=asyncio.subprocess.PIPE,
    )
    sender = Sender(load_settings(china), mongolia, port=port)
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        await sender.open()
        yield sender
    finally:
        await sender.close()
        process.terminate()
        await process.wait()
