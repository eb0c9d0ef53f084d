"""Recognises the parties of a declaration, from memory: no database, no network, no cryptography.

1. resolve: the declared identifier, in any form our rules read, to the authorisations held; where
   officers confirmed what a text stands for, to that operator
2. recognise: steps 1 to 3 of the rule (`recognition/rule.py`)
3. decide the benefits by the decision table (`benefits/`), then take away what a measure stops
4. answer, with what to correct and what to look at

The same code decides now and recomputes later: only the state it is given differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from mra_gateway.benefits.case import also_of, judge_direct
from mra_gateway.benefits.evaluate import CompiledTable
from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.identifiers.matching import Grade, contradiction
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import Case, Outcome, TableMode
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.measures import BenefitSuspension
from mra_gateway.model.recognition import FlagKind, RecognitionReason
from mra_gateway.recognition.answer import Judged, answer, declared, put_in_order
from mra_gateway.recognition.index import Form, Holding, Index, Reading
from mra_gateway.recognition.measures import Measures
from mra_gateway.recognition.rule import VERSION, Cover, Day, Found, Standing, judge, narrow, step

STALE_AFTER_DAYS = 45
"""A partner silent for longer gives no benefit: lists are at most monthly in the practice read."""

OWN = ArrangementId.trusted("")
_R = RecognitionReason
_OURS = {
    Flow.IMPORT: {
        PartyFunction.IMPORTER,
        PartyFunction.CONSIGNEE,
        PartyFunction.BUYER,
        PartyFunction.DECLARANT,
    },
    Flow.EXPORT: {
        PartyFunction.EXPORTER,
        PartyFunction.CONSIGNOR,
        PartyFunction.SELLER,
        PartyFunction.DECLARANT,
    },
    Flow.TRANSIT: {PartyFunction.DECLARANT},
}
"""Who stands at our end of a consignment."""

_KEPT = 20_000


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known at one position.

    Attributes:
        heard: When each partner's word under each arrangement last took effect.
        epoch: The day since when the alias rules in force have been in force.
        known_at: The moment of the position.
        current: False when the index could not confirm its position: nothing is granted.
    """

    index: Index
    book: CompiledBook
    measures: Measures
    heard: dict[tuple[Territory, ArrangementId], datetime]
    position: int
    known_at: datetime
    epoch: date
    current: bool = True


class Decided(NamedTuple):
    """What was decided about one declaration.

    Attributes:
        values: As `RecognitionResult` writes them.
        tins: The operators it found.
        counted: Partner (empty when none) and reason of every party.
    """

    values: dict[str, Any]
    tins: tuple[Tin, ...]
    counted: tuple[tuple[str, str], ...]


class Recogniser:
    """Decides declarations by one state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._covers: dict[tuple[Territory, ArrangementId], Cover | None] = {}
        self._covers_on: date | None = None

    def not_current(self) -> Recogniser:
        """Returns one that grants nothing, and says why."""
        return Recogniser(replace(self.state, current=False))

    def decide(self, declaration: Declaration, *, result_id: str, decided_at: datetime) -> Decided:
        """Returns what a declaration gets, and why."""
        state = self.state
        accepted_at = declaration.accepted_at or decided_at
        self._begin_day(state.book.day(decided_at))
        day = Day(state.book.day(accepted_at), partial(self._day_there, accepted_at))
        results, tins, counted, recognised = [], [], [], False
        for party in declaration.parties:
            result, standing, reason = self._party(party, declaration, accepted_at, day)
            results.append(result)
            recognised = recognised or standing.recognised
            found = standing.found
            counted.append(("" if found is None else found.key.issuer, reason))
            if found is not None:
                tins.append(found.key.tin)
        values = {
            "id": result_id,
            "reference": declaration.reference,
            "type": declaration.type,
            "decided_at": decided_at,
            "accepted_at": accepted_at,
            "known_at": state.known_at,
            "position": state.position,
            "rule": VERSION,
            "book": state.book.digest,
            "recognised": recognised,
            "results": results,
        }
        return Decided(values, tuple(dict.fromkeys(tins)), tuple(counted))

    def _party(
        self, party: DeclaredParty, declaration: Declaration, at: datetime, day: Day
    ) -> tuple[dict[str, Any], Standing, str]:
        """Returns the answer for a party; of several arrangements the best."""
        shown = declared(party)
        if not self.state.current:
            text = "the index could not confirm within a second that it is current"
            standing = Standing(
                None,
                recognised=False,
                reason=_R.INDEX_NOT_CURRENT,
                steps=(step(2, _R.INDEX_NOT_CURRENT, text),),
            )
            return answer_nothing(shown, standing), standing, _R.INDEX_NOT_CURRENT
        readings = self._readings(party)
        found = narrow(readings, at=at, cover_of=self._cover) if readings else ()
        obstacle = partial(self._obstacle, declaration=declaration, at=at)
        best: tuple[tuple[bool, int], dict[str, Any], Standing, str] | None = None
        for standing in judge(party, found, day=day, obstacle=obstacle):
            judged = table = None
            if standing.recognised and standing.found is not None:
                table = self.state.book.table(standing.found.cover.arrangement)
                judged = self._benefits(party, declaration, standing.found, table, at, day)
            made = answer(
                shown,
                standing,
                judged,
                table=None if table is None else f"{table.id}@{table.version}",
                shadow=table is not None and table.mode is TableMode.SHADOW,
                flags=self._flags(party, standing.found, declaration, at),
                corrections=self._corrections(party, standing, day.here),
            )
            rank = (standing.recognised, 0 if judged is None else judged.granted)
            reason = standing.reason if judged is None else judged.reason
            if best is None or rank > best[0]:
                best = (rank, made, standing, reason)
        assert best is not None
        return best[1:]

    # --- 1

    def _readings(self, party: DeclaredParty) -> Sequence[Reading]:
        index = self.state.index
        readings: list[Reading] = []
        if party.identifier is not None:
            readings = [
                one
                for one in index.find(normalised(party.identifier))
                if one.holding.key.arrangement != OWN
            ]
        if all(one.form.lossy for one in readings):
            readings = self._confirmed(party, readings)
        if len(readings) > 1:
            readings = _prefer_exact(readings, party)
        return readings

    def _confirmed(self, party: DeclaredParty, readings: list[Reading]) -> list[Reading]:
        """Returns whom officers confirmed a text to stand for, else the readings given.

        A text that by rule may be somebody else as well is not settled by a confirmation.
        """
        found = []
        for number, known in self.state.measures.confirmed(party):
            form = Form("", f"confirmed correspondence {number}")
            found += [
                Reading(one.holding, form)
                for one in self.state.index.find(normalised(known.tin))
                if one.holding.key.issuer == known.partner and one.holding.key.tin == known.tin
            ]
        tins = {one.holding.key.tin for one in found}
        return found if all(one.holding.key.tin in tins for one in readings) and found else readings

    # --- 2

    def _begin_day(self, on: date) -> None:
        """Whether a partner has been silent for too long is judged by the day of deciding."""
        if on != self._covers_on:
            self._covers.clear()
            self._covers_on = on

    def _cover(self, holding: Holding) -> Cover | None:
        register = holding.key[:2]
        if register not in self._covers:
            self._covers[register] = self._make_cover(*register)
        return self._covers[register]

    def _make_cover(self, issuer: Territory, arrangement: ArrangementId) -> Cover | None:
        state = self.state
        found = state.book.find_cover(arrangement, partner=issuer)
        if found is None:
            return None
        as_of = state.heard.get((issuer, arrangement))
        assert self._covers_on is not None
        silent = 0 if as_of is None else (self._covers_on - state.book.day(as_of)).days
        return Cover(
            arrangement=found[0],
            partner=found[1],
            us=state.book.us,
            zone=state.book.zone,
            confirmed=found[2],
            as_of=as_of,
            stale=silent > STALE_AFTER_DAYS,
        )

    def _obstacle(
        self, found: Found, *, declaration: Declaration, at: datetime
    ) -> tuple[RecognitionReason, str] | None:
        measures, key = self.state.measures, found.key
        if measures.stops:
            why = measures.stopped(key.arrangement, partner=key.issuer, at=at)
            if why is not None:
                return _R.ARRANGEMENT_STOPPED, f"it is stopped for a time: {why}"
        if measures.pilots:
            why = measures.outside_pilot(key.arrangement, declaration, tin=key.tin, at=at)
            if why is not None:
                return _R.NOT_IN_PILOT, why
        return None

    def _day_there(self, at: datetime, administration: Any) -> date:
        return self.state.book.day(at, of=administration.territory)

    # --- 3

    def _benefits(
        self,
        party: DeclaredParty,
        declaration: Declaration,
        found: Found,
        table: CompiledTable,
        at: datetime,
        day: Day,
    ) -> Judged:
        outcomes = table.decide(self._case(party, declaration, found, table, at, day.here))
        key, measures = found.key, self.state.measures
        wins = measures.takes_precedence(
            declaration, tin=key.tin, arrangement=key.arrangement, at=at
        )
        suspended = (
            measures.suspended(declaration, party=party, key=key, at=at)
            if measures.suspensions
            else ()
        )
        if wins is None and not suspended and table.mode is not TableMode.SHADOW:
            # equal cases share their outcomes, so what was put in order once is used again
            place = (id(outcomes), declaration.type)
            held = self.state.book.ordered.get(place)
            if held is None:
                if len(self.state.book.ordered) > _KEPT:
                    self.state.book.ordered.clear()
                # the outcomes are kept too, so that no others can come to stand at their place
                held = (outcomes, put_in_order(outcomes, flow=declaration.type))
                self.state.book.ordered[place] = held
            return held[1]
        return put_in_order(
            _take_away(outcomes, wins=wins, suspended=suspended, shadow=table.mode),
            flow=declaration.type,
        )

    def _case(
        self,
        party: DeclaredParty,
        declaration: Declaration,
        found: Found,
        table: CompiledTable,
        at: datetime,
        on: date,
    ) -> Case:
        looks_at, book = table.looks_at, self.state.book
        direct = None
        if "direct" in looks_at:
            direct = judge_direct(
                declaration,
                ours=book.unions.get(book.us, frozenset()),
                theirs=book.unions.get(found.key.issuer, frozenset()),
            )
        counterpart = self._counterpart(declaration, at) if "counterpart" in looks_at else None
        return Case(
            on,
            found.key.programme,
            found.key.tin,
            found.fact.record.tier,
            frozenset(found.fact.record.roles),
            declaration.type,
            party.role,
            counterpart,
            direct,
            declaration.office,
            declaration.mode,
            frozenset(declaration.procedures),
            frozenset(declaration.chapters),
            declaration.value_category,
            frozenset(declaration.ecommerce_roles),
            also_of(declaration, party=party) if "also" in looks_at else frozenset(),
        )

    def _counterpart(self, declaration: Declaration, at: datetime) -> bool | None:
        """Says whether one of our own AEOs stands at our end; None when nobody is declared."""
        named = at_our_end(declaration)
        if not named:
            return None
        for identifier in named:
            for reading in self.state.index.find(normalised(identifier)):
                fact = reading.holding.at(at)
                if (
                    reading.holding.key.arrangement == OWN
                    and fact is not None
                    and fact.status == Status.VALID
                ):
                    return True
        return False

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
        self, party: DeclaredParty, found: Found | None, declaration: Declaration, at: datetime
    ) -> tuple[dict[str, str], ...]:
        if found is None:
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
        return tuple(flags)


def at_our_end(declaration: Declaration) -> list[str]:
    """Returns the identifiers of the parties at our end of a consignment."""
    return [
        party.identifier
        for party in declaration.parties
        if party.role in _OURS[declaration.type] and party.identifier is not None
    ]


def answer_nothing(shown: dict[str, Any], standing: Standing) -> dict[str, Any]:
    """Returns the answer for a party nothing can be said about."""
    return answer(shown, standing, None, table=None, shadow=False, flags=(), corrections=())


def _prefer_exact(readings: list[Reading], party: DeclaredParty) -> list[Reading]:
    """A text that is an authorisation number as issued means that authorisation."""
    exact = [one for one in readings if one.holding.key.authorisation == party.identifier]
    return exact or readings


def _take_away(
    outcomes: Sequence[Outcome],
    *,
    wins: tuple[str, str] | None,
    suspended: Sequence[BenefitSuspension],
    shadow: TableMode,
) -> list[Outcome]:
    """Returns the outcomes with what a measure stops no longer granted."""
    left = []
    for outcome in outcomes:
        stopped: tuple[str, str] | None = None
        if outcome.granted:
            stopped = (
                wins
                or _suspension(outcome.code, suspended)
                or (
                    (_R.SHADOW_MODE, "would be granted: the table runs in shadow")
                    if shadow is TableMode.SHADOW
                    else None
                )
            )
        left.append(
            outcome
            if stopped is None
            else outcome._replace(
                granted=False,
                reason=RecognitionReason(stopped[0]),
                text=stopped[1],
                parameters={},
            )
        )
    return left


def _suspension(code: str, suspended: Sequence[BenefitSuspension]) -> tuple[str, str] | None:
    for one in suspended:
        if one.codes == ALL or code in one.codes:
            return _R.BENEFITS_SUSPENDED, (
                f"benefits of {one.tin} are suspended by us ({one.reason_class})"
            )
    return None
