"""Figures: every one that was computed, how far each is, and which published one it corrects.

What a figure says is never changed: only its state moves on (draft → prepared → approved →
published), each step with who and when. A figure computed anew is a row of its own; the newest row
of an indicator, period and group counts, and what was published before it is shown beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, Row, and_, func, insert, select, update
from sqlalchemy.sql import Select

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.impact import Interval
from mra_gateway.model.indicators import (
    Breakdown,
    Figure,
    FigureStatus,
    IndicatorId,
    Lineage,
    Note,
)
from mra_gateway.model.periods import Period
from mra_gateway.store.measure_tables import figure_approvals, figures

Key = tuple[IndicatorId, Period, str]
"""Indicator, period, and the breakdown and group as they are stored."""

BEFORE: Final = {
    FigureStatus.PREPARED: (FigureStatus.DRAFT,),
    FigureStatus.APPROVED: (FigureStatus.PREPARED,),
    FigureStatus.PUBLISHED: (FigureStatus.APPROVED,),
    FigureStatus.DRAFT: (FigureStatus.PREPARED, FigureStatus.APPROVED),
}
"""From which state one comes into another; back to draft is a rejection."""


class Held(NamedTuple):
    """A figure with the number of its row."""

    id: int
    figure: Figure

    @property
    def key(self) -> Key:
        """What it is a figure of."""
        return key_of(self.figure)


class Act(NamedTuple):
    """One step of a figure."""

    figure: int
    act: str
    at: datetime
    by: str
    note: str | None


def key_of(figure: Figure) -> Key:
    """Returns what a figure is a figure of."""
    return figure.indicator, figure.period, _group(figure.breakdown, figure.group)


def key_of_whole(indicator: IndicatorId, period: Period, breakdown: Breakdown) -> Key:
    """Returns what the figure of a breakdown, divided by nothing, is kept under."""
    return indicator, period, _group(breakdown, {})


def save(
    connection: Connection, computed: Iterable[Figure], *, units: Mapping[IndicatorId, str]
) -> list[Held]:
    """Writes figures as drafts; one that says what the newest of its kind says is not written anew.

    Args:
        connection: The transaction.
        computed: What was computed.
        units: The unit of each indicator, kept with its figures.

    Returns:
        What was written.
    """
    listed = list(computed)
    held = {each.key: each for each in _newest_of(connection, {each.period for each in listed})}
    written = []
    for figure in listed:
        before = held.get(key_of(figure))
        if before is not None and _digest(before.figure) == _digest(figure):
            continue
        written.append(_insert(connection, figure, unit=units.get(figure.indicator, "")))
    return written


def of_period(connection: Connection, period: Period) -> list[Held]:
    """Returns the newest figure of every indicator and group of a period."""
    return _newest_of(connection, {period})


def computed(connection: Connection, period: Period, *, digests: Iterable[str]) -> list[Figure]:
    """Returns the newest figures of a period that rest on given definitions and inputs.

    Args:
        connection: The transaction.
        period: Of the figures.
        digests: `Lineage.digest` of what need not be computed again.
    """
    wanted = set(digests)
    return [
        each.figure
        for each in of_period(connection, period)
        if each.figure.lineage.digest in wanted
    ]


def published(connection: Connection, period: Period) -> list[Held]:
    """Returns every figure of a period that was ever published, oldest first."""
    query = _of(period).where(figures.c.status == FigureStatus.PUBLISHED)
    return [_read(row) for row in connection.execute(query.order_by(figures.c.id))]


def publications(connection: Connection, periods: Iterable[Period]) -> list[list[Held]]:
    """Returns what was published of some periods at each moment, oldest first.

    What was corrected later stands there, too.
    """
    found: dict[datetime, list[Held]] = {}
    for period in sorted(periods):
        query = _of(period).where(figures.c.status == FigureStatus.PUBLISHED)
        for row in connection.execute(query.order_by(figures.c.id)):
            found.setdefault(row.published_at, []).append(_read(row))
    return [found[at] for at in sorted(found)]


def history(
    connection: Connection,
    periods: Sequence[Period],
    *,
    only_published: bool = False,
) -> dict[Key, Held]:
    """Returns the newest figures of several periods, for trends.

    Args:
        connection: The transaction.
        periods: Of one kind.
        only_published: For readers outside: nothing that may still change.
    """
    found = _newest_of(connection, set(periods), only_published=only_published)
    return {each.key: each for each in found}


def move(
    connection: Connection,
    held: Sequence[Held],
    *,
    to: FigureStatus,
    by: str,
    at: datetime,
    note: str | None = None,
) -> None:
    """Moves figures on, all of them or none.

    Raises:
        RequestRefused: One is not in the state from which that goes: somebody else was there.
    """
    values: dict[str, object] = {"status": to}
    if to is FigureStatus.PREPARED:
        values |= {"prepared_by": by, "prepared_at": at}
    elif to is FigureStatus.APPROVED:
        values |= {"approved_by": by, "approved_at": at}
    elif to is FigureStatus.DRAFT:
        values |= dict.fromkeys(("prepared_by", "prepared_at", "approved_by", "approved_at"))
    frozen: dict[Key, int] = {}
    if to is FigureStatus.PUBLISHED:
        for period in {each.figure.period for each in held}:
            frozen |= {each.key: each.id for each in published(connection, period)}
    for each in held:
        if to is FigureStatus.PUBLISHED:
            values |= {"published_at": at, "corrects": frozen.get(each.key)}
        done = connection.execute(
            update(figures)
            .where(figures.c.id == each.id, figures.c.status.in_(BEFORE[to]))
            .values(**values)
        )
        if done.rowcount != 1:
            raise RequestRefused(
                f"the figure of {each.figure.indicator} cannot become {to.value}",
                reason=Reason.STATE_NOT_SUITABLE,
            )
    act = "rejected" if to is FigureStatus.DRAFT else to.value
    rows = [{"figure": one.id, "act": act, "at": at, "by": by, "note": note} for one in held]
    if rows:
        connection.execute(insert(figure_approvals), rows)


def acts(connection: Connection, ids: Iterable[int]) -> list[Act]:
    """Returns the steps of figures in their order."""
    query = (
        select(figure_approvals)
        .where(figure_approvals.c.figure.in_(list(ids)))
        .order_by(figure_approvals.c.id)
    )
    return [Act(r.figure, r.act, r.at, r.by, r.note) for r in connection.execute(query)]


def _newest_of(
    connection: Connection, periods: set[Period], *, only_published: bool = False
) -> list[Held]:
    found: list[Held] = []
    for period in sorted(periods):
        query = _of(period)
        if only_published:
            query = query.where(figures.c.status == FigureStatus.PUBLISHED)
        newest = query.with_only_columns(func.max(figures.c.id)).group_by(
            figures.c.indicator, figures.c.breakdown
        )
        rows = connection.execute(
            select(figures).where(figures.c.id.in_(newest)).order_by(figures.c.id)
        )
        found += [_read(row) for row in rows]
    return found


def _of(period: Period) -> Select[tuple[object, ...]]:
    return select(figures).where(
        and_(figures.c.period_kind == period.kind, figures.c.period_start == period.first_on)
    )


def _insert(connection: Connection, figure: Figure, *, unit: str) -> Held:
    methods = {
        "value": figure.method,
        "interval": figure.interval.method if figure.interval else None,
        "level": figure.interval.level if figure.interval else None,
    }
    draft = figure.model_copy(
        update={
            "status": FigureStatus.DRAFT,
            "prepared_by": None,
            "approved_by": None,
            "corrects": None,
        }
    )
    done = connection.execute(
        insert(figures).values(
            indicator=figure.indicator,
            version=figure.lineage.definition,
            period_kind=figure.period.kind,
            period_start=figure.period.first_on,
            breakdown=_group(figure.breakdown, figure.group),
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
            cases=figure.cases,
            low=figure.interval.low if figure.interval else None,
            high=figure.interval.high if figure.interval else None,
            method=json.dumps(methods, sort_keys=True),
            unit=unit,
            lineage=figure.lineage.model_dump_json(),
            inputs=figure.lineage.digest,
            partial=figure.partial,
            computed_at=figure.computed_at,
            status=FigureStatus.DRAFT,
            note=json.dumps([one.model_dump() for one in figure.notes], ensure_ascii=False),
            digest=_digest(figure),
        )
    )
    assert done.inserted_primary_key is not None
    return Held(done.inserted_primary_key[0], draft)


def _digest(figure: Figure) -> str:
    """Returns the digest of what a figure says, whenever it was computed and whatever its state."""
    said = figure.model_dump(
        mode="json",
        exclude={"computed_at", "status", "prepared_by", "approved_by", "corrects", "suppressed"},
    )
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _group(breakdown: Breakdown, group: Mapping[str, str]) -> str:
    return json.dumps([breakdown.value, dict(sorted(group.items()))], ensure_ascii=False)


def _read(row: Row[tuple[object, ...]]) -> Held:
    breakdown, group = json.loads(row.breakdown)
    methods = json.loads(row.method)
    interval = None
    if methods["interval"] is not None:
        interval = Interval(
            low=row.low, high=row.high, level=methods["level"], method=methods["interval"]
        )
    figure = Figure(
        indicator=IndicatorId.trusted(row.indicator),
        period=_period(row.period_kind, row.period_start),
        breakdown=Breakdown(breakdown),
        group=group,
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        cases=row.cases,
        interval=interval,
        method=methods["value"],
        status=FigureStatus(row.status),
        notes=tuple(Note.model_validate(one) for one in json.loads(row.note or "[]")),
        partial=row.partial,
        lineage=Lineage.model_validate_json(row.lineage),
        computed_at=row.computed_at,
        prepared_by=row.prepared_by,
        approved_by=row.approved_by,
        corrects=row.corrects,
    )
    return Held(row.id, figure)


def _period(kind: str, first: object) -> Period:
    text = str(first)
    if kind == "year":
        return Period(text[:4])
    if kind == "quarter":
        return Period(f"{text[:4]}-Q{(int(text[5:7]) + 2) // 3}")
    return Period(text[:7])
