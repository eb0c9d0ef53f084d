"""The body elements, one per kind of message, and the nouns they become.

Operators are in `wire/operators.py`, their changes in `wire/changes.py`, programmes in
`wire/profiles.py`, figures in `wire/sheets.py`. The envelope is in
`wire/header.py`, whole messages are in `wire/codec.py`.
"""

from __future__ import annotations

from mra_gateway.model.base import Noun
from mra_gateway.model.messages import (
    CorrespondenceNotice,
    DisruptionNotice,
    MessageKind,
    PerformanceSheet,
    Ping,
    ProgrammeProfile,
    Receipt,
    StatusAnswer,
    StatusEnquiry,
    StatusListPart,
    StatusNotification,
    SuspensionNotice,
    Void,
)
from mra_gateway.wire.changes import CHANGE, LISTED
from mra_gateway.wire.operators import OPERATOR
from mra_gateway.wire.profiles import PROFILE, PROGRAMME
from mra_gateway.wire.shapes import Shape, Slot
from mra_gateway.wire.sheets import CELL
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

PLACE = Shape(
    (
        Slot("OfficeID", "offices", many=True),
        Slot("ExportCountryCode", "dispatched_from", many=True),
        Slot("DestinationCountryCode", "destined_to", many=True),
        Slot("TransitCountryCode", "through", many=True),
        Slot("ModeCode", "modes", many=True),
        Slot("FlowCode", "flows", many=True),
    )
)

_SUSPENSION = Shape(
    (
        Slot("SuspensionID", "suspension_id"),
        Slot("ActCode", "act"),
        Slot("OperatorID", "tin"),
        Slot("AuthorisationID", "authorisation"),
        Slot("EffectiveDateTime", "effective_from", MOMENT),
        Slot("EndDateTime", "until", MOMENT),
        Slot("BenefitCode", "codes", many=True),
        Slot("Place", "place", PLACE),
        Slot("Site", "site"),
        Slot("SuspensionReasonCode", "reason_class"),
    )
)

_DISRUPTION = Shape(
    (
        Slot("DisruptionID", "disruption_id"),
        Slot("ActCode", "act"),
        Slot("CauseCode", "cause"),
        Slot("EffectiveDateTime", "effective_at", MOMENT),
        Slot("EndDateTime", "until", MOMENT),
        Slot("Place", "place", PLACE),
        Slot("Description", "text"),
    )
)

_CORRESPONDENCE = Shape(
    (
        Slot("CorrespondenceID", "correspondence_id"),
        Slot("ActCode", "act"),
        Slot("MatterCode", "matter"),
        Slot("DeclaredID", "text"),
        Slot("ListCode", "list"),
        Slot("OperatorID", "tin"),
        Slot("Site", "site"),
        Slot("EffectiveDateTime", "effective_at", MOMENT),
    )
)

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
    MessageKind.BENEFIT_SUSPENSION: (_SUSPENSION, SuspensionNotice),
    MessageKind.DISRUPTION_NOTICE: (_DISRUPTION, DisruptionNotice),
    MessageKind.CORRESPONDENCE_NOTICE: (_CORRESPONDENCE, CorrespondenceNotice),
    MessageKind.PROGRAMME_PROFILE: (
        Shape((Slot("Profile", "profile", PROFILE), Slot("Programme", "programme", PROGRAMME))),
        ProgrammeProfile,
    ),
    MessageKind.PERFORMANCE_SHEET: (
        Shape((Slot("PeriodID", "period"), Slot("Cell", "cells", CELL, many=True))),
        PerformanceSheet,
    ),
}
"""The shape and the noun of each body; the element bears the name of the kind."""
