"""Makes a report on performance: measures what is missing, asks what arrangements changed, gathers.

1. what this gateway decided is written as event tables; figures of the period that are missing,
   or whose data changed, are computed as drafts; not for a partner, who gets published ones only
2. where asked for, each arrangement's operators are compared before and after its start
3. everything is gathered from one snapshot of the store (`report_performance.py`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from mra_gateway.analytics.engine import EngineName
from mra_gateway.clock import Clock
from mra_gateway.flows.approve_figures import ROLES
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.gather_events import Gather
from mra_gateway.flows.gather_own import OwnEvents
from mra_gateway.flows.measure import Done, Measurer
from mra_gateway.flows.measure_effect import EffectMeter, EffectRequest
from mra_gateway.flows.measure_events import EventWriter
from mra_gateway.flows.report_performance import gather_report
from mra_gateway.indicators.effect_words import tell_effect
from mra_gateway.model.arrangement_effect import EffectMeasure, ToldRow
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.officers import Actor
from mra_gateway.model.performance import PerformanceReport, ReportRequest
from mra_gateway.model.periods import Period
from mra_gateway.model.requirements import Phrase
from mra_gateway.registry.load import Registry
from mra_gateway.store.database import Database


class Reporter:
    """Makes reports."""

    def __init__(
        self,
        *,
        database: Database,
        home: Path,
        clock: Clock,
        book: PartnerBook,
        gatherers: Mapping[str, Gather] | None = None,
        engine: EngineName = "duckdb",
    ) -> None:
        """Takes where everything is.

        Args:
            database: Of figures.
            home: Where the files of loads lie.
            clock: For the moment of computation.
            book: Indicators and arrangements.
            gatherers: Event table → who gathers its rows; those there are when None.
            engine: What computes.
        """
        self._database, self._home, self._clock, self._book = database, home, clock, book
        own = OwnEvents(zone=book.time_zone, home=home, clock=clock).gatherers
        self._gatherers = own if gatherers is None else gatherers
        self._engine: EngineName = engine

    async def make(
        self, wanted: ReportRequest, *, by: Actor, measures: bool = True, compares: bool = False
    ) -> PerformanceReport:
        """Returns a report.

        Args:
            wanted: Which one.
            by: Who reads it; who may not prepare figures gets them as they stand.
            measures: Whether figures are computed first.
            compares: Whether arrangements are compared before and after their start.

        Raises:
            RequestRefused: A file that was loaded cannot be read any more; or for a partner nothing
                is published.
            SetupError: The engine is not installed.
            StoreError: The database failed.
        """
        if measures and wanted.partner is None and by.roles & set(ROLES):
            await self.measure(wanted.period)
        arrangements = self._ours()
        effects = {}
        if compares and wanted.partner is None:
            effects = {one.id: await self._effect(one, wanted.period) for one in arrangements}
        registry = self._book.registry
        return await self._database.read(
            partial(
                gather_report,
                wanted=wanted,
                catalogues=tuple(registry.indicators.values()),
                arrangements=arrangements,
                effects=effects,
                labels=_labels(registry),
            )
        )

    async def measure(self, period: Period) -> Done:
        """Computes what is missing of a period.

        Raises:
            RequestRefused: A file that was loaded cannot be read any more.
            SetupError: The engine is not installed.
            StoreError: The database failed.
        """
        registry = self._book.registry
        writer = EventWriter(
            database=self._database,
            clock=self._clock,
            home=self._home,
            zone=self._book.time_zone,
        )
        await writer.write(period)
        measurer = Measurer(
            database=self._database,
            home=self._home,
            clock=self._clock,
            indicators=[
                fact.value
                for catalogue in registry.indicators.values()
                for fact in catalogue.indicators
                if fact.value is not None
            ],
            regions=registry.regions,
            gatherers=self._gatherers,
            engine=self._engine,
        )
        return await measurer.measure(period)

    def _ours(self) -> list[Arrangement]:
        us = self._book.us
        every: Iterable[Arrangement] = self._book.registry.arrangements.values()
        return [one for one in every if us in {party.territory for party in one.parties}]

    async def _effect(self, arrangement: Arrangement, period: Period) -> tuple[ToldRow, ...]:
        meter = EffectMeter(database=self._database, home=self._home, us=self._book.us)
        told: list[ToldRow] = []
        for measure in EffectMeasure:
            request = EffectRequest(arrangement, period, measure, engine=self._engine)
            told += tell_effect(await meter.measure(request))
        return tuple(told)


def _labels(registry: Registry) -> dict[str, Phrase]:
    """Returns what lanes, regions and benefits are called here."""
    lanes = (fact.value for fact in registry.lanes.lanes)
    regions = (fact.value for fact in registry.regions.regions)
    benefits = registry.benefits.items()
    return (
        {f"lane:{one.id}": one.title for one in lanes if one is not None}
        | {f"region:{one.id}": one.title for one in regions if one is not None}
        | {
            f"benefit:{code}": Phrase(en=fact.value.title, ru=fact.value.title_ru)
            for code, fact in benefits
            if fact.value is not None
        }
    )
