"""`scores`: our own compliance score of an operator, carried along in the extract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, one_line
from mra_gateway.cli.session import Session, as_officer

app = typer.Typer(
    no_args_is_help=True,
    help="Our own compliance scores of operators: carried along in the extract, deciding nothing.",
)
RISK = ("risk", "aeo")
Scale = Annotated[str, typer.Option(help="What the score is measured on, e.g. 0-100.")]


@app.command("set")
def set_(
    tin: Annotated[str, typer.Argument(help="The operator's TIN, as held.", metavar="TIN")],
    score: Annotated[str, typer.Argument(help="A number.", metavar="SCORE")],
    *,
    scale: Scale,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Set the score of one operator."""
    from mra_gateway.flows.score import a_score, set_scores

    named = one_line(scale, option="--scale")

    async def work(session: Session) -> int:
        at = session.gateway.clock.now()
        one = a_score(tin, score, scale=named, at=at, where="TIN SCORE")
        return await session.gateway.database.write(
            lambda c: set_scores(c, [one], at=at, by=session.actor)
        )

    changed = as_officer(home, work, officer=officer, password_file=password_file, needs=RISK)
    _say(changed, as_json=as_json)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 with the columns tin and score.")],
    *,
    scale: Scale,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Set the scores of many operators, all or none; who is not named keeps its own."""
    from mra_gateway.flows.score import read_scores, set_scores

    named = one_line(scale, option="--scale")

    async def work(session: Session) -> int:
        at = session.gateway.clock.now()
        scores = read_scores(file, scale=named, at=at)
        return await session.gateway.database.write(
            lambda c: set_scores(c, scores, at=at, by=session.actor)
        )

    changed = as_officer(home, work, officer=officer, password_file=password_file, needs=RISK)
    _say(changed, as_json=as_json)


@app.command("list")
def list_(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the scores that stand."""
    from mra_gateway.flows.score import listed

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(listed)
        if as_json:
            show.document(found)
            return
        show.table(
            ("TIN", "score", "scale", "as of"),
            [(one.tin, f"{one.score:g}", one.scale, one.as_of) for one in found],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _say(changed: int, *, as_json: bool) -> None:
    if as_json:
        show.document({"changed": changed})
    else:
        show.line(f"{changed} score(s) changed")
