"""`register`: our own register – in, out, shown, corrected, announced."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Officer,
    PasswordFile,
    identifier,
    moment,
    one_line,
)
from mra_gateway.cli.register_text import import_as_json, print_history, print_import
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.import_register import ImportReport
    from mra_gateway.model.register import RegisterFile

app = typer.Typer(no_args_is_help=True, help="Our own register of authorised operators.")

AEO = ("aeo",)
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
Reference = Annotated[
    str, typer.Option(help="The decision or judgment that orders it, as it is cited.")
]
ChangeArgument = Annotated[
    str, typer.Argument(help="Id of the change, as `register show` prints it.", metavar="CHANGE")
]
Since = Annotated[
    str | None,
    typer.Option(
        help="Since when, with its offset; since the undone change's own moment when absent.",
        metavar="MOMENT",
    ),
]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, JSON or XML.")],
    *,
    mapping: Annotated[
        str | None,
        typer.Option(help="Mapping file, or its name in the home's mappings folder."),
    ] = None,
    programme: Annotated[
        str | None, typer.Option(help="Programme of rows that name none.", metavar="ID")
    ] = None,
    mode: Annotated[
        Literal["full", "changes"],
        typer.Option(help="full: who is absent is withdrawn; changes: who is absent stays."),
    ] = "full",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
    save_mapping: Annotated[
        Path | None,
        typer.Option(help="Write the mapping proposed for this file, to check and keep."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every problem with its cell: .xlsx or .csv.")
    ] = None,
    marked: Annotated[
        Path | None,
        typer.Option(
            help="Where cells are at fault, write a copy of the CSV or XLSX with them coloured and "
            "the reason beside each: .xlsx.",
            metavar="FILE",
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Import our register from a file: as a whole, or nothing of it.

    Exit code 0: applied, or a dry run without problems; 1: problems, nothing applied; 2: held for a
    second officer, because it would end many authorisations.
    """
    from mra_gateway.flows.import_register import ImportOutcome
    from mra_gateway.flows.plan_import import ImportMode
    from mra_gateway.flows.read_register import (
        check_markable,
        find_mapping,
        keep_proposed_mapping,
        mark_register,
        read_own_register,
    )
    from mra_gateway.model.identifiers import ProgrammeId
    from mra_gateway.tables.writer import write_problems

    of = None if programme is None else identifier(ProgrammeId, programme, option="--programme")
    if marked is not None:
        check_markable(file, to=marked)
    zones: list[ZoneInfo] = []

    async def work(session: Session) -> tuple[RegisterFile, ImportReport]:
        gateway = session.gateway
        zones.append(session.zone)
        chosen = None if mapping is None else find_mapping(mapping, home=gateway.settings.home)
        if save_mapping is not None:
            keep_proposed_mapping(file, save_mapping, programme=of)
        with show.working(f"reading {file.name}"):
            read = read_own_register(
                file,
                administration=gateway.book.our_administration,
                mapping=chosen,
                programme=of,
            )
        with show.working(f"{read.rows_read} rows: {'comparing' if dry_run else 'applying'}"):
            if dry_run:
                done = await gateway.importer.plan(read, mode=ImportMode(mode))
            else:
                done = await gateway.importer.apply(
                    read, mode=ImportMode(mode), officer=session.actor.name
                )
        if marked is not None and done.problems:
            mark_register(file, done.problems, to=marked, mapping=chosen)
        return read, done

    with _collecting_seldom():
        read, done = as_officer(
            home, work, officer=officer, password_file=password_file, needs=() if dry_run else AEO
        )
    if report is not None:
        write_problems(done.problems, report)
    if as_json:
        show.long_document(import_as_json(read, done))
    else:
        print_import(read, done, zone=zones[0])
        if save_mapping is not None:
            show.line(f"mapping written to {save_mapping}: check it, then --mapping {save_mapping}")
        if marked is not None and done.problems:
            show.line(f"marked in {marked}")
    if done.problems:
        raise typer.Exit(Exit.NEGATIVE)
    raise typer.Exit(Exit.UNDECIDED if done.outcome is ImportOutcome.HELD else Exit.DONE)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .xlsx, .json or .xml.")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write our register to a file that can be imported again; nothing in it can run."""
    from mra_gateway.flows.export_register import export_rows, write_export

    async def work(session: Session) -> int:
        gateway = session.gateway
        with show.working("reading the register"):
            rows = await gateway.database.read(
                lambda c: export_rows(c, gateway.book, at=gateway.clock.now())
            )
        with show.working(f"writing {len(rows)} rows"):
            write_export(rows, file)
        return len(rows)

    written = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"file": file, "rows": written})
    else:
        show.line(f"{written} rows written to {file}")


@app.command("show")
def show_(
    operator: Annotated[
        str, typer.Argument(help="TIN or authorisation number, in any form.", metavar="IDENTIFIER")
    ],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show an operator's history: when it was true, when we knew, who was told, which consents."""
    from mra_gateway.flows.export_register import find_history

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(
            lambda c: find_history(c, gateway.book, operator, at=gateway.clock.now())
        )
        if as_json:
            show.document(found)
            return
        for one in found:
            print_history(session, one)

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def correct(
    change: ChangeArgument,
    *,
    status: Annotated[
        Literal["valid", "suspended", "revoked", "expired", "withdrawn"],
        typer.Option(help="The status that holds instead."),
    ],
    reference: Reference,
    since: Since = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Correct a change that was wrong, and tell every partner who heard of it."""
    _undo(change, "corrected", status=status, reference=reference, since=since, home=home,
          officer=officer, password_file=password_file, as_json=as_json)  # fmt: skip


@app.command()
def annul(
    change: ChangeArgument,
    *,
    reference: Reference,
    since: Since = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Annul a change on appeal: what held before it holds again, under the same number."""
    _undo(change, "annulled", status=None, reference=reference, since=since, home=home,
          officer=officer, password_file=password_file, as_json=as_json)  # fmt: skip


@app.command()
def announce(
    partner: Annotated[str, typer.Argument(help="The partner: two capital letters.")],
    *,
    arrangement: Annotated[
        str | None, typer.Option(help="Under this one; under each in force when absent.")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a partner the full list of operators it may know; the running gateway delivers it."""
    from mra_gateway.flows.send_list import send_list
    from mra_gateway.model.identifiers import ArrangementId, Territory

    territory = identifier(Territory, partner, option="PARTNER")
    id_ = (
        None
        if arrangement is None
        else identifier(ArrangementId, arrangement, option="--arrangement")
    )

    async def work(session: Session) -> list[dict[str, object]]:
        gateway = session.gateway
        queued = await send_list(
            territory,
            arrangement=id_,
            database=gateway.database,
            book=gateway.book,
            announcer=gateway.announcer,
            clock=gateway.clock,
            by=session.actor,
        )
        return [
            {
                "arrangement": under,
                "list": full.list_id,
                "operators": full.total,
                "parts": full.parts,
                "as_of": full.as_of,
            }
            for under, full in queued
        ]

    with show.working(f"fixing the list for {territory}"):
        lists = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"partner": territory, "lists": lists})
        return
    for one in lists:
        show.line(
            f"{one['operators']} operators in {one['parts']} part(s) for {territory} under "
            f"{one['arrangement']}: list {one['list']}"
        )


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Has Python look for circles among its objects less often, as `serve` does.

    Rows are made by the thousand and hold none: looking after every 700 takes a fifth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _undo(
    change: str,
    kind: str,
    *,
    status: str | None,
    reference: str,
    since: str | None,
    home: Path,
    officer: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    from mra_gateway.model.changes import ChangeKind, Status
    from mra_gateway.model.identifiers import ChangeId

    id_ = identifier(ChangeId, change, option="CHANGE")
    ordered_by = one_line(reference, option="--reference")
    at = None if since is None else moment(since, option="--since")

    async def work(session: Session) -> dict[str, object]:
        done = await session.gateway.corrector.correct(
            id_,
            kind=ChangeKind(kind),
            legal_reference=ordered_by,
            officer=session.actor.name,
            status=None if status is None else Status(status),
            effective_from=at,
        )
        return {
            "change": done.change_id,
            "kind": done.kind,
            "undoes": id_,
            "authorisation": done.key.authorisation,
            "status": done.status,
            "effective_from": done.effective_from,
        }

    done = as_officer(home, work, officer=officer, password_file=password_file, needs=AEO)
    if as_json:
        show.document(done)
    else:
        show.pairs(done)
