"""`kpi share`, `kpi take`, `kpi sheets`: joint monitoring sheets to partners and from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.options import AsJson, Home, Officer, PasswordFile, identifier, one_line
from mra_gateway.cli.session import Session, as_officer

if TYPE_CHECKING:
    from mra_gateway.flows.take_sheet import Taken
    from mra_gateway.store.joint_sheets import Sheet

Partner = Annotated[str, typer.Option("--partner", help="Which partner.", metavar="TERRITORY")]
OfPeriod = Annotated[
    str, typer.Option("--period", help="A month, quarter or year: 2025-07, 2025-Q3, 2025.")
]


def share(
    *,
    partner: Partner,
    period: OfPeriod,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write the signed sheet to a file, and send nothing.",
            metavar="FILE",
        ),
    ] = None,
    catalogue: Annotated[
        list[str] | None,
        typer.Option(
            "--catalogue",
            help="Only these indicators: a partner refuses a sheet with one it does not have.",
            metavar="NAME",
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Send a partner our joint monitoring sheet, signed: published figures that both can compute.

    What few cases stand behind is suppressed. With -o the signed document is written to a file, for
    a partner that takes no such messages; there it is taken with `kpi take`.
    """

    async def work(session: Session) -> bytes | str:
        from mra_gateway.cli.kpi_report import wanted_of
        from mra_gateway.flows.make_report import Reporter
        from mra_gateway.flows.share_sheet import SheetSharer

        gateway = session.gateway
        parts = {"database": gateway.database, "clock": gateway.clock, "book": gateway.book}
        reporter = Reporter(home=gateway.settings.home, **parts)  # type: ignore[arg-type]
        wanted = wanted_of(session, period, partner, catalogue)
        made = await reporter.make(wanted, by=session.actor)
        sharer = SheetSharer(composer=gateway.composer, **parts)  # type: ignore[arg-type]
        if output is None:
            return await sharer.send(made, by=session.actor)
        return await sharer.sign(made, by=session.actor)

    done = as_officer(home, work, officer=officer, password_file=password_file)
    if isinstance(done, bytes):
        assert output is not None
        output.write_bytes(done)
        told: dict[str, object] = {"file": output, "bytes": len(done)}
        line = f"{output} written, signed"
    else:
        told, line = {"message": done}, f"message {done} waits for delivery to {partner}"
    show.document(told) if as_json else show.line(line)


def take(
    file: Annotated[Path, typer.Argument(help="The partner's sheet, as it came.", metavar="FILE")],
    *,
    partner: Partner,
    period: OfPeriod,
    evidence: Annotated[
        str | None,
        typer.Option(
            "--evidence",
            help="Of a sheet without a signature (JSON): by what letter or mail it came.",
        ),
    ] = None,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a partner's joint monitoring sheet: all of it, or nothing.

    Its figures stand beside ours in `kpi report --audience partner`; the benefits a month's sheet
    says were given to our operators count as reported, in the place of what was entered by hand. A
    later sheet of the same period is a correction; the one before is kept.
    """

    async def work(session: Session) -> Taken:
        from mra_gateway.flows.open_sheet import Expected, SheetOpener
        from mra_gateway.model.identifiers import Territory
        from mra_gateway.model.periods import Period

        gateway = session.gateway
        opener = SheetOpener(
            database=gateway.database,
            verifier=gateway.verifier,
            book=gateway.book,
            clock=gateway.clock,
        )
        expected = Expected(
            identifier(Territory, partner, option="--partner"),
            identifier(Period, period, option="--period"),
            None if evidence is None else one_line(evidence, option="--evidence"),
        )
        return await opener.take(file, expected=expected, by=session.actor)

    taken = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(taken._asdict() | {"entered": [one._asdict() for one in taken.entered]})
        return
    corrects = "" if taken.corrects is None else f", which corrects sheet {taken.corrects}"
    show.line(
        f"sheet {taken.id} of {partner} for {period}{corrects}: {taken.cells} figures, "
        f"{taken.suppressed} suppressed"
    )
    for one in taken.entered:
        said = "no benefits" if one.number is None else f"{one.number:,} benefits"
        show.line(f"{one.arrangement}: {said} reported (entry {one.entry})")


def sheets(
    *,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the joint monitoring sheets of partners, corrected ones too."""
    from mra_gateway.cli.session import reading
    from mra_gateway.store import joint_sheets

    held: list[Sheet] = as_officer(
        home,
        reading(lambda c, _: joint_sheets.history(c)),
        officer=officer,
        password_file=password_file,
    )
    if as_json:
        show.document([_document(one) for one in held])
        return
    show.table(
        ("no", "partner", "period", "figures", "made", "vouched for by", "taken by", ""),
        [
            (
                one.id,
                one.came.partner,
                one.body.period,
                len(one.body.cells),
                f"{one.came.made_at:%Y-%m-%d}",
                one.came.signer_name or one.came.evidence,
                one.taken_by,
                _state(one),
            )
            for one in held
        ],
        empty="no sheet taken",
    )


def _state(sheet: Sheet) -> str:
    if not sheet.is_believed:
        return "signed with a key revoked since"
    return "" if sheet.corrected_by is None else f"corrected by {sheet.corrected_by}"


def _document(sheet: Sheet) -> dict[str, object]:
    values = sheet._asdict() | sheet.came._asdict()
    del values["came"], values["body"]
    return values | sheet.body.model_dump(mode="json", include={"period", "cells"})
