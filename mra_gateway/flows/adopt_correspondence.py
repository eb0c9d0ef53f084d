"""Takes what a partner says stands for an operator of ours into our own register, or out again.

An officer's act, on a notice that was heard: a code becomes an identifier in the partner's systems,
a name a further name, of every authorisation of the operator that is alive; a withdrawal takes it
out. The change is announced like any other. A later import of the whole register keeps it only if
the national system has it by then.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.hear_notice import ENDS
from mra_gateway.flows.plan_import import LIVE, own_fact
from mra_gateway.flows.tell import OwnChange
from mra_gateway.model.changes import ChangeKind, Status
from mra_gateway.model.identifiers import ChangeId
from mra_gateway.model.measures import CorrespondenceKind
from mra_gateway.model.messages import CorrespondenceAct, CorrespondenceNotice
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.model.operators import Address, OperatorName, OperatorRecord, PartnerIdentifier
from mra_gateway.store import facts, journal, notices, properties

MOST_IDENTIFIERS, MOST_NAMES = 200, 20
"""As many as a record holds."""


class Adopted(NamedTuple):
    """What became of a correspondence in our register.

    Attributes:
        authorisations: Whose record changed.
        queued: Change rows queued for recipients.
    """

    notice: notices.Recorded
    authorisations: tuple[str, ...]
    queued: int


class Adopter:
    """Takes correspondences of partners into our own register."""

    def __init__(self, *, announcer: Announcer, book: PartnerBook, clock: Clock) -> None:
        self._announcer = announcer
        self._book = book
        self._clock = clock

    def adopt(
        self, connection: Connection, notice_row: int, *, by: Actor, list_of: str | None = None
    ) -> Adopted:
        """Changes the records of the operator a notice is about.

        Args:
            connection: The transaction.
            notice_row: The notice's number.
            by: The officer.
            list_of: The list a code is of, where the notice names none.

        Raises:
            RequestRefused: Not permitted; no such notice; it was taken over before, or is withdrawn
                meanwhile; no authorisation of the operator is alive; nothing would change.
        """
        check_role(by, OfficerRole.AEO)
        at = self._clock.now()
        properties.lock_register(connection)
        found, notice = self._find(connection, notice_row)
        register = facts.Register(self._book.us, facts.OWN)
        held = facts.believed(connection, register, [notice.tin])
        alive = [
            fact
            for of_key in held.values()
            if (fact := facts.at_moment(of_key, valid_at=at)) is not None and fact.status in LIVE
        ]
        if not alive:
            raise RequestRefused(
                f"no authorisation of {notice.tin} is alive in our register",
                reason=Reason.NOT_FOUND,
            )
        changes = [
            OwnChange(
                fact.key,
                ChangeId(self._clock.new_uuid()),
                ChangeKind.AMENDED,
                Status(fact.status),
                at,
                record.model_copy(update={"record_version": _newest(held[fact.key]) + 1}),
            )
            for fact in alive
            if (record := _changed(fact.record, notice, list_of=list_of)) != fact.record
        ]
        if not changes:
            raise RequestRefused("the register says so already", reason=Reason.ALREADY_EXISTS)
        facts.add(connection, register, [own_fact(change) for change in changes], at=at)
        queued = self._announcer.announce(connection, changes, at=at)
        notices.adopt(connection, notice_row, at=at, by=by.name)
        notices.see(connection, notice_row, at=at, by=by.name)
        named = tuple(change.key.authorisation for change in changes)
        journal.record(
            connection,
            at=at,
            actor=by.name,
            act=f"correspondence of a partner {_DONE[notice.act]}",
            subject=notice.tin,
            detail={
                "notice": notice_row,
                "partner": found.partner,
                "text": notice.text,
                "authorisations": named,
                "queued": queued,
            },
        )
        return Adopted(found._replace(adopted_at=at, adopted_by=by.name), named, queued)

    def _find(
        self, connection: Connection, notice_row: int
    ) -> tuple[notices.Recorded, CorrespondenceNotice]:
        found = notices.find(connection, notice_row)
        notice = None if found is None else found.notice
        if found is None or found.direction != "in" or not isinstance(notice, CorrespondenceNotice):
            raise RequestRefused(
                f"no correspondence of a partner with number {notice_row}", reason=Reason.NOT_FOUND
            )
        if found.adopted_by is not None:
            raise RequestRefused(
                f"{found.adopted_by} has taken it over before", reason=Reason.STATE_NOT_SUITABLE
            )
        last = notices.last_heard(
            connection,
            notice.correspondence_id,
            partner=found.partner,
            arrangement=found.arrangement,
        )
        if last is not None and last.notice.act in ENDS and notice.act not in ENDS:
            raise RequestRefused(
                f"{found.partner} has withdrawn it, notice {last.id}",
                reason=Reason.NOTICE_ENDED,
            )
        return found, notice


_DONE = {CorrespondenceAct.CONFIRMED: "adopted", CorrespondenceAct.WITHDRAWN: "taken out"}


def _newest(held: list[facts.Fact]) -> int:
    return max(fact.record_version for fact in held)


def _changed(
    record: OperatorRecord, notice: CorrespondenceNotice, *, list_of: str | None
) -> OperatorRecord:
    if notice.matter is CorrespondenceKind.NAME:
        return _with_name(record, notice)
    others = tuple(
        one
        for one in record.partner_identifiers
        if one.value != notice.text or one.kind != (notice.list or list_of or one.kind)
    )
    if notice.act is CorrespondenceAct.WITHDRAWN:
        return record.model_copy(update={"partner_identifiers": others})
    kind = notice.list or list_of
    if kind is None:
        raise RequestRefused("the notice names no list: say of which the code is, --list")
    if others != record.partner_identifiers:
        return record
    if len(others) >= MOST_IDENTIFIERS:
        raise RequestRefused(f"{record.authorisation} has {MOST_IDENTIFIERS} identifiers already")
    site = None
    if notice.site is not None:
        site = Address(lines=(notice.site,), territory=record.tin.territory)
    new = PartnerIdentifier(kind=kind, value=notice.text, site=site)
    return record.model_copy(update={"partner_identifiers": (*others, new)})


def _with_name(record: OperatorRecord, notice: CorrespondenceNotice) -> OperatorRecord:
    others = tuple(one for one in record.names if one.text != notice.text)
    if notice.act is CorrespondenceAct.WITHDRAWN:
        return record.model_copy(update={"names": others})
    if others != record.names or record.legal_name == notice.text:
        return record
    if len(others) >= MOST_NAMES:
        raise RequestRefused(f"{record.authorisation} has {MOST_NAMES} names already")
    return record.model_copy(update={"names": (*others, OperatorName(text=notice.text))})
