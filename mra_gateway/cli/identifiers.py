"""`identifiers`: what a number on a declaration is, and how it has to be written there."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import (
    AsJson,
    Home,
    Language,
    MaybeHome,
    Officer,
    PasswordFile,
    identifier,
)
from mra_gateway.cli.session import Session, as_officer

app = typer.Typer(
    no_args_is_help=True,
    help="Identifiers: how a foreign AEO is declared, territory by territory.",
)

_DeclaredIn = Annotated[
    str, typer.Option("--declared-in", metavar="XX", help="The territory of the declaration.")
]


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The identifier, as somebody wrote it.")],
    *,
    declared_in: _DeclaredIn,
    language: Language = "en",
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Say what an identifier is, who issued it, and how it must be written on a declaration.

    Exit code 1 when nothing is known of it.
    """
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.explain_identifier import explain_identifier, load_for_explaining
    from mra_gateway.model.identifiers import Territory

    found = explain_identifier(
        text,
        declared_in=identifier(Territory, declared_in, option="--declared-in"),
        registry=load_for_explaining(home),
        on=SystemClock().now().astimezone(UTC).date(),
    )
    if as_json:
        show.document(found)
    else:
        from mra_gateway.cli.identifiers_text import IdentifiersText

        IdentifiersText(language).explanation(found)
    known = found.origins or any(finding.rule for finding in found.findings)
    raise typer.Exit(Exit.DONE if known else Exit.NEGATIVE)


@app.command()
def rules(
    *,
    declared_in: Annotated[
        str | None,
        typer.Option("--declared-in", metavar="XX", help="Only the rules of this territory."),
    ] = None,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """List the rules: whose operators, which form, how sure."""
    from mra_gateway.flows.explain_identifier import load_for_explaining
    from mra_gateway.model.facts import ALL
    from mra_gateway.model.identifiers import Territory

    registry = load_for_explaining(home)
    wanted = None
    if declared_in is not None:
        wanted = identifier(Territory, declared_in, option="--declared-in")
        registry.get_administration(wanted)
    listed = [
        (territory, fact, fact.value)
        for territory, identification in sorted(registry.identification.items())
        for fact in identification.rules
        if fact.value is not None and wanted in (None, territory)
    ]
    if as_json:
        show.document([{"declared_in": each[0], **show.plain(each[1])} for each in listed])
        return
    show.table(
        ("in", "rule", "operators of", "kind", "held", "written", "fields", "basis"),
        [
            (
                territory,
                f"{rule.id} v{rule.version}",
                ALL if rule.issued_by == ALL else ", ".join(rule.issued_by),
                rule.kind + (", lossy" if rule.lossy else ""),
                rule.held,
                rule.written or rule.held,
                "; ".join(field.name for field in rule.fields),
                fact.basis,
            )
            for territory, fact, rule in listed
        ],
    )


@app.command()
def sheet(
    operator: Annotated[
        str, typer.Argument(help="TIN or authorisation number of one of our operators.")
    ],
    *,
    partner: Annotated[
        str, typer.Option("--partner", metavar="XX", help="The territory where it is declared.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Ends in .html, .docx or .pdf.")],
    language: Annotated[
        str | None, typer.Option("--language", help="Instead of the partner's, e.g. en.")
    ] = None,
    font: Annotated[
        list[Path] | None,
        typer.Option("--font", help="A further font for a PDF, for scripts ours lacks."),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the sheet an operator hands on: this number, in this field, in this form."""
    from mra_gateway.flows.print_sheet import compose_sheet, find_own_operator, write_sheet
    from mra_gateway.model.identifiers import Territory

    declared_in = identifier(Territory, partner, option="--partner")

    async def work(session: Session) -> None:
        gateway = session.gateway
        now = gateway.clock.now()
        record = await gateway.database.read(
            lambda c: find_own_operator(c, gateway.book, operator, at=now)
        )
        made = compose_sheet(
            record,
            partner=declared_in,
            registry=gateway.book.registry,
            on=now.astimezone(session.zone).date(),
            language=language,
        )
        write_sheet(made, output, fonts=font or ())
        if as_json:
            forms = [form.text for form in made.forms]
            show.document(
                {"file": output, "language": made.words.language, "forms": forms}
                | {"wanted": made.wanted}
            )
            return
        for form in made.forms:
            show.line(form.text)
        for sentence in made.wanted:
            show.line(sentence)
        show.line(f"written to {output}, in {made.words.language}")

    as_officer(home, work, officer=officer, password_file=password_file)
