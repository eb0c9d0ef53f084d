"""Reads back what a document says, whatever it was written as."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import Any

from lxml import html
from openpyxl import load_workbook

from mra_gateway.documents.rendering import Format


def book_of(content: bytes) -> Any:
    """A workbook, without the lines in its cells: its reader does not know them, and says so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Unknown extension")
        return load_workbook(io.BytesIO(content))


def tree_of(content: bytes) -> Any:
    """A page of HTML."""
    return html.fromstring(content)


def all_text(content: bytes, into: Format) -> str:
    """Everything a reader sees in a document; not for PDF, whose text is held by its fonts."""
    if into is Format.XLSX:
        book = book_of(content)
        values = [str(c.value) for s in book for line in s.iter_rows() for c in line if c.value]
        headers = [s.oddHeader.left.text or "" for s in book]
        return "\n".join(values + headers)
    if into is Format.DOCX:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [name for name in archive.namelist() if name.endswith(".xml")]
            raw = " ".join(archive.read(name).decode() for name in parts)
        return re.sub(r"<[^>]+>", " ", raw) + " ".join(re.findall(r'string="([^"]+)"', raw))
    return "\n".join(tree_of(content).itertext())
