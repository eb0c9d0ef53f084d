"""Measures: computes the figures of a period from what is there, and only those that are not yet.

1. what each indicator rests on: its definition, the loads, entries and lists its figures come from
2. what was computed from exactly that is kept; one snapshot of the store says so
3. the rest is computed, indicators of the same rows together (`analytics/measure.py`)
4. figures are written as drafts; a part that is no more – a group no row is of since a correction –
   gets a figure that says so, so that nobody takes the old one for the newest

What was published is not touched: a figure computed anew stands beside it until two officers have
made it the published one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
from sqlalchemy import Connection

from mra_gateway.analytics.engine import Engine, EngineName, open_engine
from mra_gateway.analytics.measure import Measured, event_rows, measure
from mra_gateway.clock import Clock
from mra_gateway.flows.gather_events import Content, Days, Gather, days_of, gather_loads
from mra_gateway.indicators.definitions import definition_digest
from mra_gateway.indicators.event_tables import BREAKDOWN_COLUMN, EVENT_TABLES
from mra_gateway.indicators.expression import parse
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.indicators import (
    Figure,
    Indicator,
    IndicatorId,
    Lineage,
    LineageInput,
    Note,
    RegionList,
)
from mra_gateway.model.periods import Period
from mra_gateway.store import figures
from mra_gateway.store.database import Database
from mra_gateway.store.figures import Held

COMPUTATION: Final = 1
"""Of the way figures are computed: raised when the same inputs give other figures than before."""
MEGABYTES: Final = 1_000
"""What DuckDB may take for figures: medians hold every value once."""


class Planned(NamedTuple):
    """An indicator and what its figures of a period rest on.

    Attributes:
        content: None where there are no data.
        lineage: Of definition and inputs.
    """

    indicator: Indicator
    days: Days
    content: Content | None
    lineage: Lineage


class Done(NamedTuple):
    """What measuring did.

    Attributes:
        written: Figures that say something new.
        computed: Indicators that were computed.
        kept: Indicators whose figures rest on the same inputs as before.
        without_data: Indicators of which there are no data.
    """

    written: tuple[Held, ...]
    computed: tuple[IndicatorId, ...]
    kept: tuple[IndicatorId, ...]
    without_data: tuple[IndicatorId, ...]


class Measurer:
    """Computes figures from what a home and its store hold."""

    def __init__(
        self,
        *,
        database: Database,
        home: Path,
        clock: Clock,
        indicators: Iterable[Indicator],
        regions: RegionList,
        gatherers: Mapping[str, Gather] | None = None,
        engine: EngineName = "duckdb",
    ) -> None:
        """Takes what is measured and from what.

        Args:
            database: Of loads and figures.
            home: Where the files of loads lie.
            clock: For the moment of computation.
            indicators: Every one there is.
            regions: The regions trade is divided by.
            gatherers: Event table → who gathers its rows; loads of it where nobody is named.
            engine: What computes.
        """
        self._database, self._home, self._clock = database, home, clock
        self._indicators, self._regions = tuple(indicators), regions
        self._gatherers = dict(gatherers or {})
        self._engine: EngineName = engine

    async def measure(self, period: Period, *, only: Iterable[IndicatorId] = ()) -> Done:
        """Computes what is missing of a period.

        Args:
            period: Of the figures.
            only: Some indicators; all of them when empty.

        Raises:
            RequestRefused: A file that was loaded cannot be read any more.
            SetupError: The engine is not installed.
            StoreError: The database failed.
        """
        wanted = frozenset(only)
        asked = [one for one in self._indicators if not wanted or one.id in wanted]
        planned, held = await self._database.read(
            lambda connection: (
                self._plan(connection, asked, period),
                figures.of_period(connection, period),
            )
        )
        held_of: dict[IndicatorId, list[Held]] = defaultdict(list)
        for each in held:
            held_of[each.figure.indicator].append(each)
        new = [one for one in planned if not _is_kept(one, held_of[one.indicator.id])]
        computed = await asyncio.to_thread(self._compute, new, period)
        computed += _gone(new, computed, held_of, period, at=self._clock.now())
        units = {one.id: one.unit.en for one in asked}
        written = await self._database.write(partial(figures.save, computed=computed, units=units))
        names = {one.indicator.id for one in new}
        return Done(
            tuple(written),
            tuple(one.indicator.id for one in new if one.content is not None),
            tuple(one.id for one in asked if one.id not in names),
            tuple(one.indicator.id for one in planned if one.content is None),
        )

    def _plan(
        self, connection: Connection, asked: Iterable[Indicator], period: Period
    ) -> list[Planned]:
        """Steps 1 and 2."""
        contents: dict[tuple[str, Days], Content | None] = {}
        planned = []
        for one in asked:
            table = EVENT_TABLES[one.of]
            days = days_of(one, table, period)
            key = (table.name, days)
            if key not in contents:
                gather = self._gatherers.get(table.name)
                contents[key] = (
                    gather(connection, table, days)
                    if gather is not None
                    else gather_loads(connection, table, days, home=self._home)
                )
            content = contents[key]
            if content is not None and not _tells(content, one):
                # the figure is not known, and not 0
                content = None
            lineage = self._lineage(one, content, period)
            planned.append(Planned(one, days, content, lineage))
        return planned

    def _lineage(self, one: Indicator, content: Content | None, period: Period) -> Lineage:
        inputs = () if content is None else content.inputs
        if content is not None and "region" in _columns(one):
            inputs = (*inputs, _lists(self._regions))
        definition = definition_digest(one)
        is_partial = content is not None and content.partial
        known = [[each.kind, each.digest] for each in inputs]
        said = [COMPUTATION, definition, str(period), is_partial, known]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return Lineage(
            definition=definition,
            inputs=inputs,
            digest=Digest.trusted(digest),
            engine=self._engine,
        )

    def _compute(self, new: Sequence[Planned], period: Period) -> list[Figure]:
        """Step 3."""
        together: dict[tuple[str, Days], list[Planned]] = defaultdict(list)
        for one in new:
            if one.content is not None:
                together[one.indicator.of, one.days].append(one)
        if not together:
            return []
        found: list[Figure] = []
        with (
            tempfile.TemporaryDirectory(prefix="measure-") as work,
            open_engine(self._engine, folder=Path(work), megabytes=MEGABYTES) as engine,
        ):
            for several in together.values():
                found += self._figures(engine, several, period)
        return found

    def _figures(self, engine: Engine, several: Sequence[Planned], period: Period) -> list[Figure]:
        table, content = EVENT_TABLES[several[0].indicator.of], several[0].content
        assert content is not None
        rows = event_rows(engine, table, content.rows, regions=self._regions)
        lineages = {one.indicator.id: one.lineage for one in several}
        at = self._clock.now()
        measured = measure(
            engine, [one.indicator for one in several], table=table, rows=rows, period=period
        )
        return [
            _figure(one, period, lineages[one.indicator], partial=content.partial, at=at)
            for one in measured
        ]


def _is_kept(planned: Planned, held: Sequence[Held]) -> bool:
    """Says whether every newest figure of an indicator rests on what it would rest on now.

    A breakdown or group that is asked for since then is missing: that is not kept.
    """
    if not held:
        return planned.content is None
    indicator, there = planned.indicator, [one.figure for one in held]
    if any(one.lineage.digest != planned.lineage.digest for one in there):
        return False
    if not {indicator.about, *indicator.compare} <= {one.breakdown for one in there}:
        return False
    divided = {frozenset(one.group) for one in there}
    has_rows = any(not one.group and one.cases for one in there)
    return not (indicator.by and has_rows) or frozenset(indicator.by) in divided


def _columns(indicator: Indicator) -> frozenset[str]:
    """Returns the columns an indicator's figures are told by."""
    return _counted(indicator).union(indicator.by)


def _tells(content: Content, indicator: Indicator) -> bool:
    """Says whether rows say anything of an indicator: by its columns, and entries by its name."""
    if content.lacks & _needed(indicator):
        return False
    rows = content.rows
    if not isinstance(rows, pa.Table) or "indicator" not in _counted(indicator):
        return True
    written = f"{indicator.numerator} {indicator.denominator}".replace("'", '"')
    return any(f'"{named}"' in written for named in rows.column("indicator").unique().to_pylist())


def _needed(indicator: Indicator) -> frozenset[str]:
    """Returns the columns without which an indicator says nothing."""
    told_by = BREAKDOWN_COLUMN[indicator.about]
    return _counted(indicator).union(() if told_by is None else told_by[:1])


def _counted(indicator: Indicator) -> frozenset[str]:
    table = EVENT_TABLES[indicator.of]
    texts = [text for text in (indicator.numerator, indicator.denominator) if text is not None]
    return frozenset[str]().union(*(parse(text, table=table).columns for text in texts))


def _figure(
    one: Measured, period: Period, lineage: Lineage, *, partial: bool, at: datetime
) -> Figure:
    found = one.estimate
    return Figure(
        indicator=one.indicator,
        period=period,
        breakdown=one.breakdown,
        group=one.group,
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        cases=found.cases,
        interval=found.interval,
        method=found.method,
        notes=found.notes,
        partial=partial,
        lineage=lineage,
        computed_at=at,
    )


def _gone(
    new: Iterable[Planned],
    computed: Iterable[Figure],
    held: Mapping[IndicatorId, Sequence[Held]],
    period: Period,
    *,
    at: datetime,
) -> list[Figure]:
    """Returns figures that say of parts with figures that there is nothing of them any more."""
    there = {figures.key_of(one) for one in computed}
    return [
        Figure(
            indicator=each.figure.indicator,
            period=period,
            breakdown=each.figure.breakdown,
            group=each.figure.group,
            value=None,
            notes=(Note(code="no_data" if one.content is None else "no_cases"),),
            lineage=one.lineage,
            computed_at=at,
        )
        for one in new
        for each in held[one.indicator.id]
        if each.key not in there
    ]


def _lists(regions: RegionList) -> LineageInput:
    digest = hashlib.sha256(regions.model_dump_json().encode()).hexdigest()
    return LineageInput(
        kind="regions",
        id=regions.id,
        digest=Digest.trusted(digest),
        rows=len(regions.regions),
    )
