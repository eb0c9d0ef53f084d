"""`benefits accept | withdraw | shadow | live | preview`: which decision table is in use."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, moment, one_line
from mra_gateway.cli.session import Session, as_officer, writing
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from zoneinfo import ZoneInfo

    from mra_gateway.benefits.preview import Example, Preview
    from mra_gateway.flows.accept_table import Candidate, InUse
    from mra_gateway.model.benefits import DecisionTable, TableMode
    from mra_gateway.registry.findings import Finding

Table = Annotated[
    str,
    typer.Argument(help="Arrangement, dot, granting territory, as CN-MN-2025.MN.", metavar="TABLE"),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Look at declarations decided from this moment on (ISO 8601 with offset); those of "
        "the last 90 days when absent.",
        metavar="MOMENT",
    ),
]
LAST = timedelta(days=90)


def accept(
    table: Table,
    *,
    from_: From = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to let decisions follow a table, as it stands in the home or is shipped.

    What is wrong or doubtful in it is shown, and which past declarations it would have decided
    differently. With an error nothing is asked for, and the exit code is 1.
    """
    from mra_gateway.flows.find_table import find_table

    async def as_filed(session: Session) -> DecisionTable:
        return find_table(session.gateway.registry, table)

    _ask(
        as_filed,
        from_=from_, home=home, officer=officer, password_file=password_file, as_json=as_json,
    )  # fmt: skip


def shadow(
    table: Table,
    *,
    from_: From = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to let the table in use decide and count, and apply nothing."""
    from mra_gateway.model.benefits import TableMode

    _ask(
        _in_mode(table, TableMode.SHADOW),
        from_=from_, home=home, officer=officer, password_file=password_file, as_json=as_json,
    )  # fmt: skip


def live(
    table: Table,
    *,
    from_: From = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to let the table in use, which runs in shadow, be applied."""
    from mra_gateway.model.benefits import TableMode

    _ask(
        _in_mode(table, TableMode.LIVE),
        from_=from_, home=home, officer=officer, password_file=password_file, as_json=as_json,
    )  # fmt: skip


def withdraw(
    table: Table,
    *,
    why: Annotated[str, typer.Option(help="Why, in words; kept with the request.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to withdraw an accepted table.

    Decisions then follow what derives from the arrangement's list of benefits.
    """
    said = one_line(why, option="--why")

    work = writing(
        lambda c, session: session.gateway.accepter.request_withdrawal(
            c, table, why=said, by=session.actor
        )
    )
    request = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"request": request, "table": table})
    else:
        _print_waits(request)


def preview(
    table: Annotated[
        str, typer.Argument(help="A .toml or .xlsx file, or a table.", metavar="TABLE|FILE")
    ],
    *,
    from_: From = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show which past declarations a table would have decided differently from the one in use.

    Of each kind of change the first few are named. Nothing is stored.
    """
    from mra_gateway.flows.find_table import find_table
    from mra_gateway.flows.revise_table import hand_in

    async def work(session: Session) -> Preview:
        if Path(table).suffix.lower() in {".toml", ".xlsx"}:
            handed = hand_in(Path(table))
            if handed.table is None:
                raise RequestRefused(
                    "it has to be put right first: see `benefits check`",
                    reason=Reason.DATA_FILE_INVALID,
                    where=table,
                )
            other = handed.table
        else:
            other = find_table(session.gateway.registry, table)
        return await _preview(session, other, from_)

    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(found)
    else:
        _print_preview(found)


def said_of(table: InUse, zone: ZoneInfo) -> str:
    """Returns which version decisions follow, since when, and who accepted it."""
    if table.since is None:
        return f"in use: derived from {table.table.arrangement}; no table was accepted"
    return (
        f"in use: version {table.table.version}, {table.table.mode}, accepted "
        f"{show.moment(table.since, zone)} by {table.accepted_by}"
    )


def documents(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Returns findings as JSON documents."""
    return [
        {
            "level": finding.level,
            "file": finding.file,
            "line": finding.line,
            "key": finding.key,
            "code": finding.code,
            "reason": finding.reason,
        }
        for finding in findings
    ]


def _in_mode(table: str, mode: TableMode) -> Callable[[Session], Awaitable[DecisionTable]]:
    async def changed(session: Session) -> DecisionTable:
        gateway = session.gateway
        return await gateway.database.read(lambda c: gateway.accepter.in_mode(c, table, mode=mode))

    return changed


def _ask(
    table_of: Callable[[Session], Awaitable[DecisionTable]],
    *,
    from_: str | None,
    home: Path,
    officer: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    """Shows what accepting a table means, and asks a second officer."""

    async def work(session: Session) -> tuple[Candidate, Preview | None, str | None]:
        gateway = session.gateway
        asked = await table_of(session)
        candidate = await gateway.database.read(lambda c: gateway.accepter.examine(c, asked))
        if candidate.is_refused:
            return candidate, None, None
        past = await _preview(session, candidate.accepted.table, from_)
        request = await gateway.database.write(
            lambda c: gateway.accepter.request(c, candidate, by=session.actor)
        )
        return candidate, past, request

    candidate, past, request = as_officer(home, work, officer=officer, password_file=password_file)
    table = candidate.accepted.table
    if as_json:
        show.document(
            {
                "table": table.id,
                "version": table.version,
                "mode": table.mode,
                "digest": candidate.accepted.digest,
                "findings": documents(candidate.findings),
                "preview": past,
                "request": request,
            }
        )
    else:
        show.line(f"{table.id}, version {table.version}, {table.mode}")
        for finding in candidate.findings:
            show.line(finding)
        if past is not None:
            _print_preview(past)
        if request is None:
            show.line("not asked for: put the errors right first")
        else:
            _print_waits(request)
    raise typer.Exit(Exit.NEGATIVE if request is None else Exit.DONE)


async def _preview(session: Session, table: DecisionTable, from_: str | None) -> Preview:
    from mra_gateway.flows.preview_table import preview_table

    gateway = session.gateway
    now = gateway.clock.now()
    since = now - LAST if from_ is None else moment(from_, option="--from")

    until = now + timedelta(microseconds=1)
    with show.working("looking at past declarations"):
        return await gateway.database.read(
            lambda c: preview_table(c, gateway.book, table, decided_from=since, decided_until=until)
        )


def _print_preview(found: Preview) -> None:
    if not found.cases:
        show.line("no operator was recognised under it on a past declaration")
        return
    show.line(
        f"{found.cases} recognised operator(s) on past declarations; "
        f"{found.changed} would be decided differently"
    )
    codes = dict.fromkeys([*found.granted_before, *found.granted_after])
    show.table(
        ("benefit", "granted now", "would be granted"),
        [
            (code, found.granted_before.get(code, 0), found.granted_after.get(code, 0))
            for code in codes
        ],
    )
    show.table(
        ("benefit", "change", "cases", "for instance", "because"),
        [
            (
                change.code,
                change.shift,
                change.cases,
                ", ".join(example.reference for example in change.examples),
                _why(change.examples[0]),
            )
            for change in found.changes
        ],
        empty="no benefit would be decided differently",
    )


def _why(example: Example) -> str | None:
    return None if example.after is None else example.after.text


def _print_waits(request: str) -> None:
    show.line(
        f"request {request}: waits for another legal officer (mra-gateway approvals approve "
        f"{request[:8]})"
    )
