"""The extract over HTTP: every form, what has not changed, what changed since, and refusals."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import text

from mra_gateway.settings import data_folder
from tests.flows.test_national_api import Caller, code_of
from tests.support.databases import FreshUrl, Kind
from tests.support.live import client, running_pair, until
from tests.support.simulation import a_row, put


async def test_a_declaration_system_loads_the_extract_and_then_what_changed(
    tmp_path: Path,
    fresh_database_url: FreshUrl,
    database_kind: Kind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MRA_GATEWAY_EXTRACT__VIEW_MINUTES", "0.002")
    async with (
        running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair,
        client() as session,
    ):
        mn = Caller(session, pair.mn.addresses.national_url, await pair.mn.add_client())
        await put(pair.cn.gateway, a_row(1), a_row(2))
        await pair.settle()

        full = await mn.get("/api/v1/extract")
        assert (full.status, full.content_type) == (200, "application/json")
        document = json.loads(full.body)
        mark = document["end"]["mark"]
        assert [one["tin"] for one in document["operators"]] == ["CN3302400001", "CN3302400002"]
        *lines, _ = full.body.splitlines(keepends=True)
        assert hashlib.sha256(b"".join(lines)).hexdigest() == document["end"]["digest"]

        same = await mn.get("/api/v1/extract", headers={"If-None-Match": f'"{mark}"'})
        assert (same.status, same.body) == (304, b"")

        table = await mn.get("/api/v1/extract.csv?partner=CN")
        assert (table.status, table.content_type) == (200, "text/csv")
        rows = list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"))))
        assert rows[-1][:2] == ["end of file", "2"]

        xml = await mn.get("/api/v1/extract.xml")
        assert (xml.status, xml.content_type) == (200, "application/xml")
        schema = data_folder("schemas") / "extract" / "1.0" / "extract.xsd"
        etree.XMLSchema(etree.parse(schema)).assertValid(etree.fromstring(xml.body))

        await put(pair.cn.gateway, a_row(3))
        await pair.settle()
        changed = await mn.get("/api/v1/extract", headers={"If-None-Match": f'"{mark}"'})
        assert changed.status == 200
        delta = json.loads((await mn.get(f"/api/v1/extract?since={mark}")).body)
        assert [(one["change"], one["tin"]) for one in delta["operators"]] == [
            ("added", "CN3302400003")
        ]

        async def is_in_view() -> bool:
            query = text("SELECT count(*) FROM recognised_operators")
            return await pair.mn.gateway.database.read(lambda c: c.scalar(query) == 3)

        await until(is_in_view)  # a system that reads the database finds the same

        assert code_of(await mn.get("/api/v1/extract?since=x")) == (400, "REQUEST_INVALID")
        assert code_of(await mn.get("/api/v1/extract?partner=china")) == (400, "REQUEST_INVALID")
        nobody = Caller(session, mn.url, "mra_none")
        assert code_of(await nobody.get("/api/v1/extract")) == (401, "NOT_AUTHENTICATED")
