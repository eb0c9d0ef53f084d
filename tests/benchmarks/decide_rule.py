"""The rule per declaration in this process, beside the same rule in SQL; both give the same."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mra_gateway.cli.demo.homes import ARRANGEMENT, CN, MN
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.recognition.index import HeldFact, HeldRecord, HoldingKey, Index, Shape, describe
from tests.benchmarks.deciding import SINCE, as_nouns, as_served, declarations, mongolia
from tests.benchmarks.measuring import Finding, at_least, at_most, median, said
from tests.benchmarks.national_sql import Given, NationalSql
from tests.benchmarks.operators import CN_AEO, record
from tests.support.postgres import PostgresServer

FASTER = 20
FLAT = 1.5
_BENEFITS = (
    "document_check_lower",
    "inspection_lower",
    "inspection_priority",
    "liaison",
    "disruption_priority",
)
"""What Mongolia's own AEOs get in the homes of the demonstration."""


class Sizes(NamedTuple):
    """How much is measured.

    Attributes:
        held: Operators held.
        asked: Declarations in one turn.
        turns: How often each is measured.
    """

    held: int
    asked: int
    turns: int


async def beside_sql(folder: Path, *, sizes: Sizes) -> list[Finding]:
    """Measures the rule beside the same rule in SQL."""
    asked = as_nouns(declarations(sizes.asked, held=sizes.held))
    server = PostgresServer()
    server.start()
    sql = NationalSql(server.url(server.new_database(migrated=False)))
    try:
        async with mongolia(folder, held=sizes.held) as (_, gateway):
            recogniser = await gateway.follower.current()
            await sql.open(
                range(1, sizes.held + 1),
                arrangement=gateway.registry.get_arrangement(ARRANGEMENT),
                at_home=_BENEFITS,
                us=MN,
            )
            given = [given_by(one) for one in answers(recogniser, asked)]
            days = [recogniser.state.book.day(one.accepted_at or SINCE) for one in asked]
            pairs = list(zip(asked, days, strict=True))
            assert given == await sql.decide_all(pairs), "the two do not give the same"
            recognised = sum(bool(one.benefits) for one in given)
            ours, theirs = [], []
            with as_served():
                for _ in range(sizes.turns):
                    ours.append(microseconds(recogniser, asked))
                    theirs.append(await _microseconds_of(sql, pairs))
    finally:
        await sql.close()
        server.stop()
    return [
        at_least(
            f"The rule for one declaration, {sizes.held:,} operators held, in process",
            value=median(after / before for before, after in zip(ours, theirs, strict=True)),
            bound=FASTER,
            unit=" ×",
            measured=f"{median(ours):.1f} µs with its JSON; all {len(asked):,} the same in both, "
            f"{recognised:,} with benefits",
            compared=f"{median(theirs):.0f} µs: SQL on PostgreSQL, one pooled connection",
        )
    ]


async def flat(folder: Path, *, small: int, large: int, loaded: Sizes) -> list[Finding]:
    """Measures decisions with few and with many operators held, and what holding them takes."""
    async with mongolia(folder, held=loaded.held) as (_, gateway):
        load = await _microseconds_to_load(gateway, loaded.held)
        state = (await gateway.follower.current()).state
    few = Recogniser(replace(state, index=index_of(small)))
    before = resident()
    many = Recogniser(replace(state, index=index_of(large)))
    size = (resident() - before) / large
    asked = {
        recogniser: as_nouns(declarations(loaded.asked, held=held))
        for recogniser, held in ((few, small), (many, large))
    }
    times: dict[Recogniser, list[float]] = {few: [], many: []}
    with as_served():
        for _ in range(loaded.turns):
            for recogniser in (few, many):
                times[recogniser].append(microseconds(recogniser, asked[recogniser]))
    ratio = median(after / one for one, after in zip(times[few], times[many], strict=True))
    return [
        at_most(
            f"The rule for one declaration with {large:,} operators held",
            value=ratio,
            bound=FLAT,
            unit=" ×",
            measured=f"{median(times[many]):.1f} µs",
            compared=f"{median(times[few]):.1f} µs with {small:,} held",
        ),
        said(
            "One operator in the index",
            measured=f"{size:,.0f} bytes, {load:.0f} µs to load from a database of {loaded.held:,}",
            compared=f"{large:,} operators in memory",
        ),
    ]


def answers(recogniser: Recogniser, asked: Iterable[Declaration]) -> Iterator[bytes]:
    """Yields the answers as JSON."""
    at = datetime.now(UTC)
    for one in asked:
        decided = recogniser.decide(one, result_id="benchmark", decided_at=at)
        yield decided.content


def given_by(answer: bytes) -> Given:
    """Returns what an answer gives, as far as SQL says it too."""
    parties: list[dict[str, Any]] = orjson.loads(answer)["results"]
    return Given(
        frozenset(one["tin"] for one in parties if one["recognised"]),
        frozenset(
            benefit["code"]
            for one in parties
            for benefit in (*one["benefits"], *one["holder_benefits"])
            if benefit["granted"]
        ),
    )


def microseconds(recogniser: Recogniser, asked: Sequence[Declaration]) -> float:
    """Returns what one decision and its JSON take."""
    started = time.perf_counter()
    for _ in answers(recogniser, asked):
        pass
    return (time.perf_counter() - started) / len(asked) * 1e6


async def _microseconds_of(sql: NationalSql, pairs: list[tuple[Declaration, date]]) -> float:
    started = time.perf_counter()
    await sql.decide_all(pairs)
    return (time.perf_counter() - started) / len(pairs) * 1e6


async def _microseconds_to_load(gateway: Gateway, held: int) -> float:
    started = time.perf_counter()
    await gateway.follower.catch_up()
    return (time.perf_counter() - started) / held * 1e6


def index_of(count: int) -> Index:
    """Returns an index filled directly, with the same operators as a database holds."""
    index = Index()
    gc.disable()
    for number in range(1, count + 1):
        one = record(number)
        names = (str(one.legal_name), *(name.text for name in one.names))
        held = HeldRecord(
            Shape.of(one.tier, one.roles), one.expires_on, describe(names, one.addresses)
        )
        key = HoldingKey(CN, ARRANGEMENT, one.tin, CN_AEO, one.authorisation)
        fact = HeldFact(SINCE, number, Status.VALID.value, held)
        index.put(key, (fact,), number=one.authorisation)
    gc.enable()
    return index


def resident() -> int:
    """Returns the memory this process has now, in bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
