"""The event tables indicators are written over: every column with type, unit and meaning.

This is the contract between who fills a table (files, officers, the gateway's store) and who writes
an indicator. Columns are only ever added. Every column may be absent in a row; a condition on an
absent value holds for neither `x` nor `~x`, so the row is counted by none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mra_gateway.model.indicators import Breakdown, ColumnKind, EventColumn, EventTable, Origin
from mra_gateway.model.measures import SuspensionReason

FLOWS: Final = ("import", "export", "transit")
BREAKDOWN_COLUMN: Final[Mapping[Breakdown, tuple[str, bool] | None]] = MappingProxyType(
    {
        Breakdown.ALL: None,
        Breakdown.AEO: ("aeo", True),
        Breakdown.NON_AEO: ("aeo", False),
        Breakdown.FOREIGN_AEO: ("foreign_aeo", True),
        Breakdown.NOT_FOREIGN_AEO: ("foreign_aeo", False),
    }
)
"""By which column, and which value of it, a breakdown is told."""


def _text(name: str, meaning: str, values: tuple[str, ...] = ()) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.TEXT, meaning=meaning, values=values)


def _flag(name: str, meaning: str) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.BOOLEAN, meaning=meaning)


def _whole(name: str, meaning: str, unit: str | None = None) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.INTEGER, meaning=meaning, unit=unit)


def _number(name: str, meaning: str, unit: str | None = None) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.NUMBER, meaning=meaning, unit=unit)


def _day(name: str, meaning: str) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.DAY, meaning=meaning)


def _moment(name: str, meaning: str) -> EventColumn:
    return EventColumn(name=name, kind=ColumnKind.MOMENT, meaning=meaning)


_AEO = _flag("aeo", "Our own AEO answers for it")
_FLOW = _text("flow", "Direction as this administration sees it", FLOWS)
_ARRANGEMENT = _text("arrangement", "The arrangement, by its id")
_PARTNER = _text("partner", "The partner, by its territory code")
_TIER = _text("tier", "Tier of the operator's programme")
_REASON = _text("reason", "Reason code")
_REFERENCE = _text("declaration", "Tells a declaration from others, and is not its reference")

_LOADED: Final = (
    EventTable(
        name="declarations",
        grain="One declaration",
        origin=Origin.LOADED,
        key="declaration",
        counted_on="released_on",
        columns=(
            _REFERENCE,
            _moment("lodged_at", "When it was lodged"),
            _moment("arrived_at", "When the goods arrived"),
            _moment("released_at", "When the goods were released"),
            _day("lodged_on", "The local day of lodged_at"),
            _day("released_on", "The local day of released_at"),
            _FLOW,
            _text("lane", "Colour of selectivity, by the lane list"),
            _flag("inspected", "The goods were physically inspected"),
            _number("value", "Statistical or customs value", "the column `currency`"),
            _text("currency", "Of value and cost, ISO 4217; one in a load"),
            _text(
                "country",
                "Trading partner as stated; else of dispatch on import, of destination on export",
            ),
            _text("region", "The region `country` is in, by the region list"),
            _AEO,
            _flag("foreign_aeo", "A partner's AEO was recognised on it"),
            _text("arrangement", "Under which arrangement it was recognised"),
            _text("tier", "Tier of the recognised operator"),
            _text("operator", "The foreign party as declared: sender on import, else receiver"),
            EventColumn(
                name="category",
                kind=ColumnKind.INTEGER,
                meaning="Value category: 4 high value, 3 low value dutiable, 2 low value "
                "non-dutiable, 1 postal documents",
            ),
            _flag("digital", "Lodged without paper"),
            _number("cost", "What clearing it cost the operator", "the column `currency`"),
            _flag("drawback", "It claims drawback of duty"),
            _flag("ruling", "It rests on an advance ruling (pre-entry classification)"),
            _text("office", "Customs office"),
            _text("chapter", "HS chapter of the first item, two digits"),
            _text("mode", "Mode of transport at the border"),
            _number("release_hours", "From lodging to release", "hours"),
            _number("clearance_hours", "From arrival to release", "hours"),
        ),
    ),
    EventTable(
        name="samples",
        grain="One measurement of a time-release or cost study",
        origin=Origin.LOADED,
        counted_on="taken_on",
        columns=(
            _text("study", "Its name"),
            _text("kind", "What is measured", ("time", "cost")),
            _text("indicator", "The indicator it was taken for, where it was for one alone"),
            _FLOW,
            _text(
                "stage",
                "Between which events: `lodging_to_release`, `arrival_to_release`, `whole`, or a "
                "stage of the study's own",
            ),
            _number(
                "measured",
                "Time in hours, however it was written down; cost in `unit`",
            ),
            _text("unit", "`h`, or the currency of the cost (ISO 4217)"),
            _AEO,
            _flag("foreign_aeo", "A partner's AEO was recognised on it"),
            _text("arrangement", "The arrangement whose effect the study is about"),
            _text("phase", "Before or after that arrangement's start", ("before", "after")),
            _day("taken_on", "The day"),
        ),
    ),
)

_ENTERED: Final = (
    EventTable(
        name="entries",
        grain="One value of an indicator that an officer entered, as last corrected",
        origin=Origin.ENTERED,
        counted_on="on",
        columns=(
            _text("indicator", "The indicator, by its id"),
            _number("value", "In the indicator's unit"),
            _day("on", "The day it counts on"),
        ),
    ),
    EventTable(
        name="ratings",
        grain="One answer to a survey",
        origin=Origin.ENTERED,
        counted_on="on",
        columns=(
            _text("survey", "Its name; `acceptance` is about the programme's process and benefits"),
            _number("score", "As given"),
            _number("scale_from", "The lowest score of the scale"),
            _number("scale_to", "The highest"),
            _day("on", "The day it was given"),
            _text("side", "Who answers", ("operator", "partner")),
        ),
    ),
    EventTable(
        name="rulings",
        grain="One advance ruling",
        origin=Origin.ENTERED,
        key="ruling",
        counted_on="issued_on",
        columns=(
            _text("ruling", "Its number"),
            _text("kind", "About what", ("classification", "origin", "valuation", "other")),
            _AEO,
            _day("requested_on", "The day of the application"),
            _day("issued_on", "The day it was issued"),
            _number("days", "From the application to the ruling", "days"),
        ),
    ),
    EventTable(
        name="supervisions",
        grain="One report on supervised stuffing or unstuffing of a container",
        origin=Origin.ENTERED,
        key="report",
        counted_on="on",
        columns=(
            _text("report", "Its number"),
            _text("act", "What was supervised", ("stuffing", "unstuffing")),
            _AEO,
            _text("office", "Customs office"),
            _whole("officers", "Officers deployed", "officers"),
            _day("on", "The day"),
        ),
    ),
    EventTable(
        name="pledges",
        grain="One service commitment",
        origin=Origin.ENTERED,
        key="pledge",
        counted_on="published_on",
        begins_on="published_on",
        ends_on="withdrawn_on",
        columns=(
            _text("pledge", "Its name"),
            _text("reference", "Where it was published"),
            _day("published_on", "The day of publication"),
            _day("withdrawn_on", "The day from which it holds no more"),
        ),
    ),
    EventTable(
        name="legal_orders",
        grain="One legal order that gives AEOs a benefit",
        origin=Origin.ENTERED,
        key="order",
        counted_on="approved_on",
        begins_on="approved_on",
        ends_on="repealed_on",
        columns=(
            _text("order", "Its number"),
            _text("reference", "Where it was published"),
            _whole("benefits", "How many benefits it gives", "benefits"),
            _day("approved_on", "The day of its approval"),
            _day("repealed_on", "The day from which it holds no more"),
        ),
    ),
    EventTable(
        name="feedback",
        grain="One remark of an operator or a partner",
        origin=Origin.ENTERED,
        key="feedback",
        counted_on="received_on",
        begins_on="received_on",
        ends_on="answered_on",
        columns=(
            _text("feedback", "Its id"),
            _text("side", "Who says it", ("operator", "partner")),
            _text("category", "About what"),
            _PARTNER,
            _day("received_on", "The day it came"),
            _day("answered_on", "The day it was answered"),
            _number("days", "From receipt to answer", "days"),
        ),
    ),
)

_OF_THE_GATEWAY: Final = (
    EventTable(
        name="quotations",
        grain="One party of a declaration for which a partner's AEO was quoted and looked up",
        origin=Origin.GATEWAY,
        counted_on="decided_on",
        columns=(
            _REFERENCE,
            _moment("decided_at", "When it was decided"),
            _day("decided_on", "The local day of decided_at"),
            _PARTNER,
            _ARRANGEMENT,
            _TIER,
            _FLOW,
            _text("outcome", "What became of it", ("matched", "unmatched")),
            _flag("recognised", "A partner's AEO in good standing and in scope"),
            _REASON,
        ),
    ),
    EventTable(
        name="grants",
        grain="One benefit of an arrangement, granted or not on one declaration",
        origin=Origin.GATEWAY,
        counted_on="on",
        columns=(
            _REFERENCE,
            _text("benefit", "Benefit code"),
            _flag("granted", "It was granted"),
            _flag("shadow", "Decided in shadow and not applied"),
            _REASON,
            _PARTNER,
            _ARRANGEMENT,
            _TIER,
            _day("on", "The local day it was decided"),
        ),
    ),
    EventTable(
        name="effects",
        grain="One change of status a partner told us, with effect here",
        origin=Origin.GATEWAY,
        counted_on="applied_on",
        columns=(
            _PARTNER,
            _ARRANGEMENT,
            _text("status", "The new status"),
            _moment("effective_at", "From when it holds at the partner"),
            _moment("applied_at", "From when recognition here knew it"),
            _day("applied_on", "The local day of applied_at"),
            _number("hours", "From effective_at to applied_at; 0 where told ahead", "hours"),
        ),
    ),
    EventTable(
        name="messages",
        grain="One message to or from a partner",
        origin=Origin.GATEWAY,
        counted_on="on",
        columns=(
            _text("message", "Its id"),
            _text("direction", "To us or from us", ("in", "out")),
            _text("kind", "What it is, as `StatusChanges`"),
            _PARTNER,
            _ARRANGEMENT,
            _text("outcome", "What its receipt says; absent while there is none"),
            _REASON,
            _day("on", "The local day it was stored"),
        ),
    ),
    EventTable(
        name="lists",
        grain="One full list, coming or going: a reconciliation",
        origin=Origin.GATEWAY,
        counted_on="closed_on",
        begins_on="opened_on",
        ends_on="closed_on",
        columns=(
            _text("list", "Its id"),
            _text("direction", "To us or from us", ("in", "out")),
            _PARTNER,
            _ARRANGEMENT,
            _flag("failed", "It was closed without taking effect"),
            _REASON,
            _day("opened_on", "The local day of its first part"),
            _day("closed_on", "The local day it took effect or failed; absent while outstanding"),
        ),
    ),
    EventTable(
        name="operators",
        grain="One span of time during which a partner's operator was recognised here",
        origin=Origin.GATEWAY,
        counted_on="recognised_on",
        begins_on="recognised_on",
        ends_on="ended_on",
        columns=(
            _text("operator", "Its TIN"),
            _PARTNER,
            _ARRANGEMENT,
            _text("programme", "Its programme"),
            _TIER,
            _day("recognised_on", "The local day from which it was recognised"),
            _day("ended_on", "The local day from which it was not; absent while it is"),
        ),
    ),
    EventTable(
        name="suspensions",
        grain="One suspension of an operator's benefits that an officer of ours ordered",
        origin=Origin.GATEWAY,
        key="suspension",
        counted_on="ordered_on",
        begins_on="from_on",
        ends_on="ended_on",
        columns=(
            _text("suspension", "Its id"),
            _text("operator", "The operator's TIN"),
            _PARTNER,
            _text("arrangement", "The arrangement it is about; absent where it is about all"),
            _text(
                "scope",
                "Of which consignments of the operator: all, those of a route or office, or those "
                "of a site",
                ("operator", "route", "site"),
            ),
            _flag("all_benefits", "It stops every benefit, and not some"),
            _text(
                "reason_class",
                "Why, as far as a partner is told",
                tuple(reason.value for reason in SuspensionReason),
            ),
            _flag("confirmed", "A second officer confirmed it"),
            _flag(
                "escalated",
                "The time to confirm passed before a second officer did, or two lifted it",
            ),
            _text(
                "ended",
                "How it ended: lifted by two officers, or before it began; past the day that was "
                "set. Absent while it stands",
                ("restored", "withdrawn", "ran_out"),
            ),
            _day("ordered_on", "The local day it was ordered"),
            _day("from_on", "The local day from which benefits are stopped"),
            _day("ended_on", "The local day from which they are not; absent while none is set"),
            _number("hours", "From the order to the confirmation; absent while none", "hours"),
        ),
    ),
    EventTable(
        name="reported_benefits",
        grain="One count of benefits, ours given or a partner's as it reported them",
        origin=Origin.GATEWAY,
        counted_on="on",
        columns=(
            _PARTNER,
            _ARRANGEMENT,
            _text(
                "direction",
                "Given by us to the partner's operators, or reported for ours",
                ("given", "received"),
            ),
            _text("benefit", "Benefit code; absent where only a total was reported"),
            _whole("number", "How many", "benefits"),
            _day("on", "The day the count is for"),
        ),
    ),
)

EVENT_TABLES: Final[Mapping[str, EventTable]] = MappingProxyType(
    {table.name: table for table in (*_LOADED, *_ENTERED, *_OF_THE_GATEWAY)}
)
"""By name, in the order they are documented in."""

EXCHANGEABLE: Final = frozenset(
    {"quotations", "grants", "effects", "messages", "lists", "operators", "reported_benefits"}
)
"""Tables of the exchange itself, which both sides have: a joint sheet is counted over them and over
no other."""


def can_break_down(table: EventTable, breakdown: Breakdown) -> bool:
    """Says whether a table has the column by which a breakdown is told."""
    told_by = BREAKDOWN_COLUMN[breakdown]
    return told_by is None or table.column(told_by[0]) is not None
