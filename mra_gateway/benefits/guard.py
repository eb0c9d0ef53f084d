"""The conditions of a row, compiled: they hold, do not hold, or cannot be judged (pure).

Not held wins over not judged: a row for another mode of transport is out of the question whatever
else is not stated. Rows with the same conditions share one guard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, NamedTuple

from mra_gateway.model.benefits import Case, Counterpart, Effect, TableRow
from mra_gateway.model.facts import ALL, PartyFunction
from mra_gateway.model.recognition import RecognitionReason

_R = RecognitionReason

LOOKED_AT = (
    "programme",
    "tier",
    "roles",
    "tin",
    "on",
    "flow",
    "function",
    "also",
    "counterpart",
    "direct",
    "office",
    "mode",
    "procedures",
    "chapters",
    "value_category",
    "ecommerce_roles",
)
"""The facts of a case in the order in which a row asks for them: who, when, which flow, what."""

_NOT_COVERED = {
    "programme": _R.PROGRAMME_NOT_COVERED,
    "tier": _R.TIER_NOT_COVERED,
    "roles": _R.ROLE_NOT_COVERED,
    "tin": _R.OPERATOR_NOT_NAMED,
    "on": _R.ROW_NOT_IN_FORCE,
    "flow": _R.FLOW_NOT_COVERED,
    "function": _R.FUNCTION_NOT_COVERED,
    "also": _R.FUNCTION_NOT_COVERED,
    "counterpart": _R.COUNTERPART_NOT_COVERED,
    "direct": _R.DELIVERY_NOT_DIRECT,
    "office": _R.OFFICE_NOT_COVERED,
    "mode": _R.MODE_NOT_COVERED,
    "procedures": _R.PROCEDURE_NOT_COVERED,
    "chapters": _R.GOODS_EXCLUDED,
    "value_category": _R.VALUE_CATEGORY_NOT_COVERED,
    "ecommerce_roles": _R.ECOMMERCE_ROLE_NOT_COVERED,
}


class Stop(NamedTuple):
    """Why a row does not decide a case.

    Attributes:
        fact: Which of `LOOKED_AT`.
        rank: Its place there.
        missing: The fact is not stated, so that the row cannot be judged.
    """

    fact: str
    rank: int
    missing: bool
    reason: RecognitionReason


_FAILED = {
    fact: Stop(fact, rank, missing=False, reason=_NOT_COVERED[fact])
    for rank, fact in enumerate(LOOKED_AT)
}
_MISSING = {
    fact: Stop(fact, rank, missing=True, reason=_R.FACT_NOT_DECLARED)
    for rank, fact in enumerate(LOOKED_AT)
}


class Guard(NamedTuple):
    """The conditions of a row; None where it leaves nothing out.

    Attributes:
        tins: Named operators.
        all_goods: Whether what is asked of the goods is asked of all of them (a grant) or met by
            any of them (a refusal).
    """

    programmes: frozenset[str] | None
    tiers: frozenset[str] | None
    roles: frozenset[str] | None
    tins: frozenset[str] | None
    valid_from: date | None
    valid_until: date | None
    flows: frozenset[str] | None
    functions: frozenset[str] | None
    also: frozenset[str] | None
    local_aeo: bool
    direct: bool
    offices: frozenset[str] | None
    modes: frozenset[str] | None
    procedures: frozenset[str] | None
    excluded: frozenset[str] | None
    value_categories: frozenset[int] | None
    ecommerce_roles: frozenset[str] | None
    all_goods: bool

    def looks_at(self) -> frozenset[str]:
        """Returns the facts of a case that can make a difference here."""
        sets = {
            "programme": self.programmes,
            "tier": self.tiers,
            "roles": self.roles,
            "tin": self.tins,
            "on": self.valid_from or self.valid_until,
            "flow": self.flows,
            "function": self.functions,
            "also": self.also,
            "counterpart": self.local_aeo or None,
            "direct": self.direct or None,
            "office": self.offices,
            "mode": self.modes,
            "procedures": self.procedures,
            "chapters": self.excluded,
            "value_category": self.value_categories,
            "ecommerce_roles": self.ecommerce_roles,
        }
        return frozenset(fact for fact, asked in sets.items() if asked is not None)

    def judge(self, case: Case) -> Stop | None:
        """Returns None where every condition holds, else why not."""
        party = self._judge_party(case)
        if party is not None and not party.missing:
            return party
        goods = self._judge_goods(case)
        if goods is not None and not goods.missing:
            return goods
        return party or goods

    def _judge_party(self, case: Case) -> Stop | None:
        """Who, when, on which flow and as what."""
        missing: str | None = None
        if self.flows is not None and case.flow not in self.flows:
            if case.flow is not None:
                return _FAILED["flow"]
            missing = "flow"
        if self.functions is not None and not _has_function(case.function, self.functions):
            if case.function not in _FUNCTION_OPEN:
                return _FAILED["function"]
            missing = missing or "function"
        if self.programmes is not None and case.programme not in self.programmes:
            return _FAILED["programme"]
        if self.tiers is not None and case.tier not in self.tiers:
            if case.tier is not None:
                return _FAILED["tier"]
            missing = missing or "tier"
        if self.roles is not None and self.roles.isdisjoint(case.roles):
            if case.roles:
                return _FAILED["roles"]
            missing = missing or "roles"
        if self.tins is not None and case.tin not in self.tins:
            return _FAILED["tin"]
        if self.valid_from is not None and case.on < self.valid_from:
            return _FAILED["on"]
        if self.valid_until is not None and case.on > self.valid_until:
            return _FAILED["on"]
        if self.also is not None and self.also.isdisjoint(case.also):
            missing = missing or "also"  # a function not declared may still be had
        if self.local_aeo and case.counterpart is not True:
            if case.counterpart is False:
                return _FAILED["counterpart"]
            missing = missing or "counterpart"
        return None if missing is None else _MISSING[missing]

    def _judge_goods(self, case: Case) -> Stop | None:
        """The goods and their way."""
        missing: str | None = None
        if self.direct and case.direct is not True:
            if case.direct is False:
                return _FAILED["direct"]
            missing = missing or "direct"
        if self.offices is not None and case.office not in self.offices:
            if case.office is not None:
                return _FAILED["office"]
            missing = missing or "office"
        if self.modes is not None and case.mode not in self.modes:
            if case.mode is not None:
                return _FAILED["mode"]
            missing = missing or "mode"
        if self.procedures is not None:
            if not case.procedures:
                missing = missing or "procedures"
            elif not self._suits(case.procedures, self.procedures):
                return _FAILED["procedures"]
        if self.excluded is not None:
            if not case.chapters:
                missing = missing or "chapters"
            elif not self._leaves(case.chapters, self.excluded):
                return _FAILED["chapters"]
        if self.value_categories is not None and case.value_category not in self.value_categories:
            if case.value_category is not None:
                return _FAILED["value_category"]
            missing = missing or "value_category"
        if self.ecommerce_roles is not None and self.ecommerce_roles.isdisjoint(
            case.ecommerce_roles
        ):
            if case.ecommerce_roles:
                return _FAILED["ecommerce_roles"]
            missing = missing or "ecommerce_roles"
        return None if missing is None else _MISSING[missing]

    def parts(self) -> Iterator[Guard]:
        """Yields each condition as a guard of its own, to tell which of them do not hold."""
        *asked, all_goods = self
        for place, condition in enumerate(asked):
            if condition is not None and condition is not False:
                values: list[Any] = [*_NOTHING_ASKED[:-1], all_goods]
                values[place] = condition
                yield Guard._make(values)

    def _suits(self, declared: frozenset[str], asked: frozenset[str]) -> bool:
        return declared <= asked if self.all_goods else not declared.isdisjoint(asked)

    def _leaves(self, declared: frozenset[str], excluded: frozenset[str]) -> bool:
        return declared.isdisjoint(excluded) if self.all_goods else not declared <= excluded


_NOTHING_ASKED = Guard(
    programmes=None,
    tiers=None,
    roles=None,
    tins=None,
    valid_from=None,
    valid_until=None,
    flows=None,
    functions=None,
    also=None,
    local_aeo=False,
    direct=False,
    offices=None,
    modes=None,
    procedures=None,
    excluded=None,
    value_categories=None,
    ecommerce_roles=None,
    all_goods=True,
)

_FUNCTION_OPEN = frozenset({None, PartyFunction.NOT_STATED, PartyFunction.AUTHORISATION_HOLDER})
"""Functions that leave open what the party does on the consignment."""


def _has_function(function: PartyFunction | None, asked: frozenset[str]) -> bool:
    # a row that names NOT_STATED must not give more to a party that says less
    return function in asked and function is not PartyFunction.NOT_STATED


def guard_of(row: TableRow) -> Guard:
    """Returns the conditions of a row."""
    return Guard(
        programmes=_set(row.programmes),
        tiers=_set(row.tiers),
        roles=_set(row.roles),
        tins=_set(row.operators),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        flows=_set(row.flows),
        functions=_set(row.functions),
        also=_set(row.also),
        local_aeo=row.counterpart is Counterpart.LOCAL_AEO,
        direct=row.direct_delivery,
        offices=_set(row.offices),
        modes=_set(row.modes),
        procedures=_set(row.procedures),
        excluded=frozenset(row.chapters_excluded) or None,
        value_categories=None
        if isinstance(row.value_categories, str)
        else frozenset(row.value_categories),
        ecommerce_roles=_set(row.ecommerce_roles),
        all_goods=row.effect is Effect.GRANT,
    )


def _set(asked: str | Collection[str]) -> frozenset[str] | None:
    return None if asked == ALL else frozenset(asked)
