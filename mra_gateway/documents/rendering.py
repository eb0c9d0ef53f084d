"""One document in the format asked for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from mra_gateway.documents.page import Page


class Format(StrEnum):
    """What a document can be written as."""

    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"


def render_page(
    page: Page, *, into: Format, letterhead: Path | None = None, fonts: Sequence[Path] = ()
) -> bytes:
    """Returns a document in a format.

    Args:
        page: What stands on it.
        into: The format.
        letterhead: A DOCX of the office whose headers, footers and styles are kept; for DOCX.
        fonts: Further fonts, for scripts the shipped ones lack; for PDF.

    Raises:
        RequestRefused: A font or letterhead cannot be read, or a character not be printed.
    """
    # each of them loads a library that the others do not need
    if into is Format.XLSX:
        from mra_gateway.documents.page_xlsx import render_page_xlsx

        return render_page_xlsx(page)
    if into is Format.DOCX:
        from mra_gateway.documents.page_docx import render_page_docx

        return render_page_docx(page, letterhead=letterhead)
    if into is Format.PDF:
        from mra_gateway.documents.page_pdf import render_page_pdf

        return render_page_pdf(page, fonts=fonts)
    from mra_gateway.documents.page_html import render_page_html

    return render_page_html(page)
