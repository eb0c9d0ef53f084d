"""Writes what was decided on declarations as event tables, month by month, beside what is loaded.

1. each batch of results of the month is read once, a few in memory at a time
2. parties become rows of `quotations`, benefits rows of `grants`; what we gave is counted by day
3. each table is a Parquet file and a load like any other; the same content is not written again

A month that was over when it was written is not read anew: results never change.

No file holds a declaration's reference, for a purge does not reach into files. What tells
declarations apart is the reference under a key that the store keeps; a purge throws the key away,
and nothing in any file leads to a declaration any more. A declaration decided before a purge and
after it counts as two.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from mra_gateway.analytics.parquet_rows import RowsFile
from mra_gateway.clock import Clock
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measured_loads import Findings, Load, NewLoad
from mra_gateway.model.periods import Period
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.store import journal, measure_loads, measured_events, properties, results
from mra_gateway.store.database import Database

FOLDER: Final = "measured"
TABLES: Final = ("quotations", "grants", "reported_benefits")
SOURCE: Final = "gateway"


class _Written(NamedTuple):
    """One table of a month, written."""

    table: str
    path: Path
    digest: Digest
    rows: int


class EventWriter:
    """Writes for one home."""

    def __init__(self, *, database: Database, clock: Clock, home: Path, zone: ZoneInfo) -> None:
        self._database, self._clock, self._home, self._zone = database, clock, home, zone

    async def write(self, period: Period) -> list[Load]:
        """Brings the event tables of a period up to date.

        Args:
            period: Each of its months that has begun.

        Returns:
            The loads that were made; none where nothing is new.

        Raises:
            StoreError: The database failed.
        """
        first = await self._database.read(measured_events.first_decision)
        made: list[Load] = []
        if first is None:
            return made
        now = self._clock.now()
        for month in period.months:
            if month.starts_at(self._zone) <= now and month.ends_at(self._zone) > first:
                made += await self._write_month(month)
        return made

    async def _write_month(self, month: Period) -> list[Load]:
        held = await self._database.read(
            lambda connection: {
                table: measure_loads.last_of(connection, table, part="", period=month)
                for table in TABLES
            }
        )
        end = month.ends_at(self._zone)
        if all(load is not None and load.loaded_at >= end for load in held.values()):
            return []
        folder = self._home / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="work-") as name:
            at = self._clock.now()
            key = await self._database.write(reference_key)
            written = await self._database.read(
                partial(_write, folder=Path(name), month=month, zone=self._zone, key=key)
            )
            new = []
            for one in written:
                before = held[one.table]
                # once the month is over it is written down that nothing more will come
                if before is None or before.content_digest != one.digest or at >= end:
                    new.append(self._place(one, month, before, at=at, is_over=at >= end))
        return await self._database.write(partial(_register, new=new))

    def _place(
        self, one: _Written, month: Period, before: Load | None, *, at: datetime, is_over: bool
    ) -> NewLoad:
        path = f"{FOLDER}/{one.table}/{month}-{self._clock.new_uuid()}.parquet"
        place = self._home / path
        place.parent.mkdir(mode=0o700, exist_ok=True)
        one.path.rename(place)
        return NewLoad(
            event_table=one.table,
            period=month,
            source=SOURCE,
            digest=one.digest,
            path=path,
            content_digest=one.digest,
            rows_read=one.rows,
            rows_counted=one.rows,
            partial=not is_over,
            findings=Findings(remarks=() if is_over else ("the month is not over yet",)),
            loaded_at=at,
            loaded_by=journal.SYSTEM,
            replaces=None if before is None else before.id,
        )


def _register(connection: Connection, *, new: list[NewLoad]) -> list[Load]:
    found = []
    for one in new:
        load = measure_loads.find(connection, measure_loads.add(connection, one))
        assert load is not None
        found.append(load)
    return found


def reference_key(connection: Connection) -> bytes:
    """Returns the key by which files for measuring tell declarations apart; made when needed."""
    fresh = secrets.token_hex(32)
    return bytes.fromhex(properties.keep(connection, properties.REFERENCE_KEY, fresh))


def _write(
    connection: Connection, *, folder: Path, month: Period, zone: ZoneInfo, key: bytes
) -> list[_Written]:
    """Steps 1 and 2."""
    given: Counter[tuple[date, str, str, str]] = Counter()
    paths = {table: folder / f"{table}.parquet" for table in TABLES}
    with ExitStack() as open_files:
        files = {
            table: open_files.enter_context(RowsFile(EVENT_TABLES[table], path))
            for table, path in paths.items()
        }
        for batch in results.batches_since(
            connection,
            decided_from=month.starts_at(zone).astimezone(UTC),
            decided_until=month.ends_at(zone).astimezone(UTC),
        ):
            on = batch.decided_at.astimezone(zone).date()
            for line in batch.lines():
                if line.is_purged:
                    continue
                result = orjson.loads(line.result)
                result["reference"] = _unnamed(result["reference"], key)
                for party in quoted(result):
                    said = _said(result, party, decided_at=batch.decided_at, on=on)
                    files["quotations"].add(quotation(result, party) | said)
                    for row in grants(party):
                        files["grants"].add(row | said | {"on": on})
                        if row["granted"] and not row["shadow"]:
                            whose = said["partner"] or "", said["arrangement"] or ""
                            given[on, *whose, row["benefit"]] += 1
        for (on, partner, arrangement, benefit), count in sorted(given.items()):
            files["reported_benefits"].add(
                {
                    "partner": partner,
                    "arrangement": arrangement,
                    "direction": "given",
                    "benefit": benefit,
                    "number": count,
                    "on": on,
                }
            )
    return [
        _Written(table, path, _digest(path), files[table].count) for table, path in paths.items()
    ]


def quoted(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yields the parties of a result for which an identifier was declared and looked up."""
    for party in result["results"]:
        if reason_of(party) != RecognitionReason.IDENTIFIER_NOT_DECLARED:
            yield party


def quotation(result: Mapping[str, Any], party: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what became of one party, as a row of `quotations`."""
    return {
        "flow": result["type"],
        "outcome": "unmatched" if party.get("tin") is None else "matched",
        "recognised": party["recognised"],
        "reason": reason_of(party),
    }


def grants(party: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the benefits of one party, as rows of `grants`."""
    for benefit in (*party.get("benefits", ()), *party.get("holder_benefits", ())):
        yield {
            "benefit": benefit["code"],
            "granted": benefit["granted"],
            "shadow": party.get("shadow", False),
            "reason": benefit["reason"],
        }


def reason_of(party: Mapping[str, Any]) -> str:
    """Returns the reason of the first step that failed; `OK` where none did."""
    return next(
        (step["reason"] for step in party.get("steps", ()) if not step["passed"]),
        RecognitionReason.OK.value,
    )


def _said(
    result: Mapping[str, Any], party: Mapping[str, Any], *, decided_at: datetime, on: date
) -> dict[str, Any]:
    return {
        "declaration": result["reference"],
        "decided_at": decided_at,
        "decided_on": on,
        "partner": party.get("partner"),
        "arrangement": party.get("arrangement"),
        "tier": party.get("tier"),
    }


def _unnamed(reference: str, key: bytes) -> str:
    return hashlib.blake2b(reference.encode(), key=key, digest_size=16).hexdigest()


def _digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest.trusted(hashlib.file_digest(file, "sha256").hexdigest())
