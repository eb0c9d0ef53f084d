"""Adopts a draft: our own copy of an arrangement or a programme, and what in it is still open.

What the product ships are drafts. An administration completes its copy of an arrangement from the
text it signed and two officers confirm it (`oversee.py`); nothing is exchanged or decided under it
before. Its copy of its own programme says what it gives its operators at home.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mra_gateway.model.aliases import AliasRule, Identification
from mra_gateway.model.base import Noun
from mra_gateway.model.facts import Arrangement, Basis, Fact
from mra_gateway.registry.load import Registry, copy_draft, load_registry
from mra_gateway.settings import data_folder

EFFECTS = {
    "exchange.data_elements": "only TIN, authorisation number, programme and status travel",
    "exchange.consent": "every operator needs a consent for this partner",
    "in_force_on": "the arrangement is not in force, nothing is exchanged",
    "benefits": "no benefit is given",
    "local_benefits": "no operator from abroad is given a benefit by us",
}
"""What an empty fact leads to, where that is more than not knowing."""


class OpenFact(NamedTuple):
    """A fact of a data file that is empty or not verified."""

    key: str
    value: str | None
    basis: Basis
    source: str
    effect: str | None


class Adopted(NamedTuple):
    """Our copy of a draft.

    Attributes:
        copied: Whether the copy was made just now.
    """

    file: Path
    copied: bool
    open: tuple[OpenFact, ...]


def adopt_draft(registry: Registry, id_: str, *, home: Path) -> Adopted:
    """Copies a draft into the home's `partners` folder unless a copy is there already.

    Args:
        registry: The facts as they stand, the home's copies included.
        id_: Of an arrangement, a programme or an administration, or `identification/XX`.
        home: The home.

    Raises:
        RequestRefused: Nothing has that id.
        SetupError: The home's data files cannot be used.
    """
    folder = home / "partners"
    file = registry.file_of(id_)
    copied = not file.resolve().is_relative_to(folder.resolve())
    if copied:
        file = copy_draft(registry, id_, to=folder)
        registry = load_registry(data_folder("partners"), folder)
    return Adopted(file, copied, tuple(find_open_facts(registry.get_noun(id_))))


def find_open_facts(noun: Noun) -> list[OpenFact]:
    """Returns the facts of a data file that an officer has to look at before relying on them."""
    named = _facts_of(noun)
    if isinstance(noun, Arrangement):
        named = _facts_of_arrangement(noun)
    elif isinstance(noun, Identification):
        named = _rules_of(noun)
    return [
        OpenFact(
            key,
            None if fact.value is None else _short(fact.value),
            fact.basis,
            fact.source,
            EFFECTS.get(key) if fact.value is None else None,
        )
        for key, fact in named
        if fact.value is None or fact.basis is not Basis.READ
    ]


def _facts_of_arrangement(arrangement: Arrangement) -> Iterator[tuple[str, Fact[Any]]]:
    """What a confirmation rests on: an unknown end, pilot or notice changes nothing."""
    yield "legal_reference", arrangement.legal_reference
    yield "signed_on", arrangement.signed_on
    yield "in_force_on", arrangement.in_force_on
    yield "benefits", arrangement.benefits
    yield from _facts_of(arrangement.exchange, prefix="exchange.")
    for party in arrangement.parties:
        yield f"{party.territory}.started_on", party.started_on
        yield f"{party.territory}.scope", party.scope


def _rules_of(identification: Identification) -> Iterator[tuple[str, Fact[Any]]]:
    for number, fact in enumerate(identification.rules):
        yield f"rules[{number}]" if fact.value is None else fact.value.id, fact


def _facts_of(noun: Noun, *, prefix: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    for name in type(noun).model_fields:
        value = getattr(noun, name)
        if isinstance(value, Fact):
            yield prefix + name, value


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} stated"
    if isinstance(value, AliasRule):
        return f"{value.kind}, {value.written or value.held or 'no form'}"
    return str(value)[:80]
