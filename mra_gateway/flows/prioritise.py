"""Works out who goes first when trade resumes after a disruption.

1. our own AEOs of programmes that give this benefit at home: no foreign one stands above them
2. partners' operators who get it on a consignment at the places of the disruption, by the same rule
   as any declaration is decided by (`recognise.py`): arrangement, status, decision table,
   suspensions. Which consignments are singled out is not known yet, so that draws are left out

Where the table asks for something only a declaration can say, the operator is listed behind the
others with what that is. Nothing is stored: the list is of what is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.flows.recognise import Recogniser
from mra_gateway.flows.state import OWN
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.identifiers import ArrangementId, AuthorisationNumber, Territory, Tin
from mra_gateway.model.measures import Disruption
from mra_gateway.model.recognition import BenefitResult, RecognitionReason, RecognitionResult
from mra_gateway.recognition.index import HeldFact, Holding, HoldingKey
from mra_gateway.store import facts

BENEFIT = "disruption_priority"
_R = RecognitionReason
_LET_PASS = frozenset({_R.OK, _R.BENEFITS_SUSPENDED, _R.TARGETED_ALERT, _R.SHADOW_MODE})
"""Reasons by which a table let the case pass, whatever stopped the operator afterwards."""

_FUNCTIONS = [
    one
    for one in PartyFunction
    if one not in {PartyFunction.NOT_STATED, PartyFunction.AUTHORISATION_HOLDER}
]
"""What an operator may do on a consignment, as far as it can be said."""

Way = tuple[Flow, PartyFunction, str | None, str | None]
"""How an operator may take part in a consignment: flow, function, office, mode."""


class Prioritised(NamedTuple):
    """An operator on the list.

    Attributes:
        arrangement: None for our own.
        flows: On which its goods go first.
        rank: As the decision table gives it, the lower the sooner; None where it gives none.
        condition: The fact a declaration has to state besides; None when nothing is missing.
    """

    territory: Territory
    arrangement: ArrangementId | None
    tin: Tin
    authorisation: AuthorisationNumber
    name: str
    flows: tuple[Flow, ...]
    rank: float | None
    condition: str | None


class _Answer(NamedTuple):
    """What a way to take part gets.

    Attributes:
        is_stopped: A suspension or an alert stops it, whatever a declaration may state besides.
    """

    way: Way
    arrangement: ArrangementId
    benefit: BenefitResult
    is_stopped: bool


def prioritise(
    recogniser: Recogniser, disruption: Disruption, *, at: datetime
) -> list[Prioritised]:
    """Returns the operators that go first, in their order.

    Args:
        recogniser: What decides now.
        disruption: Whose places and time count: when goods move again, if that is known.
        at: Now.
    """
    state = recogniser.state
    if not state.current:
        return []
    judge = _Judge(
        Recogniser(replace(state, measures=state.measures.of_operators())), disruption, at=at
    )
    return sorted(judge.everybody(), key=_place)


def name_our_own(
    connection: Connection, listed: Sequence[Prioritised], *, at: datetime
) -> list[Prioritised]:
    """Returns a list with the names of our own operators, which the index does not hold.

    Args:
        connection: The transaction.
        listed: As `prioritise` returns it.
        at: Now.
    """
    ours = next((one.territory for one in listed if one.arrangement is None), None)
    if ours is None:
        return list(listed)
    names = {
        (fact.key.tin, fact.key.authorisation): fact.record.legal_name or ""
        for fact in facts.keys_in_force(connection, facts.Register(ours, facts.OWN), at=at)
    }
    return sorted(
        (
            one._replace(name=names.get((one.tin, one.authorisation), ""))
            if one.arrangement is None
            else one
            for one in listed
        ),
        key=_place,
    )


class _Judge:
    """Judges operators for one disruption."""

    def __init__(self, recogniser: Recogniser, disruption: Disruption, *, at: datetime) -> None:
        self._recogniser = recogniser
        self._disruption = disruption
        self._decided_at = at
        self._at = disruption.resumed_at or at
        where = disruption.where
        places = list(product(where.offices or [None], where.modes or [None]))
        roles = list(product(where.flows or Flow, _FUNCTIONS))
        self._ways: list[Way] = [(*role, *place) for role, place in product(roles, places)]
        self._probes = [(*roles[0], *place) for place in places]
        self._ways_of: dict[object, list[Way]] = {}

    def everybody(self) -> Iterator[Prioritised]:
        """Yields who goes first, in any order."""
        seen: set[tuple[str, str]] = set()
        for holding in self._recogniser.state.index.holdings():
            fact = holding.at(self._at)
            if fact is None or fact.status != Status.VALID:
                continue
            if holding.key.arrangement == OWN:
                if self._is_ours(holding, fact):
                    yield self._ours(holding, fact)
                continue
            # of one operator under several arrangements the rule takes the best
            if (holding.key.tin, holding.key.authorisation) in seen:
                continue
            found = self._theirs(holding, fact) if self._is_concerned(holding) else None
            if found is not None:
                seen.add((found.tin, found.authorisation))
                yield found

    # --- 1

    def _is_ours(self, holding: Holding, fact: HeldFact) -> bool:
        book, ends = self._recogniser.state.book, fact.record.expires_on
        programme = book.book.programmes.get(holding.key.programme)
        return (
            programme is not None
            and BENEFIT in (programme.local_benefits.value or ())
            and (ends is None or book.day(self._at) <= ends)
        )

    def _ours(self, holding: Holding, fact: HeldFact) -> Prioritised:
        return Prioritised(
            holding.key.issuer,
            None,
            holding.key.tin,
            holding.key.authorisation,
            next(iter(fact.record.names), ""),
            self._disruption.where.flows or tuple(Flow),
            None,
            None,
        )

    # --- 2

    def _is_concerned(self, holding: Holding) -> bool:
        """Says whether goods of a partner may be among those that were held up."""
        where, unions = self._disruption.where, self._recogniser.state.book.unions
        theirs = unions.get(holding.key.issuer, frozenset()) | {holding.key.issuer}
        ends = {*where.dispatched_from, *where.destined_to}
        ours = unions.get(self._recogniser.state.book.us, frozenset())
        return not ends or bool(ends & theirs) or ends <= ours

    def _theirs(self, holding: Holding, fact: HeldFact) -> Prioritised | None:
        answers = self._ask_all(holding)
        granted = [one for one in answers if one.benefit.granted]
        best = granted or [
            one for one in answers if one.benefit.missing is not None and not one.is_stopped
        ]
        if not best:
            return None
        return Prioritised(
            holding.key.issuer,
            best[0].arrangement,
            holding.key.tin,
            holding.key.authorisation,
            next(iter(fact.record.names), ""),
            tuple(dict.fromkeys(one.way[0] for one in best)),
            min(_ranks(one.benefit for one in granted), default=None),
            None if granted else best[0].benefit.missing,
        )

    def _ask_all(self, holding: Holding) -> list[_Answer]:
        """Returns the answers for every way in which an operator may take part.

        Operators that the tables cannot tell apart are let pass in the same ways, so that all ways
        are tried for the first of them only.
        """
        alike = self._alike(holding)
        known = self._ways_of.get(alike)
        if known is None and not any(self._ask(holding, way) for way in self._probes):
            return []  # not recognised, or the tables do not know this benefit
        asked = [self._ask(holding, way) for way in (self._ways if known is None else known)]
        answers = [one for one in asked if one is not None]
        if known is None:
            self._ways_of[alike] = [
                one.way
                for one in answers
                if one.benefit.reason in _LET_PASS or one.benefit.missing is not None
            ]
        return answers

    def _alike(self, holding: Holding) -> object:
        state, tin = self._recogniser.state, holding.key.tin
        held = {
            reading.holding
            for reading in state.index.find(normalised(tin))
            if reading.holding.key.tin == tin and reading.holding.key.arrangement != OWN
        }
        arrangements = state.book.book.arrangements
        tables = [
            state.book.table(arrangements[id_])
            for id_ in {one.key.arrangement for one in held}
            if id_ in arrangements
        ]
        if any("tin" in table.looks_at for table in tables):
            return tin
        facts = ((one.key, one.at(self._at)) for one in held)
        return frozenset(
            (key.issuer, key.arrangement, key.programme, fact.record.shape)
            for key, fact in facts
            if fact is not None
        )

    def _ask(self, holding: Holding, way: Way) -> _Answer | None:
        """Returns what a consignment of an operator would get; None when it is not recognised.

        A number that several operators have stands for none of them; then the TIN is tried.
        """
        flow, function, office, mode = way
        for identifier in (holding.key.authorisation, holding.key.tin):
            declaration = Declaration(
                reference=f"disruption {self._disruption.id}",
                type=flow,
                accepted_at=self._at,
                parties=(DeclaredParty(role=function, identifier=identifier),),
                office=office,
                mode=mode,
                through=self._disruption.where.through,
            )
            decided = self._recogniser.decide(
                declaration, result_id="not-stored", decided_at=self._decided_at
            )
            (party,) = RecognitionResult.model_validate_json(decided.content).results
            if party.recognised and party.tin == holding.key.tin:
                for benefit in (*party.benefits, *party.holder_benefits):
                    if benefit.code == BENEFIT and party.arrangement is not None:
                        stopped = self._is_stopped(declaration, holding.key)
                        return _Answer(way, party.arrangement, benefit, stopped)
                return None
        return None

    def _is_stopped(self, declaration: Declaration, key: HoldingKey) -> bool:
        measures, at = self._recogniser.state.measures, self._at
        (party,) = declaration.parties
        wins = measures.takes_precedence(
            declaration, tin=key.tin, arrangement=key.arrangement, at=at
        )
        suspended = measures.suspended(declaration, party=party, key=key, at=at)
        return wins is not None or any(
            one.codes == ALL or BENEFIT in one.codes for one in suspended
        )


def _ranks(benefits: Iterable[BenefitResult]) -> Iterator[float]:
    for benefit in benefits:
        rank = benefit.parameters.get("rank")
        if isinstance(rank, int | float):
            yield float(rank)


def _place(one: Prioritised) -> tuple[bool, bool, float, str, str, str]:
    return (
        one.arrangement is not None,
        one.condition is not None,
        float("inf") if one.rank is None else one.rank,
        one.territory,
        one.name,
        one.authorisation,
    )
