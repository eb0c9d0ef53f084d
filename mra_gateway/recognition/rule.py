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

import orjson

from mra_gateway.errors import Reason
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.declarations import DeclaredParty
from mra_gateway.model.facts import Administration, Arrangement
from mra_gateway.model.identifiers import ProgrammeId, Territory
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.index import Form, HeldFact, HoldingKey, Reading, Shape

VERSION = "seven-steps-4"

STALE_AFTER_DAYS = 45
"""A partner silent for longer gives no benefit: lists are at most monthly in the practice read."""

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

Step = Any
"""A `RuleStep` as plain values, or as JSON already: hundreds of thousands are made a second."""


class Cover:
    """An arrangement and the partner under it, as an operator's status is judged by them.

    Attributes:
        us: The deciding administration's territory.
        zone: Our time zone, in which the reasons name moments.
        confirmed: Whether our copy of the arrangement is confirmed.
        as_of: Up to when the partner's word was known; None when it never sent a list.
    """

    def __init__(
        self,
        arrangement: Arrangement,
        partner: Administration,
        *,
        us: Territory,
        zone: ZoneInfo,
        confirmed: bool,
        as_of: datetime | None,
        silent_since: date | None,
        today: date,
    ) -> None:
        """Takes what is the same for every operator.

        Args:
            arrangement: The arrangement.
            partner: Who answers for the operators.
            us: As above.
            zone: As above.
            confirmed: As above.
            as_of: As above.
            silent_since: The day of `as_of`, ours.
            today: The day of deciding.
        """
        self.arrangement = arrangement
        self.partner = partner
        self.us = us
        self.zone = zone
        self.confirmed = confirmed
        self.as_of = as_of
        self._silent_since = silent_since
        self._today = today
        self._in_force: dict[date, tuple[RecognitionReason, Step]] = {}
        self._covered: dict[tuple[ProgrammeId, str, Shape], Reason] = {}

    def in_force(self, on: date) -> tuple[RecognitionReason, Step]:
        """Step 1, as far as it is the same for every operator on a day."""
        made = self._in_force.get(on)
        if made is None:
            reason, text = self._judge_in_force(on)
            made = self._in_force[on] = reason, orjson.Fragment(orjson.dumps(step(1, reason, text)))
        return made

    def is_open(self, on: date) -> bool:
        """Says whether the partner's valid authorisations are recognised on a day."""
        return self.in_force(on)[0] is _R.OK and self.as_of is not None and not self.is_stale(on)

    def is_stale(self, on: date) -> bool:
        """Says whether the partner's word is older than we accept, for an acceptance on a day.

        By the day of deciding; by that of acceptance where somebody states one that is to come.
        """
        since = self._silent_since
        return since is not None and (max(on, self._today) - since).days > STALE_AFTER_DAYS

    def _judge_in_force(self, on: date) -> tuple[RecognitionReason, str]:
        id_, partner = self.arrangement.id, self.partner.territory
        if not self.confirmed:
            return (
                _R.ARRANGEMENT_NOT_CONFIRMED,
                f"our copy of {id_} is not confirmed as it stands: two officers confirm it, and "
                "again after every change",
            )
        if not self.arrangement.in_force(on, parties=(self.us, partner)):
            return (
                _R.ARRANGEMENT_NOT_IN_FORCE,
                f"{id_} is not in force between {self.us} and {partner} on {on}",
            )
        return _R.OK, f"{id_} is in force on {on}"

    def covers(self, key: HoldingKey, shape: Shape) -> Reason:
        """Returns `OK` when the partner brings such an authorisation in, else why not."""
        asked = (key.programme, key.tin[:2], shape)
        reason = self._covered.get(asked)
        if reason is None:
            reason = self._covered[asked] = self.arrangement.check_covered_by(
                key.programme,
                tin=key.tin,
                tier=shape.tier,
                roles=tuple(shape.roles),
                issuer=self.partner,
            )
        return reason


class Found(NamedTuple):
    """An authorisation a party's identifier names, as held at the moment of acceptance."""

    key: HoldingKey
    form: Form
    fact: HeldFact
    cover: Cover


Obstacle = Callable[[HoldingKey], tuple[RecognitionReason, str] | None]
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
    cover_of: Callable[[HoldingKey], Cover | None],
) -> Sequence[Found]:
    """Returns what was in effect at a moment, of authorisations that have not ended if there are.

    An authorisation that has ended does not make its operator's living one ambiguous; one named by
    a form that tells operators apart is not made ambiguous by one that does not.

    Args:
        readings: What the index found.
        at: The moment of acceptance.
        cover_of: The arrangement and partner of an authorisation; None for what is not a partner's.
    """
    found = []
    for holding, form in readings:
        cover = cover_of(holding.key)
        fact = None if cover is None else holding.at(at)
        if cover is not None and fact is not None:
            found.append(Found(holding.key, form, fact, cover))
    if len(found) > 1:
        found = [one for one in found if not one.form.lossy] or found
        found = [one for one in found if one.fact.status in _ALIVE] or found
    return found


def judge(
    party: DeclaredParty,
    found: Sequence[Found],
    *,
    on: date,
    on_there: Callable[[Territory], date],
    obstacle: Obstacle | None,
) -> list[Standing]:
    """Returns how each authorisation a party's identifier names stands; one where none is named.

    Args:
        party: As declared.
        found: What it names, by `narrow`. One operator under several arrangements gets what the
            best of them gives, so each is judged.
        on: The legal day of acceptance, ours.
        on_there: The same in another administration's zone, by which its authorisations end.
        obstacle: What stops an arrangement on this consignment; None when nothing does.
    """
    if not found:
        return [_unidentified(party)]
    if len(found) > 1 and len({one.key[2:] for one in found}) > 1:
        return [_ambiguous(found)]
    return [_judge(party, one, on, on_there(one.key.issuer), obstacle) for one in found]


def _judge(
    party: DeclaredParty, found: Found, on: date, on_there: date, obstacle: Obstacle | None
) -> Standing:
    first, shown = found.cover.in_force(on)
    if obstacle is not None and first is _R.OK:
        stopped = obstacle(found.key)
        if stopped is not None:
            first = stopped[0]
            shown = step(1, first, f"{found.key.arrangement}: {stopped[1]}")
    second, status = _status(found, on, on_there)
    third, identity = _identity(party, found)
    reason = first if first is not _R.OK else second if second is not _R.OK else third
    steps = (shown, step(2, second, status), step(3, third, identity))
    return Standing(found, reason is _R.OK, reason, steps)


def _unidentified(party: DeclaredParty) -> Standing:
    return NOT_DECLARED if party.identifier is None else NOT_FOUND


def _ambiguous(found: Sequence[Found]) -> Standing:
    text = f"the identifier names {len(found)} operators: " + ", ".join(
        f"{one.key.tin} ({one.key.arrangement})" for one in found[:10]
    )
    return not_found(_R.IDENTIFIER_AMBIGUOUS, text)


def not_found(reason: RecognitionReason, text: str) -> Standing:
    """Returns the standing of a party that names nobody, or several."""
    return Standing(None, recognised=False, reason=reason, steps=(step(3, reason, text),))


def _identity(party: DeclaredParty, found: Found) -> tuple[RecognitionReason, str]:
    form, key = found.form, found.key
    if form.lossy:
        return (
            _R.IDENTIFIER_LOSSY,
            f"the declared form may be {key.tin}, but by rule {form.rule} it does not tell every "
            "operator apart: an officer has to confirm it",
        )
    return _R.OK, named(party.identifier, key, form)


def named(identifier: str | None, key: HoldingKey, form: Form) -> str:
    """Returns how a declared identifier names an authorisation."""
    if identifier == key.authorisation:
        return f"declared as authorisation number of {key.tin}"
    if identifier == key.tin:
        return f"declared as TIN of {key.tin}"
    how = "name" if identifier is None else "form"
    return f"declared as a {how} ({form.rule}) of {key.tin}"


def _status(found: Found, on: date, on_there: date) -> tuple[RecognitionReason, str]:
    key, _, fact, cover = found
    if cover.as_of is None:
        return _R.NEVER_LISTED, f"{key.issuer} has not sent us a list yet"
    if cover.is_stale(on):
        return (
            _R.DATA_STALE,
            f"the last word of {key.issuer} is of {said(cover.as_of, cover.zone)}",
        )
    if fact.status == NOT_LISTED:
        return _R.STATUS_NOT_LISTED, f"not on the list of {key.issuer}"
    since = said(fact.effective_from, cover.zone)
    if fact.status != Status.VALID:
        return _R.STATUS_NOT_VALID, f"{key.authorisation} is {fact.status} since {since}"
    record = fact.record
    if record.expires_on is not None and record.expires_on < on_there:
        return (
            _R.AUTHORISATION_EXPIRED,
            f"{key.authorisation} expired on {record.expires_on}",
        )
    covered = cover.covers(key, record.shape)
    if covered is not Reason.OK:
        tier = record.shape.tier or "not known"
        return (
            _R.OUT_OF_SCOPE,
            f"{key.programme}, tier {tier}: {covered} of {cover.arrangement.id}",
        )
    return _R.OK, valid(key, since)


def valid(key: HoldingKey, since: str) -> str:
    """Returns what is said of an authorisation in good standing."""
    return f"{key.authorisation} is valid since {since} and in scope"


@lru_cache(maxsize=16_384)
def said(at: datetime, zone: ZoneInfo) -> str:
    """Returns a moment as reasons name it: in our own zone, which is named."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def step(number: int, reason: RecognitionReason, text: str) -> dict[str, Any]:
    """Returns one step; `OK` passes."""
    return {
        "number": number,
        "name": STEPS[number - 1],
        "passed": reason is _R.OK,
        "reason": reason,
        "text": text,
    }


NOT_DECLARED = not_found(_R.IDENTIFIER_NOT_DECLARED, "no identifier is declared for this party")
NOT_FOUND = not_found(
    _R.IDENTIFIER_NOT_FOUND,
    "no partner has told us of an operator with this identifier, in any form in which our rules "
    "read it",
)
