"""`/api/v1/decisions`: declarations in, recognition results out; stored before they are given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from aiohttp import web
from structlog.contextvars import bind_contextvars

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.read_declaration_xml import XmlReader, zone_of
from mra_gateway.gateway import Gateway
from mra_gateway.model.as_declared import OUT_OF_RANGE, is_in_range
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.recognition import RecognitionResult
from mra_gateway.web.answers import MOST_DECLARATIONS, DecisionList, DeclarationList
from mra_gateway.web.endpoints import (
    JSON,
    XML,
    Call,
    Endpoint,
    PathPart,
    in_ascii,
    load_object,
    parse,
)
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.problems import FieldError, InvalidRequest
from mra_gateway.wire.declaration_json import find_doubled

_ID = PathPart("id", "The id of the result.")


class Decisions:
    """Decides for national systems."""

    def __init__(self, gateway: Gateway, metrics: Metrics) -> None:
        self._gateway = gateway
        self._metrics = metrics

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
            declarations = await asyncio.to_thread(self._read_xml, content)
            results = await self._decide_all(declarations, call, pointer="/{}")
            return _json(b'{"results":[' + b",".join(results) + b"]}")
        if _is_unusual(content) and "declarations" in load_object(content):
            many = parse(content, DeclarationList, reason=Reason.DECLARATION_INVALID)
            check_names(content, many.declarations, names=1)
            results = await self._decide_all(many.declarations, call, pointer="/declarations/{}")
            return _json(b'{"results":[' + b",".join(results) + b"]}")
        one = parse(content, Declaration, reason=Reason.DECLARATION_INVALID)
        check_names(content, [one])
        return _json((await self._decide_all([one], call, pointer=""))[0])

    def _read_xml(self, content: bytes) -> Sequence[Declaration]:
        """Returns the declarations of a document, all of which ask for something to be decided."""
        gateway = self._gateway
        zone = zone_of(gateway.registry, gateway.settings.territory)
        try:
            messages = XmlReader(gateway.registry, zone=zone).read(content)
        except RequestRefused as error:
            wrong = FieldError(error.where or "", in_ascii(error.text))
            raise InvalidRequest(
                "the document is not read", errors=[wrong], reason=error.reason
            ) from None
        if len(messages) > MOST_DECLARATIONS:
            raise RequestRefused(
                f"{len(messages):,} declarations; at most {MOST_DECLARATIONS:,} are taken together",
                reason=Reason.TOO_LARGE,
            )
        undecided = [
            FieldError(
                f"/{number}", f"nothing to decide in this {message.type}: {message.reference!a}"
            )
            for number, message in enumerate(messages)
            if message.declaration is None
        ]
        if undecided:
            raise InvalidRequest(
                "not every declaration in it is one to decide",
                errors=undecided[:20],
                reason=Reason.DECLARATION_INVALID,
            )
        return [one.declaration for one in messages if one.declaration is not None]

    async def _decide_all(
        self, declarations: Sequence[Declaration], call: Call, *, pointer: str
    ) -> list[bytes]:
        for number, declaration in enumerate(declarations):
            check_moment(declaration.accepted_at, field=f"{pointer.format(number)}/accepted_at")
        bind_contextvars(count=len(declarations))
        parts = await self._gateway.decider.decide_fast(declarations, requested_by=call.client)
        self._metrics.count_decisions(parts)
        return [content for part in parts for content in part.results]

    async def _find(self, call: Call) -> web.Response:
        return _found(await self._gateway.decider.find_given(_id_of(call)))

    async def _recompute(self, call: Call) -> web.Response:
        return _found(await self._gateway.decider.compute_again(_id_of(call)))


def check_moment(at: datetime | None, *, field: str) -> None:
    """Requires a moment that exists on every calendar and database this runs on.

    Raises:
        InvalidRequest: `DECLARATION_INVALID`: before 2000, or after 2199.
    """
    if at is not None and not is_in_range(at):
        raise InvalidRequest(
            "a moment is out of range",
            errors=[FieldError(field, OUT_OF_RANGE)],
            reason=Reason.DECLARATION_INVALID,
        )


def check_names(
    content: bytes,
    declarations: Sequence[Declaration] = (),
    *,
    names: int = 0,
    reason: Reason = Reason.DECLARATION_INVALID,
) -> None:
    """Requires that no object names a field twice; nobody could say which of the two counts.

    Raises:
        InvalidRequest: For the reason handed in; says which name.
    """
    doubled = find_doubled(content, declarations=declarations, names=names)
    if doubled is not None:
        raise InvalidRequest(
            "the request is not valid", errors=[FieldError("", doubled)], reason=reason
        )


def _is_unusual(content: bytes) -> bool:
    """Says whether it may be no declaration, but a list or no JSON: only such is read twice."""
    return content[:1] != b"{" or any(word in content for word in _UNUSUAL)


_UNUSUAL = (b"declarations", b"NaN", b"Infinity")


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
