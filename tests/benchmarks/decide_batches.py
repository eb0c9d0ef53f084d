"""Decisions in batches of 3,000, recorded: on one core, into SQLite on whatever disk is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from mra_gateway.gateway import Gateway
from mra_gateway.model.declarations import Declaration
from mra_gateway.store import results
from mra_gateway.web.answers import DeclarationList
from tests.benchmarks.deciding import as_nouns, as_served, declarations, following, mongolia
from tests.benchmarks.measuring import Finding, at_least, median, said

PER_SECOND = 50_000
TOGETHER = 3_000
AT_A_TIME = 4
T = TypeVar("T")


async def run(folder: Path, *, held: int, batches: int, turns: int) -> list[Finding]:
    """Measures decisions a second, with and without reading the request."""
    alone = declarations(TOGETHER * batches, held=held, importers=False)
    beside = declarations(TOGETHER * batches, held=held)
    asked, more = (
        [as_nouns(one) for one in _parts(alone)],
        [as_nouns(one) for one in _parts(beside)],
    )
    requests = [b'{"declarations":[' + b",".join(one) + b"]}" for one in _parts(alone)]
    rates: dict[str, list[float]] = {"alone": [], "beside": [], "read": []}
    async with mongolia(folder, held=held) as (_, gateway):
        await gateway.decider.decide_fast(asked[0], requested_by="benchmark")
        async with following(gateway):
            with as_served():
                for _ in range(turns):
                    rates["alone"].append(await _rate(gateway, asked))
                    rates["beside"].append(await _rate(gateway, more))
                    rates["read"].append(await _rate_read(gateway, requests))
        reference = as_nouns(alone[-1:])[0].reference
        kept = await gateway.database.read(lambda c: results.of_declaration(c, reference))
    assert len(kept) == 3 * turns + (batches == 1), "not every decision was recorded"
    return [
        at_least(
            f"Decisions in batches of {TOGETHER:,}, recorded in SQLite, one process",
            value=median(rates["alone"]),
            bound=PER_SECOND,
            unit="/s",
            measured=f"about one exporter; {turns} turns of {len(alone):,}, {AT_A_TIME} batches "
            "at a time",
            compared=f"{min(rates['alone']):,.0f} to {max(rates['alone']):,.0f}/s",
        ),
        said(
            "The same with an importer declared beside",
            measured=f"{median(rates['beside']):,.0f}/s",
            compared="two parties judged for each declaration",
        ),
        said(
            "The same from the bytes of the request",
            measured=f"{median(rates['read']):,.0f}/s",
            compared=f"{len(requests[0]) / TOGETHER:.0f} bytes of JSON a declaration",
        ),
    ]


def _parts(contents: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [contents[first : first + TOGETHER] for first in range(0, len(contents), TOGETHER)]


async def _rate(gateway: Gateway, batches: Sequence[Sequence[Declaration]]) -> float:
    async def decide(batch: Sequence[Declaration]) -> None:
        await gateway.decider.decide_fast(batch, requested_by="benchmark")

    return await _decisions_a_second(decide, batches)


async def _rate_read(gateway: Gateway, requests: Sequence[bytes]) -> float:
    async def answer(content: bytes) -> None:
        batch = DeclarationList.model_validate_json(content).declarations
        parts = await gateway.decider.decide_fast(batch, requested_by="benchmark")
        _ = b",".join([one for part in parts for one in part.results])

    return await _decisions_a_second(answer, requests)


async def _decisions_a_second(
    decide: Callable[[T], Awaitable[None]], batches: Sequence[T]
) -> float:
    """Has several callers ask at a time: while one waits for its commit, others are decided."""
    waiting = iter(batches)

    async def call() -> None:
        for batch in waiting:
            await decide(batch)

    started = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(AT_A_TIME)))
    return len(batches) * TOGETHER / (time.perf_counter() - started)
