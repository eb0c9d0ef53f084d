"""The rule that says what a recognised foreign AEO gets, in seven steps (pure).

1. the arrangement is in force on the day, confirmed, not stopped, and this side has started
2. the status is valid at the moment of acceptance, and type, tier and role are in scope
3. the identifier is known and declared, and names exactly one operator
4. the flow is covered, and the operator's function on this consignment
5. the benefit was agreed, and our own AEOs are offered it
6. the benefit is not tied to a local holder
7. nothing takes precedence on this consignment, and the benefits are not suspended

What is missing, stale or ambiguous gives no benefit, and says so. Steps 1 to 3 recognise and are
judged here; 4 to 7 are judged benefit by benefit, by decision tables (`benefits/`), and put in
order in `answer.py`.

Source: the product's rule, built from the benefit lists of published arrangements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from mra_gateway.errors import Reason
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.facts import Administration, Arrangement
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.index import HeldFact, Holding, HoldingKey, Reading

VERSION = "seven-steps-2"

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
_ALIVE = frozenset({Status.VALID, Status.SUSPENDED})

Step = dict[str, Any]
"""A `RuleStep` as plain values: hundreds of thousands are made a second."""


class Cover(NamedTuple):
    """An arrangement and the partner under it, as an operator's status is judged by them.

    Attributes:
        us: The deciding administration's territory.
        zone: Our time zone, in which the reasons name moments.
        confirmed: Whether our copy of the arrangement is confirmed.
        as_of: Up to when the partner's word was known; None when it never sent a list.
        stale: Whether that is longer ago than we accept.
    """

    arrangement: Arrangement
    partner: Administration
    us: Territory
    zone: ZoneInfo
    confirmed: bool
    as_of: datetime | None
    stale: bool


class Found(NamedTuple):
    """An authorisation a party's identifier names, as held at the moment of acceptance."""

    reading: Reading
    fact: HeldFact
    cover: Cover

    @property
    def key(self) -> HoldingKey:
        """Which authorisation."""
        return self.reading.holding.key


class Day(NamedTuple):
    """The legal day of acceptance, ours, and by administration theirs.

    Attributes:
        there: By which an administration's authorisations end.
    """

    here: date
    there: Callable[[Administration], date]


Obstacle = Callable[[Found], tuple[RecognitionReason, str] | None]
"""Why an arrangement gives nothing on this consignment for a time, or None."""


class Standing(NamedTuple):
    """Whether a party is recognised: steps 1 to 3.

    Attributes:
        found: The authorisation judged; None when none or several were named.
        reason: `OK`, or of the first step that was not passed.
    """

    found: Found | None
    recognised: bool
    reason: RecognitionReason
    steps: tuple[Step, ...]


def narrow(
    readings: Iterable[Reading],
    *,
    at: datetime,
    cover_of: Callable[[Holding], Cover | None],
) -> Sequence[Found]:
    """Returns what was in effect at a moment, of authorisations that have not ended if there are.

    An authorisation that has ended does not make its operator's living one ambiguous; one named by
    a form that tells operators apart is not made ambiguous by one that does not.

    Args:
        readings: What the index found.
        at: The moment of acceptance.
        cover_of: The arrangement and partner of a holding; None for what is not a partner's.
    """
    found = []
    for reading in readings:
        cover = cover_of(reading.holding)
        fact = None if cover is None else reading.holding.at(at)
        if cover is not None and fact is not None:
            found.append(Found(reading, fact, cover))
    if len(found) > 1:
        found = [one for one in found if not one.reading.form.lossy] or found
        found = [one for one in found if one.fact.status in _ALIVE] or found
    return found


def judge(
    party: DeclaredParty, found: Sequence[Found], *, day: Day, obstacle: Obstacle
) -> list[Standing]:
    """Returns how each authorisation a party's identifier names stands; one where none is named.

    Args:
        party: As declared.
        found: What it names, by `narrow`. One operator under several arrangements gets what the
            best of them gives, so each is judged.
        day: Of acceptance.
        obstacle: What stops an arrangement on this consignment.
    """
    if not found:
        return [_unidentified(party)]
    if len({one.key[2:] for one in found}) > 1:
        return [_ambiguous(found)]
    return [_judge(party, one, day, obstacle) for one in found]


def _judge(party: DeclaredParty, found: Found, day: Day, obstacle: Obstacle) -> Standing:
    first = _arrangement(found, day.here, obstacle)
    second = _status(found, day.there(found.cover.partner))
    third = _identity(party, found)
    for one in (first, second, third):
        if not one["passed"]:
            return Standing(found, False, one["reason"], (first, second, third))  # noqa: FBT003
    return Standing(found, True, _R.OK, (first, second, third))  # noqa: FBT003


def _unidentified(party: DeclaredParty) -> Standing:
    if party.identifier is None:
        reason, text = _R.IDENTIFIER_NOT_DECLARED, "no identifier is declared for this party"
    else:
        reason = _R.IDENTIFIER_NOT_FOUND
        text = (
            "no partner has told us of an operator with this identifier, in any form in which our "
            "rules read it"
        )
    return Standing(None, recognised=False, reason=reason, steps=(step(3, reason, text),))


def _ambiguous(found: Sequence[Found]) -> Standing:
    text = f"the identifier names {len(found)} operators: " + ", ".join(
        f"{one.key.tin} ({one.key.arrangement})" for one in found[:10]
    )
    reason = _R.IDENTIFIER_AMBIGUOUS
    return Standing(None, recognised=False, reason=reason, steps=(step(3, reason, text),))


def _identity(party: DeclaredParty, found: Found) -> Step:
    form, key = found.reading.form, found.key
    if form.lossy:
        return step(
            3,
            _R.IDENTIFIER_LOSSY,
            f"the declared form may be {key.tin}, but by rule {form.rule} it does not tell every "
            "operator apart: an officer has to confirm it",
        )
    if party.identifier is None:
        how = f"a name ({form.rule})"
    elif party.identifier == key.authorisation:
        how = "authorisation number"
    elif party.identifier == key.tin:
        how = "TIN"
    else:
        how = f"a form ({form.rule})"
    return step(3, _R.OK, f"declared as {how} of {key.tin}")


def _arrangement(found: Found, on: date, obstacle: Obstacle) -> Step:
    cover = found.cover
    arrangement, partner = cover.arrangement, cover.partner.territory
    if not cover.confirmed:
        return step(
            1,
            _R.ARRANGEMENT_NOT_CONFIRMED,
            f"our copy of {arrangement.id} is a draft: two officers have not confirmed it",
        )
    if not arrangement.in_force(on, parties=(cover.us, partner)):
        return step(
            1,
            _R.ARRANGEMENT_NOT_IN_FORCE,
            f"{arrangement.id} is not in force between {cover.us} and {partner} on {on}",
        )
    stopped = obstacle(found)
    if stopped is not None:
        return step(1, stopped[0], f"{arrangement.id}: {stopped[1]}")
    return step(1, _R.OK, _in_force(arrangement.id, on))


@lru_cache(maxsize=512)
def _in_force(arrangement: str, on: date) -> str:
    return f"{arrangement} is in force on {on}"


def _status(found: Found, on_there: date) -> Step:
    cover, fact, key = found.cover, found.fact, found.key
    if cover.as_of is None:
        return step(2, _R.NEVER_LISTED, f"{cover.partner.territory} has not sent us a list yet")
    if cover.stale:
        return step(
            2,
            _R.DATA_STALE,
            f"the last word of {cover.partner.territory} is of {said(cover.as_of, cover.zone)}",
        )
    if fact.status == NOT_LISTED:
        return step(2, _R.STATUS_NOT_LISTED, f"not on the list of {cover.partner.territory}")
    since = said(fact.effective_from, cover.zone)
    if fact.status != Status.VALID:
        return step(2, _R.STATUS_NOT_VALID, f"{key.authorisation} is {fact.status} since {since}")
    expires_on = fact.record.expires_on
    if expires_on is not None and expires_on < on_there:
        return step(2, _R.AUTHORISATION_EXPIRED, f"{key.authorisation} expired on {expires_on}")
    covered = cover.arrangement.check_covered_by(
        key.programme,
        tin=key.tin,
        tier=fact.record.tier,
        roles=fact.record.roles,
        issuer=cover.partner,
    )
    if covered is not Reason.OK:
        tier = fact.record.tier or "not known"
        return step(
            2,
            _R.OUT_OF_SCOPE,
            f"{key.programme}, tier {tier}: {covered} of {cover.arrangement.id}",
        )
    return step(2, _R.OK, f"{key.authorisation} is valid since {since} and in scope")


@lru_cache(maxsize=4096)
def said(at: datetime, zone: ZoneInfo) -> str:
    """Returns a moment as reasons name it: in our own zone, which is named."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def step(number: int, reason: RecognitionReason, text: str) -> Step:
    """Returns one step; `OK` passes."""
    return {
        "number": number,
        "name": STEPS[number - 1],
        "passed": reason is _R.OK,
        "reason": reason,
        "text": text,
    }
