"""The elements of a status change and of an operator in a list, and the fields they hold.

The record inside is in `wire/operators.py`, the messages around are in `wire/bodies.py`.
"""

from __future__ import annotations

from mra_gateway.wire.operators import OPERATOR
from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import MOMENT, NUMBER

CHANGE = Shape(
    (
        Slot("ChangeID", "change_id"),
        Slot("SequenceNumeric", "change_number", NUMBER),
        Slot("ChangeCode", "kind"),
        Slot("StatusCode", "status"),
        Slot("EffectiveDateTime", "effective_from", MOMENT),
        Slot("CorrectedChangeID", "corrects"),
        Slot("LegalReference", "legal_reference"),
        Slot("AEOMutualRecognitionParty", "operator", OPERATOR),
    )
)
"""`StatusChange`."""

LISTED = Shape(
    (
        Slot("StatusCode", "status"),
        Slot("EffectiveDateTime", "effective_from", MOMENT),
        Slot("ChangeID", "change_id"),
        Slot("AEOMutualRecognitionParty", "operator", OPERATOR),
    )
)
"""`ListedOperator`."""
