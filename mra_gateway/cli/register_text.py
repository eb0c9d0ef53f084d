"""How imports and histories of the register are printed."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from mra_gateway.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from mra_gateway.cli.session import Session
    from mra_gateway.flows.export_register import OperatorHistory
    from mra_gateway.flows.import_register import ImportReport
    from mra_gateway.model.register import RegisterFile, RowProblem

SHOWN = 20
"""How many changes, problems and notes are printed; JSON and --report have all of them."""


def import_as_json(read: RegisterFile, done: ImportReport) -> dict[str, object]:
    """Returns everything about an import; changes and problems come one by one."""
    return {
        "file": read.file,
        "outcome": done.outcome,
        "rows_read": read.rows_read,
        "counts": done.plan.by_kind(),
        "unchanged": done.plan.unchanged,
        "consents": len(done.plan.consents),
        "ended": done.plan.ended,
        "live_before": done.plan.live,
        "queued": done.queued,
        "approval": done.approval,
        "changes": (
            {
                "kind": one.kind,
                "change_id": one.change_id,
                "tin": one.key.tin,
                "authorisation": one.key.authorisation,
                "status": one.status,
                "effective_from": one.effective_from,
            }
            for one in done.plan.changes
        ),
        "problems": (
            {**one.model_dump(mode="json"), "cell": one.address.cell} for one in done.problems
        ),
        "notes": read.notes,
    }


def print_import(read: RegisterFile, done: ImportReport, *, zone: ZoneInfo) -> None:
    """Prints what an import did or would do: notes, counts, the first changes, problems."""
    plan = done.plan
    show.line(f"{read.file}: {read.rows_read} rows read, {len(read.rows)} of them valid")
    # what was hidden or filtered must not drown among the columns that were understood
    notes = sorted(read.notes, key=lambda one: one.kind == "column_mapped")
    _print_some(
        ("note", "where", "what"),
        ((one.kind, one.address.cell, one.text) for one in notes),
        of=len(notes),
    )
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(plan.by_kind().items()))
    show.line(
        f"changes: {counts or 'none'}; {plan.unchanged} unchanged; {len(plan.consents)} consents"
    )
    _print_some(
        ("change", "authorisation", "TIN", "status", f"since ({zone.key})", "name"),
        (
            (
                one.kind,
                one.key.authorisation,
                one.key.tin,
                one.status,
                f"{one.effective_from.astimezone(zone):%Y-%m-%d}",
                one.record.legal_name,
            )
            for one in plan.changes
        ),
        of=len(plan.changes),
    )
    if done.problems:
        alike, different = _alike_together(done.problems)
        _print_some(
            ("sheet", "cell", "heading", "found", "reason", "what to do"), alike, of=different
        )
        show.line(f"{len(done.problems)} problem(s): nothing was applied")
    elif done.approval is not None:
        show.line(
            f"held: it ends {plan.ended} of {plan.live} authorisations; another officer with the "
            "role aeo decides:"
        )
        show.line(f"  mra-gateway approvals approve {done.approval}")
    elif done.outcome == "applied":
        show.line(f"applied; {done.queued} change(s) queued for partners")
    else:
        show.line("dry run: nothing was changed")


def _print_some(headings: tuple[str, ...], rows: Iterable[tuple[object, ...]], *, of: int) -> None:
    """Prints the first of some rows, of which there are as many as `of` says."""
    if of:
        show.table(headings, islice(rows, SHOWN))
    if of > SHOWN:
        show.line(f"… and {of - SHOWN} more (--json has all)")


def _alike_together(problems: Iterable[RowProblem]) -> tuple[list[tuple[object, ...]], int]:
    """One row for each different problem: a word no mapping knows stands in every row.

    Returns:
        The first of them, and how many there are.
    """
    counted: Counter[int] = Counter()
    first: list[tuple[int, str, tuple[object, ...]]] = []
    for one in problems:
        alike = (one.address.sheet, one.heading, one.value, one.reason, one.text)
        name = hash(alike)
        if name not in counted and len(first) < SHOWN:
            first.append((name, one.address.cell, alike))
        counted[name] += 1
    rows: list[tuple[object, ...]] = []
    for name, cell, (sheet, *rest) in first:
        more = counted[name] - 1
        rows.append((sheet, f"{cell} and {more} more" if more else cell, *rest))
    return rows, len(counted)


def print_history(session: Session, one: OperatorHistory) -> None:
    """Prints what one register holds about one operator, with both times."""
    own = one.issuer == session.gateway.book.us
    # an authorisation that ended comes without the name: what we were told before still helps
    names = [fact.record.legal_name for fact in one.history if fact.record.legal_name]
    show.line(f"{one.tin}  {names[-1]}" if names else one.tin)
    show.line("our own register" if own else f"as {one.issuer} told us under {one.arrangement}")
    show.line("now: " + ", ".join(f"{name} {status}" for name, status in one.now.items()))
    show.table(
        ("authorisation", "status", "true since", "known since", "believed until", "cause",
         "change", "reference"),
        [
            (
                fact.authorisation,
                fact.status,
                fact.effective_from,
                fact.recorded_at,
                fact.retracted_at,
                fact.cause,
                fact.change_id,
                fact.legal_reference,
            )
            for fact in one.history
        ],
        zone=session.zone,
    )  # fmt: skip
    if not own:
        return
    show.table(
        ("partner", "basis", "letter", "given on", "withdrawn on"),
        [
            (given.partner, given.basis, given.letter_number, given.given_on, given.withdrawn_on)
            for given in one.consents
        ],
        title="Consents",
    )
    show.table(
        ("partner", "arrangement", "authorisation", "last told"),
        one.told,
        title="What each partner was told",
        empty="no partner was told anything",
    )
