"""A gateway process reduced to its writing: run as a program, to be raced and killed.

`python -m tests.support.writer URL NAME COUNT` takes COUNT numbers of one lane. Each transaction
takes a number and leaves two journal rows; the number is printed once it is committed.
"""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import Connection

from mra_gateway.store import journal, lanes
from mra_gateway.store.database import open_database
from tests.support.messages import AT
from tests.support.stored import a_lane


def take_number(connection: Connection, name: str) -> int:
    """Takes the lane's next number, in the way a packer does: read, then write."""
    lane = a_lane(connection)
    for half in ("first half", "second half"):
        journal.record(
            connection, at=AT, actor=name, act=half, subject=f"number {lane.next_sequence}"
        )
    lanes.advance(connection, lane, sequence=lane.next_sequence)
    return lane.next_sequence


async def run(url: str, name: str, count: int) -> None:
    """Takes numbers one after the other and acknowledges each."""
    database = open_database(url)
    for _ in range(count):
        taken = await database.write(lambda c: take_number(c, name))
        print(taken, flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
