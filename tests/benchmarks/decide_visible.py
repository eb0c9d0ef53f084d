"""How soon a suspension the partner sent is seen in decisions of every process.

Two `serve` processes of Mongolia share one PostgreSQL. China posts a suspension to the first; both
are asked about the operator every few milliseconds until the answer changes. The time runs from the
moment the message was received, before it was verified.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import func, select

from mra_gateway.cli.demo.homes import CN, MN, confirm, make_home, pin
from mra_gateway.cli.demo.processes import GatewayProcess, free_port
from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import Gateway, open_gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import outbox
from mra_gateway.store.exchange_tables import messages
from tests.benchmarks.asking import Connection, written
from tests.benchmarks.deciding import environment
from tests.benchmarks.measuring import Finding, at_most, median
from tests.benchmarks.operators import register_file, row
from tests.support.postgres import PostgresServer

BOUND = 1.0
HELD = 200
EVERY_SECONDS = 0.002
GIVE_UP_SECONDS = 30.0
DECIDE = "/api/v1/decisions"
_OFFICER = Actor(
    name=OfficerName("benchmark"), display_name="Benchmark", roles=frozenset(OfficerRole)
)


async def run(folder: Path, *, suspensions: int) -> list[Finding]:
    """Measures suspensions, one after the other."""
    server = PostgresServer()
    server.start()
    try:
        url = server.url(server.new_database(migrated=False))
        async with _two_processes(folder, url) as (china, mongolia, ports):
            key = await mongolia.database.write(
                lambda c: mongolia.authenticator.add_client(c, "benchmark", by=_OFFICER)
            )
            asking = [Connection(port) for port in ports]
            for one in asking:
                await one.open()
            late = [
                await _suspend(number, china, mongolia, asking, key)
                for number in range(1, suspensions + 1)
            ]
            for one in asking:
                await one.close()
    finally:
        server.stop()
    first, second = zip(*late, strict=True)
    return [
        at_most(
            "A suspension is seen by decisions of both processes on one PostgreSQL",
            value=max(*first, *second),
            bound=BOUND,
            unit=" s",
            measured=f"the latest of {suspensions}, from its receipt",
            compared=f"median {median(first):.3f} s in the process that received it, "
            f"{median(second):.3f} s in the other",
        )
    ]


@asynccontextmanager
async def _two_processes(
    folder: Path, url: str
) -> AsyncIterator[tuple[Gateway, Gateway, list[int]]]:
    """Opens both homes, with China's operators listed and Mongolia served twice."""
    ports, on_postgres = [free_port(), free_port()], {"MRA_GATEWAY_DATABASE__URL": url}
    of_the_second = {
        "MRA_GATEWAY_NATIONAL_API__PORT": str(ports[1]),
        "MRA_GATEWAY_PARTNER_API__PORT": str(free_port()),
    }
    async with AsyncExitStack() as opened:
        cn = await make_home(CN, folder / "cn", partner_port=free_port(), national_port=free_port())
        china = await opened.enter_async_context(open_gateway(cn.home))
        with environment(on_postgres):
            mn = await make_home(
                MN, folder / "mn", partner_port=free_port(), national_port=ports[0]
            )
            mongolia = await opened.enter_async_context(open_gateway(mn.home))
        await pin(china, cn, theirs=mongolia)
        await pin(mongolia, mn, theirs=china)
        await confirm(mongolia, mn)
        await _import(china, range(1, HELD + 1), Status.VALID)
        await confirm(china, cn)
        served = [GatewayProcess(mn.home, national_port=port) for port in ports]
        for process, more in zip(served, ({}, of_the_second), strict=True):
            with environment(on_postgres | more):
                process.launch()
            opened.callback(process.stop)
        for process in served:
            await asyncio.to_thread(process.wait_ready)
        await _deliver(china)
        yield china, mongolia, ports


async def _suspend(
    number: int, china: Gateway, mongolia: Gateway, asking: list[Connection], key: str
) -> tuple[float, ...]:
    """Returns after how many seconds each process answered otherwise."""
    question = _question(number, key)
    for one in asking:
        await _until(one, question, recognised=True)
    await _import(china, [number], Status.SUSPENDED)
    seen = [asyncio.create_task(_until(one, question, recognised=False)) for one in asking]
    await _deliver(china)
    changed = await asyncio.gather(*seen)
    received: datetime = await mongolia.database.read(
        lambda c: c.scalar(
            select(func.max(messages.c.stored_at)).where(messages.c.direction == "in")
        )
    )
    return tuple((at - received).total_seconds() for at in changed)


async def _until(connection: Connection, question: bytes, *, recognised: bool) -> datetime:
    """Asks until the answer is as wanted, and returns when it was."""
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while True:
            answer = orjson.loads(await connection.ask(question))
            if answer["recognised"] is recognised:
                return datetime.now(UTC)
            await asyncio.sleep(EVERY_SECONDS)


async def _import(gateway: Gateway, numbers: Iterable[int], status: Status) -> None:
    report = await gateway.importer.apply(
        register_file(row(number, status=status) for number in numbers),
        mode=ImportMode.CHANGES,
        officer=OfficerName("benchmark"),
    )
    assert report.outcome is ImportOutcome.APPLIED, report.problems[:3]


async def _deliver(gateway: Gateway) -> None:
    """Delivers what waits, until nothing does."""
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while await gateway.database.read(outbox.oldest_unsettled) is not None:
            await gateway.dispatcher.run_once()


def _question(number: int, key: str) -> bytes:
    body = orjson.dumps(
        {
            "reference": f"visible-{number}",
            "type": "import",
            "parties": [{"role": "exporter", "identifier": row(number).authorisation}],
        }
    )
    return written("POST", DECIDE, key=key, body=body)
