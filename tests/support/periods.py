"""A period of declarations of realistic shape: few exporters with most of the trade, values over
many orders of magnitude, identifiers typed in every way, and what is inspected released later."""

from __future__ import annotations

import csv
import math
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from mra_gateway.model.benefits import DecisionTable

COLUMNS = (
    "reference",
    "type",
    "accepted_at",
    "region",
    "commodity_codes",
    "mode",
    "office",
    "dispatched_from",
    "currency",
    "value",
    "inspected",
    "inspection_hours",
    "arrived_at",
    "released_at",
    "exporter.identifier",
    "consignor.identifier",
)
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
Row = dict[str, Any]


def number_of(operator: int) -> str:
    """Returns the authorisation number of an operator."""
    return f"AEOCN{operator:010d}"


def declarations(count: int, *, seed: int, operators: int = 400) -> list[Row]:
    """Returns rows; some identifiers are on no list, some are typed carelessly, some are absent."""
    chance = random.Random(seed)
    return [_row(at, chance, operators) for at in range(count)]


def _row(at: int, chance: random.Random, operators: int) -> Row:
    day = FIRST + timedelta(days=chance.randrange(365))
    inspected = chance.random() < 0.12
    arrived = datetime.combine(day, time()) + timedelta(minutes=chance.randrange(900))
    hours = round(chance.lognormvariate(0.7, 0.5), 2) if inspected else None
    release = chance.lognormvariate(1.5, 0.6) + (hours or 0) * 1.5
    return {
        "reference": f"D{at}",
        "type": chance.choices(["import", "export", "transit"], [70, 25, 5])[0],
        "accepted_at": day,
        "region": chance.choice(["North", "South", "Gobi", None]),
        "commodity_codes": f"{chance.choice([1, 22, 27, 61, 84, 85, 87, 97]):02d}0110",
        "mode": chance.choices(["1", "2", "3", "4", None], [10, 40, 35, 10, 5])[0],
        "office": chance.choice(["A1", "B2", "C3"]),
        "dispatched_from": chance.choices(["CN", "RU", None], [70, 25, 5])[0],
        "currency": "USD",
        "value": round(chance.lognormvariate(9, 1.2), 2),
        "inspected": inspected,
        "inspection_hours": hours,
        "arrived_at": arrived,
        "released_at": arrived + timedelta(seconds=round(release * 3600)),
        "exporter.identifier": _identifier(chance, operators),
        "consignor.identifier": _identifier(chance, operators) if chance.random() < 0.3 else None,
    }


def _identifier(chance: random.Random, operators: int) -> str | None:
    if chance.random() < 0.05:
        return None
    # a few send much: the rank follows a power law
    operator = min(operators * 2, math.floor(chance.paretovariate(0.6)))
    number = number_of(operator)
    return chance.choice([number, number, number, number.lower(), f"{number[:5]} {number[5:]}"])


def write_parquet(rows: list[Row], path: Path) -> Path:
    """Writes rows with types of their own."""
    kinds = {"inspected": pa.bool_(), "value": pa.float64(), "inspection_hours": pa.float64()}
    kinds |= {"accepted_at": pa.date32(), "arrived_at": pa.timestamp("s")}
    kinds |= {"released_at": pa.timestamp("s")}
    columns = {
        name: pa.array([row.get(name) for row in rows], kinds.get(name, pa.string()))
        for name in COLUMNS
    }
    parquet.write_table(pa.table(columns), path)
    return path


def write_csv(rows: list[Row], path: Path, *, columns: tuple[str, ...] = COLUMNS) -> Path:
    """Writes rows as somebody's program does: decimal commas, days in three forms, yes and no."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(columns)
        for at, row in enumerate(rows):
            writer.writerow([_text(row.get(name), at) for name in columns])
    return path


def _text(value: Any, at: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if at % 2 else value.strftime("%d.%m.%Y %H:%M:%S")
    if isinstance(value, date):
        forms = (value.isoformat(), value.strftime("%d.%m.%Y"), value.strftime("%d %B %Y"))
        return forms[at % 3]
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",") if at % 2 else f"{value:.2f}"
    return str(value)


def write_operators(path: Path, count: int) -> Path:
    """Writes a partner's list: every third operator certified, every seventh suspended."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["TIN", "Authorisation number", "Tier", "Status"])
        for at in range(count):
            writer.writerow([f"CN{at:09d}X", number_of(at), tier_of(at), status_of(at)])
    return path


def tier_of(operator: int) -> str:
    """Returns the tier of an operator."""
    return "certified" if operator % 3 == 0 else "advanced"


def status_of(operator: int) -> str:
    """Returns what the list says of an operator."""
    return "suspended" if operator % 7 == 0 else "valid"


def proposed(multiplier: float | None = 0.2) -> DecisionTable:
    """Returns a proposed table: imports only, nothing of chapter 27, by rail half as much."""
    fewer = {} if multiplier is None else {"inspection_rate_multiplier": multiplier}
    half = {} if multiplier is None else {"inspection_rate_multiplier": 0.5}
    shared = {"programmes": ["CN-AEO"], "roles": "all", "flows": ["import"]}
    return DecisionTable.model_validate(
        {
            "id": "CN-MN-2025.MN",
            "arrangement": "CN-MN-2025",
            "granted_by": "MN",
            "version": 1,
            "rows": {
                "source": "a test",
                "basis": "unverified",
                "as_of": date(2026, 11, 21),
                "value": [
                    {
                        "id": "certified",
                        "effect": "refuse",
                        "benefits": [{"code": "inspection_lower"}],
                        "functions": "all",
                        "tiers": ["certified"],
                        **shared,
                    },
                    {
                        "id": "rail",
                        "benefits": [{"code": "inspection_lower", "parameters": half}],
                        "functions": ["exporter", "consignor"],
                        "tiers": ["advanced"],
                        "modes": ["2"],
                        "chapters_excluded": ["27"],
                        **shared,
                    },
                    {
                        "id": "others",
                        "benefits": [{"code": "inspection_lower", "parameters": fewer}],
                        "functions": ["exporter", "consignor"],
                        "tiers": ["advanced"],
                        "modes": ["1", "3", "4"],
                        "chapters_excluded": ["27"],
                        **shared,
                    },
                ],
            },
        }
    )
