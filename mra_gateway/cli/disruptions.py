"""`disruptions`: trade is hindered at some places, resumes, and who then goes first."""

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
    span,
    where,
)
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Officer,
    PasswordFile,
    identifier,
    moment,
    one_line,
)
from mra_gateway.cli.session import Session, as_officer, writing
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.flows.prioritise import Prioritised
    from mra_gateway.model.measures import Disruption

app = typer.Typer(
    no_args_is_help=True,
    help="Disruptions of trade, and which AEOs go first when it resumes.",
)


@app.command()
def announce(
    cause: Annotated[
        str,
        typer.Argument(
            help="natural_disaster, extreme_temperature, road, sea, unrest, "
            "infrastructure_outage, robbery or accident.",
            metavar="CAUSE",
        ),
    ],
    *,
    text: Annotated[str, typer.Option(help="What happened, in words.")],
    offices: Offices = None,
    dispatched_from: Origins = None,
    destined_to: Destinations = None,
    through: Through = None,
    modes: Modes = None,
    flows: Flows = None,
    since: Since = None,
    told_by: Annotated[
        str | None,
        typer.Option(
            help="The partner that told us; we ourselves when absent.", metavar="TERRITORY"
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Announce a disruption: its cause by code, and its places."""
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.model.measures import DisruptionCause

    if cause not in set(DisruptionCause):
        raise RequestRefused(
            f"no cause {cause[:40]!r}: {', '.join(DisruptionCause)}", where="CAUSE"
        )
    teller = None if told_by is None else identifier(Territory, told_by, option="--told-by")
    from_at, _ = span(since, None)
    places = where(
        offices=offices,
        dispatched_from=dispatched_from,
        destined_to=destined_to,
        through=through,
        modes=modes,
        flows=flows,
    )
    words = one_line(text, option="--text")

    work = writing(
        lambda c, session: session.gateway.disruptions.announce(
            c,
            DisruptionCause(cause),
            where=places,
            text=words,
            announced_by=teller,
            from_at=from_at,
            by=session.actor,
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _tell(done, "announced", as_json=as_json)


@app.command()
def resume(
    disruption: Id,
    *,
    at: Annotated[
        str | None,
        typer.Option(help="From when goods move again; now when absent.", metavar="MOMENT"),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say from when goods move again: `disruptions priority` lists who goes first."""
    resumed_at = None if at is None else moment(at, option="--at")

    work = writing(
        lambda c, session: session.gateway.disruptions.resume(
            c, disruption, resumed_at=resumed_at, by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _tell(done, "trade resumes", as_json=as_json)


@app.command()
def end(
    disruption: Id,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that all is in order again: nobody goes first because of it any more."""
    work = writing(
        lambda c, session: session.gateway.disruptions.end(c, disruption, by=session.actor)
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _tell(done, "over", as_json=as_json)


@app.command("list")
def list_(
    *,
    every: Every = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the disruptions that are not over."""

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.disruptions.listed(c, every=every))
        if as_json:
            show.document(found)
            return
        show.table(
            ("id", "cause", "where", "what", "told by", "since", "resumed", "over"),
            [
                (
                    one.id[:8],
                    one.cause,
                    one.where.in_words(),
                    one.text,
                    one.announced_by,
                    one.from_at,
                    one.resumed_at,
                    one.until_at,
                )
                for one in found
            ],
            empty="trade is not disrupted",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def priority(
    disruption: Id,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List who goes first when trade resumes: our own AEOs, then partners', as decided now."""
    from mra_gateway.flows.prioritise import name_our_own, prioritise

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.disruptions.get(c, disruption))
        at = gateway.clock.now()
        if found.is_over(at):
            raise RequestRefused("this disruption is over: nobody goes first because of it")
        with show.working("judging"):
            first = prioritise(await gateway.follower.current(), found, at=at)
            listed = await gateway.database.read(lambda c: name_our_own(c, first, at=at))
        if as_json:
            show.document({"disruption": found, "operators": listed})
            return
        _print(listed, found, session, at)

    as_officer(home, work, officer=officer, password_file=password_file)


def _print(listed: list[Prioritised], found: Disruption, session: Session, at: datetime) -> None:
    since = show.moment(found.resumed_at or at, session.zone)
    show.table(
        ("place", "territory", "TIN", "authorisation", "name", "arrangement", "flows", "only with"),
        [
            (
                place,
                one.territory,
                one.tin,
                one.authorisation,
                one.name,
                one.arrangement or "our own",
                one.flows,
                one.condition,
            )
            for place, one in enumerate(listed, 1)
        ],
        title=f"Who goes first: {found.cause}, {found.where.in_words()}; {since}",
        empty="nobody: no operator we recognise gets this benefit there",
        zone=session.zone,
    )


def _tell(done: Disruption, what: str, *, as_json: bool) -> None:
    if as_json:
        show.document(done)
    else:
        show.line(f"{what}: {done.cause}, {done.where.in_words()}; disruption {done.id}")
