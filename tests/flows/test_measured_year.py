"""From an export as it comes to figures of a month and of the year, and SQL beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pyarrow import parquet

from mra_gateway.clock import HandMovedClock
from mra_gateway.flows.measure import Measurer
from mra_gateway.flows.measure_load import MeasureLoader
from mra_gateway.flows.measure_request import LoadRequest
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import load_registry
from mra_gateway.store import figures
from mra_gateway.store.database import InlineDatabase
from mra_gateway.store.every_table import metadata
from tests.support import measured_export, measured_sql, measured_year

COUNT = 1_800
OFFICER = Actor(
    name=OfficerName("risk.officer"), display_name="R", roles=frozenset({OfficerRole.RISK})
)


@pytest.mark.one_database("figures are the same whatever keeps them")
async def test_figures_from_an_export_are_what_sql_makes_of_it_by_itself(tmp_path: Path) -> None:
    database = InlineDatabase()
    await database.write(metadata.create_all)
    true = measured_year.write_declarations(tmp_path / "true.parquet", COUNT)
    export = measured_export.write_export(tmp_path / "export.csv", true)
    registry, clock = load_registry(), HandMovedClock(datetime(2026, 1, 15, tzinfo=UTC))
    loader = MeasureLoader(
        database=database,
        registry=registry,
        clock=clock,
        home=tmp_path,
        zone=ZoneInfo(measured_year.ZONE),
    )
    asked = LoadRequest(event_table="declarations", file=export, period=Period("2025"))
    load = await loader.load(asked, by=OFFICER)

    cleaned = measured_export.clean(export, tmp_path / "cleaned.parquet")
    assert load.rows_counted == parquet.read_metadata(cleaned).num_rows
    assert min(load.rows_faulty, load.rows_doubled) > 25
    measurer = Measurer(
        database=database,
        home=tmp_path,
        clock=clock,
        regions=registry.regions,
        indicators=[
            fact.value
            for catalogue in registry.indicators.values()
            for fact in catalogue.indicators
            if fact.value is not None and fact.value.of == "declarations"
        ],
    )
    only = frozenset(
        name for name, query in measured_sql.QUERIES.items() if query.table == "declarations"
    )
    for period in (Period("2025-07"), Period("2025")):
        await measurer.measure(period)
        held = await database.read(partial(figures.of_period, period=period))
        found = {
            (
                str(one.figure.indicator),
                one.figure.breakdown.value,
                tuple(one.figure.group.values()),
            ): one.figure
            for one in held
        }
        expected = measured_sql.compute(
            {"declarations": cleaned}, first=period.first_on, last=period.last_on, only=only
        )
        assert found.keys() == expected.keys()
        for key, sql in expected.items():
            assert found[key].value == exactly(sql.value), key
            assert found[key].denominator == exactly(sql.denominator), key
            assert found[key].partial, "rows at fault are missing"


def exactly(value: float | None) -> object:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
