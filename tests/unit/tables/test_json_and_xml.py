"""Registers in JSON and XML: the documented forms, and an administration's own with a mapping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mra_gateway.errors import MalformedMessage, Reason, RequestRefused
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.register import SHARED
from mra_gateway.settings import data_folder
from mra_gateway.tables.mapping import ColumnRule, Defaults, Mapping
from mra_gateway.wire.register import decode_register, encode_register
from tests.support.registers import PROGRAMME, read, read_parsed

FOLDER = data_folder("schemas") / "register"
EXAMPLE = FOLDER / "register.example.json"
XML = (FOLDER / "register.example.xml").read_bytes()


def _operators() -> list[dict[str, Any]]:
    operators: list[dict[str, Any]] = json.loads(EXAMPLE.read_text("utf-8"))["operators"]
    return operators


def test_the_published_examples_are_valid_and_say_the_same() -> None:
    schema = json.loads((FOLDER / "register.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(EXAMPLE.read_text("utf-8")))
    found = read(EXAMPLE, programme=None)
    assert found.is_clean
    assert len(found.rows) == 2
    assert found.rows[0].row.tin == "MN2000001"
    assert found.rows[0].row.tin_as_issued == "2-000-001"
    parsed = read_parsed(decode_register(XML, file="register.xml"))
    assert [row.row for row in parsed.rows] == [row.row for row in found.rows]
    assert encode_register([row.row for row in found.rows]) == XML


def test_a_row_holds_all_of_a_record_but_its_version() -> None:
    assert set(OperatorRecord.model_fields) - SHARED == {"record_version"}
    row = read(EXAMPLE, programme=None).rows[0].row
    record = row.record(record_version=4)
    assert record.record_version == 4
    assert record.legal_name == row.legal_name


@pytest.mark.parametrize(
    ("change", "reason", "column"),
    [
        ({"tin": "2О00001"}, Reason.IDENTIFIER_INVALID, "tin"),
        ({"tin": 2000001}, Reason.VALUE_NOT_ALLOWED, "tin"),
        ({"status": "gültig"}, Reason.VALUE_NOT_ALLOWED, "status"),
        ({"status": None}, Reason.VALUE_NOT_ALLOWED, "status"),
        ({"granted_on": 19000}, Reason.VALUE_NOT_ALLOWED, "granted_on"),
        ({"granted_on": "05/06/2024"}, Reason.VALUE_NOT_ALLOWED, "granted_on"),
        ({"colour": "red"}, Reason.VALUE_NOT_ALLOWED, "colour"),
        ({"programme": "CN-AEO"}, Reason.VALUE_NOT_ALLOWED, "programme"),
        ({"legal_name": "a\u202eb"}, Reason.VALUE_NOT_ALLOWED, "legal_name"),
        ({"addresses": [{"territory": "MN"}]}, Reason.VALUE_MISSING, "addresses/0/lines"),
        ({"effective_from": "2024-01-01T00:00:00"}, Reason.VALUE_NOT_ALLOWED, None),
    ],
)
def test_a_wrong_value_in_json_is_a_problem_at_its_path(
    tmp_path: Path, change: dict[str, Any], reason: Reason, column: str | None
) -> None:
    path = tmp_path / "r.json"
    operators = _operators()
    path.write_text(json.dumps(operators), encoding="utf-8")
    assert read(path).is_clean
    operators[1] |= change
    path.write_text(json.dumps(operators), encoding="utf-8")
    problems = read(path).problems
    assert problems[0].reason is reason
    assert problems[0].address.row == 2
    if column:
        assert problems[0].address.column == column


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        '{"format": "other", "operators": []}',
        '[{"tin": "1", "tin": "2"}]',
        '[{"tin": NaN}]',
        "[" * 100_000,
    ],
)
def test_what_is_no_register_in_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(_operators()), encoding="utf-8-sig")
    assert read(path).is_clean
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RequestRefused) as refused:
        read(path)
    assert refused.value.reason is Reason.FILE_UNREADABLE


FOREIGN = Mapping(
    name="foreign",
    row_element="CertificateRow",
    episode_from="authorisation",
    defaults=Defaults(programme=PROGRAMME),
    columns=(
        ColumnRule(heading="Holder/INN", field="tin"),
        ColumnRule(heading="Holder/Name", field="legal_name"),
        ColumnRule(heading="@num", field="authorisation"),
        ColumnRule(heading="State", field="status"),
        ColumnRule(heading="Activity", field="roles"),
    ),
)
FOREIGN_XML = """<a:Registry xmlns:a="urn:example:registry">
 <a:CertificateRow num="MN/1/ТИП 1"><a:Holder><a:INN>1234567</a:INN><a:Name>ООО «Пример»</a:Name>
 </a:Holder><a:State>действует</a:State><a:Activity>импортер</a:Activity>
 <a:Activity>перевозчик</a:Activity></a:CertificateRow>
</a:Registry>"""


def test_a_foreign_xml_register_is_read_by_a_mapping() -> None:
    records = decode_register(FOREIGN_XML.encode(), file="r.xml", row_element="CertificateRow")
    found = read_parsed(records, mapping=FOREIGN)
    assert found.is_clean, found.problems
    row = found.rows[0].row
    assert (row.tin, row.authorisation) == ("MN1234567", "MN/1/ТИП 1")
    assert row.roles == ("importer", "carrier")
    broken = FOREIGN_XML.replace("действует", "неясно")
    records = decode_register(broken.encode(), file="r.xml", row_element="CertificateRow")
    (problem,) = read_parsed(records, mapping=FOREIGN).problems
    assert (problem.reason, problem.address.row) == (Reason.STATUS_WORD_UNKNOWN, 2)
    with pytest.raises(RequestRefused) as refused:
        read_parsed(records)
    assert refused.value.reason is Reason.MAPPING_INVALID


def test_a_foreign_json_register_is_read_by_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    record = {"Holder/INN": "1234567", "@num": "A1", "State": "приостановлено", "Activity": []}
    path.write_text(json.dumps([record]), encoding="utf-8")
    found = read(path, mapping=FOREIGN)
    assert found.is_clean, found.problems
    del record["State"]
    path.write_text(json.dumps([record]), encoding="utf-8")
    assert Reason.COLUMN_MISSING in {
        problem.reason for problem in read(path, mapping=FOREIGN).problems
    }


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"<Status>valid</Status>", b"", Reason.SCHEMA_VIOLATION),
        (b"<Register ", b"<Registry ", Reason.NOT_WELL_FORMED),
        (b"register:1.0", b"register:9.9", Reason.UNKNOWN_ROOT),
        (b"<Status>valid", b"<Status><!-- x -->valid", Reason.COMMENT_PRESENT),
        (b"<Register", b'<!DOCTYPE x [<!ENTITY a "b">]><Register', Reason.DOCTYPE_PRESENT),
    ],
)
def test_an_unacceptable_xml_register_is_refused(old: bytes, new: bytes, reason: Reason) -> None:
    assert old in XML
    decode_register(XML, file="r.xml")
    with pytest.raises(MalformedMessage) as refused:
        decode_register(XML.replace(old, new, 1), file="r.xml")
    assert refused.value.reason is reason
    with pytest.raises(MalformedMessage) as absent:
        decode_register(XML, file="r.xml", row_element="Nothing")
    assert absent.value.reason is Reason.UNKNOWN_ROOT
