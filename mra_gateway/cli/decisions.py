"""`decisions`: recognition results as they were given, what was lost, and what came too late."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mra_gateway.cli import show
from mra_gateway.cli.compare_papers import Fonts, Letterhead, LetterheadFile, printing_of
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import (
    AsJson,
    DocumentLanguages,
    Home,
    Language,
    Officer,
    PasswordFile,
    day,
    moment,
)
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import Reason, RequestRefused

if TYPE_CHECKING:
    from datetime import date

    from mra_gateway.cli.decisions_text import DecisionsText
    from mra_gateway.flows.audit_late import Affected
    from mra_gateway.model.recognition import Again
    from mra_gateway.store.results import StoredResult

app = typer.Typer(
    no_args_is_help=True,
    help="Recognition results: found again, on paper, counted by reason, and after late changes.",
)
LAST = timedelta(days=30)


@app.command()
def find(
    reference: Annotated[str, typer.Argument(help="Of the declaration.")],
    *,
    language: Language = "en",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Find the results of a declaration, oldest first, as they were given.

    How each came about, computed again: `decide --recompute ID`. Exit code 1: there is none.
    """
    from mra_gateway.store import results

    async def work(session: Session) -> list[StoredResult]:
        found = await session.gateway.database.read(lambda c: results.of_declaration(c, reference))
        if not as_json:
            _text(language).results(found, zone=session.zone)
        return found

    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document([_result(one) for one in found])
    raise typer.Exit(Exit.DONE if found else Exit.NEGATIVE)


@app.command()
def paper(
    result_id: Annotated[str, typer.Argument(help="Of the result.", metavar="RESULT_ID")],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="The file to write: .docx, .pdf, .html or .xlsx.", metavar="FILE"
        ),
    ],
    language: DocumentLanguages = None,
    audience: Annotated[
        Literal["internal", "trader"],
        typer.Option(
            "--audience",
            help="For the trader without flags, reason codes, what risk management and officers "
            "said, and without whose number a doubtful one may be.",
        ),
    ] = "internal",
    letterhead: Letterhead = None,
    letterhead_file: LetterheadFile = None,
    font: Fonts = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the statement of reasons for a stored result, for an appeal: step by step, with law.

    It is computed again first, and the paper says whether it comes out the same. Exit code 1: it
    does not; the paper tells what was given.
    """

    async def work(session: Session) -> Again:
        from mra_gateway.documents.result_party import Reader
        from mra_gateway.flows.print_comparison import write_page
        from mra_gateway.flows.print_result import print_result
        from mra_gateway.model.comparison import Audience

        gateway = session.gateway
        printing = printing_of(
            gateway.registry,
            languages=tuple(language or ("en",)),
            audience=Audience.INTERNAL,
            lines=tuple(letterhead or ()),
        )
        today = gateway.book.day_of(gateway.clock.now())
        page, again = await print_result(
            result_id,
            decider=gateway.decider,
            book=gateway.book,
            printing=printing._replace(printed_on=today),
            reader=Reader(audience),
        )
        write_page(page, output, letterhead=letterhead_file, fonts=tuple(font or ()))
        return again

    again = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document({"file": output, "audience": audience, "computed_again": again})
    else:
        show.line(f"{output} written; computed again: {again.replace('_', ' ')}")
    raise typer.Exit(Exit.NEGATIVE if again == "different" else Exit.DONE)


@app.command()
def unmatched(
    *,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", help="First day: YYYY-MM-DD; 30 days ago when absent.", metavar="DAY"
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Last day; today when absent.", metavar="DAY")
    ] = None,
    language: Language = "en",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Count declared parties that nobody was found for, and those that got nothing, by reason.

    Each party counts by the first reason that kept it from a benefit, on the legal day it was
    decided. Parties at our own end, whom no partner could know, are counted too.
    """
    from mra_gateway.store import results

    async def work(session: Session) -> tuple[date, date, dict[tuple[str, str], int]]:
        book = session.gateway.book
        now = session.gateway.clock.now()
        last = book.day_of(now) if until is None else day(until, option="--until")
        first = last - LAST if from_ is None else day(from_, option="--from")
        if last < first:
            raise RequestRefused("the last day lies before the first", where="--until")
        found = await session.gateway.database.read(
            lambda c: results.counts(c, from_on=first, until_on=last)
        )
        return first, last, found

    first, last, found = as_officer(home, work, officer=officer, password_file=password_file)
    rows = sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    if as_json:
        show.document(
            {
                "from": first,
                "until": last,
                "counts": [
                    {
                        "partner": partner or None,
                        "outcome": _outcome(partner, reason),
                        "reason": reason,
                        "parties": count,
                    }
                    for (partner, reason), count in rows
                ],
            }
        )
        return
    _text(language).counts(
        [(partner, _outcome(partner, reason), reason, count) for (partner, reason), count in rows],
        first=first,
        last=last,
    )


@app.command()
def affected(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="Changes that became known from this moment on (ISO 8601 with offset); all of "
            "them when absent.",
            metavar="MOMENT",
        ),
    ] = None,
    language: Language = "en",
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the consignments decided otherwise than a status that was known late has it.

    For post-clearance audit. Each is judged anew by the rules and measures it was decided by, with
    the statuses known now; nothing is decided or changed. Exit code 1: there is none.
    """
    from mra_gateway.flows.audit_late import EVER, find_affected

    at = EVER if since is None else moment(since, option="--since")

    async def work(session: Session) -> list[Affected]:
        with show.working("judging anew"):
            found = await session.gateway.database.read(lambda c: list(find_affected(c, since=at)))
        if not as_json:
            _text(language).affected(found, zone=session.zone)
        return found

    found = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document([_affected(one) for one in found])
    raise typer.Exit(Exit.DONE if found else Exit.NEGATIVE)


def _text(language: str) -> DecisionsText:
    from mra_gateway.cli.decisions_text import DecisionsText

    return DecisionsText(language)


def _outcome(partner: str, reason: str) -> str:
    if reason == Reason.OK:
        return "granted"
    return "lost" if partner else "unmatched"


def _result(one: StoredResult) -> dict[str, object]:
    import json

    return {
        "id": one.id,
        "decided_at": one.decided_at,
        "requested_by": one.requested_by,
        "declaration": json.loads(one.declaration),
        "result": json.loads(one.result),
    }


def _affected(one: Affected) -> dict[str, object]:
    return {
        **one._asdict(),
        "changes": [
            {
                "issuer": change.register.issuer,
                "arrangement": change.register.arrangement,
                **change.fact.key._asdict(),
                "status": change.fact.status,
                "is_end": change.is_end,
                "effective_from": change.fact.effective_from,
                "known_at": change.known_at,
                "change_id": change.fact.change_id,
                "legal_reference": change.fact.legal_reference,
            }
            for change in one.changes
        ],
    }
