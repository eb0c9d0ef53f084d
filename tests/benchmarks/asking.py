"""Asks an HTTP service as fast as it answers, over a few kept connections, and counts.

`python -m tests.benchmarks.asking PORT METHOD PATH KEY BODIES CONNECTIONS SECONDS`, a process of
its own: raw streams, so that the service is what takes the time. BODIES is a file with a JSON array
of bodies. It prints how many were answered in how many seconds; any answer but 200 ends it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> None:
        """Connects."""
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)

    async def ask(self, request: bytes) -> bytes:
        """Sends a request and returns the body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        body = await self._reader.readexactly(_length(head))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(ascii(head[:200] + body[:500]))
        return body

    async def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
        await self._writer.wait_closed()


def written(method: str, path: str, *, key: str, body: bytes = b"") -> bytes:
    """Returns a request as it goes out."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def _length(head: bytes) -> int:
    at = head.index(b"Content-Length: ") + 16
    return int(head[at : head.index(b"\r\n", at)])


async def run(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> None:
    """Asks for some seconds and prints what came of it."""
    open_ones = [Connection(port) for _ in range(connections)]
    for one in open_ones:
        await one.open()
    answered, started = 0, time.perf_counter()
    until = started + seconds

    async def ask(connection: Connection) -> None:
        nonlocal answered
        while time.perf_counter() < until:
            await connection.ask(next(requests))
            answered += 1

    await asyncio.gather(*map(ask, open_ones))
    print(json.dumps({"answered": answered, "seconds": time.perf_counter() - started}))
    for one in open_ones:
        await one.close()


def main(arguments: list[str]) -> None:
    """Does what the command line asks for."""
    port, method, path, key, bodies, connections, seconds = arguments
    contents = json.loads(Path(bodies).read_bytes()) if bodies else [""]
    made = [written(method, path, key=key, body=one.encode()) for one in contents]
    asyncio.run(
        run(
            int(port),
            itertools.cycle(made),
            connections=int(connections),
            seconds=float(seconds),
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
