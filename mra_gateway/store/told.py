"""What each recipient was last told about each of our operators.

Without it an operator who comes back into a partner's view would be "resumed" to somebody who never
heard of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from mra_gateway.model.identifiers import AuthorisationNumber, ProgrammeId, Tin
from mra_gateway.store.chunks import chunked
from mra_gateway.store.facts import Key
from mra_gateway.store.inserts import insert_into
from mra_gateway.store.register_tables import told


class Told(NamedTuple):
    """The status last told, and in which episode."""

    episode: str
    status: str


def held(connection: Connection, lane_id: int, tins: Iterable[Tin]) -> dict[Key, Told]:
    """Returns what a recipient was told about some operators."""
    found: dict[Key, Told] = {}
    for chunk in chunked(sorted(set(tins))):
        query = select(told).where(told.c.lane_id == lane_id, told.c.tin.in_(chunk))
        for row in connection.execute(query):
            key = Key(
                Tin.trusted(row.tin),
                ProgrammeId.trusted(row.programme),
                AuthorisationNumber.trusted(row.authorisation),
            )
            found[key] = Told(row.episode, row.status)
    return found


def add(connection: Connection, lane_id: int, news: Iterable[tuple[Key, Told]]) -> None:
    """Writes what a recipient is being told about operators it was told nothing of."""
    for chunk in chunked(news):
        connection.execute(insert(told), [_row(lane_id, key, now) for key, now in chunk])


def write(connection: Connection, lane_id: int, news: Iterable[tuple[Key, Told]]) -> None:
    """Writes what a recipient is being told now."""
    statement = insert_into(connection, told)
    statement = statement.on_conflict_do_update(
        index_elements=list(told.primary_key.columns),
        set_={"episode": statement.excluded.episode, "status": statement.excluded.status},
    )
    for chunk in chunked(dict(news).items()):
        connection.execute(statement, [_row(lane_id, key, now) for key, now in chunk])


def forget(connection: Connection, lane_id: int) -> None:
    """Forgets what a recipient was told: a full list starts anew."""
    connection.execute(delete(told).where(told.c.lane_id == lane_id))


def _row(lane_id: int, key: Key, now: Told) -> dict[str, object]:
    return {"lane_id": lane_id, **key._asdict(), "episode": now.episode, "status": now.status}
