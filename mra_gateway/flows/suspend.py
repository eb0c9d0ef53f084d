"""Suspends the benefits of an operator, its status untouched, and restores them.

1. order: one officer stops them, at once; a request to confirm waits for another
2. confirm: the other officer approves that request. Past its time it is overdue, which `watch.py`
   raises an alert for; the suspension stands
3. restore: one officer asks, another approves

Each is one transaction. What a partner is told of a suspension, a confirmation or a restoration is
announced from here, in the same one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import keep_measures
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.notify import Notifier
from mra_gateway.identifiers.candidates import candidate_tins
from mra_gateway.model.base import Noun
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import (
    ArrangementId,
    AuthorisationNumber,
    Territory,
    Tin,
)
from mra_gateway.model.measures import BenefitSuspension, MeasureId, SuspensionReason, Where
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind, OfficerRole
from mra_gateway.model.operators import Code, Text
from mra_gateway.store import approvals, facts

_ROLES = (OfficerRole.AEO, OfficerRole.RISK)


class SuspensionOrder(Noun):
    """What one officer orders; what is left out does not restrict.

    Attributes:
        operator: TIN or authorisation number as issued.
        authorisation: Only this one of the operator's.
        from_at: Now when absent.
    """

    operator: Text
    arrangement: ArrangementId | None = None
    authorisation: AuthorisationNumber | None = None
    where: Where = Field(default_factory=Where)
    site: Text | None = None
    codes: Literal["all"] | tuple[Code, ...] = ALL
    from_at: AwareDatetime | None = None
    until_at: AwareDatetime | None = None
    reason_class: SuspensionReason
    reason: Text
    substitutes: tuple[Text, ...] = ()


class Suspender:
    """Suspends and restores benefits."""

    def __init__(
        self, *, book: PartnerBook, notifier: Notifier, clock: Clock, confirm_within: timedelta
    ) -> None:
        self._book = book
        self._notifier = notifier
        self._clock = clock
        self._confirm_within = confirm_within

    def order(
        self, connection: Connection, order: SuspensionOrder, *, by: Actor
    ) -> BenefitSuspension:
        """Step 1: stops benefits at once, and asks another officer to confirm.

        Raises:
            RequestRefused: Not permitted, nobody has told us of such an operator, or something that
                is named is not known.
        """
        check_role(by, *_ROLES)
        self._check(order)
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        partner, tin = self._find(connection, order.operator, order.arrangement)
        _check_authorisation(connection, order.authorisation, of=tin)
        values = order.model_dump(exclude={"operator", "substitutes", "from_at"})
        suspension = keep_measures.made(
            BenefitSuspension,
            **values,
            id=MeasureId(self._clock.new_uuid()),
            partner=partner,
            tin=tin,
            from_at=order.from_at or at,
            substitutes=tuple(
                self._substitute(connection, one, instead_of=tin) for one in order.substitutes
            ),
            ordered_by=by.name,
            ordered_at=at,
            confirm_before=at + self._confirm_within,
        )
        keep_measures.put(connection, suspension, subject=tin, by=by.name)
        self._ask_to_confirm(connection, suspension)
        keep_measures.note(
            connection,
            "benefits suspended",
            suspension,
            at=at,
            by=by.name,
            **suspension.model_dump(mode="json", exclude_defaults=True, exclude={"id"}),
        )
        self._notifier.suspended(connection, suspension)
        return suspension

    def get(self, connection: Connection, id_: str) -> BenefitSuspension:
        """Returns a suspension; an unambiguous beginning of its id will do.

        Raises:
            RequestRefused: There is none, or more than one that begins so.
        """
        return keep_measures.get(connection, BenefitSuspension, id_).measure

    def listed(self, connection: Connection, *, every: bool = False) -> list[BenefitSuspension]:
        """Returns the suspensions that stand or are to begin, or with the past ones all."""
        at = None if every else self._clock.now()
        found = keep_measures.listed(connection, BenefitSuspension, running_at=at)
        return [one.measure for one in found]

    def request_restoration(
        self, connection: Connection, id_: str, *, reason: str, by: Actor
    ) -> str:
        """Step 3: asks a second officer to restore benefits, and returns the request.

        Raises:
            RequestRefused: Not permitted, none such, over already, or asked for before.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.RESTORE_BENEFITS])
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        suspension = self.get(connection, id_)
        if suspension.is_over(at):
            raise RequestRefused("it is over already", reason=Reason.STATE_NOT_SUITABLE)
        return keep_measures.ask(
            connection,
            self._clock.new_uuid(),
            kind=ApprovalKind.RESTORE_BENEFITS,
            summary=f"Restore the benefits of {suspension.tin} "
            f"({suspension.extent_in_words()}): {reason}",
            measure=suspension,
            by=by.name,
            at=at,
        )

    # --- approved by a second officer

    def confirm(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Step 2: writes down who confirmed; nothing else changes, early or late.

        Raises:
            RequestRefused: It was changed meanwhile.
        """
        at = self._clock.now()
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, BenefitSuspension, approval.id)
        confirmed = kept.measure.model_copy(update={"confirmed_by": second, "confirmed_at": at})
        keep_measures.change(connection, kept, confirmed, at=at, by=second)
        keep_measures.note(connection, "suspension confirmed", confirmed, at=at, by=second)
        self._notifier.suspended(connection, confirmed)

    def keep(self, connection: Connection, approval: approvals.Approval, second: str) -> None:  # noqa: ARG002
        """Refuses to reject a confirmation: that would lift a suspension by one officer.

        Raises:
            RequestRefused: Always.
        """
        raise RequestRefused(
            f"a suspension is not lifted by rejecting it: suspensions restore {approval.id[:8]}",
            reason=Reason.STATE_NOT_SUITABLE,
        )

    def restore(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Lifts a suspension from now on; it needs no confirmation any more.

        Raises:
            RequestRefused: It is over, or was changed meanwhile.
        """
        at = self._clock.now()
        # requests are locked before measures by every act, so that no two wait for each other
        confirmation = approvals.get(connection, keep_measures.asked_about(approval))
        keep_measures.lock(connection, at=at)
        kept = keep_measures.get(connection, BenefitSuspension, confirmation.id)
        both = (approval.requested_by, second)
        keep_measures.end(connection, kept, at=at, by=second, restored_by=both)
        if confirmation.state == approvals.OPEN:
            approvals.decide(
                connection, confirmation.id, state=approvals.LAPSED, by=second, at=at,
                note="benefits restored",
            )  # fmt: skip
        keep_measures.note(
            connection, "benefits restored", kept.measure, at=at, by=second, requested_by=both[0]
        )
        self._notifier.resumed(connection, kept.measure)

    # --- what an order names

    def _check(self, order: SuspensionOrder) -> None:
        registry = self._book.registry
        if order.arrangement is not None:
            arrangement = registry.get_arrangement(order.arrangement)
            if arrangement.party(self._book.us) is None:
                raise RequestRefused(
                    f"{self._book.us} is not a party of {order.arrangement}",
                    reason=Reason.NOT_A_PARTY,
                )
        if order.codes == ALL:
            return
        unknown = [code for code in order.codes if code not in registry.benefits]
        if unknown or not order.codes:
            raise RequestRefused(
                f"no benefit {unknown[0]!r} in the catalogue" if unknown else "name a benefit",
                reason=Reason.NOT_FOUND,
                where="codes",
            )

    def _find(
        self, connection: Connection, text: str, arrangement: ArrangementId | None
    ) -> tuple[Territory, Tin]:
        """Returns who granted the status of an operator, and its TIN."""
        described = self._book.registry.administrations.values()
        territories = [code for one in described for code in one.tin_territories.value or ()]
        named = {
            (register.issuer, tin)
            for register, tin in facts.find_operators(
                connection,
                tins=candidate_tins(text, territories=territories),
                authorisations=[text],
            )
            if register.arrangement != facts.OWN and arrangement in {None, register.arrangement}
        }
        if len(named) > 1:
            among = ", ".join(sorted(tin for _, tin in named)[:5])
            raise RequestRefused(
                f"{text[:60]!r} names several operators: {among}",
                reason=Reason.IDENTIFIER_INVALID,
            )
        if not named:
            under = "" if arrangement is None else f" under {arrangement}"
            raise RequestRefused(
                f"no partner has told us of {text[:60]!r}{under}: give the TIN, or the "
                "authorisation number as issued",
                reason=Reason.NOT_FOUND,
            )
        return named.pop()

    def _substitute(self, connection: Connection, text: str, *, instead_of: Tin) -> Tin:
        _, tin = self._find(connection, text, None)
        if tin == instead_of:
            raise RequestRefused("an operator is no substitute for itself", where="substitutes")
        return tin

    def _ask_to_confirm(self, connection: Connection, suspension: BenefitSuspension) -> None:
        """The request has the id of the suspension, so that one id is read over the telephone."""
        keep_measures.ask(
            connection,
            suspension.id,
            kind=ApprovalKind.CONFIRM_SUSPENSION,
            summary=f"Confirm that the benefits of {suspension.tin} are suspended "
            f"({suspension.extent_in_words()}): {suspension.reason}",
            measure=suspension,
            by=suspension.ordered_by,
            at=suspension.ordered_at,
            due_at=suspension.confirm_before.isoformat(),
            partner=suspension.partner,
        )


def _check_authorisation(
    connection: Connection, number: AuthorisationNumber | None, *, of: Tin
) -> None:
    """Refuses a number that is none of the operator's: nothing would be stopped, unnoticed."""
    if number is None:
        return
    held = facts.find_operators(connection, authorisations=[number])
    if of not in {tin for _, tin in held}:
        raise RequestRefused(
            f"{of} has no authorisation {number[:70]!r}",
            reason=Reason.NOT_FOUND,
            where="authorisation",
        )
