"""The national API of a running gateway: every endpoint, who may use it, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from mra_gateway.clock import HandMovedClock
from mra_gateway.settings import NationalApiSettings
from mra_gateway.store import results
from tests.support import declared
from tests.support.databases import FreshUrl, Kind
from tests.support.declared import SAMPLES
from tests.support.live import (
    CN,
    MN,
    Answer,
    Pair,
    answer_of,
    client,
    client_of,
    live_side,
    now,
    running,
    running_pair,
    until,
)
from tests.support.postgres import PostgresServer
from tests.support.simulation import CN_MN, a_row, put

DECLARATION: dict[str, Any] = {
    "reference": "MN-2026-000123",
    "type": "import",
    "parties": [{"role": "exporter", "identifier": "CN3302400001", "name": "Ningbo Trading 1"}],
}


@dataclass
class Caller:
    """A national system with its key."""

    session: aiohttp.ClientSession
    url: str
    key: str

    async def get(self, path: str, **options: Any) -> Answer:
        return await self._ask("GET", path, **options)

    async def post(self, path: str, content: Any, **options: Any) -> Answer:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return await self._ask("POST", path, data=body, headers=headers, **options)

    async def _ask(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.key}", **options.pop("headers", {})}
        async with self.session.request(
            method, URL(self.url + path, encoded=True), headers=headers, **options
        ) as response:
            return await answer_of(response)


def read(answer: Answer, *, status: int = 200) -> Any:
    """Returns the JSON of an answer with the status expected."""
    assert answer.status == status, answer
    return json.loads(answer.body)


def code_of(answer: Answer) -> tuple[int, str]:
    """Returns status and reason code of a problem document."""
    assert answer.content_type == "application/problem+json", answer
    return answer.status, json.loads(answer.body)["code"]


@pytest.fixture
async def pair(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> AsyncIterator[Pair]:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as running:
        yield running


@pytest.fixture
async def mn(pair: Pair) -> AsyncIterator[Caller]:
    async with client() as session:
        yield Caller(session, pair.mn.addresses.national_url, await pair.mn.add_client())


async def exchange(pair: Pair) -> None:
    """Has Mongolia hold two of China's operators."""
    await put(
        pair.cn.gateway,
        a_row(1),
        a_row(2, authorisation="BY/0042/ТИП 3", legal_name="宁波虚构国际贸易有限公司"),
    )
    await pair.settle()


async def test_a_declaration_is_decided_and_the_result_is_found_again(
    pair: Pair, mn: Caller
) -> None:
    await exchange(pair)
    given = read(await mn.post("/api/v1/decisions", DECLARATION))
    assert given["recognised"] is True
    assert given["reference"] == DECLARATION["reference"]
    assert read(await mn.get(f"/api/v1/decisions/{given['id']}")) == given
    stored = await pair.mn.gateway.database.read(lambda c: results.find(c, given["id"]))
    assert stored is not None
    assert stored.requested_by == "Single Window"


async def test_a_result_recomputed_after_a_suspension_is_as_it_was_given(
    pair: Pair, mn: Caller
) -> None:
    await exchange(pair)
    before = read(await mn.post("/api/v1/decisions", DECLARATION))
    await put(pair.cn.gateway, a_row(1, status="suspended", effective_from=now()))
    await pair.settle()
    after = read(await mn.post("/api/v1/decisions", DECLARATION))
    assert (before["recognised"], after["recognised"]) == (True, False)
    assert read(await mn.get(f"/api/v1/decisions/{before['id']}/recomputed")) == before


async def test_many_declarations_are_decided_in_their_order(pair: Pair, mn: Caller) -> None:
    await exchange(pair)
    many = [{**DECLARATION, "reference": f"R-{number}"} for number in range(50)]
    given = read(await mn.post("/api/v1/decisions", {"declarations": many}))["results"]
    assert [each["reference"] for each in given] == [each["reference"] for each in many]
    for number in (0, 3001):
        refused = await mn.post("/api/v1/decisions", {"declarations": [DECLARATION] * number})
        assert code_of(refused) == (422, "DECLARATION_INVALID")


async def test_a_wrong_declaration_is_told_where_it_is_wrong(mn: Caller) -> None:
    wrong = {**DECLARATION, "parties": [{"role": "exporter"}, {"role": "wizard"}]}
    answer = await mn.post("/api/v1/decisions", wrong)
    assert code_of(answer) == (422, "DECLARATION_INVALID")
    assert [each["field"] for each in json.loads(answer.body)["errors"]] == ["/parties/1/role"]
    answer = await mn.post("/api/v1/decisions", {"declarations": [DECLARATION, wrong]})
    [error] = json.loads(answer.body)["errors"]
    assert error["field"] == "/declarations/1/parties/1/role"
    late = {**DECLARATION, "accepted_at": "9999-12-31T23:59:59-14:00"}
    answer = await mn.post("/api/v1/decisions", {"declarations": [DECLARATION, late]})
    assert code_of(answer) == (422, "DECLARATION_INVALID")
    [error] = json.loads(answer.body)["errors"]
    assert error["field"] == "/declarations/1/accepted_at"
    twice = json.dumps(DECLARATION).replace('"type"', '"type": "export", "type"').encode()
    compact = {**DECLARATION, "accepted_at": "20261122"}  # seconds, to a reader of JSON
    answer = await mn.post("/api/v1/decisions", compact)
    assert json.loads(answer.body)["errors"] == [
        {"field": "/accepted_at", "detail": "not between 2000 and 2199"}
    ]
    code = {"list": "CL704", "code": "MF"}
    party = {"role": "manufacturer", "level": "item", "item": 2**64, "declared_as": code}
    answer = await mn.post("/api/v1/decisions", {**DECLARATION, "parties": [party]})
    assert code_of(answer) == (422, "DECLARATION_INVALID")
    assert [each["field"] for each in json.loads(answer.body)["errors"]] == ["/parties/0/item"]
    for doubled in (twice, b'{"declarations": [' + twice + b"]}"):
        answer = await mn.post("/api/v1/decisions", doubled)
        assert code_of(answer) == (422, "DECLARATION_INVALID")
        assert "'type' stands twice" in json.loads(answer.body)["errors"][0]["detail"]
    read(await mn.post("/api/v1/decisions", DECLARATION))


async def test_what_is_no_json_object_is_refused(mn: Caller) -> None:
    odd = (b"", b"{", b"[]", b"1", b'{"a":NaN}', b"\xff", b'{"reference":"\\ud800"}', b"[" * 9999)
    for body in odd:
        refused = await mn.post("/api/v1/decisions", body)
        assert code_of(refused) == (400, "REQUEST_INVALID"), body
        assert not json.loads(refused.body)["errors"][0]["detail"].endswith("'")
    utf_16 = json.dumps(DECLARATION).encode("utf-16")
    for body, said in ((b" ", "body is empty"), (utf_16, "begins with the mark of UTF-16")):
        refused = await mn.post("/api/v1/decisions", body)
        assert said in json.loads(refused.body)["errors"][0]["detail"]
    read(await mn.post("/api/v1/decisions", DECLARATION))


async def test_an_operator_is_found_by_any_form_of_its_identifiers(pair: Pair, mn: Caller) -> None:
    await exchange(pair)
    for identifier in ("CN3302400002", "cn 33024-00002", "BY/0042/ТИП 3", "3302400002"):
        found = read(await mn.get(f"/api/v1/operators/{quote(identifier, safe='')}"))
        assert found["identifier"] == identifier
        [register] = found["registers"]
        assert (register["issuer"], register["arrangement"]) == (CN, CN_MN)
        [held] = register["authorisations"]
        assert (held["authorisation"], held["status"]) == ("BY/0042/ТИП 3", "valid")
        assert held["record"]["legal_name"] == "宁波虚构国际贸易有限公司"
        assert [entry["cause"] for entry in held["history"]] == ["granted"]


async def test_an_operators_history_says_when_it_was_true_and_when_it_was_known(
    pair: Pair, mn: Caller
) -> None:
    await exchange(pair)
    await put(pair.cn.gateway, a_row(1, status="revoked", effective_from=now()))
    await pair.settle()
    [register] = read(await mn.get("/api/v1/operators/CN3302400001"))["registers"]
    [held] = register["authorisations"]
    assert held["status"] == "revoked"
    assert [entry["status"] for entry in held["history"]] == ["valid", "revoked"]
    assert all(entry["recorded_at"] > entry["effective_from"] for entry in held["history"])


async def test_our_own_operators_are_found_too(pair: Pair) -> None:
    await exchange(pair)
    async with client() as session:
        cn = Caller(session, pair.cn.addresses.national_url, await pair.cn.add_client())
        [register] = read(await cn.get("/api/v1/operators/CN3302400001"))["registers"]
    assert (register["issuer"], register["arrangement"]) == (CN, None)


async def test_an_operator_nobody_knows_is_not_found(mn: Caller) -> None:
    for path, refused in (
        ("CN9999999999", (404, "NOT_FOUND")),
        ("%00", (422, "IDENTIFIER_INVALID")),
        ("a%0Ab", (422, "IDENTIFIER_INVALID")),
        ("x" * 513, (422, "IDENTIFIER_INVALID")),
    ):
        assert code_of(await mn.get(f"/api/v1/operators/{path}")) == refused, path


async def test_arrangements_say_whether_they_are_confirmed_and_in_force(mn: Caller) -> None:
    listed = {
        each["id"]: each for each in read(await mn.get("/api/v1/arrangements"))["arrangements"]
    }
    ours = listed[CN_MN]
    assert (ours["confirmed"], ours["legal_act"], ours["in_force"]) == (True, "Act 1", True)
    assert {party["territory"]: party["exchange"] for party in ours["parties"]} == {
        "CN": "OK",
        "MN": None,
    }
    assert all(
        "MN" in {party["territory"] for party in each["parties"]} for each in listed.values()
    )


async def test_partners_are_those_pinned(pair: Pair, mn: Caller) -> None:
    [partner] = read(await mn.get("/api/v1/partners"))["partners"]
    assert (partner["territory"], partner["arrangements"]) == ("CN", [CN_MN])
    assert {anchor["purpose"] for anchor in partner["anchors"]} == {"signing", "tls"}
    await pair.mn.withdraw(CN)
    assert read(await mn.get("/api/v1/partners"))["partners"] == []


async def test_messages_are_listed_without_bytes_and_shown_with_their_exact_bytes(
    pair: Pair, mn: Caller
) -> None:
    await exchange(pair)
    listed = read(await mn.get("/api/v1/messages?direction=in&partner=CN"))["messages"]
    newest = listed[0]
    assert "content" not in newest
    assert (newest["kind"], newest["outcome"]) == ("StatusNotification", "accepted")
    path = f"/api/v1/messages/{newest['message_id']}"
    assert read(await mn.get(path)) == newest
    content, receipt = await mn.get(f"{path}/content"), await mn.get(f"{path}/receipt")
    assert content.content_type == receipt.content_type == "application/xml"
    assert len(content.body) == newest["size"]
    async with client_of(pair.cn.side, to=pair.mn, folder=pair.folder) as cn_posts:
        assert (await cn_posts(content.body)).body == receipt.body
    assert read(await mn.get(f"/api/v1/messages?before={listed[-1]['number']}"))["messages"] == []
    assert len(read(await mn.get("/api/v1/messages?limit=1"))["messages"]) == 1


async def test_a_wrong_parameter_is_named(pair: Pair, mn: Caller) -> None:
    await exchange(pair)
    operator = "/api/v1/operators/AEOCN3302400001"
    read(await mn.get(operator))
    past = await mn.get(f"{operator}?at=2026-01-01")  # what is said is said of now
    assert code_of(past) == (400, "REQUEST_INVALID")
    assert [each["field"] for each in json.loads(past.body)["errors"]] == ["at"]
    for query in ("limit=0", "limit=501", "direction=up", "partner=china", "state=odd", "more=1"):
        answer = await mn.get(f"/api/v1/messages?{query}")
        assert code_of(answer) == (400, "REQUEST_INVALID")
        [error] = json.loads(answer.body)["errors"]
        assert error["field"] == query.partition("=")[0]
    read(await mn.get("/api/v1/messages?limit=500"))


async def test_an_enquiry_is_answered_by_the_partner(pair: Pair, mn: Caller) -> None:
    await exchange(pair)
    asked = await mn.post(
        "/api/v1/enquiries",
        {"identifier": "AEOCN3302400001", "partner": "CN", "arrangement": CN_MN},
    )
    view = read(asked, status=202)
    assert asked.headers["Location"] == f"/api/v1/enquiries/{view['id']}"

    async def is_answered() -> bool:
        return bool(read(await mn.get(asked.headers["Location"]))["status"] == "answered")

    await until(is_answered)
    answer = read(await mn.get(asked.headers["Location"]))["answer"]
    assert (answer["hit"], answer["status"]) == (True, "valid")
    assert answer["operator"]["tin"] == "CN3302400001"


async def test_an_enquiry_that_cannot_be_asked_is_refused(mn: Caller) -> None:
    good = {"identifier": "AEOCN1", "partner": "CN", "arrangement": CN_MN}
    refusals: tuple[tuple[dict[str, str], tuple[int, str]], ...] = (
        ({"partner": "KZ"}, (409, "PARTNER_NOT_PINNED")),
        ({"arrangement": "CN-ZZ-1999"}, (404, "ARRANGEMENT_UNKNOWN")),
        ({"arrangement": "CN-UZ-2023"}, (409, "NOT_A_PARTY")),
        ({"identifier": "a\nb"}, (400, "REQUEST_INVALID")),
        ({"at": "2026-01-01T00:00:00"}, (400, "REQUEST_INVALID")),
    )
    for changed, refused in refusals:
        answer = await mn.post("/api/v1/enquiries", {**good, **changed})
        assert code_of(answer) == refused, changed
    twice = json.dumps(good).replace('"partner"', '"partner": "KZ", "partner"').encode()
    answer = await mn.post("/api/v1/enquiries", twice)
    assert code_of(answer) == (400, "REQUEST_INVALID")
    assert "'partner' stands twice" in json.loads(answer.body)["errors"][0]["detail"]
    read(await mn.post("/api/v1/enquiries", good), status=202)


async def test_what_is_not_there_is_not_found(mn: Caller) -> None:
    for path in (
        "/api/v1/decisions/x",
        "/api/v1/decisions/%00",
        "/api/v1/decisions/00000000-0000-4000-8000-000000000000/recomputed",
        "/api/v1/messages/x",
        "/api/v1/messages/00000000-0000-4000-8000-000000000000/content",
        "/api/v1/enquiries/00000000-0000-4000-8000-000000000000",
        "/api/v1/nothing",
        "/",
    ):
        assert code_of(await mn.get(path)) == (404, "NOT_FOUND"), path


async def test_nothing_is_told_without_a_key_and_a_revoked_key_is_no_key(
    pair: Pair, mn: Caller
) -> None:
    for given in ("", "mra_wrong", "Ключ".encode().decode("latin-1"), f"{mn.key}x"):
        answer = await Caller(mn.session, mn.url, given).get("/api/v1/partners")
        assert code_of(answer) == (401, "NOT_AUTHENTICATED")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    async with mn.session.get(f"{mn.url}/api/v1/partners") as response:
        assert response.status == 401
    read(await mn.get("/api/v1/partners"))
    await pair.mn.revoke_client("Single Window")
    assert code_of(await mn.get("/api/v1/partners")) == (401, "NOT_AUTHENTICATED")


async def test_limits_of_size_media_type_and_method_hold(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    limits = NationalApiSettings(max_bytes=10_000)
    async with (
        running_pair(
            tmp_path, fresh_url=fresh_database_url, kind=database_kind, national_api=limits
        ) as pair,
        client() as session,
    ):
        mn = Caller(session, pair.mn.addresses.national_url, await pair.mn.add_client())
        body = json.dumps(DECLARATION).encode()
        long = await mn.post("/api/v1/decisions", body + b" " * 10_000)
        assert code_of(long) == (413, "TOO_LARGE")
        read(await mn.post("/api/v1/decisions", body + b" " * (10_000 - len(body))))
        odd = await mn.post("/api/v1/decisions", body, headers={"Content-Type": "text/plain"})
        assert code_of(odd) == (415, "MEDIA_TYPE_NOT_TAKEN")
        wrong = await mn.get("/api/v1/decisions")
        assert code_of(wrong) == (405, "METHOD_NOT_ALLOWED")
        assert wrong.headers["Allow"] == "POST"


async def test_whoever_goes_away_is_noted_and_no_failure_of_ours(
    pair: Pair, mn: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    url, body = URL(mn.url), json.dumps(DECLARATION).encode()
    for number, sent in enumerate((body[:9], body, body, body)):
        key = await pair.mn.add_client(f"{number}")  # looked up anew: it takes a moment
        head = (
            f"POST /api/v1/decisions HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {key}"
            f"\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head.encode() + sent)
        await writer.drain()
        writer.close()
    shown = r'_request_seconds_count{.*route="/api/v1/decisions",status="(200|408)"} (\d)'

    async def are_noted() -> bool:
        counted = dict(re.findall(shown, (await mn.get("/metrics")).body.decode()))
        return sum(map(int, counted.values())) == 4 and "408" in counted

    await until(are_noted)
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
    read(await mn.post("/api/v1/decisions", DECLARATION))


async def test_declarations_come_as_xml_as_well_and_a_document_is_taken_whole_or_not_at_all(
    mn: Caller,
) -> None:
    as_xml = {"Content-Type": "application/xml"}
    content = (SAMPLES / "Step1_TT_IM001a.xml").read_bytes()
    (message,) = declared.read(content)
    assert message.declaration is not None
    (given,) = read(await mn.post("/api/v1/decisions", content, headers=as_xml))["results"]
    alike = read(await mn.post("/api/v1/decisions", message.declaration.model_dump_json().encode()))
    for name in ("reference", "type", "recognised", "rule"):
        assert given[name] == alike[name]
    assert [one["party"] for one in given["results"]] == [one["party"] for one in alike["results"]]
    assert read(await mn.get(f"/api/v1/decisions/{given['id']}")) == given

    cancellation = (SAMPLES / "TT_IM011a_Cancellation.xml").read_bytes()
    refused = await mn.post("/api/v1/decisions", cancellation, headers=as_xml)
    assert code_of(refused) == (422, "DECLARATION_INVALID")
    assert (
        "nothing to decide in this cancellation" in json.loads(refused.body)["errors"][0]["detail"]
    )
    malformed = (SAMPLES / declared.MALFORMED).read_bytes()
    refused = await mn.post("/api/v1/decisions", malformed, headers=as_xml)
    assert code_of(refused) == (422, "DECLARATION_INVALID")
    assert json.loads(refused.body)["errors"][0]["field"].startswith("line ")


async def test_each_client_has_its_requests_a_minute_and_no_more(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    clock = HandMovedClock(now())
    limits = NationalApiSettings(requests_per_minute=2)
    async with (
        running_pair(
            tmp_path,
            fresh_url=fresh_database_url,
            kind=database_kind,
            national_api=limits,
            clock=clock,
        ) as pair,
        client() as session,
    ):
        url = pair.mn.addresses.national_url
        one = Caller(session, url, await pair.mn.add_client("one"))
        two = Caller(session, url, await pair.mn.add_client("two"))
        assert [(await one.get("/api/v1/partners")).status for _ in range(2)] == [200, 200]
        refused = await one.get("/api/v1/partners")
        assert code_of(refused) == (429, "RATE_LIMITED")
        assert (await two.get("/api/v1/partners")).status == 200
        clock.move_to(clock.now() + timedelta(seconds=int(refused.headers["Retry-After"])))
        assert (await one.get("/api/v1/partners")).status == 200


async def test_alive_ready_and_measured_without_a_key(pair: Pair, mn: Caller) -> None:
    await exchange(pair)
    await pair.mn.gateway.enquirer.ping(CN)
    await pair.settle()
    read(await mn.post("/api/v1/decisions", DECLARATION))
    keyless = Caller(mn.session, mn.url, "")
    assert read(await keyless.get("/healthz")) == {"status": "alive"}
    ready = read(await keyless.get("/readyz"))
    assert ready["ready"] is True
    assert [check["name"] for check in ready["checks"]] == [
        "database",
        "oldest unsent message",
        "signing key",
        "certificates",
        "dispatcher",
    ]
    shown = (await keyless.get("/metrics")).body.decode()
    for line in (
        'mra_gateway_messages_received_total{kind="StatusNotification",outcome="accepted"'
        ',partner="CN",reason="OK"}',
        'mra_gateway_messages_sent_total{kind="Ping",outcome="accepted",partner="CN",reason="OK"}',
        'mra_gateway_decisions_total{recognised="yes"} 1.0',
        'mra_gateway_decided_parties_total{reason="OK",recognised="yes"} 1.0',
        "mra_gateway_oldest_unsent_seconds 0.0",
        'mra_gateway_certificate_days_left{purpose="signing"}',
        'route="/api/v1/decisions",status="200"',
    ):
        assert line in shown, line


async def test_a_message_that_waits_too_long_is_told_and_a_certificate_that_ended_makes_unready(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    clock = HandMovedClock(now())
    async with (
        running_pair(
            tmp_path, fresh_url=fresh_database_url, kind=database_kind, clock=clock
        ) as pair,
        client() as session,
    ):
        await pair.cn.service.stop()
        mn = Caller(session, pair.mn.addresses.national_url, await pair.mn.add_client())
        await pair.mn.gateway.enquirer.ping(CN)
        assert read(await mn.get("/readyz"))["ready"] is True
        clock.move_to(clock.now() + timedelta(hours=2))
        late = read(await mn.get("/readyz"))
        assert late["ready"] is True
        assert [check["name"] for check in late["checks"] if not check["ok"]] == [
            "oldest unsent message"
        ]
        shown = (await mn.get("/metrics")).body.decode()
        assert 'mra_gateway_overdue{partner="CN",what="message waiting"} 1.0' in shown
        clock.move_to(clock.now() + timedelta(days=400))
        old = read(await mn.get("/readyz"), status=503)
        assert old["ready"] is False
        assert "certificates" in {check["name"] for check in old["checks"] if not check["ok"]}


@pytest.mark.one_database("a file that is open is not lost")
async def test_a_lost_database_is_told_and_the_process_stays_alive(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.new_database()
    side = live_side(MN)
    async with (
        running(side, home=tmp_path / "mn", database_url=postgres_server.url(name)) as live,
        client() as session,
    ):
        mn = Caller(session, live.addresses.national_url, await live.add_client())
        assert read(await mn.get("/readyz"))["ready"] is True
        postgres_server.drop_database(name)
        assert code_of(await mn.get("/api/v1/messages"))[0] == 503
        lost = read(await mn.get("/readyz"), status=503)
        assert {"name": "database", "ok": False, "detail": "DATABASE_UNREACHABLE"} in lost["checks"]
        assert read(await mn.get("/healthz")) == {"status": "alive"}
