"""`negotiation visit plan|record|report`: joint validations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mra_gateway.cli import show
from mra_gateway.cli.negotiation_options import (
    ForPartner,
    Name,
    audience,
    maybe_words,
    negotiation,
    one_of,
    toml_value,
    words,
    written,
)
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, day, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.model.joint_validation import Visit
    from mra_gateway.store.database import Transaction

app = typer.Typer(no_args_is_help=True, help="Joint validations: plan, what was seen, report.")
Number = Annotated[str, typer.Argument(help="Its number, as V1.", metavar="VISIT")]


@app.command()
def plan(
    name: Name,
    *,
    to_them: Annotated[
        bool, typer.Option("--to-them", help="They are host; otherwise they visit us.")
    ] = False,
    since: Annotated[str, typer.Option("--from", help="First day.", metavar="YYYY-MM-DD")],
    until: Annotated[str, typer.Option("--until", help="Last day.", metavar="YYYY-MM-DD")],
    place: Annotated[str, typer.Option(help="Where.")],
    firm: Annotated[
        list[str],
        typer.Option(
            help='As { name = "Busan Cargo", role = "carrier", tier = "AA", size = "medium", '
            "is_authorised = true }; may be repeated.",
        ),
    ],
    observer: Annotated[
        list[str] | None,
        typer.Option(help='As { name = "Li Na", side = "theirs" }; may be repeated.'),
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="As ko, zh-Hans; may be repeated.")
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(help="May be repeated.", metavar="[file|interview|site|remote]"),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(help="Row to look at; may be repeated; those that need a visit when absent."),
    ] = None,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Plan a joint validation; its checklist are the rows that need a visit."""
    from mra_gateway.flows.negotiate_write import make
    from mra_gateway.model.joint_validation import Visit
    from mra_gateway.model.requirements import Method

    id_ = negotiation(name)
    values: dict[str, Any] = {
        "key": "V0",
        "audience": audience(for_partner=for_partner),
        "host": "theirs" if to_them else "ours",
        "from_on": day(since, option="--from"),
        "until_on": day(until, option="--until"),
        "place": one_line(place, option="--place"),
        "languages": language or [],
        "methods": [one_of(Method, one, option="--method") for one in method or ()],
        "firms": [toml_value(one, option="--firm") for one in firm],
        "observers": [toml_value(one, option="--observer") for one in observer or ()],
        "checklist": row or [],
    }

    @writing
    def work(c: Transaction, session: Session) -> Visit:
        gateway = session.gateway
        planned = make(Visit, **values, at=gateway.clock.now(), by=session.actor.name)
        return gateway.negotiator.visits.plan(c, id_, planned, by=session.actor)

    done = as_officer(home, work, officer=officer, password_file=password_file)
    written(done, as_json=as_json)
    if not as_json:
        show.line(f"{len(done.checklist)} rows to look at: {', '.join(done.checklist)}")


@app.command()
def record(
    name: Name,
    visit: Number,
    row: Annotated[str, typer.Argument(help="The row seen.", metavar="ROW")],
    *,
    firm: Annotated[str, typer.Option(help="At which firm of the visit.")],
    result: Annotated[
        str,
        typer.Option(metavar="[confirmed|confirmed_with_remarks|not_confirmed]"),
    ],
    text: Annotated[str, typer.Option("--text", help="What was seen.")],
    method: Annotated[
        str, typer.Option(help="How.", metavar="[file|interview|site|remote]")
    ] = "site",
    conclusion: Annotated[
        str | None, typer.Option(help="The validator's conclusion.", show_default=False)
    ] = None,
    opinion: Annotated[
        str | None, typer.Option(help="The observer's opinion.", show_default=False)
    ] = None,
    opinion_for_partner: Annotated[
        bool, typer.Option("--opinion-for-partner", help="The partner may be shown the opinion.")
    ] = False,
    for_partner: ForPartner = False,
    over: Annotated[
        int | None,
        typer.Option(help="To change what was recorded: the visit's version you saw."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Record what was seen of a row at a firm; it marks the row in practice."""
    from mra_gateway.flows.negotiate_write import make
    from mra_gateway.model.comparison import InPractice
    from mra_gateway.model.joint_validation import Seen
    from mra_gateway.model.requirements import Method

    id_ = negotiation(name)
    values: dict[str, Any] = {
        "item": row,
        "firm": one_line(firm, option="--firm"),
        "method": one_of(Method, method, option="--method"),
        "result": one_of(InPractice, result, option="--result"),
        "text": words(text, option="--text"),
        "conclusion": maybe_words(conclusion, option="--conclusion"),
        "opinion": maybe_words(opinion, option="--opinion"),
        "opinion_audience": audience(for_partner=opinion_for_partner),
        "audience": audience(for_partner=for_partner),
    }

    @writing
    def work(c: Transaction, session: Session) -> Visit:
        gateway = session.gateway
        seen = make(Seen, **values, at=gateway.clock.now(), by=session.actor.name)
        return gateway.negotiator.visits.record(
            c, id_, visit, seen=seen, over=over, by=session.actor
        )

    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


@app.command()
def report(
    name: Name,
    visit: Number,
    text: Annotated[str, typer.Argument(help="The conclusion of the whole.", metavar="TEXT")],
    *,
    for_partner: ForPartner = False,
    over: Annotated[int, typer.Option(help="The visit's version you saw.", metavar="VERSION")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Close a visit with its conclusion; nothing is recorded at it afterwards."""
    id_, said = negotiation(name), words(text, option="TEXT")

    work = writing(
        lambda c, session: session.gateway.negotiator.visits.report(
            c,
            id_,
            visit,
            text=said,
            audience=audience(for_partner=for_partner),
            over=over,
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)
