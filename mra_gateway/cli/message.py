"""`message`: sign or verify one file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.messages import print_verdict
from mra_gateway.cli.options import AsJson, Home, MaybeHome, Officer, PasswordFile, moment
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import GatewayError, Reason, RequestRefused

if TYPE_CHECKING:
    from mra_gateway.model.trust import RawMessage, Verdict

app = typer.Typer(no_args_is_help=True, help="One message in a file: sign it, verify it.")

MAX_BYTES = 100_000_000
"""Longest file read; a home's own limit is lower."""


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The message or receipt, as it was sent.")],
    *,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(help="PEM of a certificate to trust; may be repeated.", metavar="PEM"),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="Moment of judgement (ISO 8601; UTC where no offset stands); now when absent.",
            metavar="MOMENT",
        ),
    ] = None,
    home: MaybeHome = None,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Verify a message: against anchors handed in, or in a home against the pinned partners.

    With --anchor no home and no officer is needed, and the binding to a partner is not checked.
    Exit code 0: PASSED; 1: FAILED; 2: INDETERMINATE; 64 and above: no verdict.
    """
    from mra_gateway.clock import SystemClock
    from mra_gateway.model.trust import RawMessage, VerdictOutcome

    judged_at = SystemClock().now() if at is None else moment(at, option="--at", bare_is_utc=True)
    raw = RawMessage(content=_read(file), arrived_at=judged_at)
    if anchor:
        source = context.get_parameter_source("home")
        if home is not None and source is not None and source.name == "COMMANDLINE":
            raise RequestRefused("either --anchor or --home: they answer different questions")
        verdict = _judge_by_anchors(raw, anchor, at=judged_at)
    elif home is not None:
        verdict = _judge_at_home(
            raw, home, at=judged_at, officer=officer, password_file=password_file
        )
    else:
        raise RequestRefused("say whom to trust: --anchor PEM, or --home DIR")
    if as_json:
        show.document({"file": file, **verdict.model_dump(mode="json")})
    else:
        print_verdict(verdict)
    raise typer.Exit(
        {
            VerdictOutcome.PASSED: Exit.DONE,
            VerdictOutcome.FAILED: Exit.NEGATIVE,
            VerdictOutcome.INDETERMINATE: Exit.UNDECIDED,
        }[verdict.outcome]
    )


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(help="An unsigned message of the message set.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to; standard output when absent."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a message document with the home's key, after checking it against the schema.

    It is not sent, and takes no lane number: what goes to partners is signed by the gateway.
    """
    from mra_gateway.flows.sign_document import sign_document

    content = _read(file)

    async def work(session: Session) -> bytes:
        gateway = session.gateway
        return await sign_document(
            content,
            composer=gateway.composer,
            book=gateway.book,
            database=gateway.database,
            clock=gateway.clock,
            by=session.actor,
        )

    signed = as_officer(home, work, officer=officer, password_file=password_file)
    if output is None and as_json:
        raise RequestRefused("--json needs -o FILE: the document is not JSON")
    if output is None:
        sys.stdout.buffer.write(signed)
        return
    output.write_bytes(signed)
    if as_json:
        show.document({"file": output, "bytes": len(signed)})
    else:
        show.line(f"signed: {output}")


def _judge_by_anchors(raw: RawMessage, files: list[Path], *, at: datetime) -> Verdict:
    from mra_gateway.trust.keys import load_certificates
    from mra_gateway.trust.verifier import Verifier

    try:
        anchors = [one for file in files for one in load_certificates(file)]
    except GatewayError as error:
        raise RequestRefused(
            error.text, reason=Reason.CERTIFICATE_UNREADABLE, where=error.where
        ) from None
    return Verifier(us=None, environment=None, max_bytes=MAX_BYTES).judge(
        raw, at=at, anchors=anchors
    )


def _judge_at_home(
    raw: RawMessage, home: Path, *, at: datetime, officer: str | None, password_file: Path | None
) -> Verdict:
    async def work(session: Session) -> Verdict:
        gateway = session.gateway
        return gateway.verifier.judge(raw, at=at, partner_of=gateway.book.find_trust)

    return as_officer(home, work, officer=officer, password_file=password_file)


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise RequestRefused(
                f"longer than {MAX_BYTES} bytes", reason=Reason.FILE_UNREADABLE, where=str(file)
            )
        return file.read_bytes()
    except OSError as error:
        raise RequestRefused(
            error.strerror or "cannot be read", reason=Reason.FILE_UNREADABLE, where=str(file)
        ) from None
