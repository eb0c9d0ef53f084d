"""What officers entered for measuring; a row is written once, a later one corrects it.

Baselines and targets stand in the same table and are no entries: see `aims.py`.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measured_entries import Entry, NewEntry
from mra_gateway.store.aims import BASELINE, TARGET
from mra_gateway.store.measure_tables import measure_entries as entries

_LATER = entries.alias("later")


def add(connection: Connection, new: NewEntry) -> int:
    """Writes an entry and returns its number."""
    values = new.model_dump(exclude={"content"})
    values["content"] = json.dumps(
        new.model_dump(mode="json", include={"content"})["content"], ensure_ascii=False
    )
    done = connection.execute(insert(entries).values(**values).returning(entries.c.id))
    return int(done.scalar_one())


def get(connection: Connection, id_: int) -> Entry:
    """Returns an entry by its number.

    Raises:
        RequestRefused: `NOT_FOUND`.
    """
    row = connection.execute(_query().where(entries.c.id == id_)).one_or_none()
    if row is None:
        raise RequestRefused(f"no entry {id_}", reason=Reason.NOT_FOUND)
    return _entry(row)


def current(
    connection: Connection,
    kind: str,
    *,
    first: date = date.min,
    last: date = date.max,
    digests: Collection[str] = (),
) -> list[Entry]:
    """Returns the entries of a kind that count, by day and in the order they were made.

    Args:
        connection: The transaction.
        kind: The event table.
        first: Of the days.
        last: Of the days.
        digests: Only those made from one of these files.
    """
    query = (
        _query()
        .where(entries.c.kind == kind, _LATER.c.id.is_(None))
        .where(entries.c.on >= first, entries.c.on <= last)
        .order_by(entries.c.on, entries.c.id)
    )
    if digests:
        query = query.where(entries.c.digest.in_(list(digests)))
    return [one for one in map(_entry, connection.execute(query)) if not one.is_taken_back]


def history(connection: Connection, *, kind: str | None = None) -> list[Entry]:
    """Returns every entry, corrected ones too, in the order they were made."""
    query = _query().order_by(entries.c.id)
    if kind is not None:
        query = query.where(entries.c.kind == kind)
    return [_entry(row) for row in connection.execute(query)]


def count(connection: Connection, kind: str) -> int:
    """Returns how many entries of a kind were ever made."""
    return (
        connection.scalar(select(func.count()).select_from(entries).where(entries.c.kind == kind))
        or 0
    )


def _query() -> Select[Any]:
    return (
        select(entries, _LATER.c.id.label("corrected_by"))
        .select_from(entries.outerjoin(_LATER, _LATER.c.corrects == entries.c.id))
        .where(entries.c.kind.not_in((BASELINE, TARGET)))
    )


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["content"] = json.loads(values["content"])
    if values["digest"] is not None:
        values["digest"] = Digest.trusted(values["digest"])
    return Entry(**values)
