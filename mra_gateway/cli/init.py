"""`init`: makes a home."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, identifier
from mra_gateway.cli.session import PASSWORD, ask_new_password
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.found import Founded, NewOfficer

SECOND_PASSWORD = "MRA_GATEWAY_SECOND_PASSWORD"  # noqa: S105 - the name of a variable


def init(
    *,
    home: Home,
    territory: Annotated[
        str, typer.Option(help="Our customs territory: two capital letters, as MN.", metavar="XX")
    ],
    environment: Annotated[
        Literal["test", "production"],
        typer.Option(help="One home is one environment; it never changes."),
    ],
    officer: Annotated[
        str,
        typer.Option(envvar="MRA_GATEWAY_OFFICER", help="The first officer.", metavar="NAME"),
    ],
    second_officer: Annotated[
        str, typer.Option(help="The second officer: what widens trust takes two.", metavar="NAME")
    ],
    url: Annotated[
        str | None,
        typer.Option(help="Address under which partners reach us: https://host:port."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="Further name or address in the TLS certificate; may be repeated."),
    ] = None,
    listen: Annotated[str, typer.Option(help="Address the partner API listens on.")] = "0.0.0.0",  # noqa: S104 - partners reach it from outside
    partner_port: Annotated[
        int | None,
        typer.Option(help="Port of the partner API; that of --url, or 8443.", show_default=False),
    ] = None,
    national_port: Annotated[int, typer.Option(help="Port of the national API.")] = 8080,
    database_url: Annotated[
        str,
        typer.Option(help="postgresql+asyncpg://user@host/name; SQLite in the home when absent."),
    ] = "",
    database_password_file: Annotated[
        Path | None, typer.Option(help="File with the PostgreSQL password.")
    ] = None,
    key_password_file: Annotated[
        Path | None,
        typer.Option(help="Existing file with the password of the keys; one is made when absent."),
    ] = None,
    generate_passwords: Annotated[
        bool, typer.Option("--generate-passwords", help="Make both passwords; shown this once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a home: keys, settings, database, and the first two officers.

    The folder must not exist, or be empty; whatever fails, it stays as it was. Passwords come from
    MRA_GATEWAY_PASSWORD and MRA_GATEWAY_SECOND_PASSWORD, or are asked for, or are made with
    --generate-passwords.
    """
    import asyncio

    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.found import Founding, found_home
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.model.messages import Environment

    founding = Founding(
        home=home,
        territory=identifier(Territory, territory, option="--territory"),
        environment=Environment(environment),
        officers=(
            _officer(officer, "--officer", variable=PASSWORD, generate=generate_passwords),
            _officer(
                second_officer,
                "--second-officer",
                variable=SECOND_PASSWORD,
                generate=generate_passwords,
            ),
        ),
        url=url,
        hosts=tuple(host or ()),
        partner_host=listen,
        partner_port=partner_port,
        national_port=national_port,
        database_url=database_url,
        database_password_file=database_password_file,
        key_password_file=key_password_file,
    )
    founded = asyncio.run(found_home(founding, clock=SystemClock()))
    _print(founded, founding.officers, with_passwords=generate_passwords, as_json=as_json)


def _officer(name: str, option: str, *, variable: str, generate: bool) -> NewOfficer:
    from mra_gateway.flows.authenticate import MIN_PASSWORD
    from mra_gateway.flows.found import NewOfficer
    from mra_gateway.model.identifiers import OfficerName

    login = identifier(OfficerName, name, option=option)
    if generate:
        return NewOfficer(login, name, secrets.token_urlsafe(16))
    password = ask_new_password(name, variable=variable)
    if len(password) < MIN_PASSWORD:
        raise RequestRefused(f"a password has at least {MIN_PASSWORD} characters", where=option)
    return NewOfficer(login, name, password)


def _print(
    founded: Founded,
    officers: tuple[NewOfficer, NewOfficer],
    *,
    with_passwords: bool,
    as_json: bool,
) -> None:
    settings = founded.settings
    made = {
        "home": founded.home,
        "territory": settings.territory,
        "environment": settings.environment,
        "database": "SQLite, gateway.db" if not settings.database.url else "PostgreSQL",
        "hosts": founded.hosts,
        "described": founded.is_described,
    }
    if as_json:
        people = [
            {"name": one.name, **({"password": one.password} if with_passwords else {})}
            for one in officers
        ]
        prints = [{"what": what, "sha256": value} for what, value in founded.fingerprints]
        show.document({**made, "officers": people, "fingerprints": prints})
        return
    show.pairs(made)
    for what, value in founded.fingerprints:
        show.line(f"{what}: {value}")
    for one in officers:
        show.line(f"officer {one.name}" + (f"  password {one.password}" if with_passwords else ""))
    if with_passwords:
        show.line("The passwords are shown this once: hand them to the two persons now.")
    if not founded.is_described:
        show.line(
            f"{settings.territory} is not described yet: write "
            f"partners/administrations/{settings.territory}.toml in the home first."
        )
    show.line("Keep keys/anchor.key.pem and keys/tls-anchor.key.pem off this machine.")
    show.line(
        f"Next: export MRA_GATEWAY_HOME={founded.home} MRA_GATEWAY_OFFICER={officers[0].name}"
    )
    show.line("then register import, partners card, pin, adopt, confirm, and serve.")
