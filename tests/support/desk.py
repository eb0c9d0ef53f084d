"""A running Mongolia that asks, answers and sends, with a China that answers as it is told.

For what does not queue in a lane: questions, answers, and receipts in either direction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, select

from mra_gateway.clock import HandMovedClock
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory
from mra_gateway.model.messages import Body, Message, StatusAnswer
from mra_gateway.model.register import RegisterRow
from mra_gateway.registry.load import Registry
from mra_gateway.store import message_log, outbox
from mra_gateway.store.exchange_tables import evidence
from tests.support.counterpart import Counterpart, Reply, a_counterpart, genuine, message_in
from tests.support.databases import Kind
from tests.support.live import (
    CN,
    KZ,
    MN,
    OLGA,
    Answer,
    Live,
    Post,
    client_of,
    live_side,
    now,
    running,
    signed,
    until,
)
from tests.support.messages import a_message
from tests.support.simulation import (
    CN_MN,
    a_row,
    completed_registry,
    confirm,
    consent_for,
    prepare,
    put,
)

KZ_MN = ArrangementId("KZ-MN-2025")
CN_MN_DRAFT, CN_MN_OTHER = ArrangementId("CN-MN-2027"), ArrangementId("CN-MN-2026")


def ours(number: int, *, shown: bool = True) -> RegisterRow:
    """Returns a row of Mongolia's register, of an operator China may see or not."""
    return a_row(
        number,
        tin=f"MN99{number:05d}",
        authorisation=f"MN-AEO-{number:04d}",
        programme="MN-AEO",
        tier=None,
        consents=(consent_for(CN),) if shown else (),
    )


@dataclass
class Desk:
    """The running service, its counterpart, and who posts to it."""

    mn: Live
    cn: Counterpart
    clock: HandMovedClock
    posts: dict[Territory, Post]
    _numbers: count[int] = field(default_factory=lambda: count(100))

    async def rest(self) -> None:
        """Has everything delivered that waits, the counterpart answering as it should."""
        self.cn.show_certificate_of(live_side(CN))
        self.cn.answer = genuine
        await self.mn.gateway.intervener.try_now(by=OLGA)
        await until(self.mn.is_quiet)

    def be_down(self) -> None:
        """Lets China answer nothing from now on."""
        self.cn.answer = lambda _: Reply(b"", status=503, content_type="text/plain")

    async def tell(self) -> MessageId:
        """Announces a new operator to China and returns the message once it was tried in vain."""
        await put(self.mn.gateway, ours(next(self._numbers)))
        return await self._tried()

    async def ask(self, identifier: str = "AEOCN3302462345") -> MessageId:
        """Asks China about an operator and returns the message once it was delivered."""
        asked = await self.mn.gateway.enquirer.enquire(
            identifier, partner=CN, arrangement=CN_MN, at=self.clock.now()
        )
        await until(self.mn.is_quiet)
        return asked

    async def sent(self, message_id: MessageId) -> outbox.OutMessage:
        """Returns a message that goes out, as stored."""
        found = await self.mn.gateway.database.read(lambda c: outbox.find(c, message_id))
        assert found is not None
        return found

    async def state(self, message_id: MessageId) -> tuple[str, str | None]:
        """Returns state and outcome of a message that goes out."""
        sent = await self.sent(message_id)
        return sent.state, sent.outcome

    async def found(self, enquiry: MessageId, *, partner: Territory = CN) -> bool | None:
        """Returns what Mongolia holds as the answer to its question: hit, no hit, or none yet."""
        stored = await self.mn.gateway.database.read(
            lambda c: message_log.find_answer(c, enquiry, partner=partner)
        )
        if stored is None:
            return None
        body = message_in(stored.content)[0].body
        assert isinstance(body, StatusAnswer)
        return body.hit

    async def answers(self, enquiry: MessageId) -> list[bool]:
        """Returns what Mongolia answered to a question, once nothing waits any more: hit or not."""
        gateway = self.mn.gateway
        await gateway.enquirer.answer_enquiries()
        await until(self.mn.is_quiet)
        bodies = [message_in(content)[0].body for content in self.cn.seen]
        return [
            body.hit
            for body in bodies
            if isinstance(body, StatusAnswer) and body.enquiry_id == enquiry
        ]

    async def reasons_kept(self, content: bytes) -> list[str]:
        """Returns the reasons with which bytes are kept as evidence."""

        def look(connection: Connection) -> list[str]:
            query = select(evidence.c.reason).where(evidence.c.content == content)
            return list(connection.scalars(query))

        return await self.mn.gateway.database.read(look)

    def message(self, body: Body, *, by: Territory = CN, **fields: object) -> Message:
        """Returns a message to Mongolia, written now."""
        values = {"sender": by, "recipient": MN, "created_at": self.clock.now(), **fields}
        return a_message(body, **values)

    async def post(self, message: Message | bytes, *, by: Territory = CN) -> Answer:
        """Posts a message, signed now, or bytes, as a partner's gateway."""
        content = message if isinstance(message, bytes) else signed(live_side(by), message)
        return await self.posts[by](content)

    async def _tried(self) -> MessageId:
        found: list[MessageId] = []

        def look(connection: Connection) -> list[MessageId]:
            rows = message_log.newest(connection, limit=5)
            ids = [MessageId.trusted(row.message_id) for row in rows if row.direction == "out"]
            sent = [outbox.find(connection, message_id) for message_id in ids]
            return [
                one.message_id
                for one in sent
                if one is not None and one.arrangement == CN_MN
                if one.state == outbox.WAITING and one.attempts > 0
            ]

        async def is_tried() -> bool:
            found[:] = await self.mn.gateway.database.read(look)
            return bool(found)

        await until(is_tried)
        (tried,) = found
        return tried


def _registry() -> Registry:
    base = completed_registry(consent="required")
    known = base.get_arrangement(CN_MN)
    more = {
        CN_MN_DRAFT: known.model_copy(update={"id": CN_MN_DRAFT}),
        CN_MN_OTHER: _without_us(known, as_=CN_MN_OTHER),
        KZ_MN: _without_us(known, as_=KZ_MN, partner=KZ),
    }
    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, **more},
        benefits=base.benefits,
        files=base.files,
        indicators=base.indicators,
    )


def _without_us(known: Arrangement, *, as_: ArrangementId, partner: Territory = CN) -> Arrangement:
    """Returns an arrangement into which Mongolia brings nothing: nothing is told under it."""
    ours, theirs = known.party(MN), known.party(CN)
    assert ours is not None
    assert theirs is not None
    nothing = ours.model_copy(update={"scope": ours.scope.model_copy(update={"value": ()})})
    parties = (nothing, theirs.model_copy(update={"territory": partner}))
    return known.model_copy(update={"id": as_, "parties": parties})


@asynccontextmanager
async def a_desk(
    folder: Path, *, fresh_url: Callable[[Kind], str], kind: Kind
) -> AsyncIterator[Desk]:
    """Runs Mongolia and its counterpart; one operator of Mongolia is shown to China, one is not."""
    clock, side = HandMovedClock(now()), live_side(MN)
    async with (
        a_counterpart(live_side(CN), of=side, clock=clock, folder=folder) as cn,
        running(
            side,
            home=folder / "mn",
            database_url=fresh_url(kind),
            clock=clock,
            registry=_registry(),
        ) as mn,
    ):
        await prepare(mn.gateway, partner=live_side(CN), url=cn.url)
        await mn.pin(live_side(KZ))
        for arrangement in (CN_MN_OTHER, KZ_MN):
            await confirm(mn.gateway, mn.gateway.registry.get_arrangement(arrangement))
        async with (
            client_of(live_side(CN), to=mn, folder=folder) as cn_posts,
            client_of(live_side(KZ), to=mn, folder=folder) as kz_posts,
        ):
            desk = Desk(mn, cn, clock, {CN: cn_posts, KZ: kz_posts})
            await put(mn.gateway, ours(1), ours(2, shown=False))
            await until(mn.is_quiet)
            yield desk
