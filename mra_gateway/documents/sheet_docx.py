"""The sheet as a DOCX file, in which the operator's office may complete what is missing."""

from __future__ import annotations

import io
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Pt

from mra_gateway.documents.sheet import Sheet, SheetForm

_EAST_ASIAN = {"zh": "SimSun", "ja": "MS Mincho", "ko": "Batang"}


def render_docx(sheet: Sheet) -> bytes:
    """Returns the sheet as a Word document."""
    document = docx.Document()
    _set_fonts(document, language=sheet.words.language)
    document.core_properties.title = sheet.title
    document.core_properties.language = sheet.words.language
    document.add_heading(sheet.title, level=1)
    document.add_paragraph().add_run(sheet.lead).bold = True
    for remark in sheet.remarks:
        document.add_paragraph(remark)
    _add_table(document, sheet.who)
    for sentence in sheet.wanted:
        document.add_paragraph().add_run(sentence).bold = True
    for form in sheet.forms:
        _add_form(document, sheet, form)
    document.add_paragraph(f"{sheet.words.say('printed_on')}: {sheet.printed_on}")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _add_form(document: Any, sheet: Sheet, form: SheetForm) -> None:
    say = sheet.words.say
    document.add_heading(say("by_name") if form.by_name else say("number"), level=2)
    number = "\n".join((sheet.operator, *sheet.address)) if form.by_name else form.text
    run = document.add_paragraph().add_run(number)
    run.bold = True
    run.font.size = Pt(20)
    if form.lossy and not form.by_name:
        document.add_paragraph().add_run(say("lossy")).bold = True
    if form.fields:
        _add_table(document, ((say("field"), say("stands_there")), *form.fields))
    if form.steps:
        document.add_heading(say("steps"), level=2)
        for step in form.steps:
            document.add_paragraph(step, style="List Number")
    document.add_paragraph(f"{say('source')}: {form.source} ({sheet.basis(form)})")


def _add_table(document: Any, rows: tuple[tuple[str, str], ...]) -> None:
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for left, right in rows:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = left, right


def _set_fonts(document: Any, *, language: str) -> None:
    """Names a font for Chinese characters too; without one Word falls back to whatever it has."""
    style = document.styles["Normal"]
    style.font.name = "DejaVu Sans"
    style.font.size = Pt(11)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), _EAST_ASIAN.get(language.split("-", maxsplit=1)[0], "SimSun"))
