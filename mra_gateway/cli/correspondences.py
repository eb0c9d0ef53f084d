"""`correspondences`: which declared codes and names were confirmed to stand for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.flows.confirm_correspondence import Asked, Confirmed
    from mra_gateway.flows.notify import Told
    from mra_gateway.model.measures import Correspondence

app = typer.Typer(
    no_args_is_help=True,
    help="Correspondences: the codes and names confirmed to stand for an operator of a partner.",
)


@app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Withdrawn ones too.")] = False,
    operator: Annotated[
        str | None, typer.Option(help="Those of one operator.", metavar="TIN")
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List what was confirmed, with who, when and why."""
    from mra_gateway.flows.confirm_correspondence import confirmed

    async def work(session: Session) -> None:
        found = await session.gateway.database.read(lambda c: confirmed(c, ended=every))
        found = [one for one in found if operator in {None, one.correspondence.tin}]
        if as_json:
            show.document([_shown(one) for one in found])
            return
        show.table(
            ("id", "declared", "kind", "stands for", "partner", "confirmed", "by", "why", "ended"),
            [
                (
                    one.ground.id,
                    one.correspondence.text,
                    one.correspondence.list or one.correspondence.kind,
                    one.correspondence.tin,
                    one.correspondence.partner,
                    one.correspondence.confirmed_at,
                    one.correspondence.confirmed_by,
                    one.correspondence.why,
                    one.ground.ended_by,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def confirm(
    text: Annotated[str, typer.Argument(help="The code or name as it was declared.")],
    *,
    operator: Annotated[
        str | None, typer.Option(help="The operator it stands for.", metavar="TIN")
    ] = None,
    from_match: Annotated[
        int | None,
        typer.Option(
            "--from-match",
            help="Instead of --operator: the proposal of `match` with this number, the best is 1.",
            min=1,
            max=100,
            metavar="N",
        ),
    ] = None,
    why: Annotated[str, typer.Option(help="What it is confirmed by, in words.")],
    name: Annotated[bool, typer.Option("--name", help="The text is a name, not a code.")] = False,
    partner: Annotated[
        str | None,
        typer.Option(help="Whose operator, where several partners told us of it.", metavar="XX"),
    ] = None,
    list_of: Annotated[
        str | None, typer.Option("--list", help="The list a code is of.", metavar="US-MID")
    ] = None,
    site: Annotated[str | None, typer.Option(help="The site a code is about, in words.")] = None,
    territory: Annotated[
        str | None, typer.Option(help="With --from-match: of the party.", metavar="XX")
    ] = None,
    city: Annotated[str | None, typer.Option(help="With --from-match: of the party.")] = None,
    tell: Annotated[
        bool,
        typer.Option("--tell", help="Tell the operator's own administration, as `send` does."),
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Confirm that a declared code or name stands for an operator; it counts at once.

    Refused, with the other operator named: a code that is somebody else's, a name that fits another
    as well. A name counts only where a declaration names no identifier.
    """
    from mra_gateway.flows.confirm_correspondence import Asked
    from mra_gateway.model.declarations import DeclaredAddress
    from mra_gateway.model.identifiers import Territory, Tin
    from mra_gateway.model.measures import CorrespondenceKind

    if (operator is None) is (from_match is None):
        raise RequestRefused("name the operator: --operator TIN, or --from-match N")
    said = one_line(text, option="TEXT")
    where = None if territory is None else identifier(Territory, territory, option="--territory")
    address = None
    if city is not None:
        address = DeclaredAddress(city=one_line(city, option="--city"), territory=where)
    is_name = name or from_match is not None
    given = None if operator is None else identifier(Tin, operator, option="--operator")

    async def work(session: Session) -> tuple[int, Asked, Told | None, RequestRefused | None]:
        gateway = session.gateway
        tin = given
        if from_match is not None:
            picked = await gateway.correspondent.pick_match(
                said, number=from_match, address=address, territory=where
            )
            tin = picked.proposal.key
        assert tin is not None
        asked = Asked(
            kind=CorrespondenceKind.NAME if is_name else CorrespondenceKind.IDENTIFIER,
            text=said,
            tin=tin,
            why=one_line(why, option="--why"),
            partner=None if partner is None else identifier(Territory, partner, option="--partner"),
            list=None if list_of is None else one_line(list_of, option="--list"),
            site=None if site is None else one_line(site, option="--site"),
        )
        number = await gateway.correspondent.confirm(asked, by=session.actor)
        if not tell:
            return number, asked, None, None
        try:
            return number, asked, await gateway.correspondent.tell(number, by=session.actor), None
        except RequestRefused as untold:
            return number, asked, None, untold

    number, asked, told, untold = as_officer(
        home, work, officer=officer, password_file=password_file
    )
    if as_json:
        reason = None if untold is None else untold.reason
        show.document({"correspondence": number, **asked._asdict(), "told": told, "untold": reason})
        return
    show.line(f"correspondence {number}: {asked.text} stands for {asked.tin}")
    if told is not None:
        show.line(f"{told.partner} is told, under {told.arrangement}")
    if untold is not None:
        show.line(f"it counts here, and its administration is not told: {untold}")


@app.command()
def send(
    correspondence: Annotated[int, typer.Argument(help="Its id, as listed.", metavar="ID")],
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell the operator's own administration what was confirmed to stand for it.

    Only where the arrangement lets identifiers in a partner's systems travel, a name where names
    travel too, and only to a partner that said, answering a ping, that it takes such notices. When
    it is withdrawn, that is told as well.
    """

    async def work(session: Session) -> Told:
        return await session.gateway.correspondent.tell(correspondence, by=session.actor)

    told = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"correspondence": correspondence, **told._asdict()})
    else:
        show.line(
            f"{told.partner} is told of correspondence {correspondence}, under {told.arrangement}"
        )


@app.command()
def withdraw(
    correspondence: Annotated[int, typer.Argument(help="Its id, as listed.", metavar="ID")],
    *,
    why: Annotated[str, typer.Option(help="Why, in words; kept in the journal.")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw a correspondence: from now on it counts for nothing; what was decided stays."""

    async def work(session: Session) -> Correspondence:
        return await session.gateway.correspondent.withdraw(
            correspondence, why=one_line(why, option="--why"), by=session.actor
        )

    ended = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"withdrawn": correspondence, "text": ended.text, "tin": ended.tin})
    else:
        show.line(f"withdrawn: {ended.text} no longer stands for {ended.tin}")


def _shown(one: Confirmed) -> dict[str, object]:
    said = one.correspondence.model_dump(mode="json")
    return {
        "id": one.ground.id,
        **said,
        "ended_at": one.ground.ended_at,
        "ended_by": one.ground.ended_by,
    }
