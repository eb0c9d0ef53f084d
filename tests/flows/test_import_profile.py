"""A questionnaire an administration filled in: with mistakes, put right, taken and compared."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.compare import Asked, Comparer
from mra_gateway.flows.import_profile import Revision, ask, import_profile, write_profile
from mra_gateway.model.comparison import Finding
from mra_gateway.model.facts import Basis
from mra_gateway.model.profiles import Stated
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import data_folder
from tests.support.questionnaires import Filled

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def blank(registry: Registry) -> bytes:
    return ask("UZ", registry=registry, comparer=Comparer(registry), today=TODAY)[1]


@pytest.fixture(scope="module")
def short(blank: bytes) -> bytes:
    """Two of the sheets: an administration may answer a part and send only that."""
    book = load_workbook(io.BytesIO(blank))
    for name in ("safe_customs", "tfa", "benefits", "procedure", "explanations"):
        book.remove(book[name])
    return Filled(book).content()


@pytest.fixture
def filled(short: bytes) -> Filled:
    """The questionnaire of Uzbekistan with its first sheet filled in."""
    made = Filled(load_workbook(io.BytesIO(short)))
    made.head("answered by (name, office)", "A. Karimov, AEO division")
    made.head("source of the answers (act, letter, address)", "lex.uz/docs/4310903")
    made.head("answered on (2026-03-02)", "20.11.2026")
    return made


def taken(made: Filled, registry: Registry, home: Path, *, of: str | None = None) -> Revision:
    content = made.content()
    return import_profile(content, file="q.xlsx", registry=registry, home=home, today=TODAY, of=of)


def refused(revision: Revision) -> list[tuple[str | None, str, Reason]]:
    assert revision.is_refused
    assert revision.after is None
    assert revision.changes == ()
    with pytest.raises(RequestRefused):
        write_profile(revision)
    return [(each.address.sheet, each.address.cell, each.reason) for each in revision.problems]


@pytest.mark.parametrize("programme", ["UZ-AEO", "EU-AEO", "XE-EAEU", "IN-AEO", "PK-AEO"])
def test_a_questionnaire_nobody_touched_changes_nothing(
    programme: str, registry: Registry, tmp_path: Path
) -> None:
    _, content = ask(programme, registry=registry, comparer=Comparer(registry), today=TODAY)
    revision = import_profile(content, file="q.xlsx", registry=registry, home=tmp_path, today=TODAY)
    assert (revision.problems, revision.changes) == ((), ())
    assert revision.after == registry.profiles[revision.programme]


def test_every_item_that_can_be_asked_about_is_asked_once_in_both_languages(blank: bytes) -> None:
    made = Filled(load_workbook(io.BytesIO(blank)))
    rows = made.rows("safe")
    assert len(set(rows)) == 72
    assert not [item for item in made.rows("tfa") if item.startswith("tfa:TC")]
    for field in ("question (English)", "question (Russian)"):
        assert made.value("safe", "safe:G.c", field)
    assert "NOT CONFIRMED" in str(made.book["questionnaire"]["C4"].value)
    assert "NOT CONFIRMED" in str(made.book["safe"].oddHeader.center.text)


def test_an_answer_becomes_a_cell_with_the_administration_s_source_and_day(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:A.a", {
        "answer":
        "требуется, предоставляется, делается",
        "in words (Russian)": "Нет нарушений\nза три года",
        "provision": "Положение, пункт 9",
        "how strongly": "MUST", "how it is validated": "site, по документам",
        "figure 1: of what": "look-back period / период проверки соблюдения",
        "figure 1: bound": "не менее", "figure 1: figure": "3", "figure 1: unit": "года",
    })  # fmt: skip
    filled.put("dimensions", "dimensions:D1", {"codes": "Закон или кодекс"})
    revision = taken(filled, registry, tmp_path)
    assert revision.problems == ()
    assert {(one.item, one.change) for one in revision.changes} == {
        ("safe:A.a", "added"),
        ("dimensions:D1", "changed"),
    }
    assert revision.after is not None
    (fact,) = [one for one in revision.after.cells if one.value and one.value.item == "safe:A.a"]
    assert fact.value is not None
    assert (fact.basis, fact.as_of) == (Basis.READ, date(2026, 11, 20))
    assert fact.source == "lex.uz/docs/4310903 (answered by A. Karimov, AEO division)"
    assert fact.value.text.ru == "Нет нарушений за три года"
    (figure,) = fact.value.thresholds[0]
    assert (figure.measure, figure.value, figure.unit) == ("look_back", 3, "year")
    assert fact.value.methods == ("site", "file")


def test_what_is_written_reads_back_one_version_further_and_wins(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:G.c", {"answer": "asked, given or done", "how strongly": "must"})
    revision = taken(filled, registry, tmp_path)
    write_profile(revision)
    again = load_registry(data_folder("partners"), tmp_path / "partners")
    held = again.profiles[revision.programme]
    assert held == revision.after
    assert held.version == registry.profiles[revision.programme].version + 1
    late = taken(filled, again, tmp_path)
    assert [reason for _, _, reason in refused(late)] == [Reason.ROWS_CONTRADICT]
    assert "version 2 stands now" in late.problems[0].text


def test_a_confirmed_answer_keeps_its_text_and_gets_the_administration_s_word(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:A.c", {"confirmed as it stands": "да"})
    revision = taken(filled, registry, tmp_path)
    (change,) = revision.changes
    assert (change.item, change.change) == ("safe:A.c", "evidence")
    (before,), (after,) = change.before, change.after
    assert after.cell == before.cell
    assert before.source in after.source
    assert after.source.startswith("lex.uz/docs/4310903 (answered by")


def test_an_answer_that_was_emptied_is_no_longer_known(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.clear("safe", "safe:A.c")
    revision = taken(filled, registry, tmp_path)
    assert [(one.item, one.change) for one in revision.changes] == [("safe:A.c", "removed")]


def test_a_source_without_an_address_is_never_called_read(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    row = {"answer": "not asked or given", "your source": "letter 12/3 of the committee"}
    filled.put("safe", "safe:E.c", row)
    revision = taken(filled, registry, tmp_path)
    (after,) = revision.changes[0].after
    assert (after.cell.stated, after.basis) == (Stated.ABSENT, Basis.PARTIAL)


MISTAKES: list[tuple[str, dict[str, Any], str, Reason]] = [
    ("safe:A.a", {"answer": "yes, since 2020"}, "answer", Reason.WORD_UNKNOWN),
    ("safe:A.a", {"in words (English)": "Three years"}, "answer", Reason.VALUE_MISSING),
    ("safe:A.a", {"answer": "described"}, "answer", Reason.ROWS_CONTRADICT),
    ("safe:A.a", {"answer": "not asked or given", "how strongly": "must"}, "how strongly",
     Reason.ROWS_CONTRADICT),
    ("safe:A.a", {"answer": "required", "tiers": "the golden one", "in words (English)": "x"},
     "tiers", Reason.WORD_UNKNOWN),
    ("safe:A.a", {"answer": "required", "roles": "importer, all"}, "roles",
     Reason.VALUE_UNREADABLE),
    ("safe:A.a", {"answer": "required", "how it is validated": "by telephone"},
     "how it is validated", Reason.WORD_UNKNOWN),
    ("safe:A.a", {"answer": "required", "figure 1: of what": "look_back",
                  "figure 1: bound": "at_least", "figure 1: figure": 3}, "figure 1: unit",
     Reason.VALUE_MISSING),
    ("safe:A.a", {"answer": "required", "figure 1: of what": "look_back",
                  "figure 1: bound": "at_least", "figure 1: figure": "3 года",
                  "figure 1: unit": "year"}, "figure 1: figure", Reason.VALUE_UNREADABLE),
    ("safe:A.a", {"answer": "required", "figure 1: of what": "turnover",
                  "figure 1: bound": "at_least", "figure 1: figure": 5,
                  "figure 1: unit": "сум"}, "figure 1: unit", Reason.WORD_UNKNOWN),
    ("safe:A.a", {"answer": "required", "in words (English)": "x" * 600}, "in words (English)",
     Reason.VALUE_UNREADABLE),
    ("safe:A.a", {"answer": "required", "confirmed as it stands": "yes"},
     "confirmed as it stands", Reason.ROWS_CONTRADICT),
    ("dimensions:D1", {"codes": "a decree of the president"}, "codes", Reason.WORD_UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("item", "cells", "heading", "reason"), MISTAKES)
def test_a_mistake_is_told_with_its_cell_and_nothing_is_taken(
    item: str,
    cells: dict[str, Any],
    heading: str,
    reason: Reason,
    filled: Filled,
    registry: Registry,
    tmp_path: Path,
) -> None:
    sheet = item.partition(":")[0]
    filled.put("safe", "safe:G.c", {"answer": "required"})  # the untouched twin
    assert taken(filled, registry, tmp_path).problems == ()
    filled.put(sheet, item, cells)
    place = (sheet, filled.cell(sheet, item, heading), reason)
    assert place in refused(taken(filled, registry, tmp_path))


def test_a_new_answer_needs_a_source_and_a_day_that_has_come(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.head("source of the answers (act, letter, address)", None)
    filled.head("answered on (2026-03-02)", date(2027, 1, 1))
    assert taken(filled, registry, tmp_path).problems == ()  # nothing new was answered
    filled.put("safe", "safe:G.c", {"answer": "required"})
    source = ("safe", filled.cell("safe", "safe:G.c", "your source"), Reason.VALUE_MISSING)
    day = ("questionnaire", "C8", Reason.DATA_AS_OF_FUTURE)
    assert set(refused(taken(filled, registry, tmp_path))) == {source, day}


def test_moved_renamed_and_translated_it_is_still_read(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:G.c", {"answer": "required", "how strongly": "обязательно"})
    expected = taken(filled, registry, tmp_path).after
    sheet = filled.book["safe"]
    sheet.delete_rows(1)  # English headings go, Russian ones stay
    sheet.insert_rows(1, 3)
    sheet["A1"] = "Опросный лист: ответы комитета"
    sheet.title = "Лист 1"
    sheet.move_range(f"G1:G{sheet.max_row}", cols=sheet.max_column + 3)
    sheet.cell(sheet.max_row + 2, 1, "Примечание: заполнил отдел УЭО")
    revision = taken(filled, registry, tmp_path)
    assert revision.problems == ()
    assert revision.after == expected
    assert any("is no item" in note for note in revision.notes)


def test_a_look_alike_letter_in_an_item_is_taken_and_an_unknown_item_is_not(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    row = filled.row("safe", "safe:G.c")
    filled.put("safe", "safe:G.c", {"answer": "required"})
    filled.book["safe"].cell(row, 1).value = "safe:G.с"  # the last letter is Cyrillic
    assert [one.item for one in taken(filled, registry, tmp_path).changes] == ["safe:G.c"]
    filled.book["safe"].cell(row, 1).value = "safe:G.z"
    revision = taken(filled, registry, tmp_path)
    assert refused(revision) == [("safe", f"A{row}", Reason.DATA_REFERENCE_UNKNOWN)]
    assert "meant" in revision.problems[0].text


def test_merged_cells_over_answers_are_refused_and_over_other_rows_are_not(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:G.c", {"answer": "required", "your source": "lex.uz/1"})
    sheet = filled.book["safe"]
    sheet.merge_cells(f"A{sheet.max_row + 2}:F{sheet.max_row + 2}")
    assert taken(filled, registry, tmp_path).problems == ()
    first = filled.cell("safe", "safe:G.c", "your source")
    last = filled.cell("safe", "safe:G.d", "your source")
    sheet.merge_cells(f"{first}:{last}")
    assert refused(taken(filled, registry, tmp_path)) == [("safe", first, Reason.CELL_MERGED)]


def test_a_column_that_was_deleted_is_missed_where_answers_would_be_lost(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    sheet = filled.book["safe"]
    sheet.delete_cols(filled.column("safe", "question (English)"))
    assert taken(filled, registry, tmp_path).problems == ()
    sheet.delete_cols(filled.column("safe", "how strongly"))
    assert refused(taken(filled, registry, tmp_path)) == [("safe", "row 1", Reason.COLUMN_MISSING)]


def test_two_rows_for_two_roles_are_taken_and_for_the_same_role_contradict(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put(
        "safe", "safe:G.c", {"answer": "required", "how strongly": "must", "roles": "carrier"}
    )
    below = filled.book["safe"].max_row
    filled.put_at("safe", below, {"item": "safe:G.c", "answer": "absent", "roles": "importer"})
    (change,) = taken(filled, registry, tmp_path).changes
    assert len(change.after) == 2
    filled.put_at("safe", below, {"roles": "carrier"})
    place = ("safe", filled.cell_at("safe", below, "answer"), Reason.ROWS_CONTRADICT)
    assert refused(taken(filled, registry, tmp_path)) == [place]


def test_two_versions_of_a_sheet_in_one_workbook_are_not_chosen_between(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    filled.put("safe", "safe:G.c", {"answer": "required", "how strongly": "must"})
    copy = filled.book.copy_worksheet(filled.book["safe"])
    assert taken(filled, registry, tmp_path).problems == ()  # the same twice is said once
    copy[filled.cell("safe", "safe:G.c", "how strongly")] = "should"
    place = (copy.title, filled.cell("safe", "safe:G.c", "answer"), Reason.ROWS_CONTRADICT)
    assert refused(taken(filled, registry, tmp_path)) == [place]


def test_whose_answers_they_are_has_to_be_said_once_and_without_contradiction(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    with pytest.raises(RequestRefused, match="answers of UZ-AEO, not of KZ-AEO"):
        taken(filled, registry, tmp_path, of="KZ")
    assert taken(filled, registry, tmp_path, of="UZ").problems == ()
    filled.book.remove(filled.book["questionnaire"])
    with pytest.raises(RequestRefused, match="--as"):
        taken(filled, registry, tmp_path)
    assert taken(filled, registry, tmp_path, of="UZ-AEO").problems == ()


def test_a_workbook_of_something_else_and_no_workbook_are_told_apart(
    registry: Registry, tmp_path: Path, filled: Filled
) -> None:
    for name in filled.book.sheetnames[1:]:
        filled.book.remove(filled.book[name])
    revision = taken(filled, registry, tmp_path)
    assert [reason for _, _, reason in refused(revision)] == [Reason.HEADINGS_NOT_FOUND]
    with pytest.raises(RequestRefused) as caught:
        import_profile(b"no", file="q.xlsx", registry=registry, home=tmp_path, today=TODAY)
    assert caught.value.reason is Reason.FILE_UNREADABLE


def test_no_text_of_a_profile_becomes_a_formula_and_none_is_lost(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    text = '=HYPERLINK("http://x","y")'
    row = filled.row("safe", "safe:G.c")
    filled.put("safe", "safe:G.c", {"answer": "required", "in words (English)": "x"})
    cell = filled.book["safe"].cell(row, filled.column("safe", "in words (English)"))
    cell.value, cell.data_type = text, "s"
    write_profile(taken(filled, registry, tmp_path))
    again = load_registry(data_folder("partners"), tmp_path / "partners")
    _, content = ask("UZ", registry=again, comparer=Comparer(again), today=TODAY)
    made = Filled(load_workbook(io.BytesIO(content)))
    shown = made.book["safe"].cell(row, made.column("safe", "in words (English)"))
    assert (shown.value, shown.data_type, shown.quotePrefix) == (text, "s", True)
    unchanged = import_profile(content, file="q.xlsx", registry=again, home=tmp_path, today=TODAY)
    assert unchanged.changes == ()


def test_filled_in_with_mistakes_put_right_and_compared(
    filled: Filled, registry: Registry, tmp_path: Path
) -> None:
    asked = Asked(at=TODAY)
    before = Comparer(registry).compare("UZ", "CN", asked=asked)
    answers: dict[str, dict[str, Any]] = {
        "safe:A.a": {"answer": "да", "how strongly": "обязательно"},
        "safe:G.d": {"answer": "required", "how strongly": "must", "figure 1: figure": 3},
    }
    for item, cells in answers.items():
        filled.put("safe", item, cells)
    assert len(refused(taken(filled, registry, tmp_path))) == 4
    assert not (tmp_path / "partners").exists()
    filled.put("safe", "safe:A.a", {"answer": "required"})
    filled.put("safe", "safe:G.d", {"figure 1: figure": None})
    write_profile(taken(filled, registry, tmp_path))
    again = load_registry(data_folder("partners"), tmp_path / "partners")
    after = Comparer(again).compare("UZ", "CN", asked=asked)
    findings = [{row.item: row.finding for row in one.rows} for one in (before, after)]
    assert findings[0]["G.d"] is Finding.NOT_ESTABLISHED
    evidence = next(row.ours for row in after.rows if row.item == "G.d")
    assert [one.basis for one in evidence] == [Basis.READ]
    assert after.ours.version == before.ours.version + 1
    assert not after.ours.is_confirmed
