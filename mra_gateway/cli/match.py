"""`match`: which of the operators held a declared name may stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Language,
    Officer,
    PasswordFile,
    identifier,
    one_line,
)
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from mra_gateway.cli.spoken import Spoken
    from mra_gateway.flows.propose_matches import HeldAuthorisation, Match


def match(
    name: Annotated[str, typer.Argument(help="The name as declared, in any script.")],
    *,
    address: Annotated[
        str | None, typer.Option(help="Street and number, as declared.", metavar="TEXT")
    ] = None,
    city: Annotated[str | None, typer.Option(help="City, as declared, in any script.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Postcode, as declared.")] = None,
    territory: Annotated[
        str | None, typer.Option(help="Customs territory of the address.", metavar="XX")
    ] = None,
    limit: Annotated[
        int, typer.Option(help="The most proposals shown.", min=1, max=100, metavar="N")
    ] = 5,
    language: Language = "en",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Propose which operators a name may stand for, with a score and the reasons.

    Names are compared across scripts. Legal forms and words that tell little count little; a
    number, a place or a word that differs counts much. Nothing is confirmed or changed.

    A score of 95 and more takes a name whose telling words are the same and an address that agrees;
    an ambiguous proposal has a rival as near. Exit code 1: nobody is proposed.
    """
    from mra_gateway.flows.propose_matches import propose_matches
    from mra_gateway.model.declarations import DeclaredAddress
    from mra_gateway.model.identifiers import Territory

    asked = one_line(name, option="NAME")
    where = None if territory is None else identifier(Territory, territory, option="--territory")
    declared = None
    if address or city or postcode:
        declared = DeclaredAddress(
            lines=(one_line(address, option="--address"),) if address else (),
            city=one_line(city, option="--city") if city else None,
            postcode=one_line(postcode, option="--postcode") if postcode else None,
            territory=where,
        )

    async def work(session: Session) -> list[Match]:
        gateway = session.gateway
        with show.working("comparing names"):
            return await gateway.database.read(
                lambda c: propose_matches(
                    c,
                    gateway.book,
                    asked,
                    address=declared,
                    territory=where,
                    at=gateway.clock.now(),
                    limit=limit,
                )
            )

    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document([_as_document(one) for one in found])
    else:
        _print(found, language)
    raise typer.Exit(Exit.DONE if found else Exit.NEGATIVE)


def _as_document(found: Match) -> dict[str, object]:
    proposal = found.proposal
    return {
        "tin": proposal.key,
        "score": proposal.score,
        "ambiguous": proposal.ambiguous,
        "name": proposal.name,
        "parts": proposal.parts,
        "held": found.held,
    }


def _print(found: list[Match], language: str) -> None:
    from mra_gateway.cli.spoken import Spoken

    text = Spoken(language)
    if not found:
        show.line(text.say("nobody_like_this"))
    for one in found:
        proposal = one.proposal
        rival = text.say("rival") if proposal.ambiguous else ""
        show.line(f"{proposal.score:g}  {proposal.name}  {proposal.key}{rival}")
        for held in one.held:
            show.line(f"      {_held(held, text)}")
        show.table(
            text.headings("part", "score", "reason"),
            [
                (
                    text.say(f"part_{part.what.replace(' ', '_')}"),
                    "" if part.score is None else f"{part.score:g}",
                    text.told(part.reason, "part"),
                )
                for part in proposal.parts
            ],
        )


def _held(held: HeldAuthorisation, text: Spoken) -> str:
    return text.say(
        "held",
        authorisation=held.authorisation,
        programme=held.programme,
        source=text.say("held_under", arrangement=held.arrangement)
        if held.arrangement
        else text.say("held_own"),
        status=text.word("status", held.status),
    )
