"""The partner API over real mutual TLS: what is taken, what is refused, and each limit."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from mra_gateway.clock import HandMovedClock
from mra_gateway.model.messages import Receipt, ReceiptOutcome
from mra_gateway.settings import PartnerApiSettings
from mra_gateway.trust.keys import fingerprint, to_pem
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode
from tests.support.databases import FreshUrl, Kind
from tests.support.live import (
    CN,
    KZ,
    MN,
    Answer,
    Pair,
    Post,
    client,
    client_of,
    live_side,
    now,
    running_pair,
    signed,
    until,
)
from tests.support.messages import a_change, a_notification, a_ping, a_record, a_uuid
from tests.support.pki import raw
from tests.support.simulation import a_row, put, status_at


@pytest.fixture
async def pair(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> AsyncIterator[Pair]:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as running:
        yield running


@pytest.fixture
async def cn_posts(pair: Pair) -> AsyncIterator[Post]:
    async with client_of(pair.cn.side, to=pair.mn, folder=pair.folder) as post:
        yield post


def a_grant(sequence: int = 1, **fields: object) -> bytes:
    """Returns a signed grant from China to Mongolia."""
    message = a_notification(
        a_change(change_number=sequence, effective_from=now(), operator=a_record()),
        sequence=sequence,
        created_at=now(),
        **fields,
    )
    return signed(live_side(CN), message)


def problem_in(answer: Answer) -> dict[str, object]:
    """Returns a problem document, having seen that it is one."""
    assert answer.content_type == "application/problem+json", answer
    document: dict[str, object] = json.loads(answer.body)
    assert set(document) >= {"type", "title", "status", "code", "detail"}
    assert document["status"] == answer.status
    assert document["type"] == f"urn:mra-gateway:problem:{document['code']}"
    return document


def outcome_of(answer: Answer) -> ReceiptOutcome:
    """Returns the outcome of a receipt, verified as Mongolia's."""
    assert (answer.status, answer.content_type) == (200, "application/xml"), answer
    side = live_side(MN)
    verifier = Verifier(us=CN, environment=side.environment, max_bytes=1_000_000)
    verified = verifier.verify(
        raw(answer.body, peer=side.peer, at=now()),
        at=now(),
        partner_of={MN: side.trust()}.get,
    )
    body = decode(verified).message.body
    assert isinstance(body, Receipt)
    return body.outcome


async def test_a_change_imported_on_one_side_is_held_on_the_other(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    async with running_pair(tmp_path, fresh_url=fresh_database_url, kind=database_kind) as pair:
        await put(pair.cn.gateway, a_row(1), a_row(2))
        await pair.settle()
        assert await status_at(pair.mn.gateway, "CN3302400001") == "valid"
        await put(pair.cn.gateway, a_row(1, status="suspended"))
        await pair.settle()
        assert await status_at(pair.mn.gateway, "CN3302400001") == "suspended"
        assert await status_at(pair.mn.gateway, "CN3302400002") == "valid"


async def test_a_message_is_applied_and_answered_with_a_signed_receipt(
    pair: Pair, cn_posts: Post
) -> None:
    assert outcome_of(await cn_posts(a_grant())) is ReceiptOutcome.ACCEPTED
    assert await pair.mn.taken() == (2, 1)


async def test_a_repeated_message_gets_the_very_receipt_it_got_and_is_applied_once(
    pair: Pair, cn_posts: Post
) -> None:
    content = a_grant()
    first = await cn_posts(content)
    again = await cn_posts(content)
    assert first.body == again.body
    assert await pair.mn.taken() == (2, 1)


async def test_a_receipt_that_comes_as_a_message_is_answered_with_nothing(
    pair: Pair, cn_posts: Post
) -> None:
    receipt = await cn_posts(a_grant())
    async with client_of(pair.mn.side, to=pair.cn, folder=pair.folder) as mn_posts:
        answer = await mn_posts(receipt.body)
    assert (answer.status, answer.body) == (204, b"")


async def test_nobody_gets_in_without_a_client_certificate(pair: Pair, cn_posts: Post) -> None:
    context = ssl.create_default_context(cadata=to_pem(pair.mn.side.tls_anchor))
    async with client(context) as session:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await Post(session, pair.mn.url)(a_grant())
    assert await pair.mn.taken() == (1, 0)
    assert outcome_of(await cn_posts(a_grant())) is ReceiptOutcome.ACCEPTED


async def test_a_certificate_nobody_pinned_does_not_get_in(pair: Pair, cn_posts: Post) -> None:
    async with client_of(live_side(KZ), to=pair.mn, folder=pair.folder) as stranger:
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            await stranger(a_grant())
    assert outcome_of(await cn_posts(a_grant())) is ReceiptOutcome.ACCEPTED


async def test_a_partner_pinned_while_the_gateway_runs_gets_in_and_withdrawn_is_turned_away(
    pair: Pair,
) -> None:
    kz = live_side(KZ)
    ping = signed(kz, a_ping(sender=KZ, created_at=now()))
    async with client_of(kz, to=pair.mn, folder=pair.folder) as post:
        await pair.mn.pin(kz)
        assert (await post(ping)).status == 200
        await pair.mn.withdraw(KZ)
        answer = await post(ping)
    assert answer.status == 403
    assert problem_in(answer)["code"] == "TLS_PEER_UNKNOWN"


async def test_a_partners_valid_message_brought_by_another_partner_is_refused_and_nothing_taken(
    pair: Pair, cn_posts: Post
) -> None:
    await pair.mn.pin(live_side(KZ))
    content = a_grant()
    async with client_of(live_side(KZ), to=pair.mn, folder=pair.folder) as kz_posts:
        answer = await kz_posts(content)
    assert answer.status == 403
    assert problem_in(answer)["code"] == "TLS_PEER_OF_OTHER_PARTNER"
    assert await pair.mn.taken() == (1, 0)
    assert outcome_of(await cn_posts(content)) is ReceiptOutcome.ACCEPTED


async def test_a_header_that_names_a_client_certificate_changes_nothing(pair: Pair) -> None:
    await pair.mn.pin(live_side(KZ))
    der = live_side(CN).peer
    headers = {"Client-Cert": f":{base64.b64encode(der).decode()}:", "X-Forwarded-For": "10.0.0.1"}
    async with client_of(live_side(KZ), to=pair.mn, folder=pair.folder) as kz_posts:
        answer = await kz_posts(a_grant(), headers=headers)
    assert problem_in(answer)["code"] == "TLS_PEER_OF_OTHER_PARTNER"


async def test_an_unknown_sender_gets_a_plain_problem_and_never_our_signature(
    pair: Pair, cn_posts: Post
) -> None:
    content = signed(live_side(CN), a_ping(sender=KZ, created_at=now()))
    answer = await cn_posts(content)
    assert answer.status == 403
    assert problem_in(answer)["code"] == "SENDER_UNKNOWN"
    assert b"Signature" not in answer.body


async def test_a_problem_holds_nothing_of_what_was_sent(pair: Pair, cn_posts: Post) -> None:
    marked = a_grant().replace(b"CN3302462345", b"CN33MARKED345")
    for content in (marked, b"<MARKED>", b"<MARKED/>", b"<!DOCTYPE MARKED><MARKED/>"):
        answer = await cn_posts(content)
        problem_in(answer)
        assert b"MARKED" not in answer.body


async def test_what_is_refused_is_kept_as_evidence_with_the_peer_that_brought_it(
    pair: Pair, cn_posts: Post
) -> None:
    await cn_posts(b"<forged/>")
    [(reason, content, peer)] = await pair.mn.kept()
    assert (reason, content) == ("UNKNOWN_ROOT", b"<forged/>")
    assert peer == fingerprint(pair.cn.side.tls_certificate)


async def test_other_addresses_methods_and_media_types_get_problem_documents(
    pair: Pair, cn_posts: Post
) -> None:
    async with cn_posts.session.get(cn_posts.url) as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")
        assert (await response.json(content_type=None))["code"] == "METHOD_NOT_ALLOWED"
    async with cn_posts.session.post(cn_posts.url + "/else", data=b"x") as response:
        assert (response.status, response.content_type) == (404, "application/problem+json")
    answer = await cn_posts(a_grant(), content_type="application/json")
    assert (answer.status, problem_in(answer)["code"]) == (415, "MEDIA_TYPE_NOT_TAKEN")
    answer = await cn_posts(a_grant(), headers={"Content-Encoding": "gzip"})
    assert (answer.status, problem_in(answer)["code"]) == (415, "MEDIA_TYPE_NOT_TAKEN")
    assert await pair.mn.taken() == (1, 0)
    assert outcome_of(await cn_posts(a_grant())) is ReceiptOutcome.ACCEPTED


async def test_a_body_over_the_limit_is_cut_off_and_kept(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    limits = PartnerApiSettings(max_bytes=20_000)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2_000):
            yield b" " * 1_000

    async with (
        running_pair(
            tmp_path, fresh_url=fresh_database_url, kind=database_kind, partner_api=limits
        ) as pair,
        client_of(pair.cn.side, to=pair.mn, folder=tmp_path) as cn_posts,
    ):
        for content in (a_grant() + b" " * 20_000, endless()):
            answer = await cn_posts(content)
            assert answer.status == 413
            assert problem_in(answer)["code"] == "TOO_LARGE"
        kept = await pair.mn.kept()
        assert [(reason, len(content)) for reason, content, _ in kept] == [
            ("TOO_LARGE", 20_001),
            ("TOO_LARGE", 20_001),
        ]
        fits = a_grant()
        fits += b" " * (20_000 - len(fits))
        assert outcome_of(await cn_posts(fits)) is ReceiptOutcome.ACCEPTED


async def test_a_body_that_drips_is_given_up(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    limits = PartnerApiSettings(request_seconds=0.3)

    async def dripping() -> AsyncIterator[bytes]:
        for byte in a_grant():
            yield bytes([byte])
            await asyncio.sleep(0.02)

    async with (
        running_pair(
            tmp_path, fresh_url=fresh_database_url, kind=database_kind, partner_api=limits
        ) as pair,
        client_of(pair.cn.side, to=pair.mn, folder=tmp_path) as cn_posts,
    ):
        answer = await cn_posts(dripping())
        assert answer.status == 408
        assert problem_in(answer)["code"] == "REQUEST_TIMEOUT"
        assert outcome_of(await cn_posts(a_grant())) is ReceiptOutcome.ACCEPTED


async def test_a_partner_has_its_requests_a_minute_and_no_more(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    clock = HandMovedClock(now())
    limits = PartnerApiSettings(requests_per_minute=2)
    async with (
        running_pair(
            tmp_path,
            fresh_url=fresh_database_url,
            kind=database_kind,
            partner_api=limits,
            clock=clock,
        ) as pair,
        client_of(pair.cn.side, to=pair.mn, folder=tmp_path) as cn_posts,
    ):
        ping = signed(pair.cn.side, a_ping(created_at=now(), message_id=a_uuid()))
        assert [(await cn_posts(ping)).status for _ in range(2)] == [200, 200]
        refused = await cn_posts(ping)
        assert refused.status == 429
        assert problem_in(refused)["code"] == "RATE_LIMITED"
        seconds = int(refused.headers["Retry-After"])
        await pair.mn.pin(live_side(KZ))
        async with client_of(live_side(KZ), to=pair.mn, folder=tmp_path) as kz_posts:
            other = signed(live_side(KZ), a_ping(sender=KZ, created_at=now()))
            assert (await kz_posts(other)).status == 200
        clock.move_to(clock.now() + timedelta(seconds=seconds))
        assert (await cn_posts(ping)).status == 200


async def test_only_so_many_requests_are_worked_on_at_once(
    tmp_path: Path, fresh_database_url: FreshUrl, database_kind: Kind
) -> None:
    limits = PartnerApiSettings(at_once=1)
    begun, go_on = asyncio.Event(), asyncio.Event()
    content = a_grant()

    async def slow() -> AsyncIterator[bytes]:
        yield content[:100]
        begun.set()
        await go_on.wait()
        yield content[100:]

    async with (
        running_pair(
            tmp_path, fresh_url=fresh_database_url, kind=database_kind, partner_api=limits
        ) as pair,
        client_of(pair.cn.side, to=pair.mn, folder=tmp_path) as cn_posts,
    ):
        first = asyncio.create_task(cn_posts(slow()))
        await begun.wait()
        await _until_body_begun(cn_posts)
        second = await cn_posts(content)
        assert second.status == 503
        assert problem_in(second)["code"] == "TOO_MANY_AT_ONCE"
        assert "Retry-After" in second.headers
        go_on.set()
        assert outcome_of(await first) is ReceiptOutcome.ACCEPTED
        assert outcome_of(await cn_posts(content)) is ReceiptOutcome.ACCEPTED


async def _until_body_begun(post: Post) -> None:
    """Waits until the place is held: an empty request then finds none free."""

    async def is_full() -> bool:
        return (await post(b"")).status == 503

    await until(is_full)
