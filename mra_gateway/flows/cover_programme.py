"""Says category by category how much is known of a programme."""

from __future__ import annotations

from mra_gateway.comparison.compare import items_of
from mra_gateway.comparison.coverage import Covered, cover
from mra_gateway.flows.compare import Comparer
from mra_gateway.model.comparison import Side
from mra_gateway.tables.questionnaire_columns import ASKED, COMPUTED


def cover_programme(
    comparer: Comparer, name: str, *, catalogue: str | None = None
) -> tuple[Side, tuple[Covered, ...]]:
    """Returns a programme, and how much of each catalogue is known of it.

    Computed items are left out: there is nothing to know of them but what they rest on.

    Args:
        comparer: Finds programmes.
        name: Its id, or a territory.
        catalogue: Only this one, with an edition or without; else those that are asked about.

    Raises:
        RequestRefused: There is no such programme, profile, catalogue or edition.
    """
    subject = comparer.subject(name)
    wanted = ASKED if catalogue is None else (catalogue,)
    found: list[Covered] = []
    for each in wanted:
        one, edition = comparer.catalogue(each)
        items = (item for item in items_of(one, edition) if (one.id, item.category) not in COMPUTED)
        found += cover(subject, one, items=items)
    return subject.side, tuple(found)
