"""Finds figures that rest on what is no more: another definition, data corrected since.

Officers look at a figure and let it become official; what it was computed from may have changed
between. Rows of the gateway's own store come late all the time: figures over them are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.flows.gather_entered import GATHERERS
from mra_gateway.flows.gather_events import Days, days_of, gather_loads
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import EventTable, Indicator, IndicatorId, Origin
from mra_gateway.model.periods import Period
from mra_gateway.store.figures import Held

_KIND: Final = {Origin.LOADED: "load", Origin.ENTERED: "entries"}
"""What the inputs of a table are called that can be gathered again at once."""


class Stale(NamedTuple):
    """A figure, and what has changed since it was computed."""

    held: Held
    why: str


def find_stale(
    connection: Connection,
    period: Period,
    held: Iterable[Held],
    *,
    indicators: Mapping[IndicatorId, Indicator],
) -> Iterator[Stale]:
    """Yields the figures that would be computed otherwise now.

    Args:
        connection: The transaction.
        period: Of the figures.
        held: The figures.
        indicators: As they are defined now.
    """
    now: dict[tuple[str, Days], frozenset[Digest]] = {}
    for each in held:
        indicator = indicators.get(each.figure.indicator)
        if indicator is None:
            continue
        if definition_digest(indicator) != each.figure.lineage.definition:
            yield Stale(each, "its definition has changed")
            continue
        table = EVENT_TABLES[indicator.of]
        kind = _KIND.get(table.origin)
        there = {one.digest for one in each.figure.lineage.inputs if one.kind == kind}
        if not there:
            continue
        key = (table.name, days_of(indicator, table, period))
        if key not in now:
            now[key] = _inputs(connection, table, key[1])
        if there != now[key]:
            yield Stale(each, "its data have been corrected")


def _inputs(connection: Connection, table: EventTable, days: Days) -> frozenset[Digest]:
    """Returns the digests of what there is now."""
    if table.origin is Origin.ENTERED:
        content = GATHERERS[table.name](connection, table, days)
    else:
        # nothing is opened: the digests are enough
        content = gather_loads(connection, table, days, home=Path())
    return frozenset() if content is None else frozenset(one.digest for one in content.inputs)
