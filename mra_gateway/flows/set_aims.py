"""Takes in baselines and targets of the administration, each with its evidence.

A baseline says by what it was assessed: a qualitative one its criteria, a numerical one its
formula, one on a scale the scale's categories; what is not said is taken from the indicator.
"""

from __future__ import annotations

import math
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.indicators.plausibility import check_aims
from mra_gateway.model.indicators import (
    Baseline,
    BaselineKind,
    IndicatorId,
    Quantity,
    Target,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.performance import Finding
from mra_gateway.store import aims, journal


class Set(NamedTuple):
    """What was entered.

    Attributes:
        corrects: Whether an entry for the same year is corrected by it.
        findings: What cannot be of a baseline or a target, or is inconsistent between them.
        quantity: What kind of number they are.
    """

    corrects: bool
    findings: tuple[Finding, ...]
    quantity: Quantity


class AimKeeper:
    """Keeps baselines and targets."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def set_baseline(
        self,
        connection: Connection,
        indicator: IndicatorId,
        baseline: Baseline,
        *,
        evidence: str,
        by: Actor,
    ) -> Set:
        """Writes a baseline.

        Raises:
            RequestRefused: Not permitted, no such indicator, no number, or it does not say by what
                it was assessed.
        """
        described = self._book.registry.get_indicator(indicator).baseline
        if baseline.kind is described.kind:
            baseline = baseline.model_copy(
                update={
                    "criteria": baseline.criteria or described.criteria,
                    "formula": baseline.formula or described.formula,
                    "categories": baseline.categories or described.categories,
                }
            )
        _check_baseline(baseline)
        return self._set(connection, indicator, baseline, evidence=evidence, by=by)

    def set_target(
        self,
        connection: Connection,
        indicator: IndicatorId,
        target: Target,
        *,
        evidence: str,
        by: Actor,
    ) -> Set:
        """Writes a target.

        Raises:
            RequestRefused: Not permitted, no such indicator, or no number.
        """
        return self._set(connection, indicator, target, evidence=evidence, by=by)

    def _set(
        self,
        connection: Connection,
        indicator: IndicatorId,
        aim: Baseline | Target,
        *,
        evidence: str,
        by: Actor,
    ) -> Set:
        check_role(by, OfficerRole.AEO, OfficerRole.RISK)
        if aim.value is not None and not math.isfinite(aim.value):
            raise RequestRefused(f"{aim.value} is no number", reason=Reason.VALUE_NOT_ALLOWED)
        definition = self._book.registry.get_indicator(indicator)
        at = self._clock.now()
        on: date = at.astimezone(self._book.time_zone).date()
        corrects = aims.add(connection, indicator, aim, evidence=evidence, on=on, at=at, by=by.name)
        kind = "baseline" if isinstance(aim, Baseline) else "target"
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act=f"set {kind}",
            subject=indicator,
            detail={"value": aim.value, "year": aim.year, "evidence": evidence},
        )
        held = aims.held(connection)[indicator]
        findings = [
            finding
            for baseline in (*held.baselines.values(),) or (definition.baseline,)
            for target in (*held.targets.values(),) or (definition.target,)
            for finding in check_aims(definition, baseline=baseline, target=target)
        ]
        different = [one for at, one in enumerate(findings) if one not in findings[:at]]
        return Set(corrects is not None, tuple(different), definition.quantity)


def _check_baseline(baseline: Baseline) -> None:
    needed = {
        BaselineKind.QUALITATIVE: (
            "criteria and what was found by them",
            bool(baseline.criteria) and baseline.assessment is not None,
        ),
        BaselineKind.NUMERICAL: ("a formula and a value", _is_numerical(baseline)),
        BaselineKind.SCALE: ("the categories of the scale and a value on it", _is_on(baseline)),
    }
    what, is_there = needed[baseline.kind]
    if not is_there:
        raise RequestRefused(
            f"a {baseline.kind.value} baseline needs {what}", reason=Reason.REQUEST_INVALID
        )


def _is_numerical(baseline: Baseline) -> bool:
    return baseline.formula is not None and baseline.value is not None


def _is_on(baseline: Baseline) -> bool:
    value = baseline.value
    return value is not None and 1 <= value <= len(baseline.categories)
