"""`controls`: a share of what would be eased is controlled all the same, drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.measure_options import Every, Until, span
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.model.identifiers import ArrangementId
    from mra_gateway.model.measures import RandomControl

app = typer.Typer(
    no_args_is_help=True,
    help="Random control: a share of what would be eased is controlled all the same.",
)
Arrangement = Annotated[
    str | None,
    typer.Option("--arrangement", help="For this one; for all when absent.", metavar="ID"),
]


@app.command("set")
def set_(
    rate: Annotated[float, typer.Argument(help="The share, from 0 to 1: 0.02.", metavar="RATE")],
    *,
    arrangement: Arrangement = None,
    until: Until = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Set the share that is controlled at random, from now on.

    Which consignments are drawn cannot be told beforehand, and can be shown again afterwards. One
    share for all arrangements and one for a single one are drawn independently.
    """
    id_ = _arrangement(arrangement)
    _, until_at = span(None, until)

    work = writing(
        lambda c, session: session.gateway.controller.set_rate(
            c, rate, arrangement=id_, until_at=until_at, by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(_shown(done))
    else:
        show.line(f"{done.rate:.2%} of {_extent(done)} is controlled at random")


@app.command()
def end(
    *,
    arrangement: Arrangement = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """End the random control of one arrangement, or the one of all."""
    id_ = _arrangement(arrangement)

    work = writing(
        lambda c, session: session.gateway.controller.end_control(
            c, arrangement=id_, by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"control": done.id, "ended": True})
    else:
        show.line(f"nothing of {_extent(done)} is controlled at random by this any more")


@app.command("list")
def list_(
    *,
    every: Every = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the shares that are controlled at random."""

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.controller.controls(c, every=every))
        if as_json:
            show.document([_shown(one) for one in found])
            return
        show.table(
            ("id", "share", "of", "since", "until", "by"),
            [
                (
                    one.id[:8],
                    f"{one.rate:.2%}",
                    _extent(one),
                    one.from_at,
                    one.until_at,
                    one.ordered_by,
                )
                for one in found
            ],
            empty="nothing is controlled at random",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _arrangement(text: str | None) -> ArrangementId | None:
    from mra_gateway.model.identifiers import ArrangementId

    return None if text is None else identifier(ArrangementId, text, option="--arrangement")


def _extent(one: RandomControl) -> str:
    return one.arrangement or "all arrangements"


def _shown(one: RandomControl) -> dict[str, object]:
    """Whoever knew the seed could tell beforehand who is drawn."""
    return one.model_dump(mode="json", exclude={"seed"})
