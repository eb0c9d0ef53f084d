"""`database`: from a file to a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer

app = typer.Typer(no_args_is_help=True, help="The database: copied from SQLite to PostgreSQL.")


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
