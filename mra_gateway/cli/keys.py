"""`keys`: our own keys and certificates over the years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import as_keeper

if TYPE_CHECKING:
    from mra_gateway.flows.renew_keys import Held, KeyRing
    from mra_gateway.trust.keys import Purpose

app = typer.Typer(
    no_args_is_help=True,
    help="Our own keys and certificates: shown, renewed, and moved to another anchor.",
)
Of = Annotated[
    Literal["signing", "tls"] | None,
    typer.Option("--only", help="One of the two; both when absent.", show_default=False),
]


@app.command("show")
def show_(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show every certificate of ours: until when, and its fingerprint, by which it is revoked."""
    found = as_keeper(home, lambda ring: ring.held(), officer=officer, password_file=password_file)
    _print(found, as_json=as_json)


@app.command()
def renew(
    *,
    only: Of = None,
    under_next: Annotated[
        bool, typer.Option("--next", help="Under the next anchor, which partners have pinned.")
    ] = False,
    anchor_keys: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the anchors' keys, brought back for this; the home's keys folder "
            "when absent.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(help="Name or address in the TLS certificate; may be repeated. As it is now."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a new key and certificate for two years, also in place of a lost or stolen one.

    Partners need nothing: they have pinned the anchor. What was replaced is kept beside it.
    """
    _carry_out(
        lambda ring, of: ring.renew(
            of, anchor_keys=anchor_keys, under_next=under_next, hosts=tuple(host or ())
        ),
        act="keys renewed",
        only=only,
        home=home,
        officer=officer,
        password_file=password_file,
        as_json=as_json,
        then=("Restart serve, on every machine this home is copied to.",),
    )


@app.command("next-anchor")
def next_anchor(
    *,
    only: Of = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Make the next anchor, which stands on our card beside the current one."""
    _carry_out(
        lambda ring, of: ring.add_anchor(of),
        act="next anchor made",
        only=only,
        home=home,
        officer=officer,
        password_file=password_file,
        as_json=as_json,
        then=(
            "Next: partners card, to every partner; when all have pinned it, keys renew --next",
            "and restart serve; then keys retire. Keep the anchors' keys off this machine.",
        ),
    )


@app.command()
def retire(
    *,
    only: Of = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take the current anchor off our card, when our certificates are under the next."""
    _carry_out(
        lambda ring, of: ring.retire_anchor(of),
        act="anchor retired",
        only=only,
        home=home,
        officer=officer,
        password_file=password_file,
        as_json=as_json,
    )


def _carry_out(
    work: Callable[[KeyRing, Sequence[Purpose]], list[Held]],
    *,
    act: str,
    only: str | None,
    home: Path,
    officer: str | None,
    password_file: Path | None,
    as_json: bool,
    then: Sequence[str] = (),
) -> None:
    """Has keys changed, prints what they are now, and what a person does next."""
    from mra_gateway.trust.keys import Purpose

    of = tuple(Purpose) if only is None else (Purpose(only),)
    changed = as_keeper(
        home, lambda ring: work(ring, of), officer=officer, password_file=password_file, act=act
    )
    _print(changed, as_json=as_json)
    if not as_json:
        for one in then:
            show.line(one)


def _print(found: list[Held], *, as_json: bool) -> None:
    if as_json:
        show.document(found)
        return
    for one in found:
        show.line(f"{one.what}: until {one.until:%Y-%m-%d}  {one.subject}")
        show.line(f"    {one.sha256}")
