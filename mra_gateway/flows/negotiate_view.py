"""Puts a negotiation together as it stands: rows, questions, visits, actions, how far it has come.

1. read what is kept; for the partner leave what is for the partner (`negotiate_redact.py`)
2. mark the rows with what joint validations found, both sides of each
3. count
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_redact import Kept, redact
from mra_gateway.model.comparison import Audience, Comparison, Finding
from mra_gateway.model.dossier import Dossier, PhaseView, Progress, RowView
from mra_gateway.model.joint_validation import Visit, in_practice, in_practice_at
from mra_gateway.model.negotiation import (
    Action,
    Attachment,
    Entry,
    Holiday,
    NegotiationId,
    Phase,
    PhaseStep,
    Position,
    Question,
    Remark,
)
from mra_gateway.store import negotiation_records, negotiations

E = TypeVar("E", bound=Entry)


class Viewer:
    """Shows negotiations."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def dossier(
        self,
        connection: Connection,
        id_: NegotiationId,
        *,
        audience: Audience = Audience.INTERNAL,
    ) -> Dossier:
        """Returns a negotiation as it stands, for ourselves or for the partner.

        Raises:
            RequestRefused: No such negotiation.
        """
        kept = read_kept(connection, id_)
        model = self._book.registry.phases.get(kept.workspace.phases)
        return dossier_of(
            kept,
            audience=audience,
            phases=() if model is None else model.known(),
            on=self._book.day_of(self._clock.now()),
        )


def read_kept(connection: Connection, id_: NegotiationId) -> Kept:
    """Returns everything kept of a negotiation.

    Raises:
        RequestRefused: No such negotiation.
    """

    def every(model: type[E]) -> tuple[E, ...]:
        return tuple(negotiation_records.history(connection, id_, model))

    def compared(audience: Audience) -> Comparison | None:
        return negotiations.find_comparison(connection, id_, audience=audience)

    return Kept(
        workspace=negotiations.get(connection, id_),
        comparison=compared(Audience.INTERNAL),
        for_partner=compared(Audience.PARTNER),
        positions=every(Position),
        remarks=every(Remark),
        questions=every(Question),
        visits=every(Visit),
        actions=every(Action),
        holidays=every(Holiday),
        phases=every(PhaseStep),
        documents=every(Attachment),
    )


def dossier_of(
    kept: Kept, *, audience: Audience, phases: Sequence[Phase] = (), on: date
) -> Dossier:
    """Returns what a reader may see of what is kept.

    Args:
        kept: Everything; what is not for the reader is left out here.
        audience: Who reads.
        phases: Of the model, in order.
        on: The day it is put together.
    """
    # 1
    if audience is Audience.PARTNER:
        kept = redact(kept)
        comparison = kept.for_partner
    else:
        comparison = kept.comparison
    # 2
    visits = _latest(kept.visits)
    marked = None if comparison is None else _marked(comparison, visits)
    rows = tuple(_rows(kept.positions, marked, visits))
    steps = {step.key: step for step in kept.phases}
    seen = tuple(PhaseView(phase=phase, step=steps.get(phase.id)) for phase in phases)
    questions, actions = _latest(kept.questions), _latest(kept.actions)
    # 3
    return Dossier(
        workspace=kept.workspace,
        audience=audience,
        on=on,
        comparison=marked,
        phases=seen,
        rows=rows,
        questions=questions,
        remarks=_latest(kept.remarks),
        visits=visits,
        actions=actions,
        holidays=_latest(kept.holidays),
        documents=_latest(kept.documents),
        progress=_progress(
            rows, questions=questions, actions=actions, visits=visits, phases=seen, on=on
        ),
    )


def _latest(entries: Iterable[E]) -> tuple[E, ...]:
    return tuple({entry.key: entry for entry in entries}.values())


def _marked(comparison: Comparison, visits: Sequence[Visit]) -> Comparison:
    rows = tuple(
        row.model_copy(update={"in_practice": in_practice(visits, row.item, finding=row.finding)})
        for row in comparison.rows
    )
    return comparison.model_copy(update={"rows": rows})


def _rows(
    positions: Sequence[Position], comparison: Comparison | None, visits: Sequence[Visit]
) -> Iterable[RowView]:
    """Yields the rows in the order of the catalogue, then terms and others by name."""
    taken: dict[str, list[Position]] = {}
    for position in positions:
        taken.setdefault(position.key, []).append(position)
    compared = {} if comparison is None else {row.item: row for row in comparison.rows}
    for key in (*compared, *sorted(set(taken) - set(compared))):
        history = tuple(taken.get(key, ()))
        yield RowView(
            key=key,
            compared=compared.get(key),
            in_practice_ours=in_practice_at(visits, key, host="ours"),
            in_practice_theirs=in_practice_at(visits, key, host="theirs"),
            position=history[-1] if history else None,
            history=history,
        )


def _progress(
    rows: Sequence[RowView],
    *,
    questions: Sequence[Question],
    actions: Sequence[Action],
    visits: Sequence[Visit],
    phases: Sequence[PhaseView],
    on: date,
) -> Progress:
    compared = [row.compared for row in rows if row.compared is not None]
    begun = [one for one in phases if one.step is not None]
    reported = [visit for visit in visits if visit.report is not None]
    return Progress(
        rows=len(rows),
        settled=sum(row.is_settled for row in rows),
        states=dict(Counter(row.state for row in rows)),
        findings=dict(Counter(row.finding for row in compared)),
        established=sum(row.finding is not Finding.NOT_ESTABLISHED for row in compared),
        in_practice=dict(Counter(row.in_practice for row in compared)),
        questions=len(questions),
        answered=sum(one.answer is not None for one in questions),
        actions=len(actions),
        done=sum(one.done_on is not None for one in actions),
        overdue=sum(one.done_on is None and one.due_on < on for one in actions),
        visits=dict(Counter(visit.host for visit in visits)),
        reported=dict(Counter(visit.host for visit in reported)),
        phases=len(phases),
        phases_ended=sum(one.step is not None and one.step.ended_on is not None for one in phases),
        phase=begun[-1].phase.id if begun else None,
    )
