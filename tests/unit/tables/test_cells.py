"""One cell at a time: dates, identifiers, words, errors; each refusal beside its accepted twin."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from mra_gateway.errors import Reason
from mra_gateway.model.changes import Status
from mra_gateway.model.register import NoteKind, RegisterFile, RegisterRow
from mra_gateway.tables.mapping import ColumnRule, Defaults, Mapping, Values
from tests.support.registers import read
from tests.support.spreadsheets import part_of, with_part, write_rows

COLUMNS = {
    "TIN": "tin",
    "Authorisation number": "authorisation",
    "Status": "status",
    "Date of issue": "granted_on",
    "Legal name": "legal_name",
}
GOOD: dict[str, Any] = {
    "TIN": "1234567",
    "Authorisation number": "MN/0042/ТИП 3",
    "Status": "valid",
    "Date of issue": "2024-05-06",
    "Legal name": "Жишээ ХХК",
}


Cells = MappingType[str, Any] | None


def _read(
    path: Path, *, mapping: Mapping | None = None, cells: Cells = None, **changed: Any
) -> RegisterFile:
    row = GOOD | dict(cells or {}) | changed
    write_rows(path / "r.xlsx", [list(row), list(row.values())])
    return read(path / "r.xlsx", mapping=mapping)


def _row(
    path: Path, *, mapping: Mapping | None = None, cells: Cells = None, **changed: Any
) -> RegisterRow:
    found = _read(path, mapping=mapping, cells=cells, **changed)
    assert found.is_clean, found.problems
    return found.rows[0].row


def _problem(
    path: Path, *, mapping: Mapping | None = None, cells: Cells = None, **changed: Any
) -> tuple[Reason, str]:
    assert _read(path).is_clean
    (problem,) = _read(path, mapping=mapping, cells=cells, **changed).problems
    return problem.reason, problem.address.cell


def _mapping(**changed: Any) -> Mapping:
    rules = [ColumnRule(heading=heading, field=name) for heading, name in COLUMNS.items()]
    values: dict[str, Any] = {
        "name": "test",
        "columns": tuple(rules),
        "episode_from": "granted_on",
        **changed,
    }
    return Mapping(**values)


@pytest.mark.parametrize(
    "written",
    [
        date(2024, 5, 6),
        datetime(2024, 5, 6),  # noqa: DTZ001
        45418,
        20240506,
        "2024-05-06",
        "2024/5/6",
        "2024.05.06",
        "06.05.2024",
        "6.5.2024 г.",
        "06.05.2024 года",
        "20240506",
        "2024年5月6日",
        "２０２４年５月６日",
        "2024 оны 5 дугаар сарын 6",
        "6 мая 2024 г.",
        "6 de mayo de 2024",
        "May 6, 2024",
        "6 May 2024",
        "6 мамыр 2024 ж.",
        "2024-05-06 00:00:00",
        "\u00a006.05.2024\u200b",
    ],
)
def test_a_day_is_read_from_every_unambiguous_form(tmp_path: Path, written: object) -> None:
    assert _row(tmp_path, cells={"Date of issue": written}).granted_on == date(2024, 5, 6)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("05/06/2024", Reason.DATE_AMBIGUOUS),
        ("5-6-2024", Reason.DATE_AMBIGUOUS),
        ("06.05.24", Reason.DATE_AMBIGUOUS),
        ("31.02.2024", Reason.DATE_UNREADABLE),
        ("2024-13-01", Reason.DATE_UNREADABLE),
        ("вчера", Reason.DATE_UNREADABLE),
        (12, Reason.DATE_UNREADABLE),
        (True, Reason.DATE_UNREADABLE),
        ("45418", Reason.DATE_UNREADABLE),
    ],
)
def test_a_day_that_could_be_another_is_a_problem(
    tmp_path: Path, written: object, reason: Reason
) -> None:
    assert _problem(tmp_path, cells={"Date of issue": written}) == (reason, "D2")


def test_the_mapping_says_what_an_ambiguous_day_means(tmp_path: Path) -> None:
    change = {"Date of issue": "05/06/2024"}
    days = {
        order: _row(tmp_path, mapping=_mapping(date_order=order), cells=change).granted_on
        for order in ("dmy", "mdy")
    }
    assert days == {"dmy": date(2024, 6, 5), "mdy": date(2024, 5, 6)}
    assert _problem(tmp_path, mapping=_mapping(), cells=change)[0] is Reason.DATE_AMBIGUOUS
    assert _row(tmp_path, cells={"Date of issue": "12/31/2025"}).granted_on == date(2025, 12, 31)
    against = _problem(
        tmp_path, mapping=_mapping(date_order="dmy"), cells={"Date of issue": "12/31/2025"}
    )
    assert against[0] is Reason.DATE_UNREADABLE


@pytest.mark.parametrize("column", ["TIN", "Authorisation number"])
def test_an_identifier_stored_as_a_number_is_a_problem_until_its_digits_are_stated(
    tmp_path: Path, column: str
) -> None:
    cell = {"TIN": "A2", "Authorisation number": "B2"}[column]
    assert _problem(tmp_path, cells={column: 1234567}) == (Reason.NUMBER_FOR_IDENTIFIER, cell)
    rules = tuple(
        ColumnRule(heading=heading, field=name, digits=7 if heading == column else None)
        for heading, name in COLUMNS.items()
    )
    stated = _mapping(columns=rules)
    row = _row(tmp_path, mapping=stated, cells={column: 1234567})
    assert "1234567" in (row.tin.national, row.authorisation)
    short = _problem(tmp_path, mapping=stated, cells={column: 234567})
    assert short == (Reason.LEADING_ZEROS_LOST, cell)
    assert (
        _problem(tmp_path, mapping=stated, cells={column: "234567"})[0] is Reason.LEADING_ZEROS_LOST
    )
    assert (
        _problem(tmp_path, mapping=stated, cells={column: "12345678"})[0] is Reason.VALUE_UNREADABLE
    )
    assert _problem(tmp_path, cells={column: 1.5}) == (Reason.NUMBER_FOR_IDENTIFIER, cell)
    assert _problem(tmp_path, cells={column: "3,30246E+11"}) == (Reason.NUMBER_FOR_IDENTIFIER, cell)


def test_zeros_a_number_format_shows_are_part_of_the_identifier(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(GOOD))
    sheet.append(list((GOOD | {"TIN": 34567}).values()))
    sheet["A2"].number_format = "0000000"
    book.save(tmp_path / "r.xlsx")
    assert read(tmp_path / "r.xlsx").rows[0].row.tin == "MN0034567"


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("TIN", "12З4567А"),
        ("TIN", "А234567"),
        ("Authorisation number", "АЕО-0042"),
        ("Authorisation number", "AEО-0042"),
        ("Authorisation number", "ΑEO-0042"),
    ],
)
def test_look_alike_letters_are_reported_and_changed_only_where_the_mapping_allows(
    tmp_path: Path, column: str, written: str
) -> None:
    cell = {"TIN": "A2", "Authorisation number": "B2"}[column]
    assert _problem(tmp_path, cells={column: written}) == (Reason.LOOK_ALIKE_LETTERS, cell)
    if column == "Authorisation number":
        kept = _row(tmp_path, mapping=_mapping(look_alikes="keep"), cells={column: written})
        assert kept.authorisation == written
        changed = _read(tmp_path, mapping=_mapping(look_alikes="to_latin"), cells={column: written})
        assert changed.rows[0].row.authorisation == "AEO-0042"
        assert any("look-alike" in note.text for note in changed.notes)


def test_cyrillic_that_shows_its_script_is_part_of_a_number_as_issued(tmp_path: Path) -> None:
    assert _row(tmp_path).authorisation == "MN/0042/ТИП 3"


def test_full_width_and_invisible_characters_are_cleaned_and_said(tmp_path: Path) -> None:
    found = _read(
        tmp_path,
        cells={"TIN": "１２３４５６７", "Authorisation number": "MN\u00a0００４２\u200b"},
    )
    assert found.rows[0].row.tin == "MN1234567"
    assert found.rows[0].row.authorisation == "MN 0042"
    cleaned = [note.text for note in found.notes if note.kind is NoteKind.VALUES_CLEANED]
    assert len(cleaned) == 2


def test_an_unknown_status_word_is_a_problem_that_names_it_and_the_known_ones(
    tmp_path: Path,
) -> None:
    found = _read(tmp_path, Status="cancelled")
    (problem,) = found.problems
    assert problem.reason is Reason.STATUS_WORD_UNKNOWN
    assert (problem.address.cell, problem.heading, problem.value) == ("C2", "Status", "'cancelled'")
    assert "suspended" in problem.text
    own = _mapping(values=Values(status={"Cancelled": Status.REVOKED}))
    assert _row(tmp_path, mapping=own, Status="cancelled").status is Status.REVOKED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ДЕЙСТВУЕТ ", Status.VALID),
        ("түдгэлзүүлсэн", Status.SUSPENDED),
        ("Amalda", Status.VALID),
        ("to‘xtatib turilgan", Status.SUSPENDED),
        ("тўхтатиб турилган", Status.SUSPENDED),
        ("қолданыста", Status.VALID),
        ("已过期", Status.EXPIRED),
        ("Revocado", Status.REVOKED),
        ("withdrawn", Status.WITHDRAWN),
    ],
)
def test_status_words_of_every_language_are_known(
    tmp_path: Path, word: str, status: Status
) -> None:
    assert _row(tmp_path, Status=word).status is status


def test_an_empty_required_cell_is_a_problem_and_a_default_fills_it(tmp_path: Path) -> None:
    assert _problem(tmp_path, Status=None) == (Reason.VALUE_MISSING, "C2")
    assert _problem(tmp_path, Status="н/д") == (Reason.VALUE_MISSING, "C2")
    default = _mapping(defaults=Defaults(status=Status.VALID))
    assert _row(tmp_path, mapping=default, Status=None).status is Status.VALID
    assert _problem(tmp_path, TIN=None) == (Reason.VALUE_MISSING, "A2")
    assert _problem(tmp_path, cells={"Date of issue": None}) == (Reason.VALUE_MISSING, "D2")


def test_errors_and_formulas_without_result_are_problems_and_results_are_said(
    tmp_path: Path,
) -> None:
    assert _problem(tmp_path, Status="#N/A") == (Reason.CELL_ERROR, "C2")
    assert _problem(tmp_path, Status='="va"&"lid"') == (Reason.FORMULA_NOT_COMPUTED, "C2")
    path = tmp_path / "r.xlsx"
    name = "xl/worksheets/sheet1.xml"
    part = part_of(path, name).decode()
    cached = part.replace('<c r="C2"', '<c r="C2" t="str"').replace("<v/>", "<v>valid</v>")
    cached = cached.replace("<v></v>", "<v>valid</v>").replace("<v />", "<v>valid</v>")
    with_part(path, name, cached.encode())
    found = read(path)
    assert found.is_clean, found.problems
    assert any(note.kind is NoteKind.FORMULAS and "1 formulas" in note.text for note in found.notes)


def test_a_name_a_program_turned_into_a_date_is_a_problem(tmp_path: Path) -> None:
    assert _problem(tmp_path, cells={"Legal name": datetime(2024, 3, 1)}) == (  # noqa: DTZ001
        Reason.VALUE_UNREADABLE,
        "E2",
    )


def test_merged_cells_in_the_list_are_a_problem_of_the_rows_that_lose_the_value(
    tmp_path: Path,
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(GOOD))
    sheet.append(list(GOOD.values()))
    sheet.append(list((GOOD | {"TIN": "1234568", "Authorisation number": "B"}).values()))
    book.save(tmp_path / "r.xlsx")
    assert read(tmp_path / "r.xlsx").is_clean
    sheet.merge_cells("E2:E3")
    book.save(tmp_path / "r.xlsx")
    (problem,) = read(tmp_path / "r.xlsx").problems
    assert (problem.reason, problem.address.cell) == (Reason.CELL_MERGED, "E3")


def test_values_in_problems_are_safe_to_show(tmp_path: Path) -> None:
    found = _read(tmp_path, Status="x\u202ey" * 200)
    (problem,) = found.problems
    assert problem.value is not None
    assert problem.value.isprintable()
    assert "\u202e" not in problem.text
    assert len(problem.value) <= 80


@pytest.mark.parametrize(
    ("consent", "letter", "day", "entries", "reason"),
    [
        ("да", "12/3", "2024-01-01", 1, None),
        ("нет", None, None, 0, None),
        (None, None, None, 0, None),
        ("да", None, "2024-01-01", 0, Reason.CONSENT_INCOMPLETE),
        ("да", "12/3", None, 0, Reason.CONSENT_INCOMPLETE),
        (None, "12/3", "2024-01-01", 0, Reason.CONSENT_INCOMPLETE),
        ("возможно", "12/3", "2024-01-01", 0, Reason.WORD_UNKNOWN),
    ],
)
def test_consent_is_per_partner_with_letter_and_date(
    tmp_path: Path,
    consent: str | None,
    letter: str | None,
    day: str | None,
    entries: int,
    reason: Reason | None,
) -> None:
    found = _read(
        tmp_path,
        cells={"Согласие CN": consent, "Номер письма CN": letter, "Дата согласия CN": day},
    )
    assert [problem.reason for problem in found.problems] == ([reason] if reason else [])
    if reason is None:
        assert len(found.rows[0].row.consents) == entries
    assert _read(tmp_path, cells={"Согласие KR": "нет"}).is_clean


def test_the_same_authorisation_twice_is_a_problem_that_names_both_rows(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    head, one = list(GOOD), list(GOOD.values())
    other = list((GOOD | {"TIN": "7654321", "Authorisation number": "B"}).values())
    write_rows(path, [head, one, other])
    assert read(path).is_clean
    write_rows(path, [head, one, other, one])
    (problem,) = read(path).problems
    assert (problem.reason, problem.address.cell) == (Reason.ROW_DOUBLED, "row 4")
    assert "row 2" in problem.text or "A2" in problem.text


def test_one_operator_with_contradicting_rows_is_a_problem_that_names_both(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    head, one = [*GOOD, "Tier"], [*GOOD.values(), "тип 1"]
    second = {"Authorisation number": "B"}
    write_rows(path, [head, one, [*(GOOD | second).values(), "тип 3"]])
    assert [row.row.tier for row in read(path).rows] == ["1", "3"]
    assert read(path).is_clean
    write_rows(path, [head, one, [*(GOOD | second).values(), "1"]])
    assert [p.reason for p in read(path).problems] == [Reason.ROWS_CONTRADICT]
    renamed = GOOD | second | {"Legal name": "Өөр ХХК"}
    write_rows(path, [head, one, [*renamed.values(), "3"]])
    (problem,) = read(path).problems
    assert problem.reason is Reason.ROWS_CONTRADICT
    assert "row 2" in problem.text
