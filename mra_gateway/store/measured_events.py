"""Reading only: what the gateway's own tables tell of messages, lists, statuses and suspensions.

As an event table has them, but for local days, which a caller tells by its time zone
(`flows/gather_own.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.measures import BenefitSuspension, GroundKind
from mra_gateway.store import grounds
from mra_gateway.store.exchange_tables import lanes, lists, messages
from mra_gateway.store.facts import OWN
from mra_gateway.store.lists import ABANDONED, APPLIED, REFUSED, SENT
from mra_gateway.store.recognition_tables import result_batches
from mra_gateway.store.register_tables import facts

CLOSED = (APPLIED, ABANDONED, REFUSED, SENT)
FAILED = (ABANDONED, REFUSED)


class MessageEvent(NamedTuple):
    """A message, and what its receipt says."""

    message: str
    direction: str
    kind: str
    partner: str
    arrangement: str | None
    outcome: str | None
    reason: str | None
    stored_at: datetime


class ListEvent(NamedTuple):
    """A full list; `closed_at` is None while it is outstanding."""

    list: str
    direction: str
    partner: str
    arrangement: str
    failed: bool
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None


class Effect(NamedTuple):
    """A change of status a partner told us."""

    partner: str
    arrangement: str
    status: str
    effective_at: datetime
    applied_at: datetime


class Span(NamedTuple):
    """A time during which a partner's operator was known as valid.

    Attributes:
        record: The operator's record, as JSON.
        ended_at: None while it is.
    """

    operator: str
    partner: str
    arrangement: str
    programme: str
    authorisation: str
    record: str
    since: datetime
    ended_at: datetime | None


class SuspensionEvent(NamedTuple):
    """A suspension of benefits; `withdrawn_at` is when it was lifted that had not begun."""

    suspension: BenefitSuspension
    withdrawn_at: datetime | None


def message_events(
    connection: Connection, *, since: datetime, until: datetime
) -> Iterator[MessageEvent]:
    """Yields the messages stored between two moments, in the order they were."""
    query = (
        select(
            messages.c.message_id,
            messages.c.direction,
            messages.c.kind,
            messages.c.partner,
            messages.c.arrangement,
            messages.c.outcome,
            messages.c.reason,
            messages.c.stored_at,
        )
        .where(messages.c.stored_at >= since, messages.c.stored_at < until)
        .order_by(messages.c.id)
    )
    for row in connection.execute(query):
        yield MessageEvent(*row)


def list_events(connection: Connection) -> Iterator[ListEvent]:
    """Yields every full list, in the order they were opened."""
    query = (
        select(lists, lanes.c.direction, lanes.c.partner, lanes.c.arrangement)
        .join(lanes, lanes.c.id == lists.c.lane_id)
        .order_by(lists.c.id)
    )
    for row in connection.execute(query):
        yield ListEvent(
            row.list_id,
            row.direction,
            row.partner,
            row.arrangement,
            row.state in FAILED,
            row.reason,
            row.opened_at,
            row.closed_at if row.state in CLOSED else None,
        )


def effects(connection: Connection, *, since: datetime, until: datetime) -> Iterator[Effect]:
    """Yields the changes of status that became known here between two moments, in that order.

    A full list restates what is held, and an amendment changes no status: they are no changes.
    """
    changes = [kind.value for kind in ChangeKind if kind not in _NO_STATUS]
    query = (
        select(
            facts.c.issuer,
            facts.c.arrangement,
            facts.c.status,
            facts.c.effective_from,
            facts.c.recorded_at,
        )
        .where(facts.c.arrangement != OWN, facts.c.cause.in_(changes))
        .where(facts.c.recorded_at >= since, facts.c.recorded_at < until)
        .order_by(facts.c.id)
    )
    for row in connection.execute(query):
        yield Effect(*row)


_NO_STATUS = (
    ChangeKind.AMENDED,
    ChangeKind.RENEWED,
    ChangeKind.CORRECTED,
    ChangeKind.ANNULLED,
)


def spans(connection: Connection) -> Iterator[Span]:
    """Yields the times during which partners' operators were valid, as now believed.

    A fact counts from when it took effect, and not before it was known here.
    """
    key = (
        facts.c.issuer,
        facts.c.arrangement,
        facts.c.tin,
        facts.c.programme,
        facts.c.authorisation,
    )
    query = (
        select(*key, facts.c.status, facts.c.effective_from, facts.c.recorded_at, facts.c.record)
        .where(facts.c.arrangement != OWN, facts.c.retracted_at.is_(None))
        .order_by(*key, facts.c.effective_from, facts.c.id)
        .execution_options(yield_per=5_000)
    )
    for (issuer, arrangement, tin, programme, authorisation), rows in groupby(
        connection.execute(query), key=lambda row: row[:5]
    ):
        begun: tuple[datetime, str] | None = None
        for row in rows:
            known_from = max(row.effective_from, row.recorded_at)
            who = (tin, issuer, arrangement, programme, authorisation)
            if row.status == Status.VALID and begun is None:
                begun = known_from, row.record
            elif row.status != Status.VALID and begun is not None:
                yield Span(*who, begun[1], begun[0], known_from)
                begun = None
        if begun is not None:
            yield Span(*who, begun[1], begun[0], None)


def suspensions(connection: Connection) -> Iterator[SuspensionEvent]:
    """Yields every suspension of benefits as it was last changed, in the order they were put."""
    last: dict[str, SuspensionEvent] = {}
    for ground in grounds.history(connection, kind=GroundKind.BENEFIT_SUSPENSION):
        suspension = BenefitSuspension.model_validate_json(ground.content)
        last[suspension.id] = SuspensionEvent(suspension, ground.ended_at)
    yield from last.values()


def first_decision(connection: Connection) -> datetime | None:
    """Returns when the first declaration was decided; None where none was."""
    found: datetime | None = connection.scalar(select(func.min(result_batches.c.decided_at)))
    return found


def has_partners(connection: Connection) -> bool:
    """Says whether anything was ever exchanged with a partner."""
    return connection.scalar(select(lanes.c.id).limit(1)) is not None
