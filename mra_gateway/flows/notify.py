"""Notifies partners of our own acts: benefits stopped or given again, trade disrupted, codes known.

1. who: the partner that granted the status, under each arrangement concerned; of a disruption every
   partner once; of a correspondence its operator's administration, once
2. may it be told: the arrangement covers the exchange now, and the partner takes such notices, as
   far as it has said what it takes; what is not told is kept with the reason, for the officer. A
   correspondence is told because an officer asks for it: what may not be told is refused at once
3. what: the class of the reason, never its words; nothing about who decided
4. queued in the transaction of the act, once however often it is asked for; signed by the packer

What ends is told wherever its beginning was, so long as the arrangement may be used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.hear_notice import ENDS, may_travel, what_is
from mra_gateway.model.facts import ALL
from mra_gateway.model.identifiers import ArrangementId, Territory
from mra_gateway.model.measures import (
    BenefitSuspension,
    Correspondence,
    CorrespondenceKind,
    Disruption,
    MeasureId,
    Where,
)
from mra_gateway.model.messages import (
    CorrespondenceAct,
    CorrespondenceNotice,
    DisruptionAct,
    DisruptionNotice,
    MessageKind,
    Notice,
    Place,
    SuspensionAct,
    SuspensionNotice,
)
from mra_gateway.store import capabilities, journal, lanes, notices, outbox, properties

_NOT_TAKEN = frozenset({outbox.VOIDED, outbox.PARKED})
"""States of a message the partner did not take: what it carried was not told."""


class Told(NamedTuple):
    """What became of a notice for one partner under one arrangement.

    Attributes:
        reason: `OK` when it is queued or was told before, else why the partner is not told.
    """

    partner: Territory
    arrangement: ArrangementId | None
    reason: Reason


class Notifier:
    """Queues notices of our acts for the partners concerned."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def suspended(self, connection: Connection, suspension: BenefitSuspension) -> tuple[Told, ...]:
        """Tells the partner that benefits of one of its operators are stopped.

        Asked for again it tells what has changed since, and whom it could not tell then.
        """
        at = self._clock.now()
        partner = suspension.partner
        if suspension.arrangement is not None:
            under = [suspension.arrangement]
        else:
            under = [id_ for id_, _ in self._book.covers_with(partner, at=at)]
        try:
            notice = _suspended(suspension)
        except ValidationError:
            return self._cannot_say(connection, suspension.id, partner, at=at)
        return self._tell(connection, notice, ((partner, one) for one in under), at=at)

    def resumed(self, connection: Connection, suspension: BenefitSuspension) -> tuple[Told, ...]:
        """Tells the partner, wherever it was told of the suspension, that it is lifted from now."""
        at = self._clock.now()
        return self._end(
            connection,
            suspension.id,
            at=at,
            act=SuspensionAct.RESUMED,
            effective_from=at,
            until=None,
        )

    def disruption(
        self, connection: Connection, disruption: Disruption, *, act: DisruptionAct
    ) -> tuple[Told, ...]:
        """Tells every partner of a disruption of our own: it begins, goods move again, it ends now.

        What a partner told us is not passed on.
        """
        at = self._clock.now()
        if disruption.announced_by != self._book.us:
            return ()
        if act is DisruptionAct.ENDS:
            return self._end(connection, disruption.id, at=at, act=act, effective_at=at, until=None)
        try:
            notice = _disrupted(disruption, act, at=at)
        except ValidationError:
            return self._cannot_say(connection, disruption.id, None, at=at)
        to: Iterable[tuple[Territory, ArrangementId]]
        if act is DisruptionAct.BEGINS:
            to = self._every_partner(at=at)
        else:
            to = [(one.partner, one.arrangement) for one in _standing(connection, disruption.id)]
        return self._tell(connection, notice, to, at=at)

    def correspondence(
        self, connection: Connection, ground_id: int, confirmed: Correspondence
    ) -> Told:
        """Tells an operator's own administration what was confirmed to stand for it; once.

        Raises:
            RequestRefused: No arrangement in force lets it travel, or the partner does not take
                such notices.
        """
        at, partner = self._clock.now(), confirmed.partner
        under = [id_ for id_, _ in self._book.covers_with(partner, at=at)]
        if not under:
            raise RequestRefused(
                f"no arrangement with {partner} covers the exchange now",
                reason=Reason.ARRANGEMENT_NOT_IN_FORCE,
            )
        agreed = [
            id_
            for id_ in sorted(under)
            if may_travel(confirmed.kind, self._book.registry.get_arrangement(id_))
        ]
        if not agreed:
            raise RequestRefused(
                f"what travels under {', '.join(sorted(under))} holds no such element",
                reason=Reason.DATA_ELEMENT_NOT_AGREED,
            )
        if not capabilities.takes(connection, partner, MessageKind.CORRESPONDENCE_NOTICE):
            raise RequestRefused(
                f"{partner} has not said that it takes such notices: ping it and ask again",
                reason=Reason.KIND_NOT_ACCEPTED,
            )
        told_as = notices.find_told(connection, ground_id)
        notice = _confirmed(confirmed, told_as or MeasureId(self._clock.new_uuid()))
        (told,) = self._tell(connection, notice, [(partner, agreed[0])], at=at, ground_id=ground_id)
        return told

    def correspondence_withdrawn(self, connection: Connection, ground_id: int) -> tuple[Told, ...]:
        """Tells who was told of a correspondence that it is withdrawn from now."""
        told_as = notices.find_told(connection, ground_id)
        if told_as is None:
            return ()
        at = self._clock.now()
        act = CorrespondenceAct.WITHDRAWN
        return self._end(connection, told_as, at=at, ground_id=ground_id, act=act, effective_at=at)

    def _every_partner(self, *, at: datetime) -> list[tuple[Territory, ArrangementId]]:
        """Each partner once, under the first of the arrangements with it."""
        first: dict[Territory, ArrangementId] = {}
        for arrangement, partner in sorted(self._book.covers_with(at=at)):
            first.setdefault(partner, arrangement)
        return list(first.items())

    def _end(
        self,
        connection: Connection,
        notice_id: MeasureId,
        *,
        at: datetime,
        ground_id: int | None = None,
        **ended: object,
    ) -> tuple[Told, ...]:
        told: list[Told] = []
        for one in _standing(connection, notice_id):
            notice = one.notice.model_copy(update=ended)
            over = self._book.has_ended(one.arrangement, at=at)
            reason = Reason.ARRANGEMENT_NOT_IN_FORCE if over else Reason.OK
            to = (one.partner, one.arrangement)
            self._queue(connection, notice, to, reason=reason, at=at, ground_id=ground_id)
            told.append(Told(one.partner, one.arrangement, reason))
        self._journal(connection, notice_id, told, what=str(ended["act"]), at=at)
        return tuple(told)

    def _tell(
        self,
        connection: Connection,
        notice: Notice,
        to: Iterable[tuple[Territory, ArrangementId]],
        *,
        at: datetime,
        ground_id: int | None = None,
    ) -> tuple[Told, ...]:
        earlier = notices.history(connection, notices.id_of(notice), direction="out")
        told: list[Told] = []
        for partner, arrangement in to:
            reason = self._may_tell(connection, notice, partner, arrangement, at=at)
            last = _last(earlier, partner, arrangement, reason=reason)
            if last is None or last.notice != notice:
                one = (partner, arrangement)
                self._queue(connection, notice, one, reason=reason, at=at, ground_id=ground_id)
            told.append(Told(partner, arrangement, reason))
        self._journal(connection, notices.id_of(notice), told, what=what_is(notice), at=at)
        return tuple(told)

    def _may_tell(
        self,
        connection: Connection,
        notice: Notice,
        partner: Territory,
        arrangement: ArrangementId,
        *,
        at: datetime,
    ) -> Reason:
        covered = self._book.check_exchange(arrangement, partner=partner, at=at)
        if covered is not Reason.OK:
            return covered
        taken = capabilities.takes(connection, partner, notice.kind)
        return Reason.OK if taken else Reason.KIND_NOT_ACCEPTED

    def _queue(
        self,
        connection: Connection,
        notice: Notice,
        to: tuple[Territory, ArrangementId],
        *,
        reason: Reason,
        at: datetime,
        ground_id: int | None,
    ) -> None:
        partner, arrangement = to
        notices.queue(
            connection,
            notice,
            partner=partner,
            arrangement=arrangement,
            at=at,
            untold=None if reason is Reason.OK else reason,
            ground_id=ground_id,
        )
        if reason is Reason.OK:
            epoch = properties.get_epoch(connection)
            lanes.ensure(connection, partner=partner, arrangement=arrangement, epoch=epoch)

    def _cannot_say(
        self,
        connection: Connection,
        notice_id: MeasureId,
        partner: Territory | None,
        *,
        at: datetime,
    ) -> tuple[Told, ...]:
        """More places or benefits than a message holds: the act stands, the partner is not told."""
        told = [Told(partner or self._book.us, None, Reason.VALUE_NOT_ALLOWED)]
        self._journal(connection, notice_id, told, what="too long to be said", at=at)
        return tuple(told)

    def _journal(
        self,
        connection: Connection,
        notice_id: MeasureId,
        told: list[Told],
        *,
        what: str,
        at: datetime,
    ) -> None:
        journal.record(
            connection,
            at=at,
            actor=journal.SYSTEM,
            act=f"partners notified: {what}"[:60],
            subject=notice_id,
            detail={"partners": [one._asdict() for one in told]},
        )


def _suspended(suspension: BenefitSuspension) -> SuspensionNotice:
    return SuspensionNotice(
        suspension_id=suspension.id,
        act=SuspensionAct.SUSPENDED,
        tin=suspension.tin,
        authorisation=suspension.authorisation,
        effective_from=suspension.from_at,
        until=suspension.until_at,
        codes=(ALL,) if suspension.codes == ALL else suspension.codes,
        place=None if suspension.where == Where() else _place(suspension.where),
        site=suspension.site,
        reason_class=suspension.reason_class,
    )


def _disrupted(disruption: Disruption, act: DisruptionAct, *, at: datetime) -> DisruptionNotice:
    begins = act is DisruptionAct.BEGINS
    effective_at = disruption.from_at if begins else disruption.resumed_at or at
    until = disruption.until_at
    return DisruptionNotice(
        disruption_id=disruption.id,
        act=act,
        cause=disruption.cause,
        effective_at=effective_at,
        until=until if until is not None and until > effective_at else None,
        place=_place(disruption.where),
        text=disruption.text,
    )


def _confirmed(confirmed: Correspondence, told_as: MeasureId) -> CorrespondenceNotice:
    is_code = confirmed.kind is CorrespondenceKind.IDENTIFIER
    return CorrespondenceNotice(
        correspondence_id=told_as,
        act=CorrespondenceAct.CONFIRMED,
        matter=confirmed.kind,
        text=confirmed.text,
        list=confirmed.list if is_code else None,
        tin=confirmed.tin,
        site=confirmed.site,
        effective_at=confirmed.confirmed_at,
    )


def _place(where: Where) -> Place:
    return Place(**where.model_dump())


def _last(
    earlier: list[notices.Recorded],
    partner: Territory,
    arrangement: ArrangementId,
    *,
    reason: Reason,
) -> notices.Recorded | None:
    """Returns the last that was told there, or that was not told for the same reason."""
    untold = None if reason is Reason.OK else reason
    return next(
        (
            one
            for one in reversed(earlier)
            if (one.partner, one.arrangement, one.untold) == (partner, arrangement, untold)
            and one.state not in _NOT_TAKEN
        ),
        None,
    )


def _standing(connection: Connection, notice_id: MeasureId) -> list[notices.Recorded]:
    """Returns the last told to each partner under each arrangement, unless it was the end."""
    last: dict[tuple[Territory, ArrangementId], notices.Recorded] = {}
    for one in notices.history(connection, notice_id, direction="out"):
        if one.untold is None and one.state not in _NOT_TAKEN:
            last[one.partner, one.arrangement] = one
    return [one for one in last.values() if one.notice.act not in ENDS]
