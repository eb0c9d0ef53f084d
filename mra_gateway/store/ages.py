"""How long what is not at rest has been waiting: everything that is in a state that is not final.

What is too long is decided in `flows/watch.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from mra_gateway.model.officers import ApprovalKind
from mra_gateway.store import approvals as requests
from mra_gateway.store import inbox, outbox
from mra_gateway.store import lists as full_lists
from mra_gateway.store.exchange_tables import (
    TO_TELL,
    UNANSWERED,
    UNSEEN,
    changes,
    lanes,
    lists,
    messages,
    notices,
)
from mra_gateway.store.tables import approvals

_NAMES = select(messages.c.message_id, messages.c.partner, messages.c.state, messages.c.stored_at)
OUTGOING = (outbox.WAITING, outbox.HELD, outbox.STOPPED, outbox.PARKED)


class Age(NamedTuple):
    """One thing that is not at rest.

    Attributes:
        what: `message waiting`, `message held`, `message stopped`, `message parked`, `changes
            unsent`, `notice unsent`, `notice unseen`, `incoming message held`, `enquiry
            unanswered`, `list under way`, `approval`, `suspension unconfirmed`.
        subject: Its id, by which an officer finds it.
        partner: None where it concerns no single one.
        since: When it came into being; of a suspension, when its time to be confirmed was over.
    """

    what: str
    subject: str
    partner: str | None
    since: datetime


def older_than(connection: Connection, at: datetime) -> list[Age]:
    """Returns everything not at rest that came into being before a moment, oldest first."""
    found = [
        Age(f"message {row.state}", row.message_id, row.partner, row.stored_at)
        for row in connection.execute(
            _NAMES.where(messages.c.direction == "out", messages.c.state.in_(OUTGOING)).where(
                messages.c.stored_at < at
            )
        )
    ]
    found += [
        Age("incoming message held", row.message_id, row.partner, row.stored_at)
        for row in connection.execute(
            _NAMES.where(messages.c.direction == "in", messages.c.state == inbox.HELD).where(
                messages.c.stored_at < at
            )
        )
    ]
    found += [
        Age("enquiry unanswered", row.message_id, row.partner, row.stored_at)
        for row in connection.execute(_NAMES.where(UNANSWERED))
        if row.stored_at < at
    ]
    found += _lanes_with_changes(connection, at)
    found += _notices(connection, at)
    found += [
        Age("list under way", row.list_id, row.partner, row.opened_at)
        for row in connection.execute(
            select(lists.c.list_id, lists.c.opened_at, lanes.c.partner)
            .join(lanes, lanes.c.id == lists.c.lane_id)
            .where(lists.c.state == full_lists.OPEN, lists.c.opened_at < at)
        )
    ]
    found += [
        Age("approval", row.id, None, row.requested_at)
        for row in connection.execute(
            select(approvals.c.id, approvals.c.requested_at)
            .where(approvals.c.state == requests.OPEN)
            .where(approvals.c.kind != ApprovalKind.CONFIRM_SUSPENSION)
            .where(approvals.c.requested_at < at)
        )
    ]
    found += [
        Age("suspension unconfirmed", one.id, json.loads(one.payload)["partner"], one.due_at)
        for one in requests.listed(connection)
        if one.is_overdue(at) and one.due_at is not None
    ]
    return sorted(found, key=lambda age: age.since)


def _notices(connection: Connection, at: datetime) -> list[Age]:
    query = select(notices.c.notice_id, notices.c.partner, notices.c.recorded_at)
    return [
        Age(what, row.notice_id, row.partner, row.recorded_at)
        for what, condition in (("notice unsent", TO_TELL), ("notice unseen", UNSEEN))
        for row in connection.execute(query.where(condition, notices.c.recorded_at < at))
    ]


def _lanes_with_changes(connection: Connection, at: datetime) -> list[Age]:
    query = (
        select(lanes.c.partner, lanes.c.arrangement, func.min(changes.c.created_at).label("since"))
        .join(lanes, lanes.c.id == changes.c.lane_id)
        .where(changes.c.message_row.is_(None))
        .group_by(lanes.c.partner, lanes.c.arrangement)
    )
    return [
        Age("changes unsent", row.arrangement, row.partner, row.since)
        for row in connection.execute(query)
        if row.since < at
    ]
