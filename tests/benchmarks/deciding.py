"""A Mongolia that holds operators of China, and the declarations it is asked to decide.

The home is made as an administration makes one; what China told is written into the store as its
lists are. Of a hundred declarations 85 name the authorisation number as issued, 10 the TIN, and 5 a
number nobody has: each asks about one exporter, beside an importer that is no AEO where wanted.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
from sqlalchemy import Connection

from mra_gateway.cli.demo.homes import ARRANGEMENT, CN, LEGAL_ACT, MN, Side, make_home
from mra_gateway.cli.demo.processes import free_port
from mra_gateway.gateway import Gateway, open_gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration
from mra_gateway.store import facts, feed
from tests.benchmarks.operators import record

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_SLICE = 5_000


@asynccontextmanager
async def mongolia(
    folder: Path, *, held: int, database_url: str = "", national_port: int | None = None
) -> AsyncIterator[tuple[Side, Gateway]]:
    """Opens Mongolia's home, with some operators of China held and the arrangement confirmed."""
    with environment({"MRA_GATEWAY_DATABASE__URL": database_url} if database_url else {}):
        side = await make_home(
            MN,
            folder / "mn",
            partner_port=free_port(),
            national_port=free_port() if national_port is None else national_port,
        )
        async with open_gateway(side.home) as gateway:
            await confirm(gateway, side)
            at = gateway.clock.now()
            for first in range(1, held + 1, _SLICE):
                numbers = range(first, min(first + _SLICE, held + 1))
                await gateway.database.write(
                    lambda c, numbers=numbers: hold(c, numbers, at=at)  # type: ignore[misc]
                )
            yield side, gateway


async def confirm(gateway: Gateway, side: Side) -> None:
    """Has two officers confirm the arrangement."""
    first, second = side.officers
    request = await gateway.database.write(
        lambda c: gateway.overseer.request_confirmation(
            c, ARRANGEMENT, legal_act=LEGAL_ACT, act_on=date(2026, 1, 5), by=first
        )
    )
    await gateway.database.write(lambda c: gateway.approver.approve(c, request, by=second))


def hold(connection: Connection, numbers: Iterable[int], *, at: datetime) -> None:
    """Has operators held as China lists them."""
    feed.advance(connection, at=at, issuer=CN, arrangement=ARRANGEMENT)
    new = []
    for number in numbers:
        operator = record(number)
        new.append(
            facts.NewFact(
                key=facts.Key(operator.tin, operator.programme, operator.authorisation),
                episode=operator.episode,
                record_version=1,
                status=Status.VALID,
                effective_from=SINCE,
                cause="listed",
                record=operator.model_dump_json(exclude_defaults=True),
            )
        )
    facts.add(connection, facts.Register(CN, ARRANGEMENT), new, at=at)


def declarations(count: int, *, held: int, importers: bool = True) -> list[bytes]:
    """Returns declarations as JSON, the operators spread evenly over those held."""
    chance = random.Random(3)
    accepted_at = datetime.now(UTC) - timedelta(hours=1)
    return [
        orjson.dumps(
            {
                "reference": f"26MN{number:010d}",
                "type": "import",
                "accepted_at": accepted_at + timedelta(milliseconds=chance.randrange(3_000_000)),
                "parties": [
                    {"role": "exporter", "identifier": _identifier(chance, held)},
                    {"role": "importer", "name": f"Importer {number % 977} LLC"},
                ][: 2 if importers else 1],
            },
            option=orjson.OPT_UTC_Z,
        )
        for number in range(count)
    ]


def as_nouns(contents: Iterable[bytes]) -> list[Declaration]:
    """Returns declarations read."""
    return [Declaration.model_validate_json(content) for content in contents]


def _identifier(chance: random.Random, held: int) -> str:
    operator, which = chance.randrange(1, held + 1), chance.random()
    if which < 0.85:
        return f"AEOCN99{operator:08d}"
    return f"CN99{operator:08d}" if which < 0.95 else f"AEOCN98{operator:08d}"


@contextmanager
def as_served() -> Iterator[None]:
    """Has the collector look as often as in a serving process."""
    before, switch = gc.get_threshold(), sys.getswitchinterval()
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    try:
        yield
    finally:
        sys.setswitchinterval(switch)
        gc.set_threshold(*before)
        gc.unfreeze()


@asynccontextmanager
async def following(gateway: Gateway) -> AsyncIterator[None]:
    """Has the index follow the register, as in a serving process: nobody who asks reads it."""
    await gateway.follower.current()
    task = asyncio.create_task(gateway.follower.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables for as long as the context lasts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
