"""A document as a DOCX file with styles, headers, footers and page numbers, to be worked on.

An office's own letterhead replaces what stands here: a DOCX whose headers, footers, styles and
paper are kept. Tables are written as XML at once, for building them cell by cell is slow.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn

from mra_gateway.documents import page as pages
from mra_gateway.documents.docx_letterhead import open_document, set_headers, width_of
from mra_gateway.documents.docx_parts import (
    Piece,
    cell_xml,
    paragraph_xml,
    table_xml,
)
from mra_gateway.documents.page import Block, Page, both

_SHORT = 16
"""Lines of a heat map that stand on one page."""
_OF_STYLE = {"lead": "Lead", "strong": "Strong paragraph", "small": "Small print"}


def render_page_docx(page: Page, *, letterhead: Path | None = None) -> bytes:
    """Returns the document as a Word document.

    Args:
        page: What stands on it.
        letterhead: A DOCX of the office, whose headers, footers, styles and paper are kept.

    Raises:
        RequestRefused: The letterhead cannot be read.
    """
    document = open_document(page, letterhead=letterhead)
    set_headers(document, page)
    for line in page.letterhead:
        document.add_paragraph(line, style="Lead").alignment = 1
    document.add_paragraph(both(page.title), style="Title")
    document.add_paragraph(both(page.subtitle), style="Subtitle")
    if page.notice is not None:
        _told(document, [Piece(page.notice, "Strong paragraph")], page)
    width = width_of(document)
    for is_text, blocks in groupby(page.blocks, _is_text):
        if is_text:
            _told(document, [piece for block in blocks for piece in _text_pieces(block)], page)
        else:
            for block in blocks:
                _add(document, block, page, width)
    for number, picture in enumerate(document.element.body.iter(qn("wp:docPr")), 1):
        picture.set("id", str(number))
    document.core_properties.title = both(page.title)
    document.core_properties.language = page.languages[0]
    document.core_properties.author = "MRA Gateway"
    made_at = datetime(*page.printed_on.timetuple()[:3], tzinfo=UTC)
    document.core_properties.created = document.core_properties.modified = made_at
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _add(document: Any, block: Block, page: Page, width: int) -> None:
    match block:
        case pages.Heading():
            document.add_paragraph(both(block.text), style=f"Heading {max(1, block.level - 1)}")
        case pages.Facts():
            _append(document, _facts(block, page, width))
            _close_table(document)
        case pages.Table():
            _append(document, _table(block, page, width))
            _close_table(document)
        case pages.HeatMap():
            _append(document, _map(block, width))
            _close_table(document)
            _append(document, _legend(block, width))
            _close_table(document)
        case pages.SignatureLines():
            _append(document, _signatures(block, width))
            _close_table(document)


def _is_text(block: Block) -> bool:
    return isinstance(block, (pages.Paragraph, pages.Bullets))


def _text_pieces(block: Block) -> list[Piece]:
    if isinstance(block, pages.Paragraph):
        return [Piece(block.text, _OF_STYLE.get(block.style, "Normal"))]
    assert isinstance(block, pages.Bullets)
    return [
        Piece(item, "Listed", f"{number}." if block.is_numbered else "•")
        for number, item in enumerate(block.items, 1)
    ]


def _told(document: Any, pieces: list[Piece], page: Page) -> None:
    """Adds paragraphs; in two languages as two columns without lines."""
    if all(len(piece.text) == 1 for piece in pieces):
        for piece in pieces:
            _append(document, paragraph_xml(piece, 0, page.languages[0]))
        return
    width = width_of(document)
    rows = [_columns(piece, page, width) for piece in pieces]
    _append(document, table_xml(rows, [width // 2] * 2, bordered=False))
    _close_table(document)


def _columns(piece: Piece, page: Page, width: int) -> list[str]:
    if len(piece.text) == 1:
        return [cell_xml([piece], 0, page.languages[0], width, span=2)]
    return [cell_xml([piece], index, name, width // 2) for index, name in _languages(page)]


def _languages(page: Page) -> Iterable[tuple[int, str]]:
    return enumerate(page.languages)


def _table(table: pages.Table, page: Page, width: int) -> str:
    languages = len(page.languages)
    drawn = pages.columns(table, languages=languages)
    whole = sum(share for _, share in drawn)
    widths = [int(width * share / whole) for _, share in drawn]
    head = [
        cell_xml(
            [Piece((heading,), "Cell heading", stays=True)],
            0,
            page.languages[0],
            each,
            fill="D7D7D7",
        )
        for (heading, _), each in zip(drawn, widths, strict=True)
    ]
    rows = [head]
    for line in table.lines:
        cells, at = [], 0
        for slot in pages.slots(line, table, languages=languages):
            span = widths[at : at + slot.span]
            at += slot.span
            cells.append(
                cell_xml(
                    _pieces(slot.cell, heads=line.is_heading),
                    slot.language,
                    page.languages[slot.language],
                    sum(span),
                    span=slot.span,
                    fill=_fill(slot, line),
                )
            )
        rows.append(cells)
    return table_xml(rows, widths, has_head=True)


def _fill(slot: pages.Slot, line: pages.Line) -> str | None:
    if line.is_heading:
        return "EBEBEB"
    return slot.cell.tone.fill if slot.cell.tone else None


def _pieces(cell: pages.Cell, *, heads: bool = False) -> list[Piece]:
    style = "Cell heading" if heads else "Cell"
    pieces = [Piece(said, style, stays=heads) for said in cell.lines]
    if cell.tone is not None and pieces:
        pieces[0] = Piece(tuple(f"{cell.tone.sign} {one}" for one in pieces[0].text), style)
    if cell.curve is not None:
        pieces.append(Piece(("",), "Cell note", curve=cell.curve))
    return pieces + [Piece(said, "Cell note") for said in cell.small]


def _facts(facts: pages.Facts, page: Page, width: int) -> str:
    several = len(page.languages)
    count = max(1, len(facts.columns)) * several
    first = width // 5
    each = (width - first) // count
    rows: list[list[str]] = []
    language = page.languages[0]
    if facts.columns:
        head = [cell_xml([], 0, language, first)]
        for column in facts.columns:
            piece = Piece((both(column),), "Cell heading")
            head.append(cell_xml([piece], 0, language, each * several, span=several, fill="D7D7D7"))
        rows.append(head)
    for label, cells in facts.lines:
        piece = Piece((both(label),), "Cell heading")
        row = [cell_xml([piece], 0, language, first, fill="F2F2F2")]
        for cell in cells:
            pieces = _pieces(cell)
            if all(len(one.text) == 1 for one in pieces):
                row.append(cell_xml(pieces, 0, language, each * several, span=several))
            else:
                row += [cell_xml(pieces, index, name, each) for index, name in _languages(page)]
        rows.append(row)
    return table_xml(rows, [first] + [each] * count, has_head=bool(facts.columns))


def _map(heat_map: pages.HeatMap, width: int) -> str:
    widest = max((len(line.tiles) for line in heat_map.lines), default=1)
    first = width // 4
    each = (width - first) // max(1, widest)
    rows = []
    # one that would fill a page is broken: else it leaves the rest of one empty
    is_short = len(heat_map.lines) <= _SHORT
    for line in heat_map.lines:
        name = Piece((f"{line.category} {both(line.name)}",), "Cell", stays=is_short)
        row = [cell_xml([name], 0, "", first)]
        for number in range(widest):
            tile = line.tiles[number] if number < len(line.tiles) else None
            pieces = [Piece((f"{tile.tone.sign} {tile.item}",), "Cell note")] if tile else []
            row.append(cell_xml(pieces, 0, "", each, fill=tile.tone.fill if tile else None))
        rows.append(row)
    return table_xml(rows, [first] + [each] * widest)


def _legend(heat_map: pages.HeatMap, width: int) -> str:
    mark, count = width // 20, width // 12
    widths = [mark, width // 2, count]
    rows = [
        [
            cell_xml([Piece((tone.sign,), "Cell")], 0, "", mark, fill=tone.fill),
            cell_xml([Piece((both(name),), "Cell")], 0, "", widths[1]),
            cell_xml([Piece((str(number),), "Cell")], 0, "", count),
        ]
        for tone, name, number in heat_map.legend
    ]
    return table_xml(rows, widths)


def _signatures(block: pages.SignatureLines, width: int) -> str:
    each = width // max(1, len(block.sides))
    blanks = [Piece((f"{both(label)}: ________________",), "Normal") for label in block.labels]
    # one row, for a row is never torn over two pages
    row = [
        cell_xml([Piece((both(side),), "Strong paragraph"), *blanks], 0, "", each)
        for side in block.sides
    ]
    return table_xml([row], [each] * len(block.sides), bordered=False)


def _append(document: Any, xml: str) -> None:
    body = document.element.body
    element = parse_xml(xml)
    last = body[-1] if len(body) else None
    if last is not None and last.tag == qn("w:sectPr"):
        last.addprevious(element)
    else:
        body.append(element)


def _close_table(document: Any) -> None:
    """Adds the paragraph without which two tables would run into one."""
    document.add_paragraph(style="Cell note")
