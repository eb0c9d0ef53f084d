"""The partner API: `POST /exchange/v1/messages`, mutual TLS, on a port of its own.

XML in, signed Receipt out (200, whatever the outcome); 204 for a receipt that came as a message.
Everything else is an unsigned problem document: an unknown sender never gets our signature.

1. the TLS peer is one pinned partner's, now: a handshake proves only that it once was
2. the partner has a token left, and a place is free
3. the body arrives in time; of one that is too long as much as shows it is kept as evidence
4. `flows/receive.py` judges

Who the peer is comes from the handshake of this very connection and from nowhere else. Behind a
proxy TLS is therefore passed through: `Client-Cert` (RFC 9440), `X-Forwarded-…` and the like are
not read, so nobody can gain anything by sending them.
"""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta

from aiohttp import web
from structlog.contextvars import bind_contextvars

from mra_gateway.errors import MessageRejected, Reason, RequestRefused
from mra_gateway.gateway import Gateway
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.trust import RawMessage
from mra_gateway.transport.https import PATH, XML
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.trust.tls import partner_of_peer
from mra_gateway.web.limits import Places, RateLimiter, read_body
from mra_gateway.web.metrics import Metrics
from mra_gateway.web.middleware import answer_errors

NAME = "partner"
_REMEMBERED_FOR = timedelta(seconds=10)
_MOST_PEERS = 1000


def partner_app(gateway: Gateway, *, metrics: Metrics) -> web.Application:
    """Returns the application; it has one address."""
    door = _Door(gateway, metrics)
    app = web.Application(middlewares=[answer_errors(NAME, metrics=metrics)])
    app.router.add_post(PATH, door.take)
    return app


class _Door:
    """Takes messages of partners."""

    def __init__(self, gateway: Gateway, metrics: Metrics) -> None:
        self._gateway = gateway
        self._metrics = metrics
        self._settings = gateway.settings.partner_api
        self._rate = RateLimiter(self._settings.requests_per_minute, clock=gateway.clock)
        self._places = Places(self._settings.at_once)
        self._peers = _Peers(gateway)

    async def take(self, request: web.Request) -> web.Response:
        """Answers one message."""
        peer = _peer_certificate(request)
        partner = self._identify(peer)  # 1
        bind_contextvars(partner=partner)
        self._rate.take(partner)  # 2
        with self._places.take():
            _check_media_type(request)
            content = await read_body(  # 3
                request, max_bytes=self._settings.max_bytes, seconds=self._settings.request_seconds
            )
            bind_contextvars(bytes=len(content))
            raw = RawMessage(
                content=content, arrived_at=self._gateway.clock.now(), peer_certificate=peer
            )
            return await self._receive(raw, partner)

    def _identify(self, peer: bytes | None) -> Territory:
        partner = None if peer is None else self._peers.find(peer)
        if partner is None:
            raise _Stranger
        return partner

    async def _receive(self, raw: RawMessage, partner: Territory) -> web.Response:
        try:
            reply = await self._gateway.receiver.receive(raw)  # 4
        except MessageRejected as error:
            self._metrics.count_refused(error.reason)
            if error.reason is Reason.TOO_LARGE:
                raise _TooLarge(self._settings.max_bytes) from None
            raise
        self._metrics.count_reply(partner, reply)
        bind_contextvars(
            message_id=reply.message_id,
            kind=reply.kind,
            outcome=reply.outcome,
            reason=reply.reason,
        )
        if reply.receipt is None:
            return web.Response(status=204)
        return web.Response(body=reply.receipt, content_type=XML)


class _Peers:
    """Remembers for some seconds whose a certificate is; any change of trust ends that at once."""

    def __init__(self, gateway: Gateway) -> None:
        self._book = gateway.book
        self._clock = gateway.clock
        self._trusted: tuple[PartnerTrust, ...] = ()
        self._known: dict[bytes, tuple[datetime, Territory | None]] = {}

    def find(self, peer: bytes) -> Territory | None:
        """Returns the one partner a certificate belongs to now, or None."""
        trusted, at = self._book.trusted(), self._clock.now()
        same = [id(each) for each in trusted] == [id(each) for each in self._trusted]
        if not same or len(self._known) > _MOST_PEERS:
            self._trusted, self._known = trusted, {}
        since, partner = self._known.get(peer, (None, None))
        if since is None or not since <= at < since + _REMEMBERED_FOR:
            partner = partner_of_peer(peer, partners=trusted, at=at)
            self._known[peer] = (at, partner)
        return partner


class _Stranger(RequestRefused):
    """The TLS peer is no partner's."""

    close = True

    def __init__(self) -> None:
        super().__init__(
            "the certificate of this connection is no partner's", reason=Reason.TLS_PEER_UNKNOWN
        )


class _TooLarge(RequestRefused):
    """The body is longer than the limit; the rest is not read."""

    close = True

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"longer than {max_bytes} bytes", reason=Reason.TOO_LARGE)


def _check_media_type(request: web.Request) -> None:
    if request.content_type != XML:
        raise RequestRefused(f"{XML} is taken here", reason=Reason.MEDIA_TYPE_NOT_TAKEN)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise RequestRefused("a compressed body is not taken", reason=Reason.MEDIA_TYPE_NOT_TAKEN)


def _peer_certificate(request: web.Request) -> bytes | None:
    """DER of the certificate of this connection's handshake."""
    if request.transport is None:
        raise ConnectionResetError
    tls: ssl.SSLObject | None = request.transport.get_extra_info("ssl_object")
    return None if tls is None else tls.getpeercert(binary_form=True)
