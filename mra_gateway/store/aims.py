"""Baselines and targets the administration entered: every version, the newest for a year counts.

They are entries like all others that officers make (`measure_entries`), of kinds of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection, insert, select

from mra_gateway.model.indicators import Baseline, IndicatorId, Target
from mra_gateway.store.measure_tables import measure_entries as entries

BASELINE = "baseline"
TARGET = "target"


class Aims(NamedTuple):
    """What was entered for an indicator, by year; a baseline without year under None."""

    baselines: Mapping[int | None, Baseline]
    targets: Mapping[int, Target]


NOTHING: Final = Aims(MappingProxyType({}), MappingProxyType({}))


class Written(NamedTuple):
    """An entry as it was made."""

    id: int
    indicator: IndicatorId
    aim: Baseline | Target
    evidence: str
    at: datetime
    by: str
    corrects: int | None


def add(
    connection: Connection,
    indicator: IndicatorId,
    aim: Baseline | Target,
    *,
    evidence: str,
    on: date,
    at: datetime,
    by: str,
) -> int | None:
    """Writes a baseline or a target; one of the same year before it is corrected by it.

    Returns:
        The entry it corrects.
    """
    kind = BASELINE if isinstance(aim, Baseline) else TARGET
    before = [
        one.id
        for one in written(connection, indicator)
        if type(one.aim) is type(aim) and one.aim.year == aim.year
    ]
    corrects = before[-1] if before else None
    connection.execute(
        insert(entries).values(
            kind=kind,
            indicator=indicator,
            on=on,
            value=aim.value,
            content=aim.model_dump_json(exclude_defaults=True),
            evidence=evidence,
            at=at,
            by=by,
            corrects=corrects,
        )
    )
    return corrects


def written(connection: Connection, indicator: IndicatorId | None = None) -> list[Written]:
    """Returns every baseline and target of an indicator, or of all, in the order entered."""
    query = select(entries).where(entries.c.kind.in_((BASELINE, TARGET))).order_by(entries.c.id)
    if indicator is not None:
        query = query.where(entries.c.indicator == indicator)
    return [
        Written(
            row.id,
            IndicatorId.trusted(row.indicator),
            (Baseline if row.kind == BASELINE else Target).model_validate_json(row.content),
            row.evidence,
            row.at,
            row.by,
            row.corrects,
        )
        for row in connection.execute(query)
    ]


def held(connection: Connection) -> dict[IndicatorId, Aims]:
    """Returns what counts now, by indicator."""
    found: dict[IndicatorId, Aims] = {}
    for one in written(connection):
        aims = found.get(one.indicator, NOTHING)
        if isinstance(one.aim, Baseline):
            aims = aims._replace(baselines={**aims.baselines, one.aim.year: one.aim})
        else:
            aims = aims._replace(targets={**aims.targets, one.aim.year: one.aim})
        found[one.indicator] = aims
    return found
