"""Says what a recognised party gets on a consignment: step 3 of recognising.

The decision table decides; then what a measure stops is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from mra_gateway.benefits.case import also_of, judge_direct
from mra_gateway.benefits.evaluate import CompiledTable
from mra_gateway.flows.state import OWN, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.benefits import Case, Outcome, TableMode
from mra_gateway.model.changes import Status
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import ALL, Flow, PartyFunction
from mra_gateway.model.measures import BenefitSuspension
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.answer import Judged, put_in_order
from mra_gateway.recognition.rule import Found

_R = RecognitionReason
_NOTHING: frozenset[Any] = frozenset()
_ALWAYS_STATED = frozenset({"programme", "tier", "roles", "flow", "function"})
"""What a table that asks no more of the consignment looks at."""
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


class Entitler:
    """Decides benefits by one state."""

    def __init__(self, state: State) -> None:
        """Takes what is known."""
        self._state = state

    def entitle(
        self,
        party: DeclaredParty,
        declaration: Declaration,
        found: Found,
        table: CompiledTable,
        at: datetime,
        on: date,
    ) -> Judged:
        """Returns what a recognised party gets on a consignment.

        Args:
            party: As declared.
            declaration: What is declared of the consignment.
            found: The authorisation it was recognised as.
            table: What we grant under the arrangement.
            at: The moment of acceptance.
            on: Its legal day, ours.
        """
        book, measures = self._state.book, self._state.measures
        is_live = table.mode is not TableMode.SHADOW
        if is_live and measures.eases_all(at) and not declaration.overrides:
            # nothing of officers or the consignment stands in the way of most
            if not table.looks_at <= _ALWAYS_STATED:
                outcomes = self._outcomes(party, declaration, found, table, at, on)
                return book.put_in_order(outcomes, declaration.type)
            shape = found.fact.record.shape
            place = (table.id, found.key.programme, shape, declaration.type, party.role)
            judged = book.judged.get(place)
            if judged is None:
                outcomes = self._outcomes(party, declaration, found, table, at, on)
                judged = book.judged[place] = book.put_in_order(outcomes, declaration.type)
            return judged
        outcomes = self._outcomes(party, declaration, found, table, at, on)
        key = found.key
        wins = measures.takes_precedence(
            declaration, tin=key.tin, arrangement=key.arrangement, at=at
        )
        suspended = (
            measures.suspended(declaration, party=party, key=key, at=at)
            if measures.suspensions
            else ()
        )
        if is_live and wins is None and not suspended:
            return book.put_in_order(outcomes, declaration.type)
        left = _take_away(outcomes, wins=wins, suspended=suspended, shadow=table.mode)
        return put_in_order(left, flow=declaration.type)

    def _outcomes(
        self,
        party: DeclaredParty,
        declaration: Declaration,
        found: Found,
        table: CompiledTable,
        at: datetime,
        on: date,
    ) -> tuple[Outcome, ...]:
        looks_at, book, shape = table.looks_at, self._state.book, found.fact.record.shape
        direct = None
        if "direct" in looks_at:
            direct = judge_direct(
                declaration,
                ours=book.unions.get(book.us, _NOTHING),
                theirs=book.unions.get(found.key.issuer, _NOTHING),
            )
        return table.decide(
            Case(
                on,
                found.key.programme,
                found.key.tin,
                shape.tier,
                shape.roles,
                declaration.type,
                party.role,
                self._counterpart(declaration, at) if "counterpart" in looks_at else None,
                direct,
                declaration.office,
                declaration.mode,
                frozenset(declaration.procedures) if declaration.procedures else _NOTHING,
                frozenset(declaration.chapters) if declaration.chapters else _NOTHING,
                declaration.value_category,
                frozenset(declaration.ecommerce_roles) if declaration.ecommerce_roles else _NOTHING,
                also_of(declaration, party=party) if "also" in looks_at else _NOTHING,
            )
        )

    def _counterpart(self, declaration: Declaration, at: datetime) -> bool | None:
        """Says whether one of our own AEOs stands at our end; None when nobody is declared."""
        named = at_our_end(declaration)
        if not named:
            return None
        for identifier in named:
            for reading in self._state.index.find(normalised(identifier)):
                fact = reading.holding.at(at)
                if (
                    reading.holding.key.arrangement == OWN
                    and fact is not None
                    and fact.status == Status.VALID
                ):
                    return True
        return False


def at_our_end(declaration: Declaration) -> list[str]:
    """Returns the identifiers of the parties at our end of a consignment."""
    return [
        party.identifier
        for party in declaration.parties
        if party.role in _OURS[declaration.type] and party.identifier is not None
    ]


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
