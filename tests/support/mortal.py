"""A gateway in a process of its own that can be killed at any instant, and the pipe to it.

Processes are forked from one that has imported everything, so that a round costs milliseconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Literal, NamedTuple
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mra_gateway.clock import Clock, SystemClock
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.trust import RawMessage
from mra_gateway.settings import DeliverySettings
from mra_gateway.store.database import Database, open_database
from mra_gateway.transport.carrier import Carried, Carrier
from mra_gateway.trust.signer import FileSigner
from tests.support import pki
from tests.support.simulation import completed_registry, settings_of

Role = Literal["receive", "deliver"]
REGISTRY = completed_registry(consent="not_required")
DELIVERY = DeliverySettings(
    merge=False, first_retry_seconds=0.05, last_retry_seconds=0.1, poll_seconds=0.05
)


class LaterClock(SystemClock):
    """The machine's clock, so much later: a lease of a process that died has run out."""

    def __init__(self, later: timedelta) -> None:
        super().__init__()
        self._later = later

    def now(self) -> datetime:
        return super().now() + self._later


class Seed(NamedTuple):
    """What a process needs to be the gateway of one side."""

    role: Role
    territory: Territory
    url: str
    key: bytes
    certificate: bytes
    partner_peer: bytes
    later: timedelta


@cache
def side(territory: Territory) -> pki.Side:
    """An administration whose certificates are valid now."""
    return pki.side(territory, at=datetime.now(UTC).replace(minute=0, second=0, microsecond=0))


def a_seed(
    role: Role, territory: Territory, *, partner: Territory, url: str, later: timedelta
) -> Seed:
    """Returns what makes a gateway of one side."""
    own = side(territory)
    key = own.signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = own.certificate.public_bytes(Encoding.PEM)
    return Seed(role, territory, url, key, certificate, side(partner).peer, later)


class PipeCarrier:
    """Hands messages to the process at the other end."""

    def __init__(self, pipe: Pipe, peer: bytes) -> None:
        self._pipe = pipe
        self._peer = peer

    async def carry(self, partner: Territory, content: bytes) -> Carried:
        self._pipe.send_bytes(content)
        return Carried(await asyncio.to_thread(self._pipe.recv_bytes), self._peer)

    async def close(self) -> None:
        return None


def a_gateway(
    seed: Seed, *, database: Database, clock: Clock, carrier: Carrier | None = None
) -> Gateway:
    """Builds the gateway of a seed over a store."""
    key = load_pem_private_key(seed.key, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    return build(
        settings_of(seed.territory, delivery=DELIVERY),
        clock=clock,
        database=database,
        registry=REGISTRY,
        signer=FileSigner(key, certificate=x509.load_pem_x509_certificate(seed.certificate)),
        carrier=carrier,
    )


def live(pipe: Pipe, seed: Seed) -> None:
    """What the process does until it is killed."""
    asyncio.run(_live(pipe, seed))


async def _live(pipe: Pipe, seed: Seed) -> None:
    gateway = a_gateway(
        seed,
        database=open_database(seed.url),
        clock=LaterClock(seed.later),
        carrier=PipeCarrier(pipe, seed.partner_peer),
    )
    await gateway.book.refresh(gateway.database)
    pipe.send_bytes(b"ready")
    if seed.role == "deliver":
        await gateway.dispatcher.run()
    while True:
        content = await asyncio.to_thread(pipe.recv_bytes)
        raw = RawMessage(
            content=content, arrived_at=gateway.clock.now(), peer_certificate=seed.partner_peer
        )
        reply = await gateway.receiver.receive(raw)
        assert reply.receipt is not None
        pipe.send_bytes(reply.receipt)


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@contextmanager
def a_process(seed: Seed, *, dies_after: float | None) -> Iterator[Pipe]:
    """Runs a gateway in a process; it is killed (SIGKILL) so many seconds after it is ready."""
    context = _context()
    ours, theirs = context.Pipe()
    process = context.Process(target=live, args=(theirs, seed), daemon=True)
    # the process to fork from starts with the first one and has to find this module
    with mock.patch.dict(os.environ, {"PYTHONPATH": str(Path(__file__).parents[2])}):
        process.start()
    theirs.close()
    assert ours.poll(60), "the process did not start"
    assert ours.recv_bytes() == b"ready"
    killer = threading.Timer(dies_after or 0.0, process.kill)
    if dies_after is not None:
        killer.start()
    try:
        yield ours
    except (EOFError, OSError):
        # the process is dead: that is what the rounds are about
        assert dies_after is not None
    finally:
        killer.cancel()
        process.kill()
        process.join()
        ours.close()


def instants(count: int, *, seed: int, longest: float) -> list[float]:
    """Returns the moments at which the processes of the rounds die."""
    chance = random.Random(seed)
    return [chance.uniform(0.0, longest) for _ in range(count)]
