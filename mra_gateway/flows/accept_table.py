"""Accepts decision tables: one officer asks, another approves, and decisions follow it at once.

1. examine: what is wrong or doubtful, and which version it will be (what a table in use is changed
   to, shadow or live, is another version of it)
2. ask: the table as it was shown goes into the request, whole and with its digest
3. approved, it becomes a ground, and the one before it ends
4. withdrawn, again by two, decisions follow the table that derives from the arrangement

A table's file may change at any time without effect: what was accepted is what is used.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.benefits.derive import derive_table
from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.examine_tables import examine_table
from mra_gateway.flows.find_table import find_table
from mra_gateway.model.benefits import AcceptedTable, DecisionTable, TableMode
from mra_gateway.model.identifiers import Digest
from mra_gateway.model.measures import GroundKind
from mra_gateway.model.officers import NEEDED_ROLES, Actor, ApprovalKind
from mra_gateway.registry.findings import Finding
from mra_gateway.store import approvals, grounds, journal


class InUse(NamedTuple):
    """The table decisions follow now.

    Attributes:
        digest: Of what was accepted; None where it derives from the arrangement.
        since: When it was accepted.
        accepted_by: Who asked and who approved.
    """

    table: DecisionTable
    digest: Digest | None = None
    since: datetime | None = None
    accepted_by: str | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether two officers accepted it."""
        return self.digest is not None


class Candidate(NamedTuple):
    """A table as it would be accepted.

    Attributes:
        findings: What is wrong or doubtful; with an error among them it is refused.
    """

    accepted: AcceptedTable
    findings: tuple[Finding, ...]

    @property
    def is_refused(self) -> bool:
        """Whether something has to be put right first."""
        return any(finding.is_error for finding in self.findings)


class Accepter:
    """Puts decision tables in use, with a second officer."""

    def __init__(self, *, book: PartnerBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def in_use(self, connection: Connection, id_: str) -> InUse:
        """Returns the table decisions follow now, accepted or derived.

        Raises:
            RequestRefused: No side of an arrangement has that id.
        """
        standing = _standing(connection, id_)
        if standing is not None:
            accepted = AcceptedTable.model_validate_json(standing.content)
            return InUse(
                accepted.table, accepted.digest, standing.recorded_at, standing.recorded_by
            )
        named = find_table(self._book.registry, id_)
        arrangement = self._book.registry.get_arrangement(named.arrangement)
        return InUse(derive_table(arrangement, granted_by=named.granted_by))

    def examine(self, connection: Connection, table: DecisionTable) -> Candidate:
        """Returns a table as it would be accepted, and what is wrong or doubtful in it.

        Raises:
            RequestRefused: It is not ours to accept: another administration grants by it, or no
                arrangement of ours.
        """
        registry, us = self._book.registry, self._book.us
        arrangement = registry.get_arrangement(table.arrangement)
        if table.granted_by != us or arrangement.party(us) is None:
            raise RequestRefused(
                f"{table.id} says what {table.granted_by} grants; {us} accepts its own tables",
                reason=Reason.NOT_A_PARTY,
            )
        numbered = _numbered(connection, table)
        file = registry.files.get(table.id, Path(f"{table.id}.toml"))
        findings = tuple(examine_table(numbered, registry=registry, file=file))
        return Candidate(AcceptedTable(digest=digest_of(numbered), table=numbered), findings)

    def in_mode(self, connection: Connection, id_: str, *, mode: TableMode) -> DecisionTable:
        """Returns the table in use as it would be in another mode.

        Raises:
            RequestRefused: It runs in that mode, or no side of an arrangement has that id.
        """
        table = self.in_use(connection, id_).table
        if table.mode is mode:
            raise RequestRefused(f"{id_} is {mode} already", reason=Reason.STATE_NOT_SUITABLE)
        return table.model_copy(update={"mode": mode})

    def request(self, connection: Connection, candidate: Candidate, *, by: Actor) -> str:
        """Asks a second officer to accept a table, and returns the request.

        Raises:
            RequestRefused: Not permitted, it has errors, or it is in use as it stands.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.ACCEPT_TABLE])
        accepted = candidate.accepted
        table = accepted.table
        _refuse_errors(candidate)
        if self.in_use(connection, table.id).digest == accepted.digest:
            raise RequestRefused(
                f"{table.id}, version {table.version}, is in use as it stands",
                reason=Reason.ALREADY_EXISTS,
            )
        rows = len(table.rows.value or ())
        return self._ask(
            connection,
            ApprovalKind.ACCEPT_TABLE,
            summary=f"Decide by {table.id}, version {table.version}, {table.mode}, {rows} row(s): "
            f"{accepted.digest}",
            payload=accepted.model_dump_json(exclude_defaults=True),
            by=by,
        )

    def request_withdrawal(self, connection: Connection, id_: str, *, why: str, by: Actor) -> str:
        """Asks a second officer to withdraw an accepted table, and returns the request.

        Raises:
            RequestRefused: Not permitted, or no table of that id is accepted.
        """
        check_role(by, *NEEDED_ROLES[ApprovalKind.WITHDRAW_TABLE])
        standing = _get_standing(connection, id_)
        accepted = AcceptedTable.model_validate_json(standing.content)
        return self._ask(
            connection,
            ApprovalKind.WITHDRAW_TABLE,
            summary=f"Withdraw {id_}, version {accepted.table.version}, and decide by what derives "
            f"from {accepted.table.arrangement}: {why}",
            payload=json.dumps({"table": id_, "ground": standing.id, "why": why}),
            by=by,
        )

    # --- approved by a second officer

    def accept(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Puts the table of an approved request in use; the one before it ends.

        Raises:
            RequestRefused: Another version was accepted since the request, or what the table rests
                on has changed so that it has errors now.
        """
        accepted = AcceptedTable.model_validate_json(approval.payload)
        candidate = self.examine(connection, accepted.table)
        if candidate.accepted.digest != accepted.digest:
            raise RequestRefused(
                "another version was accepted since the request: ask anew",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        _refuse_errors(candidate)
        at, by = self._clock.now(), _both(approval, second)
        id_ = accepted.table.id
        standing = _standing(connection, id_)
        if standing is not None:
            grounds.end(connection, [standing.id], at=at, by=by)
        grounds.add(
            connection,
            GroundKind.DECISION_TABLE,
            subject=id_,
            content=accepted.model_dump_json(exclude_defaults=True),
            at=at,
            by=by,
        )

    def withdraw(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Ends the table of an approved request.

        Raises:
            RequestRefused: Another version was accepted since the request, or it was withdrawn.
        """
        asked = json.loads(approval.payload)
        standing = _get_standing(connection, asked["table"])
        if standing.id != asked["ground"]:
            raise RequestRefused(
                "another version was accepted since the request: ask anew",
                reason=Reason.STATE_NOT_SUITABLE,
            )
        grounds.end(connection, [standing.id], at=self._clock.now(), by=_both(approval, second))

    def _ask(
        self, connection: Connection, kind: ApprovalKind, *, summary: str, payload: str, by: Actor
    ) -> str:
        request, at = self._clock.new_uuid(), self._clock.now()
        approvals.request(
            connection,
            request,
            kind=kind,
            summary=summary,
            payload=payload,
            requested_by=by.name,
            at=at,
        )
        journal.record(connection, at=at, actor=by.name, act=f"requested {kind}", subject=request)
        return request


def digest_of(table: DecisionTable) -> Digest:
    """Returns the SHA-256 of a table's meaning: what two officers accept.

    Comments, order of keys and keys that repeat a default do not count.
    """
    values = table.model_dump(mode="json", exclude_defaults=True)
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Digest.trusted(hashlib.sha256(text.encode()).hexdigest())


def _refuse_errors(candidate: Candidate) -> None:
    if candidate.is_refused:
        first = next(finding for finding in candidate.findings if finding.is_error)
        raise RequestRefused(
            f"{candidate.accepted.table.id} has errors, the first: {first.reason}",
            reason=first.code,
            where=first.key,
        )


def _numbered(connection: Connection, table: DecisionTable) -> DecisionTable:
    """Returns a table under a number no other content was accepted under: results name it."""
    before = [
        AcceptedTable.model_validate_json(ground.content)
        for ground in grounds.history(connection, kind=GroundKind.DECISION_TABLE, subject=table.id)
    ]
    last = max((one.table.version for one in before), default=0)
    if table.version > last or digest_of(table) in {one.digest for one in before}:
        return table
    return table.model_copy(update={"version": last + 1})


def _standing(connection: Connection, id_: str) -> grounds.Ground | None:
    found = grounds.standing(connection, kind=GroundKind.DECISION_TABLE, subject=id_)
    return found[-1] if found else None


def _get_standing(connection: Connection, id_: str) -> grounds.Ground:
    standing = _standing(connection, id_)
    if standing is None:
        raise RequestRefused(f"no table {id_[:60]!r} is accepted", reason=Reason.NOT_FOUND)
    return standing


def _both(approval: approvals.Approval, second: str) -> str:
    return f"{approval.requested_by}, {second}"
