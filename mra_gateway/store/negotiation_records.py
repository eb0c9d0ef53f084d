"""What is written in negotiations: entries of several kinds, every version of each.

Nothing is overwritten. Which kind an entry is follows from its class; a version is written once,
after the negotiation's lock was taken (`negotiations.get`).
"""

from __future__ import annotations

import json
from typing import Final, TypeVar

from sqlalchemy import Connection, Row, insert, select

from mra_gateway.model.joint_validation import Visit
from mra_gateway.model.negotiation import (
    Action,
    Attachment,
    Entry,
    Holiday,
    NegotiationId,
    PhaseStep,
    Position,
    Question,
    Remark,
)
from mra_gateway.store.negotiation_tables import negotiation_records as records

E = TypeVar("E", bound=Entry)

KINDS: Final[dict[type[Entry], str]] = {
    Position: "row",
    Remark: "remark",
    Question: "question",
    Visit: "visit",
    Action: "action",
    Holiday: "holiday",
    PhaseStep: "phase",
    Attachment: "document",
}
_COLUMNS: Final = {"key", "version", "audience", "at", "by"}


def add(connection: Connection, id_: NegotiationId, entry: Entry) -> None:
    """Writes a version of an entry."""
    connection.execute(
        insert(records).values(
            negotiation=id_,
            kind=KINDS[type(entry)],
            key=entry.key,
            version=entry.version,
            audience=entry.audience,
            content=entry.model_dump_json(exclude=_COLUMNS, exclude_defaults=True),
            at=entry.at,
            by=entry.by,
        )
    )


def history(
    connection: Connection, id_: NegotiationId, model: type[E], *, key: str | None = None
) -> list[E]:
    """Returns every version of the entries of a kind, or of one of them, in the order written."""
    query = (
        select(records)
        .where(records.c.negotiation == id_, records.c.kind == KINDS[model])
        .order_by(records.c.id)
    )
    if key is not None:
        query = query.where(records.c.key == key)
    return [_read(model, row) for row in connection.execute(query)]


def find(connection: Connection, id_: NegotiationId, model: type[E], *, key: str) -> E | None:
    """Returns the newest version of an entry, or None."""
    versions = history(connection, id_, model, key=key)
    return versions[-1] if versions else None


def _read(model: type[E], row: Row[tuple[object, ...]]) -> E:
    written = {name: getattr(row, name) for name in _COLUMNS}
    # as JSON throughout: dates and codes in the content are texts
    written["at"] = row.at.isoformat()
    return model.model_validate_json(json.dumps({**json.loads(row.content), **written}))
