"""`arrangements`: a whole arrangement stopped for a time, or run as a pilot."""

from __future__ import annotations

from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.approvals import waits
from mra_gateway.cli.measure_options import Every, Id, Since, Until, span
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, writing

app = typer.Typer(
    no_args_is_help=True,
    help="Stop a whole arrangement for a time, resume it, or run it as a pilot.",
)
Arrangement = Annotated[str, typer.Argument(help="As CN-MN-2025.", metavar="ARRANGEMENT")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words.")]


@app.command()
def stop(
    arrangement: Arrangement,
    *,
    partner: Annotated[
        str | None,
        typer.Option(help="Only what this partner brings into it.", metavar="TERRITORY"),
    ] = None,
    until: Until = None,
    reason: Reason,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Stop an arrangement at once and by one officer: it gives nothing, data are still exchanged.

    The reason stands in every result it leads to.
    """
    from mra_gateway.model.identifiers import ArrangementId, Territory

    id_ = identifier(ArrangementId, arrangement, option="ARRANGEMENT")
    side = None if partner is None else identifier(Territory, partner, option="--partner")
    _, until_at = span(None, until)
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.pauser.stop(
            c, id_, partner=side, until_at=until_at, reason=why, by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)
    else:
        show.line(f"stopped: {done.arrangement}, {done.partner or 'every partner'}; stop {done.id}")


@app.command()
def resume(
    stop: Annotated[
        str,
        typer.Argument(
            help="The stop's id or the beginning of it, or the arrangement.", metavar="STOP"
        ),
    ],
    *,
    reason: Reason,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to resume an arrangement; until then it gives nothing."""
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.pauser.request_resumption(
            c, stop, reason=why, by=session.actor
        )
    )
    request = as_officer(home, work, officer=officer, password_file=password_file)
    waits(request, "legal", officer, as_json=as_json)


@app.command()
def pilot(
    arrangement: Arrangement,
    *,
    operator: Annotated[
        list[str] | None,
        typer.Option(
            help="TIN of an operator that takes part; may be repeated; all when absent.",
            metavar="TIN",
        ),
    ] = None,
    office: Annotated[
        list[str] | None,
        typer.Option(help="Customs office or post that takes part; may be repeated."),
    ] = None,
    since: Since = None,
    until: Until = None,
    reason: Reason,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to run an arrangement as a pilot: only those named take part.

    After --until the whole arrangement applies. Have the pilot approved before the arrangement is
    confirmed, or stop the arrangement meanwhile.
    """
    from mra_gateway.model.facts import ALL
    from mra_gateway.model.identifiers import ArrangementId, Tin

    id_ = identifier(ArrangementId, arrangement, option="ARRANGEMENT")
    tins = tuple(identifier(Tin, one, option="--operator") for one in operator or ())
    from_at, until_at = span(since, until)
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.pauser.request_pilot(
            c,
            id_,
            operators=tins or ALL,
            offices=tuple(office or ()) or ALL,
            from_at=from_at,
            until_at=until_at,
            reason=why,
            by=session.actor,
        )
    )
    request = as_officer(home, work, officer=officer, password_file=password_file)
    waits(request, "legal", officer, as_json=as_json)


@app.command("end-pilot")
def end_pilot(
    pilot: Id,
    *,
    reason: Reason,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to end a pilot before its time: the whole arrangement then applies."""
    why = one_line(reason, option="--reason")

    work = writing(
        lambda c, session: session.gateway.pauser.request_end_of_pilot(
            c, pilot, reason=why, by=session.actor
        )
    )
    request = as_officer(home, work, officer=officer, password_file=password_file)
    waits(request, "legal", officer, as_json=as_json)


@app.command("list")
def list_(
    *,
    every: Every = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List what is stopped and which pilots run; `partners show` lists all arrangements."""

    async def work(session: Session) -> None:
        gateway = session.gateway
        stops, pilots = await gateway.database.read(
            lambda c: (gateway.pauser.stops(c, every=every), gateway.pauser.pilots(c, every=every))
        )
        if as_json:
            show.document({"stops": stops, "pilots": pilots})
            return
        show.table(
            ("id", "arrangement", "partner", "since", "until", "why", "by"),
            [
                (
                    one.id[:8],
                    one.arrangement,
                    one.partner or "every",
                    one.from_at,
                    one.until_at,
                    one.reason,
                    one.ordered_by,
                )
                for one in stops
            ],
            title="Stopped",
            zone=session.zone,
        )
        show.table(
            ("id", "arrangement", "operators", "posts", "since", "until", "why", "by"),
            [
                (
                    one.id[:8],
                    one.arrangement,
                    one.operators,
                    one.offices,
                    one.from_at,
                    one.until_at,
                    one.reason,
                    one.ordered_by,
                )
                for one in pilots
            ],
            title="Pilots",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)
