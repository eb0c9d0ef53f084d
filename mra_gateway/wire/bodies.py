"""The body elements, one per kind of message, and the nouns they become.

The envelope is in `wire/header.py`, whole messages are in `wire/codec.py`.
"""

from __future__ import annotations

from mra_gateway.model.base import Noun
from mra_gateway.model.messages import (
    MessageKind,
    Ping,
    Receipt,
    StatusAnswer,
    StatusEnquiry,
    StatusListPart,
    StatusNotification,
    Void,
)
from mra_gateway.wire.changes import CHANGE, LISTED
from mra_gateway.wire.operators import OPERATOR
from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.values import FLAG, KIND, MOMENT, NUMBER, REASON

_LIST = Shape(
    (
        Slot("ListID", "list_id"),
        Slot("PartNumeric", "part", NUMBER),
        Slot("PartQuantity", "parts", NUMBER),
        Slot("OperatorQuantity", "total", NUMBER),
        Slot("RootDigest", "root"),
        Slot("CutDateTime", "as_of", MOMENT),
        Slot("CutSequenceNumeric", "as_of_change", NUMBER),
        Slot("Operators", "operators", LISTED, wraps="ListedOperator"),
    )
)

_ENQUIRY = Shape(
    (
        Slot("DeclaredID", "identifier"),
        Slot("ReferenceDateTime", "at", MOMENT),
    )
)

_ANSWER = Shape(
    (
        Slot("EnquiryID", "enquiry_id"),
        Slot("DeclaredID", "identifier"),
        Slot("ReferenceDateTime", "at", MOMENT),
        Slot("HitIndicator", "hit", FLAG),
        Slot("StatusCode", "status"),
        Slot("AEOMutualRecognitionParty", "operator", OPERATOR),
    )
)

_RECORD_RESULT = Shape(
    (
        Slot("SequenceNumeric", "index", NUMBER),
        Slot("ChangeID", "change_id"),
        Slot("ReasonCode", "reason", REASON),
    )
)

_CAPABILITIES = Shape(
    (
        Slot("KindCode", "kinds", KIND, many=True),
        Slot("VersionID", "versions", many=True),
        Slot("ByteQuantity", "max_bytes", NUMBER),
        Slot("RecordQuantity", "max_records", NUMBER),
    )
)

_RECEIPT = Shape(
    (
        Slot("MessageID", "message_id"),
        Slot("Digest", "digest"),
        Slot("OutcomeCode", "outcome"),
        Slot("ReasonCode", "reason", REASON),
        Slot("ReceivedDateTime", "received_at", MOMENT),
        Slot("ExpectedSequenceNumeric", "expected", NUMBER),
        Slot("RecordResult", "results", _RECORD_RESULT, many=True),
        Slot("Capabilities", "capabilities", _CAPABILITIES),
    )
)

_VOID = Shape((Slot("MessageID", "message_id"), Slot("Reason", "why")))

BODIES: dict[MessageKind, tuple[Shape, type[Noun]]] = {
    MessageKind.STATUS_NOTIFICATION: (
        Shape((Slot("StatusChange", "changes", CHANGE, many=True),)),
        StatusNotification,
    ),
    MessageKind.STATUS_LIST: (_LIST, StatusListPart),
    MessageKind.STATUS_ENQUIRY: (_ENQUIRY, StatusEnquiry),
    MessageKind.STATUS_ANSWER: (_ANSWER, StatusAnswer),
    MessageKind.RECEIPT: (_RECEIPT, Receipt),
    MessageKind.VOID: (_VOID, Void),
    MessageKind.PING: (Shape(), Ping),
}
"""The shape and the noun of each body; the element bears the name of the kind."""
