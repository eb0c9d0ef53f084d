"""Negotiations and the comparisons they rest on; what is written in them is in the records.

Whoever writes takes the negotiation's lock first, so that two officers who write the same row are
seen one after the other on both databases.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.comparison import Audience, Comparison
from mra_gateway.model.identifiers import ArrangementId, OfficerName, ProgrammeId
from mra_gateway.model.negotiation import NegotiationId, Workspace
from mra_gateway.store.inserts import insert_into
from mra_gateway.store.negotiation_tables import (
    negotiation_comparisons,
    negotiation_documents,
    negotiations,
)


def add(connection: Connection, workspace: Workspace) -> None:
    """Stores a new negotiation.

    Raises:
        RequestRefused: One has that id.
    """
    statement = insert_into(connection, negotiations).values(
        id=workspace.id,
        ours=workspace.ours,
        theirs=workspace.theirs,
        catalogue=workspace.catalogue,
        edition=workspace.edition,
        phases=workspace.phases,
        opened_at=workspace.opened_at,
        opened_by=workspace.opened_by,
    )
    if connection.execute(statement.on_conflict_do_nothing()).rowcount != 1:
        raise RequestRefused(
            f"there is a negotiation {workspace.id} already", reason=Reason.ALREADY_EXISTS
        )


def get(connection: Connection, id_: NegotiationId, *, lock: bool = False) -> Workspace:
    """Returns a negotiation, locked until the transaction ends where that is asked for.

    Raises:
        RequestRefused: None has that id.
    """
    query = select(negotiations).where(negotiations.c.id == id_)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise RequestRefused(f"no negotiation {id_}", reason=Reason.NOT_FOUND)
    return _workspace(row)


def listed(connection: Connection) -> list[Workspace]:
    """Returns every negotiation, oldest first."""
    query = select(negotiations).order_by(negotiations.c.opened_at, negotiations.c.id)
    return [_workspace(row) for row in connection.execute(query)]


def conclude(
    connection: Connection,
    id_: NegotiationId,
    *,
    arrangement: ArrangementId,
    at: datetime,
    by: OfficerName,
) -> None:
    """Writes down in which arrangement a negotiation ended."""
    connection.execute(
        update(negotiations)
        .where(negotiations.c.id == id_)
        .values(concluded_at=at, concluded_by=by, arrangement=arrangement)
    )


def take_comparison(
    connection: Connection,
    id_: NegotiationId,
    comparison: Comparison,
    *,
    at: datetime,
    by: OfficerName,
) -> None:
    """Stores what was compared; earlier comparisons stay."""
    connection.execute(
        insert(negotiation_comparisons).values(
            negotiation=id_,
            audience=comparison.audience,
            content=comparison.model_dump_json(exclude_defaults=True),
            taken_at=at,
            taken_by=by,
        )
    )


def find_comparison(
    connection: Connection, id_: NegotiationId, *, audience: Audience
) -> Comparison | None:
    """Returns the newest comparison made for an audience, or None."""
    content = connection.scalar(
        select(negotiation_comparisons.c.content)
        .where(negotiation_comparisons.c.negotiation == id_)
        .where(negotiation_comparisons.c.audience == audience)
        .order_by(negotiation_comparisons.c.id.desc())
        .limit(1)
    )
    return None if content is None else Comparison.model_validate_json(content)


def keep_document(
    connection: Connection, id_: NegotiationId, *, digest: str, content: bytes
) -> None:
    """Keeps the bytes of a document; the same bytes are kept once."""
    connection.execute(
        insert_into(connection, negotiation_documents)
        .values(negotiation=id_, digest=digest, content=content)
        .on_conflict_do_nothing()
    )


def get_document(connection: Connection, id_: NegotiationId, *, digest: str) -> bytes:
    """Returns the bytes of a document.

    Raises:
        RequestRefused: None with that digest was handed in.
    """
    content = connection.scalar(
        select(negotiation_documents.c.content)
        .where(negotiation_documents.c.negotiation == id_)
        .where(negotiation_documents.c.digest == digest)
    )
    if content is None:
        raise RequestRefused("no such document", reason=Reason.NOT_FOUND)
    return bytes(content)


def _workspace(row: Row[tuple[object, ...]]) -> Workspace:
    return Workspace(
        id=NegotiationId.trusted(row.id),
        ours=ProgrammeId.trusted(row.ours),
        theirs=ProgrammeId.trusted(row.theirs),
        catalogue=row.catalogue,
        edition=row.edition,
        phases=row.phases,
        opened_at=row.opened_at,
        opened_by=OfficerName.trusted(row.opened_by),
        concluded_at=row.concluded_at,
        arrangement=None if row.arrangement is None else ArrangementId.trusted(row.arrangement),
    )
