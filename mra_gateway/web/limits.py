"""What one caller may use up: bytes, seconds, requests a minute, places at once.

Refusals are values of their own (`LimitReached`), so that every API answers them alike.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from math import ceil

from aiohttp import web

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused

_REMEMBERED = 10_000
"""Most callers whose use is remembered; the one silent for longest is forgotten first."""


class LimitReached(RequestRefused):
    """A caller asks for more than it may have now.

    Attributes:
        retry_after: Seconds after which it may ask again; None where asking again does not help.
        close: Whether the connection ends, for what is on its way in is not read.
    """

    def __init__(
        self, text: str, *, reason: Reason, retry_after: int | None = None, close: bool = False
    ) -> None:
        self.retry_after = retry_after
        self.close = close
        super().__init__(text, reason=reason)


class RateLimiter:
    """A bucket per caller: full at first, refilled evenly, one token a request."""

    def __init__(self, per_minute: int, *, clock: Clock) -> None:
        self._full = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Takes one token of a caller.

        Raises:
            LimitReached: `RATE_LIMITED`: none is left; says when the next one is there.
        """
        now = self._clock.now()
        tokens, at = self._buckets.pop(caller, (self._full, now))
        passed = max(0.0, (now - at).total_seconds())  # a clock set back refills nothing
        tokens = min(self._full, tokens + passed * self._full / 60)
        self._buckets[caller] = (max(0.0, tokens - 1) if tokens >= 1 else tokens, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise LimitReached(
                f"more than {round(self._full)} requests a minute",
                reason=Reason.RATE_LIMITED,
                retry_after=max(1, ceil((1 - tokens) * 60 / self._full)),
                close=True,
            )


class Places:
    """How many requests are worked on at once; there is no queue."""

    def __init__(self, number: int) -> None:
        self._free = number

    @contextmanager
    def take(self) -> Iterator[None]:
        """Holds a place for as long as the context lasts.

        Raises:
            LimitReached: `TOO_MANY_AT_ONCE`: none is free.
        """
        if self._free == 0:
            raise LimitReached(
                "too many requests at once",
                reason=Reason.TOO_MANY_AT_ONCE,
                retry_after=1,
                close=True,
            )
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


async def read_body(request: web.BaseRequest, *, max_bytes: int, seconds: float) -> bytes:
    """Reads a request's body and stops one byte after the limit, so that the caller can tell.

    Raises:
        LimitReached: `REQUEST_TIMEOUT`: it did not arrive in time, however steadily it drips, or
            the caller went away.
    """
    stream, content = request.content, bytearray()
    try:
        if stream.is_eof():  # all of it is here: no need to watch over how long it takes
            return stream.read_nowait()[: max_bytes + 1]
        async with asyncio.timeout(seconds):
            while len(content) <= max_bytes:
                chunk = await stream.readany()
                if not chunk:
                    break
                content += chunk
    except TimeoutError:
        raise LimitReached(
            f"the request did not arrive within {seconds:g} seconds",
            reason=Reason.REQUEST_TIMEOUT,
            close=True,
        ) from None
    except ConnectionError:
        # to the server's library it is a failure of ours, with a traceback in the log
        raise LimitReached(
            "the caller went away before all had arrived",
            reason=Reason.REQUEST_TIMEOUT,
            close=True,
        ) from None
    return bytes(content[: max_bytes + 1])
