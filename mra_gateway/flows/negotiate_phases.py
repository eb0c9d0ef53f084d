"""Writes down when a phase of the model began and ended; leaving the order is said why.

Which phases there are, and in which order, is data (`partners/phases/`).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_write import Pen, make
from mra_gateway.model.comparison import Audience
from mra_gateway.model.negotiation import NegotiationId, PhaseStep, Workspace
from mra_gateway.model.officers import Actor
from mra_gateway.store import negotiation_records


class PhaseKeeper:
    """Keeps the phases of a negotiation."""

    def __init__(self, *, book: PartnerBook, pen: Pen, clock: Clock) -> None:
        self._book = book
        self._pen = pen
        self._clock = clock

    def begin(
        self,
        connection: Connection,
        id_: NegotiationId,
        phase: str,
        *,
        on: date,
        note: str | None = None,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> PhaseStep:
        """Writes that a phase began.

        Raises:
            RequestRefused: Not permitted, no such phase, it began already, the day lies ahead, or
                an earlier one of the model has not begun and it is not said why.
        """
        workspace = self._pen.open(connection, id_, by=by)
        order = self._order(workspace)
        _check_known(order, phase)
        self._check_day(on)
        begun = _steps(connection, id_)
        if phase in begun:
            raise RequestRefused(
                f"{phase} began on {begun[phase].began_on}", reason=Reason.STATE_NOT_SUITABLE
            )
        skipped = [one for one in order[: order.index(phase)] if one not in begun]
        if skipped and note is None:
            raise RequestRefused(
                f"{', '.join(skipped)} comes before {phase} in the model {workspace.phases!r} and "
                "has not begun: say why the order is left",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        step = make(
            PhaseStep,
            key=phase,
            audience=audience,
            at=self._clock.now(),
            by=by.name,
            began_on=on,
            note=note,
        )
        return self._pen.write(connection, workspace, step, over=None)

    def end(
        self,
        connection: Connection,
        id_: NegotiationId,
        phase: str,
        *,
        on: date,
        note: str | None = None,
        audience: Audience = Audience.INTERNAL,
        by: Actor,
    ) -> PhaseStep:
        """Writes that a phase ended.

        Raises:
            RequestRefused: Not permitted, it has not begun or has ended, or the day lies ahead or
                before its beginning.
        """
        workspace = self._pen.open(connection, id_, by=by)
        _check_known(self._order(workspace), phase)
        self._check_day(on)
        before = _steps(connection, id_).get(phase)
        if before is None or before.ended_on is not None:
            said = "has not begun" if before is None else f"ended on {before.ended_on}"
            raise RequestRefused(f"{phase} {said}", reason=Reason.STATE_NOT_SUITABLE)
        if on < before.began_on:
            raise RequestRefused(f"{phase} began on {before.began_on}, after {on}")
        told = before.audience is Audience.PARTNER or audience is Audience.INTERNAL
        step = make(
            PhaseStep,
            key=phase,
            audience=audience,
            at=self._clock.now(),
            by=by.name,
            began_on=before.began_on,
            ended_on=on,
            # an internal note does not become the partner's because a later day is told
            note=note or (before.note if told else None),
        )
        return self._pen.write(connection, workspace, step, over=before.version)

    def _order(self, workspace: Workspace) -> list[str]:
        model = self._book.registry.phases.get(workspace.phases)
        if model is None:
            raise RequestRefused(
                f"the model of phases {workspace.phases!r} is not there any more",
                reason=Reason.NOT_FOUND,
            )
        return [phase.id for phase in model.known()]

    def _check_day(self, on: date) -> None:
        today = self._book.day_of(self._clock.now())
        if on > today:
            raise RequestRefused(f"{on} lies ahead: today is {today}")


def _check_known(order: list[str], phase: str) -> None:
    if phase not in order:
        raise RequestRefused(
            f"no phase {phase[:40]!r}: {', '.join(order)}", reason=Reason.NOT_FOUND
        )


def _steps(connection: Connection, id_: NegotiationId) -> dict[str, PhaseStep]:
    return {step.key: step for step in negotiation_records.history(connection, id_, PhaseStep)}
