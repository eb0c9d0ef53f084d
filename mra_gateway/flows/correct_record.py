"""Requests of operators to have something corrected: opened, answered once, and kept.

A request changes nothing by itself: the register is corrected by `register import` or `register
correct`, a partner's word by the partner.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.export_register import find_history
from mra_gateway.model.officers import Actor
from mra_gateway.store import corrections, journal


def open_request(
    connection: Connection,
    book: PartnerBook,
    identifier: str,
    *,
    asked_by: str,
    wanted: str,
    by: Actor,
    clock: Clock,
) -> corrections.Correction:
    """Keeps a request about an operator that is held in some register.

    Raises:
        RequestRefused: Nothing is held under the identifier.
    """
    at = clock.now()
    held = find_history(connection, book, identifier, at=at)
    opened = corrections.Correction(
        clock.new_uuid(), held[0].tin, asked_by, wanted, opened_at=at, opened_by=by.name
    )
    corrections.open_(connection, opened)
    journal.record(
        connection,
        at=at,
        actor=by.name,
        act="correction requested",
        subject=opened.id,
        detail={"tin": opened.tin, "asked_by": asked_by, "wanted": wanted},
    )
    return opened


def close_request(
    connection: Connection, id_: str, *, outcome: str, answer: str, by: Actor, clock: Clock
) -> corrections.Correction:
    """Writes what became of a request.

    Raises:
        RequestRefused: There is none, or it was closed before.
    """
    at = clock.now()
    found = corrections.get(connection, id_)
    corrections.close(connection, found.id, outcome=outcome, answer=answer, at=at, by=by.name)
    journal.record(
        connection,
        at=at,
        actor=by.name,
        act="correction closed",
        subject=found.id,
        detail={"outcome": outcome, "answer": answer},
    )
    return corrections.get(connection, found.id)
