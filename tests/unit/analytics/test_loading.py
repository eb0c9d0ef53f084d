"""Declarations are typed as they were meant; every row at fault is named, beside its clean twin."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from mra_gateway.analytics.wall_clock import WallClock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.periods import Period
from tests.support.measured_month import (
    HEADINGS,
    Row,
    clean_rows,
    take,
    write_csv,
)

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def test_a_clean_row_is_typed_as_it_was_meant(tmp_path: Path) -> None:
    taken, rows = take(write_csv(tmp_path / "july.csv", clean_rows()), tmp_path)

    assert (taken.read, taken.counted, taken.faulty, taken.doubled) == (31, 31, 0, 0)
    assert taken.by_reason == {}
    assert (taken.faults, taken.currency) == ((), "KZT")
    assert set(taken.days.values()) == {1}
    assert rows[2] == {
        "declaration": "D000002",
        "lodged_at": datetime(2025, 7, 3, 3, tzinfo=UTC),
        "arrived_at": None,
        "released_at": datetime(2025, 7, 3, 7, 30, tzinfo=UTC),
        "lodged_on": date(2025, 7, 3),
        "released_on": date(2025, 7, 3),
        "flow": "transit",
        "lane": "red",
        "inspected": True,
        "value": 1002.5,
        "currency": "KZT",
        "country": "DE",
        "region": "eu_us",
        "aeo": False,
        "foreign_aeo": None,
        "arrangement": None,
        "tier": None,
        "operator": None,
        "category": 4,
        "digital": None,
        "cost": None,
        "drawback": None,
        "ruling": None,
        "office": None,
        "chapter": "84",
        "mode": None,
        "release_hours": 4.5,
        "clearance_hours": None,
        "source_row": 4,
    }


BAD: list[tuple[dict[str, str], Reason, str, str]] = [
    ({"Lodged at": "2025-07-09 19:00"}, Reason.RELEASED_BEFORE_LODGED, "before it was lodged",
     "Released at"),
    ({"Lane": "turquoise"}, Reason.LANE_UNKNOWN, "'turquoise' is no lane", "Lane"),
    ({"Value": "a lot"}, Reason.VALUE_UNREADABLE, "'a lot' is no number", "Value"),
    ({"Value": "-5"}, Reason.VALUE_UNREADABLE, "'-5' is no number", "Value"),
    ({"Value": "1,234"}, Reason.VALUE_UNREADABLE, "thousands or decimals", "Value"),
    ({"Value": "1 2 3"}, Reason.VALUE_UNREADABLE, "'1 2 3' is no number", "Value"),
    ({"Value": "9" * 400}, Reason.VALUE_UNREADABLE, "larger than any value", "Value"),
    ({"Released at": "45847,5"}, Reason.DATE_UNREADABLE, "a spreadsheet's number", "Released at"),
    ({"Declaration number": "#REF!"}, Reason.CELL_ERROR, "error of a spreadsheet",
     "Declaration number"),
    ({"Declaration number": "1.2346E+14"}, Reason.NUMBER_FOR_IDENTIFIER, "rounded",
     "Declaration number"),
    ({"Value": "#N/A"}, Reason.CELL_ERROR, "error of a spreadsheet", "Value"),
    ({"Currency": ""}, Reason.VALUE_MISSING, "without its currency", "Currency"),
    ({"Type": "sideways"}, Reason.WORD_UNKNOWN, "'sideways' is no type", "Type"),
    ({"AEO": "perhaps"}, Reason.WORD_UNKNOWN, "neither yes nor no", "AEO"),
    ({"Category": "9"}, Reason.WORD_UNKNOWN, "none of the categories", "Category"),
    ({"Country": "Uzbekistan"}, Reason.VALUE_UNREADABLE, "no code of two letters", "Country"),
    ({"HS code": "x"}, Reason.VALUE_UNREADABLE, "chapter of the Harmonized System", "HS code"),
    ({"Released at": "05/07/2025 10:00"}, Reason.DATE_AMBIGUOUS, "may be", "Released at"),
    ({"Released at": "soon"}, Reason.DATE_UNREADABLE, "'soon' is not a date", "Released at"),
    ({"Lodged at": "2005-07-05 08:00"}, Reason.VALUE_NOT_ALLOWED, "years away", "Lodged at"),
    ({"Released at": "2025-08-05 10:00"}, Reason.OUTSIDE_PERIOD, "outside 2025-07-01",
     "Released at"),
    ({"Released at": ""}, Reason.OUTSIDE_PERIOD, "in the period in which it has one",
     "Released at"),
    ({"Declaration number": " "}, Reason.VALUE_MISSING, "no declaration", "Declaration number"),
]  # fmt: skip


def test_every_row_at_fault_is_named_and_the_twins_between_them_are_counted(
    tmp_path: Path,
) -> None:
    rows = clean_rows(days=1, a_day=2 * len(BAD), first=date(2025, 7, 9))
    for at, (cells, *_) in enumerate(BAD):
        rows[2 * at] |= cells
    taken, written = take(write_csv(tmp_path / "bad.csv", rows), tmp_path)

    told = {fault.row: fault for fault in taken.faults}
    assert len(told) == len(taken.faults)
    assert [(row, one.reason, one.column) for row, one in sorted(told.items())] == [
        (2 + 2 * at, reason, column) for at, (_, reason, _, column) in enumerate(BAD)
    ]
    for at, (_, _, says, _) in enumerate(BAD):
        assert says in told[2 + 2 * at].text
    assert taken.by_reason == Counter(reason for _, reason, _, _ in BAD)
    assert (taken.faulty, taken.outside) == (len(BAD) - 2, 2)
    assert [row["source_row"] for row in written] == [3 + 2 * at for at in range(len(BAD))]


def test_of_rows_that_say_the_same_one_counts_and_of_contradicting_ones_none(
    tmp_path: Path,
) -> None:
    rows = clean_rows(days=6)
    rows += [dict(rows[1]), rows[3] | {"Value": "7.00"}, dict(rows[1])]
    taken, written = take(write_csv(tmp_path / "f.csv", rows), tmp_path)

    assert [(one.row, one.reason) for one in taken.faults] == [
        (5, Reason.ROWS_CONTRADICT),
        (8, Reason.ROW_DOUBLED),
        (9, Reason.ROWS_CONTRADICT),
        (10, Reason.ROW_DOUBLED),
    ]
    assert taken.faults[1].text == "'D000001' is counted in row 3 already"
    assert (taken.doubled, taken.faulty, taken.counted) == (2, 2, 5)
    assert [row["source_row"] for row in written] == [2, 3, 4, 6, 7]


def test_a_file_of_moments_with_and_without_an_offset_is_refused_once(tmp_path: Path) -> None:
    rows = clean_rows(days=9)
    rows[1] |= {"Lodged at": "2025-07-02T08:00+06:00", "Released at": "2025-07-02T10:00+05:00"}
    rows[4] |= {"Released at": "20250705100000+05", "Lane": "turquoise"}
    rows[5] |= {"Lodged at": "05.07.2025 8:00", "Released at": ""}
    rows[6] |= {"Lodged at": "2025-07-07", "Released at": "soon"}
    with pytest.raises(RequestRefused) as refused:
        take(write_csv(tmp_path / "f.csv", rows), tmp_path)
    assert refused.value.reason is Reason.TIME_ZONES_MIXED
    # of row 6 the lodging alone, of 7 too; row 8 has a day, which needs none, and no moment
    assert "with an offset from UTC (3: rows 3, 6) and without (12: rows 2, 4, 5, 6, 7, …)" in str(
        refused.value
    )
    # its twin: those that have one, all; a row at fault is told as ever
    twin = [rows[1], {**rows[4], "Lodged at": "2025-07-05T03:00Z"}, {**rows[1]}]
    twin[2] |= {"Declaration number": "D9", "Lodged at": "2025-07-02"}
    taken, written = take(write_csv(tmp_path / "twin.csv", twin), tmp_path)
    assert [(one.row, one.reason) for one in taken.faults] == [(3, Reason.LANE_UNKNOWN)]
    assert [row["release_hours"] for row in written] == [3.0, None]


def test_moments_without_an_offset_are_read_when_an_officer_says_what_they_mean(
    tmp_path: Path,
) -> None:
    rows = clean_rows(days=3)
    rows[1]["Released at"] = "2025-07-02T12:00:00+05:30"
    path = write_csv(tmp_path / "mixed.csv", rows)
    taken, written = take(path, tmp_path, is_wall_stated=True)
    assert taken.counted == 3
    assert written[1]["released_at"] == datetime(2025, 7, 2, 6, 30, tzinfo=UTC)
    assert written[1]["release_hours"] == 3.5


def test_moments_and_numbers_are_read_however_they_are_written(tmp_path: Path) -> None:
    moments = {
        "2025-07-05T10:00": 2.0,
        "2025-07-05 10:00:00.25": 2.0,
        "05.07.2025 10:00": 2.0,
        "05.07.2025 10:00:30": 2.0 + 30 / 3600,
        "20250705100000+05": 2.0,
        "2025-07-05T05:00:00Z": 2.0,
        "2025-07-05": None,
        "5 July 2025": None,
    }
    numbers = {"1234,5": 1234.5, "1 234,50": 1234.5, "1\u00a0234 567": 1234567.0, "n/a": None}
    rows = clean_rows(days=1, a_day=len(moments) + len(numbers), first=date(2025, 7, 5))
    for row, text in zip(rows, moments, strict=False):
        row["Released at"] = text
    for row, text in zip(rows[len(moments) :], numbers, strict=True):
        row["Value"] = text
    taken, written = take(write_csv(tmp_path / "f.csv", rows), tmp_path, is_wall_stated=True)

    assert taken.counted == len(rows)
    assert {row["released_on"] for row in written} == {date(2025, 7, 5)}
    hours = [row["release_hours"] for row in written[: len(moments)]]
    assert hours == [one and pytest.approx(one) for one in moments.values()]
    assert [row["value"] for row in written[len(moments) :]] == list(numbers.values())


def test_moments_that_are_all_midnights_are_days(tmp_path: Path) -> None:
    rows = clean_rows(days=5)
    for row in rows:
        row["Lodged at"] = f"{row['Lodged at'][:10]} 00:00:00"
    taken, written = take(write_csv(tmp_path / "f.csv", rows), tmp_path)
    assert taken.days_only == ("lodged_at",)
    assert {(row["lodged_at"], row["release_hours"]) for row in written} == {(None, None)}
    assert written[2]["lodged_on"] == date(2025, 7, 3)
    # the twin: where one is not, the others are midnights
    rows[4]["Lodged at"] = "2025-07-05 00:01"
    _, written = take(write_csv(tmp_path / "g.csv", rows), tmp_path)
    assert written[2]["lodged_at"] == datetime(2025, 7, 2, 19, tzinfo=UTC)


def test_values_in_other_currencies_are_changed_by_rates_or_named(tmp_path: Path) -> None:
    rows = clean_rows(days=6)
    # the code ISO 4217 has for no currency at all: no rate is ever held of it
    rows[2]["Currency"], rows[4]["Currency"] = "USD", "XXX"
    path = write_csv(tmp_path / "f.csv", rows)
    with pytest.raises(RequestRefused, match="KZT in row 2, USD in row 4") as refused:
        take(path, tmp_path)
    assert refused.value.reason is Reason.CURRENCIES_MIXED

    rates: dict[str, float] = {"USD": 500.0}
    (tmp_path / "again").mkdir()
    taken, written = take(
        path, tmp_path / "again", currency="KZT", factor=lambda code, _into: rates.get(code)
    )
    assert written[2]["value"] == 1002.5 * 500
    assert {row["currency"] for row in written} == {"KZT"}
    assert [(one.row, one.reason) for one in taken.faults] == [(6, Reason.CURRENCIES_MIXED)]
    assert taken.counted == 5


def test_a_local_day_is_the_one_of_the_administrations_zone(tmp_path: Path) -> None:
    rows = clean_rows(days=2, first=date(2025, 7, 31))
    rows[0] |= {"Lodged at": "2025-07-31T18:00:00Z", "Released at": "2025-07-31T18:59:00Z"}
    rows[1] |= {"Lodged at": "2025-07-31T18:00:00Z", "Released at": "2025-07-31T19:00:00Z"}
    taken, written = take(write_csv(tmp_path / "edge.csv", rows), tmp_path)
    # in Almaty August begins at 19:00 UTC
    assert [(row["declaration"], row["released_on"]) for row in written] == [
        ("D000000", date(2025, 7, 31))
    ]
    assert taken.outside == 1


BOUNDARIES: dict[tuple[str, str], list[tuple[str, str, float | Reason]]] = {
    # a month that ends in summer time: its last day has 23 hours
    ("Europe/Chisinau", "2019-03"): [
        ("2019-03-31 01:30", "2019-03-31 03:30", 1.0),
        ("2019-03-30 23:59", "2019-03-31 23:59", 23.0),
        ("2019-03-31 01:30", "2019-03-31 02:30", Reason.VALUE_UNREADABLE),
        ("2019-03-01 00:00", "2019-04-01 00:00", Reason.OUTSIDE_PERIOD),
        ("2019-02-28T21:00Z", "2019-02-28T21:59:59Z", Reason.OUTSIDE_PERIOD),
        ("2019-02-28T21:00Z", "2019-02-28T22:00:00Z", 1.0),
        ("2019-03-30T20:59:59Z", "2019-03-31T20:59:59Z", 24.0),
        ("2019-03-30T20:59:59Z", "2019-03-31T21:00:00Z", Reason.OUTSIDE_PERIOD),
    ],
    # one that ends in winter time: its last day has 25
    ("Europe/Chisinau", "2021-10"): [
        ("2021-10-31 01:30", "2021-10-31 03:30", 3.0),
        ("2021-10-30 23:59", "2021-10-31 23:59", 25.0),
        ("2021-10-31 01:30", "2021-10-31 02:30", Reason.DATE_AMBIGUOUS),
        ("2021-10-31T02:50+03:00", "2021-10-31T02:20+02:00", 0.5),
        ("2021-10-31T02:50+02:00", "2021-10-31T02:20+03:00", Reason.RELEASED_BEFORE_LODGED),
        ("2021-09-30T20:00Z", "2021-09-30T20:59:59Z", Reason.OUTSIDE_PERIOD),
        ("2021-09-30T20:00Z", "2021-09-30T21:00:00Z", 1.0),
        ("2021-10-31T20:59:59Z", "2021-10-31T21:59:59Z", 1.0),
        ("2021-10-31T20:59:59Z", "2021-10-31T22:00:00Z", Reason.OUTSIDE_PERIOD),
    ],
    # clocks put back at the boundary itself: the month's last hour comes twice
    ("Africa/Cairo", "2024-10"): [
        ("2024-10-31 22:30", "2024-10-31 23:30", Reason.DATE_AMBIGUOUS),
        ("2024-10-31T23:30+03:00", "2024-10-31T23:30+02:00", 1.0),
        ("2024-10-31T20:59:59Z", "2024-10-31T21:59:59Z", 1.0),
        ("2024-10-31T21:00:00Z", "2024-10-31T22:00:00Z", Reason.OUTSIDE_PERIOD),
    ],
    # and put forward: it begins at one o'clock
    ("America/Asuncion", "2017-10"): [
        ("2017-09-30 23:30", "2017-10-01 01:30", 1.0),
        ("2017-09-30 23:30", "2017-10-01 00:30", Reason.VALUE_UNREADABLE),
        ("2017-10-01T03:00Z", "2017-10-01T03:59:59Z", Reason.OUTSIDE_PERIOD),
        ("2017-10-01T03:00Z", "2017-10-01T04:00:00Z", 1.0),
    ],
}


@pytest.mark.parametrize(("place", "month"), BOUNDARIES)
def test_a_months_boundary_and_hours_across_a_change_of_clocks(
    tmp_path: Path, place: str, month: str
) -> None:
    zone, period = ZoneInfo(place), Period(month)
    cases = BOUNDARIES[place, month]
    rows = clean_rows(days=1, a_day=len(cases))
    for row, (lodged, released, _) in zip(rows, cases, strict=True):
        row |= {"Lodged at": lodged, "Released at": released}
    taken, written = take(
        write_csv(tmp_path / "f.csv", rows),
        tmp_path,
        period=period,
        wall=zone,
        zone=zone,
        is_wall_stated=True,
    )
    found: dict[object, object] = {one.row: one.reason for one in taken.faults}
    found |= {row["source_row"]: row["release_hours"] for row in written}
    assert found == dict(enumerate((said for _, _, said in cases), 2))
    # and what the gateway itself counts by moments begins and ends where the days do
    for moment in (row["released_at"] for row in written):
        assert isinstance(moment, datetime)
        assert period.starts_at(zone) <= moment < period.ends_at(zone)
    edges = (period.starts_at(zone), period.ends_at(zone))
    for edge, day in zip(edges, (period.first_on, period.last_on + DAY), strict=True):
        assert edge.astimezone(zone).date() == day
        assert (edge - timedelta(seconds=1)).astimezone(zone).date() == day - DAY


def test_an_hour_that_came_twice_is_an_hour_where_clocks_are_not_put_back(tmp_path: Path) -> None:
    rows = clean_rows(days=3, first=date(2025, 10, 26))
    rows[0] |= {"Lodged at": "2025-10-26 01:30", "Released at": "2025-10-26 02:30"}
    path = write_csv(tmp_path / "october.csv", rows)
    october = Period("2025-10")
    taken, _ = take(path, tmp_path, period=october, wall=BERLIN, zone=BERLIN)
    assert [(one.row, one.reason) for one in taken.faults] == [(2, Reason.DATE_AMBIGUOUS)]
    (tmp_path / "almaty").mkdir()
    assert take(path, tmp_path / "almaty", period=october)[0].counted == 3


def test_a_clock_shows_what_the_zone_says_on_every_day_of_years() -> None:
    clock = WallClock(BERLIN, first=date(2023, 1, 1), last=date(2026, 1, 1))
    start = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp())
    moments = range(start, start + 3 * 365 * 86_400, 7_213)
    shown = (
        duckdb.connect()
        .execute(
            f"SELECT {clock.shown_at('m')}, {clock.moment_of(clock.shown_at('m'))}, "
            f"{clock.is_twice(clock.shown_at('m'))}, {clock.is_never(clock.shown_at('m'))} "
            f"FROM (SELECT unnest({list(moments)}) AS m)"
        )
        .fetchall()
    )
    for moment, (wall, back, twice, never) in zip(moments, shown, strict=True):
        offset = datetime.fromtimestamp(moment, BERLIN).utcoffset()
        assert offset is not None
        assert wall == moment + offset.total_seconds()
        assert not never
        assert back == moment or twice


def test_declarations_of_another_part_are_not_counted_again(tmp_path: Path) -> None:
    rows = clean_rows(days=8)
    take(write_csv(tmp_path / "imports.csv", rows[:5]), tmp_path)
    taken, written = take(
        write_csv(tmp_path / "exports.csv", rows[3:]),
        tmp_path,
        others=[tmp_path / "imports.csv.taken.parquet"],
    )
    assert [row["declaration"] for row in written] == ["D000005", "D000006", "D000007"]
    assert {(one.row, one.reason) for one in taken.faults} == {
        (2, Reason.ROW_DOUBLED),
        (3, Reason.ROW_DOUBLED),
    }


def _csv_as_it_is(path: Path, rows: list[Row]) -> None:
    write_csv(path, rows)


def _cp1251(path: Path, rows: list[Row]) -> None:
    path.write_bytes(write_csv(path, rows).read_bytes().decode().encode("utf-16"))


def _with_blank_lines(path: Path, rows: list[Row]) -> None:
    lines = write_csv(path, rows).read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], "", *lines[3:]]), encoding="utf-8")


def _parquet(path: Path, rows: list[Row]) -> None:
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in HEADINGS}
    for name in ("Lodged at", "Released at"):
        columns[name] = [datetime.fromisoformat(text) for text in columns[name]]
    columns["Value"] = [float(text) for text in columns["Value"]]
    columns["AEO"] = [text == "yes" for text in columns["AEO"]]
    pq.write_table(pa.table(columns), path)


def _workbook(path: Path, rows: list[Row]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Declarations of July"])
    sheet.append(list(HEADINGS))
    for row in rows:
        cells: list[Any] = list(row.values())
        cells[1], cells[2] = map(datetime.fromisoformat, cells[1:3])
        cells[6], cells[10] = float(cells[6]), int(cells[10])
        sheet.append(cells)
    book.save(path)


@pytest.mark.parametrize(
    ("write", "ahead"),
    [(_csv_as_it_is, 0), (_cp1251, 0), (_with_blank_lines, 1), (_parquet, -1), (_workbook, 1)],
)
def test_the_same_month_is_the_same_in_every_kind_of_file(
    tmp_path: Path, write: Callable[[Path, list[Row]], None], ahead: int
) -> None:
    rows = clean_rows(days=9)
    rows[5]["Lane"] = "turquoise"
    _, wanted = take(write_csv(tmp_path / "wanted.csv", rows), tmp_path)
    path = tmp_path / "handed in [1]'s.file"
    write(path, rows)
    taken, written = take(path, tmp_path)
    assert [one.row for one in taken.faults] == [7 + ahead]
    for row in (*wanted, *written):
        del row["source_row"]
    assert written == wanted


TOTAL = ["Total / Итого", *[None] * 5, 31000.0]
SIGNED = ["Начальник отдела", None, "И. Иванов"]
NOTHING_OF_ROWS: list[tuple[list[list[Any]], list[list[Any]], list[list[Any]]]] = [
    ([["Declarations of July"], []], [], [TOTAL]),
    ([], [list(range(1, len(HEADINGS) + 1))], [[], SIGNED]),
    ([], [list(HEADINGS)], [["Итого: 9"], SIGNED]),
]
"""Rows above the headings, between rows, and below them."""


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(("above", "between", "below"), NOTHING_OF_ROWS)
def test_titles_totals_numbers_of_columns_and_repeated_headings_are_no_declarations(
    tmp_path: Path,
    kind: str,
    above: list[list[Any]],
    between: list[list[Any]],
    below: list[list[Any]],
) -> None:
    rows = [list(row.values()) for row in clean_rows(days=9)]
    wide = len(HEADINGS)
    at = 4 if between == [list(HEADINGS)] else 0
    laid = [*above, list(HEADINGS), *rows[:at], *between, *rows[at:], *below]
    path = tmp_path / f"july.{kind}"
    if kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows(
                row + [""] * (wide - len(row)) for row in laid
            )
    else:
        book = Workbook()
        for row in laid:
            book.worksheets[0].append(row)
        book.save(path)
    taken, written = take(path, tmp_path)
    assert (taken.read, taken.counted, taken.faults) == (9, 9, ())
    starts = 2 + len(above)
    numbers = [starts + row + (len(between) if row >= at else 0) for row in range(9)]
    assert [row["source_row"] for row in written] == numbers


def test_a_workbook_is_read_from_the_sheet_that_is_seen_or_refused_for_two(tmp_path: Path) -> None:
    def book(path: Path, *sheets: tuple[int, str]) -> Path:
        made = Workbook()
        made.remove(made.worksheets[0])
        for days, state in sheets:
            sheet = made.create_sheet(f"{days} days")
            sheet.sheet_state = state
            sheet.append(list(HEADINGS))
            for row in clean_rows(days=days):
                moment = datetime.fromisoformat(row["Lodged at"])
                serial = (moment - datetime(1899, 12, 30)) / DAY  # noqa: DTZ001 - on the wall
                sheet.append([row["Declaration number"], serial, *list(row.values())[2:]])
        made.save(path)
        return path

    path = book(tmp_path / "a.xlsx", (9, "hidden"), (3, "visible"))
    taken, written = take(path, tmp_path)
    assert taken.counted == 3, "what a person sees"
    assert written[0]["lodged_at"] == datetime(2025, 7, 1, 3, tzinfo=UTC), "days since 1900"
    with pytest.raises(RequestRefused, match="sheets '9 days', '3 days'"):
        take(book(tmp_path / "b.xlsx", (9, "visible"), (3, "visible")), tmp_path)


def test_what_is_no_table_is_refused_for_what_it_is(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", clean_rows(days=2))
    text = path.read_text(encoding="utf-8").replace("import", "импорт")
    for at, (content, says) in enumerate(
        [
            (text.encode("cp1251"), "row 1 or soon after is not utf-8"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "before 2007"),
            (b"%PDF-1.7", "a PDF"),
            (b"\x1f\x8b\x08", "compressed"),
        ]
    ):
        path = tmp_path / f"{at}.file"
        path.write_bytes(content)
        with pytest.raises(RequestRefused, match=says) as refused:
            take(path, tmp_path)
        assert refused.value.reason is Reason.FILE_UNREADABLE


def test_a_row_of_another_width_is_named_and_the_others_are_counted(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", clean_rows(days=5))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], f"{lines[3]},more", *lines[4:]]), encoding="utf-8")
    taken, written = take(path, tmp_path)
    assert [(one.row, one.text) for one in taken.faults] == [(4, "13 cells under 12 headings")]
    assert len(written) == 4


def test_numbers_below_zero_or_none_at_all_are_faults_in_parquet_too(tmp_path: Path) -> None:
    rows = clean_rows(days=4)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in HEADINGS}
    columns["Value"] = [1.5, -1.0, float("nan"), 123.456]
    path = tmp_path / "july.parquet"
    pq.write_table(pa.table(columns), path)
    taken, written = take(path, tmp_path)
    assert [(one.row, one.column, one.reason) for one in taken.faults] == [
        (2, "Value", Reason.VALUE_UNREADABLE),
        (3, "Value", Reason.VALUE_UNREADABLE),
    ]
    assert [row["value"] for row in written] == [1.5, 123.456]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        name: [row[name] for row in clean_rows(a_day=40)] for name in HEADINGS
    }
    path = tmp_path / "july.parquet"
    pq.write_table(pa.table(columns), path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with pytest.raises(RequestRefused) as refused:
        take(path, tmp_path)
    assert refused.value.reason is Reason.FILE_UNREADABLE
