"""Imports our own register: one file, applied as a whole or not at all.

1. plan: every row against what is held (`plan_import.py`)
2. guard: an import that ends most of the register waits for a second officer
3. apply in one transaction: facts, consents, change rows for each recipient, journal

Reading the file is in `tables/` and `wire/register.py`; who hears of it in `announce.py`.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from mra_gateway.clock import Clock
from mra_gateway.errors import RequestRefused
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.plan_import import ImportMode, Names, Plan, Planner, own_fact
from mra_gateway.model.identifiers import OfficerName
from mra_gateway.model.officers import ApprovalKind
from mra_gateway.model.packed import Packed, Packing, Slice, as_json
from mra_gateway.model.register import AddressedRow, RegisterFile, RowProblem
from mra_gateway.settings import GuardSettings
from mra_gateway.store import approvals, consents, facts, journal, properties
from mra_gateway.store.chunks import chunked
from mra_gateway.store.database import Database


class ImportOutcome(StrEnum):
    """What became of an import."""

    APPLIED = "applied"
    HELD = "held"
    REFUSED = "refused"
    DRY_RUN = "dry_run"


class ImportReport(NamedTuple):
    """What an officer is told about an import.

    Attributes:
        queued: Change rows queued for recipients.
        approval: The request a second officer has to approve, when the import is held.
    """

    outcome: ImportOutcome
    plan: Plan
    problems: Sequence[RowProblem]
    queued: int = 0
    approval: str | None = None


_ROWS: Packing[AddressedRow] = as_json(AddressedRow)


class Importer:
    """Takes files of our own register."""

    def __init__(
        self,
        *,
        database: Database,
        announcer: Announcer,
        book: PartnerBook,
        clock: Clock,
        guard: GuardSettings,
    ) -> None:
        self._database = database
        self._announcer = announcer
        self._book = book
        self._clock = clock
        self._guard = guard
        self._planner = Planner(book=book, clock=clock, count_above=guard.mass_change_floor)

    async def plan(self, file: RegisterFile, *, mode: ImportMode) -> ImportReport:
        """Says what an import would do, and changes nothing (a dry run).

        Raises:
            StoreError: The database failed.
        """
        plan = await self._database.read(
            lambda c: self._planner.plan(c, file.rows, mode=mode, at=self._clock.now())
        )
        problems = Packed(as_json(RowProblem), file.problems)
        problems.extend(plan.problems)
        return ImportReport(ImportOutcome.DRY_RUN, plan, problems)

    async def apply(
        self, file: RegisterFile, *, mode: ImportMode, officer: OfficerName
    ) -> ImportReport:
        """Applies a file as a whole, or nothing of it.

        Returns:
            `applied`; `held` for a second officer; or `refused` with every problem.

        Raises:
            StoreError: The database failed; nothing was applied.
        """
        if not file.is_clean:
            return (await self.plan(file, mode=mode))._replace(outcome=ImportOutcome.REFUSED)
        await self._book.refresh(self._database)
        return await self._database.write(
            lambda c: self._apply(c, file, mode=mode, officer=officer)
        )

    def carry_out(self, connection: Connection, approval: approvals.Approval, second: str) -> None:
        """Applies an import a second officer approved; the plan is made anew.

        Raises:
            RequestRefused: What is held has changed so that the import is no longer possible.
        """
        held = json.loads(approval.payload)
        at = self._clock.now()
        rows = Packed(_ROWS)
        rows.add_slices(Slice(length, b64decode(packed)) for length, packed in held["rows"])
        properties.lock_register(connection)
        plan = self._planner.plan(connection, rows, mode=ImportMode(held["mode"]), at=at)
        if plan.problems:
            raise RequestRefused(
                f"the register has changed meanwhile: {plan.problems[0].text}",
                reason=plan.problems[0].reason,
            )
        officers = f"{approval.requested_by}, {second}"
        self._write(connection, plan, at=at, officer=officers, file=held["file"])

    def _apply(
        self, connection: Connection, file: RegisterFile, *, mode: ImportMode, officer: str
    ) -> ImportReport:
        at = self._clock.now()
        properties.lock_register(connection)
        plan = self._planner.plan(connection, file.rows, mode=mode, at=at)
        if plan.problems:
            return ImportReport(ImportOutcome.REFUSED, plan, plan.problems)
        if self._is_mass_change(plan):
            approval = self._ask(connection, file, plan, mode=mode, officer=officer, at=at)
            return ImportReport(ImportOutcome.HELD, plan, (), approval=approval)
        queued = self._write(connection, plan, at=at, officer=officer, file=file.file)
        return ImportReport(ImportOutcome.APPLIED, plan, (), queued=queued)

    def _is_mass_change(self, plan: Plan) -> bool:
        many = plan.ended > self._guard.mass_change_floor
        return many and plan.ended > self._guard.mass_change_share * (plan.live or 0)

    def _ask(
        self,
        connection: Connection,
        file: RegisterFile,
        plan: Plan,
        *,
        mode: ImportMode,
        officer: str,
        at: datetime,
    ) -> str:
        """Keeps the rows as they are packed: JSON, compressed, of a slice each."""
        approval = self._clock.new_uuid()
        rows = [
            (one.length, b64encode(one.packed).decode("ascii"))
            for one in Packed(_ROWS, file.rows).slices()
        ]
        approvals.request(
            connection,
            approval,
            kind=ApprovalKind.APPLY_IMPORT,
            summary=(
                f"Import of {file.file} ({mode}): ends {plan.ended} of {plan.live} authorisations"
            ),
            payload=json.dumps({"file": file.file, "mode": mode, "rows": rows}, ensure_ascii=False),
            requested_by=officer,
            at=at,
        )
        return approval

    def _write(
        self, connection: Connection, plan: Plan, *, at: datetime, officer: str, file: str
    ) -> int:
        register = facts.Register(self._book.us, facts.OWN)
        facts.retract(connection, plan.retracted, at=at)
        for given in chunked(plan.consents):
            consents.replace(connection, given, at=at, recorded_by=officer[:40])
        announcement, changed = self._announcer.open(connection, at=at), Names()
        for changes in chunked(plan.changes):
            facts.add(connection, register, [own_fact(change) for change in changes], at=at)
            announcement.tell(changes)
            if plan.consents:
                changed.update(change.key for change in changes)
        queued = announcement.close()
        queued += self._announcer.look_again(
            connection, {consent.tin for consent in plan.consents}, at=at, but=changed
        )
        journal.record(
            connection,
            at=at,
            actor=officer[:60],
            act="register import",
            subject=file,
            detail={**plan.by_kind(), "unchanged": plan.unchanged, "queued": queued},
        )
        return queued
