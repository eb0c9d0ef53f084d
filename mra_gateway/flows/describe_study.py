"""Describes a study by sample: what each stage says, and how many more measurements to take.

1. the loads of samples that count, of every period: a study may take weeks
2. its measurements, told apart by what was measured, direction, stage, whose and phase
3. means and medians with intervals, and advice (`indicators/studies.py`)
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from mra_gateway.analytics.engine import open_engine
from mra_gateway.analytics.measure import event_rows
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.gather_events import Days, gather_loads
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.studies import Stage, Taken, describe
from mra_gateway.store.database import Database

TOLD_APART: Final = ("kind", "flow", "stage", "whose", "phase")
"""What `Stage.of` holds, in its order; empty where the sample does not state it."""

_WHOSE: Final = {True: "aeo", False: "non_aeo", None: ""}
_ALWAYS: Final = Days(date.min, date.max)


async def describe_study(
    study: str, *, database: Database, home: Path, within: float
) -> tuple[Stage, ...]:
    """Returns what the stages of a study say.

    Args:
        study: Its name, as its samples state it.
        database: Of the loads.
        home: Where their files lie.
        within: How near the means should be known, as a share of them.

    Raises:
        RequestRefused: No sample of it is loaded.
        StoreError: The database failed.
    """
    table = EVENT_TABLES["samples"]
    content = await database.read(lambda c: gather_loads(c, table, _ALWAYS, home=home))
    rows: list[dict[str, Any]] = []
    if content is not None:
        with (
            tempfile.TemporaryDirectory(prefix="study-") as work,
            open_engine("duckdb", folder=Path(work)) as engine,
        ):
            samples = event_rows(engine, table, content.rows)
            chosen = samples.filter((samples.study == study) & samples.measured.notnull())
            ordered = chosen.order_by("kind", "flow", "stage", "aeo", "phase", "unit", "measured")
            rows = engine.run(ordered).to_pylist()
    if not rows:
        text = f"no sample of a study {study[:60]!r} is loaded"
        raise RequestRefused(text, reason=Reason.NOT_FOUND)
    return describe((_taken(row) for row in rows), within=within)


def _taken(row: Mapping[str, Any]) -> Taken:
    told = (row["kind"], row["flow"], row["stage"], _WHOSE[row["aeo"]], row["phase"])
    return Taken(tuple(each or "" for each in told), row["unit"] or "", row["measured"])
