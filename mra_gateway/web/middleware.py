"""What every request goes through: errors become problem documents, one log line, one measurement.

A line tells the route's pattern, never the path: it may hold an operator's identifier.
"""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from structlog.contextvars import bind_contextvars, clear_contextvars

from mra_gateway.errors import GatewayError, Reason
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.problems import problem, problem_of, problem_of_http, reason_of_http

_log = structlog.get_logger(__name__)
NO_ROUTE = "none"


def answer_errors(api: str, *, metrics: Metrics) -> Middleware:
    """Returns the outermost middleware of an API.

    Args:
        api: Its name, in log lines and metrics.
        metrics: Where requests are measured.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        clear_contextvars()
        loop = asyncio.get_running_loop()
        started = loop.time()
        route = route_of(request)
        response = await _answer(request, handler)
        seconds = loop.time() - started
        metrics.observe_request(api, route=route, status=response.status, seconds=seconds)
        _log.info(
            "request",
            api=api,
            method=request.method,
            route=route,
            status=response.status,
            seconds=round(seconds, 4),
        )
        return response

    return middleware


def route_of(request: web.Request) -> str:
    """Returns the pattern of the route a request took."""
    resource = request.match_info.route.resource
    return NO_ROUTE if resource is None else resource.canonical


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        bind_contextvars(reason=reason_of_http(error))
        response = problem_of_http(error)
    except GatewayError as error:
        bind_contextvars(reason=error.reason)
        response = problem_of(error)
        if getattr(error, "close", False):
            response.force_close()
    except ConnectionError:
        raise  # the caller has gone
    except Exception as error:  # noqa: BLE001 - told to the log by type and place; nothing leaks
        _log.error("request failed", exc_info=error)
        bind_contextvars(reason=Reason.INTERNAL)
        response = problem(Reason.INTERNAL, "something went wrong here; it is in our log")
    return response
