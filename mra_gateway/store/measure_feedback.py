"""What operators and partners said about the programme, and what they were answered."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.measured_entries import Feedback, FeedbackAnswer, NewFeedback
from mra_gateway.store.measure_tables import measure_answers as answers
from mra_gateway.store.measure_tables import measure_feedback as feedback

_LATER = feedback.alias("later")


def add(connection: Connection, new: NewFeedback) -> int:
    """Writes a remark and returns its number."""
    done = connection.execute(insert(feedback).values(**new.model_dump()).returning(feedback.c.id))
    return int(done.scalar_one())


def answer(connection: Connection, id_: int, new: FeedbackAnswer) -> None:
    """Writes an answer; earlier ones stay."""
    connection.execute(insert(answers).values(feedback=id_, **new.model_dump()))


def get(connection: Connection, id_: int) -> Feedback:
    """Returns a remark by its number.

    Raises:
        RequestRefused: `NOT_FOUND`.
    """
    rows = connection.execute(_query().where(feedback.c.id == id_)).all()
    if not rows:
        raise RequestRefused(f"no feedback {id_}", reason=Reason.NOT_FOUND)
    return _read(connection, rows)[0]


def current(
    connection: Connection, *, first: date = date.min, last: date = date.max
) -> list[Feedback]:
    """Returns the remarks received on some days, as last corrected, oldest first."""
    query = (
        _query()
        .where(_LATER.c.id.is_(None))
        .where(feedback.c.received_on >= first, feedback.c.received_on <= last)
        .order_by(feedback.c.received_on, feedback.c.id)
    )
    return _read(connection, connection.execute(query).all())


def _query() -> Select[Any]:
    return select(feedback, _LATER.c.id.label("corrected_by")).select_from(
        feedback.outerjoin(_LATER, _LATER.c.corrects == feedback.c.id)
    )


def _read(connection: Connection, rows: Any) -> list[Feedback]:
    corrected = select(feedback.c.id, feedback.c.corrects).where(feedback.c.corrects.is_not(None))
    before: dict[int, int] = {row.id: row.corrects for row in connection.execute(corrected)}
    told: dict[int, list[FeedbackAnswer]] = {}
    for row in connection.execute(select(answers).order_by(answers.c.id)):
        one = FeedbackAnswer(text=row.text, answered_on=row.answered_on, at=row.at, by=row.by)
        told.setdefault(row.feedback, []).append(one)
    return [_feedback(row, told, before) for row in rows]


def _feedback(
    row: Row[Any], told: dict[int, list[FeedbackAnswer]], before: dict[int, int]
) -> Feedback:
    """Returns a remark with the answers to it, and to what it corrects."""
    found: list[FeedbackAnswer] = []
    at: int | None = row.id
    while at is not None:
        found += told.get(at, [])
        at = before.get(at)
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Feedback(**values, answers=tuple(sorted(found, key=lambda one: one.at)))
