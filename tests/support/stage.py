"""A running Mongolia on which rows of misconduct are played, each under an arrangement of its own.

China and Kazakhstan are clients with their own keys that post what a row says. The service is the
product's own, over real mutual TLS; only its clock is moved by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from mra_gateway.clock import HandMovedClock
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.messages import Message, Receipt
from mra_gateway.registry.load import Registry
from mra_gateway.store import facts, lanes
from mra_gateway.store.exchange_tables import evidence, messages, notices
from mra_gateway.store.register_tables import facts as facts_table
from mra_gateway.trust.verifier import Verifier
from mra_gateway.wire.codec import decode
from tests.support import pki
from tests.support.databases import Kind
from tests.support.live import (
    CN,
    KZ,
    MN,
    Answer,
    Live,
    Post,
    client_of,
    live_side,
    now,
    running,
    signed,
)
from tests.support.misconduct import Act, Misconduct, Scene, tin
from tests.support.simulation import CN_MN, completed_registry, confirm, prepare


class Lane(NamedTuple):
    """Whose lane of a row: its sender and the life of its database, under an arrangement."""

    sender: Territory
    arrangement: ArrangementId
    epoch: int


@dataclass
class Stage:
    """The running service, who posts to it, and what it holds."""

    mn: Live
    clock: HandMovedClock
    posts: dict[Territory, Post]

    def scene(self, row: Misconduct) -> Scene:
        """Returns what a row's messages are made with; a row that waited ends its waiting."""
        self.clock.move_to(now())
        return Scene(live_side(CN), row.arrangement, self.clock.now())

    async def act(self, act: Act | None, row: Misconduct) -> None:
        """Has an officer, or time, do something."""
        if act is not None:
            await act(self.mn.gateway, self.clock, row.arrangement)

    def signed(self, message: Message | bytes, *, by: Territory = CN) -> bytes:
        """Returns what is posted: a message signed, or bytes as they are."""
        return message if isinstance(message, bytes) else signed(live_side(by), message)

    async def post(self, content: bytes, *, by: Territory = CN) -> Answer:
        """Posts bytes as a partner's gateway."""
        return await self.posts[by](content)

    def read(self, answer: Answer, *, to: Territory = CN) -> Receipt:
        """Returns what a receipt says, verified by the partner it answers as Mongolia's."""
        assert (answer.status, answer.content_type) == (200, "application/xml"), answer
        side, at = self.mn.side, self.clock.now()
        verifier = Verifier(us=to, environment=side.environment, max_bytes=1_000_000)
        verified = verifier.verify(
            pki.raw(answer.body, peer=side.peer, at=at), at=at, partner_of={MN: side.trust()}.get
        )
        body = decode(verified).message.body
        assert isinstance(body, Receipt)
        return body

    async def next_number(self, lane: Lane) -> int:
        """Returns the number a lane takes next."""

        def look(connection: Connection) -> int:
            numbers = [
                one.next_sequence
                for one in lanes.all_lanes(connection, "in")
                if (one.partner, one.arrangement, one.epoch) == lane
            ]
            return numbers[0] if numbers else 1

        return await self.mn.gateway.database.read(look)

    async def facts(self, row: Misconduct) -> list[tuple[object, ...]]:
        """Returns everything ever stored under a row's arrangement: facts' history, and notices."""

        def look(connection: Connection) -> list[tuple[object, ...]]:
            return [
                tuple(one)
                for table in (facts_table, notices)
                for one in connection.execute(
                    select(table).where(table.c.arrangement == row.arrangement).order_by(table.c.id)
                )
            ]

        return await self.mn.gateway.database.read(look)

    async def held(self, row: Misconduct, numbers: Iterable[int]) -> dict[int, str | None]:
        """Returns the status held of numbered Chinese operators under a row's arrangement."""
        register, at = facts.Register(CN, row.arrangement), self.clock.now()

        def status(connection: Connection, number: int) -> str | None:
            history = facts.history(connection, register, Tin(tin(number)))
            fact = facts.at_moment(history, valid_at=at)
            return None if fact is None else fact.status

        wanted = list(numbers)
        return await self.mn.gateway.database.read(
            lambda c: {number: status(c, number) for number in wanted}
        )

    async def kept(self, content: bytes) -> list[tuple[str, str | None]]:
        """Returns where the exact bytes of a message are kept, and with which reason."""

        def look(connection: Connection) -> list[tuple[str, str | None]]:
            found: list[tuple[str, str | None]] = []
            for where, table in (("message", messages), ("evidence", evidence)):
                query = select(table.c.reason).where(table.c.content == content)
                found += [(where, reason) for reason in connection.scalars(query)]
            return found

        return await self.mn.gateway.database.read(look)


def _registry(rows: Iterable[Misconduct], *, at: datetime) -> Registry:
    """Returns the facts with an arrangement for each row, as the row wants it to stand."""
    base = completed_registry(consent="not_required")

    def terms(row: Misconduct) -> Arrangement:
        own = base.get_arrangement(CN_MN).model_copy(update={"id": row.arrangement})
        return own if row.terms is None else row.terms(own, at)

    return Registry(
        administrations=base.administrations,
        programmes=base.programmes,
        arrangements={**base.arrangements, **{row.arrangement: terms(row) for row in rows}},
        benefits=base.benefits,
        files=base.files,
    )


@asynccontextmanager
async def a_stage(
    folder: Path, *, fresh_url: Callable[[Kind], str], kind: Kind, rows: Iterable[Misconduct]
) -> AsyncIterator[Stage]:
    """Runs Mongolia with China and Kazakhstan pinned, the rows' arrangements confirmed."""
    clock, rows = HandMovedClock(now()), list(rows)
    options: dict[str, Any] = {"clock": clock, "registry": _registry(rows, at=now())}
    async with running(
        live_side(MN), home=folder / "mn", database_url=fresh_url(kind), **options
    ) as mn:
        await prepare(mn.gateway, partner=live_side(CN))
        await mn.pin(live_side(KZ))
        for row in rows:
            if row.is_confirmed:
                await confirm(mn.gateway, mn.gateway.registry.get_arrangement(row.arrangement))
        async with (
            client_of(live_side(CN), to=mn, folder=folder) as cn_posts,
            client_of(live_side(KZ), to=mn, folder=folder) as kz_posts,
        ):
            yield Stage(mn, clock, {CN: cn_posts, KZ: kz_posts})
