"""A partner's gateway that answers as it is told: the other end of what a running gateway sends.

A real server with mutual TLS and the partner's own keys. It keeps what it is sent, and by default
answers with the genuine receipt.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from lxml import etree

from mra_gateway.clock import Clock
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.messages import Envelope, Message, MessageKind, Receipt, ReceiptOutcome
from mra_gateway.transport.https import PATH, XML
from mra_gateway.trust.keys import to_pem
from mra_gateway.trust.shape import without_signature
from mra_gateway.trust.tls import server_context
from mra_gateway.wire.codec import decode
from mra_gateway.wire.xml import canonical, digest_of
from tests.support.live import PASSWORD, make_home, signed
from tests.support.messages import a_uuid, as_verified
from tests.support.pki import Side


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire.

    Attributes:
        body: None cuts the connection instead.
    """

    body: bytes | None
    status: int = 200
    content_type: str = XML
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Occasion:
    """What a reply is made for.

    Attributes:
        side: The partner that answers, with its keys.
        content: What it was sent.
        at: The moment.
        earlier: Its genuine receipt of an earlier message.
    """

    side: Side
    content: bytes
    at: datetime
    earlier: bytes

    @property
    def receipt(self) -> Message:
        """The genuine receipt, unsigned: the untouched twin of every false answer."""
        return receipt_of(self.content, at=self.at)

    def sign(self, message: Message, *, by: Side | None = None) -> bytes:
        """Returns a message signed by the partner, or by another side."""
        return signed(by or self.side, message)


Answerer = Callable[[Occasion], Reply]


def message_in(content: bytes) -> tuple[Message, bytes]:
    """Returns a signed message, unverified, and its canonical unsigned form."""
    root = etree.fromstring(content)
    without_signature(root)
    unsigned = canonical(root)
    return decode(as_verified(unsigned)).message, unsigned


def receipt_of(content: bytes, *, at: datetime) -> Message:
    """Returns the receipt of a message as its recipient, who takes it, would write it."""
    message, unsigned = message_in(content)
    sent = message.envelope
    body = Receipt(
        message_id=sent.message_id,
        digest=digest_of(unsigned),
        outcome=ReceiptOutcome.ACCEPTED,
        received_at=at,
        expected=None if sent.sequence is None else sent.sequence + 1,
    )
    envelope = Envelope(
        message_id=MessageId(a_uuid()),
        kind=MessageKind.RECEIPT,
        environment=sent.environment,
        sender=sent.recipient,
        recipient=sent.sender,
        arrangement=sent.arrangement,
        epoch=sent.epoch,
        created_at=at,
    )
    return Message(envelope=envelope, body=body)


def genuine(occasion: Occasion) -> Reply:
    """Answers as it should."""
    return Reply(occasion.sign(occasion.receipt))


class Counterpart:
    """The partner's gateway while it runs."""

    def __init__(self, side: Side, *, clock: Clock, context: ssl.SSLContext, folder: Path) -> None:
        self.side = side
        self.answer: Answerer = genuine
        self.seen: list[bytes] = []
        self.url = ""
        self._clock = clock
        self._context = context
        self._folder = folder
        self._earlier = b""

    def show_certificate_of(self, side: Side) -> None:
        """Lets the server present another administration's TLS certificate from now on."""
        keys = _keys(side, self._folder)
        self._context.load_cert_chain(keys["certfile"], keys["keyfile"], password=PASSWORD)

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answers one message as told."""
        content = await request.read()
        self.seen.append(content)
        occasion = Occasion(self.side, content, self._clock.now(), self._earlier)
        reply = self.answer(occasion)
        if reply.body is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.answer is genuine:
            self._earlier = reply.body
        # each connection is used once, so that a certificate shown from now on is seen at once
        headers = {**reply.headers, "Connection": "close"}
        return web.Response(
            body=reply.body, status=reply.status, content_type=reply.content_type, headers=headers
        )


def _keys(side: Side, folder: Path) -> dict[str, Any]:
    home = folder / f"server-{side.territory}"
    if not home.exists():
        make_home(home, side)
    return {"certfile": home / "keys" / "tls.cert.pem", "keyfile": home / "keys" / "tls.key.pem"}


@asynccontextmanager
async def a_counterpart(
    side: Side, *, of: Side, clock: Clock, folder: Path
) -> AsyncIterator[Counterpart]:
    """Runs a partner's gateway that lets in only the one it is the counterpart of."""
    keys = _keys(side, folder)
    context = server_context(
        keys["certfile"],
        key_file=keys["keyfile"],
        password=PASSWORD,
        anchors_pem=[to_pem(of.tls_anchor)],
    )
    counterpart = Counterpart(side, clock=clock, context=context, folder=folder)
    app = web.Application()
    app.router.add_post(PATH, counterpart.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        counterpart.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        yield counterpart
    finally:
        await runner.cleanup()
