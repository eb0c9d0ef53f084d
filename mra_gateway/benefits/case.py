"""A declaration, one of its parties and the operator it is, as the case a table judges (pure)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date

from mra_gateway.model.benefits import Case
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import OperatorRecord

_GOODS = frozenset(
    {
        "direct",
        "office",
        "mode",
        "procedures",
        "chapters",
        "value_category",
        "ecommerce_roles",
    }
)
"""Facts about the goods and their way, which many tables do not look at."""


def case_of(
    declaration: Declaration,
    *,
    party: DeclaredParty,
    record: OperatorRecord,
    on: date,
    ours: AbstractSet[Territory],
    theirs: AbstractSet[Territory],
    counterpart: bool | None = None,
    also: frozenset[PartyFunction] = frozenset(),
    looks_at: AbstractSet[str] = _GOODS,
) -> Case:
    """Returns the case of one recognised party.

    Args:
        declaration: What is declared of the consignment.
        party: The party as declared.
        record: The operator it was recognised as.
        on: The legal day of acceptance, ours.
        ours: The territories of the deciding administration's union (`tin_territories`).
        theirs: The same of the operator's administration.
        counterpart: Whether the operator at our end holds the status here; None when not known.
        also: As `also_of`, where a table looks at it.
        looks_at: What the table looks at: where that is nothing of the goods and their way, they
            are left out, and the case is made in half the time.
    """
    if _GOODS.isdisjoint(looks_at):
        return Case(
            on,
            record.programme,
            record.tin,
            record.tier,
            frozenset(record.roles),
            declaration.type,
            party.role,
            counterpart,
            also=also,
        )
    return Case(
        on,
        record.programme,
        record.tin,
        record.tier,
        frozenset(record.roles),
        declaration.type,
        party.role,
        counterpart,
        judge_direct(declaration, ours=ours, theirs=theirs),
        declaration.office,
        declaration.mode,
        frozenset(declaration.procedures),
        frozenset(declaration.chapters),
        declaration.value_category,
        frozenset(declaration.ecommerce_roles),
        also,
    )


def also_of(declaration: Declaration, *, party: DeclaredParty) -> frozenset[PartyFunction]:
    """Returns the other functions declared with the identifier of a party."""
    return frozenset(
        other.role
        for other in declaration.parties
        if other.identifier is not None
        and other.identifier == party.identifier
        and other.role is not party.role
    )


def judge_direct(
    declaration: Declaration, *, ours: AbstractSet[Territory], theirs: AbstractSet[Territory]
) -> bool | None:
    """Says whether goods go directly from one side to the other; None when not all is declared.

    That they pass third territories does not break a direct delivery, being trans-shipped or
    stored there does: Belarus and Uzbekistan have no border in common. So `through` alone neither
    proves nor disproves it, and `direct` has to be declared.

    Source: general knowledge of the direct-consignment rules of preferential origin, not confirmed
        for any arrangement; which arrangements ask for it stands in their tables.
    """
    origin, destination = declaration.dispatched_from, declaration.destined_to
    export = declaration.type is Flow.EXPORT
    sent_by = ours if export else theirs
    if declaration.direct is False or (origin is not None and origin not in sent_by):
        return False
    if export and destination is not None and destination not in theirs:
        return False
    stated = declaration.direct is not None and origin is not None
    if export:
        stated = stated and destination is not None
    return True if stated else None
