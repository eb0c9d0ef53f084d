"""Changes of status that became known after something had been decided, and what was decided.

Mostly they took effect before they were known. One that takes effect later is late as well for a
declaration that was decided before it was accepted: so none is left out here by its moment. Judging
what they would have changed is in `flows/audit_late.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from mra_gateway.model.identifiers import Tin
from mra_gateway.store.chunks import chunked
from mra_gateway.store.facts import OWN, Fact, Register, fact_of
from mra_gateway.store.recognition_tables import result_batches, result_index
from mra_gateway.store.register_tables import facts
from mra_gateway.store.result_index import in_any_segment
from mra_gateway.store.results import StoredResult, lines_at


class LateChange(NamedTuple):
    """A fact that was added, or is no longer believed, after something had been decided.

    Attributes:
        known_at: When we knew.
        position: The same as a position of the feed.
        is_end: It was believed, and is not any more.
    """

    register: Register
    fact: Fact
    known_at: datetime
    position: int
    is_end: bool


def changes(connection: Connection, *, since: datetime) -> Iterator[LateChange]:
    """Yields what partners told us after anything had been decided.

    Args:
        connection: The transaction.
        since: What was known from this moment on.
    """
    first = connection.scalar(select(func.min(result_batches.c.position)))
    if first is None:
        return
    added = (
        select(facts)
        .where(facts.c.position > first, facts.c.recorded_at >= since)
        .where(facts.c.arrangement != OWN)
    )
    ended = (
        select(facts)
        .where(facts.c.retracted_position > first, facts.c.retracted_at >= since)
        .where(facts.c.arrangement != OWN)
    )
    for query, is_end in ((added, False), (ended, True)):
        for row in connection.execute(query.order_by(facts.c.id)):
            known_at = row.retracted_at if is_end else row.recorded_at
            position = row.retracted_position if is_end else row.position
            register = Register(row.issuer, row.arrangement)
            yield LateChange(register, fact_of(row), known_at, position, is_end)


def results_that_found(
    connection: Connection, accepted_from: Mapping[Tin, datetime]
) -> Iterator[StoredResult]:
    """Yields the results that found some operators, oldest first, each once.

    Args:
        connection: The transaction.
        accepted_from: By operator, the acceptance from which on its results are wanted.
    """
    wanted: dict[int, set[int]] = {}
    index = result_index.c
    for tins in chunked(sorted(accepted_from)):
        earliest = min(accepted_from[tin] for tin in tins)
        query = select(index.tin, index.accepted_at, index.batch_row, index.number)
        query = query.where(in_any_segment(), index.tin.in_(tins), index.accepted_at >= earliest)
        for place in connection.execute(query):
            if place.accepted_at >= accepted_from[place.tin]:
                wanted.setdefault(place.batch_row, set()).add(place.number)
    yield from lines_at(connection, wanted)
