"""Stops a whole arrangement for a time, or runs it as a pilot.

One officer stops it, at once. Whatever lets more through takes two: resuming it, saying who takes
part in a pilot (a second pilot beside the first lets others in), ending one before its time, after
which the whole arrangement applies.

What is exchanged with partners goes on: only decisions are concerned. That an arrangement is over
for good is a fact of `partners/`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import keep_measures
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import ArrangementId, Territory, Tin
from mra_gateway.model.measures import ArrangementStop, MeasureId, PilotScope
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind, OfficerRole
from mra_gateway.store import approvals

_STOP = (OfficerRole.LEGAL, OfficerRole.AEO, OfficerRole.RISK)


class Pauser:
    """Stops and resumes arrangements, and keeps the scope of pilots."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def stop(
        self,
        connection: Connection,
        arrangement: ArrangementId,
        *,
        partner: Territory | None,
        until_at: datetime | None,
        reason: str,
        by: Actor,
    ) -> ArrangementStop:
        """Stops an arrangement at once, or what one partner brings into it.

        Raises:
            RequestRefused: Not permitted, no such arrangement of ours, or no such party of it.
        """
        check_role(by, *_STOP)
        self._check(arrangement, partner)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        stop = keep_measures.made(
            ArrangementStop,
            id=MeasureId(self._clock.new_uuid()),
            arrangement=arrangement,
            partner=partner,
            from_at=at,
            until_at=until_at,
            reason=reason,
            ordered_by=by.name,
            ordered_at=at,
        )
        keep_measures.put(connection, stop, subject=arrangement, by=by.name)
        keep_measures.note(
            connection,
            "arrangement stopped",
            stop,
            at=at,
            by=by.name,
            **stop.model_dump(mode="json", exclude_defaults=True, exclude={"id"}),
        )
        return stop

    def request_resumption(
        self, connection: Connection, id_: str, *, reason: str, by: Actor
    ) -> str:
        """Asks a second officer to lift a stop, and returns the request.

        Args:
            connection: The transaction.
            id_: The stop's id or the beginning of it, or an arrangement with one stop.
            reason: Why, for the second officer.
            by: Who asks.

        Raises:
            RequestRefused: Not permitted, none such, over already, or asked for before.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.RESUME_ARRANGEMENT])
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        stops = [one for one in self.stops(connection) if one.arrangement == id_]
        if len(stops) > 1:
            raise RequestRefused(
                f"{id_} is stopped more than once: name the stop", reason=Reason.NOT_FOUND
            )
        stop = stops[0] if stops else keep_measures.get(connection, ArrangementStop, id_).measure
        return self._ask_to_end(connection, stop, ApprovalKind.RESUME_ARRANGEMENT, reason, by, at)

    def request_pilot(
        self,
        connection: Connection,
        arrangement: ArrangementId,
        *,
        operators: Literal["all"] | tuple[Tin, ...],
        offices: Literal["all"] | tuple[str, ...],
        from_at: datetime | None,
        until_at: datetime | None,
        reason: str,
        by: Actor,
    ) -> str:
        """Asks a second officer to run an arrangement as a pilot, and returns the request.

        Until it is approved nothing changes: have it approved before the arrangement is confirmed,
        or stop the arrangement meanwhile.

        Raises:
            RequestRefused: Not permitted, no such arrangement of ours, or neither operators nor
                posts are named.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.PILOT_ARRANGEMENT])
        self._check(arrangement, None)
        if operators == ALL and offices == ALL:
            raise RequestRefused("name the operators or the posts that take part")
        if operators != ALL:
            keep_measures.check_tins(connection, *operators)
        at = self._clock.now()
        pilot = keep_measures.made(
            PilotScope,
            id=MeasureId(self._clock.new_uuid()),
            arrangement=arrangement,
            operators=operators,
            offices=offices,
            from_at=from_at or at,
            until_at=until_at,
            reason=reason,
            ordered_by=by.name,
            ordered_at=at,
        )
        return keep_measures.ask(
            connection,
            pilot.id,
            kind=ApprovalKind.PILOT_ARRANGEMENT,
            summary=f"Run {arrangement} as a pilot: operators {_named(operators)}, posts "
            f"{_named(offices)}, until {until_at or 'it is ended'}: {reason}",
            measure=pilot,
            by=by.name,
            at=at,
            pilot=pilot.model_dump_json(),
        )

    def request_end_of_pilot(
        self, connection: Connection, id_: str, *, reason: str, by: Actor
    ) -> str:
        """Asks a second officer to end a pilot before its time, and returns the request.

        Raises:
            RequestRefused: Not permitted, none such, over already, or asked for before.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.END_PILOT])
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        pilot = keep_measures.get(connection, PilotScope, id_).measure
        return self._ask_to_end(connection, pilot, ApprovalKind.END_PILOT, reason, by, at)

    def stops(self, connection: Connection, *, every: bool = False) -> list[ArrangementStop]:
        """Returns the stops that stand, or with the past ones all."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, ArrangementStop, running_at=at)
        return [one.measure for one in found]

    def pilots(self, connection: Connection, *, every: bool = False) -> list[PilotScope]:
        """Returns the pilots that run or are to begin, or with the past ones all."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, PilotScope, running_at=at)
        return [one.measure for one in found]

    # --- approved by a second officer

    def resume(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Lifts a stop from now on.

        Raises:
            RequestRefused: It is over, or was changed meanwhile.
        """
        self._end(connection, ArrangementStop, approval, second, act="arrangement resumed")

    def pilot(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Lets a pilot begin, at the earliest now.

        Raises:
            RequestRefused: Its time has passed.
        """
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        asked = PilotScope.model_validate_json(keep_measures.term(approval, "pilot"))
        if asked.is_over(at):
            raise RequestRefused("its time has passed", reason=Reason.STATE_NOT_SUITABLE)
        begun = asked.model_copy(update={"from_at": max(asked.from_at, at), "ordered_at": at})
        keep_measures.put(connection, begun, subject=begun.arrangement, by=second)
        keep_measures.note(
            connection,
            "pilot set",
            begun,
            at=at,
            by=second,
            **begun.model_dump(mode="json", exclude_defaults=True, exclude={"id"}),
        )

    def end_pilot(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Ends a pilot from now on; the whole arrangement applies, unless another pilot runs.

        Raises:
            RequestRefused: It is over, or was changed meanwhile.
        """
        self._end(connection, PilotScope, approval, second, act="pilot ended")

    def _end(
        self,
        connection: Connection,
        kind: type[ArrangementStop | PilotScope],
        approval: approvals.Approval,
        second: str,
        *,
        act: str,
    ) -> None:
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, kind, keep_measures.asked_about(approval))
        keep_measures.end(connection, kept, at=at, by=second)
        keep_measures.note(
            connection, act, kept.measure, at=at, by=second, requested_by=approval.requested_by
        )

    def _ask_to_end(
        self,
        connection: Connection,
        measure: ArrangementStop | PilotScope,
        kind: ApprovalKind,
        reason: str,
        by: Actor,
        at: datetime,
    ) -> str:
        if measure.is_over(at):
            raise RequestRefused("it is over already", reason=Reason.STATE_NOT_SUITABLE)
        what = "Resume" if kind is ApprovalKind.RESUME_ARRANGEMENT else "End the pilot of"
        return keep_measures.ask(
            connection,
            self._clock.new_uuid(),
            kind=kind,
            summary=f"{what} {measure.arrangement}: {reason}",
            measure=measure,
            by=by.name,
            at=at,
        )

    def _check(self, arrangement: ArrangementId, partner: Territory | None) -> None:
        facts = self._book.registry.get_arrangement(arrangement)
        for territory in (self._book.us, partner):
            if territory is not None and facts.party(territory) is None:
                raise RequestRefused(
                    f"{territory} is not a party of {arrangement}", reason=Reason.NOT_A_PARTY
                )
        if partner == self._book.us:
            raise RequestRefused("name a partner: we stop nothing of our own here")


def _named(names: Literal["all"] | tuple[str, ...]) -> str:
    return names if isinstance(names, str) else ", ".join(names)
