"""`kpi plan add | list | done`: evaluations and audits of the figures, due on working days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, day, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.flows.plan_evaluations import EvaluationPlanner
    from mra_gateway.store.database import Transaction
    from mra_gateway.store.evaluations import Evaluation

app = typer.Typer(
    no_args_is_help=True,
    help="Evaluations and audits of the figures, with due dates in working days.",
)

Holidays = Annotated[
    list[str] | None,
    typer.Option(
        "--holiday",
        help="A day we do not work although our week says so; may be repeated.",
        metavar="DAY",
    ),
]


@app.command()
def add(
    title: Annotated[str, typer.Argument(help="What is to be looked at.")],
    *,
    responsible: Annotated[str, typer.Option("--responsible", help="Who does it.")],
    kind: Annotated[
        Literal["evaluation", "audit"], typer.Option("--kind", help="Which of the two.")
    ] = "evaluation",
    due: Annotated[str | None, typer.Option("--due", help="By which day.", metavar="DAY")] = None,
    in_working_days: Annotated[
        int | None,
        typer.Option("--in-working-days", help="Or: in how many working days.", min=1),
    ] = None,
    counted_from: Annotated[
        str | None,
        typer.Option("--after", help="After which day; today when absent.", metavar="DAY"),
    ] = None,
    every: Annotated[
        Literal["month", "quarter", "year"] | None,
        typer.Option("--every", help="Repeated: the next is planned when it is done."),
    ] = None,
    holiday: Holidays = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Plan an evaluation or an audit."""

    @writing
    def work(connection: Transaction, session: Session) -> Evaluation:
        from mra_gateway.flows.plan_evaluations import NewEvaluation

        new = NewEvaluation(
            kind,
            one_line(title, option="TITLE"),
            one_line(responsible, option="--responsible"),
            every,
            due_on=None if due is None else day(due, option="--due"),
            working_days=in_working_days,
            counted_from=None if counted_from is None else day(counted_from, option="--after"),
        )
        days = [day(one, option="--holiday") for one in holiday or ()]
        return _planner(session).add(connection, new, by=session.actor, holidays=days)

    planned = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(planned._asdict())
    else:
        show.line(f"{planned.key} planned, due on {planned.due_on}")


@app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Done ones too.")] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List what is to be done, soonest first."""

    async def work(session: Session) -> None:
        planner = _planner(session)
        found = await session.gateway.database.read(lambda c: planner.listed(c, every=every))
        if as_json:
            show.document(
                [
                    {
                        **one.evaluation._asdict(),
                        "working_days_left": one.days_left,
                        "overdue": one.is_overdue,
                    }
                    for one in found
                ]
            )
            return
        show.table(
            ("id", "what", "kind", "responsible", "due", "working days left", "outcome"),
            [
                (
                    one.evaluation.key,
                    one.evaluation.title,
                    one.evaluation.kind,
                    one.evaluation.responsible,
                    one.evaluation.due_on,
                    "OVERDUE"
                    if one.is_overdue
                    else f"done on {one.evaluation.done_on}"
                    if one.evaluation.done_on
                    else one.days_left,
                    one.evaluation.outcome or "",
                )
                for one in found
            ],
            empty="nothing planned",
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def done(
    key: Annotated[str, typer.Argument(help="As `kpi plan list` shows it: E1.", metavar="ID")],
    *,
    outcome: Annotated[str, typer.Option("--outcome", help="What it found.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The day; today when absent.", metavar="DAY")
    ] = None,
    holiday: Holidays = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write down what an evaluation found; one that is repeated is planned anew."""

    @writing
    def work(connection: Transaction, session: Session) -> tuple[Evaluation, Evaluation | None]:
        found = one_line(outcome, option="--outcome")
        at = None if on is None else day(on, option="--on")
        days = [day(one, option="--holiday") for one in holiday or ()]
        return _planner(session).done(
            connection, key, outcome=found, on=at, by=session.actor, holidays=days
        )

    made, following = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(
            {"done": made._asdict(), "next": None if following is None else following._asdict()}
        )
        return
    show.line(f"{made.key} done on {made.done_on}")
    if following is not None:
        show.line(f"{following.key} planned, due on {following.due_on}")


def _planner(session: Session) -> EvaluationPlanner:
    from mra_gateway.flows.plan_evaluations import EvaluationPlanner

    return EvaluationPlanner(book=session.gateway.book, clock=session.gateway.clock)
