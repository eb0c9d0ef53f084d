"""What an arrangement would touch: equal to SQL written apart, refused where a row is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.estimate_impact import estimate_impact
from mra_gateway.flows.gather_impact import ImpactRequest, InputRefused
from mra_gateway.model.benefits import Counterpart, DecisionTable
from mra_gateway.model.comparison import Audience
from mra_gateway.model.facts import PartyFunction
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.impact import Cut, ExpectedShare, Figure, Impact, ImpactRow, Measured
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.tables.measured_table import Period
from tests.support import impact_sql, periods

COUNT, OPERATORS = 4_000, 400


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def operators(tmp_path: Path) -> Path:
    return periods.write_operators(tmp_path / "list.csv", OPERATORS)


def request_of(file: Path, listed: Path | None, /, **changed: Any) -> ImpactRequest:
    given = ImpactRequest(
        partner="CN-AEO",
        declarations=(file,),
        table=periods.proposed(),
        partner_list=listed,
        period=Period(periods.FIRST, periods.LAST),
    )
    return replace(given, **changed)


def rows_of(report: Impact, cut: Cut) -> dict[str, ImpactRow]:
    (table,) = [table for table in report.tables if table.cut is cut]
    return {row.key: row for row in table.rows}


def figure(row: ImpactRow, measured: Measured) -> Figure:
    (found,) = [one for one in row.figures if one.measured is measured]
    return found


def exactly(value: float | None) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_by_every_cut_is_what_independent_sql_says(
    tmp_path: Path, operators: Path, registry: Registry, seed: int
) -> None:
    rows = periods.declarations(COUNT, seed=seed, operators=OPERATORS)
    file = periods.write_parquet(rows, tmp_path / "declarations.parquet")
    report = estimate_impact(request_of(file, operators), registry=registry)
    assert report.declarations == COUNT
    for cut in (Cut.TOTAL, Cut.FLOW, Cut.REGION, Cut.CHAPTER, Cut.MODE):
        expected = impact_sql.figures(file, operators, cut=cut)
        found = rows_of(report, cut)
        assert found.keys() == expected.keys()
        for key, sql in expected.items():
            row = found[key]
            assert row.cases == sql["cases"]
            pairs = (
                (Measured.DECLARATIONS, "touched", "cases"),
                (Measured.VALUE, "value_touched", "value"),
                (Measured.INSPECTIONS, "inspections_touched", "inspections"),
            )
            for measured, part, whole in pairs:
                one = figure(row, measured)
                assert one.numerator == exactly(sql[part])
                assert one.denominator == exactly(sql[whole])
                assert one.value == exactly(sql[part] / sql[whole])
            sums = (
                (Measured.INSPECTIONS_SPARED, "spared"),
                (Measured.INSPECTION_HOURS, "hours"),
                (Measured.RELEASE_HOURS, "release"),
            )
            for measured, name in sums:
                comparable = sql["compared"] or not sql["inspections_touched"]
                if measured is Measured.RELEASE_HOURS and not comparable:
                    assert figure(row, measured).value is None
                else:
                    assert figure(row, measured).value == exactly(sql[name])
    total = rows_of(report, Cut.TOTAL)["all"]
    assert (figure(total, Measured.DECLARATIONS).numerator or 0) > 100, "the case is not empty"
    assert rows_of(report, Cut.TIER).keys() == {"advanced"}


def test_the_same_from_csv_with_decimal_commas_and_three_forms_of_days(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    rows = periods.declarations(600, seed=4, operators=OPERATORS)
    typed = periods.write_parquet(rows, tmp_path / "declarations.parquet")
    text = periods.write_csv(rows, tmp_path / "declarations.csv")
    one = estimate_impact(request_of(typed, operators), registry=registry)
    other = estimate_impact(request_of(text, operators), registry=registry)
    assert [table.model_dump() for table in one.tables] == [
        _close(table.model_dump()) for table in other.tables
    ]


def _close(value: Any) -> Any:
    """Numbers within the last digits, everything else as it is."""
    if isinstance(value, float):
        return exactly(value)
    if isinstance(value, dict):
        return {key: _close(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_close(each) for each in value)
    return value


def test_a_file_of_another_program_is_the_same_period(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    rows = periods.declarations(60, seed=13, operators=OPERATORS)
    plain = periods.write_csv(rows, tmp_path / "plain.csv")
    text = plain.read_text(encoding="utf-8").replace("North", '"Nor;th\n"')
    lines = text.split("\n")
    empty = ";" * (len(periods.COLUMNS) - 1)
    other = tmp_path / "other.csv"
    other.write_bytes(("sep=;\r\n" + "\r\n".join([*lines, empty, ""])).encode("utf-8-sig"))
    one = estimate_impact(request_of(plain, operators), registry=registry)
    same = estimate_impact(request_of(other, operators), registry=registry)
    total = rows_of(one, Cut.TOTAL)["all"].model_dump()
    assert rows_of(same, Cut.TOTAL)["all"].model_dump() == _close(total)
    assert rows_of(same, Cut.REGION).keys() == {"Gobi", "Nor;th", "South", "not stated"}
    moments = [
        line.replace(line.split(";")[2], f"{line.split(';')[2]} 14:05", 1) if at else line
        for at, line in enumerate(plain.read_text(encoding="utf-8").splitlines())
    ]
    timed = tmp_path / "timed.csv"
    timed.write_text("\n".join(moments), encoding="utf-8")
    late = estimate_impact(request_of(timed, operators), registry=registry)
    assert rows_of(late, Cut.TOTAL)["all"].model_dump() == _close(total)


def test_two_files_are_one_period(tmp_path: Path, operators: Path, registry: Registry) -> None:
    rows = periods.declarations(400, seed=5, operators=OPERATORS)
    whole = periods.write_parquet(rows, tmp_path / "whole.parquet")
    parts = (
        periods.write_parquet(rows[:150], tmp_path / "a.parquet"),
        periods.write_csv(rows[150:], tmp_path / "b.csv"),
    )
    one = estimate_impact(request_of(whole, operators), registry=registry)
    both = estimate_impact(request_of(whole, operators, declarations=parts), registry=registry)
    assert [table.model_dump() for table in both.tables] == [
        _close(table.model_dump()) for table in one.tables
    ]


def test_a_table_that_does_not_say_how_much_less_is_inspected_saves_no_known_hours(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    rows = [row | {"mode": "3"} for row in periods.declarations(500, seed=6, operators=OPERATORS)]
    file = periods.write_parquet(rows, tmp_path / "declarations.parquet")
    asked = request_of(file, operators, table=periods.proposed(multiplier=None))
    silent = rows_of(estimate_impact(asked, registry=registry), Cut.TOTAL)["all"]
    hours = figure(silent, Measured.INSPECTION_HOURS)
    assert hours.value is None
    assert "inspection_rate_multiplier" in (hours.note or "")
    assumed = replace(asked, assumed={"inspection_rate_multiplier": 0.2})
    report = estimate_impact(assumed, registry=registry)
    said = estimate_impact(request_of(file, operators), registry=registry)
    ours, theirs = (rows_of(one, Cut.TOTAL)["all"] for one in (report, said))
    assert ours.model_dump() == _close(theirs.model_dump())
    assert any("multiplier is assumed: 0.2" in one.text for one in report.assumptions)


def test_an_expected_size_touches_its_share_of_what_comes_from_the_partner(
    tmp_path: Path, registry: Registry
) -> None:
    rows = periods.declarations(1_000, seed=7)
    file = periods.write_parquet(rows, tmp_path / "declarations.parquet")
    report = estimate_impact(
        request_of(file, None, operators=50, shares=(ExpectedShare(None, 0.25),)),
        registry=registry,
    )
    theirs = [
        row
        for row in rows
        if row["type"] == "import"
        and row["dispatched_from"] == "CN"
        and row["mode"]
        and row["commodity_codes"][:2] != "27"
    ]
    found = figure(rows_of(report, Cut.TOTAL)["all"], Measured.DECLARATIONS)
    assert found.numerator == exactly(0.25 * len(theirs))
    assert found.denominator == 1_000
    assert found.interval is None
    assert "assumed" in (found.note or "")
    assert any("0.25" in one.text and "50 operators" in one.text for one in report.assumptions)
    inspected = sum(row["inspected"] for row in theirs)
    touched = figure(rows_of(report, Cut.TOTAL)["all"], Measured.INSPECTIONS)
    assert touched.numerator == exactly(0.25 * inspected)


def test_two_currencies_are_changed_by_the_rates_and_refused_without(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    from mra_gateway.model.profiles import Rates

    rows = periods.declarations(200, seed=8, operators=OPERATORS)
    rows[7]["currency"] = "MNT"
    rows[7]["value"] = 340_000.0
    file = periods.write_parquet(rows, tmp_path / "declarations.parquet")
    asked = request_of(file, operators, currency="USD")
    with pytest.raises(InputRefused) as refused:
        estimate_impact(asked, registry=replace(registry, rates={}))
    assert refused.value.problems[0].where == f"{file}, row 8, column 'currency'"
    rates = Rates.model_validate(
        {
            "id": "2025-12-31",
            "rates": {
                "USD": {
                    "value": {"value": 3400, "currency": "MNT"},
                    "source": "a test",
                    "basis": "unverified",
                    "as_of": periods.LAST,
                }
            },
        }
    )
    report = estimate_impact(asked, registry=replace(registry, rates={"2025-12-31": rates}))
    value = figure(rows_of(report, Cut.TOTAL)["all"], Measured.VALUE)
    expected = sum(row["value"] for at, row in enumerate(rows) if at != 7) + 100.0
    assert value.denominator == exactly(expected)
    assert report.currency == "USD"
    assert any("2025-12-31" in one.text for one in report.assumptions)


def _set(name: str, value: Any) -> Callable[[list[list[str]]], None]:
    def change(cells: list[list[str]]) -> None:
        cells[3][cells[0].index(name)] = value

    return change


def _shorten(cells: list[list[str]]) -> None:
    cells[3].pop()


def _without(name: str) -> Callable[[list[list[str]]], None]:
    def change(cells: list[list[str]]) -> None:
        place = cells[0].index(name)
        for row in cells:
            del row[place]

    return change


BAD: dict[str, tuple[Callable[[list[list[str]]], None], str, Reason]] = {
    "text in a number": (
        _set("value", "much"),
        "row 4, column 'value'",
        Reason.VALUE_UNREADABLE,
    ),
    "a number below zero": (_set("value", "-5"), "row 4, column 'value'", Reason.VALUE_UNREADABLE),
    "thousands or decimals": (
        _set("value", "1,234"),
        "row 4, column 'value'",
        Reason.VALUE_UNREADABLE,
    ),
    "a value without currency": (
        _set("currency", ""),
        "row 4, column 'currency'",
        Reason.VALUE_MISSING,
    ),
    "a currency that is none": (
        _set("currency", "dollars"),
        "row 4, column 'currency'",
        Reason.VALUE_UNREADABLE,
    ),
    "another period": (
        _set("accepted_at", "2026-01-01"),
        "row 4, column 'accepted_at'",
        Reason.VALUE_NOT_ALLOWED,
    ),
    "a day that could be two": (
        _set("accepted_at", "03/04/2025"),
        "row 4, column 'accepted_at'",
        Reason.DATE_AMBIGUOUS,
    ),
    "no day": (_set("accepted_at", ""), "row 4, column 'accepted_at'", Reason.VALUE_MISSING),
    "a type nobody knows": (_set("type", "smuggled"), "row 4, column 'type'", Reason.WORD_UNKNOWN),
    "neither yes nor no": (
        _set("inspected", "perhaps"),
        "row 4, column 'inspected'",
        Reason.WORD_UNKNOWN,
    ),
    "no chapter": (
        _set("commodity_codes", "XX"),
        "row 4, column 'commodity_codes'",
        Reason.VALUE_UNREADABLE,
    ),
    "released before it arrived": (
        _set("released_at", "2024-01-01 10:00"),
        "row 4, column 'released_at'",
        Reason.VALUE_NOT_ALLOWED,
    ),
    "no column of days": (_without("accepted_at"), "row 1", Reason.COLUMN_MISSING),
    "no column of types": (_without("type"), "", Reason.HEADINGS_NOT_FOUND),
    "a row too short": (_shorten, "row 4", Reason.VALUE_UNREADABLE),
    "no rows": (lambda cells: cells.__delitem__(slice(1, None)), "row 1", Reason.FILE_UNREADABLE),
    "nothing at all": (lambda cells: cells.clear(), "", Reason.FILE_UNREADABLE),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_file_row_and_reason(
    tmp_path: Path, operators: Path, registry: Registry, name: str
) -> None:
    change, where, reason = BAD[name]
    good = periods.write_csv(periods.declarations(20, seed=9), tmp_path / "good.csv")
    assert estimate_impact(request_of(good, operators), registry=registry).declarations == 20
    cells = [line.split(";") for line in good.read_text(encoding="utf-8").splitlines()]
    change(cells)
    bad = tmp_path / "bad.csv"
    bad.write_text("".join(";".join(row) + "\n" for row in cells), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        estimate_impact(request_of(bad, operators), registry=registry)
    (problem,) = refused.value.problems
    assert problem.where.startswith(str(bad))
    assert problem.where.endswith(where)
    assert problem.reason is reason


def test_a_list_with_a_wrong_row_is_refused_and_nothing_is_estimated(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    file = periods.write_parquet(periods.declarations(20, seed=9), tmp_path / "d.parquet")
    assert estimate_impact(request_of(file, operators), registry=registry).operators == OPERATORS
    lines = operators.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace("valid", "somehow")
    operators.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        estimate_impact(request_of(file, operators), registry=registry)
    assert refused.value.problems[0].where == f"{operators}, row 4, column 'D'"
    assert refused.value.problems[0].reason is Reason.STATUS_WORD_UNKNOWN


def test_an_identifier_of_two_authorisations_finds_nobody(
    tmp_path: Path, registry: Registry
) -> None:
    rows = periods.declarations(1, seed=1)
    rows[0] |= {"type": "import", "mode": "3", "commodity_codes": "840110"}
    rows[0] |= {"exporter.identifier": "CN 1", "consignor.identifier": None}
    file = periods.write_parquet(rows, tmp_path / "d.parquet")
    one = tmp_path / "one.csv"
    head = "TIN,Authorisation number,Tier,Status\n"
    one.write_text(head + "CN1,AEO-1,advanced,valid\n", encoding="utf-8")
    two = tmp_path / "two.csv"
    two.write_text(head + "CN1,AEO-1,advanced,valid\nCN1,AEO-2,advanced,valid\n", encoding="utf-8")
    sure = estimate_impact(request_of(file, one), registry=registry)
    unsure = estimate_impact(request_of(file, two), registry=registry)
    assert (sure.matched_operators, sure.ambiguous_identifiers) == (1, 0)
    assert (unsure.matched_operators, unsure.ambiguous_identifiers) == (0, 1)


def _with(**conditions: Any) -> DecisionTable:
    """The proposed table with further conditions of its last row, the only one left."""
    table = periods.proposed()
    row = (table.rows.value or ())[-1].model_copy(update={"modes": "all", **conditions})
    return table.model_copy(update={"rows": table.rows.model_copy(update={"value": (row,)})})


@pytest.mark.parametrize(
    ("conditions", "touched"),
    [
        ({}, 4),
        ({"also": (PartyFunction.CONSIGNOR,), "functions": (PartyFunction.EXPORTER,)}, 1),
        ({"operators": (Tin("CN000000001X"),)}, 3),
        ({"chapters_excluded": ("22",)}, 3),
        ({"offices": ("B2",)}, 1),
        ({"valid_from": date(2030, 1, 1)}, 4),
        ({"counterpart": Counterpart.LOCAL_AEO}, 0),
    ],
)
def test_every_condition_of_the_table_is_asked_of_every_declaration(
    tmp_path: Path, registry: Registry, conditions: dict[str, Any], touched: int
) -> None:
    shared = {"type": "import", "commodity_codes": "840110", "office": "A1", "mode": "3"}
    one, two = periods.number_of(1), periods.number_of(2)
    parties = [(one, one), (one, None), (None, two), (two.lower(), "nobody"), (None, None)]
    rows = [
        row | shared | {"exporter.identifier": exporter, "consignor.identifier": consignor}
        for row, (exporter, consignor) in zip(
            periods.declarations(5, seed=14), parties, strict=True
        )
    ]
    rows[1]["commodity_codes"] = "840110;220110"
    rows[2] |= {"office": "B2", "exporter.identifier": one}
    file = periods.write_parquet(rows, tmp_path / "d.parquet")
    listed = periods.write_operators(tmp_path / "list.csv", 6)
    report = estimate_impact(request_of(file, listed, table=_with(**conditions)), registry=registry)
    found = figure(rows_of(report, Cut.TOTAL)["all"], Measured.DECLARATIONS)
    assert found.numerator == touched


def test_neither_or_both_of_list_and_expected_size_are_refused(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    file = periods.write_parquet(periods.declarations(20, seed=9), tmp_path / "d.parquet")
    for asked in (request_of(file, None), request_of(file, operators, operators=5)):
        with pytest.raises(RequestRefused):
            estimate_impact(asked, registry=registry)


def test_a_partner_sees_no_figure_of_fewer_than_five_cases(
    tmp_path: Path, operators: Path, registry: Registry
) -> None:
    rows = periods.declarations(800, seed=10, operators=OPERATORS)
    file = periods.write_parquet(rows, tmp_path / "d.parquet")
    own = estimate_impact(request_of(file, operators), registry=registry)
    theirs = estimate_impact(
        request_of(file, operators, audience=Audience.PARTNER), registry=registry
    )
    assert theirs.remarks == ()
    hidden = 0
    for cut in Cut:
        shown = rows_of(theirs, cut)
        for key, row in rows_of(own, cut).items():
            for one in row.figures:
                seen = figure(shown[key], one.measured)
                hidden += seen.suppressed
                small = one.numerator is not None and 0 < one.numerator < 5
                if one.measured in {Measured.DECLARATIONS, Measured.INSPECTIONS} and small:
                    assert seen.suppressed
                    assert (seen.numerator, seen.value, seen.interval) == (None, None, None)
    assert hidden > 0, "nothing was small"
