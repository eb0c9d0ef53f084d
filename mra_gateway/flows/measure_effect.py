"""Measures what an arrangement changed: from loaded declarations, or from samples of a study.

1. since when it holds here, which days are compared with which, and what lies before the start
2. the loads of all these days, as one table
3. cells of the days and of their base; the same of the months before (`analytics/before_after.py`)
4. matched, and judged; what cannot be answered is a value too, and says why
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
from sqlalchemy import Connection

from mra_gateway.analytics.before_after import count_named, find_cells
from mra_gateway.analytics.engine import Engine, EngineName, open_engine
from mra_gateway.analytics.measure import event_rows
from mra_gateway.analytics.study_averages import find_averages
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.indicators.judge_effect import Question, difference, judge, unanswered
from mra_gateway.indicators.matched_change import match
from mra_gateway.model.arrangement_effect import (
    ArrangementEffect,
    EffectMeasure,
    Obstacle,
    PlainDifference,
    Span,
)
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.measured_loads import Load
from mra_gateway.model.periods import Period
from mra_gateway.store import measure_loads
from mra_gateway.store.database import Database

_MONTHS_BEFORE: Final = 6
_LAST_MONTHS: Final = 3
_DAY: Final = timedelta(days=1)


class EffectRequest(NamedTuple):
    """What is asked.

    Attributes:
        started_on: Instead of the day the arrangement's file states.
    """

    arrangement: Arrangement
    period: Period
    measure: EffectMeasure
    started_on: date | None = None
    engine: EngineName = "duckdb"


class StudyDifference(NamedTuple):
    """The difference a study found for one direction and one stage."""

    flow: str | None
    stage: str | None
    found: PlainDifference


class EffectMeter:
    """Measures effects from what a home holds."""

    def __init__(self, *, database: Database, home: Path, us: Territory) -> None:
        self._database, self._home, self._us = database, home, us

    async def measure(self, request: EffectRequest) -> ArrangementEffect:
        """Returns the effect of an arrangement, or why the data cannot carry it.

        Raises:
            RequestRefused: A load cannot be read.
            SetupError: The engine is not installed.
        """
        started = request.started_on or _start(request.arrangement, self._us)
        if started is None:
            return _unanswered(request, Obstacle.NO_START)
        if request.period.last_on < started:
            return _unanswered(request, Obstacle.NOT_YET, started_on=started)
        question = question_of(request, started)
        spans = (question.compared, question.base, *_earlier(started))
        loads = await self._loads("declarations", spans)
        if not loads:
            return _nothing_named(question, Obstacle.NO_YEAR_BEFORE)
        with (
            tempfile.TemporaryDirectory(prefix="effect-") as folder,
            open_engine(request.engine, folder=Path(folder)) as engine,
        ):
            rows = declared_rows(engine, self._paths(loads))
            effect = effect_of(engine, rows, question)
        return effect.model_copy(update={"partial": any(load.partial for load in loads)})

    async def study(self, study: str, *, engine: EngineName = "duckdb") -> list[StudyDifference]:
        """Returns what the samples of a study show of before and after, by direction and stage.

        Raises:
            RequestRefused: `NOT_FOUND`: no sample of that study has both phases.
        """
        ever = Span(first_on=date(1990, 1, 1), last_on=date(2099, 12, 31))
        loads = await self._loads("samples", (ever,))
        found = []
        if loads:
            with (
                tempfile.TemporaryDirectory(prefix="study-") as folder,
                open_engine(engine, folder=Path(folder)) as opened,
            ):
                rows = event_rows(opened, EVENT_TABLES["samples"], self._paths(loads))
                found = [
                    StudyDifference(one.flow, one.stage, difference(one.before, one.after))
                    for one in find_averages(opened, rows, study=study)
                ]
        if not found:
            raise RequestRefused(
                "no times before and after are loaded of it", reason=Reason.NOT_FOUND, where=study
            )
        return found

    async def _loads(self, table: str, spans: Sequence[Span]) -> list[Load]:
        def read(connection: Connection) -> list[Load]:
            found = {
                load.id: load
                for span in spans
                for load in measure_loads.current(
                    connection, table, first=span.first_on, last=span.last_on
                )
            }
            return [found[id_] for id_ in sorted(found)]

        return await self._database.read(read)

    def _paths(self, loads: Sequence[Load]) -> list[Path]:
        return [self._home / load.path for load in loads]


def declared_rows(engine: Engine, content: Sequence[Path] | pa.Table) -> Any:
    """Returns declarations as an expression."""
    return event_rows(engine, EVENT_TABLES["declarations"], content)


def effect_of(engine: Engine, rows: Any, question: Question) -> ArrangementEffect:
    """Returns the effect found in declarations: steps 3 and 4.

    Args:
        engine: Where.
        rows: Declarations of all the days there are, with the column `operator`.
        question: What is asked.
    """
    named = count_named(engine, rows, base=question.base)
    if not named.ever:
        return _nothing_named(question, Obstacle.NO_OPERATORS_NAMED)
    if not named.in_base:
        return _nothing_named(question, Obstacle.NO_YEAR_BEFORE)
    counted = question.measure is EffectMeasure.INSPECTED

    def cells(span: Span, years: int) -> Any:
        return find_cells(
            engine,
            rows,
            arrangement=question.arrangement,
            measure=question.measure,
            recognised_in=question.compared,
            span=span,
            years=years,
        )

    found = cells(question.compared, question.years)
    after = match(found.cells, counted=counted)
    before, _ = _earlier(question.started_on)
    earlier = cells(before, 1).cells
    last = {(before.last_on.month - 1 - back) % 12 + 1 for back in range(_LAST_MONTHS)}
    use = found.used / after.all_cases if after.all_cases else None
    return judge(
        question,
        after,
        earlier=[
            match(earlier, counted=counted),
            match((cell for cell in earlier if cell.month in last), counted=counted),
        ],
        use=use,
    )


def question_of(request: EffectRequest, started_on: date) -> Question:
    """Returns which days are compared with which: the latest same days that lie before the start.

    Args:
        request: What is asked.
        started_on: Since when the arrangement holds here; not after the period.
    """
    first, last = max(request.period.first_on, started_on), request.period.last_on
    years = 1
    while _earlier_year(last, years) >= started_on:
        years += 1
    return Question(
        request.arrangement.id,
        request.measure,
        started_on,
        Span(first_on=first, last_on=last),
        Span(first_on=_earlier_year(first, years), last_on=_earlier_year(last, years)),
        years,
    )


def _earlier(started_on: date) -> tuple[Span, Span]:
    """The months before the start, and the same of the year before them."""
    last = started_on - _DAY
    months = started_on.year * 12 + started_on.month - 1 - _MONTHS_BEFORE
    first = date(months // 12, months % 12 + 1, 1)
    return (
        Span(first_on=first, last_on=last),
        Span(first_on=_earlier_year(first, 1), last_on=_earlier_year(last, 1)),
    )


def _earlier_year(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return date(day.year - years, 2, 28)


def _start(arrangement: Arrangement, us: Territory) -> date | None:
    side = arrangement.party(us)
    own = None if side is None else side.started_on.value
    return own or arrangement.in_force_on.value


def _unanswered(
    request: EffectRequest, why: Obstacle, *, started_on: date | None = None
) -> ArrangementEffect:
    return unanswered(request.arrangement.id, request.measure, why=why, started_on=started_on)


def _nothing_named(question: Question, why: Obstacle) -> ArrangementEffect:
    return unanswered(
        question.arrangement,
        question.measure,
        why=why,
        started_on=question.started_on,
        compared=question.compared,
        base=question.base,
    )
