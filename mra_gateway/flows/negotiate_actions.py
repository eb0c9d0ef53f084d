"""Keeps the action plan: who does what until when, in days on which both sides work.

The working weeks are those of `partners/administrations/`; holidays, which no source here gives,
are given by hand and kept with the negotiation.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_rows import check_row
from mra_gateway.flows.negotiate_write import Pen, make
from mra_gateway.model import working_days
from mra_gateway.model.comparison import Audience
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.joint_validation import Visit
from mra_gateway.model.negotiation import Action, Holiday, NegotiationId, Party, Workspace
from mra_gateway.model.officers import Actor
from mra_gateway.model.working_days import Calendar
from mra_gateway.store import negotiation_records, negotiations

MAX_DAYS = 1000
"""Working days an action may be given: about four years."""


class Due(NamedTuple):
    """How much time is left for an action.

    Attributes:
        ours: Days on which we work, until and with the day due.
        theirs: Days on which they work.
        common: Days on which both do.
    """

    action: Action
    ours: int
    theirs: int
    common: int
    is_overdue: bool


class NewAction(NamedTuple):
    """An action as an officer states it: either the day, or how many common working days.

    Attributes:
        counted_from: The day the working days follow; today when None.
    """

    side: Party
    owner: str
    text: str
    due_on: date | None = None
    working_days: int | None = None
    counted_from: date | None = None
    row: str | None = None
    visit: str | None = None
    audience: Audience = Audience.INTERNAL


class ActionKeeper:
    """Keeps actions and holidays."""

    def __init__(self, *, book: PartnerBook, pen: Pen, clock: Clock) -> None:
        self._book = book
        self._pen = pen
        self._clock = clock

    def add(
        self, connection: Connection, id_: NegotiationId, new: NewAction, *, by: Actor
    ) -> Action:
        """Adds an action to the plan.

        Raises:
            RequestRefused: Not permitted, no such row or visit, neither or both of a day and a
                number of working days, a day on which not both sides work, or a side whose working
                week is not known.
        """
        workspace = self._pen.open(connection, id_, by=by)
        if new.row is not None:
            check_row(connection, workspace, new.row)
        if new.visit is not None:
            self._pen.get(connection, id_, Visit, key=new.visit)
        action = make(
            Action,
            key=self._pen.next_key(connection, id_, Action, prefix="A"),
            audience=new.audience,
            at=self._clock.now(),
            by=by.name,
            side=new.side,
            owner=new.owner,
            text=new.text,
            due_on=self._due(connection, workspace, new),
            working_days=new.working_days,
            row=new.row,
            visit=new.visit,
        )
        return self._pen.write(connection, workspace, action, over=None)

    def done(
        self,
        connection: Connection,
        id_: NegotiationId,
        action: str,
        *,
        on: date,
        result: str | None = None,
        result_audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> Action:
        """Writes that an action is done.

        Raises:
            RequestRefused: Not permitted, no such action, done before, or the day lies ahead.
        """
        workspace = self._pen.open(connection, id_, by=by)
        before = self._pen.get(connection, id_, Action, key=action)
        if before.done_on is not None:
            raise RequestRefused(
                f"{action} was done on {before.done_on}", reason=Reason.STATE_NOT_SUITABLE
            )
        today = self._today()
        if on > today:
            raise RequestRefused(f"{on} lies ahead: today is {today}")
        after = before.model_copy(
            update={
                "done_on": on,
                "result": result,
                "result_audience": result_audience,
                "by": by.name,
            }
        )
        return self._pen.write(connection, workspace, after, over=before.version)

    def listed(
        self, connection: Connection, id_: NegotiationId, *, every: bool = False
    ) -> list[Due]:
        """Returns the actions that are to do, soonest first; done ones too when asked for.

        Raises:
            RequestRefused: No such negotiation, or a working week is not known.
        """
        workspace = negotiations.get(connection, id_)
        ours, theirs = self.calendars(connection, workspace)
        today = self._today()
        last = {one.key: one for one in negotiation_records.history(connection, id_, Action)}
        return [
            Due(
                action,
                working_days.between(today, action.due_on, calendars=[ours]),
                working_days.between(today, action.due_on, calendars=[theirs]),
                working_days.between(today, action.due_on, calendars=[ours, theirs]),
                action.done_on is None and action.due_on < today,
            )
            for action in sorted(last.values(), key=lambda one: (one.due_on, one.at))
            if every or action.done_on is None
        ]

    def add_holiday(
        self,
        connection: Connection,
        id_: NegotiationId,
        territory: Territory,
        *,
        on: date,
        name: str | None = None,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> Holiday:
        """Writes that a side does not work on a day; days due that were counted stay as agreed.

        Raises:
            RequestRefused: Not permitted, not one of the two sides, or given already.
        """
        workspace = self._pen.open(connection, id_, by=by)
        if territory not in {workspace.side_of("ours"), workspace.side_of("theirs")}:
            raise RequestRefused(f"{territory} is no side of {id_}", reason=Reason.NOT_A_PARTY)
        key = f"{territory}-{on.isoformat()}"
        if negotiation_records.find(connection, id_, Holiday, key=key) is not None:
            raise RequestRefused(
                f"{on} is a holiday of {territory} already", reason=Reason.ALREADY_EXISTS
            )
        holiday = make(
            Holiday,
            key=key,
            audience=audience,
            at=self._clock.now(),
            by=by.name,
            territory=territory,
            on=on,
            name=name,
        )
        return self._pen.write(connection, workspace, holiday, over=None)

    def calendars(self, connection: Connection, workspace: Workspace) -> tuple[Calendar, Calendar]:
        """Returns when each side works.

        Raises:
            RequestRefused: The working week of one is not known.
        """
        holidays = negotiation_records.history(connection, workspace.id, Holiday)
        ours, theirs = (
            self._calendar(territory, holidays)
            for territory in (workspace.side_of("ours"), workspace.side_of("theirs"))
        )
        return ours, theirs

    def _calendar(self, territory: Territory, holidays: list[Holiday]) -> Calendar:
        week = self._book.registry.get_administration(territory).working_days.value
        if not week:
            raise RequestRefused(
                f"the working days of {territory} are not known: state them in "
                f"partners/administrations/{territory}.toml of the home",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        own = frozenset(one.on for one in holidays if one.territory == territory)
        return Calendar(territory, frozenset(week), own)

    def _due(self, connection: Connection, workspace: Workspace, new: NewAction) -> date:
        if (new.due_on is None) == (new.working_days is None):
            raise RequestRefused("state either the day or the number of working days")
        calendars = self.calendars(connection, workspace)
        if new.due_on is not None:
            free = [one.territory for one in calendars if not one.is_working(new.due_on)]
            if free:
                raise RequestRefused(f"{' and '.join(free)} does not work on {new.due_on}")
            return new.due_on
        days = new.working_days or 0
        if not 1 <= days <= MAX_DAYS:
            raise RequestRefused(f"an action gets 1 to {MAX_DAYS} working days")
        start = new.counted_from or self._today()
        try:
            return working_days.after(start, days=days, calendars=calendars)
        except ValueError as error:
            raise RequestRefused(str(error), reason=Reason.STATE_NOT_SUITABLE) from None

    def _today(self) -> date:
        return self._book.day_of(self._clock.now())
