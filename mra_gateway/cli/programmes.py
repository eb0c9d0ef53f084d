"""`programmes`: what is known of programmes, and profiles administrations sign for each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import programmes_file, programmes_papers, show
from mra_gateway.cli.options import AsJson, Home, MaybeHome, Officer, PasswordFile, identifier
from mra_gateway.cli.programmes_known import known
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from mra_gateway.flows.survey_programmes import Coverage, Shown

app = typer.Typer(
    no_args_is_help=True,
    help="Programmes: what is known of them, with sources; profiles sent and received, signed.",
)
app.command()(programmes_file.questionnaire)
app.command("import")(programmes_file.import_)
app.command()(programmes_file.coverage)
app.command("self-assessment")(programmes_papers.self_assessment)
app.command("manual")(programmes_papers.manual)
app.command("checklist")(programmes_papers.checklist)

Name = Annotated[
    str, typer.Argument(help="A programme id or a territory, as MN-AEO or MN.", metavar="PROGRAMME")
]


@app.command("list")
def list_(*, home: MaybeHome = None, as_json: AsJson = False) -> None:
    """List programmes: what they certify, how much is known, and whether it was confirmed."""
    from mra_gateway.flows.survey_programmes import list_programmes

    registry, comparer = known(home)
    found = list_programmes(registry, comparer)
    if as_json:
        show.document([one._asdict() for one in found])
        return
    show.table(
        ("id", "name", "kind", "version", "cells", "extends", "confirmed"),
        [
            (
                one.id,
                one.name,
                one.kind,
                one.version,
                one.cells or None,
                one.extends,
                "yes" if one.is_confirmed else "draft",
            )
            for one in found
        ],
    )


@app.command("show")
def show_(
    programme: Name,
    *,
    catalogue: Annotated[
        str | None, typer.Option(help="Only what it says on this catalogue.", metavar="NAME")
    ] = None,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Show a programme: header facts, and every cell with its source, basis and day."""
    from mra_gateway.flows.survey_programmes import show_programme

    registry, comparer = known(home)
    found = show_programme(registry, comparer, programme, catalogue=catalogue)
    if as_json:
        show.document(found._asdict())
    else:
        _print(found)


@app.command()
def check(
    programme: Name,
    *,
    missing: Annotated[
        bool, typer.Option("--missing", help="Name the items nothing was seen of.")
    ] = False,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Say how much of each catalogue was seen in a programme, on which basis, and what is not."""
    from mra_gateway.flows.survey_programmes import check_coverage

    registry, comparer = known(home)
    found = check_coverage(registry, comparer, programme)
    if as_json:
        show.document([one._asdict() for one in found])
        return
    show.table(
        (
            "catalogue",
            "items",
            "read",
            "partial",
            "unverified",
            "heading only",
            "not seen",
            "contested",
        ),
        [_covered(one) for one in found],
    )
    for one in found if missing else ():
        show.line(f"{one.catalogue}, not seen: {', '.join(one.missing) or 'none'}")


@app.command()
def send(
    programme: Annotated[str, typer.Argument(help="One of ours, as MN-AEO.", metavar="PROGRAMME")],
    *,
    to: Annotated[str, typer.Option(help="The partner.", metavar="XX")],
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a profile of ours to a partner, signed: there it counts as confirmed by us.

    It is the home's own copy that is sent, never a shipped draft, and only to a partner that said,
    answering a ping, that it takes profiles. It needs no arrangement.
    """
    from mra_gateway.model.identifiers import ProgrammeId, Territory

    id_ = identifier(ProgrammeId, programme.upper(), option="PROGRAMME")
    partner = identifier(Territory, to, option="--to")

    async def work(session: Session) -> str:
        return await session.gateway.profile_sender.send(id_, to=partner, by=session.actor)

    message = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"message": message, "programme": id_, "partner": partner})
    else:
        show.line(f"message {message} will bring the profile of {id_} to {partner}")


@app.command()
def received(
    programme: Annotated[
        str | None, typer.Argument(help="Only of this one.", metavar="PROGRAMME")
    ] = None,
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the profiles partners signed: every version, by which key, when, and whether it counts.

    Comparisons rest on the latest version that counts. A key that was revoked since before it came
    makes it count no more.
    """
    from mra_gateway.model.identifiers import ProgrammeId
    from mra_gateway.store import profiles_received

    of = None
    if programme is not None:
        of = identifier(ProgrammeId, programme.upper(), option="PROGRAMME")

    async def work(session: Session) -> None:
        read = session.gateway.database.read
        found = await read(lambda c: profiles_received.listed(c, programme=of))
        counting = {one.id for one in (await read(profiles_received.latest)).values()}
        if as_json:
            show.document([{**one._asdict(), "counts": one.id in counting} for one in found])
            return
        show.table(
            ("programme", "version", "cells", "counts", "signer", "key", "signed", "received"),
            [
                (
                    one.profile.programme,
                    one.profile.version,
                    len(one.profile.cells),
                    "yes" if one.id in counting else "no",
                    one.signed.signer_name,
                    one.signed.signer[:16],
                    one.signed.signed_at,
                    one.received_at,
                )
                for one in found
            ],
            zone=session.zone,
        )

    as_officer(home, work, officer=officer, password_file=password_file)


def _covered(one: Coverage) -> tuple[object, ...]:
    return (
        f"{one.catalogue}@{one.edition}",
        one.items,
        one.read,
        one.partial,
        one.unverified,
        one.by_category,
        len(one.missing),
        len(one.contested),
    )


def _print(found: Shown) -> None:
    side, header = found.side, found.header
    show.line(f"{side.programme}: {side.name}")
    confirmed = "confirmed" if side.is_confirmed else "a draft nobody confirmed"
    extends = "" if side.extends is None else f", as {side.extends} where it says nothing itself"
    show.line(f"profile version {side.version}, {confirmed}{extends}")
    if header is not None:
        facts = {
            name: getattr(header, name)
            for name in type(header).model_fields
            if name not in {"id", "administration", "notes"}
        }
        show.table(
            ("fact", "value", "basis", "source"),
            [
                (name.replace("_", " "), show.plain(fact.value), fact.basis, fact.source)
                for name, fact in facts.items()
                if fact is not None and fact.value is not None
            ],
            title="Header facts",
        )
    show.table(
        ("item", "says", "in short", "basis", "as of", "source"),
        [
            (
                one.cell.item,
                " ".join(filter(None, (one.cell.stated, one.cell.strength))),
                one.cell.text.en,
                one.basis,
                one.as_of,
                one.source,
            )
            for one in found.evidence
        ],
        title="Cells",
    )
