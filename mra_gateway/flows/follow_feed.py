"""Keeps in memory what decisions rest on, current to within a second in every process.

1. load: everything believed at the latest position, the grounds that stand, the rule book
2. follow: read the position anew a few times a second, and on a commit somebody announces; where
   it has moved, read what was touched since
3. say how current it is: a position not confirmed for a second grants nothing

Everything read in one step is of one position, so that a result names it and can be recomputed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import StoreError
from mra_gateway.flows.compile_book import CompiledBook, make_book
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.recognise import OWN, Recogniser, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import AcceptedTable
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    ComplianceScore,
    Correspondence,
    Disruption,
    GroundKind,
    PilotScope,
    RandomControl,
    TargetedAlert,
)
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.rule_book import RuleBook
from mra_gateway.recognition.index import Form, HeldFact, HeldRecord, HoldingKey, Index
from mra_gateway.recognition.measures import Measure, Measures
from mra_gateway.store import believed, books, facts, feed, grounds
from mra_gateway.store.database import Database

CURRENT_FOR = timedelta(seconds=1)
POLL_SECONDS = 0.25

_log = structlog.get_logger(__name__)

_NOUNS: dict[str, TypeAdapter[Measure]] = {
    kind: TypeAdapter(noun)
    for kind, noun in {
        GroundKind.BENEFIT_SUSPENSION: BenefitSuspension,
        GroundKind.TARGETED_ALERT: TargetedAlert,
        GroundKind.RANDOM_CONTROL: RandomControl,
        GroundKind.ARRANGEMENT_STOP: ArrangementStop,
        GroundKind.PILOT: PilotScope,
        GroundKind.DISRUPTION: Disruption,
        GroundKind.CORRESPONDENCE: Correspondence,
        GroundKind.COMPLIANCE_SCORE: ComplianceScore,
    }.items()
}

Heard = dict[tuple[Territory, ArrangementId], datetime]


class Put(NamedTuple):
    """What the index is to hold of an authorisation."""

    key: HoldingKey
    facts: tuple[HeldFact, ...]
    forms: tuple[Form, ...]


class Follower:
    """The state of this process."""

    def __init__(self, *, database: Database, book: PartnerBook, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._clock = clock
        self._index = Index()
        self._recogniser: Recogniser | None = None
        self._compiled: CompiledBook | None = None
        self._compiled_of: object = None
        self._confirmed_at: datetime | None = None
        self._is_running = False
        self._catching_up = asyncio.Lock()

    async def current(self) -> Recogniser:
        """Returns what decides now.

        While `run` follows the feed no database is read here, unless it has not come round for a
        second; what then cannot be confirmed within another grants nothing.

        Raises:
            StoreError: The database failed, and nothing was ever loaded.
        """
        if self._recogniser is None or not self._is_running:
            await self.catch_up()
        elif not self._is_confirmed():
            try:
                await asyncio.wait_for(self.catch_up(), CURRENT_FOR.total_seconds())
            except (TimeoutError, StoreError):
                state = self._recogniser.state
                return Recogniser(_as_not_current(state))
        assert self._recogniser is not None
        return self._recogniser

    async def run(self) -> None:
        """Follows the feed until cancelled."""
        self._is_running = True
        try:
            while True:
                try:
                    await self.catch_up()
                except StoreError as error:
                    _log.warning("index not confirmed", reason=error.reason)
                    await asyncio.sleep(POLL_SECONDS)
                await self._database.wait_for_change(seconds=POLL_SECONDS)
        finally:
            self._is_running = False

    async def catch_up(self) -> None:
        """Reads what was committed since.

        Raises:
            StoreError: The database failed; the index stays as it was.
            SetupError: An alias rule of a home's own copy cannot be used.
        """
        async with self._catching_up:
            asked_at = self._clock.now()
            after = None if self._recogniser is None else self._recogniser.state.position
            latest = await self._database.read(feed.latest)
            number = 0 if latest is None else latest.number
            if number != after or self._book.version != self._compiled_of:
                await self._advance(after, known=latest)
            self._confirmed_at = asked_at

    async def _advance(self, after: int | None, *, known: feed.Position | None) -> None:
        number = 0 if known is None else known.number
        known_at = self._clock.now() if known is None else known.at
        if await self._database.read(lambda c: _has_new_tables(c, after)):
            self._compiled_of = None
        await self._book.refresh(self._database)
        compiled = self._compiled
        if compiled is None or self._compiled_of != self._book.version:
            compiled, changed_of = await self._compile()
            is_new_book = self._compiled is None or compiled.digest != self._compiled.digest
            if is_new_book:
                after = None  # forms follow from the book's rules
        else:
            changed_of = self._compiled_of

        def read(connection: Connection) -> tuple[list[Put], Measures, Heard]:
            puts = (
                list(load(connection, compiled, until=number))
                if after is None
                else list(changes(connection, compiled, after=after, until=number))
            )
            return puts, load_measures(connection, until=number), load_heard(connection, number)

        puts, measures, heard = await self._database.read(read)
        if after is None:
            self._index = Index()
        for put in puts:
            self._index.put(put.key, put.facts, forms=put.forms)
        self._compiled, self._compiled_of = compiled, changed_of
        self._recogniser = Recogniser(
            State(
                index=self._index,
                book=compiled,
                measures=measures,
                heard=heard,
                position=number,
                known_at=known_at,
            )
        )

    async def _compile(self) -> tuple[CompiledBook, object]:
        version = self._book.version
        accepted = await self._database.read(accepted_tables)
        compiled = CompiledBook(make_book(self._book, tables=accepted))
        at = self._clock.now()
        in_use = await self._database.read(books.in_use)
        if in_use != compiled.digest:
            await self._database.write(
                lambda c: books.put_in_use(c, compiled.digest, content=compiled.content, at=at)
            )
        return compiled, version

    def _is_confirmed(self) -> bool:
        confirmed = self._confirmed_at
        return confirmed is not None and self._clock.now() - confirmed <= CURRENT_FOR


def load_state(connection: Connection, compiled: CompiledBook, *, until: feed.Position) -> State:
    """Returns what was known at a position."""
    index = Index()
    for put in load(connection, compiled, until=until.number):
        index.put(put.key, put.facts, forms=put.forms)
    return State(
        index=index,
        book=compiled,
        measures=load_measures(connection, until=until.number),
        heard=load_heard(connection, until.number),
        position=until.number,
        known_at=until.at,
    )


def move_state(
    connection: Connection, state: State, *, compiled: CompiledBook, until: feed.Position
) -> State:
    """Returns what was known at a later position; the index of the state given is used up."""
    for put in changes(connection, compiled, after=state.position, until=until.number):
        state.index.put(put.key, put.facts, forms=put.forms)
    return State(
        index=state.index,
        book=compiled,
        measures=load_measures(connection, until=until.number),
        heard=load_heard(connection, until.number),
        position=until.number,
        known_at=until.at,
    )


def load(connection: Connection, compiled: CompiledBook, *, until: int) -> Iterable[Put]:
    """Yields everything the index is to hold at a position."""
    held: dict[HoldingKey, list[facts.Fact]] = {}
    for register, fact in believed.everything(connection, until=until):
        held.setdefault(HoldingKey(*register, *fact.key), []).append(fact)
    for key, known in held.items():
        yield put_of(key, known, compiled)


def changes(
    connection: Connection, compiled: CompiledBook, *, after: int, until: int
) -> Iterable[Put]:
    """Yields what the index is to hold of every operator touched between two positions."""
    touched = believed.touched(connection, after=after, until=until)
    found = believed.about(connection, touched, until=until)
    for (register, key), known in found.items():
        yield put_of(HoldingKey(*register, *key), known, compiled)


def put_of(key: HoldingKey, known: Sequence[facts.Fact], compiled: CompiledBook) -> Put:
    """Returns what the index is to hold of an authorisation; the latest record gives its forms."""
    held = []
    last: OperatorRecord | None = None
    for fact in sorted(known, key=lambda fact: (fact.effective_from, fact.id)):
        last = fact.record
        held.append(HeldFact(fact.effective_from, fact.id, fact.status, _slim(last)))
    return Put(key, tuple(held), _forms(key, last, compiled) if last is not None else ())


def _slim(record: OperatorRecord) -> HeldRecord:
    names = (record.legal_name, *(name.text for name in record.names))
    return HeldRecord(
        record.tier,
        record.roles,
        record.expires_on,
        tuple(name for name in names if name),
        record.addresses,
    )


def _forms(key: HoldingKey, record: OperatorRecord, compiled: CompiledBook) -> tuple[Form, ...]:
    """The general forms of every operator, and those the rules of our declarations add."""
    forms = {
        normalised(key.authorisation): Form(normalised(key.authorisation), "authorisation number"),
        normalised(key.tin): Form(normalised(key.tin), "TIN"),
    }
    if key.arrangement != OWN:
        for written in compiled.aliases.written_forms(record, on=compiled.made_on):
            if written.arrangement not in {None, key.arrangement}:
                continue
            for text in written.keys:
                forms.setdefault(
                    text, Form(text, f"{written.rule}@{written.version}", written.lossy)
                )
    forms.pop("", None)
    return tuple(forms.values())


def load_measures(connection: Connection, *, until: int) -> Measures:
    """Returns the grounds that stood at a position."""
    return Measures(
        (
            (ground.id, _NOUNS[ground.kind].validate_json(ground.content))
            for ground in grounds.as_of(connection, until)
            if ground.kind in _NOUNS
        ),
        code_key=normalised,
    )


def load_heard(connection: Connection, until: int) -> Heard:
    """Returns when each partner's word last took effect, as known at a position."""
    return {
        (one.issuer, one.arrangement): one.at for one in feed.heard(connection, until=until)
    }


def accepted_tables(connection: Connection) -> list[AcceptedTable]:
    """Returns the decision tables two officers accepted, as they stand now."""
    return [
        AcceptedTable.model_validate_json(ground.content)
        for ground in grounds.standing(connection, kind=GroundKind.DECISION_TABLE)
    ]


def load_book(content: str) -> CompiledBook:
    """Returns a book that was kept, compiled.

    Raises:
        SetupError: An alias rule in it cannot be used.
    """
    return CompiledBook(RuleBook.model_validate_json(content))


def _has_new_tables(connection: Connection, after: int | None) -> bool:
    return after is not None and grounds.changed_since(connection, after)


def _as_not_current(state: State) -> State:
    return State(
        index=state.index,
        book=state.book,
        measures=state.measures,
        heard=state.heard,
        position=state.position,
        known_at=state.known_at,
        current=False,
    )
