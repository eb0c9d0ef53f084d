"""`database`: backed up, restored, moved from a file to a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer, who

app = typer.Typer(
    no_args_is_help=True,
    help="The database: backed up, restored, and copied from SQLite to PostgreSQL.",
)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A file that does not exist yet.", metavar="FILE")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write all a home on SQLite holds to a file; serve may run meanwhile.

    A backup of the home is this file, gateway.toml, keys and partners.
    """
    from mra_gateway.flows.restore_database import back_up

    async def work(session: Session) -> int:
        return back_up(session.gateway.settings, to=file, by=session.actor)

    size = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"file": file, "bytes": size})
    else:
        show.line(f"{size} bytes written to {file}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", metavar="FILE")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the database of a home on SQLite; stop serve first.

    What was there is kept beside it. Nobody serves it before messages reopen: what was sent since
    the backup has numbers that would be used twice.
    """
    import asyncio

    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.restore_database import restore as put_back
    from mra_gateway.settings import load_settings

    settings = load_settings(home)
    name, password = who(officer, password_file)
    aside = asyncio.run(
        put_back(settings, backup=file, officer=name, password=password, clock=SystemClock())
    )
    if as_json:
        show.document({"file": file, "replaced": aside})
        return
    show.line(f"restored; what was there is in {aside}")
    show.line("Next: register import of your present register, messages reopen, then serve.")


@app.command()
def copy(
    url: Annotated[
        str, typer.Argument(help="postgresql+asyncpg://user@host/name, an empty database.")
    ],
    *,
    database_password_file: Annotated[
        Path | None, typer.Option(help="File with the PostgreSQL password.")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Copy all this home holds from its SQLite file into an empty PostgreSQL database.

    Stop serve first, and do not start it on the file again: two databases that both send would use
    numbers twice.
    """
    from mra_gateway.flows.move_database import move_database
    from mra_gateway.store.database import open_database

    async def work(session: Session) -> int:
        password = None
        if database_password_file is not None:
            password = database_password_file.read_text(encoding="utf-8").strip()
        gateway = session.gateway
        target = open_database(url, password=password)
        try:
            with show.working("copying") as tell:
                return await move_database(
                    gateway.settings,
                    target=target,
                    clock=gateway.clock,
                    by=session.actor,
                    tell=tell,
                )
        finally:
            await target.close()

    copied = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"rows": copied})
        return
    show.line(f"{copied} rows copied")
    show.line("Now set url under [database] in gateway.toml, put gateway.db away, and serve.")
