"""Where the lines of a small picture run, for every format that draws it."""

from __future__ import annotations

from typing import Final, NamedTuple

from mra_gateway.documents.page import Curve

WIDTH: Final = 96.0
HEIGHT: Final = 26.0
_MARGIN: Final = 3.0

Point = tuple[float, float]


class Drawing(NamedTuple):
    """A picture in points, counted from its upper left corner.

    Attributes:
        strokes: Lines through neighbouring points; one point alone is a stroke of one.
        last: Where the newest number stands.
        level: The height of the broken line.
    """

    strokes: tuple[tuple[Point, ...], ...]
    last: Point | None
    level: float | None


def draw(curve: Curve) -> Drawing:
    """Returns the picture of a curve, between its lowest and its highest number."""
    known = [value for value in (*curve.points, curve.level) if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)

    def height(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 2)

    step = (WIDTH - 2 * _MARGIN) / max(1, len(curve.points) - 1)
    strokes: list[tuple[Point, ...]] = []
    stroke: list[Point] = []
    for number, value in enumerate(curve.points):
        if value is not None:
            stroke.append((round(_MARGIN + number * step, 2), height(value)))
        if stroke and (value is None or number == len(curve.points) - 1):
            strokes.append(tuple(stroke))
            stroke = []
    return Drawing(
        tuple(strokes),
        strokes[-1][-1] if strokes else None,
        None if curve.level is None else height(curve.level),
    )
