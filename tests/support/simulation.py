"""Two whole gateways in one process: a hand-moved clock, stores, a carrier that can fail.

Everything but the wire is the product's own code. A world made with the same seed over inline
stores does the same things in the same order. `a_world` makes worlds for a test, on both kinds of
database.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from lxml import etree

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import MessageRejected, PartnerUnreachable, Reason
from mra_gateway.flows.import_register import ImportReport
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.flows.review import mark_reviewed
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.changes import Status
from mra_gateway.model.facts import Arrangement, Basis, Fact
from mra_gateway.model.identifiers import ArrangementId, Digest, OfficerName, Territory, Tin
from mra_gateway.model.messages import Body, Environment, Message, Receipt
from mra_gateway.model.operators import DataElement
from mra_gateway.model.register import (
    AddressedRow,
    ConsentEntry,
    RegisterFile,
    RegisterRow,
    SourceAddress,
)
from mra_gateway.model.trust import RawMessage
from mra_gateway.registry.load import Registry, arrangement_digest, load_registry
from mra_gateway.settings import DeliverySettings, GuardSettings, Settings
from mra_gateway.store import facts, outbox, properties
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database, Work
from mra_gateway.store.watching import Watch
from mra_gateway.transport.carrier import Carried
from mra_gateway.trust.shape import without_signature
from mra_gateway.wire.codec import decode, encode
from mra_gateway.wire.xml import canonical
from tests.support import pki
from tests.support.databases import NewStore
from tests.support.messages import as_verified

T = TypeVar("T")

AT = pki.AT
CN, MN = pki.CN, pki.MN
CN_MN = ArrangementId("CN-MN-2025")
OFFICER = OfficerName("olga")


@cache
def shipped() -> Registry:
    """The data files as shipped, read once."""
    return load_registry()


def agreed(arrangement: Arrangement, *, consent: str = "required") -> Arrangement:
    """Returns an arrangement as an administration would complete it: what travels, and consent."""
    known: dict[str, Any] = {"source": "test", "basis": Basis.READ, "as_of": date(2026, 1, 1)}
    exchange = arrangement.exchange.model_copy(
        update={
            "data_elements": Fact[tuple[DataElement, ...]](value=tuple(DataElement), **known),
            "consent": arrangement.exchange.consent.model_copy(update={"value": consent}),
        }
    )
    return arrangement.model_copy(update={"exchange": exchange})


def completed_registry(*, consent: str = "required") -> Registry:
    """The shipped facts, with China-Mongolia completed."""
    base = shipped()
    changed = agreed(base.get_arrangement(CN_MN), consent=consent)
    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, CN_MN: changed},
        benefits=base.benefits,
        files=base.files,
        indicators=base.indicators,
        lane_lists=base.lane_lists,
        region_lists=base.region_lists,
        party_codes=base.party_codes,
        declaration_forms=base.declaration_forms,
    )


def settings_of(territory: Territory, **changes: object) -> Settings:
    """Returns settings that need no home on disk."""
    values: dict[str, object] = {
        "settings_home": Path("unused"),
        "territory": territory,
        "environment": Environment.TEST,
        **changes,
    }
    return Settings(**values)  # type: ignore[arg-type]


async def prepare(gateway: Gateway, *, partner: pki.Side, url: str | None = None) -> None:
    """Founds a gateway's database, pins its partner and confirms the arrangement."""
    settings, at = gateway.settings, gateway.clock.now()
    arrangement = gateway.registry.get_arrangement(CN_MN)

    def write(connection: object) -> None:
        properties.found_home(
            connection,  # type: ignore[arg-type]
            territory=settings.territory,
            environment=settings.environment,
        )
        # the day a simulation begins on brings nothing about by itself
        mark_reviewed(connection, gateway.book.day_of(at))  # type: ignore[arg-type]
        decided.pin(
            connection,  # type: ignore[arg-type]
            gateway.clock.new_uuid(),
            card=partner.card(url=url),
            at=at,
            by="olga",
            second_officer="pavel",
        )
        decided.confirm(
            connection,  # type: ignore[arg-type]
            gateway.clock.new_uuid(),
            confirmation=decided.Confirmation(
                CN_MN,
                arrangement_digest(arrangement),
                "Act 1",
                date(2026, 1, 1),
                "olga",
                "pavel",
                at,
            ),
        )

    await gateway.database.write(write)
    await gateway.book.refresh(gateway.database)


async def confirm(gateway: Gateway, arrangement: Arrangement, *, digest: str | None = None) -> None:
    """Confirms a copy of an arrangement, or (with a digest) one of another content."""
    await gateway.database.write(
        lambda c: decided.confirm(
            c,
            gateway.clock.new_uuid(),
            confirmation=decided.Confirmation(
                arrangement.id,
                Digest(digest or arrangement_digest(arrangement)),
                "Act 2",
                date(2026, 1, 1),
                "olga",
                "pavel",
                gateway.clock.now(),
            ),
        )
    )
    await gateway.book.refresh(gateway.database)


async def withdraw_confirmation(gateway: Gateway) -> None:
    """Stops the exchange under the arrangement."""
    await gateway.database.write(
        lambda c: decided.withdraw_confirmation(c, CN_MN, at=gateway.clock.now())
    )
    await gateway.book.refresh(gateway.database)


@dataclass
class Wire:
    """What happens to bytes between the two: the schedule of faults.

    Attributes:
        lose: Probability that a message is lost on its way.
        lose_reply: Probability that it arrives and the receipt is lost.
        repeat: Probability that a copy of an earlier message is delivered once more.
        crash: Probability that a process dies before or after a commit.
    """

    seed: int = 0
    lose: float = 0.0
    lose_reply: float = 0.0
    repeat: float = 0.0
    crash: float = 0.0
    down: bool = False
    seen: list[tuple[Territory, Territory, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def earlier(self) -> tuple[Territory, Territory, bytes] | None:
        return self._random.choice(self.seen) if self.seen else None


def body_of(content: bytes) -> Body:
    """Returns what a signed message carries, without verifying it."""
    root = etree.fromstring(content)
    without_signature(root)
    return decode(as_verified(canonical(root))).message.body


class Crash(Exception):
    """A process dies here: what is not committed is gone."""


class CrashingDatabase:
    """A store whose process dies before or after a commit, when the world says so."""

    def __init__(self, store: Database, dies: Callable[[], bool]) -> None:
        self.store = store
        self._dies = dies

    async def write(self, work: Work[T]) -> T:
        if self._dies():
            raise Crash
        result = await self.store.write(work)
        if self._dies():
            raise Crash
        return result

    async def read(self, work: Work[T]) -> T:
        return await self.store.read(work)

    def watch(self) -> Watch:
        return self.store.watch()

    async def close(self) -> None:
        await self.store.close()


class MemoryCarrier:
    """Hands bytes to the other gateway's receiver, with the faults of its wire."""

    def __init__(self, world: World, sender: Territory) -> None:
        self._world = world
        self._sender = sender

    async def carry(self, partner: Territory, content: bytes) -> Carried:
        wire = self._world.wire
        if wire.down or wire.happens(wire.lose):
            raise PartnerUnreachable("lost")
        wire.seen.append((self._sender, partner, content))
        reply = await self._world.hand_over(self._sender, partner, content)
        earlier = wire.earlier() if wire.happens(wire.repeat) else None
        if earlier is not None:
            await self._world.hand_over(*earlier)
        if wire.happens(wire.lose_reply):
            raise PartnerUnreachable("receipt lost")
        return Carried(reply, self._world.sides[partner].peer)

    async def close(self) -> None:
        return None


class World:
    """Two administrations and the wire between them."""

    def __init__(
        self,
        *,
        seed: int = 0,
        wire: Wire | None = None,
        consent: str = "not_required",
        delivery: DeliverySettings | None = None,
        guard: GuardSettings | None = None,
        databases: Sequence[Database],
        registries: Mapping[Territory, Registry] | None = None,
    ) -> None:
        self.wire = wire or Wire(seed)
        self.clock = HandMovedClock(AT, seed=seed)
        self.sides = {territory: pki.side(territory) for territory in (CN, MN)}
        registry = completed_registry(consent=consent)
        self.registries = dict(registries or {CN: registry, MN: registry})
        self._delivery = delivery or DeliverySettings()
        self._guard = guard or GuardSettings()
        self.crashes = 0
        self.stores = dict(zip((CN, MN), databases, strict=True))
        self.gateways = {territory: self._build(territory) for territory in (CN, MN)}
        self.refused: list[Reason] = []

    def _build(self, territory: Territory) -> Gateway:
        return build(
            settings_of(territory, delivery=self._delivery, guard=self._guard),
            clock=self.clock,
            database=CrashingDatabase(
                self.stores[territory], lambda: self.wire.happens(self.wire.crash)
            ),
            registry=self.registries[territory],
            signer=self.sides[territory].signer,
            carrier=MemoryCarrier(self, territory),
        )

    async def restart(self, territory: Territory) -> None:
        """Makes a gateway anew over the database it had, as after a crash."""
        self.gateways[territory] = self._build(territory)
        gateway = self.gateways[territory]
        await gateway.book.refresh(self.stores[territory])

    async def work(self, territory: Territory) -> None:
        """Lets one gateway do what is due; where it dies it starts again."""
        try:
            await self.gateways[territory].dispatcher.run_once()
        except Crash:
            self.crashes += 1
            await self.restart(territory)

    @property
    def cn(self) -> Gateway:
        return self.gateways[CN]

    @property
    def mn(self) -> Gateway:
        return self.gateways[MN]

    async def found(self) -> World:
        """Makes both ready to exchange."""
        await prepare(self.cn, partner=self.sides[MN])
        await prepare(self.mn, partner=self.sides[CN])
        return self

    def move(self, span: timedelta = timedelta(minutes=1)) -> None:
        """Moves the clock on."""
        self.clock.move_to(self.clock.now() + span)

    async def hand_over(
        self, sender: Territory, recipient: Territory, content: bytes
    ) -> bytes | None:
        """Delivers bytes as the sender's TLS peer; an unsigned refusal is no receipt."""
        raw = RawMessage(
            content=content, arrived_at=self.clock.now(), peer_certificate=self.sides[sender].peer
        )
        try:
            return (await self.gateways[recipient].receiver.receive(raw)).receipt
        except Crash:
            self.crashes += 1
            await self.restart(recipient)
            raise PartnerUnreachable("the connection broke") from None
        except MessageRejected as error:
            self.refused.append(error.reason)
            raise PartnerUnreachable("refused unsigned", reason=error.reason) from None

    async def post(self, message: Message, *, sender: Territory = CN) -> Receipt:
        """Signs a message as one side, posts it to the other and returns the receipt's body."""
        return self.read(await self.post_bytes(self.sign(message, sender=sender), sender=sender))

    def sign(self, message: Message, *, sender: Territory = CN) -> bytes:
        """Returns a message as one side signs it now."""
        return self.sides[sender].signer.sign(encode(message), at=self.clock.now())

    async def post_bytes(self, content: bytes, *, sender: Territory = CN) -> bytes:
        """Posts bytes as one side's TLS peer and returns the signed receipt."""
        reply = await self.hand_over(sender, MN if sender == CN else CN, content)
        assert reply is not None
        return reply

    def read(self, receipt: bytes) -> Receipt:
        """Returns the body of a signed receipt."""
        body = body_of(receipt)
        assert isinstance(body, Receipt)
        return body

    async def settle(self, *, rounds: int = 60) -> None:
        """Lets both work, moving the clock past every back-off, until nothing is left to send."""
        for _ in range(rounds):
            for territory in self.gateways:
                await self.work(territory)
            if await self.is_quiet():
                return
            self.move(timedelta(hours=5))
        msg = "the gateways did not come to rest"
        raise AssertionError(msg)

    async def is_quiet(self) -> bool:
        """Says whether nothing waits on either side."""
        for gateway in self.gateways.values():
            if await gateway.database.read(outbox.oldest_unsettled) is not None:
                return False
        return True


class AWorld(Protocol):
    """Makes worlds ready to exchange; each lives until the test ends."""

    async def __call__(self, *, databases: Sequence[Database] = (), **options: Any) -> World:
        """Makes one over the databases given, or over new ones of the test's kind."""
        ...


@pytest.fixture
async def a_world(new_store: NewStore) -> AsyncIterator[AWorld]:
    """Makes founded worlds; the options are those of `World`."""
    async with AsyncExitStack() as open_stores:

        async def make(*, databases: Sequence[Database] = (), **options: Any) -> World:
            stores = databases or [
                await open_stores.enter_async_context(new_store()) for _ in range(2)
            ]
            return await World(databases=stores, **options).found()

        yield make


def a_row(number: int = 1, **changes: object) -> RegisterRow:
    """Returns a row of China's register."""
    values: dict[str, object] = {
        "tin": f"CN33024{number:05d}",
        "authorisation": f"AEOCN33024{number:05d}",
        "episode": "1",
        "programme": "CN-AEO",
        "tier": "advanced",
        "roles": ("exporter",),
        "legal_name": f"Ningbo Trading {number}",
        "status": Status.VALID,
        "effective_from": datetime(2026, 1, 1, tzinfo=UTC),
        **changes,
    }
    return RegisterRow(**values)  # type: ignore[arg-type]


def consent_for(partner: Territory, **changes: object) -> ConsentEntry:
    """Returns a consent as an operator's letter gives it."""
    values: dict[str, object] = {
        "partner": partner,
        "basis": "consent",
        "letter_number": "L-1",
        "given_on": date(2026, 1, 1),
        **changes,
    }
    return ConsentEntry(**values)  # type: ignore[arg-type]


def as_file(rows: Iterable[RegisterRow]) -> RegisterFile:
    """Returns rows as if they had been read from a file."""
    addressed = tuple(
        AddressedRow(address=SourceAddress(file="register.xlsx", row=number), row=row)
        for number, row in enumerate(rows, start=2)
    )
    return RegisterFile(file="register.xlsx", rows=addressed, rows_read=len(addressed))


async def put(
    gateway: Gateway, *rows: RegisterRow, mode: ImportMode = ImportMode.CHANGES
) -> ImportReport:
    """Imports rows into a gateway's own register."""
    return await gateway.importer.apply(as_file(rows), mode=mode, officer=OFFICER)


async def status_at(
    gateway: Gateway, tin: str, *, at: datetime | None = None, known_at: datetime | None = None
) -> str | None:
    """Returns what a gateway holds about the other's operator, or None."""
    other = MN if gateway.settings.territory == CN else CN
    register = facts.Register(other, CN_MN)
    history = await gateway.database.read(lambda c: facts.history(c, register, Tin(tin)))
    fact = facts.at_moment(
        history, valid_at=at or gateway.clock.now(), known_at=known_at or gateway.clock.now()
    )
    return None if fact is None else fact.status
