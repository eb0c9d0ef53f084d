"""Lets figures become official: prepared by one officer, approved by another, published, frozen.

1. the newest figures of the period, or of some of its indicators
2. whether they are where the step begins, whether they rest on what still is so, and whether
   something about them is doubtful: what is unusual or impossible is approved only with a note
   that says why
3. the step, and who took it when

A published figure never changes. What is computed later is a figure of its own that takes the same
way, and then stands beside the one it corrects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.find_stale import find_stale
from mra_gateway.indicators.aims import baseline_for
from mra_gateway.indicators.plausibility import check_figure
from mra_gateway.indicators.trends import leading_to
from mra_gateway.model.indicators import FigureStatus, Indicator, IndicatorId
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.performance import Finding
from mra_gateway.model.periods import Period
from mra_gateway.store import aims, figures, journal
from mra_gateway.store.figures import BEFORE, Held

PERIODS_BEFORE: Final = 12
ROLES: Final = (OfficerRole.AEO, OfficerRole.RISK)


class Doubt(NamedTuple):
    """A figure and what is doubtful about it."""

    held: Held
    findings: tuple[Finding, ...]


class FigureKeeper:
    """Moves figures on."""

    def __init__(self, *, indicators: Mapping[IndicatorId, Indicator], clock: Clock) -> None:
        self._indicators = indicators
        self._clock = clock

    def prepare(
        self,
        connection: Connection,
        period: Period,
        *,
        by: Actor,
        only: Collection[IndicatorId] = (),
        note: str | None = None,
    ) -> list[Held]:
        """Hands drafts to a second officer.

        Raises:
            RequestRefused: Not permitted, or there is no draft.
        """
        return self._move(connection, period, FigureStatus.PREPARED, by=by, only=only, note=note)

    def approve(
        self,
        connection: Connection,
        period: Period,
        *,
        by: Actor,
        only: Collection[IndicatorId] = (),
        note: str | None = None,
    ) -> list[Held]:
        """Approves prepared figures.

        Raises:
            RequestRefused: Not permitted, nothing is prepared, the same officer prepared one of
                them, one rests on what is no more, or one is doubtful and no note says why it is
                right.
        """
        check_role(by, *ROLES)
        held = self._find(connection, period, FigureStatus.APPROVED, only=only)
        if any(each.figure.prepared_by == by.name for each in held):
            raise RequestRefused(
                f"{by.name} prepared them; another officer approves",
                reason=Reason.SECOND_OFFICER_REQUIRED,
            )
        self._check_fresh(connection, period, held)
        doubts = self.doubts(connection, period, held)
        if doubts and not note:
            first = doubts[0]
            raise RequestRefused(
                f"{len(doubts)} figures are doubtful, as that of {first.held.figure.indicator} "
                f"({first.findings[0].note.code}): `kpi figures --doubtful` shows them; say in a "
                "note why they are right, or correct them",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        return self._move(connection, period, FigureStatus.APPROVED, by=by, only=only, note=note)

    def reject(
        self,
        connection: Connection,
        period: Period,
        *,
        by: Actor,
        only: Collection[IndicatorId] = (),
        note: str,
    ) -> list[Held]:
        """Hands prepared or approved figures back.

        Raises:
            RequestRefused: Not permitted, or there is none.
        """
        return self._move(connection, period, FigureStatus.DRAFT, by=by, only=only, note=note)

    def publish(
        self,
        connection: Connection,
        period: Period,
        *,
        by: Actor,
        only: Collection[IndicatorId] = (),
        note: str | None = None,
    ) -> list[Held]:
        """Freezes approved figures; each says which published one it corrects.

        Raises:
            RequestRefused: Not permitted, nothing is approved, or one rests on what is no more.
        """
        check_role(by, *ROLES)
        held = self._find(connection, period, FigureStatus.PUBLISHED, only=only)
        self._check_fresh(connection, period, held)
        return self._move(connection, period, FigureStatus.PUBLISHED, by=by, only=only, note=note)

    def doubts(self, connection: Connection, period: Period, held: Iterable[Held]) -> list[Doubt]:
        """Returns the figures about which something is doubtful."""
        before = leading_to(period, count=PERIODS_BEFORE + 1)[:-1]
        past = figures.history(connection, before)
        entered = aims.held(connection)
        found = []
        for each in held:
            indicator = self._indicators.get(each.figure.indicator)
            if indicator is None:
                continue
            line = [past.get((each.key[0], one, each.key[2])) for one in before]
            findings = check_figure(
                each.figure,
                indicator=indicator,
                baseline=baseline_for(
                    period,
                    indicator=indicator,
                    entered=entered.get(indicator.id, aims.NOTHING).baselines,
                ),
                before=[None if one is None else one.figure.value for one in line],
            )
            if findings:
                found.append(Doubt(each, findings))
        return found

    def _check_fresh(self, connection: Connection, period: Period, held: Iterable[Held]) -> None:
        stale = list(find_stale(connection, period, held, indicators=self._indicators))
        if stale:
            raise RequestRefused(
                f"{len(stale)} figures rest on what is no more, as that of "
                f"{stale[0].held.figure.indicator} ({stale[0].why}): compute them anew "
                f"(`kpi report --period {period}`), then prepare and approve them",
                reason=Reason.STATE_NOT_SUITABLE,
            )

    def _move(
        self,
        connection: Connection,
        period: Period,
        to: FigureStatus,
        *,
        by: Actor,
        only: Collection[IndicatorId],
        note: str | None,
    ) -> list[Held]:
        check_role(by, *ROLES)
        held = self._find(connection, period, to, only=only)
        at = self._clock.now()
        figures.move(connection, held, to=to, by=by.name, at=at, note=note)
        act = "handed back" if to is FigureStatus.DRAFT else to.value
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act=f"{act} figures",
            subject=period,
            detail={"figures": len(held), "note": note},
        )
        return held

    def _find(
        self,
        connection: Connection,
        period: Period,
        to: FigureStatus,
        *,
        only: Collection[IndicatorId],
    ) -> list[Held]:
        held = [
            each
            for each in figures.of_period(connection, period)
            if each.figure.status in BEFORE[to] and (not only or each.figure.indicator in only)
        ]
        if not held:
            states = " or ".join(one.value for one in BEFORE[to])
            raise RequestRefused(
                f"no figure of {period} is {states}", reason=Reason.STATE_NOT_SUITABLE
            )
        return held
