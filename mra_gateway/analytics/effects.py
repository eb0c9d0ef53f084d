"""What a benefit table does to each cell, by the same evaluation by which declarations are decided.

A cell holds declarations that are alike in every fact the table looks at, so one case stands for
all of them; equal cases are judged once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any, NamedTuple

from mra_gateway.benefits.evaluate import CompiledTable
from mra_gateway.model.benefits import Case
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import ProgrammeId, Tin
from mra_gateway.model.operators import Role

INSPECTION = "inspection_lower"
MULTIPLIER = "inspection_rate_multiplier"

FACTS = {
    "office": "office",
    "mode": "mode",
    "procedures": "procedures",
    "chapters": "commodity_codes",
    "value_category": "value_category",
    "direct": "direct",
}
"""Facts of a case that a file may state → the field that states them."""

SEPARATOR = ";"


class OperatorClass(NamedTuple):
    """What operators are alike in for the table.

    Attributes:
        tin: Only where the table names operators.
    """

    programme: ProgrammeId
    tier: str | None
    roles: frozenset[Role]
    tin: Tin | None


class Effect(NamedTuple):
    """What the table does to the declarations of a cell.

    Attributes:
        touched: Whether it grants anything that eases a consignment.
        tier: Of the operator by whom most is granted.
        spared: The part of its inspections that falls away; None where the table lowers them and
            does not say by how much.
    """

    touched: bool
    tier: str | None
    spared: float | None


NONE = Effect(touched=False, tier=None, spared=0.0)


class Judge:
    """Judges cells by one table.

    Attributes:
        facts: The fields that are asked for besides the keys.
        also: Whether it matters that one operator has two functions.
        unstated: Facts the table asks for that no file states: what rests on them gives nothing.
    """

    def __init__(
        self,
        table: CompiledTable,
        *,
        classes: Sequence[OperatorClass],
        functions: Sequence[str],
        fields: frozenset[str],
        on: date,
        assumed: Mapping[str, float],
        separator: str = SEPARATOR,
    ) -> None:
        """Takes the table and who may be named.

        Args:
            table: The table.
            classes: By their numbers.
            functions: The functions that are looked at.
            fields: What the files state.
            on: The day the table is judged on.
            assumed: Parameters where the table has none.
            separator: Between the values of a cell that holds several.
        """
        self._table, self._classes, self._functions = table, classes, tuple(functions)
        self._on, self._assumed, self._separator = on, assumed, separator
        asked = {FACTS[fact] for fact in table.looks_at & FACTS.keys()}
        self.facts = tuple(sorted(asked & fields - {"mode"}))
        self.also = "also" in table.looks_at and len(self._functions) > 1
        unstated = asked - fields
        if "counterpart" in table.looks_at:
            unstated.add("whether the operator at our end holds the status")
        if "ecommerce_roles" in table.looks_at:
            unstated.add("roles of an electronic sale")
        self.unstated = tuple(sorted(unstated))
        self._known: dict[tuple[Any, ...], Effect] = {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a cell that matter, in the order `effect` takes their values."""
        same = [f"s_{a}_{b}" for a, b in combinations(self._functions, 2)] if self.also else []
        return (
            *(f"p_{function}" for function in self._functions),
            *(f"f_{fact}" for fact in self.facts),
            "k_mode",
            *same,
        )

    def effect(self, flow: Flow, values: tuple[Any, ...]) -> Effect:
        """Returns what the table does to a cell.

        Args:
            flow: Of its declarations.
            values: Those of `columns`.
        """
        key = (flow, *values)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._judge(
                flow, dict(zip(self.columns, values, strict=True))
            )
        return known

    def _judge(self, flow: Flow, values: dict[str, Any]) -> Effect:
        best = NONE
        for function in self._functions:
            number = values[f"p_{function}"]
            if number is None:
                continue
            effect = self._judge_one(self._classes[number], function, flow, values)
            if effect.touched and (not best.touched or _more(effect, best)):
                best = effect
        return best

    def _judge_one(
        self, shape: OperatorClass, function: str, flow: Flow, values: dict[str, Any]
    ) -> Effect:
        case = Case(
            self._on,
            shape.programme,
            shape.tin or Tin.trusted(""),
            shape.tier,
            shape.roles,
            flow,
            PartyFunction(function),
            direct=_truth(values.get("f_direct")),
            office=_text(values.get("f_office")),
            mode=_text(values.get("k_mode")),
            procedures=self._several(values.get("f_procedures"), str),
            chapters=self._several(values.get("f_commodity_codes"), lambda code: code[:2]),
            value_category=_whole(values.get("f_value_category")),
            also=self._also(function, values),
        )
        touched, spared = False, 0.0
        unknown = False
        for outcome in self._table.decide(case):
            if not outcome.granted or outcome.attaches_to != "consignment":
                continue
            touched = True
            if outcome.code == INSPECTION:
                multiplier = outcome.parameters.get(MULTIPLIER, self._assumed.get(MULTIPLIER))
                unknown = not isinstance(multiplier, int | float)
                spared = 0.0 if unknown else 1.0 - float(multiplier)  # type: ignore[arg-type]
        return Effect(touched, shape.tier, None if unknown else spared)

    def _also(self, function: str, values: dict[str, Any]) -> frozenset[PartyFunction]:
        return frozenset(
            PartyFunction(other)
            for one, other_name in combinations(self._functions, 2)
            if values.get(f"s_{one}_{other_name}") and function in {one, other_name}
            for other in (one, other_name)
            if other != function
        )

    def _several(self, text: str | None, read: Callable[[str], str]) -> frozenset[str]:
        parts = (part.strip() for part in (text or "").split(self._separator))
        return frozenset(read(part) for part in parts if part)


def _more(one: Effect, other: Effect) -> bool:
    return (one.spared or 0.0) > (other.spared or 0.0)


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _truth(value: str | None) -> bool | None:
    text = (value or "").strip().lower()
    return True if text in {"true", "1"} else False if text in {"false", "0"} else None


def _whole(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isdigit() else None
