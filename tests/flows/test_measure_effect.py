"""What an arrangement changed, from loaded declarations to the words an officer reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from mra_gateway.analytics.before_after import find_cells
from mra_gateway.analytics.engine import EngineName, open_engine
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.measure_effect import (
    EffectMeter,
    EffectRequest,
    declared_rows,
    effect_of,
    question_of,
)
from mra_gateway.indicators.effect_words import tell_difference
from mra_gateway.indicators.matched_sums import Cell
from mra_gateway.model.arrangement_effect import EffectMeasure, Obstacle, Span, Verdict
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import ArrangementId, Digest, Territory
from mra_gateway.model.measured_loads import NewLoad
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import load_registry
from mra_gateway.settings import data_folder
from mra_gateway.store import measure_loads
from mra_gateway.store.database import Database
from tests.support.cli import Home, run
from tests.support.simulated_trade import PUBLISHED, Plan, simulate

ID = ArrangementId("KR-CN-2013")
STARTED = date(2025, 7, 1)
PERIOD = Period("2025")
SECOND_HALF = Span(first_on=STARTED, last_on=date(2025, 12, 31))
HOURS, INSPECTED = EffectMeasure.RELEASE_HOURS, EffectMeasure.INSPECTED
Row = dict[str, Any]


@cache
def arrangement() -> Arrangement:
    return load_registry(data_folder("partners")).get_arrangement(ID)


def request(**changes: Any) -> EffectRequest:
    return EffectRequest(arrangement(), PERIOD, HOURS, STARTED)._replace(**changes)


@cache
def declarations(effect: float = PUBLISHED) -> tuple[Row, ...]:
    """Two years, a row for each consignment, with what must not be taken in among them."""
    traffic = simulate(2, Plan(effect=effect, recognised=12, others=12))
    rows = [row for cell in (*traffic.earlier, *traffic.after) for row in _rows(cell)]
    rows += [row | {"operator": None, "release_hours": 999.0} for row in rows[:50]]
    foreign = [row | {"operator": "of another", "release_hours": 999.0} for row in rows[:400]]
    rows += [row | {"arrangement": "CN-MN-2025", "foreign_aeo": True} for row in foreign]
    rows += [row | {"release_hours": None} for row in rows[:20]]
    return tuple(rows)


def _rows(cell: Cell) -> Iterator[Row]:
    flow, mode, chapter, aeo = cell.stratum.split("|")
    for year, cases, summed in (
        (2024, cell.base_cases, cell.base_sum),
        (2025, cell.cases, cell.sum),
    ):
        for number in range(int(cases)):
            recognised = cell.recognised and year == 2025 and cell.month >= STARTED.month
            yield {
                "operator": cell.operator,
                "released_on": date(year, cell.month, 7 * cell.week + 1 + number % 7),
                "flow": flow,
                "mode": mode,
                "chapter": chapter,
                "aeo": aeo == "yes",
                "foreign_aeo": recognised and number % 5 != 4,
                "arrangement": ID if recognised and number % 5 != 4 else None,
                "release_hours": summed / cases,
                "inspected": number % 4 == 0,
            }


def cells_by_hand(rows: Sequence[Row], span: Span, *, measure: EffectMeasure) -> list[Cell]:
    """The cells of a span and the year before, by loops."""
    joined: dict[str, date] = {}
    elsewhere = set()
    for row in rows:
        if row["operator"] is None or not row["foreign_aeo"]:
            continue
        on, name = row["released_on"], row["operator"]
        if row["arrangement"] != ID:
            elsewhere.add(name)
        elif on >= STARTED:
            joined[name] = min(on, joined.get(name, on))
    sums: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 4)
    for row in rows:
        name, on, value = row["operator"], row["released_on"], row[measure.value]
        own = name in joined
        if name is None or value is None or (name in elsewhere and not own):
            continue
        this_year = date(2025, on.month, on.day)
        if not span.first_on <= this_year <= span.last_on:
            continue
        if own and span == SECOND_HALF and this_year < joined[name]:
            continue
        stratum = "|".join((row["flow"], row["mode"], row["chapter"], str(row["aeo"]).lower()))
        week = sums[name, own, stratum, on.month, min(3, (on.day - 1) // 7)]
        at = 0 if on.year == 2024 else 2
        week[at] += 1
        week[at + 1] += float(value)
    wanted = {key[2] for key in sums if key[1]}
    units: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0.0] * 4)
    for key, week in sums.items():
        units[key[:4]] = [a + b for a, b in zip(units[key[:4]], week, strict=True)]
    paired, alone = [], 0.0
    for key, week in sorted(sums.items()):
        if key[2] in wanted and min(units[key[:4]][::2]) > 0:
            paired.append(Cell(*key, *week))
        elif key[1]:
            alone += week[2]
    return [*paired, Cell("", True, "", 0, 0, 0.0, 0.0, alone, 0.0)]


def found_cells(
    rows: Any, folder: Path, span: Span, *, measure: EffectMeasure, name: EngineName = "duckdb"
) -> list[Cell]:
    with open_engine(name, folder=folder) as engine:
        return find_cells(
            engine,
            declared_rows(engine, rows),
            arrangement=ID,
            measure=measure,
            recognised_in=SECOND_HALF,
            span=span,
            years=1,
        ).cells


@pytest.mark.parametrize("measure", EffectMeasure)
@pytest.mark.parametrize(
    "span", [SECOND_HALF, Span(first_on=date(2025, 1, 1), last_on=date(2025, 6, 30))]
)
def test_cells_are_those_of_plain_loops(tmp_path: Path, span: Span, measure: EffectMeasure) -> None:
    table = pa.Table.from_pylist(list(declarations()))
    found = found_cells(table, tmp_path, span, measure=measure)
    wanted = cells_by_hand(declarations(), span, measure=measure)
    assert [cell[:5] for cell in found] == [cell[:5] for cell in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[5:] == pytest.approx(other[5:])


def test_an_effect_is_shown_and_what_is_missing_is_named(tmp_path: Path) -> None:
    question = question_of(request(), STARTED)
    assert (question.compared, question.years) == (SECOND_HALF, 1)
    rows = list(declarations())
    cases = {
        None: rows,
        Obstacle.NO_OPERATORS_NAMED: [row | {"operator": None} for row in rows],
        Obstacle.NO_YEAR_BEFORE: [row for row in rows if row["released_on"].year == 2025],
        Obstacle.NOBODY_RECOGNISED: [row | {"foreign_aeo": False} for row in rows],
        Obstacle.NO_COMPARISON_GROUP: [row for row in rows if _is_theirs(row)],
        Obstacle.NO_EARLIER_COMPARISON: [row for row in rows if row["released_on"].month > 6],
        Obstacle.PERIOD_TOO_SHORT: [
            row
            for row in rows
            if row["released_on"].month < 7
            or (row["released_on"].month, row["released_on"].day < 15) == (10, True)
        ],
        Obstacle.NO_OVERLAP: [
            row | {"mode": "5"} if row["released_on"] >= STARTED else row for row in rows
        ],
    }
    with open_engine("duckdb", folder=tmp_path) as engine:
        for why, given in cases.items():
            effect = effect_of(engine, declared_rows(engine, pa.Table.from_pylist(given)), question)
            if why is None:
                assert effect.verdict is Verdict.SHOWN
                assert effect.change is not None
                assert effect.change.interval.low < PUBLISHED < effect.change.interval.high
                assert effect.use is not None
                assert 0.9 < effect.use < 1
            else:
                assert effect.verdict is Verdict.DATA_CANNOT_CARRY_IT
                assert why in effect.obstacles


def _is_theirs(row: Row) -> bool:
    return row["operator"] in {f"operator {number}" for number in range(12)}


@pytest.mark.parametrize(
    ("period", "started", "compared", "base"),
    [
        ("2025-08", "2025-07-01", ("2025-08-01", "2025-08-31"), ("2024-08-01", "2024-08-31")),
        ("2025-Q3", "2025-07-20", ("2025-07-20", "2025-09-30"), ("2024-07-20", "2024-09-30")),
        ("2026-09", "2025-07-01", ("2026-09-01", "2026-09-30"), ("2024-09-01", "2024-09-30")),
        ("2024-02", "2024-02-01", ("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28")),
    ],
)
def test_the_base_is_the_same_days_of_the_last_year_before_the_start(
    period: str, started: str, compared: tuple[str, str], base: tuple[str, str]
) -> None:
    question = question_of(request(period=Period(period)), date.fromisoformat(started))
    days = [(str(span.first_on), str(span.last_on)) for span in (question.compared, question.base)]
    assert days == [compared, base]


async def test_what_counts_of_the_loads_is_measured(database: Database, tmp_path: Path) -> None:
    meter = EffectMeter(database=database, home=tmp_path, us=Territory("CN"))
    assert (await meter.measure(request())).obstacles == (Obstacle.NO_YEAR_BEFORE,)
    for year in (2024, 2025):
        rows = [row for row in declarations() if row["released_on"].year == year]
        await keep(database, tmp_path, "declarations", Period(str(year)), rows)
    effect = await meter.measure(request())
    assert (effect.verdict, effect.partial) == (Verdict.SHOWN, False)
    too_early = await meter.measure(request(period=Period("2025-06")))
    assert too_early.obstacles == (Obstacle.NOT_YET,)
    none = await meter.measure(request(measure=INSPECTED))
    assert none.verdict is Verdict.NOT_SHOWN


async def test_the_published_pilot_entered_as_samples_shows_a_difference_and_no_effect(
    database: Database, tmp_path: Path
) -> None:
    meter = EffectMeter(database=database, home=tmp_path, us=Territory("CN"))
    with pytest.raises(RequestRefused) as refused:
        await meter.study("pilot")
    assert refused.value.reason is Reason.NOT_FOUND
    times = {
        ("export", "before"): 10 + 17 / 60,
        ("export", "after"): 3 + 54 / 60,
        ("import", "before"): 5 + 10 / 60,
        ("import", "after"): 2 + 16 / 60,
    }
    rows = [
        {"study": "pilot", "kind": "time", "flow": flow, "phase": phase, "measured": hours}
        for (flow, phase), hours in times.items()
    ]
    await keep(database, tmp_path, "samples", Period("2013"), rows)
    found = await meter.study("pilot")
    assert [(one.flow, round(one.found.change * 100, 1)) for one in found] == [
        ("export", -62.1),
        ("import", -56.1),
    ]
    for one in found:
        assert one.found.verdict is Verdict.DATA_CANNOT_CARRY_IT
        assert one.found.obstacles == (Obstacle.AVERAGES_ONLY, Obstacle.NO_CONTROL)
        assert one.found.interval is None
        said = {row.label.en: row.text.en for row in tell_difference(one.found)}
        assert said["what it proves"].endswith("nothing about chance or cause.")


async def keep(
    database: Database, home: Path, table: str, period: Period, rows: Sequence[Row]
) -> None:
    """Takes rows in as a load."""
    path = f"{table}-{period}.parquet"
    parquet.write_table(pa.Table.from_pylist(list(rows)), home / path)
    load = NewLoad(
        event_table=table,
        period=period,
        source=path,
        digest=Digest("0" * 64),
        path=path,
        content_digest=Digest("0" * 64),
        rows_read=len(rows),
        rows_counted=len(rows),
        loaded_at=datetime(2026, 1, 1, tzinfo=UTC),
        loaded_by="olga",
    )
    await database.write(lambda connection: measure_loads.add(connection, load))


def test_an_officer_is_told_in_words(china: Home) -> None:
    asked = ("kpi", "effect", "--arrangement", ID, "--period", "2014")
    told = china.ok(*asked).out
    assert "verdict: the data cannot carry it" in told
    assert "nothing is loaded of the same days before the arrangement" in told
    assert "данных для вывода недостаточно" in china.ok(*asked, "--language", "ru").out
    assert china.ok(*asked, "--json").out.count('"no_year_before"') == 1
    assert china.run(*asked[:3], "KR-XX-1", *asked[4:]).code != 0


def test_two_averages_are_told_with_our_own_arithmetic_beside_what_was_published() -> None:
    first = run("kpi", "difference", "--before", "10:17", "--after", "3:54", "--published", "-62.1")
    assert "difference: −62.1 %" in first.out
    assert "published: −62.1 %, as computed here" in first.out
    given = ("kpi", "difference", "--before", "5:10", "--after", "2:16")
    second = run(*given, "--published", "-55.9")
    assert "published: −55.9 %; the times stated give −56.1 %" in second.out
    assert "verdict on an effect: the data cannot carry it" in second.out
    sized = run(*given, "--cases", "80", "60", "--deviations", "3:00", "1:30", "--json").document
    assert sized[0]["found"]["obstacles"] == ["no_control"]
    assert -0.7 < sized[0]["found"]["interval"]["low"] < sized[0]["found"]["change"]
    assert run(*given[:-1], "2:76").code != 0
