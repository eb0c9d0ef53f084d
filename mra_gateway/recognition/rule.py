"""The rule that says what a recognised foreign AEO gets, in seven steps (pure).

1. the arrangement is in force on the day, confirmed, and this side has started
2. the status is valid at the moment of acceptance, and type, tier and role are in scope
3. the identifier is known and declared, and names exactly one operator
4. the flow is covered, and the operator's function on this consignment
5. the benefit was agreed, and our own AEOs are offered it
6. the benefit is not tied to a local holder
7. nothing takes precedence on this consignment

What is missing, stale or ambiguous gives no benefit, and says so. Steps 1 to 3 recognise; 4 to 7
are judged benefit by benefit.

Source: the product's rule, built from the benefit lists of published arrangements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.declarations import Declaration, DeclaredParty
from mra_gateway.model.facts import Administration, Arrangement, Benefit
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.operators import OperatorRecord
from mra_gateway.model.recognition import (
    BenefitResult,
    PartyResult,
    RecognitionReason,
    RuleStep,
)

VERSION = "seven-steps-1"

STEPS = (
    "arrangement in force",
    "status and scope",
    "identifier declared and known",
    "flow and function covered",
    "benefit agreed and offered at home",
    "not tied to a local holder",
    "nothing takes precedence",
)
_R = RecognitionReason


class HeldOperator(NamedTuple):
    """An operator as held at the moment of acceptance, under one arrangement.

    Attributes:
        status: A `Status` or `NOT_LISTED`.
        effective_from: Since when.
        as_of: Up to when the partner's word was known; None when it never sent a list.
        stale: Whether that is longer ago than we accept.
    """

    arrangement: Arrangement
    partner: Administration
    record: OperatorRecord
    status: str
    effective_from: datetime
    as_of: datetime | None
    stale: bool


class Ground(NamedTuple):
    """What a judgement stands on besides the operator.

    Attributes:
        us: The deciding administration's territory.
        on: The legal day of acceptance, in our time zone.
        zone: Our time zone, in which the reasons name moments.
        on_there: The same in the issuing administration's, by which its authorisations end.
        confirmed: Whether our copy of the operator's arrangement is confirmed.
        offered_at_home: Codes of the benefits our own AEOs get; what is unknown is not offered.
        local_only: Codes that no arrangement can give, by the benefit catalogue.
    """

    us: Territory
    on: date
    zone: ZoneInfo
    on_there: date
    confirmed: bool
    offered_at_home: frozenset[str]
    local_only: frozenset[str]


def judge_party(
    party: DeclaredParty,
    *,
    declaration: Declaration,
    found: Sequence[tuple[HeldOperator, Ground]],
) -> PartyResult:
    """Returns what one party of a declaration gets.

    Args:
        party: As declared.
        declaration: Its flow and overrides.
        found: The operators its identifier names, one per arrangement, with their ground. One
            operator under several arrangements gets what the best of them gives.
    """
    named = _named_now(found)
    if len({_identity(held) for held, _ in named}) != 1:
        return PartyResult(party=party, recognised=False, steps=(_unidentified(party, named),))
    judged = [_judge(party, declaration, held, ground) for held, ground in named]
    return max(judged, key=lambda result: (result.recognised, _count(result)))


def _named_now(
    found: Sequence[tuple[HeldOperator, Ground]],
) -> Sequence[tuple[HeldOperator, Ground]]:
    """An authorisation that has ended does not make its operator's living one ambiguous."""
    alive = [pair for pair in found if pair[0].status in {Status.VALID, Status.SUSPENDED}]
    return alive or found


def _identity(held: HeldOperator) -> tuple[str, str, str]:
    return held.record.tin, held.record.programme, held.record.authorisation


def _count(result: PartyResult) -> int:
    return sum(benefit.granted for benefit in result.benefits)


def _judge(
    party: DeclaredParty, declaration: Declaration, held: HeldOperator, ground: Ground
) -> PartyResult:
    steps: tuple[RuleStep, ...] = (
        _arrangement(held, ground),
        _status(held, ground),
        _step(3, passed=True, reason=_R.OK, text=_named(party, held.record)),
    )
    recognised = all(step.passed for step in steps)
    benefits: tuple[BenefitResult, ...] = ()
    if recognised:
        more, benefits = _benefits(party, declaration, held, ground)
        steps = (*steps, *more)
    return PartyResult(
        party=party,
        recognised=recognised,
        arrangement=held.arrangement.id,
        partner=held.partner.territory,
        tin=held.record.tin,
        authorisation=held.record.authorisation,
        programme=held.record.programme,
        status=held.status,
        as_of=held.as_of,
        steps=steps,
        benefits=benefits,
    )


def _unidentified(party: DeclaredParty, found: Sequence[tuple[HeldOperator, Ground]]) -> RuleStep:
    if party.identifier is None:
        return _step(
            3,
            passed=False,
            reason=_R.IDENTIFIER_NOT_DECLARED,
            text="no identifier is declared for this party",
        )
    if not found:
        return _step(
            3,
            passed=False,
            reason=_R.IDENTIFIER_NOT_FOUND,
            text="no partner has told us of an operator with this identifier, neither as an "
            "authorisation number as issued nor as territory code + national identifier",
        )
    return _step(
        3,
        passed=False,
        reason=_R.IDENTIFIER_AMBIGUOUS,
        text=f"the identifier names {len(found)} operators: "
        + ", ".join(f"{held.record.tin} ({held.arrangement.id})" for held, _ in found),
    )


def _named(party: DeclaredParty, record: OperatorRecord) -> str:
    how = "authorisation number" if party.identifier == record.authorisation else "TIN"
    return f"declared as {how} of {record.tin}"


def _arrangement(held: HeldOperator, ground: Ground) -> RuleStep:
    arrangement = held.arrangement
    if not ground.confirmed:
        return _step(
            1,
            passed=False,
            reason=_R.ARRANGEMENT_NOT_CONFIRMED,
            text=f"our copy of {arrangement.id} is a draft: two officers have not confirmed it",
        )
    if not arrangement.in_force(ground.on, parties=(ground.us, held.partner.territory)):
        return _step(
            1,
            passed=False,
            reason=_R.ARRANGEMENT_NOT_IN_FORCE,
            text=f"{arrangement.id} is not in force between {ground.us} and "
            f"{held.partner.territory} on {ground.on}",
        )
    return _step(1, passed=True, reason=_R.OK, text=f"{arrangement.id} is in force on {ground.on}")


def _status(held: HeldOperator, ground: Ground) -> RuleStep:
    reason, text = _judge_status(held, ground)
    return _step(2, passed=reason is _R.OK, reason=reason, text=text)


def _judge_status(held: HeldOperator, ground: Ground) -> tuple[RecognitionReason, str]:
    record = held.record
    if held.as_of is None:
        return _R.NEVER_LISTED, f"{held.partner.territory} has not sent us a list yet"
    if held.stale:
        return (
            _R.DATA_STALE,
            f"the last word of {held.partner.territory} is of {_said(held.as_of, ground)}",
        )
    if held.status == NOT_LISTED:
        return _R.STATUS_NOT_LISTED, f"not on the list of {held.partner.territory}"
    if held.status != Status.VALID:
        return (
            _R.STATUS_NOT_VALID,
            f"{record.authorisation} is {held.status} since {_said(held.effective_from, ground)}",
        )
    if record.expires_on is not None and record.expires_on < ground.on_there:
        return _R.AUTHORISATION_EXPIRED, f"{record.authorisation} expired on {record.expires_on}"
    covered = held.arrangement.check_covered(record, issuer=held.partner)
    if covered is not Reason.OK:
        return (
            _R.OUT_OF_SCOPE,
            f"{record.programme}, tier {record.tier or 'not known'}: {covered} of "
            f"{held.arrangement.id}",
        )
    return (
        _R.OK,
        f"{record.authorisation} is valid since {_said(held.effective_from, ground)} and in scope",
    )


def _said(at: datetime, ground: Ground) -> str:
    return f"{at.astimezone(ground.zone):%Y-%m-%d %H:%M} ({ground.zone.key})"


def _benefits(
    party: DeclaredParty, declaration: Declaration, held: HeldOperator, ground: Ground
) -> tuple[tuple[RuleStep, ...], tuple[BenefitResult, ...]]:
    ours = [
        benefit
        for benefit in held.arrangement.benefits.value or ()
        if benefit.granted_by == ground.us
    ]
    judged = [(benefit, _judge_benefit(benefit, party, declaration, ground)) for benefit in ours]
    steps = tuple(_summary(judged, declaration))
    results = tuple(
        BenefitResult(
            code=benefit.code,
            title=benefit.title,
            granted=reason is _R.OK,
            reason=reason,
            parameters=benefit.parameters,
            legal_reference=benefit.legal_reference,
        )
        for benefit, reason in judged
    )
    return steps, results


def _judge_benefit(
    benefit: Benefit, party: DeclaredParty, declaration: Declaration, ground: Ground
) -> RecognitionReason:
    if declaration.type not in benefit.flows:
        return _R.FLOW_NOT_COVERED
    if party.role not in benefit.functions:
        return _R.FUNCTION_NOT_COVERED
    if benefit.code not in ground.offered_at_home:
        return _R.NOT_OFFERED_AT_HOME
    if benefit.local_holder_only or benefit.code in ground.local_only:
        return _R.LOCAL_HOLDER_ONLY
    if declaration.overrides:
        return _R.OVERRIDDEN
    return _R.OK


_STEP_OF = {
    _R.FLOW_NOT_COVERED: 4,
    _R.FUNCTION_NOT_COVERED: 4,
    _R.NO_BENEFITS_AGREED: 5,
    _R.NOT_OFFERED_AT_HOME: 5,
    _R.LOCAL_HOLDER_ONLY: 6,
    _R.OVERRIDDEN: 7,
}


def _summary(
    judged: Sequence[tuple[Benefit, RecognitionReason]], declaration: Declaration
) -> Iterator[RuleStep]:
    """Steps 4 to 7 over all benefits: a step fails when no benefit gets past it."""
    if not judged:
        yield _step(
            5, passed=False, reason=_R.NO_BENEFITS_AGREED, text="no benefit of ours was agreed"
        )
        return
    left = list(judged)
    for number in range(4, 8):
        stopped = [reason for _, reason in left if _STEP_OF.get(reason) == number]
        left = [pair for pair in left if _STEP_OF.get(pair[1]) != number]
        if not left:
            yield _step(
                number,
                passed=False,
                reason=stopped[0],
                text=f"none of {len(judged)} benefits gets past this step",
            )
            return
        yield _step(
            number,
            passed=True,
            reason=_R.OK,
            text=f"{len(left)} of {len(judged)} benefits for {declaration.type}",
        )


def _step(number: int, *, passed: bool, reason: RecognitionReason, text: str) -> RuleStep:
    return RuleStep(number=number, name=STEPS[number - 1], passed=passed, reason=reason, text=text)
