"""`kpi study`: what the stages of a study by sample say, and how many more measurements to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, one_line
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from mra_gateway.indicators.studies import Stage
    from mra_gateway.model.impact import Interval


def study(
    name: Annotated[str, typer.Argument(help="The study, as its samples name it.", metavar="NAME")],
    *,
    within: Annotated[
        float,
        typer.Option(
            help="How near each mean should be known, in per cent of it.",
            min=0.1,
            max=100,
            metavar="PERCENT",
        ),
    ] = 10.0,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what each stage of a study says: mean and median with intervals, and the sample's size.

    `more` is how many further measurements would give the mean as near as asked, if they spread as
    those there are.
    """
    wanted = one_line(name, option="NAME")

    async def work(session: Session) -> tuple[Stage, ...]:
        from mra_gateway.flows.describe_study import describe_study

        database = session.gateway.database
        return await describe_study(wanted, database=database, home=home, within=within / 100)

    stages = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document([_document(one) for one in stages])
        return
    show.table(
        ("stage", "unit", "cases", "mean", "between", "median", "between", "more"),
        [
            (
                " ".join(part for part in one.of if part),
                one.unit,
                str(one.cases),
                f"{one.mean:.2f}",
                _between(one.mean_between),
                f"{one.median:.2f}",
                _between(one.median_between),
                "" if one.advice is None else str(one.advice.more),
            )
            for one in stages
        ],
    )
    methods = {
        interval.method
        for one in stages
        for interval in (one.mean_between, one.median_between)
        if interval is not None
    }
    if methods:
        show.line(f"intervals of 95 %: {'; '.join(sorted(methods))}")


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2f} – {interval.high:.2f}"


def _document(stage: Stage) -> dict[str, object]:
    from mra_gateway.flows.describe_study import TOLD_APART

    told = dict(zip(TOLD_APART, stage.of, strict=True))
    numbers = {key: value for key, value in stage._asdict().items() if key != "of"}
    advice = None if stage.advice is None else stage.advice._asdict()
    return told | numbers | {"advice": advice}
