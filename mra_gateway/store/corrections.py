"""What operators asked to have corrected, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import Tin
from mra_gateway.store.tables import corrections

OUTCOMES = ("corrected", "corrected_in_part", "refused", "withdrawn")


class Correction(NamedTuple):
    """One request.

    Attributes:
        asked_by: Who asked, in words: the operator, or who acts for it, and by which letter.
        wanted: What is to be corrected.
        outcome: One of `OUTCOMES`; None while it is open.
        answer: What the operator was told.
    """

    id: str
    tin: Tin
    asked_by: str
    wanted: str
    opened_at: datetime
    opened_by: str
    outcome: str | None = None
    answer: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None


def open_(connection: Connection, correction: Correction) -> None:
    """Keeps a request."""
    connection.execute(insert(corrections).values(correction._asdict()))


def listed(
    connection: Connection, *, tin: Tin | None = None, every: bool = False
) -> list[Correction]:
    """Returns requests, oldest first: those open, or with `every` those closed too."""
    query = select(corrections).order_by(corrections.c.opened_at, corrections.c.id)
    if tin is not None:
        query = query.where(corrections.c.tin == tin)
    if not every:
        query = query.where(corrections.c.closed_at.is_(None))
    return [_correction(row) for row in connection.execute(query)]


def get(connection: Connection, id_: str) -> Correction:
    """Returns a request; an unambiguous beginning of its id will do.

    Raises:
        RequestRefused: There is none, or more than one that begins so.
    """
    query = select(corrections).where(func.substr(corrections.c.id, 1, len(id_)) == id_).limit(2)
    rows = connection.execute(query).all() if id_ else []
    if len(rows) != 1:
        raise RequestRefused(
            f"{'no' if not rows else 'more than one'} request for correction {id_[:40]!r}",
            reason=Reason.NOT_FOUND,
        )
    return _correction(rows[0])


def close(
    connection: Connection, id_: str, *, outcome: str, answer: str, at: datetime, by: str
) -> None:
    """Writes what became of a request, once.

    Raises:
        RequestRefused: It was closed before.
    """
    done = connection.execute(
        update(corrections)
        .where(corrections.c.id == id_, corrections.c.closed_at.is_(None))
        .values(outcome=outcome, answer=answer, closed_at=at, closed_by=by)
    )
    if done.rowcount != 1:
        raise RequestRefused("this request has been closed", reason=Reason.APPROVAL_ALREADY_DECIDED)


def _correction(row: Row[tuple[object, ...]]) -> Correction:
    values = row._asdict()
    return Correction(**{**values, "tin": Tin.trusted(values["tin"])})
