"""Register files as an officer would have them, made with openpyxl: banner, merges, dirt."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

Language = Literal["ru", "zh", "es"]


@dataclass(frozen=True)
class Operator:
    """One line of an officer's register, before it is written down untidily."""

    national: str
    authorisation: str
    legal_name: str
    name_en: str
    status: str = "valid"
    role: str = "importer"
    granted_on: date = date(2023, 3, 14)
    expires_on: date = date(2027, 12, 31)
    effective_from: date = date(2023, 3, 14)
    address: str = "Улаанбаатар хот, Сүхбаатар дүүрэг, 1"
    consent: bool = True
    letter: str = "12/345"


STATUS_WORDS: dict[Language, dict[str, str]] = {
    "ru": {"valid": "Действует", "suspended": "приостановлено", "revoked": "Отозвано"},
    "zh": {"valid": "有效", "suspended": "暂停", "revoked": "撤销"},
    "es": {"valid": "Vigente", "suspended": "Suspendido", "revoked": "Revocado"},
}
ROLE_WORDS: dict[Language, dict[str, str]] = {
    "ru": {"importer": "импортёр", "exporter": "Экспортер", "carrier": "перевозчик"},
    "zh": {"importer": "进口商", "exporter": "出口商", "carrier": "承运人"},
    "es": {"importer": "Importador", "exporter": "Exportador", "carrier": "Transportista"},
}
HEADINGS: dict[Language, tuple[tuple[str, str], ...]] = {
    "ru": (
        ("№ п/п", ""),
        ("Сведения об операторе", "ИНН"),
        ("Сведения об операторе", "Наименование"),
        ("Сведения об операторе", "Наименование (англ.)"),
        ("Сведения об операторе", "Адрес"),
        ("Свидетельство", "Номер"),
        ("Свидетельство", "Дата выдачи"),
        ("Свидетельство", "Действует до"),
        ("Роль", ""),
        ("Статус", ""),
        ("Дата статуса", ""),
        ("Согласие CN", "да/нет"),
        ("Согласие CN", "номер письма"),
        ("Согласие CN", "дата"),
    ),
    "zh": (
        ("序号", ""),
        ("企业信息", "海关编码"),
        ("企业信息", "企业名称"),
        ("企业信息", "英文名称"),
        ("企业信息", "地址"),
        ("证书编号", ""),
        ("发证日期", ""),
        ("有效期至", ""),
        ("企业类型", ""),
        ("状态", ""),
        ("状态生效日期", ""),
        ("同意 CN", ""),
        ("同意书编号 CN", ""),
        ("同意日期 CN", ""),
    ),
    "es": (
        ("N.º", ""),
        ("Datos del operador", "NIT"),
        ("Datos del operador", "Razón social"),
        ("Datos del operador", "Razón social en inglés"),
        ("Datos del operador", "Domicilio"),
        ("Certificado", "Número"),
        ("Certificado", "Fecha de emisión"),
        ("Certificado", "Vencimiento"),
        ("Tipo de operador", ""),
        ("Estado", ""),
        ("Fecha del estado", ""),
        ("Consentimiento CN", ""),
        ("Carta de consentimiento CN", ""),
        ("Fecha de consentimiento CN", ""),
    ),
}
TOTALS: dict[Language, str] = {"ru": "Итого:", "zh": "合计", "es": "Total"}
SIGNATURE: dict[Language, str] = {
    "ru": "Начальник отдела ____________ Петрова А.А.",
    "zh": "制表人：王芳",
    "es": "Elaborado por: A. Pérez",
}
BANNER: dict[Language, str] = {
    "ru": "РЕЕСТР уполномоченных экономических операторов",
    "zh": "经认证的经营者名录",
    "es": "REGISTRO de operadores económicos autorizados",
}
YES_NO: dict[Language, tuple[str, str]] = {
    "ru": ("да", "нет"),
    "zh": ("是", "否"),
    "es": ("sí", "no"),
}
BROKEN_CELLS = ("F", "G", "J")
"""Columns of the broken row that hold something wrong: number, date of issue, status."""


def some_operators(count: int, *, prefix: str = "MN") -> list[Operator]:
    """Returns fictitious operators, each different."""
    statuses = ("valid", "valid", "valid", "suspended", "revoked")
    roles = ("importer", "exporter", "carrier")
    return [
        Operator(
            national=f"{1_000_001 + number:07d}",
            authorisation=f"{prefix}-AEO-{number + 1:05d}",
            legal_name=f"«Жишээ {number + 1}» ХХК",
            name_en=f"Example {number + 1} LLC (fictitious)",
            status=statuses[number % 5],
            role=roles[number % 3],
            granted_on=date(2021, 1, 13) + timedelta(days=number % 900),
            effective_from=date(2023, 7, 15) + timedelta(days=number % 300),
            letter=f"{number + 1}/2023",
        )
        for number in range(count)
    ]


def officers_register(
    path: Path,
    *,
    operators: Sequence[Operator],
    broken_row: bool = True,
    hidden_rows: Iterable[int] = (),
    banner: bool = True,
    language: Language = "ru",
    footer: bool = True,
) -> int:
    """Writes a register as an officer keeps it; returns the sheet's row of the first operator.

    Args:
        path: Where to.
        operators: What it lists.
        broken_row: Whether the second operator's row has `BROKEN_CELLS`.
        hidden_rows: Positions (from 0) of operators whose rows a filter hides.
        banner: Whether rows stand above the headings.
        language: Of headings and words.
        footer: Whether a total and a signature stand below.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = {"ru": "Реестр", "zh": "名录", "es": "Registro"}[language]
    top = _write_banner(sheet, language) if banner else 1
    _write_headings(sheet, top, HEADINGS[language])
    first = top + 2
    hidden = set(hidden_rows)
    for position, operator in enumerate(operators):
        row = first + position
        broken = broken_row and position == 1
        for column, value in enumerate(_cells(operator, position, language, broken=broken), 1):
            sheet.cell(row, column, value)
        sheet.row_dimensions[row].hidden = position in hidden
    last = first + len(operators) - 1
    sheet.auto_filter.ref = f"A{top + 1}:{get_column_letter(len(HEADINGS[language]))}{last}"
    if footer:
        sheet.cell(last + 1, 1, TOTALS[language])
        sheet.cell(last + 1, 3, len(operators))
        sheet.merge_cells(start_row=last + 1, end_row=last + 1, start_column=1, end_column=2)
        sheet.cell(last + 3, 1, SIGNATURE[language])
    book.save(path)
    return first


def write_rows(path: Path, rows: Sequence[Sequence[Any]], *, title: str = "Sheet1") -> None:
    """Writes plain rows to a workbook of one sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)


def with_part(path: Path, name: str, content: bytes | None) -> None:
    """Puts a part into a workbook, in place of the one of that name; None takes it out."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts.pop(name, None)
    if content is not None:
        parts[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)


def part_of(path: Path, name: str) -> bytes:
    """Returns a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def _write_banner(sheet: Any, language: Language) -> int:
    sheet["A1"] = BANNER[language]
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.merge_cells("A1:N1")
    sheet["A2"] = "2025"
    return 4


def _write_headings(sheet: Any, top: int, headings: tuple[tuple[str, str], ...]) -> None:
    column = 1
    while column <= len(headings):
        upper, lower = headings[column - 1]
        sheet.cell(top, column, upper).alignment = Alignment(wrap_text=True)
        if not lower:
            sheet.merge_cells(
                start_row=top, end_row=top + 1, start_column=column, end_column=column
            )
            column += 1
            continue
        end = column
        while end < len(headings) and headings[end][0] == upper:
            end += 1
        for number in range(column, end + 1):
            sheet.cell(top + 1, number, headings[number - 1][1])
        if end > column:
            sheet.merge_cells(start_row=top, end_row=top, start_column=column, end_column=end)
        column = end + 1


def _cells(
    operator: Operator, position: int, language: Language, *, broken: bool
) -> tuple[Any, ...]:
    yes, no = YES_NO[language]
    return (
        position + 1,
        operator.national,
        f"\u00a0{operator.legal_name} " if position % 4 == 0 else operator.legal_name,
        operator.name_en,
        operator.address,
        operator.authorisation.replace("AEO", "АЕО") if broken else operator.authorisation,
        "05/06/2023" if broken else _untidy(operator.granted_on, position),
        _untidy(operator.expires_on, position + 1),
        ROLE_WORDS[language][operator.role],
        "на проверке" if broken else STATUS_WORDS[language][operator.status],
        _untidy(operator.effective_from, position + 2),
        yes if operator.consent else no,
        operator.letter if operator.consent else None,
        _untidy(operator.granted_on, position) if operator.consent else None,
    )


def _untidy(day: date, position: int) -> Any:
    """Writes a day in one of the ways a register mixes."""
    ways = (
        datetime(day.year, day.month, day.day),  # noqa: DTZ001 - spreadsheets know no zones
        day.strftime("%d.%m.%Y"),
        day.isoformat(),
        (day - date(1899, 12, 30)).days,
        day.strftime("%d.%m.%Y г."),
    )
    return ways[position % len(ways)]
