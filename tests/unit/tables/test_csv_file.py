"""CSV in the encodings and dialects officers' programs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.tables.mapping import ColumnRule, Mapping
from tests.support.registers import read

RU = [
    ["ИНН", "Номер свидетельства", "Наименование", "Статус", "Дата выдачи"],
    ["1234567", "A1", "ООО «Пример», филиал", "действует", "2024-01-02"],
    ["1234568", "A2", "ООО ''Ромашка''", "приостановлено", "02.01.2024"],
]
ZH = [
    ["海关编码", "AEO编码", "企业名称", "状态", "认证日期"],
    ["1234567", "A1", "示例公司", "有效", "2024-01-02"],
    ["1234568", "A2", "第二示例公司", "暂停", "2024年1月2日"],
]


def _text(rows: list[list[str]], delimiter: str = ";") -> str:
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)


@pytest.mark.parametrize(
    ("rows", "encoding"),
    [
        (RU, "utf-8"),
        (RU, "utf-8-sig"),
        (RU, "utf-16"),
        (RU, "utf-16-le"),
        (RU, "utf-16-be"),
        (RU, "utf-32"),
        (RU, "cp1251"),
        (ZH, "utf-8"),
        (ZH, "gb18030"),
        (ZH, "gbk"),
    ],
)
def test_the_encoding_is_found_and_said(
    tmp_path: Path, rows: list[list[str]], encoding: str
) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(_text(rows).encode(encoding))
    found = read(path)
    assert found.is_clean, found.problems
    assert [row.row.legal_name for row in found.rows] == [rows[1][2], rows[2][2]]
    assert "read as" in found.notes[0].text


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(_text(RU, delimiter), encoding="utf-8", newline="")
    assert [row.row.legal_name for row in read(path).rows] == [RU[1][2], RU[2][2]]


def test_a_line_that_only_names_the_delimiter_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("sep=;\r\n" + _text(RU), encoding="utf-8", newline="")
    assert len(read(path).rows) == 2


def test_a_line_break_within_quotes_stays_in_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [[*RU[0], "Адрес"], [*RU[1], "улица 1\nгород"], [*RU[2], "улица 2"]]
    path.write_text(_text(rows), encoding="utf-8", newline="")
    found = read(path)
    assert found.rows[0].row.addresses[0].lines == ("улица 1", "город")
    assert found.rows[1].address.row == 3


def test_an_encoding_that_cannot_be_told_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [["TIN", "Authorisation number", "Name", "Status", "Date of issue"], RU[1], RU[2]]
    path.write_bytes(_text(rows).encode("cp1251"))
    with pytest.raises(RequestRefused, match="encoding") as refused:
        read(path)
    assert refused.value.reason is Reason.FILE_UNREADABLE
    fields = ("tin", "authorisation", "legal_name", "status", "granted_on")
    columns = tuple(
        ColumnRule(heading=heading, field=field)
        for heading, field in zip(rows[0], fields, strict=True)
    )
    mapping = Mapping(
        name="x", encoding="cp1251", columns=columns, episode_from="granted_on", delimiter=";"
    )
    assert read(path, mapping=mapping).rows[0].row.legal_name == RU[1][2]
    wrong = mapping.model_copy(update={"encoding": "utf-8"})
    with pytest.raises(RequestRefused, match="is not utf-8"):
        read(path, mapping=wrong)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02\x03" * 50,
        b"\x89PNG\r\n\x1a\n\x00\x00",
        _text(RU).encode()[:-4] + '"никогда не закрыто'.encode(),
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_csv_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.csv"
    path.write_text(_text(RU), encoding="utf-8")
    assert read(path).is_clean
    path.write_bytes(content)
    with pytest.raises(RequestRefused) as refused:
        read(path)
    assert refused.value.reason in {Reason.FILE_UNREADABLE, Reason.HEADINGS_NOT_FOUND}
