"""Opens a home and says who acts: what every command does before it calls a flow."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import typer

from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.renew_keys import Held, KeyRing
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.officers import Actor
    from mra_gateway.store.database import Transaction

PASSWORD = "MRA_GATEWAY_PASSWORD"  # noqa: S105 - the name of a variable
T = TypeVar("T")


class Session(NamedTuple):
    """An opened home and the officer who acts."""

    gateway: Gateway
    actor: Actor

    @property
    def zone(self) -> ZoneInfo:
        """The zone times are shown in."""
        return self.gateway.book.time_zone


def as_officer(
    home: Path,
    work: Callable[[Session], Awaitable[T]],
    *,
    officer: str | None,
    password_file: Path | None,
    needs: tuple[str, ...] = (),
) -> T:
    """Runs work in a home on behalf of an officer.

    Args:
        home: The home.
        work: What to do.
        officer: Login name.
        password_file: File with the password; else the environment, else a prompt.
        needs: One of these roles; any officer who is active when empty.

    Raises:
        SetupError: The home cannot be opened.
        RequestRefused: `NOT_AUTHENTICATED` or `NOT_PERMITTED`; and what the work raises.
    """
    from mra_gateway.settings import load_settings

    load_settings(home)  # no password is asked for a home that is not there
    name, password = who(officer, password_file)

    async def run(gateway: Gateway) -> T:
        from mra_gateway.flows.authenticate import check_role
        from mra_gateway.model.officers import OfficerRole

        actor = await gateway.authenticator.authenticate(name, password=password)
        if needs:
            check_role(actor, *(OfficerRole(role) for role in needs))
        return await work(Session(gateway, actor))

    return in_home(home, run)


def as_keeper(
    home: Path,
    work: Callable[[KeyRing], list[Held]],
    *,
    officer: str | None,
    password_file: Path | None,
    act: str | None = None,
) -> list[Held]:
    """Runs work on the keys of a home, which need not be usable, on behalf of an officer.

    Args:
        home: The home.
        work: What to do.
        officer: Login name.
        password_file: File with the password; else the environment, else a prompt.
        act: What the journal calls it; None where nothing changes.

    Raises:
        SetupError: The home has no settings, or the password of its keys cannot be read.
        RequestRefused: `NOT_AUTHENTICATED` or `NOT_PERMITTED`; and what the work raises.
    """
    import asyncio

    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.authenticate import Authenticator
    from mra_gateway.flows.renew_keys import KeyRing, keep
    from mra_gateway.gateway import key_password, open_home_database
    from mra_gateway.settings import load_settings

    settings = load_settings(home)
    name, password = who(officer, password_file)

    async def run() -> list[Held]:
        clock = SystemClock()
        database = open_home_database(settings)
        try:
            ring = KeyRing(settings, password=key_password(settings), clock=clock)
            actor = await Authenticator(database=database, clock=clock).authenticate(
                name, password=password
            )
            return await keep(ring, work, database=database, clock=clock, by=actor, act=act)
        finally:
            await database.close()

    return asyncio.run(run())


def writing(work: Callable[[Transaction, Session], T]) -> Callable[[Session], Awaitable[T]]:
    """Makes work for `as_officer` of what one transaction changes: all of it, or nothing."""
    return lambda session: session.gateway.database.write(lambda c: work(c, session))


def reading(work: Callable[[Transaction, Session], T]) -> Callable[[Session], Awaitable[T]]:
    """Makes work for `as_officer` of what is read in one snapshot."""
    return lambda session: session.gateway.database.read(lambda c: work(c, session))


def in_home(home: Path, work: Callable[[Gateway], Awaitable[T]]) -> T:
    """Runs work in a home on nobody's behalf.

    Raises:
        SetupError: The home cannot be opened; and what the work raises.
    """
    import asyncio

    from mra_gateway.gateway import open_gateway

    async def run() -> T:
        async with open_gateway(home) as gateway:
            return await work(gateway)

    return asyncio.run(run())


def read_password(file: Path) -> str:
    """Returns the first line of a password file.

    Raises:
        RequestRefused: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").split("\n", 1)[0].strip("\r")
    except (OSError, UnicodeDecodeError):
        raise RequestRefused(
            "the password file cannot be read", reason=Reason.NOT_AUTHENTICATED, where=str(file)
        ) from None


def ask_new_password(name: str, *, variable: str) -> str:
    """Returns a new password: from the environment, else asked for twice.

    Raises:
        RequestRefused: There is neither the variable nor anybody to ask.
    """
    given = os.environ.get(variable)
    if given:
        return given
    _see_that_somebody_is_there(variable)
    asked: str = typer.prompt(
        f"New password for {name}", hide_input=True, confirmation_prompt=True, err=True
    )
    return asked


def who(officer: str | None, password_file: Path | None) -> tuple[str, str]:
    """Returns who says to act, and the password, which nobody has checked yet.

    Raises:
        RequestRefused: `NOT_AUTHENTICATED`: nobody is named, or there is no password.
    """
    if not officer:
        raise RequestRefused(
            "say who acts: --officer NAME or MRA_GATEWAY_OFFICER", reason=Reason.NOT_AUTHENTICATED
        )
    return officer, _password(officer, password_file)


def _password(officer: str, file: Path | None) -> str:
    if file is not None:
        return read_password(file)
    given = os.environ.get(PASSWORD)
    if given is not None:
        return given
    _see_that_somebody_is_there(PASSWORD)
    asked: str = typer.prompt(f"Password of {officer!r}", hide_input=True, err=True)
    return asked


def _see_that_somebody_is_there(variable: str) -> None:
    if not sys.stdin.isatty():
        raise RequestRefused(
            f"no password: set {variable}, name a password file, or use a terminal",
            reason=Reason.NOT_AUTHENTICATED,
        )
