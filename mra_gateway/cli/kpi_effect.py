"""`kpi effect | difference`: what an arrangement changed, and what two averages say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import (
    LANGUAGE_VARIABLE,
    AsJson,
    Home,
    MaybeHome,
    Officer,
    PasswordFile,
    day,
    identifier,
)
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mra_gateway.flows.measure_effect import EffectMeter, StudyDifference
    from mra_gateway.model.arrangement_effect import (
        ArrangementEffect,
        AverageSample,
        ToldRow,
    )

Language = Annotated[
    str,
    typer.Option(
        "--language", envvar=LANGUAGE_VARIABLE, help="Of the words: en or ru.", metavar="TAG"
    ),
]
Engine = Annotated[
    Literal["duckdb", "spark"], typer.Option("--engine", help="By what it is computed.")
]


def effect(
    arrangement: Annotated[
        str, typer.Option("--arrangement", help="The arrangement's id.", metavar="ID")
    ],
    period: Annotated[
        str,
        typer.Option(
            "--period",
            help="The days looked at: 2025, 2025-Q3 or 2025-07. Those before the start are left "
            "out; the base is the same days of the last year before the start.",
            metavar="PERIOD",
        ),
    ],
    *,
    measure: Annotated[
        Literal["release_hours", "inspected"],
        typer.Option("--measure", help="Hours from lodging to release, or the inspection rate."),
    ] = "release_hours",
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            help="The day it started here, instead of the one its file states.",
            metavar="DAY",
        ),
    ] = None,
    language: Language = "en",
    engine: Engine = "duckdb",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare an arrangement's operators with themselves a year earlier, and with others.

    Says `shown`, `not shown`, or that the data cannot carry it, and why; never that the arrangement
    is the cause.
    """
    _check_language(language)
    started = None if since is None else day(since, option="--since")

    async def run(session: Session) -> ArrangementEffect:
        from mra_gateway.flows.measure_effect import EffectRequest
        from mra_gateway.model.arrangement_effect import EffectMeasure
        from mra_gateway.model.identifiers import ArrangementId
        from mra_gateway.model.periods import Period

        id_ = identifier(ArrangementId, arrangement, option="--arrangement")
        request = EffectRequest(
            session.gateway.registry.get_arrangement(id_),
            identifier(Period, period, option="--period"),
            EffectMeasure(measure),
            started,
            engine,
        )
        return await _meter(session).measure(request)

    found = as_officer(home, run, officer=officer, password_file=password_file)
    if as_json:
        show.document(found)
        return
    from mra_gateway.indicators.effect_words import tell_effect

    _print(tell_effect(found), language)


def difference(
    *,
    study: Annotated[
        str | None,
        typer.Option(
            "--study", help="A study whose samples, before and after, are loaded.", metavar="NAME"
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option("--before", help="An average, as 10:17 (hours, minutes).", metavar="TIME"),
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", help="The average after the start.", metavar="TIME")
    ] = None,
    cases: Annotated[
        tuple[int, int] | None,
        typer.Option("--cases", help="Over how many each is.", metavar="BEFORE AFTER"),
    ] = None,
    deviations: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--deviations", help="Their standard deviations, as times.", metavar="BEFORE AFTER"
        ),
    ] = None,
    published: Annotated[
        float | None,
        typer.Option(
            "--published", help="What the source says, in per cent: -55.9.", metavar="PERCENT"
        ),
    ] = None,
    language: Language = "en",
    home: MaybeHome = None,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what two averages, before and after, prove: a difference, and neither chance nor cause.

    The averages are given here, or come from the samples of a study that was loaded.
    """
    from mra_gateway.flows.measure_effect import StudyDifference
    from mra_gateway.indicators.judge_effect import difference as differ

    _check_language(language)
    if study is not None and home is not None and before is None and after is None:

        async def run(session: Session) -> list[StudyDifference]:
            return await _meter(session).study(study)

        found = as_officer(home, run, officer=officer, password_file=password_file)
    elif study is None and before is not None and after is not None:
        sizes, spreads = cases or (None, None), deviations or (None, None)
        samples = [
            _sample(text, size, spread, option=option)
            for text, size, spread, option in zip(
                (before, after), sizes, spreads, ("--before", "--after"), strict=True
            )
        ]
        stated = None if published is None else published / 100
        found = [StudyDifference(None, None, differ(samples[0], samples[1], published=stated))]
    else:
        raise RequestRefused("give --before and --after, or --study and --home")
    _show_differences(found, language, as_json=as_json)


def _show_differences(found: Sequence[StudyDifference], language: str, *, as_json: bool) -> None:
    from mra_gateway.indicators.effect_words import tell_difference

    if as_json:
        show.document([one._asdict() for one in found])
        return
    for one in found:
        head = " · ".join(part for part in (one.flow, one.stage) if part)
        if head:
            show.line(head)
        _print(tell_difference(one.found), language)


def _meter(session: Session) -> EffectMeter:
    from mra_gateway.flows.measure_effect import EffectMeter

    settings = session.gateway.settings
    return EffectMeter(database=session.gateway.database, home=settings.home, us=settings.territory)


def _sample(text: str, cases: int | None, deviation: str | None, *, option: str) -> AverageSample:
    from mra_gateway.model.arrangement_effect import AverageSample

    if cases is not None and cases < 1:
        raise RequestRefused("one case at least", where="--cases")
    spread = None if deviation is None else _hours(deviation, option="--deviations")
    return AverageSample(hours=_hours(text, option=option), cases=cases, deviation=spread)


def _hours(text: str, *, option: str) -> float:
    """Returns `10:17` as hours."""
    whole, _, minutes = text.partition(":")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 5):
        raise RequestRefused(f"{text[:20]!r} is no time, as 10:17", where=option)
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) == 2 and int(minutes) < 60):
        raise RequestRefused(f"{text[:20]!r} is no time, as 10:17", where=option)
    found = int(whole) + int(minutes) / 60
    if found == 0:
        raise RequestRefused("a time is above nothing", where=option)
    return found


def _check_language(language: str) -> None:
    if language not in {"en", "ru"}:
        raise RequestRefused("en or ru", where="--language")


def _print(rows: Sequence[ToldRow], language: str) -> None:
    for row in rows:
        label, text = (
            (phrase.ru or phrase.en) if language == "ru" else phrase.en
            for phrase in (row.label, row.text)
        )
        show.line(f"{label}: {text}")
