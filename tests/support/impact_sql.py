"""The figures of an impact once more, by SQL written for one table and nothing of the product.

The table is that of `periods.proposed`: advanced operators as exporter or consignor on an import
that is not of chapter 27 and states its mode; a half by rail, a fifth otherwise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

_TOUCHED = """
with operators as (
    select upper(regexp_replace("Authorisation number", '[^A-Za-z0-9]', '', 'g')) as number
    from read_csv('{operators}', all_varchar = true)
    where "Status" = 'valid' and "Tier" = 'advanced'
),
declared as (
    select *,
        left(commodity_codes, 2) as chapter_,
        upper(regexp_replace("exporter.identifier", '[^A-Za-z0-9]', '', 'g')) as exporter_,
        upper(regexp_replace("consignor.identifier", '[^A-Za-z0-9]', '', 'g')) as consignor_,
        (epoch(released_at) - epoch(arrived_at)) / 3600.0 as release_
    from read_parquet('{declarations}')
),
judged as (
    select *,
        type = 'import' and mode is not null and chapter_ <> '27' and (
            exporter_ in (from operators) or consignor_ in (from operators)) as touched_,
        case when mode = '2' then 0.5 else 1 - {multiplier}::double end::double as spared_
    from declared
),
gains as (
    select type, mode,
        avg(release_) filter (where inspected) - avg(release_) filter (where not inspected)
            as gain_,
        var_pop(release_) filter (where inspected) / (count(*) filter (where inspected) - 1)
        + var_pop(release_) filter (where not inspected)
            / (count(*) filter (where not inspected) - 1) as doubt_
    from declared group by type, mode
    having count(*) filter (where inspected) >= 30 and count(*) filter (where not inspected) >= 30
)
"""
_FIGURES = """
select {key} as key,
    count(*) as cases,
    count(*) filter (where touched_) as touched,
    sum(value) as value,
    coalesce(sum(value) filter (where touched_), 0) as value_touched,
    count(*) filter (where inspected) as inspections,
    count(*) filter (where inspected and touched_) as inspections_touched,
    coalesce(sum(spared_) filter (where inspected and touched_), 0) as spared,
    coalesce(sum(spared_ * inspection_hours) filter (where inspected and touched_), 0) as hours,
    count(gain_) filter (where inspected and touched_) as compared,
    coalesce(sum(spared_ * gain_) filter (where inspected and touched_), 0) as release
from judged left join gains
    on judged.type = gains.type and judged.mode is not distinct from gains.mode
group by 1 order by 1
"""

KEYS = {
    "total": "'all'",
    "flow": "judged.type",
    "region": "coalesce(region, 'not stated')",
    "chapter": "chapter_",
    "mode": "coalesce(judged.mode, 'not stated')",
}


def figures(
    declarations: Path, operators: Path, *, cut: str, multiplier: float = 0.2
) -> dict[str, dict[str, Any]]:
    """Returns numerators and denominators by the key of each row."""
    query = _TOUCHED.format(
        declarations=declarations, operators=operators, multiplier=multiplier
    ) + _FIGURES.format(key=KEYS[cut])
    with duckdb.connect() as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
