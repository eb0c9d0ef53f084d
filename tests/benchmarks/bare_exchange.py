"""The parts of an exchange of single changes with nothing around them: what the gateway is held to.

Two processes, as the gateways are. Per message: sign with our signer, durable insert, post over
mutual TLS with aiohttp, verify with our verifier, durable insert, sign the receipt, durable insert,
reply, verify it, durable update. Raw sqlite3 with write-ahead log and full synchronisation; no
registers, lanes, judgements, schema checks or codecs: what is signed was written before the clock
ran. Keys, certificates and documents are those of the gateways measured beside it.

`python -m tests.benchmarks.bare_exchange HOME PARTNER_HOME PORT` answers until it is stopped.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import ssl
import sys
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from mra_gateway.clock import SystemClock
from mra_gateway.errors import Reason
from mra_gateway.flows.compose import Answered, Composer
from mra_gateway.gateway import key_password
from mra_gateway.model.changes import ChangeKind, Status, StatusChange
from mra_gateway.model.identifiers import ArrangementId, ChangeId, Digest, MessageId
from mra_gateway.model.messages import ReceiptOutcome, StatusNotification
from mra_gateway.model.trust import RawMessage
from mra_gateway.settings import Settings, load_settings
from mra_gateway.trust.card import own_card
from mra_gateway.trust.policy import PartnerTrust
from mra_gateway.trust.signer import FileSigner
from mra_gateway.trust.tls import client_context, server_context
from mra_gateway.trust.verifier import Verifier
from tests.benchmarks.operators import record

PATH = "/bare"
ARRANGEMENT = ArrangementId("CN-MN-2025")
PLACEHOLDER = MessageId("ffffffff-ffff-4fff-8fff-ffffffffffff")
"""Replaced in prepared documents, so that every message is another one."""

_TABLE = (
    "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, "
    "content BLOB, receipt BLOB)"
)


class Party:
    """One side: its keys, what it trusts, and its table."""

    def __init__(self, home: Path, partner_home: Path, *, table: Path) -> None:
        self.settings = load_settings(home)
        partner = load_settings(partner_home)
        keys = self.settings.keys
        self.signer = FileSigner.load(
            self.settings.path(keys.signing_key),
            certificate_file=self.settings.path(keys.signing_certificate),
            password=key_password(self.settings),
        )
        self.card = own_card(partner)
        self.partner = PartnerTrust.from_cards([self.card])
        self.verifier = Verifier(
            us=self.settings.territory,
            environment=self.settings.environment,
            max_bytes=self.settings.partner_api.max_bytes,
        )
        self.composer = Composer(
            us=self.settings.territory,
            environment=self.settings.environment,
            signer=self.signer,
            clock=SystemClock(),
        )
        self._writer = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(table, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _TABLE):
            self._connection.execute(statement)

    def sign(self, document: bytes) -> bytes:
        return self.signer.sign(document, at=datetime.now(UTC))

    def verify(self, content: bytes, peer: bytes | None) -> None:
        at = datetime.now(UTC)
        raw = RawMessage(content=content, arrived_at=at, peer_certificate=peer)
        self.verifier.verify(raw, at=at, partner_of=lambda _: self.partner)

    async def write(self, statement: str, *values: object) -> None:
        """One durable statement, on the one thread that writes."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, partial(self._write, statement, values))

    def context(self, make: Callable[..., ssl.SSLContext]) -> ssl.SSLContext:
        keys = self.settings.keys
        return make(
            self.settings.path(keys.tls_certificate),
            key_file=self.settings.path(keys.tls_key),
            password=key_password(self.settings),
            anchors_pem=self.card.tls_anchors,
        )

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(statement, values)
        self._connection.execute("COMMIT")


class Sender:
    """Sends prepared documents on some lanes at once, for as long as it is asked to."""

    def __init__(self, settings: Settings, partner_home: Path, *, port: int) -> None:
        self._party = Party(settings.home, partner_home, table=settings.home / "bare.db")
        self._url = f"https://127.0.0.1:{port}{PATH}"
        self._document = _notification(self._party)
        self._session: aiohttp.ClientSession | None = None
        self._sent = itertools.count(1)

    async def open(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._party.context(client_context), limit=8)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def close(self) -> None:
        assert self._session is not None
        await self._session.close()

    async def run(self, *, seconds: float, lanes: int) -> float:
        """Returns how many messages a second were settled."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        counts = await asyncio.gather(*(self._lane(until=started + seconds) for _ in range(lanes)))
        return sum(counts) / (loop.time() - started)

    async def _lane(self, *, until: float) -> int:
        loop = asyncio.get_running_loop()
        count = 0
        while loop.time() < until:
            await self._exchange()
            count += 1
        return count

    async def _exchange(self) -> None:
        assert self._session is not None
        party, message_id = self._party, str(uuid.uuid4())
        content = party.sign(self._document.replace(PLACEHOLDER.encode(), message_id.encode()))
        await party.write(
            "INSERT INTO messages (message_id, content) VALUES (?, ?)", message_id, content
        )
        async with self._session.post(
            self._url, data=content, headers={"Content-Type": "application/xml"}
        ) as response:
            receipt = await response.read()
            assert response.status == 200
        party.verify(receipt, None)
        await party.write(
            "UPDATE messages SET receipt = ? WHERE message_id = ?", receipt, message_id
        )


def answering(party: Party) -> web.Application:
    """Returns the receiving side."""
    document = _receipt(party)

    async def take(request: web.Request) -> web.Response:
        content = await request.read()
        assert request.transport is not None
        peer = request.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        party.verify(content, peer)
        message_id = str(uuid.uuid4())
        await party.write(
            "INSERT INTO messages (message_id, content) VALUES (?, ?)", message_id, content
        )
        receipt = party.sign(document.replace(PLACEHOLDER.encode(), message_id.encode()))
        await party.write(
            "UPDATE messages SET receipt = ? WHERE message_id = ?", receipt, message_id
        )
        return web.Response(body=receipt, content_type="application/xml")

    app = web.Application()
    app.router.add_post(PATH, take)
    return app


def _notification(party: Party) -> bytes:
    change = StatusChange(
        change_id=ChangeId("00000000-0000-4000-9000-000000000001"),
        change_number=1,
        kind=ChangeKind.GRANTED,
        status=Status.VALID,
        effective_from=datetime(2026, 1, 1, tzinfo=UTC),
        operator=record(1),
    )
    message, document = party.composer.unsigned(
        StatusNotification(changes=(change,)),
        recipient=party.card.territory,
        arrangement=ARRANGEMENT,
        epoch=1,
        sequence=1,
    )
    return document.replace(message.envelope.message_id.encode(), PLACEHOLDER.encode())


def _receipt(party: Party) -> bytes:
    """A receipt's document, its two message ids the placeholder's."""
    answered = Answered(
        party.card.territory, PLACEHOLDER, Digest("0" * 64), ARRANGEMENT, datetime.now(UTC)
    )
    return party.composer.receipt(
        answered, outcome=ReceiptOutcome.ACCEPTED, reason=Reason.OK, epoch=1, expected=2
    )


async def _serve(home: Path, partner_home: Path, port: int) -> None:
    party = Party(home, partner_home, table=home / "bare.db")
    runner = web.AppRunner(answering(party), access_log=None)
    await runner.setup()
    context = party.context(server_context)
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
