"""`decide`: is a partner's operator recognised on this declaration, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Self

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Language, MaybeHome, Officer, PasswordFile, moment
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from datetime import datetime

    from mra_gateway.cli.decide_text import DecideText
    from mra_gateway.flows.read_declarations import DeclarationProblem, DeclarationReader
    from mra_gateway.model.declarations import Declaration, DeclaredMessage
    from mra_gateway.model.recognition import RecognitionResult

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
    language: Language = "en",
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
    text = _text(language)
    if recompute is not None and home is not None:
        _recompute(
            recompute,
            text=text,
            home=home,
            officer=officer,
            password_file=password_file,
            as_json=as_json,
        )
        return
    from mra_gateway.flows.read_declarations import open_reader

    files = tuple(file or ())
    reader = open_reader(home, form=form)
    run = _Run(
        reader,
        files,
        text=text,
        explain=explain,
        as_json=as_json,
        skip_bad_rows=skip_bad_rows,
        then=then,
    )
    run.check()
    if home is None:
        run.show_only()
    else:
        as_officer(home, run.decide, officer=officer, password_file=password_file, needs=("aeo",))
    run.end()


def _text(language: str) -> DecideText:
    from mra_gateway.cli.decide_text import DecideText

    return DecideText(language)


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
        text: DecideText,
        explain: bool,
        as_json: bool,
        skip_bad_rows: bool,
        then: _Then | None,
    ) -> None:
        self._text = text
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
                show.record(UndecidedLine.of(message, why=self._text.in_json("no_home")))
            else:
                self._text.parties(message)
        if not self._as_json:
            show.line(self._text.say("no_home"))

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
        from mra_gateway.flows.decide import NOT_STORED
        from mra_gateway.model.declaration_lines import DecidedLine, UndecidedLine

        if isinstance(result, bytes):
            show.written(DecidedLine.of_given(message, result))
            return
        if self._as_json:
            show.record(
                UndecidedLine.of(message, why=self._text.in_json("about_earlier"))
                if result is None
                else DecidedLine.of(message, result)
            )
            return
        if self._explain or result is None:
            self._text.parties(message)
        if result is None:
            show.line(self._text.say("about_earlier"))
        else:
            is_stored = result.id != NOT_STORED
            self._text.result(result, session=session, is_stored=is_stored)


def _recompute(
    result_id: str,
    *,
    text: DecideText,
    home: Path,
    officer: str | None,
    password_file: Path | None,
    as_json: bool,
) -> None:
    from mra_gateway.model.recognition import Again

    async def work(session: Session) -> bool:
        decider = session.gateway.decider
        given, now = await decider.find(result_id), await decider.recompute(result_id)
        if given is None or now is None:
            raise RequestRefused(f"no result {result_id[:60]!r}", reason=Reason.NOT_FOUND)
        same = given.compare(now) is Again.SAME
        if as_json:
            show.document({"same": same, "given": given, "recomputed": now})
        else:
            text.result(now, session=session, is_stored=True)
            show.line(text.likeness(given, now))
        return same

    same = as_officer(home, work, officer=officer, password_file=password_file)
    raise typer.Exit(Exit.DONE if same else Exit.NEGATIVE)


def _print_problem(one: DeclarationProblem, *, as_json: bool) -> None:
    show.error(RequestRefused(one.text, reason=one.reason, where=one.where), as_json=as_json)
