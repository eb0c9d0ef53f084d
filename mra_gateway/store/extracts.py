"""What an extract of recognised operators reads: everything believed at a position, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, collate, func, or_, select

from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.store.facts import OWN, Fact, Key, Register, fact_of
from mra_gateway.store.register_tables import facts

_SLICE = 5_000
_AT = and_(
    facts.c.arrangement != OWN,
    facts.c.position <= bindparam("until"),
    or_(facts.c.retracted_position.is_(None), facts.c.retracted_position > bindparam("until")),
)
_TURN = select(func.max(facts.c.effective_from)).where(
    _AT, facts.c.effective_from <= bindparam("at")
)


class Held(NamedTuple):
    """What was believed of one authorisation, the earliest in effect first."""

    register: Register
    key: Key
    facts: list[Fact]


def in_order(
    connection: Connection, *, until: int, partner: Territory | None = None
) -> Iterator[Held]:
    """Yields what partners stated, as believed at a position, in an order that is always the same.

    Args:
        connection: The transaction.
        until: The position.
        partner: Only what this one stated.
    """
    # the order of code points on both databases, whatever a server's language
    order = "C" if connection.dialect.name == "postgresql" else "BINARY"
    names = (
        facts.c.issuer,
        facts.c.arrangement,
        facts.c.tin,
        facts.c.programme,
        facts.c.authorisation,
    )
    query = select(facts).where(_AT)
    if partner is not None:
        query = query.where(facts.c.issuer == partner)
    query = query.order_by(
        *(collate(name, order) for name in names), facts.c.effective_from, facts.c.id
    ).execution_options(yield_per=_SLICE)
    rows = connection.execute(query, {"until": until})
    for (register, key), some in groupby(rows, key=_place):
        yield Held(register, key, [fact_of(row) for row in some])


def last_turn(connection: Connection, *, until: int, at: datetime) -> datetime | None:
    """Returns when the last of what is believed at a position took effect, up to a moment."""
    latest: datetime | None = connection.scalar(_TURN, {"until": until, "at": at})
    return latest


def _place(row: Any) -> tuple[Register, Key]:
    return (
        Register(Territory.trusted(row.issuer), ArrangementId.trusted(row.arrangement)),
        fact_of(row).key,
    )
