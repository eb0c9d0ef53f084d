"""`messages`: what went out and came in, and what an officer does when it does not move."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from mra_gateway.flows.explain_message import Explained
    from mra_gateway.model.identifiers import MessageId, Territory
    from mra_gateway.model.trust import Verdict

app = typer.Typer(no_args_is_help=True, help="Messages: their fate, and how to move them on.")

Id = Annotated[str, typer.Argument(help="The message's id.", metavar="ID")]
Partner = Annotated[str | None, typer.Option(help="Only from and to this partner.", metavar="XX")]


@app.command("list")
def list_(
    *,
    direction: Annotated[
        Literal["in", "out"] | None, typer.Option(help="Only those that came in or went out.")
    ] = None,
    state: Annotated[
        Literal["waiting", "settled", "parked", "held", "stopped", "voided", "done"] | None,
        typer.Option(help="Only those in this state."),
    ] = None,
    partner: Partner = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List messages, the newest first, with state, attempts, next attempt and reason."""
    from mra_gateway.store import message_log

    of = _territory(partner)

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(
            lambda c: message_log.newest(
                c, limit=limit, direction=direction, state=state, partner=of
            )
        )
        if as_json:
            show.document(found)
            return
        show.table(
            ("id", "way", "partner", "kind", "no.", "records", "state", "outcome", "reason",
             "attempts", "next attempt", "stored"),
            [
                (
                    one.message_id,
                    one.direction,
                    one.partner,
                    one.kind,
                    one.sequence,
                    one.records,
                    one.state,
                    one.outcome,
                    one.reason,
                    one.attempts,
                    one.next_attempt_at if one.state in {"waiting", "held"} else None,
                    one.stored_at,
                )
                for one in found
            ],
            zone=session.zone,
        )  # fmt: skip

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command("show")
def show_(
    message: Id,
    *,
    partner: Partner = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Explain a message: verdict step by step, receipt, and the result of every record."""
    from mra_gateway.flows.explain_message import Explainer

    id_, of = _message_id(message), _territory(partner)

    async def work(session: Session) -> None:
        gateway = session.gateway
        explainer = Explainer(settings=gateway.settings, book=gateway.book, clock=gateway.clock)
        found = await gateway.database.read(lambda c: explainer.explain(c, id_, partner=of))
        if as_json:
            show.document(found)
        else:
            _print(session, found)

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one to be made.")],
    *,
    partner: Partner = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write every message and receipt byte for byte, for `message verify` or others' tools."""
    from mra_gateway.flows.export_messages import export_messages

    of = _territory(partner)

    async def work(session: Session) -> int:
        with show.working("writing messages") as tell:
            return await export_messages(
                folder,
                database=session.gateway.database,
                us=session.gateway.book.us,
                partner=of,
                tell=tell,
            )

    written = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"folder": folder, "files": written})
    else:
        show.line(f"{written} files written to {folder}")


@app.command()
def retry(
    message: Id,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a parked, stopped or waiting message again now, under the same id and bytes."""
    id_ = _message_id(message)
    as_officer(
        home,
        lambda session: session.gateway.intervener.retry(id_, by=session.actor),
        officer=officer,
        password_file=password_file,
    )
    _done(id_, "due now", as_json=as_json)


@app.command()
def park(
    message: Id,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Stop trying to deliver a message; its lane waits until it is retried or voided."""
    id_ = _message_id(message)
    as_officer(
        home,
        lambda session: session.gateway.intervener.park(id_, by=session.actor),
        officer=officer,
        password_file=password_file,
    )
    _done(id_, "stopped", as_json=as_json)


@app.command()
def void(
    message: Id,
    *,
    why: Annotated[str, typer.Option(help="Why, in words the partner will read.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw a message that was not settled; a signed Void takes its number."""
    id_, reason = _message_id(message), one_line(why, option="--why")
    replacing = as_officer(
        home,
        lambda session: session.gateway.intervener.void(id_, by=session.actor, why=reason),
        officer=officer,
        password_file=password_file,
    )
    _done(id_, f"voided by {replacing}", as_json=as_json)


@app.command("try-now")
def try_now(
    *,
    partner: Partner = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Make everything that waits for its next attempt due now."""
    of = _territory(partner)
    due = as_officer(
        home,
        lambda session: session.gateway.intervener.try_now(by=session.actor, partner=of),
        officer=officer,
        password_file=password_file,
    )
    if as_json:
        show.document({"due": due})
    else:
        show.line(f"{due} message(s) due now")


@app.command()
def reopen(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """After a restored backup: begin new lanes, and send every partner its full list on them."""
    from mra_gateway.flows.reopen import reopen as reopen_lanes

    async def work(session: Session) -> int:
        gateway = session.gateway
        return await reopen_lanes(
            database=gateway.database,
            book=gateway.book,
            announcer=gateway.announcer,
            clock=gateway.clock,
            by=session.actor,
        )

    epoch = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"epoch": epoch})
    else:
        show.line(f"epoch {epoch}: every partner gets its full list on a new lane")


def print_verdict(verdict: Verdict) -> None:
    """Prints a verdict, one line a step."""
    show.table(
        ("step", "what", "outcome", "reason", "detail"),
        [
            (
                one.number,
                one.name,
                one.outcome,
                one.reason if one.reason != "OK" else "",
                one.detail,
            )
            for one in verdict.steps
        ],
        title=f"{verdict.outcome} {verdict.reason if verdict.reason != 'OK' else ''}".rstrip(),
    )


def _print(session: Session, found: Explained) -> None:
    one, zone = found.message, session.zone
    show.pairs(
        {
            "message": one.message_id,
            "kind": one.kind,
            "way": f"{one.direction}, partner {one.partner}",
            "arrangement": one.arrangement,
            "number": one.sequence,
            "epoch": one.epoch,
            "records": one.records,
            "digest": one.digest,
            "created": show.moment(one.created_at, zone),
            "stored": show.moment(one.stored_at, zone),
            "state": one.state,
            "outcome": one.outcome,
            "reason": one.reason,
            "attempts": one.attempts,
            "next attempt": show.moment(one.next_attempt_at, zone) if one.state in
            {"waiting", "held"} else "",
            "last error": found.last_error,
            "settled": show.moment(one.settled_at, zone),
        }
    )  # fmt: skip
    show.line()
    print_verdict(found.verdict)
    if found.receipt_verdict is None:
        show.line("no receipt yet")
        return
    show.line(f"receipt: {found.receipt_verdict.outcome} {found.receipt_verdict.reason}")
    if found.receipt is None:
        print_verdict(found.receipt_verdict)
        return
    receipt = found.receipt
    show.pairs(
        {
            "outcome": receipt.outcome,
            "reason": receipt.reason,
            "received": show.moment(receipt.received_at, zone),
            "expects next": receipt.expected,
        }
    )
    if receipt.results:
        show.table(
            ("record", "change", "reason"),
            [(result.index, result.change_id, result.reason) for result in receipt.results],
            title="Records that were not applied",
        )


def _done(message: MessageId, state: str, *, as_json: bool) -> None:
    if as_json:
        show.document({"message": message, "state": state})
    else:
        show.line(f"{message}: {state}")


def _message_id(text: str) -> MessageId:
    from mra_gateway.model.identifiers import MessageId

    return identifier(MessageId, text, option="ID")


def _territory(text: str | None) -> Territory | None:
    from mra_gateway.model.identifiers import Territory

    return None if text is None else identifier(Territory, text, option="--partner")
