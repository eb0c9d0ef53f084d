"""A month of declarations as an export holds it: small, clean, and spoilt one thing at a time."""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from mra_gateway.analytics.engine import DuckDbEngine, open_engine
from mra_gateway.analytics.load_request import Taken, Wanted
from mra_gateway.analytics.loading import take_declarations
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder
from mra_gateway.tables.measure_columns import DECLARATIONS
from mra_gateway.tables.measure_texts import TextReader
from mra_gateway.tables.open_measure_file import open_measure_file

KEY: Final = bytes(range(32))
JULY: Final = Period("2025-07")
ALMATY: Final = ZoneInfo("Asia/Almaty")
HEADINGS: Final = (
    "Declaration number", "Lodged at", "Released at", "Type", "Lane", "Inspected",
    "Value", "Currency", "Country", "AEO", "Category", "HS code",
)  # fmt: skip
Row = dict[str, str]


def clean_rows(*, days: int = 31, a_day: int = 1, first: date = date(2025, 7, 1)) -> list[Row]:
    """Returns rows of which nothing is wrong, some on every day."""
    rows = []
    for number in range(days * a_day):
        day = first + timedelta(days=number // a_day)
        values = (
            f"D{number:06}", f"{day} 08:00", f"{day} 1{number % 10}:30",
            ("import", "export", "transit")[number % 3], ("green", "yellow", "red")[number % 3],
            "yes" if number % 3 == 2 else "no", f"{1000 + number}.50", "KZT",
            ("UZ", "CN", "DE")[number % 3], "yes" if number % 2 else "no", "4", "8471300000",
        )  # fmt: skip
        rows.append(dict(zip(HEADINGS, values, strict=True)))
    return rows


def write_csv(path: Path, rows: Sequence[Row], *, headings: Sequence[str] = HEADINGS) -> Path:
    """Writes rows as CSV in UTF-8."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(list(row.values()) for row in rows)
    return path


@functools.cache
def shipped() -> Registry:
    """The data files that travel with the product."""
    return load_registry(data_folder("partners"))


def unnamed(reference: str, key: bytes) -> str:
    """Returns what stands for a declaration in what was taken in."""
    return hashlib.sha256(f"{key.hex()}{reference}".encode()).hexdigest()[:20]


def take(
    path: Path,
    folder: Path,
    *,
    period: Period = JULY,
    wall: ZoneInfo = ALMATY,
    zone: ZoneInfo = ALMATY,
    is_wall_stated: bool = False,
    currency: str | None = None,
    factor: Callable[[str, str], float | None] = lambda _code, _into: None,
    others: Sequence[Path] = (),
) -> tuple[Taken, list[dict[str, object]]]:
    """Takes a file in and returns what came of it, and the rows written, named as in the file."""
    registry = shipped()
    file = open_measure_file(
        path, kinds=DECLARATIONS, forms=tuple(registry.declaration_forms.values())
    )
    reader = TextReader(file.form, file.table, lanes=registry.lanes)
    wanted = Wanted(
        period=period,
        zone=zone,
        wall=wall,
        is_wall_stated=is_wall_stated,
        currency=currency,
        factor=factor,
        region_of=registry.regions.region_of,
        key=KEY,
        others=others,
    )
    work = folder / f"work-{path.name}"
    work.mkdir()
    target = folder / f"{path.name}.taken.parquet"
    with open_engine("duckdb", folder=work) as engine:
        assert isinstance(engine, DuckDbEngine)
        taken = take_declarations(engine, file, reader, wanted, target=target, folder=work)
    rows: list[dict[str, object]] = pq.read_table(target).to_pylist()
    again = open_measure_file(path, kinds=DECLARATIONS, forms=[file.form])
    cells = (row.cells[file.fields["declaration"]] for row in again.rows() if not row.fault)
    names = {unnamed(cell.strip(), KEY): cell.strip() for cell in cells if cell}
    for row in rows:
        row["declaration"] = names[str(row["declaration"])]
    return taken, sorted(rows, key=lambda row: str(row["declaration"]))
