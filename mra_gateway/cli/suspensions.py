"""`suspensions`: benefits of one operator stopped by us, its status untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.approvals import waits
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
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.model.measures import BenefitSuspension

app = typer.Typer(
    no_args_is_help=True,
    help="Suspend the benefits of one operator: one officer stops, two restore.",
)


@app.command()
def order(
    operator: Annotated[
        str, typer.Argument(help="TIN, or authorisation number as issued.", metavar="OPERATOR")
    ],
    *,
    reason_class: Annotated[
        str,
        typer.Option(
            "--class",
            help="What the partner may be told: irregularity, security_risk, data_in_doubt, "
            "identity_misused, request_of_partner or other.",
            metavar="CLASS",
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why, for our own officers.")],
    arrangement: Annotated[
        str | None, typer.Option(help="Under this one only; under all when absent.", metavar="ID")
    ] = None,
    authorisation: Annotated[
        str | None, typer.Option(help="Only this one of the operator's authorisations.")
    ] = None,
    benefit: Annotated[
        list[str] | None,
        typer.Option(help="Only this benefit, by its code; may be repeated; all when absent."),
    ] = None,
    site: Annotated[
        str | None,
        typer.Option(
            help="Only goods of this site. Goods are taken to be of it unless the code declared "
            "was confirmed to stand for another site."
        ),
    ] = None,
    offices: Offices = None,
    dispatched_from: Origins = None,
    destined_to: Destinations = None,
    through: Through = None,
    modes: Modes = None,
    flows: Flows = None,
    since: Since = None,
    until: Until = None,
    substitute: Annotated[
        list[str] | None,
        typer.Option(
            help="An operator that may take over meanwhile; may be repeated.", metavar="OPERATOR"
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Stop benefits at once, on any day and by one officer; a second one is asked to confirm.

    A consignment that does not say whether it is concerned counts as concerned. Not confirmed
    within the hours set (guard.confirm_suspension_hours) the suspension is overdue, and stands.
    """
    from mra_gateway.flows.keep_measures import made
    from mra_gateway.flows.suspend import SuspensionOrder

    from_at, until_at = span(since, until)
    values = {
        "operator": one_line(operator, option="OPERATOR"),
        "arrangement": arrangement,
        "authorisation": authorisation,
        "codes": tuple(benefit) if benefit else "all",
        "site": None if site is None else one_line(site, option="--site"),
        "where": where(
            offices=offices,
            dispatched_from=dispatched_from,
            destined_to=destined_to,
            through=through,
            modes=modes,
            flows=flows,
        ),
        "from_at": from_at,
        "until_at": until_at,
        "reason_class": reason_class,
        "reason": one_line(reason, option="--reason"),
        "substitutes": tuple(one_line(one, option="--substitute") for one in substitute or ()),
    }
    ordered = made(SuspensionOrder, **values)

    async def work(session: Session) -> BenefitSuspension:
        gateway = session.gateway
        done = await gateway.database.write(
            lambda c: gateway.suspender.order(c, ordered, by=session.actor)
        )
        if not as_json:
            show.line(f"suspended: {done.tin} ({done.extent_in_words()}), suspension {done.id}")
            show.line(
                f"another officer confirms before {show.moment(done.confirm_before, session.zone)}:"
            )
            show.line(f"  mra-gateway suspensions confirm {done.id[:8]}")
        return done

    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)


@app.command()
def confirm(
    suspension: Id,
    *,
    note: Annotated[str | None, typer.Option(help="Kept with the confirmation.")] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Confirm a suspension another officer ordered; `approvals approve` does the same."""

    async def work(session: Session) -> BenefitSuspension:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.suspender.get(c, suspension))
        await gateway.database.write(
            lambda c: gateway.approver.approve(c, found.id, by=session.actor, note=note)
        )
        return await gateway.database.read(lambda c: gateway.suspender.get(c, found.id))

    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)
    else:
        show.line(f"confirmed: the benefits of {done.tin} are suspended ({done.extent_in_words()})")


@app.command()
def restore(
    suspension: Id,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the second officer.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to restore the benefits; until then the suspension stands."""
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.suspender.request_restoration(
            c, suspension, reason=why, by=session.actor
        )
    )
    request = as_officer(home, work, officer=officer, password_file=password_file)
    waits(request, "aeo or risk", officer, as_json=as_json)


@app.command("list")
def list_(
    *,
    every: Every = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the suspensions that stand; exit code 1 when one was not confirmed in time."""
    from mra_gateway.cli.exits import Exit

    async def work(session: Session) -> bool:
        gateway = session.gateway
        at = gateway.clock.now()
        found = await gateway.database.read(lambda c: gateway.suspender.listed(c, every=every))
        if as_json:
            show.document(
                [
                    {
                        **one.model_dump(mode="json"),
                        "state": _state(one, at),
                        "overdue": one.is_overdue(at),
                    }
                    for one in found
                ]
            )
        else:
            show.table(
                ("id", "operator", "what", "since", "until", "class", "ordered by", "state"),
                [
                    (
                        one.id[:8],
                        one.tin,
                        f"{one.extent_in_words()}; instead: {', '.join(one.substitutes)}"
                        if one.substitutes
                        else one.extent_in_words(),
                        one.from_at,
                        one.until_at,
                        one.reason_class,
                        one.ordered_by,
                        _state(one, at),
                    )
                    for one in found
                ],
                empty="no benefits are suspended",
                zone=session.zone,
            )
        return any(one.is_overdue(at) for one in found)

    late = as_officer(home, work, officer=officer, password_file=password_file)
    raise typer.Exit(Exit.NEGATIVE if late else Exit.DONE)


def _state(one: BenefitSuspension, at: datetime) -> str:
    if one.restored_by:
        return f"restored by {' and '.join(one.restored_by)}"
    if one.is_overdue(at):
        return "OVERDUE: not confirmed, stands" if not one.is_over(at) else "OVERDUE: not confirmed"
    if one.is_over(at):
        return "over"
    return "not confirmed yet" if one.confirmed_by is None else f"confirmed by {one.confirmed_by}"
