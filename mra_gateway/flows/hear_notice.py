"""Hears a partner's notice: what it did about our operators, or what disrupts trade with it.

1. ours: a suspension of benefits, or a correspondence, is about an operator of our own territory,
   in our register or not (who is in it is not for a partner to find out by the answer); of a
   correspondence the arrangement lets travel what it says
2. in its turn: under its id nothing else was told of, nothing ends or resumes that was not begun,
   and what has ended does not come back; that it has ended may be said twice
3. kept, where an officer sees it, and in the journal
4. a disruption stands as a measure of ours (`keep_measures.py`), so that who goes first when goods
   move again is worked out with it

A suspension of benefits abroad changes nothing here: it is for our officers to act on. So is a
correspondence: taking it into the register is an officer's act (`adopt_correspondence.py`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows import keep_measures
from mra_gateway.flows.apply_changes import Applied
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.measures import CorrespondenceKind, Disruption, MeasureId, Where
from mra_gateway.model.messages import (
    CorrespondenceAct,
    CorrespondenceNotice,
    DisruptionAct,
    DisruptionNotice,
    Notice,
    ReceiptOutcome,
    SuspensionAct,
    SuspensionNotice,
)
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.operators import DataElement
from mra_gateway.store import journal, notices
from mra_gateway.store.lanes import Lane

BEGINS = frozenset({SuspensionAct.SUSPENDED, DisruptionAct.BEGINS, CorrespondenceAct.CONFIRMED})
ENDS = frozenset({SuspensionAct.RESUMED, DisruptionAct.ENDS, CorrespondenceAct.WITHDRAWN})
SEE = (OfficerRole.AEO, OfficerRole.RISK)
"""The roles of which an officer needs one to say that a notice was seen."""


class Listener:
    """Judges a partner's notices, keeps them, and ends the alert when an officer has seen one."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def hear(
        self, connection: Connection, notice: Notice, *, lane: Lane, at: datetime, message_row: int
    ) -> Applied:
        """Takes one notice in its turn.

        Args:
            connection: The transaction, with the lane locked.
            notice: What the partner says.
            lane: The lane it came on.
            at: Now.
            message_row: The message that brought it.
        """
        last = notices.last_heard(
            connection,
            notices.id_of(notice),
            partner=lane.partner,
            arrangement=lane.arrangement,
        )
        reason = self._check(notice, last, lane=lane)
        if reason is not Reason.OK:
            outdated = reason is Reason.SUPERSEDED
            outcome = ReceiptOutcome.SUPERSEDED if outdated else ReceiptOutcome.REFUSED
            return Applied(outcome, reason)
        measure = None if last is None else last.measure_id
        if isinstance(notice, DisruptionNotice):
            measure = self._measure(connection, notice, measure, lane=lane, at=at)
        notices.hear(
            connection,
            notice,
            partner=lane.partner,
            arrangement=lane.arrangement,
            at=at,
            message_row=message_row,
            measure_id=measure,
        )
        self._journal(connection, notice, lane=lane, at=at)
        return Applied(ReceiptOutcome.ACCEPTED)

    def _check(self, notice: Notice, last: notices.Recorded | None, *, lane: Lane) -> Reason:
        ours = self._book.our_administration.tin_territories.value or ()
        if not isinstance(notice, DisruptionNotice) and notice.tin.territory not in ours:  # 1
            return Reason.OPERATOR_NOT_OURS
        if isinstance(notice, CorrespondenceNotice):
            arrangement = self._book.registry.get_arrangement(lane.arrangement)
            if not may_travel(notice.matter, arrangement):
                return Reason.DATA_ELEMENT_NOT_AGREED
        if last is None:  # 2
            return Reason.OK if notice.act in BEGINS else Reason.NOTICE_UNKNOWN
        if _subject(last.notice) != _subject(notice):
            return Reason.RECORD_DOUBLED
        if last.notice.act in ENDS:
            return Reason.SUPERSEDED if notice.act in ENDS else Reason.NOTICE_ENDED
        return Reason.OK

    def _measure(
        self,
        connection: Connection,
        notice: DisruptionNotice,
        known: MeasureId | None,
        *,
        lane: Lane,
        at: datetime,
    ) -> MeasureId | None:
        """Step 4: an id of our own, for a partner's might be one of ours."""
        keep_measures.lock(connection, at=at)
        kept = _find(connection, known)
        if kept is None:
            if notice.act not in BEGINS and known is not None:
                return known  # an officer of ours has ended it, or taken it away
            made = self._made(notice, lane=lane, at=at)
            keep_measures.put(connection, made, subject=made.cause, by=lane.partner)
            return made.id
        changed = _changed(kept.measure, notice)
        if changed is None:
            keep_measures.take_away(connection, kept, at=at, by=lane.partner)
        else:
            keep_measures.change(connection, kept, changed, at=at, by=lane.partner)
        return kept.measure.id

    def _made(self, notice: DisruptionNotice, *, lane: Lane, at: datetime) -> Disruption:
        return Disruption(
            id=MeasureId(self._clock.new_uuid()),
            cause=notice.cause,
            where=_where(notice),
            text=notice.text,
            announced_by=lane.partner,
            from_at=notice.effective_at,
            until_at=notice.until,
            ordered_by=OfficerName(journal.SYSTEM),
            ordered_at=at,
        )

    def _journal(self, connection: Connection, notice: Notice, *, lane: Lane, at: datetime) -> None:
        journal.record(
            connection,
            at=at,
            actor=journal.SYSTEM,
            act=f"partner told: {what_is(notice)}",
            subject=notices.id_of(notice),
            detail={
                "partner": lane.partner,
                "arrangement": lane.arrangement,
                **notice.model_dump(mode="json", exclude_none=True, exclude={"kind"}),
            },
        )

    def see(self, connection: Connection, notice_row: int, *, by: Actor) -> notices.Recorded:
        """Writes down that an officer has seen a notice, which ends the alert, and returns it.

        Raises:
            RequestRefused: Not permitted, no such notice, or it was seen before.
        """
        check_role(by, *SEE)
        found = notices.find(connection, notice_row)
        if found is None or found.direction != "in":
            raise RequestRefused(f"no notice {notice_row} of a partner", reason=Reason.NOT_FOUND)
        at = self._clock.now()
        if not notices.see(connection, notice_row, at=at, by=by.name):
            raise RequestRefused(
                f"{found.seen_by or 'somebody'} has seen it before",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act="notice seen",
            subject=notices.id_of(found.notice),
            detail={"partner": found.partner, "notice": notice_row},
        )
        return found._replace(seen_at=at, seen_by=by.name)


def what_is(notice: Notice) -> str:
    """Returns what a notice says, in a few words."""
    if isinstance(notice, SuspensionNotice):
        return f"benefits {notice.act}"
    if isinstance(notice, CorrespondenceNotice):
        return f"correspondence {notice.act}"
    return f"disruption {notice.act}"


def may_travel(matter: CorrespondenceKind, arrangement: Arrangement) -> bool:
    """Says whether what stands for an operator may be told under an arrangement.

    A code needs the identifiers in a partner's systems among the elements agreed; a name, names
    beside them.
    """
    agreed = arrangement.exchange.data_elements.value or ()
    if DataElement.PARTNER_IDENTIFIERS not in agreed:
        return False
    return matter is CorrespondenceKind.IDENTIFIER or DataElement.NAMES in agreed


def _subject(notice: Notice) -> tuple[str | None, ...]:
    """What may not change under one id."""
    if isinstance(notice, SuspensionNotice):
        return notice.kind, notice.tin
    if isinstance(notice, CorrespondenceNotice):
        return notice.kind, notice.tin, notice.matter, notice.text, notice.list
    return (notice.kind,)


def _find(connection: Connection, known: MeasureId | None) -> keep_measures.Kept[Disruption] | None:
    every = keep_measures.listed(connection, Disruption, running_at=None)
    return next((one for one in every if one.measure.id == known), None)


def _where(notice: DisruptionNotice) -> Where:
    return Where(**notice.place.model_dump())


def _changed(held: Disruption, notice: DisruptionNotice) -> Disruption | None:
    """Returns a disruption as a notice leaves it; None for one that ended before it began."""
    said: dict[str, object]
    if notice.act is DisruptionAct.BEGINS:
        said = {"from_at": notice.effective_at, "until_at": notice.until, "resumed_at": None}
    elif notice.act is DisruptionAct.RESUMES:
        said = {"resumed_at": notice.effective_at, "until_at": notice.until or held.until_at}
    else:
        # an officer of ours may have ended it before
        said = {"until_at": min(notice.effective_at, held.until_at or notice.effective_at)}
    told = {"cause": notice.cause, "where": _where(notice), "text": notice.text}
    changed = held.model_copy(update={**said, **told})
    over = changed.until_at is not None and changed.until_at <= changed.from_at
    return None if over else changed
