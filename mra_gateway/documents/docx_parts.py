"""WordprocessingML of paragraphs, tables, page numbers and the watermark, as text to be parsed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from mra_gateway.documents.docx_curves import curve_xml
from mra_gateway.documents.page import Curve, Said, told

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Piece(NamedTuple):
    """A paragraph: text, style, number or bullet, whether it stays with the next; or a picture."""

    text: Said
    style: str
    mark: str = ""
    stays: bool = False
    curve: Curve | None = None


def paragraph_xml(piece: Piece, language: int, tag: str, *, declared: bool = True) -> str:
    """Returns a paragraph in one language of the document."""
    lang = f'<w:rPr><w:lang w:val="{tag}"/></w:rPr>' if tag else ""
    mark = f"<w:r><w:t>{_text(piece.mark)}</w:t><w:tab/></w:r>" if piece.mark else ""
    lines = told(piece.text, language).split("\n")
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{_text(line)}</w:t>' for line in lines)
    style = piece.style.replace(" ", "")
    stays = "<w:keepNext/>" if piece.stays else ""
    head = f"<w:p {_W}>" if declared else "<w:p>"
    if piece.curve is not None:
        picture = curve_xml(piece.curve, told=told(piece.curve.told, language))
        return f'{head}<w:pPr><w:pStyle w:val="{style}"/>{stays}</w:pPr>{picture}</w:p>'
    properties = f'<w:pPr><w:pStyle w:val="{style}"/>{stays}</w:pPr>'
    return f"{head}{properties}{mark}<w:r>{lang}{runs}</w:r></w:p>"


def cell_xml(
    pieces: Sequence[Piece],
    language: int,
    tag: str,
    width: int,
    *,
    span: int = 1,
    fill: str | None = None,
) -> str:
    """Returns a cell of a table."""
    spans = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    inside = "".join(paragraph_xml(piece, language, tag, declared=False) for piece in pieces)
    inside = inside or '<w:p><w:pPr><w:pStyle w:val="Cell"/></w:pPr></w:p>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spans}{shade}</w:tcPr>{inside}</w:tc>'
    )


def table_xml(
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    *,
    has_head: bool = False,
    bordered: bool = True,
) -> str:
    """Returns a table; its head is repeated on every page, and no row is torn apart."""
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    line = '"single" w:sz="4" w:color="8A8A8A"' if bordered else '"nil"'
    borders = "".join(f"<w:{side} w:val={line}/>" for side in sides)
    margins = "".join(
        f'<w:{side} w:w="{width}" w:type="dxa"/>'
        for side, width in (("top", 30), ("left", 70), ("bottom", 30), ("right", 70))
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join(
        f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if has_head and number == 0 else ''}"
        f"</w:trPr>{''.join(row)}</w:tr>"
        for number, row in enumerate(rows)
    )
    return (
        f'<w:tbl {_W}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>"
        f"<w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"
    )


def page_number() -> tuple[str, ...]:
    """Returns the fields `page / pages`."""
    page, pages = (
        f'<w:fldSimple {_W} w:instr="{name}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        for name in ("PAGE", "NUMPAGES")
    )
    return page, f'<w:r {_W}><w:t xml:space="preserve"> / </w:t></w:r>', pages


def watermark_xml(text: Said) -> str:
    """Returns a run for a header that prints a text across the page, behind everything."""
    shown = escape(" · ".join(text))
    place = (
        "position:absolute;margin-left:0;margin-top:0;width:480pt;height:"
        f"{45 if len(text) > 1 else 95}pt;rotation:315;z-index:-251658752;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        "mso-position-vertical:center;mso-position-vertical-relative:margin"
    )
    return (
        f'<w:r {_W} {_VML}><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" '
        'o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas>'
        '<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>'
        '<v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
        '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>'
        '</v:formulas><v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" '
        'fitshape="t"/></v:shapetype><v:shape id="Watermark" o:spid="_x0000_s2049" '
        f'type="#_x0000_t136" style="{place}" fillcolor="#c8c8c8" stroked="f">'
        '<v:fill opacity=".5"/><v:textpath style="font-family:Arial;font-size:1pt;'
        f'font-weight:bold" string="{shown}"/></v:shape></w:pict></w:r>'
    )


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))
