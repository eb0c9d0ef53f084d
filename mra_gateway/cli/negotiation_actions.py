"""`negotiation action add|done|list|holiday`: the action plan, in both sides' working days."""

from __future__ import annotations

from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.negotiation_options import (
    ByThem,
    ForPartner,
    MaybeRow,
    Name,
    audience,
    day_of,
    maybe_words,
    negotiation,
    party,
    words,
    written,
)
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Officer,
    PasswordFile,
    day,
    identifier,
    one_line,
)
from mra_gateway.cli.session import as_officer, reading, writing

app = typer.Typer(
    no_args_is_help=True, help="The action plan: who does what until when, and holidays."
)


@app.command()
def add(
    name: Name,
    text: Annotated[str, typer.Argument(help="What is to do.", metavar="TEXT")],
    *,
    owner: Annotated[str, typer.Option(help="The person or unit that does it.")],
    by_them: ByThem = False,
    due: Annotated[
        str | None,
        typer.Option(help="Until which day.", metavar="YYYY-MM-DD", show_default=False),
    ] = None,
    working_days: Annotated[
        int | None,
        typer.Option(help="Or: how many days on which both sides work.", show_default=False),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="Counted from this day; today when absent."),
    ] = None,
    row: MaybeRow = None,
    visit: Annotated[
        str | None, typer.Option(help="The joint validation it follows up, as V1.")
    ] = None,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Add an action with its owner and the day it is due."""
    from mra_gateway.flows.negotiate_actions import NewAction

    id_ = negotiation(name)
    new = NewAction(
        side=party(by_them=by_them),
        owner=one_line(owner, option="--owner"),
        text=words(text, option="TEXT"),
        due_on=None if due is None else day(due, option="--due"),
        working_days=working_days,
        counted_from=None if since is None else day(since, option="--from"),
        row=row,
        visit=visit,
        audience=audience(for_partner=for_partner),
    )

    work = writing(
        lambda c, session: session.gateway.negotiator.actions.add(c, id_, new, by=session.actor)
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    written(done, as_json=as_json)
    if not as_json:
        show.line(f"due {done.due_on}")


@app.command("done")
def done_(
    name: Name,
    action: Annotated[str, typer.Argument(help="Its number, as A1.", metavar="ACTION")],
    *,
    on: Annotated[
        str | None, typer.Option(help="On which day; today when absent.", metavar="YYYY-MM-DD")
    ] = None,
    result: Annotated[str | None, typer.Option(help="What came of it.")] = None,
    result_for_partner: Annotated[
        bool, typer.Option("--result-for-partner", help="The partner may be shown the result.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write that an action is done, and what came of it."""
    id_, said = negotiation(name), maybe_words(result, option="--result")
    work = writing(
        lambda c, session: session.gateway.negotiator.actions.done(
            c,
            id_,
            action,
            on=day_of(session.gateway, on),
            result=said,
            result_audience=audience(for_partner=result_for_partner),
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


@app.command("list")
def list_(
    name: Name,
    *,
    every: Annotated[bool, typer.Option("--all", help="What is done too.")] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List what is to do, soonest first, with the working days left to each side."""
    id_ = negotiation(name)
    work = reading(
        lambda c, session: session.gateway.negotiator.actions.listed(c, id_, every=every)
    )
    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(found)
        return
    show.table(
        ("id", "side", "owner", "what", "due", "done", "days ours", "theirs", "both"),
        [
            (
                one.action.key,
                one.action.side,
                one.action.owner,
                one.action.text,
                f"{one.action.due_on}{' OVERDUE' if one.is_overdue else ''}",
                one.action.done_on,
                one.ours,
                one.theirs,
                one.common,
            )
            for one in found
        ],
    )


@app.command()
def holiday(
    name: Name,
    territory: Annotated[str, typer.Argument(help="Whose, as KR.", metavar="TERRITORY")],
    on: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")],
    *,
    called: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a day on which a side does not work although its week says so."""
    from mra_gateway.model.identifiers import Territory

    id_ = negotiation(name)
    whose = identifier(Territory, territory, option="TERRITORY")
    which = day(on, option="DAY")

    work = writing(
        lambda c, session: session.gateway.negotiator.actions.add_holiday(
            c,
            id_,
            whose,
            on=which,
            name=None if called is None else one_line(called, option="--called"),
            audience=audience(for_partner=for_partner),
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)
