"""A document as a PDF, set by typst; refused where the fonts lack one of its characters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from mra_gateway.documents import page as pages
from mra_gateway.documents.fonts import check_printable, choose_fonts, families_of
from mra_gateway.documents.page import Block, Curve, Page, Slot
from mra_gateway.documents.page_curves import HEIGHT, WIDTH, draw
from mra_gateway.documents.typesetting import set_pdf

_LONG = 900
"""Characters, in all languages together, of a cell that is kept on one page."""
_TEMPLATE = Path(__file__).parent / "page.typ"


def render_page_pdf(page: Page, *, fonts: Sequence[Path] = ()) -> bytes:
    """Returns the document as a PDF; the same document gives the same bytes.

    Args:
        page: What stands on it.
        fonts: Further fonts, for scripts the shipped ones lack.

    Raises:
        RequestRefused: A font cannot be read, or none has one of the characters.
    """
    texts = tuple(page.texts())
    used = (*choose_fonts(texts), *fonts)
    check_printable(texts, fonts=used)
    values = _values(page, families=families_of(used))
    return set_pdf(_TEMPLATE, values, called="page", fonts=used, printed_on=page.printed_on)


def _values(page: Page, *, families: list[str]) -> dict[str, Any]:
    return {
        "fonts": families,
        "wide": page.is_wide,
        "languages": page.languages,
        "title": page.title,
        "subtitle": page.subtitle,
        "marking": page.marking,
        "printed": page.printed,
        "page-of": page.page_of,
        "watermark": page.watermark,
        "notice": page.notice,
        "letterhead": page.letterhead,
        "blocks": [_block(block, page.languages) for block in page.blocks],
    }


def _block(block: Block, languages: tuple[str, ...]) -> dict[str, Any]:
    match block:
        case pages.Heading():
            return {"is": "heading", "text": block.text, "level": block.level}
        case pages.Paragraph():
            return {"is": "paragraph", "text": block.text, "style": block.style}
        case pages.Bullets():
            return {"is": "bullets", "items": block.items, "numbered": block.is_numbered}
        case pages.Facts():
            lines = [
                {"label": label, "cells": [cell._asdict() for cell in cells]}
                for label, cells in block.lines
            ]
            return {"is": "facts", "columns": block.columns, "lines": lines}
        case pages.Table():
            return _table(block, languages)
        case pages.HeatMap():
            return _map(block)
        case pages.SignatureLines():
            return {"is": "signatures", "sides": block.sides, "labels": block.labels}


def _table(table: pages.Table, languages: tuple[str, ...]) -> dict[str, Any]:
    drawn = pages.columns(table, languages=len(languages))
    return {
        "is": "table",
        "headings": [heading for heading, _ in drawn],
        "widths": [width for _, width in drawn],
        "rows": [
            {
                "heading": line.is_heading,
                "breaks": _is_long(line),
                "cells": [
                    _cell(slot, languages)
                    for slot in pages.slots(line, table, languages=len(languages))
                ],
            }
            for line in table.lines
        ],
    }


def _is_long(line: pages.Line) -> bool:
    """Says whether a line must be allowed to run over pages: else it might not fit on any."""
    return any(sum(map(len, chain(*cell.lines, *cell.small))) > _LONG for cell in line.cells)


def _cell(slot: Slot, languages: tuple[str, ...]) -> dict[str, Any]:
    cell, language = slot.cell, slot.language
    return {
        "lang": languages[language],
        "lines": [pages.told(said, language) for said in cell.lines],
        "small": [pages.told(said, language) for said in cell.small],
        "sign": cell.tone.sign if cell.tone else None,
        "fill": f"#{cell.tone.fill}" if cell.tone else None,
        "span": slot.span,
        "curve": _curve(cell.curve) if cell.curve else None,
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {"width": WIDTH, "height": HEIGHT, **draw(curve)._asdict()}


def _map(heat_map: pages.HeatMap) -> dict[str, Any]:
    return {
        "is": "map",
        "lines": [
            {
                "category": line.category,
                "name": line.name,
                "tiles": [
                    {"item": tile.item, "sign": tile.tone.sign, "fill": f"#{tile.tone.fill}"}
                    for tile in line.tiles
                ],
            }
            for line in heat_map.lines
        ],
        "legend": [
            {"sign": tone.sign, "fill": f"#{tone.fill}", "name": name, "count": str(count)}
            for tone, name, count in heat_map.legend
        ],
    }
