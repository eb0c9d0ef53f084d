"""`extract`: the recognised operators, as a national declaration system loads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, moment
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.extract_file import ExtractForm, Written
    from mra_gateway.flows.extract_into_view import Taken


def extract(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write.", metavar="FILE")
    ] = None,
    *,
    into_view: Annotated[
        bool,
        typer.Option(
            "--into-view",
            help="Instead of a file: have the database's views recognised_operators and"
            " recognised_numbers show all that holds now.",
        ),
    ] = False,
    form: Annotated[
        Literal["csv", "xml", "json"] | None,
        typer.Option("--format", help="As the file's ending says when absent."),
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="Only the operators of this one: two capital letters.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what changed: the mark (or position) an earlier extract names.",
            metavar="POSITION",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="As it was known and held at a moment; now when absent.", metavar="MOMENT"
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the recognised operators for a declaration system: all, or what changed.

    Who is not in the file is not recognised. Every row says under which numbers the operator may be
    declared, which benefits it gets on each flow and in each function, as of when, and until when a
    border post that is cut off may use it. The last line holds the count and the digest of all
    before it; the same mark always means the same bytes. Not in it: alerts about goods of anybody,
    random controls, and benefits that depend on more than the row says.

    With --into-view a declaration system reads it in this database instead, where what may not be
    used any more is not shown, and whoever was stopped since is left out at once; what was granted
    or lifted since shows with the next one. view_minutes under [extract] in gateway.toml keeps it
    current; doctor tells how old it is.
    """
    if into_view:
        _refuse_with_view(output, form, partner, since, at)
        _take(home, officer=officer, password_file=password_file, as_json=as_json)
        return
    if output is None:
        raise RequestRefused("name the file to write, or say --into-view", where="-o")
    from mra_gateway.flows.extract import find_mark
    from mra_gateway.flows.extract_file import ExtractForm, extract_to
    from mra_gateway.model.identifiers import Territory

    of = None if partner is None else identifier(Territory, partner, option="--partner")
    wanted = None if at is None else moment(at, option="--at")
    written_as = ExtractForm(form) if form else _form_of(output)

    async def work(session: Session) -> Written:
        gateway = session.gateway
        await gateway.follower.catch_up()  # the rule book in use is today's

        now = wanted or gateway.clock.now()
        mark = await gateway.database.read(lambda c: find_mark(c, now=now, then=wanted is not None))
        with unfinished.open("wb") as file:
            return await gateway.database.read(
                lambda c: extract_to(c, file, form=written_as, mark=mark, partner=of, since=since)
            )

    unfinished = output.with_name(f"{output.name}.unfinished")
    try:
        with show.working("extracting"):
            written = as_officer(home, work, officer=officer, password_file=password_file)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    if as_json:
        show.document({"file": output, **written._asdict()})
    else:
        show.line(f"{written.operators} operators written to {output}")
        show.line(f"mark {written.mark}: give it as --since next time")


def _refuse_with_view(*options: object) -> None:
    if any(option is not None for option in options):
        raise RequestRefused(
            "the views show everything that holds now: no -o, --format, --partner, --since, --at",
            where="--into-view",
        )


def _take(home: Path, *, officer: str | None, password_file: Path | None, as_json: bool) -> None:
    from mra_gateway.flows.extract import find_mark
    from mra_gateway.flows.extract_into_view import take_into_view

    async def work(session: Session) -> Taken:
        gateway, by = session.gateway, session.actor
        await gateway.follower.catch_up()  # the rule book in use is today's
        now = gateway.clock.now()
        mark = await gateway.database.read(lambda c: find_mark(c, now=now))
        return await take_into_view(gateway.database, mark, clock=gateway.clock, by=by)

    with show.working("extracting"):
        taken = as_officer(
            home, work, officer=officer, password_file=password_file, needs=("aeo", "risk")
        )
    if as_json:
        show.document(taken._asdict())
    else:
        show.line(f"{taken.operators} operators in the views, {taken.written} rows changed")
        show.line(f"mark {taken.mark}")


def _form_of(file: Path) -> ExtractForm:
    from mra_gateway.flows import extract_file

    try:
        return extract_file.ExtractForm(file.suffix.lower().removeprefix("."))
    except ValueError:
        raise RequestRefused("say --format csv, xml or json", where=str(file)) from None
