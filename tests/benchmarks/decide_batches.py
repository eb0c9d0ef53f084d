"""Decisions in batches of 3,000, recorded: on one core, into SQLite on whatever disk is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import orjson

from mra_gateway.gateway import Gateway
from mra_gateway.model.declarations import Declaration
from mra_gateway.store import results
from mra_gateway.web.answers import DeclarationList
from tests.benchmarks.deciding import as_nouns, as_served, declarations, mongolia
from tests.benchmarks.measuring import Finding, at_least, median, said

PER_SECOND = 50_000
TOGETHER = 3_000
AT_A_TIME = 2
T = TypeVar("T")


async def run(folder: Path, *, held: int, batches: int, turns: int) -> list[Finding]:
    """Measures decisions a second, with and without reading the request."""
    contents = declarations(TOGETHER * batches, held=held)
    asked = [
        as_nouns(contents[first : first + TOGETHER]) for first in range(0, len(contents), TOGETHER)
    ]
    requests = [
        b'{"declarations":[' + b",".join(contents[first : first + TOGETHER]) + b"]}"
        for first in range(0, len(contents), TOGETHER)
    ]
    async with mongolia(folder, held=held) as (_, gateway):
        await gateway.decider.decide_fast(asked[0], requested_by="benchmark")
        recorded, read = [], []
        with as_served():
            for _ in range(turns):
                recorded.append(await _rate(gateway, asked))
                read.append(await _rate_read(gateway, requests))
        alone = orjson.loads(
            (await gateway.decider.decide_fast(asked[-1][:1], requested_by="benchmark"))[0].results[
                0
            ]
        )
        kept = await gateway.database.read(lambda c: results.of_declaration(c, alone["reference"]))
    assert len(kept) == 2 * turns + 1 + (batches == 1), "not every decision was recorded"
    return [
        at_least(
            f"Decisions in batches of {TOGETHER:,}, recorded in SQLite, one process",
            value=median(recorded),
            bound=PER_SECOND,
            unit="/s",
            measured=f"two parties each; {AT_A_TIME} batches at a time, {turns} turns of "
            f"{len(contents):,}",
            compared=f"{min(recorded):,.0f} to {max(recorded):,.0f}/s",
        ),
        said(
            "The same from the bytes of the request",
            measured=f"{median(read):,.0f}/s",
            compared=f"{len(requests[0]) / TOGETHER:.0f} bytes of JSON a declaration",
        ),
    ]


async def _rate(gateway: Gateway, batches: Sequence[Sequence[Declaration]]) -> float:
    async def decide(batch: Sequence[Declaration]) -> None:
        await gateway.decider.decide_fast(batch, requested_by="benchmark")

    return await _decisions_a_second(decide, batches)


async def _rate_read(gateway: Gateway, requests: Sequence[bytes]) -> float:
    async def answer(content: bytes) -> None:
        batch = DeclarationList.model_validate_json(content).declarations
        sheets = await gateway.decider.decide_fast(batch, requested_by="benchmark")
        _ = b",".join([one for sheet in sheets for one in sheet.results])

    return await _decisions_a_second(answer, requests)


async def _decisions_a_second(
    decide: Callable[[T], Awaitable[None]], batches: Sequence[T]
) -> float:
    """Has two callers ask at a time: while one waits for its commit, the other is decided."""
    waiting = iter(batches)

    async def call() -> None:
        for batch in waiting:
            await decide(batch)

    started = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(AT_A_TIME)))
    return len(batches) * TOGETHER / (time.perf_counter() - started)
