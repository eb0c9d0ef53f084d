"""A suspension ordered beside a running service: within a second in its answers, and listed."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from mra_gateway.flows.suspend import SuspensionOrder
from mra_gateway.gateway import build
from mra_gateway.model.trust import RawMessage
from mra_gateway.store.database import open_database
from tests.support.databases import FreshUrl, Kind
from tests.support.live import (
    CN,
    MN,
    answer_of,
    client,
    live_side,
    running,
    signed,
    this_moment,
    until,
)
from tests.support.messages import a_list_part, a_listed_operator, a_record
from tests.support.restrained import FIRST, OLGA, a_granting_registry, an_order
from tests.support.simulation import prepare, settings_of

SECOND = timedelta(seconds=1)
DECLARATION: dict[str, Any] = {
    "reference": "D-1",
    "type": "import",
    "parties": [{"role": "exporter", "identifier": FIRST}],
}


async def test_a_suspension_is_seen_by_a_running_service_within_a_second(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    registry, url = a_granting_registry(), fresh_database_url(database_kind)
    async with running(
        live_side(MN), home=tmp_path / "mn", database_url=url, registry=registry
    ) as mn:
        await prepare(mn.gateway, partner=live_side(CN))
        told = signed(
            live_side(CN),
            a_list_part(
                a_listed_operator(operator=a_record(tin=FIRST, authorisation=f"AEO{FIRST}")),
                created_at=this_moment(),
            ),
        )
        await mn.gateway.receiver.receive(
            RawMessage(
                content=told,
                arrived_at=mn.gateway.clock.now(),
                peer_certificate=live_side(CN).peer,
            )
        )
        # an officer's command is another process: parts of its own over the same database
        desk = build(
            settings_of(MN),
            clock=mn.gateway.clock,
            database=open_database(url),
            registry=registry,
            signer=mn.side.signer,
        )
        key = await mn.add_client()

        async with client() as session:

            async def ask(method: str, path: str, **options: Any) -> Any:
                address = mn.addresses.national_url + path
                headers = {"Authorization": f"Bearer {key}"}
                async with session.request(method, address, headers=headers, **options) as response:
                    answer = await answer_of(response)
                assert answer.status == 200, answer
                return json.loads(answer.body)

            async def reasons() -> set[str]:
                decided = await ask("POST", "/api/v1/decisions", json=DECLARATION)
                return {one["reason"] for one in decided["results"][0]["benefits"]}

            async def is_granted() -> bool:
                return "OK" in await reasons()

            await until(is_granted)
            order = SuspensionOrder(**an_order())
            try:
                done = await desk.database.write(lambda c: desk.suspender.order(c, order, by=OLGA))
            finally:
                await desk.close()
            committed_at = mn.gateway.clock.now()
            while "BENEFITS_SUSPENDED" not in await reasons():
                assert mn.gateway.clock.now() < committed_at + SECOND
                await asyncio.sleep(0.01)
            (shown,) = (await ask("GET", "/api/v1/suspensions"))["suspensions"]
    assert (shown["id"], shown["tin"], shown["confirmed"]) == (done.id, FIRST, False)
    assert done.reason not in json.dumps(shown), "the words are for our own officers"
