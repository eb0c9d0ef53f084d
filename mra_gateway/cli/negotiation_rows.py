"""`negotiation propose|reserve|agree|reopen|history`: positions, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.negotiation_options import (
    ByThem,
    ForPartner,
    Name,
    Over,
    RowArgument,
    Why,
    WhyForPartner,
    audience,
    maybe_words,
    negotiation,
    party,
    toml_value,
    written,
)
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import Session, as_officer, writing
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.negotiate_rows import Wording

Text = Annotated[
    str | None, typer.Option("--text", help="What is proposed, in words.", show_default=False)
]
Value = Annotated[
    str | None,
    typer.Option(
        "--value",
        help='The value of a term, as in a data file: "not_required", 2014-04-01, '
        '{ tiers = ["AA", "AAA"] }.',
        show_default=False,
    ),
]


def propose(
    name: Name,
    row: RowArgument,
    *,
    text: Text = None,
    value: Value = None,
    by_them: ByThem = False,
    for_partner: ForPartner = False,
    why: Why = None,
    why_for_partner: WhyForPartner = False,
    over: Over = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write what a side proposes for a row, over the version you saw."""
    id_ = negotiation(name)
    wording = _wording(text, value, why, for_partner=for_partner, why_for_partner=why_for_partner)

    work = writing(
        lambda c, session: session.gateway.negotiator.rows.propose(
            c,
            id_,
            row,
            side=party(by_them=by_them),
            wording=wording,
            over=over,
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def reserve(
    name: Name,
    row: RowArgument,
    *,
    by_them: ByThem = False,
    for_partner: ForPartner = False,
    why: Why = None,
    why_for_partner: WhyForPartner = False,
    text: Text = None,
    over: Over = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write that a side reserves its position on a row, and why."""
    id_ = negotiation(name)
    wording = _wording(text, None, why, for_partner=for_partner, why_for_partner=why_for_partner)

    work = writing(
        lambda c, session: session.gateway.negotiator.rows.reserve(
            c,
            id_,
            row,
            side=party(by_them=by_them),
            wording=wording,
            over=over,
            by=session.actor,
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def agree(
    name: Name,
    rows: Annotated[
        list[str],
        typer.Argument(
            help="Rows, each with the version you saw where it has one: F.f=2 exchange.consent=1 "
            "A.a",
            metavar="ROW[=VERSION]...",
        ),
    ],
    *,
    ad_referendum: Annotated[
        bool,
        typer.Option("--ad-referendum", help="By the delegations, to be approved at home."),
    ] = False,
    text: Text = None,
    value: Value = None,
    for_partner: ForPartner = False,
    why: Why = None,
    why_for_partner: WhyForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write that both sides agree on rows: all of them, or none where one cannot be agreed."""
    id_ = negotiation(name)
    wording = _wording(text, value, why, for_partner=for_partner, why_for_partner=why_for_partner)
    named = [_row_and_version(one) for one in rows]
    if len(named) > 1 and (text is not None or value is not None):
        raise RequestRefused("a text or a value is one row's", where="--text, --value")

    work = writing(
        lambda c, session: [
            session.gateway.negotiator.rows.agree(
                c,
                id_,
                row,
                ad_referendum=ad_referendum,
                wording=wording,
                over=over,
                by=session.actor,
            )
            for row, over in named
        ]
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)
        return
    for one in done:
        written(one, as_json=False)


def reopen(
    name: Name,
    row: RowArgument,
    *,
    why: Why = None,
    why_for_partner: WhyForPartner = False,
    for_partner: ForPartner = False,
    text: Text = None,
    over: Over = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Open a row again, and say why."""
    id_ = negotiation(name)
    wording = _wording(text, None, why, for_partner=for_partner, why_for_partner=why_for_partner)

    work = writing(
        lambda c, session: session.gateway.negotiator.rows.reopen(
            c, id_, row, wording=wording, over=over, by=session.actor
        )
    )
    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


def history(
    name: Name,
    row: RowArgument,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show every version of a row's position: who, when, what and why."""
    id_ = negotiation(name)

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(lambda c: gateway.negotiator.rows.history(c, id_, row))
        if as_json:
            show.document(found)
            return
        show.table(
            ("version", "state", "text", "value", "why", "for", "by", "at"),
            [
                (
                    one.version,
                    one.state.replace("_", " "),
                    one.text,
                    one.value,
                    one.justification,
                    one.audience,
                    one.by,
                    one.at,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _wording(
    text: str | None,
    value: str | None,
    why: str | None,
    *,
    for_partner: bool,
    why_for_partner: bool,
) -> Wording:
    from mra_gateway.flows.negotiate_rows import Wording

    return Wording(
        text=maybe_words(text, option="--text"),
        value=None if value is None else toml_value(value, option="--value"),
        audience=audience(for_partner=for_partner),
        justification=maybe_words(why, option="--why"),
        justification_audience=audience(for_partner=why_for_partner),
    )


def _row_and_version(text: str) -> tuple[str, int | None]:
    row, _, version = text.partition("=")
    if version and not version.isdecimal():
        raise RequestRefused(f"{version[:20]!r} is no version", where="ROW=VERSION")
    return row, int(version) if version else None
