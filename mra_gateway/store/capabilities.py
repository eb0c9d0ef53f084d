"""What each partner takes, as its last receipt of a Ping said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import ONLY_WHERE_TAKEN, Capabilities, MessageKind
from mra_gateway.store.exchange_tables import capabilities
from mra_gateway.store.inserts import insert_into


def put(connection: Connection, partner: Territory, told: Capabilities, *, at: datetime) -> None:
    """Writes down what a partner takes, over what it said before."""
    content = told.model_dump_json()
    statement = insert_into(connection, capabilities).values(
        partner=partner, content=content, told_at=at
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["partner"], set_={"content": content, "told_at": at}
        )
    )


def find(connection: Connection, partner: Territory) -> Capabilities | None:
    """Returns what a partner takes, or None where it was never asked."""
    content = connection.scalar(
        select(capabilities.c.content).where(capabilities.c.partner == partner)
    )
    return None if content is None else Capabilities.model_validate_json(content)


def takes(connection: Connection, partner: Territory, kind: MessageKind) -> bool:
    """Says whether a partner takes a kind: as it said, and where it never did, the first kinds."""
    told = find(connection, partner)
    return kind not in ONLY_WHERE_TAKEN if told is None else kind in told.kinds
