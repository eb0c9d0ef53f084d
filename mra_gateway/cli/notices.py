"""`notices`: what partners were told of our acts, and what they told us of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier
from mra_gateway.cli.session import Session, as_officer, writing
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.adopt_correspondence import Adopted
    from mra_gateway.store.notices import Recorded

app = typer.Typer(
    no_args_is_help=True,
    help="Notices: benefits stopped or given again, trade disrupted, codes known; told and heard.",
)

Number = Annotated[int, typer.Argument(help="The notice's number in the list.", metavar="NUMBER")]


@app.command("list")
def list_(
    *,
    direction: Annotated[
        Literal["in", "out"] | None, typer.Option(help="Only those heard or told.")
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="Only from and to this partner.", metavar="XX")
    ] = None,
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Only those heard that no officer has seen.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List notices, the newest first: what was told or heard, of whom, and what became of it."""
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.store import notices

    of = None if partner is None else identifier(Territory, partner, option="--partner")

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(
            lambda c: notices.listed(c, direction=direction, partner=of, unseen=unseen, limit=limit)
        )
        if as_json:
            show.document(found)
            return
        show.table(
            ("number", "way", "partner", "what", "of", "since", "state", "recorded"),
            [
                (
                    one.id,
                    one.direction,
                    one.partner,
                    _what(one),
                    _of(one),
                    _since(one),
                    _state(one),
                    one.recorded_at,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command("show")
def show_(
    number: Number,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a notice in full, and the message that carries it."""
    from mra_gateway.store import notices

    async def work(session: Session) -> None:
        one = await session.gateway.database.read(lambda c: notices.find(c, number))
        if one is None:
            raise RequestRefused(f"no notice {number}", reason=Reason.NOT_FOUND)
        if as_json:
            show.document(one)
        else:
            _print(session, one)

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def seen(
    number: Number,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Say that you have seen a partner's notice, which ends the alert."""
    work = writing(lambda c, session: session.gateway.listener.see(c, number, by=session.actor))
    one = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(one)
    else:
        show.line(f"notice {one.id}: {_state(one)}")


@app.command()
def adopt(
    number: Number,
    *,
    list_of: Annotated[
        str | None,
        typer.Option("--list", help="The list a code is of, where the notice names none."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take what a partner says stands for an operator into our register; a withdrawal, out of it.

    A code becomes an identifier in the partner's systems, a name a further name; the change is
    announced like any other. Enter it in the national register too: an import without it takes it
    out again.
    """
    from pydantic import TypeAdapter

    from mra_gateway.model.operators import Code

    code = None
    if list_of is not None:
        try:
            code = TypeAdapter(Code).validate_python(list_of)
        except ValueError:
            raise RequestRefused(f"{list_of[:40]!r} is no code of a list", where="--list") from None

    async def work(session: Session) -> Adopted:
        gateway = session.gateway
        await gateway.book.refresh(gateway.database)
        return await gateway.database.write(
            lambda c: gateway.adopter.adopt(c, number, by=session.actor, list_of=code)
        )

    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done._asdict())
    else:
        show.line(f"notice {number}: changed in {', '.join(done.authorisations)}")
        show.line(f"{done.queued} change(s) queued for partners")


def _print(session: Session, one: Recorded) -> None:
    zone = session.zone
    told = {
        name: value
        for name, value in show.plain(one.notice).items()
        if name not in {"kind", "act", "place"} and value not in (None, [])
    }
    place = getattr(one.notice, "place", None)
    show.pairs(
        {
            "notice": f"{one.id}: {_what(one)}",
            "way": f"{one.direction}, partner {one.partner}, under {one.arrangement}",
            "recorded": show.moment(one.recorded_at, zone),
            "state": _state(one),
            "message": one.message_id,
            **{name.replace("_", " "): value for name, value in told.items()},
            **({} if place is None else dict(show.plain(place))),
            "our measure": one.measure_id,
            "our correspondence": one.ground_id,
            "taken over by": one.adopted_by,
        }
    )


def _what(one: Recorded) -> str:
    from mra_gateway.flows.hear_notice import what_is

    return what_is(one.notice)


def _of(one: Recorded) -> str:
    """Of whom, or where."""
    from mra_gateway.model.messages import CorrespondenceNotice, SuspensionNotice

    if isinstance(one.notice, SuspensionNotice):
        return one.notice.tin
    if isinstance(one.notice, CorrespondenceNotice):
        return f"{one.notice.tin}: {one.notice.list or one.notice.matter} {one.notice.text}"
    named = show.plain(one.notice.place)
    return f"{one.notice.cause}: " + ", ".join(each for values in named.values() for each in values)


def _since(one: Recorded) -> object:
    from mra_gateway.model.messages import SuspensionNotice

    notice = one.notice
    return notice.effective_from if isinstance(notice, SuspensionNotice) else notice.effective_at


def _state(one: Recorded) -> str:
    if one.adopted_by is not None:
        return f"taken over by {one.adopted_by}"
    if one.direction == "in":
        return "unseen" if one.seen_by is None else f"seen by {one.seen_by}"
    if one.untold is not None:
        return f"not told: {one.untold}"
    if one.message_id is None:
        return "waits"
    return f"{one.state} {one.reason}" if one.reason not in (None, "OK") else str(one.state)
