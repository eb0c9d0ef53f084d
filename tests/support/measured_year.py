"""A year of trade as event tables: declarations of realistic shape, and every other table in small.

Few declarants with most of the value, one lane in five with its documents checked and one in twelve
with its goods, AEOs released sooner, a few columns empty here and there. Everything follows from
the number of the row and the seed, however many rows are asked for; DuckDB writes it, so that ten
million declarations are there in seconds.

`zone` is where the administration is: the days in the tables are days there.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import parquet

from mra_gateway.model.indicators import ColumnKind, EventColumn, EventTable

YEAR = 2025
ZONE = "Europe/Bucharest"
"""With summer time: clocks are put forward on 30 March and back on 26 October."""
TWICE = (f"{YEAR}-10-26 03:00", f"{YEAR}-10-26 04:00")
"""Between which the clock on the wall tells no moment."""

_DECLARATIONS = """
with drawn as (
    select i,
        hash({seed} * 10000000000 + i * 16 + 1) / 18446744073709551616.0 as u_day,
        hash({seed} * 10000000000 + i * 16 + 2) / 18446744073709551616.0 as u_flow,
        hash({seed} * 10000000000 + i * 16 + 3) / 18446744073709551616.0 as u_lane,
        hash({seed} * 10000000000 + i * 16 + 4) / 18446744073709551616.0 as u_aeo,
        hash({seed} * 10000000000 + i * 16 + 5) / 18446744073709551616.0 as u_foreign,
        1e-12 + hash({seed} * 10000000000 + i * 16 + 6) / 18446744073709551616.0 as u_value,
        hash({seed} * 10000000000 + i * 16 + 7) / 18446744073709551616.0 as u_turn,
        hash({seed} * 10000000000 + i * 16 + 8) / 18446744073709551616.0 as u_region,
        hash({seed} * 10000000000 + i * 16 + 9) / 18446744073709551616.0 as u_other,
        hash({seed} * 10000000000 + i * 16 + 10) / 18446744073709551616.0 as u_more
    from range({first}, {first} + {count}) as t(i)
),
shaped as (
    select *,
        case when u_flow < 0.62 then 'import' when u_flow < 0.92 then 'export' else 'transit' end
            as flow,
        case when u_aeo < 0.02 then null else u_aeo < 0.16 end as aeo,
        u_foreign < 0.05 as foreign_aeo,
        sqrt(-2 * ln(u_value)) * cos(2 * pi() * u_turn) as normal,
        sqrt(-2 * ln(u_value)) * sin(2 * pi() * u_turn) as other_normal
    from drawn
),
laned as (
    select *,
        case
            when u_lane > 0.99 then null
            when u_lane < (case when aeo or foreign_aeo then 0.86 else 0.70 end) then 'green'
            when u_lane < 0.90 then 'yellow'
            when u_lane < 0.97 then 'red'
            else 'blue'
        end as lane
    from shaped
),
timed as (
    select *,
        exp(1.1 + 0.7 * normal) * (case when aeo then 0.6 else 1.0 end)
            * (case lane when 'red' then 4.0 when 'yellow' then 1.7 else 1.0 end) as took,
        timestamp '{start}' + interval (floor(u_day * {days} * 86400)) second as lodged
    from laned
)
select
    'D' || lpad(i::varchar, 10, '0') as declaration,
    lodged at time zone 'UTC' as lodged_at,
    (lodged - interval (floor(u_more * 30 * 3600)) second) at time zone 'UTC' as arrived_at,
    (lodged + interval (floor(took * 3600)) second) at time zone 'UTC' as released_at,
    (lodged at time zone 'UTC' at time zone '{zone}')::date as lodged_on,
    ((lodged + interval (floor(took * 3600)) second) at time zone 'UTC' at time zone '{zone}')::date
        as released_on,
    flow,
    lane,
    case when u_other < 0.01 then null else lane = 'red' or u_other > 0.995 end as inspected,
    case when u_more < 0.005 then null else round(exp(8.5 + 1.6 * other_normal), 2) end as value,
    'USD' as currency,
    case when u_region < 0.04 then null when u_region < 0.30 then 'KZ'
        when u_region < 0.52 then 'CN' when u_region < 0.72 then 'DE' when u_region < 0.80 then 'US'
        when u_region < 0.9 then 'KG' else 'TR' end as country,
    case when u_region < 0.04 then null when u_region < 0.30 then 'central_asia'
        when u_region < 0.52 then 'east_asia' when u_region < 0.80 then 'eu_us'
        when u_region < 0.9 then 'central_asia' else 'other' end as region,
    aeo,
    foreign_aeo,
    case when foreign_aeo then case when u_turn < 0.7 then 'CN-UZ-2024' else 'TR-UZ-2025' end end
        as arrangement,
    case when foreign_aeo then case when u_more < 0.4 then 'advanced' else 'certified' end end
        as tier,
    (1 + floor(4 * (1 - power(u_other, 3))))::bigint as category,
    case when u_other < 0.003 then null else u_more < 0.83 end as digital,
    case when u_turn > 0.9 then null else round(20 + 30 * u_turn + took, 2) end as cost,
    flow = 'export' and u_turn < 0.06 as drawback,
    u_more > 0.97 as ruling,
    'O' || floor(u_turn * 12)::int as office,
    lpad((1 + floor(u_region * u_more * 96))::int::varchar, 2, '0') as chapter,
    (1 + floor(u_turn * 5))::int::varchar as mode,
    floor(took * 3600) / 3600.0 as release_hours,
    (floor(took * 3600) + floor(u_more * 30 * 3600)) / 3600.0 as clearance_hours
from timed
"""


def write_declarations(
    path: Path,
    count: int,
    *,
    seed: int = 1,
    first: int = 0,
    start: str = f"{YEAR}-01-01",
    days: int = 365,
    zone: str = ZONE,
    also: str = "",
) -> Path:
    """Writes declarations lodged within some days as a table the figures are computed from.

    Args:
        path: The Parquet file.
        count: How many.
        seed: Another one, another year.
        first: The number of the first.
        start: The first day, midnight in UTC.
        days: How many.
        zone: In which the days are told.
        also: What is done with the rows besides: the end of the query.
    """
    query = _DECLARATIONS.format(
        count=count, seed=seed, first=first, start=start, days=days, zone=zone
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"copy (select * from ({query}) {also}) to '{path}' (format parquet)")
    return path


def rows_of(
    table: EventTable, count: int, *, seed: int, words: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Returns rows of any event table; some cells are empty.

    Args:
        table: Which.
        count: How many.
        seed: Another one, other rows.
        words: Column → texts it may hold, where the table lists none.
    """
    chance = random.Random(f"{table.name} {seed}")
    rows = []
    for at in range(count):
        row = {one.name: _cell(one, chance, words) for one in table.columns}
        if table.key is not None:
            row[table.key] = f"{table.name}-{at}"
        day = date(YEAR, 1, 1) + timedelta(days=chance.randrange(365))
        row[table.counted_on] = day
        if table.begins_on is not None and table.ends_on is not None:
            row[table.begins_on] = day
            ends = day + timedelta(days=chance.randrange(200))
            row[table.ends_on] = ends if chance.random() < 0.5 else None
        rows.append(row)
    return rows


def _cell(column: EventColumn, chance: random.Random, words: Mapping[str, Sequence[str]]) -> Any:
    if chance.random() < 0.04:
        return None
    if column.kind is ColumnKind.BOOLEAN:
        return chance.random() < 0.4
    if column.kind is ColumnKind.INTEGER:
        return chance.randrange(1, 6)
    if column.kind is ColumnKind.NUMBER:
        return round(chance.lognormvariate(1.5, 0.8), 3)
    if column.kind is ColumnKind.TEXT:
        return chance.choice(column.values or tuple(words.get(column.name, ())) or ("one", "two"))
    return None


_ARROW = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.DAY: pa.date32(),
    ColumnKind.MOMENT: pa.timestamp("us", "UTC"),
}


def arrow(table: EventTable, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Returns rows of an event table with the types it documents."""
    listed = list(rows)
    return pa.table(
        {
            one.name: pa.array([row.get(one.name) for row in listed], _ARROW[one.kind])
            for one in table.columns
        }
    )


def write_rows(path: Path, table: EventTable, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Writes rows of an event table as a file."""
    parquet.write_table(arrow(table, rows), path)
    return path
