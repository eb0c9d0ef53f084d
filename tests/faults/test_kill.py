"""A real process killed at any instant loses nothing it acknowledged, and doubles nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.model.identifiers import MessageId
from mra_gateway.model.trust import RawMessage
from mra_gateway.store import outbox
from mra_gateway.store.database import Database, open_database
from mra_gateway.store.exchange_tables import lanes, messages
from mra_gateway.store.register_tables import facts
from mra_gateway.wire.codec import encode
from tests.support import mortal
from tests.support.databases import FreshUrl, Kind
from tests.support.messages import a_change, a_notification, a_record
from tests.support.simulation import (
    CN,
    MN,
    OFFICER,
    a_row,
    as_file,
    prepare,
)

T = TypeVar("T")
ROUNDS = 6
LEASE = timedelta(seconds=61)


def in_store(url: str, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Does something with the store of a gateway whose process is not running."""

    async def run() -> T:
        database = open_database(url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def found(url: str, seed: mortal.Seed) -> None:
    async def run(database: Database) -> None:
        gateway = mortal.a_gateway(seed, database=database, clock=mortal.LaterClock(seed.later))
        partner = MN if seed.territory == CN else CN
        await prepare(gateway, partner=mortal.side(partner))

    in_store(url, run)


def read(url: str, query: Callable[[Connection], T]) -> T:
    return in_store(url, lambda database: database.read(query))


@contextmanager
def receiving(seed: mortal.Seed) -> Iterator[Callable[[bytes], bytes]]:
    """A gateway in this process that lives, and how to give it what China sent."""
    with asyncio.Runner() as runner:
        database = open_database(seed.url)
        gateway = mortal.a_gateway(seed, database=database, clock=mortal.LaterClock(seed.later))
        runner.run(gateway.book.refresh(database))

        def receive(content: bytes) -> bytes:
            raw = RawMessage(
                content=content,
                arrived_at=gateway.clock.now(),
                peer_certificate=mortal.side(CN).peer,
            )
            reply = runner.run(gateway.receiver.receive(raw))
            assert reply.receipt is not None
            return reply.receipt

        yield receive
        runner.run(database.close())


def test_what_a_receiver_acknowledged_survives_its_death(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    url = fresh_database_url(database_kind)
    seed = mortal.a_seed("receive", MN, partner=CN, url=url, later=timedelta())
    found(url, seed)
    clock, signer = mortal.LaterClock(timedelta()), mortal.side(CN).signer
    sent = []
    for number in range(1, 121):
        record = a_record(tin=f"CN33024{number:05d}", authorisation=f"AEO{number}")
        change = a_change(operator=record, change_number=number)
        message = a_notification(change, sequence=number, created_at=clock.now())
        sent.append((change.change_id, signer.sign(encode(message), at=clock.now())))
    acknowledged: list[str] = []
    receipts: dict[str, bytes] = {}
    deaths = [*mortal.instants(ROUNDS, seed=1, longest=0.25), None]
    for dies_after in deaths:
        with mortal.a_process(seed, dies_after=dies_after) as pipe:
            # the last one acknowledged once more: it was taken by a process that is dead
            for change_id, content in sent[max(0, len(acknowledged) - 1) :]:
                pipe.send_bytes(content)
                receipt = pipe.recv_bytes()
                assert receipts.setdefault(change_id, receipt) == receipt
                if change_id not in acknowledged:
                    acknowledged.append(change_id)
        applied = Counter(read(url, lambda c: c.scalars(select(facts.c.change_id)).all()))
        assert set(acknowledged) <= set(applied), "nothing acknowledged is lost"
        assert set(applied.values()) <= {1}, "nothing is doubled"
    assert len(acknowledged) == len(sent)
    assert all(b">accepted<" in receipt for receipt in receipts.values())
    numbers = read(url, lambda c: c.scalars(select(messages.c.sequence)).all())
    assert sorted(numbers) == list(range(1, 121))
    (lane,) = read(url, lambda c: c.execute(select(lanes)).all())
    assert lane.next_sequence == 121


def test_what_a_sender_has_to_say_arrives_once_however_often_it_dies(
    database_kind: Kind, fresh_database_url: FreshUrl
) -> None:
    url = fresh_database_url(database_kind)
    seed = mortal.a_seed("deliver", CN, partner=MN, url=url, later=timedelta())
    found(url, seed)
    rows = [a_row(number) for number in range(1, 61)]

    async def announce(database: Database) -> None:
        gateway = mortal.a_gateway(seed, database=database, clock=mortal.LaterClock(seed.later))
        await gateway.book.refresh(database)
        await gateway.importer.apply(as_file(rows), mode=ImportMode.CHANGES, officer=OFFICER)

    in_store(url, announce)
    abroad = fresh_database_url(database_kind)
    other = mortal.a_seed("receive", MN, partner=CN, url=abroad, later=timedelta())
    found(abroad, other)
    deaths = [*mortal.instants(ROUNDS, seed=2, longest=0.3), None]
    for number, dies_after in enumerate(deaths):
        later = LEASE * number
        with (
            receiving(other._replace(later=later)) as receive,
            mortal.a_process(seed._replace(later=later), dies_after=dies_after) as pipe,
        ):
            while pipe.poll(60 if dies_after is not None else 3):
                pipe.send_bytes(receive(pipe.recv_bytes()))
    assert read(url, outbox.oldest_unsettled) is None
    mine = read(
        url,
        lambda c: c.execute(
            select(messages.c.message_id, messages.c.sequence, messages.c.state)
            .where(messages.c.direction == "out")
            .order_by(messages.c.sequence)
        ).all(),
    )
    assert [row.sequence for row in mine] == list(range(1, len(rows) + 1))
    assert {row.state for row in mine} == {outbox.SETTLED}
    theirs = read(abroad, lambda c: Counter(c.scalars(select(facts.c.tin)).all()))
    assert theirs == {row.tin: 1 for row in rows}
    taken = read(
        abroad, lambda c: {MessageId(one) for one in c.scalars(select(messages.c.message_id))}
    )
    assert taken == {row.message_id for row in mine}
