"""Says what a decision table gives an operator on every flow and in every function.

A benefit is sure where the table grants it to a consignment of which nothing is known but flow and
function; where the table asks for another fact it is conditional, and the gateway has to be asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import NamedTuple

from mra_gateway.flows.compile_book import CompiledBook
from mra_gateway.model.benefits import Case, Outcome, TableMode
from mra_gateway.model.declarations import Declaration
from mra_gateway.model.extract import ExtractBenefit
from mra_gateway.model.facts import ALL, Arrangement, Flow, PartyFunction
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.recognition.index import HoldingKey
from mra_gateway.recognition.measures import Measures

_FUNCTIONS = tuple(one for one in PartyFunction if one is not PartyFunction.NOT_STATED)


class Given(NamedTuple):
    """What an operator gets.

    Attributes:
        sure: Whatever else is declared.
        conditional: By the gateway, when it is told the rest.
        note: Why something is missing that the table would give.
    """

    sure: tuple[ExtractBenefit, ...]
    conditional: tuple[ExtractBenefit, ...]
    note: str | None = None


class Benefits:
    """What the tables of one book give at a moment."""

    def __init__(
        self,
        book: CompiledBook,
        *,
        measures: Measures,
        at: datetime,
        bare: Mapping[Flow, Declaration],
    ) -> None:
        """Takes what benefits follow from.

        Args:
            book: The rule book.
            measures: Those about operators.
            at: The moment.
            bare: Of each flow a consignment of which nothing is known.
        """
        self._book = book
        self._measures = measures
        self._at = at
        self._bare = bare
        self._known: dict[tuple[object, ...], Given] = {}

    def of(self, key: HoldingKey, record: OperatorRecord, arrangement: Arrangement) -> Given:
        """Returns what an authorisation gets under an arrangement."""
        table = self._book.table(arrangement)
        if table.mode is TableMode.SHADOW:
            return Given((), (), "the decision table runs in shadow: nothing is applied")
        named = key.tin if "tin" in table.looks_at else None
        known_as = (key.arrangement, key.programme, record.tier, record.roles, named)
        given = self._known.get(known_as)
        if given is None:
            given = self._known[known_as] = self._by_table(key, record, arrangement)
        return self._without_stopped(given, key)

    def _by_table(self, key: HoldingKey, record: OperatorRecord, arrangement: Arrangement) -> Given:
        table = self._book.table(arrangement)
        case = Case(
            self._book.day(self._at), key.programme, key.tin, record.tier, frozenset(record.roles)
        )
        found: dict[tuple[str, ...], ExtractBenefit] = {}
        for outcome in table.decide(case):
            if outcome.attaches_to == "holder":
                _take(found, outcome, flow=None, function=None)
        for flow, function in product(Flow, _FUNCTIONS):
            for outcome in table.decide(case._replace(flow=flow, function=function)):
                if outcome.attaches_to == "consignment":
                    _take(found, outcome, flow=flow, function=function)
        return Given(
            tuple(one for one in found.values() if one.depends_on is None),
            tuple(one for one in found.values() if one.depends_on is not None),
        )

    def _without_stopped(self, given: Given, key: HoldingKey) -> Given:
        measures = self._measures
        if key.tin not in measures.suspensions and key.tin not in measures.alerts:
            return given
        stopped: dict[Flow | None, set[str]] = {flow: self._stopped(flow, key) for flow in Flow}
        stopped[None] = set().union(*stopped.values())
        if not stopped[None]:
            return given

        def left(benefits: tuple[ExtractBenefit, ...]) -> tuple[ExtractBenefit, ...]:
            return tuple(one for one in benefits if not stopped[one.flow] & {ALL, one.code})

        return Given(
            left(given.sure),
            left(given.conditional),
            "a measure of ours takes benefits away from some consignments at least",
        )

    def _stopped(self, flow: Flow, key: HoldingKey) -> set[str]:
        """Returns the codes that are stopped on a flow, `all` for every one."""
        bare, at = self._bare[flow], self._at
        wins = self._measures.takes_precedence(
            bare, tin=key.tin, arrangement=key.arrangement, at=at
        )
        suspended = self._measures.suspended(bare, party=bare.parties[0], key=key, at=at)
        codes = {code for one in suspended for code in ([ALL] if one.codes == ALL else one.codes)}
        return codes if wins is None else {ALL}


def _take(
    found: dict[tuple[str, ...], ExtractBenefit],
    outcome: Outcome,
    *,
    flow: Flow | None,
    function: PartyFunction | None,
) -> None:
    """Adds what a table says; functions that get the same stand together."""
    if not outcome.granted and outcome.missing is None:
        return
    parameters = json.dumps(outcome.parameters, sort_keys=True)
    place = (outcome.code, flow or "", parameters, outcome.missing or "")
    known = found.get(place)
    functions = () if known is None else known.functions
    found[place] = ExtractBenefit(
        code=outcome.code,
        attaches_to=outcome.attaches_to,
        flow=flow,
        functions=functions if function is None else (*functions, function),
        parameters=dict(sorted(outcome.parameters.items())),
        depends_on=None if outcome.granted else outcome.missing,
    )
