"""Opens a negotiation on a comparison, and takes a newer comparison into it.

The rows of the comparison are the rows of the negotiation. Two are taken: one for ourselves, and
one made for the partner, which alone can enter what is exported for the partner.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.negotiate_write import WRITERS, Pen
from mra_gateway.model.comparison import Audience, Comparison, Finding
from mra_gateway.model.negotiation import NegotiationId, Workspace
from mra_gateway.model.officers import Actor
from mra_gateway.model.requirements import ItemId
from mra_gateway.store import journal, negotiations


class Moved(NamedTuple):
    """A row whose finding is another one than before; None: there was or is no such row."""

    item: ItemId
    before: Finding | None
    after: Finding | None


class Opener:
    """Opens negotiations."""

    def __init__(self, *, book: PartnerBook, pen: Pen, clock: Clock) -> None:
        self._book = book
        self._pen = pen
        self._clock = clock

    def open(
        self,
        connection: Connection,
        id_: NegotiationId,
        comparison: Comparison,
        *,
        for_partner: Comparison | None = None,
        phases: str,
        by: Actor,
    ) -> Workspace:
        """Opens a negotiation on a comparison and returns it.

        Args:
            connection: The transaction.
            id_: How it will be called.
            comparison: Of our programme with theirs, for ourselves.
            for_partner: The same, made for the partner; without it the partner is shown positions
                and no comparison.
            phases: Id of a model of phases.
            by: The officer.

        Raises:
            RequestRefused: Not permitted, the id is taken, no such model of phases, the first
                programme is not ours, or the two comparisons are not of the same things.
        """
        check_role(by, *WRITERS)
        known = self._book.registry.phases
        if phases not in known:
            raise RequestRefused(
                f"no model of phases {phases[:40]!r}: {', '.join(sorted(known))}",
                reason=Reason.NOT_FOUND,
            )
        self._check(comparison, for_partner)
        workspace = Workspace(
            id=id_,
            ours=comparison.ours.programme,
            theirs=comparison.theirs.programme,
            catalogue=comparison.catalogue,
            edition=comparison.edition,
            phases=phases,
            opened_at=self._clock.now(),
            opened_by=by.name,
        )
        negotiations.add(connection, workspace)
        self._take(connection, workspace, comparison, for_partner, by=by)
        return workspace

    def renew(
        self,
        connection: Connection,
        id_: NegotiationId,
        comparison: Comparison,
        *,
        for_partner: Comparison | None = None,
        by: Actor,
    ) -> tuple[Moved, ...]:
        """Takes a newer comparison, after a side changed its rules, and says what moved.

        Positions stay: what was agreed on a row that moved is for the negotiators to look at.

        Raises:
            RequestRefused: As `open`; or it is of other programmes or another catalogue.
        """
        workspace = self._pen.open(connection, id_, by=by)
        self._check(comparison, for_partner)
        same = (comparison.ours.programme, comparison.theirs.programme, comparison.catalogue)
        if same != (workspace.ours, workspace.theirs, workspace.catalogue):
            raise RequestRefused(f"the comparison is not of what {id_} is about")
        before = negotiations.find_comparison(connection, id_, audience=Audience.INTERNAL)
        self._take(connection, workspace, comparison, for_partner, by=by)
        was = {} if before is None else {row.item: row.finding for row in before.rows}
        now = {row.item: row.finding for row in comparison.rows}
        return tuple(
            Moved(item, was.get(item), now.get(item))
            for item in dict.fromkeys((*was, *now))
            if was.get(item) is not now.get(item)
        )

    def _check(self, comparison: Comparison, for_partner: Comparison | None) -> None:
        if comparison.ours.programme.territory != self._book.us:
            raise RequestRefused(
                f"{comparison.ours.programme} is not a programme of {self._book.us}: the first of "
                "the two is ours"
            )
        if comparison.audience is not Audience.INTERNAL:
            raise RequestRefused("our own comparison is an internal one")
        if for_partner is None:
            return
        if for_partner.audience is not Audience.PARTNER:
            raise RequestRefused("the second comparison is not made for the partner")
        if _subject(for_partner) != _subject(comparison):
            raise RequestRefused("the two comparisons are not of the same things")

    def _take(
        self,
        connection: Connection,
        workspace: Workspace,
        comparison: Comparison,
        for_partner: Comparison | None,
        *,
        by: Actor,
    ) -> None:
        at = self._clock.now()
        for one in (comparison, for_partner):
            if one is not None:
                negotiations.take_comparison(connection, workspace.id, one, at=at, by=by.name)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="negotiation comparison",
            subject=workspace.id,
            detail={
                "ours": f"{workspace.ours} version {comparison.ours.version}",
                "theirs": f"{workspace.theirs} version {comparison.theirs.version}",
                "catalogue": f"{comparison.catalogue}@{comparison.edition}",
            },
        )


def _subject(comparison: Comparison) -> tuple[object, ...]:
    return (
        comparison.ours.programme,
        comparison.theirs.programme,
        comparison.catalogue,
        comparison.edition,
        tuple(row.item for row in comparison.rows),
    )
