"""What a negotiation holds besides the comparison, cut down to what the reader may see.

`for_reader` is the one gate: entries marked internal, and internal parts of entries for the
partner, are gone before anything is composed from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from pydantic import JsonValue

from mra_gateway.documents.speaking import Printing
from mra_gateway.model.comparison import Audience
from mra_gateway.model.joint_validation import Seen, Visit
from mra_gateway.model.negotiation import Action, Entry, Position, Question, Remark

E = TypeVar("E", bound=Entry)


class Held(NamedTuple):
    """The current entries of a negotiation; terms of the arrangement are positions too."""

    positions: tuple[Position, ...] = ()
    remarks: tuple[Remark, ...] = ()
    questions: tuple[Question, ...] = ()
    actions: tuple[Action, ...] = ()
    visits: tuple[Visit, ...] = ()

    def term(self, key: str) -> JsonValue:
        """Returns the value of a term, as proposed or agreed; None where it is open."""
        return next((each.value for each in self.positions if each.key == key), None)


NOTHING_HELD = Held()


def for_reader(held: Held, printing: Printing) -> Held:
    """Returns what is held without what the reader may not see."""
    if not printing.is_for_partner:
        return held
    return Held(
        positions=tuple(
            position
            if position.justification_audience is Audience.PARTNER
            else position.model_copy(update={"justification": None})
            for position in _shown(held.positions)
        ),
        remarks=_shown(held.remarks),
        questions=tuple(
            question
            if question.answer_audience is Audience.PARTNER
            else question.model_copy(update={"answer": None})
            for question in _shown(held.questions)
        ),
        actions=tuple(
            action
            if action.result_audience is Audience.PARTNER
            else action.model_copy(update={"result": None})
            for action in _shown(held.actions)
        ),
        visits=tuple(_visit(visit) for visit in _shown(held.visits)),
    )


def _shown(entries: Iterable[E]) -> tuple[E, ...]:
    return tuple(entry for entry in entries if entry.audience is Audience.PARTNER)


def _visit(visit: Visit) -> Visit:
    kept: dict[str, object] = {
        "findings": tuple(
            _seen(seen) for seen in visit.findings if seen.audience is Audience.PARTNER
        )
    }
    if visit.report_audience is not Audience.PARTNER:
        kept["report"] = None
    return visit.model_copy(update=kept)


def _seen(seen: Seen) -> Seen:
    if seen.opinion_audience is Audience.PARTNER:
        return seen
    return seen.model_copy(update={"opinion": None})
