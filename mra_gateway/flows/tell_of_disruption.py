"""Keeps notices of disruptions: trade is hindered at some places, resumes, and is in order again.

They stop no benefit. Who goes first when goods move again is worked out in `prioritise.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import keep_measures
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.control import ROLES
from mra_gateway.flows.notify import Notifier
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.measures import Disruption, DisruptionCause, MeasureId, Where
from mra_gateway.model.messages import DisruptionAct
from mra_gateway.model.officers import Actor


class DisruptionTeller:
    """Announces disruptions and their end."""

    def __init__(self, *, book: PartnerBook, notifier: Notifier, clock: Clock) -> None:
        self._book = book
        self._notifier = notifier
        self._clock = clock

    def announce(
        self,
        connection: Connection,
        cause: DisruptionCause,
        *,
        where: Where,
        text: str,
        announced_by: Territory | None,
        from_at: datetime | None,
        by: Actor,
    ) -> Disruption:
        """Announces a disruption.

        Args:
            connection: The transaction.
            cause: By its code.
            where: The places.
            text: What happened.
            announced_by: The partner that told us; None when it is we who say so.
            from_at: Now when None.
            by: Who writes it down.

        Raises:
            RequestRefused: Not permitted, no place is named, or a value is not of its form.
        """
        check_role(by, *ROLES)
        if where == Where():
            raise RequestRefused("name the posts, territories, modes or flows that are disrupted")
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        disruption = keep_measures.made(
            Disruption,
            id=MeasureId(self._clock.new_uuid()),
            cause=cause,
            where=where,
            text=text,
            announced_by=announced_by or self._book.us,
            from_at=from_at or at,
            ordered_by=by.name,
            ordered_at=at,
        )
        keep_measures.put(connection, disruption, subject=cause, by=by.name)
        keep_measures.note(
            connection,
            "disruption announced",
            disruption,
            at=at,
            by=by.name,
            **disruption.model_dump(mode="json", exclude_defaults=True, exclude={"id"}),
        )
        self._notifier.disruption(connection, disruption, act=DisruptionAct.BEGINS)
        return disruption

    def resume(
        self, connection: Connection, id_: str, *, resumed_at: datetime | None, by: Actor
    ) -> Disruption:
        """Says from when goods move again: now when None.

        Raises:
            RequestRefused: Not permitted, none such, or that is before it began.
        """
        check_role(by, *ROLES)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, Disruption, id_)
        moment = resumed_at or at
        if kept.measure.is_over(at):
            raise RequestRefused("it is over already", reason=Reason.STATE_NOT_SUITABLE)
        if moment < kept.measure.from_at:
            raise RequestRefused("that is before it began", where="resumed_at")
        resumed = kept.measure.model_copy(update={"resumed_at": moment})
        keep_measures.change(connection, kept, resumed, at=at, by=by.name)
        keep_measures.note(
            connection,
            "trade resumed after disruption",
            resumed,
            at=at,
            by=by.name,
            resumed_at=moment.isoformat(),
        )
        self._notifier.disruption(connection, resumed, act=DisruptionAct.RESUMES)
        return resumed

    def end(self, connection: Connection, id_: str, *, by: Actor) -> Disruption:
        """Says that everything is in order again: nobody goes first any more.

        Raises:
            RequestRefused: Not permitted, none such, or over already.
        """
        check_role(by, *ROLES)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, Disruption, id_)
        keep_measures.end(connection, kept, at=at, by=by.name)
        keep_measures.note(connection, "disruption over", kept.measure, at=at, by=by.name)
        self._notifier.disruption(connection, kept.measure, act=DisruptionAct.ENDS)
        return kept.measure

    def get(self, connection: Connection, id_: str) -> Disruption:
        """Returns a disruption; an unambiguous beginning of its id will do.

        Raises:
            RequestRefused: There is none, or more than one that begins so.
        """
        return keep_measures.get(connection, Disruption, id_).measure

    def listed(self, connection: Connection, *, every: bool = False) -> list[Disruption]:
        """Returns the disruptions that are not over, or with the past ones all."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, Disruption, running_at=at)
        return [one.measure for one in found]
