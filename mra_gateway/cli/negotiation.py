"""`negotiation`: from the first comparison to an arrangement, every position remembered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import (
    negotiation_actions,
    negotiation_opening,
    negotiation_papers,
    negotiation_rows,
    negotiation_visits,
    show,
)
from mra_gateway.cli.negotiation_options import (
    ForPartner,
    Name,
    audience,
    day_of,
    maybe_words,
    negotiation,
    one_of,
    words,
    written,
)
from mra_gateway.cli.negotiation_text import print_dossier
from mra_gateway.cli.options import (
    AsJson,
    DocumentLanguages,
    Home,
    Officer,
    PasswordFile,
    identifier,
    one_line,
)
from mra_gateway.cli.session import Session, as_officer, reading, writing

if TYPE_CHECKING:
    from mra_gateway.model.negotiation import PhaseStep
    from mra_gateway.store.database import Transaction

app = typer.Typer(
    no_args_is_help=True,
    help="Negotiations: positions row by row, questions, joint validations, action plan, and the "
    "arrangement they end in. What is not marked for the partner stays internal.",
)
app.command("open")(negotiation_opening.open_)
for _act in (
    negotiation_opening.compare,
    negotiation_rows.propose,
    negotiation_rows.reserve,
    negotiation_rows.agree,
    negotiation_rows.reopen,
    negotiation_rows.history,
    negotiation_papers.note,
    negotiation_papers.question,
    negotiation_papers.answer,
    negotiation_papers.attach,
):
    app.command()(_act)
app.command("ask-open")(negotiation_papers.ask_open)
app.add_typer(negotiation_visits.app, name="visit")
app.add_typer(negotiation_actions.app, name="action")

AudienceOption = Annotated[
    str, typer.Option("--audience", help="For whom.", metavar="[internal|partner]")
]


@app.command("list")
def list_(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List every negotiation and how far it has come."""
    from mra_gateway.store import negotiations

    work = reading(
        lambda c, session: [
            session.gateway.negotiator.viewer.dossier(c, one.id) for one in negotiations.listed(c)
        ]
    )
    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document([{"workspace": one.workspace, "progress": one.progress} for one in found])
        return
    show.table(
        ("id", "ours", "theirs", "phase", "settled", "questions", "overdue", "ended in"),
        [
            (
                one.workspace.id,
                one.workspace.ours,
                one.workspace.theirs,
                one.progress.phase,
                f"{one.progress.settled} of {one.progress.rows}",
                f"{one.progress.questions - one.progress.answered} open",
                one.progress.overdue,
                one.workspace.arrangement,
            )
            for one in found
        ],
    )


@app.command("show")
def show_(
    name: Name,
    *,
    for_whom: AudienceOption = "internal",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a negotiation as it stands: rows with their versions, questions, visits, progress.

    With --audience partner it is what an export would hand to the partner, and nothing else.
    """
    from mra_gateway.model.comparison import Audience

    id_, reader = negotiation(name), one_of(Audience, for_whom, option="--audience")

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(
            lambda c: gateway.negotiator.viewer.dossier(c, id_, audience=reader)
        )
        if as_json:
            show.document(found)
        else:
            print_dossier(found, session.zone)

    as_officer(home, work, officer=officer, password_file=password_file)


@app.command()
def phase(
    name: Name,
    phase: Annotated[str, typer.Argument(help="As the model names it.", metavar="PHASE")],
    *,
    ended: Annotated[bool, typer.Option("--ended", help="It ended; otherwise it began.")] = False,
    on: Annotated[
        str | None, typer.Option(help="On which day; today when absent.", metavar="YYYY-MM-DD")
    ] = None,
    note: Annotated[
        str | None, typer.Option(help="In words; needed where the model's order is left.")
    ] = None,
    for_partner: ForPartner = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write that a phase began or ended."""
    id_, said = negotiation(name), maybe_words(note, option="--note")

    @writing
    def work(c: Transaction, session: Session) -> PhaseStep:
        keeper = session.gateway.negotiator.phases
        act = keeper.end if ended else keeper.begin
        return act(
            c,
            id_,
            phase,
            on=day_of(session.gateway, on),
            note=said,
            audience=audience(for_partner=for_partner),
            by=session.actor,
        )

    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


@app.command()
def export(
    name: Name,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="FILE.zip: everything with its documents; .docx, .xlsx, .pdf, .html: a paper.",
            metavar="FILE",
        ),
    ],
    paper: Annotated[
        str,
        typer.Option(
            help="Which paper: side-by-side, differences, agreement-draft, conclusion, "
            "validation-plan, validation-report, operating-procedure, public-notice, "
            "yearly-review.",
            metavar="PAPER",
        ),
    ] = "side-by-side",
    language: DocumentLanguages = None,
    letterhead: Annotated[
        list[str] | None, typer.Option(help="A line of the office that writes; may be repeated.")
    ] = None,
    for_whom: AudienceOption = "internal",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a negotiation as an archive or as a paper, for ourselves or for the partner."""
    from mra_gateway.flows.negotiate_export import archive_of
    from mra_gateway.flows.negotiate_print import compose_negotiation
    from mra_gateway.flows.print_comparison import Paper, write_page
    from mra_gateway.model.comparison import Audience

    id_, reader = negotiation(name), one_of(Audience, for_whom, option="--audience")
    which = one_of(Paper, paper, option="--paper")

    async def work(session: Session) -> None:
        gateway = session.gateway
        negotiator = gateway.negotiator
        if output.suffix.lower() == ".zip":
            files = await gateway.database.read(
                lambda c: negotiator.exporter.files(c, id_, audience=reader)
            )
            output.write_bytes(archive_of(files))
            return
        dossier = await gateway.database.read(
            lambda c: negotiator.viewer.dossier(c, id_, audience=reader)
        )
        page = compose_negotiation(
            dossier,
            paper=which,
            registry=gateway.registry,
            languages=tuple(language or ("en",)),
            letterhead=tuple(letterhead or ()),
        )
        write_page(page, output)

    as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"file": output, "audience": reader})
    else:
        show.line(f"{output} written, {reader}")


@app.command()
def conclude(
    name: Name,
    arrangement: Annotated[
        str, typer.Argument(help="Id of the arrangement, as KR-CN-2013.", metavar="ARRANGEMENT")
    ],
    *,
    source: Annotated[str, typer.Option(help="Where the agreed text can be read.")],
    despite: Annotated[
        str | None,
        typer.Option(help="Why rows that are not settled do not stand in the way."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the copy the home has already.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write what was agreed as an arrangement of the home, and close the negotiation.

    Two officers confirm it like any other: `partners confirm`, then `approvals approve`.
    """
    from mra_gateway.model.identifiers import ArrangementId

    id_ = negotiation(name)
    target = identifier(ArrangementId, arrangement, option="ARRANGEMENT")

    work = writing(
        lambda c, session: session.gateway.negotiator.concluder.conclude(
            c,
            id_,
            target,
            home=home,
            source=one_line(source, option="--source"),
            despite=None if despite is None else words(despite, option="--despite"),
            replace=replace,
            by=session.actor,
        )
    )
    done = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(
            {
                "file": done.file,
                "arrangement": done.arrangement,
                "missing": done.missing,
                "left_open": done.left_open,
            }
        )
        return
    show.line(f"{done.file} written")
    if done.missing:
        show.line(f"not agreed, and so empty: {', '.join(done.missing)}")
    if done.left_open:
        show.line(f"rows left open: {', '.join(done.left_open)}")
    for one in done.warnings:
        show.line(f"warning: {one.key}: {one.reason}")
    show.line(
        f"nothing is exchanged under it before two officers confirm it: partners confirm {target}"
    )
