"""The elements of a performance sheet: figures of one period, cell by cell."""

from __future__ import annotations

from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import AMOUNT, FLAG, NUMBER

GROUP = Shape((Slot("ColumnCode", "column"), Slot("Value", "value")))

CELL = Shape(
    (
        Slot("ArrangementID", "arrangement"),
        Slot("IndicatorID", "indicator"),
        Slot("DefinitionDigest", "definition"),
        Slot("BreakdownCode", "breakdown"),
        Slot("Group", "group", GROUP, many=True),
        Slot("FigureNumeric", "value", AMOUNT),
        Slot("NumeratorNumeric", "numerator", AMOUNT),
        Slot("DenominatorNumeric", "denominator", AMOUNT),
        Slot("CaseQuantity", "cases", NUMBER),
        Slot("PartialIndicator", "partial", FLAG),
        Slot("SuppressedIndicator", "suppressed", FLAG),
    )
)
