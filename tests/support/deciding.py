"""One administration that decides by what its partners tell it, for tests about any of them.

Its facts are the shipped ones; what an administration has to complete before it can decide is
completed by the test, in the open. Partners' messages are signed, posted and verified as they are
in operation; accepting a table and confirming an arrangement is written as two officers did it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, TypeVar

import pytest
from sqlalchemy import Connection

from mra_gateway.clock import Clock, HandMovedClock
from mra_gateway.errors import PartnerUnreachable
from mra_gateway.flows.accept_table import digest_of
from mra_gateway.gateway import Gateway, build
from mra_gateway.model.benefits import AcceptedTable, DecisionTable
from mra_gateway.model.changes import ChangeKind, StatusChange
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Arrangement, Basis, Fact, Flow, PartyFunction, Programme
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    ProgrammeId,
    Territory,
    Tin,
)
from mra_gateway.model.measures import GroundKind
from mra_gateway.model.messages import Message, Receipt
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.recognition import PartyResult, RecognitionReason, RecognitionResult
from mra_gateway.model.trust import RawMessage
from mra_gateway.registry.load import Registry, arrangement_digest
from mra_gateway.store import grounds, properties
from mra_gateway.store import partners as decided
from mra_gateway.store.database import Database
from mra_gateway.transport.carrier import Carried
from mra_gateway.wire.codec import encode
from tests.support import pki
from tests.support.databases import NewStore
from tests.support.messages import (
    a_change,
    a_listed_operator,
    a_notification,
    list_messages,
)
from tests.support.retelling import untold
from tests.support.simulation import body_of, settings_of, shipped

T = TypeVar("T")

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
"""Since when operators hold their status unless a test says otherwise."""


def filled_in(value: T) -> Fact[T]:
    """Returns a fact as the administration states it from its own papers."""
    return Fact[Any](
        value=value, source="filled in by the test", basis=Basis.READ, as_of=date(2026, 1, 1)
    )


def with_local_benefits(registry: Registry, programme: str, *codes: str) -> Registry:
    """Returns facts in which an administration has said what its own AEOs get."""
    own = registry.get_programme(programme)
    completed = own.model_copy(update={"local_benefits": filled_in(codes)})
    return with_programmes(registry, completed)


def with_programmes(registry: Registry, *programmes: Programme) -> Registry:
    """Returns facts with some programmes in the place of those of their ids."""
    return replace(
        registry, programmes={**registry.programmes, **{one.id: one for one in programmes}}
    )


def with_arrangement(registry: Registry, arrangement: Arrangement) -> Registry:
    """Returns facts with an arrangement in the place of the one of its id."""
    return replace(registry, arrangements={**registry.arrangements, arrangement.id: arrangement})


def in_force_since(arrangement: Arrangement, on: date) -> Arrangement:
    """Returns an arrangement with the start an administration knows from its own papers."""
    return arrangement.model_copy(
        update={
            "in_force_on": filled_in(on),
            "parties": tuple(
                side.model_copy(update={"started_on": filled_in(on)})
                for side in arrangement.parties
            ),
        }
    )


def an_operator(tin: str, authorisation: str, programme: str, **fields: Any) -> OperatorRecord:
    """Returns an operator's record: who it is, and what a test says besides."""
    return OperatorRecord(
        **{
            "tin": Tin(tin),
            "authorisation": AuthorisationNumber(authorisation),
            "episode": "1",
            "programme": ProgrammeId(programme),
            "legal_name": "Fictitious Trading",
            "record_version": 1,
            **fields,
        }
    )


def goods(
    identifier: str | None,
    *others: DeclaredParty,
    role: PartyFunction = PartyFunction.EXPORTER,
    **facts: Any,
) -> Declaration:
    """Returns an import declared with one party of a partner's, and others."""
    party = DeclaredParty(role=role, identifier=identifier)
    values = {"reference": "D-1", "type": Flow.IMPORT, **facts}
    return Declaration(parties=(party, *others), **values)


def granted(party: PartyResult) -> set[str]:
    """Returns the codes of the benefits a party gets."""
    return {one.code for one in (*party.benefits, *party.holder_benefits) if one.granted}


def stopped_at(party: PartyResult) -> tuple[int, RecognitionReason] | None:
    """Returns the first step that was not passed, and why."""
    return next(((one.number, one.reason) for one in party.steps if not one.passed), None)


class _NoRoad:
    """Nothing is sent: what is tested is what was received."""

    async def carry(self, partner: Territory, content: bytes) -> Carried:
        raise PartnerUnreachable("no road")

    async def close(self) -> None:
        return None


def gateway_of(us: Territory, *, database: Database, registry: Registry, clock: Clock) -> Gateway:
    """Returns a gateway that receives and decides, over a store of its own or a shared one."""
    return build(
        settings_of(us),
        clock=clock,
        database=database,
        registry=registry,
        signer=pki.side(us).signer,
        carrier=_NoRoad(),
    )


@dataclass
class Deciding:
    """An administration and its partners under one arrangement.

    Attributes:
        sent: How many messages each partner has sent.
    """

    gateway: Gateway
    arrangement: Arrangement
    clock: HandMovedClock
    sent: Counter[Territory]

    @property
    def us(self) -> Territory:
        return self.gateway.settings.territory

    async def found(self) -> None:
        """Founds the home, and joins the arrangement."""
        settings = self.gateway.settings
        await self.gateway.database.write(
            lambda c: properties.found_home(
                c, territory=settings.territory, environment=settings.environment
            )
        )
        await self.join()

    async def join(self) -> None:
        """Pins every partner, confirms the arrangement and accepts the shipped table."""

        def write(connection: Connection) -> None:
            for side in self.arrangement.parties:
                if side.territory != self.us:
                    self._pin(connection, side.territory)

        await self.gateway.database.write(write)
        await self.confirm()
        await self.accept(self.gateway.registry.tables[f"{self.arrangement.id}.{self.us}"])

    def _pin(self, connection: Connection, partner: Territory) -> None:
        decided.pin(
            connection,
            self.clock.new_uuid(),
            card=pki.side(partner).card(),
            at=self.clock.now(),
            by="olga",
            second_officer="pavel",
        )

    async def confirm(self) -> None:
        """Has two officers confirm our copy of the arrangement."""
        confirmation = decided.Confirmation(
            self.arrangement.id,
            arrangement_digest(self.arrangement),
            "Act 1 (fictitious)",
            date(2026, 1, 1),
            "olga",
            "pavel",
            self.clock.now(),
        )
        await self.gateway.database.write(
            lambda c: decided.confirm(c, self.clock.new_uuid(), confirmation=confirmation)
        )
        await self.gateway.book.refresh(self.gateway.database)

    async def accept(self, table: DecisionTable) -> None:
        """Has two officers accept a decision table, in the place of the one before."""
        accepted = AcceptedTable(digest=digest_of(table), table=table)
        await self.gateway.database.write(lambda c: accept_within(c, accepted, at=self.clock.now()))

    async def is_told(self, partner: str, *changes: StatusChange) -> Receipt:
        """Receives a notification of a partner and returns the receipt."""
        return await self._receive(partner, lambda **fields: a_notification(*changes, **fields))

    async def is_told_of(
        self, operator: OperatorRecord, kind: ChangeKind = ChangeKind.GRANTED, **fields: Any
    ) -> StatusChange:
        """Receives one change of an operator, and returns it; it takes effect now unless told."""
        partner = operator.programme.territory
        values = {"change_number": self.sent[partner] + 1, "effective_from": self.clock.now()}
        change = a_change(kind=kind, operator=operator, **{**values, **fields})
        receipt = await self.is_told(partner, change)
        assert receipt.outcome == "accepted", receipt
        return change

    async def is_listed(
        self, partner: str, *operators: OperatorRecord, since: datetime = SINCE
    ) -> Receipt:
        """Receives a partner's full list of valid operators and returns the receipt."""
        listed = [a_listed_operator(operator=one, effective_from=since) for one in operators]
        return await self._receive(
            partner,
            lambda **fields: _as_of(
                list_messages(listed, as_of_change=self.sent[Territory(partner)], **fields)[0],
                self.clock.now(),
            ),
        )

    async def decide(self, declaration: Declaration) -> RecognitionResult:
        """Returns the answer to a declaration, read back from the store and computed again."""
        (result,) = await self.gateway.decider.decide([declaration], requested_by="test")
        assert await self.gateway.decider.find(result.id) == result
        assert await self.gateway.decider.recompute(result.id) == result
        assert untold(result) == [], "its reasons can be said in Russian"
        return result

    async def first(self, declaration: Declaration) -> PartyResult:
        """Returns the answer for the first party of a declaration."""
        return (await self.decide(declaration)).results[0]

    async def why(self, declaration: Declaration) -> tuple[int, RecognitionReason] | None:
        """Returns where the first party of a declaration fails; None when it is granted."""
        return stopped_at(await self.first(declaration))

    def move(self, span: timedelta = timedelta(minutes=1)) -> datetime:
        """Moves the clock on and returns the moment."""
        self.clock.move_to(self.clock.now() + span)
        return self.clock.now()

    async def _receive(self, partner: str, make: Callable[..., Message]) -> Receipt:
        sender = pki.side(Territory(partner))
        message = make(
            sender=sender.territory,
            recipient=self.us,
            arrangement=self.arrangement.id,
            sequence=self.sent[sender.territory] + 1,
            created_at=self.clock.now(),
        )
        content = sender.signer.sign(encode(message), at=self.clock.now())
        raw = RawMessage(content=content, arrived_at=self.clock.now(), peer_certificate=sender.peer)
        answer = await self.gateway.receiver.receive(raw)
        assert answer.receipt is not None
        receipt = body_of(answer.receipt)
        assert isinstance(receipt, Receipt)
        self.sent[sender.territory] += 1
        return receipt


def _as_of(message: Message, at: datetime) -> Message:
    return message.model_copy(update={"body": message.body.model_copy(update={"as_of": at})})


def accept_within(connection: Connection, accepted: AcceptedTable, *, at: datetime) -> None:
    """Writes that two officers accepted a table."""
    kind, subject = GroundKind.DECISION_TABLE, accepted.table.id
    before = [one.id for one in grounds.standing(connection, kind=kind, subject=subject)]
    grounds.end(connection, before, at=at, by="olga, pavel")
    content = accepted.model_dump_json(exclude_defaults=True)
    grounds.add(connection, kind, subject=subject, content=content, at=at, by="olga, pavel")


class AnAdministration(Protocol):
    """Makes administrations ready to decide; each lives until the test ends."""

    async def __call__(
        self,
        us: str,
        arrangement: str,
        *,
        completed: Callable[[Registry, Arrangement], Registry] | None = None,
    ) -> Deciding:
        """Makes one.

        Args:
            us: Its territory.
            arrangement: What it decides under.
            completed: Completes the shipped facts, as it has to before it can decide.
        """
        ...


@pytest.fixture
async def an_administration(new_store: NewStore) -> AsyncIterator[AnAdministration]:
    """Makes administrations over stores of the test's kind."""
    async with AsyncExitStack() as open_stores:

        async def make(
            us: str,
            arrangement: str,
            *,
            completed: Callable[[Registry, Arrangement], Registry] | None = None,
        ) -> Deciding:
            registry, id_ = shipped(), ArrangementId(arrangement)
            if completed is not None:
                registry = completed(registry, registry.get_arrangement(id_))
            clock = HandMovedClock(pki.AT)
            database = await open_stores.enter_async_context(new_store())
            gateway = gateway_of(Territory(us), database=database, registry=registry, clock=clock)
            made = Deciding(gateway, registry.get_arrangement(id_), clock, Counter())
            await made.found()
            return made

        yield make
