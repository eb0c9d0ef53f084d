"""A period is taken in once; a correction replaces what was there and keeps it; gaps are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mra_gateway.clock import HandMovedClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.gather_impact import InputRefused
from mra_gateway.flows.measure_load import MeasureLoader
from mra_gateway.flows.measure_request import LoadRequest
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.measured_loads import Load
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.periods import Period
from mra_gateway.store import measure_loads, properties
from mra_gateway.store.database import Database
from tests.support.measured_month import (
    ALMATY,
    HEADINGS,
    JULY,
    clean_rows,
    shipped,
    unnamed,
    write_csv,
)

RISK = Actor(
    name=OfficerName("risk.officer"), display_name="R", roles=frozenset({OfficerRole.RISK})
)
AUDITOR = Actor(
    name=OfficerName("an.auditor"), display_name="A", roles=frozenset({OfficerRole.AUDITOR})
)


@pytest.fixture
def loader(database: Database, tmp_path: Path) -> MeasureLoader:
    home = tmp_path / "home"
    home.mkdir()
    return MeasureLoader(
        database=database,
        registry=shipped(),
        clock=HandMovedClock(datetime(2025, 9, 1, tzinfo=UTC)),
        home=home,
        zone=ALMATY,
    )


def request(file: Path, **said: object) -> LoadRequest:
    given: dict[str, object] = {"event_table": "declarations", "period": JULY, "file": file}
    return LoadRequest(**{**given, **said})  # type: ignore[arg-type]


async def counting(database: Database, period: Period = JULY) -> list[Load]:
    return list(
        await database.read(
            lambda c: measure_loads.current(
                c, "declarations", first=period.first_on, last=period.last_on
            )
        )
    )


async def test_a_month_is_taken_once_and_a_correction_replaces_it(
    database: Database, loader: MeasureLoader, tmp_path: Path
) -> None:
    rows = clean_rows()
    path = write_csv(tmp_path / "july.csv", rows)
    first = await loader.load(request(path), by=RISK)
    assert (first.rows_counted, first.partial, first.replaces) == (31, False, None)
    assert first.findings.fields["released_at"] == "Released at"
    kept = pq.read_table(tmp_path / "home" / first.path)
    assert kept.num_rows == 31

    with pytest.raises(RequestRefused) as refused:
        await loader.load(request(path), by=RISK)
    assert refused.value.reason is Reason.ALREADY_LOADED
    with pytest.raises(RequestRefused) as refused:
        await loader.load(request(path), by=AUDITOR)
    assert refused.value.reason is Reason.NOT_PERMITTED

    rows[3]["Lane"] = "yellow"
    second = await loader.load(request(write_csv(tmp_path / "new.csv", rows)), by=RISK)
    assert second.replaces == first.id
    assert [one.id for one in await counting(database)] == [second.id]
    history = await database.read(measure_loads.history)
    assert [(one.id, one.replaced_by) for one in history] == [
        (first.id, second.id),
        (second.id, None),
    ]
    assert (tmp_path / "home" / first.path).exists()

    # the first file again is a correction of the correction
    third = await loader.load(request(path), by=RISK)
    assert third.replaces == second.id
    fourth = await loader.load(request(path, again=True), by=RISK)
    assert [one.id for one in await counting(database)] == [fourth.id]


async def test_periods_that_overlap_are_refused_and_parts_complete_each_other(
    database: Database, loader: MeasureLoader, tmp_path: Path
) -> None:
    rows = clean_rows()
    await loader.load(request(write_csv(tmp_path / "a.csv", rows[:20])), by=RISK)
    rest = write_csv(tmp_path / "b.csv", rows[15:])
    with pytest.raises(RequestRefused) as refused:
        await loader.load(request(rest, period=Period("2025-Q3")), by=RISK)
    assert refused.value.reason is Reason.PERIODS_OVERLAP

    second = await loader.load(request(rest, part="exports"), by=RISK)
    assert (second.rows_counted, second.rows_doubled) == (11, 5)
    assert second.findings.by_reason == {Reason.ROW_DOUBLED: 5}
    assert sum(one.rows_counted for one in await counting(database)) == 31


async def test_a_declaration_counts_in_one_month_only(
    database: Database, loader: MeasureLoader, tmp_path: Path
) -> None:
    july = clean_rows()
    july[30]["Released at"] = ""
    await loader.load(request(write_csv(tmp_path / "july.csv", july)), by=RISK)
    # released in August: one that was still open, one that was counted, and a number used again
    august = clean_rows(first=date(2025, 8, 1), days=3)
    august[0] = july[30] | {"Released at": "2025-08-01 09:00"}
    august[1] = july[3] | {"Released at": "2025-08-02 09:00"}
    load = await loader.load(
        request(write_csv(tmp_path / "august.csv", august), period=Period("2025-08")), by=RISK
    )
    table = pq.read_table(tmp_path / "home" / load.path)
    key = await database.read(lambda c: properties.find(c, properties.REFERENCE_KEY))
    assert key is not None
    assert set(table["declaration"].to_pylist()) == {
        unnamed(name, bytes.fromhex(key)) for name in ("D000002", "D000030")
    }
    assert [(one.row, one.reason) for one in load.findings.faults] == [(3, Reason.ROW_DOUBLED)]
    assert sum(one.rows_counted for one in await counting(database)) == 30


async def test_half_a_month_is_partial_and_its_missing_days_are_named(
    loader: MeasureLoader, tmp_path: Path
) -> None:
    working = [
        row for row in clean_rows() if date.fromisoformat(row["Released at"][:10]).weekday() < 5
    ]
    whole = await loader.load(request(write_csv(tmp_path / "whole.csv", working)), by=RISK)
    assert (whole.partial, whole.findings.days_missing) == (False, ())

    half = [row for row in working if row["Released at"] < "2025-07-16"]
    del half[4]
    load = await loader.load(
        request(write_csv(tmp_path / "half.csv", half), closed_on=[date(2025, 7, 31)]), by=RISK
    )
    assert load.partial
    missing = load.findings.days_missing
    assert missing[0] == date(2025, 7, 7)
    assert missing[1:3] == (date(2025, 7, 16), date(2025, 7, 17))
    assert date(2025, 7, 31) not in missing


async def test_rows_at_fault_make_a_load_partial_and_only_faults_make_none(
    database: Database, loader: MeasureLoader, tmp_path: Path
) -> None:
    rows = clean_rows()
    rows[8]["Lane"] = "turquoise"
    load = await loader.load(request(write_csv(tmp_path / "f.csv", rows)), by=RISK)
    assert (load.partial, load.rows_faulty, load.rows_counted) == (True, 1, 30)
    assert [(one.row, one.column, one.reason) for one in load.findings.faults] == [
        (10, "Lane", Reason.LANE_UNKNOWN)
    ]
    for row in rows:
        row["Lane"] = "turquoise"
    august = Period("2025-08")
    with pytest.raises(InputRefused) as refused:
        await loader.load(
            request(write_csv(tmp_path / "g.csv", rows), period=JULY, part="other"), by=RISK
        )
    assert refused.value.problems[0].where.endswith("g.csv, row 2, column 'Lane'")
    assert await counting(database, august) == []
    assert len(list((tmp_path / "home" / "measured" / "declarations").iterdir())) == 1


async def test_a_renamed_column_is_missed_until_an_officer_says_what_became_of_it(
    loader: MeasureLoader, tmp_path: Path
) -> None:
    await loader.load(request(write_csv(tmp_path / "july.csv", clean_rows())), by=RISK)
    august = Period("2025-08")
    renamed = ["Way" if name == "Lane" else name for name in HEADINGS]
    rows = clean_rows(first=date(2025, 8, 1))
    path = write_csv(tmp_path / "august.csv", rows, headings=renamed)
    with pytest.raises(RequestRefused, match=r"no column is the lane.*'Lane'.*'Way'") as refused:
        await loader.load(request(path, period=august), by=RISK)
    assert refused.value.reason is Reason.COLUMN_MISSING

    said = await loader.load(request(path, period=august, columns={"lane": "Way"}), by=RISK)
    assert said.findings.fields["lane"] == "Way"
    # or there is none any more
    left = await loader.load(request(path, period=august, left=["lane"], again=True), by=RISK)
    assert pq.read_table(tmp_path / "home" / left.path)["lane"].null_count == 31


async def test_what_a_file_does_not_state_is_stated_for_it(
    loader: MeasureLoader, tmp_path: Path
) -> None:
    rows = [{**row} for row in clean_rows()]
    for row in rows:
        del row["Type"]
        row["Currency"] = ""
    headings = [name for name in HEADINGS if name != "Type"]
    path = write_csv(tmp_path / "exports.csv", rows, headings=headings)
    with pytest.raises(RequestRefused, match="no column is the flow"):
        await loader.load(request(path), by=RISK)
    load = await loader.load(request(path, stated={"flow": "export", "currency": "KZT"}), by=RISK)
    table = pq.read_table(tmp_path / "home" / load.path)
    assert set(table["flow"].to_pylist()) == {"export"}
    assert load.findings.currency == "KZT"


async def test_samples_of_a_study_are_read_in_hours_however_they_were_written(
    loader: MeasureLoader, tmp_path: Path
) -> None:
    path = tmp_path / "study.csv"
    path.write_text(
        "Study;Stage;Duration;Unit;Phase;AEO;Date\n"
        "Pilot;arrival to release;10 h 17;;before;yes;2013-05-02\n"
        "Pilot;arrival to release;3:54;;after;yes;2013-06-02\n"
        "Pilot;lodging to release;310;min;до;нет;2013-05-03\n"
        "Pilot;lodging to release;soon;h;after;no;2013-06-03\n"
        "Pilot;lodging to release;2;parsecs;after;no;2013-06-03\n"
        "Pilot;lodging to release;2;h;during;no;2013-06-03\n"
        "Pilot;lodging to release;2;h;after;no;2014-06-03\n"
        "Costs;whole;120,5;KZT;before;no;2013-05-03\n",
        encoding="utf-8",
    )
    year = Period("2013")
    load = await loader.load(request(path, event_table="samples", period=year), by=RISK)
    rows = pq.read_table(tmp_path / "home" / load.path).to_pylist()
    assert [(row["source_row"], row["kind"], row["unit"], row["phase"]) for row in rows] == [
        (2, "time", "h", "before"),
        (3, "time", "h", "after"),
        (4, "time", "h", "before"),
        (9, "cost", "KZT", "before"),
    ]
    assert [row["measured"] for row in rows] == pytest.approx([10 + 17 / 60, 3.9, 31 / 6, 120.5])
    assert rows[0]["stage"] == "arrival_to_release"
    assert [(one.row, one.reason) for one in load.findings.faults] == [
        (5, Reason.VALUE_UNREADABLE),
        (6, Reason.WORD_UNKNOWN),
        (7, Reason.WORD_UNKNOWN),
        (8, Reason.OUTSIDE_PERIOD),
    ]
    assert load.partial
    # the same file holds the next year too
    later = await loader.load(request(path, event_table="samples", period=Period("2014")), by=RISK)
    assert later.rows_counted == 1
