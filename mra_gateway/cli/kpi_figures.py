"""`kpi figures`, `prepare`, `approve`, `reject`, `publish`: figures become official, by two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, reading, writing

if TYPE_CHECKING:
    from mra_gateway.flows.approve_figures import Doubt, FigureKeeper
    from mra_gateway.store.database import Transaction
    from mra_gateway.store.figures import Held

PeriodName = Annotated[
    str,
    typer.Option("--period", help="A month, quarter or year: 2025-07, 2025-Q3, 2025."),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--indicator", help="Only this indicator's figures; may be repeated.", metavar="ID"
    ),
]
Note = Annotated[
    str | None,
    typer.Option("--note", help="Why, in words; needed to approve what is doubtful."),
]


def figures(
    *,
    period: PeriodName,
    doubtful: Annotated[
        bool, typer.Option("--doubtful", help="Only those a person should look at.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the figures of a period: how far each is, and what is doubtful about it."""

    @reading
    def work(connection: Transaction, session: Session) -> tuple[list[Held], list[Doubt]]:
        from mra_gateway.model.periods import Period
        from mra_gateway.store import figures as stored

        wanted = identifier(Period, period, option="--period")
        held = stored.of_period(connection, wanted)
        return held, _keeper(session).doubts(connection, wanted, held)

    held, doubts = as_officer(home, work, officer=officer, password_file=password_file)
    findings = {one.held.id: one.findings for one in doubts}
    rows = [one for one in held if not doubtful or one.id in findings]
    if as_json:
        show.document(
            [{"figure": one.figure, "findings": findings.get(one.id, ())} for one in rows]
        )
        return
    show.table(
        ("indicator", "whose", "of which", "value", "state", "by", "doubts"),
        [
            (
                one.figure.indicator,
                one.figure.breakdown.value,
                ", ".join(f"{k}={v}" for k, v in one.figure.group.items()),
                "–" if one.figure.value is None else f"{one.figure.value:.6g}",
                one.figure.status.value + (" (partial)" if one.figure.partial else ""),
                " / ".join(
                    each
                    for each in (one.figure.prepared_by, one.figure.approved_by)
                    if each is not None
                ),
                ", ".join(each.note.code for each in findings.get(one.id, ())),
            )
            for one in rows
        ],
        empty="no figure",
    )


def _moving(act: str, said: str) -> Callable[..., None]:
    """Returns the command of an act that takes a period, and a note where it is wanted."""

    def command(
        *,
        period: PeriodName,
        indicator: Only = None,
        note: Note = None,
        home: Home,
        officer: Officer = None,
        password_file: PasswordFile = None,
        as_json: AsJson = False,
    ) -> None:
        _move(act, (period, indicator, note), (home, officer, password_file), as_json=as_json)

    command.__name__, command.__doc__ = act, said
    return command


prepare = _moving("prepare", "Hand the drafts of a period to a second officer.")
approve = _moving("approve", "Approve figures another officer prepared.")
publish = _moving("publish", "Publish approved figures: from then on they are frozen.")


def reject(
    *,
    period: PeriodName,
    note: Annotated[str, typer.Option("--note", help="Why, in words.")],
    indicator: Only = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Hand prepared or approved figures back: they are drafts again."""
    _move("reject", (period, indicator, note), (home, officer, password_file), as_json=as_json)


_DONE = {
    "prepare": "prepared",
    "approve": "approved",
    "reject": "handed back",
    "publish": "published",
}


def _move(
    act: str,
    what: tuple[str, list[str] | None, str | None],
    who: tuple[Path, str | None, Path | None],
    *,
    as_json: bool,
) -> None:
    @writing
    def work(connection: Transaction, session: Session) -> list[Held]:
        from mra_gateway.model.indicators import IndicatorId
        from mra_gateway.model.periods import Period

        period, only, note = what
        wanted = identifier(Period, period, option="--period")
        ids = {identifier(IndicatorId, one, option="--indicator") for one in only or ()}
        words = None if note is None else one_line(note, option="--note")
        move = getattr(_keeper(session), act)
        moved: list[Held] = move(connection, wanted, by=session.actor, only=ids, note=words)
        return moved

    home, officer, password_file = who
    moved = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"act": _DONE[act], "figures": [one.figure for one in moved]})
    else:
        show.line(f"{len(moved)} figures {_DONE[act]}")


def _keeper(session: Session) -> FigureKeeper:
    from mra_gateway.flows.approve_figures import FigureKeeper

    return FigureKeeper(
        indicators={
            fact.value.id: fact.value
            for catalogue in session.gateway.registry.indicators.values()
            for fact in catalogue.indicators
            if fact.value is not None
        },
        clock=session.gateway.clock,
    )
