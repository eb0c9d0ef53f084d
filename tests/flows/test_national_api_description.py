"""The OpenAPI document describes the running service; generated requests are the judge."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, cast

import aiohttp
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.databases import FreshUrl, Kind
from tests.support.live import Pair, client, running_pair
from tests.support.simulation import a_row, put

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
PATHS = {
    "/api/v1/arrangements",
    "/api/v1/decisions",
    "/api/v1/decisions/{id}",
    "/api/v1/decisions/{id}/recomputed",
    "/api/v1/enquiries",
    "/api/v1/enquiries/{id}",
    "/api/v1/extract",
    "/api/v1/extract.csv",
    "/api/v1/extract.xml",
    "/api/v1/messages",
    "/api/v1/messages/{id}",
    "/api/v1/messages/{id}/content",
    "/api/v1/messages/{id}/receipt",
    "/api/v1/openapi.json",
    "/api/v1/operators/{identifier}",
    "/api/v1/partners",
    "/api/v1/suspensions",
    "/healthz",
    "/metrics",
    "/readyz",
}


async def description_of(pair: Pair) -> dict[str, Any]:
    async with client() as session, session.get(f"{_url(pair)}/api/v1/openapi.json") as response:
        assert response.status == 200
        document: dict[str, Any] = await response.json()
        return document


async def test_the_document_names_every_path_and_says_what_each_may_answer(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair:
        document = await description_of(pair)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == PATHS
    ids = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            ids.append(operation["operationId"])
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert {"500", "503"} <= set(operation["responses"])
            assert ("401" in operation["responses"]) is bool(operation["security"])
            assert ("requestBody" in operation) is ("415" in operation["responses"])
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    assert list(response["content"]) == ["application/problem+json"]
    assert len(ids) == len(set(ids))


async def test_every_schema_is_valid_and_every_reference_leads_somewhere(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair:
        document = await description_of(pair)
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(schemas)
    assert {"Declaration", "RecognitionResult", "Problem", "OperatorAnswer"} <= references


async def test_generated_requests_find_no_server_error_and_nothing_undescribed(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair:
        await put(pair.cn.gateway, a_row(1))
        await pair.settle()
        document, key = await description_of(pair), await pair.mn.add_client()
        tried = await asyncio.to_thread(_run, document, url=_url(pair), key=key)
    assert tried == {
        operation["operationId"]
        for each in document["paths"].values()
        for operation in each.values()
    }


async def test_a_request_without_a_key_is_answered_as_described(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair:
        document = await description_of(pair)
        async with aiohttp.ClientSession(_url(pair)) as session:
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    async with session.request(
                        method, path.replace("{", "").replace("}", "")
                    ) as response:
                        assert (response.status == 401) is bool(operation["security"]), path


def _url(pair: Pair) -> str:
    return pair.mn.addresses.national_url


def _run(document: dict[str, Any], *, url: str, key: str) -> set[str]:
    """Sends generated requests, valid and not, to every operation; returns which were tried."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    tried: set[str] = set()
    for result in schema.get_all_operations():
        operation: Any = cast("Any", result).ok()
        raw = operation.definition.raw
        _send(operation, schemathesis.GenerationMode.POSITIVE, key)
        if raw["parameters"] or "requestBody" in raw:
            _send(operation, schemathesis.GenerationMode.NEGATIVE, key)
        tried.add(raw["operationId"])
    return tried


def _send(operation: Any, mode: Any, key: str) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)

    send()
