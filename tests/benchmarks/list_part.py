"""One part of 1,000 operators coming in, against its three dearest steps measured bare.

The whole path is `Receiver.receive`: limits, verification, decoding, judging, staging, receipt
signed and stored, on a SQLite file with durable commits. Bare are, on the same bytes and rows:
signxml's verification (certificate as a key object), XSD validation, and one durable bulk insert
into the same table with the same indexes through the driver. Both are run in turns.
"""

from __future__ import annotations

import gc
import sqlite3
from datetime import timedelta
from pathlib import Path

from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from mra_gateway.clock import HandMovedClock
from mra_gateway.flows.compose import Composer
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.identifiers import Digest, ListId
from mra_gateway.model.messages import Environment, ReceiptOutcome, StatusListPart
from mra_gateway.model.trust import RawMessage
from mra_gateway.store import migrate
from mra_gateway.store.database import Database, open_database
from mra_gateway.wire.schemas import exchange_schema
from tests.benchmarks.measuring import Finding, at_most, median, milliseconds, milliseconds_of
from tests.benchmarks.operators import listed
from tests.support import pki
from tests.support.simulation import CN_MN, completed_registry, prepare, settings_of

PART = 1000
BOUND = 2.0
Row = tuple[object, ...]


async def run(folder: Path, *, repeats: int) -> list[Finding]:
    """Measures parts of one long list, and the bare steps between them."""
    clock = HandMovedClock(pki.AT)
    china, mongolia = pki.side(pki.CN), pki.side(pki.MN)
    database = open_database(f"sqlite:///{folder / 'part.db'}")
    await database.write(migrate.upgrade)
    gateway = build(
        settings_of(pki.MN),
        clock=clock,
        database=database,
        registry=completed_registry(consent="not_required"),
        signer=mongolia.signer,
    )
    await prepare(gateway, partner=china)
    composer = Composer(us=pki.CN, environment=Environment.TEST, signer=china.signer, clock=clock)
    try:
        bare = _Bare(folder, china)
        whole, steps = [], []
        gc.collect()
        gc.freeze()  # as `serve` does
        for number in range(1, repeats + 3):
            content = _part(composer, number, clock)
            taken = await milliseconds_of(_take(gateway, content, china))
            alone = bare.run(content, await _rows(database, number))
            if number > 2:  # the first two warm caches on both sides
                whole.append(taken)
                steps.append(alone)
    finally:
        gc.unfreeze()
        await gateway.close()
    verify, validate, insert = (median(one[index] for one in steps) for index in range(3))
    total = median(sum(one) for one in steps)
    return [
        at_most(
            f"List part of {PART:,} operators taken, {len(content) / 1e6:.1f} MB",
            value=median(whole) / total,
            bound=BOUND,
            measured=f"{median(whole):.1f} ms",
            compared=(
                f"{total:.1f} ms: signxml verify {verify:.1f}, XSD {validate:.1f}, "
                f"bulk insert {insert:.1f}"
            ),
        )
    ]


def _part(composer: Composer, number: int, clock: HandMovedClock) -> bytes:
    first = (number - 1) * PART
    body = StatusListPart(
        list_id=ListId("00000000-0000-4000-8000-0000000000aa"),
        part=number,
        parts=10_000,
        total=PART * 10_000,
        root=Digest("0" * 64),
        as_of=clock.now() - timedelta(minutes=1),
        as_of_change=0,
        operators=tuple(listed(first + offset) for offset in range(PART)),
    )
    _, document = composer.unsigned(
        body, recipient=pki.MN, arrangement=CN_MN, epoch=1, sequence=number
    )
    return composer.sign(document)


async def _take(gateway: Gateway, content: bytes, china: pki.Side) -> None:
    raw = RawMessage(content=content, arrived_at=gateway.clock.now(), peer_certificate=china.peer)
    reply = await gateway.receiver.receive(raw)
    assert reply.outcome is ReceiptOutcome.ACCEPTED, reply.reason
    assert reply.receipt is not None


async def _rows(database: Database, number: int) -> list[Row]:
    """The rows the part was staged as, as the driver is handed them."""
    return await database.read(
        lambda c: [
            tuple(row)
            for row in c.exec_driver_sql(
                "SELECT * FROM list_records WHERE position > ? ORDER BY position",
                ((number - 1) * PART,),
            )
        ]
    )


class _Bare:
    """The three steps with nothing around them."""

    def __init__(self, folder: Path, side: pki.Side) -> None:
        self._side = side
        self._config = XAdESSignatureConfiguration(
            location="./",
            expect_references=3,
            verification_time=pki.AT,
            default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        )
        self._connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        with sqlite3.connect(folder / "part.db") as made:
            for (sql,) in made.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'list_records' AND sql IS NOT NULL"
            ):
                self._connection.execute(sql)

    def run(self, content: bytes, rows: list[Row]) -> tuple[float, float, float]:
        assert len(rows) == PART
        root = etree.fromstring(content)
        return (
            milliseconds(lambda: self._verify(content)),
            milliseconds(lambda: exchange_schema().assertValid(root)),
            milliseconds(lambda: self._insert(rows)),
        )

    def _verify(self, content: bytes) -> None:
        XAdESVerifier().verify(
            content, x509_cert=self._side.certificate, expect_config=self._config
        )

    def _insert(self, rows: list[Row]) -> None:
        places = ",".join("?" * len(rows[0]))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(f"INSERT INTO list_records VALUES ({places})", rows)
        self._connection.execute("COMMIT")
