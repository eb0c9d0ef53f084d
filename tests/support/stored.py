"""Rows to test the store with: ordinary ones; name what matters to your test."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mra_gateway.model.identifiers import AuthorisationNumber, Digest, MessageId, ProgrammeId, Tin
from mra_gateway.model.messages import MessageKind
from mra_gateway.store import lanes
from mra_gateway.store.facts import Key, NewFact, Register
from mra_gateway.store.inbox import Incoming
from mra_gateway.store.lanes import Lane
from mra_gateway.store.outbox import NewMessage
from tests.support.messages import AT, CN, CN_MN, MN, a_record, a_uuid

CHINESE = Register(CN, CN_MN)
"""What China told us, as Mongolia holds it."""

DAY = timedelta(days=1)


def on_day(number: int) -> datetime:
    """Returns a moment some days after the first."""
    return AT + number * DAY


def a_key(number: int = 1) -> Key:
    """Returns the authorisation of a numbered operator."""
    return Key(
        Tin(f"CN{number:010d}"), ProgrammeId("CN-AEO"), AuthorisationNumber(f"AEOCN{number:010d}")
    )


def a_fact(number: int = 1, **fields: Any) -> NewFact:
    """Returns a valid authorisation of a numbered operator, in effect since the first day."""
    key = fields.pop("key", a_key(number))
    record = a_record(tin=key.tin, authorisation=key.authorisation, programme=key.programme)
    values: dict[str, Any] = {
        "key": key,
        "episode": record.episode,
        "record_version": 1,
        "status": "valid",
        "effective_from": AT,
        "cause": "granted",
        "record": record.model_dump_json(exclude_defaults=True),
    }
    return NewFact(**{**values, **fields})


def a_lane(connection: Connection, direction: lanes.Direction = "out", **fields: Any) -> Lane:
    """Returns the lane with Mongolia, opened when it is new."""
    values: dict[str, Any] = {"partner": MN, "arrangement": CN_MN, "epoch": 1, **fields}
    return lanes.lock(connection, direction, **values)


def an_outgoing(lane: Lane | None = None, **fields: Any) -> NewMessage:
    """Returns a signed message, in a lane or (a Ping) outside of one."""
    values: dict[str, Any] = {
        "partner": MN,
        "message_id": MessageId(a_uuid()),
        "kind": MessageKind.PING if lane is None else MessageKind.STATUS_NOTIFICATION,
        "arrangement": None if lane is None else lane.arrangement,
        "epoch": 1,
        "lane_id": None if lane is None else lane.id,
        "sequence": None if lane is None else lane.next_sequence,
        "digest": Digest("a" * 64),
        "content": b"<signed/>",
        "created_at": AT,
        "records": 1,
        "signer_until": on_day(365),
    }
    return NewMessage(**{**values, **fields})


def an_incoming(**fields: Any) -> Incoming:
    """Returns a message China sent."""
    values: dict[str, Any] = {
        "partner": CN,
        "message_id": MessageId(a_uuid()),
        "kind": MessageKind.STATUS_NOTIFICATION,
        "arrangement": CN_MN,
        "epoch": 1,
        "lane_id": None,
        "sequence": None,
        "digest": Digest("b" * 64),
        "content": b"<signed/>",
        "created_at": AT,
    }
    return Incoming(**{**values, **fields})
