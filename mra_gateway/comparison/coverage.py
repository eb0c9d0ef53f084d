"""How much is known of a programme: item by item, category by category, catalogue by catalogue.

An item stands where the best that is known of it puts it. Contested comes first, for nothing
follows from it; known for the category only comes before not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from mra_gateway.comparison.quantities import Converter
from mra_gateway.comparison.statement import position_of
from mra_gateway.comparison.subject import Scope, Subject
from mra_gateway.model.facts import Basis
from mra_gateway.model.requirements import Item, Phrase, RequirementCatalogue


class Standing(StrEnum):
    """What is known of an item."""

    READ = "read"
    PARTIAL = "partial"
    UNVERIFIED = "unverified"
    BY_CATEGORY = "by_category"
    NOT_SEEN = "not_seen"
    CONTESTED = "contested"


class Covered(NamedTuple):
    """A category, or the whole of a catalogue.

    Attributes:
        category: None for the whole.
        counts: How many items stand where; every standing is there.
        inherited: How many of those known are known from the union only.
        open: The items that are contested, not seen, or known by category only.
    """

    catalogue: str
    category: str | None
    name: Phrase
    items: int
    counts: dict[Standing, int]
    inherited: int
    open: tuple[str, ...]


_OPEN = frozenset({Standing.BY_CATEGORY, Standing.NOT_SEEN, Standing.CONTESTED})
_ORDER = (Basis.READ, Basis.PARTIAL, Basis.UNVERIFIED)


def cover(
    subject: Subject, catalogue: RequirementCatalogue, *, items: Iterable[Item]
) -> tuple[Covered, ...]:
    """Returns how much is known of a programme on a catalogue: its categories, then the whole.

    Args:
        subject: The programme, with those it extends.
        catalogue: By what.
        items: Those of its items that count.
    """
    known = {item.id: (item, *_standing(subject, item, catalogue.id)) for item in items}
    names = {one.value.id: one.value.name for one in catalogue.categories if one.value is not None}
    found = []
    for category, name in names.items():
        own = [one for one in known.values() if one[0].category == category]
        if own:
            found.append(_count(catalogue.id, category, name, own))
    title = catalogue.title.value or Phrase(en=catalogue.id)
    return (*found, _count(catalogue.id, None, title, list(known.values())))


def _standing(subject: Subject, item: Item, catalogue: str) -> tuple[Standing, bool]:
    position = position_of(
        subject, item, catalogue=catalogue, scope=Scope(), converter=Converter(None)
    )
    if position.is_missing:
        return Standing.NOT_SEEN, False
    is_inherited = all(one.inherited_from is not None for one in position.evidence)
    if position.is_contested:
        return Standing.CONTESTED, is_inherited
    own = [one for one in position.evidence if not one.by_category]
    if not own:
        return Standing.BY_CATEGORY, is_inherited
    best = min((one.basis for one in own), key=_ORDER.index)
    return Standing(best.value), is_inherited


def _count(
    catalogue: str, category: str | None, name: Phrase, found: list[tuple[Item, Standing, bool]]
) -> Covered:
    counts = Counter(standing for _, standing, _ in found)
    return Covered(
        catalogue=catalogue,
        category=category,
        name=name,
        items=len(found),
        counts={standing: counts[standing] for standing in Standing},
        inherited=sum(is_inherited for _, _, is_inherited in found),
        open=tuple(item.id for item, standing, _ in found if standing in _OPEN),
    )
