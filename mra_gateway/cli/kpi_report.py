"""`kpi report`: does it deliver? The report of a month, a quarter or a year."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.compare_papers import Fonts, Letterhead, LetterheadFile, printing_of
from mra_gateway.cli.options import (
    AsJson,
    DocumentLanguages,
    Home,
    Officer,
    PasswordFile,
    identifier,
)
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from mra_gateway.documents.speaking import Printing
    from mra_gateway.model.performance import PerformanceReport, ReportRequest

_WRITTEN = ("json", "html", "xlsx", "pdf", "docx", "prometheus")


def report(
    *,
    period: Annotated[
        str,
        typer.Option("--period", help="A month, quarter or year: 2025-07, 2025-Q3, 2025."),
    ],
    form: Annotated[
        Literal["table", "json", "html", "xlsx", "pdf", "docx", "prometheus"] | None,
        typer.Option("--format", help="By the ending of -o when absent; else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", metavar="FILE")
    ] = None,
    audience: Annotated[
        Literal["internal", "partner"],
        typer.Option(
            "--audience",
            help="For a partner a joint monitoring sheet of published figures both can compute; "
            "what few cases stand behind is suppressed.",
        ),
    ] = "internal",
    partner: Annotated[
        str | None,
        typer.Option("--partner", help="For which partner.", metavar="TERRITORY"),
    ] = None,
    theirs: Annotated[
        Path | None,
        typer.Option(
            "--theirs",
            help="What the partner sent, as JSON: its figures stand beside ours, and not those of "
            "the sheet that was taken from it.",
            metavar="FILE",
        ),
    ] = None,
    language: DocumentLanguages = None,
    catalogue: Annotated[
        list[str] | None,
        typer.Option("--catalogue", help="Only these indicators: carec, gateway …", metavar="NAME"),
    ] = None,
    effects: Annotated[
        bool,
        typer.Option(
            "--effects",
            help="Compare each arrangement's operators before and after its start, too.",
        ),
    ] = False,
    as_it_stands: Annotated[
        bool, typer.Option("--as-it-stands", help="Compute nothing: show the figures there are.")
    ] = False,
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option("--engine", help="Spark needs the extra `spark`.")
    ] = "duckdb",
    letterhead: Letterhead = None,
    letterhead_file: LetterheadFile = None,
    font: Fonts = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Report how the programme and its arrangements do, against baseline and target.

    Figures that are missing or whose data changed are computed first, as drafts, if who asks may
    prepare figures; published ones stay as they are, and what corrects them stands beside them.
    """
    wanted_form = _form(form, output, as_json=as_json)
    if (audience == "partner") != (partner is not None):
        raise RequestRefused("--audience partner and --partner XX go together")

    async def work(session: Session) -> tuple[PerformanceReport, Printing]:
        from mra_gateway.flows.make_report import Reporter
        from mra_gateway.flows.print_performance import read_report
        from mra_gateway.flows.report_jointly import join_theirs

        gateway = session.gateway
        wanted = wanted_of(session, period, partner, catalogue)
        reporter = Reporter(
            database=gateway.database,
            home=gateway.settings.home,
            clock=gateway.clock,
            book=gateway.book,
            engine=engine,
        )
        made = await reporter.make(
            wanted, by=session.actor, measures=not as_it_stands, compares=effects
        )
        if theirs is not None:
            made = join_theirs(made, read_report(theirs))
        printing = printing_of(
            session.gateway.registry,
            languages=tuple(language or ("en",)),
            audience=wanted.audience,
            lines=tuple(letterhead or ()),
        )
        return made, printing._replace(printed_on=wanted.today)

    with show.working("measuring"):
        made, printing = as_officer(home, work, officer=officer, password_file=password_file)
    if wanted_form == "table":
        from mra_gateway.cli.kpi_text import print_report

        print_report(made, printing=printing)
        return
    if output is None and wanted_form == "json":
        show.document(made)
        return
    from mra_gateway.flows.print_performance import write_report

    content = write_report(
        made,
        form=wanted_form,
        printing=printing,
        letterhead=letterhead_file,
        fonts=tuple(font or ()),
    )
    if output is None:
        for line in content.decode().splitlines():
            show.line(line)
    else:
        output.write_bytes(content)
        show.line(f"{output} written")


def _form(form: str | None, output: Path | None, *, as_json: bool) -> str:
    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    by_ending = {"prom": "prometheus"}.get(ending, ending)
    chosen = form or ("json" if as_json else by_ending if by_ending in _WRITTEN else None)
    if output is not None and chosen is None:
        raise RequestRefused("say which format with --format", where="-o")
    chosen = chosen or "table"
    if output is None and chosen not in ("table", "json", "prometheus"):
        raise RequestRefused("say into which file with -o", where="-o")
    if output is not None and chosen == "table":
        raise RequestRefused("a table is printed, not written: name another format", where="-o")
    return chosen


def wanted_of(
    session: Session, period: str, partner: str | None, catalogue: list[str] | None
) -> ReportRequest:
    """Returns which report an officer asks for.

    Raises:
        RequestRefused: No such period, partner or catalogue.
    """
    from mra_gateway.model.identifiers import Territory
    from mra_gateway.model.performance import ReportRequest
    from mra_gateway.model.periods import Period

    book = session.gateway.book
    unknown = set(catalogue or ()) - set(book.registry.indicators)
    if unknown:
        known = ", ".join(sorted(book.registry.indicators))
        raise RequestRefused(f"no catalogue {min(unknown)[:40]!r}; there is {known}")
    administration = book.our_administration
    return ReportRequest(
        us=book.us,
        name=administration.name.value or str(book.us),
        period=identifier(Period, period, option="--period"),
        today=session.gateway.clock.now().astimezone(session.zone).date(),
        partner=None if partner is None else identifier(Territory, partner, option="--partner"),
        only=tuple(catalogue or ()),
    )
