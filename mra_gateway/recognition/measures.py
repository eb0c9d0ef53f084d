"""What officers decided, ready to be asked on the hot path (pure).

A measure is in effect when the moment of acceptance lies in its span. Where it is about some
consignments only, a consignment that does not say whether it is one of them counts as one: what is
not declared never gives more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from copy import copy
from datetime import UTC, datetime
from typing import NamedTuple, Self

from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.identifiers import ArrangementId, Tin
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    ComplianceScore,
    Correspondence,
    CorrespondenceKind,
    Disruption,
    Measure,
    PilotScope,
    RandomControl,
    TargetedAlert,
    Where,
)
from mra_gateway.recognition.index import HoldingKey

GroundNoun = (
    ArrangementStop
    | BenefitSuspension
    | ComplianceScore
    | Correspondence
    | Disruption
    | PilotScope
    | RandomControl
    | TargetedAlert
)


_NEVER = datetime.min.replace(tzinfo=UTC)
_ALWAYS = datetime.max.replace(tzinfo=UTC)


class Confirmed(NamedTuple):
    """An operator a declared text was confirmed to stand for.

    Attributes:
        ground: The number of the ground, to be named in the reason.
    """

    ground: int
    correspondence: Correspondence


class Measures:
    """The grounds that stand, by what they are about."""

    def __init__(
        self,
        grounds: Iterable[tuple[int, GroundNoun]] = (),
        *,
        code_key: Callable[[str], str] = str,
        name_key: Callable[[str], str] = str,
    ) -> None:
        """Orders grounds.

        Args:
            grounds: Number and noun.
            code_key: The form codes are compared by.
            name_key: The form names are compared by.
        """
        self._code_key, self._name_key = code_key, name_key
        self.suspensions: dict[Tin, list[BenefitSuspension]] = {}
        self.alerts: dict[Tin | None, list[TargetedAlert]] = {}
        self.controls: list[RandomControl] = []
        self.stops: dict[ArrangementId, list[ArrangementStop]] = {}
        self.pilots: dict[ArrangementId, list[PilotScope]] = {}
        self.disruptions: list[Disruption] = []
        self.scores: dict[Tin, ComplianceScore] = {}
        self._codes: dict[str, list[Confirmed]] = {}
        self._names: dict[str, list[Confirmed]] = {}
        self._eases_from = self._quiet_from = _NEVER
        for number, noun in grounds:
            self._take(number, noun)
            if isinstance(noun, BenefitSuspension | TargetedAlert | RandomControl):
                self._eases_from = max(self._eases_from, noun.until_at or _ALWAYS)
            elif isinstance(noun, ArrangementStop | PilotScope):
                self._quiet_from = max(self._quiet_from, noun.until_at or _ALWAYS)
        self._quiet_from = max(self._quiet_from, self._eases_from)

    def eases_all(self, at: datetime) -> bool:
        """Says whether nothing that officers decided takes a benefit from any consignment.

        What is over keeps its span, for consignments accepted within it: so the moment counts.
        """
        return at >= self._eases_from

    def is_quiet(self, at: datetime) -> bool:
        """Says whether nothing stops an arrangement either."""
        return at >= self._quiet_from

    @property
    def knows_names(self) -> bool:
        """Whether officers confirmed any name."""
        return bool(self._names)

    def _take(self, number: int, noun: GroundNoun) -> None:
        match noun:
            case BenefitSuspension():
                self.suspensions.setdefault(noun.tin, []).append(noun)
            case TargetedAlert():
                self.alerts.setdefault(noun.tin, []).append(noun)
            case RandomControl():
                self.controls.append(noun)
            case ArrangementStop():
                self.stops.setdefault(noun.arrangement, []).append(noun)
            case PilotScope():
                self.pilots.setdefault(noun.arrangement, []).append(noun)
            case Disruption():
                self.disruptions.append(noun)
            case ComplianceScore():
                self.scores[noun.tin] = noun
            case Correspondence(kind=CorrespondenceKind.NAME):
                self._names.setdefault(self._name_key(noun.text), []).append(
                    Confirmed(number, noun)
                )
            case Correspondence():
                self._codes.setdefault(self._code_key(noun.text), []).append(
                    Confirmed(number, noun)
                )

    def confirmed(self, party: DeclaredParty) -> list[Confirmed]:
        """Returns whom a party's code, or without one its name, was confirmed to stand for."""
        if party.identifier is not None:
            return self._codes.get(self._code_key(party.identifier), []) if self._codes else []
        if party.name is not None and self._names:
            return self._names.get(self._name_key(party.name), [])
        return []

    def takes_precedence(
        self,
        declaration: Declaration,
        *,
        tin: Tin,
        arrangement: ArrangementId,
        at: datetime,
    ) -> tuple[str, str] | None:
        """Returns what takes precedence over any benefit of a consignment, and why, or None.

        Returns:
            `OVERRIDDEN`, `TARGETED_ALERT` or `RANDOM_CONTROL`, and a text for an officer.
        """
        if declaration.overrides:
            return "OVERRIDDEN", "the national risk system says: " + ", ".join(
                declaration.overrides
            )
        if self.alerts:
            for alert in (*self.alerts.get(tin, ()), *self.alerts.get(None, ())):
                if _runs(alert, at) and _is_about(alert, declaration):
                    return "TARGETED_ALERT", "a targeted alert is out for such consignments"
        for control in self.controls:
            if (
                control.arrangement in {None, arrangement}
                and _runs(control, at)
                and _is_drawn(control, declaration.reference)
            ):
                return "RANDOM_CONTROL", "the consignment was drawn for a random control"
        return None

    def suspended(
        self, declaration: Declaration, *, party: DeclaredParty, key: HoldingKey, at: datetime
    ) -> list[BenefitSuspension]:
        """Returns the suspensions of an operator's benefits that meet a consignment.

        Args:
            declaration: The consignment.
            party: As whom the operator is declared on it.
            key: The authorisation it was found to be.
            at: The moment of acceptance.
        """
        return [
            one
            for one in self.suspensions.get(key.tin, ())
            if one.arrangement in {None, key.arrangement}
            and one.authorisation in {None, key.authorisation}
            and _runs(one, at)
            and is_there(one.where, declaration)
            and (one.site is None or self._may_be_from(one.site, party, key.tin))
        ]

    def _may_be_from(self, site: str, party: DeclaredParty, tin: Tin) -> bool:
        """Says whether goods may be of a site: only a code confirmed for others says they are not.

        Which site is meant is compared as names are.
        """
        meant = [one.correspondence for one in self.confirmed(party)]
        known = {one.site for one in meant if one.tin == tin}
        return not known or any(
            each is None or self._name_key(each) == self._name_key(site) for each in known
        )

    def of_operators(self) -> Self:
        """Returns the measures that are about operators, whatever they send next.

        Left out are those that single out consignments: draws, and alerts about any operator's.
        """
        left = copy(self)
        left.controls = []
        left.alerts = {tin: alerts for tin, alerts in self.alerts.items() if tin is not None}
        return left

    def stopped(self, arrangement: ArrangementId, *, partner: str, at: datetime) -> str | None:
        """Returns why an arrangement gives nothing at a moment, or None."""
        for stop in self.stops.get(arrangement, ()):
            if _runs(stop, at) and stop.partner in {None, partner}:
                return stop.reason
        return None

    def outside_pilot(
        self, arrangement: ArrangementId, declaration: Declaration, *, tin: Tin, at: datetime
    ) -> str | None:
        """Returns why a consignment does not take part in a pilot that runs, or None."""
        running = [one for one in self.pilots.get(arrangement, ()) if _runs(one, at)]
        why = [_outside(pilot, declaration, tin) for pilot in running]
        return None if None in why or not why else why[0]


def is_there(where: Where, declaration: Declaration) -> bool:
    """Says whether a consignment is one of those meant, or may be as far as it says."""
    for wanted, declared in (
        (where.offices, declaration.office),
        (where.dispatched_from, declaration.dispatched_from),
        (where.destined_to, declaration.destined_to),
        (where.modes, declaration.mode),
        (where.flows, declaration.type),
    ):
        if wanted and declared is not None and declared not in wanted:
            return False
    passed = declaration.through
    return not (where.through and passed and set(where.through).isdisjoint(passed))


def _runs(measure: Measure, at: datetime) -> bool:
    return measure.from_at <= at and not measure.is_over(at)


def _is_about(alert: TargetedAlert, declaration: Declaration) -> bool:
    goods = declaration.chapters
    if alert.chapters and goods and set(alert.chapters).isdisjoint(goods):
        return False
    return is_there(alert.where, declaration)


def _is_drawn(control: RandomControl, reference: str) -> bool:
    drawn = hashlib.sha256(f"{control.seed}\n{reference}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") < control.rate * 2**64


def _outside(pilot: PilotScope, declaration: Declaration, tin: Tin) -> str | None:
    if pilot.operators != "all" and tin not in pilot.operators:
        return "it runs as a pilot with named operators, and this one is not among them"
    if pilot.offices != "all" and declaration.office not in pilot.offices:
        return "it runs as a pilot at named posts, and the goods are not declared at one"
    return None
