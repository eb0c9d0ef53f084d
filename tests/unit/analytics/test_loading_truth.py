"""A dirty month is cleaned as a slow reader of its own, written for this test, cleans it."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from mra_gateway.model.periods import Period
from tests.support.measured_month import HEADINGS, Row, take, write_csv

BERLIN: Final = ZoneInfo("Europe/Berlin")
OCTOBER: Final = Period("2025-10")
LANES: Final = {"green": "green", "Зелёный коридор": "green", "YELLOW": "yellow", "красный": "red"}
FORMS: Final = ("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")


class Clean(NamedTuple):
    """What a row says, if it counts."""

    lodged_at: datetime | None
    released_at: datetime | None
    released_on: date
    flow: str
    lane: str | None
    value: float | None
    aeo: bool | None


def dirty_rows(seed: int, *, count: int = 1500) -> list[Row]:
    """Returns a month with everything an export may hold, in the proportions of a bad one."""
    chance = random.Random(seed)
    rows: list[Row] = []
    start = datetime(2025, 9, 28)  # noqa: DTZ001 - on the wall
    for number in range(count):
        lodged = start + timedelta(minutes=chance.randrange(36 * 1440))
        released = lodged + timedelta(minutes=chance.randrange(-60, 4000))
        values = (
            f"D{number:05}",
            lodged.strftime(chance.choice(FORMS)),
            "" if chance.random() < 0.03 else released.strftime(chance.choice(FORMS)),
            chance.choice(("import", "EX", "транзит", "nonsense" if number % 50 == 0 else "IM")),
            chance.choice((*LANES, "", "puce" if number % 40 == 0 else "green")),
            chance.choice(("yes", "no", "да", "")),
            chance.choice(("12.5", "1 234,50", "7", "", "-3" if number % 30 == 0 else "1000,25")),
            "EUR",
            chance.choice(("UZ", "CN", "")),
            chance.choice(("true", "нет", "")),
            chance.choice(("4", "category 2", "")),
            "8471",
        )
        rows.append(dict(zip(HEADINGS, values, strict=True)))
    for _ in range(count // 20):
        row = dict(chance.choice(rows))
        if chance.random() < 0.3:
            row["Country"] = "JP"
        rows.insert(chance.randrange(len(rows)), row)
    return rows


def moment(text: str) -> tuple[datetime | None, date | None]:
    """Returns the moment and the day of a text; raises ValueError for what is never or twice."""
    for form in FORMS:
        try:
            wall = datetime.strptime(text, form)  # noqa: DTZ007 - on the wall
        except ValueError:
            continue
        if form == "%Y-%m-%d":
            return None, wall.date()
        ahead = [wall.replace(tzinfo=BERLIN, fold=fold) for fold in (0, 1)]
        if ahead[0].utcoffset() != ahead[1].utcoffset():
            raise ValueError(text)
        return ahead[0].astimezone(UTC), wall.date()
    return None, None


def slowly(rows: list[Row]) -> dict[str, Clean]:
    """Returns what counts, by declaration."""
    found: dict[str, list[tuple[Row, Clean]]] = defaultdict(list)
    for row in rows:
        cleaned = one(row)
        if cleaned is not None:
            found[row["Declaration number"]].append((row, cleaned))
    return {
        number: read[0][1]
        for number, read in found.items()
        if all(row == read[0][0] for row, _ in read)
    }


def one(row: Row) -> Clean | None:
    flows = {"import": "import", "IM": "import", "EX": "export", "транзит": "transit"}
    amounts = {"12.5": 12.5, "1 234,50": 1234.5, "7": 7.0, "": None, "1000,25": 1000.25}
    try:
        (lodged, lodged_on), (released, released_on) = (
            moment(row[name]) for name in ("Lodged at", "Released at")
        )
    except ValueError:
        return None
    if row["Type"] not in flows or row["Lane"] == "puce" or row["Value"] not in amounts:
        return None
    if released_on is None or released_on.month != 10 or lodged_on is None:
        return None
    if lodged and released and released < lodged:
        return None
    if not (lodged and released) and released_on < lodged_on:
        return None
    lane = LANES.get(row["Lane"])
    aeo = {"true": True, "нет": False}.get(row["AEO"])
    return Clean(
        lodged, released, released_on, flows[row["Type"]], lane, amounts[row["Value"]], aeo
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_dirty_month_is_cleaned_as_somebody_else_would(tmp_path: Path, seed: int) -> None:
    rows = dirty_rows(seed)
    taken, written = take(
        write_csv(tmp_path / "october.csv", rows), tmp_path, period=OCTOBER, wall=BERLIN,
        zone=BERLIN,
    )  # fmt: skip
    wanted = slowly(rows)
    got: dict[str, Any] = {
        str(row["declaration"]): Clean(*(row[name] for name in Clean._fields))  # type: ignore[arg-type]
        for row in written
    }
    assert got == wanted
    assert taken.counted == len(wanted) > 500
    assert taken.read == len(rows) == taken.counted + taken.faulty + taken.outside + taken.doubled
