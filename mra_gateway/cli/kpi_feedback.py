"""`kpi feedback add|answer|list`: what operators and partners say, and what they are answered."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, day, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, in_home, writing

if TYPE_CHECKING:
    from mra_gateway.flows.measure_enter import Enterer
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.measured_entries import Feedback

app = typer.Typer(
    no_args_is_help=True,
    help="Feedback of operators and partners: recorded, answered and counted.",
)
On = Annotated[
    str | None, typer.Option("--on", help="The day; today when absent.", metavar="YYYY-MM-DD")
]


@app.command()
def add(
    text: Annotated[str, typer.Argument(help="What was said.", metavar="TEXT")],
    *,
    side: Annotated[Literal["operator", "partner"], typer.Option(help="Who says it.")],
    category: Annotated[
        Literal[
            "authorisation",
            "benefits",
            "recognition",
            "clearance",
            "communication",
            "data",
            "other",
        ],
        typer.Option(help="About what."),
    ],
    partner: Annotated[
        str | None, typer.Option(help="Of a partner, which.", metavar="TERRITORY")
    ] = None,
    on: On = None,
    corrects: Annotated[
        int | None, typer.Option(help="The record that was wrong; it stays.", metavar="N")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write down what an operator or a partner said."""
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.model.measured_entries import FeedbackCategory, Side

    said = one_line(text, option="TEXT")
    whose = None if partner is None else identifier(Territory, partner, option="--partner")

    work = writing(
        lambda c, session: _enterer(session).receive(
            c,
            side=Side(side),
            category=FeedbackCategory(category),
            text=said,
            received_on=_day(on, session),
            by=session.actor,
            partner=whose,
            corrects=corrects,
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _print(done, as_json=as_json)


@app.command()
def answer(
    feedback: Annotated[int, typer.Argument(help="Its number.", metavar="N")],
    text: Annotated[str, typer.Argument(help="What was answered.", metavar="TEXT")],
    *,
    on: On = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write down what was answered; earlier answers stay."""
    said = one_line(text, option="TEXT")
    work = writing(
        lambda c, session: _enterer(session).answer(
            c, feedback, text=said, answered_on=_day(on, session), by=session.actor
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _print(done, as_json=as_json)


@app.command("list")
def list_(
    *,
    period: Annotated[
        str | None, typer.Option(help="Only received in this period.", metavar="PERIOD")
    ] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="Only what waits for an answer.")
    ] = False,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """List feedback, oldest first, and how much of it is answered."""
    from mra_gateway.model.periods import Period
    from mra_gateway.store import measure_feedback

    span = None if period is None else identifier(Period, period, option="--period")

    async def work(gateway: Gateway) -> list[Feedback]:
        return await gateway.database.read(
            lambda c: measure_feedback.current(
                c,
                first=date.min if span is None else span.first_on,
                last=date.max if span is None else span.last_on,
            )
        )

    found = in_home(home, work)
    shown = [one for one in found if not unanswered or one.answered_on is None]
    if as_json:
        show.document({"feedback": shown})
        return
    headings = ("id", "received", "side", "partner", "category", "text", "answered")
    show.table(
        headings,
        [
            (
                one.id,
                one.received_on,
                one.side,
                one.partner,
                one.category,
                one.text,
                one.answered_on,
            )
            for one in shown
        ],
    )
    answered = sum(one.answered_on is not None for one in found)
    show.line(f"{len(found)} received, {answered} answered")


def _enterer(session: Session) -> Enterer:
    from mra_gateway.flows.measure_enter import Enterer

    return Enterer(registry=session.gateway.registry, clock=session.gateway.clock)


def _day(text: str | None, session: Session) -> date:
    if text is not None:
        return day(text, option="--on")
    return session.gateway.clock.now().astimezone(session.zone).date()


def _print(one: Feedback, *, as_json: bool) -> None:
    if as_json:
        show.document(one)
        return
    answered = "not answered yet" if one.answered_on is None else f"answered {one.answered_on}"
    show.line(f"feedback {one.id}, received {one.received_on}, {answered}")
