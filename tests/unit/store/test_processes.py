"""Several processes on one database, one of them killed: nothing acknowledged is lost."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from mra_gateway.store import lanes
from mra_gateway.store.database import Database
from mra_gateway.store.tables import journal
from tests.support.writer import take_number

ROOT = Path(__file__).resolve().parents[3]


def start_writer(url: str, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.writer", url, name, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def halves_by_subject(connection: Connection) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in connection.execute(select(journal)):
        found.setdefault(row.subject, Counter())[row.act] += 1
    return found


WHOLE = Counter({"first half": 1, "second half": 1})


async def test_processes_that_write_at_the_same_time_lose_nothing_and_double_nothing(
    database: Database, database_url: str
) -> None:
    count = 60
    writers = [start_writer(database_url, f"process {n}", count) for n in range(2)]
    taken = [writer.communicate(timeout=120)[0].split() for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0]
    numbers = [int(number) for each in taken for number in each]
    assert sorted(numbers) == list(range(1, 2 * count + 1))
    (lane,) = await database.read(lambda c: lanes.all_lanes(c, "out"))
    assert lane.next_sequence == 2 * count + 1
    assert await database.read(halves_by_subject) == {f"number {n}": WHOLE for n in numbers}


@pytest.mark.parametrize("killed_after", [1, 7, 40])
async def test_a_process_killed_in_the_middle_loses_nothing_it_acknowledged(
    database: Database, database_url: str, killed_after: int
) -> None:
    writer = start_writer(database_url, "to be killed", 1_000_000)
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(killed_after)]
    writer.kill()
    # what it could still say before the signal reached it counts, too
    acknowledged += [int(line) for line in writer.stdout.read().splitlines()]
    writer.stdout.close()
    assert writer.wait(timeout=60) == -9

    # the next process waits for the lane's lock, which the server holds while it still commits
    following = await database.write(lambda c: take_number(c, "next"))
    halves = await database.read(halves_by_subject)

    assert {f"number {n}" for n in acknowledged} <= set(halves)
    assert all(each == WHOLE for each in halves.values()), "a transaction is whole or absent"
    assert following == len(halves), "it goes on where the killed one was"
    # at most the one transaction in flight was committed without being acknowledged
    assert following - 1 - len(acknowledged) in {0, 1}
