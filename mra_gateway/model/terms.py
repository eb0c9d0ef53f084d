"""Terms: the rows of a negotiation that become an arrangement.

Each is a key with a value of a form of its own, negotiated and agreed like any other row; how the
agreed ones become an arrangement's file is in `flows/negotiate_conclude.py`.

| Key | Value |
|---|---|
| `title`, `legal_reference`, `termination_notice` | text |
| `signed_on`, `in_force_on`, `started_on.KR` | day |
| `pilot` | `{from_on, until_on}` |
| `name_matching` | `{threshold}` |
| `scope.KR-AEO` | `{tiers, roles, name_at_signature}` of one programme |
| `exchange.data_elements`, `.frequency`, `.consent`, `.retention_days`, `.notification` | |
| `benefit.KR.inspection_lower` | `{flows, functions, parameters, …}` of what one side grants |
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from mra_gateway.model.base import Noun
from mra_gateway.model.facts import ALL, Flow, NameMatching, PartyFunction, Pilot
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.operators import Code, DataElement, Role, Text


class ScopeTerm(Noun):
    """What of a programme is brought in."""

    tiers: Literal["all"] | tuple[Code, ...]
    roles: Literal["all"] | tuple[Role, ...] = ALL
    name_at_signature: Text | None = None


class BenefitTerm(Noun):
    """How one side grants a benefit; what it is stands in the benefit catalogue."""

    flows: tuple[Flow, ...] = Field(min_length=1)
    functions: tuple[PartyFunction, ...] = Field(min_length=1)
    local_holder_only: bool = False
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    legal_reference: Text | None = None


_Days = Annotated[int, Field(ge=1)]
_PLAIN: Final[dict[str, TypeAdapter[Any]]] = {
    "title": TypeAdapter(Text),
    "legal_reference": TypeAdapter(Text),
    "termination_notice": TypeAdapter(Text),
    "signed_on": TypeAdapter(date),
    "in_force_on": TypeAdapter(date),
    "pilot": TypeAdapter(Pilot),
    "name_matching": TypeAdapter(NameMatching),
    "exchange.data_elements": TypeAdapter(tuple[DataElement, ...]),
    "exchange.frequency": TypeAdapter(Text),
    "exchange.consent": TypeAdapter(Literal["required", "not_required"]),
    "exchange.retention_days": TypeAdapter(_Days),
    "exchange.notification": TypeAdapter(Text),
}
_SCOPE: Final = re.compile(rf"scope\.({ProgrammeId.pattern})")
_STARTED: Final = re.compile(rf"started_on\.({Territory.pattern})")
_BENEFIT: Final = re.compile(
    rf"benefit\.({Territory.pattern})\.([A-Za-z0-9][A-Za-z0-9_.-]{{0,34}})"
)
_WITH_NAME: Final[tuple[tuple[re.Pattern[str], TypeAdapter[Any]], ...]] = (
    (_SCOPE, TypeAdapter(ScopeTerm)),
    (_STARTED, TypeAdapter(date)),
    (_BENEFIT, TypeAdapter(BenefitTerm)),
)


def is_term(key: str) -> bool:
    """Says whether a row is a term of the arrangement."""
    return find_form(key) is not None


def find_form(key: str) -> TypeAdapter[Any] | None:
    """Returns the form of a term's value; None when the row is no term."""
    if key in _PLAIN:
        return _PLAIN[key]
    return next((form for pattern, form in _WITH_NAME if pattern.fullmatch(key)), None)


def side_of_term(key: str) -> Territory | None:
    """Returns the territory a term is about, where it is about one side."""
    for pattern, _ in _WITH_NAME:
        found = pattern.fullmatch(key)
        if found is not None:
            return Territory.trusted(found[1][:2])
    return None


def programme_of(key: str) -> ProgrammeId | None:
    """Returns the programme of a scope; None for another row."""
    found = _SCOPE.fullmatch(key)
    return None if found is None else ProgrammeId.trusted(found[1])


def benefit_of(key: str) -> tuple[Territory, str] | None:
    """Returns who grants which benefit; None for another row."""
    found = _BENEFIT.fullmatch(key)
    return None if found is None else (Territory.trusted(found[1]), found[2])


def known_terms() -> tuple[str, ...]:
    """Returns the keys of terms, those with a name in them by an example."""
    return (*_PLAIN, "scope.XX-AEO", "started_on.XX", "benefit.XX.CODE")
