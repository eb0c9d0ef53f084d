"""Enters by hand what no system tells: values, ratings, rulings, pledges …, feedback and answers.

Who enters says what it rests on. A wrong entry is corrected by another that names it, or taken
back; what has a number of its own – a ruling, a pledge – stands once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.indicators.entered import check_days, check_value
from mra_gateway.indicators.event_tables import EVENT_TABLES
from mra_gateway.model.identifiers import Digest, Territory
from mra_gateway.model.indicators import ColumnKind, EventColumn, EventTable, IndicatorId, Origin
from mra_gateway.model.measured_entries import (
    Entry,
    EntryValue,
    Feedback,
    FeedbackAnswer,
    FeedbackCategory,
    NewEntry,
    NewFeedback,
    Side,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.periods import Period
from mra_gateway.registry.load import Registry
from mra_gateway.store import joint_sheets, journal, measure_entries, measure_feedback
from mra_gateway.tables.measured_values import read_yes_no
from mra_gateway.tables.problems import CellProblem

ROLES: Final = (OfficerRole.AEO, OfficerRole.RISK)
KINDS: Final[Mapping[str, str]] = {
    "value": "entries",
    "rating": "ratings",
    "ruling": "rulings",
    "supervision": "supervisions",
    "pledge": "pledges",
    "legal-order": "legal_orders",
    "reported-benefit": "reported_benefits",
}
"""What can be entered, by the word for one, and the event table it stands in."""

COMPUTED: Final = frozenset({"days"})
"""Columns that follow from others."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "entries": ("indicator", "value"),
    "ratings": ("survey", "score", "scale_from", "scale_to", "side"),
    "rulings": ("ruling",),
    "supervisions": ("report", "act"),
    "pledges": ("pledge", "reference"),
    "legal_orders": ("order", "reference"),
    "reported_benefits": ("partner", "arrangement", "number"),
}
"""What has to be said, besides the day it counts on."""


class Said(NamedTuple):
    """What an officer enters.

    Attributes:
        kind: One of `KINDS`.
        fields: Column → text.
        evidence: What it rests on.
        digest: Of a file handed in as evidence.
        corrects: The entry that was wrong.
    """

    kind: str
    fields: Mapping[str, str]
    evidence: str
    digest: Digest | None = None
    note: str | None = None
    corrects: int | None = None


class Enterer:
    """Writes entries and feedback, each with who and when."""

    def __init__(self, *, registry: Registry, clock: Clock) -> None:
        self._registry, self._clock = registry, clock

    def enter(self, connection: Connection, said: Said, *, by: Actor) -> Entry:
        """Writes an entry.

        Args:
            connection: The transaction.
            said: What.
            by: The officer.

        Raises:
            RequestRefused: Not permitted; a column is unknown, missing or has no such value; it
                stands there already; what it corrects is corrected or is of another kind.
        """
        check_role(by, *ROLES)
        table = table_of(said.kind)
        content = read_fields(table, said.fields)
        if table.name == "reported_benefits":
            content["direction"] = "received"
        self._check(connection, table, content, said)
        indicator = content.get("indicator")
        value = content.get("value", content.get("score"))
        new = NewEntry(
            kind=table.name,
            indicator=None if indicator is None else IndicatorId(str(indicator)),
            on=_day(content[table.counted_on]),
            value=None if value is None else float(str(value)),
            content=content,
            evidence=said.evidence,
            digest=said.digest,
            at=self._clock.now(),
            by=by.name,
            note=said.note,
            corrects=said.corrects,
        )
        return self._write(connection, new)

    def take_back(self, connection: Connection, id_: int, *, evidence: str, by: Actor) -> Entry:
        """Takes an entry back: it stays, and does not count.

        Raises:
            RequestRefused: Not permitted; none such, or it is corrected already.
        """
        check_role(by, *ROLES)
        wrong = self._correctable(connection, id_)
        new = NewEntry(
            kind=wrong.kind,
            indicator=wrong.indicator,
            on=wrong.on,
            evidence=evidence,
            at=self._clock.now(),
            by=by.name,
            corrects=id_,
        )
        return self._write(connection, new)

    def receive(
        self,
        connection: Connection,
        *,
        side: Side,
        category: FeedbackCategory,
        text: str,
        received_on: date,
        by: Actor,
        partner: Territory | None = None,
        corrects: int | None = None,
    ) -> Feedback:
        """Writes down what an operator or a partner said.

        Args:
            connection: The transaction.
            side: Who says it.
            category: About what.
            text: What.
            received_on: When it came.
            by: The officer.
            partner: Of a partner, which.
            corrects: The record of the same remark that was wrong.

        Raises:
            RequestRefused: A partner is not named, or an operator is one; in the future; what it
                corrects is corrected already, or is not there.
        """
        check_role(by, *ROLES)
        if (side is Side.PARTNER) != (partner is not None):
            raise RequestRefused("say which partner it is, and of an operator none: --partner XX")
        if partner is not None:
            self._registry.get_administration(partner)
        at = self._clock.now()
        _not_ahead(received_on, at.date())
        if corrects is not None:
            held = measure_feedback.get(connection, corrects)
            _check_uncorrected(held.corrected_by, f"feedback {corrects}")
        new = NewFeedback(
            side=side,
            category=category,
            partner=partner,
            text=text,
            received_on=received_on,
            at=at,
            by=by.name,
            corrects=corrects,
        )
        id_ = measure_feedback.add(connection, new)
        self._record(connection, f"feedback {id_}", {"side": side, "corrects": corrects}, by.name)
        return measure_feedback.get(connection, id_)

    def answer(
        self, connection: Connection, id_: int, *, text: str, answered_on: date, by: Actor
    ) -> Feedback:
        """Writes down what was answered.

        Raises:
            RequestRefused: None such; before it came, or in the future.
        """
        check_role(by, *ROLES)
        held = measure_feedback.get(connection, id_)
        _check_uncorrected(held.corrected_by, f"feedback {id_}")
        at = self._clock.now()
        _not_ahead(answered_on, at.date())
        if answered_on < held.received_on:
            raise RequestRefused(f"it came on {held.received_on}", where="--on")
        told = FeedbackAnswer(text=text, answered_on=answered_on, at=at, by=by.name)
        measure_feedback.answer(connection, id_, told)
        self._record(connection, f"feedback {id_}", {"answered_on": str(answered_on)}, by.name)
        return measure_feedback.get(connection, id_)

    def _check(
        self,
        connection: Connection,
        table: EventTable,
        content: Mapping[str, EntryValue],
        said: Said,
    ) -> None:
        for name in (*NEEDED[table.name], table.counted_on):
            if name not in content:
                raise RequestRefused(f"say its {name}", reason=Reason.VALUE_MISSING, where=name)
        _check_order(table, content)
        check_days(table, content, today=self._clock.now().date())
        if "indicator" in content:
            indicator = self._registry.get_indicator(str(content["indicator"]))
            every = (
                fact.value
                for catalogue in self._registry.indicators.values()
                for fact in catalogue.indicators
                if fact.value is not None
            )
            check_value(indicator, float(str(content["value"])), all_of=every)
        if "partner" in content:
            self._registry.get_administration(str(content["partner"]))
        wrong = None
        if said.corrects is not None:
            wrong = self._correctable(connection, said.corrects)
            if wrong.kind != table.name:
                raise RequestRefused(f"entry {said.corrects} is one of {wrong.kind}")
        if table.name == "reported_benefits":
            _check_no_sheet(connection, content, wrong)
        if table.key is None:
            _check_doubled(connection, table, content, said)
            return
        for one in measure_entries.current(connection, table.name):
            is_other = wrong is None or one.id != wrong.id
            if is_other and one.content[table.key] == content[table.key]:
                raise RequestRefused(
                    f"{table.key} {content[table.key]!r} stands as entry {one.id}; correct it "
                    f"(--corrects {one.id})",
                    reason=Reason.ALREADY_EXISTS,
                )

    def _correctable(self, connection: Connection, id_: int) -> Entry:
        held = measure_entries.get(connection, id_)
        _check_uncorrected(held.corrected_by, f"entry {id_}")
        return held

    def _write(self, connection: Connection, new: NewEntry) -> Entry:
        id_ = measure_entries.add(connection, new)
        detail = {"kind": new.kind, "on": str(new.on), "corrects": new.corrects}
        self._record(connection, f"entry {id_}", detail, new.by)
        return measure_entries.get(connection, id_)

    def _record(
        self, connection: Connection, subject: str, detail: Mapping[str, object], by: str
    ) -> None:
        journal.record(
            connection,
            at=self._clock.now(),
            actor=by,
            act="measure_enter",
            subject=subject,
            detail=detail,
        )


def table_of(kind: str) -> EventTable:
    """Returns the event table that something entered stands in.

    Raises:
        RequestRefused: `NOT_FOUND`.
    """
    name = KINDS.get(kind, kind)
    if name not in KINDS.values():
        raise RequestRefused(
            f"{kind[:40]!r} is none of {', '.join(KINDS)}", reason=Reason.NOT_FOUND
        )
    return EVENT_TABLES[name]


def read_fields(table: EventTable, fields: Mapping[str, str]) -> dict[str, EntryValue]:
    """Returns what texts mean, column by column.

    Raises:
        RequestRefused: No such column, or a text that is no value of it.
    """
    by_itself = {*COMPUTED, *({"direction"} if table.origin is Origin.GATEWAY else ())}
    columns = {one.name: one for one in table.columns if one.name not in by_itself}
    found: dict[str, EntryValue] = {}
    for name, text in fields.items():
        if name not in columns:
            raise RequestRefused(
                f"{table.name} take no {name[:40]!r}; they take {', '.join(columns)}",
                reason=Reason.NOT_FOUND,
            )
        found[name] = _value(columns[name], text.strip())
    return found


def _value(column: EventColumn, text: str) -> EntryValue:
    try:
        match column.kind:
            case ColumnKind.DAY:
                return date.fromisoformat(text).isoformat()
            case ColumnKind.INTEGER:
                return _at_least_zero(int(text))
            case ColumnKind.NUMBER:
                return _at_least_zero(float(text))
            case ColumnKind.BOOLEAN:
                return read_yes_no(text)
            case _:
                return _one_of(column, text)
    except (ValueError, CellProblem):
        meant = f": {', '.join(column.values)}" if column.values else f" ({column.kind})"
        raise RequestRefused(
            f"{text[:60]!r} is no {column.name}{meant}",
            reason=Reason.VALUE_UNREADABLE,
            where=column.name,
        ) from None


def _one_of(column: EventColumn, text: str) -> str:
    if not text or (column.values and text not in column.values):
        raise ValueError(text)
    return text


def _at_least_zero(number: float) -> float:
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(number)
    return number


def _check_no_sheet(
    connection: Connection, content: Mapping[str, EntryValue], wrong: Entry | None
) -> None:
    """Checks that what is entered is not told by a partner's sheet of that month already."""
    month = Period.month_of(_day(content["on"]))
    from_sheets = joint_sheets.digests(connection)
    for one in measure_entries.current(
        connection, "reported_benefits", first=month.first_on, last=month.last_on
    ):
        same = all(one.content[name] == content[name] for name in ("partner", "arrangement"))
        if same and one.digest in from_sheets and (wrong is None or one.id != wrong.id):
            raise RequestRefused(
                f"entry {one.id} is what the partner's sheet says of {month}; correct it "
                f"(--corrects {one.id})",
                reason=Reason.ALREADY_EXISTS,
            )


def _check_order(table: EventTable, content: Mapping[str, EntryValue]) -> None:
    """Checks that nothing ends before it begins, and no score lies off its scale."""
    pairs = [("requested_on", "issued_on")]
    if table.begins_on and table.ends_on:
        pairs.append((table.begins_on, table.ends_on))
    for first, last in pairs:
        if first in content and last in content and _day(content[last]) < _day(content[first]):
            raise RequestRefused(f"{last} lies before {first}", where=last)
    if table.name == "ratings":
        low, score, high = (
            float(str(content[name])) for name in ("scale_from", "score", "scale_to")
        )
        if not (low < high and low <= score <= high):
            raise RequestRefused(
                f"{score:g} is no score from {low:g} to {high:g}",
                reason=Reason.VALUE_NOT_ALLOWED,
                where="score",
            )


def _check_doubled(
    connection: Connection, table: EventTable, content: Mapping[str, EntryValue], said: Said
) -> None:
    """Checks that the same is not said again on the same evidence; two answers may be alike."""
    if table.name == "ratings":
        return
    day = _day(content[table.counted_on])
    for one in measure_entries.current(connection, table.name, first=day, last=day):
        alike = one.content == content and one.evidence == said.evidence
        if alike and one.digest == said.digest and one.id != said.corrects:
            raise RequestRefused(
                f"entry {one.id} says the same on the same evidence; correct it, or name what else "
                f"this rests on (--corrects {one.id})",
                reason=Reason.ALREADY_EXISTS,
            )


def _check_uncorrected(by: int | None, what: str) -> None:
    if by is not None:
        raise RequestRefused(
            f"{what} is corrected by {by}; correct that", reason=Reason.STATE_NOT_SUITABLE
        )


def _not_ahead(day: date, today: date) -> None:
    # a day ahead of UTC it may be already
    if (day - today).days > 1:
        raise RequestRefused(f"{day} is to come", where="--on")


def _day(value: EntryValue) -> date:
    return date.fromisoformat(str(value))
