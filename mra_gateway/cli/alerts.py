"""`alerts`: consignments that are looked at whatever the status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.measure_options import (
    Destinations,
    Every,
    Flows,
    Id,
    Modes,
    Offices,
    Origins,
    Since,
    Through,
    Until,
    span,
    where,
)
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.model.measures import TargetedAlert

app = typer.Typer(
    no_args_is_help=True,
    help="Targeted alerts: such consignments are looked at, whatever the status.",
)


@app.command("put-out")
def put_out(
    *,
    operator: Annotated[
        str | None, typer.Option(help="TIN of an operator; any when absent.", metavar="TIN")
    ] = None,
    chapter: Annotated[
        list[str] | None,
        typer.Option(help="Chapter of the Harmonized System, two digits; may be repeated."),
    ] = None,
    offices: Offices = None,
    dispatched_from: Origins = None,
    destined_to: Destinations = None,
    through: Through = None,
    modes: Modes = None,
    flows: Flows = None,
    since: Since = None,
    until: Until = None,
    reason: Annotated[str, typer.Option(help="Why, for our own officers; never shown outside.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Put out an alert, at once and by one officer.

    A consignment that does not say whether it is concerned counts as concerned.
    """
    from mra_gateway.model.identifiers import Tin

    from_at, until_at = span(since, until)
    tin = None if operator is None else identifier(Tin, operator, option="--operator")
    places = where(
        offices=offices,
        dispatched_from=dispatched_from,
        destined_to=destined_to,
        through=through,
        modes=modes,
        flows=flows,
    )
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.controller.put_out(
            c,
            tin=tin,
            chapters=tuple(chapter or ()),
            where=places,
            from_at=from_at,
            until_at=until_at,
            reason=why,
            by=session.actor,
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)
    else:
        show.line(f"alert {done.id} is out: {_about(done)}")


@app.command()
def end(
    alert: Id,
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """End an alert."""
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.controller.end_alert(
            c, alert, reason=why, by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"alert": done.id, "ended": True})
    else:
        show.line(f"alert {done.id} is ended: {_about(done)}")


@app.command("list")
def list_(
    *,
    every: Every = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the alerts that are out or to come."""

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.controller.alerts(c, every=every))
        if as_json:
            show.document(found)
            return
        show.table(
            ("id", "about", "since", "until", "why", "by"),
            [
                (one.id[:8], _about(one), one.from_at, one.until_at, one.reason, one.ordered_by)
                for one in found
            ],
            empty="no alert is out",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _about(one: TargetedAlert) -> str:
    goods = f"chapters {', '.join(one.chapters)}" if one.chapters else "any goods"
    return f"{one.tin or 'any operator'}; {goods}; {one.where.in_words()}"
