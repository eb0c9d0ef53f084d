"""Figures of every indicator equal an independent computation, and are computed in a few passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mra_gateway.analytics.engine import Engine, open_engine
from mra_gateway.analytics.measure import Measured, event_rows, measure
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.indicators import Indicator
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import Registry, load_registry
from tests.support import measured_sql, measured_year

COUNT, ROWS = 8_000, 500
WORDS = {
    "indicator": ("carec:uptake.applications", "carec:uptake.approved", "carec:cost.import"),
    "survey": ("acceptance", "another"),
    "unit": ("h",),
    "partner": ("CN", "TR"),
    "arrangement": ("CN-UZ-2024", "TR-UZ-2025"),
    "tier": ("certified", "advanced"),
    "benefit": ("inspection_lower", "priority"),
    "outcome": ("applied", "refused", "conflict"),
    "category": ("process", "benefits", "other"),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def indicators(registry: Registry) -> list[Indicator]:
    return [
        fact.value
        for catalogue in registry.indicators.values()
        for fact in catalogue.indicators
        if fact.value is not None
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("year")
    found = {}
    for name, table in EVENT_TABLES.items():
        path = folder / f"{name}.parquet"
        if name == "declarations":
            measured_year.write_declarations(path, COUNT)
        else:
            rows = measured_year.rows_of(table, ROWS, seed=3, words=WORDS)
            if name == "ratings":
                for at, row in enumerate(rows):
                    row |= {"scale_from": 1.0, "scale_to": 10.0 if at % 3 else 5.0}
            measured_year.write_rows(path, table, rows)
        found[name] = path
    return found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine("duckdb", folder=tmp_path) as opened:
        yield opened


def measured(
    engine: Engine,
    files: dict[str, Path],
    indicators: list[Indicator],
    period: Period,
    registry: Registry,
) -> dict[measured_sql.Key, Measured]:
    found: dict[measured_sql.Key, Measured] = {}
    for table in EVENT_TABLES.values():
        over = [one for one in indicators if one.of == table.name]
        rows = event_rows(engine, table, [files[table.name]], regions=registry.regions)
        for one in measure(engine, over, table=table, rows=rows, period=period):
            key = (str(one.indicator), one.breakdown.value, tuple(one.group.values()))
            assert key not in found, "no figure is there twice"
            found[key] = one
    return found


@pytest.mark.parametrize("period", ["2025-07", "2025-Q1", "2025"])
def test_every_figure_of_both_catalogues_is_what_independent_sql_says(
    engine: Engine,
    files: dict[str, Path],
    indicators: list[Indicator],
    registry: Registry,
    period: str,
) -> None:
    assert measured_sql.QUERIES.keys() == {str(one.id) for one in indicators}
    asked = Period(period)
    found = measured(engine, files, indicators, asked, registry)
    expected = measured_sql.compute(files, first=asked.first_on, last=asked.last_on)
    assert found.keys() == expected.keys()
    for key, sql in expected.items():
        one = found[key].estimate
        assert one.numerator == exactly(sql.numerator), key
        assert one.denominator == exactly(sql.denominator), key
        assert one.value == exactly(sql.value), key
        if one.value is None:
            assert one.notes, "it is said why there is none"
        elif one.interval is None:
            assert any(note.code.startswith("interval_") for note in one.notes), key
        else:
            assert one.interval.low <= one.value <= one.interval.high, key
            assert one.interval.method
    values = [one for one in found.values() if one.estimate.value]
    assert len(values) > 0.7 * len(found), "the year is not empty"


def exactly(value: float | None) -> object:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


def test_indicators_of_the_same_groups_are_found_in_one_pass_and_medians_in_one_more(
    engine: Engine,
    files: dict[str, Path],
    indicators: list[Indicator],
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes: list[object] = []
    run = engine.run

    def noted(asked: object) -> object:
        passes.append(asked)
        return run(asked)

    monkeypatch.setattr(engine, "run", noted)
    over = [one for one in indicators if one.of == "declarations"]
    table = EVENT_TABLES["declarations"]
    rows = event_rows(engine, table, [files["declarations"]], regions=registry.regions)
    found = measure(engine, over, table=table, rows=rows, period=Period("2025-07"))
    columns = {
        (one.by, one.numerator.partition(".median")[0].partition(".quantile")[0])
        for one in over
        if ".median(" in one.numerator or ".quantile(" in one.numerator
    }
    assert len(passes) == len({one.by for one in over}) + len(columns)
    assert len(found) > 5 * len(passes)
