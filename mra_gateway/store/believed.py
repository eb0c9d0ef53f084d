"""What was believed about operators at a position of the feed.

The in-memory index is loaded and followed by these, up to the latest position; a result is
recomputed by the same ones, up to its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.store.chunks import chunked
from mra_gateway.store.facts import Fact, Key, Register, fact_of
from mra_gateway.store.register_tables import facts

Believed = dict[tuple[Register, Key], list[Fact]]
"""Facts by authorisation, the earliest in effect first."""

_SLICE = 5_000

_AT = and_(
    facts.c.position <= bindparam("until"),
    or_(facts.c.retracted_position.is_(None), facts.c.retracted_position > bindparam("until")),
)
_OPERATOR = (facts.c.issuer, facts.c.arrangement, facts.c.tin)
_ALL = select(facts).where(_AT).order_by(*_OPERATOR).execution_options(yield_per=_SLICE)
_CHANGED = (
    select(facts)
    .where(
        or_(
            and_(facts.c.position > bindparam("after"), facts.c.position <= bindparam("until")),
            and_(
                facts.c.retracted_position > bindparam("after"),
                facts.c.retracted_position <= bindparam("until"),
            ),
        )
    )
    .order_by(*_OPERATOR)
    .execution_options(yield_per=_SLICE)
)
_OF = select(facts).where(_AT).where(facts.c.tin.in_(bindparam("tins", expanding=True)))


def everything(connection: Connection, *, until: int) -> Iterator[tuple[Register, list[Fact]]]:
    """Yields the facts believed at a position, authorisation by authorisation.

    In the order of the operators, so that no more than one of them is in memory.
    """
    rows = connection.execute(_ALL, {"until": until})
    for (issuer, arrangement, _), of_operator in groupby(rows, key=_operator):
        register = Register(Territory.trusted(issuer), ArrangementId.trusted(arrangement))
        held: dict[Key, list[Fact]] = {}
        for row in of_operator:
            fact = fact_of(row)
            held.setdefault(fact.key, []).append(fact)
        for known in held.values():
            yield register, known


class Changed(NamedTuple):
    """What came to be or ceased to be believed about an authorisation between two positions.

    Attributes:
        came: The facts believed since.
        lost: Whether something is no longer believed.
    """

    register: Register
    key: Key
    came: list[Fact]
    lost: bool


def changed(connection: Connection, *, after: int, until: int) -> Iterator[Changed]:
    """Yields what came to be or ceased to be believed, operator by operator."""
    rows = connection.execute(_CHANGED, {"after": after, "until": until})
    for (issuer, arrangement, _), of_operator in groupby(rows, key=_operator):
        register = Register(Territory.trusted(issuer), ArrangementId.trusted(arrangement))
        came: dict[Key, list[Fact]] = {}
        lost: set[Key] = set()
        for row in of_operator:
            fact = fact_of(row)
            of_key = came.setdefault(fact.key, [])
            if row.retracted_position is None or row.retracted_position > until:
                of_key.append(fact)
            elif row.position <= after:
                lost.add(fact.key)
        for key, known in came.items():
            yield Changed(register, key, known, key in lost)


def about(
    connection: Connection, operators: Iterable[tuple[Register, Tin]], *, until: int
) -> Believed:
    """Returns what was believed at a position about some operators."""
    wanted = set(operators)
    found: Believed = {}
    for tins in chunked(sorted({tin for _, tin in wanted})):
        for row in connection.execute(_OF, {"tins": tins, "until": until}):
            register = _register(row)
            if (register, row.tin) in wanted:
                fact = fact_of(row)
                found.setdefault((register, fact.key), []).append(fact)
    for held in found.values():
        held.sort(key=lambda fact: (fact.effective_from, fact.id))
    return found


def _operator(row: Row[Any, Any, Any]) -> tuple[str, str, str]:
    return row.issuer, row.arrangement, row.tin


def _register(row: Row[Any, Any, Any]) -> Register:
    return Register(Territory.trusted(row.issuer), ArrangementId.trusted(row.arrangement))
