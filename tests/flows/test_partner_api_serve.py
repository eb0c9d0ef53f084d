"""Serving from start to stop: addresses, signals, a dispatcher that dies, what the log tells."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import aiohttp
import pytest
import structlog
from sqlalchemy import text
from yarl import URL

from mra_gateway.clock import SystemClock
from mra_gateway.errors import GatewayError, Reason, SetupError
from mra_gateway.gateway import Gateway
from mra_gateway.settings import PartnerApiSettings
from mra_gateway.web.logs import configure_logs
from mra_gateway.web.serve import Addresses, Service, serve
from tests.support.databases import FreshUrl, Kind
from tests.support.live import (
    CN,
    MN,
    Live,
    client,
    client_of,
    gateway_in,
    live_side,
    now,
    running_pair,
    signed,
    until,
)
from tests.support.messages import a_ping
from tests.support.simulation import a_row, prepare, put


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = before


@pytest.fixture
async def gateway(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> AsyncIterator[Gateway]:
    url = fresh_database_url(database_kind)
    async with gateway_in(
        tmp_path / "mn",
        side=live_side(MN),
        database_url=url,
        partner_api=PartnerApiSettings(at_once=1),
    ) as opened:
        await prepare(opened, partner=live_side(CN))
        yield opened


class Served:
    """A gateway being served in a task."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.end = asyncio.Event()
        self._told: asyncio.Future[Addresses] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(serve(gateway, ready=self._told.set_result, stop=self.end))

    async def live(self) -> Live:
        async with asyncio.timeout(20):
            addresses = await self._told
        return Live(live_side(MN), self.gateway, Service(self.gateway), addresses)

    async def ended(self) -> None:
        async with asyncio.timeout(30):
            await self.task


async def test_both_addresses_are_told_once_they_listen_and_are_closed_at_the_end(
    gateway: Gateway, tmp_path: Path
) -> None:
    served = Served(gateway)
    live = await served.live()
    ping = signed(live_side(CN), a_ping(created_at=now()))
    async with (
        client_of(live_side(CN), to=live, folder=tmp_path) as post,
        client() as session,
    ):
        assert (await post(ping)).status == 200
        async with session.get(f"{live.addresses.national_url}/healthz") as response:
            assert response.status == 200
        served.end.set()
        await served.ended()
        with pytest.raises(aiohttp.ClientConnectionError):
            await post(ping)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{live.addresses.national_url}/healthz")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_without_an_error(gateway: Gateway, number: signal.Signals) -> None:
    served = Served(gateway)
    await served.live()
    os.kill(os.getpid(), number)
    await served.ended()


async def test_a_request_under_way_is_finished_before_it_ends(
    gateway: Gateway, tmp_path: Path
) -> None:
    content = signed(live_side(CN), a_ping(created_at=now()))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield content[:100]
        begun.set()
        await go_on.wait()
        yield content[100:]

    served = Served(gateway)
    live = await served.live()
    async with client_of(live_side(CN), to=live, folder=tmp_path) as post:
        under_way = asyncio.create_task(post(slow()))
        await begun.wait()

        async def is_under_way() -> bool:  # it then holds the only place
            return (await post(b"")).status == 503

        await until(is_under_way)
        served.end.set()
        go_on.set()
        assert (await under_way).status == 200
    await served.ended()


async def test_it_ends_with_an_error_when_nothing_is_delivered_any_more(gateway: Gateway) -> None:
    class Dying:
        async def run(self) -> NoReturn:
            raise MemoryError

    broken = dataclasses.replace(gateway, dispatcher=Dying())  # type: ignore[arg-type]
    with pytest.raises(GatewayError) as ended:
        await Served(broken).ended()
    assert ended.value.reason is Reason.INTERNAL
    assert isinstance(ended.value.__cause__, MemoryError)


async def test_it_ends_when_a_newer_version_has_upgraded_the_database(gateway: Gateway) -> None:
    serving = asyncio.create_task(serve(gateway))
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await gateway.database.write(lambda c: c.execute(newer))
    with pytest.raises(SetupError) as ended:
        await asyncio.wait_for(serving, timeout=10)
    assert ended.value.reason is Reason.DATABASE_TOO_NEW


async def test_a_port_that_is_taken_is_said_before_anything_starts(
    gateway: Gateway,
) -> None:
    served = Served(gateway)
    live = await served.live()
    port = int(live.addresses.national_url.rpartition(":")[2])
    taken = gateway.settings.model_copy(
        update={"national_api": gateway.settings.national_api.model_copy(update={"port": port})}
    )
    second = dataclasses.replace(gateway, settings=taken)
    with pytest.raises(SetupError) as refused:
        await Served(second).ended()
    assert refused.value.where == f"127.0.0.1:{port}"
    served.end.set()
    await served.ended()


NAME, AUTHORISATION = "宁波虚构国际贸易有限公司", "BY/0042/ТИП 3"


async def test_a_days_log_tells_messages_and_outcomes_and_no_operator(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    stream = io.StringIO()
    configure_logs("DEBUG", clock=SystemClock(), stream=stream)
    limits = PartnerApiSettings(max_bytes=100_000)
    async with running_pair(
        tmp_path, fresh_url=fresh_database_url, kind=database_kind, partner_api=limits
    ) as pair:
        await put(pair.cn.gateway, a_row(1, legal_name=NAME, authorisation=AUTHORISATION))
        await pair.settle()
        key = await pair.mn.add_client("Single Window")
        statuses = await _work(pair.mn.addresses.national_url, key)
        async with client_of(pair.cn.side, to=pair.mn, folder=tmp_path) as post:
            statuses += [(await post(content)).status for content in _odd_messages()]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) > len(statuses)
    assert {200, 400, 403, 404, 422} <= {line["status"] for line in requests}
    delivered = [line for line in requests if line.get("kind") == "StatusNotification"]
    assert [(line["partner"], line["outcome"]) for line in delivered] == [("CN", "accepted")]
    assert all(len(line["message_id"]) == 36 and line["seconds"] >= 0 for line in delivered)
    for secret in (NAME, AUTHORISATION, "3302400001", "HOSTILE", key, key[4:20], "Single Window"):
        for form in (secret, ascii(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret)):
            assert form not in stream.getvalue(), form


async def _work(url: str, key: str) -> list[int]:
    """Looks operators up and decides declarations, well and badly."""
    declaration: dict[str, Any] = {
        "reference": "HOSTILE reference",
        "type": "import",
        "parties": [{"role": "exporter", "identifier": "CN3302400001", "name": NAME}],
    }
    paths = [
        f"/api/v1/operators/{quote(identifier, safe='')}"
        for identifier in (AUTHORISATION, "CN3302400001", "CNHOSTILE", "HOSTILE\n{}")
    ]
    statuses = []
    async with client() as session:
        headers = {"Authorization": f"Bearer {key}"}
        for path in paths:
            async with session.get(URL(url + path, encoded=True), headers=headers) as answer:
                statuses.append(answer.status)
        for body in (declaration, {**declaration, "HOSTILE": NAME}):
            async with session.post(
                url + "/api/v1/decisions", json=body, headers=headers
            ) as answer:
                statuses.append(answer.status)
        async with session.get(url + "/api/v1/HOSTILE") as answer:
            statuses.append(answer.status)
    return statuses


def _odd_messages() -> list[bytes]:
    forged = signed(live_side(CN), a_ping(created_at=now()))
    return [
        b"<HOSTILE>",
        "<HOSTILE>宁波虚构国际贸易有限公司</HOSTILE>".encode(),
        forged.replace(b"<SenderID>CN", b"<SenderID>HOSTILE"),
    ]
