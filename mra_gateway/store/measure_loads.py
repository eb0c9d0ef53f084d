"""Loads: files and events taken in for measuring. A row is written once; a later one replaces it.

Of its findings a purge removes the words, which quote what stood in the file.

A period's loads of one part make a chain: the first, and corrections that each name the one before.
The last of a chain counts. That there is one chain only, and that it never branches, the indexes of
`measure_tables.py` see to.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, update

from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measured_loads import Findings, Load, NewLoad
from mra_gateway.model.periods import Period
from mra_gateway.store.measure_tables import measure_loads as loads

FORGOTTEN: Final = "removed by a purge"
_LATER = loads.alias("later")


def add(connection: Connection, new: NewLoad) -> int:
    """Writes a load and returns its number."""
    values = new.model_dump(exclude={"period", "findings"})
    values |= {
        "period_kind": new.period.kind,
        "period_start": new.period.first_on,
        "findings": new.findings.model_dump_json(exclude_defaults=True),
    }
    done = connection.execute(insert(loads).values(**values).returning(loads.c.id))
    return int(done.scalar_one())


def find(connection: Connection, id_: int) -> Load | None:
    """Returns a load by its number, or None."""
    row = connection.execute(_query().where(loads.c.id == id_)).one_or_none()
    return None if row is None else _load(row)


def current(
    connection: Connection, event_table: str, *, first: date, last: date
) -> tuple[Load, ...]:
    """Returns the loads that count and whose period overlaps the days, oldest period first.

    A load's rows all lie in its period, and no two loads that count overlap in one part.
    """
    query = (
        _query()
        .where(loads.c.event_table == event_table, _LATER.c.id.is_(None))
        .where(loads.c.path != "", loads.c.period_start <= last)
        .order_by(loads.c.period_start, loads.c.part, loads.c.id)
    )
    found = (_load(row) for row in connection.execute(query))
    return tuple(load for load in found if load.period.last_on >= first)


def last_of(connection: Connection, event_table: str, *, part: str, period: Period) -> Load | None:
    """Returns the end of a chain: the load of a period that counts, or that takes it away."""
    query = (
        _query()
        .where(loads.c.event_table == event_table, loads.c.part == part)
        .where(loads.c.period_kind == period.kind, loads.c.period_start == period.first_on)
        .where(_LATER.c.id.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _load(row)


def before(connection: Connection, event_table: str, *, part: str, period: Period) -> Load | None:
    """Returns the load that counts of the latest period before another, or None."""
    query = (
        _query()
        .where(loads.c.event_table == event_table, loads.c.part == part, loads.c.path != "")
        .where(loads.c.period_start < period.first_on, _LATER.c.id.is_(None))
        .order_by(loads.c.period_start.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _load(row)


def history(
    connection: Connection,
    *,
    event_table: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Load]:
    """Returns every load, replaced ones too, by period and in the order they were made."""
    query = _query().order_by(loads.c.period_start, loads.c.event_table, loads.c.part, loads.c.id)
    if event_table is not None:
        query = query.where(loads.c.event_table == event_table)
    if last is not None:
        query = query.where(loads.c.period_start <= last)
    found = (_load(row) for row in connection.execute(query))
    return [load for load in found if first is None or load.period.last_on >= first]


def forget_texts(connection: Connection) -> None:
    """Removes what the findings quote of rows; which rows were at fault, and why, stays."""
    for row in connection.execute(select(loads.c.id, loads.c.findings)).all():
        findings = Findings.model_validate_json(row.findings)
        if any(fault.text != FORGOTTEN for fault in findings.faults):
            faults = tuple(one.model_copy(update={"text": FORGOTTEN}) for one in findings.faults)
            kept = findings.model_copy(update={"faults": faults})
            connection.execute(
                update(loads)
                .where(loads.c.id == row.id)
                .values(findings=kept.model_dump_json(exclude_defaults=True))
            )


def _query() -> Select[Any]:
    return select(loads, _LATER.c.id.label("replaced_by")).select_from(
        loads.outerjoin(_LATER, _LATER.c.replaces == loads.c.id)
    )


def _load(row: Row[Any]) -> Load:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    kind, start = values.pop("period_kind"), values.pop("period_start")
    values["findings"] = Findings.model_validate_json(values["findings"])
    for name in ("digest", "content_digest"):
        values[name] = Digest.trusted(values[name])
    return Load(period=_period(kind, start), **values)


def _period(kind: str, start: date) -> Period:
    if kind == "month":
        return Period.month_of(start)
    return Period(f"{start:%Y}" if kind == "year" else f"{start:%Y}-Q{(start.month + 2) // 3}")
