"""`partners`: the facts about partners, whom we trust, and which arrangements are confirmed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.approvals import waits
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.findings import as_documents, exit_of, tell
from mra_gateway.cli.options import (
    AsJson,
    Home,
    MaybeHome,
    Officer,
    PasswordFile,
    day,
    identifier,
    moment,
    one_line,
)
from mra_gateway.cli.partners_text import print_arrangement, print_open, print_partners
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

app = typer.Typer(
    no_args_is_help=True,
    help="Partners: the data files, their keys, and the arrangements with them.",
)


@app.command()
def check(
    folder: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders laid over the shipped drafts; the home's when absent."),
    ] = None,
    *,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Find every inconsistency in and between the data files: file, key, reason."""
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.check_data import check_data
    from mra_gateway.settings import data_folder

    folders = list(folder or ())
    if not folders and home is not None and (home / "partners").is_dir():
        folders = [home / "partners"]
    shipped = data_folder("partners")
    laid = [shipped, *(one for one in folders if one.resolve() != shipped.resolve())]
    findings = check_data(*laid, at=SystemClock().now())
    errors = sum(finding.is_error for finding in findings)
    if as_json:
        show.document(
            {
                "folders": laid,
                "errors": errors,
                "findings": as_documents(findings),
            }
        )
    else:
        # what is doubtful in a draft nobody here uses must not drown what is doubtful in a copy
        shown = [
            one
            for one in findings
            if one.is_error or len(laid) == 1 or not one.file.is_relative_to(shipped)
        ]
        tell(findings, shown=shown)
        if hidden := len(findings) - len(shown):
            show.line(f"{hidden} of them about drafts that have no copy here; --json has all")
    raise typer.Exit(exit_of(findings))


@app.command()
def card(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the card to this file.")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Print our card for a partner: address, anchors, and their fingerprints.

    Give the card by one road and read the fingerprints to each other over another.
    """
    from mra_gateway.trust.card import card_fingerprints, card_text, own_card

    async def work(session: Session) -> None:
        ours = own_card(session.gateway.settings)
        if output is not None:
            output.write_text(card_text(ours), encoding="utf-8")
            if not as_json:
                show.line(f"written to {output}; read these fingerprints to the partner:")
        prints = card_fingerprints(ours)
        if as_json:
            show.document(
                {
                    "card": ours,
                    "file": output,
                    "fingerprints": [{"what": what, "sha256": text} for what, text in prints],
                }
            )
            return
        if output is None:
            sys.stdout.write(card_text(ours))
        tell = show.line if output is not None else show.note
        tell(f"{ours.territory}, {ours.environment}, {ours.url or 'no address yet'}")
        for what, text in prints:
            tell(f"{what}: {text}")

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def pin(
    card_file: Annotated[Path, typer.Argument(help="The partner's card.", metavar="CARD")],
    *,
    compared: Annotated[
        bool,
        typer.Option(
            "--compared", help="I have compared the fingerprints with the partner by another road."
        ),
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to trust a partner's keys, after the fingerprints were compared."""
    from mra_gateway.trust.card import card_fingerprints, load_card

    async def work(session: Session) -> str | None:
        gateway = session.gateway
        theirs = load_card(card_file, environment=gateway.settings.environment)
        name = gateway.registry.administrations.get(theirs.territory)
        tell = show.note if as_json else show.line
        known = name.display_name.value if name is not None else "not described in partners/"
        tell(f"{theirs.territory} ({known}), {theirs.environment}, {theirs.url or 'no address'}")
        for what, text in card_fingerprints(theirs):
            tell(f"{what}: {text}")
        if not compared and not _asks_whether_compared():
            return None
        return await gateway.database.write(
            lambda c: gateway.overseer.request_pin(c, theirs, by=session.actor)
        )

    request = as_officer(home, work, officer=officer, password_file=password_file)
    if request is None:
        show.note("Nothing was asked for: compare the fingerprints first.")
        raise typer.Exit(Exit.NEGATIVE)
    waits(request, "security", officer, as_json=as_json)


@app.command()
def adopt(
    drafts: Annotated[
        list[str],
        typer.Argument(
            help="Arrangements, programmes, identification: CN-MN-2025 MN-AEO identification/MN.",
            metavar="ID...",
            show_default=False,
        ),
    ],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Copy shipped drafts into the home, to be completed there; tell what is empty in them.

    A copy that is there already is left as it is, and only told about.
    """
    from mra_gateway.flows.adopt import Adopted, adopt_draft
    from mra_gateway.model.officers import OfficerRole

    async def work(session: Session) -> list[Adopted]:
        gateway = session.gateway
        return [
            adopt_draft(gateway.registry, id_, home=gateway.settings.home)
            for id_ in dict.fromkeys(drafts)
        ]

    done = as_officer(
        home, work, officer=officer, password_file=password_file, needs=(OfficerRole.LEGAL,)
    )
    if as_json:
        show.document([one._asdict() for one in done])
        return
    for one in done:
        show.line(f"copied to {one.file}" if one.copied else f"there already: {one.file}")
        print_open(one.open)


@app.command()
def confirm(
    arrangement: Annotated[str, typer.Argument(help="As CN-MN-2025.")],
    *,
    act: Annotated[str, typer.Option(help="The legal act that brings it into effect.")],
    date: Annotated[str, typer.Option(help="Date of the act: YYYY-MM-DD.", metavar="DAY")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask a second officer to confirm our copy of an arrangement.

    What is empty or not verified in it is told; where there is no copy yet, the shipped draft is
    copied into the home first. A copy that is changed afterwards has to be confirmed anew.
    """
    from mra_gateway.flows.adopt import adopt_draft
    from mra_gateway.flows.authenticate import check_role
    from mra_gateway.model.identifiers import ArrangementId
    from mra_gateway.model.officers import OfficerRole

    id_ = identifier(ArrangementId, arrangement, option="ARRANGEMENT")
    on = day(date, option="--date")
    legal_act = one_line(act, option="--act")

    async def work(session: Session) -> str:
        gateway = session.gateway
        check_role(session.actor, OfficerRole.LEGAL)
        gateway.registry.get_arrangement(id_)
        adopted = adopt_draft(gateway.registry, id_, home=gateway.settings.home)
        tell = show.note if as_json else show.line
        if adopted.copied:
            tell(f"copied to {adopted.file}")
        if not as_json:
            print_open(adopted.open)
        request = await gateway.database.write(
            lambda c: gateway.overseer.request_confirmation(
                c, id_, legal_act=legal_act, act_on=on, by=session.actor
            )
        )
        if as_json:
            show.document(
                {
                    "request": request,
                    "needs": "legal",
                    "file": adopted.file,
                    "copied": adopted.copied,
                    "open": adopted.open,
                }
            )
        return request

    request = as_officer(home, work, officer=officer, password_file=password_file)
    if not as_json:
        waits(request, "legal", officer, as_json=False)


@app.command()
def revoke(
    territory: Annotated[str, typer.Argument(help="The partner: two capital letters.")],
    *,
    fingerprint: Annotated[
        str | None, typer.Option(help="SHA-256 of the certificate; spaces and colons are ignored.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Since when it is not to be trusted, with its offset.", metavar="MOMENT"),
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="End the trust in all of the partner's cards.")
    ] = False,
    arrangement: Annotated[
        str | None,
        typer.Option(help="Stop exchange and decisions under this arrangement.", metavar="ID"),
    ] = None,
    note: Annotated[str, typer.Option(help="Why, in words.")] = "",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """End trust, at once and by one officer: in a key, in the cards, or in an arrangement.

    What was received and recorded before stands. Trust comes back only through two officers.
    """
    from mra_gateway.model.identifiers import ArrangementId, Digest, Territory

    partner = identifier(Territory, territory, option="TERRITORY")
    chosen = [name for name, given in (("--fingerprint", fingerprint), ("--card", card),
                                       ("--arrangement", arrangement)) if given]  # fmt: skip
    if len(chosen) != 1:
        raise RequestRefused("give one of --fingerprint with --since, --card, --arrangement")
    if fingerprint and not since:
        raise RequestRefused("say since when: messages made or received before stand")

    async def work(session: Session) -> dict[str, object]:
        gateway, by = session.gateway, session.actor
        overseer, write = gateway.overseer, gateway.database.write
        if card:
            ended = await write(lambda c: overseer.withdraw_card(c, partner, by=by))
            return {"partner": partner, "cards_ended": ended}
        if arrangement:
            id_ = identifier(ArrangementId, arrangement, option="--arrangement")
            ended = await write(lambda c: overseer.withdraw_confirmation(c, id_, by=by))
            return {"arrangement": id_, "confirmations_ended": ended}
        bare = "".join((fingerprint or "").replace(":", " ").split()).lower()
        digest = identifier(Digest, bare, option="--fingerprint")
        at = moment(since or "", option="--since")
        await write(
            lambda c: overseer.revoke_key(
                c, partner, fingerprint=digest, since=at, note=note, by=by
            )
        )
        return {"partner": partner, "fingerprint": digest, "since": at}

    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(done)
    else:
        show.pairs(done)


@app.command("show")
def show_(
    what: Annotated[
        str | None, typer.Argument(help="A territory or an arrangement; all when absent.")
    ] = None,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show partners, what is pinned of them, and the arrangements with them."""
    from mra_gateway.flows.survey import survey_arrangement, survey_partners

    async def work(session: Session) -> None:
        gateway = session.gateway
        at = gateway.clock.now()
        if what is not None and what in gateway.registry.arrangements:
            found = survey_arrangement(gateway.book, what, at=at)
            if as_json:
                show.document({**found._asdict(), "facts": found.facts})
                return
            print_arrangement(found, session.zone)
            return
        partners, arrangements = await gateway.database.read(
            lambda c: survey_partners(c, gateway.book, only=what, at=at)
        )
        if as_json:
            show.document({"partners": partners, "arrangements": arrangements})
            return
        print_partners(partners, arrangements, session.zone)

    as_officer(home, work, officer=officer, password_file=password_file)


def _asks_whether_compared() -> bool:
    if not sys.stdin.isatty():
        raise RequestRefused("nobody to ask: say --compared when the fingerprints were compared")
    return typer.confirm(
        "Have you read these fingerprints to the partner over another road, and were they the same",
        err=True,
    )
