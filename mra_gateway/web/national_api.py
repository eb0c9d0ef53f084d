"""The national API: JSON for systems of the administration itself, on a port of its own.

It is made to stand inside the administration's perimeter and therefore speaks plain HTTP on
127.0.0.1 unless told otherwise; to reach it over a network, put it behind the administration's own
TLS terminator. Every address under `/api/v1` except the OpenAPI document needs an API key
(`Authorization: Bearer mra_…`), kept as its hash; the addresses for supervision need none.

1. the key names the client; without one, or with a wrong one, 401
2. the client has a token left; a stranger's failures are counted by where it comes from
3. the endpoint's own work; the body is read within limits
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler
from structlog.contextvars import bind_contextvars

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import KEY_PREFIX
from mra_gateway.gateway import Gateway
from mra_gateway.web.decisions import Decisions
from mra_gateway.web.endpoints import JSON, Call, Endpoint
from mra_gateway.web.enquiries import Enquiries
from mra_gateway.web.extract import Extracts
from mra_gateway.web.health import Health
from mra_gateway.web.limits import RateLimiter
from mra_gateway.web.messages import Messages
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.middleware import answer_errors
from mra_gateway.web.openapi import openapi
from mra_gateway.web.operators import Operators
from mra_gateway.web.partners import Partners
from mra_gateway.web.suspensions import Suspensions

NAME = "national"
OPENAPI_PATH = "/api/v1/openapi.json"
_SCHEME = "Bearer "


async def national_app(
    gateway: Gateway, *, metrics: Metrics, is_working: Callable[[], bool]
) -> web.Application:
    """Returns the application.

    Args:
        gateway: The parts.
        metrics: Of this gateway.
        is_working: Says whether messages are being delivered.

    Raises:
        StoreError: The database failed.
    """
    health = Health(gateway, metrics, is_working=is_working)
    await health.begin()
    description = _Description()
    endpoints: list[Endpoint] = [
        *Decisions(gateway, metrics).endpoints(),
        *Operators(gateway).endpoints(),
        *Extracts(gateway).endpoints(),
        *Partners(gateway).endpoints(),
        *Suspensions(gateway).endpoints(),
        *Messages(gateway).endpoints(),
        *Enquiries(gateway).endpoints(),
        *health.endpoints(),
        description.endpoint(),
    ]
    description.document = json.dumps(openapi(endpoints), ensure_ascii=False).encode()
    gate = _Gate(gateway)
    app = web.Application(middlewares=[answer_errors(NAME, metrics=metrics)])
    for endpoint in endpoints:
        app.router.add_route(endpoint.method, endpoint.path, gate.before(endpoint))
    return app


class _Gate:
    """Lets clients through to endpoints."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._settings = gateway.settings.national_api
        self._rate = RateLimiter(self._settings.requests_per_minute, clock=gateway.clock)
        self._failures = RateLimiter(self._settings.requests_per_minute, clock=gateway.clock)

    def before(self, endpoint: Endpoint) -> Handler:
        """Returns the handler of an endpoint, with the gate in front of it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            client = await self._identify(request) if endpoint.needs_key else ""
            call = Call(request, client, self._settings.max_bytes, self._settings.request_seconds)
            if endpoint.needs_key and endpoint.query is None:
                call.refuse_query()
            return await endpoint.handle(call)  # 3

        return handle

    async def _identify(self, request: web.Request) -> str:
        given = request.headers.get("Authorization", "")
        key = given.removeprefix(_SCHEME).strip()
        client = None
        if given.startswith(_SCHEME) and key.startswith(KEY_PREFIX):
            client = await self._gateway.authenticator.find_client(key)  # 1
        if client is None:
            self._failures.take(request.remote or "")  # 2
            raise RequestRefused("no valid API key", reason=Reason.NOT_AUTHENTICATED)
        bind_contextvars(client=client.id)
        self._rate.take(client.id)  # 2
        return client.name


class _Description:
    """The OpenAPI document, itself one of the endpoints it describes."""

    document = b""

    def endpoint(self) -> Endpoint:
        """Returns the row of this endpoint."""
        return Endpoint(
            "getDescription",
            "GET",
            OPENAPI_PATH,
            "Returns this description.",
            self._show,
            {200: JSON},
            needs_key=False,
        )

    async def _show(self, _call: Call) -> web.Response:
        return web.Response(body=self.document, content_type=JSON)
