"""`approvals`: what waits for a second officer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.store.approvals import Approval
    from mra_gateway.store.database import Transaction

app = typer.Typer(
    no_args_is_help=True,
    help="Acts that wait for a second officer: pins, confirmations, mass changes.",
)

Request = Annotated[
    str, typer.Argument(help="The request's id, or the beginning of it.", metavar="ID")
]
Note = Annotated[str | None, typer.Option(help="Why, in words; kept with the decision.")]


@app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a second officer."""
    from mra_gateway.model.officers import NEEDED_ROLES
    from mra_gateway.store import approvals

    async def work(session: Session) -> None:
        at = session.gateway.clock.now()
        state = None if every else approvals.OPEN
        found = await session.gateway.database.read(lambda c: approvals.listed(c, state=state))
        if as_json:
            show.document([{**_shown(one), "overdue": one.is_overdue(at)} for one in found])
            return
        show.table(
            ("id", "what", "asked by", "asked", "needs", "state"),
            [
                (
                    one.id,
                    one.summary,
                    one.requested_by,
                    one.requested_at,
                    f"{' or '.join(NEEDED_ROLES[one.kind])}, not {one.requested_by}",
                    _state(one, at=at),
                )
                for one in found
            ],
            empty="nothing waits",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def approve(
    request: Request,
    *,
    note: Note = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Approve a request another officer made, and carry it out at once."""
    _decide(
        request, approve=True, note=note, home=home, officer=officer, password_file=password_file,
        as_json=as_json,
    )  # fmt: skip


@app.command()
def reject(
    request: Request,
    *,
    note: Note = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Reject a request; whoever asked may reject it too."""
    _decide(
        request, approve=False, note=note, home=home, officer=officer, password_file=password_file,
        as_json=as_json,
    )  # fmt: skip


def _decide(
    request: str,
    *,
    approve: bool,
    note: str | None,
    home: Path,
    officer: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    @writing
    def work(c: Transaction, session: Session) -> Approval:
        approver = session.gateway.approver
        act = approver.approve if approve else approver.reject
        return act(c, request, by=session.actor, note=note)

    with show.working("carrying out"):
        done = as_officer(home, work, officer=officer, password_file=password_file)
    word = "approved" if approve else "rejected"
    if as_json:
        show.document({**_shown(done), "state": word, "decided_by": officer, "note": note})
    else:
        show.line(f"{word}: {done.summary}")


def waits(request: str, role: str, officer: str | None, *, as_json: bool) -> None:
    """Says which request waits for whom."""
    if as_json:
        show.document({"request": request, "needs": role})
        return
    show.line(f"request {request} waits for another officer than {officer} with the role {role}:")
    show.line(f"  mra-gateway approvals approve {request[:8]}")


def _state(one: Approval, *, at: datetime) -> str:
    if one.is_overdue(at):
        return "OVERDUE"
    return one.state if one.decided_by is None else f"{one.state} by {one.decided_by}"


def _shown(one: Approval) -> dict[str, object]:
    return {name: value for name, value in one._asdict().items() if name != "payload"}
