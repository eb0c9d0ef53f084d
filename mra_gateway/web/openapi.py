"""The OpenAPI 3.1 document of the national API, made from its endpoints and their models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from mra_gateway.web.answers import Problem
from mra_gateway.web.endpoints import JSON, Endpoint
from mra_gateway.web.problems import MEDIA_TYPE

API_VERSION = "1.0"
"""Version of the API, not of the product."""

_REF = "#/components/schemas/{model}"
_KEY_REFUSALS = (401, 429)
_ALWAYS = (500, 503)
_PATTERN = re.compile(r"\{(\w+):[^}]+\}")
_MEANING = {
    200: "Done.",
    202: "Taken; the answer follows.",
    304: "As it was.",
    400: "The request is not valid.",
    401: "No valid API key.",
    404: "Not there.",
    408: "The request did not arrive in time.",
    409: "Not possible as things stand.",
    410: "Purged.",
    413: "Too large.",
    415: "Not a media type that is taken.",
    422: "A value is not acceptable.",
    429: "Too many requests; see Retry-After.",
    500: "Something went wrong here.",
    503: "Not now; see Retry-After.",
}
_Schemas = Mapping[tuple[Any, JsonSchemaMode], dict[str, Any]]


def openapi(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Returns the document for some endpoints."""
    schemas, definitions = models_json_schema(
        sorted(_models(endpoints), key=lambda each: (each[0].__name__, each[1])),
        ref_template=_REF,
    )
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = _PATTERN.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MRA Gateway: national API",
            "version": API_VERSION,
            "description": (
                "For systems of the administration itself, inside its perimeter. Recognition "
                "results are values for the national system, not appealable decisions."
            ),
        },
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, `mra_…`, shown once when the client was added.",
                }
            },
        },
    }


def _models(endpoints: Iterable[Endpoint]) -> set[tuple[type[BaseModel], JsonSchemaMode]]:
    found: set[tuple[type[BaseModel], JsonSchemaMode]] = {(Problem, "serialization")}
    for endpoint in endpoints:
        found.update((model, "validation") for model in endpoint.body)
        for content in endpoint.answers.values():
            if not isinstance(content, str):
                found.update((model, "serialization") for model in content)
    return found


def _operation(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": _responses(endpoint, schemas),
        "security": [{"key": []}] if endpoint.needs_key else [],
    }
    if endpoint.body:
        others = {media: {"schema": {"type": "string"}} for media in endpoint.body_as}
        as_json = {"schema": _one_of(endpoint.body, schemas, mode="validation")}
        operation["requestBody"] = {"required": True, "content": {JSON: as_json, **others}}
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": part.name,
            "in": "path",
            "required": True,
            "description": part.description,
            "schema": dict(part.schema),
        }
        for part in endpoint.parts
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    schema = endpoint.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(field)}
        for name, field in schema.get("properties", {}).items()
    ]


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent or has a value; it is never null."""
    kept = [each for each in field.get("anyOf", ()) if each.get("type") != "null"]
    rest = {key: value for key, value in field.items() if key not in {"anyOf", "default", "title"}}
    if field.get("default") is not None:
        rest["default"] = field["default"]
    return {**rest, **kept[0]} if kept else rest


def _responses(endpoint: Endpoint, schemas: _Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    refusals = {*endpoint.refusals, *_ALWAYS, *(_KEY_REFUSALS if endpoint.needs_key else ())}
    for status in sorted(refusals):
        content = {MEDIA_TYPE: {"schema": schemas[Problem, "serialization"]}}
        responses[str(status)] = {"description": _MEANING[status], "content": content}
    for status, answered in endpoint.answers.items():
        if isinstance(answered, str):
            kind = "object" if answered == JSON else "string"
            content = {answered: {"schema": {"type": kind}}} if answered else {}
        else:
            content = {JSON: {"schema": _one_of(answered, schemas, mode="serialization")}}
        known = responses.get(str(status), {"content": {}})
        responses[str(status)] = {
            "description": _MEANING[status],
            "content": {**known["content"], **content},
        }
    return dict(sorted(responses.items()))


def _one_of(
    models: Sequence[type[BaseModel]], schemas: _Schemas, *, mode: JsonSchemaMode
) -> dict[str, Any]:
    found = [schemas[model, mode] for model in models]
    return found[0] if len(found) == 1 else {"oneOf": found}
