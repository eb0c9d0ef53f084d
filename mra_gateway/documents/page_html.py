"""A document as one HTML file that needs nothing else: styles and a small script stand in it.

The script filters the tables from the heat map and sorts them; without it everything is there to
read. A policy in the file lets no other script run, and nothing is loaded from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mra_gateway.documents import page as pages
from mra_gateway.documents.page import Block, Page
from mra_gateway.documents.page_curves import HEIGHT, WIDTH, draw
from mra_gateway.documents.tones import ALL_TONES

_HERE = Path(__file__).parent


def render_page_html(page: Page) -> bytes:
    """Returns the document as HTML; every value is escaped."""
    template = _environment().get_template("page.html.jinja")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    languages = len(page.languages)
    return (
        template.render(
            page=page,
            kinds=[_kind(block) for block in page.blocks],
            words=dict(page.controls),
            tones=ALL_TONES,
            style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            script_digest=digest,
            languages=languages,
            columns=lambda table: pages.columns(table, languages=languages),
            slots=lambda line, table: pages.slots(line, table, languages=languages),
            told=pages.told,
            both=pages.both,
            draw=draw,
            curve_size=(WIDTH, HEIGHT),
        )
        .lstrip()
        .encode()
    )


def _kind(block: Block) -> str:
    return type(block).__name__


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
