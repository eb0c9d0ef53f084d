"""Gathers the rows of event tables that officers entered: as last corrected, with their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from mra_gateway.analytics.parquet_rows import table_of
from mra_gateway.flows.gather_events import Content, Days, Gather
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import ColumnKind, EventTable, LineageInput
from mra_gateway.model.measured_entries import Entry
from mra_gateway.store import joint_sheets, measure_entries, measure_feedback

ENTERED: Final = ("entries", "ratings", "rulings", "supervisions", "pledges", "legal_orders")


def gather_entries(connection: Connection, table: EventTable, days: Days) -> Content | None:
    """Returns the entries of some days; None where nobody ever entered any."""
    if not measure_entries.count(connection, table.name):
        return None
    held = measure_entries.current(connection, table.name, first=days.first, last=days.last)
    # what a partner's sheet said that is believed no more
    left = joint_sheets.disbelieved(connection)
    rows = [entry_row(table, one) for one in held if one.digest not in left]
    return content_of(table, rows, kind="entries")


def gather_feedback(connection: Connection, table: EventTable, days: Days) -> Content | None:
    """Returns the feedback of some days; None where there never was any."""
    if not measure_feedback.current(connection):
        return None
    held = measure_feedback.current(connection, first=days.first, last=days.last)
    rows = [
        {
            "feedback": str(one.id),
            "side": one.side.value,
            "category": one.category.value,
            "partner": one.partner,
            "received_on": one.received_on,
            "answered_on": one.answered_on,
            "days": None
            if one.answered_on is None
            else float((one.answered_on - one.received_on).days),
        }
        for one in held
    ]
    return content_of(table, rows, kind="entries")


GATHERERS: Final[Mapping[str, Gather]] = {
    **dict.fromkeys(ENTERED, gather_entries),
    "feedback": gather_feedback,
}
"""Event table → who gathers its rows."""


def entry_row(table: EventTable, entry: Entry) -> dict[str, Any]:
    """Returns an entry as a row of its event table."""
    row: dict[str, Any] = {column.name: entry.content.get(column.name) for column in table.columns}
    for column in table.columns:
        value = row[column.name]
        if value is not None and column.kind is ColumnKind.DAY:
            row[column.name] = date.fromisoformat(value)
        elif value is not None and column.kind is ColumnKind.NUMBER:
            row[column.name] = float(value)
    if table.name == "rulings" and row["requested_on"] and row["issued_on"]:
        row["days"] = float((row["issued_on"] - row["requested_on"]).days)
    return row


def content_of(
    table: EventTable, rows: Sequence[Mapping[str, Any]], *, kind: str, partial: bool = False
) -> Content:
    """Returns rows of this process with the digest of what they say."""
    came = LineageInput(kind=kind, id=table.name, digest=digest_of(rows), rows=len(rows))
    return Content(table_of(table, rows), (came,), partial)


def digest_of(rows: Iterable[Mapping[str, Any]]) -> Digest:
    """Returns the digest of rows, whatever the order of their columns."""
    made = hashlib.sha256()
    for row in rows:
        made.update(json.dumps(row, sort_keys=True, default=str, ensure_ascii=False).encode())
        made.update(b"\n")
    return Digest.trusted(made.hexdigest())
