"""`python -m tests.benchmarks.measure_figures FOLDER MONTH …`: the product's part, alone.

The files of the folder are registered as loads; each month's figures are computed and stored, then
those of the first month once more.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pyarrow import parquet
from sqlalchemy import Connection

from mra_gateway.clock import SystemClock
from mra_gateway.flows.measure import Measurer
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measured_loads import NewLoad
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import load_registry
from mra_gateway.store import measure_loads
from mra_gateway.store.database import open_database
from mra_gateway.store.migrate import upgrade
from tests.benchmarks.measuring import peak_megabytes


async def main(folder: Path, months: list[str]) -> None:
    """Measures and prints."""
    registry = load_registry()
    indicators = [
        fact.value
        for catalogue in registry.indicators.values()
        for fact in catalogue.indicators
        if fact.value is not None
    ]
    database = open_database(f"sqlite:///{folder / 'store.sqlite'}")
    await database.write(upgrade)
    rows = await database.write(lambda c: [_load(c, folder, month) for month in months])
    await database.write(lambda c: _load_others(c, folder))
    measurer = Measurer(
        database=database,
        home=folder,
        clock=SystemClock(),
        indicators=indicators,
        regions=registry.regions,
    )
    seconds, on_processors, done = [], [], []
    for month in (*months, months[0]):
        started, before = time.perf_counter(), time.process_time()
        done.append(await measurer.measure(Period(month)))
        seconds.append(time.perf_counter() - started)
        on_processors.append(time.process_time() - before)
    await database.close()
    found = {
        "rows": rows,
        "seconds": seconds,
        "cpu": on_processors,
        "megabytes": peak_megabytes(os.getpid()),
        "figures": len(done[0].written),
        "indicators": len(done[0].computed),
        "again": len(done[-1].computed),
    }
    print(json.dumps(found))


def _load(connection: Connection, folder: Path, month: str) -> int:
    return _add(connection, "declarations", Period(month), folder / f"declarations-{month}.parquet")


def _load_others(connection: Connection, folder: Path) -> None:
    for name in EVENT_TABLES:
        if name != "declarations":
            _add(connection, name, Period("2025"), folder / f"{name}.parquet")


def _add(connection: Connection, table: str, period: Period, path: Path) -> int:
    digest = Digest(hashlib.sha256(path.name.encode()).hexdigest())
    rows: int = parquet.read_metadata(path).num_rows
    measure_loads.add(
        connection,
        NewLoad(
            event_table=table,
            period=period,
            source=path.name,
            digest=digest,
            path=path.name,
            content_digest=digest,
            rows_read=rows,
            rows_counted=rows,
            loaded_at=datetime.now(UTC),
            loaded_by="benchmark",
        ),
    )
    return rows


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
