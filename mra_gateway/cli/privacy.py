"""`privacy`: retention, what is held about one operator, corrections, consents withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.flows.disclose import ConsentEffect, Disclosure
    from mra_gateway.flows.purge import Planned
    from mra_gateway.store.purges import Purge

app = typer.Typer(
    no_args_is_help=True,
    help="Data protection: retention, what is held about an operator, corrections, consents.",
)
_corrections = typer.Typer(
    no_args_is_help=True, help="What operators asked to have corrected, and what became of it."
)
app.add_typer(_corrections, name="corrections")
LEGAL = ("legal",)
KEEPERS = ("aeo", "legal")
Operator = Annotated[
    str, typer.Argument(help="TIN or authorisation number, in any form.", metavar="IDENTIFIER")
]


@app.command()
def purge(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be purged; change nothing.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to purge what is held of operators that ended longer ago than agreed.

    The retention is each arrangement's (`exchange.retention_days`); where it is empty nothing is
    purged. Goes: facts with their history, the bytes of messages and refused messages that name the
    operator, notices about it, recognition results that found it, and, where no other register
    holds it, correspondences, scores and measures; the key by which files for measuring tell
    declarations apart, and what loads quote of rows at fault. Stays: our own register and what we
    sent in a lane, numbers of lanes, ids, digests, outcomes and receipts of messages, counts of
    results, the journal, requests for correction, and the evidence of the purge. A purged result
    can neither be shown nor computed again, and says so; a purged operator named again is taken as
    new; running processes forget it at their next start.

    Exit code 2: waits for the second officer (`approvals approve`); 0: a dry run, or nothing to do.
    """

    async def work(session: Session) -> tuple[list[Planned], str | None]:
        gateway = session.gateway
        planned = await gateway.database.read(gateway.purger.plan)
        if dry_run or not planned:
            return planned, None
        return planned, await gateway.database.write(
            lambda c: gateway.purger.request(c, by=session.actor)
        )

    with show.working("looking for what ended"):
        planned, request = as_officer(
            home, work, officer=officer, password_file=password_file, needs=() if dry_run else LEGAL
        )
    if as_json:
        show.document({"planned": planned, "request": request})
    else:
        show.table(
            ("partner", "arrangement", "days", "operators", "what"),
            [
                (
                    one.due.partner,
                    one.due.arrangement,
                    one.due.retention_days,
                    one.operators,
                    [f"{count} {kind}" for kind, count in sorted(one.removed.items())],
                )
                for one in planned
            ],
            empty="nobody ended longer ago than a retention",
        )
        if request is not None:
            show.line(f"waits for a second officer: mra-gateway approvals approve {request}")
    raise typer.Exit(Exit.DONE if request is None else Exit.UNDECIDED)


@app.command()
def purges(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the purges: what kind, how many, digest, by whom, under which retention."""
    from mra_gateway.store.purges import listed

    async def work(session: Session) -> None:
        found: list[Purge] = await session.gateway.database.read(listed)
        if as_json:
            show.document(found)
            return
        show.table(
            ("purged", "partner", "arrangement", "days", "operators", "what", "digest", "by"),
            [
                (
                    one.purged_at,
                    one.partner,
                    one.arrangement,
                    one.retention_days,
                    one.operators,
                    [f"{count} {kind}" for kind, count in sorted(one.removed.items())],
                    one.digest,
                    f"{one.requested_by}, {one.approved_by}",
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def extract(
    operator: Operator,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Ends in .json, .xlsx or .csv.", metavar="FILE")
    ],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write everything held about one operator.

    Register rows and statuses with their history, consents, changes told to partners, messages that
    name it (every message is looked at), recognition results that found it, measures and
    correspondences, notices, its rows in the views a declaration system reads, requests for
    correction.
    """
    from mra_gateway.flows.disclose import disclose, write_disclosure
    from mra_gateway.store import journal

    async def work(session: Session) -> Disclosure:
        gateway, at = session.gateway, session.gateway.clock.now()
        found = await gateway.database.read(lambda c: disclose(c, gateway.book, operator, at=at))
        await gateway.database.write(
            lambda c: journal.record(
                c, at=at, actor=session.actor.name, act="disclosed", subject=", ".join(found.tins)
            )
        )
        return found

    with show.working("gathering"):
        found = as_officer(
            home, work, officer=officer, password_file=password_file, needs=(*KEEPERS, "auditor")
        )
    write_disclosure(found, show.plain(found), output)
    counted = {
        name: len(value) for name, value in found._asdict().items() if isinstance(value, list)
    }
    if as_json:
        show.document({"file": output, **counted})
    else:
        show.line(f"written to {output}")
        show.pairs(counted)


@app.command()
def consent(
    operator: Operator,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the consents of one of our operators and, where withdrawn, when each partner heard."""
    from mra_gateway.flows.disclose import effect_of_consent

    async def work(session: Session) -> None:
        gateway, at = session.gateway, session.gateway.clock.now()
        found: list[ConsentEffect] = await gateway.database.read(
            lambda c: effect_of_consent(c, gateway.book, operator, at=at)
        )
        if as_json:
            show.document(found)
            return
        for one in found:
            show.pairs(
                {
                    "TIN": one.tin,
                    "partner": one.partner,
                    "basis": one.basis,
                    "letter": one.letter_number,
                    "given on": one.given_on,
                    "withdrawn on": one.withdrawn_on,
                    "recorded": show.moment(one.recorded_at, session.zone),
                    "by": one.recorded_by,
                    "data may travel": one.in_effect,
                }
            )
            show.table(
                ("arrangement", "last told", "withdrawal in", "sent", "reached", "receipt"),
                [
                    (
                        heard.arrangement,
                        heard.last_told,
                        heard.message_id,
                        heard.sent_at,
                        heard.reached_at,
                        heard.receipt,
                    )
                    for heard in one.heard
                ],
                empty="no exchange with this partner",
                zone=session.zone,
            )
        if not found:
            show.line("no consent is recorded")

    as_officer(home, work, officer=officer, password_file=password_file)


@_corrections.command("open")
def open_(
    operator: Operator,
    *,
    asked_by: Annotated[str, typer.Option(help="Who asks, and by which letter.", metavar="TEXT")],
    wanted: Annotated[str, typer.Option(help="What is to be corrected.", metavar="TEXT")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Keep a request for correction; it changes nothing by itself."""
    from mra_gateway.flows.correct_record import open_request

    who = one_line(asked_by, option="--asked-by")
    what = one_line(wanted, option="--wanted")

    work = writing(
        lambda c, session: open_request(
            c,
            session.gateway.book,
            operator,
            asked_by=who,
            wanted=what,
            by=session.actor,
            clock=session.gateway.clock,
        )
    )
    opened = as_officer(home, work, officer=officer, password_file=password_file, needs=KEEPERS)
    if as_json:
        show.document(opened)
    else:
        show.line(f"request {opened.id} of {opened.tin} kept")


@_corrections.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the requests that are open."""
    from mra_gateway.store.corrections import listed

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(lambda c: listed(c, every=every))
        if as_json:
            show.document(found)
            return
        show.table(
            ("id", "TIN", "asked by", "wanted", "opened", "outcome", "answer"),
            [
                (
                    one.id,
                    one.tin,
                    one.asked_by,
                    one.wanted,
                    one.opened_at,
                    one.outcome or "open",
                    one.answer,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@_corrections.command()
def close(
    request: Annotated[
        str, typer.Argument(help="The request's id, or the beginning of it.", metavar="ID")
    ],
    *,
    outcome: Annotated[
        Literal["corrected", "corrected_in_part", "refused", "withdrawn"],
        typer.Option(help="What became of it."),
    ],
    answer: Annotated[str, typer.Option(help="What the operator was told.", metavar="TEXT")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Close a request with what became of it."""
    from mra_gateway.flows.correct_record import close_request

    said = one_line(answer, option="--answer")

    work = writing(
        lambda c, session: close_request(
            c, request, outcome=outcome, answer=said, by=session.actor, clock=session.gateway.clock
        )
    )
    closed = as_officer(home, work, officer=officer, password_file=password_file, needs=KEEPERS)
    if as_json:
        show.document(closed)
    else:
        show.line(f"request {closed.id}: {closed.outcome}")
