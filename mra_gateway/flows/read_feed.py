"""Reads from the store what the index in memory is to hold: all of it, or what came since.

A decision years later reads by the same functions what was known then. Who keeps the index of this
process current is `follow_feed.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from sys import intern
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.flows.match_names import NamesHeld
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
from mra_gateway.store import believed, facts, feed, grounds
from mra_gateway.store.chunks import chunked

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
