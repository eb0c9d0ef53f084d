"""Keeps measures: puts one in place, changes it, ends it, finds it by the beginning of its id.

A measure is a ground of the store (`store/grounds.py`), and a change of it another ground under the
same id: what stood at any position can be read again, so that results are computed again alike.

A measure that ends keeps its span: a consignment accepted within it is decided by it, however late.
Which measures there are and who may order them is decided by the flows that use this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.base import Noun
from mra_gateway.model.faults import faults_of
from mra_gateway.model.identifiers import Tin
from mra_gateway.model.measures import (
    ArrangementStop,
    BenefitSuspension,
    Disruption,
    GroundKind,
    Measure,
    MeasureId,
    PilotScope,
    RandomControl,
    TargetedAlert,
)
from mra_gateway.model.officers import ApprovalKind
from mra_gateway.store import approvals, facts, feed, grounds, journal

M = TypeVar("M", bound=Measure)
N = TypeVar("N", bound=Noun)

_KINDS: Mapping[type[Measure], GroundKind] = {
    BenefitSuspension: GroundKind.BENEFIT_SUSPENSION,
    TargetedAlert: GroundKind.TARGETED_ALERT,
    RandomControl: GroundKind.RANDOM_CONTROL,
    ArrangementStop: GroundKind.ARRANGEMENT_STOP,
    PilotScope: GroundKind.PILOT,
    Disruption: GroundKind.DISRUPTION,
}


class Kept(NamedTuple, Generic[M]):
    """A measure and the ground it stands as."""

    ground: int
    subject: str
    measure: M


def made(kind: type[N], **values: Any) -> N:
    """Returns a noun of what an officer gave.

    Raises:
        RequestRefused: A value does not have the form it should; says which.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = faults_of(error)[0]
        where = ".".join(map(str, first.where)) or None
        raise RequestRefused(f"{first.text}{first.found}", where=where) from None


def lock(connection: Connection, *, at: datetime) -> None:
    """Lets one act on measures at a time: until it commits, no other reads what it changes."""
    feed.advance(connection, at=at)


def check_tins(connection: Connection, *tins: Tin) -> None:
    """Refuses an authorisation number in the place of a TIN: it would be about nobody, unnoticed.

    Some have the form of one (`AEOCN…`, read as of the United Arab Emirates). A TIN nobody has told
    us of yet is taken.

    Raises:
        RequestRefused: Names the operator whose number it is.
    """
    for tin in tins:
        found = facts.find_operators(connection, tins=[tin], authorisations=[tin])
        named = dict.fromkeys(operator for _, operator in found)
        if named and tin not in named:
            raise RequestRefused(
                f"{tin} is an authorisation number of {', '.join(named)}: give the TIN",
                reason=Reason.IDENTIFIER_INVALID,
            )


def put(connection: Connection, measure: Measure, *, subject: str, by: str) -> None:
    """Puts a measure in place; it decides from the next look of each process on."""
    grounds.add(
        connection,
        _KINDS[type(measure)],
        subject=subject,
        content=measure.model_dump_json(exclude_defaults=True),
        at=measure.ordered_at,
        by=by,
    )


def change(connection: Connection, kept: Kept[M], measure: M, *, at: datetime, by: str) -> None:
    """Puts a measure in the place of what it was.

    Raises:
        RequestRefused: Somebody else changed it meanwhile.
    """
    take_away(connection, kept, at=at, by=by)
    grounds.add(
        connection,
        _KINDS[type(measure)],
        subject=kept.subject,
        content=measure.model_dump_json(exclude_defaults=True),
        at=at,
        by=by,
    )


def end(connection: Connection, kept: Kept[M], *, at: datetime, by: str, **values: object) -> None:
    """Ends a measure now; one that has not begun never was.

    Args:
        connection: The transaction.
        kept: The measure.
        at: Now.
        by: Who ends it.
        values: Fields of the measure that say how it ended.

    Raises:
        RequestRefused: It is over, or somebody else changed it meanwhile.
    """
    if kept.measure.is_over(at):
        raise RequestRefused("it is over already", reason=Reason.STATE_NOT_SUITABLE)
    if at <= kept.measure.from_at:
        take_away(connection, kept, at=at, by=by)
        return
    ended = kept.measure.model_copy(update={"until_at": at, **values})
    change(connection, kept, ended, at=at, by=by)


def listed(connection: Connection, kind: type[M], *, running_at: datetime | None) -> list[Kept[M]]:
    """Returns measures of a kind, oldest first.

    Args:
        connection: The transaction.
        kind: Which.
        running_at: Leave out what is over at this moment; None to leave out nothing.
    """
    found = [_kept(ground, kind) for ground in grounds.standing(connection, kind=_KINDS[kind])]
    return [one for one in found if running_at is None or not one.measure.is_over(running_at)]


def get(connection: Connection, kind: type[M], id_: str) -> Kept[M]:
    """Returns a measure; an unambiguous beginning of its id will do.

    Raises:
        RequestRefused: There is none, or more than one that begins so.
    """
    every = listed(connection, kind, running_at=None) if id_ else []
    found = [one for one in every if one.measure.id.startswith(id_)]
    if len(found) != 1:
        what = _KINDS[kind].replace("_", " ")
        raise RequestRefused(
            f"{'no' if not found else 'more than one'} {what} {id_[:40]!r}",
            reason=Reason.NOT_FOUND,
        )
    return found[0]


def note(
    connection: Connection, act: str, measure: Measure, *, at: datetime, by: str, **detail: object
) -> None:
    """Writes an act on a measure in the journal, in the transaction of the act."""
    journal.record(connection, at=at, actor=by, act=act, subject=measure.id, detail=detail)


def ask(
    connection: Connection,
    request: str,
    *,
    kind: ApprovalKind,
    summary: str,
    measure: Measure,
    by: str,
    at: datetime,
    **terms: str,
) -> str:
    """Asks a second officer about a measure, and returns the request.

    Args:
        connection: The transaction.
        request: Its id.
        kind: What the approval carries out.
        summary: For the second officer.
        measure: Which.
        by: Who asks.
        at: Now.
        terms: What else the request says.

    Raises:
        RequestRefused: The same was asked for before and waits.
    """
    for other in approvals.listed(connection):
        if other.kind is kind and asked_about(other) == measure.id:
            raise RequestRefused(
                f"asked for before: request {other.id[:8]} waits", reason=Reason.ALREADY_EXISTS
            )
    approvals.request(
        connection,
        request,
        kind=kind,
        summary=summary,
        payload=json.dumps({"measure": measure.id, **terms}),
        requested_by=by,
        at=at,
    )
    journal.record(
        connection,
        at=at,
        actor=by,
        act=f"requested {kind}",
        subject=request,
        detail={"measure": measure.id},
    )
    return request


def term(approval: approvals.Approval, name: str) -> str:
    """Returns what a request says besides which measure it is about."""
    return str(json.loads(approval.payload)[name])


def asked_about(approval: approvals.Approval) -> MeasureId:
    """Returns the measure a request is about."""
    return MeasureId.trusted(term(approval, "measure"))


def take_away(connection: Connection, kept: Kept[M], *, at: datetime, by: str) -> None:
    """Takes a measure away as if it had never been; results computed before keep it.

    Raises:
        RequestRefused: Somebody else changed it meanwhile.
    """
    if grounds.end(connection, [kept.ground], at=at, by=by) != 1:
        raise RequestRefused("somebody else changed it meanwhile", reason=Reason.STATE_NOT_SUITABLE)


def _kept(ground: grounds.Ground, kind: type[M]) -> Kept[M]:
    return Kept(ground.id, ground.subject, kind.model_validate_json(ground.content))
