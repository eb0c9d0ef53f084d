"""`kpi baseline`, `kpi target`, `kpi aims`: where indicators stood, and where they should stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, writing

if TYPE_CHECKING:
    from mra_gateway.flows.set_aims import AimKeeper, Set
    from mra_gateway.model.requirements import Phrase
    from mra_gateway.store.database import Transaction

Indicator = Annotated[
    str, typer.Argument(help="The indicator, as carec:uptake.applications.", metavar="ID")
]
Evidence = Annotated[
    str,
    typer.Option("--evidence", help="What it rests on: an order, a register, a study."),
]


def baseline(
    indicator: Indicator,
    *,
    year: Annotated[int, typer.Option("--year", help="Of the value.", min=1990, max=2100)],
    evidence: Evidence,
    value: Annotated[
        float | None,
        typer.Option("--value", help="In the indicator's unit; a share as 0.25."),
    ] = None,
    kind: Annotated[
        Literal["qualitative", "numerical", "scale"] | None,
        typer.Option("--kind", help="As the indicator's data file says when absent."),
    ] = None,
    assessment: Annotated[
        str | None, typer.Option("--assessment", help="Of a qualitative one, what was found.")
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option("--criterion", help="By what it was assessed; may be repeated."),
    ] = None,
    formula: Annotated[str | None, typer.Option("--formula", help="Of a numerical one.")] = None,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", help="Of one on a scale, lowest first; may be repeated."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Enter where an indicator stood; one entered for the same year before is corrected."""

    @writing
    def work(connection: Transaction, session: Session) -> Set:
        from mra_gateway.model.indicators import Baseline, BaselineKind, IndicatorId

        id_ = identifier(IndicatorId, indicator, option="ID")
        described = session.gateway.registry.get_indicator(id_).baseline
        entered = Baseline(
            kind=described.kind if kind is None else BaselineKind(kind),
            value=value,
            year=year,
            assessment=None if assessment is None else _phrase(assessment, "--assessment"),
            criteria=tuple(_phrase(one, "--criterion") for one in criterion or ()),
            formula=None if formula is None else _phrase(formula, "--formula"),
            categories=tuple(_phrase(one, "--category") for one in category or ()),
        )
        words = one_line(evidence, option="--evidence")
        return _keeper(session).set_baseline(
            connection, id_, entered, evidence=words, by=session.actor
        )

    done = as_officer(home, work, officer=officer, password_file=password_file)
    _say("baseline", indicator, year, done, as_json=as_json)


def target(
    indicator: Indicator,
    *,
    value: Annotated[
        float, typer.Option("--value", help="In the indicator's unit; a share as 0.25.")
    ],
    year: Annotated[int, typer.Option("--year", help="By the end of which.", min=1990, max=2100)],
    evidence: Evidence,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Enter where an indicator should stand; one entered for the same year before is corrected."""

    @writing
    def work(connection: Transaction, session: Session) -> Set:
        from mra_gateway.model.indicators import IndicatorId, Target

        id_ = identifier(IndicatorId, indicator, option="ID")
        entered = Target(value=value, year=year)
        words = one_line(evidence, option="--evidence")
        return _keeper(session).set_target(
            connection, id_, entered, evidence=words, by=session.actor
        )

    done = as_officer(home, work, officer=officer, password_file=password_file)
    _say("target", indicator, year, done, as_json=as_json)


def aims(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List every baseline and target that was entered, corrected ones too."""
    from mra_gateway.store import aims as stored

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(stored.written)
        if as_json:
            show.document([one._asdict() for one in found])
            return
        replaced = {one.corrects for one in found}
        show.table(
            ("indicator", "what", "year", "value", "evidence", "by", "at", ""),
            [
                (
                    one.indicator,
                    type(one.aim).__name__.lower(),
                    one.aim.year,
                    "–" if one.aim.value is None else f"{one.aim.value:g}",
                    one.evidence,
                    one.by,
                    one.at,
                    "corrected" if one.id in replaced else "",
                )
                for one in found
            ],
            empty="nothing entered",
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _say(what: str, indicator: str, year: int, done: Set, *, as_json: bool) -> None:
    if as_json:
        show.document(done._asdict())
        return
    corrected = ", the one entered before is corrected" if done.corrects else ""
    show.line(f"{what} of {indicator} for {year} entered{corrected}")
    if done.findings:
        from mra_gateway.cli.kpi_text import finding_line

        for one in done.findings:
            show.note(finding_line(one, done.quantity))


def _keeper(session: Session) -> AimKeeper:
    from mra_gateway.flows.set_aims import AimKeeper

    return AimKeeper(book=session.gateway.book, clock=session.gateway.clock)


def _phrase(text: str, option: str) -> Phrase:
    from mra_gateway.model.requirements import Phrase

    return Phrase(en=one_line(text, option=option))
