"""A year of declarations as a national program exports it, and its cleaning by SQL written apart.

Half of the rows with decimal commas, days in three forms, lanes in two languages, yes in four; some
rows twice, and some of which nothing can be made. Moments are what the clock on the wall shows.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
from pyarrow import parquet

from tests.support.measured_year import TWICE, YEAR, ZONE

COLUMNS: Final = (
    "declaration", "lodged_at", "arrived_at", "released_at", "flow", "lane", "inspected", "value",
    "currency", "country", "aeo", "foreign_aeo", "arrangement", "tier", "category", "digital",
    "cost", "drawback", "ruling", "office", "chapter", "mode",
)  # fmt: skip
SPOILT_EVERY, DOUBLED_EVERY = 61, 37
_LANES = {
    "green": ("green", "Зелёный", "green lane"),
    "yellow": ("yellow", "жёлтый коридор", "YELLOW"),
    "red": ("red", "красный", "Red lane"),
    "blue": ("blue", "синий", "blue"),
}
_YES, _NO = ("yes", "да", "Y", "1"), ("no", "нет", "N", "0")
_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S")

_CLEANED = """
copy (
    with told as (
        select distinct * from read_csv('{export}', all_varchar = true, header = true, delim = ';')
    ),
    read as (
        select * exclude (value, cost, lane, inspected, aeo, foreign_aeo, digital, drawback, ruling,
                lodged_at, arrived_at, released_at, category),
            {numbers}, {answers}, {moments},
            category::bigint as category,
            case
                when lane is null then null
                when lower(lane) similar to '(green|зелёный).*' then 'green'
                when lower(lane) similar to '(yellow|жёлтый).*' then 'yellow'
                when lower(lane) similar to '(red|красный).*' then 'red'
                when lower(lane) similar to '(blue|синий).*' then 'blue'
                else '?'
            end as lane,
            null::varchar as region
        from told where value is null or regexp_full_match(replace(value, ',', '.'), '[0-9.]+')
    )
    select *, released_at at time zone '{zone}' as released_there,
        (epoch(released_at) - epoch(lodged_at)) / 3600 as release_hours
    from read
    where lane is distinct from '?' and released_at >= lodged_at and not ({twice})
) to '{cleaned}' (format parquet)
"""


def write_export(path: Path, declarations: Path) -> Path:
    """Writes what a year's declarations look like in an export."""
    rows = parquet.read_table(declarations).to_pylist()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(COLUMNS)
        for at, row in enumerate(rows):
            if row["released_at"].astimezone(ZoneInfo(ZONE)).year != YEAR:
                continue
            cells = [_text(row[name], name, at) for name in COLUMNS]
            if at % SPOILT_EVERY == 0:
                _spoil(cells, at)
            writer.writerow(cells)
            if at % DOUBLED_EVERY == 0:
                writer.writerow(cells)
    return path


def clean(export: Path, cleaned: Path) -> Path:
    """Writes the rows of an export of which something can be made, by SQL and nothing else."""
    numbers = ", ".join(
        f"replace({name}, ',', '.')::double as {name}" for name in ("value", "cost")
    )
    flags = ("inspected", "aeo", "foreign_aeo", "digital", "drawback", "ruling")
    answers = ", ".join(f"lower({name}) in ('yes', 'да', 'y', '1') as {name}" for name in flags)
    moments = ", ".join(
        f"coalesce(try_strptime({name}, '%d.%m.%Y %H:%M:%S'), {name}::timestamp)"
        f" at time zone '{ZONE}' as {name}"
        for name in ("lodged_at", "arrived_at", "released_at")
    )
    twice = " or ".join(
        f"({name} at time zone '{ZONE}') >= '{TWICE[0]}'"
        f" and ({name} at time zone '{ZONE}') < '{TWICE[1]}'"
        for name in ("lodged_at", "arrived_at", "released_at")
    )
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            _CLEANED.format(
                export=export,
                cleaned=cleaned,
                numbers=numbers,
                answers=answers,
                moments=moments,
                twice=twice,
                zone=ZONE,
            )
        )
    return cleaned


def _text(value: Any, name: str, at: int) -> str:
    if value is None:
        return ""
    if name == "lane":
        return _LANES[value][at % 3]
    if isinstance(value, bool):
        return (_YES if value else _NO)[at % 4]
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(ZONE)).strftime(_MOMENTS[at % 3])
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",") if at % 2 else f"{value:.2f}"
    return str(value)


def _spoil(cells: list[str], at: int) -> None:
    """One thing that nothing can be made of."""
    places = {name: place for place, name in enumerate(COLUMNS)}
    which = at // SPOILT_EVERY % 3
    if which == 0:
        cells[places["value"]] = "much"
    elif which == 1:
        cells[places["lane"]] = "turquoise"
    else:
        lodged, released = places["lodged_at"], places["released_at"]
        cells[lodged], cells[released] = cells[released], cells[lodged]
