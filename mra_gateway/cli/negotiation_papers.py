"""`negotiation note|question|answer|attach`: what is written beside the rows."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.negotiation_options import (
    ByThem,
    ForPartner,
    MaybeRow,
    Name,
    audience,
    negotiation,
    party,
    words,
    written,
)
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import as_officer, writing

Words = Annotated[str, typer.Argument(help="In words.", metavar="TEXT")]


def note(
    name: Name,
    text: Words,
    *,
    row: MaybeRow = None,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Note an opinion on a row, or on the whole; internal unless you say otherwise."""
    id_, said = negotiation(name), words(text, option="TEXT")

    work = writing(
        lambda c, session: session.gateway.negotiator.clerk.note(
            c, id_, said, row=row, audience=audience(for_partner=for_partner), by=session.actor
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def question(
    name: Name,
    text: Words,
    *,
    row: MaybeRow = None,
    by_them: ByThem = False,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a question of one side to the other, on a row or on the whole."""
    id_, said = negotiation(name), words(text, option="TEXT")

    work = writing(
        lambda c, session: session.gateway.negotiator.clerk.ask(
            c,
            id_,
            said,
            asked_by=party(by_them=by_them),
            row=row,
            audience=audience(for_partner=for_partner),
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def ask_open(
    name: Name,
    *,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask what the comparison leaves open, on every row we have not asked about yet."""
    id_ = negotiation(name)

    work = writing(
        lambda c, session: session.gateway.negotiator.clerk.ask_open(
            c, id_, audience=audience(for_partner=for_partner), by=session.actor
        )
    )
    asked = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(asked)
    else:
        show.table(("id", "row", "question"), [(one.key, one.row, one.text) for one in asked])


def answer(
    name: Name,
    question: Annotated[str, typer.Argument(help="Its number, as Q1.", metavar="QUESTION")],
    text: Words,
    *,
    for_partner: ForPartner = False,
    over: Annotated[
        int, typer.Option(help="The version you saw: 1 while it has no answer.", metavar="VERSION")
    ] = 1,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the answer to a question."""
    id_, said = negotiation(name), words(text, option="TEXT")

    work = writing(
        lambda c, session: session.gateway.negotiator.clerk.answer(
            c,
            id_,
            question,
            text=said,
            audience=audience(for_partner=for_partner),
            over=over,
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def attach(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The document.")],
    *,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a document in; `export` hands it on to whom it is for."""
    id_, content = negotiation(name), file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"

    work = writing(
        lambda c, session: session.gateway.negotiator.clerk.attach(
            c,
            id_,
            file.name,
            content=content,
            media_type=media_type,
            audience=audience(for_partner=for_partner),
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)
