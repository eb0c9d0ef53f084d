"""`/api/v1/decisions`: declarations in, recognition results out; stored before they are given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web
from structlog.contextvars import bind_contextvars

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.read_declaration_xml import XmlReader, zone_of
from mra_gateway.gateway import Gateway
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.web.answers import DecisionList, DeclarationList
from mra_gateway.web.declarations import is_list, read_list, read_xml
from mra_gateway.web.endpoints import JSON, XML, Call, Endpoint, PathPart
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.together import Together

_ID = PathPart("id", "The id of the result.")


class Decisions:
    """Decides for national systems."""

    def __init__(self, gateway: Gateway, metrics: Metrics) -> None:
        self._gateway = gateway
        self._metrics = metrics
        self._together = Together(gateway.decider, metrics)

    def endpoints(self) -> Sequence[Endpoint]:
        """Returns the rows of these endpoints."""
        return (
            Endpoint(
                "decide",
                "POST",
                "/api/v1/decisions",
                "Decides one declaration, or up to 3,000 together; as XML, in whatever form of "
                "declarations this administration knows (WCO Data Model, national ones).",
                self._decide,
                {200: (RecognitionResult, DecisionList)},
                (400, 408, 413, 415, 422),
                body=(Declaration, DeclarationList),
                body_as=(XML,),
            ),
            Endpoint(
                "getDecision",
                "GET",
                "/api/v1/decisions/{id}",
                "Returns a result as it was given.",
                self._find,
                {200: (RecognitionResult,)},
                (404, 410),
                parts=(_ID,),
            ),
            Endpoint(
                "recomputeDecision",
                "GET",
                "/api/v1/decisions/{id}/recomputed",
                "Computes a result again, from what was known when it was given.",
                self._recompute,
                {200: (RecognitionResult,)},
                (404, 410),
                parts=(_ID,),
            ),
        )

    async def _decide(self, call: Call) -> web.Response:
        content = await call.read(JSON, XML)
        if call.request.content_type == XML:
            declarations = await asyncio.to_thread(read_xml, content, self._xml_reader())
            return await self._decide_all(declarations, call)
        if is_list(content):
            return await self._decide_all(read_list(content), call)
        result = await self._together.decide(content, client=call.client)
        bind_contextvars(count=1)
        return _json(result)

    def _xml_reader(self) -> XmlReader:
        registry = self._gateway.registry
        return XmlReader(registry, zone=zone_of(registry, self._gateway.settings.territory))

    async def _decide_all(self, declarations: Sequence[Declaration], call: Call) -> web.Response:
        bind_contextvars(count=len(declarations))
        parts = await self._gateway.decider.decide_fast(declarations, requested_by=call.client)
        self._metrics.count_decisions(parts)
        results = b",".join(content for part in parts for content in part.results)
        return _json(b'{"results":[%b]}' % results)

    async def _find(self, call: Call) -> web.Response:
        return _found(await self._gateway.decider.find_given(_id_of(call)))

    async def _recompute(self, call: Call) -> web.Response:
        return _found(await self._gateway.decider.compute_again(_id_of(call)))


def _json(content: bytes) -> web.Response:
    """Returns what was written as JSON already, for speed."""
    return web.Response(body=content, content_type=JSON)


def _id_of(call: Call) -> str:
    id_ = call.path("id")
    return id_ if id_.isascii() and id_.isprintable() else "-"


def _found(result: bytes | None) -> web.Response:
    if result is None:
        raise RequestRefused("no result of this id", reason=Reason.NOT_FOUND)
    return _json(result)
