"""Watches over what is not at rest: every state that is not final has an age at which it alerts.

An alert is a row of the journal, once for each thing that is overdue, and stands in `overdue` for
as long as it is: readiness and metrics read it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.store import ages, journal
from mra_gateway.store.database import Database

LOOK_EVERY = timedelta(minutes=1)
_PERSON = timedelta(days=1)
"""How long a person may take over what only a person moves."""

_AT_ONCE = 1000


def limits(alert_after: timedelta) -> Mapping[str, timedelta]:
    """Returns the age at which each state alerts.

    Args:
        alert_after: The age for what the gateway moves by itself.
    """
    return {
        "message waiting": alert_after,
        "changes unsent": alert_after,
        "notice unsent": alert_after,
        "notice unseen": timedelta(),
        "enquiry unanswered": alert_after,
        "list under way": _PERSON,
        "message held": _PERSON,
        "incoming message held": _PERSON,
        "message stopped": _PERSON,
        "message parked": timedelta(),
        "approval": _PERSON,
        "suspension unconfirmed": timedelta(),
    }


def overdue(connection: Connection, *, at: datetime, alert_after: timedelta) -> list[ages.Age]:
    """Returns what has been waiting for longer than its state allows, oldest first."""
    allowed = limits(alert_after)
    found = ages.older_than(connection, at)
    return [age for age in found if age.since <= at - allowed[age.what]]


class Watcher:
    """Raises an alert when something becomes overdue."""

    def __init__(self, *, database: Database, clock: Clock, alert_after: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._alert_after = alert_after
        self._looked_at: datetime | None = None
        self._raised: frozenset[tuple[str, str, str | None]] = frozenset()

    async def watch(self) -> int:
        """Journals what became overdue since the last look, and returns how much that was.

        Raises:
            StoreError: The database failed.
        """
        at = self._clock.now()
        if self._looked_at is not None and self._looked_at <= at < self._looked_at + LOOK_EVERY:
            return 0
        self._looked_at = at
        late = await self._database.read(lambda c: overdue(c, at=at, alert_after=self._alert_after))
        new = [age for age in late if _name(age) not in self._raised][:_AT_ONCE]
        if new:
            await self._database.write(lambda c: _raise(c, new, at=at))
        still = {_name(age) for age in late}
        self._raised = frozenset((self._raised & still) | {_name(age) for age in new})
        return len(new)


def _name(age: ages.Age) -> tuple[str, str, str | None]:
    return age.what, age.subject, age.partner


def _raise(connection: Connection, new: list[ages.Age], *, at: datetime) -> None:
    for age in new:
        act = f"overdue: {age.what}"
        detail = {"partner": age.partner, "since": age.since.isoformat()}
        # another process, or this one before it was started anew, may have raised it
        if any(one.detail == detail for one in journal.about(connection, age.subject, act=act)):
            continue
        journal.record(
            connection, at=at, actor=journal.SYSTEM, act=act, subject=age.subject, detail=detail
        )
