"""Keeps in memory what decisions rest on, current to within a second in every process.

1. load: everything believed at the latest position, the grounds that stand, the rule book
2. follow: read the position anew a few times a second, and on a commit somebody announces; where
   it has moved, read what was touched since
3. say how current it is: a position not confirmed for a second grants nothing

Everything read in one step is of one position, so that a result names it and can be recomputed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import StoreError
from mra_gateway.flows.compile_book import CompiledBook, make_book
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.match_names import NamesHeld
from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.state import OWN, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import AcceptedTable
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
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
from mra_gateway.recognition.index import (
    Form,
    HeldFact,
    HeldRecord,
    Holding,
    HoldingKey,
    Index,
    Shape,
    describe,
)
from mra_gateway.recognition.measures import GroundNoun, Measures
from mra_gateway.store import believed, books, facts, feed, grounds
from mra_gateway.store.chunks import chunked
from mra_gateway.store.database import Database

CURRENT_FOR = timedelta(seconds=1)
POLL_SECONDS = 0.25
BURST_SECONDS = 0.05
"""Commits that come closer together are followed together: a lane makes a hundred a second."""
KEPT_BESIDE = 10_000
"""Authorisations up to which an index goes on answering while another is loaded beside it."""

_log = structlog.get_logger(__name__)

_NOUNS: dict[str, type[GroundNoun]] = {
    GroundKind.BENEFIT_SUSPENSION: BenefitSuspension,
    GroundKind.TARGETED_ALERT: TargetedAlert,
    GroundKind.RANDOM_CONTROL: RandomControl,
    GroundKind.ARRANGEMENT_STOP: ArrangementStop,
    GroundKind.PILOT: PilotScope,
    GroundKind.DISRUPTION: Disruption,
    GroundKind.CORRESPONDENCE: Correspondence,
    GroundKind.COMPLIANCE_SCORE: ComplianceScore,
}

V = TypeVar("V")
Heard = dict[tuple[Territory, ArrangementId], datetime]


class Put(NamedTuple):
    """What the index is to hold of an authorisation, in any order; no facts: nothing any more."""

    key: HoldingKey
    facts: tuple[HeldFact, ...]
    number: str
    written: tuple[Form, ...]
    said: int = 0


class Follower:
    """The state of this process."""

    def __init__(self, *, database: Database, book: PartnerBook, clock: Clock) -> None:
        self._database = database
        self._book = book
        self._clock = clock
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
                async with asyncio.timeout(CURRENT_FOR.total_seconds()):
                    await self.catch_up()
            except (TimeoutError, StoreError):
                return self._recogniser.not_current()
        assert self._recogniser is not None
        return self._recogniser

    async def run(self) -> None:
        """Follows the feed until cancelled."""
        self._is_running = True
        changes = self._database.watch()
        try:
            while True:
                try:
                    await self.catch_up()
                except StoreError as error:
                    _log.warning("index not confirmed", reason=error.reason)
                    await asyncio.sleep(POLL_SECONDS)
                await changes.wait(seconds=POLL_SECONDS)
                await asyncio.sleep(BURST_SECONDS)
        finally:
            self._is_running = False
            await changes.close()

    async def catch_up(self) -> None:
        """Reads what was committed since.

        Raises:
            StoreError: The database failed; the index stays as it was.
            SetupError: An alias rule of a home's own copy cannot be used.
        """
        async with self._catching_up:
            asked_at = self._clock.now()
            latest = await self._database.read(feed.latest)
            held = None if self._recogniser is None else self._recogniser.state
            if held is None or not held.current or latest.number != held.position:
                await self._move_to(latest)
            elif self._compiled is not None:
                on = self._compiled.day(asked_at)
                if self._compiled.epoch(on) != held.epoch:
                    await self._move_to(latest)
            self._confirmed_at = asked_at

    async def _move_to(self, latest: feed.Position) -> None:
        compiled = await self._compile()
        epoch = compiled.epoch(compiled.day(self._clock.now()))
        state = None if self._recogniser is None else self._recogniser.state
        if state is not None and state.book is not compiled and compiled.finds_alike(state.book):
            state = replace(state, book=compiled)  # a table or a confirmation: the index serves on
        if state is not None and (
            not state.current or state.book is not compiled or state.epoch != epoch
        ):
            state = None  # under other rules every operator has other forms
        if state is None:
            self._make_room()
            loaded = await self._database.read(
                lambda c: load_state(c, compiled, at=latest, epoch=epoch)
            )
        else:
            move = await self._database.read(lambda c: read_move(c, state, to=latest))
            # only here, where nothing is being decided: a read runs on a thread of its own
            loaded = move.of(state)
        self._recogniser = Recogniser(loaded)

    def _make_room(self) -> None:
        """Lets go of a large index before the one that replaces it is loaded.

        That takes longer than the second after which it would grant nothing anyway.
        """
        if self._recogniser is not None and len(self._recogniser.state.index) > KEPT_BESIDE:
            self._recogniser = self._recogniser.without_index()

    async def _compile(self) -> CompiledBook:
        """Returns the rule book as it stands; another one is put in use first."""
        await self._book.refresh(self._database)
        accepted = await self._database.read(accepted_tables)
        made_of = (self._book.version, tuple(one.digest for one in accepted))
        if self._compiled is not None and made_of == self._compiled_of:
            return self._compiled
        compiled = CompiledBook(make_book(self._book, tables=accepted))
        if self._compiled is None or compiled.digest != self._compiled.digest:
            at = self._clock.now()
            if await self._database.read(books.in_use) != compiled.digest:
                await self._database.write(
                    lambda c: books.put_in_use(c, compiled.digest, content=compiled.content, at=at)
                )
            self._compiled = compiled
        self._compiled_of = made_of
        return self._compiled

    def _is_confirmed(self) -> bool:
        confirmed, now = self._confirmed_at, self._clock.now()
        if confirmed is None or self._compiled is None or now - confirmed > CURRENT_FOR:
            return False
        # with a new day other alias rules may be in force
        return self._compiled.day(confirmed) == self._compiled.day(now)


def load_state(
    connection: Connection, compiled: CompiledBook, *, at: feed.Position, epoch: date
) -> State:
    """Returns what was known at a position."""
    index, names = Index(), NamesHeld(compiled.book.arrangements, compiled.name_rules)
    for register, known in believed.everything(connection, until=at.number):
        put = put_of(_holding_key(register, known[0].key), known, compiled, epoch=epoch)
        _put(index, names, put)
    return State(
        index=index,
        names=names,
        book=compiled,
        measures=load_measures(connection, compiled, until=at.number),
        heard=_heard(connection, {}, after=0, until=at.number),
        position=at.number,
        known_at=at.at,
        epoch=epoch,
    )


class Move(NamedTuple):
    """What was read of everything between two positions."""

    puts: Sequence[Put]
    measures: Measures
    heard: Heard
    to: feed.Position

    def of(self, state: State) -> State:
        """Returns the state moved on; the index it had moves on with it."""
        for put in self.puts:
            _put(state.index, state.names, put)
        return replace(
            state,
            measures=self.measures,
            heard=self.heard,
            position=self.to.number,
            known_at=self.to.at,
        )


def read_move(connection: Connection, state: State, *, to: feed.Position) -> Move:
    """Returns what a state lacks of a later position, by the same book; the state stays."""
    puts: list[Put] = []
    lost: list[tuple[facts.Register, Tin]] = []
    for change in believed.changed(connection, after=state.position, until=to.number):
        key = _holding_key(change.register, change.key)
        if change.lost:
            lost.append((change.register, change.key.tin))
        elif change.came:
            before = state.index.get(key)
            puts.append(put_of(key, change.came, state.book, epoch=state.epoch, before=before))
    puts += _read_anew(connection, lost, state, until=to.number)
    measures = (
        load_measures(connection, state.book, until=to.number)
        if grounds.changed_since(connection, state.position)
        else state.measures
    )
    heard = _heard(connection, state.heard, after=state.position, until=to.number)
    return Move(puts, measures, heard, to)


def _read_anew(
    connection: Connection,
    operators: Sequence[tuple[facts.Register, Tin]],
    state: State,
    *,
    until: int,
) -> Iterator[Put]:
    """Yields what is held of operators of whom something is no longer believed."""
    # some at a time: what was read of them takes several times what is put
    for some in chunked(operators):
        found = believed.about(connection, some, until=until)
        for (register, key), known in found.items():
            yield put_of(_holding_key(register, key), known, state.book, epoch=state.epoch)
        for register, tin in some:
            for reading in state.index.find(normalised(tin)):
                held = reading.holding
                if held.key[:3] == (*register, tin) and (register, held.key[2:]) not in found:
                    yield Put(held.key, (), held.number, ())


def put_of(
    key: HoldingKey,
    known: Sequence[facts.Fact],
    compiled: CompiledBook,
    *,
    epoch: date,
    before: Holding | None = None,
) -> Put:
    """Returns what the index is to hold of an authorisation; the latest record gives its forms.

    Args:
        key: Which one.
        known: The facts believed about it, or those that came to be.
        compiled: The rule book.
        epoch: The day by whose alias rules forms are written.
        before: What the index holds of it by the same book and epoch, to which the facts come.
    """
    if before is None or not before.facts:
        before = None
    held = [] if before is None else list(before.facts)
    slim, said = (None, 0) if before is None else (held[-1].record, before.said)
    record: OperatorRecord | None = None
    for fact in sorted(known, key=_in_effect):
        text = fact.said_of_operator
        if slim is None or hash(text) != said:  # most often only the status differs
            said, record = hash(text), fact.record
            slim = _slim(record, named=key.arrangement != OWN)
        held.append(HeldFact(_same(fact.effective_from), fact.id, _same(fact.status), slim))
    if before is not None and _in_effect(before.facts[-1]) > _in_effect(held[-1]):
        record, said = None, before.said
    if record is None:
        assert before is not None
        return Put(key, tuple(held), before.number, before.written, said)
    number = _one_of(normalised(key.authorisation), key.authorisation)
    written = _forms(key, record, compiled, epoch, number)
    return Put(key, tuple(held), number, written, said)


def _in_effect(fact: facts.Fact | HeldFact) -> tuple[datetime, int]:
    return fact.effective_from, fact.id


def _put(index: Index, names: NamesHeld, put: Put) -> None:
    index.put(put.key, put.facts, number=put.number, written=put.written, said=put.said)
    if names:
        names.put(put.key, index)


def _one_of(text: str, same: str) -> str:
    """Returns one object for two equal texts."""
    return same if text == same else text


@lru_cache(maxsize=8192)
def _same(value: V) -> V:
    """Returns one object for all equal values."""
    return value


def _holding_key(register: facts.Register, key: facts.Key) -> HoldingKey:
    return HoldingKey(
        _same(register.issuer),
        _same(register.arrangement),
        key.tin,
        _same(key.programme),
        key.authorisation,
    )


def _slim(record: OperatorRecord, *, named: bool) -> HeldRecord:
    """Returns what the rule needs of a record; nothing is ever compared with our own's names."""
    shape = Shape.of(record.tier, record.roles)
    expires_on = None if record.expires_on is None else _same(record.expires_on)
    if not named:
        unnamed: HeldRecord = _same(HeldRecord(shape, expires_on, _UNNAMED))
        return unnamed
    names = (record.legal_name, *(name.text for name in record.names))
    described = describe((name for name in names if name), record.addresses)
    return HeldRecord(shape, expires_on, described)


_UNNAMED = describe((), ())


def _forms(
    key: HoldingKey, record: OperatorRecord, compiled: CompiledBook, epoch: date, number: str
) -> tuple[Form, ...]:
    """The forms that the rules of our declarations add to TIN and authorisation number."""
    if key.arrangement == OWN:
        return ()
    forms: dict[str, Form] = {}
    for written in compiled.aliases.written_forms(record, on=epoch):
        if written.arrangement in {None, key.arrangement}:
            for text in written.keys:
                if text not in {"", number, key.tin}:
                    rule = f"{written.rule}@{written.version}"
                    forms.setdefault(text, Form(text, intern(rule), written.lossy))
    return tuple(forms.values())


def load_measures(connection: Connection, compiled: CompiledBook, *, until: int) -> Measures:
    """Returns the grounds that stood at a position; names are compared by the words of a book."""
    return Measures(
        (
            (ground.id, _NOUNS[ground.kind].model_validate_json(ground.content))
            for ground in grounds.as_of(connection, until)
            if ground.kind in _NOUNS
        ),
        code_key=normalised,
        name_key=compiled.name_rules.one_way,
    )


def _heard(connection: Connection, before: Heard, *, after: int, until: int) -> Heard:
    """Returns when each partner's word last took effect, as known at a position."""
    return before | {
        (one.issuer, one.arrangement): one.at
        for one in feed.heard(connection, after=after, until=until)
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
