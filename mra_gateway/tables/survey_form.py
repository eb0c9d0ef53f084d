"""A survey as a workbook: written to be filled in, and read back answer by answer.

A sheet of explanations, and one of answers: a row for each answer, whoever collected them. The
scale and the survey's name stand in the form, so that it is read by what was asked.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.measured_loads import LoadFault
from mra_gateway.tables.cleaning import clean_line, key_of, shown
from mra_gateway.tables.dates import read_day
from mra_gateway.tables.limits import read_bytes
from mra_gateway.tables.problems import CellProblem
from mra_gateway.tables.sheet import CellError, NotComputed, Row, Sheet, Value
from mra_gateway.tables.vocabulary import load_vocabulary
from mra_gateway.tables.workbook import read_workbook

HEAD_SHEET: Final = "survey"
ANSWERS_SHEET: Final = "answers"
ROWS: Final = 200
"""Rows to fill in; more may be added."""

SIDES: Final[Mapping[str, tuple[str, str]]] = {
    "operator": ("operator", "оператор"),
    "partner": ("partner", "партнёр"),
}
CATEGORIES: Final[Mapping[str, tuple[str, str]]] = {
    "authorisation": ("authorisation process", "процедура присвоения статуса"),
    "benefits": ("benefits", "преимущества"),
    "recognition": ("recognition abroad", "признание за рубежом"),
    "clearance": ("clearance", "таможенное оформление"),
    "communication": ("communication", "взаимодействие"),
    "data": ("data", "данные"),
    "other": ("other", "иное"),
}
_COLUMNS: Final = (
    ("on", "Date", "Дата", 14),
    ("side", "Who answers", "Кто отвечает", 18),
    ("category", "About what", "О чём", 28),
    ("score", "Score", "Оценка", 12),
    ("comment", "Comment", "Комментарий", 80),
)
_HEAD: Final = (
    ("survey", "Survey", "Опрос"),
    ("question", "Question", "Вопрос"),
    ("scale_from", "Lowest score", "Низшая оценка"),
    ("scale_to", "Highest score", "Высшая оценка"),
)
_LINE: Final = Side(style="thin", color="FFBFBFBF")
_BOXED: Final = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_TO_FILL: Final = PatternFill(start_color="FFFFF8DC", end_color="FFFFF8DC", fill_type="solid")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


class Survey(NamedTuple):
    """What is asked.

    Attributes:
        name: As figures name it: `acceptance`.
        question: In words.
    """

    name: str
    question: str
    scale_from: int
    scale_to: int


class Answer(NamedTuple):
    """One answer."""

    row: int
    on: date
    side: str
    category: str
    score: float
    comment: str | None


class FilledIn(NamedTuple):
    """A form that came back.

    Attributes:
        faults: Rows that say something and cannot be read.
    """

    survey: Survey
    answers: tuple[Answer, ...]
    faults: tuple[LoadFault, ...]


def write_survey(survey: Survey) -> bytes:
    """Returns a form as an XLSX workbook, in English and Russian."""
    book = Workbook()
    head = book.worksheets[0]
    head.title = HEAD_SHEET
    values = survey._asdict() | {"survey": survey.name}
    for number, (field, english, russian) in enumerate(_HEAD, 1):
        for column, text in enumerate((english, russian, values[field]), 1):
            _put(head.cell(number, column), text, bold=column < 3)
    for letter, width in (("A", 24), ("B", 24), ("C", 80)):
        head.column_dimensions[letter].width = width
    head.protection.enable()
    sheet = book.create_sheet(ANSWERS_SHEET)
    for number, (_, english, russian, width) in enumerate(_COLUMNS, 1):
        _put(sheet.cell(1, number), english, bold=True)
        _put(sheet.cell(2, number), russian, bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
        for row in range(3, 3 + ROWS):
            _put(sheet.cell(row, number), None, fill=True)
    _offer(sheet, survey)
    sheet.freeze_panes = "A3"
    sheet.protection.enable()
    sheet.protection.insertRows = False
    book.active = 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read_survey(path: Path) -> FilledIn:
    """Reads a form that was filled in.

    Raises:
        RequestRefused: It is no such form, or nothing stands in it.
    """
    source = read_workbook(read_bytes(path), file=path.name)
    sheets = {sheet.name: sheet for sheet in source.sheets}
    if not {HEAD_SHEET, ANSWERS_SHEET} <= set(sheets):
        raise RequestRefused(
            f"no survey form: the sheets {HEAD_SHEET} and {ANSWERS_SHEET} are missing",
            reason=Reason.FILE_UNREADABLE,
            where=path.name,
        )
    survey = _survey(sheets[HEAD_SHEET], path)
    answers, faults = [], []
    for row in sheets[ANSWERS_SHEET].rows:
        if row.number > 2 and not row.is_blank:
            read = _answer(row, survey, epoch_1904=sheets[ANSWERS_SHEET].epoch_1904)
            answers += [read] if isinstance(read, Answer) else []
            faults += [] if isinstance(read, Answer) else read
    if not answers and not faults:
        raise RequestRefused(
            "nobody has answered", reason=Reason.ROWS_INVALID, where=f"{path.name}, {ANSWERS_SHEET}"
        )
    return FilledIn(survey, tuple(answers), tuple(faults))


def _survey(sheet: Sheet, path: Path) -> Survey:
    held = {_text(row.value(1)): row.value(3) for row in sheet.rows}
    try:
        name, question = (_text(held[english]) for _, english, _ in _HEAD[:2])
        low, high = (int(str(held[english])) for _, english, _ in _HEAD[2:])
    except (KeyError, ValueError):
        raise RequestRefused(
            "the form does not say which survey it is, or on which scale",
            reason=Reason.FILE_UNREADABLE,
            where=f"{path.name}, {HEAD_SHEET}",
        ) from None
    return Survey(name, question, low, high)


def _answer(row: Row, survey: Survey, *, epoch_1904: bool) -> Answer | list[LoadFault]:
    faults: list[LoadFault] = []
    found: dict[str, Any] = {}
    for number, (field, english, _, _) in enumerate(_COLUMNS, 1):
        try:
            found[field] = _read(field, row.value(number), survey, epoch_1904=epoch_1904)
        except CellProblem as problem:
            faults.append(
                LoadFault(row=row.number, column=english, reason=problem.reason, text=problem.text)
            )
    return faults or Answer(row=row.number, **found)


def _read(field: str, value: Value, survey: Survey, *, epoch_1904: bool) -> Any:
    if isinstance(value, CellError | NotComputed):
        raise CellProblem(Reason.CELL_ERROR, "an error of a spreadsheet, or no result")
    text = _text(value)
    if field == "comment":
        return text or None
    if not text:
        raise CellProblem(Reason.VALUE_MISSING, f"the row has no {field}")
    if field == "on":
        months = load_vocabulary().months
        return read_day(value, order=None, months=months, epoch_1904=epoch_1904)
    if field == "score":
        return _score(text, survey)
    words = SIDES if field == "side" else CATEGORIES
    for code, texts in words.items():
        if key_of(text) in map(key_of, (code, *texts)):
            return code
    raise CellProblem(Reason.WORD_UNKNOWN, f"{shown(text)} is none of {', '.join(words)}")


def _score(text: str, survey: Survey) -> float:
    try:
        score = float(text.replace(",", "."))
    except ValueError:
        raise CellProblem(Reason.VALUE_UNREADABLE, f"{shown(text)} is no number") from None
    if not survey.scale_from <= score <= survey.scale_to:
        raise CellProblem(
            Reason.VALUE_NOT_ALLOWED,
            f"{text[:20]} is no score from {survey.scale_from} to {survey.scale_to}",
        )
    return score


def _offer(sheet: Any, survey: Survey) -> None:
    last = 2 + ROWS
    lists: Sequence[tuple[str, Mapping[str, tuple[str, str]]]] = (("B", SIDES), ("C", CATEGORIES))
    for letter, words in lists:
        offered = ",".join(english for english, _ in words.values())
        choice = DataValidation(type="list", formula1=f'"{offered}"', allow_blank=True)
        # the words of the other language are read as well
        choice.showErrorMessage = False
        choice.add(f"{letter}3:{letter}{last}")
        sheet.add_data_validation(choice)
    scale = DataValidation(
        type="decimal",
        operator="between",
        formula1=str(survey.scale_from),
        formula2=str(survey.scale_to),
        allow_blank=True,
    )
    scale.showErrorMessage = True
    scale.error = f"{survey.scale_from} – {survey.scale_to}"
    scale.add(f"D3:D{last}")
    sheet.add_data_validation(scale)


def _put(cell: Any, value: object, *, bold: bool = False, fill: bool = False) -> None:
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.alignment, cell.border = _WRAPPED, _BOXED
    cell.protection = Protection(locked=not fill)
    if bold:
        cell.font = Font(bold=True)
    if fill:
        cell.fill = _TO_FILL


def _text(value: Value) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else clean_line(str(value))
