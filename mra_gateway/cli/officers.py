"""`officers`: the accounts of this administration's officers."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier
from mra_gateway.cli.session import Session, as_officer, ask_new_password, read_password, writing
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.model.officers import OfficerRole

NEW_PASSWORD = "MRA_GATEWAY_NEW_PASSWORD"  # noqa: S105 - the name of a variable

app = typer.Typer(
    no_args_is_help=True,
    help="Accounts of officers: every act is one officer's, some take two.",
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Login name: small letters, digits, dot, hyphen.")],
    *,
    role: Annotated[
        list[str],
        typer.Option(
            help="aeo keeps the register and decides, security keeps accounts, keys and partners, "
            "legal confirms arrangements, risk suspends benefits and sets alerts and controls, "
            "auditor reads; may be repeated.",
            metavar="[aeo|security|legal|risk|auditor]",
        ),
    ],
    display_name: Annotated[str | None, typer.Option(help="Name as people write it.")] = None,
    new_password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the new password.")
    ] = None,
    generate_password: Annotated[
        bool, typer.Option("--generate-password", help="Make the password; shown this once.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Add an officer. The new password comes from MRA_GATEWAY_NEW_PASSWORD or is asked for."""
    from mra_gateway.model.identifiers import OfficerName
    from mra_gateway.model.officers import OfficerRole

    login = identifier(OfficerName, name, option="NAME")
    roles = _roles(role)
    password: list[str] = []

    async def work(session: Session) -> None:
        password.append(_new_password(name, new_password_file, generate=generate_password))
        gateway = session.gateway
        await gateway.database.write(
            lambda c: gateway.authenticator.add_officer(
                c,
                login,
                display_name=display_name or name,
                roles=roles,
                password=password[0],
                by=session.actor.name,
            )
        )

    as_officer(
        home, work, officer=officer, password_file=password_file, needs=(OfficerRole.SECURITY,)
    )
    shown = {"password": password[0]} if generate_password else {}
    if as_json:
        show.document({"name": login, "roles": sorted(roles), **shown})
        return
    show.line(f"{login} added: {', '.join(sorted(roles))}")
    if generate_password:
        show.line(f"password {password[0]}  (shown this once)")


@app.command("list")
def list_(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List every account, disabled ones too."""
    from mra_gateway.store import officers

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(officers.all_officers)
        if as_json:
            hidden = {"password_hash", "failed_attempts"}
            show.document(
                [
                    {name: value for name, value in one._asdict().items() if name not in hidden}
                    for one in found
                ]
            )
            return
        show.table(
            ("name", "display name", "roles", "added", "by", "state"),
            [
                (
                    one.name,
                    one.display_name,
                    one.roles,
                    one.created_at,
                    one.created_by,
                    "active"
                    if one.disabled_at is None
                    else f"disabled {show.moment(one.disabled_at, session.zone)}",
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def disable(
    name: Annotated[str, typer.Argument(help="Login name.")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Disable an account; the last two cannot be, for some acts take two."""
    from mra_gateway.model.identifiers import OfficerName
    from mra_gateway.model.officers import OfficerRole

    login = identifier(OfficerName, name, option="NAME")
    work = writing(
        lambda c, session: session.gateway.authenticator.disable_officer(c, login, by=session.actor)
    )
    as_officer(
        home, work, officer=officer, password_file=password_file, needs=(OfficerRole.SECURITY,)
    )
    if as_json:
        show.document({"name": login, "state": "disabled"})
    else:
        show.line(f"{login} disabled")


@app.command()
def password(
    *,
    new_password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the new password.")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Change your own password; the new one comes from MRA_GATEWAY_NEW_PASSWORD or is asked for.

    Who has forgotten it gets another account: officers add, then officers disable of the old one.
    """

    async def work(session: Session) -> str:
        gateway, by = session.gateway, session.actor
        new = _new_password(by.name, new_password_file, generate=False)
        await gateway.database.write(
            lambda c: gateway.authenticator.change_password(c, password=new, by=by)
        )
        return by.name

    name = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"name": name, "state": "password changed"})
    else:
        show.line(f"password of {name} changed")


def _roles(named: list[str]) -> frozenset[OfficerRole]:
    from mra_gateway.model.officers import OfficerRole

    unknown = sorted(set(named) - set(OfficerRole))
    if unknown:
        raise RequestRefused(f"no role {unknown[0]!r}: {', '.join(OfficerRole)}", where="--role")
    return frozenset(OfficerRole(one) for one in named)


def _new_password(name: str, file: Path | None, *, generate: bool) -> str:
    if generate:
        return secrets.token_urlsafe(16)
    return read_password(file) if file else ask_new_password(name, variable=NEW_PASSWORD)
