"""A questionnaire: what a profile already says, item by item, for its administration to complete.

One sheet for each catalogue, one row for each item – two where the profile holds two answers –,
drop-downs where there are words to choose; `questionnaire_reading.py` reads it back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final, NamedTuple

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from mra_gateway.model.facts import ALL, Fact
from mra_gateway.model.identifiers import ProgrammeId
from mra_gateway.model.operators import Code
from mra_gateway.model.profiles import Cell, Profile
from mra_gateway.model.requirements import Item, RequirementCatalogue
from mra_gateway.tables.escaping import is_dangerous
from mra_gateway.tables.questionnaire_columns import (
    COMPUTED,
    CONFIRMED,
    FIGURES,
    HEAD,
    HEAD_SHEET,
    HELP_SHEET,
    NOT_CONFIRMED,
    WORDS,
    WORDS_SHEET,
    Column,
    columns,
)

BLANK_ROWS: Final = 20
"""Rows to add below the items, for a second tier or role."""

FIRST_ROW: Final = 3
LINE_POINTS: Final = 15
_HIGHEST: Final = 400
"""Points; a spreadsheet program takes rows of at most 409."""
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_TO_READ = PatternFill(start_color="FFF0F0F0", end_color="FFF0F0F0", fill_type="solid")
_TO_FILL = PatternFill(start_color="FFFFF8DC", end_color="FFFFF8DC", fill_type="solid")
_LINE = Side(style="thin", color="FFBFBFBF")
_BOXED = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_LONGEST_NOTE = 1500


class Asked(NamedTuple):
    """Who is asked about what.

    Attributes:
        name: How the programme is called.
        profile: What is held of it; None: nothing yet.
        parents: The profiles it extends, nearest first.
        tiers: Codes of its tiers; empty where they are not known.
        catalogues: What is asked about, a sheet each.
    """

    programme: ProgrammeId
    name: str
    profile: Profile | None
    parents: tuple[Profile, ...]
    tiers: tuple[Code, ...]
    catalogues: tuple[RequirementCatalogue, ...]
    is_confirmed: bool
    prepared_on: date


def write_questionnaire(asked: Asked) -> bytes:
    """Returns a questionnaire as an XLSX workbook."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _write_head(book.create_sheet(HEAD_SHEET), asked)
    laid = columns(figures=_figures_needed(asked.profile))
    sheets: list[Any] = []
    for catalogue in asked.catalogues:
        sheets.append(book.create_sheet(catalogue.id))
        _write_items(sheets[-1], catalogue, asked, laid)
    _write_explanations(book.create_sheet(HELP_SHEET), laid)
    _write_words(book.create_sheet(WORDS_SHEET), sheets, laid, asked.tiers)
    for sheet in sheets if not asked.is_confirmed else ():
        sheet.oddHeader.center.text = NOT_CONFIRMED
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def asked_items(catalogue: RequirementCatalogue) -> Iterator[Item]:
    """Yields the items of a catalogue that somebody can be asked about."""
    for fact in catalogue.items:
        if fact.value is not None and (catalogue.id, fact.value.category) not in COMPUTED:
            yield fact.value


def _figures_needed(profile: Profile | None) -> int:
    cells = () if profile is None else profile.cells
    held = (sum(map(len, fact.value.thresholds)) for fact in cells if fact.value is not None)
    return max(FIGURES, max(held, default=0))


def _write_head(sheet: Any, asked: Asked) -> None:
    values: dict[str, object] = {
        "programme": asked.programme,
        "name": asked.name,
        "version": 0 if asked.profile is None else asked.profile.version,
        "state": CONFIRMED if asked.is_confirmed else NOT_CONFIRMED,
        "prepared_on": asked.prepared_on,
    }
    for number, line in enumerate(HEAD, 1):
        _put(sheet.cell(number, 1), line.english, bold=True, locked=True)
        _put(sheet.cell(number, 2), line.russian, bold=True, locked=True)
        _put(sheet.cell(number, 3), values.get(line.field), locked=line.is_locked)
        sheet.cell(number, 3).fill = _TO_READ if line.is_locked else _TO_FILL
    _fit_to_paper(sheet)
    for column, width in (("A", 44), ("B", 44), ("C", 80)):
        sheet.column_dimensions[column].width = width
    sheet.protection.enable()


def _write_items(
    sheet: Any, catalogue: RequirementCatalogue, asked: Asked, laid: Sequence[Column]
) -> None:
    for number, column in enumerate(laid, 1):
        _put(sheet.cell(1, number), column.english, bold=True, locked=True)
        _put(sheet.cell(2, number), column.russian, bold=True, locked=True)
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    row = FIRST_ROW
    for item in asked_items(catalogue):
        reference = f"{catalogue.id}:{item.id}"
        held = _held(asked.profile, reference) or (None,)
        for fact in held:
            values = _row_of(fact, item, reference, _known(fact, item, catalogue.id, asked))
            _write_row(sheet, row, values, laid)
            if item.values:
                _explain_codes(sheet, row, item, laid)
            row += 1
    last = row + BLANK_ROWS
    for number in range(row, last):
        _write_row(sheet, number, {}, laid, is_blank=True)
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 2)
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(laid))}{last - 1}"
    for number in range(1, row):
        _fit_height(sheet, number, laid)
    # on paper: the item and the headings again on every sheet, answers on the first of two
    _fit_to_paper(sheet, pages_wide=2)
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A3
    sheet.print_title_rows, sheet.print_title_cols = "1:2", "A:A"
    sheet.print_area = f"A1:{get_column_letter(len(laid))}{max(row - 1, FIRST_ROW)}"
    sheet.protection.enable()
    for allowed in ("formatColumns", "formatRows", "autoFilter", "sort", "insertRows"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden


def _fit_height(sheet: Any, number: int, laid: Sequence[Column]) -> None:
    """Makes a row as high as its longest text is; not every program does by itself."""
    lines = 1
    for cell, column in zip(sheet[number], laid, strict=True):
        text = "" if cell.value is None else str(cell.value)
        # words do not fill their lines: some width goes to waste
        lines = max(lines, 1 + int(len(text) / (0.85 * column.width)))
    sheet.row_dimensions[number].height = min(LINE_POINTS * lines, _HIGHEST)


def _fit_to_paper(sheet: Any, *, pages_wide: int = 1) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = pages_wide
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _write_row(
    sheet: Any,
    number: int,
    values: Mapping[str, object],
    laid: Sequence[Column],
    *,
    is_blank: bool = False,
) -> None:
    for place, column in enumerate(laid, 1):
        locked = not (column.is_answer or is_blank)
        cell = sheet.cell(number, place)
        _put(cell, values.get(column.field), locked=locked)
        if locked:
            cell.fill = _TO_READ


def _explain_codes(sheet: Any, row: int, item: Item, laid: Sequence[Column]) -> None:
    """Puts the codes a dimension is described by into a note, where they are needed."""
    place = next(n for n, column in enumerate(laid, 1) if column.field == "values")
    lines = [f"{code}: {text.en} / {text.ru or text.en}" for code, text in item.values.items()]
    note = Comment(_printable("\n".join(lines))[:_LONGEST_NOTE], "MRA Gateway")
    note.width, note.height = 420, 24 + 34 * len(lines)
    sheet.cell(row, place).comment = note


def _held(profile: Profile | None, reference: str) -> tuple[Fact[Cell], ...]:
    if profile is None:
        return ()
    return tuple(
        fact for fact in profile.cells if fact.value is not None and fact.value.item == reference
    )


def _known(fact: Fact[Cell] | None, item: Item, catalogue: str, asked: Asked) -> str | None:
    """Returns from where the answer comes, or what is known of the union or the category."""
    if fact is not None:
        return f"{fact.basis}, {fact.as_of}: {fact.source}"
    profiles = (*((asked.profile,) if asked.profile else ()), *asked.parents)
    for reference in (f"{catalogue}:{item.id}", f"{catalogue}:{item.category}"):
        for profile in profiles:
            for found in _held(profile, reference):
                assert found.value is not None
                of = f"{profile.programme}, {reference}"
                return f"{of}: {found.value.text.en} ({found.basis}, {found.source})"
    return None


def _row_of(
    fact: Fact[Cell] | None, item: Item, reference: str, known: str | None
) -> dict[str, object]:
    values: dict[str, object] = {
        "item": reference,
        "requirement": item.requirement.en,
        "requirement_ru": item.requirement.ru,
        "question": item.question.en,
        "question_ru": item.question.ru,
        "known": known,
    }
    if fact is not None and fact.value is not None:
        values |= _answer_of(fact.value)
    return values


def _answer_of(cell: Cell) -> dict[str, object]:
    values: dict[str, object] = {
        "stated": _offered("stated", cell.stated),
        "text_en": cell.text.en,
        "text_ru": cell.text.ru,
        "clause": cell.clause,
        "strength": _offered("strength", cell.strength),
        "instrument": _offered("instrument", cell.instrument),
        "methods": _listed(cell.methods),
        "tiers": None if cell.tiers == ALL else _listed(cell.tiers),
        "roles": None if cell.roles == ALL else _listed(cell.roles),
        "values": _listed(cell.values),
    }
    number = 0
    for alternative, figures in enumerate(cell.thresholds, 1):
        for figure in figures:
            number += 1
            values |= {
                f"figure{number}.alternative": alternative,
                f"figure{number}.measure": _offered("measure", figure.measure),
                f"figure{number}.relation": _offered("relation", figure.relation),
                f"figure{number}.value": figure.value,
                f"figure{number}.unit": _offered("unit", figure.unit),
            }
    return values


def _offered(words: str, code: str | None) -> str | None:
    return next((word.offered for word in WORDS[words] if word.code == code), code)


def _listed(codes: Sequence[str]) -> str | None:
    return ", ".join(codes) or None


def _write_explanations(sheet: Any, laid: Sequence[Column]) -> None:
    headings = ("column", "графа", "what stands there", "что здесь указывается")
    for number, heading in enumerate(headings, 1):
        _put(sheet.cell(1, number), heading, bold=True, locked=True)
    for row, column in enumerate(laid, 2):
        texts = column.english, column.russian, column.explanation, column.explanation_russian
        for number, text in enumerate(texts, 1):
            _put(sheet.cell(row, number), text, locked=True)
    for letter, width in (("A", 28), ("B", 28), ("C", 70), ("D", 70)):
        sheet.column_dimensions[letter].width = width
    _fit_to_paper(sheet)
    sheet.protection.enable()


def _write_words(
    sheet: Any, sheets: Sequence[Any], laid: Sequence[Column], tiers: Sequence[str]
) -> None:
    """Writes the words of the drop-downs, and the drop-downs that offer them."""
    lists: dict[str, list[str]] = {
        name: [word.offered for word in words] for name, words in WORDS.items()
    }
    for name in ("methods", "roles"):  # several of them stand in one cell, so the short form
        lists[name] = [word.code for word in WORDS[name]]
    lists["tiers"] = [ALL, *tiers]
    letters = {name: get_column_letter(number) for number, name in enumerate(lists, 1)}
    for name, words in lists.items():
        sheet.column_dimensions[letters[name]].width = 40
        for row, word in enumerate([name, *words], 1):
            _put(sheet[f"{letters[name]}{row}"], word, bold=row == 1, locked=True)
    for items in sheets:
        for number, column in enumerate(laid, 1):
            name = "tiers" if column.field == "tiers" else column.words or ""
            if name in lists:
                letter = letters[name]
                offered = f"'{WORDS_SHEET}'!${letter}$2:${letter}${len(lists[name]) + 1}"
                choice = DataValidation(type="list", formula1=offered, allow_blank=True)
                choice.showErrorMessage = column.only_words
                place = get_column_letter(number)
                choice.add(f"{place}{FIRST_ROW}:{place}{items.max_row}")
                items.add_data_validation(choice)
    _fit_to_paper(sheet)
    sheet.protection.enable()


def _put(cell: Any, value: object, *, bold: bool = False, locked: bool = False) -> None:
    cell.protection = Protection(locked=locked)
    cell.alignment = _WRAPPED
    cell.border = _BOXED
    if isinstance(value, date):
        cell.value = datetime.combine(value, time())
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, int | float):
        cell.value = int(value) if float(value).is_integer() else value
    elif value is not None:
        text = _printable(str(value))
        cell.value = text
        cell.data_type = "s"
        cell.number_format = "@"
        cell.quotePrefix = is_dangerous(text)
    if bold:
        cell.font = _BOLD


def _printable(text: str) -> str:
    # control characters cannot stand in a workbook at all
    return ILLEGAL_CHARACTERS_RE.sub(lambda found: repr(found[0])[1:-1], text)
