"""The sheet as a PDF, set by typst; refused where a font lacks one of its characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mra_gateway.documents.fonts import check_printable, choose_fonts, families_of
from mra_gateway.documents.sheet import Sheet, SheetForm
from mra_gateway.documents.typesetting import set_pdf

_TEMPLATE = Path(__file__).parent / "sheet.typ"


def render_pdf(sheet: Sheet, *, fonts: Sequence[Path] = ()) -> bytes:
    """Returns the sheet as a PDF; the same sheet gives the same bytes.

    Args:
        sheet: What stands on it.
        fonts: Further fonts, for scripts the shipped one lacks.

    Raises:
        RequestRefused: A font cannot be read, or none has one of the characters.
    """
    characters = tuple(sheet.characters())
    used = (*choose_fonts(characters), *fonts)
    check_printable(characters, fonts=used)
    values = _values(sheet, families=families_of(used))
    return set_pdf(_TEMPLATE, values, called="sheet", fonts=used, printed_on=sheet.printed_on)


def _values(sheet: Sheet, *, families: list[str]) -> dict[str, Any]:
    return {
        "title": sheet.title,
        "lead": sheet.lead,
        "language": sheet.words.language.split("-", maxsplit=1)[0],
        "fonts": families,
        "remarks": sheet.remarks,
        "who": sheet.who,
        "wanted": sheet.wanted,
        "forms": [_form(sheet, form) for form in sheet.forms],
        "printed": f"{sheet.words.say('printed_on')}: {sheet.printed_on}",
    }


def _form(sheet: Sheet, form: SheetForm) -> dict[str, Any]:
    say = sheet.words.say
    heading = (say("field"), say("stands_there"))
    return {
        "heading": say("by_name") if form.by_name else say("number"),
        "number": [sheet.operator, *sheet.address] if form.by_name else [form.text],
        "lossy": say("lossy") if form.lossy and not form.by_name else None,
        "fields": [heading, *form.fields] if form.fields else [],
        "steps": form.steps,
        "steps-heading": say("steps"),
        "source": f"{say('source')}: {form.source} ({sheet.basis(form)})",
    }
