"""`programmes questionnaire`, `import`, `coverage`: a profile to its administration and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mra_gateway.cli import show
from mra_gateway.cli.exits import Exit
from mra_gateway.cli.options import AsJson, Home, MaybeHome, Officer, PasswordFile
from mra_gateway.cli.programmes_known import known
from mra_gateway.cli.session import Session, as_officer
from mra_gateway.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mra_gateway.comparison.coverage import Covered
    from mra_gateway.flows.import_profile import Revision
    from mra_gateway.model.comparison import Evidence
    from mra_gateway.model.profile_changes import CellChange
    from mra_gateway.model.register import RowProblem

Name = Annotated[
    str, typer.Argument(help="A programme id or a territory, as MN-AEO or MN.", metavar="PROGRAMME")
]


def questionnaire(
    programme: Name,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The workbook to write: .xlsx.")],
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Write a workbook that asks a programme's administration about every item, prefilled.

    What the profile says already stands in it with its source. Filled in, it comes back by
    `programmes import`.
    """
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.import_profile import ask

    if output.suffix.lower() != ".xlsx":
        raise RequestRefused("a questionnaire is written as .xlsx", where=output.name)
    registry, comparer = known(home)
    today = SystemClock().now().date()
    id_, content = ask(programme, registry=registry, comparer=comparer, today=today)
    output.write_bytes(content)
    if as_json:
        show.document({"programme": id_, "file": output})
    else:
        show.line(f"{id_}: questionnaire written to {output}")


def import_(
    file: Annotated[Path, typer.Argument(help="The workbook, filled in.", metavar="FILE")],
    *,
    of: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="Whose answers they are, where the first sheet does not say.",
            metavar="PROGRAMME",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and compare only; write nothing.")
    ] = False,
    home: Home,
    officer: Officer = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a questionnaire back: check it, show what it changes, write the home's own copy.

    All or nothing: with one cell to put right nothing is written. The copy is a draft, one version
    further, until it is confirmed.
    """
    from mra_gateway.clock import SystemClock
    from mra_gateway.flows.import_profile import import_profile, write_profile
    from mra_gateway.tables.limits import read_bytes

    content = read_bytes(file)

    async def work(session: Session) -> tuple[Revision, bool]:
        revision = import_profile(
            content,
            file=file.name,
            registry=session.gateway.registry,
            home=session.gateway.settings.home,
            today=SystemClock().now().date(),
            of=of,
        )
        written = bool(revision.changes) and not (dry_run or revision.is_refused)
        if written:
            write_profile(revision)
        return revision, written

    revision, written = as_officer(home, work, officer=officer, password_file=password_file)
    if as_json:
        show.document(_document(revision, written=written))
    else:
        _print(revision, written=written)
    raise typer.Exit(Exit.NEGATIVE if revision.is_refused else Exit.DONE)


def coverage(
    programme: Name,
    *,
    catalogue: Annotated[
        str | None, typer.Option(help="Only of this catalogue.", metavar="NAME")
    ] = None,
    home: MaybeHome = None,
    as_json: AsJson = False,
) -> None:
    """Say category by category how much of a programme is known, on which basis, and what is open.

    What is known of the union it belongs to counts, and is counted apart as inherited.
    """
    from mra_gateway.flows.cover_programme import cover_programme

    _, comparer = known(home)
    side, found = cover_programme(comparer, programme, catalogue=catalogue)
    if as_json:
        show.document({"programme": side, "covered": [_covered(one) for one in found]})
        return
    show.line(f"{side.programme}, version {side.version}: {side.name}")
    if not side.is_confirmed:
        show.line("a draft nobody confirmed")
    standings = tuple(found[0].counts)
    show.table(
        ("catalogue", "category", "items", *(one.replace("_", " ") for one in standings), "union"),
        [
            (
                one.catalogue,
                "all" if one.category is None else f"{one.category} {one.name.en}",
                one.items,
                *(one.counts[standing] or None for standing in standings),
                one.inherited or None,
            )
            for one in found
        ],
    )


def _covered(one: Covered) -> dict[str, object]:
    counts = {standing.value: count for standing, count in one.counts.items()}
    return {**one._asdict(), "counts": counts}


def _document(revision: Revision, *, written: bool) -> dict[str, object]:
    return {
        "programme": revision.programme,
        "version_before": None if revision.before is None else revision.before.version,
        "version": None if revision.after is None else revision.after.version,
        "file": revision.file,
        "written": written,
        "changes": revision.changes,
        "problems": list(_problems(revision.problems)),
        "findings": [
            {"key": one.key, "code": one.code, "text": one.reason, "is_error": one.is_error}
            for one in revision.findings
        ],
        "notes": revision.notes,
    }


def _problems(problems: Iterable[RowProblem]) -> Iterable[dict[str, object]]:
    for problem in problems:
        yield {
            "file": problem.address.file,
            "sheet": problem.address.sheet,
            "cell": problem.address.cell,
            "heading": problem.heading,
            "value": problem.value,
            "code": problem.reason,
            "reason": problem.text,
        }


def _print(revision: Revision, *, written: bool) -> None:
    for problem in revision.problems:
        found = f", found {problem.value}" if problem.value else ""
        heading = f" ({problem.heading})" if problem.heading else ""
        show.line(f"{problem.address}{heading}: {problem.text}{found} [{problem.reason}]")
    for note in revision.notes:
        show.line(f"note: {note}")
    for change in revision.changes:
        for line in _lines(change):
            show.line(line)
    for finding in revision.findings:
        show.line(finding)
    show.line(_ending(revision, written=written))


def _lines(change: CellChange) -> Iterable[str]:
    yield f"{change.item}: {change.change}"
    yield from (f"  - {_said(one)}" for one in change.before)
    yield from (f"  + {_said(one)}" for one in change.after)


def _said(one: Evidence) -> str:
    cell = one.cell
    words = [cell.stated.value, cell.strength.value if cell.strength else None]
    figures = " or ".join(
        " and ".join(f"{each.measure} {each.relation} {each.value:g} {each.unit}" for each in way)
        for way in cell.thresholds
    )
    codes = ", ".join(cell.values)
    said = ", ".join(filter(None, (*words, figures, codes)))
    return f"{said}: {cell.text.en} ({one.basis}, {one.source})"


def _ending(revision: Revision, *, written: bool) -> str:
    if revision.is_refused:
        return f"not written: put {len(revision.problems)} cell(s) right first"
    if not revision.changes or revision.after is None:
        return f"{revision.programme}: nothing differs"
    named = f"{revision.programme}, version {revision.after.version}"
    count = f"{len(revision.changes)} item(s) changed"
    return f"{named}, {count}: " + (
        f"written to {revision.file}" if written else "nothing was written"
    )
