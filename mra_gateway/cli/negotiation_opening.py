"""`negotiation open|compare`: the comparison a negotiation rests on."""

from __future__ import annotations

from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.negotiation_options import Name, day_of, negotiation, one_of
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile
from mra_gateway.cli.session import as_officer, writing

At = Annotated[
    str | None,
    typer.Option(help="The day the comparison holds for; today when absent.", metavar="DATE"),
]


def open_(
    name: Name,
    theirs: Annotated[
        str,
        typer.Argument(help="Their programme: a territory or a programme id.", metavar="THEIRS"),
    ],
    *,
    ours: Annotated[
        str | None, typer.Option(help="Ours, where we have several.", metavar="PROGRAMME")
    ] = None,
    phases: Annotated[
        str, typer.Option(help="The model of its phases, as in partners/phases.")
    ] = "us",
    catalogue: Annotated[
        str, typer.Option(help="Whose items are the rows.", metavar="NAME[@EDITION]")
    ] = "safe",
    at: At = None,
    role: Annotated[str | None, typer.Option(help="Narrow to a role, as importer.")] = None,
    tier: Annotated[str | None, typer.Option(help="Narrow ours to a tier.")] = None,
    tier_theirs: Annotated[str | None, typer.Option(help="Narrow theirs to a tier.")] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Open a negotiation: our programme is compared with theirs, every item becomes a row."""
    from mra_gateway.flows.compare import Asked
    from mra_gateway.model.operators import Role

    id_ = negotiation(name)
    narrowed = None if role is None else one_of(Role, role, option="--role")
    work = writing(
        lambda c, session: session.gateway.negotiator.comparer.open(
            c,
            id_,
            theirs=theirs,
            ours=ours,
            asked=Asked(
                at=day_of(session.gateway, at),
                catalogue=catalogue,
                role=narrowed,
                tier_ours=tier,
                tier_theirs=tier_theirs,
            ),
            phases=phases,
            by=session.actor,
        )
    )
    opened = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(opened)
    else:
        show.line(
            f"{opened.id} opened: {opened.ours} with {opened.theirs} on "
            f"{opened.catalogue}@{opened.edition}, phases {opened.phases}"
        )


def compare(
    name: Name,
    *,
    at: At = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare anew after a side changed its rules, and say which rows moved; positions stay."""
    id_ = negotiation(name)
    work = writing(
        lambda c, session: session.gateway.negotiator.comparer.renew(
            c, id_, at=day_of(session.gateway, at), by=session.actor
        )
    )
    moved = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(moved)
    else:
        show.table(("row", "before", "after"), moved, title="Rows that moved")
