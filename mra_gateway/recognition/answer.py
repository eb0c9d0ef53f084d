"""What recognition answers about one party, put together from the steps and the table's outcomes.

Plain values, as `PartyResult` writes them: a batch holds thousands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mra_gateway.model.benefits import Outcome
from mra_gateway.model.facts import Flow
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.rule import Standing, Step, step

_R = RecognitionReason

_STEP_OF = {
    _R.NOT_AGREED: 5,
    _R.NO_BENEFITS_AGREED: 5,
    _R.NOT_OFFERED_AT_HOME: 5,
    _R.LOCAL_PARAMETER_UNKNOWN: 5,
    _R.LOCAL_HOLDER_ONLY: 6,
    _R.OVERRIDDEN: 7,
    _R.TARGETED_ALERT: 7,
    _R.RANDOM_CONTROL: 7,
    _R.BENEFITS_SUSPENDED: 7,
    _R.SHADOW_MODE: 7,
}
"""Every other reason of a table says that a condition of the consignment does not hold: step 4."""


class Judged(NamedTuple):
    """The outcomes of one table for a consignment, as steps and benefits.

    Attributes:
        granted: How many benefits are granted.
        reason: `OK`, or where nothing is granted why not.
    """

    steps: tuple[Step, ...]
    benefits: orjson.Fragment
    holder_benefits: orjson.Fragment
    granted: int
    reason: RecognitionReason
    corrections: tuple[str, ...]


def put_in_order(outcomes: Sequence[Outcome], *, flow: Flow) -> Judged:
    """Returns the outcomes as steps 4 to 7: a step fails when no benefit gets past it."""
    granted = sum(outcome.granted for outcome in outcomes)
    steps = _steps(outcomes, flow)
    shown = [(outcome.attaches_to, _benefit(outcome)) for outcome in outcomes]
    missing = dict.fromkeys(
        outcome.text.partition(": ")[2] or outcome.text
        for outcome in outcomes
        if outcome.missing is not None
    )
    return Judged(
        tuple(as_json(one) for one in steps),
        as_json([one for attaches_to, one in shown if attaches_to == "consignment"]),
        as_json([one for attaches_to, one in shown if attaches_to == "holder"]),
        granted,
        next((one["reason"] for one in steps if not one["passed"]), _R.OK),
        tuple(missing),
    )


def as_json(values: Any) -> orjson.Fragment:
    """Returns values written as JSON once, to be put into many answers."""
    return orjson.Fragment(orjson.dumps(values))


def _steps(outcomes: Sequence[Outcome], flow: Flow) -> list[Step]:
    if not outcomes:
        return [step(5, _R.NO_BENEFITS_AGREED, "no benefit of ours was agreed")]
    steps: list[Step] = []
    left = list(outcomes)
    for number in range(4, 8):
        stopped = [one.reason for one in left if _step_of(one) == number]
        left = [one for one in left if _step_of(one) != number]
        if not left:
            text = f"none of {len(outcomes)} benefits gets past this step"
            return [*steps, step(number, stopped[0], text)]
        steps.append(step(number, _R.OK, f"{len(left)} of {len(outcomes)} benefits for {flow}"))
    return steps


def _step_of(outcome: Outcome) -> int:
    return 8 if outcome.granted else _STEP_OF.get(outcome.reason, 4)


def _benefit(outcome: Outcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "title": outcome.title,
        "granted": outcome.granted,
        "reason": outcome.reason,
        "row": outcome.row,
        "text": outcome.text,
        "missing": outcome.missing,
        "parameters": outcome.parameters,
        "legal_reference": outcome.legal_reference,
    }


def answer(
    party: bytes,
    standing: Standing,
    judged: Judged | None,
    *,
    table: str | None,
    shadow: bool,
    flags: Sequence[Mapping[str, str]],
    corrections: Sequence[str],
) -> dict[str, Any]:
    """Returns what one party, as declared, as JSON, gets, with the fields of a `PartyResult`."""
    shown = orjson.Fragment(party)
    found = standing.found
    if found is None:
        return {"party": shown, **_NOBODY, "steps": standing.steps, "corrections": corrections}
    key, form, fact, cover = found
    return {
        "party": shown,
        "recognised": standing.recognised,
        "arrangement": key.arrangement,
        "partner": key.issuer,
        "tin": key.tin,
        "authorisation": key.authorisation,
        "programme": key.programme,
        "tier": fact.record.shape.tier,
        "status": fact.status,
        "read_by": form.rule,
        "as_of": cover.as_of,
        "steps": standing.steps if judged is None else (*standing.steps, *judged.steps),
        "benefits": _NONE if judged is None else judged.benefits,
        "holder_benefits": _NONE if judged is None else judged.holder_benefits,
        "table": table,
        "shadow": shadow,
        "flags": flags,
        "corrections": (
            (*corrections, *judged.corrections) if judged and judged.corrections else corrections
        ),
    }


_NONE = as_json([])
_NOBODY: dict[str, Any] = {
    "recognised": False,
    "arrangement": None,
    "partner": None,
    "tin": None,
    "authorisation": None,
    "programme": None,
    "tier": None,
    "status": None,
    "read_by": None,
    "as_of": None,
    "benefits": _NONE,
    "holder_benefits": _NONE,
    "table": None,
    "shadow": False,
    "flags": _NONE,
}
"""The fields of a party that is nobody we know: every answer has all of them."""
