"""What must hold in and between catalogues of requirements and profiles.

A cell names an item with its catalogue, tiers of its programme, and codes the item lists; a profile
names the programme whose header facts it completes, and the one it extends. What two profiles
amount to is judged in `comparison/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mra_gateway.errors import Reason
from mra_gateway.model.facts import ALL, Programme
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Role
from mra_gateway.model.profiles import Cell, Profile
from mra_gateway.model.requirements import Item, RequirementCatalogue
from mra_gateway.registry.findings import Finding, Level

_FIGURE = re.compile(r"[0-9]{1,4}_(year|quarter|month|week|day|hour)s?")
"""How a figure is written among the codes of a dimension; it needs no listing."""


def check_catalogue(path: Path, catalogue: RequirementCatalogue) -> Iterator[Finding]:
    """Yields ids that stand twice, unknown categories and editions, and editions in wrong order."""
    editions = [fact.value.name for fact in catalogue.editions if fact.value is not None]
    categories = [fact.value.id for fact in catalogue.categories if fact.value is not None]
    yield from _doubled(path, "editions", editions)
    yield from _doubled(path, "categories", categories)
    yield from _doubled(path, "items", [i.value.id for i in catalogue.items if i.value is not None])
    for index, fact in enumerate(catalogue.items):
        if fact.value is not None:
            key = f"items[{index}].value"
            if fact.value.category not in categories:
                yield _unknown(path, f"{key}.category", "category of it", fact.value.category)
            yield from _check_editions(path, key, fact.value, editions=editions)


def _check_editions(path: Path, key: str, item: Item, *, editions: list[str]) -> Iterator[Finding]:
    named = {"since_edition": item.since_edition, "until_edition": item.until_edition}
    for name, edition in named.items():
        if edition is not None and edition not in editions:
            yield _unknown(path, f"{key}.{name}", "edition of it", edition)
    first, last = item.since_edition, item.until_edition
    if first in editions and last in editions and editions.index(last) < editions.index(first):
        reason = f"{last} comes before since_edition, {first}: no edition would have the item"
        yield Finding(path, f"{key}.until_edition", reason, Reason.DATA_DATES_ORDER)


@dataclass(frozen=True)
class Named:
    """What profiles may name.

    Attributes:
        items: `safe:A.a` → the item; `safe:A` → None, for a category.
        programmes: Header facts.
        profiles: By the programme each is of.
        is_known: Whether there is a file of an id, be it broken: that is said once already.
    """

    items: Mapping[str, Item | None]
    programmes: Mapping[ProgrammeId, Programme]
    profiles: Mapping[ProgrammeId, Profile]
    is_known: Callable[[str], bool]


def items_in(catalogues: Mapping[str, RequirementCatalogue]) -> dict[str, Item | None]:
    """Returns what cells may name: items, and categories without one."""
    found: dict[str, Item | None] = {}
    for name, catalogue in catalogues.items():
        for category in catalogue.categories:
            if category.value is not None:
                found[f"{name}:{category.value.id}"] = None
        for item in catalogue.items:
            if item.value is not None:
                found[f"{name}:{item.value.id}"] = item.value
    return found


def check_profile(path: Path, profile: Profile, *, named: Named) -> Iterator[Finding]:
    """Yields what a profile names and is not there, and codes a dimension does not list."""
    if profile.title is None and not named.is_known(profile.programme):
        what = "programme, and the profile has no title"
        yield _unknown(path, "programme", what, profile.programme)
    yield from _check_extends(path, profile, named=named)
    tiers = _tiers_of(profile, named=named)
    for index, fact in enumerate(profile.cells):
        if fact.value is not None:
            key = f"cells[{index}].value"
            yield from _check_cell(path, key, fact.value, tiers=tiers, named=named)


def _check_extends(path: Path, profile: Profile, *, named: Named) -> Iterator[Finding]:
    above, seen = profile.extends, {profile.programme}
    if above is not None and not named.is_known(f"profiles/{above}"):
        yield _unknown(path, "extends", "profile", above)
    while above is not None and above in named.profiles:
        if above in seen:
            reason = f"{above} would extend itself"
            yield Finding(path, "extends", reason, Reason.DATA_REFERENCE_UNKNOWN)
            return
        seen.add(above)
        above = named.profiles[above].extends


def _tiers_of(profile: Profile, *, named: Named) -> frozenset[str] | None:
    """Returns the tiers cells may name: the programme's, its union's and those of members.

    None where no header says which there are: then any may be.
    """
    related = {profile.programme, profile.extends}
    related |= {
        other.programme for other in named.profiles.values() if other.extends == profile.programme
    }
    headers = (header for id_, header in named.programmes.items() if id_ in related)
    listed = [tier.code for header in headers for tier in header.tiers.value or ()]
    return frozenset(listed) if listed else None


def _check_cell(
    path: Path, key: str, cell: Cell, *, tiers: frozenset[str] | None, named: Named
) -> Iterator[Finding]:
    if cell.item not in named.items:
        if not _is_of_broken(cell.item, named=named):
            yield _unknown(path, f"{key}.item", "item of a catalogue", cell.item)
        return
    for tier in () if cell.tiers == ALL else cell.tiers:
        if tiers is not None and tier not in tiers:
            yield _unknown(path, f"{key}.tiers", "tier of the programme", tier)
    item = named.items[cell.item]
    if item is None or not item.values:
        return
    taken = set(item.values) | set(Role) | (tiers or set())
    for code in cell.values:
        if code not in taken and not _FIGURE.fullmatch(code):
            yield Finding(
                path,
                f"{key}.values",
                f"{code!r} is not among the codes of {cell.item} ({', '.join(item.values)}): the "
                "same thing under another code counts as a difference",
                Reason.DATA_REFERENCE_UNKNOWN,
                Level.WARNING,
            )


def _is_of_broken(item: str, *, named: Named) -> bool:
    """Says whether an item's catalogue is there and cannot be read."""
    catalogue = item.partition(":")[0]
    return named.is_known(f"requirements/{catalogue}") and not any(
        other.startswith(f"{catalogue}:") for other in named.items
    )


def _doubled(path: Path, key: str, ids: list[str]) -> Iterator[Finding]:
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield Finding(path, key, f"{id_!r} stands here twice", Reason.DATA_ID_DOUBLED)


def _unknown(path: Path, key: str, what: str, name: str) -> Finding:
    return Finding(path, key, f"{name[:60]!r} is no known {what}", Reason.DATA_REFERENCE_UNKNOWN)
