"""Full lists: going out as members fixed at the cut, coming in as records until all parts are here.

States: `open` → `applied` | `held` (a second officer decides) | `abandoned` | `refused`;
outgoing: `open` → `sent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    CursorResult,
    Row,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from mra_gateway.model.changes import ListedOperator
from mra_gateway.model.identifiers import (
    AuthorisationNumber,
    Digest,
    ListId,
    MessageId,
    ProgrammeId,
    Tin,
)
from mra_gateway.store.chunks import CHUNK, chunked
from mra_gateway.store.exchange_tables import list_parts, list_records, lists
from mra_gateway.store.facts import Key
from mra_gateway.store.register_tables import facts, list_members

OPEN = "open"
APPLIED = "applied"
HELD = "held"
ABANDONED = "abandoned"
REFUSED = "refused"
SENT = "sent"


# The statements of the hot path are built once: building one costs as much as running it.
_NEWEST = select(lists).order_by(lists.c.id.desc()).limit(1)
_IN_STATE = _NEWEST.where(lists.c.lane_id == bindparam("lane"), lists.c.state == bindparam("found"))
_BY_ID = _NEWEST.where(lists.c.lane_id == bindparam("lane"), lists.c.list_id == bindparam("named"))
_BY_ROW = select(lists).where(lists.c.id == bindparam("list_row"))
_SEND_PART = (
    update(lists)
    .where(lists.c.id == bindparam("list_row"), lists.c.state == OPEN)
    .where(lists.c.next_part == bindparam("part"))
    .values(next_part=lists.c.next_part + 1, last_message=bindparam("message_id"))
)


class FullList(NamedTuple):
    """A list as stored; `next_part` is the next to send or to take."""

    id: int
    lane_id: int
    list_id: ListId
    parts: int
    total: int
    root: Digest
    as_of: datetime
    as_of_change: int
    next_part: int
    state: str
    last_message: MessageId | None
    opened_at: datetime


class StagedRecord(NamedTuple):
    """One operator of an incoming list."""

    position: int
    key: Key
    episode: str
    record_version: int
    status: str
    effective_from: datetime
    change_id: str | None
    record: str


def open_list(
    connection: Connection,
    lane_id: int,
    *,
    list_id: ListId,
    parts: int,
    total: int,
    root: Digest,
    as_of: datetime,
    as_of_change: int,
    at: datetime,
) -> int:
    """Stores a new list, at its first part, and returns its row."""
    result = connection.execute(
        insert(lists)
        .values(
            lane_id=lane_id,
            list_id=list_id,
            parts=parts,
            total=total,
            root=root,
            as_of=as_of,
            as_of_change=as_of_change,
            next_part=1,
            state=OPEN,
            opened_at=at,
        )
        .returning(lists.c.id)
    )
    return int(result.scalar_one())


def find_open(connection: Connection, lane_id: int) -> FullList | None:
    """Returns the list that is under way on a lane, or None."""
    return _one(connection.execute(_IN_STATE, {"lane": lane_id, "found": OPEN}))


def find_held(connection: Connection, lane_id: int) -> FullList | None:
    """Returns the list that waits for a second officer on a lane, or None."""
    return _one(connection.execute(_IN_STATE, {"lane": lane_id, "found": HELD}))


def find(connection: Connection, lane_id: int, list_id: ListId) -> FullList | None:
    """Returns a list by its id, or None."""
    return _one(connection.execute(_BY_ID, {"lane": lane_id, "named": list_id}))


def get(connection: Connection, list_row: int) -> FullList:
    """Returns a list by its row."""
    return _list(connection.execute(_BY_ROW, {"list_row": list_row}).one())


def count_opened(connection: Connection, lane_id: int, *, since: datetime) -> int:
    """Returns how many lists were opened on a lane since a moment."""
    query = select(func.count()).where(lists.c.lane_id == lane_id, lists.c.opened_at >= since)
    return connection.scalar(query) or 0


def last_opened(connection: Connection, lane_id: int) -> datetime | None:
    """Returns when the last list on a lane was opened, or None."""
    query = select(func.max(lists.c.opened_at)).where(lists.c.lane_id == lane_id)
    latest: datetime | None = connection.scalar(query)
    return latest


def send_part(connection: Connection, full: FullList, *, message_id: MessageId) -> bool:
    """Writes that the next part of an outgoing list was sent.

    False when that part was sent before, or the list is no longer under way.
    """
    sent = connection.execute(
        _SEND_PART, {"list_row": full.id, "part": full.next_part, "message_id": message_id}
    )
    return sent.rowcount == 1


def take_part(
    connection: Connection,
    list_row: int,
    *,
    next_part: int,
    digest: Digest,
    last_message: MessageId,
) -> None:
    """Writes that a part of an incoming list was taken; it leaves its digest."""
    connection.execute(
        insert(list_parts).values(list_row=list_row, part=next_part - 1, digest=digest)
    )
    connection.execute(
        update(lists)
        .where(lists.c.id == list_row)
        .values(next_part=next_part, last_message=last_message)
    )


def close(
    connection: Connection,
    list_row: int,
    *,
    state: str,
    at: datetime,
    reason: str | None = None,
    keep_records: bool = False,
) -> None:
    """Ends a list; its staged records go, unless it is only held."""
    connection.execute(
        update(lists).where(lists.c.id == list_row).values(state=state, reason=reason, closed_at=at)
    )
    if not keep_records:
        connection.execute(delete(list_records).where(list_records.c.list_row == list_row))
        connection.execute(delete(list_members).where(list_members.c.list_row == list_row))


def part_digests(connection: Connection, list_row: int) -> list[Digest]:
    """Returns the digests of the parts taken, in order."""
    query = (
        select(list_parts.c.digest)
        .where(list_parts.c.list_row == list_row)
        .order_by(list_parts.c.part)
    )
    return [Digest.trusted(value) for value in connection.scalars(query)]


def add_members(
    connection: Connection, list_row: int, fact_ids: Iterable[int], *, first: int
) -> None:
    """Fixes which facts an outgoing list names, from a position on."""
    rows = [
        {"list_row": list_row, "position": first + offset, "fact_id": fact_id}
        for offset, fact_id in enumerate(fact_ids)
    ]
    if rows:
        connection.execute(insert(list_members), rows)


def members(connection: Connection, list_row: int, *, first: int, count: int) -> list[int]:
    """Returns the facts at some positions of an outgoing list."""
    query = (
        select(list_members.c.fact_id)
        .where(list_members.c.list_row == list_row)
        .where(list_members.c.position >= first, list_members.c.position < first + count)
        .order_by(list_members.c.position)
    )
    return list(connection.scalars(query))


def will_name(connection: Connection, list_row: int, tins: Iterable[Tin], *, first: int) -> bool:
    """Says whether an outgoing list names some of the operators from a position on."""
    for chunk in chunked(sorted(set(tins))):
        query = (
            select(list_members.c.position)
            .join(facts, facts.c.id == list_members.c.fact_id)
            .where(list_members.c.list_row == list_row, list_members.c.position >= first)
            .where(facts.c.tin.in_(chunk))
            .limit(1)
        )
        if connection.execute(query).one_or_none() is not None:
            return True
    return False


def stage(
    connection: Connection, list_row: int, operators: Sequence[ListedOperator], *, first: int
) -> None:
    """Keeps the records of one incoming part until the list takes effect as a whole."""
    if not operators:
        return
    connection.execute(
        insert(list_records),
        [
            {
                "list_row": list_row,
                "position": first + offset,
                "tin": listed.operator.tin,
                "programme": listed.operator.programme,
                "authorisation": listed.operator.authorisation,
                "episode": listed.operator.episode,
                "record_version": listed.operator.record_version,
                "status": listed.status,
                "effective_from": listed.effective_from,
                "change_id": listed.change_id,
                "record": listed.operator.model_dump_json(exclude_defaults=True),
            }
            for offset, listed in enumerate(operators)
        ],
    )


def count_staged(connection: Connection, list_row: int) -> int:
    """Returns how many records of an incoming list are here.

    Positions count from 1 without a hole, so the last is the count: counting anew with every part
    would make the parts of a long list ever slower.
    """
    query = select(func.max(list_records.c.position)).where(list_records.c.list_row == list_row)
    return connection.scalar(query) or 0


def staged(connection: Connection, list_row: int) -> Iterator[list[StagedRecord]]:
    """Yields the records of an incoming list in slices, ordered by position."""
    first = 0
    while True:
        query = (
            select(list_records)
            .where(list_records.c.list_row == list_row, list_records.c.position > first)
            .order_by(list_records.c.position)
            .limit(CHUNK)
        )
        slice_ = [_record(row) for row in connection.execute(query)]
        if not slice_:
            return
        yield slice_
        first = slice_[-1].position


def staged_keys(connection: Connection, list_row: int, tins: Sequence[Tin]) -> set[Key]:
    """Returns which authorisations of some operators an incoming list names."""
    found: set[Key] = set()
    for chunk in chunked(sorted(set(tins))):
        query = select(
            list_records.c.tin, list_records.c.programme, list_records.c.authorisation
        ).where(list_records.c.list_row == list_row, list_records.c.tin.in_(chunk))
        found.update(_key(row) for row in connection.execute(query))
    return found


def has_doubles(connection: Connection, list_row: int) -> bool:
    """Says whether an incoming list names one authorisation twice."""
    columns = (list_records.c.tin, list_records.c.programme, list_records.c.authorisation)
    query = (
        select(*columns)
        .where(list_records.c.list_row == list_row)
        .group_by(*columns)
        .having(func.count() > 1)
        .limit(1)
    )
    return connection.execute(query).one_or_none() is not None


def _one(found: CursorResult[tuple[object, ...]]) -> FullList | None:
    row = found.one_or_none()
    return None if row is None else _list(row)


def _key(row: Any) -> Key:
    return Key(
        Tin.trusted(row.tin),
        ProgrammeId.trusted(row.programme),
        AuthorisationNumber.trusted(row.authorisation),
    )


def _record(row: Row[tuple[object, ...]]) -> StagedRecord:
    return StagedRecord(
        row.position,
        _key(row),
        row.episode,
        row.record_version,
        row.status,
        row.effective_from,
        row.change_id,
        row.record,
    )


def _list(row: Row[tuple[object, ...]]) -> FullList:
    return FullList(
        row.id,
        row.lane_id,
        ListId.trusted(row.list_id),
        row.parts,
        row.total,
        Digest.trusted(row.root),
        row.as_of,
        row.as_of_change,
        row.next_part,
        row.state,
        None if row.last_message is None else MessageId.trusted(row.last_message),
        row.opened_at,
    )
