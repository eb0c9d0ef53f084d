"""A small line picture as DrawingML: one shape of lines, with its words for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from mra_gateway.documents.page import Curve
from mra_gateway.documents.page_curves import HEIGHT, WIDTH, Point, draw

_POINT: Final = 12_700
"""English metric units of a point."""
_SCALE: Final = 0.62
"""As in print: tables are set small."""
_DASH: Final = 4.0
_DOT: Final = 1.8
_SPACES: Final = " ".join(
    f'xmlns:{prefix}="http://schemas.{address}"'
    for prefix, address in (
        ("wp", "openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
        ("a", "openxmlformats.org/drawingml/2006/main"),
        ("wps", "microsoft.com/office/word/2010/wordprocessingShape"),
    )
)
_SHAPE: Final = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"


def curve_xml(curve: Curve, *, told: str) -> str:
    """Returns a run that draws a curve in a line of text; pictures are numbered afterwards.

    Args:
        curve: What is drawn.
        told: The same in words, for who cannot see it.
    """
    paths = "".join(map(_path, _strokes(curve)))
    size = f'cx="{_units(WIDTH)}" cy="{_units(HEIGHT)}"'
    frame = f'w="{_whole(WIDTH)}" h="{_whole(HEIGHT)}"'
    return (
        f'<w:r><w:drawing><wp:inline {_SPACES} distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="1" name="{escape(curve.name)}" descr="{escape(told)}"/>'
        f'<a:graphic><a:graphicData uri="{_SHAPE}"><wps:wsp>'
        f'<wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
        "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>"
        f'<a:rect l="0" t="0" r="r" b="b"/><a:pathLst><a:path {frame} fill="none">{paths}</a:path>'
        '</a:pathLst></a:custGeom><a:noFill/><a:ln w="9525"><a:solidFill>'
        '<a:srgbClr val="222222"/></a:solidFill></a:ln></wps:spPr><wps:bodyPr/></wps:wsp>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def _strokes(curve: Curve) -> Iterator[tuple[Point, ...]]:
    drawn = draw(curve)
    yield from drawn.strokes
    if drawn.level is not None:
        count = int(WIDTH / (2 * _DASH))
        for at in range(count):
            yield (2 * at * _DASH, drawn.level), ((2 * at + 1) * _DASH, drawn.level)
    if drawn.last is not None:
        x, y = drawn.last
        corners = ((x - _DOT, y), (x, y - _DOT), (x + _DOT, y), (x, y + _DOT))
        yield (*corners, corners[0])


def _path(stroke: tuple[Point, ...]) -> str:
    first, *others = (f'<a:pt x="{_whole(x)}" y="{_whole(y)}"/>' for x, y in stroke)
    lines = "".join(f"<a:lnTo>{point}</a:lnTo>" for point in others)
    return f"<a:moveTo>{first}</a:moveTo>{lines}"


def _units(points: float) -> int:
    return int(points * _SCALE * _POINT)


def _whole(points: float) -> int:
    return round(points * 100)
