"""Carries messages over HTTPS with mutual TLS: `POST {partner}/exchange/v1/messages`.

Whom a connection trusts is decided in `trust/tls.py` and handed in as a route; this module only
opens it. One session per partner keeps its connection alive between messages. A redirection is not
followed: a message goes to the address two officers pinned, and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import NamedTuple

import aiohttp

from mra_gateway.errors import PartnerUnreachable, Reason
from mra_gateway.model.identifiers import Territory
from mra_gateway.transport.carrier import Carried

PATH = "/exchange/v1/messages"
XML = "application/xml"


class Route(NamedTuple):
    """Where a partner is reached and whom the connection trusts; equal routes share a session."""

    url: str
    context: ssl.SSLContext


class HttpsCarrier:
    """The default road."""

    def __init__(
        self,
        *,
        route_of: Callable[[Territory], Route | None],
        timeout_seconds: float,
        max_reply_bytes: int,
    ) -> None:
        self._route_of = route_of
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._max_reply_bytes = max_reply_bytes
        self._sessions: dict[Territory, tuple[Route, aiohttp.ClientSession]] = {}

    async def carry(self, partner: Territory, content: bytes) -> Carried:
        """Posts one message and returns the receipt.

        Raises:
            PartnerUnreachable: No address, a transport failure, a time-out, or no receipt.
        """
        route = self._route_of(partner)
        if route is None:
            raise PartnerUnreachable(
                f"no address is pinned for {partner}", reason=Reason.PARTNER_HAS_NO_ADDRESS
            )
        session = await self._session(partner, route)
        try:
            async with session.post(
                route.url.rstrip("/") + PATH,
                data=content,
                headers={"Content-Type": XML},
                allow_redirects=False,
            ) as response:
                return await self._read(response)
        except TimeoutError:
            raise PartnerUnreachable("no answer in time", reason=Reason.PARTNER_TIMEOUT) from None
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise PartnerUnreachable(
                f"TLS with the partner failed: {_said_by_tls(error)}", reason=Reason.PARTNER_TLS
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise PartnerUnreachable(_said_by_road(error)) from error

    async def close(self) -> None:
        """Ends every connection."""
        sessions, self._sessions = self._sessions, {}
        for _, session in sessions.values():
            await session.close()
        if sessions:
            await asyncio.sleep(0)

    async def _session(self, partner: Territory, route: Route) -> aiohttp.ClientSession:
        held = self._sessions.get(partner)
        if held is not None and held[0] == route:
            return held[1]
        if held is not None:
            await held[1].close()
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=route.context, limit=8),
            timeout=self._timeout,
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        self._sessions[partner] = (route, session)
        return session

    async def _read(self, response: aiohttp.ClientResponse) -> Carried:
        content = await response.content.read(self._max_reply_bytes + 1)
        while content and not response.content.at_eof() and len(content) <= self._max_reply_bytes:
            content += await response.content.read(self._max_reply_bytes + 1 - len(content))
        if len(content) > self._max_reply_bytes:
            raise PartnerUnreachable("the answer is too large", reason=Reason.PARTNER_PROBLEM)
        if response.status == 202:
            return Carried(None)
        if response.status != 200 or response.content_type != XML:
            raise PartnerUnreachable(
                f"answered {response.status} without a receipt{_code_of(content)}",
                reason=Reason.PARTNER_PROBLEM,
            )
        assert isinstance(response, _Response)
        return Carried(content, response.peer_certificate)


class _Response(aiohttp.ClientResponse):
    """A response that knows whose connection it came by.

    aiohttp lets go of the connection with the last byte, which may be there with the first: asked
    afterwards it would not know, and nobody would see that a receipt came by another partner.
    """

    peer_certificate: bytes | None = None

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        """Takes the response's head; from here on the connection may go."""
        if connection.transport is not None:
            tls: ssl.SSLObject | None = connection.transport.get_extra_info("ssl_object")
            self.peer_certificate = None if tls is None else tls.getpeercert(binary_form=True)
        return await super().start(connection)


def _code_of(content: bytes) -> str:
    """The reason code of a problem document, when it is one of ours."""
    try:
        code = json.loads(content[:10_000]).get("code")
    except (ValueError, AttributeError):
        return ""
    return f" ({Reason(code)})" if code in set(Reason) else ""


def _said_by_road(error: Exception) -> str:
    connected = isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
    if connected and not isinstance(error, aiohttp.ClientConnectorError):
        # in TLS 1.3 a server that refuses a client's certificate says so after the handshake
        return (
            f"the connection was closed without an answer ({type(error).__name__}): "
            "the partner restarts, or does not trust our TLS certificate"
        )
    return f"not reached: {type(error).__name__}"


def _said_by_tls(error: Exception) -> str:
    """Returns what failed in OpenSSL's words, and on whose side: an alert is the partner's."""
    origin = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    refused = getattr(origin, "verify_message", None)
    if refused:
        return f"we refuse its certificate: {str(refused)[:120]!r}"
    reason = str(getattr(origin, "reason", None) or type(error).__name__)
    return f"it refuses ours: {reason[:120]}" if "ALERT" in reason else reason[:120]
