"""A negotiation as it stands, put together for reading, export and documents.

For the partner it holds what is for the partner and nothing else: `flows/negotiate_redact.py`.
"""

from __future__ import annotations

from datetime import date

from mra_gateway.model.base import Noun
from mra_gateway.model.comparison import Audience, Comparison, Finding, InPractice, Row
from mra_gateway.model.joint_validation import Visit
from mra_gateway.model.negotiation import (
    Action,
    Attachment,
    Holiday,
    Phase,
    PhaseStep,
    Position,
    Question,
    Remark,
    RowKey,
    RowState,
    Workspace,
)

SETTLED_ON_PAPER = frozenset(
    {Finding.EQUIVALENT, Finding.EQUIVALENT_BY_OTHER_MEANS, Finding.NOT_APPLICABLE}
)
"""Findings that leave nothing to agree on."""


class RowView(Noun):
    """One row: what was compared, what was seen, where it stands.

    Attributes:
        compared: None for a term of the arrangement.
        position: The last version; None while nobody took a position.
        history: Every version, oldest first.
    """

    key: RowKey
    compared: Row | None = None
    in_practice_ours: InPractice = InPractice.NOT_VISITED
    in_practice_theirs: InPractice = InPractice.NOT_VISITED
    position: Position | None = None
    history: tuple[Position, ...] = ()

    @property
    def state(self) -> RowState:
        """Where it stands between the two sides."""
        return RowState.OPEN if self.position is None else self.position.state

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to agree: it is agreed, or the same and nobody took a position.

        A row that is the same on paper and was not confirmed on site is not settled by itself.
        """
        if self.position is not None:
            return self.state is RowState.AGREED
        if self.compared is None or self.compared.finding not in SETTLED_ON_PAPER:
            return False
        return self.compared.in_practice is not InPractice.NOT_CONFIRMED


class PhaseView(Noun):
    """One phase of the model, and when it began and ended."""

    phase: Phase
    step: PhaseStep | None = None


class Progress(Noun):
    """How far it has come.

    Attributes:
        rows: Items and terms.
        settled: Of them, those with nothing left to agree.
        established: Items of which the comparison says anything.
        overdue: Actions whose day has passed.
        visits: Side → visits to it, those with a report.
        phases_ended: Phases of the model that ended.
        phase: The last phase that began.
    """

    rows: int
    settled: int
    states: dict[RowState, int]
    findings: dict[Finding, int]
    established: int
    in_practice: dict[InPractice, int]
    questions: int
    answered: int
    actions: int
    done: int
    overdue: int
    visits: dict[str, int]
    reported: dict[str, int]
    phases: int
    phases_ended: int
    phase: str | None = None


class Dossier(Noun):
    """Everything a reader may see of a negotiation.

    Attributes:
        on: The day it was put together, in our time zone.
        comparison: Its rows marked with what joint validations found.
        visits: And the other entries: the last version of each.
    """

    workspace: Workspace
    audience: Audience
    on: date
    comparison: Comparison | None = None
    phases: tuple[PhaseView, ...] = ()
    rows: tuple[RowView, ...] = ()
    questions: tuple[Question, ...] = ()
    remarks: tuple[Remark, ...] = ()
    visits: tuple[Visit, ...] = ()
    actions: tuple[Action, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    documents: tuple[Attachment, ...] = ()
    progress: Progress
