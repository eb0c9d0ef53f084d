"""Reading only: everything held about one operator, for the operator and for whoever supervises us.

Facts are read by `facts.py`; purges go by `retention.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from mra_gateway.model.identifiers import ArrangementId, MessageId, Territory, Tin
from mra_gateway.store.exchange_tables import changes, lanes, messages, notices
from mra_gateway.store.grounds import Ground
from mra_gateway.store.recognition_tables import grounds
from mra_gateway.store.register_tables import consents
from mra_gateway.store.retention import names_in

_SLICE = 50


class ConsentRecord(NamedTuple):
    """A consent as it was recorded, superseded since or not."""

    tin: Tin
    partner: Territory
    basis: str
    letter_number: str | None
    given_on: date | None
    withdrawn_on: date | None
    recorded_at: datetime
    superseded_at: datetime | None
    recorded_by: str


class Named(NamedTuple):
    """A message that names somebody.

    Attributes:
        direction: `in` or `out`.
        receipt: What became of it, as the receipt says; None so far.
    """

    message_id: MessageId
    direction: str
    partner: Territory
    arrangement: str | None
    kind: str
    created_at: datetime
    stored_at: datetime
    settled_at: datetime | None
    state: str
    receipt: str | None
    digest: str


class Told(NamedTuple):
    """A change of one operator that was queued for a partner.

    Attributes:
        kind: Of the change.
        queued_at: When.
        message_id: In which message; None while no packer has taken it.
        reached_at: When the partner's receipt settled the message; None so far.
        receipt: What the receipt says.
    """

    partner: Territory
    arrangement: ArrangementId
    kind: str
    status: str
    queued_at: datetime
    message_id: MessageId | None
    sent_at: datetime | None
    reached_at: datetime | None
    receipt: str | None


class NoticeRecord(NamedTuple):
    """A notice about an operator, told or heard."""

    direction: str
    partner: Territory
    arrangement: ArrangementId
    kind: str
    act: str
    recorded_at: datetime
    content: str


def consent_history(connection: Connection, tin: Tin) -> list[ConsentRecord]:
    """Returns every consent ever recorded for an operator, oldest first."""
    query = select(*(consents.c[name] for name in ConsentRecord._fields)).where(
        consents.c.tin == tin
    )
    rows = connection.execute(query.order_by(consents.c.id))
    return [ConsentRecord(Tin.trusted(row[0]), Territory.trusted(row[1]), *row[2:]) for row in rows]


def messages_naming(connection: Connection, names: Collection[str]) -> Iterator[Named]:
    """Yields the messages whose bytes name somebody, oldest first; every message is looked at."""
    wanted = set(names)
    query = select(messages).order_by(messages.c.id).execution_options(yield_per=_SLICE)
    for row in connection.execute(query):
        if not wanted.isdisjoint(names_in(bytes(row.content))):
            yield Named(
                MessageId.trusted(row.message_id),
                row.direction,
                Territory.trusted(row.partner),
                row.arrangement,
                row.kind,
                row.created_at,
                row.stored_at,
                row.settled_at,
                row.state,
                row.outcome,
                row.digest,
            )


def changes_told(connection: Connection, tin: Tin) -> list[Told]:
    """Returns every change of one of our operators that was queued for partners, oldest first."""
    query = (
        select(changes.c.payload, changes.c.created_at, lanes.c.partner, lanes.c.arrangement)
        .add_columns(messages.c.message_id, messages.c.stored_at)
        .add_columns(messages.c.settled_at, messages.c.outcome)
        .join(lanes, lanes.c.id == changes.c.lane_id)
        .outerjoin(messages, messages.c.id == changes.c.message_row)
        .where(changes.c.payload.contains(f'"tin":"{tin}"', autoescape=True))
        .order_by(changes.c.id)
    )
    return [
        Told(
            Territory.trusted(row.partner),
            ArrangementId.trusted(row.arrangement),
            payload["kind"],
            payload["status"],
            row.created_at,
            None if row.message_id is None else MessageId.trusted(row.message_id),
            row.stored_at,
            row.settled_at,
            row.outcome,
        )
        for row in connection.execute(query)
        for payload in [json.loads(row.payload)]
        if payload["operator"]["tin"] == tin
    ]


def grounds_about(connection: Connection, tin: Tin) -> list[Ground]:
    """Returns the correspondences, scores and measures about an operator, ended ones too."""
    query = (
        select(grounds)
        .where(grounds.c.content.contains(f'"{tin}"', autoescape=True))
        .order_by(grounds.c.id)
    )
    return [Ground(*row) for row in connection.execute(query)]


def notices_about(connection: Connection, tin: Tin) -> list[NoticeRecord]:
    """Returns the notices about an operator, oldest first."""
    query = select(*(notices.c[name] for name in NoticeRecord._fields)).where(notices.c.tin == tin)
    rows = connection.execute(query.order_by(notices.c.id))
    return [
        NoticeRecord(row[0], Territory.trusted(row[1]), ArrangementId.trusted(row[2]), *row[3:])
        for row in rows
    ]
