"""Has consignments looked at that would be eased: targeted alerts, and controls at random.

One officer puts them in place and ends them. Who is drawn at random follows from a seed, which
comes from the operating system, stays in the store, and is shown to nobody: results are computed
again with it, and whoever knew it could choose references that are never drawn.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import keep_measures
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.identifiers import ArrangementId, Tin
from mra_gateway.model.measures import MeasureId, RandomControl, TargetedAlert, Where
from mra_gateway.model.officers import Actor, OfficerRole

ROLES = (OfficerRole.AEO, OfficerRole.RISK)


class Controller:
    """Keeps alerts and random controls."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def put_out(
        self,
        connection: Connection,
        *,
        tin: Tin | None,
        chapters: tuple[str, ...],
        where: Where,
        from_at: datetime | None,
        until_at: datetime | None,
        reason: str,
        by: Actor,
    ) -> TargetedAlert:
        """Puts out an alert: such consignments are looked at, whatever the status.

        Args:
            connection: The transaction.
            tin: Of an operator, whether a partner has told us of it yet or not; None for any.
            chapters: Of its goods; any when empty.
            where: Where they are declared and which way they go.
            from_at: Now when None.
            until_at: Until it is ended when None.
            reason: Why, for our own officers.
            by: Who.

        Raises:
            RequestRefused: Not permitted, or a value does not have the form it should.
        """
        check_role(by, *ROLES)
        if tin is not None:
            keep_measures.check_tins(connection, tin)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        alert = keep_measures.made(
            TargetedAlert,
            id=MeasureId(self._clock.new_uuid()),
            tin=tin,
            chapters=chapters,
            where=where,
            from_at=from_at or at,
            until_at=until_at,
            reason=reason,
            ordered_by=by.name,
            ordered_at=at,
        )
        keep_measures.put(connection, alert, subject=tin or "", by=by.name)
        keep_measures.note(
            connection,
            "alert put out",
            alert,
            at=at,
            by=by.name,
            **alert.model_dump(mode="json", exclude_defaults=True, exclude={"id"}),
        )
        return alert

    def end_alert(
        self, connection: Connection, id_: str, *, reason: str, by: Actor
    ) -> TargetedAlert:
        """Ends an alert.

        Raises:
            RequestRefused: Not permitted, none such, or over already.
        """
        check_role(by, *ROLES)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, TargetedAlert, id_)
        keep_measures.end(connection, kept, at=at, by=by.name)
        keep_measures.note(
            connection, "alert ended", kept.measure, at=at, by=by.name, reason=reason
        )
        return kept.measure

    def alerts(self, connection: Connection, *, every: bool = False) -> list[TargetedAlert]:
        """Returns the alerts that are out or to come, or with the past ones all."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, TargetedAlert, running_at=at)
        return [one.measure for one in found]

    def set_rate(
        self,
        connection: Connection,
        rate: float,
        *,
        arrangement: ArrangementId | None,
        until_at: datetime | None = None,
        by: Actor,
    ) -> RandomControl:
        """Sets the share controlled at random, in the place of the one of the same extent.

        Args:
            connection: The transaction.
            rate: From 0 to 1.
            arrangement: For this one; None for all. Both are drawn, independently.
            until_at: Until it is ended when None.
            by: Who.

        Raises:
            RequestRefused: Not permitted, no such arrangement, or no such share.
        """
        check_role(by, *ROLES)
        if arrangement is not None:
            self._book.registry.get_arrangement(arrangement)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        control = keep_measures.made(
            RandomControl,
            id=MeasureId(self._clock.new_uuid()),
            rate=rate,
            arrangement=arrangement,
            seed=secrets.token_urlsafe(32),
            from_at=at,
            until_at=until_at,
            ordered_by=by.name,
            ordered_at=at,
        )
        for kept in keep_measures.listed(connection, RandomControl, running_at=at):
            if kept.measure.arrangement == arrangement:
                keep_measures.end(connection, kept, at=at, by=by.name)
        keep_measures.put(connection, control, subject=arrangement or "", by=by.name)
        keep_measures.note(
            connection,
            "random control set",
            control,
            at=at,
            by=by.name,
            **control.model_dump(mode="json", exclude_defaults=True, exclude={"id", "seed"}),
        )
        return control

    def end_control(
        self,
        connection: Connection,
        *,
        arrangement: ArrangementId | None,
        by: Actor,
    ) -> RandomControl:
        """Ends the random control of one extent.

        Raises:
            RequestRefused: Not permitted, or none runs.
        """
        check_role(by, *ROLES)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        for kept in keep_measures.listed(connection, RandomControl, running_at=at):
            if kept.measure.arrangement == arrangement:
                keep_measures.end(connection, kept, at=at, by=by.name)
                keep_measures.note(
                    connection, "random control ended", kept.measure, at=at, by=by.name
                )
                return kept.measure
        raise RequestRefused(
            f"no random control runs for {arrangement or 'all arrangements'}",
            reason=Reason.NOT_FOUND,
        )

    def controls(self, connection: Connection, *, every: bool = False) -> list[RandomControl]:
        """Returns the random controls that run, or with the past ones all; mind their seeds."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, RandomControl, running_at=at)
        return [one.measure for one in found]
