"""Workbooks made to harm: bombs, entities, macros, links; each beside its harmless twin."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.tables.limits import Limits
from tests.support.registers import read
from tests.support.spreadsheets import officers_register, part_of, some_operators, with_part

SHEET = "xl/worksheets/sheet1.xml"
STYLES = "xl/styles.xml"
LAUGHS = b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(9)
)
Attack = Callable[[Path], None]


def _doctype(part: str, subset: bytes, use: bytes = b"") -> Attack:
    def attack(path: Path) -> None:
        content = part_of(path, part)
        root = re.search(rb"<(?!\?)(\w+)", content)
        assert root
        start = root.start()
        content = content[:start] + b"<!DOCTYPE x [" + subset + b"]>" + content[start:]
        with_part(path, part, content.replace(b"REESTR", use))

    return attack


def _utf16(path: Path) -> None:
    text = part_of(path, STYLES).decode()
    body = text.partition("?>")[2] or text
    hidden = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]>' + body
    with_part(path, STYLES, hidden.encode("utf-16"))


def _utf7(path: Path) -> None:
    text = part_of(path, STYLES).decode().partition("?>")[2]
    with_part(path, STYLES, ('<?xml version="1.0" encoding="UTF-7"?>' + text).encode())


def _add(name: str, content: bytes) -> Attack:
    return lambda path: with_part(path, name, content)


def _bomb(path: Path) -> None:
    with_part(path, "xl/media/image1.xml", b"<a>" + b" " * 30_000_000 + b"</a>")


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-600])


def _flip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(SHEET)
        start = info.header_offset + 30 + len(info.filename) + 40
    content = bytearray(path.read_bytes())
    content[start : start + 8] = b"\xff" * 8
    path.write_bytes(bytes(content))


def _doubled(path: Path) -> None:
    content = part_of(path, SHEET)
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(path, "a") as archive,
    ):
        archive.writestr(SHEET, content)


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (_doctype(SHEET, LAUGHS, b"&a8;"), "DOCTYPE"),
        (_doctype(SHEET, b'<!ENTITY a SYSTEM "file:///etc/hostname">', b"&a;"), "DOCTYPE"),
        (_doctype("xl/workbook.xml", b'<!ENTITY a "b">'), "DOCTYPE"),
        (_doctype("[Content_Types].xml", b'<!ENTITY a "b">'), "DOCTYPE"),
        (_doctype("_rels/.rels", b'<!ENTITY a "b">'), "DOCTYPE"),
        (_utf16, "UTF-8"),
        (_utf7, "UTF-8"),
        (_bomb, "unpacks"),
        (_add("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"), "macros"),
        (_add("xl/macrosheets/sheet1.xml", b"<a/>"), "macros"),
        (_add("xl/externalLinks/externalLink1.xml", b"<a/>"), "other workbooks"),
        (_truncate, "XLSX"),
        (_flip, "damaged"),
        (_doubled, "same name"),
        (_add("xl/workbook.xml", b"<workbook/>"), "XLSX"),
        (_add(SHEET, b"<worksheet><sheetData><row r='x'/></sheetData></worksheet>"), "XLSX"),
        (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600)), ".xls"),
    ],
)
def test_a_hostile_workbook_is_refused_and_its_twin_is_read(
    tmp_path: Path, attack: Attack, says: str
) -> None:
    path = tmp_path / "r.xlsx"
    officers_register(path, operators=some_operators(3), broken_row=False)
    assert read(path).is_clean
    attack(path)
    with pytest.raises(RequestRefused) as refused:
        read(path)
    assert refused.value.reason in {Reason.FILE_UNREADABLE, Reason.HEADINGS_NOT_FOUND}
    assert says in str(refused.value) or refused.value.reason is Reason.HEADINGS_NOT_FOUND
    assert "hostname" not in refused.value.text


@pytest.mark.parametrize(
    "limits",
    [
        Limits(file_bytes=1_000),
        Limits(unpacked_bytes=1_000),
        Limits(parts=3),
        Limits(rows=4),
        Limits(columns=4),
    ],
)
def test_every_limit_is_kept(tmp_path: Path, limits: Limits) -> None:
    path = tmp_path / "r.xlsx"
    officers_register(path, operators=some_operators(6), broken_row=False)
    assert read(path).is_clean
    with pytest.raises(RequestRefused) as refused:
        read(path, limits=limits)
    assert refused.value.reason is Reason.FILE_UNREADABLE


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(tmp_path / "absent.xlsx")
    assert refused.value.reason is Reason.FILE_UNREADABLE
