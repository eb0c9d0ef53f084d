"""A gateway as `serve` runs it, with two routes of the benchmark's own beside those of the product.

`python -m tests.benchmarks.decision_server HOME`: one route gives a static JSON document, the other
decides and records nothing. Both go through the same middleware and need the same key.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from mra_gateway.flows.decide import Decider
from mra_gateway.flows.record import Recorder, Sheet
from mra_gateway.gateway import Gateway, open_gateway
from mra_gateway.web import national_api, serve
from mra_gateway.web.decisions import Decisions
from mra_gateway.web.endpoints import JSON, Call, Endpoint
from mra_gateway.web.metrics import Metrics

STATIC = "/benchmark/static"
NOT_RECORDED = "/benchmark/decisions"
_DOCUMENT = b'{"status":"alive"}'


class Forgetful(Recorder):
    """Keeps nothing."""

    def keep(self, sheet: Sheet) -> asyncio.Future[None]:
        """Returns what is done already."""
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


async def with_routes(gateway: Gateway, *, metrics: Metrics, **parts: Any) -> web.Application:
    """Returns the national API with the two routes."""
    app = await national_api.national_app(gateway, metrics=metrics, **parts)
    database, clock = gateway.database, gateway.clock
    decider = Decider(
        database=database,
        follower=gateway.follower,
        recorder=Forgetful(database=database, clock=clock),
        clock=clock,
    )
    forgetful = replace(gateway, decider=decider)
    decide = Decisions(forgetful, metrics).endpoints()[0]
    static = Endpoint("static", "GET", STATIC, "A static answer.", _static, {200: JSON})
    gate = national_api._Gate(gateway)  # the same gate as before every endpoint
    for endpoint in (static, replace(decide, path=NOT_RECORDED)):
        app.router.add_route(endpoint.method, endpoint.path, gate.before(endpoint))
    return app


async def _static(_call: Call) -> web.Response:
    return web.Response(body=_DOCUMENT, content_type=JSON)


async def run(home: Path) -> None:
    """Serves until told to stop."""
    serve.national_app = with_routes  # type: ignore[attr-defined]
    async with open_gateway(home) as gateway:
        await serve.serve(gateway)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
