"""Leaves of a negotiation what is for the partner, and nothing internal.

The one place where it is decided. Everything a reader, an export or a document gets of a
negotiation comes from `Kept`; for the partner it goes through `redact` first, which builds each
entry anew from what was marked for the partner:

- of an entry, the versions for the partner; an internal later version leaves the earlier one
- of those, texts with an audience of their own only where that is the partner
- no login names, no numbers of versions that would tell how often we thought again
- the comparison that was made for the partner, never our own
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from mra_gateway.model.comparison import Audience, Comparison
from mra_gateway.model.joint_validation import Seen, Visit
from mra_gateway.model.negotiation import (
    Action,
    Attachment,
    Entry,
    Holiday,
    PhaseStep,
    Position,
    Question,
    Remark,
    Workspace,
)

E = TypeVar("E", bound=Entry)


class Kept(NamedTuple):
    """A negotiation as stored: every version of every entry, in the order written.

    Attributes:
        comparison: Made for ourselves.
        for_partner: Made for the partner.
    """

    workspace: Workspace
    comparison: Comparison | None = None
    for_partner: Comparison | None = None
    positions: tuple[Position, ...] = ()
    remarks: tuple[Remark, ...] = ()
    questions: tuple[Question, ...] = ()
    visits: tuple[Visit, ...] = ()
    actions: tuple[Action, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    phases: tuple[PhaseStep, ...] = ()
    documents: tuple[Attachment, ...] = ()


def redact(kept: Kept) -> Kept:
    """Returns what of a negotiation is for the partner."""
    visits = tuple(_visit(versions) for versions in _told(kept.visits))
    known = {visit.key for visit in visits}
    return Kept(
        workspace=kept.workspace.model_copy(update={"opened_by": None}),
        for_partner=kept.for_partner,
        positions=tuple(
            position for versions in _told(kept.positions) for position in _positions(versions)
        ),
        remarks=tuple(_plain(versions[-1]) for versions in _told(kept.remarks)),
        questions=tuple(_question(versions) for versions in _told(kept.questions)),
        visits=visits,
        actions=tuple(_action(versions, visits=known) for versions in _told(kept.actions)),
        holidays=tuple(_plain(versions[-1]) for versions in _told(kept.holidays)),
        phases=tuple(_plain(versions[-1]) for versions in _told(kept.phases)),
        documents=tuple(_plain(versions[-1]) for versions in _told(kept.documents)),
    )


def _told(entries: Iterable[E]) -> list[list[E]]:
    """Returns the versions for the partner, by key."""
    by_key: dict[str, list[E]] = {}
    for entry in entries:
        if entry.audience is Audience.PARTNER:
            by_key.setdefault(entry.key, []).append(entry)
    return list(by_key.values())


def _plain(entry: E, *, at: datetime | None = None, **changes: Any) -> E:
    return entry.model_copy(update={"version": 1, "by": None, "at": at or entry.at, **changes})


def _positions(versions: list[Position]) -> Iterable[Position]:
    """Returns the history the partner may see; what changed for ourselves only drops out."""
    told: list[Position] = []
    for one in versions:
        why = one.justification if one.justification_audience is Audience.PARTNER else None
        shown = _plain(
            one,
            version=len(told) + 1,
            justification=why,
            justification_audience=Audience.PARTNER,
        )
        if not told or _content(told[-1]) != _content(shown):
            told.append(shown)
    return told


def _content(position: Position) -> Position:
    return position.model_copy(update={"version": 1, "at": datetime.min})  # noqa: DTZ901 - compared


def _question(versions: list[Question]) -> Question:
    first, answered = versions[0], [one for one in versions if one.answer is not None]
    open_answers = [one for one in answered if one.answer_audience is Audience.PARTNER]
    if not open_answers:
        return _plain(first, answer=None, answer_audience=Audience.PARTNER)
    return _plain(open_answers[-1])


def _visit(versions: list[Visit]) -> Visit:
    last = versions[-1]
    is_told = last.report_audience is Audience.PARTNER
    return _plain(
        last,
        at=versions[0].at,
        findings=tuple(_seen(one) for one in last.findings if one.audience is Audience.PARTNER),
        report=last.report if is_told else None,
        report_audience=Audience.PARTNER,
    )


def _seen(seen: Seen) -> Seen:
    is_told = seen.opinion_audience is Audience.PARTNER
    return seen.model_copy(
        update={
            "by": None,
            "opinion": seen.opinion if is_told else None,
            "opinion_audience": Audience.PARTNER,
        }
    )


def _action(versions: list[Action], *, visits: set[str]) -> Action:
    last = versions[-1]
    is_told = last.result_audience is Audience.PARTNER
    return _plain(
        last,
        at=versions[0].at,
        result=last.result if is_told else None,
        result_audience=Audience.PARTNER,
        visit=last.visit if last.visit in visits else None,
    )
