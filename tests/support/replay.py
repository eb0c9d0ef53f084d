"""Results computed again from what was known then, by a process that never saw them given.

`python -m tests.support.replay URL` computes every result of a database again and prints the id and
the SHA-256 of each, one a line. It reads neither the answers given nor what the process that gave
them had in memory; run with another `PYTHONHASHSEED`, it also orders its sets otherwise.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from mra_gateway.flows.decide import recompute_all
from mra_gateway.store import results
from mra_gateway.store.database import open_database
from mra_gateway.store.results import StoredResult

ROOT = Path(__file__).resolve().parents[2]
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def stored(connection: Connection) -> Iterator[StoredResult]:
    """Yields every result as it is stored, oldest first."""
    return results.all_since(connection, decided_from=EVER[0], decided_until=EVER[1])


def computed_again(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """Yields the id of every result and what is given for it now; the answers are not looked at."""
    asked = [one._replace(result=b"") for one in stored(connection)]
    ids = [one.id for one in asked]
    yield from zip(ids, recompute_all(connection, asked), strict=True)


def differing(connection: Connection) -> list[str]:
    """Returns the ids of the results that come out otherwise than they are stored."""
    given = {one.id: one.result for one in stored(connection)}
    return [id_ for id_, again in computed_again(connection) if given[id_] != again]


def in_another_process(url: str) -> dict[str, str]:
    """Returns the digest of every result, by its id, as another process computes it."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.replay", url],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return dict(line.split() for line in ran.stdout.splitlines())


def digest_of(content: bytes) -> str:
    """Returns the SHA-256 of a result."""
    return hashlib.sha256(content).hexdigest()


async def run(url: str) -> None:
    """Prints the digest of every result of a database, computed again."""
    database = open_database(url)
    for id_, content in await database.read(lambda c: list(computed_again(c))):
        print(id_, digest_of(content))
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
