"""The sheet as a page of HTML that prints on A4; nothing is loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mra_gateway.documents.sheet import Sheet


def render_html(sheet: Sheet) -> bytes:
    """Returns the sheet as HTML; every value is escaped."""
    template = _environment().get_template("sheet.html.jinja")
    return template.render(sheet=sheet, say=sheet.words.say).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
