"""`decide`: is a partner's operator recognised on this declaration, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, MaybeHome, Officer, PasswordFile, moment
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.flows.read_declarations import DeclarationProblem, DeclarationReader
    from mra_gateway.model.declarations import Declaration, DeclaredMessage, DeclaredParty
    from mra_gateway.model.recognition import BenefitResult, PartyResult, RecognitionResult

NO_HOME = "nothing was decided: there is no home here (--home DIR or MRA_GATEWAY_HOME)"
ABOUT_EARLIER = "not decided: it is about an earlier declaration"
BATCH = 3_000


def decide(
    file: Annotated[
        list[Path] | None,
        typer.Argument(
            help="XML (WCO Data Model, or a form of partners/declarations), JSON (one, a list, an "
            "object with `declarations`, or one a line), CSV or Parquet; told by the content."
        ),
    ] = None,
    *,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Print first which parties were read, with role, level, identifier, name and "
            "territory. Without a home nothing else is done.",
        ),
    ] = False,
    skip_bad_rows: Annotated[
        bool,
        typer.Option(
            "--skip-bad-rows",
            help="Report what cannot be read and decide the rest; exit code 1 says it is partial.",
        ),
    ] = False,
    form: Annotated[
        str | None,
        typer.Option(help="The form of partners/declarations the files are in.", metavar="ID"),
    ] = None,
    recompute: Annotated[
        str | None,
        typer.Option(
            help="Compute a stored result again, from what was known then; exit code 1 when it "
            "comes out differently.",
            metavar="ID",
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Take the goods as accepted at this moment (ISO 8601 with offset), whatever they "
            "say; nothing is stored.",
            metavar="MOMENT",
        ),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(
            "--known-at",
            help="Decide by what was known at this moment, by the rules of then; nothing is "
            "stored.",
            metavar="MOMENT",
        ),
    ] = None,
    home: MaybeHome = None,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Decide declarations: who is recognised, step by step, and which benefits follow.

    Nothing is decided unless every file can be read. Amendments and cancellations are shown and not
    decided. With --json one object per line.
    """
    then = _Then.read(as_of, known_at)
    if then is not None and (recompute is not None or home is None):
        raise RequestRefused("--as-of and --known-at need files and a home")
    if (recompute is None) is not bool(file):
        raise RequestRefused("give files to decide, or --recompute ID")
    if home is None and not (explain and file):
        raise RequestRefused("name a home: --home DIR or MRA_GATEWAY_HOME")
    if recompute is not None and home is not None:
        _recompute(
            recompute, home=home, officer=officer, password_file=password_file, as_json=as_json
        )
        return
    from mra_gateway.flows.read_declarations import open_reader

    files = tuple(file or ())
    reader = open_reader(home, form=form)
    run = _Run(
        reader, files, explain=explain, as_json=as_json, skip_bad_rows=skip_bad_rows, then=then
    )
    run.check()
    if home is None:
        run.show_only()
    else:
        as_officer(home, run.decide, officer=officer, password_file=password_file, needs=("aeo",))
    run.end()


class _Then(NamedTuple):
    """Another moment than now, at which the goods were accepted or something was known."""

    accepted_at: datetime | None
    known_at: datetime | None

    @classmethod
    def read(cls, as_of: str | None, known_at: str | None) -> Self | None:
        """Returns the moments as given on the command line; None without any."""
        if as_of is None and known_at is None:
            return None
        return cls(
            None if as_of is None else moment(as_of, option="--as-of"),
            None if known_at is None else moment(known_at, option="--known-at"),
        )


class _Run:
    """One reading of some files, and what is done with it."""

    def __init__(
        self,
        reader: DeclarationReader,
        files: tuple[Path, ...],
        *,
        explain: bool,
        as_json: bool,
        skip_bad_rows: bool,
        then: _Then | None,
    ) -> None:
        self._reader = reader
        self._then = then
        self._files = files
        self._explain = explain
        self._as_json = as_json
        self._skip = skip_bad_rows
        self._left_out = 0

    def check(self) -> None:
        """Finds every problem before anything is decided, unless what is bad is to be skipped."""
        from mra_gateway.model.declarations import DeclaredMessage

        if self._skip:
            return
        found = False
        with show.working("reading"):
            for read in self._reader.read(self._files):
                if not isinstance(read, DeclaredMessage):
                    found = True
                    _print_problem(read, as_json=self._as_json)
        if found:
            raise typer.Exit(Exit.INPUT)

    def show_only(self) -> None:
        """Shows what was read, for there is no home to decide in."""
        from mra_gateway.model.declaration_lines import UndecidedLine

        for message in self._messages():
            if self._as_json:
                show.record(UndecidedLine.of(message, why=NO_HOME))
            else:
                _print_parties(message)
        if not self._as_json:
            show.line(NO_HOME)

    async def decide(self, session: Session) -> None:
        """Decides what was read, some thousand declarations at a time."""
        messages = self._messages()
        with show.working("deciding"):
            while batch := list(islice(messages, BATCH)):
                declarations = [one.declaration for one in batch if one.declaration is not None]
                results = iter(await self._answers(session, declarations))
                for message in batch:
                    result = None if message.declaration is None else next(results)
                    self._print(session, message, result)

    async def _answers(
        self, session: Session, declarations: list[Declaration]
    ) -> Sequence[RecognitionResult | bytes]:
        """Returns the answers; as they are given out where they are only passed on."""
        decider, by = session.gateway.decider, f"officer {session.actor.name}"
        if self._then is None and self._as_json:
            parts = await decider.decide_fast(declarations, requested_by=by)
            return [one for part in parts for one in part.results]
        if self._then is None:
            return await decider.decide(declarations, requested_by=by)
        accepted_at, known_at = self._then
        if accepted_at is not None:
            changed = {"accepted_at": accepted_at}
            declarations = [one.model_copy(update=changed) for one in declarations]
        return await decider.decide_as_of(declarations, known_at=known_at)

    def end(self) -> None:
        """Says what else a person should know, and ends with 1 when something was left out."""
        if not self._as_json:
            for remark in self._reader.remarks:
                show.note(remark)
        if self._left_out:
            text = f"{self._left_out} problem(s): what they are about was left out"
            show.error(RequestRefused(text, reason=Reason.ROWS_INVALID), as_json=self._as_json)
            raise typer.Exit(Exit.NEGATIVE)

    def _messages(self) -> Iterator[DeclaredMessage]:
        from mra_gateway.model.declarations import DeclaredMessage

        for read in self._reader.read(self._files):
            if isinstance(read, DeclaredMessage):
                yield read
                continue
            _print_problem(read, as_json=self._as_json)
            self._left_out += 1
            if not self._skip:
                raise RequestRefused(
                    "a file has changed since it was checked; what was printed stands",
                    reason=Reason.DECLARATION_INVALID,
                    where=read.where,
                )

    def _print(
        self, session: Session, message: DeclaredMessage, result: RecognitionResult | bytes | None
    ) -> None:
        from mra_gateway.model.declaration_lines import DecidedLine, UndecidedLine

        if isinstance(result, bytes):
            show.written(DecidedLine.of_given(message, result))
            return
        if self._as_json:
            show.record(
                UndecidedLine.of(message, why=ABOUT_EARLIER)
                if result is None
                else DecidedLine.of(message, result)
            )
            return
        if self._explain or result is None:
            _print_parties(message)
        if result is None:
            show.line(ABOUT_EARLIER)
        else:
            _print(session, result)


def _print_parties(message: DeclaredMessage) -> None:
    changes = f" of {message.changes}" if message.changes else ""
    show.table(
        ("role", "level", "identifier", "name", "territory", "declared as"),
        [_party_row(party) for party in message.parties],
        title=f"{message.reference}  {message.type}{changes}: the parties as declared",
        empty="no party is named",
    )


def _party_row(party: DeclaredParty) -> tuple[object, ...]:
    level = party.level if party.item is None else f"{party.level} {party.item}"
    code = party.declared_as
    declared_as = None if code is None else f"{code.code} ({code.list})"
    return (party.role, level, party.identifier, party.name, party.territory, declared_as)


def _recompute(
    result_id: str, *, home: Path, officer: str | None, password_file: Path | None, as_json: bool
) -> None:
    async def work(session: Session) -> bool:
        decider = session.gateway.decider
        given, now = await decider.find(result_id), await decider.recompute(result_id)
        if given is None or now is None:
            raise RequestRefused(f"no result {result_id[:60]!r}", reason=Reason.NOT_FOUND)
        same = given == now.model_copy(update={"rule": given.rule})
        if as_json:
            show.document({"same": same, "given": given, "recomputed": now})
        else:
            _print(session, now)
            show.line(_likeness(given, now, same=same))
        return same

    same = as_officer(home, work, officer=officer, password_file=password_file)
    raise typer.Exit(Exit.DONE if same else Exit.NEGATIVE)


def _likeness(given: RecognitionResult, now: RecognitionResult, *, same: bool) -> str:
    """Returns how an answer computed again is like the one that was given."""
    said = "the same as it was given" if same else "NOT the same as it was given"
    if given.rule == now.rule:
        return said
    if not same and now.gives_as(given):
        said = "the same is recognised and granted, in other words than then"
    return f"{said} (given by {given.rule} of the rule, computed again by {now.rule})"


def _print(session: Session, result: RecognitionResult) -> None:
    from mra_gateway.flows.decide import NOT_STORED

    zone = session.zone
    show.line(
        f"{result.reference}  {result.type}, accepted {show.moment(result.accepted_at, zone)}: "
        f"{'recognised' if result.recognised else 'not recognised'}"
    )
    kept = "nothing stored" if result.id == NOT_STORED else f"result {result.id}"
    show.line(f"{kept}, known up to {show.moment(result.known_at, zone)}")
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
    for title, benefits in (
        ("for this consignment", one.benefits),
        ("for the operator, whatever it sends", one.holder_benefits),
    ):
        if benefits:
            _print_benefits(benefits, title=f"  {title}, by {one.table}")
    for flag in one.flags:
        show.line(f"  LOOK: {flag.kind.replace('_', ' ')}: {flag.text}")
    for correction in one.corrections:
        show.line(f"  to correct: {correction}")


def _print_benefits(benefits: Sequence[BenefitResult], *, title: str) -> None:
    headings = ["benefit", "what", "granted", "why", "parameters"]
    rows: list[list[object]] = [
        [
            benefit.code,
            benefit.title,
            benefit.granted,
            "; ".join(filter(None, (benefit.text, benefit.legal_reference))),
            ", ".join(f"{name} {value}" for name, value in benefit.parameters.items()),
        ]
        for benefit in benefits
    ]
    if not any(row[-1] for row in rows):  # the others need its place
        headings, rows = headings[:-1], [row[:-1] for row in rows]
    show.table(headings, rows, title=title)


def _print_problem(one: DeclarationProblem, *, as_json: bool) -> None:
    show.error(RequestRefused(one.text, reason=one.reason, where=one.where), as_json=as_json)
