"""A spreadsheet as an officer has it: dry run, report, corrected, applied, announced, guarded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.import_register import ImportOutcome
from mra_gateway.flows.plan_import import ImportMode
from mra_gateway.gateway import Gateway
from mra_gateway.model.changes import Status
from mra_gateway.model.facts import Arrangement
from mra_gateway.model.register import NoteKind
from mra_gateway.registry.load import arrangement_digest
from mra_gateway.store import approvals, facts
from mra_gateway.store import partners as decided
from tests.support.registers import read
from tests.support.simulation import (
    CN,
    CN_MN,
    MN,
    OFFICER,
    AWorld,
    World,
    completed_registry,
    status_at,
)
from tests.support.spreadsheets import officers_register, some_operators

COUNT = 60


async def held_in_china(world: World) -> dict[str, str]:
    """What China holds about Mongolia's operators, by TIN."""
    register = facts.Register(MN, CN_MN)
    at = world.clock.now()
    in_force = await world.cn.database.read(lambda c: list(facts.keys_in_force(c, register, at=at)))
    return {fact.key.tin: fact.status for fact in in_force}


async def confirm_again(gateway: Gateway, arrangement: Arrangement) -> None:
    """Two officers confirm other content of an arrangement."""
    confirmation = decided.Confirmation(
        arrangement.id,
        arrangement_digest(arrangement),
        "Act 2",
        date(2026, 2, 1),
        "olga",
        "pavel",
        gateway.clock.now(),
    )
    await gateway.database.write(
        lambda c: decided.confirm(c, gateway.clock.new_uuid(), confirmation=confirmation)
    )


async def test_a_broken_sheet_changes_nothing_and_a_corrected_one_is_announced(
    a_world: AWorld,
    tmp_path: Path,
) -> None:
    world = await a_world(consent="required")
    operators = some_operators(COUNT)
    broken = tmp_path / "broken.xlsx"
    first_row = officers_register(broken, operators=operators, broken_row=True, language="ru")

    file = read(broken)
    report = await world.mn.importer.apply(file, mode=ImportMode.FULL, officer=OFFICER)
    assert report.outcome is ImportOutcome.REFUSED
    assert {problem.address.column for problem in report.problems} >= {"F", "G", "J"}
    assert all((problem.address.row or 0) >= first_row for problem in report.problems)
    await world.settle()
    assert await held_in_china(world) == {}

    corrected = tmp_path / "corrected.xlsx"
    officers_register(corrected, operators=operators, broken_row=False, language="ru")
    file = read(corrected)
    assert file.is_clean
    dry = await world.mn.importer.plan(file, mode=ImportMode.FULL)
    assert dry.outcome is ImportOutcome.DRY_RUN
    assert await held_in_china(world) == {}
    applied = await world.mn.importer.apply(file, mode=ImportMode.FULL, officer=OFFICER)
    assert applied.outcome is ImportOutcome.APPLIED
    assert applied.plan.by_kind() == dry.plan.by_kind()
    await world.settle()
    valid = {f"MN{one.national}" for one in operators if one.status == "valid" and one.consent}
    assert await held_in_china(world) == dict.fromkeys(valid, Status.VALID)


async def test_a_sheet_with_all_but_ten_rows_deleted_waits_for_a_second_officer(
    a_world: AWorld,
    tmp_path: Path,
) -> None:
    world = await a_world(consent="required")
    operators = some_operators(COUNT)
    whole, cut = tmp_path / "whole.xlsx", tmp_path / "cut.xlsx"
    officers_register(whole, operators=operators, broken_row=False, language="ru")
    officers_register(cut, operators=operators[:10], broken_row=False, language="ru")
    await world.mn.importer.apply(read(whole), mode=ImportMode.FULL, officer=OFFICER)
    await world.settle()
    before = await held_in_china(world)

    report = await world.mn.importer.apply(read(cut), mode=ImportMode.FULL, officer=OFFICER)
    assert report.outcome is ImportOutcome.HELD
    assert report.approval is not None
    waiting = await world.mn.database.read(approvals.listed)
    assert [one.id for one in waiting] == [report.approval]
    await world.settle()
    assert await held_in_china(world) == before

    twin = await world.mn.importer.apply(read(cut), mode=ImportMode.CHANGES, officer=OFFICER)
    assert twin.outcome is ImportOutcome.APPLIED


async def test_rows_hidden_by_a_filter_are_read_and_the_hiding_is_reported(
    a_world: AWorld, tmp_path: Path
) -> None:
    world = await a_world(consent="required")
    operators = some_operators(COUNT)
    path = tmp_path / "filtered.xlsx"
    hidden = range(5, 35)
    officers_register(
        path, operators=operators, broken_row=False, hidden_rows=hidden, language="ru"
    )
    file = read(path)
    assert file.rows_read == COUNT
    assert NoteKind.HIDDEN_ROWS in {note.kind for note in file.notes}
    report = await world.mn.importer.apply(file, mode=ImportMode.FULL, officer=OFFICER)
    assert report.outcome is ImportOutcome.APPLIED
    await world.settle()
    tin = f"MN{operators[10].national}"
    assert operators[10].status == "valid"
    assert await status_at(world.cn, tin) == Status.VALID
    assert world.cn.settings.territory == CN


async def test_a_copy_completed_while_the_gateway_runs_counts_once_it_is_confirmed(
    a_world: AWorld,
) -> None:
    world = await a_world(consent="required")
    book, registry = world.mn.book, completed_registry(consent="not_required")
    changed = PartnerBook(
        us=MN, environment=book.environment, registry=book.registry, reload=lambda: registry
    )
    await changed.refresh(world.mn.database)
    assert changed.find_confirmation(CN_MN) is not None
    await confirm_again(world.mn, registry.get_arrangement(CN_MN))
    await changed.refresh(world.mn.database)
    assert changed.registry is registry
    assert changed.find_confirmation(CN_MN) is not None
    await book.refresh(world.mn.database)
    assert book.find_confirmation(CN_MN) is None, "without its content it is not confirmed"
