"""Plans evaluations and audits of the figures, and writes down what they found.

Due dates are working days of the administration: its week is in `partners/administrations/`,
holidays, which no source here gives, are said when a day is counted. What is to be repeated is
planned anew when it is done.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model import working_days
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.working_days import Calendar
from mra_gateway.store import evaluations, journal
from mra_gateway.store.evaluations import Evaluation, Every, Kind

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_ROLES: Final = (OfficerRole.AEO, OfficerRole.RISK, OfficerRole.LEGAL)


class NewEvaluation(NamedTuple):
    """What is planned: due on a day, or a number of working days after one (today when None)."""

    kind: Kind
    title: str
    responsible: str
    every: Every | None = None
    due_on: date | None = None
    working_days: int | None = None
    counted_from: date | None = None


class Due(NamedTuple):
    """An evaluation with how many working days are left."""

    evaluation: Evaluation
    days_left: int
    is_overdue: bool


class EvaluationPlanner:
    """Keeps the plan."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def add(
        self,
        connection: Connection,
        new: NewEvaluation,
        *,
        by: Actor,
        holidays: Iterable[date] = (),
    ) -> Evaluation:
        """Adds an evaluation to the plan.

        Args:
            connection: The transaction.
            new: What is planned.
            by: The officer.
            holidays: Days on which we do not work although our week says so.

        Raises:
            RequestRefused: Not permitted, neither or both of a day and a number of working days, a
                day on which we do not work, or our working week is not known.
        """
        check_role(by, *_ROLES)
        if (new.due_on is None) == (new.working_days is None):
            raise RequestRefused("say either by which day, or in how many working days")
        calendar = self._calendar(holidays)
        start = new.counted_from or self.today()
        if new.due_on is None:
            assert new.working_days is not None
            due_on = working_days.after(start, days=new.working_days, calendars=[calendar])
        else:
            due_on = new.due_on
            if not calendar.is_working(due_on):
                after = working_days.after(due_on, days=1, calendars=[calendar])
                raise RequestRefused(f"{due_on} is no working day; {after} is the next")
        number = len(evaluations.listed(connection)) + 1
        return self._write(
            connection,
            Evaluation(
                f"E{number}", 1, new.kind, new.title, new.responsible, new.every, due_on, None,
                None, self._clock.now(), by.name,
            ),
        )  # fmt: skip

    def done(
        self,
        connection: Connection,
        key: str,
        *,
        outcome: str,
        on: date | None = None,
        by: Actor,
        holidays: Iterable[date] = (),
    ) -> tuple[Evaluation, Evaluation | None]:
        """Writes what an evaluation found; one that is repeated is planned anew.

        Returns:
            It, and the next one.

        Raises:
            RequestRefused: Not permitted, no such evaluation, done before, or the day lies ahead.
        """
        check_role(by, *_ROLES)
        before = next((one for one in evaluations.listed(connection) if one.key == key), None)
        if before is None:
            raise RequestRefused(f"no evaluation {key[:40]!r}", reason=Reason.NOT_FOUND)
        if before.done_on is not None:
            raise RequestRefused(
                f"{key} was done on {before.done_on}", reason=Reason.STATE_NOT_SUITABLE
            )
        on = on or self.today()
        if on > self.today():
            raise RequestRefused(f"{on} lies ahead: today is {self.today()}")
        done = self._write(
            connection,
            before._replace(
                version=before.version + 1,
                done_on=on,
                outcome=outcome,
                at=self._clock.now(),
                by=by.name,
            ),
        )
        if before.every is None:
            return done, None
        planned = NewEvaluation(
            before.kind,
            before.title,
            before.responsible,
            before.every,
            due_on=self._next_due(before, holidays),
        )
        return done, self.add(connection, planned, by=by, holidays=holidays)

    def listed(self, connection: Connection, *, every: bool = False) -> list[Due]:
        """Returns what is to be done, soonest first; done ones too when asked for.

        Raises:
            RequestRefused: Our working week is not known.
        """
        calendar, today = self._calendar(()), self.today()
        return [
            Due(
                one,
                working_days.between(today, one.due_on, calendars=[calendar]),
                one.done_on is None and one.due_on < today,
            )
            for one in evaluations.listed(connection)
            if every or one.done_on is None
        ]

    def today(self) -> date:
        """Returns the day it is here."""
        return self._clock.now().astimezone(self._book.time_zone).date()

    def _next_due(self, before: Evaluation, holidays: Iterable[date]) -> date:
        """The same day some months later, or the first working day after it."""
        assert before.every is not None
        year, month = divmod(
            before.due_on.year * 12 + before.due_on.month - 1 + _MONTHS[before.every], 12
        )
        last = monthrange(year, month + 1)[1]
        day = date(year, month + 1, min(before.due_on.day, last))
        calendar = self._calendar(holidays)
        return working_days.after(day - timedelta(days=1), days=1, calendars=[calendar])

    def _write(self, connection: Connection, evaluation: Evaluation) -> Evaluation:
        evaluations.add(connection, evaluation)
        journal.record(
            connection,
            at=evaluation.at,
            actor=evaluation.by,
            act=f"{'planned' if evaluation.done_on is None else 'did'} {evaluation.kind}",
            subject=evaluation.key,
            detail={"due_on": evaluation.due_on.isoformat(), "outcome": evaluation.outcome},
        )
        return evaluation

    def _calendar(self, holidays: Iterable[date]) -> Calendar:
        us = self._book.us
        week = self._book.registry.get_administration(us).working_days.value
        if not week:
            raise RequestRefused(
                f"the working days of {us} are not known: state them in "
                f"partners/administrations/{us}.toml of the home",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        return Calendar(us, frozenset(week), frozenset(holidays))
