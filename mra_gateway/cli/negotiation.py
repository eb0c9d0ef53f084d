"""`negotiation`: from the first comparison to an arrangement, every position remembered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import (
    negotiation_actions,
    negotiation_papers,
    negotiation_rows,
    negotiation_visits,
    show,
)
from mra_gateway.cli.negotiation_options import (
    ForPartner,
    Name,
    audience,
    maybe_words,
    negotiation,
    one_of,
    words,
    written,
)
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Officer,
    PasswordFile,
    day,
    identifier,
    one_line,
)
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from mra_gateway.flows.negotiate_conclude import Concluded
    from mra_gateway.model.comparison import Comparison
    from mra_gateway.model.dossier import Dossier
    from mra_gateway.model.negotiation import PhaseStep, Workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Negotiations: positions row by row, questions, joint validations, action plan, and the "
    "arrangement they end in. What is not marked for the partner stays internal.",
)
for _act in (
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
app.add_typer(negotiation_visits.app, name="visit")
app.add_typer(negotiation_actions.app, name="action")

AudienceOption = Annotated[
    str, typer.Option("--audience", help="For whom.", metavar="[internal|partner]")
]


@app.command("open")
def open_(
    name: Name,
    *,
    comparison: Annotated[
        Path,
        typer.Option(
            help="Of our programme with theirs, for ourselves: JSON.",
        ),
    ],
    partner_comparison: Annotated[
        Path | None,
        typer.Option(
            help="The same, made for the partner; without it the partner is shown positions and "
            "no comparison.",
        ),
    ] = None,
    phases: Annotated[
        str, typer.Option(help="The model of its phases, as in partners/phases.")
    ] = "us",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Open a negotiation on a comparison of our programme with theirs."""
    id_ = negotiation(name)
    ours = _read(comparison)
    theirs = None if partner_comparison is None else _read(partner_comparison)

    async def work(session: Session) -> Workspace:
        gateway = session.gateway
        return await gateway.database.write(
            lambda c: gateway.negotiator.opener.open(
                c, id_, ours, for_partner=theirs, phases=phases, by=session.actor
            )
        )

    opened = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(opened)
    else:
        show.line(
            f"{opened.id} opened: {opened.ours} with {opened.theirs} on "
            f"{opened.catalogue}@{opened.edition}, {len(ours.rows)} rows, phases {opened.phases}"
        )


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

    async def work(session: Session) -> None:
        gateway = session.gateway
        found = await gateway.database.read(
            lambda c: [
                gateway.negotiator.viewer.dossier(c, one.id) for one in negotiations.listed(c)
            ]
        )
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

    as_officer(home, work, officer=officer, password_file=password_file)


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
            _print(found, session.zone)

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

    async def work(session: Session) -> PhaseStep:
        gateway = session.gateway
        keeper = gateway.negotiator.phases
        which = gateway.book.day_of(gateway.clock.now()) if on is None else day(on, option="--on")
        act = keeper.end if ended else keeper.begin
        return await gateway.database.write(
            lambda c: act(
                c,
                id_,
                phase,
                on=which,
                note=said,
                audience=audience(for_partner=for_partner),
                by=session.actor,
            )
        )

    written(as_officer(home, work, officer=officer, password_file=password_file), as_json=as_json)


@app.command()
def export(
    name: Name,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The archive to write.", metavar="FILE.zip")
    ],
    for_whom: AudienceOption = "internal",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a negotiation and its documents into an archive, for ourselves or for the partner."""
    from mra_gateway.flows.negotiate_export import archive_of
    from mra_gateway.model.comparison import Audience

    id_, reader = negotiation(name), one_of(Audience, for_whom, option="--audience")

    async def work(session: Session) -> Mapping[str, bytes]:
        gateway = session.gateway
        return await gateway.database.read(
            lambda c: gateway.negotiator.exporter.files(c, id_, audience=reader)
        )

    files = as_officer(home, work, officer=officer, password_file=password_file)
    output.write_bytes(archive_of(files))
    if as_json:
        show.document({"file": output, "audience": reader, "members": sorted(files)})
    else:
        show.line(f"{output}: {len(files)} files, {reader}")


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

    async def work(session: Session) -> Concluded:
        gateway = session.gateway
        return await gateway.database.write(
            lambda c: gateway.negotiator.concluder.conclude(
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


def _read(file: Path) -> Comparison:
    from pydantic import ValidationError

    from mra_gateway.model.comparison import Comparison

    try:
        return Comparison.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestRefused(
            f"no comparison as this program writes it: {place}: {first['msg'][:120]}",
            reason=Reason.FILE_UNREADABLE,
            where=str(file),
        ) from None


def _print(found: Dossier, zone: ZoneInfo) -> None:
    workspace, progress = found.workspace, found.progress
    show.line(f"{workspace.id}: {workspace.ours} with {workspace.theirs}, {found.audience}")
    show.line(
        f"rows settled {progress.settled} of {progress.rows}; established on paper "
        f"{progress.established}; questions open {progress.questions - progress.answered}; "
        f"actions open {progress.actions - progress.done}, overdue {progress.overdue}"
    )
    show.table(
        ("phase", "began", "ended"),
        [
            (
                one.phase.id,
                None if one.step is None else one.step.began_on,
                None if one.step is None else one.step.ended_on,
            )
            for one in found.phases
        ],
        title="Phases",
    )
    show.table(
        ("row", "on paper", "in practice", "state", "version", "text", "value", "by"),
        [
            (
                one.key,
                None if one.compared is None else one.compared.finding.replace("_", " "),
                None if one.compared is None else one.compared.in_practice.replace("_", " "),
                one.state.replace("_", " "),
                None if one.position is None else one.position.version,
                None if one.position is None else one.position.text,
                None if one.position is None else one.position.value,
                None if one.position is None else one.position.by,
            )
            for one in found.rows
        ],
        title="Rows",
    )
    _print_papers(found, zone)


def _print_papers(found: Dossier, zone: ZoneInfo) -> None:
    show.table(
        ("id", "row", "asked by", "question", "answer", "for"),
        [
            (one.key, one.row, one.asked_by, one.text, one.answer, one.audience)
            for one in found.questions
        ],
        title="Questions",
    )
    show.table(
        ("id", "row", "note", "for", "by", "at"),
        [(one.key, one.row, one.text, one.audience, one.by, one.at) for one in found.remarks],
        title="Notes",
        zone=zone,
    )
    show.table(
        ("id", "version", "host", "from", "until", "place", "firms", "seen", "report", "for"),
        [
            (
                one.key,
                one.version,
                one.host,
                one.from_on,
                one.until_on,
                one.place,
                tuple(firm.name for firm in one.firms),
                f"{len({seen.item for seen in one.findings})} of {len(one.checklist)}",
                one.report,
                one.audience,
            )
            for one in found.visits
        ],
        title="Joint validations",
    )
    show.table(
        ("id", "name", "bytes", "SHA-256", "for"),
        [(one.key, one.name, one.size, one.digest, one.audience) for one in found.documents],
        title="Documents",
    )
