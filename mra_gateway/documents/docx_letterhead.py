"""A Word document before its text: paper, styles and fonts, headers and footers, or a letterhead.

The office's own letterhead replaces all of it: its headers, footers, styles and paper are kept, and
only what has to stand on every page is added to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from mra_gateway.documents.docx_parts import page_number, watermark_xml
from mra_gateway.documents.page import Page, both
from mra_gateway.errors import Reason, RequestRefused

_LATIN, _EAST_ASIAN = "Arial", "Microsoft YaHei"
"""On every office machine; what Arial lacks is taken from the fonts of the system."""
_STYLES = {
    "Lead": (11.0, False),
    "Strong paragraph": (10.0, True),
    "Small print": (8.0, False),
    "Listed": (10.0, False),
    "Cell": (7.5, False),
    "Cell heading": (7.5, True),
    "Cell note": (6.5, False),
}


def open_document(page: Page, *, letterhead: Path | None) -> Any:
    """Returns an empty document for a page, on a letterhead or on plain paper.

    Raises:
        RequestRefused: The letterhead cannot be read.
    """
    document = _open(letterhead)
    _set_styles(document, is_own=letterhead is None)
    if page.is_bilingual:
        _let_hyphenate(document)
    if letterhead is None:
        _set_paper(document, page)
    return document


def _let_hyphenate(document: Any) -> None:
    """Has words of narrow columns hyphenated instead of torn; a letterhead's own setting stays."""
    settings = document.settings.element
    before = settings.find(qn("w:defaultTabStop"))
    if before is not None and settings.find(qn("w:autoHyphenation")) is None:
        # its place among the settings is fixed
        before.addnext(OxmlElement("w:autoHyphenation"))


def set_headers(document: Any, page: Page) -> None:
    """Says on every page for whom it is and what it is, with the watermark and page numbers.

    A letterhead may have headers of their own for the first page and for even ones: each gets it.
    """
    section = document.sections[0]
    pairs = [(section.header, section.footer)]
    if section.different_first_page_header_footer:
        pairs.append((section.first_page_header, section.first_page_footer))
    if document.settings.odd_and_even_pages_header_footer:
        pairs.append((section.even_page_header, section.even_page_footer))
    for header, footer in pairs:
        _mark(document, page, header, footer)


def _mark(document: Any, page: Page, header: Any, footer: Any) -> None:
    marks = [both(page.marking), *([both(page.watermark)] if page.watermark else [])]
    head = _place_in(header)
    head.style = document.styles["Small print"]
    head.add_run(f"{' – '.join(marks)} – {both(page.subtitle)}")
    if page.watermark is not None:
        head._p.append(parse_xml(watermark_xml(page.watermark)))  # noqa: SLF001 - no other way in
    foot = _place_in(footer)
    foot.style = document.styles["Small print"]
    foot.add_run(f"{both(page.title)} · {both(page.printed)} · {both(page.page_of)} ")
    for element in page_number():
        foot._p.append(parse_xml(element))  # noqa: SLF001 - fields have no other way in


def _place_in(part: Any) -> Any:
    is_bare = len(part.paragraphs) == 1 and not part.paragraphs[0].text and not part.tables
    return part.paragraphs[0] if is_bare else part.add_paragraph()


def width_of(document: Any) -> int:
    """Returns the width of the text in twentieths of a point."""
    section = document.sections[0]
    return int((section.page_width - section.left_margin - section.right_margin) / 635)


def _open(letterhead: Path | None) -> Any:
    if letterhead is None:
        return docx.Document()
    try:
        document = docx.Document(str(letterhead))
    except (OSError, KeyError, ValueError, SyntaxError, BadZipFile, OpcError) as error:
        raise RequestRefused(
            f"this letterhead cannot be read as DOCX: {str(error)[:120]!r}",
            reason=Reason.FILE_UNREADABLE,
            where=str(letterhead),
        ) from None
    for element in list(document.element.body):
        if element.tag != qn("w:sectPr"):
            document.element.body.remove(element)
    return document


def _set_styles(document: Any, *, is_own: bool) -> None:
    known = {style.name for style in document.styles}
    for name, (size, bold) in _STYLES.items():
        if name not in known:
            style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = document.styles["Normal"]
            style.font.size, style.font.bold = Pt(size), bold
            style.paragraph_format.space_after = Pt(1 if name.startswith("Cell") else 4)
            style.paragraph_format.space_before = Pt(0)
    for name in ("Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3"):
        if name not in known:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    document.styles["Listed"].paragraph_format.left_indent = Mm(7)
    document.styles["Listed"].paragraph_format.first_line_indent = Mm(-7)
    document.styles["Small print"].paragraph_format.keep_with_next = True
    document.styles["Cell note"].font.color.rgb = RGBColor(0x44, 0x44, 0x44)
    if is_own:
        for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3"):
            _set_font(document.styles[name])
        document.styles["Normal"].font.size = Pt(10)
        document.styles["Normal"].paragraph_format.space_after = Pt(4)
        document.styles["Title"].font.size = Pt(20)


def _set_font(style: Any) -> None:
    """Names a font for each script: without one Word falls back to whatever it has."""
    style.font.name = _LATIN
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:cs"), _LATIN)
    fonts.set(qn("w:eastAsia"), _EAST_ASIAN)


def _set_paper(document: Any, page: Page) -> None:
    section = document.sections[0]
    short, long = (Mm(297), Mm(420)) if page.is_wide and page.is_bilingual else (Mm(210), Mm(297))
    section.page_width, section.page_height = (long, short) if page.is_wide else (short, long)
    section.orientation = WD_ORIENT.LANDSCAPE if page.is_wide else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Mm(15)
    section.top_margin, section.bottom_margin = Mm(20), Mm(17)
