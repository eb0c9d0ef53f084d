"""Adopts the draft of an arrangement: our own copy of it, and what in it is still open.

What the product ships are drafts. An administration completes its copy from the text it signed and
two officers confirm it (`oversee.py`); nothing is exchanged or decided under it before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from mra_gateway.model.facts import Arrangement, Basis, Fact
from mra_gateway.model.identifiers import ArrangementId
from mra_gateway.registry.load import Registry, copy_arrangement, load_registry
from mra_gateway.settings import data_folder

EFFECTS = {
    "exchange.data_elements": "only TIN, authorisation number, programme and status travel",
    "exchange.consent": "every operator needs a consent for this partner",
    "in_force_on": "the arrangement is not in force, nothing is exchanged",
    "benefits": "no benefit is given",
}
"""What an empty fact leads to, where that is more than not knowing."""


class OpenFact(NamedTuple):
    """A fact of an arrangement that is empty or not verified."""

    key: str
    value: str | None
    basis: Basis
    source: str
    effect: str | None


class Adopted(NamedTuple):
    """Our copy of an arrangement.

    Attributes:
        copied: Whether the copy was made just now.
        registry: The data files with the copy among them.
    """

    file: Path
    copied: bool
    open: tuple[OpenFact, ...]
    registry: Registry


def adopt_arrangement(registry: Registry, id_: ArrangementId, *, home: Path) -> Adopted:
    """Copies the draft into the home's `partners` folder unless a copy is there already.

    Raises:
        RequestRefused: No such arrangement.
        SetupError: The home's data files cannot be used.
    """
    folder = home / "partners"
    file = registry.file_of(id_)
    arrangement = registry.get_arrangement(id_)
    copied = not file.resolve().is_relative_to(folder.resolve())
    if copied:
        file = copy_arrangement(registry, id_, to=folder)
        registry = load_registry(data_folder("partners"), folder)
        arrangement = registry.get_arrangement(id_)
    return Adopted(file, copied, tuple(find_open_facts(arrangement)), registry)


def find_open_facts(arrangement: Arrangement) -> list[OpenFact]:
    """Returns the facts an officer has to look at before the arrangement is confirmed."""
    named: list[tuple[str, Fact[Any]]] = [
        ("legal_reference", arrangement.legal_reference),
        ("signed_on", arrangement.signed_on),
        ("in_force_on", arrangement.in_force_on),
        ("benefits", arrangement.benefits),
    ]
    named += [
        (f"exchange.{name}", getattr(arrangement.exchange, name))
        for name in type(arrangement.exchange).model_fields
    ]
    for party in arrangement.parties:
        named += [
            (f"{party.territory}.started_on", party.started_on),
            (f"{party.territory}.scope", party.scope),
        ]
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


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} stated"
    return str(value)[:80]
