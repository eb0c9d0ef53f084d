"""Mappings: proposed with reasons, saved, read again; the shared words; the schemas of both."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from mra_gateway.errors import Reason, RequestRefused, SetupError
from mra_gateway.model.base import Noun
from mra_gateway.model.changes import Status
from mra_gateway.model.register import NoteKind
from mra_gateway.settings import data_folder
from mra_gateway.tables.mapping import Mapping, load_mapping, save_mapping
from mra_gateway.tables.register import propose_mapping
from mra_gateway.tables.vocabulary import Language, load_vocabulary
from tests.support.registers import PROGRAMME, read
from tests.support.spreadsheets import officers_register, some_operators, write_rows

SCHEMAS = data_folder("schemas") / "register"
WORDS = sorted((data_folder("partners") / "mappings").glob("*.toml"))


def _schema(name: str) -> dict[str, object]:
    schema: dict[str, object] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return schema


def test_a_proposed_mapping_says_why_and_reads_the_same_once_saved(tmp_path: Path) -> None:
    path, saved = tmp_path / "register.xlsx", tmp_path / "mapping.toml"
    officers_register(path, operators=some_operators(7), broken_row=False)
    proposal = propose_mapping(path, programme=PROGRAMME)
    assert all(reason.why for reason in proposal.reasons)
    assert "known heading" in proposal.remarks["Свидетельство / Номер"]

    save_mapping(proposal.mapping, saved, remarks=proposal.remarks)
    assert "# known heading" in saved.read_text("utf-8")
    mapping = load_mapping(saved)
    assert mapping == proposal.mapping
    jsonschema.Draft202012Validator(_schema("mapping")).validate(tomllib.loads(saved.read_text()))
    by_mapping = read(path, mapping=mapping, programme=None)
    assert by_mapping.is_clean
    assert [row.row for row in by_mapping.rows] == [row.row for row in read(path).rows]


def test_a_mapping_is_never_overwritten(tmp_path: Path) -> None:
    path, saved = tmp_path / "register.xlsx", tmp_path / "mapping.toml"
    officers_register(path, operators=some_operators(2), broken_row=False)
    mapping = propose_mapping(path).mapping
    save_mapping(mapping, saved)
    with pytest.raises(RequestRefused) as refused:
        save_mapping(mapping, saved)
    assert refused.value.reason is Reason.ALREADY_EXISTS


GOOD = """
format = "mra-gateway-mapping-1"
name = "test"
episode_from = "granted_on"
[[columns]]
heading = "Номер"
column = "C"
field = "authorisation"
[[columns]]
heading = "Номер"
column = "A"
field = "tin"
[[columns]]
heading = "Дата"
field = "granted_on"
[values.status]
"есть" = "valid"
[defaults]
status = "valid"
programme = "MN-AEO"
"""


def test_columns_of_the_same_heading_are_told_apart_by_their_letter(tmp_path: Path) -> None:
    path, file = tmp_path / "r.xlsx", tmp_path / "m.toml"
    file.write_text(GOOD, encoding="utf-8")
    write_rows(path, [["Номер", "Дата", "Номер"], ["1234567", "2024-01-02", "A1"]])
    row = read(path, mapping=load_mapping(file), programme=None).rows[0].row
    assert (row.tin, row.authorisation, row.status) == ("MN1234567", "A1", Status.VALID)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('field = "tin"', 'field = "tinn"', "not a field"),
        ('field = "tin"', 'field = "granted_on"', "two columns for granted_on"),
        ('field = "tin"', 'field = "tin#2"', "stands once"),
        ('field = "tin"', 'field = "consent:China"', "two capital letters"),
        ('status = "valid"', 'status = "gut"', "status"),
        ('name = "test"', 'name = "test"\ncolour = "red"', "colour"),
        ('name = "test"', "name = ", "Invalid value"),
        ("mapping-1", "mapping-9", "format"),
    ],
)
def test_a_wrong_mapping_is_refused_by_the_key_that_is_wrong(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    file = tmp_path / "m.toml"
    file.write_text(GOOD, encoding="utf-8")
    load_mapping(file)
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(RequestRefused, match=says) as refused:
        load_mapping(file)
    assert refused.value.reason is Reason.MAPPING_INVALID


def test_a_column_the_mapping_names_and_the_file_lacks_is_a_problem(tmp_path: Path) -> None:
    path, file = tmp_path / "r.xlsx", tmp_path / "m.toml"
    file.write_text(GOOD, encoding="utf-8")
    write_rows(path, [["Номер", "Когда", "Номер"], ["1234567", "2024-01-02", "A1"]])
    found = read(path, mapping=load_mapping(file), programme=None)
    assert {problem.reason for problem in found.problems} == {Reason.COLUMN_MISSING}
    assert any(problem.heading == "Дата" for problem in found.problems)
    assert any(note.kind is NoteKind.COLUMN_NOT_MAPPED for note in found.notes)


@pytest.mark.parametrize("name", ["mapping", "vocabulary"])
def test_the_published_schema_is_the_one_the_code_obeys(name: str) -> None:
    models: dict[str, type[Noun]] = {"mapping": Mapping, "vocabulary": Language}
    model = models[name].model_json_schema()
    published = _schema(name)
    for key in ("$schema", "$id", "title", "description"):
        published.pop(key)
        model.pop(key, None)
    assert published == model


@pytest.mark.parametrize("file", WORDS, ids=lambda file: file.stem)
def test_the_words_of_a_language_fit_their_schema_and_cover_what_a_register_needs(
    file: Path,
) -> None:
    words = tomllib.loads(file.read_text("utf-8"))
    jsonschema.Draft202012Validator(_schema("vocabulary")).validate(words)
    assert {"tin", "authorisation", "legal_name", "status", "granted_on"} <= set(words["headings"])
    assert {"valid", "suspended", "revoked", "expired", "withdrawn"} == set(words["status"])
    assert words["language"] == file.stem


def test_seven_languages_are_shipped_and_no_word_means_two_things() -> None:
    vocabulary = load_vocabulary()
    assert {"en", "ru", "zh", "es", "mn", "uz", "kk"} == {
        language.language for language in vocabulary.languages
    }
    for word in ("cancelled", "аннулирован", "cancelado", "取消"):
        assert word not in vocabulary.status


def test_a_word_with_two_meanings_is_a_fault_of_the_data(tmp_path: Path) -> None:
    text = WORDS[0].read_text("utf-8")
    (tmp_path / "en.toml").write_text(text, encoding="utf-8")
    load_vocabulary(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "en.toml").write_text(
        text.replace('expired = ["expired"', 'expired = ["expired", "active"'), encoding="utf-8"
    )
    with pytest.raises(SetupError, match="'active' means both") as refused:
        load_vocabulary(other)
    assert refused.value.reason is Reason.DATA_FILE_INVALID


@pytest.mark.parametrize(
    ("headings", "status"),
    [
        (("Регистрийн дугаар", "Гэрчилгээний дугаар", "Төлөв", "Олгосон огноо"), "хүчинтэй"),
        (("STIR", "Guvohnoma raqami", "Holati", "Berilgan sana"), "amalda"),
        (("СТИР", "Гувоҳнома рақами", "Ҳолати", "Берилган сана"), "амалда"),
        (("БСН", "Куәлік нөмірі", "Мәртебесі", "Берілген күні"), "қолданыста"),
        (("RUC", "Nº de certificado", "Estado", "Fecha de emisión"), "Vigente"),
        (("统一社会信用代码", "AEO编码", "认证状态", "认证日期"), "有效"),
        (("ИНН/БИН", "№ свидетельства", "Состояние", "Дата выдачи\nсвидетельства"), "Действует"),
    ],
)
def test_headings_of_every_language_are_known(
    tmp_path: Path, headings: tuple[str, ...], status: str
) -> None:
    path = tmp_path / "r.xlsx"
    write_rows(path, [headings, ["1234567", "A1", status, "2024-01-02"]])
    found = read(path)
    assert found.is_clean, found.problems
    assert found.rows[0].row.status is Status.VALID
