"""What is computed again and what is kept: corrections, late data and definitions change what they
should and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from mra_gateway.clock import HandMovedClock
from mra_gateway.flows.gather_events import Content, Days
from mra_gateway.flows.measure import Done, Measurer
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import (
    Breakdown,
    EventTable,
    Figure,
    FigureStatus,
    Indicator,
    LineageInput,
    RegionList,
)
from mra_gateway.model.measured_loads import Findings, NewLoad
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import load_registry
from mra_gateway.store import figures, measure_loads
from mra_gateway.store.database import Database, InlineDatabase
from mra_gateway.store.every_table import metadata
from mra_gateway.store.figures import Held
from tests.support import measured_year
from tests.support.performance import an_indicator

pytestmark = pytest.mark.one_database("loads and figures are tested on both where they are kept")

JULY, AUGUST, QUARTER = Period("2025-07"), Period("2025-08"), Period("2025-Q3")
SHARE = an_indicator(
    "t:trade.share",
    of="declarations",
    numerator="_.value.sum(where=_.aeo)",
    denominator="_.value.sum()",
    by=("region",),
)
MEDIAN = an_indicator(
    "t:time.median",
    of="declarations",
    numerator="_.release_hours.median()",
    about=Breakdown.AEO,
    compare=(Breakdown.NON_AEO,),
)
LODGED = an_indicator(
    "t:lanes.green",
    of="declarations",
    numerator='_.count(where=_.lane == "green")',
    counted_on="lodged_on",
)
ENTERED = an_indicator("t:uptake.applications", numerator="_.value.sum()")
ALL = (SHARE, MEDIAN, LODGED, ENTERED)


class Office:
    """An administration that loads, corrects and measures."""

    def __init__(self, home: Path, regions: RegionList, database: Database) -> None:
        self.home, self.regions, self.database = home, regions, database
        self.clock = HandMovedClock(datetime(2025, 10, 1, tzinfo=UTC))
        self.indicators: tuple[Indicator, ...] = ALL
        self.entered: list[dict[str, Any]] | None = None
        self._loads = 0

    async def load(self, period: Period, *, seed: int = 1, also: str = "", **changes: Any) -> int:
        """Takes declarations in whose goods were released in a period."""
        self._loads += 1
        path = self.home / f"{self._loads}.parquet"
        within = f"where released_on between '{period.first_on}' and '{period.last_on}'"
        start = f"{period.first_on:%Y-%m-%d}"
        measured_year.write_declarations(
            path, 700, seed=seed, start=start, days=28, also=f"{within} {also}"
        )
        digest = Digest(hashlib.sha256(path.read_bytes()).hexdigest())
        rows = parquet.read_metadata(path).num_rows
        new = NewLoad(
            event_table="declarations",
            period=period,
            source=path.name,
            digest=digest,
            path=path.name,
            content_digest=digest,
            rows_read=rows,
            rows_counted=rows,
            loaded_at=self.clock.now(),
            loaded_by="officer",
        ).model_copy(update=changes)
        return await self.database.write(lambda c: measure_loads.add(c, new))

    async def measure(self, period: Period) -> Done:
        measurer = Measurer(
            database=self.database,
            home=self.home,
            clock=self.clock,
            indicators=self.indicators,
            regions=self.regions,
            gatherers={"entries": self._entries},
        )
        return await measurer.measure(period)

    async def newest(self, period: Period) -> dict[tuple[str, str, str], Held]:
        held = await self.database.read(lambda c: figures.of_period(c, period))
        return {
            (
                one.figure.indicator,
                one.figure.breakdown.value,
                ",".join(one.figure.group.values()),
            ): one
            for one in held
        }

    async def move(self, period: Period, to: FigureStatus) -> None:
        held, at = list((await self.newest(period)).values()), self.clock.now()
        await self.database.write(lambda c: figures.move(c, held, to=to, by="officer", at=at))

    def _entries(self, connection: object, table: EventTable, days: Days) -> Content | None:
        if self.entered is None:
            return None
        rows = measured_year.arrow(table, self.entered)
        digest = Digest(hashlib.sha256(repr(self.entered).encode()).hexdigest())
        source = LineageInput(kind="entries", id="entries", digest=digest, rows=rows.num_rows)
        return Content(rows, (source,), partial=False)


@pytest.fixture(scope="module")
def regions() -> RegionList:
    return load_registry().regions


@pytest.fixture
async def office(tmp_path: Path, regions: RegionList) -> Office:
    database = InlineDatabase()
    await database.write(metadata.create_all)
    return Office(tmp_path, regions, database)


def names(found: Iterable[Any]) -> set[str]:
    return {str(one).removeprefix("t:").split(".")[0] for one in found}


def _check_as_documented(figure: Figure, indicator: Indicator) -> None:
    """Computes the lineage as `partners/README.md` tells a stranger to."""
    names = ("id", "of", "numerator", "denominator", "scale", "span", "counted_on")
    told = {name: getattr(indicator, name) for name in names}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    definition = hashlib.sha256(text.encode()).hexdigest()
    inputs = [[one.kind, one.digest] for one in figure.lineage.inputs]
    said = json.dumps([1, definition, figure.period, figure.partial, inputs])
    assert definition == figure.lineage.definition
    assert hashlib.sha256(said.encode()).hexdigest() == figure.lineage.digest


async def test_what_was_computed_from_the_same_is_kept(office: Office) -> None:
    await office.load(JULY)
    first = await office.measure(JULY)
    assert names(first.computed) == {"trade", "time", "lanes"}
    assert names(first.without_data) == {"uptake"}
    before = await office.newest(JULY)
    again = await office.measure(JULY)
    assert (again.written, again.computed) == ((), ())
    assert names(again.kept) == {"trade", "time", "lanes", "uptake"}
    assert await office.newest(JULY) == before
    share = before["t:trade.share", "all", ""].figure
    assert {one.kind for one in share.lineage.inputs} == {"load", "regions"}
    _check_as_documented(share, SHARE)
    assert share.lineage.inputs[0].rows == parquet.read_metadata(office.home / "1.parquet").num_rows
    assert share.value == pytest.approx(sql(office, 1, "sum(value) filter (aeo) / sum(value)"))
    assert share.interval is not None


async def test_another_month_costs_only_itself_and_changes_only_what_was_late(
    office: Office,
) -> None:
    await office.load(JULY)
    await office.measure(JULY)
    july = await office.newest(JULY)
    await office.load(AUGUST, seed=2)
    done = await office.measure(AUGUST)
    assert names(done.computed) == {"trade", "time", "lanes"}
    assert await office.newest(JULY) == july
    # lodged in July and released in August: late data for what counts the day of lodging
    done = await office.measure(JULY)
    assert names(done.computed) == {"lanes"}
    late = await office.newest(JULY)
    assert {key for key in july if late[key] != july[key]} == {("t:lanes.green", "all", "")}


async def test_a_correction_changes_its_month_and_its_quarter_and_no_other(office: Office) -> None:
    office.indicators = (SHARE, MEDIAN)
    july = await office.load(JULY)
    await office.load(AUGUST, seed=2)
    for period in (JULY, AUGUST, QUARTER):
        await office.measure(period)
    august, quarter = await office.newest(AUGUST), await office.newest(QUARTER)
    assert all(one.figure.partial for one in quarter.values()), "September is missing"
    assert not any(one.figure.partial for one in august.values())
    corrected = "and (region is distinct from 'other' and country is distinct from 'TR')"
    await office.load(JULY, also=corrected, replaces=july, note="Turkish rows were doubled")
    assert (await office.measure(AUGUST)).written == ()
    assert await office.newest(AUGUST) == august
    for period in (JULY, QUARTER):
        assert names((await office.measure(period)).computed) == {"trade", "time"}
    found = await office.newest(JULY)
    share = found["t:trade.share", "all", ""].figure
    assert share.value == pytest.approx(sql(office, 3, "sum(value) filter (aeo) / sum(value)"))
    gone = found["t:trade.share", "all", "other"].figure
    assert (gone.value, [note.code for note in gone.notes]) == (None, ["no_cases"])
    still = (await office.newest(QUARTER))["t:trade.share", "all", "other"].figure
    assert still.value is not None, "August still has such rows"


async def test_another_definition_changes_its_own_figures_alone(office: Office) -> None:
    await office.load(JULY)
    office.entered = [{"indicator": "t:uptake.applications", "value": 10.0, "on": JULY.first_on}]
    await office.measure(JULY)
    before = await office.newest(JULY)
    changed = MEDIAN.model_copy(update={"numerator": "_.release_hours.quantile(0.9)"})
    renamed = SHARE.model_copy(update={"unit": MEDIAN.unit, "exclusions": (MEDIAN.title,)})
    office.indicators = (renamed, changed, LODGED, ENTERED)
    done = await office.measure(JULY)
    assert names(done.computed) == {"time"}
    after = await office.newest(JULY)
    assert {key[0] for key in after if after[key] != before[key]} == {"t:time.median"}
    assert len(done.written) == 2
    for key in (("t:time.median", "aeo", ""), ("t:time.median", "non_aeo", "")):
        definitions = {one[key].figure.lineage.definition for one in (before, after)}
        assert len(definitions) == 2
    further = changed.model_copy(update={"compare": (Breakdown.NON_AEO, Breakdown.ALL)})
    office.indicators = (renamed, further, LODGED, ENTERED)
    done = await office.measure(JULY)
    assert [one.figure.breakdown for one in done.written] == [Breakdown.ALL]


async def test_another_list_of_regions_changes_only_what_is_told_by_region(
    office: Office, regions: RegionList
) -> None:
    await office.load(JULY)
    await office.measure(JULY)
    before = await office.newest(JULY)
    office.regions = regions.model_copy(update={"regions": regions.regions[1:]})
    assert names((await office.measure(JULY)).computed) == {"trade"}
    after = await office.newest(JULY)
    assert after["t:time.median", "aeo", ""] == before["t:time.median", "aeo", ""]
    moved = {
        name: [one["t:trade.share", "all", name].figure.cases for one in (before, after)]
        for name in ("central_asia", "other", "")
    }
    was, now = moved["other"]
    assert moved["central_asia"][1] is None
    assert now == (was or 0) + (moved["central_asia"][0] or 0)
    assert moved[""][0] == moved[""][1]


async def test_what_is_taken_away_leaves_figures_that_say_so(office: Office) -> None:
    office.indicators = (MEDIAN, ENTERED)
    office.entered = [{"indicator": "t:uptake.applications", "value": 10.0, "on": JULY.first_on}]
    july = await office.load(JULY)
    await office.measure(JULY)
    await office.load(JULY, replaces=july, path="", note="of another administration")
    done = await office.measure(JULY)
    assert names(done.without_data) == {"time"}
    found = await office.newest(JULY)
    for breakdown in ("aeo", "non_aeo"):
        empty = found["t:time.median", breakdown, ""].figure
        assert (empty.value, empty.notes[0].code) == (None, "no_data")
    assert found["t:uptake.applications", "all", ""].figure.value == 10.0
    assert (await office.measure(JULY)).written == (), "that is said once"


async def test_a_published_figure_stays_and_the_corrected_one_stands_beside_it(
    office: Office,
) -> None:
    office.indicators = (MEDIAN,)
    july = await office.load(JULY)
    await office.measure(JULY)
    for step in (FigureStatus.PREPARED, FigureStatus.APPROVED, FigureStatus.PUBLISHED):
        await office.move(JULY, step)
    published = await office.newest(JULY)
    await office.load(JULY, seed=9, replaces=july)
    await office.measure(JULY)
    newest = await office.newest(JULY)
    assert {one.figure.status for one in newest.values()} == {FigureStatus.DRAFT}
    kept = await office.database.read(lambda c: figures.published(c, JULY))
    assert kept == list(published.values())
    assert all(value(newest[key]) != value(published[key]) for key in newest)


def value(held: Held) -> float | None:
    figure: Figure = held.figure
    return figure.value


def sql(office: Office, load: int, expression: str) -> float:
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(f"select {expression} from '{office.home / f'{load}.parquet'}'")
        row = found.fetchone()
        assert row is not None
        return float(row[0])


async def test_what_no_file_had_a_column_for_is_not_known_and_not_zero(office: Office) -> None:
    fields = {name: name for name in ("declaration", "lodged_at", "released_at", "value", "aeo")}
    await office.load(JULY, findings=Findings(fields={**fields, "country": "Country"}))
    done = await office.measure(JULY)
    assert LODGED.id in done.without_data
    assert (LODGED.id, "all", "") not in await office.newest(JULY)
    # the twin: a file with the column, after which the figure is known
    held = await office.database.read(measure_loads.history)
    lane = Findings(fields={**fields, "country": "Country", "lane": "Lane"})
    await office.load(JULY, findings=lane, replaces=held[0].id)
    done = await office.measure(JULY)
    assert LODGED.id not in done.without_data
    assert ((await office.newest(JULY))[LODGED.id, "all", ""].figure.value or 0) > 0


async def test_an_entry_of_another_indicator_makes_no_zero_of_this_one(office: Office) -> None:
    named = [
        an_indicator(f"t:{name}", numerator=f'_.value.sum(where=_.indicator == "t:{name}")')
        for name in ("received", "approved")
    ]
    office.indicators = tuple(named)
    office.entered = [{"indicator": "t:received", "value": 10.0, "on": date(2025, 7, 31)}]
    done = await office.measure(JULY)
    assert (done.computed, done.without_data) == ((named[0].id,), (named[1].id,))
