"""Reading only: everything held about an operator, in whatever register."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from mra_gateway.model.identifiers import Tin
from mra_gateway.store import facts

Held = dict[facts.Register, dict[facts.Key, list[facts.Fact]]]
"""Facts by register and authorisation, in the order they became known."""


def everything_held(connection: Connection, identifier: str, *, tins: Sequence[Tin]) -> Held:
    """Returns all facts about the operators an identifier may name.

    Args:
        connection: The transaction.
        identifier: Compared, as it stands, with authorisation numbers as issued.
        tins: The TINs it may mean.
    """
    found: Held = {}
    named = facts.find_operators(connection, tins=tins, authorisations=[identifier])
    for register, tin in named:
        for fact in facts.history(connection, register, tin):
            found.setdefault(register, {}).setdefault(fact.key, []).append(fact)
    return found
