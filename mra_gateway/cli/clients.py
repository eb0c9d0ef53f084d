"""`clients`: national systems and their API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer, writing

app = typer.Typer(
    no_args_is_help=True, help="National systems that may use the national API, by key."
)
SECURITY = ("security",)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the system is called.")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a system and print its key, which is shown this once and kept as a digest only."""
    work = writing(
        lambda c, session: session.gateway.authenticator.add_client(c, name, by=session.actor)
    )
    key = as_officer(home, work, officer=officer, password_file=password_file, needs=SECURITY)
    if as_json:
        show.document({"name": name, "key": key})
    else:
        show.note(f"The key of {name}, shown this once:")
        show.line(key)


@app.command("list")
def list_(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List every system, revoked ones too."""
    from mra_gateway.store import clients

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(clients.all_clients)
        if as_json:
            show.document(found)
            return
        show.table(
            ("id", "name", "added", "by", "revoked"),
            [
                (
                    one.id,
                    one.name,
                    one.created_at,
                    one.created_by,
                    one.revoked_at,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def revoke(
    client: Annotated[str, typer.Argument(help="Id or name; a name revokes all its keys.")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Revoke the keys of a system, at once."""
    work = writing(
        lambda c, session: session.gateway.authenticator.revoke_client(c, client, by=session.actor)
    )
    ended = as_officer(home, work, officer=officer, password_file=password_file, needs=SECURITY)
    if as_json:
        show.document({"client": client, "revoked": ended})
    else:
        show.line(f"{ended} key(s) of {client} revoked")
