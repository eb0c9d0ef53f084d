"""The one table error → HTTP status, and the problem documents (RFC 9457) that say so.

A problem holds our words only. Of what a partner sent nothing comes back: where a text of ours may
quote the sender, the place in the document or the step of the verification is told instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from mra_gateway.errors import (
    DeliveryError,
    GatewayError,
    MalformedMessage,
    MessageRejected,
    Reason,
    RequestRefused,
    StoreError,
    UntrustedMessage,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:mra-gateway:problem:"

STATUS: Mapping[Reason, int] = {
    Reason.TOO_LARGE: 413,
    Reason.REQUEST_TIMEOUT: 408,
    Reason.RATE_LIMITED: 429,
    Reason.TOO_MANY_AT_ONCE: 503,
    Reason.MEDIA_TYPE_NOT_TAKEN: 415,
    Reason.METHOD_NOT_ALLOWED: 405,
    Reason.NOT_FOUND: 404,
    Reason.DATA_PURGED: 410,
    Reason.NOT_AUTHENTICATED: 401,
    Reason.TLS_PEER_UNKNOWN: 403,
    Reason.NOT_PERMITTED: 403,
    Reason.REQUEST_INVALID: 400,
    Reason.DECLARATION_INVALID: 422,
    Reason.IDENTIFIER_INVALID: 422,
    Reason.ALREADY_EXISTS: 409,
    Reason.STATE_NOT_SUITABLE: 409,
    Reason.SECOND_OFFICER_REQUIRED: 409,
    Reason.APPROVAL_ALREADY_DECIDED: 409,
    Reason.ARRANGEMENT_UNKNOWN: 404,
    Reason.ARRANGEMENT_NOT_CONFIRMED: 409,
    Reason.ARRANGEMENT_NOT_IN_FORCE: 409,
    Reason.NOT_A_PARTY: 409,
    Reason.PARTNER_NOT_PINNED: 409,
    Reason.SCHEMA_VERSION_UNKNOWN: 422,
    Reason.SCHEMA_VIOLATION: 422,
    Reason.VALUE_NOT_ALLOWED: 422,
    Reason.KIND_NOT_ACCEPTED: 422,
    Reason.DATABASE_BUSY: 503,
    Reason.DATABASE_UNREACHABLE: 503,
    Reason.DATABASE_INCONSISTENT: 503,
    Reason.INTERNAL: 500,
}
"""Reasons with a status of their own; the others have that of their class."""

_BY_CLASS: tuple[tuple[type[GatewayError], int], ...] = (
    (UntrustedMessage, 403),
    (MessageRejected, 400),
    (RequestRefused, 400),
    (DeliveryError, 502),
    (StoreError, 503),
)
_OF_STATUS: Mapping[int, Reason] = {
    404: Reason.NOT_FOUND,
    405: Reason.METHOD_NOT_ALLOWED,
    413: Reason.TOO_LARGE,
    415: Reason.MEDIA_TYPE_NOT_TAKEN,
}
RETRY_SECONDS = 5
"""When to ask again after a 503."""

_ABBREVIATIONS = re.compile(r"\b(tls|nfc|utf8|xml|id)\b")
_SAFE_PLACE = re.compile(
    r"(?:(?:line|column|byte) \d{1,9}|[A-Za-z]\w{0,60}|[ ,/]|\[\d{1,9}\]){1,60}"
)


class FieldError(NamedTuple):
    """What is wrong with one field of a request.

    Attributes:
        field: JSON Pointer (RFC 6901) to it, or the name of a parameter.
        detail: What is wrong; never the value.
    """

    field: str
    detail: str


class InvalidRequest(RequestRefused):
    """A request whose fields are not what they should be.

    Attributes:
        errors: Which, and what is wrong with each.
    """

    def __init__(
        self,
        text: str,
        *,
        errors: Sequence[FieldError] = (),
        reason: Reason = Reason.REQUEST_INVALID,
    ) -> None:
        self.errors = tuple(errors)
        super().__init__(text, reason=reason)


def status_of(error: GatewayError) -> int:
    """Returns the HTTP status an error leads to."""
    if isinstance(error, UntrustedMessage):
        return 403
    status = STATUS.get(error.reason)
    if status is not None:
        return status
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)


def problem(
    reason: Reason,
    detail: str,
    *,
    status: int | None = None,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Returns a problem document.

    Args:
        reason: The code others may rely on; it gives title and type.
        detail: A sentence of ours.
        status: Where it is not the reason's own.
        errors: Which fields are wrong.
        headers: To send along (`Retry-After`, `Allow`, …).
    """
    status = STATUS.get(reason, 500) if status is None else status
    document: dict[str, object] = {
        "type": f"{TYPE_PREFIX}{reason}",
        "title": title_of(reason),
        "status": status,
        "code": str(reason),
        "detail": detail,
    }
    fields = [error._asdict() for error in errors]
    if fields:
        document["errors"] = fields
    extra = dict(headers or {})
    if status == 503:
        extra.setdefault("Retry-After", str(RETRY_SECONDS))
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=True).encode(),
        content_type=MEDIA_TYPE,
        headers=extra,
    )


def problem_of(error: GatewayError) -> web.Response:
    """Returns the problem document for an error of ours."""
    headers: dict[str, str] = {}
    if error.reason is Reason.NOT_AUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="mra-gateway"'
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return problem(
        error.reason,
        detail_of(error),
        status=status_of(error),
        errors=error.errors if isinstance(error, InvalidRequest) else (),
        headers=headers,
    )


def problem_of_http(error: web.HTTPException) -> web.Response:
    """Returns the problem document in place of aiohttp's own answer."""
    reason = reason_of_http(error)
    kept = {name: value for name, value in error.headers.items() if name == "Allow"}
    return problem(
        reason, _HTTP_DETAIL.get(reason, error.reason), status=error.status, headers=kept
    )


def reason_of_http(error: web.HTTPException) -> Reason:
    """Returns the reason an HTTP status of aiohttp's own stands for."""
    reason = _OF_STATUS.get(error.status)
    if reason is not None:
        return reason
    return Reason.REQUEST_INVALID if error.status < 500 else Reason.INTERNAL


_HTTP_DETAIL = {
    Reason.NOT_FOUND: "there is nothing at this address",
    Reason.METHOD_NOT_ALLOWED: "this address does not take the method",
}


def detail_of(error: GatewayError) -> str:
    """Returns what may be told of an error, without a word of what was sent."""
    if isinstance(error, UntrustedMessage) and error.verdict.steps:
        last = error.verdict.steps[-1]
        return f"refused at step {last.number} of the verification, {last.name}; nothing was taken"
    if isinstance(error, MalformedMessage):
        place = error.where or ""
        at = f" at {place}" if _SAFE_PLACE.fullmatch(place) else ""
        return f"the document is refused{at}; nothing was taken"
    if isinstance(error, RequestRefused):
        return ascii(error.text)[1:-1][:500]
    if isinstance(error, StoreError):
        return "the store cannot be used at the moment"
    return title_of(error.reason)


def title_of(reason: Reason) -> str:
    """Returns the title of a problem type: the code in words."""
    words = _ABBREVIATIONS.sub(lambda found: found[0].upper(), reason.lower().replace("_", " "))
    return words[0].upper() + words[1:]
