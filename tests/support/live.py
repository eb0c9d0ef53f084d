"""Two running gateways in one event loop, talking over real mutual TLS on this machine.

Each has a home of its own with its own keys and database; everything is the product's own code.
Partners that only post (a third administration, a stranger) are clients with their own certificate.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest

from mra_gateway.clock import Clock, SystemClock
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.identifiers import OfficerName, Territory
from mra_gateway.model.messages import Message
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.registry.load import Registry
from mra_gateway.settings import (
    DeliverySettings,
    NationalApiSettings,
    PartnerApiSettings,
    Settings,
)
from mra_gateway.store import facts, lanes, outbox
from mra_gateway.store import partners as decided
from mra_gateway.store.database import open_database
from mra_gateway.store.exchange_tables import evidence
from mra_gateway.transport.https import PATH
from mra_gateway.trust.keys import to_pem, write_certificates, write_key
from mra_gateway.trust.tls import client_context
from mra_gateway.web.serve import Addresses, Service
from mra_gateway.wire.codec import encode
from tests.support import pki
from tests.support.databases import Kind
from tests.support.simulation import CN_MN, completed_registry, prepare

PASSWORD = b"a password for tests only"
OLGA = Actor(name=OfficerName("olga"), display_name="Olga", roles=frozenset(OfficerRole))
CN, MN, KZ = pki.CN, pki.MN, pki.KZ


@cache
def now() -> datetime:
    """The moment this run began: TLS goes by the machine's clock, so certificates do too."""
    return datetime.now(UTC).replace(microsecond=0)


def this_moment() -> datetime:
    """The moment of a message: a long run must not send it with the moment the run began."""
    return datetime.now(UTC).replace(microsecond=0)


def live_side(territory: Territory) -> pki.Side:
    """Returns an administration whose certificates are valid now."""
    return pki.side(territory, at=now())


@dataclass
class Live:
    """One running gateway."""

    side: pki.Side
    gateway: Gateway
    service: Service
    addresses: Addresses

    @property
    def url(self) -> str:
        return self.addresses.partner_url + PATH

    async def add_client(self, name: str = "Single Window") -> str:
        """Adds a national system and returns its API key."""
        return await self.gateway.database.write(
            lambda c: self.gateway.authenticator.add_client(c, name, by=OLGA)
        )

    async def revoke_client(self, name: str) -> None:
        """Takes a national system's key away."""
        await self.gateway.database.write(
            lambda c: self.gateway.authenticator.revoke_client(c, name, by=OLGA)
        )

    async def pin(self, partner: pki.Side, *, url: str | None = None) -> None:
        """Pins a partner while the gateway runs."""
        await self.gateway.database.write(
            lambda c: decided.pin(
                c,
                self.gateway.clock.new_uuid(),
                card=partner.card(url=url),
                at=self.gateway.clock.now(),
                by="olga",
                second_officer="pavel",
            )
        )
        await self.service.refresh_trust()

    async def withdraw(self, partner: Territory) -> None:
        """Ends the trust in a partner while the gateway runs."""
        await self.gateway.database.write(
            lambda c: decided.withdraw_cards(c, partner, at=self.gateway.clock.now())
        )
        await self.service.refresh_trust()

    async def taken(self, partner: Territory = CN) -> tuple[int, int]:
        """Returns the next number of a partner's lane, and how many authorisations are held."""

        def look(connection: Any) -> tuple[int, int]:
            held = facts.count_authorisations(connection, facts.Register(partner, CN_MN))
            numbers = [
                lane.next_sequence
                for lane in lanes.all_lanes(connection, "in")
                if lane.partner == partner
            ]
            return max(numbers, default=1), held

        return await self.gateway.database.read(look)

    async def kept(self) -> list[tuple[str, bytes, str | None]]:
        """Returns reason, bytes and peer of everything kept as evidence, oldest first."""
        query = evidence.select().order_by(evidence.c.id)
        return await self.gateway.database.read(
            lambda c: [
                (row.reason, bytes(row.content), row.peer_fingerprint) for row in c.execute(query)
            ]
        )

    async def is_quiet(self) -> bool:
        return await self.gateway.database.read(outbox.oldest_unsettled) is None


@dataclass
class Answer:
    """What a client got back."""

    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Pair:
    """China and Mongolia, running."""

    cn: Live
    mn: Live
    folder: Path

    async def settle(self) -> None:
        """Waits until nothing is left to send on either side."""

        async def is_quiet() -> bool:
            return await self.cn.is_quiet() and await self.mn.is_quiet()

        await until(is_quiet)
        for side in (self.cn, self.mn):  # within a second they would by themselves
            await side.gateway.follower.catch_up()


async def until(is_so: Callable[[], Awaitable[bool]], *, seconds: float = 20.0) -> None:
    """Waits until something is so on a running service; an assertion when it never is."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110 - another task's work, seen from outside
            await asyncio.sleep(0.02)


def urls_in(folder: Path, *, request: pytest.FixtureRequest) -> Callable[[Kind], str]:
    """Makes migrated databases for services that run for a whole module of tests."""
    numbers = itertools.count(1)

    def fresh(kind: Kind) -> str:
        if kind == "sqlite":
            file = folder / f"{next(numbers)}.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
            return f"sqlite:///{file}"
        server = request.getfixturevalue("postgres_server")
        url: str = server.url(server.new_database())
        return url

    return fresh


def make_home(folder: Path, side: pki.Side) -> None:
    """Writes the keys of a home."""
    keys = folder / "keys"
    keys.mkdir(parents=True)
    for name, content in _key_files(side).items():
        (keys / name).write_bytes(content)


@cache
def _key_files(side: pki.Side) -> dict[str, bytes]:
    """Encrypted once for the session: deriving a key from a password is slow on purpose."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_bytes(PASSWORD)
        write_key(folder / "signing.key.pem", key=side.signing_key, password=PASSWORD)
        write_key(folder / "tls.key.pem", key=side.tls_key, password=PASSWORD)
        for file, certificate in (
            ("signing.cert.pem", side.certificate),
            ("anchor.cert.pem", side.anchor),
            ("tls.cert.pem", side.tls_certificate),
            ("tls-anchor.cert.pem", side.tls_anchor),
        ):
            write_certificates(folder / file, certificates=[certificate])
        return {file.name: file.read_bytes() for file in folder.iterdir()}


@asynccontextmanager
async def gateway_in(
    home: Path,
    *,
    side: pki.Side,
    database_url: str,
    clock: Clock | None = None,
    partner_api: PartnerApiSettings | None = None,
    national_api: NationalApiSettings | None = None,
    delivery: DeliverySettings | None = None,
    registry: Registry | None = None,
) -> AsyncIterator[Gateway]:
    """Makes a home and opens its gateway, set to free ports of 127.0.0.1; nothing runs yet."""
    make_home(home, side)
    local = {"host": "127.0.0.1", "port": 0}
    settings = Settings(
        settings_home=home,
        territory=side.territory,
        environment=side.environment,
        partner_api=(partner_api or PartnerApiSettings()).model_copy(update=local),
        national_api=(national_api or NationalApiSettings()).model_copy(update=local),
        delivery=delivery or DeliverySettings(poll_seconds=0.05, first_retry_seconds=0.05),
    )
    gateway = build(
        settings,
        clock=clock or SystemClock(),
        database=open_database(database_url),
        registry=registry or completed_registry(consent="not_required"),
        signer=side.signer,
        reopen=partial(open_database, database_url),
    )
    try:
        yield gateway
    finally:
        await gateway.close()


@asynccontextmanager
async def running(
    side: pki.Side, *, home: Path, database_url: str, **options: Any
) -> AsyncIterator[Live]:
    """Runs one gateway; the options are those of `gateway_in`."""
    async with gateway_in(home, side=side, database_url=database_url, **options) as gateway:
        service = Service(gateway)
        try:
            yield Live(side, gateway, service, await service.start())
        finally:
            await service.stop()


@asynccontextmanager
async def running_pair(
    folder: Path,
    *,
    fresh_url: Callable[[Kind], str],
    kind: Kind = "sqlite",
    clock: Clock | None = None,
    partner_api: PartnerApiSettings | None = None,
    national_api: NationalApiSettings | None = None,
) -> AsyncIterator[Pair]:
    """Runs China and Mongolia, pinned to each other, the arrangement confirmed on both sides.

    The settings given are Mongolia's, the side under test.
    """
    async with (
        running(live_side(CN), home=folder / "cn", database_url=fresh_url(kind), clock=clock) as cn,
        running(
            live_side(MN),
            home=folder / "mn",
            database_url=fresh_url(kind),
            clock=clock,
            partner_api=partner_api,
            national_api=national_api,
        ) as mn,
    ):
        await prepare(cn.gateway, partner=mn.side, url=mn.addresses.partner_url)
        await prepare(mn.gateway, partner=cn.side, url=cn.addresses.partner_url)
        await cn.service.refresh_trust()
        await mn.service.refresh_trust()
        yield Pair(cn, mn, folder)


def tls_of(side: pki.Side, *, server: pki.Side, folder: Path) -> ssl.SSLContext:
    """Returns the client context of an administration that trusts a server."""
    home = folder / f"client-{side.territory}"
    if not home.exists():
        make_home(home, side)
    keys = home / "keys"
    return client_context(
        keys / "tls.cert.pem",
        key_file=keys / "tls.key.pem",
        password=PASSWORD,
        anchors_pem=[to_pem(server.tls_anchor)],
    )


@asynccontextmanager
async def client(context: ssl.SSLContext | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """Opens a client; each connection is used once, so that no test rests on another's."""
    connector = aiohttp.TCPConnector(ssl=context or True, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@asynccontextmanager
async def client_of(side: pki.Side, *, to: Live, folder: Path) -> AsyncIterator[Post]:
    """Opens an administration's connection to a running gateway, to post bytes with."""
    async with client(tls_of(side, server=to.side, folder=folder)) as session:
        yield Post(session, to.url)


@dataclass
class Post:
    """Posts bytes as one administration's gateway."""

    session: aiohttp.ClientSession
    url: str

    async def __call__(
        self, content: Any, *, content_type: str = "application/xml", **options: Any
    ) -> Answer:
        headers = {"Content-Type": content_type, **options.pop("headers", {})}
        async with self.session.post(
            self.url, data=content, headers=headers, **options
        ) as response:
            return await answer_of(response)


async def answer_of(response: aiohttp.ClientResponse) -> Answer:
    """Reads a response."""
    return Answer(
        response.status, response.content_type, dict(response.headers), await response.read()
    )


def signed(side: pki.Side, message: Message) -> bytes:
    """Returns a message as its sender signs it."""
    return side.signer.sign(encode(message), at=message.envelope.created_at)
