"""Plans joint validations, records what was seen, and reports.

1. plan: host, days, place, firms, observers; the checklist: the rows that need a visit
2. record: row by row and firm by firm what was seen, how, the validator's conclusion, the
   observer's opinion
3. report: the conclusion of the whole

What was recorded marks the rows *in practice* (`model/joint_validation.py`); what has to follow is
an action that names the visit.
"""

from __future__ import annotations

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_write import Pen
from mra_gateway.model.comparison import Audience, Comparison, Finding, InPractice
from mra_gateway.model.joint_validation import Seen, Visit, in_practice_at
from mra_gateway.model.negotiation import NegotiationId, Party, Workspace
from mra_gateway.model.officers import Actor
from mra_gateway.model.requirements import Item, ItemId, Method
from mra_gateway.store import negotiation_records, negotiations

_NOTHING_THERE = {
    "ours": {Finding.ONLY_THEIRS, Finding.NOT_APPLICABLE},
    "theirs": {Finding.ONLY_OURS, Finding.NOT_APPLICABLE},
}
"""Findings by which a side has nothing to be visited for."""


class VisitKeeper:
    """Keeps joint validations."""

    def __init__(self, *, book: PartnerBook, pen: Pen, clock: Clock) -> None:
        self._book = book
        self._pen = pen
        self._clock = clock

    def plan(
        self, connection: Connection, id_: NegotiationId, planned: Visit, *, by: Actor
    ) -> Visit:
        """Writes a plan; without rows of its own it gets those that need a visit.

        Args:
            connection: The transaction.
            id_: The negotiation.
            planned: Its key, moment and writer are given here.
            by: The officer.

        Raises:
            RequestRefused: Not permitted, or a row that is not compared.
        """
        workspace = self._pen.open(connection, id_, by=by)
        compared = self._compared(connection, workspace)
        unknown = set(planned.checklist) - {row.item for row in compared.rows}
        if unknown:
            raise RequestRefused(f"no row {min(unknown)!r} is compared", reason=Reason.NOT_FOUND)
        visit = planned.model_copy(
            update={
                "key": self._pen.next_key(connection, id_, Visit, prefix="V"),
                "at": self._clock.now(),
                "by": by.name,
                "checklist": planned.checklist
                or self._rows_to_visit(connection, workspace, host=planned.host),
                "findings": (),
            }
        )
        return self._pen.write(connection, workspace, visit, over=None)

    def rows_to_visit(
        self, connection: Connection, id_: NegotiationId, *, host: Party
    ) -> tuple[ItemId, ...]:
        """Returns the rows a visit to a side should look at.

        Those usually assessed on site, or of which it is not known how they are assessed, that no
        visit to that side has confirmed yet without a remark.

        Raises:
            RequestRefused: No such negotiation.
        """
        return self._rows_to_visit(connection, negotiations.get(connection, id_), host=host)

    def record(
        self,
        connection: Connection,
        id_: NegotiationId,
        visit: str,
        *,
        seen: Seen,
        over: int | None = None,
        by: Actor,
    ) -> Visit:
        """Adds what was seen of a row at a firm; to change it the version is named.

        Raises:
            RequestRefused: Not permitted, no such visit, row or firm; reported already; or
                `ROW_CHANGED`.
        """
        workspace = self._pen.open(connection, id_, by=by)
        before = self._pen.get(connection, id_, Visit, key=visit)
        self._check_recordable(connection, workspace, before, seen)
        kept = tuple(one for one in before.findings if not _same(one, seen))
        replaces = len(kept) < len(before.findings)
        written = seen.model_copy(update={"at": self._clock.now(), "by": by.name})
        after = before.model_copy(update={"findings": (*kept, written), "by": by.name})
        # what is added beside other findings overwrites nobody's
        held = over if over is not None or replaces else before.version
        return self._pen.write(connection, workspace, after, over=held)

    def report(
        self,
        connection: Connection,
        id_: NegotiationId,
        visit: str,
        *,
        text: str,
        audience: Audience = Audience.INTERNAL,
        over: int,
        by: Actor,
    ) -> Visit:
        """Closes a visit with its conclusion.

        Raises:
            RequestRefused: Not permitted, no such visit, nothing was recorded, or `ROW_CHANGED`.
        """
        workspace = self._pen.open(connection, id_, by=by)
        before = self._pen.get(connection, id_, Visit, key=visit)
        if not before.findings:
            raise RequestRefused(
                f"nothing was recorded at {visit}", reason=Reason.STATE_NOT_SUITABLE
            )
        after = before.model_copy(
            update={"report": text, "report_audience": audience, "by": by.name}
        )
        return self._pen.write(connection, workspace, after, over=over)

    def _check_recordable(
        self, connection: Connection, workspace: Workspace, visit: Visit, seen: Seen
    ) -> None:
        if visit.report is not None:
            raise RequestRefused(
                f"{visit.key} is reported", reason=Reason.STATE_NOT_SUITABLE, where=visit.key
            )
        if seen.firm not in {firm.name for firm in visit.firms}:
            raise RequestRefused(
                f"{seen.firm[:60]!r} is no firm of {visit.key}: "
                f"{'; '.join(firm.name for firm in visit.firms)}",
                reason=Reason.NOT_FOUND,
            )
        if not any(row.item == seen.item for row in self._compared(connection, workspace).rows):
            raise RequestRefused(f"no row {seen.item!r} is compared", reason=Reason.NOT_FOUND)

    def _rows_to_visit(
        self, connection: Connection, workspace: Workspace, *, host: Party
    ) -> tuple[ItemId, ...]:
        visits = _latest_visits(connection, workspace.id)
        items = self._items(workspace)
        return tuple(
            row.item
            for row in self._compared(connection, workspace).rows
            if row.finding not in _NOTHING_THERE[host]
            if _needs_site(items.get(row.item))
            if in_practice_at(visits, row.item, host=host) is not InPractice.CONFIRMED
        )

    def _items(self, workspace: Workspace) -> dict[ItemId, Item]:
        catalogue = self._book.registry.requirements.get(workspace.catalogue)
        facts = () if catalogue is None else catalogue.items
        return {fact.value.id: fact.value for fact in facts if fact.value is not None}

    @staticmethod
    def _compared(connection: Connection, workspace: Workspace) -> Comparison:
        found = negotiations.find_comparison(connection, workspace.id, audience=Audience.INTERNAL)
        assert found is not None  # a negotiation is opened on one
        return found


def _needs_site(item: Item | None) -> bool:
    """An item nobody says how to assess is looked at rather than left out."""
    return item is None or not item.assessed_by or Method.SITE in item.assessed_by


def _latest_visits(connection: Connection, id_: NegotiationId) -> list[Visit]:
    last = {visit.key: visit for visit in negotiation_records.history(connection, id_, Visit)}
    return list(last.values())


def _same(one: Seen, other: Seen) -> bool:
    return (one.item, one.firm, one.method) == (other.item, other.firm, other.method)
