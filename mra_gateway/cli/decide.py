"""`decide`: is a partner's operator recognised on this declaration, and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.read_declarations import DeclarationProblem
    from mra_gateway.model.recognition import PartyResult, RecognitionResult


def decide(
    file: Annotated[
        list[Path] | None,
        typer.Argument(
            help="JSON: one declaration, a list, an object with `declarations`, or one a line."
        ),
    ] = None,
    *,
    recompute: Annotated[
        str | None,
        typer.Option(
            help="Compute a stored result again, from what was known then; exit code 1 when it "
            "comes out differently.",
            metavar="ID",
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Decide declarations: who is recognised, step by step, and which benefits follow.

    Nothing is decided unless every file can be read. With --json one object per line.
    """
    if (recompute is None) is not bool(file):
        raise RequestRefused("give files to decide, or --recompute ID")
    if recompute is not None:
        _recompute(
            recompute, home=home, officer=officer, password_file=password_file, as_json=as_json
        )
        return
    from mra_gateway.flows.read_declarations import read_declarations

    read = read_declarations(file or ())
    if read.problems:
        _print_problems(read.problems, as_json=as_json)
        raise typer.Exit(Exit.INPUT)

    async def work(session: Session) -> None:
        by = f"officer {session.actor.name}"
        with show.working(f"deciding {len(read.declarations)} declaration(s)"):
            results = await session.gateway.decider.decide(read.declarations, requested_by=by)
        for result in results:
            if as_json:
                show.record(result)
            else:
                _print(session, result)

    as_officer(home, work, officer=officer, password_file=password_file, needs=("aeo",))


def _recompute(
    result_id: str, *, home: Path, officer: str | None, password_file: Path | None, as_json: bool
) -> None:
    async def work(session: Session) -> bool:
        decider = session.gateway.decider
        given, now = await decider.find(result_id), await decider.recompute(result_id)
        if given is None or now is None:
            raise RequestRefused(f"no result {result_id[:60]!r}", reason=Reason.NOT_FOUND)
        same = given == now
        if as_json:
            show.document({"same": same, "given": given, "recomputed": now})
        else:
            _print(session, now)
            show.line("the same as it was given" if same else "NOT the same as it was given")
        return same

    same = as_officer(home, work, officer=officer, password_file=password_file)
    raise typer.Exit(Exit.DONE if same else Exit.NEGATIVE)


def _print(session: Session, result: RecognitionResult) -> None:
    zone = session.zone
    show.line(
        f"{result.reference}  {result.type}, accepted {show.moment(result.accepted_at, zone)}: "
        f"{'recognised' if result.recognised else 'not recognised'}"
    )
    show.line(f"result {result.id}, known up to {show.moment(result.known_at, zone)}")
    for party in result.results:
        _print_party(session, party)


def _print_party(session: Session, one: PartyResult) -> None:
    found = ", ".join(
        str(value) for value in (one.tin, one.authorisation, one.arrangement, one.status) if value
    )
    show.table(
        ("step", "what", "passed", "reason", "found"),
        [(step.number, step.name, step.passed, step.reason, step.text) for step in one.steps],
        title=(
            f"  {one.party.role} {one.party.identifier or '(no identifier)'}: "
            f"{'recognised' if one.recognised else 'not recognised'}"
            + (f" ({found})" if found else "")
            + (f", as of {show.moment(one.as_of, session.zone)}" if one.as_of else "")
        ),
    )
    if one.benefits:
        show.table(
            ("benefit", "what", "granted", "reason", "parameters", "legal reference"),
            [
                (
                    benefit.code,
                    benefit.title,
                    benefit.granted,
                    benefit.reason,
                    ", ".join(f"{name} {value}" for name, value in benefit.parameters.items()),
                    benefit.legal_reference,
                )
                for benefit in one.benefits
            ],
        )


def _print_problems(problems: list[DeclarationProblem], *, as_json: bool) -> None:
    for one in problems:
        refused = RequestRefused(one.text, reason=Reason.DECLARATION_INVALID, where=one.where)
        show.error(refused, as_json=as_json)
