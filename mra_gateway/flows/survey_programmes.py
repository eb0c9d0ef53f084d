"""Surveys what is known of programmes: which there are, what they say, and how much of it was seen.

Comparing them is in `compare.py`; whether the data files hold together, in `check_data.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from mra_gateway.comparison.compare import edition_of, items_of
from mra_gateway.comparison.quantities import Converter
from mra_gateway.comparison.statement import Position, position_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Comparer
from mra_gateway.model.comparison import Evidence, Side
from mra_gateway.model.facts import Basis, Programme
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.registry.load import Registry

_ORDER = (Basis.READ, Basis.PARTIAL, Basis.UNVERIFIED)


class Listed(NamedTuple):
    """A programme in the list.

    Attributes:
        version: Of its profile; None where there is none.
        cells: How many cells the profile has, those of the union it belongs to not counted.
    """

    id: ProgrammeId
    name: str
    kind: str | None
    version: int | None
    cells: int
    extends: ProgrammeId | None
    is_confirmed: bool


class Coverage(NamedTuple):
    """How much of a catalogue a programme was seen to speak of, item by item.

    Attributes:
        items: How many items the catalogue's latest edition has.
        read: Seen in a source that was read; so on for the other bases.
        by_category: Only the heading of the item's category was seen.
        contested: Sources contradict each other; counted here and under their basis.
        missing: The items nothing was seen of.
    """

    catalogue: str
    edition: str
    items: int
    read: int
    partial: int
    unverified: int
    by_category: int
    contested: tuple[str, ...]
    missing: tuple[str, ...]


class Shown(NamedTuple):
    """A programme with all that is known of it."""

    side: Side
    header: Programme | None
    evidence: tuple[Evidence, ...]


def list_programmes(registry: Registry, comparer: Comparer) -> list[Listed]:
    """Returns every programme, described or only profiled, in the order of the ids.

    Raises:
        SetupError: A profile cannot be used.
    """
    found = []
    for id_ in sorted({*registry.programmes, *registry.profiles}):
        header = registry.programmes.get(id_)
        kind = None if header is None or header.kind.value is None else header.kind.value.value
        if id_ not in registry.profiles:
            name = None if header is None else header.name.value
            found.append(Listed(id_, name or id_, kind, None, 0, None, is_confirmed=False))
            continue
        subject = comparer.subject(id_)
        side, profile = subject.side, subject.profile
        found.append(
            Listed(
                id_,
                side.name,
                kind,
                profile.version,
                len(profile.cells),
                profile.extends,
                side.is_confirmed,
            )
        )
    return found


def show_programme(
    registry: Registry, comparer: Comparer, name: str, *, catalogue: str | None = None
) -> Shown:
    """Returns a programme with its cells, those of the union it belongs to included.

    Args:
        registry: Where catalogues stand.
        comparer: Finds programmes.
        name: Its id, or a territory.
        catalogue: Only the cells of this catalogue.

    Raises:
        RequestRefused: There is no such programme, profile or catalogue.
    """
    subject = comparer.subject(name)
    wanted = [_known(registry, catalogue)] if catalogue is not None else registry.requirements
    evidence = tuple(one for id_ in wanted for one in subject.every(id_))
    return Shown(subject.side, subject.programme, evidence)


def check_coverage(registry: Registry, comparer: Comparer, name: str) -> list[Coverage]:
    """Returns how much of each catalogue was seen in a programme.

    Raises:
        RequestRefused: There is no such programme or profile.
    """
    subject = comparer.subject(name)
    return [_coverage(registry, subject, id_) for id_ in sorted(registry.requirements)]


def _coverage(registry: Registry, subject: Subject, id_: str) -> Coverage:
    catalogue = registry.requirements[id_]
    edition = edition_of(catalogue, None)
    converter = Converter(None)
    positions = {
        item.id: position_of(subject, item, catalogue=id_, scope=Scope(), converter=converter)
        for item in items_of(catalogue, edition)
    }
    seen = Counter(_seen(one.evidence, f"{id_}:{item}") for item, one in positions.items())
    return Coverage(
        id_,
        edition,
        len(positions),
        seen[Basis.READ],
        seen[Basis.PARTIAL],
        seen[Basis.UNVERIFIED],
        seen["category"],
        _those(positions, contested=True),
        _those(positions, contested=False),
    )


def _seen(evidence: Iterable[Evidence], reference: str) -> str | None:
    """Returns the best basis an item was seen on; `category` where only its heading was."""
    bases = {one.basis for one in evidence if one.cell.item == reference}
    if bases:
        return next(basis for basis in _ORDER if basis in bases)
    return "category" if any(True for _ in evidence) else None


def _those(positions: dict[str, Position], *, contested: bool) -> tuple[str, ...]:
    return tuple(
        item
        for item, one in positions.items()
        if (one.is_contested if contested else one.is_missing)
    )


def _known(registry: Registry, catalogue: str) -> str:
    if catalogue not in registry.requirements:
        known = ", ".join(sorted(registry.requirements))
        raise RequestRefused(
            f"no catalogue {catalogue[:40]!r}; there is {known}", reason=Reason.NOT_FOUND
        )
    return catalogue
