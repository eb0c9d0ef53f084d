"""Gathers what the gateway's own store tells: messages, lists, statuses, suspensions of benefits.

They are few enough to be read whenever figures are computed, and some of them change afterwards: a
receipt comes, an operator's status ends. What was decided on declarations is millions of rows and
never changes: `measure_events.py` writes it into files, month by month.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection

from mra_gateway.analytics.parquet_rows import schema_of
from mra_gateway.clock import Clock
from mra_gateway.errors import Reason
from mra_gateway.flows.gather_entered import GATHERERS as OF_OFFICERS
from mra_gateway.flows.gather_entered import content_of, gather_entries
from mra_gateway.flows.gather_events import Content, Days, Gather, gather_loads
from mra_gateway.model.facts import ALL
from mra_gateway.model.indicators import EventTable
from mra_gateway.model.measures import Where
from mra_gateway.store import measured_events
from mra_gateway.store.measured_events import SuspensionEvent

_FIRST: Final = date(1990, 1, 1)
_LAST: Final = date(9000, 1, 1)


class OwnEvents:
    """Gathers for one home."""

    def __init__(self, *, zone: ZoneInfo, home: Path, clock: Clock) -> None:
        self._zone, self._home, self._clock = zone, home, clock

    @property
    def gatherers(self) -> Mapping[str, Gather]:
        """Event table → who gathers its rows; of every table that is not loaded as it stands."""
        return {
            **OF_OFFICERS,
            "messages": self.messages,
            "lists": self.lists,
            "effects": self.effects,
            "operators": self.operators,
            "suspensions": self.suspensions,
            "reported_benefits": self.reported_benefits,
        }

    def messages(self, connection: Connection, table: EventTable, days: Days) -> Content | None:
        """Returns the messages of some days; None where nothing was ever exchanged."""
        if not measured_events.has_partners(connection):
            return None
        since, until = self._moments(days)
        rows = [
            {
                "message": one.message,
                "direction": one.direction,
                "kind": one.kind,
                "partner": one.partner,
                "arrangement": one.arrangement,
                "outcome": one.outcome,
                "reason": one.reason or (None if one.outcome is None else Reason.OK.value),
                "on": self._day(one.stored_at),
            }
            for one in measured_events.message_events(connection, since=since, until=until)
        ]
        return content_of(table, rows, kind="store")

    def lists(self, connection: Connection, table: EventTable, days: Days) -> Content | None:
        """Returns the lists that were closed by the last of the days, or are outstanding."""
        if not measured_events.has_partners(connection):
            return None
        rows = []
        for one in measured_events.list_events(connection):
            opened, closed = self._day(one.opened_at), self._maybe_day(one.closed_at)
            if opened <= days.last and (closed is None or closed >= days.first):
                rows.append(
                    {
                        "list": one.list,
                        "direction": one.direction,
                        "partner": one.partner,
                        "arrangement": one.arrangement,
                        "failed": one.failed,
                        "reason": one.reason,
                        "opened_on": opened,
                        "closed_on": closed,
                    }
                )
        return content_of(table, rows, kind="store")

    def effects(self, connection: Connection, table: EventTable, days: Days) -> Content | None:
        """Returns the changes of status that became known on some days."""
        if not measured_events.has_partners(connection):
            return None
        since, until = self._moments(days)
        rows = [
            {
                **one._asdict(),
                "applied_on": self._day(one.applied_at),
                "hours": max(0.0, (one.applied_at - one.effective_at).total_seconds() / 3600.0),
            }
            for one in measured_events.effects(connection, since=since, until=until)
        ]
        return content_of(table, rows, kind="store")

    def operators(self, connection: Connection, table: EventTable, days: Days) -> Content | None:
        """Returns the times of recognition that began on some days."""
        if not measured_events.has_partners(connection):
            return None
        rows = []
        for one in measured_events.spans(connection):
            begun = self._day(one.since)
            if not days.first <= begun <= days.last:
                continue
            record = orjson.loads(one.record)
            ended = self._maybe_day(one.ended_at)
            expires = record.get("expires_on")
            if expires is not None:
                # it is valid on its last day
                over = date.fromisoformat(expires) + timedelta(days=1)
                ended = over if ended is None else min(ended, over)
            rows.append(
                {
                    "operator": one.operator,
                    "partner": one.partner,
                    "arrangement": one.arrangement,
                    "programme": one.programme,
                    "tier": record.get("tier"),
                    "recognised_on": begun,
                    "ended_on": ended,
                }
            )
        return content_of(table, rows, kind="store")

    def suspensions(self, connection: Connection, table: EventTable, days: Days) -> Content | None:
        """Returns the suspensions of benefits that were ordered on some days, as they stand now."""
        if not measured_events.has_partners(connection):
            return None
        now = self._clock.now()
        events = measured_events.suspensions(connection)
        rows = [self._suspension(one, now=now) for one in events]
        asked = [one for one in rows if days.first <= one["ordered_on"] <= days.last]
        return content_of(table, asked, kind="store")

    def _suspension(self, event: SuspensionEvent, *, now: datetime) -> dict[str, Any]:
        one, withdrawn_at = event
        lifted_at = withdrawn_at or (one.until_at if one.restored_by else None)
        looked_at = one.confirmed_at or lifted_at or now
        from_on = self._day(one.from_at)
        # what never began stands on no day
        ended_on = from_on if withdrawn_at else self._maybe_day(one.until_at)
        scope = "site" if one.site is not None else "operator" if one.where == Where() else "route"
        return {
            "suspension": str(one.id),
            "operator": str(one.tin),
            "partner": one.partner,
            "arrangement": one.arrangement,
            "scope": scope,
            "all_benefits": one.codes == ALL,
            "reason_class": one.reason_class.value,
            "confirmed": one.confirmed_at is not None,
            "escalated": one.confirm_before <= looked_at,
            "ended": "withdrawn"
            if withdrawn_at
            else "restored"
            if one.restored_by
            else "ran_out"
            if one.is_over(now)
            else None,
            "ordered_on": self._day(one.ordered_at),
            "from_on": from_on,
            "ended_on": ended_on,
            "hours": None
            if one.confirmed_at is None
            else (one.confirmed_at - one.ordered_at).total_seconds() / 3600.0,
        }

    def reported_benefits(
        self, connection: Connection, table: EventTable, days: Days
    ) -> Content | None:
        """Returns what we gave, counted from our decisions, and what partners reported to us."""
        given = gather_loads(connection, table, days, home=self._home)
        reported = gather_entries(connection, table, days)
        if given is None or reported is None:
            return given or reported
        assert not isinstance(given.rows, pa.Table)
        schema = schema_of(table)
        read = [parquet.read_table(path, columns=schema.names) for path in given.rows]
        rows = pa.concat_tables([*(one.cast(schema) for one in read), reported.rows])
        return Content(rows, (*given.inputs, *reported.inputs), given.partial)

    def _moments(self, days: Days) -> tuple[datetime, datetime]:
        first, last = max(days.first, _FIRST), min(days.last, _LAST) + timedelta(days=1)
        return tuple(  # type: ignore[return-value]
            datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)
            for day in (first, last)
        )

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _maybe_day(self, at: datetime | None) -> date | None:
        return None if at is None else self._day(at)
