"""`kpi enter`, `kpi entries`, `kpi take-back`, `kpi survey-form`, `kpi survey`: by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer, in_home, writing
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mra_gateway.flows.measure_enter import Enterer
    from mra_gateway.gateway import Gateway
    from mra_gateway.model.identifiers import Digest
    from mra_gateway.model.measured_entries import Entry

Evidence = Annotated[
    str,
    typer.Option(
        help="What it rests on: a letter, a minute, a report, with its number.",
        metavar="TEXT",
        show_default=False,
    ),
]


def enter(
    kind: Annotated[
        str,
        typer.Argument(
            help="value, rating, ruling, supervision, pledge, legal-order or reported-benefit.",
            metavar="KIND",
        ),
    ],
    fields: Annotated[
        list[str],
        typer.Argument(
            help="Columns of its event table (`kpi tables`): on=2025-07-31 value=10 …",
            metavar="FIELD=VALUE",
        ),
    ],
    *,
    evidence: Evidence,
    file: Annotated[
        Path | None,
        typer.Option("--evidence-file", help="Its digest is kept.", metavar="FILE"),
    ] = None,
    corrects: Annotated[
        int | None, typer.Option(help="The entry that was wrong; it stays.", metavar="N")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why, for whoever reads it later.")] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Enter what no system tells: who, when and on what evidence is kept with it.

    `kpi enter value indicator=carec:uptake.applications on=2025-07-31 value=10 --evidence …`
    """
    from mra_gateway.flows.measure_enter import Said

    said = Said(
        kind,
        _pairs(fields),
        one_line(evidence, option="--evidence"),
        None if file is None else _digest(file),
        None if note is None else one_line(note, option="--note"),
        corrects,
    )

    work = writing(lambda c, session: _enterer(session).enter(c, said, by=session.actor))
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _print_entered(done, as_json=as_json)


def take_back(
    entry: Annotated[int, typer.Argument(help="Its number.", metavar="N")],
    *,
    evidence: Evidence,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take an entry back: it stays, and counts no more."""
    said = one_line(evidence, option="--evidence")

    work = writing(
        lambda c, session: _enterer(session).take_back(c, entry, evidence=said, by=session.actor)
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    _print_entered(done, as_json=as_json)


def entries(
    kind: Annotated[
        str | None, typer.Argument(help="Only of this kind, as `kpi enter` has it.", metavar="KIND")
    ] = None,
    *,
    home: Home,
    as_json: AsJson = False,
) -> None:
    """List what was entered, corrected entries too."""
    from mra_gateway.flows.measure_enter import table_of
    from mra_gateway.store import measure_entries

    table = None if kind is None else table_of(kind).name

    async def work(gateway: Gateway) -> list[Entry]:
        return await gateway.database.read(lambda c: measure_entries.history(c, kind=table))

    found = in_home(home, work)
    if as_json:
        show.document({"entries": found})
        return
    headings = ("id", "table", "on", "what", "evidence", "state", "by")
    show.table(headings, [_line(one) for one in found])


def survey_form(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The workbook to write.", metavar="FILE")
    ],
    survey: Annotated[
        str, typer.Option(help="Its name; figures go by it.", metavar="NAME")
    ] = "acceptance",
    question: Annotated[str, typer.Option(help="What is asked, in words.")] = (
        "How do you rate the programme's authorisation process and its benefits? / "
        "Как Вы оцениваете процедуру присвоения статуса и преимущества программы?"
    ),
    scale: Annotated[
        str, typer.Option(help="Lowest and highest score.", metavar="LOW-HIGH")
    ] = "1-10",
) -> None:
    """Write a survey as a workbook, to be filled in and taken by `kpi survey`."""
    from mra_gateway.tables.survey_form import Survey, write_survey

    low, _, high = scale.partition("-")
    if not (low.isdecimal() and high.isdecimal() and int(low) < int(high)):
        raise RequestRefused("a scale is two whole numbers: 1-10", where="--scale")
    if output.suffix.lower() != ".xlsx":
        raise RequestRefused("a form is written as .xlsx", where="--output")
    name = one_line(survey, option="--survey")
    asked = one_line(question, option="--question")
    output.write_bytes(write_survey(Survey(name, asked, int(low), int(high))))
    show.note(f"written to {output}")


def survey(
    file: Annotated[Path, typer.Argument(help="A form that was filled in.", metavar="FILE")],
    *,
    partner: Annotated[
        str | None,
        typer.Option(help="Which partner answered, where partners did.", metavar="TERRITORY"),
    ] = None,
    another: Annotated[
        bool,
        typer.Option(
            "--another", help="Others answered just the same: take the form though one is held."
        ),
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take the answers of a survey form: ratings, and comments as feedback. All or nothing.

    A form that says what one taken before says is refused, saved anew or not.
    """
    from mra_gateway.flows.gather_impact import InputRefused
    from mra_gateway.flows.measure_survey import hand_in, take_survey
    from mra_gateway.model.identifiers import Territory

    whose = None if partner is None else identifier(Territory, partner, option="--partner")
    try:
        form = hand_in(file)
    except InputRefused as refused:
        for one in refused.problems:
            show.note(f"{one.where}: {one.text} [{one.reason}]")
        raise typer.Exit(Exit.INPUT) from None

    work = writing(
        lambda c, session: take_survey(
            c,
            form,
            enterer=_enterer(session),
            by=session.actor,
            partner=whose,
            is_another=another,
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"entries": done})
    else:
        show.line(f"{len(done)} answers taken, entries {done[0].id} to {done[-1].id}")


def _enterer(session: Session) -> Enterer:
    from mra_gateway.flows.measure_enter import Enterer

    return Enterer(registry=session.gateway.registry, clock=session.gateway.clock)


def _print_entered(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        show.document(entry)
    elif entry.is_taken_back:
        show.line(f"entry {entry.corrects} is taken back by entry {entry.id}")
    else:
        corrects = "" if entry.corrects is None else f", corrects {entry.corrects}"
        show.line(f"entry {entry.id}, {entry.kind} on {entry.on}{corrects}")


def _line(entry: Entry) -> tuple[object, ...]:
    what = [f"{name} {value}" for name, value in entry.content.items()]
    state = "counts"
    if entry.corrected_by is not None:
        state = f"corrected by {entry.corrected_by}"
    elif entry.is_taken_back:
        state = f"takes {entry.corrects} back"
    return entry.id, entry.kind, entry.on, what, entry.evidence, state, entry.by


def _pairs(fields: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in fields:
        name, sign, value = text.partition("=")
        if not (sign and name.strip()):
            raise RequestRefused(f"{text[:60]!r} is not FIELD=VALUE")
        if name.strip() in found:
            raise RequestRefused("is said twice", where=name.strip()[:40])
        found[name.strip()] = value
    return found


def _digest(file: Path) -> Digest:
    import hashlib

    from mra_gateway.model.identifiers import Digest

    try:
        return Digest.trusted(hashlib.sha256(file.read_bytes()).hexdigest())
    except OSError as error:
        raise RequestRefused(
            error.strerror or "cannot be read", reason=Reason.FILE_UNREADABLE, where=str(file)
        ) from None
