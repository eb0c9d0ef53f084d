"""What an endpoint of the national API is: the row its route and its description are made of."""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.base import Noun
from mra_gateway.model.faults import faults_of
from mra_gateway.web.limits import read_body
from mra_gateway.web.problems import FieldError, InvalidRequest

JSON = "application/json"
XML = "application/xml"
M = TypeVar("M", bound=BaseModel)
_MOST_ERRORS = 20


class Call(NamedTuple):
    """One request of a national system.

    Attributes:
        client: Name of the system; empty where no key is needed.
    """

    request: web.Request
    client: str
    max_bytes: int
    seconds: float

    async def read(self, *media: str) -> bytes:
        """Returns the body, said to be of one of these media types and not too long.

        Raises:
            RequestRefused: `MEDIA_TYPE_NOT_TAKEN`, `TOO_LARGE`, `REQUEST_TIMEOUT`.
        """
        encoding = self.request.headers.get("Content-Encoding", "identity")
        if self.request.content_type not in media or encoding != "identity":
            raise RequestRefused(
                f"{' or '.join(media)}, not compressed, is taken here",
                reason=Reason.MEDIA_TYPE_NOT_TAKEN,
            )
        content = await read_body(self.request, max_bytes=self.max_bytes, seconds=self.seconds)
        if len(content) > self.max_bytes:
            raise RequestRefused(f"longer than {self.max_bytes} bytes", reason=Reason.TOO_LARGE)
        return content

    def query(self, model: type[M]) -> M:
        """Returns the query parameters; one that is not known is an error.

        Raises:
            InvalidRequest: Names the parameters that are wrong.
        """
        try:
            return model.model_validate(dict(self.request.query), strict=False)
        except ValidationError as error:
            raise InvalidRequest(
                "a parameter is not valid", errors=_field_errors(error, prefix="")
            ) from None

    def refuse_query(self) -> None:
        """Requires that no parameter stands behind the address: it would change nothing.

        Raises:
            InvalidRequest: Names the parameters.
        """
        if self.request.rel_url.raw_query_string:
            raise InvalidRequest(
                "no parameter is taken here",
                errors=[
                    FieldError(in_ascii(name)[:100], "is no parameter that is known here")
                    for name in list(dict.fromkeys(self.request.query))[:_MOST_ERRORS]
                ],
            )

    def path(self, name: str) -> str:
        """Returns a part of the path, decoded."""
        return self.request.match_info[name]


Handle = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True)
class PathPart:
    """A parameter in the path.

    Attributes:
        schema: Its JSON Schema.
    """

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True)
class Endpoint:
    """One endpoint.

    Attributes:
        id: Its `operationId`.
        answers: Status → models, or the media type where the answer is not JSON; empty where it has
            no content.
        refusals: Statuses of problem documents, besides those every endpoint has.
        body: The models a body may be, as JSON.
        body_as: Other media types it may have, whose form is not ours.
        query: The model of the query parameters; without one, none is taken.
        needs_key: Whether an API key is needed.
    """

    id: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    handle: Handle
    answers: Mapping[int, Sequence[type[BaseModel]] | str]
    refusals: Sequence[int] = ()
    parts: Sequence[PathPart] = ()
    body: Sequence[type[BaseModel]] = ()
    body_as: Sequence[str] = ()
    query: type[BaseModel] | None = None
    needs_key: bool = True


def parse(content: bytes, model: type[M], *, reason: Reason = Reason.REQUEST_INVALID) -> M:
    """Returns a JSON body as a model.

    Raises:
        InvalidRequest: Not JSON, or fields that are wrong; says where.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        errors = _field_errors(error, prefix="/")
        if error.errors(include_input=False, include_url=False)[0]["type"] == "json_invalid":
            reason = Reason.REQUEST_INVALID
        raise InvalidRequest("the request is not valid", errors=errors, reason=reason) from None


def load_object(content: bytes) -> dict[str, Any]:
    """Returns a JSON object as it stands.

    Raises:
        InvalidRequest: Not JSON, or not an object.
    """
    try:
        value = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        why = _no_json(content) or in_ascii(str(error))[:120]
        raise InvalidRequest("not JSON", errors=[FieldError("", why)]) from None
    if not isinstance(value, dict):
        raise InvalidRequest("not a JSON object", errors=[FieldError("", "an object is needed")])
    return value


def in_ascii(text: str) -> str:
    """Returns text with every other character as an escape."""
    return ascii(text)[1:-1].replace("\\'", "'")


def _no_json(content: bytes) -> str | None:
    """Returns what a body is that does not even begin as JSON, where that can be told."""
    if not content.strip():
        return "the body is empty"
    mark = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    return mark and f"the body begins with the mark of {mark}; write UTF-8 without a mark"


_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def answer(
    model: Noun, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Returns a model as the JSON answer."""
    return web.Response(
        status=status,
        body=model.model_dump_json().encode(),
        content_type=JSON,
        headers=dict(headers or {}),
    )


def _field_errors(error: ValidationError, *, prefix: str) -> list[FieldError]:
    return [
        FieldError(prefix * bool(each.where) + "/".join(map(_pointer_part, each.where)), each.text)
        for each in faults_of(error)[:_MOST_ERRORS]
    ]  # the whole of a document is the empty pointer: "/" is a field without a name


def _pointer_part(part: int | str) -> str:
    return str(part)[:100].replace("~", "~0").replace("/", "~1")
