"""The plan of evaluations and audits of the figures: every version of each, the newest counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select

from mra_gateway.store.measure_tables import evaluation_plan as plan

Kind = Literal["evaluation", "audit"]
Every = Literal["month", "quarter", "year"]


class Evaluation(NamedTuple):
    """An evaluation or audit.

    Attributes:
        every: After what time the next is due; None: once.
        outcome: What it found, when it is done.
    """

    key: str
    version: int
    kind: Kind
    title: str
    responsible: str
    every: Every | None
    due_on: date
    done_on: date | None
    outcome: str | None
    at: datetime
    by: str


def add(connection: Connection, evaluation: Evaluation) -> None:
    """Writes a version.

    Raises:
        StoreError: Somebody else wrote it meanwhile.
    """
    connection.execute(insert(plan).values(**evaluation._asdict()))


def listed(connection: Connection) -> list[Evaluation]:
    """Returns the newest version of each, soonest first."""
    rows = connection.execute(select(plan).order_by(plan.c.id))
    newest = {row.key: _read(row) for row in rows}
    return sorted(newest.values(), key=lambda one: (one.due_on, one.key))


def _read(row: Row[tuple[object, ...]]) -> Evaluation:
    return Evaluation(*(getattr(row, name) for name in Evaluation._fields))
