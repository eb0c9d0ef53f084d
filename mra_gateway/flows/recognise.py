"""Recognises the parties of a declaration, from memory: no database, no network, no cryptography.

1. resolve the party to the authorisations held (`resolve.py`)
2. recognise: steps 1 to 3 of the rule (`recognition/rule.py`)
3. decide what it gets (`entitle.py`)
4. answer, with what to correct and what to look at

The same code decides now and recomputes later: only the state it is given differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import NamedTuple, TypeAlias

import orjson

from mra_gateway.errors import Reason
from mra_gateway.flows.covers import Covers
from mra_gateway.flows.entitle import Entitler
from mra_gateway.flows.match_names import NamesHeld
from mra_gateway.flows.resolve import Resolver
from mra_gateway.flows.state import State
from mra_gateway.identifiers.matching import Grade, contradiction
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import TableMode
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.identifiers import Territory, Tin
from mra_gateway.model.recognition import FlagKind, RecognitionReason
from mra_gateway.recognition.answer import answer
from mra_gateway.recognition.index import BY_TIN, Form, HeldFact, HoldingKey, Index
from mra_gateway.recognition.pattern import (
    AS_FORM,
    AS_NUMBER,
    AS_TIN,
    NobodyPattern,
    Pattern,
    Verdict,
    nobody,
)
from mra_gateway.recognition.rule import (
    NOT_DECLARED,
    NOT_FOUND,
    VERSION,
    Found,
    Standing,
    judge,
    narrow,
    step,
)
from mra_gateway.recognition.written import kept_json, moment_json, party_text

_R = RecognitionReason


class Decided(NamedTuple):
    """What was decided about one declaration.

    Attributes:
        content: JSON, as `RecognitionResult` writes it.
        declaration: What it answers, as JSON that is kept.
        accepted_at: The moment whose status counted, in UTC.
        tins: The operators it found.
        verdicts: Of every party.
    """

    content: bytes
    declaration: bytes
    accepted_at: datetime
    recognised: bool
    tins: Sequence[Tin]
    verdicts: Sequence[Verdict]


Answered: TypeAlias = tuple[Sequence[bytes], Verdict, Tin | None, int]
"""The answer for one party: JSON as `PartyResult` writes it, in pieces; the verdict; the operator
that was found; how many benefits it got."""


class Recogniser:
    """Decides declarations by one state."""

    def __init__(self, state: State, *, plain: bool = True) -> None:
        """Takes what is known.

        Args:
            state: What is known.
            plain: Whether plain cases are answered in one go; without it every case goes step by
                step, to the same answers.
        """
        self.state = state
        self._resolver = Resolver(state)
        self._entitler = Entitler(state)
        self._is_plain = plain and state.current
        self._covers = Covers(state, today=date.min)  # until something is decided
        self._decided_at: datetime | None = None
        self._after_type = b""
        rests_on = _rests_on(state)
        self._if_recognised = b',%b,"recognised":true,"results":[' % rests_on
        self._if_not = b',%b,"recognised":false,"results":[' % rests_on
        self._knows_names = bool(state.names) or state.measures.knows_names
        self._patterns: dict[tuple[object, ...], Pattern] = {}

    def not_current(self) -> Recogniser:
        """Returns one that grants nothing, and says why."""
        return Recogniser(replace(self.state, current=False))

    def without_index(self) -> Recogniser:
        """Returns one that grants nothing, and no longer holds what was known."""
        state = self.state
        nothing = NamesHeld({}, state.book.name_rules)
        return Recogniser(replace(state, index=Index(), names=nothing, current=False))

    def decide(self, declaration: Declaration, *, result_id: str, decided_at: datetime) -> Decided:
        """Returns what a declaration gets, and why."""
        state = self.state
        if decided_at is not self._decided_at:
            self._begin(decided_at)
        declared = declaration.__dict__  # a model's own access to its fields takes twice as long
        stated = at = declared["accepted_at"] or decided_at
        if at.tzinfo is not UTC:  # only moments in `datetime`'s own zone are compared quickly
            at = at.astimezone(UTC)
        on = state.book.days.of(at)
        plain = self._is_plain and not declared["overrides"] and state.measures.is_quiet(at)
        reference, moment = orjson.dumps(declared["reference"]), moment_json(stated)
        pieces = [
            b'{"id":"',
            result_id.encode(),
            b'","reference":',
            reference,
            b',"type":"',
            declared["type"].encode(),
            self._after_type,
            moment,
            self._if_not,
        ]
        tins: list[Tin] = []
        verdicts: list[Verdict] = []
        kept, recognised = [], False
        for party in declared["parties"]:
            shown, text = party_text(party)
            if text is not None:
                kept.append(text)
            content, verdict, tin, _ = (
                plain and self._plain(party, shown, declaration, at, on)
            ) or self._party(party, shown, declaration, at, on)
            pieces += content
            pieces.append(b",")
            if tin is not None and tin not in tins:
                tins.append(tin)
            if verdict[1]:
                recognised = True
            verdicts.append(verdict)
        if recognised:
            pieces[_VERDICT] = self._if_recognised
        pieces[-1] = b"]}"  # a declaration has parties: a comma stands there
        text = kept_json(declaration, reference=reference, accepted_at=moment, parties=kept)
        return _tuple(Decided, (b"".join(pieces), text, at, recognised, tins, verdicts))

    def _party(
        self, party: DeclaredParty, shown: bytes, declaration: Declaration, at: datetime, on: date
    ) -> Answered:
        """Returns the answer for a party; of several arrangements the one that gives most."""
        state = self.state
        if not state.current:
            return _nothing(shown, _NOT_CURRENT)
        readings = self._resolver.resolve(party)
        found = narrow(readings, at=at, cover_of=self._covers.find) if readings else ()
        measures = state.measures
        standings = judge(
            party,
            found,
            on=on,
            on_there=partial(self._day_there, at),
            obstacle=(
                partial(self._obstacle, declaration=declaration, at=at)
                if measures.stops or measures.pilots
                else None
            ),
        )
        made = [self._answer(party, shown, one, declaration, at, on) for one in standings]
        if len(made) == 1:
            return made[0]
        return max(made, key=_how_much)

    def _plain(
        self, party: DeclaredParty, shown: bytes, declaration: Declaration, at: datetime, on: date
    ) -> Answered | None:
        """Returns what `_party` would, in the one case most declarations are; None in any other.

        The case: one authorisation, valid, under an arrangement in force, nothing to look at. It is
        written out in a row because it is what the rate of a batch depends on; that it says the
        same as the steps one by one is held by a property.
        """
        declared = party.__dict__
        identifier = declared["identifier"]
        if identifier is None:
            return None if self._knows_names else _nothing(shown, NOT_DECLARED)
        if declared["name"] is not None:
            return None
        find = self.state.index.find_only
        found = find(identifier)  # most is declared as it was issued
        if found is None or found[1] is BY_TIN:  # what is held is normalised, but for TINs
            found = find(normalised(identifier))
        if found is None:
            return None
        holding, form = found
        facts = holding.facts
        fact = facts[-1] if facts and facts[-1].effective_from <= at else holding.at(at)
        if fact is None:
            return None
        issuer, arrangement, tin, programme, authorisation = key = holding.key
        since, _, status, (shape, expires_on, _) = fact
        if status != _VALID:
            return None
        if expires_on is not None and (expires_on - on).days < 2:
            return None  # the day there may be another
        how = AS_NUMBER if identifier == authorisation else AS_TIN if identifier == tin else AS_FORM
        # members of an enumeration by identity: their hash is looked up through Python each time
        flow, role, rule = declaration.type, declared["role"], form.rule
        kind = (issuer, arrangement, programme, shape, id(flow), id(role), on, rule, how)
        pattern = self._patterns.get(kind)
        if pattern is None:
            pattern = self._make_pattern(key, form, fact, declaration, party, on, how)
            if pattern is None:
                return None
            if len(self._patterns) > _KEPT:
                self._patterns.clear()
            self._patterns[kind] = pattern
        content = pattern.fill(shown, tin=tin, number=authorisation, since=since)
        return content, pattern.verdict, tin, pattern.granted

    def _make_pattern(
        self,
        key: HoldingKey,
        form: Form,
        fact: HeldFact,
        declaration: Declaration,
        party: DeclaredParty,
        on: date,
        how: int,
    ) -> Pattern | None:
        """Returns the answer to plain cases of a kind; None where that is not so plain."""
        cover, shape = self._covers.find(key), fact.record.shape
        if form.lossy or cover is None or not cover.is_open(on):
            return None
        if cover.covers(key, shape) is not Reason.OK:
            return None
        table = self.state.book.table(cover.arrangement)
        judged = self.state.book.judged.get(
            (table.id, key.programme, shape, declaration.type, party.role)
        )
        if judged is None:
            return None
        return Pattern(
            Found(key, form, fact, cover),
            judged,
            in_force=cover.in_force(on)[1],
            how=how,
            table=f"{table.id}@{table.version}",
        )

    def _answer(
        self,
        party: DeclaredParty,
        shown: bytes,
        standing: Standing,
        declaration: Declaration,
        at: datetime,
        on: date,
    ) -> Answered:
        """Steps 3 and 4."""
        found = standing.found
        corrections = (
            self._corrections(party, standing, on) if standing.reason in _CORRECTABLE else ()
        )
        if found is None:
            return _nothing(shown, standing, corrections)
        judged = table = None
        if standing.recognised:
            table = self.state.book.table(found.cover.arrangement)
            judged = self._entitler.entitle(party, declaration, found, table, at, on)
        made = answer(
            shown,
            standing,
            judged,
            table=None if table is None else f"{table.id}@{table.version}",
            shadow=table is not None and table.mode is TableMode.SHADOW,
            flags=self._flags(party, found, declaration, at),
            corrections=corrections,
        )
        content = (orjson.dumps(made, option=orjson.OPT_UTC_Z),)
        if judged is None:
            verdict = (found.key.issuer, standing.recognised, standing.reason.value)
            return content, verdict, found.key.tin, 0
        verdict = (found.key.issuer, standing.recognised, judged.reason.value)
        return content, verdict, found.key.tin, judged.granted

    # --- 2

    def _begin(self, decided_at: datetime) -> None:
        """Takes what is the same for all that is decided at a moment.

        Whether a partner has been silent for too long is judged by the day of deciding.
        """
        self._decided_at = decided_at
        self._after_type = b'","decided_at":%b,"accepted_at":' % moment_json(decided_at)
        on = self.state.book.day(decided_at)
        if on != self._covers.today:
            self._covers = Covers(self.state, today=on)
            self._patterns.clear()

    def _obstacle(
        self, key: HoldingKey, *, declaration: Declaration, at: datetime
    ) -> tuple[RecognitionReason, str] | None:
        measures = self.state.measures
        why = measures.stopped(key.arrangement, partner=key.issuer, at=at)
        if why is not None:
            return _R.ARRANGEMENT_STOPPED, f"it is stopped for a time: {why}"
        why = measures.outside_pilot(key.arrangement, declaration, tin=key.tin, at=at)
        return None if why is None else (_R.NOT_IN_PILOT, why)

    def _day_there(self, at: datetime, territory: Territory) -> date:
        return self.state.book.day(at, of=territory)

    # --- 4

    def _corrections(self, party: DeclaredParty, standing: Standing, on: date) -> tuple[str, ...]:
        """Returns what to correct in the identifier, where that is what is wrong."""
        found = standing.found
        if standing.reason is _R.IDENTIFIER_LOSSY and found is not None:
            return (f"declare {found.key.authorisation} or {found.key.tin}",)
        if standing.reason is _R.IDENTIFIER_NOT_FOUND and party.identifier is not None:
            advice = self.state.book.advise(party.identifier, issuer=party.territory, on=on)
            return () if advice is None else (advice,)
        return ()

    def _flags(
        self, party: DeclaredParty, found: Found, declaration: Declaration, at: datetime
    ) -> Sequence[dict[str, str]]:
        if party.name is None and not self.state.measures.suspensions:
            return ()
        flags: list[dict[str, str]] = []
        if party.name is not None:
            held = found.fact.record
            against = contradiction(
                party,
                names=held.names,
                addresses=held.addresses,
                rules=self.state.book.name_rules,
                territory=found.key.issuer,
            )
            if against is not None and against.grade is not Grade.WEAK:
                flags.append({"kind": FlagKind.POSSIBLE_PIGGYBACKING, "text": against.text})
        if self.state.measures.suspensions:
            flags += [
                {
                    "kind": FlagKind.UNCONFIRMED_SUSPENSION,
                    "text": "benefits are suspended; the second officer has not confirmed in "
                    "time, and the suspension stands",
                }
                for one in self.state.measures.suspended(
                    declaration, party=party, key=found.key, at=at
                )
                if one.is_overdue(at)
            ]
        return flags


def _rests_on(state: State) -> bytes:
    """Returns what an answer says it rests on, as its fields in JSON."""
    values = {
        "known_at": state.known_at,
        "position": state.position,
        "rule": VERSION,
        "book": state.book.digest,
    }
    return orjson.dumps(values, option=orjson.OPT_UTC_Z)[1:-1]


def _how_much(answered: Answered) -> tuple[bool, int]:
    _, (_, recognised, _), _, granted = answered
    return recognised, granted


_tuple = tuple.__new__
"""Makes a named tuple: through its own name it takes four times as long."""
_VERDICT = 8
"""The piece of an answer that says whether anybody is recognised."""
_VALID = Status.VALID.value
_KEPT = 4096
_CORRECTABLE = frozenset({_R.IDENTIFIER_LOSSY, _R.IDENTIFIER_NOT_FOUND})
_NOT_CURRENT = Standing(
    None,
    recognised=False,
    reason=_R.INDEX_NOT_CURRENT,
    steps=(
        step(
            2,
            _R.INDEX_NOT_CURRENT,
            "the index could not confirm within a second that it is current",
        ),
    ),
)


def _nothing(shown: bytes, standing: Standing, corrections: Sequence[str] = ()) -> Answered:
    """Returns the answer for a party that is nobody we know."""
    pattern = None if corrections else _SAID_TO_MANY.get(id(standing))
    if pattern is not None:
        return pattern.fill(shown), pattern.verdict, None, 0
    made = answer(
        shown,
        standing,
        None,
        table=None,
        shadow=False,
        flags=(),
        corrections=corrections,
    )
    return (orjson.dumps(made),), nobody(standing), None, 0


_SAID_TO_MANY = {id(one): NobodyPattern(one) for one in (NOT_DECLARED, NOT_FOUND, _NOT_CURRENT)}
